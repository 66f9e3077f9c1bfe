/** Whose data a page gets: the customer's own, and never another's by a name that can be guessed. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
  const bought = { type: "did", event: "Order Completed" };
  await desk.place("who", [
    {
      id: "named",
      priority: 90,
      rule: bought,
      content: { title: "Thank you, {{ customer.traits.firstName }}" },
    },
    { id: "buyers", priority: 80, rule: bought, content: { title: "Thank you" } },
    { id: "cart", priority: 70, kind: "cart" },
    { id: "offer", priority: 20, kind: "offer", purpose: "marketing" },
    { id: "service", priority: 10, purpose: "transactional" },
  ]);
});
afterAll(() => desk.end());

/** Somebody who bought, with a name and a cart, known by a userId. */
const person = async (userId: string, more: object = {}): Promise<void> => {
  await desk.tell(
    { type: "identify", userId, traits: { firstName: userId, email: `${userId}@example.com` }, ...more },
    { userId, event: "Order Completed", properties: { order_id: `order of ${userId}`, products: [{ product_id: "hat" }] } },
    { userId, event: "Product Added", properties: { product_id: "boots" } },
  ); // prettier-ignore
};
const signed = (userId: string) => ({
  userId,
  userToken: desk.userToken("user_id", userId),
  places: ["who"],
});
const byDevice = (anonymousId: string, events: readonly object[] = []) => desk.shown({ anonymousId, places: ["who"], events }); // prettier-ignore

describe("a page that names a user", () => {
  test("is refused without a token, with another's, and with one whose time is over", async () => {
    await person("ann");
    const ask = (more: object) => desk.visit({ userId: "ann", places: ["who"], ...more });
    for (const more of [
      {},
      { userToken: desk.userToken("user_id", "ben") },
      { userToken: desk.userToken("anonymous_id", "ann") },
      { userToken: desk.userToken("user_id", "ann", -1000) },
      { userToken: "ut1.9999999999.x" },
    ]) {
      const { status, body } = await ask(more);
      expect([status, JSON.stringify(body)]).toEqual([403, expect.not.stringContaining("Thank you")]);
    }
    expect((await ask({ userToken: desk.userToken("user_id", "ann") })).status).toBe(200);
  });

  test("gets what the customer may see, with the token that the business's server signed", async () => {
    await person("cat");
    expect((await desk.shown(signed("cat"))).choice).toMatchObject({ id: "named", content: { title: "Thank you, cat" } }); // prettier-ignore
  });

  test("keeps no event of who is not proven", async () => {
    const messageId = randomUUID();
    const event = { type: "track", event: "Forged", userId: "ann", messageId };
    expect((await desk.visit({ userId: "ann", places: ["who"], events: [event] })).status).toBe(403);
    await desk.drain();
    const { sql } = desk.stores;
    expect(await sql.query("select 1 as one from inbox where body like $1", [`%${messageId}%`])).toEqual([]);
  });
});

describe("a device's name alone", () => {
  test("opens all that is known while nobody's name is", async () => {
    const device = randomUUID();
    await desk.tell(
      { anonymousId: device, event: "Product Added", properties: { product_id: "boots" } },
      { anonymousId: device, event: "Order Completed", properties: { order_id: device, products: [{ product_id: "hat" }] } },
    ); // prettier-ignore
    // No first name is known, and what a text needs and lacks is not shown half.
    expect((await byDevice(device)).choice).toMatchObject({ id: "buyers" });
  });

  test("opens nothing of the person it was joined to, not even that there is something", async () => {
    await person("dan");
    const device = randomUUID();
    await desk.tell({ type: "identify", anonymousId: device, userId: "dan" });
    expect((await byDevice(device)).choice).toMatchObject({ id: "offer" });
    expect((await desk.shown(signed("dan"))).choice).toMatchObject({ id: "named" });
  });

  test("opens nothing of somebody whom it claims to be in the very question", async () => {
    await person("eve");
    const device = randomUUID();
    const claim = { type: "identify", userId: "eve", anonymousId: device, messageId: randomUUID() };
    expect((await byDevice(device, [claim])).choice).toMatchObject({ id: "offer" });
    await desk.drain();
    expect((await byDevice(device)).choice).toMatchObject({ id: "offer" });
  });

  test("still opens what was done on that device before its customer had a name", async () => {
    const device = randomUUID();
    await desk.tell({ anonymousId: device, event: "Product Added", properties: { product_id: "socks" } });
    await person("fay");
    await desk.tell({ type: "identify", anonymousId: device, userId: "fay" });
    const { choice } = await byDevice(device);
    expect(choice).toMatchObject({ id: "cart", content: { cart: { count: 1, items: [{ product: { id: "socks" } }] } } }); // prettier-ignore
    // All of it, once it is proven who asks.
    const explained = await desk.decide({ userId: "fay", places: ["who"], explain: true });
    expect(explained.body.decisions[0]!.choice?.id).toBe("named");
  });

  test("keeps what the person said no to, wherever they said it", async () => {
    await person("gil");
    await desk.tell({ type: "identify", userId: "gil", context: { consent: { categoryPreferences: { marketing: false } } } }); // prettier-ignore
    const device = randomUUID();
    expect((await byDevice(device)).choice).toMatchObject({ id: "offer" });
    await desk.tell({ type: "identify", anonymousId: device, userId: "gil" });
    expect((await byDevice(device)).choice).toMatchObject({ id: "service" });
  });
});

test("a server with the secret key may name anybody, by any name", async () => {
  await person("hal");
  const identifier = { kind: "email", value: "Hal@Example.com " };
  const { body } = await desk.decide({ identifier, places: ["who"] });
  expect(body.decisions[0]!.choice).toMatchObject({ id: "named", content: { title: "Thank you, hal" } });
  // With a write key the name says nothing.
  expect((await desk.visit({ identifier, places: ["who"] })).status).toBe(422);
});

test("another workspace's keys read its own customers and places only", async () => {
  await person("ida");
  const other = await desk.workspace("Other");
  const asked = { anonymousId: "ida", places: ["who"] };
  expect((await desk.visit(asked, other)).body.decisions).toMatchObject([{ reason: "not_served", choice: null }]); // prettier-ignore
  await desk.place("who", [{ id: "theirs", rule: { type: "did", event: "Order Completed" } }], {}, other);
  const { body } = await desk.decide({ userId: "ida", places: ["who"] }, other);
  expect(body.decisions).toMatchObject([{ reason: "default", choice: null }]);
  // A token of one workspace is nothing in another.
  const { token } = (await desk.decide({ userId: "ida", places: ["who"] })).body.decisions[0]!;
  const reported = await desk.answer(other, "POST", "/v1/decide/outcomes", { token, outcome: "exposed" });
  expect(reported.status).toBe(422);
});

test("where every caller is trusted a name is enough, from the moment that is laid down", async () => {
  const closed = await desk.workspace("Closed network");
  await desk.place("kiosk", [{ id: "gold", rule: { type: "trait", name: "plan", is: { op: "equals", value: "gold" } } }], {}, closed); // prettier-ignore
  const asked = { userId: "joe", places: ["kiosk"], events: [{ type: "identify", userId: "joe", messageId: randomUUID(), traits: { plan: "gold" } }] }; // prettier-ignore
  expect((await desk.visit(asked, closed)).status).toBe(403);
  const provider = { channel: "in_app", driver: "in_app", name: "Kiosk", config: { proof: "trusted" } };
  await desk.ask(closed, "POST", "/v1/providers", provider);
  const { status, body } = await desk.visit(asked, closed);
  expect([status, body.decisions[0]?.choice?.id]).toEqual([200, "gold"]);
});

test("without a key nothing is answered", async () => {
  const ask = (path: string, headers: { readonly [name: string]: string } = {}) =>
    fetch(desk.address + path, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify({ anonymousId: "x", places: ["who"] }) }); // prettier-ignore
  for (const path of ["/v1/decide", "/v1/decide/batch", "/v1/decide/outcomes"]) {
    expect([path, (await ask(path)).status]).toEqual([path, 401]);
    expect([path, (await ask(path, { authorization: "Bearer sk_nobody" })).status]).toEqual([path, 401]);
  }
  // Where a page can send no header of its own: navigator.sendBeacon.
  const beacon = await fetch(`${desk.address}/v1/decide?writeKey=${desk.first.writeKey}`, { method: "POST", headers: { "content-type": "text/plain;charset=UTF-8" }, body: JSON.stringify({ anonymousId: "x", places: ["who"] }) }); // prettier-ignore
  expect([beacon.status, beacon.headers.get("access-control-allow-origin")]).toEqual([200, "*"]);
});
