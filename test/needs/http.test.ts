/** A made-up shop sent as any sender would: goals learnt over HTTP, told as traits that rules ask for, and one customer's needs with reasons. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CustomerNeeds, NeedsAnswer } from "../../src/needs/document.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { DAY_MS, sentOf, shopOf } from "./world.ts";

const CUSTOMERS = 800;
let whole: Whole;
beforeAll(async () => {
  whole = await startWhole();
  const events = sentOf(shopOf(CUSTOMERS, 1));
  for (let from = 0; from < events.length; from += 2_000) {
    const body = JSON.stringify({ writeKey: whole.first.writeKey, batch: events.slice(from, from + 2_000) });
    const answer = await fetch(`${whole.address}/v1/batch`, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(answer.status).toBe(200);
    await answer.text();
  }
  await whole.drain();
}); // prettier-ignore
afterAll(() => whole.end());

const lookUp = (user: string) =>
  whole.ask<{ readonly id: string; readonly traits: { readonly [name: string]: unknown }; readonly lastSeenAt: string }>(whole.first, "GET", `/v1/customers/lookup?kind=user_id&value=${user}`); // prettier-ignore

test("goals asked for are learnt, shown with how good they are, and told to customers as traits that change no time of theirs", async () => {
  const before = await lookUp("u-1");
  const goals = [
    { key: "order", name: "An order", when: { type: "order" } },
    { key: "complaint", name: "A complaint", when: { type: "event", event: "Complaint Received", where: [] } },
  ];
  const answer = await whole.ask<NeedsAnswer>(whole.first, "POST", "/v1/needs/work-out", { goals });
  expect(answer.goals.map(({ state }) => state)).toEqual(["shown", "too_little_data"]);
  expect(answer.goals[1]!.detail).toMatch(/^Only 0 customers who reached it/);
  const { quality, trait } = answer.goals[0]!;
  expect(trait).toBe("likely_order");
  expect(quality!.aucInterval.low).toBeGreaterThan(answer.floor.aucLow);
  expect(quality!.groups).toHaveLength(10);
  const { model } = answer.goals[0]!;
  expect(model!.strongest.length).toBe(12);
  expect(Math.abs(model!.strongest[0]!.weight)).toBeGreaterThan(Math.abs(model!.strongest[11]!.weight));
  expect(answer.basis!.customers).toBeGreaterThan(CUSTOMERS / 2);
  expect(await whole.ask<NeedsAnswer>(whole.first, "GET", "/v1/needs")).toMatchObject({ asked: { goals: [{ key: "order", withinMs: 30 * DAY_MS }, {}] }, goals: answer.goals, told: answer.told }); // prettier-ignore
  await whole.drain();
  const after = await lookUp("u-1");
  expect(after.traits["likely_order"]).toBeGreaterThan(0);
  expect(after.traits["likely_next"]).toBe("order");
  expect(after.lastSeenAt).toBe(before.lastSeenAt);
}); // prettier-ignore

test("a customer's needs say how likely, why, and how well it is known; rules ask for the same chance", async () => {
  const { id, traits } = await lookUp("u-1");
  const told = await whole.ask<CustomerNeeds>(whole.first, "GET", `/v1/customers/${id}/needs`);
  expect(told.next).toBe("order");
  const [need] = told.needs;
  expect(need).toMatchObject({ key: "order", trait: "likely_order", chance: traits["likely_order"] });
  expect(need!.reasons.length).toBeGreaterThan(0);
  for (const { words, direction } of need!.reasons) expect([words.length > 5, /^(more|less)$/.test(direction)]).toEqual([true, true]); // prettier-ignore
  expect(told.detail).toContain("need not be its cause");
  const matching = await whole.ask<{ readonly count: number }>(whole.first, "POST", "/v1/segments/preview", {
    rule: { type: "trait", name: "likely_order", is: { op: "at_least", value: traits["likely_order"] } },
  });
  expect(matching.count).toBeGreaterThan(0);
  expect(matching.count).toBeLessThan(CUSTOMERS);
});

test("of two who turn out to be one, what is told of the one is their traits, and the other is forgotten", async () => {
  const [first, second] = [await lookUp("u-3"), await lookUp("u-4")];
  const body = JSON.stringify({ writeKey: whole.first.writeKey, previousId: "u-4", userId: "u-3" });
  await (await fetch(`${whole.address}/v1/alias`, { method: "POST", headers: { "content-type": "application/json" }, body })).text();
  await whole.drain();
  expect((await lookUp("u-4")).id).toBe((await lookUp("u-3")).id);
  await whole.ask(whole.first, "POST", "/v1/needs/work-out", { goals: [{ key: "order", name: "An order", when: { type: "order" } }] });
  await whole.drain();
  const { id, traits } = await lookUp("u-3");
  const told = await whole.ask<CustomerNeeds>(whole.first, "GET", `/v1/customers/${id}/needs`);
  expect(traits["likely_order"]).toBe(told.needs[0]!.chance);
  const rows = await whole.stores.sql.query<{ customer: number }>("select customer from needs_told where customer = any($1::bigint[])", [[first.id, second.id].map((one) => Number(one.slice(1)))]);
  expect(rows.map(({ customer }) => `c${customer}`)).toEqual([id]);
}); // prettier-ignore

test("nobody who is not there has needs, and another workspace sees none of it", async () => {
  expect((await whole.answer(whole.first, "GET", "/v1/customers/c999999/needs")).status).toBe(404);
  const other = await whole.workspace("Other");
  const { id } = await lookUp("u-1");
  expect((await whole.answer(other, "GET", `/v1/customers/${id}/needs`)).status).toBe(404);
  const none = await whole.ask<NeedsAnswer>(other, "GET", "/v1/needs");
  expect(none.goals.every(({ state }) => state === "too_little_data")).toBe(true);
});

test("a goal that cannot be named is refused with its place", async () => {
  const order = { key: "order", name: "An order", when: { type: "order" } };
  for (const goals of [[], [order, order], [{ ...order, key: "next" }], [{ ...order, withinMs: 1 }]])
    expect((await whole.answer(whole.first, "POST", "/v1/needs/work-out", { goals })).status).toBe(400);
});
