/**
 * Which candidate of a place is shown to a customer, and why not each other one. Pure: the same question gets the same
 * answer, here and in a test.
 *
 * Learning ranks those that are eligible, and never decides who is. Its choice is drawn, by the name of who asks and the
 * hour, with a chance that is told along, among those whose content could be made. So that this chance is right, a place that
 * learns has the content of all of them made, and not of the first alone.
 */
import { type Chooser, chancesOf, drawOf, drawn } from "../learning/choose.ts";
import { slotsOf } from "../learning/encode.ts";
import type { LearningContext, LearningTold } from "../learning/model.ts";
import type { Instant, JsonObject } from "../values.ts";
import { type CandidateInForce, type Visit, onPage, whyNot } from "./eligible.ts";
import type { NotChosen, Ranking } from "./model.ts";

/** The content of a candidate for this customer, or why it could not be made. */
export type Filled =
  | { readonly type: "filled"; readonly content: JsonObject }
  | { readonly type: "unfilled"; readonly detail: string };
export type Chosen = {
  readonly candidate: CandidateInForce["candidate"];
  readonly content: JsonObject;
  /** What ranked it: of a place that learns, `priority` for a customer who is held out. */
  readonly by: Ranking;
  /** How likely this choice was among those eligible: 1 where nothing is drawn. */
  readonly propensityRatio: number;
  /** What the choice of a place that learns rested on. */
  readonly learning: LearningTold | null;
};
export type Decided = { readonly chosen: Chosen | null; readonly others: readonly NotChosen[] };
/** A place as far as a decision asks. `chooser`: of one that learns, and was not stopped. */
export type Decidable = {
  readonly ranking: Ranking;
  readonly candidates: readonly CandidateInForce[];
  readonly chooser?: Chooser | null;
};
/** What a choice of a place that learns hangs on. `who`: the name by which the customer asks, `place`: that of the place. */
export type Chance = {
  readonly context: LearningContext;
  readonly heldOut: boolean;
  readonly who: string;
  readonly place: string;
};
type Fill = (candidate: CandidateInForce["candidate"]) => Filled;

/**
 * Decides for one place. `fill` is asked of as few candidates as can be, in the order in which they rank; where a place
 * learns, of all that are eligible. `chance` is asked by a place that learns; without it priority ranks.
 */
export function decide(
  { ranking, candidates, chooser = null }: Decidable,
  visit: Visit,
  fill: Fill,
  now: Instant,
  chance: (() => Chance) | null = null,
): Decided {
  const eligible: CandidateInForce["candidate"][] = [];
  const others: NotChosen[] = [];
  const page = onPage(visit);
  for (const one of candidates) {
    const refused = whyNot(one, page, now);
    if (refused) others.push({ id: one.candidate.id, ...refused });
    else eligible.push(one.candidate);
  }
  if (ranking === "learning" && chooser && chance) return decideByLearning(chooser, ranked(ranking, eligible), others, fill, chance(), now); // prettier-ignore
  let chosen: Chosen | null = null;
  for (const candidate of ranked(ranking, eligible)) {
    if (chosen) {
      others.push({
        id: candidate.id,
        reason: "outranked",
        detail: `"${chosen.candidate.name}" comes first.`,
      });
      continue;
    }
    const filled = fill(candidate);
    if (filled.type === "filled")
      chosen = {
        candidate,
        content: filled.content,
        by: ranking === "rule" ? "rule" : "priority",
        propensityRatio: 1,
        learning: null,
      };
    else others.push({ id: candidate.id, reason: "unfilled", detail: filled.detail });
  }
  return { chosen, others };
}

/** Draws one of `eligible`, which are in the order of priority. */
function decideByLearning(chooser: Chooser, eligible: readonly CandidateInForce["candidate"][], refused: readonly NotChosen[], fill: Fill, { context, heldOut, who, place }: Chance, now: Instant): Decided {
  const others = [...refused];
  const fit: { readonly candidate: CandidateInForce["candidate"]; readonly content: JsonObject }[] = [];
  for (const candidate of eligible) {
    const filled = fill(candidate);
    if (filled.type === "filled") fit.push({ candidate, content: filled.content });
    else others.push({ id: candidate.id, reason: "unfilled", detail: filled.detail });
  }
  if (fit.length === 0) return { chosen: null, others };
  const ids = fit.map(({ candidate }) => candidate.id);
  const slots = slotsOf(context);
  const draw = drawOf(who, place, chooser, ids, slots, now);
  const { at, arm, propensityRatio } = drawn(chancesOf(chooser, ids, slots), chooser.holdoutRatio, heldOut, draw);
  const one = fit[at]!;
  const detail = arm === "holdout" ? `"${one.candidate.name}" comes first: the customer is held out from learning.` : `"${one.candidate.name}" was drawn, with a chance of ${propensityRatio.toFixed(2)}.`;
  for (const id of ids) if (id !== one.candidate.id) others.push({ id, reason: "outranked", detail });
  return { chosen: { ...one, by: arm === "holdout" ? "priority" : "learning", propensityRatio, learning: { arm, context, eligible: ids } }, others };
} // prettier-ignore

/** Those eligible, the one to show first. Of one priority the first by id, so that the order of a list never shows. */
function ranked(ranking: Ranking, eligible: readonly CandidateInForce["candidate"][]): readonly CandidateInForce["candidate"][] {
  switch (ranking) {
    case "rule":
      return eligible;
    case "priority":
    // Also the order that is told of those eligible, and the one for customers who are held out.
    case "learning":
      return eligible.toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
    default:
      return ranking satisfies never;
  }
} // prettier-ignore
