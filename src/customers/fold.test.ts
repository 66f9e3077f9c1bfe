import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anEvent } from "../../test/arbitrary.ts";
import type { Event } from "../events/model.ts";
import { absorb, fold, merge, nothing } from "./fold.ts";
import { KNOWLEDGE_LIMITS, type Knowledge } from "./model.ts";
import { knowledgeOf, textOf } from "./stored.ts";
import { minorOf, told } from "./told.ts";
import { cartOf, documentOf } from "./view.ts";
import type { AtomId } from "../values.ts";

const events = fc.array(anEvent, { maxLength: 25 });
const known = (sent: readonly Event[]): Knowledge => sent.reduce(fold, nothing());
/** As stored: what two bodies of knowledge must agree on to the last byte, whatever order their keys came in. */
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === "object" && value !== null
      ? Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, of]) => [key, sorted(of)])
      : value; // prettier-ignore
const linesOf = (known: Knowledge): unknown =>
  textOf(known)
    .split("\n")
    .map((line) => sorted(JSON.parse(line)));
const same = (a: Knowledge, b: Knowledge): void => {
  expect(linesOf(a)).toEqual(linesOf(b));
};
const shuffled = <T>(items: readonly T[], keys: readonly number[]): T[] =>
  items.map((item, i) => [keys[i % keys.length]! + i / 1000, item] as const).toSorted(([a], [b]) => a - b).map(([, item]) => item); // prettier-ignore

describe("knowledge is a commutative monoid", () => {
  test("the order in which events arrive never shows", () => {
    fc.assert(
      fc.property(events, fc.array(fc.nat(), { minLength: 1, maxLength: 25 }), (sent, keys) =>
        same(known(shuffled(sent, keys)), known(sent)),
      ),
    );
  });
  test("two customers merged know what one customer with all their events would", () => {
    fc.assert(fc.property(events, events, (a, b) => same(merge(known(a), known(b)), known([...a, ...b]))));
  });
  test("merging commutes and associates, and nothing is neutral", () => {
    fc.assert(
      fc.property(events, events, events, (a, b, c) => {
        same(merge(known(a), known(b)), merge(known(b), known(a)));
        same(merge(merge(known(a), known(b)), known(c)), merge(known(a), merge(known(b), known(c))));
        same(merge(known(a), nothing()), known(a));
      }),
    );
  });
  test("split anywhere and joined again it is the same: an un-merge loses nothing", () => {
    fc.assert(
      fc.property(events, fc.array(fc.boolean(), { minLength: 1 }), (sent, sides) => {
        const one = sent.filter((_, i) => sides[i % sides.length]);
        const other = sent.filter((_, i) => !sides[i % sides.length]);
        same(merge(known(one), known(other)), known(sent));
      }),
    );
  });
  test("what is stored is read back the same, and goes on the same", () => {
    fc.assert(
      fc.property(events, events, (before, after) => {
        const stored = knowledgeOf(textOf(known(before)));
        same(after.reduce(fold, stored), known([...before, ...after]));
      }),
    );
  });
  test("what an event does not tell of is written again without being read", () => {
    const stored = knowledgeOf(textOf(known([at(1, "Product Viewed", { product_id: "boots" })])));
    const before = textOf(stored).split("\n")[1];
    expect(textOf(fold(stored, at(2, "Signed Up"))).split("\n")[1]).toBe(before);
    expect(textOf(fold(stored, at(3, "Product Viewed", { product_id: "hat" }))).split("\n")[1]).not.toBe(
      before,
    );
  });
  test("bounds hold, and hold the laws too", () => {
    const many = (n: number): Event[] =>
      Array.from({ length: n }, (_, i) => ({
        ...base,
        id: `m${i}`,
        happenedAt: (i * 7919) % 1000,
        name: `Event ${(i * 31) % 400}`,
        properties: { product_id: `p${i % 60}`, order_id: `o${i}` },
      }));
    const sent = [
      ...many(700),
      ...many(400).map((e) => ({ ...e, id: `o${e.id}`, name: "Order Completed" })),
      ...many(300).map((e) => ({ ...e, id: `v${e.id}`, name: "Product Viewed" })),
    ];
    const all = known(sent);
    expect(Object.keys(all.counts).length).toBe(KNOWLEDGE_LIMITS.counts);
    expect(Object.keys(all.orders).length).toBe(KNOWLEDGE_LIMITS.orders);
    expect(all.viewed.length).toBe(KNOWLEDGE_LIMITS.viewed);
    expect(all.recent.length).toBe(KNOWLEDGE_LIMITS.recent);
    same(known(sent.toReversed()), all);
    same(merge(known(sent.slice(0, 500)), known(sent.slice(500))), all);
  });
});

const base: Event = {
  workspace: 1 as Event["workspace"], id: "m", type: "track", name: "X", happenedAt: 0, receivedAt: 0, originalAt: null, sentAt: null,
  identifiers: [{ kind: "user_id", value: "ada" }], channel: "web", touchpoint: "/", key: 1,
}; // prettier-ignore
const at = (happenedAt: number, name: string, properties: Event["properties"] = {}): Event => ({
  ...base,
  id: `${name}-${happenedAt}`,
  name,
  happenedAt,
  properties,
});
const cart = (...sent: Event[]) =>
  cartOf(known(sent).cart).items.map(({ product, quantity }) => [product.id, quantity]);

describe("the cart", () => {
  const boots = { product_id: "boots", price: 80, quantity: 1 };
  test("holds what was added and not removed", () => {
    expect(cart(at(1, "Product Added", boots), at(2, "Product Added", { ...boots, quantity: 2 }), at(3, "Product Added", { product_id: "socks" }))).toEqual([["boots", 3], ["socks", 1]]); // prettier-ignore
    expect(
      cart(
        at(1, "Product Added", { ...boots, quantity: 3 }),
        at(2, "Product Removed", { ...boots, quantity: 1 }),
      ),
    ).toEqual([["boots", 2]]);
    expect(
      cart(
        at(1, "Product Added", { ...boots, quantity: 3 }),
        at(2, "Product Removed", { product_id: "boots" }),
      ),
    ).toEqual([]);
  });
  test("is empty after an order, even when the order is heard of first", () => {
    expect(cart(at(5, "Order Completed", { order_id: "o1" }), at(1, "Product Added", boots))).toEqual([]);
    expect(cart(at(5, "Order Completed", { order_id: "o1" }), at(6, "Product Added", boots))).toEqual([
      ["boots", 1],
    ]);
  });
  test("is what a cart page showed, and goes on from there", () => {
    expect(cart(at(1, "Product Added", boots), at(2, "Cart Viewed", { products: [{ product_id: "hat", quantity: 4 }] }), at(3, "Product Added", boots))).toEqual([["hat", 4], ["boots", 1]]); // prettier-ignore
  });
});

describe("orders", () => {
  const value = (...sent: Event[]) => documentOf(1 as AtomId, known(sent), [], {}).purchases;
  test("told twice count once, with the latest word on them", () => {
    const purchases = value(
      at(1, "Order Completed", { order_id: "o1", total: 10, currency: "EUR" }),
      at(2, "Order Updated", { order_id: "o1", total: 12.5, currency: "EUR" }),
    );
    expect([purchases.orders, purchases.value]).toEqual([1, [{ currency: "EUR", valueMinor: 1250 }]]);
  });
  test("refunds and cancellations come off the value, whatever comes first, and never more than the order", () => {
    expect(
      value(
        at(2, "Order Refunded", { order_id: "o1", total: 4, currency: "EUR" }),
        at(1, "Order Completed", { order_id: "o1", total: 10, currency: "EUR" }),
      ).value,
    ).toEqual([{ currency: "EUR", valueMinor: 600 }]);
    expect(
      value(
        at(1, "Order Completed", { order_id: "o1", total: 10 }),
        at(2, "Order Cancelled", { order_id: "o1" }),
        at(3, "Order Refunded", { order_id: "o1", total: 99 }),
      ).value,
    ).toEqual([{ currency: "USD", valueMinor: 0 }]);
  });
  test("without a total are worth their lines", () => {
    expect(
      value(
        at(1, "Order Completed", {
          order_id: "o",
          products: [
            { product_id: "a", price: 1.1, quantity: 3 },
            { product_id: "b", price: "2.2" },
          ],
        }),
      ).value,
    ).toEqual([{ currency: "USD", valueMinor: 550 }]);
  });
  test("money is kept in minor units of its currency", () => {
    expect([
      minorOf(1.005, "EUR"),
      minorOf(-1.005, "EUR"),
      minorOf(1200, "JPY"),
      minorOf(1.2345, "KWD"),
    ]).toEqual([101, -101, 1200, 1235]);
  });
});

test("a first touch is the earliest, a last touch the latest, and a server's report is none", () => {
  const visit = (happenedAt: number, channel: Event["channel"]) => ({
    ...at(happenedAt, "$page.viewed"),
    channel,
  });
  const all = known([visit(5, "email"), visit(2, "search"), visit(9, "server"), visit(7, "store")]);
  expect([all.firstTouch?.channel, all.lastTouch?.channel]).toEqual(["search", "store"]);
});

test("absorbing leaves what was absorbed untouched", () => {
  fc.assert(
    fc.property(anEvent, anEvent, (a, b) => {
      const first = told(a);
      const before = JSON.stringify(first);
      absorb(absorb(nothing(), first), told(b));
      expect(JSON.stringify(first)).toBe(before);
    }),
  );
});
