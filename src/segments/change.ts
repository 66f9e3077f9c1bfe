/**
 * Making, changing and removing definitions. A change makes new versions of everything that depends on what changed, in
 * one transaction; all of it is checked before, so that nothing stored can stop making sense.
 */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { shapeOf } from "./check.ts";
import {
  type ComputedTraitDraft,
  type RfmModel,
  type Rule,
  SEGMENT_LIMITS,
  type SegmentDraft,
  type StageModel,
} from "./model.ts";
import { type PlanContext, type Problem, type Plan, planOf } from "./plan.ts";
import { moveEpoch } from "./epoch.ts";
import { dependentsOf, reachOf, referencesOf, segmentPlaces, stageRules } from "./references.ts";
import { type Definitions, changing, contextOf, makeVersion, readDefinitions } from "./store.ts";

/** Looks at a rule that need not be right. `within`: the segment it belongs to, which it must not refer to. */
export function checkRule(
  value: unknown,
  context: PlanContext,
  within: number | null = null,
):
  | { readonly ok: true; readonly rule: Rule; readonly plan: Plan }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const shaped = shapeOf(value);
  if (!shaped.ok) return shaped;
  const { rule } = shaped;
  // With itself in the context, a circle is seen wherever it closes.
  const own = within === null ? context : { ...context, segments: new Map([...context.segments, [within, rule]]) };
  const circle = within === null ? undefined : segmentPlaces(rule).find(({ id }) => id === within || reachOf([{ type: "segment", id }], own.segments).segments.has(within));
  if (circle) return { ok: false, problems: [{ path: circle.path, message: `Segment ${within} would refer to itself.` }] };
  const planned = planOf(rule, own);
  if (planned.ok) return { ok: true, rule, plan: planned.plan };
  // A condition that is the whole rule has the empty path before its parts.
  return { ok: false, problems: planned.problems };
} // prettier-ignore

/** Throws the problems of a rule, each with its place in the body. */
export function refuse(problems: readonly Problem[], base: string): never {
  const places = problems.map(({ path, message }) => ({
    pointer: `#/${[...base.split("/"), ...path.split("/")].filter((step) => step !== "").map(escaped).join("/")}`,
    detail: message,
  })); // prettier-ignore
  throw new Failure("unprocessable", `${places[0]!.pointer.slice(2)}: ${places[0]!.detail}`, { places });
}
const escaped = (step: string): string => step.replaceAll("~", "~0");

/** Makes a segment; its number. */
export const createSegment = (
  sql: Sql,
  workspace: WorkspaceId,
  draft: SegmentDraft,
  now: Instant,
): Promise<number> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    if (all.segments.size >= SEGMENT_LIMITS.segments)
      throw new Failure("unprocessable", `A workspace has at most ${SEGMENT_LIMITS.segments} segments.`);
    nameIsFree(all, draft.name, null);
    const context = contextOf(all);
    const checked = checkRule(draft.rule, context);
    if (!checked.ok) refuse(checked.problems, "rule");
    const [row] = await tx.query<{ id: number }>(
      "insert into segments (workspace, name, description, created_at, updated_at) values ($1, $2, $3, $4, $4) returning id",
      [workspace, draft.name, draft.description, now],
    );
    await makeVersion(tx, workspace, { kind: "segment", segment: row!.id, body: checked.rule }, context, now);
    return row!.id;
  });

function nameIsFree({ segments }: Definitions, name: string, own: number | null): void {
  for (const segment of segments.values())
    if (segment.id !== own && segment.name.toLowerCase() === name.toLowerCase())
      throw new Failure("conflict", `There is already a segment named "${segment.name}" (${segment.id}).`);
}

/**
 * Changes a segment; another rule makes a new version of it and of everything that refers to it. `expected`: the newest
 * version the caller knows, or null.
 */
export const changeSegment = (
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  draft: SegmentDraft,
  now: Instant,
  expected: number | null = null,
): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    const segment = all.segments.get(id) ?? noSegment(id);
    if (expected !== null && expected !== segment.newest.id)
      throw new Failure("conflict", `Segment ${id} was changed meanwhile: its newest version is ${segment.newest.id}, not ${expected}. Read it again.`); // prettier-ignore
    nameIsFree(all, draft.name, id);
    const checked = checkRule(draft.rule, contextOf(all), id);
    if (!checked.ok) refuse(checked.problems, "rule");
    // The workers tell the name with each entry.
    if (draft.name !== segment.name) await moveEpoch(tx);
    await tx.query(
      "update segments set name = $3, description = $4, updated_at = $5 where workspace = $1 and id = $2",
      [workspace, id, draft.name, draft.description, now],
    );
    // A rule that failed is tried again when it is sent again.
    if (sameRule(checked.rule, segment.rule) && segment.newest.state !== "failed") return;
    const segments = new Map([...all.segments, [id, { ...segment, name: draft.name, rule: checked.rule }]]);
    const after = { ...all, segments };
    const touched = [id, ...dependentsOf(id, contextOf(after).segments)];
    await renew(tx, workspace, after, touched, usesSegment(after, new Set(touched)), now);
    const asks = ({ rules }: { readonly rules: readonly Rule[] }) => [...referencesOf(rules).segments].some((one) => touched.includes(one)); // prettier-ignore
    await renewJourneys(tx, workspace, after, asks, now);
    await renewPlaces(tx, workspace, after, asks, now);
  });

/** Equal rules, whatever the order of their keys (the store keeps its own). */
function sameRule(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [one, other] = [a, b] as { [key: string]: unknown }[];
  const keys = Object.keys(one!);
  return keys.length === Object.keys(other!).length && keys.every((key) => sameRule(one![key], other![key]));
}

const usesSegment = ({ stages }: Definitions, ids: ReadonlySet<number>): boolean =>
  stages !== null && [...referencesOf(stageRules(stages.model)).segments].some((id) => ids.has(id));

/** New versions of these segments (and of the stage model) in the context of `all`; refused when one would not make sense. */
async function renew(
  tx: Sql,
  workspace: WorkspaceId,
  all: Definitions,
  ids: readonly number[],
  stages: boolean,
  now: Instant,
): Promise<void> {
  const context = contextOf(all);
  for (const id of ids) {
    const { name, rule } = all.segments.get(id)!;
    const planned = planOf(rule, context);
    if (!planned.ok) dependentFails(`segment "${name}" (${id})`, planned.problems);
    await makeVersion(tx, workspace, { kind: "segment", segment: id, body: rule }, context, now);
  }
  if (!stages || !all.stages) return;
  const problems = stageProblems(all.stages.model, context);
  if (problems.length > 0) dependentFails("the stage model", problems);
  await makeVersion(tx, workspace, { kind: "stages", body: all.stages.model }, context, now);
}

/**
 * New versions of the journeys whose rules ask for what changed: the same journey, whose rules mean what they refer to
 * now. Who is in it goes on in the new version where they stand.
 */
async function renewJourneys(tx: Sql, workspace: WorkspaceId, all: Definitions, asks: (journey: { readonly rules: readonly Rule[] }) => boolean, now: Instant): Promise<void> {
  const context = contextOf(all);
  for (const [id, journey] of all.journeys) {
    if (!asks(journey)) continue;
    for (const rule of journey.rules) {
      const planned = planOf(rule, context);
      if (!planned.ok) dependentFails(`the journey "${journey.name}" (${id})`, planned.problems);
    }
    // What it listens to belongs to what the version is made with, as when it was published.
    const heard = journey.segments.map((of): Rule => ({ type: "segment", id: of }));
    const version = await makeVersion(tx, workspace, { kind: "journey", journey: id, body: { rules: [...journey.rules, ...heard] } }, context, now);
    await tx.query(
      "update versions v set body = old.body, number = old.number, published_by = old.published_by, former_runs = 'migrate' from versions old where v.id = $1 and old.id = $2",
      [version, journey.newest.id],
    );
  }
} // prettier-ignore

/** New versions of the places whose rules ask for what changed. */
async function renewPlaces(tx: Sql, workspace: WorkspaceId, all: Definitions, asks: (place: { readonly rules: readonly Rule[] }) => boolean, now: Instant): Promise<void> {
  const context = contextOf(all);
  for (const [name, place] of all.places) {
    if (!asks(place)) continue;
    for (const rule of place.rules) {
      const planned = planOf(rule, context);
      if (!planned.ok) dependentFails(`the place "${name}"`, planned.problems);
    }
    const version = await makeVersion(tx, workspace, { kind: "place", name, body: { rules: place.rules } }, context, now);
    await tx.query(
      "update versions v set body = old.body, number = old.number, published_by = old.published_by from versions old where v.id = $1 and old.id = $2",
      [version, place.newest.id],
    );
  }
} // prettier-ignore

function dependentFails(what: string, [problem]: readonly Problem[]): never {
  throw new Failure("conflict", `With this change ${what} would no longer make sense: ${problem!.path}: ${problem!.message}`); // prettier-ignore
}

/** Removes a segment with its versions and members. Refused while something refers to it. */
export const deleteSegment = (sql: Sql, workspace: WorkspaceId, id: number): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    if (!all.segments.has(id)) noSegment(id);
    const users = usersOf(all, (found) => found.segments.has(id));
    if (users.length > 0)
      throw new Failure("conflict", `Segment ${id} is used by ${users.join(", ")}. Change them first.`);
    await moveEpoch(tx);
    await tx.query(
      "delete from segment_members where version in (select id from versions where workspace = $1 and segment = $2)",
      [workspace, id],
    );
    await tx.query("delete from segments where workspace = $1 and id = $2", [workspace, id]);
  });

/** Who refers directly to something, by name. */
function usersOf(all: Definitions, uses: (found: ReturnType<typeof referencesOf>) => boolean): readonly string[] {
  const users = [...all.segments.values()].filter(({ rule }) => uses(referencesOf([rule]))).map(({ id, name }) => `segment "${name}" (${id})`);
  for (const [id, { name, rules, segments }] of all.journeys) {
    const found = referencesOf(rules);
    if (uses({ ...found, segments: new Set([...found.segments, ...segments]) })) users.push(`the journey "${name}" (${id})`);
  }
  for (const [key, { rules }] of all.places) if (uses(referencesOf(rules))) users.push(`the place "${key}"`);
  const { stages } = all;
  return stages && uses(referencesOf(stageRules(stages.model))) ? [...users, "the stage model"] : users;
} // prettier-ignore

/** Sets the stage model. */
export const changeStages = (
  sql: Sql,
  workspace: WorkspaceId,
  model: StageModel,
  now: Instant,
): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    const problems = [...modelProblems(model), ...stageProblems(model, contextOf(all))];
    if (problems.length > 0) refuse(problems, "");
    const keys = new Set(model.stages.map(({ key }) => key));
    for (const { name, id, rule } of all.segments.values()) {
      const gone = [...referencesOf([rule]).stages].find((key) => !keys.has(key));
      if (gone !== undefined)
        throw new Failure("conflict", `Segment "${name}" (${id}) asks for the stage ${gone}, which would be gone. Change it first.`); // prettier-ignore
    }
    for (const [id, { name, rules }] of all.journeys) {
      const gone = [...referencesOf(rules).stages].find((key) => !keys.has(key));
      if (gone !== undefined)
        throw new Failure("conflict", `The journey "${name}" (${id}) asks for the stage ${gone}, which would be gone. Change it first.`); // prettier-ignore
    }
    for (const [key, { rules }] of all.places) {
      const gone = [...referencesOf(rules).stages].find((stage) => !keys.has(stage));
      if (gone !== undefined)
        throw new Failure("conflict", `The place "${key}" asks for the stage ${gone}, which would be gone. Change it first.`); // prettier-ignore
    }
    const same =
      all.stages && all.stages.newest.state !== "failed" && sameRule(model, { ...all.stages.model });
    if (same) return;
    // Whoever the new model puts elsewhere enters and leaves the segments that ask for stages: these are made again with it.
    const { segments } = contextOf(all);
    const asking = [...segments].filter(([, rule]) => reachOf([rule], segments).stages.size > 0).map(([id]) => id);
    const context = { ...contextOf(all), stages: keys };
    await makeVersion(tx, workspace, { kind: "stages", body: model }, context, now);
    for (const id of asking)
      await makeVersion(tx, workspace, { kind: "segment", segment: id, body: all.segments.get(id)!.rule }, context, now);
  }); // prettier-ignore

/** What is wrong with a stage model apart from its rules. */
function modelProblems({ stages }: StageModel): readonly Problem[] {
  return stages.flatMap(({ key, rule }, i) => {
    const problems: Problem[] = [];
    if (stages.findIndex((other) => other.key === key) < i)
      problems.push({ path: `stages/${i}/key`, message: `The key ${key} is taken by an earlier stage.` });
    if (i === 0 && rule !== null)
      problems.push({ path: "stages/0/rule", message: "Everybody begins in the first stage: its rule is null." }); // prettier-ignore
    if (i > 0 && rule === null)
      problems.push({ path: `stages/${i}/rule`, message: "Only the first stage has no rule." });
    return problems;
  });
}

/** What is wrong with the rules of a stage model. They must not ask for a stage: the answer would depend on itself. */
function stageProblems({ stages }: StageModel, context: PlanContext): readonly Problem[] {
  return stages.flatMap(({ rule }, i) => {
    if (rule === null) return [];
    if (reachOf([rule], context.segments).stages.size > 0)
      return [{ path: `stages/${i}/rule`, message: "A stage's rule cannot ask for a stage, itself or through a segment." }];
    const planned = planOf(rule, context);
    return planned.ok ? [] : planned.problems.map(({ path, message }) => ({ path: `stages/${i}/rule/${path}`, message }));
  });
} // prettier-ignore

/** Makes a computed trait. */
export const createTrait = (
  sql: Sql,
  workspace: WorkspaceId,
  draft: ComputedTraitDraft,
  now: Instant,
): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    if (all.computed.has(draft.name))
      throw new Failure("conflict", `There is already a computed trait named ${draft.name}.`);
    if (all.computed.size >= SEGMENT_LIMITS.computedTraits)
      throw new Failure("unprocessable", `A workspace has at most ${SEGMENT_LIMITS.computedTraits} computed traits.`); // prettier-ignore
    const probe: Rule = { type: "computed", name: draft.name, is: { op: "exists" } };
    const planned = planOf(probe, { ...contextOf(all), computed: new Map([[draft.name, draft]]) });
    if (!planned.ok) refuse(planned.problems, "");
    await makeVersion(tx, workspace, { kind: "trait", name: draft.name, body: draft }, contextOf(all), now);
  });

/** Removes a computed trait. Refused while something refers to it. */
export const deleteTrait = (sql: Sql, workspace: WorkspaceId, name: string): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    if (!all.computed.has(name)) throw new Failure("not_found", `There is no computed trait named ${name}.`);
    const users = usersOf(all, (found) => found.computed.has(name));
    if (users.length > 0)
      throw new Failure("conflict", `The computed trait ${name} is used by ${users.join(", ")}. Change them first.`); // prettier-ignore
    await moveEpoch(tx);
    await tx.query("delete from versions where workspace = $1 and kind = 'trait' and name = $2", [workspace, name]); // prettier-ignore
  });

/** Sets the bands; what asks for them gets new versions. */
export const changeRfm = (sql: Sql, workspace: WorkspaceId, rfm: RfmModel, now: Instant): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    const problems = (["recencyDays", "frequency", "money"] as const).flatMap((name) =>
      rfm[name].some((bound, i) => i > 0 && bound <= rfm[name][i - 1]!)
        ? [{ path: name, message: "Each bound is greater than the one before." }]
        : [],
    );
    if (problems.length > 0) refuse(problems, "");
    await tx.query("update workspaces set settings = jsonb_set(settings, '{rfm}', $2::jsonb) where id = $1", [
      workspace,
      JSON.stringify(rfm),
    ]);
    if (all.rfm && sameRule(rfm, all.rfm)) return;
    const { segments } = contextOf(all);
    const touched = [...segments].filter(([, rule]) => reachOf([rule], segments).rfm).map(([id]) => id);
    const stages = all.stages !== null && reachOf(stageRules(all.stages.model), segments).rfm;
    await renew(tx, workspace, { ...all, rfm }, touched, stages, now);
    const asks = ({ rules }: { readonly rules: readonly Rule[] }) => reachOf(rules, segments).rfm;
    await renewJourneys(tx, workspace, { ...all, rfm }, asks, now);
    await renewPlaces(tx, workspace, { ...all, rfm }, asks, now);
  });

/** Throws that there is no such segment. */
export function noSegment(id: number): never {
  throw new Failure("not_found", `There is no segment ${id} in this workspace.`);
}
