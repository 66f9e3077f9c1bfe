/** Laying places down and taking them away. What is laid down is a version: it serves once its rules know history. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { LEARNING_LIMITS } from "../learning/model.ts";
import { countLearning, forgetPlace } from "../learning/store.ts";
import { refuse } from "../segments/change.ts";
import { moveEpoch } from "../segments/epoch.ts";
import type { Rule } from "../segments/model.ts";
import { type PlanContext, type Problem, planOf } from "../segments/plan.ts";
import { changing, contextOf, makeVersion, readDefinitions } from "../segments/store.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import { prepareContent } from "./fill.ts";
import { shownEnoughRule } from "./force.ts";
import { DECISION_LIMITS, type PlaceDraft } from "./model.ts";
import { recommendProblem } from "./recommend.ts";

/** All rules of a place with where they stand in it. */
function rulesOf(key: string, { candidates }: PlaceDraft): readonly (readonly [path: string, rule: Rule])[] {
  return candidates.flatMap((candidate, i) => {
    const { rule, stages } = candidate;
    const enough = shownEnoughRule(key, candidate);
    const found: [string, Rule][] = [];
    if (rule) found.push([`candidates/${i}/rule`, rule]);
    if (stages.length > 0) found.push([`candidates/${i}/stages`, { type: "stage", in: stages }]);
    if (enough) found.push([`candidates/${i}/frequency`, enough]);
    return found;
  });
}

/** All that is wrong with a place beyond its shape. */
export function problemsOf(key: string, draft: PlaceDraft, context: PlanContext): readonly Problem[] {
  const problems: Problem[] = rulesOf(key, draft).flatMap(([path, rule]) => {
    const planned = planOf(rule, context);
    return planned.ok ? [] : planned.problems.map((one) => ({ path: one.path === "" ? path : `${path}/${one.path}`, message: one.message }));
  });
  problems.push(...learningProblems(draft));
  for (const [i, candidate] of draft.candidates.entries()) {
    const { id, startsAt, endsAt, content } = candidate;
    const at = (part: string) => `candidates/${i}/${part}`;
    if (draft.candidates.findIndex((other) => other.id === id) < i) problems.push({ path: at("id"), message: `The id ${id} is taken by an earlier candidate.` });
    if (startsAt !== null && endsAt !== null && Date.parse(endsAt) <= Date.parse(startsAt)) problems.push({ path: at("endsAt"), message: "It ends before it starts." });
    const unfit = recommendProblem(candidate, context);
    if (unfit !== null) problems.push({ path: at("recommend"), message: unfit });
    for (const { path, message } of prepareContent(content as JsonObject).problems) problems.push({ path: at(path), message });
  }
  return problems;
} // prettier-ignore

/** What is wrong with how a place is to learn. */
function learningProblems({ ranking, learning, candidates }: PlaceDraft): readonly Problem[] {
  const problems: Problem[] = [];
  if (ranking === "learning" && learning === null) problems.push({ path: "learning", message: "Say what it is to learn from: { reward, withinMs }." });
  if (learning === null) return problems;
  const { reward, currency, floorRatio, holdoutRatio } = learning;
  if (reward === "value" && currency === null) problems.push({ path: "learning/currency", message: "Say in which currency the value is counted." });
  if (candidates.length > LEARNING_LIMITS.candidates) problems.push({ path: "candidates", message: `A place that learns has at most ${LEARNING_LIMITS.candidates} candidates.` });
  const most = (1 - holdoutRatio) / candidates.length;
  if (floorRatio > most) problems.push({ path: "learning/floorRatio", message: `${candidates.length} candidates cannot each be shown with that chance: with ${holdoutRatio} held out there is room for ${most.toFixed(3)}.` });
  return problems;
} // prettier-ignore

/** Lays a place down, in place of what was there; the number of its version. Throws all that is wrong with it. */
export const putPlace = (sql: Sql, workspace: WorkspaceId, key: string, draft: PlaceDraft, by: string, now: Instant): Promise<number> =>
  changing(sql, workspace, async (tx) => {
    const all = await readDefinitions(tx, workspace);
    if (!all.places.has(key) && all.places.size >= DECISION_LIMITS.places)
      throw new Failure("unprocessable", `A workspace has at most ${DECISION_LIMITS.places} places.`);
    if (draft.ranking === "learning" && (await countLearning(tx, workspace, key)) >= LEARNING_LIMITS.places)
      throw new Failure("unprocessable", `At most ${LEARNING_LIMITS.places} places of a workspace learn.`);
    const context = contextOf(all);
    const problems = problemsOf(key, draft, context);
    if (problems.length > 0) refuse(problems, "");
    const rules = rulesOf(key, draft).map(([, rule]) => rule);
    const enough = Object.fromEntries(draft.candidates.map((one) => [one.id, shownEnoughRule(key, one)]).filter(([, rule]) => rule !== null));
    const version = await makeVersion(tx, workspace, { kind: "place", name: key, body: { rules } }, context, now);
    await tx.query(
      `update versions set body = jsonb_build_object('draft', $2::jsonb, 'rules', $3::jsonb, 'enough', $7::jsonb), published_by = $4,
         number = 1 + coalesce((select max(number) from versions where workspace = $5 and kind = 'place' and name = $6), 0) where id = $1`,
      [version, JSON.stringify(draft), JSON.stringify(rules), by, workspace, key, JSON.stringify(enough)],
    );
    return version;
  }); // prettier-ignore

/** Takes a place away with all its versions: it serves no more from the next decision on. */
export const deletePlace = (sql: Sql, workspace: WorkspaceId, key: string): Promise<void> =>
  changing(sql, workspace, async (tx) => {
    await moveEpoch(tx);
    const gone = await tx.query("delete from versions where workspace = $1 and kind = 'place' and name = $2 returning 1 as one", [workspace, key]); // prettier-ignore
    if (gone.length === 0) throw noPlace(key);
    await forgetPlace(tx, workspace, key);
  });

/** That there is no such place. */
export const noPlace = (key: string): Failure =>
  new Failure("not_found", `There is no place ${key} in this workspace.`);
