/**
 * Is anything worse for those whom learning decides for than for those held out, whom priority decides for? Pure.
 *
 * Customers are counted, each once, when the time after their first exposure is over: so the counts are of independent
 * customers, as the intervals want it. Each arm's share has an interval that holds at all times together (experiments/
 * compare.ts, `proportionAnytime`), so that it may be looked at every minute; when even the nearest ends of both lie
 * further apart than the guard allows, it is worse. The chance of a stop where nothing is worse is at most
 * `alphaRatio` over all guards of a place and all time: each arm of each guard has its share of it (Bonferroni).
 */
import { proportionAnytime } from "../experiments/compare.ts";
import type { Interval } from "../experiments/model.ts";
import { type Arm, type Guard, LEARNING_LIMITS, outcomeName } from "./model.ts";

/** Customers whose time is over, and how many of them did what the guard asks about. */
export type Counted = { readonly customers: number; readonly did: number };
/** One guard as it stands. */
export type Judged = {
  readonly guard: Guard;
  readonly arms: { readonly [arm in Arm]: Counted & { readonly interval: Interval } };
  readonly isWorse: boolean;
  /** A plain sentence. */
  readonly words: string;
};

/** The event that a guard counts. */
export const eventOf = (guard: Guard): string => (guard.type === "event" ? guard.event : outcomeName(guard.outcome)); // prettier-ignore
/** More of it is worse, but of what is wished for. */
const isMoreWorse = (guard: Guard): boolean =>
  guard.type === "event" ? guard.worse === "more" : guard.outcome === "dismissed";

/** Judges a guard, one of `guards`. */
export function judged(guard: Guard, counted: { readonly [arm in Arm]: Counted }, guards: number): Judged {
  const alpha = LEARNING_LIMITS.alphaRatio / guards / 2;
  const around = ({ customers, did }: Counted) => ({ customers, did, interval: proportionAnytime({ n: customers, converted: did }, alpha, LEARNING_LIMITS.tuningCustomers) }); // prettier-ignore
  const arms = { learned: around(counted.learned), holdout: around(counted.holdout) };
  const [worse, better] = isMoreWorse(guard) ? [arms.learned, arms.holdout] : [arms.holdout, arms.learned];
  const isWorse = worse.interval[0] - better.interval[1] > guard.worseByRatio;
  return { guard, arms, isWorse, words: wordsOf(guard, arms, isWorse) };
}

function wordsOf(guard: Guard, { learned, holdout }: Judged["arms"], isWorse: boolean): string {
  const told = ({ customers, did }: Counted): string => `${did} of ${customers}`;
  const counts = `${eventOf(guard)}: ${told(learned)} customers with learning, ${told(holdout)} held out`;
  if (!isWorse) return `${counts}. Nothing speaks for it being worse${guard.worseByRatio > 0 ? ` by more than ${percent(guard.worseByRatio)}` : ""}.`;
  return `${counts}. It is worse${guard.worseByRatio > 0 ? ` by more than ${percent(guard.worseByRatio)}` : ""}, with ${percent(1 - LEARNING_LIMITS.alphaRatio)} confidence however often it was looked at.`;
} // prettier-ignore
const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))}%`;
