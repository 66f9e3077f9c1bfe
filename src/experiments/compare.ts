/**
 * Tests and intervals of experiments: the same numbers as GrowthBook, confseq and G*Power, whose published results
 * `compare.test.ts` reproduces.
 *
 * A test answers with numbers or with the reason why there are none; no NaN and no infinity leaves this file. `alpha` is the
 * share of intervals that may miss the truth, in (0, 1). The baseline is always the first of two.
 */
import {
  chiSquareSurvival,
  logBeta,
  normalQuantile,
  studentCritical,
  studentTwoSided,
} from "./distributions.ts";
import { EXPERIMENT_LIMITS } from "./model.ts";
import type { Comparison, Interval, Moments, Sample, Scale } from "./model.ts";

/** Sums of equal values leave a variance of rounding errors; below this part of the squares it counts as none. */
const ROUNDING_RATIO = 1e-12;

/** Mean and sample variance (n - 1) of a value, from its sums. */
export function meanOf({ n, sum, sumOfSquares }: Sample): Moments {
  if (!(n > 0)) return { n: 0, mean: 0, variance: 0 };
  const squares = sumOfSquares - (sum * sum) / n;
  const isSpread = n > 1 && !(squares <= ROUNDING_RATIO * sumOfSquares);
  return { n, mean: sum / n, variance: isSpread ? squares / (n - 1) : 0 };
}

/** Mean and variance p (1 - p) of a yes or no, from its counts. */
export function proportionOf({ n, converted }: { readonly n: number; readonly converted: number }): Moments {
  const mean = n > 0 ? converted / n : 0;
  return { n, mean, variance: mean * (1 - mean) };
}

/** The estimated difference and its standard error, or why there is none. */
type Effect =
  | { readonly type: "effect"; readonly difference: number; readonly standardError: number }
  | Extract<Comparison, { type: "not_comparable" }>;

const not = (reason: Extract<Comparison, { type: "not_comparable" }>["reason"]): Extract<Comparison, { type: "not_comparable" }> => ({
  type: "not_comparable",
  reason,
}); // prettier-ignore

/** The variance of a ratio of means is that of its linear part (delta method), as in GrowthBook. */
function effectOf(a: Moments, b: Moments, scale: Scale): Effect {
  const numbers = [a.n, a.mean, a.variance, b.n, b.mean, b.variance];
  if (!numbers.every((x) => Number.isFinite(x))) return not("too_large");
  if (a.n < 2 || b.n < 2) return not("too_few");
  if (!(a.variance > 0) || !(b.variance > 0)) return not("no_variance");
  if (scale === "relative" && a.mean === 0) return not("baseline_is_zero");
  const [ofA, ofB] = [a.variance / a.n, b.variance / b.n];
  const size = scale === "relative" ? Math.abs(a.mean) : 1;
  const ratio = scale === "relative" ? b.mean / a.mean : 1;
  const difference = (b.mean - a.mean) / size;
  const standardError = Math.hypot(Math.sqrt(ofB), ratio * Math.sqrt(ofA)) / size;
  if (!Number.isFinite(difference) || !Number.isFinite(standardError)) return not("too_large");
  return standardError > 0 ? { type: "effect", difference, standardError } : not("no_variance");
}

const compared = (
  effect: Extract<Effect, { type: "effect" }>,
  halfWidth: number,
  pValue: number,
): Comparison => {
  const interval: Interval = [effect.difference - halfWidth, effect.difference + halfWidth];
  const isFinite = [...interval, pValue].every((x) => Number.isFinite(x));
  const { difference, standardError } = effect;
  return isFinite ? { type: "compared", difference, standardError, interval, pValue } : not("too_large");
};

/**
 * Welch's two-sided test of two means (Welch 1947) with his degrees of freedom (Satterthwaite 1946). Two proportions are
 * tested the same way, from `proportionOf`. Look once, when the numbers that were planned are there: for looking at any time
 * use `compareAnytime`.
 */
export function compareOnce(a: Moments, b: Moments, scale: Scale, alpha: number): Comparison {
  const effect = effectOf(a, b, scale);
  if (effect.type === "not_comparable") return effect;
  // Written by the share of each in the whole variance, which cannot overflow.
  const [ofA, ofB] = [a.variance / a.n, b.variance / b.n];
  const larger = Math.max(ofA, ofB);
  const [u, v] = [ofA / larger, ofB / larger];
  const degrees = (u + v) ** 2 / (u ** 2 / (a.n - 1) + v ** 2 / (b.n - 1));
  const pValue = studentTwoSided(effect.difference / effect.standardError, degrees);
  return compared(effect, studentCritical(alpha, degrees) * effect.standardError, pValue);
}

/**
 * The asymptotic confidence sequence of two means: its interval holds the truth at all times together with probability
 * 1 - alpha, so that it may be looked at, and the experiment stopped, at any time (Waudby-Smith, Arbour, Sinha, Kennedy and
 * Ramdas 2021, arXiv 2103.06476: equation 9 for the interval, 155 for the p value, 161 for rho). It is narrowest when both arms
 * together have `tuningCustomers`.
 */
export function compareAnytime(
  a: Moments,
  b: Moments,
  scale: Scale,
  alpha: number,
  tuningCustomers: number = EXPERIMENT_LIMITS.tuningCustomers,
): Comparison {
  const effect = effectOf(a, b, scale);
  if (effect.type === "not_comparable") return effect;
  const { difference, standardError } = effect;
  const scaled = (a.n + b.n) * tunedRhoSquare(alpha, tuningCustomers);
  const grown = scaled + 1;
  const halfWidth = standardError * Math.sqrt((2 * grown * (Math.log(grown) / 2 - Math.log(alpha))) / scaled);
  const square = (difference / standardError) ** 2;
  const pValue = Math.min(1, Math.sqrt(grown) * Math.exp((-square * scaled) / (2 * grown)));
  return compared(effect, halfWidth, pValue);
}

const tunedRhoSquare = (alpha: number, tuningCustomers: number): number => {
  const strictness = -2 * Math.log(alpha);
  return (strictness + Math.log(strictness + 1)) / tuningCustomers;
};

/**
 * A confidence sequence of one proportion that holds exactly, not only in the limit: `converted` of `n`, at all times together
 * with probability 1 - alpha. It is the set of those p that the beta-binomial mixture does not bet against by 1 / alpha
 * (Howard, Ramdas, McAuliffe and Sekhon 2021, Annals of Statistics 49(2), propositions 6 and 7, as in the package confseq), tuned to be narrow at
 * `tuningCustomers`. [0, 1] without customers.
 */
export function proportionAnytime(
  { n, converted }: { readonly n: number; readonly converted: number },
  alpha: number,
  tuningCustomers: number,
): Interval {
  if (!(n > 0)) return [0, 1];
  const missed = n - converted;
  // The prior of a bet against p is Beta(p weight, (1 - p) weight). confseq tunes it at .05 whatever alpha is.
  const strictness = -2 * Math.log(0.05);
  const weight = Math.max(tuningCustomers / (strictness + Math.log(1 + strictness)) - 1, 1e-3);
  const isRefuted = (p: number): boolean => {
    const [priorYes, priorNo] = [p * weight, (1 - p) * weight];
    const bet = logBeta(converted + priorYes, missed + priorNo) - logBeta(priorYes, priorNo);
    return bet - converted * Math.log(p) - missed * Math.log1p(-p) >= -Math.log(alpha);
  };
  const observed = converted / n;
  const low = converted > 0 ? edge(0, observed, isRefuted) : 0;
  const high = missed > 0 ? edge(1, observed, isRefuted) : 1;
  return [low, high];
}

/** Where between a refuted end and the observed share the refuted values stop; the end, when it is not refuted. */
function edge(end: number, observed: number, isRefuted: (p: number) => boolean): number {
  let [outer, inner] = [end, observed];
  for (let round = 0; round < 60; round += 1) {
    const middle = (outer + inner) / 2;
    if (middle === outer || middle === inner) break;
    if (isRefuted(middle)) outer = middle;
    else inner = middle;
  }
  return (outer + inner) / 2;
}

/**
 * How likely customers spread over the arms like this, or less evenly, when the split works (Pearson's chi-square). 1 when
 * there is nothing to tell: no customers, or one arm. An arm whose weight is not above 0 is left out.
 */
export function sampleRatioPValue(customers: readonly number[], weights: readonly number[]): number {
  const arms = customers.map((n, i) => ({ n, weight: weights[i] ?? 0 })).filter(({ weight }) => weight > 0);
  const total = arms.reduce((sum, { n }) => sum + n, 0);
  const totalWeight = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0) || arms.length < 2 || !Number.isFinite(total) || !Number.isFinite(totalWeight)) return 1;
  const distance = arms.reduce((sum, { n, weight }) => {
    const expected = (weight / totalWeight) * total;
    return sum + (n - expected) ** 2 / Math.max(expected, Number.MIN_VALUE);
  }, 0);
  return chiSquareSurvival(distance, arms.length - 1);
}

/** How often a planned test may err: `alpha` where there is nothing, and how often it finds what is there. */
export interface Errors {
  readonly alpha: number;
  readonly powerRatio: number;
}

/**
 * The customers an arm needs so that a two-sided test of two proportions finds `baseRatio` + `liftRatio` different from
 * `baseRatio` (Fleiss, Levin and Paik 2003, 4.14: variance pooled where nothing differs). Rounded up. Throws RangeError when one
 * of the two ratios leaves (0, 1) or the lift is 0.
 */
export function customersPerArm(baseRatio: number, liftRatio: number, errors: Errors): number {
  const other = baseRatio + liftRatio;
  const middle = (baseRatio + other) / 2;
  const pooled = 2 * middle * (1 - middle);
  return customersFor(pooled, varianceOf(baseRatio) + varianceOf(other), liftRatio, errors, [
    baseRatio,
    other,
  ]);
}

/**
 * The customers needed to find one proportion different from the known `baseRatio` when it is `baseRatio` + `liftRatio`: the
 * binomial test, two-sided, by its normal approximation. Rounded up. Throws RangeError like `customersPerArm`.
 */
export function customersOfOneArm(baseRatio: number, liftRatio: number, errors: Errors): number {
  const other = baseRatio + liftRatio;
  return customersFor(varianceOf(baseRatio), varianceOf(other), liftRatio, errors, [baseRatio, other]);
}

const varianceOf = (ratio: number): number => ratio * (1 - ratio);

function customersFor(
  varianceOfNothing: number,
  varianceOfLift: number,
  lift: number,
  { alpha, powerRatio }: Errors,
  ratios: readonly number[],
): number {
  if (lift === 0 || !ratios.every((ratio) => ratio > 0 && ratio < 1))
    throw new RangeError("both ratios lie between 0 and 1 and differ");
  const reach =
    normalQuantile(1 - alpha / 2) * Math.sqrt(varianceOfNothing) +
    normalQuantile(powerRatio) * Math.sqrt(varianceOfLift);
  return Math.ceil((reach / lift) ** 2);
}
