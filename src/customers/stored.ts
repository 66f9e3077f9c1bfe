/**
 * Knowledge as stored text: two lines of JSON. The first holds what nearly every event changes (counts, channels,
 * touches, the last events); the second the rest (traits, views, cart, orders, refunds, consents, accounts), which is
 * parsed when it is first asked for and written again as it stands when nobody did. Measured on documents with some
 * orders this saves more than half of the time to read and write one.
 */
import { nothing, type OwnKnowledge } from "./fold.ts";
import type { Knowledge } from "./model.ts";

type Rest = Pick<OwnKnowledge, "traits" | "viewed" | "cart" | "orders" | "refunds" | "consents" | "accounts">;
const REST_MAPS = ["traits", "orders", "refunds", "consents", "accounts"] as const;
const REST_LISTS = ["viewed", "cart"] as const;
const FIRST_MAPS = ["counts", "channels"] as const;

/** Knowledge from its stored text. Names from outside must not meet a prototype, so maps have none. */
export function knowledgeOf(text: string): OwnKnowledge {
  const end = text.indexOf("\n");
  const first = JSON.parse(end === -1 ? text : text.slice(0, end)) as Partial<OwnKnowledge>;
  return new StoredKnowledge(first, end === -1 ? "" : text.slice(end + 1));
}

/** Knowledge as stored text: the parts that hold something. */
export function textOf(known: Knowledge): string {
  // Chosen by hand: a replacer function would be called for every key of the document.
  const first: { [field: string]: unknown } = { events: known.events };
  if (Number.isFinite(known.firstSeenAt)) {
    first["firstSeenAt"] = known.firstSeenAt;
    first["lastSeenAt"] = known.lastSeenAt;
  }
  for (const map of FIRST_MAPS) if (isFilled(known[map])) first[map] = known[map];
  if (known.firstTouch) first["firstTouch"] = known.firstTouch;
  if (known.lastTouch) first["lastTouch"] = known.lastTouch;
  if (known.recent.length > 0) first["recent"] = known.recent;
  const rest = known instanceof StoredKnowledge ? (known.unopened ?? restText(known)) : restText(known);
  return rest === "" ? JSON.stringify(first) : `${JSON.stringify(first)}\n${rest}`;
}

function restText(known: Knowledge): string {
  const rest: { [field: string]: unknown } = {};
  for (const map of REST_MAPS) if (isFilled(known[map])) rest[map] = known[map];
  for (const list of REST_LISTS) if (known[list].length > 0) rest[list] = known[list];
  return isFilled(rest) ? JSON.stringify(rest) : "";
}

function isFilled(map: object): boolean {
  for (const _ in map) return true;
  return false;
}

class StoredKnowledge implements OwnKnowledge {
  firstSeenAt: OwnKnowledge["firstSeenAt"];
  lastSeenAt: OwnKnowledge["lastSeenAt"];
  events: OwnKnowledge["events"];
  counts: OwnKnowledge["counts"];
  channels: OwnKnowledge["channels"];
  recent: OwnKnowledge["recent"];
  declare firstTouch?: NonNullable<OwnKnowledge["firstTouch"]>;
  declare lastTouch?: NonNullable<OwnKnowledge["lastTouch"]>;
  /** The second line, for as long as nobody asked for anything in it. */
  unopened: string | null;
  #rest: Rest | null = null;

  constructor(first: Partial<OwnKnowledge>, rest: string) {
    const none = nothing();
    this.firstSeenAt = first.firstSeenAt ?? none.firstSeenAt;
    this.lastSeenAt = first.lastSeenAt ?? none.lastSeenAt;
    this.events = first.events ?? 0;
    this.counts = withoutPrototype(first.counts) ?? none.counts;
    this.channels = withoutPrototype(first.channels) ?? none.channels;
    this.recent = first.recent ?? none.recent;
    if (first.firstTouch) this.firstTouch = first.firstTouch;
    if (first.lastTouch) this.lastTouch = first.lastTouch;
    this.unopened = rest;
  }

  #open(): Rest {
    if (this.#rest) return this.#rest;
    const stored = this.unopened ? (JSON.parse(this.unopened) as Partial<Rest>) : {};
    for (const map of REST_MAPS) withoutPrototype(stored[map]);
    this.unopened = null;
    return (this.#rest = Object.assign(nothing(), stored));
  }

  get traits() {
    return this.#open().traits;
  }
  get orders() {
    return this.#open().orders;
  }
  get refunds() {
    return this.#open().refunds;
  }
  get consents() {
    return this.#open().consents;
  }
  get accounts() {
    return this.#open().accounts;
  }
  get viewed() {
    return this.#open().viewed;
  }
  set viewed(viewed) {
    this.#open().viewed = viewed;
  }
  get cart() {
    return this.#open().cart;
  }
  set cart(cart) {
    this.#open().cart = cart;
  }
}

function withoutPrototype<T extends object>(map: T | undefined): T | undefined {
  return map && (Object.setPrototypeOf(map, null) as T);
}
