/** The statements on gaps that are kept, and their history. */
import type { Basis, Scope } from "../analysis/model.ts";
import type { Database, Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type DurationMs, type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type EditedAssumptions, GAP_LIMITS, type GapKind, type GapMeasured, type GapState, type HistoryEntry } from "./model.ts"; // prettier-ignore
import type { SubjectCounted } from "./search.ts";
import type { Orders } from "./value.ts";

/** A gap as a search measured it, with what its value was worked out from. */
export type Measured = {
  readonly gap: GapMeasured;
  readonly orders: Orders;
  /** How much of the period its people were counted in. */
  readonly periodMs: number;
};
export type StoredGap = {
  readonly id: number;
  readonly kind: GapKind;
  readonly subject: string;
  readonly state: GapState;
  readonly measured: Measured;
  readonly scope: Scope;
  readonly basis: Basis;
  readonly assumptions: EditedAssumptions;
  /** When somebody began to fix it; what was counted then, and in how much time; null: nobody did. */
  readonly fixedAt: Instant | null;
  readonly ratioBefore: readonly [k: number, n: number, periodMs: DurationMs] | null;
  /** What was counted last in a period that lies after that, and is at least as long; null: none was asked for yet. */
  readonly ratioAfter: readonly [k: number, n: number] | null;
  readonly journey: number | null;
  readonly foundAt: Instant;
  readonly seenAt: Instant;
  readonly lookedAt: Instant;
};
const COLUMNS = `id, kind, subject, state, measured, scope, basis, assumptions, fixed_at as "fixedAt", ratio_before as "ratioBefore", ratio_after as "ratioAfter", journey,
  found_at as "foundAt", seen_at as "seenAt", looked_at as "lookedAt"`;

/** Which customers a scope is about, whenever it is: gaps of two parts are two gaps. */
export const partOf = ({ segment, channels, account }: Scope): string =>
  segment === undefined && channels === undefined && account === undefined
    ? ""
    : JSON.stringify([segment ?? null, channels?.toSorted() ?? null, account ?? null]);

export type Finding = {
  readonly scope: Scope;
  readonly kinds: readonly GapKind[];
  readonly gaps: readonly Measured[];
  readonly counted: readonly SubjectCounted[];
  readonly basis: Basis;
};

/**
 * Keeps what a search found, and notes what it found no more; the numbers of those found, in their order. A search over a
 * period that ends before the latest one asked about changes nothing of the gaps that are kept already.
 */
export const keepGaps = (sql: Database, workspace: WorkspaceId, { scope, kinds, gaps, counted, basis }: Finding, now: Instant): Promise<readonly number[]> =>
  sql.transaction(async (tx) => {
    // Two searches at once would both find a gap new.
    await tx.query("select 1 from workspaces where id = $1 for update", [workspace]);
    const part = partOf(scope);
    // Nothing is known of what lies ahead.
    const to = Math.min(scope.to, now);
    const ids: number[] = [];
    for (const measured of gaps) {
      const { kind, subject } = measured.gap;
      const [row] = await tx.query<{ id: number; isNew: boolean; state: GapState }>(
        `insert into gaps (workspace, kind, subject, part, measured, scope, basis, found_at, seen_at, looked_at, looked_to) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8, $9)
         on conflict (workspace, kind, subject, part) do update set measured = excluded.measured, scope = excluded.scope, basis = excluded.basis, seen_at = excluded.seen_at, looked_at = excluded.looked_at, looked_to = excluded.looked_to
           where gaps.looked_to <= excluded.looked_to
         returning id, state, found_at = seen_at as "isNew"`,
        [workspace, kind, subject, part, JSON.stringify(measured), JSON.stringify(scope), JSON.stringify(basis), now, to],
      );
      ids.push(row?.id ?? (await idOf(tx, workspace, measured.gap, part)));
      if (row?.isNew) await note(tx, workspace, row!.id, { by: "Throughline", what: "found", state: row!.state, words: `${measured.gap.affected.people} of ${measured.gap.affected.of} people. ${measured.gap.ranking.words}` }, now);
    }
    await tx.query(
      `update gaps g set ratio_after = c.now from jsonb_to_recordset($4::jsonb) as c (kind text, subject text, now jsonb, "periodMs" bigint)
       where g.workspace = $1 and g.part = $2 and g.kind = c.kind and g.subject = c.subject and g.fixed_at <= $3 and g.looked_to <= $5 and c."periodMs" >= (g.ratio_before->>2)::bigint`,
      [workspace, part, scope.from, JSON.stringify(counted.map(({ kind, subject, now: { k, n }, periodMs }) => ({ kind, subject, now: [k, n], periodMs }))), to],
    );
    const gone = await tx.query<{ id: number; state: GapState; again: boolean }>(
      `update gaps g set looked_at = $5, looked_to = $6
         from gaps former where former.id = g.id and g.workspace = $1 and g.part = $2 and g.kind = any($3::text[]) and g.id <> all($4::int[]) and g.looked_to <= $6
       returning g.id, g.state, former.looked_at > former.seen_at as again`,
      [workspace, part, kinds, ids, now, to],
    );
    for (const { id, state, again } of gone)
      if (!again) await note(tx, workspace, id, { by: "Throughline", what: "not_found", state, words: "A search did not find it any more." }, now);
    await tx.query(
      `delete from gaps where id in (select id from gaps where workspace = $1 and state = 'open' and journey is null order by seen_at, id
         limit greatest(0, (select count(*) from gaps where workspace = $1) - ${GAP_LIMITS.kept}))`,
      [workspace],
    );
    return ids;
  }); // prettier-ignore

async function idOf(tx: Sql, workspace: WorkspaceId, { kind, subject }: GapMeasured, part: string): Promise<number> {
  const [row] = await tx.query<{ id: number }>("select id from gaps where workspace = $1 and kind = $2 and subject = $3 and part = $4", [workspace, kind, subject, part]);
  return row!.id;
} // prettier-ignore

/** Kept gaps, of a state or kind where one is named. */
export const readGaps = (sql: Sql, workspace: WorkspaceId, asked: { readonly state: GapState | null; readonly kind: GapKind | null }): Promise<readonly StoredGap[]> =>
  sql.query<StoredGap>(
    `select ${COLUMNS} from gaps where workspace = $1 and ($2::text is null or state = $2) and ($3::text is null or kind = $3) order by id limit ${GAP_LIMITS.kept}`,
    [workspace, asked.state, asked.kind],
  ); // prettier-ignore

/** Throws `Failure("not_found")`. */
export async function readGap(sql: Sql, workspace: WorkspaceId, id: number): Promise<StoredGap> {
  const [row] = await sql.query<StoredGap>(`select ${COLUMNS} from gaps where workspace = $1 and id = $2`, [workspace, id]); // prettier-ignore
  if (!row) throw new Failure("not_found", `There is no gap ${id}.`);
  return row;
}

/** The latest first. */
export async function readHistory(sql: Sql, workspace: WorkspaceId, id: number): Promise<readonly HistoryEntry[]> {
  const rows = await sql.query<{ at: Instant; by: string; what: HistoryEntry["what"]; state: GapState; words: string }>(
    `select at, by, what, state, words from gap_history where workspace = $1 and gap = $2 order by id desc limit ${GAP_LIMITS.historyKept}`,
    [workspace, id],
  );
  return rows.map(({ at, ...rest }) => ({ at: isoOf(at), ...rest }));
} // prettier-ignore

/** Adds to a gap's history. */
export async function note(
  sql: Sql,
  workspace: WorkspaceId,
  gap: number,
  entry: Omit<HistoryEntry, "at">,
  now: Instant,
): Promise<void> {
  await sql.query(
    "insert into gap_history (workspace, gap, at, by, what, state, words) values ($1, $2, $3, $4, $5, $6, $7)",
    [workspace, gap, now, entry.by, entry.what, entry.state, entry.words.slice(0, 2_000)],
  );
}

/** Writes the state; beginning to fix it notes when, and the ratio it had. */
export async function writeState(sql: Sql, { id, measured: { gap: { affected }, periodMs } }: StoredGap, state: GapState, now: Instant): Promise<void> {
  await sql.query("update gaps set state = $2 where id = $1", [id, state]);
  if (state === "being_fixed")
    await sql.query("update gaps set fixed_at = $2, ratio_before = $3, ratio_after = null where id = $1", [id, now, JSON.stringify([affected.people, affected.of, periodMs])]);
} // prettier-ignore
export const writeAssumptions = (sql: Sql, id: number, assumptions: EditedAssumptions): Promise<unknown> =>
  sql.query("update gaps set assumptions = $2 where id = $1", [id, JSON.stringify(assumptions)]);
export const writeJourney = (sql: Sql, id: number, journey: number): Promise<unknown> =>
  sql.query("update gaps set journey = $2 where id = $1", [id, journey]);

/** When gaps were last looked for, whoever asked. */
export async function readLookedAt(sql: Sql, workspace: WorkspaceId): Promise<Instant | null> {
  const [row] = await sql.query<{ at: Instant | null }>(
    "select greatest((select max(looked_at) from gaps where workspace = $1), (select looked_at from gap_looks where workspace = $1)) as at",
    [workspace],
  );
  return row!.at;
}

/** Takes the workspaces whose daily look is due, so that no other process looks as well. */
export async function claimLooks(sql: Database, now: Instant, everyMs: number, limit: number): Promise<readonly WorkspaceId[]> {
  const rows = await sql.query<{ workspace: WorkspaceId }>(
    `insert into gap_looks (workspace, looked_at) select w.id, $1 from workspaces w left join gap_looks l on l.workspace = w.id
       where l.workspace is null or l.looked_at <= $1 - $2::bigint order by l.looked_at nulls first, w.id limit ${limit}
     on conflict (workspace) do update set looked_at = excluded.looked_at where gap_looks.looked_at <= excluded.looked_at - $2::bigint returning workspace`,
    [now, everyMs],
  );
  return rows.map(({ workspace }) => workspace);
} // prettier-ignore
