/**
 * The BG/NBD law of repeat purchases (Fader, Hardie and Lee 2005, "Counting Your Customers the Easy Way", Marketing Science 24),
 * in forms that hold for any parameters and for thousands of purchases. Pure; never throws.
 *
 * Conditional expectations are those of equation 10 after Euler's transformation, with the pole at a = 1 and that at a + b = 1
 * taken out on paper: both are where the published form divides 0 by 0.
 */
import { logGamma } from "../experiments/distributions.ts";
import type { BgNbd, History } from "./model.ts";
import { decline, hypergeometricRest, logSum } from "./special.ts";

/** What of a history tells its law. */
type Seen = Pick<History, "repeats" | "recencyWeeks" | "ageWeeks">;

/** Log-likelihoods of one law. Terms that hang on the count alone are remembered, for millions of customers have few counts. */
export function bgNbdLogLikelihood({ r, alpha, a, b }: BgNbd): (seen: Seen) => number {
  const known: number[] = [];
  const base = r * Math.log(alpha) - logGamma(r) + logGamma(a + b) - logGamma(b);
  const ofCount = (x: number): number =>
    (known[x] ??= base + logGamma(r + x) + logGamma(b + x) - logGamma(a + b + x));
  const logA = Math.log(a);
  return ({ repeats: x, recencyWeeks, ageWeeks }) => {
    const alive = -(r + x) * Math.log(alpha + ageWeeks);
    if (x === 0) return ofCount(0) + alive;
    const gone = logA - Math.log(b + x - 1) - (r + x) * Math.log(alpha + recencyWeeks);
    return ofCount(x) + logSum(alive, gone);
  };
}

/** The probability that a customer of this history still buys: 1 for whoever never came back, as this law has it. */
export function bgNbdAlive({ r, alpha, a, b }: BgNbd, { repeats: x, recencyWeeks, ageWeeks }: Seen): number {
  if (x === 0) return 1;
  const odds =
    Math.log(a) - Math.log(b + x - 1) + (r + x) * Math.log((alpha + ageWeeks) / (alpha + recencyWeeks));
  return 1 / (1 + Math.exp(odds));
}

/** How many purchases are expected of a customer of this history in the `weeks` to come. */
export function bgNbdExpected(law: BgNbd, seen: Seen, weeks: number): number {
  const { r, alpha, a, b } = law;
  const x = seen.repeats;
  if (!(weeks > 0)) return 0;
  const whole = alpha + seen.ageWeeks + weeks;
  const [e, c, u, z] = [a - 1, a + b + x - 1, (alpha + seen.ageWeeks) / whole, weeks / whole];
  const met = c * decline(u, e) - u ** e * hypergeometricRest(a + b - 1 - r, e, c, z);
  return Math.max(0, met) * bgNbdAlive(law, seen);
}

/** How many repeat purchases a customer makes within `weeks` of the first. */
export const bgNbdMean = (law: BgNbd, weeks: number): number =>
  bgNbdExpected(law, { repeats: 0, recencyWeeks: 0, ageWeeks: 0 }, weeks);
