/**
 * Making, changing and publishing journeys. A draft may be wrong; what is published may not. Publishing makes a version,
 * which customers enter as soon as its rules know history; what happens to those in the version before is chosen.
 */
import type { Database, Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { problemsBy } from "../segments/check.ts";
import { refuse } from "../segments/change.ts";
import { moveEpoch } from "../segments/epoch.ts";
import type { Rule } from "../segments/model.ts";
import type { PlanContext, Problem } from "../segments/plan.ts";
import { changing, contextOf, makeVersion, readDefinitions } from "../segments/store.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { cronProblem } from "./cron.ts";
import type { FormerRuns } from "./force.ts";
import { JOURNEY_LIMITS, JourneyDraft } from "./model.ts";
import { planJourney } from "./plan.ts";
import { rulesOf, triggersOf } from "./ways.ts";
import { type JourneyState, type StoredJourney, readJourney, readJourneys } from "./store.ts";

/** What a journey may refer to: besides what rules may, templates by number with their channel. */
export type JourneyContext = PlanContext & { readonly templates: ReadonlyMap<number, string> };

/** All that is wrong with a draft, each with its place; empty: it can be published. */
export function problemsOf(draft: JourneyDraft, context: JourneyContext): readonly Problem[] {
  const planned = planJourney(draft, context);
  const problems: Problem[] = planned.ok ? [] : [...planned.problems];
  const wrong = draft.entry.type === "schedule" ? cronProblem(draft.entry.cron) : null;
  if (wrong !== null) problems.push({ path: "entry/cron", message: wrong });
  for (const [id, step] of Object.entries(draft.steps)) {
    if (step.type !== "message") continue;
    const channel = context.templates.get(step.template);
    if (channel === undefined) problems.push({ path: `steps/${id}/template`, message: `There is no template ${step.template}.` });
    else if (channel !== step.channel)
      problems.push({ path: `steps/${id}/template`, message: `Template ${step.template} is for ${channel}, and the step for ${step.channel}.` });
  }
  return problems;
} // prettier-ignore

export async function readJourneyContext(sql: Sql, workspace: WorkspaceId): Promise<JourneyContext> {
  const definitions = await readDefinitions(sql, workspace);
  const templates = await sql.query<{ id: number; channel: string }>(
    `select distinct on (t.id) t.id, v.body->'content'->>'channel' as channel from templates t join template_versions v on v.template = t.id
     where t.workspace = $1 order by t.id, v.number desc`,
    [workspace],
  );
  return { ...contextOf(definitions), templates: new Map(templates.map(({ id, channel }) => [id, channel])) };
}

/** The draft in `value`. Throws what is wrong with its shape; what it refers to is only looked at when it is published. */
export function draftOf(value: unknown): JourneyDraft {
  const problems = problemsBy(JourneyDraft, value);
  if (problems.length > 0) refuse(problems, "");
  return JourneyDraft.parse(value);
}

/** Makes a journey that nobody can enter yet; its number. */
export const createJourney = (sql: Sql, workspace: WorkspaceId, draft: JourneyDraft, now: Instant): Promise<number> =>
  changing(sql, workspace, async (tx) => {
    const all = await readJourneys(tx, workspace);
    if (all.length >= JOURNEY_LIMITS.journeys)
      throw new Failure("unprocessable", `A workspace has at most ${JOURNEY_LIMITS.journeys} journeys.`);
    nameIsFree(all, draft.name, null);
    const [row] = await tx.query<{ id: number }>(
      "insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, $2, 'draft', $3, $4, $4) returning id",
      [workspace, draft.name, JSON.stringify(draft), now],
    );
    return row!.id;
  }); // prettier-ignore

function nameIsFree(all: readonly StoredJourney[], name: string, own: number | null): void {
  for (const one of all)
    if (one.id !== own && one.name.toLowerCase() === name.toLowerCase())
      throw new Failure("conflict", `There is already a journey named "${one.name}" (${one.id}).`);
}

/** Changes the draft; `expected`: the draft number the caller saw, or null. What is published stays as it is. */
export const changeDraft = (sql: Sql, workspace: WorkspaceId, id: number, draft: JourneyDraft, now: Instant, expected: number | null = null): Promise<number> =>
  changing(sql, workspace, async (tx) => {
    const journey = await readJourney(tx, workspace, id);
    if (expected !== null && expected !== journey.draftNo)
      throw new Failure("conflict", `Journey ${id} was changed meanwhile: its draft is number ${journey.draftNo}, not ${expected}. Read it again.`);
    nameIsFree(await readJourneys(tx, workspace), draft.name, id);
    // The worker tells the name with each entry.
    if (draft.name !== journey.name) await moveEpoch(tx);
    await tx.query(
      "update journeys set name = $3, draft = $4, draft_no = draft_no + 1, updated_at = $5 where workspace = $1 and id = $2",
      [workspace, id, draft.name, JSON.stringify(draft), now],
    );
    return journey.draftNo + 1;
  }); // prettier-ignore

/** Publishes the draft; the number of the version that is built now. Throws all that is wrong with it. */
export const publish = (sql: Sql, workspace: WorkspaceId, id: number, asked: { readonly formerRuns: FormerRuns; readonly by: string; readonly expected: number | null }, now: Instant): Promise<number> =>
  changing(sql, workspace, async (tx) => {
    const journey = await readJourney(tx, workspace, id);
    if (asked.expected !== null && asked.expected !== journey.draftNo)
      throw new Failure("conflict", `Journey ${id} was changed meanwhile: its draft is number ${journey.draftNo}, not ${asked.expected}. Look at it again before publishing.`);
    const context = await readJourneyContext(tx, workspace);
    const problems = problemsOf(journey.draft, context);
    if (problems.length > 0) refuse(problems, "draft");
    const rules = rulesOf(journey.draft).map(([, rule]) => rule);
    // The segments its triggers wait for belong to what the version was made with.
    const segments = segmentsHeard(journey.draft);
    const body = { rules: [...rules, ...segments.map((of): Rule => ({ type: "segment", id: of }))] };
    const version = await makeVersion(tx, workspace, { kind: "journey", journey: id, body }, context, now);
    await tx.query(
      `update versions set body = jsonb_build_object('draft', $2::jsonb, 'rules', $3::jsonb, 'segments', $7::jsonb), published_by = $4, former_runs = $5,
         number = 1 + coalesce((select max(number) from versions where journey = $6), 0) where id = $1`,
      [version, JSON.stringify(journey.draft), JSON.stringify(rules), asked.by, asked.formerRuns, id, JSON.stringify(segments)],
    );
    if (journey.state !== "live") await setState(tx, workspace, id, "live", now);
    return version;
  }); // prettier-ignore

/** The segments whose entries and exits, or members, a journey goes by. */
function segmentsHeard(draft: JourneyDraft): readonly number[] {
  const heard = triggersOf(draft).flatMap(([, trigger]) => (trigger.type === "segment" ? [trigger.id] : []));
  return [...new Set(draft.entry.type === "schedule" ? [...heard, draft.entry.segment] : heard)];
}
// prettier-ignore

/** Pauses (nobody enters, runs go on), resumes, or stops (runs end too) a journey. */
export const changeState = (sql: Sql, workspace: WorkspaceId, id: number, state: Exclude<JourneyState, "draft">, now: Instant): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const journey = await readJourney(tx, workspace, id);
    if (journey.state === "draft") throw new Failure("conflict", `Journey ${id} was never published.`);
    if (journey.state === state) return;
    // Batches hold the epoch: from here on none goes by the state before.
    await moveEpoch(tx);
    await setState(tx, workspace, id, state, now);
    if (state === "stopped")
      await tx.query(
        `insert into wakes (workspace, customer, due_at, cause) select distinct $1::int, a.customer, $3::bigint, 'rule' from runs r join atoms a on a.id = r.atom
         where r.journey = $2 and r.state = 'running' order by 2 on conflict (customer) do update set due_at = least(wakes.due_at, excluded.due_at), n = nextval('wake_n')`,
        [workspace, id, now],
      );
  }); // prettier-ignore

const setState = (tx: Sql, workspace: WorkspaceId, id: number, state: JourneyState, now: Instant) =>
  tx.query("update journeys set state = $3, updated_at = $4 where workspace = $1 and id = $2", [workspace, id, state, now]); // prettier-ignore

/** Removes a journey in which nobody is. */
export const removeJourney = (sql: Sql, workspace: WorkspaceId, id: number): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    await readJourney(tx, workspace, id);
    // First: a batch that is letting somebody in holds the epoch, and is counted after this.
    await moveEpoch(tx);
    const [inside] = await tx.query<{ n: number }>("select count(*)::int as n from runs where journey = $1 and state = 'running'", [id]); // prettier-ignore
    if (inside!.n > 0)
      throw new Failure(
        "conflict",
        `${inside!.n} customers are in journey ${id}. Stop it first: their runs end then.`,
      );
    await tx.query("delete from journeys where workspace = $1 and id = $2", [workspace, id]);
  });

/** Puts a customer in front of a live journey, entered by the API. */
export async function enqueue(sql: Sql, workspace: WorkspaceId, id: number, customer: AtomId, key: string, context: JsonObject, now: Instant): Promise<void> {
  const journey = await readJourney(sql, workspace, id);
  if (journey.state !== "live") throw new Failure("conflict", `Journey ${id} is ${journey.state}: nobody enters it.`);
  await sql.query(
    "insert into journey_entries (workspace, journey, customer, key, context, due_at) values ($1, $2, $3, $4, $5, $6)",
    [workspace, id, customer, key, JSON.stringify(context), now],
  );
} // prettier-ignore

/** Puts all members of a segment in front of a live journey; how many. */
export const enqueueSegment = (sql: Database, workspace: WorkspaceId, id: number, segment: number, now: Instant): Promise<number> =>
  sql.transaction(async (tx) => {
    const journey = await readJourney(tx, workspace, id);
    if (journey.state !== "live") throw new Failure("conflict", `Journey ${id} is ${journey.state}: nobody enters it.`);
    const [row] = await tx.query<{ n: number; live: boolean }>(
      `with live as (select id from versions where workspace = $1 and segment = $3 and state = 'live'),
       added as (
         insert into journey_entries (workspace, journey, customer, due_at)
         select $1, $2, m.customer, $4 from segment_members m join live on live.id = m.version order by m.customer returning 1)
       select (select count(*)::int from added) as n, exists (select 1 from live) as live`,
      [workspace, id, segment, now],
    );
    if (!row!.live) throw new Failure("conflict", `Segment ${segment} does not serve yet.`);
    return row!.n;
  }); // prettier-ignore

/** Sets the share of customers whom no journey lets in, of those who come from now on. */
export const changeGlobalHoldout = (sql: Sql, workspace: WorkspaceId, ratio: number): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    await moveEpoch(tx);
    await tx.query("update workspaces set settings = jsonb_set(settings, '{globalHoldoutRatio}', to_jsonb($2::float8)) where id = $1", [workspace, ratio]);
  }); // prettier-ignore
