/**
 * What is known of one customer: a commutative monoid under `merge` (fold.ts), small enough to load whole.
 *
 * Stored per atom as JSON; a customer's document is the merge over the customer's atoms. The text is read and written
 * with every event and costs by its size (6 microseconds a kilobyte each way, and as much again in PostgreSQL), so lists
 * are short and hold what a rule or a person at a till needs; the event log has everything. Anything "last" is last by
 * the time it happened, then by value; anything bounded is the newest k. Nothing depends on arrival order.
 */
import type { ConsentAnswer } from "../consent/model.ts";
import type { Channel } from "../events/model.ts";
import type { Instant, Json } from "../values.ts";

/** Every bound of a customer's knowledge. Beyond a bound the oldest entries go. */
export const KNOWLEDGE_LIMITS = {
  traits: 500,
  counts: 300,
  viewed: 8,
  recent: 5,
  /** Of each cart: the customer's own, and those of devices that have not named their user. */
  cartOperations: 100,
  /** What was done to a cart so long before the last thing that was no longer counts. */
  cartSpanMs: 90 * 86_400_000,
  /** The customer's own cart, and those of so many devices less one. */
  cartDevices: 11,
  cartJoins: 100,
  orders: 300,
  accounts: 50,
  consents: 100,
} as const;

/** [value, at, messageId] */
export type TraitKnown = readonly [value: Json, at: Instant];
/** [n, firstAt, lastAt] */
export type CountKnown = readonly [n: number, firstAt: Instant, lastAt: Instant];
/** The first or last time the customer came to the business by a channel. */
export type Touch = {
  readonly at: Instant;
  readonly channel: Channel;
  readonly touchpoint: string;
  readonly campaign?: { readonly [field: string]: string };
  readonly referrer?: string;
};
/** A product as an event told it. Only the fields given. */
export type Product = {
  readonly id: string;
  readonly name?: string;
  readonly price?: number;
  readonly currency?: string;
  readonly category?: string;
  readonly brand?: string;
  readonly variant?: string;
  readonly imageUrl?: string;
  readonly url?: string;
};
export type Viewed = { readonly at: Instant; readonly product: Product };
/**
 * One thing done to the cart. `set` replaces the whole cart with `lines` (a cart seen with its contents). `join`: the
 * device named its user, so its cart is the customer's from then on.
 */
export type CartOperation = {
  readonly at: Instant;
  readonly id: string;
  readonly do: "add" | "remove" | "set" | "clear" | "join";
  /** Of what a guest did, and of a `join`. */
  readonly device?: string;
  readonly lines: readonly { readonly product: Product; readonly quantity: number | null }[];
};
/** One order: the latest word on it. Money in minor units of its currency (cents), by ISO 4217. */
export type OrderKnown = {
  readonly at: Instant;
  readonly id: string;
  readonly orderId: string;
  readonly valueMinor: number;
  readonly currency: string;
  readonly products: readonly string[];
  /** The first product's name, where told: what people call the order by. */
  readonly title?: string;
};
/** What was given back on an order. A refund of the whole order has `valueMinor` null. */
export type RefundKnown = {
  readonly at: Instant;
  readonly orderId: string;
  readonly valueMinor: number | null;
};
/** [at, id, name, channel, touchpoint]: a tuple, because every event writes all of them again. */
export type RecentEvent = readonly [
  at: Instant,
  id: string,
  name: string,
  channel: Channel,
  touchpoint: string,
];
export type ConsentKnown = {
  readonly at: Instant;
  readonly id: string;
  readonly answer: ConsentAnswer["answer"];
  readonly source: ConsentAnswer["source"];
};

/** All that is known. Maps are plain objects made without a prototype; lists are sorted newest first. */
export type Knowledge = {
  readonly firstSeenAt: Instant;
  readonly lastSeenAt: Instant;
  readonly events: number;
  readonly traits: { readonly [name: string]: TraitKnown };
  readonly counts: { readonly [event: string]: CountKnown };
  readonly channels: { readonly [channel: string]: CountKnown };
  readonly firstTouch?: Touch;
  readonly lastTouch?: Touch;
  readonly viewed: readonly Viewed[];
  readonly cart: readonly CartOperation[];
  readonly orders: { readonly [orderId: string]: OrderKnown };
  readonly refunds: { readonly [messageId: string]: RefundKnown };
  /** Key: `channel purpose`. */
  readonly consents: { readonly [key: string]: ConsentKnown };
  /** Account id to when the customer was last said to belong to it. */
  readonly accounts: { readonly [accountId: string]: Instant };
  readonly recent: readonly RecentEvent[];
};
