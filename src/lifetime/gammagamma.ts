/**
 * The Gamma-Gamma law of what a purchase is worth (Fader, Hardie and Lee 2005, "RFM and CLV", Journal of Marketing Research 42;
 * likelihood as in Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value"). Pure; never throws.
 *
 * It supposes that how much customers spend has nothing to do with how often they come; `fit.ts` says how far that holds.
 */
import { logGamma } from "../experiments/distributions.ts";
import type { GammaGamma, Spending } from "./model.ts";

type Spent = Pick<Spending, "repeats" | "meanSpent">;

/** The log-likelihoods of one law, for customers who came back and spent something. */
export function gammaGammaLogLikelihood({ p, q, v }: GammaGamma): (spent: Spent) => number {
  const known: number[] = [];
  const base = q * Math.log(v) - logGamma(q);
  const ofCount = (x: number): number =>
    (known[x] ??= base + logGamma(p * x + q) - logGamma(p * x) + p * x * Math.log(x));
  return ({ repeats: x, meanSpent }) =>
    ofCount(x) + (p * x - 1) * Math.log(meanSpent) - (p * x + q) * Math.log(x * meanSpent + v);
}

/**
 * What a purchase of this customer is worth on the average: the own mean and that of all, by how much is known; that of all
 * for `repeats` 0. Without a mean of all (q at most 1) only the own count, and null is the answer where there is none.
 */
export function gammaGammaExpected({ p, q, v }: GammaGamma, { repeats: x, meanSpent }: Spent): number | null {
  const below = p * x + q - 1;
  return below > 0 ? (p * (v + x * meanSpent)) / below : null;
}
