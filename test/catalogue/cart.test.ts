/** Carts over HTTP, on the whole platform: one for each customer, whichever device; beside the catalogue of that moment; nobody else's. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CartView } from "../../src/catalogue/cart.ts";
import { userTokenOf } from "../../src/messages/inbox-token.ts";
import { type Keys, startWholeOfTwo, type Whole } from "../http/whole.ts";

const SECRET = "s".repeat(43);
let [whole, shop, other] = [] as unknown as [Whole, Keys, Keys];
beforeAll(async () => {
  ({ whole, first: shop, other } = await startWholeOfTwo());
  await whole.ask(shop, "PUT", "/v1/catalogue/items/boots", { name: "Trail boots", imageUrl: "https://shop.example/boots.jpg", priceMinor: 12_000, currency: "EUR", stock: 3 }); // prettier-ignore
  await track([
    { anonymousId: "phone", event: "Product Added", properties: { product_id: "boots", name: "Boots", price: 120, currency: "EUR", quantity: 1 } },
    { anonymousId: "stranger", event: "Product Added", properties: { product_id: "hat", price: 9 } },
  ]); // prettier-ignore
});
afterAll(() => whole.end());

async function track(batch: readonly object[], { writeKey } = shop): Promise<void> {
  const answer = await fetch(`${whole.address}/v1/batch`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ writeKey, batch: batch.map((one) => ({ type: "track", ...one })) }) }); // prettier-ignore
  expect(answer.status).toBe(200);
  await whole.drain();
}
/** As a page asks. */
const visits = async (query: string, { writeKey } = shop) => {
  const answer = await fetch(`${whole.address}/v1/cart?writeKey=${writeKey}&${query}`, { headers: { origin: "https://shop.example" } }); // prettier-ignore
  return { status: answer.status, origin: answer.headers.get("access-control-allow-origin"), cart: (await answer.json()) as CartView }; // prettier-ignore
};
const held = ({ items }: CartView) => items.map(({ id, quantity }) => [id, quantity]);

describe("a visitor's cart", () => {
  test("is read from a page of any origin, with the catalogue's name, picture, price and stock", async () => {
    const { status, origin, cart } = await visits("anonymousId=phone");
    expect([status, origin]).toEqual([200, "*"]);
    expect(cart).toMatchObject({ count: 1, totals: [{ currency: "EUR", valueMinor: 12_000 }] });
    expect(cart.items[0]).toMatchObject({ id: "boots", name: "Trail boots", imageUrl: "https://shop.example/boots.jpg", addedPriceMinor: 12_000, priceMinor: 12_000, priceChanged: false, stock: 3, isAvailable: true }); // prettier-ignore
  });

  test("says at once that something costs less now, and that it is sold out", async () => {
    await whole.ask(shop, "POST", "/v1/catalogue/stock", { changes: [{ id: "boots", priceMinor: 9_900, stock: 0 }] }); // prettier-ignore
    expect((await visits("anonymousId=phone")).cart.items[0]).toMatchObject({ addedPriceMinor: 12_000, priceMinor: 9_900, priceChanged: true, stock: 0, isAvailable: false }); // prettier-ignore
    await whole.ask(shop, "POST", "/v1/catalogue/stock", { changes: [{ id: "boots", stock: 1 }] });
    expect((await visits("anonymousId=phone")).cart.items[0]).toMatchObject({ stock: 1, isAvailable: true });
  });

  test("is empty for whom nobody knows, and is nobody's without a key or a name", async () => {
    expect(await visits("anonymousId=nobody")).toMatchObject({ status: 200, cart: { items: [], count: 0, totals: [], updatedAt: null } }); // prettier-ignore
    expect((await visits("")).status).toBe(400);
    expect((await fetch(`${whole.address}/v1/cart?anonymousId=phone`)).status).toBe(401);
    expect((await visits("anonymousId=phone", { ...shop, writeKey: "wk_wrong" })).status).toBe(401);
  });

  test("is that of the workspace of the key", async () => {
    expect((await visits("anonymousId=phone", other)).cart.items).toEqual([]);
  });
});

describe("the customer's cart", () => {
  test("is on the laptop what was put in on the phone, once she signed in on both; guessing her name shows nothing", async () => {
    await track([{ anonymousId: "laptop", event: "Product Added", properties: { product_id: "boots", quantity: 1 } }, { anonymousId: "laptop", event: "Product Added", properties: { product_id: "wax", price: 9, currency: "EUR", quantity: 2 } }]); // prettier-ignore
    for (const device of ["phone", "laptop"])
      await track([{ type: "identify", userId: "ada", anonymousId: device, traits: { name: "Ada" } }]);
    expect((await visits("userId=ada")).status).toBe(403);
    expect((await visits("userId=ada&anonymousId=stranger")).status).toBe(403);
    // The device is known by name by now: whoever uses it next is another person.
    expect((await visits("anonymousId=phone")).status).toBe(403);
    await whole.ask(shop, "POST", "/v1/providers", { channel: "in_app", driver: "in_app", name: "In-app", config: { secret: SECRET } }); // prettier-ignore
    const token = (who: string) => `userToken=${encodeURIComponent(userTokenOf(SECRET, "user_id", who, Date.now() + 60_000))}`; // prettier-ignore
    const { status, cart } = await visits(`userId=ada&${token("ada")}`);
    expect([status, held(cart)]).toEqual([200, [["boots", 1], ["wax", 2]]]); // prettier-ignore
    expect((await visits(`userId=ada&${token("eve")}`)).status).toBe(403);
    expect(held((await visits("anonymousId=stranger")).cart)).toEqual([["hat", 1]]);
  });

  test("is read by id with a secret key, and by name too", async () => {
    const { id } = await whole.ask<{ id: string }>(
      shop,
      "GET",
      "/v1/customers/lookup?kind=user_id&value=ada",
    );
    const cart = await whole.ask<CartView>(shop, "GET", `/v1/customers/${id}/cart`);
    expect(cart).toMatchObject({ count: 3, totals: [{ currency: "EUR", valueMinor: 9_900 + 1_800 }] });
    expect(await whole.ask(shop, "GET", "/v1/cart?userId=ada")).toEqual(cart);
    expect((await whole.answer(other, "GET", `/v1/customers/${id}/cart`)).status).toBe(404);
    expect(await whole.ask<CartView>(other, "GET", "/v1/cart?userId=ada")).toMatchObject({ items: [] });
  });

  test("loses what was bought at the till, and keeps the rest", async () => {
    await track([{ userId: "ada", event: "Order Completed", properties: { order_id: "o1", products: [{ product_id: "boots", quantity: 1 }] } }]); // prettier-ignore
    expect(held(await whole.ask<CartView>(shop, "GET", "/v1/cart?anonymousId=laptop"))).toEqual([["wax", 2]]);
  });
});
