/** What a journey is made of, taken apart: ways out of steps, rules, triggers. Pure, and used by the web app too. */
import type { Rule } from "../segments/model.ts";
import type { JourneyDraft, Step, Trigger } from "./model.ts";

/** What names a trigger: equal triggers are one. */
export const textOfTrigger = (trigger: Trigger): string => JSON.stringify(trigger);

/** The rules of a draft with their paths. */
export function rulesOf(draft: JourneyDraft): readonly (readonly [path: string, rule: Rule])[] {
  const found: (readonly [string, Rule])[] = draft.audience ? [["audience", draft.audience]] : [];
  for (const [id, step] of Object.entries(draft.steps)) {
    if (step.type === "branch") step.paths.forEach(({ rule }, i) => found.push([`steps/${id}/paths/${i}/rule`, rule]));
    if (step.type === "decide")
      step.candidates.forEach(({ rule }, i) => rule && found.push([`steps/${id}/candidates/${i}/rule`, rule]));
  }
  return found;
} // prettier-ignore

/** The triggers of a draft with their paths. */
export function triggersOf(draft: JourneyDraft): readonly (readonly [path: string, trigger: Trigger])[] {
  const found: (readonly [string, Trigger])[] = draft.exits.map((exit, i) => [`exits/${i}`, exit] as const);
  if (draft.entry.type === "event" || draft.entry.type === "segment") found.push(["entry", draft.entry]);
  if (draft.goal) found.push(["goal/when", draft.goal.when]);
  for (const [id, step] of Object.entries(draft.steps))
    if (step.type === "wait_until")
      step.paths.forEach(({ when }, i) => found.push([`steps/${id}/paths/${i}/when`, when]));
  return found;
}

/** A way out of a step: its name, and where it leads. */
export type Way = { readonly path: string; readonly next: string | null };
/** All ways out of a step, in the order in which they are drawn. Steps that end the run have none. */
export function waysOf(step: Step): readonly Way[] {
  if (step.type === "exit") return [];
  if (step.type === "jump") return [{ path: "next", next: step.to }];
  if (step.type === "split") return step.paths.map(({ key, next }) => ({ path: key, next }));
  const next = { path: "next", next: step.next };
  if (step.type === "decide") return [...step.candidates.map((one) => ({ path: one.key, next: one.next })), next];
  if (step.type === "task") return [...step.outcomes.map((one) => ({ path: one.outcome, next: one.next })), next];
  if (step.type === "message") return step.refused === undefined ? [next] : [next, { path: "refused", next: step.refused }];
  if (step.type === "webhook") return step.failed === undefined ? [next] : [next, { path: "failed", next: step.failed }];
  if (step.type !== "branch" && step.type !== "wait_until") return [next];
  const paths = step.paths.map((one, i) => ({ path: String(i), next: one.next }));
  return step.type === "wait_until" && step.maxMs === null ? paths : [...paths, next];
} // prettier-ignore
