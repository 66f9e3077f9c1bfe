/** Decisions on the whole platform: what a page is shown, why, and what events sent along change at once. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answered } from "../../src/decisions/model.ts";
import { inAppDriver } from "../../src/messages/drivers/in-app.ts";
import { outgoingOf } from "../messages/counterparts.ts";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
// The machine of a test may be slow for a moment: what is slow is a test of its own.
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
});
afterAll(() => desk.end());

const DAY_MS = 86_400_000;
const bought = { type: "did", event: "Order Completed" };
const added = (product: string, more: object = {}) => ({ type: "track", event: "Product Added", messageId: randomUUID(), properties: { product_id: product, name: product, price: 120 }, ...more }); // prettier-ignore
const idOf = async (question: object): Promise<string | undefined> => (await desk.shown(question)).choice?.id;
/** Why each other candidate of a place was not chosen. */
const whyNot = async (anonymousId: string, place: string): Promise<{ readonly [id: string]: string }> => {
  const { body } = await desk.decide({ anonymousId, places: [place], explain: true });
  return Object.fromEntries(body.decisions[0]!.others!.map(({ id, reason }) => [id, reason]));
};

describe("a page", () => {
  test("is shown the candidate of the highest priority that the customer may be shown", async () => {
    await desk.place("home.top", [
      { id: "everybody", priority: 10, content: { title: "Hello" } },
      { id: "buyers", priority: 90, rule: bought, content: { title: "Thank you" } },
    ]);
    const stranger = await desk.shown({ anonymousId: randomUUID(), places: ["home.top"] });
    expect(stranger).toMatchObject({ place: "home.top", reason: "priority", choice: { id: "everybody", kind: "content", content: { title: "Hello" } } }); // prettier-ignore
    const device = randomUUID();
    await desk.tell({
      anonymousId: device,
      event: "Order Completed",
      properties: { order_id: "1", total: 10 },
    });
    expect((await desk.shown({ anonymousId: device, places: ["home.top"] })).choice).toMatchObject({ id: "buyers", content: { title: "Thank you" } }); // prettier-ignore
  });

  test("is shown what an event sent along changes, in the same answer, and the event counts once", async () => {
    await desk.place("cart.box", [{ id: "saved", kind: "cart", content: { title: "Still here" } }]);
    const device = randomUUID();
    const event = added("boots", { anonymousId: device });
    const { status, body } = await desk.visit({ anonymousId: device, places: ["cart.box"], events: [event] });
    expect([status, body.events]).toEqual([200, { accepted: 1, refused: 0 }]);
    const cartOf = ({ choice }: (typeof body.decisions)[number]) => choice?.content["cart"];
    const one = { count: 1, items: [{ product: { id: "boots", name: "boots", price: 120 }, quantity: 1 }] };
    expect(cartOf(body.decisions[0]!)).toMatchObject(one);
    await desk.drain();
    expect(cartOf(await desk.shown({ anonymousId: device, places: ["cart.box"] }))).toMatchObject(one);
    // Sent again, as after a lost answer.
    expect(cartOf(await desk.shown({ anonymousId: device, places: ["cart.box"], events: [event] }))).toMatchObject(one); // prettier-ignore
    const bad = await desk.visit({ anonymousId: device, places: ["cart.box"], events: [{ type: "track", anonymousId: device }] }); // prettier-ignore
    expect([bad.status, bad.body.events]).toEqual([200, { accepted: 0, refused: 1 }]);
  });

  test("is answered for each place it asks for, in its order, with the place's default where nobody is eligible", async () => {
    await desk.place("none", [{ id: "never", rule: bought }], { default: { title: "Everybody's" } });
    await desk.place("bare", []);
    const { body } = await desk.visit({ anonymousId: randomUUID(), places: ["bare", "no.such", "none", "bare"] }); // prettier-ignore
    expect(body.decisions).toMatchObject([
      { place: "bare", choice: null, reason: "default", token: null },
      { place: "no.such", choice: null, reason: "not_served", version: null },
      { place: "none", choice: { id: "default", content: { title: "Everybody's" } }, reason: "default", token: null }, // prettier-ignore
      { place: "bare", choice: null, reason: "default" },
    ]);
    // Why not is for the business, not for the page.
    expect(body.decisions[2]).not.toHaveProperty("others");
    expect((await desk.visit({ anonymousId: "x", places: ["none"], explain: true })).body.decisions[0]).not.toHaveProperty("others"); // prettier-ignore
  });

  test("is refused when the question is none", async () => {
    for (const question of [
      {},
      { anonymousId: "x", places: [] },
      { anonymousId: "x", places: Array.from({ length: 21 }, () => "a") },
      { anonymousId: "x", places: ["a"], events: Array.from({ length: 21 }, () => ({})) },
      { anonymousId: "x", places: ["a"], more: 1 },
    ])
      expect([JSON.stringify(question).slice(0, 50), (await desk.visit(question)).status]).toEqual([expect.any(String), 400]); // prettier-ignore
    expect((await desk.visit({ places: ["a"] })).status).toBe(422);
  });
});

describe("a candidate is not shown", () => {
  test("before it starts, after it ends, and to whom it is not for", async () => {
    const at = (ms: number) => new Date(Date.now() + ms).toISOString();
    await desk.place("times", [
      { id: "tomorrow", priority: 90, startsAt: at(DAY_MS) },
      { id: "yesterday", priority: 80, endsAt: at(-DAY_MS) },
      { id: "buyers", priority: 70, rule: bought },
      { id: "today", priority: 60, startsAt: at(-DAY_MS), endsAt: at(DAY_MS) },
      { id: "less", priority: 50 },
    ]);
    const device = randomUUID();
    expect(await idOf({ anonymousId: device, places: ["times"] })).toBe("today");
    expect(await whyNot(device, "times")).toEqual({ tomorrow: "not_started", yesterday: "ended", buyers: "rule", less: "outranked" }); // prettier-ignore
  });

  test("while all it is about is out of stock, from the moment the stock is told", async () => {
    await desk.place("stock", [{ id: "boots", priority: 90, products: ["b1", "b2"] }, { id: "else" }]);
    const device = randomUUID();
    const stock = (product: string, pieces: number) => desk.ask(desk.first, "PUT", "/v1/stock", { stock: [{ product, pieces }] }); // prettier-ignore
    await stock("b1", 0);
    expect(await idOf({ anonymousId: device, places: ["stock"] })).toBe("boots");
    await stock("b2", 0);
    expect(await idOf({ anonymousId: device, places: ["stock"] })).toBe("else");
    expect(await whyNot(device, "stock")).toEqual({ boots: "out_of_stock" });
    await stock("b1", 3);
    expect(await idOf({ anonymousId: device, places: ["stock"] })).toBe("boots");
  });

  test("to who said no, declined its topic, has just bought it or has an open case, as messages are not", async () => {
    await desk.ask(desk.first, "PUT", "/v1/policy", { holds: [{ type: "bought_this", withinMs: 7 * DAY_MS }, { type: "open_case", opened: ["Complained"], closed: ["Solved"] }], quietHours: [{ from: 0, to: 1439 }], caps: [{ name: "none", most: 1, over: { ms: DAY_MS } }] }); // prettier-ignore
    await desk.place("allowed", [
      { id: "boots", priority: 90, kind: "offer", products: ["boots"] },
      { id: "socks", priority: 80, kind: "offer", products: ["socks"] },
      { id: "care", priority: 10, purpose: "transactional" },
    ]);
    const device = randomUUID();
    const places = ["allowed"];
    expect(await idOf({ anonymousId: device, places })).toBe("boots");
    // The till reports the sale, and in that very answer nobody pushes the boots any more.
    const sale = { type: "track", event: "Order Completed", anonymousId: device, messageId: randomUUID(), properties: { order_id: device, products: [{ product_id: "boots" }] } }; // prettier-ignore
    expect(await idOf({ anonymousId: device, places, events: [sale] })).toBe("socks");
    await desk.drain();
    expect(await whyNot(device, "allowed")).toMatchObject({ boots: "just_bought" });
    await desk.tell({ anonymousId: device, event: "Complained" });
    expect(await idOf({ anonymousId: device, places })).toBe("care");
    expect(await whyNot(device, "allowed")).toMatchObject({ socks: "not_now" });
    await desk.tell({ anonymousId: device, event: "Solved" });
    expect(await idOf({ anonymousId: device, places })).toBe("socks");
    const no = { type: "identify", anonymousId: device, messageId: randomUUID(), context: { consent: { categoryPreferences: { marketing: false } } } }; // prettier-ignore
    expect(await idOf({ anonymousId: device, places, events: [no] })).toBe("care");
    await desk.drain();
    expect(await whyNot(device, "allowed")).toMatchObject({ socks: "consent" });
  });
});

describe("what is shown", () => {
  test("is told with what is known of the customer, and not at all where something is missing", async () => {
    await desk.place("told", [
      { id: "named", priority: 90, content: { title: "For {{ customer.traits.firstName }}", deep: [{ text: "{{ item.name }} for {{ item.price | money: item.currency }}" }, 1, true] }, products: ["cap"] },
      { id: "plain", priority: 10, content: { title: "For you, {{ page.url }}" } },
    ]); // prettier-ignore
    await desk.ask(desk.first, "PUT", "/v1/catalogue/items/cap", { name: "Cap", priceMinor: 1990, currency: "EUR" }); // prettier-ignore
    const device = randomUUID();
    const ask = { anonymousId: device, places: ["told"], context: { url: "https://shop.example/caps", locale: "de-DE", timezone: "Europe/Berlin" } }; // prettier-ignore
    expect((await desk.shown(ask)).choice).toMatchObject({ id: "plain", content: { title: "For you, https://shop.example/caps" } }); // prettier-ignore
    expect(await whyNot(device, "told")).toMatchObject({ named: "unfilled" });
    const named = { type: "identify", anonymousId: device, messageId: randomUUID(), traits: { firstName: "{{ customer.id }}<b>" } }; // prettier-ignore
    const { choice } = await desk.shown({ ...ask, events: [named] });
    // What a customer is called is no Liquid, and texts stay texts.
    expect(choice).toMatchObject({ id: "named", content: { title: "For {{ customer.id }}<b>", deep: [{ text: "Cap for 19,90\u00a0€" }, 1, true] } }); // prettier-ignore
  });

  test("can be the newest unseen message of the inbox, until it was seen", async () => {
    await desk.place("inbox.spot", [
      { id: "message", kind: "message", priority: 90, inbox: "banner" },
      { id: "else", priority: 10 },
    ]);
    const userId = "reader";
    await desk.tell({ userId, event: "Began" });
    const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=user_id&value=${userId}`); // prettier-ignore
    const put = (title: string, place: string) => inAppDriver(desk.stores.sql, Date.now).send(outgoingOf({ channel: "in_app", title, body: "Ready", url: null, place }, { customer: id, to: id, workspace: desk.first.workspace })); // prettier-ignore
    const ask = { userId, userToken: desk.userToken("user_id", userId), places: ["inbox.spot"] };
    await put("Elsewhere", "inbox");
    expect(await idOf(ask)).toBe("else");
    await put("First", "banner");
    await put("Second", "banner");
    const { choice } = await desk.shown(ask);
    expect(choice).toMatchObject({ id: "message", kind: "message", content: { message: { title: "Second", body: "Ready" } } }); // prettier-ignore
    const message = (choice!.content["message"] as { id: number }).id;
    const query = new URLSearchParams({ writeKey: desk.first.writeKey, kind: "user_id", value: userId, userToken: ask.userToken }); // prettier-ignore
    expect((await fetch(`${desk.address}/in-app/messages/${message}/seen?${query.toString()}`, { method: "POST" })).status).toBe(200); // prettier-ignore
    expect((await desk.shown(ask)).choice).toMatchObject({ content: { message: { title: "First" } } });
  });

  test("by rule is the first listed that fits, whatever its priority", async () => {
    const candidates = [{ id: "first", priority: 1, rule: bought }, { id: "second", priority: 2 }, { id: "third", priority: 99 }]; // prettier-ignore
    await desk.place("table", candidates, { ranking: "rule" });
    expect(await desk.shown({ anonymousId: randomUUID(), places: ["table"] })).toMatchObject({ reason: "rule", choice: { id: "second" } }); // prettier-ignore
  });
});

test("many customers are decided for at once with a secret key, and with no other", async () => {
  await desk.place("many", [{ id: "buyers", priority: 90, rule: bought }, { id: "else" }]);
  await desk.tell({ userId: "many-1", event: "Order Completed", properties: { order_id: "many" } });
  const questions = ["many-1", "many-2"].map((userId) => ({ userId, places: ["many"] }));
  const { answers } = await desk.ask<{ answers: Answered[] }>(desk.first, "POST", "/v1/decide/batch", { questions }); // prettier-ignore
  expect(answers.map(({ decisions }) => decisions[0]!.choice?.id)).toEqual(["buyers", "else"]);
  const headers = { authorization: `Basic ${btoa(`${desk.first.writeKey}:`)}` };
  expect((await desk.answer(desk.first, "POST", "/v1/decide/batch", { questions }, headers)).status).toBe(
    403,
  );
});
