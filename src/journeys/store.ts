/** The journeys of a workspace as they are stored: a draft that is worked on, and the versions that were published. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { STILL_WALKED } from "../segments/force.ts";
import type { FormerRuns, JourneyBody } from "./force.ts";
import type { JourneyDraft } from "./model.ts";

export type JourneyState = "draft" | "live" | "paused" | "stopped";
export type StoredJourney = {
  readonly id: number;
  readonly name: string;
  readonly state: JourneyState;
  readonly draft: JourneyDraft;
  /** Grows with every change of the draft: who changes it says which one they saw. */
  readonly draftNo: number;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};
/** A published version. `live` once its rules know history; customers enter it then. */
export type PublishedVersion = {
  readonly id: number;
  readonly number: number;
  readonly state: "waiting" | "seeding" | "catching_up" | "live" | "replaced" | "failed";
  readonly draft: JourneyDraft;
  readonly publishedBy: string;
  readonly publishedAt: Instant;
  readonly liveAt: Instant | null;
  readonly formerRuns: FormerRuns;
  readonly problem: string | null;
};

const JOURNEY =
  'id, name, state, draft, draft_no as "draftNo", created_at as "createdAt", updated_at as "updatedAt"';

/** All journeys, by name. */
export const readJourneys = (sql: Sql, workspace: WorkspaceId): Promise<readonly StoredJourney[]> =>
  sql.query<StoredJourney>(`select ${JOURNEY} from journeys where workspace = $1 order by lower(name)`, [workspace]); // prettier-ignore

/** One journey. Throws `Failure("not_found")`. */
export async function readJourney(sql: Sql, workspace: WorkspaceId, id: number): Promise<StoredJourney> {
  const [row] = await sql.query<StoredJourney>(`select ${JOURNEY} from journeys where workspace = $1 and id = $2`, [workspace, id]); // prettier-ignore
  if (!row) throw new Failure("not_found", `There is no journey ${id}.`);
  return row;
}

/** The published versions of journeys, newest first. */
export async function readPublished(sql: Sql, workspace: WorkspaceId, journey: number | null = null): Promise<readonly (PublishedVersion & { readonly journey: number })[]> {
  const rows = await sql.query<Omit<PublishedVersion, "draft"> & { readonly journey: number; readonly body: JourneyBody }>(
    `select id, journey, number, state, body, published_by as "publishedBy", created_at as "publishedAt", live_at as "liveAt",
       former_runs as "formerRuns", problem
     from versions where workspace = $1 and kind = 'journey' and ($2::int is null or journey = $2) order by id desc`,
    [workspace, journey],
  );
  return rows.map(({ body, ...row }) => ({ ...row, draft: body.draft }));
} // prettier-ignore

/** How many passed each way out of each step since an instant; `$entry` is where customers come in, or why not. */
export type Passed = { readonly version: number; readonly step: string; readonly path: string; readonly n: number }; // prettier-ignore
export const readPassed = (
  sql: Sql,
  versions: readonly number[],
  since: Instant,
): Promise<readonly Passed[]> =>
  sql.query<Passed>(
    `select version, step, path, sum(n)::bigint as n from step_hours where version = any($1::int[]) and hour_at >= $2 group by 1, 2, 3 order by 1, 2, 3`,
    [versions, since],
  );

/** One run as it is read. */
export type RunRow = {
  readonly id: string;
  readonly journey: number;
  readonly name: string;
  readonly version: number;
  /** The version's number within its journey. */
  readonly number: number;
  readonly atom: number;
  readonly customer: number;
  readonly key: string;
  readonly step: string | null;
  readonly state: string;
  readonly blocker: string | null;
  readonly enteredAt: Instant;
  readonly movedAt: Instant;
  readonly dueAt: Instant | null;
  readonly detail: string | null;
};
const RUN = `r.id, r.journey, j.name, r.version, coalesce((select v.number from versions v where v.id = r.version), 0) as number, r.atom, a.customer, r.key, r.step, r.state, r.blocker, r.entered_at as "enteredAt",
  r.moved_at as "movedAt", r.due_at as "dueAt", r.detail`;

/** Runs of a journey, newest first; at a step where one is named. */
export const readRuns = (sql: Sql, workspace: WorkspaceId, journey: number, asked: { readonly step: string | null; readonly state: string | null; readonly limit: number; readonly before: Instant | null }): Promise<readonly RunRow[]> =>
  sql.query<RunRow>(
    `select ${RUN} from runs r join journeys j on j.id = r.journey join atoms a on a.id = r.atom
     where r.workspace = $1 and r.journey = $2 and ($3::text is null or r.step = $3) and ($4::text is null or r.state = $4) and ($5::bigint is null or r.entered_at < $5)
     order by r.entered_at desc, r.id limit $6`,
    [workspace, journey, asked.step, asked.state, asked.before, asked.limit],
  ); // prettier-ignore

/** The runs of a customer's atoms, newest first. */
export const readRunsOf = (sql: Sql, workspace: WorkspaceId, atoms: readonly number[], limit: number): Promise<readonly RunRow[]> =>
  sql.query<RunRow>(
    `select ${RUN} from runs r join journeys j on j.id = r.journey join atoms a on a.id = r.atom
     where r.workspace = $1 and r.atom = any($2::bigint[]) order by r.entered_at desc, r.id limit $3`,
    [workspace, atoms, limit],
  ); // prettier-ignore

/**
 * Live runs that nothing will ever move: no wake of their customer, no message, task or call they wait for, and no trigger
 * named. Always none; a metric and a job watch it. Each kind of blocker is asked of all runs at once, as there may be a
 * million, and the customer's own wake of the few whose atom names nobody.
 */
export const readStranded = (sql: Sql, now: Instant, graceMs: number): Promise<readonly { readonly id: string; readonly workspace: number; readonly atom: number }[]> =>
  sql.query(
    `with standing as materialized (
       select r.id, r.workspace, r.atom, r.due_at from runs r where r.state = 'running' and r.moved_at < $1::bigint - $2::bigint
         and not (r.blocker = 'trigger' and r.due_at is null)
         and not exists (select 1 from wakes w where r.due_at is not null and w.customer = r.atom and w.due_at <= greatest(r.due_at, $1::bigint))
         and not exists (select 1 from messages m where r.blocker = 'message' and m.run = r.id and (m.state in ('due', 'sending') or m.told_at is null))
         and not exists (select 1 from tasks t where r.blocker = 'task' and t.run = r.id and (t.state = 'open' or (t.done_by is not null and t.told_at is null)))
         and not exists (select 1 from calls c where r.blocker = 'call' and c.run = r.id and (c.state = 'due' or (c.settled_at is not null and c.told_at is null))))
     select r.id, r.workspace, r.atom from standing r join atoms a on a.id = r.atom where r.due_at is null or not exists (
       select 1 from wakes w where w.customer = a.customer and w.due_at <= greatest(r.due_at, $1::bigint)) limit 100`,
    [now, graceMs],
  ); // prettier-ignore

/** The journeys that send a template, by their names: in a draft, or in a version that somebody is in or may enter. */
export async function readUsesOfTemplate(sql: Sql, workspace: WorkspaceId, template: number): Promise<readonly string[]> {
  const rows = await sql.query<{ name: string }>(
    `select name from journeys j where workspace = $1 and (
       jsonb_path_exists(draft, '$.steps.* ? (@.template == $template)', jsonb_build_object('template', $2::int))
       or exists (select 1 from versions v where v.journey = j.id and (v.state not in ('replaced', 'failed') or ${STILL_WALKED})
         and jsonb_path_exists(v.body, '$.draft.steps.* ? (@.template == $template)', jsonb_build_object('template', $2::int)))) order by name`,
    [workspace, template],
  );
  return rows.map(({ name }) => `the journey ${name}`);
} // prettier-ignore

/** The share of customers whom no journey lets in. */
export async function readGlobalHoldout(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const [row] = await sql.query<{ ratio: number }>("select coalesce((settings->>'globalHoldoutRatio')::float8, 0) as ratio from workspaces where id = $1", [workspace]); // prettier-ignore
  return row?.ratio ?? 0;
}
