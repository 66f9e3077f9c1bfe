/** A workspace's goals: those it named, or an order and each further stage; and who is asked about a goal at all. Pure. */
import { type NeedGoal, NEEDS_LIMITS, type NeedsAsked, type Unfit } from "./model.ts";

type Stage = { readonly key: string; readonly name: string };

/** The goals that are meant. */
export function goalsOf({ goals }: NeedsAsked, stages: readonly Stage[]): readonly NeedGoal[] {
  if (goals) return goals;
  const withinMs = NEEDS_LIMITS.withinMs;
  const further = stages.slice(1).map(({ key, name }): NeedGoal => ({ key: `stage_${key}`.slice(0, 40), name: `Stage "${name}"`.slice(0, 100), when: { type: "stage", stage: key }, withinMs }));
  return [{ key: "order", name: "An order", when: { type: "order" } as const, withinMs }, ...further].slice(0, NEEDS_LIMITS.goals);
} // prettier-ignore

/** The trait that tells a goal's chance. */
export const traitOf = ({ key }: Pick<NeedGoal, "key">): string => `likely_${key}`;
/** The trait that names the goal with the greatest chance. */
export const NEXT_TRAIT = "likely_next";

/** Only customers whose stage has a lower place than `before` are asked about: the others have reached it. */
export function stageOfGoal({ when }: Pick<NeedGoal, "when">, stages: readonly string[]): { readonly type: "known"; readonly before: number } | Extract<Unfit, { type: "unknown" }> {
  if (when.type !== "stage") return { type: "known", before: Infinity };
  const place = stages.indexOf(when.stage);
  if (place === -1) return { type: "unknown", reason: "no_such_stage" };
  return place === 0 ? { type: "unknown", reason: "first_stage" } : { type: "known", before: place };
} // prettier-ignore
