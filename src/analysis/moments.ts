/**
 * From events to moments: which (channel, event name, touchpoint) are one kind of moment, and what it is called. With no
 * rules of the workspace's own the result is readable: pages by path without ids, everything else by the event's name.
 * Pure.
 */
import type { Channel } from "../events/model.ts";
import { ANALYSIS_LIMITS, type Moment, type MomentGrouping, type MomentRule } from "./model.ts";

/** What is told apart in the log, and how often it happened in the scope. */
export type Combo = {
  readonly channel: Channel;
  readonly name: string;
  readonly touchpoint: string;
  readonly events: number;
  /** Its hash in the log, as text: what the log's statement knows it by. */
  readonly hash: string;
  /** What it is called already: many that were too rare to be told apart, counted together. */
  readonly called?: string;
};
export type Grouped = {
  /** By place; the most frequent first. */
  readonly moments: readonly Moment[];
  /** Hash of a combo -> place of its moment; what is not looked at is not in it. */
  readonly placeOf: ReadonlyMap<string, number>;
};

const PAGES = new Set(["$page.viewed", "$screen.viewed"]);
/** What our own happenings are called; those not named here are our bookkeeping and no moments of the customer's. */
const OURS: { readonly [name: string]: string } = {
  "$message.sent": "Message received",
  "$message.opened": "Message opened",
  "$message.clicked": "Message clicked",
  "$message.replied": "Message answered",
  "$customer.identified": "Identified",
  "$account.joined": "Joined an account",
};
/** What is too rare to be told apart is called. */
export const OTHER = "Other";
/** The names with `$` that are moments; others are our bookkeeping. */
export const NAMES_OF_OURS: readonly string[] = [...PAGES, ...Object.keys(OURS)];

type Found = { channel: Channel | null; name: string; events: number; hashes: string[] };

/** Groups what happened into moments. */
export function groupMoments(combos: readonly Combo[], grouping: MomentGrouping): Grouped {
  const matchers = grouping.rules.map((rule) => ({ rule, matches: matcherOf(rule) }));
  const found = new Map<string, Found>();
  for (const combo of combos) {
    const rule = matchers.find(({ matches }) => matches(combo))?.rule;
    const name = combo.called ?? (rule ? rule.as : usualName(combo, grouping));
    if (name === null) continue;
    const channel = grouping.channels === "together" ? null : combo.channel;
    const key = keyOf(channel, name);
    const moment = found.get(key) ?? { channel, name, events: 0, hashes: [] };
    moment.events += combo.events;
    moment.hashes.push(combo.hash);
    found.set(key, moment);
  }
  return bounded([...found.values()]);
}

/** At most so many moments; the rarest are one for each channel. */
function bounded(found: readonly Found[]): Grouped {
  const sorted = found.toSorted((a, b) => b.events - a.events || (keyOf(a.channel, a.name) < keyOf(b.channel, b.name) ? -1 : 1));
  const room = ANALYSIS_LIMITS.momentsMax;
  // Room is left for an `Other` of each channel.
  const kept = sorted.length <= room ? sorted : sorted.slice(0, room - new Set(sorted.map(({ channel }) => channel)).size);
  // An event may be called so itself: then the rest is counted with it, since a key is one moment's.
  const rest = new Map(kept.filter(({ name }) => name === OTHER).map((one) => [one.channel, one] as const));
  const called = new Set(rest.values());
  for (const { channel, events, hashes } of sorted.slice(kept.length)) {
    const other = rest.get(channel) ?? { channel, name: OTHER, events: 0, hashes: [] };
    other.events += events;
    other.hashes.push(...hashes);
    rest.set(channel, other);
  }
  const all = [...kept, ...[...rest.values()].filter((one) => !called.has(one))];
  return {
    moments: all.map(({ channel, name, events }) => ({ key: keyOf(channel, name), channel, name, stage: null, events })),
    placeOf: new Map(all.flatMap(({ hashes }, place) => hashes.map((hash) => [hash, place] as const))),
  };
} // prettier-ignore

const keyOf = (channel: Channel | null, name: string): string =>
  channel === null ? name : `${channel}: ${name}`;

function usualName({ name, touchpoint }: Combo, { pages }: MomentGrouping): string | null {
  if (PAGES.has(name)) return pages === "together" ? "Page viewed" : `Page ${pathWithoutIds(touchpoint)}`;
  if (name in OURS) return OURS[name]!;
  return name.startsWith("$") ? null : name;
}

const ID = /^(?:\d+|[0-9a-f]{8,}|[0-9a-f]{8}-[0-9a-f-]{27}|(?=.*\d)[\w-]{16,})$/i;
const PATH_PARTS = 3;
/** A page's path with `*` for what names one thing, and no deeper than three parts. */
export function pathWithoutIds(path: string): string {
  const parts = path.split("?")[0]!.split("/").filter((part) => part !== "").map((part) => (ID.test(part) ? "*" : part)); // prettier-ignore
  return path.startsWith("/") || parts.length > 1
    ? `/${parts.slice(0, PATH_PARTS).join("/")}`
    : (parts[0] ?? "/");
}

function matcherOf({ channel, name, touchpoint }: MomentRule): (combo: Combo) => boolean {
  const [byName, byTouchpoint] = [patternOf(name), patternOf(touchpoint)];
  return (combo) =>
    (channel === undefined || combo.channel === channel) &&
    byName(combo.name) &&
    byTouchpoint(combo.touchpoint);
}

/** Whether a text fits a pattern in which `*` stands for any characters; by steps, so that no pattern takes long. */
function patternOf(pattern: string | undefined): (text: string) => boolean {
  if (pattern === undefined) return () => true;
  const parts = pattern.split("*");
  if (parts.length === 1) return (text) => text === pattern;
  const [first, last, middle] = [parts[0]!, parts.at(-1)!, parts.slice(1, -1)];
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false;
    let at = first.length;
    for (const part of middle) {
      const found = text.indexOf(part, at);
      if (found < 0) return false;
      at = found + part.length;
    }
    return at <= text.length - last.length;
  };
}
