/** Cases as the log makes them against cases made by hand in memory, on random histories. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { casesSql, momentsIn } from "../../src/analysis/cases.ts";
import { type CaseBy, MomentGrouping } from "../../src/analysis/model.ts";
import { scopeFor } from "../../src/analysis/scope.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { type Past, tellHistory, tellJoined } from "./history.ts";

let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

const T0 = Date.UTC(2026, 0, 10);
const MINUTE_MS = 60_000;
const NAMES = ["Viewed", "Added", "Bought", "Asked"];
type Case = { readonly customer: number; readonly names: readonly string[]; readonly reached: boolean };

/** Cases of one customer's events, which are in order. */
function casesOf(by: CaseBy, customer: number, events: readonly Past[]): readonly Case[] {
  const cases: { customer: number; names: string[]; reached: boolean }[] = [];
  let open: (typeof cases)[number] | null = null;
  let last = -Infinity;
  for (const { name, at } of events) {
    if (by.by === "visit" && at - last > by.gapMs) open = null;
    if (!open && (by.by !== "goal" || by.start === undefined || name === by.start))
      cases.push((open = { customer, names: [], reached: false }));
    open?.names.push(name);
    const began = open?.names.length === 1;
    // Where the goal is the beginning as well, it ends a case and begins the next; the first one only begins.
    if (open && by.by === "goal" && name === by.goal && !(began && by.start === by.goal)) {
      open.reached = true;
      open = null;
      if (by.start === by.goal) cases.push((open = { customer, names: [name], reached: false }));
    }
    last = at;
  }
  return cases;
}

async function casesInLog(by: CaseBy): Promise<readonly Case[]> {
  const { log, sql } = stores;
  const scoped = await scopeFor(sql, log, 1 as WorkspaceId, { from: T0, to: T0 + 1e9 }, T0);
  const moments = await momentsIn(log, scoped, MomentGrouping.parse({}));
  const rows = await log.rows<{ customer: number; m: number[]; n: number[]; goal: number[] }>(casesSql(moments, by, scoped), scoped.parameters.values); // prettier-ignore
  return rows.flatMap(({ customer, m, n, goal }) => {
    const cases: { customer: number; names: string[]; reached: boolean }[] = [];
    for (const [i, place] of m.entries()) {
      if (n[i] === 1) cases.push({ customer, names: [], reached: false });
      cases.at(-1)!.names.push(moments.moments[place - 1]!.name);
      if (goal[i] === 1) cases.at(-1)!.reached = true;
    }
    return cases;
  });
}
const sorted = (cases: readonly Case[]) => cases.map((one) => JSON.stringify(one)).toSorted();

const Happenings = fc.array(
  fc.record({ atom: fc.integer({ min: 1, max: 6 }), minute: fc.integer({ min: 0, max: 300 }), name: fc.constantFrom(...NAMES) }),
  { minLength: 1, maxLength: 60 },
); // prettier-ignore
const WAYS: readonly CaseBy[] = [
  { by: "customer" },
  { by: "visit", gapMs: 30 * MINUTE_MS },
  { by: "goal", goal: "Bought" },
  { by: "goal", start: "Added", goal: "Bought" },
  { by: "goal", start: "Bought", goal: "Bought" },
];

test("cases by customer, visit and goal are those made by hand, whoever was joined", { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(Happenings, fc.boolean(), async (happenings, join) => {
      await stores.log.command("truncate table events");
      await stores.log.command("truncate table customersOfAtoms");
      // One thing an instant: the log knows no order within one.
      const events = [...new Map(happenings.map(({ atom, minute, name }) => [minute, { atom, at: T0 + minute * MINUTE_MS, name }])).values()]; // prettier-ignore
      await tellHistory(stores.log, events);
      if (join) await tellJoined(stores.log, [[2, 1], [5, 3]]); // prettier-ignore
      const customerOf = (atom: number) => (join && atom === 2 ? 1 : join && atom === 5 ? 3 : atom);
      const byCustomer = new Map<number, Past[]>();
      for (const event of events.toSorted((a, b) => a.at - b.at)) {
        const customer = customerOf(event.atom);
        byCustomer.set(customer, [...(byCustomer.get(customer) ?? []), event]);
      }
      for (const by of WAYS) {
        const expected = [...byCustomer].flatMap(([customer, its]) => casesOf(by, customer, its));
        expect(sorted(await casesInLog(by)), JSON.stringify(by)).toEqual(sorted(expected));
      }
    }),
    { numRuns: 15 },
  );
}); // prettier-ignore

test("from a purchase to the next: each order but the first ends a case, and each begins one", async () => {
  await stores.log.command("truncate table events");
  await stores.log.command("truncate table customersOfAtoms");
  const at = (atom: number, minute: number, name: string) => ({ atom, at: T0 + minute * MINUTE_MS, name });
  await tellHistory(stores.log, [at(1, 0, "Viewed"), at(1, 1, "Bought"), at(1, 2, "Asked"), at(1, 3, "Bought"), at(1, 4, "Viewed"), at(2, 5, "Bought"), at(3, 6, "Viewed")]); // prettier-ignore
  expect(sorted(await casesInLog({ by: "goal", start: "Bought", goal: "Bought" }))).toEqual(sorted([
    { customer: 1, names: ["Bought", "Asked", "Bought"], reached: true },
    { customer: 1, names: ["Bought", "Viewed"], reached: false },
    { customer: 2, names: ["Bought"], reached: false },
  ])); // prettier-ignore
});

test("cases by key hold the events of one value, whoever they are of", async () => {
  await stores.log.command("truncate table events");
  await stores.log.command("truncate table customersOfAtoms");
  const order = (atom: number, minute: number, name: string, id: unknown) => ({ atom, at: T0 + minute * MINUTE_MS, name, properties: { order_id: id } }); // prettier-ignore
  await tellHistory(stores.log, [order(1, 1, "Bought", "NA"), order(1, 2, "Shipped", "NA"), order(2, 3, "Bought", 7), order(2, 4, "Asked", null), { atom: 1, at: T0, name: "Viewed" }]); // prettier-ignore
  const found = await casesInLog({ by: "key", property: "order_id" });
  expect(sorted(found)).toEqual(sorted([
    { customer: 1, names: ["Bought", "Shipped"], reached: false },
    { customer: 2, names: ["Bought"], reached: false },
  ])); // prettier-ignore
});
