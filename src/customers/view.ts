/** What is known, put as the outside reads it. Pure. */
import { IDENTIFIER_KINDS, type IdentifierKind } from "../identity/model.ts";
import type { HeldIdentifier } from "../identity/directory.ts";
import { type AtomId, type Instant, type Json, type JsonObject, customerIdOf, isoOf } from "../values.ts";
import type { CustomerDocument, CustomerSummary, IdentifierView } from "./document.ts";
import { linesOf } from "./cart.ts";
import type { CartOperation, CountKnown, Knowledge, Touch } from "./model.ts";
import { nameOf } from "./names.ts";

/** What an account is known by: its traits, each with when it was told. */
export type AccountKnown = { readonly [trait: string]: readonly [Json, Instant] };
const RECENT_ORDERS = 20;

/** The whole document of one customer. `identifiers` are those of all its atoms. */
export function documentOf(
  customer: AtomId,
  known: Knowledge,
  identifiers: readonly HeldIdentifier[],
  accounts: { readonly [accountId: string]: AccountKnown },
): CustomerDocument {
  return {
    id: customerIdOf(customer),
    name: nameOf(known.traits),
    firstSeenAt: whenOf(known.firstSeenAt),
    lastSeenAt: whenOf(known.lastSeenAt),
    events: known.events,
    identifiers: identifiersOf(identifiers),
    traits: mapOf(known.traits, ([value]) => value),
    traitsAt: mapOf(known.traits, ([, at]) => isoOf(at)),
    counts: mapOf(known.counts, countOf),
    channels: mapOf(known.channels, countOf),
    firstTouch: touchOf(known.firstTouch),
    lastTouch: touchOf(known.lastTouch),
    recentlyViewed: known.viewed.map(({ at, product }) => ({ at: isoOf(at), product: { ...product } })),
    cart: cartOf(known.cart),
    purchases: purchasesOf(known),
    consents: Object.entries(known.consents)
      .toSorted(byKey)
      .map(([key, { at, answer, source }]) => {
        const [channel, ...purpose] = key.split(" ");
        return {
          channel: channel as CustomerDocument["consents"][number]["channel"],
          purpose: purpose.join(" "),
          answer,
          at: isoOf(at),
          source,
        };
      }),
    accounts: Object.entries(known.accounts)
      .toSorted(byKey)
      .map(([accountId, at]) => ({
        accountId,
        since: isoOf(at),
        traits: mapOf(accounts[accountId] ?? {}, ([value]) => value),
      })),
    recentEvents: known.recent.map(([at, id, name, channel, touchpoint]) => ({
      at: isoOf(at),
      messageId: id,
      name,
      channel,
      touchpoint,
    })),
  };
}

/** One row of a list of customers. */
export function summaryOf(
  customer: AtomId,
  known: Knowledge,
  identifiers: readonly HeldIdentifier[],
): CustomerSummary {
  return {
    id: customerIdOf(customer),
    name: nameOf(known.traits),
    identifiers: identifiersOf(identifiers).slice(0, 3),
    firstSeenAt: whenOf(known.firstSeenAt),
    lastSeenAt: whenOf(known.lastSeenAt),
    events: known.events,
    channels: Object.entries(known.channels).toSorted(([, a], [, b]) => b[0] - a[0]).map(([channel]) => channel),
  }; // prettier-ignore
}

/** Strongest kinds first, then the oldest; the same identifier once. */
export function identifiersOf(held: readonly HeldIdentifier[]): IdentifierView[] {
  const rank = (kind: IdentifierKind) => IDENTIFIER_KINDS.indexOf(kind);
  const once = new Map<string, HeldIdentifier>();
  for (const one of held.toSorted((a, b) => rank(a[0]) - rank(b[0]) || a[2] - b[2])) {
    const key = `${one[0]} ${one[1]}`;
    if (!once.has(key)) once.set(key, one);
  }
  return [...once.values()].map(([kind, value, since]) => ({ kind, value, createdAt: isoOf(since) }));
}

/** What lies in the cart after its operations, as the outside reads it. */
export function cartOf(operations: readonly CartOperation[]): CustomerDocument["cart"] {
  const newest = operations.find((operation) => operation.do !== "join");
  return {
    items: linesOf(operations).map(({ product, quantity, addedAt }) => ({ product: { ...product }, quantity, addedAt: isoOf(addedAt) })),
    updatedAt: newest ? isoOf(newest.at) : null,
  };
} // prettier-ignore

function purchasesOf(known: Knowledge): CustomerDocument["purchases"] {
  const orders = Object.values(known.orders).toSorted(
    (a, b) => b.at - a.at || (a.orderId < b.orderId ? -1 : 1),
  );
  const refunds = new Map<string, number>();
  for (const { orderId, valueMinor } of Object.values(known.refunds)) {
    const whole = known.orders[orderId]?.valueMinor ?? 0;
    refunds.set(orderId, Math.min(whole, (refunds.get(orderId) ?? 0) + (valueMinor ?? whole)));
  }
  const value = new Map<string, number>();
  for (const { currency, valueMinor, orderId } of orders)
    value.set(currency, (value.get(currency) ?? 0) + valueMinor - (refunds.get(orderId) ?? 0));
  return {
    orders: orders.length,
    value: [...value].toSorted(byKey).map(([currency, valueMinor]) => ({ currency, valueMinor })),
    firstAt: orders.length > 0 ? isoOf(orders.at(-1)!.at) : null,
    lastAt: orders.length > 0 ? isoOf(orders[0]!.at) : null,
    recent: orders.slice(0, RECENT_ORDERS).map(({ orderId, at, currency, valueMinor, products, title = null }) => ({
      orderId, at: isoOf(at), currency, valueMinor, refundedMinor: refunds.get(orderId) ?? 0, products: [...products], title,
    })), // prettier-ignore
  };
}

/** Lists made of maps have one order, whatever order the map grew in. */
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
const whenOf = (at: Instant): string | null => (Number.isFinite(at) ? isoOf(at) : null);
const countOf = ([n, firstAt, lastAt]: CountKnown) => ({ n, firstAt: isoOf(firstAt), lastAt: isoOf(lastAt) });

function touchOf(touch: Touch | undefined): CustomerDocument["firstTouch"] {
  if (!touch) return null;
  const { at, channel, touchpoint, campaign, referrer } = touch;
  return {
    at: isoOf(at),
    channel,
    touchpoint,
    ...(campaign && { campaign: { ...campaign } }),
    ...(referrer !== undefined && { referrer }),
  };
}

function mapOf<V, W>(map: { readonly [key: string]: V }, of: (value: V) => W): { [key: string]: W } {
  // Own properties by definition, not by assignment: a trait may be called __proto__.
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, of(value)]));
}

/** The text of a JSON column of the event log as an object; empty text is an empty object. */
export function objectIn(text: string): JsonObject {
  return text === "" ? {} : (JSON.parse(text) as JsonObject);
}
