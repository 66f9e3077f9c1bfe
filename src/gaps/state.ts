/**
 * From gap to proof: which state may follow which, and what shows that a remedy worked. Only a journey with people held out
 * shows an effect; a ratio that fell is a comparison in time, and says so. Pure.
 */
import type { GapKind, GapState, Proof } from "./model.ts";
import { type Counted, differenceOf, ratioOf } from "../questions/rate.ts";
import { type DurationMs, type Instant, isoOf } from "../values.ts";

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

const DAY_MS = 86_400_000;
/**
 * Why nothing can be compared yet, and from when on it can. What happened before it was begun to be fixed proves nothing, and
 * in less time fewer people come to be affected.
 */
export function notYetWords(kind: GapKind, fixedAt: Instant, periodMs: DurationMs): string {
  if (kind === "silent_touchpoint" || kind === "changed_behaviour")
    return "It is seen in a course of days or weeks, of which before and after are not compared. When no search finds it any more, its history says so.";
  // The day after, so that it holds in the morning as well.
  const dayOf = (at: Instant): string => isoOf(at + DAY_MS).slice(0, 10);
  return `It can be told from ${dayOf(fixedAt + periodMs)} on at the earliest, by a search over a period that begins on ${dayOf(fixedAt)} or later: what happened before it was begun to be fixed proves nothing. The period has to be as long as the one before (${Math.ceil(periodMs / DAY_MS)} days in which it is settled how it went), with people enough.`;
} // prettier-ignore

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
