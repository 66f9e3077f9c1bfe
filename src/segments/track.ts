/**
 * What has to be known of a customer's events so that a rule can be answered at any instant: a *track*, a commutative
 * monoid like the rest of the knowledge, kept by atom, exact under late events and merges.
 *
 *   total    number, sum, least, greatest, first and last of all matching events     [n, sum, counted, min, max, first, last]
 *   newest   the newest n matching events, by time and then by value                 [at, ...] or [[at, value], ...]
 *   values   each value with how often and when last; the first by name stay         {value: [n, lastAt]}
 *
 * Sums are kept in ten-thousandths, so that adding in another order gives the same.
 */
import { type Event, isOwnDoing } from "../events/model.ts";
import type { Instant, Json } from "../values.ts";
import { numberOf, passes, textOf, valueAt } from "./compare.ts";
import { SEGMENT_LIMITS, type Where } from "./model.ts";

export type Keep =
  | { readonly kind: "total" }
  | { readonly kind: "newest"; readonly n: number; readonly spanMs: number | null }
  | { readonly kind: "values" };
/** What a track is told by: events of this name that pass `where` and happened in [since, until). */
export type TrackSpec = {
  readonly event: string | null;
  readonly where: readonly Where[];
  readonly since: Instant | null;
  readonly until: Instant | null;
  /** The property whose value counts; null: only the instants. */
  readonly property: string | null;
  /** Only events count whose property is a number. */
  readonly numeric: boolean;
  readonly keep: Keep;
};
/** A track's spec and what names it: equal specs are one track. */
export type Track = { readonly key: string; readonly spec: TrackSpec };

export type Value = string | number;
/** An event in a track: its instant, or with its value. */
export type Item = readonly [at: Instant, value: Value];
export type Total = readonly [n: number, sum: number, min: number, max: number, first: Item, last: Item];
export type Newest = readonly Item[];
export type Values = { readonly [value: string]: readonly [n: number, lastAt: Instant] };
export type TrackState = Total | Newest | Values;

const SCALE = 10_000;
/** A number as tracks add it up; `fromScaled` undoes it. */
export const scaled = (number: number): number => Math.floor(number * SCALE + 0.5);
export const fromScaled = (units: number): number => units / SCALE;

/** What this event tells the track, or null when it is none of the track's. Our own events only by name. */
export function itemOf(spec: TrackSpec, event: Event): Item | null {
  if (spec.event === null ? isOwnDoing(event.name) : spec.event !== event.name) return null; // prettier-ignore
  const at = event.happenedAt;
  if (spec.since !== null && at < spec.since) return null;
  if (spec.until !== null && at >= spec.until) return null;
  // Dates in events are compared with the event's own time: what a track holds must not depend on when it was told.
  for (const { property, is } of spec.where) if (!passes(is, propertyOf(event, property), at)) return null;
  if (spec.property === null) return [at, 0];
  const text = textOf(propertyOf(event, spec.property));
  if (text === null) return null;
  if (!spec.numeric) return [at, text];
  const number = numberOf(text);
  return number === null || Math.abs(number) > SEGMENT_LIMITS.numberMax ? null : [at, number];
}

function propertyOf(event: Event, path: string): Json | undefined {
  if (path === "$channel") return event.channel;
  if (path === "$touchpoint") return event.touchpoint;
  return valueAt(event.properties, path);
}

/** The state after one event. */
export function tell(spec: TrackSpec, held: TrackState | undefined, item: Item): TrackState {
  const [at, value] = item;
  switch (spec.keep.kind) {
    case "total": {
      const number = typeof value === "number" ? value : 0;
      return joined(spec, held, [1, scaled(number), number, number, item, item]);
    }
    case "newest":
      return joined(spec, held, [item]);
    case "values":
      return joined(spec, held, { [String(value)]: [1, at] });
  }
}

/** Two states of one track as one. Commutative and associative; the states belong to different events. */
export function joined(spec: TrackSpec, a: TrackState | undefined, b: TrackState): TrackState {
  if (a === undefined) return b;
  switch (spec.keep.kind) {
    case "total":
      return joinedTotal(a as Total, b as Total);
    case "newest":
      return joinedNewest(a as Newest, b as Newest, spec.keep.n);
    case "values":
      return joinedValues(a as Values, b as Values);
  }
}

function joinedTotal(a: Total, b: Total): Total {
  return [
    a[0] + b[0], a[1] + b[1], Math.min(a[2], b[2]), Math.max(a[3], b[3]),
    byTime(a[4], b[4]) <= 0 ? a[4] : b[4], byTime(a[5], b[5]) >= 0 ? a[5] : b[5],
  ]; // prettier-ignore
}

function joinedNewest(a: Newest, b: Newest, n: number): Newest {
  const merged: Item[] = [];
  for (let i = 0, j = 0; merged.length < n && (i < a.length || j < b.length);) {
    const takeA = j === b.length || (i < a.length && byTime(a[i]!, b[j]!) >= 0);
    merged.push(takeA ? a[i++]! : b[j++]!);
  }
  return merged;
}

function joinedValues(a: Values, b: Values): Values {
  const all = Object.assign(Object.create(null), a) as { [value: string]: readonly [number, Instant] };
  for (const value in b) {
    const [n, at] = b[value]!;
    const held = all[value];
    all[value] = held ? [held[0] + n, Math.max(held[1], at)] : [n, at];
  }
  const names = Object.keys(all);
  if (names.length <= SEGMENT_LIMITS.values) return all;
  // A value that went can never come back, so no count is ever half.
  for (const name of names.toSorted(byBytes).slice(SEGMENT_LIMITS.values)) delete all[name];
  return all;
}

/** Earlier first; of one instant the smaller value, numbers by size and texts by their UTF-8 bytes. */
export function byTime(a: Item, b: Item): number {
  if (a[0] !== b[0]) return a[0] - b[0];
  if (typeof a[1] === "number" && typeof b[1] === "number") return a[1] - b[1];
  return byBytes(String(a[1]), String(b[1]));
}

const encoder = new TextEncoder();
/** In the order of UTF-8, which is the event log's order of texts. */
export function byBytes(a: string, b: string): number {
  if (a === b) return 0;
  // eslint-disable-next-line no-control-regex
  if (/^[\u0000-\u007f]*$/.test(a) && /^[\u0000-\u007f]*$/.test(b)) return a < b ? -1 : 1;
  const [one, other] = [encoder.encode(a), encoder.encode(b)];
  for (let i = 0; i < one.length && i < other.length; i++)
    if (one[i] !== other[i]) return one[i]! - other[i]!;
  return one.length - other.length;
}

/** The state without what no window can reach any more at `now`; undefined when nothing is left. */
export function pruned(spec: TrackSpec, state: TrackState, now: Instant): TrackState | undefined {
  if (spec.keep.kind !== "newest" || spec.keep.spanMs === null) return state;
  const limit = now - spec.keep.spanMs;
  const items = state as Newest;
  if (items.length === 0) return undefined;
  if (items.at(-1)![0] > limit) return state;
  const left = items.filter(([at]) => at > limit);
  return left.length === 0 ? undefined : left;
}
