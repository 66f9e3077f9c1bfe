/** A measure of a track's events at an instant, and when time alone will change it. Pure; sql.ts says the same in SQL. */
import type { Instant, Json } from "../values.ts";
import { daysBetween, soonest } from "./compare.ts";
import type { Measured, Sliding } from "./plan.ts";
import {
  type Item,
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
  if (measure.of === "trend") {
    const items = (state ?? []) as Newest;
    return within(items, { fromMs: measure.ms, toMs: null }, now).length - within(items, { fromMs: 2 * measure.ms, toMs: measure.ms }, now).length;
  }
  if (kind === "values") return ofValues(measure.of, (state ?? {}) as Values);
  const total = kind === "total" ? (state as Total | undefined) : totalOf(within((state ?? []) as Newest, window, now));
  switch (measure.of) {
    case "count":
      return total?.[0] ?? 0;
    case "sum":
      return fromScaled(total?.[1] ?? 0);
    case "average":
      return total ? fromScaled(total[1]) / total[0] : null;
    case "min":
      return total?.[2] ?? null;
    case "max":
      return total?.[3] ?? null;
    case "first":
      return total?.[4][1] ?? null;
    case "last":
      return total?.[5][1] ?? null;
    case "days_since_first":
      return total ? daysBetween(total[4][0], now) : null;
    case "days_since_last":
      return total ? daysBetween(total[5][0], now) : null;
    default:
      return ofValues(measure.of, valuesOf(within((state ?? []) as Newest, window, now)));
  }
} // prettier-ignore

/** When time alone may next change the measure after `now`; null when it never will. Never too late, sometimes early. */
export function measureTurnsAt({ window, measure }: Measured, state: TrackState | undefined, now: Instant, kind: string): Instant | null {
  if (state === undefined) return null;
  if (measure.of === "days_since_first" || measure.of === "days_since_last") {
    const items = kind === "total" ? [(state as Total)[4], (state as Total)[5]] : (state as Newest);
    const edges = kind === "total" ? [] : edgesOf(items, window, now);
    return soonest([...edges, ...items.map(([at]) => at + (daysBetween(at, now) + 1) * DAY_MS)]);
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

function ofValues(of: string, values: Values): Json {
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
export type { Item };
