/** One customer with thousands of moments is looked at without taking the memory of everybody else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { scopeFor } from "../../src/analysis/scope.ts";
import { CHANCE_KINDS } from "../../src/gaps/kinds.ts";
import { lookAt } from "../../src/gaps/look.ts";
import { GAP_LIMITS } from "../../src/gaps/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { putWorld } from "./planted.ts";
import { DAY_MS, LOOKED_AT, PERIOD } from "./worlds.ts";

const WORKSPACE = 1 as WorkspaceId;
const TIMES = 1_000;
const EVENTS = ["Ticket Created", "Ticket Replied", "FAQ Viewed", "Conversation Transferred", "Call Completed", "Product Viewed", "Pricing Viewed", "Promise Made", "Promise Kept", "Email Sent"]; // prettier-ignore
/** Kinds that tell pairs of moments within a day rather than moments. */
const PAIRS: readonly string[] = ["contradiction"];
let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

test("of somebody to whom the same happened a thousand times the first moments of each period are looked at, in every kind", async () => {
  const { sql, log } = stores;
  // Of each of the events a third lies in the period before; half of them are told in another channel.
  const events = EVENTS.map((name, which) =>
    Array.from({ length: TIMES }, (_, i) => {
      const at = PERIOD.from - 20 * DAY_MS + Math.round((i / TIMES) * 60 * DAY_MS) + which;
      const due = { due_at: new Date(at + DAY_MS).toISOString(), promise: "call", to_channel: "phone" };
      return { atom: 1 + which, at, name, channel: i % 2 === 0 ? "web" : "phone", properties: { topic: "late", product_id: "boot", price: i, ...due } };
    }),
  ).flat();
  const one = events.map((event) => ({ ...event, atom: 1 + Math.floor((event.atom - 1) / 4) }));
  await putWorld(log, { events: one, joined: [] });
  const scoped = await scopeFor(sql, log, WORKSPACE, PERIOD, LOOKED_AT);
  const look = await lookAt(sql, log, scoped);
  const told: string[] = [];
  for (const kind of CHANCE_KINDS) {
    const chances = kind.sql(look);
    if (chances === null) continue;
    const [{ most }] = (await log.rows<{ most: number }>(`select max(n) as most from (select count() as n from (${chances}) group by family, customer)`, scoped.parameters.values)) as [{ most: number }];
    if (most > 0) told.push(kind.kind);
    const held = PAIRS.includes(kind.kind) ? GAP_LIMITS.momentsOfOne ** 2 : 2 * GAP_LIMITS.momentsOfOne;
    expect(most, kind.kind).toBeLessThanOrEqual(held);
  }
  expect(told).toEqual(expect.arrayContaining(["hesitation", "starting_over", "broken_handoff", "slow_response", "irrelevant_message", "contradiction", "unanswered_question", "broken_promise"]));
}); // prettier-ignore
