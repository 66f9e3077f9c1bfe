/** What answers about the map say of themselves: how they were worked out, and what to keep in mind. Pure. */
import type { CaseBy } from "../analysis/model.ts";
import type { WholeMap } from "./discover.ts";
import type { MapQuestion } from "./model.ts";

/** How each answer was worked out. */
export const METHODS = {
  map: "Directly-follows graph: each moment of a case and the one directly after it, counted (van der Aalst 2016, Process Mining, ch. 6). People are counted exactly.",
  variants: "Cases with the same moments in the same order are one variant (van der Aalst 2016, Process Mining, ch. 5).",
  path: "The cases of the map that have what was asked for; the latest of them as a sample.",
  durations:
    "Throughput: from the first to the last moment of a case. Processing: from start to completion of its activities, summed (Swennen et al. 2016, edeaR).",
  compare:
    "Shares of people on both sides; interval of the difference by Newcombe's hybrid score (1998, method 10), p-value of two proportions, false discoveries held down by Benjamini and Hochberg (1995).",
  helps:
    "Landmark analysis (Anderson et al. 1983): what customers did until the landmark against whether they reached the goal after it, all followed equally long, so that having lived longer is no advantage. Adjusted by Mantel-Haenszel risk differences over groups of customers alike (variance by Sato 1989), corrected by Benjamini and Hochberg (1995).",
  conformance: "What the log tells of runs against the published plan; interval of the share by Wilson (1927).",
} as const; // prettier-ignore

/** Said of goals where a scope is of some channels. */
export const GOAL_ANYWHERE =
  "The goal counts in any channel; what began before it is of the channels that are looked at.";

/** What to keep in mind of cases, and of how times were found. */
export function notesOf({ scope, case: by, stages }: Pick<MapQuestion, "scope" | "case" | "stages">, map: WholeMap | null): readonly string[] {
  const says = (told: boolean, words: string): readonly string[] => (told ? [words] : []);
  return [
    CASES[by.by],
    ...says(by.by === "goal" && scope.channels !== undefined, GOAL_ANYWHERE),
    ...says(by.by === "goal" && by.start === by.goal, "Who reached the goal begins anew with it: such a moment ends one case and begins the next, and counts in both."),
    ...says(stages, "Stages are known from the day on which a stage model was in force; what was before counts for its first stage."),
    ...says(map?.times === "approximate", "Medians and percentiles of pairs with more than 8,192 transitions are from samples of as many."),
  ];
} // prettier-ignore

const CASES: { readonly [by in CaseBy["by"]]: string } = {
  customer: "A case is all that a customer did in the period: it may have begun before, and may go on.",
  visit: "Visits at the ends of the period may have begun before or go on.",
  goal: "Cases without the goal may still reach it after the period.",
  key: "A case counts as the customer's whose moment is its first; what has no such property is in no case.",
};
