/**
 * A journey made ready to be walked: its rules planned with the tracks they need, its triggers named, and everything
 * that is wrong with it, each with its place. Pure.
 */
import { SEGMENT_LIMITS } from "../segments/model.ts";
import { type Node, type Plan, type PlanContext, type Problem, planOf } from "../segments/plan.ts";
import type { Track } from "../segments/track.ts";
import { JOURNEY_LIMITS, type JourneyDraft, type Step, type Trigger } from "./model.ts";
import { rulesOf, textOfTrigger, triggersOf, waysOf } from "./ways.ts";

/** A journey that can be walked. */
export type PlannedJourney = {
  readonly draft: JourneyDraft;
  /** The rule at a path of the draft, e.g. `steps/choose/paths/0/rule`. */
  readonly rules: ReadonlyMap<string, Node>;
  readonly tracks: ReadonlyMap<string, Track>;
  /** What steps wait for, by its text: noted from the run's beginning on. */
  readonly awaited: ReadonlyMap<string, Trigger>;
  /** Segments and computed traits it refers to, through others as well. */
  readonly segments: ReadonlySet<number>;
  readonly computed: ReadonlySet<string>;
};
export type PlannedAnswer =
  | { readonly ok: true; readonly plan: PlannedJourney }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Whether passing this step takes time in any case, so that a circle through it goes on at a human's pace. A message that
 * may not leave is settled at once, a call that fails soon, and who is in a segment already does not wait for it.
 */
const takesTime = (step: Step): boolean =>
  step.type === "wait" || step.type === "wait_time" || (step.type === "task" && step.outcomes.length > 0) ||
  (step.type === "wait_until" && step.paths.every(({ when }) => when.type === "event")); // prettier-ignore

/** The plan of a draft, or all that is wrong with it. `context`: what its rules may refer to. */
export function planJourney(draft: JourneyDraft, context: PlanContext): PlannedAnswer {
  const problems: Problem[] = [...problemsOfSteps(draft), ...problemsOfTriggers(draft, context)];
  const plans: (readonly [string, Plan])[] = [];
  for (const [path, rule] of rulesOf(draft)) {
    const planned = planOf(rule, context);
    if (planned.ok) plans.push([path, planned.plan]);
    else problems.push(...planned.problems.map((one) => ({ path: one.path === "" ? path : `${path}/${one.path}`, message: one.message }))); // prettier-ignore
  }
  const conditions = plans.reduce((sum, [, plan]) => sum + plan.tracks.size, 0);
  if (conditions > 10 * SEGMENT_LIMITS.conditions)
    problems.push({ path: "steps", message: `Its rules ask for ${conditions} histories; ${10 * SEGMENT_LIMITS.conditions} at most.` });
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    plan: {
      draft,
      rules: new Map(plans.map(([path, { root }]) => [path, root])),
      tracks: new Map(plans.flatMap(([, { tracks }]) => [...tracks])),
      awaited: new Map(triggersOf(draft).flatMap(([path, when]) => (path.startsWith("steps/") ? [[textOfTrigger(when), when] as const] : []))),
      segments: new Set(plans.flatMap(([, { segments }]) => [...segments])),
      computed: new Set(plans.flatMap(([, { computed }]) => [...computed])),
    },
  };
} // prettier-ignore

function problemsOfSteps(draft: JourneyDraft): readonly Problem[] {
  const { steps, start } = draft;
  const problems: Problem[] = [];
  const say = (path: string, message: string) => problems.push({ path, message });
  const ids = Object.keys(steps);
  if (ids.length > JOURNEY_LIMITS.steps) say("steps", `${ids.length} steps; ${JOURNEY_LIMITS.steps} at most.`);
  if (!(start in steps)) say("start", `There is no step ${start}.`);
  for (const [id, step] of Object.entries(steps)) {
    for (const { path, next } of waysOf(step))
      if (next !== null && !(next in steps)) say(`steps/${id}/${path}`, `There is no step ${next}.`);
    for (const [place, message] of problemsOfStep(step, draft)) say(`steps/${id}/${place}`, message);
  }
  if (draft.reentry.type === "key" && draft.entry.type !== "event" && draft.entry.type !== "api")
    say("reentry", "One run per key needs an entry by event or API, which tells the key.");
  if (problems.length === 0) problems.push(...unreachable(draft), ...circles(draft));
  return problems;
} // prettier-ignore

/** What is wrong with one step by itself, with its place in it. */
function problemsOfStep(
  step: Step,
  { goal }: JourneyDraft,
): readonly (readonly [place: string, message: string])[] {
  const twice = (names: readonly string[]) => new Set(names).size < names.length;
  const found: (readonly [string, string])[] = [];
  if (step.type === "split") {
    if (step.paths.reduce((sum, { weight }) => sum + weight, 0) <= 0)
      found.push(["paths", "At least one path needs a weight above 0."]);
    if (twice(step.paths.map(({ key }) => key))) found.push(["paths", "Two paths have the same key."]);
  }
  if (step.type === "decide") {
    if (twice(step.candidates.map(({ key }) => key)))
      found.push(["candidates", "Two candidates have the same key."]);
    if (step.by === "learning" && !goal)
      found.push(["by", "Learning needs a goal of the journey to learn from."]);
  }
  if (step.type === "task" && twice(step.outcomes.map(({ outcome }) => outcome)))
    found.push(["outcomes", "Two outcomes have the same name."]);
  return found;
}

function unreachable({ steps, start }: JourneyDraft): readonly Problem[] {
  const reached = new Set([start]);
  for (const id of reached) for (const { next } of waysOf(steps[id]!)) if (next !== null) reached.add(next);
  return Object.keys(steps)
    .filter((id) => !reached.has(id))
    .map((id) => ({ path: `steps/${id}`, message: "No step leads here." }));
}

/** Steps that lead back to themselves without anything on the way that surely takes time. */
function circles({ steps }: JourneyDraft): readonly Problem[] {
  const done = new Set<string>();
  const found: Problem[] = [];
  const visit = (id: string, above: readonly string[]): void => {
    if (takesTime(steps[id]!) || done.has(id)) return;
    if (above.includes(id)) {
      found.push({
        path: `steps/${id}`,
        message:
          "The journey comes back here without a wait on the way: a customer would go round and round.",
      });
      return;
    }
    for (const { next } of waysOf(steps[id]!)) if (next !== null) visit(next, [...above, id]);
    done.add(id);
  };
  for (const id of Object.keys(steps)) visit(id, []);
  return found;
}

function problemsOfTriggers(draft: JourneyDraft, context: PlanContext): readonly Problem[] {
  const segments: (readonly [string, number])[] = triggersOf(draft).flatMap(([path, trigger]) => (trigger.type === "segment" ? [[`${path}/id`, trigger.id] as const] : [])); // prettier-ignore
  if (draft.entry.type === "schedule") segments.push(["entry/segment", draft.entry.segment]);
  return segments
    .filter(([, id]) => !context.segments.has(id))
    .map(([path, id]) => ({ path, message: `There is no segment ${id}.` }));
}
