/**
 * The Pareto/NBD law of repeat purchases (Schmittlein, Morrison and Colombo 1987, "Counting Your Customers", Management Science 33;
 * likelihood as in Fader and Hardie 2005, "A Note on Deriving the Pareto/NBD Model"), in logarithms. Pure; never throws.
 *
 * The note's A0 is a difference of 2F1's whose terms overflow for customers of many purchases. By Euler's transformation each is a
 * product of powers and of a 2F1 with a parameter 1, all of whose terms are positive.
 */
import { logGamma } from "../experiments/distributions.ts";
import type { History, ParetoNbd } from "./model.ts";
import { decline, hypergeometricOne, logDifference, logSum } from "./special.ts";

type Seen = Pick<History, "repeats" | "recencyWeeks" | "ageWeeks">;

/** ln of the note's A0: the weight of having gone away between the last purchase and now; -Infinity for no time between. */
function logGone({ r, alpha, s, beta }: ParetoNbd, { repeats: x, recencyWeeks, ageWeeks }: Seen): number {
  if (recencyWeeks >= ageWeeks) return -Infinity;
  const c = r + s + x + 1;
  const at = (weeks: number): number => {
    const [purchases, dropout] = [alpha + weeks, beta + weeks];
    return alpha >= beta
      ? Math.log(hypergeometricOne(r + x, c, (alpha - beta) / purchases)) - (r + x) * Math.log(purchases) - s * Math.log(dropout)
      : Math.log(hypergeometricOne(s + 1, c, (beta - alpha) / dropout)) - (r + x - 1) * Math.log(purchases) - (s + 1) * Math.log(dropout);
  };
  return logDifference(at(recencyWeeks), at(ageWeeks));
} // prettier-ignore

/** The log-likelihoods of one law. */
export function paretoNbdLogLikelihood(law: ParetoNbd): (seen: Seen) => number {
  const { r, alpha, s, beta } = law;
  const known: number[] = [];
  const base = r * Math.log(alpha) + s * Math.log(beta) - logGamma(r);
  const ofCount = (x: number): number => (known[x] ??= base + logGamma(r + x));
  return (seen) => {
    const x = seen.repeats;
    const alive = -(r + x) * Math.log(alpha + seen.ageWeeks) - s * Math.log(beta + seen.ageWeeks);
    return ofCount(x) + logSum(alive, Math.log(s / (r + s + x)) + logGone(law, seen));
  };
}

/** The probability that a customer of this history still buys. */
export function paretoNbdAlive(law: ParetoNbd, seen: Seen): number {
  const { r, alpha, s, beta } = law;
  const x = seen.repeats;
  const alive = -(r + x) * Math.log(alpha + seen.ageWeeks) - s * Math.log(beta + seen.ageWeeks);
  return 1 / (1 + Math.exp(Math.log(s / (r + s + x)) + logGone(law, seen) - alive));
}

/** How many purchases are expected of a customer of this history in the `weeks` to come. */
export function paretoNbdExpected(law: ParetoNbd, seen: Seen, weeks: number): number {
  const { r, alpha, s, beta } = law;
  const left = beta + seen.ageWeeks;
  const rate = ((r + seen.repeats) * left) / (alpha + seen.ageWeeks);
  return rate * decline(left / (left + weeks), s - 1) * paretoNbdAlive(law, seen);
}

/** How many repeat purchases a customer makes within `weeks` of the first. */
export const paretoNbdMean = ({ r, alpha, s, beta }: ParetoNbd, weeks: number): number =>
  ((r * beta) / alpha) * decline(beta / (beta + weeks), s - 1);
