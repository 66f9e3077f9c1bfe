/** Decisions on the whole platform: what a page is shown, why, and what events sent along change at once. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
// The machine of a test may be slow for a moment: what is slow is a test of its own.
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
});
afterAll(() => desk.end());

const bought = { type: "did", event: "Order Completed" };
const added = (product: string, more: object = {}) => ({ type: "track", event: "Product Added", messageId: randomUUID(), properties: { product_id: product, name: product, price: 120 }, ...more }); // prettier-ignore

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
  });
});
