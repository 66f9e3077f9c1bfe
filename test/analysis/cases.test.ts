/** Cases as the log makes them against cases made by hand in memory, on random histories. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { casesSql, momentsIn } from "../../src/analysis/cases.ts";
import { type CaseBy, MomentGrouping } from "../../src/analysis/model.ts";
import { groupMoments } from "../../src/analysis/moments.ts";
import { scopeFor } from "../../src/analysis/scope.ts";
import { withStages } from "../../src/analysis/stages.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { type Past, tellHistory, tellJoined } from "./history.ts";
import { cutCases } from "./naive-cases.ts";

let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

const T0 = Date.UTC(2026, 0, 10);
const MINUTE_MS = 60_000;
const NAMES = ["Viewed", "Added", "Bought", "Asked"];
type Case = { readonly customer: number; readonly names: readonly string[]; readonly reached: boolean };

const casesOf = (by: CaseBy, customer: number, events: readonly Past[]): readonly Case[] =>
  cutCases(by, events).map(({ steps, reached }) => ({
    customer,
    names: steps.map(({ name }) => name),
    reached,
  }));

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

test("with more than is told apart, what is not looked at stays out, and what is rare is counted, by rule and channel", { timeout: 60_000 }, async () => {
  await stores.log.command("truncate table events");
  await stores.log.command("truncate table customersOfAtoms");
  const rare = (n: number, name: string, channel = "web") => Array.from({ length: n }, (_, i) => ({ atom: i + 1, at: T0 + i, name: `${name}${i}`, channel })); // prettier-ignore
  const often = (n: number, name: string, channel = "web") => Array.from({ length: n }, (_, i) => ({ atom: i + 1, at: T0 + MINUTE_MS + i, name, channel })); // prettier-ignore
  await tellHistory(stores.log, [
    // These are told apart: twice each, so that they come first.
    ...rare(4_990, "Kind "), ...rare(4_990, "Kind "), ...often(60, "Tick"), ...often(70, "$segment_like"), ...often(50, "Seen", "email"),
    ...rare(200, "Z", "app"), ...rare(30, "Tick_%\\ "), ...rare(20, "$own"), ...rare(40, "Zed", "email"),
  ]); // prettier-ignore
  const told = async (rules: readonly object[]) => {
    const scoped = await scopeFor(stores.sql, stores.log, 1 as WorkspaceId, { from: T0, to: T0 + 1e9 }, T0);
    const found = await momentsIn(stores.log, scoped, MomentGrouping.parse({ rules }));
    const rows = await stores.log.rows<{ moment: number; n: number }>(`select moment, count() as n from (${found.rows("")}) group by moment`, scoped.parameters.values); // prettier-ignore
    const counted = new Map(rows.map(({ moment, n }) => [found.moments[moment - 1]!.key, n]));
    // What is said of a moment is what its rows are.
    for (const { key, events } of found.moments) expect([key, counted.get(key)]).toEqual([key, events]);
    return counted;
  };
  const usual = await told([]);
  const sum = [...usual.values()].reduce((a, b) => a + b, 0);
  expect(sum).toBe(9_980 + 60 + 50 + 200 + 30 + 40);
  expect([usual.get("app: Other"), usual.get("email: Other"), usual.has("other: Other")]).toEqual([200, 40, false]);
  const ruled = await told([{ name: "Tick*", as: null }, { name: "*%\\ *", as: "Never" }, { channel: "app", as: "In the app" }, { name: "Z*d*", as: "Zed" }, { name: "Kind *", as: "Kind" }]); // prettier-ignore
  expect(Object.fromEntries(ruled)).toEqual({ "web: Kind": 9_980, "email: Seen": 50, "app: In the app": 200, "email: Zed": 40 });
}); // prettier-ignore

test("an event that is called Other, or as a moment in a stage is, is a moment with a key of its own", async () => {
  const combo = (name: string, events: number) => ({
    channel: "web" as const,
    name,
    touchpoint: "",
    hash: name,
    events,
  });
  const { moments, placeOf } = groupMoments([...Array.from({ length: 520 }, (_, i) => combo(`Kind ${i}`, 1_000 - i)), combo("Other", 5_000)], MomentGrouping.parse({})); // prettier-ignore
  expect(new Set(moments.map(({ key }) => key)).size).toBe(moments.length);
  expect(moments[0]).toMatchObject({ key: "web: Other", events: 5_000 + Array.from({ length: 520 }, (_, i) => 1_000 - i).slice(moments.length - 1).reduce((a, b) => a + b, 0) }); // prettier-ignore
  expect(placeOf.get("Kind 519")).toBe(placeOf.get("Other"));
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, [{ atom: 1, at: T0, name: "$stage.changed", channel: "other", properties: { stage: "buyer" } }, { atom: 1, at: T0 + 1, name: "Viewed" }, { atom: 2, at: T0 + 2, name: "Viewed (buyer)" }]); // prettier-ignore
  const scoped = await scopeFor(stores.sql, stores.log, 1 as WorkspaceId, { from: T0, to: T0 + 1e9 }, T0);
  const staged = await withStages(stores.sql, stores.log, scoped, await momentsIn(stores.log, scoped, MomentGrouping.parse({}))); // prettier-ignore
  expect(new Set(staged.moments.map(({ key }) => key)).size).toBe(4);
});
