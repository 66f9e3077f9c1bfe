/**
 * Which candidate of a place is shown to a customer, and why not each other one. Pure: the same question gets the same
 * answer, here and in a test.
 *
 * Ranking is the one place in which learning will say something else: it ranks those that are eligible, and never
 * decides who is.
 */
import type { Instant, JsonObject } from "../values.ts";
import { type CandidateInForce, type Visit, whyNot } from "./eligible.ts";
import type { NotChosen, Ranking } from "./model.ts";

/** The content of a candidate for this customer, or why it could not be made. */
export type Filled =
  | { readonly type: "filled"; readonly content: JsonObject }
  | { readonly type: "unfilled"; readonly detail: string };
export type Chosen = {
  readonly candidate: CandidateInForce["candidate"];
  readonly content: JsonObject;
  /** How likely this choice was among those eligible: 1 where nothing is drawn. */
  readonly propensityRatio: number;
};
export type Decided = { readonly chosen: Chosen | null; readonly others: readonly NotChosen[] };

/** Decides for one place. `fill` is asked of as few candidates as can be, in the order in which they rank. */
export function decide(
  { ranking, candidates }: { readonly ranking: Ranking; readonly candidates: readonly CandidateInForce[] },
  visit: Visit,
  fill: (candidate: CandidateInForce["candidate"]) => Filled,
  now: Instant,
): Decided {
  const eligible: CandidateInForce["candidate"][] = [];
  const others: NotChosen[] = [];
  for (const one of candidates) {
    const refused = whyNot(one, visit, now);
    if (refused) others.push({ id: one.candidate.id, ...refused });
    else eligible.push(one.candidate);
  }
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
    if (filled.type === "filled") chosen = { candidate, content: filled.content, propensityRatio: 1 };
    else others.push({ id: candidate.id, reason: "unfilled", detail: filled.detail });
  }
  return { chosen, others };
}

/** Those eligible, the one to show first. Of one priority the first by id, so that the order of a list never shows. */
function ranked(ranking: Ranking, eligible: readonly CandidateInForce["candidate"][]): readonly CandidateInForce["candidate"][] {
  switch (ranking) {
    case "rule":
      return eligible;
    case "priority":
    // A place that is to learn is refused until something can be learned (change.ts); what is stored ranks by priority.
    case "learning":
      return eligible.toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
    default:
      return ranking satisfies never;
  }
} // prettier-ignore
