/**
 * Who handles which lane of the inbox: leases in the database, shared out evenly among the workers alive. A worker that
 * dies loses its lanes within LEASE_MS + BEAT_MS; a worker that was only slow notices when it commits, because the
 * cursor moves only under its name. All instants here are the database's, so machines' clocks need not agree.
 */
import type { Sql } from "./db/postgres.ts";
import type { InboxRow, LaneCursor } from "./events/inbox.ts";
import { LANES } from "./events/model.ts";

export const LEASE_MS = 6_000;
export const BEAT_MS = 2_000;
const NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

export type HeldLane = { readonly lane: number; readonly cursorId: number; readonly cursorAt: number };

/** Creates the lanes' rows at first start. */
export async function ensureLanes(sql: Sql): Promise<void> {
  await sql.query("insert into lanes (lane) select generate_series(0, $1 - 1) on conflict do nothing", [
    LANES,
  ]);
}

/** Frees every lane: only where no other process can be alive, on a data folder we hold the lock of. */
export async function releaseAllLanes(sql: Sql): Promise<void> {
  await sql.query("update lanes set owner = null, lease_until = 0");
  await sql.query("delete from workers");
}

/**
 * Renews this worker's leases, gives up what is more than its share, takes what is free up to it. Answers the lanes
 * held now with their cursors.
 */
export async function beat(sql: Sql, owner: string): Promise<readonly HeldLane[]> {
  return sql.transaction(async (tx) => {
    await tx.query(
      `insert into workers (id, seen_at) values ($1, ${NOW}) on conflict (id) do update set seen_at = excluded.seen_at`,
      [owner],
    );
    // What was stamped long after now is of a clock that was set back since: nobody can have said it lately.
    await tx.query(`delete from workers where abs(seen_at - ${NOW}) > 60000`);
    const [{ n } = { n: 1 }] = await tx.query<{ n: number }>(
      `select count(*)::int as n from workers where abs(seen_at - ${NOW}) < ${LEASE_MS}`,
    );
    const share = Math.ceil(LANES / Math.max(1, n));
    await tx.query(`update lanes set lease_until = ${NOW} + ${LEASE_MS} where owner = $1`, [owner]);
    await tx.query(
      `update lanes set owner = null, lease_until = 0 where lane in (select lane from lanes where owner = $1 order by lane offset $2)`,
      [owner, share],
    );
    await tx.query(
      `update lanes set owner = $1, lease_until = ${NOW} + ${LEASE_MS} where lane in (
         select lane from lanes where owner is null or lease_until not between ${NOW} and ${NOW} + ${2 * LEASE_MS} order by lane
         limit greatest(0, $2 - (select count(*) from lanes where owner = $1)) for update skip locked)`,
      [owner, share],
    );
    return heldLanes(tx, owner);
  });
}

/** Keeps this worker's lanes while it is at a batch that takes longer than a beat; takes none and gives none up. */
export async function renew(sql: Sql, owner: string): Promise<void> {
  await sql.query(`update workers set seen_at = ${NOW} where id = $1`, [owner]);
  // A lane whose cursor is just being moved is locked, so nobody can take it either.
  await sql.query(
    `update lanes set lease_until = ${NOW} + ${LEASE_MS}
     where lane in (select lane from lanes where owner = $1 order by lane for update skip locked)`,
    [owner],
  );
}

async function heldLanes(sql: Sql, owner: string): Promise<readonly HeldLane[]> {
  return sql.query<HeldLane>(
    'select lane, cursor_id as "cursorId", cursor_at as "cursorAt" from lanes where owner = $1 order by lane',
    [owner],
  );
}

/** Gives all lanes back, at a clean stop. */
export async function releaseLanes(sql: Sql, owner: string): Promise<void> {
  await sql.query("update lanes set owner = null, lease_until = 0 where owner = $1", [owner]);
  await sql.query("delete from workers where id = $1", [owner]);
}

/** The lanes' new cursors after `rows` (which are in order). */
export function cursorsOf(rows: readonly InboxRow[]): readonly LaneCursor[] {
  const last = new Map<number, LaneCursor>();
  for (const { lane, id, receivedAt } of rows)
    last.set(lane, { lane, cursorId: id, cursorAt: Math.max(receivedAt, last.get(lane)?.cursorAt ?? 0) });
  return [...last.values()];
}

/** Moves each cursor from exactly where it stood: what lies between was neither handled twice nor left out. */
export async function moveCursors(
  tx: Sql,
  owner: string,
  held: readonly LaneCursor[],
  cursors: readonly LaneCursor[],
): Promise<boolean> {
  const from = new Map(held.map(({ lane, cursorId }) => [lane, cursorId]));
  const moved = await tx.query(
    `update lanes l set cursor_id = c.id, cursor_at = greatest(l.cursor_at, c.at)
     from (select * from unnest($2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[]) as t (lane, before, id, at) order by lane) c
     where l.lane = c.lane and l.owner = $1 and l.cursor_id = c.before returning 1 as one`,
    [
      owner,
      cursors.map((c) => c.lane),
      cursors.map((c) => from.get(c.lane)),
      cursors.map((c) => c.cursorId),
      cursors.map((c) => c.cursorAt),
    ],
  );
  return moved.length === cursors.length;
}
