/** Remedies as drafts, told once: what each type of them needs. Pure. */
import type { Remedy } from "./model.ts";

/** How many are kept out of a remedy's journey, so that it can be proven. */
const HOLDOUT_RATIO = 0.1;

type JourneyRemedy = Extract<Remedy, { type: "journey" }>;
/** A journey made from a starting one. `eventNames`: what the starter calls an event -> what the workspace does. */
export const journeyRemedy = (
  starter: string,
  title: string,
  why: string,
  given: {
    readonly entryEvent?: string | null;
    readonly eventNames?: { readonly [name: string]: string };
  } = {},
): JourneyRemedy => ({
  type: "journey",
  title,
  why,
  starter,
  parameters: {
    name: title,
    entryEvent: given.entryEvent ?? null,
    eventNames: { ...given.eventNames },
    holdoutRatio: HOLDOUT_RATIO,
  },
});
export const contentRemedy = (
  title: string,
  why: string,
  question: string,
  outline: readonly string[],
): Remedy => ({ type: "content", title, why, question, outline: [...outline] });
export const taskRemedy = (title: string, why: string, detail: string, team: string): Remedy => ({
  type: "task",
  title,
  why,
  detail,
  team,
});
export const dataRemedy = (title: string, why: string, steps: readonly string[]): Remedy => ({
  type: "data_fix",
  title,
  why,
  steps: [...steps],
});

/** The starter's event names where the workspace has another spelling of them. */
export function spelled(
  pairs: readonly (readonly [starter: string, names: readonly string[]])[],
): { readonly [name: string]: string } {
  return Object.fromEntries(
    pairs.flatMap(([starter, names]) => (names.length === 0 || names.includes(starter) ? [] : [[starter, names[0]!]])),
  );
} // prettier-ignore
