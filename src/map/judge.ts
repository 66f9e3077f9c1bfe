/**
 * How sure differences are: of two shares, of many groups taken together, and of many differences looked at at once. Each
 * is a published method, and judge.test.ts holds it to published or hand-made figures. Pure. Never throws, and no NaN leaves.
 */
import type { Interval } from "../analysis/model.ts";
import { chiSquareSurvival, normalCdf, normalQuantile } from "../experiments/distributions.ts";

const LEVEL = 0.95;
const Z = normalQuantile(1 - (1 - LEVEL) / 2);

/** `hits` of `n`. */
export type Share = { readonly hits: number; readonly n: number };

/** Where a share lies (Wilson 1927); of nobody it lies anywhere. */
export function shareInterval({ hits, n }: Share): Interval {
  if (n === 0) return { low: 0, high: 1, level: LEVEL };
  const [p, zz] = [hits / n, Z * Z];
  const middle = (p + zz / (2 * n)) / (1 + zz / n);
  const half = (Z * Math.sqrt((p * (1 - p)) / n + zz / (4 * n * n))) / (1 + zz / n);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half), level: LEVEL };
}

/** Two shares against each other: a less b. Interval by Newcombe (1998, method 10), p-value by the pooled test. */
export function differenceOf(a: Share, b: Share): { readonly difference: number; readonly interval: Interval; readonly pValue: number } {
  if (a.n === 0 || b.n === 0) return { difference: 0, interval: { low: -1, high: 1, level: LEVEL }, pValue: 1 };
  const [pa, pb] = [a.hits / a.n, b.hits / b.n];
  const [ia, ib] = [shareInterval(a), shareInterval(b)];
  const difference = pa - pb;
  const pooled = (a.hits + b.hits) / (a.n + b.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / a.n + 1 / b.n));
  return {
    difference,
    interval: { low: difference - Math.hypot(pa - ia.low, ib.high - pb), high: difference + Math.hypot(ia.high - pa, pb - ib.low), level: LEVEL },
    pValue: error > 0 ? twoSided(difference / error) : 1,
  };
} // prettier-ignore

const twoSided = (z: number): number => Math.min(1, 2 * normalCdf(-Math.abs(z)));

/** One group of people alike: those with something, and those without, each with how many reached the goal. */
export type Stratum = { readonly present: Share; readonly absent: Share };
export type Adjusted = {
  readonly difference: number;
  readonly interval: Interval;
  readonly pValue: number;
  /** Groups with both kinds in them; only these tell anything. */
  readonly strata: number;
  readonly people: number;
};

/**
 * The risk difference common to groups of people alike (Mantel and Haenszel 1959, as a difference: Greenland and Robins
 * 1985), its variance by Sato (1989), the p-value by Cochran, Mantel and Haenszel without continuity correction. Null
 * where no group has both kinds.
 */
export function adjusted(strata: readonly Stratum[]): Adjusted | null {
  const told = strata.filter(({ present, absent }) => present.n > 0 && absent.n > 0);
  let [over, weight, p, q, expectedGap, variance, people] = [0, 0, 0, 0, 0, 0, 0];
  for (const { present: { hits: x, n: n1 }, absent: { hits: y, n: n0 } } of told) {
    const n = n1 + n0;
    over += (x * n0 - y * n1) / n;
    weight += (n1 * n0) / n;
    p += (n1 * n1 * y - n0 * n0 * x + (n1 * n0 * (n0 - n1)) / 2) / (n * n);
    q += (x * (n0 - y) + y * (n1 - x)) / (2 * n);
    const hits = x + y;
    expectedGap += x - (n1 * hits) / n;
    if (n > 1) variance += (n1 * n0 * hits * (n - hits)) / (n * n * (n - 1));
    people += n;
  }
  if (weight === 0) return null;
  const difference = over / weight;
  const half = (Z * Math.sqrt(Math.max(0, difference * p + q))) / weight;
  return {
    difference, strata: told.length, people,
    interval: { low: Math.max(-1, difference - half), high: Math.min(1, difference + half), level: LEVEL },
    pValue: variance > 0 ? chiSquareSurvival((expectedGap * expectedGap) / variance, 1) : 1,
  };
} // prettier-ignore

/**
 * Which of many p-values stand out when at most `ratio` of those that do may be false alarms (Benjamini and Hochberg
 * 1995), in the order given.
 */
export function standsOut(pValues: readonly number[], ratio: number): readonly boolean[] {
  const sorted = pValues.toSorted((a, b) => a - b);
  const last = sorted.findLastIndex((p, i) => p <= (ratio * (i + 1)) / sorted.length);
  const bound = last < 0 ? -1 : sorted[last]!;
  return pValues.map((p) => p <= bound);
}

/** No greater share than this does what nobody of `n` did, with 95 % certainty (Hanley and Lippman-Hand 1983, exactly). */
export const noneMeansAtMost = (n: number): number | null => (n === 0 ? null : 1 - (1 - LEVEL) ** (1 / n));
