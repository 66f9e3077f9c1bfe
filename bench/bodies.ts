/**
 * Events as SDKs send them, about 600 bytes each, of a given number of customers: page views, products viewed and added
 * by browsers, orders and identify calls by servers. Every event has a message id of its own.
 */
import { randomUUID } from "node:crypto";

const AGENT =
  "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const CONTEXT = {
  userAgent: AGENT,
  locale: "en-US",
  library: { name: "analytics.js", version: "next-1.84.3" },
  timezone: "Europe/Berlin",
};
const SERVER = { library: { name: "@segment/analytics-node", version: "3.1.0" } };

/** A number that looks random but is the same for the same `n` (Knuth's multiplicative hash). */
const scattered = (n: number) => Math.imul(n + 1, 2_654_435_761) >>> 0;

/** The customer of event number `n`: all are met about equally often, in no order. */
export const customerOf = (n: number, customers: number): number =>
  ((scattered(n) ^ (n >>> 3)) >>> 0) % customers;

/** Event number `n` of a run. `run` makes its orders differ from those of other runs. */
export function bodyOf(n: number, run: string, customers: number, at: number): object {
  const customer = customerOf(n, customers);
  const userId = `user-${customer}`;
  const anonymousId = `anonymous-${customer}`;
  const product = {
    product_id: `p${n % 700}`,
    name: "Walking boots",
    price: 89.5,
    currency: "EUR",
    category: "Shoes",
  };
  const path = `/shoes/${n % 500}`;
  const url = `https://shop.example${path}`;
  const page = {
    path,
    referrer: n % 3 ? "" : "https://www.google.com/",
    search: n % 4 ? "" : "?utm_source=nl&utm_medium=email",
    title: "Boots",
    url,
  };
  const base = {
    // Within ten minutes, in no order: what is all alike would compress better than real events do.
    timestamp: new Date(at - (scattered(n) % 600_000)).toISOString(),
    integrations: {},
    messageId: `ajs-next-${at}-${randomUUID()}`,
  };
  const browser = { ...base, context: { ...CONTEXT, page } };
  switch (n % 5) {
    case 0:
      return { ...browser, type: "page", properties: page, anonymousId };
    case 1:
      return { ...browser, type: "track", event: "Product Viewed", properties: product, anonymousId, userId };
    case 2:
      return {
        ...base,
        type: "track",
        event: "Order Completed",
        properties: {
          order_id: `o${run}${n}`,
          total: 120.5,
          currency: "EUR",
          products: [
            { ...product, quantity: 1 },
            { ...product, product_id: "p2", quantity: 2 },
          ],
        },
        context: SERVER,
        userId,
      };
    case 3:
      return {
        ...base,
        type: "identify",
        traits: { email: `${userId}@example.com`, firstName: "Ann", lastName: "Lee", plan: "gold" },
        context: { ...SERVER, locale: "en-US", timezone: "Europe/Berlin", userAgent: AGENT },
        userId,
      };
    default:
      return {
        ...browser,
        type: "track",
        event: "Product Added",
        properties: { ...product, quantity: 1 },
        anonymousId,
        userId,
      };
  }
}

/** The body of `POST /v1/batch` with events `from` up to `from + count`. */
export function batchOf(from: number, count: number, run: string, customers: number, at: number): string {
  const batch = Array.from({ length: count }, (_, i) => bodyOf(from + i, run, customers, at));
  return JSON.stringify({ batch, sentAt: new Date(at).toISOString() });
}
