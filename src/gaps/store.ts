/** The statements on gaps that are kept, and their history. */
import type { Basis, Scope } from "../analysis/model.ts";
import type { Database, Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type EditedAssumptions, GAP_LIMITS, type GapKind, type GapMeasured, type GapState, type HistoryEntry } from "./model.ts"; // prettier-ignore
import type { SubjectCounted } from "./search.ts";
import type { Orders } from "./value.ts";

/** A gap as a search measured it, with what its value was worked out from. */
export type Measured = {
  readonly gap: GapMeasured;
  readonly orders: Orders;
  /** How much of the period its people were counted in. */
  readonly periodMs: number;
  /** What a later search counted, [k, n], in which it was no gap any more. */
  readonly lately?: readonly [k: number, n: number];
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
  readonly ratioBefore: readonly [k: number, n: number] | null;
  readonly journey: number | null;
  readonly foundAt: Instant;
  readonly seenAt: Instant;
  readonly lookedAt: Instant;
};
const COLUMNS = `id, kind, subject, state, measured, scope, basis, assumptions, ratio_before as "ratioBefore", journey,
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

/** Keeps what a search found, and notes what it found no more; the numbers of those found, in their order. */
export const keepGaps = (sql: Database, workspace: WorkspaceId, { scope, kinds, gaps, counted, basis }: Finding, now: Instant): Promise<readonly number[]> =>
  sql.transaction(async (tx) => {
    // Two searches at once would both find a gap new.
    await tx.query("select 1 from workspaces where id = $1 for update", [workspace]);
    const part = partOf(scope);
    const ids: number[] = [];
    for (const measured of gaps) {
      const { kind, subject } = measured.gap;
      const [row] = await tx.query<{ id: number; isNew: boolean; state: GapState }>(
        `insert into gaps (workspace, kind, subject, part, measured, scope, basis, found_at, seen_at, looked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)
         on conflict (workspace, kind, subject, part) do update set measured = excluded.measured, scope = excluded.scope, basis = excluded.basis, seen_at = excluded.seen_at, looked_at = excluded.looked_at
         returning id, state, found_at = seen_at as "isNew"`,
        [workspace, kind, subject, part, JSON.stringify(measured), JSON.stringify(scope), JSON.stringify(basis), now],
      );
      ids.push(row!.id);
      if (row!.isNew) await note(tx, workspace, row!.id, { by: "Throughline", what: "found", state: row!.state, words: `${measured.gap.affected.people} of ${measured.gap.affected.of} people. ${measured.gap.ranking.words}` }, now);
    }
    const gone = await tx.query<{ id: number; state: GapState; again: boolean }>(
      `update gaps g set looked_at = $5, measured = (g.measured - 'lately') || coalesce((
           select jsonb_build_object('lately', c.now) from jsonb_to_recordset($6::jsonb) as c (kind text, subject text, now jsonb) where c.kind = g.kind and c.subject = g.subject limit 1), '{}')
         from gaps former where former.id = g.id and g.workspace = $1 and g.part = $2 and g.kind = any($3::text[]) and g.id <> all($4::int[])
       returning g.id, g.state, former.looked_at > former.seen_at as again`,
      [workspace, part, kinds, ids, now, JSON.stringify(counted.map(({ kind, subject, now: { k, n } }) => ({ kind, subject, now: [k, n] })))],
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

/** Writes the state; beginning to fix it notes the ratio it had. */
export const writeState = (sql: Sql, { id, measured }: StoredGap, state: GapState): Promise<unknown> =>
  sql.query(
    "update gaps set state = $2, ratio_before = case when $2 = 'being_fixed' then $3::jsonb else ratio_before end where id = $1",
    [id, state, JSON.stringify([measured.gap.affected.people, measured.gap.affected.of])],
  );
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
