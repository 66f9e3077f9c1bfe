/** The rules of one cart across devices, as docs/catalogue.md tells them: laws over what anybody may do on any device. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Event } from "../src/events/model.ts";
import { joinOperations } from "../src/customers/cart.ts";
import { fold, merge, nothing } from "../src/customers/fold.ts";
import { KNOWLEDGE_LIMITS, type Knowledge } from "../src/customers/model.ts";
import { textOf } from "../src/customers/stored.ts";
import { cartOf } from "../src/customers/view.ts";
import { eventOf, identifierOf } from "./world.ts";

const DAY_MS = 86_400_000;
const PHONE = ["anonymous_id phone"];
const LAPTOP = ["anonymous_id laptop"];
const ADA_ON = (device: readonly string[]) => ["user_id ada", ...device];

let n = 0;
/** What somebody does on a device at a time. */
const does = (who: readonly string[], name: string, at: number, properties: object = {}): Event => ({
  ...eventOf({ who, name, at }), id: `e${++n}`, ...(name === "$customer.identified" ? { traits: {} } : { properties: properties as never }),
}); // prettier-ignore
const adds = (who: readonly string[], at: number, product_id: string, quantity?: number) => does(who, "Product Added", at, { product_id, ...(quantity && { quantity }) }); // prettier-ignore
const removes = (who: readonly string[], at: number, product_id: string, quantity?: number) => does(who, "Product Removed", at, { product_id, ...(quantity && { quantity }) }); // prettier-ignore
const sees = (who: readonly string[], at: number, ...products: string[]) => does(who, "Cart Viewed", at, { products: products.map((product_id) => ({ product_id, quantity: 1 })) }); // prettier-ignore
const orders = (who: readonly string[], at: number, ...products: string[]) => does(who, "Order Completed", at, { order_id: `o${at}`, products: products.map((product_id) => ({ product_id, quantity: 1 })) }); // prettier-ignore
const signsIn = (device: readonly string[], at: number) => does(ADA_ON(device), "$customer.identified", at);

const known = (events: readonly Event[]): Knowledge => events.reduce(fold, nothing());
type Held = { readonly [product: string]: number };
const cart = (...events: readonly Event[]): Held => heldIn(known(events));
const heldIn = ({ cart: operations }: Knowledge): Held => Object.fromEntries(cartOf(operations).items.map(({ product, quantity }) => [product.id, quantity])); // prettier-ignore

const whos = [PHONE, LAPTOP, ["anonymous_id tablet"], ["user_id ada"], ADA_ON(PHONE), ADA_ON(LAPTOP), ["email ada@x.example", "device_id till"]]; // prettier-ignore
const product = fc.record({ product_id: fc.constantFrom("boots", "socks", "wax"), quantity: fc.constantFrom(1, 2, 3), price: fc.integer({ min: 1, max: 9 }) }, { requiredKeys: ["product_id"] }); // prettier-ignore
const act = fc
  .record({ who: fc.constantFrom(...whos), at: fc.integer({ min: 0, max: 30 }), name: fc.constantFrom("Product Added", "Product Added", "Product Removed", "Cart Viewed", "Cart Cleared", "Order Completed", "$customer.identified"), product, products: fc.array(product, { maxLength: 3 }) })
  .map(({ who, at, name, product: one, products }) => does(who, name, at, name.startsWith("Product") ? one : { products, order_id: `o${at}` })); // prettier-ignore
const acts = fc.array(act, { maxLength: 25 });
const shuffled = <T>(items: readonly T[], keys: readonly number[]): T[] =>
  items.map((one, i) => [keys[i % keys.length]! + i / 1000, one] as const).toSorted(([a], [b]) => a - b).map(([, one]) => one); // prettier-ignore
const cartText = (of: Knowledge): string => JSON.stringify(JSON.parse(textOf({ ...nothing(), cart: of.cart }).split("\n")[1] ?? "{}")); // prettier-ignore

describe("one cart across devices", () => {
  test("is the same whatever order its events arrive in", () => {
    fc.assert(fc.property(acts, fc.array(fc.nat(), { minLength: 1, maxLength: 25 }), (events, keys) => {
      expect(cartText(known(shuffled(events, keys)))).toBe(cartText(known(events)));
    }), { numRuns: 500 }); // prettier-ignore
  });

  test("of two customers who turn out to be one is what it had been had they always been one, however often they are joined", () => {
    fc.assert(fc.property(acts, acts, acts, (a, b, c) => {
      const whole = known([...a, ...b, ...c]);
      const joined = merge(merge(known(c), known(a)), known(b));
      expect(cartText(joined)).toBe(cartText(whole));
      expect(joinOperations(joined.cart, joined.cart)).toEqual(joined.cart);
      expect(joinOperations(joined.cart, known(a).cart)).toEqual(joined.cart);
    }), { numRuns: 500 }); // prettier-ignore
  });

  test("keeps within its bounds, whatever order things are done in, on however many devices", () => {
    const many = Array.from({ length: 900 }, (_, i) => adds(i % 3 ? [`anonymous_id d${(i * 7) % 40}`] : ["user_id ada"], ((i * 7919) % 997) * DAY_MS, `p${i % 50}`)); // prettier-ignore
    const whole = known(many);
    expect(cartText(known(many.toReversed()))).toBe(cartText(whole));
    expect(cartText(merge(known(many.slice(400)), known(many.slice(0, 400))))).toBe(cartText(whole));
    expect(new Set(whole.cart.map(({ device }) => device ?? "")).size).toBe(KNOWLEDGE_LIMITS.cartDevices);
  });

  test("keeps nothing of what was done before a cart page was seen: a document costs by its size", () => {
    const seen = [adds(["user_id ada"], 1, "boots"), removes(["user_id ada"], 2, "socks"), sees(["user_id ada"], 3, "hat"), adds(["user_id ada"], 4, "wax")]; // prettier-ignore
    expect(known(seen.toReversed()).cart.map(({ do: what }) => what)).toEqual(["add", "set"]);
  });

  test("of two devices that did not know of each other, when they sign in: nothing is lost, nothing is doubled", () => {
    const lines = fc.dictionary(
      fc.constantFrom("boots", "socks", "wax", "hat"),
      fc.integer({ min: 1, max: 4 }),
    );
    fc.assert(fc.property(lines, lines, fc.boolean(), (phone, laptop, later) => {
      const put = (who: readonly string[], held: Held) => Object.entries(held).map(([id, quantity], i) => adds(who, 10 + i, id, quantity)); // prettier-ignore
      const events = [...put(PHONE, phone), ...put(LAPTOP, laptop), signsIn(PHONE, 20), ...(later ? [signsIn(LAPTOP, 30)] : [])]; // prettier-ignore
      const expected = Object.fromEntries([...new Set([...Object.keys(phone), ...Object.keys(laptop)])].map((id) => [id, Math.max(phone[id] ?? 0, laptop[id] ?? 0)])); // prettier-ignore
      expect(cart(...events)).toEqual(expected);
      expect(cart(...events.toReversed())).toEqual(expected);
    })); // prettier-ignore
  });

  test("counts every piece that is put in by somebody who is signed in, wherever that is", () => {
    expect(cart(adds(ADA_ON(PHONE), 1, "boots"), adds(ADA_ON(LAPTOP), 2, "boots", 2), adds(ADA_ON(PHONE), 3, "boots"))).toEqual({ boots: 4 }); // prettier-ignore
    // A device that has signed in is the customer's also where an event of it forgets to say so.
    expect(cart(adds(PHONE, 1, "boots"), signsIn(PHONE, 2), adds(PHONE, 3, "boots"), adds(ADA_ON(LAPTOP), 4, "boots"))).toEqual({ boots: 3 }); // prettier-ignore
  });

  test("keeps what a phone put in before it signed in, though the laptop's cart was looked at since", () => {
    const phoneThenLaptop = [adds(PHONE, 1, "socks"), sees(ADA_ON(LAPTOP), 2, "boots")];
    expect(cart(...phoneThenLaptop, signsIn(PHONE, 3))).toEqual({ boots: 1, socks: 1 });
    // Once the phone is the customer's, a cart page tells the truth about both.
    expect(cart(...phoneThenLaptop, signsIn(PHONE, 3), sees(ADA_ON(LAPTOP), 4, "boots", "socks"))).toEqual({ boots: 1, socks: 1 }); // prettier-ignore
    expect(cart(...phoneThenLaptop, signsIn(PHONE, 3), sees(ADA_ON(LAPTOP), 4, "boots"))).toEqual({ boots: 1 }); // prettier-ignore
    // Nor is it lost when the same phone signs in again and again.
    expect(cart(...phoneThenLaptop, signsIn(PHONE, 3), sees(ADA_ON(LAPTOP), 4, "boots"), signsIn(PHONE, 5))).toEqual({ boots: 1 }); // prettier-ignore
  });
});

describe("what is taken out", () => {
  test("is gone when that was the last thing done with it, on whatever device, in whatever order it is heard of", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...whos), fc.integer({ min: 0, max: 20 }), fc.boolean()), { minLength: 1, maxLength: 12 }), fc.constantFrom(...whos), fc.array(fc.nat(), { minLength: 1 }), (before, who, keys) => {
      const events = before.map(([by, at, isIn]) => (isIn ? adds(by, at, "boots", 2) : removes(by, at, "boots", 1)));
      const last = removes(who, 21, "boots");
      expect(cart(...shuffled([...events, last], keys))).toEqual({});
      expect(cart(...shuffled([...events, last, adds(who, 22, "boots")], keys))).toEqual({ boots: 1 });
    })); // prettier-ignore
  });
  test("in part leaves the rest", () => {
    expect(cart(adds(ADA_ON(PHONE), 1, "boots", 3), removes(ADA_ON(LAPTOP), 2, "boots", 2))).toEqual({
      boots: 1,
    });
  });
});

describe("an order", () => {
  test("empties what was ordered, and nothing else", () => {
    fc.assert(fc.property(fc.uniqueArray(fc.constantFrom("boots", "socks", "wax", "hat"), { minLength: 1 }), fc.uniqueArray(fc.constantFrom("boots", "socks", "wax", "hat"), { minLength: 1 }), fc.constantFrom(...whos), (held, ordered, who) => {
      const events = [...held.map((id, i) => adds(i % 2 ? ADA_ON(LAPTOP) : PHONE, i, id, 2)), orders(who, 50, ...ordered)];
      const left = Object.fromEntries(held.filter((id) => !ordered.includes(id)).map((id) => [id, 2]));
      expect(cart(...events)).toEqual(left);
      expect(cart(...events.toReversed())).toEqual(left);
    })); // prettier-ignore
  });
  test("that does not say what was ordered empties the cart, everywhere", () => {
    expect(cart(adds(PHONE, 1, "socks"), adds(ADA_ON(LAPTOP), 2, "boots"), orders(["user_id ada"], 3))).toEqual({}); // prettier-ignore
  });
  test("leaves what is put in after it", () => {
    expect(cart(orders(["user_id ada"], 3, "boots"), adds(PHONE, 4, "boots"))).toEqual({ boots: 1 });
  });
});

test("a guest who empties the cart empties no other's", () => {
  expect(cart(adds(ADA_ON(LAPTOP), 1, "boots"), adds(PHONE, 2, "socks"), does(PHONE, "Cart Cleared", 3))).toEqual({ boots: 1 }); // prettier-ignore
  expect(cart(adds(ADA_ON(LAPTOP), 1, "boots"), adds(PHONE, 2, "socks"), does(ADA_ON(LAPTOP), "Cart Cleared", 3))).toEqual({}); // prettier-ignore
});
test("what was put in three months before anything else was done with the cart no longer counts", () => {
  expect(cart(adds(ADA_ON(PHONE), 0, "boots"), adds(ADA_ON(PHONE), 91 * DAY_MS, "socks"))).toEqual({ socks: 1 }); // prettier-ignore
  expect(cart(adds(ADA_ON(PHONE), 0, "boots"), adds(ADA_ON(PHONE), 89 * DAY_MS, "socks"))).toEqual({ boots: 1, socks: 1 }); // prettier-ignore
});
test("an identifier kind that names a person makes an operation the customer's own", () => {
  const [operation] = known([{ ...adds(PHONE, 1, "boots"), identifiers: [identifierOf("loyalty_id L1"), identifierOf("anonymous_id phone")] }]).cart.filter(({ do: what }) => what === "add"); // prettier-ignore
  expect(operation?.device).toBeUndefined();
});
