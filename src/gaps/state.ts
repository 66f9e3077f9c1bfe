/**
 * From gap to proof: which state may follow which, and what shows that a remedy worked. Only a journey with people held out
 * shows an effect; a ratio that fell is a comparison in time, and says so. Pure.
 */
import type { GapState, Proof } from "./model.ts";
import { type Counted, differenceOf, ratioOf } from "../questions/rate.ts";

const NEXT: { readonly [state in GapState]: readonly GapState[] } = {
  open: ["being_fixed", "dismissed"],
  being_fixed: ["proven", "rolled_back", "open", "dismissed"],
  proven: ["rolled_back", "being_fixed", "open"],
  rolled_back: ["being_fixed", "open", "dismissed"],
  dismissed: ["open"],
};

/** Whether a gap may go from one state to another; if not, why. */
export function mayBecome(
  from: GapState,
  to: GapState,
  proof: Proof,
): { readonly type: "may" } | { readonly type: "refused"; readonly why: string } {
  if (from === to) return { type: "may" };
  if (!NEXT[from].includes(to))
    return {
      type: "refused",
      why: `A gap that is ${wordOf(from)} can become ${NEXT[from].map(wordOf).join(", ")}, and not ${wordOf(to)}.`,
    };
  if (to === "proven" && !isProof(proof))
    return { type: "refused", why: `Nothing proves it yet. ${proof.words}` };
  return { type: "may" };
}
const wordOf = (state: GapState): string => state.replace("_", " ");
const isProof = (proof: Proof): boolean =>
  (proof.type === "journey" && proof.verdict === "better") ||
  (proof.type === "before_after" && proof.verdict === "fell");

/** How the ratio moved since somebody began to fix it. */
export function beforeAfter(before: Counted, now: Counted): Proof {
  const change = differenceOf(now, before);
  if (change === null)
    return { type: "none", words: "Nobody had the chance since it was begun to be fixed." };
  const verdict = change.high < 0 ? "fell" : change.low > 0 ? "rose" : "undecided";
  const told = `${(ratioOf(before) * 100).toFixed(1)} % of ${before.n} people before, ${(ratioOf(now) * 100).toFixed(1)} % of ${now.n} now`;
  return {
    type: "before_after",
    ratioBefore: ratioOf(before),
    ratioNow: ratioOf(now),
    change,
    verdict,
    words: `${told}. A comparison in time: other things may have changed as well, so it shows no effect of the remedy.`,
  };
}
