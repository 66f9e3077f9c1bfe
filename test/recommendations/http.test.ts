/** Recommendations on the whole platform: worked out of what customers did, shown on a page, and true at that moment. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Desk, startDesk } from "../decisions/desk.ts";
import type { Keys } from "../http/whole.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
let desk: Desk;
let segment: number;

const agoMs = (ms: number) => ({ timestamp: new Date(Date.now() - ms).toISOString() });
const ordered = (who: string, daysAgo: number, ...products: string[]) => ({
  event: "Order Completed", userId: who, ...agoMs(daysAgo * DAY_MS + HOUR_MS), properties: { order_id: `${who}-${daysAgo}`, products: products.map((product_id) => ({ product_id })) },
}); // prettier-ignore
const put = (id: string, more: object = {}) =>
  desk.ask(desk.first, "PUT", `/v1/catalogue/items/${id}`, { name: `The ${id}`, priceMinor: 1_000, currency: "EUR", url: `https://shop.example/${id}`, imageUrl: `https://shop.example/${id}.jpg`, stock: 5, ...more }); // prettier-ignore

beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
  await put("boots", { category: ["Shoes", "Boots"] });
  await put("socks", { category: ["Shoes"] });
  await put("wax", { category: ["Care"], consumable: true });
  await put("laces", { category: ["Shoes", "Laces"] });
  await put("tent", { category: ["Camping"] });
  await put("lamp", { category: ["Camping"] });
  ({ id: segment } = await desk.ask<{ id: number }>(desk.first, "POST", "/v1/segments", { name: "Campers", rule: { type: "did", event: "Camped" } }));
  await desk.ask(desk.first, "PUT", "/v1/stages", { stages: [{ key: "walker", name: "Walker", rule: null }, { key: "camper", name: "Camper", rule: { type: "did", event: "Camped" } }] });
  // Lists of a stage and a segment are of those who are in it: both must serve before anybody is asked for.
  for (const path of [`/v1/segments/${segment}`, "/v1/stages"])
    await vi.waitUntil(async () => (await desk.ask<{ state: string }>(desk.first, "GET", path)).state === "live", { timeout: 30_000, interval: 20 });
  const hikers = ["a", "b", "c", "d"].flatMap((who) => [ordered(who, 20, "boots", "wax", ...(who === "d" ? [] : ["socks"])), ordered(who, 10, "laces", "wax")]);
  const campers = ["e", "f", "g"].flatMap((who) => [ordered(who, 20, "tent"), ordered(who, 15, "lamp"), { event: "Camped", userId: who }]);
  await desk.tell(...hikers, ...campers);
  await desk.ask(desk.first, "POST", "/v1/recommendations/refresh");
}); // prettier-ignore
afterAll(() => desk.end());

type Item = { readonly id: string; readonly priceMinor: number; readonly why: { readonly by: string; readonly of: string | null; readonly customers: number; readonly lift: number } }; // prettier-ignore
type Told = { readonly items: readonly Item[]; readonly basis: { readonly customers: number; readonly orders: number; readonly method: string; readonly asOf: string; readonly settings: object } }; // prettier-ignore
const told = (path: string, by: Keys = desk.first) => desk.ask<Told>(by, "GET", path);
const ids = async (path: string, by: Keys = desk.first) => (await told(path, by)).items.map(({ id }) => id);
const customer = async (userId: string) =>
  (await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=user_id&value=${userId}`)).id;

describe("the API", () => {
  test("says what goes with a product, in how many customers, how much more often than by chance, and on what that rests", async () => {
    const { items, basis } = await told("/v1/recommendations/products/boots");
    expect(items.map(({ id, why }) => [id, why.by, why.of, why.customers])).toEqual([["wax", "basket", "boots", 4], ["socks", "basket", "boots", 3]]); // prettier-ignore
    // 4 of 14 orders hold boots, 8 hold wax, 4 both: 14 * 4 / (4 * 8) is 1.75; the later wax weighs a little more.
    expect(items[0]!.why.lift).toBeCloseTo(1.73, 2);
    expect(items[1]).toMatchObject({ name: "The socks", priceMinor: 1_000, currency: "EUR", url: "https://shop.example/socks", why: { words: expect.stringContaining("3 customers") } }); // prettier-ignore
    expect(basis).toMatchObject({ customers: 7, orders: 14, settings: { halfLifeDays: 60, customersMin: 3 }, method: expect.stringContaining("share") }); // prettier-ignore
    expect(Date.parse(basis.asOf)).toBeLessThanOrEqual(Date.now());
  });

  test("says what is bought next after a product, and what is popular with all, in a category, in a segment and in a stage", async () => {
    expect(await ids("/v1/recommendations/products/boots?by=next")).toEqual(["laces", "wax"]);
    expect(await ids("/v1/recommendations/products/tent?by=next")).toEqual(["lamp"]);
    expect((await ids("/v1/recommendations/popular")).slice(0, 2)).toEqual(["laces", "wax"]);
    expect(await ids("/v1/recommendations/popular?of=Shoes")).toEqual(["laces", "boots", "socks"]);
    expect(await ids("/v1/recommendations/popular?of=Shoes%20%3E%20Boots")).toEqual(["boots"]);
    expect(await ids("/v1/recommendations/popular?of=Boots")).toEqual(["boots"]);
    expect(await ids(`/v1/recommendations/popular?segment=${segment}`)).toEqual(["lamp", "tent"]);
    expect(await ids(`/v1/recommendations/popular?segment=${segment}&count=1`)).toEqual(["lamp"]);
    expect(await ids("/v1/recommendations/popular?stage=camper")).toEqual(["lamp", "tent"]);
    expect(await ids("/v1/recommendations/popular?stage=walker")).toEqual(["laces", "wax", "boots", "socks"]);
  });

  test("recommends to a customer what goes with the cart and what comes next, and nothing that is in the cart or was just bought", async () => {
    await desk.tell(ordered("new", 3, "boots"), { event: "Product Added", userId: "new", properties: { product_id: "laces" } }, { event: "Product Viewed", userId: "new", properties: { product_id: "tent" } }); // prettier-ignore
    const path = `/v1/customers/${await customer("new")}/recommendations`;
    // Laces are in the cart already.
    expect(await ids(`${path}?by=next`)).toEqual(["wax"]);
    // Wax was in the same orders as laces; the lamp was bought within days of the tent that is looked at.
    expect((await told(`${path}?by=together`)).items.map(({ id, why }) => [id, why.by, why.of])).toEqual([["wax", "basket", "laces"], ["lamp", "window", "tent"]]); // prettier-ignore
    expect(await ids(`${path}?by=viewed`)).toEqual(["tent"]);
    const popular = await ids(`${path}?by=popular&count=20`);
    expect(popular.toSorted()).toEqual(["lamp", "socks", "tent", "wax"]);
    const [refused, unknown] = [await desk.answer(desk.first, "GET", `${path}?by=next&segment=1`), await desk.answer(desk.first, "GET", "/v1/recommendations/products/nothing")]; // prettier-ignore
    expect([refused.status, unknown.status]).toEqual([400, 404]);
  });

  test("shows again what is consumable though it was just bought, and holds back the rest as long as the policy says", async () => {
    await desk.tell(ordered("again", 3, "boots", "wax", "socks"));
    const path = `/v1/customers/${await customer("again")}/recommendations?by=popular&of=`;
    expect([await ids(`${path}Care`), await ids(`${path}Shoes`)]).toEqual([["wax"], ["laces"]]);
    await desk.ask(desk.first, "PUT", "/v1/policy", {
      holds: [{ type: "bought_this", withinMs: DAY_MS }],
    });
    expect(await ids(`${path}Shoes`)).toEqual(["laces", "boots", "socks"]);
    await desk.ask(desk.first, "PUT", "/v1/policy", {});
  });

  test("keeps each workspace's to itself, and is laid down by those who may change things", async () => {
    const other = await desk.workspace("Other");
    expect((await desk.answer(other, "GET", "/v1/recommendations/products/boots")).status).toBe(404);
    expect(await ids("/v1/recommendations/popular", other)).toEqual([]);
    expect(await desk.ask(other, "GET", "/v1/recommendations")).toMatchObject({ basis: null, settings: { halfLifeDays: 60 } }); // prettier-ignore
    await desk.ask(other, "PUT", "/v1/recommendations", { halfLifeDays: 7 });
    expect(await desk.ask(other, "POST", "/v1/recommendations/refresh")).toMatchObject({ settings: { halfLifeDays: 7 }, basis: { orders: 0, lists: 0 } }); // prettier-ignore
    expect((await ids("/v1/recommendations/products/boots")).length).toBe(2);
  });
});

describe("a page", () => {
  const place = (key: string, recommend: object) =>
    desk.place(key, [
      { id: "found", kind: "recommendation", priority: 90, content: { title: "For you" }, recommend },
      { id: "otherwise", priority: 10 },
    ]);
  type Content = { readonly title: string; readonly items: readonly { readonly id: string; readonly price: number; readonly stock: number }[] }; // prettier-ignore
  const shown = async (key: string, question: object) => {
    const { choice } = await desk.shown({ places: [key], ...question });
    return choice!.id === "found" ? (choice!.content as unknown as Content) : null;
  };
  const viewed = (product_id: string) => ({ type: "track", event: "Product Viewed", messageId: randomUUID(), properties: { product_id } }); // prettier-ignore

  test("shows what goes with the product that is looked at in this very question, with its price, picture and why", async () => {
    await place("with", { by: "together", count: 3 });
    const anonymousId = randomUUID();
    expect(await shown("with", { anonymousId })).toBeNull();
    const content = await shown("with", { anonymousId, events: [{ ...viewed("boots"), anonymousId }] });
    expect(content).toMatchObject({
      title: "For you",
      items: [
        { id: "wax" },
        { id: "socks", name: "The socks", price: 10, currency: "EUR", imageUrl: "https://shop.example/socks.jpg", url: "https://shop.example/socks", why: { by: "basket", of: "boots", customers: 3 } },
      ],
    }); // prettier-ignore
    const { body } = await desk.decide({ anonymousId: randomUUID(), places: ["with"], explain: true });
    expect(body.decisions[0]!.others).toMatchObject([{ id: "found", reason: "empty" }]);
  });

  test("shows a change of stock and price at once", async () => {
    await place("next", { by: "next", count: 1 });
    const anonymousId = randomUUID();
    await desk.tell({ ...ordered("", 2, "boots"), userId: undefined, anonymousId });
    const items = async () =>
      (await shown("next", { anonymousId }))?.items.map(({ id, price }) => [id, price]);
    expect(await items()).toEqual([["laces", 10]]);
    await desk.ask(desk.first, "POST", "/v1/catalogue/stock", { changes: [{ id: "laces", priceMinor: 750 }] }); // prettier-ignore
    expect(await items()).toEqual([["laces", 7.5]]);
    await desk.ask(desk.first, "POST", "/v1/catalogue/stock", { changes: [{ id: "laces", stock: 0 }] });
    expect(await items()).toEqual([["wax", 10]]);
    await desk.ask(desk.first, "POST", "/v1/catalogue/stock", { changes: [{ id: "wax", stock: 0 }] });
    expect(await shown("next", { anonymousId })).toBeNull();
    await put("laces", { category: ["Shoes", "Laces"] });
    await put("wax", { category: ["Care"], consumable: true });
  });

  test("shows nothing more of what is bought in this very question", async () => {
    await place("popular", { by: "popular", count: 20, of: "Camping" });
    const anonymousId = randomUUID();
    const items = async (...events: object[]) => (await shown("popular", { anonymousId, events }))?.items.map(({ id }) => id); // prettier-ignore
    expect(await items()).toEqual(["lamp", "tent"]);
    const bought = { ...ordered("", 0, "tent"), userId: undefined, type: "track", messageId: randomUUID(), anonymousId, timestamp: new Date().toISOString() }; // prettier-ignore
    expect(await items(bought)).toEqual(["lamp"]);
  });

  test("is not shown by a device's name what a person who is known by name bought, looked at or has in the cart", async () => {
    await place("viewed", { by: "viewed", count: 5 });
    const anonymousId = randomUUID();
    await desk.tell({ event: "Product Viewed", userId: "known", properties: { product_id: "tent" } }, { type: "identify", userId: "known", anonymousId }); // prettier-ignore
    expect(await shown("viewed", { anonymousId })).toBeNull();
    const { body } = await desk.decide({ userId: "known", places: ["viewed"] });
    expect(body.decisions[0]!.choice!.content).toMatchObject({ items: [{ id: "tent" }] });
  });

  test("is refused what cannot be found: products of an offer, or of a segment that is not there", async () => {
    const laid = (candidate: object) => desk.answer<{ detail: string }>(desk.first, "PUT", "/v1/places/wrong", { name: "Wrong", candidates: [{ id: "x", name: "x", ...candidate }] }); // prettier-ignore
    const offer = await laid({ kind: "offer", recommend: { by: "popular", count: 2 } });
    const gone = await laid({ kind: "recommendation", recommend: { by: "popular", count: 2, segment: 99 } });
    expect([offer.status, gone.status]).toEqual([422, 422]);
    expect(JSON.stringify(gone.body)).toContain("There is no segment 99.");
  });
});
