/** Reads history for a version being built: seeds of its tracks, and who is in, or in which stage, as of an instant. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database, Sql } from "../db/postgres.ts";
import { SEPARATOR } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { BuildTrack, BuildVersion } from "./build.ts";
import { planned, stagePlans } from "./force.ts";
import type { Rule, StageModel } from "./model.ts";
import type { Plan } from "./plan.ts";
import { membersSql } from "./sql.ts";
import { CHUNK_ATOMS, type TrackRow, tracksSql } from "./sql-tracks.ts";

/** Atoms read from the log at once. */
const ATOMS_AT_ONCE = 100_000;
/** Rows written by one statement. */
const ROWS_AT_ONCE = 20_000;
/** Customers answered in one row. */
const CUSTOMERS_PER_PART = 100_000;

type SeedOptions = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly tracks: readonly BuildTrack[];
  readonly now: Instant;
};

/** Writes what the log tells of these tracks before their epochs. */
export async function seedTracks({ sql, log, workspace, tracks, now }: SeedOptions, progress: (ratio: number) => Promise<void>): Promise<void> {
  await sql.query("delete from seeds where track = any($1::int[])", [tracks.map(({ id }) => id)]);
  const byEpoch = new Map<number, BuildTrack[]>();
  for (const track of tracks) byEpoch.set(track.epoch, [...(byEpoch.get(track.epoch) ?? []), track]);
  let done = 0;
  for (const [epoch, of] of byEpoch) {
    const each = (rows: readonly TrackRow[]) =>
      writeSeeds(sql, workspace, rows.map(({ chunk, track, body }) => ({ chunk, track: of[track]!.id, body })));
    await eachRange(sql, log, { workspace, tracks: of, epochBelow: epoch, now }, each, (ratio) => progress((done + ratio * of.length) / tracks.length));
    done += of.length;
  }
} // prettier-ignore

/** Reads the states of tracks for all atoms of the workspace, range after range. */
export async function eachRange(
  sql: Sql,
  log: EventLog,
  query: { readonly workspace: WorkspaceId; readonly tracks: readonly BuildTrack[]; readonly epochBelow?: number; readonly now: Instant },
  each: (rows: readonly TrackRow[]) => Promise<void>,
  progress: (ratio: number) => Promise<void>,
): Promise<void> {
  const [bounds] = await sql.query<{ first: number | null; last: number | null }>(
    "select (select id from atoms where workspace = $1 order by id limit 1) as first, (select id from atoms where workspace = $1 order by id desc limit 1) as last",
    [query.workspace],
  );
  if (bounds?.first == null || bounds.last == null) return;
  const step = ATOMS_AT_ONCE / CHUNK_ATOMS;
  const [from, to] = [Math.floor(bounds.first / CHUNK_ATOMS), Math.floor(bounds.last / CHUNK_ATOMS) + 1];
  // While one range is written the log already reads the next.
  let writing: Promise<void> = Promise.resolve();
  for (let chunk = from; chunk < to; chunk += step) {
    const { text, parameters } = tracksSql({ ...query, chunks: { from: chunk, to: Math.min(to, chunk + step) } });
    const rows = await log.rows<TrackRow>(text, parameters);
    await writing;
    writing = each(rows);
    await progress(Math.min(1, (chunk + step - from) / (to - from)));
  }
  await writing;
} // prettier-ignore

/** The atoms that belong to another one's customer. */
export async function joinedAtoms(
  sql: Database,
  workspace: WorkspaceId,
): Promise<readonly { id: number; customer: number }[]> {
  return sql.transaction(async (tx) => {
    // The index of joined atoms has exactly these rows, but the planner takes "differs" for "nearly all" and reads the table.
    await tx.query("set local enable_seqscan = off");
    const rows = await tx.query<{ id: number; workspace: number; customer: number }>(
      "select id, workspace, customer from atoms where customer <> id",
    );
    return rows.filter((row) => row.workspace === workspace);
  });
}

/** Writes rows of seeds. */
export async function writeSeeds(sql: Sql, workspace: WorkspaceId, rows: readonly { chunk: number; track: number; body: string }[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE / 10) {
    const part = rows.slice(from, from + ROWS_AT_ONCE / 10);
    await sql.query(
      `insert into seeds (workspace, chunk, track, body) select $1::int, chunk::bigint, track::int, body
       from unnest(string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1))) as t (chunk, track, body)
       on conflict (workspace, chunk, track) do update set body = excluded.body`,
      [workspace, part.map(({ chunk }) => chunk).join(SEPARATOR), part.map(({ track }) => track).join(SEPARATOR), part.map(({ body }) => body).join(SEPARATOR)],
    );
  }
} // prettier-ignore

/** Writes who is in by what was handled before `epoch`, at `now`. */
export async function writeMembers(sql: Sql, log: EventLog, version: BuildVersion, epoch: number, now: Instant): Promise<void> {
  const { root } = planned(version.body as Rule, version.context);
  await eachMember(log, version, root, epoch, now, (customers) => insertMembers(sql, version, customers, now));
} // prettier-ignore

/** Writes members, while the version is still this builder's. */
export async function insertMembers(sql: Sql, version: BuildVersion, customers: readonly number[], now: Instant): Promise<void> {
  for (let from = 0; from < customers.length; from += ROWS_AT_ONCE)
    await sql.query(
      `insert into segment_members (version, customer, since_at)
       select $1::int, customer::bigint, $3::bigint from unnest(string_to_array($2, ',')) customer
       where exists (select 1 from versions where id = $1::int and owner = $4 for share) on conflict do nothing`,
      [version.id, customers.slice(from, from + ROWS_AT_ONCE).join(","), now, version.owner],
    );
} // prettier-ignore

async function eachMember(
  log: EventLog,
  { workspace, context }: BuildVersion,
  root: Plan["root"],
  epochBelow: number,
  now: Instant,
  each: (customers: readonly number[]) => Promise<void>,
): Promise<void> {
  const { text, parameters } = membersSql({
    workspace,
    root,
    now,
    firstStage: context.stages[0] ?? null,
    epochBelow,
  });
  // Numbers in lists: a row for each of a million customers would cost more than to find them.
  const parts = await log.rows<{ customers: readonly number[] }>(
    `select groupArray(customer) as customers from (${text}) group by intDiv(customer, ${CUSTOMERS_PER_PART}) order by min(customer)`,
    parameters,
  );
  for (const { customers } of parts)
    for (let from = 0; from < customers.length; from += ROWS_AT_ONCE)
      await each(customers.slice(from, from + ROWS_AT_ONCE).toSorted((a, b) => a - b));
}

/** Writes in which stage each customer is, and tells it to the log as an event of that instant. */
export async function writeStages(sql: Sql, log: EventLog, version: BuildVersion, epoch: number, now: Instant): Promise<void> {
  const model = version.body as StageModel;
  const { workspace } = version;
  const order = model.stages.map(({ key }) => key);
  const stageOf = new Map<number, string>();
  for (const [i, { root }] of stagePlans(model, version.context).entries())
    await eachMember(log, version, root, epoch, now, async (customers) => {
      for (const customer of customers) stageOf.set(customer, order[i + 1]!);
    });
  const held = await sql.query<{ customer: number; stage: string }>("select customer, stage from customer_stages where workspace = $1", [workspace]);
  for (const { customer, stage } of held) {
    const now_ = stageOf.get(customer) ?? order[0]!;
    // Where nobody goes back, the furthest stage ever reached stays.
    if (model.backward === "never" && order.indexOf(stage) > order.indexOf(now_)) stageOf.set(customer, stage);
    else if (!stageOf.has(customer) && stage !== order[0]) stageOf.set(customer, order[0]!);
  }
  const before = new Map(held.map(({ customer, stage }) => [customer, stage]));
  const changed = [...stageOf].filter(([customer, stage]) => before.get(customer) !== stage).toSorted(([a], [b]) => a - b);
  const told = new Set(await toldStages(log, version));
  for (let from = 0; from < changed.length; from += ROWS_AT_ONCE) {
    const part = changed.slice(from, from + ROWS_AT_ONCE);
    const idOf = ([customer, stage]: readonly [number, string]) => `stage-${version.id}-${customer}-${stage}`;
    const lines = part.filter((one) => !told.has(idOf(one))).map(([customer, stage]) => JSON.stringify({
      epoch: epoch - 1, atom: customer, workspace, id: idOf([customer, stage]), type: "track", name: "$stage.changed", happenedAt: now, receivedAt: now,
      identifiers: [], channel: "other", touchpoint: "stage", key: 0,
      properties: { stage, from: before.get(customer) ?? order[0], version: version.id, because: null, by: "rule" },
    }));
    // The log first: what the table holds is not looked at again by a build that is made again.
    if (lines.length > 0) await log.insert("events", lines.join("\n"), `stage${version.id}-${from}-${now}`);
    await sql.query(
      `insert into customer_stages (workspace, customer, stage, since_at)
       select $1::int, customer::bigint, stage, $4::bigint from unnest(string_to_array($2, ','), string_to_array($3, ',')) as t (customer, stage)
       where exists (select 1 from versions where id = $5::int and owner = $6 for share)
       on conflict (customer) do update set stage = excluded.stage, since_at = excluded.since_at`,
      [workspace, part.map(([customer]) => customer).join(","), part.map(([, stage]) => stage).join(","), now, version.id, version.owner],
    );
  }
} // prettier-ignore

/** The events of stages that the log has already, of a build that broke off. */
async function toldStages(log: EventLog, { workspace, id }: BuildVersion): Promise<readonly string[]> {
  const rows = await log.rows<{ id: string }>(
    "select id from events where workspace = {workspace:UInt32} and name = '$stage.changed' and startsWith(id, {of:String})",
    { workspace, of: `stage-${id}-` },
  );
  return rows.map((row) => row.id);
}
