/**
 * What a customer is told of their likely needs: traits that rules can ask for, by an event of our own, only where something
 * moved. Pure.
 */
import type { Event } from "../events/model.ts";
import { nameOf } from "../messages/happenings.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { NEXT_TRAIT, stageOfGoal, traitOf } from "./goals.ts";
import { foretell } from "./learn.ts";
import { type Case, type Model, NEEDS_LIMITS, type Reason, type WorkedGoal } from "./model.ts";
import { reasonsOf } from "./reasons.ts";

/** The event that tells. It is no activity of the customer's. */
export const FORESEEN = "$need.foreseen";
/** The event that tells when a customer is likely to be there. */
export const TIMED = "$need.timed";

/** What a customer was told of one goal. JSON. */
export type Need = { readonly chance: number; readonly reasons: readonly Reason[] };
/** By the goal's key. */
export type Needs = { readonly [goal: string]: Need };
type Chances = { readonly [goal: string]: Pick<Need, "chance"> };

const rounded = (value: number): number => Number(value.toPrecision(3));

type Seen = Pick<Case, "stage" | "x">;
/** Goals that may be told and that the customer has not reached for good. */
const openTo = (goals: readonly WorkedGoal[], stages: readonly string[], { stage }: Seen): readonly (readonly [key: string, model: Model])[] =>
  goals.flatMap(({ goal, worked }) => {
    if (worked.type !== "shown") return [];
    const asked = stageOfGoal(goal, stages);
    return asked.type === "unknown" || stage >= asked.before ? [] : [[goal.key, worked.model]];
  }); // prettier-ignore

/** The chances of a customer, by goal. */
export const chancesOf = (goals: readonly WorkedGoal[], stages: readonly string[], seen: Seen): Chances =>
  Object.fromEntries(openTo(goals, stages, seen).map(([key, model]) => [key, { chance: rounded(foretell(model, seen.x)) }])); // prettier-ignore
/** The same with reasons. */
export const needsOf = (goals: readonly WorkedGoal[], stages: readonly string[], seen: Seen): Needs =>
  Object.fromEntries(openTo(goals, stages, seen).map(([key, model]) => [key, { chance: rounded(foretell(model, seen.x)), reasons: reasonsOf(model, seen.x) }])); // prettier-ignore

/** Whether a customer has to be told: a goal came or went, or a chance moved by more than a twentieth. */
export function hasMoved(now: Chances, before: Chances | undefined): boolean {
  if (before === undefined) return Object.keys(now).length > 0;
  const keys = new Set([...Object.keys(now), ...Object.keys(before)]);
  return [...keys].some((key) => {
    const [is, was] = [now[key]?.chance, before[key]?.chance];
    if (is === undefined || was === undefined) return true;
    return Math.abs(is - was) > NEEDS_LIMITS.toldChangeRatio * Math.max(was, SMALL);
  });
}
/** Changes between chances near nothing are none: of a twentieth of this. */
const SMALL = 0.02;

/** The traits of these needs; a goal that `before` told and these do not is taken back. */
export function traitsOf(needs: Needs, before: Needs = {}): JsonObject {
  const [first] = Object.entries(needs).toSorted(([a, { chance: x }], [b, { chance: y }]) => y - x || (a < b ? -1 : 1));
  return {
    ...Object.fromEntries(Object.keys(before).map((key) => [traitOf({ key }), null])),
    ...Object.fromEntries(Object.entries(needs).map(([key, { chance }]) => [traitOf({ key }), chance])),
    [NEXT_TRAIT]: first?.[0] ?? null,
  };
} // prettier-ignore

/** The event that tells one customer traits, named by the instant of what they rest on: told twice it is one event. */
export function tellingOf(workspace: WorkspaceId, name: typeof FORESEEN | typeof TIMED, customer: number, traits: JsonObject, cutOffAt: Instant, at: Instant): Event {
  const atom = customer as AtomId;
  return {
    workspace, id: `${name.slice(1)} ${customer} ${cutOffAt} ${at}`, type: "identify", name, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null,
    identifiers: [nameOf(atom)], channel: "server", touchpoint: "estimate", key: 0, of: atom, traits,
  };
} // prettier-ignore
