/** A measure of a track's events at an instant, and when time alone will change it. Pure; sql.ts says the same in SQL. */
import type { Instant, Json } from "../values.ts";
import { daysBetween, soonest } from "./compare.ts";
import type { Measure } from "./model.ts";
import type { Measured, Sliding } from "./plan.ts";
import {
  type Newest,
  type Total,
  type TrackState,
  type Values,
  byBytes,
  byTime,
  fromScaled,
  scaled,
} from "./track.ts";

const DAY_MS = 86_400_000;

/**
 * The measure's value: a number, a text or a list of texts; null where no event tells one (an average of nothing). A
 * count or a sum of nothing is 0.
 */
export function measured({ window, measure }: Measured, state: TrackState | undefined, now: Instant, kind: string): Json {
  if (measure.of === "trend") return trend((state ?? []) as Newest, measure.ms, now);
  if (measure.of === "distinct" || measure.of === "list" || measure.of === "most_frequent")
    return ofValues(measure.of, kind === "values" ? ((state ?? {}) as Values) : valuesOf(within((state ?? []) as Newest, window, now)));
  const total = kind === "total" ? (state as Total | undefined) : totalOf(within((state ?? []) as Newest, window, now));
  return OF_TOTAL[measure.of](total, now);
} // prettier-ignore

type OfTotal = Exclude<Measure["of"], "trend" | "distinct" | "list" | "most_frequent">;
const OF_TOTAL: { readonly [of in OfTotal]: (total: Total | undefined, now: Instant) => Json } = {
  count: (total) => total?.[0] ?? 0,
  sum: (total) => fromScaled(total?.[1] ?? 0),
  average: (total) => (total ? fromScaled(total[1]) / total[0] : null),
  min: (total) => total?.[2] ?? null,
  max: (total) => total?.[3] ?? null,
  first: (total) => total?.[4][1] ?? null,
  last: (total) => total?.[5][1] ?? null,
  days_since_first: (total, now) => (total ? daysBetween(total[4][0], now) : null),
  days_since_last: (total, now) => (total ? daysBetween(total[5][0], now) : null),
};

function trend(items: Newest, ms: number, now: Instant): number {
  const lately = within(items, { fromMs: ms, toMs: null }, now).length;
  return lately - within(items, { fromMs: 2 * ms, toMs: ms }, now).length;
}

/** When time alone may next change the measure after `now`; null when it never will. Never too late, sometimes early. */
export function measureTurnsAt({ window, measure }: Measured, state: TrackState | undefined, now: Instant, kind: string): Instant | null {
  if (state === undefined) return null;
  if (measure.of === "days_since_first" || measure.of === "days_since_last") {
    const total = kind === "total";
    // Days are counted from what is in the window; what is not yet, or no longer, only by its edge.
    const counted = total ? [(state as Total)[4], (state as Total)[5]] : within(state as Newest, window, now);
    const edges = total ? [] : edgesOf(state as Newest, window, now);
    return soonest([...edges, ...counted.map(([at]) => at + (daysBetween(at, now) + 1) * DAY_MS)]);
  }
  if (kind !== "newest") return null;
  if (measure.of === "trend")
    return soonest([...edgesOf(state as Newest, { fromMs: measure.ms, toMs: null }, now), ...edgesOf(state as Newest, { fromMs: 2 * measure.ms, toMs: null }, now)]);
  return soonest(edgesOf(state as Newest, window, now));
} // prettier-ignore

/** When each item enters or leaves the window, after `now`. */
export function edgesOf(items: Newest, { fromMs, toMs }: Sliding, now: Instant): readonly Instant[] {
  const edges: Instant[] = [];
  for (const [at] of items) {
    if (fromMs !== null && at + fromMs > now) edges.push(at + fromMs);
    if (toMs !== null && at + toMs > now) edges.push(at + toMs);
  }
  return edges;
}

/** The items in the window at `now`, newest first. */
export function within(items: Newest, { fromMs, toMs }: Sliding, now: Instant): Newest {
  if (fromMs === null && toMs === null) return items;
  return items.filter(
    ([at]) => (fromMs === null || at > now - fromMs) && (toMs === null || at <= now - toMs),
  );
}

function totalOf(items: Newest): Total | undefined {
  if (items.length === 0) return undefined;
  let [sum, min, max] = [0, Infinity, -Infinity];
  for (const [, value] of items) {
    if (typeof value !== "number") continue;
    sum += scaled(value);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  const inTime = items.toSorted(byTime);
  return [items.length, sum, min, max, inTime[0]!, inTime.at(-1)!];
}

function valuesOf(items: Newest): Values {
  const values = Object.create(null) as { [value: string]: readonly [number, Instant] };
  for (const [at, value] of items) {
    const held = values[String(value)];
    values[String(value)] = held ? [held[0] + 1, Math.max(held[1], at)] : [1, at];
  }
  return values;
}

function ofValues(of: "distinct" | "list" | "most_frequent", values: Values): Json {
  const names = Object.keys(values);
  if (of === "distinct") return names.length;
  if (of === "list") return names.toSorted(byBytes);
  return mostFrequent(values, names);
}

/** The value seen most often; of equals the one seen last, then the first by name. */
function mostFrequent(values: Values, names: readonly string[]): string | null {
  let best: string | null = null;
  for (const name of names.toSorted(byBytes)) {
    if (best === null) best = name;
    const [n, at] = values[name]!;
    const [bestN, bestAt] = values[best]!;
    if (n > bestN || (n === bestN && at > bestAt)) best = name;
  }
  return best;
}
