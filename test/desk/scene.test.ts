/** The shop assistant types a phone number and sees it all, the promise of a call back too; and keeps it. On the whole platform. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Timeline } from "../../src/customers/document.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { DAY_MS, ago, ahead, deskOf, until } from "./stage.ts";

let whole: Whole;
let desk: ReturnType<typeof deskOf>;
beforeAll(async () => {
  whole = await startWhole();
  desk = deskOf(whole, whole.first);
  const put = (path: string, body: object) => whole.ask(whole.first, "PUT", path, body);
  await put("/v1/desk/settings", { country: "DE" });
  await put("/v1/catalogue/items/boots-42", { name: "Trail boots", priceMinor: 9_900, currency: "EUR", stock: 2 });
  await put("/v1/catalogue/items/wax", { name: "Leather wax", priceMinor: 900, currency: "EUR", stock: 0 });
  await put("/v1/places/desk.till", {
    name: "At the till", kind: "desk",
    candidates: [{ id: "fit", name: "Fit", kind: "step", content: { title: "Offer to measure her feet", text: "She asked about size 42." } }],
  });
  await until(
    () => whole.ask<{ state: string }>(whole.first, "GET", "/v1/places/desk.till"),
    ({ state }) => state === "live",
  );
}); // prettier-ignore
afterAll(() => whole.end());

test("the shop assistant types her phone number and sees it all, the promise of a call back too", async () => {
  await desk.sends(
    { type: "identify", userId: "ann", timestamp: ago(9 * DAY_MS), traits: { firstName: "Ann", lastName: "Meier", email: "ann@example.com", phone: "+49 171 1234567" } },
    { type: "track", userId: "ann", timestamp: ago(3 * DAY_MS), event: "Product Viewed", properties: { product_id: "wax", name: "Leather wax" } },
    { type: "track", userId: "ann", timestamp: ago(2 * DAY_MS), event: "Product Added", properties: { product_id: "boots-42", name: "Trail boots", price: 120, currency: "EUR", quantity: 1 } },
    { type: "track", userId: "ann", timestamp: ago(1.5 * DAY_MS), event: "Question Asked", properties: { topic: "Which size fits wide feet?", sentiment: "negative" } },
    { type: "track", userId: "ann", timestamp: ago(DAY_MS), event: "Promise Made", properties: { promise_id: "p-1", promise: "Call back about the size", due_at: ago(3_600_000), by: "Cem from support" } },
  ); // prettier-ignore
  const found = await desk.one({ q: "0171 / 123 45 67" });
  expect(found).toMatchObject({ name: "Ann Meier", foundBy: ["phone"] });
  const story = await desk.story(found.id, "phone");
  expect(story).toMatchObject({
    who: { name: "Ann Meier", isMasked: false, reach: [{ kind: "email", value: "ann@example.com" }, { kind: "phone", value: "+491711234567" }, { kind: "user_id", value: "ann" }] },
    cart: { items: [{ id: "boots-42", name: "Trail boots", addedPriceMinor: 12_000, priceMinor: 9_900, currency: "EUR", priceChanged: true, stock: 2, isAvailable: true }] },
    purchases: { orders: 0, recent: [] },
    questions: [{ event: "Question Asked", about: "Which size fits wide feet?", isComplaint: false }],
    promises: [{ id: "p-1", promise: "Call back about the size", by: "Cem from support", state: "overdue" }],
    sentiment: { word: "unhappy", value: -1, event: "Question Asked" },
  }); // prettier-ignore
  expect(story.next.map(({ kind, title, isUrgent }) => [kind, title, isUrgent])).toEqual([
    ["promise", "Overdue: Call back about the size", true],
    ["question", "Answer the question", false],
    ["decision", "Offer to measure her feet", false],
  ]);
  expect(story.avoid).toMatchObject([{ reason: "out_of_stock", about: "Leather wax", detail: "Do not push Leather wax: it is out of stock." }, { reason: "consent_missing", detail: "Promise no offers by text message or WhatsApp: they have not agreed to it." }]); // prettier-ignore
  expect(story.moments[0]).toMatchObject({ channel: expect.any(String) });
  expect(story.missing).toEqual(expect.arrayContaining(["They have not bought anything yet."]));

  const kept = await desk.write(found.id, "promises/kept", { promiseId: "p-1", text: "Measured: 42 wide.", channel: "store" }); // prettier-ignore
  await desk.write(found.id, "promises/kept", { promiseId: "p-1", text: "Said twice." });
  const next = await desk.write(found.id, "promises", { promise: "Put the boots aside", dueAt: ahead(2 * DAY_MS) }); // prettier-ignore
  await desk.write(found.id, "notes", { text: "Comes on Saturday." });
  const after = await desk.story(found.id);
  expect(after.promises.map(({ id, state }) => [id, state])).toEqual([[next.id, "open"], ["p-1", "kept"]]); // prettier-ignore
  expect(after.notes).toMatchObject([{ text: "Comes on Saturday." }]);
  const { events } = await whole.ask<Timeline>(whole.first, "GET", `/v1/customers/${found.id}/timeline`);
  expect(events.filter(({ messageId }) => messageId === kept.messageId)).toMatchObject([
    { name: "Promise Kept", channel: "store", properties: { promise_id: "p-1", note: "Measured: 42 wide." } },
  ]);
  expect(events.slice(0, 3).map(({ name }) => name).toSorted()).toEqual(["Note Added", "Promise Kept", "Promise Made"]); // prettier-ignore
  const looks = await desk.looks();
  expect(looks.map(({ what, foundBy, customers }) => [what, foundBy, customers])).toEqual([
    ["opened", ["link"], [found.id]],
    ["opened", ["phone"], [found.id]],
    ["lookup", ["phone"], [found.id]],
  ]);
});

test("from the moment the till reports the sale the boots are not to be pushed any more, and the cart is empty", async () => {
  const { id } = await desk.one({ phone: "0171 1234567" });
  await desk.sends({ type: "track", userId: "ann", event: "Order Completed", context: { channel: "store" }, properties: { order_id: "T-77", total: 99, currency: "EUR", products: [{ product_id: "boots-42", name: "Trail boots", price: 99 }] } }); // prettier-ignore
  const story = await desk.story(id);
  expect(story.avoid[0]).toEqual({ reason: "bought_this", about: "Trail boots", detail: "Do not push Trail boots: they have just bought it. Help with using it instead." }); // prettier-ignore
  expect([story.cart.items, story.purchases.orders, story.purchases.recent[0]?.title]).toEqual([[], 1, "Trail boots"]); // prettier-ignore
  expect((await desk.one({ order: "t77" })).id).toBe(id);
});

test("a rule sees what the desk wrote back, and the stage is told with since when", async () => {
  const rule = { type: "did", event: "Promise Made", is: { op: "at_least", value: 1 } };
  await whole.ask(whole.first, "PUT", "/v1/stages", { stages: [{ key: "visitor", name: "Visitor", rule: null }, { key: "promised", name: "Promised", rule }] }); // prettier-ignore
  await until(
    () => whole.ask<{ state: string }>(whole.first, "GET", "/v1/stages"),
    ({ state }) => state === "live",
  );
  await desk.sends({ type: "identify", userId: "bob", traits: { name: "Bob Stone" } });
  const { id } = await desk.one({ name: "bob stone" });
  expect((await desk.story(id)).stage?.name).toBe("Visitor");
  await desk.write(id, "promises", { promise: "Call on Monday", dueAt: ahead(DAY_MS) });
  const { stage } = await until(
    () => desk.story(id),
    (story) => story.stage?.name === "Promised",
  );
  expect(Date.parse(stage!.sinceAt!)).toBeGreaterThan(Date.now() - 60_000);
});
