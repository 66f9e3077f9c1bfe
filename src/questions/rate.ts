/**
 * Ratios of people with their uncertainty: exact intervals (Clopper and Pearson 1934), exact one-sided tests of a ratio
 * against a stated one (binomial) and against another group's (Fisher 1934), the interval of a difference (Newcombe 1998,
 * method 10), and the correction for testing many at once (Holm 1979). Pure; never throws, and gives no NaN.
 */
import type { Interval } from "../analysis/model.ts";
import { betaCdf, betaQuantile, logBeta, normalCdf, normalQuantile } from "../experiments/distributions.ts";

const LEVEL = 0.95;
/** `n` of whom `k` did; both whole, 0 <= k <= n. */
export type Counted = { readonly k: number; readonly n: number };
/** 0 where nobody had the chance. */
export const ratioOf = ({ k, n }: Counted): number => (n > 0 ? k / n : 0);

/** Where the true ratio lies, with 95 % certainty at least. */
export function intervalOf({ k, n }: Counted, level = LEVEL): Interval {
  const tail = (1 - level) / 2;
  if (n === 0) return { low: 0, high: 1, level };
  return {
    low: k === 0 ? 0 : betaQuantile(tail, k, n - k + 1),
    high: k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k),
    level,
  };
}

/** How likely `k` of `n` or more were, if the true ratio was `ratio`. */
export function aboveStated({ k, n }: Counted, ratio: number): number {
  if (k <= 0) return 1;
  return ratio <= 0 ? 0 : ratio >= 1 ? 1 : betaCdf(ratio, k, n - k + 1);
}

/** ln of n over k. */
const logChoose = (n: number, k: number): number =>
  k === 0 || k === n ? 0 : -Math.log(n + 1) - logBeta(n - k + 1, k + 1);
const TERMS_MAX = 20_000;

/** How likely the first had so many or more, if both had the same ratio: the upper tail of the hypergeometric. */
export function aboveOther(one: Counted, other: Counted): number {
  if (one.n === 0 || other.n === 0 || ratioOf(one) <= ratioOf(other)) return 1;
  const [total, hits] = [one.n + other.n, one.k + other.k];
  const most = Math.min(one.n, hits);
  // Beyond so many terms the normal distribution tells the same to more digits than are used.
  if (most - one.k > TERMS_MAX) return aboveNormally(one, other);
  const whole = logChoose(total, one.n);
  let sum = 0;
  let largest = 0;
  for (let k = one.k; k <= most; k += 1) {
    const term = Math.exp(logChoose(hits, k) + logChoose(total - hits, one.n - k) - whole);
    sum += term;
    largest = Math.max(largest, term);
    if (term < largest * 1e-12) break;
  }
  return Math.min(1, sum);
}

function aboveNormally(one: Counted, other: Counted): number {
  const pooled = (one.k + other.k) / (one.n + other.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / one.n + 1 / other.n));
  return error > 0 ? 1 - normalCdf((ratioOf(one) - ratioOf(other)) / error) : 1;
}

/** Wilson's interval (1927), of which Newcombe's is made. */
function wilson({ k, n }: Counted, level: number): readonly [low: number, high: number] {
  const z = normalQuantile(1 - (1 - level) / 2);
  const [p, square] = [k / n, z * z];
  const middle = (p + square / (2 * n)) / (1 + square / n);
  const half = (z / (1 + square / n)) * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Where the true difference `one` - `other` lies; null where one of them had nobody. */
export function differenceOf(one: Counted, other: Counted, level = LEVEL): Interval | null {
  if (one.n === 0 || other.n === 0) return null;
  const [p, q] = [ratioOf(one), ratioOf(other)];
  const [[low, high], [lowOther, highOther]] = [wilson(one, level), wilson(other, level)];
  return {
    low: p - q - Math.hypot(p - low, highOther - q),
    high: p - q + Math.hypot(high - p, q - lowOther),
    level,
  };
}

/**
 * The p values corrected so that the probability of any false alarm among all of them is at most the level they are held
 * against, however they depend on each other; in the order given.
 */
export function holm(pValues: readonly number[]): readonly number[] {
  const order = pValues.map((p, i) => [p, i] as const).toSorted((a, b) => a[0] - b[0]);
  const corrected = Array.from(pValues, () => 1);
  let least = 0;
  for (const [rank, [p, i]] of order.entries()) {
    least = Math.max(least, Math.min(1, p * (pValues.length - rank)));
    corrected[i] = least;
  }
  return corrected;
}
