/** The discovered map against one made in memory, on random histories; and what always holds of its numbers. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CaseBy } from "../../src/analysis/model.ts";
import { Show } from "../../src/map/model.ts";
import { edgesOf, shown, totalsOf, wholeOf } from "../../src/map/show.ts";
import type { WholeMap } from "../../src/map/discover.ts";
import { edgesTable } from "../../src/map/tables.ts";
import { tellHistory } from "../analysis/history.ts";
import { cutCases } from "../analysis/naive-cases.ts";
import { type TestStores, drawn, mapStores, questionOf } from "./ask.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await mapStores();
});
afterAll(() => stores.drop());

const T0 = Date.UTC(2026, 0, 10);
const MINUTE_MS = 60_000;
const NAMES = ["Viewed", "Added", "Bought", "Asked"];
const CHANNELS = ["web", "email"] as const;
type Happening = { readonly atom: number; readonly minute: number; readonly name: string; readonly channel: string; readonly order: string | null }; // prettier-ignore
type Step = { readonly key: string; readonly at: number; readonly name: string };
type Case = { readonly customer: number; readonly steps: readonly Step[]; readonly reached: boolean };

/** Cases by hand; one of a key is the customer's whose moment is its first. */
function casesOf(by: CaseBy, events: readonly Happening[]): readonly Case[] {
  const rows = new Map<string, (Step & { readonly customer: number })[]>();
  for (const { atom, minute, name, channel, order } of events.toSorted((a, b) => a.minute - b.minute)) {
    if (by.by === "key" && order === null) continue;
    const row = by.by === "key" ? order! : String(atom);
    const step = { key: `${channel}: ${name}`, at: T0 + minute * MINUTE_MS, name, customer: atom };
    rows.set(row, [...(rows.get(row) ?? []), step]);
  }
  return [...rows.values()].flatMap((row) =>
    cutCases(by, row).map((one) => ({ customer: one.steps[0]!.customer, ...one })),
  );
}

const unique = (values: readonly unknown[]): number => new Set(values).size;
/** The median as it is usually defined: of two in the middle their mean. */
function medianOf(values: readonly number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return sorted.length === 0 ? null : (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** The map by hand, as sorted lines. */
function naive(cases: readonly Case[]) {
  const pairs = cases.flatMap(({ customer, steps }) => steps.slice(1).map((to, i) => ({ customer, from: steps[i]!, to })));
  const keys = [...new Set(cases.flatMap(({ steps }) => steps.map(({ key }) => key)))].toSorted();
  const nodes = keys.map((key) => {
    const its = cases.flatMap((one) => one.steps.filter((step) => step.key === key).map(() => one));
    return {
      key, events: its.length, people: unique(its.map(({ customer }) => customer)), cases: unique(its),
      starts: cases.filter(({ steps }) => steps[0]!.key === key).length, ends: cases.filter(({ steps }) => steps.at(-1)!.key === key).length,
      reached: cases.filter(({ steps, reached }) => reached && steps.at(-1)!.key === key).length,
      median: medianOf(pairs.filter(({ from }) => from.key === key).map(({ from, to }) => to.at - from.at)),
    };
  });
  const names = [...new Set(pairs.map(({ from, to }) => `${from.key} > ${to.key}`))].toSorted();
  const edges = names.map((name) => {
    const its = pairs.filter(({ from, to }) => `${from.key} > ${to.key}` === name);
    return { name, transitions: its.length, people: unique(its.map(({ customer }) => customer)), median: medianOf(its.map(({ from, to }) => to.at - from.at)) };
  });
  return { nodes, edges, loops: loopsOf(cases), median: medianOf(cases.map(({ steps }) => steps.at(-1)!.at - steps[0]!.at)) };
} // prettier-ignore

const loopsOf = (cases: readonly Case[]): number =>
  cases.reduce((sum, { steps }) => sum + steps.filter(({ key }, i) => i > 0 && steps[i - 1]!.key !== key && steps.slice(0, i).some((before) => before.key === key)).length, 0); // prettier-ignore

/** The same of the map that the log made. */
function told(map: WholeMap) {
  const edges = edgesOf(map);
  const { nodes } = shown(map, Show.parse({ momentsMost: 500 }), []);
  const totals = totalsOf(map, edges);
  return {
    nodes: nodes.map(({ key, events, people, cases, starts, ends, reached, next }) => ({ key, events, people, cases, starts, ends, reached, median: next.medianMs })).toSorted((a, b) => (a.key < b.key ? -1 : 1)),
    edges: edges.map(({ from, to, transitions, people, medianMs }) => ({ name: `${from} > ${to}`, transitions, people, median: medianMs })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    loops: totals.loops,
    median: totals.duration.medianMs,
  };
} // prettier-ignore

const Happenings = fc.uniqueArray(
  fc.record({
    atom: fc.integer({ min: 1, max: 5 }), minute: fc.integer({ min: 0, max: 300 }), name: fc.constantFrom(...NAMES),
    channel: fc.constantFrom(...CHANNELS), order: fc.constantFrom("7", "NA", null),
  }),
  // One thing an instant: the log knows no order within one.
  { minLength: 1, maxLength: 60, selector: ({ minute }) => minute },
); // prettier-ignore
const WAYS: readonly CaseBy[] = [
  { by: "customer" },
  { by: "visit", gapMs: 30 * MINUTE_MS },
  { by: "goal", goal: "Bought" },
  { by: "goal", start: "Added", goal: "Bought" },
  { by: "goal", start: "Bought", goal: "Bought" },
  { by: "key", property: "order_id" },
];

async function tell(happenings: readonly Happening[]): Promise<void> {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, happenings.map(({ atom, minute, name, channel, order }) => ({ atom, at: T0 + minute * MINUTE_MS, name, channel, ...(order !== null && { properties: { order_id: order } }) }))); // prettier-ignore
}

test(
  "the map from the log is the map made by hand, however cases are cut",
  { timeout: 240_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(Happenings, async (happenings) => {
        await tell(happenings);
        for (const by of WAYS) {
          const map = await drawn(stores, questionOf({ case: by }));
          expect(told(map), JSON.stringify(by)).toEqual(naive(casesOf(by, happenings)));
        }
      }),
      { numRuns: 12 },
    );
  },
);

test("starts and ends add up to the cases, starts and transitions to the events, and hiding keeps every total", { timeout: 240_000 }, async () => {
  const Shows = fc.record({
    momentsMost: fc.integer({ min: 1, max: 8 }),
    edgesLeast: fc.option(fc.oneof(fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }) }), fc.record({ people: fc.integer({ min: 0, max: 4 }) })), { nil: undefined }),
    exclude: fc.option(fc.constant(["web: Viewed"]), { nil: undefined }),
  });
  await fc.assert(
    fc.asyncProperty(Happenings, fc.constantFrom(...WAYS), Shows, async (happenings, by, asked) => {
      await tell(happenings);
      const map = await drawn(stores, questionOf({ case: by }));
      const all = shown(map, Show.parse({ momentsMost: 500 }), []);
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      expect(sum(all.nodes.map(({ starts }) => starts))).toBe(all.totals.cases);
      expect(sum(all.nodes.map(({ ends }) => ends))).toBe(all.totals.cases);
      expect(sum(all.edges.map(({ transitions }) => transitions)) + all.totals.cases).toBe(all.totals.events);
      expect(all.hidden).toEqual({ moments: 0, events: 0, edges: 0, transitions: 0 });
      const some = shown(map, Show.parse(JSON.parse(JSON.stringify(asked))), []);
      expect(some.totals).toEqual(all.totals);
      expect(some.hidden.events + sum(some.nodes.map(({ events }) => events))).toBe(all.totals.events);
      expect(some.hidden.transitions + sum(some.edges.map(({ transitions }) => transitions))).toBe(all.totals.transitions);
      expect(some.hidden.edges + some.edges.length).toBe(all.totals.edges);
      for (const node of some.nodes) {
        const { hidden, ...rest } = node;
        expect(all.nodes.find(({ key }) => key === node.key)).toMatchObject(rest);
        const out = some.edges.filter(({ from }) => from === node.key);
        expect(sum(out.map(({ transitions }) => transitions)) + hidden.outgoing.transitions).toBe(node.events - node.ends);
        const into = some.edges.filter(({ to }) => to === node.key);
        expect(sum(into.map(({ transitions }) => transitions)) + hidden.incoming.transitions).toBe(node.events - node.starts);
      }
    }),
    { numRuns: 25 },
  );
}); // prettier-ignore

test("looking at one moment keeps the cases that pass it, whole", async () => {
  const at = (atom: number, minute: number, name: string): Happening => ({ atom, minute, name, channel: "web", order: null }); // prettier-ignore
  await tell([at(1, 0, "Viewed"), at(1, 5, "Asked"), at(1, 100, "Viewed"), at(2, 1, "Viewed"), at(2, 6, "Bought"), at(3, 2, "Asked")]); // prettier-ignore
  const visits = questionOf({ case: { by: "visit" } });
  const whole = wholeOf(await drawn(stores, visits, "web: Asked"));
  expect([whole.cases, whole.events, whole.people]).toEqual([2, 3, 2]);
  expect(wholeOf(await drawn(stores, visits, "web: Nothing")).cases).toBe(0);
});

test("stages tell moments apart by where the customer was at that time", async () => {
  const at = (minute: number, name: string, properties?: object) => ({ atom: 1, at: T0 + minute * MINUTE_MS, name, channel: name.startsWith("$") ? "other" : "web", ...(properties && { properties }) }); // prettier-ignore
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, [at(0, "Viewed"), at(1, "$stage.changed", { stage: "buyer", from: null }), at(2, "Viewed"), at(3, "$stage.changed", { stage: "fan", from: "buyer" }), at(4, "Viewed"), { ...at(5, "Viewed"), atom: 2 }]); // prettier-ignore
  const map = shown(await drawn(stores, questionOf({ stages: true, scope: { from: "2026-01-10T00:00:30Z", to: "2026-05-01T00:00:00Z" } })), Show.parse({}), []); // prettier-ignore
  expect(map.nodes.map(({ key, stage, events }) => [key, stage, events])).toEqual([
    ["web: Viewed", null, 1],
    ["web: Viewed\u0001buyer", "buyer", 1],
    ["web: Viewed\u0001fan", "fan", 1],
  ]);
  expect(map.edges).toMatchObject([
    { from: "web: Viewed\u0001buyer", to: "web: Viewed\u0001fan", medianMs: 2 * MINUTE_MS },
  ]);
  expect(edgesTable(map).rows.map(([from, to]) => [from, to])).toEqual([
    ["web: Viewed (buyer)", "web: Viewed (fan)"],
  ]);
});
