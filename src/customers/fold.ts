/**
 * Knowledge of a customer as a commutative monoid: `merge` joins two bodies of knowledge, `told` is what one event
 * tells, `fold` is the two together. So late, reordered and replayed events and identity merges are one law and need no
 * special path; duplicates are dropped before (seen ids). `fold.test.ts` checks the laws on generated events.
 *
 * Bounds keep them too: what is bounded by recency is a map in which the latest word replaces the earlier one whole, so
 * an entry that went and comes back is the same as one that stayed; counters are bounded by name instead.
 */
import type { Instant } from "../values.ts";
import { joinOperations } from "./cart.ts";
import { told } from "./told.ts";
import type { Event } from "../events/model.ts";
import {
  type CountKnown,
  KNOWLEDGE_LIMITS,
  type Knowledge,
  type RecentEvent,
  type Touch,
  type TraitKnown,
} from "./model.ts";

/** Knowledge that only its holder changes; `fold` works on it in place, because it runs for every event. */
export type OwnKnowledge = {
  -readonly [field in keyof Knowledge]: Knowledge[field] extends { readonly [key: string]: infer V }
    ? { [key: string]: V }
    : Knowledge[field];
};

/** What is known of nobody: the monoid's neutral element. A new object each time, for its caller to own. */
export function nothing(): OwnKnowledge {
  return {
    firstSeenAt: Infinity,
    lastSeenAt: -Infinity,
    events: 0,
    traits: Object.create(null) as OwnKnowledge["traits"],
    counts: Object.create(null) as OwnKnowledge["counts"],
    channels: Object.create(null) as OwnKnowledge["channels"],
    viewed: [],
    cart: [],
    orders: Object.create(null) as OwnKnowledge["orders"],
    refunds: Object.create(null) as OwnKnowledge["refunds"],
    consents: Object.create(null) as OwnKnowledge["consents"],
    accounts: Object.create(null) as OwnKnowledge["accounts"],
    recent: [],
  };
}

/** `known` with what `event` tells, in place. Never throws. */
export function fold(known: OwnKnowledge, event: Event): OwnKnowledge {
  return absorb(known, told(event));
}

/** All that is known of `a` and `b`, in a new object. */
export function merge(a: Knowledge, b: Knowledge): OwnKnowledge {
  return absorb(absorb(nothing(), a), b);
}

/** Takes `from` into `into`, in place. Cost follows the size of `from`. */
export function absorb(into: OwnKnowledge, from: Knowledge): OwnKnowledge {
  into.firstSeenAt = Math.min(into.firstSeenAt, from.firstSeenAt);
  into.lastSeenAt = Math.max(into.lastSeenAt, from.lastSeenAt);
  into.events += from.events;
  joinCounts(into.counts, from.counts, KNOWLEDGE_LIMITS.counts);
  joinCounts(into.channels, from.channels, KNOWLEDGE_LIMITS.counts);
  const first = earlierTouch(into.firstTouch, from.firstTouch);
  if (first) into.firstTouch = first;
  const last = laterTouch(into.lastTouch, from.lastTouch);
  if (last) into.lastTouch = last;
  if (from.recent.length > 0)
    into.recent = newest(into.recent, from.recent, KNOWLEDGE_LIMITS.recent, byNewestEvent);
  absorbRest(into, from);
  return into;
}

/** What few events tell of. `into` is not even asked for what `from` does not hold: it may not have been read yet. */
function absorbRest(into: OwnKnowledge, from: Knowledge): void {
  if (holds(from.traits)) joinTraits(into.traits, from.traits);
  if (from.viewed.length > 0) into.viewed = joinViewed(into.viewed, from.viewed);
  if (from.cart.length > 0) into.cart = joinOperations(into.cart, from.cart);
  if (holds(from.orders)) joinLatest(into.orders, from.orders, laterOf, atOf, KNOWLEDGE_LIMITS.orders);
  if (holds(from.refunds)) joinLatest(into.refunds, from.refunds, laterOf, atOf, KNOWLEDGE_LIMITS.orders);
  if (holds(from.consents))
    joinLatest(into.consents, from.consents, laterOf, atOf, KNOWLEDGE_LIMITS.consents);
  if (holds(from.accounts))
    joinLatest(into.accounts, from.accounts, Math.max, (at) => at, KNOWLEDGE_LIMITS.accounts);
}

function holds(map: object): boolean {
  for (const _ in map) return true;
  return false;
}

/** Takes traits into others, in place: of each the latest value, of all the newest. A customer's or an account's. */
export function joinTraits(into: OwnKnowledge["traits"], from: Knowledge["traits"]): void {
  joinLatest(into, from, laterTrait, ([, at]) => at, KNOWLEDGE_LIMITS.traits);
}

const atOf = ({ at }: { readonly at: Instant }) => at;

/** Newest first; of one instant the greater id first. */
const byNewestEvent = (a: RecentEvent, b: RecentEvent) =>
  b[0] - a[0] || (a[1] < b[1] ? 1 : a[1] > b[1] ? -1 : 0);

/** Newest first; of one instant the greater JSON text first. */
function byNewestText(a: { readonly at: Instant }, b: { readonly at: Instant }): number {
  if (a.at !== b.at) return b.at - a.at;
  const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
  return one < other ? 1 : one > other ? -1 : 0;
}

/** The newest `limit` of two lists that are sorted newest first, each entry once. */
function newest<T>(
  a: readonly T[],
  b: readonly T[],
  limit: number,
  by: (a: T, b: T) => number,
): readonly T[] {
  if (a.length === 0) return b.length > limit ? b.slice(0, limit) : b;
  const merged: T[] = [];
  for (let i = 0, j = 0; merged.length < limit && (i < a.length || j < b.length);) {
    const order = i === a.length ? 1 : j === b.length ? -1 : by(a[i]!, b[j]!);
    if (order === 0) j++;
    merged.push(order <= 0 ? a[i++]! : b[j++]!);
  }
  return merged;
}

/** The newest view of each product, newest first. */
function joinViewed(a: Knowledge["viewed"], b: Knowledge["viewed"]): Knowledge["viewed"] {
  const products = new Set<string>();
  return newest(a, b, Infinity, byNewestText)
    .filter(({ product }) => !products.has(product.id) && products.add(product.id))
    .slice(0, KNOWLEDGE_LIMITS.viewed);
}

function joinLatest<V>(
  into: { [key: string]: V },
  from: { readonly [key: string]: V },
  later: (a: V, b: V) => V,
  at: (value: V) => Instant,
  limit: number,
): void {
  let grew = false;
  for (const key in from) {
    const held = into[key];
    if (held === undefined) grew = true;
    into[key] = held === undefined ? from[key]! : later(held, from[key]!);
  }
  if (!grew) return;
  const keys = Object.keys(into);
  if (keys.length <= limit) return;
  // Oldest first; of one instant the greater key goes first, whichever came first.
  keys.sort((a, b) => at(into[a]!) - at(into[b]!) || (a < b ? 1 : -1));
  for (const key of keys.slice(0, keys.length - limit)) delete into[key];
}

function joinCounts(
  into: { [key: string]: CountKnown },
  from: { readonly [key: string]: CountKnown },
  limit: number,
): void {
  let grew = false;
  for (const key in from) {
    const held = into[key];
    const [n, firstAt, lastAt] = from[key]!;
    if (held === undefined) grew = true;
    into[key] =
      held === undefined ? from[key]! : [held[0] + n, Math.min(held[1], firstAt), Math.max(held[2], lastAt)];
  }
  if (!grew) return;
  const keys = Object.keys(into);
  if (keys.length <= limit) return;
  // The names that stay are the first by name: a name that went can never come back, so no count is ever half.
  keys.sort();
  for (const key of keys.slice(limit)) delete into[key];
}

/** Of two values told at one instant the greater JSON text wins, so that arrival order never shows. */
function laterTrait(a: TraitKnown, b: TraitKnown): TraitKnown {
  if (a[1] !== b[1]) return a[1] > b[1] ? a : b;
  return JSON.stringify(a[0]) < JSON.stringify(b[0]) ? b : a;
}

function laterOf<T extends { readonly at: Instant }>(a: T, b: T): T {
  if (a.at !== b.at) return a.at > b.at ? a : b;
  return JSON.stringify(a) < JSON.stringify(b) ? b : a;
}

function earlierTouch(a: Touch | undefined, b: Touch | undefined): Touch | undefined {
  if (!a || !b) return a ?? b;
  return byNewestText(a, b) > 0 ? a : b;
}

function laterTouch(a: Touch | undefined, b: Touch | undefined): Touch | undefined {
  if (!a || !b) return a ?? b;
  return byNewestText(a, b) < 0 ? a : b;
}
