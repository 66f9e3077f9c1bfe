/** The lists that ClickHouse works out are those that a plain count in memory gives, over random small worlds. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { computeLists } from "../../src/recommendations/compute.ts";
import { type List, type ListKind, Settings, popularKey } from "../../src/recommendations/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { aLog } from "../stores.ts";
import { type Figures, type Line, Naive } from "./naive.ts";

const CASES = Number(process.env["THROUGHLINE_CASES"] ?? 10);
const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 1, 12);

let log: EventLog;
let drop: () => Promise<void>;
beforeAll(async () => ({ log, drop } = await aLog()));
afterAll(() => drop());

const someProduct = fc.constantFrom("boots", "wax", "socks", "laces", "17");
/** Many orders of few people and products, so that pairs have something to say; some told twice, some before the history. */
const someLine = fc.record({
  customer: fc.integer({ min: 1, max: 7 }),
  // Some at one instant, which no order comes after.
  hoursAgo: fc.oneof(fc.constantFrom(1, 30, 90), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 3_000 })),
  what: fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant("order" as const), order: fc.constantFrom("A", "B", "C", "D", "E", "F"), products: fc.array(someProduct, { maxLength: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("view" as const, "add" as const), product: someProduct }) },
  ),
}); // prettier-ignore
const someWorld = fc.record({
  ordersOfPart: fc.constantFrom(4, 1_000),
  lines: fc.array(someLine, { minLength: 10, maxLength: 60 }),
  settings: fc.record({
    halfLifeDays: fc.constantFrom(1, 20, 365), historyDays: fc.constantFrom(90, 365), customersMin: fc.constantFrom(2, 3),
    windowDays: fc.constantFrom(1, 7, 30), nextDays: fc.constantFrom(3, 60),
  }).map((given) => Settings.parse(given)),
}); // prettier-ignore

let workspaces = 0;
async function told(lines: readonly Line[]): Promise<WorkspaceId> {
  const workspace = ++workspaces as WorkspaceId;
  const events = lines.map((line, i): Past => ({ workspace, atom: line.customer, at: line.at, id: line.id, ...toldAs(line, i) })); // prettier-ignore
  await tellHistory(log, events);
  // A device of customer 1's that was joined later than told.
  await log.insert("customersOfAtoms", JSON.stringify({ workspace, atom: 7, customer: 1, version: 1 }), `j${workspace}`); // prettier-ignore
  return workspace;
}
/** As shops tell it: ids as texts or numbers, by one name or another, the order's id here and there. */
function toldAs(line: Line, i: number): Pick<Past, "name" | "properties"> {
  const named = (id: string) => (i % 3 === 0 ? { sku: id } : { product_id: /^\d+$/.test(id) && i % 2 === 0 ? Number(id) : id, sku: "other" }); // prettier-ignore
  if (line.do !== "order") return { name: line.do === "view" ? "Product Viewed" : "Product Added", properties: named(line.product) }; // prettier-ignore
  return { name: "Order Completed", properties: { order_id: line.order, products: [...line.products.map(named), { name: "without an id" }, "no line"] } }; // prettier-ignore
}

const figuresIn = (lists: readonly List[], of: ListKind): Figures =>
  new Map(
    lists.flatMap(({ kind, key, entries }) =>
      kind === of
        ? entries.map(([product, customers, lift, score]) => [of === "popular" ? product : `${key}>${product}`, { customers, lift, score }] as const)
        : [],
    ),
  ); // prettier-ignore
const near = (value: number | null) => (value === null ? null : expect.closeTo(value, Math.max(0, 2 - Math.floor(Math.log10(Math.max(value, 1e-9)))))); // prettier-ignore
/** Lifts of just about 1 are a matter of the last digit of a sum. */
const sure = (figures: Figures): Figures =>
  new Map([...figures].filter(([, { lift }]) => lift === null || lift > 1.001));
const expected = (figures: Figures) =>
  new Map([...sure(figures)].map(([name, { customers, lift, score }]) => [name, { customers, lift: near(lift), score: near(score) }])); // prettier-ignore

test("lists hold the support, the lift and the weight that a plain count gives", async () => {
  let said = 0;
  await fc.assert(
    fc.asyncProperty(someWorld, async ({ lines: drawn, settings, ordersOfPart }) => {
      const lines = drawn.map(({ customer, hoursAgo, what }, i): Line => ({ customer, at: NOW - 1 - hoursAgo * HOUR_MS, id: `e${String(i).padStart(3, "0")}`, ...what }));
      const naive = new Naive(lines.map((line) => ({ ...line, customer: line.customer === 7 ? 1 : line.customer })), settings, NOW);
      const workspace = await told(lines);
      const { lists, counted } = await computeLists({
        log, workspace, now: NOW, settings, ordersOfPart, categoriesOf: async () => new Map([["boots", ["Shoes", "Boots"]], ["socks", ["Shoes"]]]),
        groups: [{ group: { segment: 5 }, customers: () => "select arrayJoin([1, 2, 3, 4])" }],
      });
      expect(counted).toEqual(naive.counted);
      for (const kind of ["basket", "window", "next"] as const) {
        const figures = figuresIn(lists, kind);
        said += figures.size;
        expect([kind, sure(figures)]).toEqual([kind, expected(naive[kind]())]);
      }
      const popular = (key: string) => figuresIn(lists.filter((one) => one.key === key), "popular");
      const all = naive.popular();
      expect(popular(popularKey("all", null))).toEqual(expected(all));
      expect([...popular(popularKey("all", "Shoes")).keys()].toSorted()).toEqual(["boots", "socks"].filter((one) => all.has(one)));
      expect([...popular(popularKey("all", "Boots")).keys()]).toEqual(["boots"].filter((one) => all.has(one)));
      expect([...popular(popularKey("all", "Shoes > Boots")).keys()]).toEqual(["boots"].filter((one) => all.has(one)));
      expect(popular(popularKey({ segment: 5 }, null))).toEqual(expected(naive.popular((customer) => customer <= 4)));
    }),
    { numRuns: CASES, interruptAfterTimeLimit: 55_000 },
  );
  // Worlds in which nothing goes with anything would show nothing.
  expect(said).toBeGreaterThan(CASES);
}, 120_000); // prettier-ignore
