/** Intervals of shares, totals and scores from counts. Pure. */
import type { Interval } from "../analysis/model.ts";
import { normalQuantile, studentCritical } from "../experiments/distributions.ts";
import { METRIC_LIMITS, type Share } from "./model.ts";

const LEVEL = METRIC_LIMITS.levelRatio;
const Z = normalQuantile(0.5 + LEVEL / 2);
const interval = (low: number, high: number): Interval => ({ low, high, level: LEVEL });

/** Wilson's interval of a proportion (Wilson 1927); [0, 1] of nobody. Both ends hold the observed share between them. */
export function wilson(yes: number, n: number): Interval {
  if (!(n > 0)) return interval(0, 1);
  const p = yes / n;
  const grown = 1 + (Z * Z) / n;
  const middle = (p + (Z * Z) / (2 * n)) / grown;
  const half = (Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n))) / grown;
  // At the ends the sum is exact but for rounding.
  return interval(yes === 0 ? 0 : Math.max(0, middle - half), yes === n ? 1 : Math.min(1, middle + half));
}

/** A share with its interval; 0 of nobody. */
export const shareOf = (yes: number, n: number): Share => ({
  ratio: n > 0 ? yes / n : 0,
  interval: wilson(yes, n),
});

/** Of a mean of values, from their sums: Student's interval; null below two values. */
export function meanInterval(n: number, sum: number, squares: number): Interval | null {
  if (n < 2) return null;
  const variance = Math.max(0, (squares - (sum * sum) / n) / (n - 1));
  const half = studentCritical(1 - LEVEL, n - 1) * Math.sqrt(variance / n);
  return interval(sum / n - half, sum / n + half);
}

/**
 * Of a total that comes about by a random number of customers each bringing a random sum: the variance of such a compound
 * Poisson total is the sum of the squares. Normal approximation; not below 0 where no part is.
 */
export function totalInterval(sum: number, squares: number, least: number): Interval {
  const half = Z * Math.sqrt(squares);
  return interval(least >= 0 ? Math.max(0, sum - half) : sum - half, sum + half);
}

/** Of a ratio of two totals of the same `n` customers (delta method; Cochran 1977, 6.4); null below two customers. */
export function ratioInterval({ n, x, y, xx, yy, xy }: RatioSums): Interval | null {
  if (n < 2 || x === 0) return null;
  const ratio = y / x;
  const rest = Math.max(0, yy - 2 * ratio * xy + ratio * ratio * xx);
  const half = (studentCritical(1 - LEVEL, n - 1) * Math.sqrt((n / (n - 1)) * rest)) / x;
  return interval(ratio - half, ratio + half);
}
/** Sums over customers of a denominator x and a numerator y. */
type RatioSums = {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
};
