/** CDNOW's purchases sent as any sender would: the fit over HTTP, traits on customers, and conversions divided beside it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AttributionAnswer } from "../../src/attribution/model.ts";
import type { LifetimeAnswer } from "../../src/lifetime/document.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { type Purchase, readPurchases } from "./cdnow.ts";

const DAY_MS = 86_400_000;
let whole: Whole;

const send = async (batch: readonly object[]): Promise<void> => {
  const answer = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ writeKey: whole.first.writeKey, batch }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
};

beforeAll(async () => {
  whole = await startWhole();
  const some = (await readPurchases()).filter(({ customer }) => customer <= 900);
  const order = ({ customer, day, dollars }: Purchase, i: number) => ({
    type: "track", messageId: `p-${i}`, userId: `u-${customer}`, event: "Order Completed", timestamp: new Date(day * DAY_MS + i).toISOString(), properties: { total: dollars },
  });
  const visit = ({ customer, day }: Purchase, i: number) => ({
    type: "page", messageId: `v-${i}`, userId: `u-${customer}`, timestamp: new Date(day * DAY_MS - 3_600_000 + i).toISOString(),
    context: { page: { url: "https://shop.example/", path: "/" }, campaign: { source: "letter", medium: i % 3 === 0 ? "email" : "cpc" } },
  });
  const events = [...some.map(order), ...some.map(visit)];
  for (let from = 0; from < events.length; from += 2_000) await send(events.slice(from, from + 2_000));
  await whole.drain();
}); // prettier-ignore
afterAll(() => whole.end());

test("a fit asked for is kept, told to customers as traits, and changes no time of theirs", async () => {
  const path = "/v1/customers/lookup?kind=user_id&value=u-1";
  type Customer = { readonly traits: { readonly [name: string]: unknown }; readonly lastSeenAt: string };
  const before = await whole.ask<Customer>(whole.first, "GET", path);
  const fitted = await whole.ask<LifetimeAnswer>(whole.first, "POST", "/v1/lifetime/fit", { event: "Order Completed", value: "total" });
  if (fitted.result.type !== "fitted") throw new Error(JSON.stringify(fitted.result));
  expect(fitted.result.customers).toBe(900);
  expect(fitted.basis!.events).toBeGreaterThan(2_000);
  for (const { parameters } of fitted.result.laws)
    for (const { value, interval } of parameters) expect(interval.low <= value && value <= interval.high).toBe(true);
  const { result } = await whole.ask<LifetimeAnswer>(whole.first, "GET", "/v1/lifetime");
  expect(result).toMatchObject({ type: "fitted", customers: 900, chosen: fitted.result.chosen, stepDays: 1 });
  await whole.drain();
  const after = await whole.ask<Customer>(whole.first, "GET", path);
  expect(Object.keys(after.traits)).toEqual(expect.arrayContaining(["likely_active", "expected_purchases_12m", "expected_value_12m", "expected_value_12m_low"]));
  expect(after.lastSeenAt).toBe(before.lastSeenAt);
}); // prettier-ignore

test("conversions are divided over HTTP, and the same as a file", async () => {
  const asked = {
    scope: { from: "1997-01-01T00:00:00Z", to: "1998-07-01T00:00:00Z" },
    conversion: { event: "Order Completed", value: "total" },
    models: ["last", "markov_2", "shapley"],
  };
  const { result, basis } = await whole.ask<AttributionAnswer>(whole.first, "POST", "/v1/attribution", asked);
  if (result.type !== "divided") throw new Error(result.detail);
  expect(basis.customers).toBe(900);
  expect(result.channels.map(({ channel }) => channel).toSorted()).toEqual(["email", "paid_search"]);
  for (const model of ["last", "markov_2", "shapley"] as const)
    expect(result.channels.reduce((sum, { credits }) => sum + credits[model]!.conversions, 0)).toBeCloseTo(result.conversions, 6);
  const file = await whole.answer<string>(whole.first, "POST", "/v1/attribution?format=csv", asked);
  expect(file.headers.get("content-type")).toContain("text/csv");
  expect(file.body.trim().split("\r\n")).toHaveLength(3);
}); // prettier-ignore
