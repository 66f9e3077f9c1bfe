/**
 * How long something takes, where for some it has not ended yet: the Kaplan-Meier estimate (Kaplan and Meier 1958). Who
 * still waits counts as waiting until now, and is neither left out nor taken for quick. Pure.
 */
import type { Interval } from "../analysis/model.ts";
import { normalQuantile } from "../experiments/distributions.ts";
import { METRIC_LIMITS } from "./model.ts";

/** So many ended after `ms`, and so many were last seen waiting after `ms`. */
export type Ends = { readonly ms: number; readonly ended: number; readonly waiting: number };
type Survival = {
  /** Everybody, who waits included. */
  readonly n: number;
  readonly ended: number;
  /** Where half, and nine of ten, have ended; null: it is not known yet. */
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
  /** Of the median (Brookmeyer and Crowley 1982, on the log-log scale); null where an end of it is not known yet. */
  readonly interval: Interval | null;
  /** Of the ninth tenth, in the same way. */
  readonly p90Interval: Interval | null;
};

const Z = normalQuantile(0.5 + METRIC_LIMITS.levelRatio / 2);

/** The estimate. An end at an instant counts before those last seen waiting at it, as is usual. */
export function survivalOf(ends: readonly Ends[]): Survival {
  const sorted = ends.toSorted((a, b) => a.ms - b.ms);
  const n = sorted.reduce((sum, { ended, waiting }) => sum + ended + waiting, 0);
  let atRisk = n;
  let left = 1;
  // Greenwood's sum.
  let spread = 0;
  const [median, p90] = [quantile(0.5), quantile(0.1)];
  for (const { ms, ended, waiting } of sorted) {
    if (ended > 0) {
      left *= 1 - ended / atRisk;
      if (atRisk > ended) spread += ended / (atRisk * (atRisk - ended));
      const band = bandOf(left, spread);
      for (const one of [median, p90]) reach(one, ms, left, band);
    }
    atRisk -= ended + waiting;
  }
  const ended = sorted.reduce((sum, one) => sum + one.ended, 0);
  return {
    n,
    ended,
    medianMs: median.at,
    p90Ms: p90.at,
    interval: intervalOf(median),
    p90Interval: intervalOf(p90),
  };
}

/** When the share still waiting falls to `left`, and where the band around it does. */
type Quantile = { readonly left: number; at: number | null; low: number | null; high: number | null };
const quantile = (left: number): Quantile => ({ left, at: null, low: null, high: null });
/** Notes what is reached at `ms`. */
function reach(one: Quantile, ms: number, left: number, [below, above]: readonly [number, number]): void {
  if (left <= one.left + 1e-12) one.at ??= ms;
  // It may lie wherever the band holds its share.
  if (below <= one.left) one.low ??= ms;
  if (above < one.left) one.high ??= ms;
}
const intervalOf = ({ low, high }: Quantile): Interval | null =>
  low !== null && high !== null ? { low, high, level: METRIC_LIMITS.levelRatio } : null;

function bandOf(left: number, spread: number): readonly [number, number] {
  if (left <= 0 || left >= 1 || spread === 0) return [left, left];
  const half = (Z * Math.sqrt(spread)) / Math.abs(Math.log(left));
  return [left ** Math.exp(half), left ** Math.exp(-half)];
}
