/** The law of events sent along: a question that brings them is answered as if they had come, and been handled, before. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Decision } from "../../src/decisions/model.ts";
import { type Desk, startDesk } from "./desk.ts";

const runs = Math.ceil(Number(process.env["THROUGHLINE_CASES"] ?? 40));
let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
  const did = (event: string, atLeast: number, more: object = {}) => ({ type: "did", event, is: { op: "at_least", value: atLeast }, ...more }); // prettier-ignore
  await desk.ask(desk.first, "PUT", "/v1/stages", {
    backward: "never",
    stages: [{ key: "visitor", name: "Visitor", rule: null }, { key: "looking", name: "Looking", rule: did("Product Viewed", 1) }, { key: "buyer", name: "Buyer", rule: did("Order Completed", 1) }],
  }); // prettier-ignore
  await desk.ask(desk.first, "PUT", "/v1/policy", {
    holds: [{ type: "bought_this", withinMs: 30 * DAY_MS }],
  });
  await desk.place("law", [
    ...["visitor", "looking", "buyer"].map((stage) => ({ id: `stage-${stage}`, stages: [stage] })),
    ...[1, 2, 3].map((n) => ({ id: `viewed-${n}`, rule: did("Product Viewed", n) })),
    { id: "spent", rule: did("Order Completed", 100, { measure: { of: "sum", property: "total" } }) },
    { id: "left-cart", rule: { type: "without", event: "Product Added", without: { event: "Order Completed" }, forMs: 60_000 } },
    { id: "gold", rule: { type: "trait", name: "plan", is: { op: "equals", value: "gold" } } },
    { id: "cart", kind: "cart" },
    { id: "boots", products: ["boots"] },
    { id: "news", purpose: "marketing" },
    { id: "web", rule: { type: "channel", preferred: ["web", "direct"] } },
    { id: "named", content: { title: "{{ customer.traits.plan }} {{ customer.cart.count }} {{ customer.stage }}" } },
  ]); // prettier-ignore
});
afterAll(() => desk.end());

const DAY_MS = 86_400_000;
/** What happens, as told of any device and user. */
const someMoment = fc.oneof(
  fc.constantFrom("Product Viewed", "Product Added", "Product Removed").chain((event) => fc.constantFrom("boots", "socks").map((product_id) => ({ type: "track", event, properties: { product_id } }))),
  fc.constantFrom("boots", "socks").map((product_id) => ({ type: "track", event: "Order Completed", properties: { order_id: product_id, total: 60, products: [{ product_id }] } })),
  fc.constantFrom("gold", "free").map((plan) => ({ type: "identify", traits: { plan } })),
  fc.boolean().map((marketing) => ({ type: "identify", context: { consent: { categoryPreferences: { marketing } } } })),
  fc.constant({ type: "page", properties: { url: "https://shop.example/" } }),
); // prettier-ignore
/** Who sends it: a device alone, or with the user who is signed in on it, or another device of the user's. */
const someSender = fc.constantFrom(["a"], ["a", "user"], ["b", "user"], ["b"]);
const someStory = fc.array(fc.tuple(someMoment, someSender, fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 12 }); // prettier-ignore

type Story = typeof someStory extends fc.Arbitrary<infer S> ? S : never;
/** The story with names of its own, so that two tellings are two customers; of one instant the same event is the later one. */
function toldBy(story: Story): { readonly device: string; readonly events: readonly object[] } {
  const name = randomUUID();
  const events = story.map(([moment, [device, user], minutesAgo], i) => ({
    ...moment, messageId: `${String(i).padStart(3, "0")}-${name}`, anonymousId: `${device}-${name}`, ...(user && { userId: `user-${name}` }),
    timestamp: new Date(START_AT - minutesAgo * 60_000).toISOString(),
  })); // prettier-ignore
  return { device: `a-${name}`, events };
}
const START_AT = Date.now();

/** What a decision says, without what is another one each time. */
const saidBy = ({ token: _, choice, ...rest }: Decision, device: string): unknown =>
  JSON.parse(JSON.stringify({ ...rest, choice, hasToken: _ !== null }).replaceAll(device.slice(2), "NAME"));

test("a question with events along is answered as if they had come before", async () => {
  await fc.assert(
    fc.asyncProperty(someStory, fc.nat({ max: 12 }), async (story, cut) => {
      const [before, along] = [toldBy(story), toldBy(story)];
      await desk.tell(...before.events);
      const early = along.events.slice(0, Math.min(cut, story.length));
      if (early.length > 0) await desk.tell(...early);
      const ask = (anonymousId: string, events: readonly object[]) => desk.decide({ anonymousId, places: ["law"], explain: true, events }); // prettier-ignore
      const late = along.events.slice(early.length);
      const [one, other] = [await ask(before.device, []), await ask(along.device, late)];
      expect(other.body.events).toEqual({ accepted: late.length, refused: 0 });
      const expected = saidBy(one.body.decisions[0]!, before.device);
      expect(saidBy(other.body.decisions[0]!, along.device)).toEqual(expected);
      // And once they were handled nothing of it changes.
      await desk.drain();
      const after = await ask(along.device, []);
      expect(saidBy(after.body.decisions[0]!, along.device)).toEqual(expected);
    }),
    { numRuns: runs, interruptAfterTimeLimit: 60_000 },
  );
}, 120_000);
