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
  let medianMs: number | null = null;
  let p90Ms: number | null = null;
  let low: number | null = null;
  let high: number | null = null;
  for (const { ms, ended, waiting } of sorted) {
    if (ended > 0) {
      left *= 1 - ended / atRisk;
      if (atRisk > ended) spread += ended / (atRisk * (atRisk - ended));
      if (medianMs === null && left <= 0.5) medianMs = ms;
      if (p90Ms === null && left <= 0.1 + 1e-12) p90Ms = ms;
      const [below, above] = bandOf(left, spread);
      // The median may lie wherever the band holds a half.
      if (low === null && below <= 0.5) low = ms;
      if (high === null && above < 0.5) high = ms;
    }
    atRisk -= ended + waiting;
  }
  const interval = low !== null && high !== null ? { low, high, level: METRIC_LIMITS.levelRatio } : null;
  return { n, ended: sorted.reduce((sum, { ended }) => sum + ended, 0), medianMs, p90Ms, interval };
}

function bandOf(left: number, spread: number): readonly [number, number] {
  if (left <= 0 || left >= 1 || spread === 0) return [left, left];
  const half = (Z * Math.sqrt(spread)) / Math.abs(Math.log(left));
  return [left ** Math.exp(half), left ** Math.exp(-half)];
}
