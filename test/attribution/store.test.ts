/** The statement that reads paths gives what one customer and one event after the other give, and the API divides them. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { scopeFor } from "../../src/analysis/scope.ts";
import { answerOf, attributionTable } from "../../src/attribution/answer.ts";
import {
  ATTRIBUTION_LIMITS,
  AttributionAnswer,
  AttributionAsked,
  OTHERS,
  type Path,
} from "../../src/attribution/model.ts";
import { pathsOf } from "../../src/attribution/paths.ts";
import { readPaths } from "../../src/attribution/store.ts";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Database } from "../../src/db/postgres.ts";
import type { Channel, Event } from "../../src/events/model.ts";
import { drawsOf } from "../../src/journeys/chance.ts";
import { currencyWords } from "../../src/metrics/currency.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { journeysOf } from "./naive.ts";
import { DAY_MS } from "./paths.ts";

const workspace = 7 as WorkspaceId;
const FROM = Date.UTC(2026, 5, 1);
const TO = Date.UTC(2026, 6, 1);
const CUSTOMERS = 900;
let sql: Database;
let log: EventLog;
let drop: () => Promise<void>;
const all = new Map<number, Event[]>();

const METERS: readonly Channel[] = [
  "web",
  "web",
  "direct",
  "search",
  "email",
  "ads",
  "store",
  "server",
  "app",
];

const NAMES = [...Array.from({ length: 8 }, () => "Product Viewed"), "$message.opened", "$journey.entered"];

/** A customer's events: a few visits of a few events, some of which are orders. */
function eventsOf(customer: number): Event[] {
  const draws = drawsOf(`customer ${customer}`);
  let drawn = 0;
  const draw = () => draws(drawn++);
  const events: Event[] = [];
  let at = FROM - 40 * DAY_MS + Math.floor(draw() * 30 * DAY_MS);
  for (let i = 0; i < 4 + draw() * 12; i += 1) {
    // Within a visit, at the very border of one, or days later; an order may come at the instant of what was met.
    const isOrder = draw() < 0.25;
    const isAtOnce = isOrder && draw() < 0.3 && events.at(-1)?.name !== "Order Completed";
    at += isAtOnce ? 0 : draw() < 0.5 ? 1 + Math.floor(draw() * 2_400_000) : draw() < 0.1 ? 1_800_000 : 1 + Math.floor(draw() * 9 * DAY_MS);
    const channel = METERS[Math.floor(draw() * METERS.length)]!;
    const name = isOrder ? "Order Completed" : NAMES[Math.floor(draw() * NAMES.length)]!;
    events.push({
      workspace, id: `${customer}-${i}`, type: draw() < 0.9 || isOrder ? "track" : "identify", name, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null,
      identifiers: [{ kind: "user_id", value: String(customer) }], channel, touchpoint: "x", key: 1, ...from(draw),
      ...(isOrder && { properties: draw() < 0.2 ? {} : { total: Math.round(draw() * 20_000) / 100 - 5 } }),
    });
  }
  return events;
} // prettier-ignore

/** What tells of a visit's origin, sometimes. */
const from = (draw: () => number): Partial<Event> => ({
  ...(draw() < 0.2 && { campaign: { name: `spring ${Math.floor(draw() * 4)}` } }),
  ...(draw() < 0.1 && { campaign: { source: "x" } }),
  ...(draw() < 0.15 && { referrer: "https://example.com/" }),
});

beforeAll(async () => {
  ({ sql, log, drop } = await bothStores());
  for (let customer = 1; customer <= CUSTOMERS; customer += 1) all.set(customer, eventsOf(customer));
  const lines = [...all].flatMap(([atom, events]) =>
    events.map((event) => JSON.stringify({ atom, ...event })),
  );
  await log.insert("events", lines.join("\n"), "attribution");
});
afterAll(() => drop());

const asking = (more: object = {}): AttributionAsked =>
  AttributionAsked.parse({
    scope: { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() },
    conversion: { event: "Order Completed", value: "total" },
    ...more,
  });
const read = async (asked: AttributionAsked) => readPaths(log, await scopeFor(sql, log, workspace, asked.scope, Date.now()), asked); // prettier-ignore
/** Our own notes and what servers report are no meetings of customers. */
const expected = (asked: AttributionAsked) =>
  [...all.values()].flatMap((events) => journeysOf(events.filter(({ name }) => name !== "$journey.entered"), asked)); // prettier-ignore

const sorted = (paths: readonly Path[]) =>
  paths
    .map(({ channels, conversions, nulls, value, squares, decayed }) => ({
      path: channels.join(" > "),
      conversions,
      nulls,
      value: value.toFixed(4),
      squares: squares.toFixed(2),
      decayed: decayed.conversions.map((share) => share.toFixed(6)),
      decayedValue: decayed.value.map((share) => share.toFixed(4)),
    })) // prettier-ignore
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));

test.each([
  ["by channel, thirty days back", {}],
  ["by channel, two days back", { lookbackDays: 2 }],
  ["by campaign", { by: "campaign", halfLifeDays: 1.5 }],
  ["without a value", { conversion: { event: "Order Completed" } }],
])("paths %s are those of the events one by one", async (_, more) => {
  const asked = asking(more);
  const found = await read(asked);
  const journeys = expected(asked);
  expect(sorted(found.paths)).toEqual(sorted(pathsOf(journeys, asked.halfLifeDays * DAY_MS)));
  expect(found.paths.length).toBeGreaterThan(20);
  const unmet = journeys.filter(({ touchpoints }) => touchpoints.length === 0);
  expect(unmet.every(({ converted }) => converted)).toBe(true);
  expect(found.unmet.conversions).toBe(unmet.length);
  expect(found.unmet.value).toBeCloseTo(unmet.reduce((sum, { value }) => sum + value, 0), 6); // prettier-ignore
  expect([found.cut, found.leftOut]).toEqual([0, 0]);
});

test("every conversion of the scope is in a credit or among those that met nothing", async () => {
  const asked = asking({ models: ["first", "markov_1", "markov_3", "shapley", "shapley_chain"] });
  const found = await read(asked);
  const result = await answerOf(found, asked, () => Promise.resolve());
  if (result.type !== "divided") throw new Error(result.detail);
  const orders = [...all.values()].flat().filter(({ name, happenedAt }) => name === "Order Completed" && happenedAt >= FROM && happenedAt < TO);
  for (const model of asked.models) {
    const credited = result.channels.reduce((sum, { credits }) => sum + credits[model]!.conversions, 0);
    expect(credited + result.unmet.conversions).toBeCloseTo(orders.length, 6);
    const low = result.channels.every(({ credits }) => credits[model]!.conversionsInterval!.low <= credits[model]!.conversions);
    expect(low).toBe(true);
  }
  expect(AttributionAnswer.shape.result.parse(result)).toEqual(result);
  expect(attributionTable(result).rows).toHaveLength(result.channels.length);
}); // prettier-ignore

test("a customer's path of many touchpoints keeps the newest, and the answer counts it", async () => {
  const atom = CUSTOMERS + 1;
  const channels: readonly Channel[] = ["search", "ads", "email"];
  const lines = Array.from({ length: 60 }, (_, i) => {
    const at = FROM + i * 3_600_000;
    return JSON.stringify({ atom, workspace: 8, id: `long ${i}`, type: "track", name: i === 59 ? "Order Completed" : "Seen", happenedAt: at, receivedAt: at, channel: channels[i % 3], touchpoint: "x", key: 1, identifiers: [] });
  });
  await log.insert("events", lines.join("\n"), "long");
  const asked = asking();
  const found = await readPaths(log, await scopeFor(sql, log, 8 as WorkspaceId, asked.scope, Date.now()), asked);
  expect(found.cut).toBe(1);
  expect(found.paths).toHaveLength(1);
  expect(found.paths[0]!.channels).toHaveLength(ATTRIBUTION_LIMITS.touchpointsMax);
  expect(found.paths[0]!.decayed.conversions.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(found.paths[0]!.channels).not.toContain(OTHERS);
  const result = await answerOf(found, asked, () => Promise.resolve());
  expect(result).toMatchObject({ type: "too_little_data", found: 1, needed: ATTRIBUTION_LIMITS.conversionsMin });
}); // prettier-ignore

test("values are of the most frequent currency, and it is said how many conversions are in another", async () => {
  const orders = ["EUR", "eur", undefined, "USD"].map((currency, i) => ({ currency, at: FROM + (10 + i) * DAY_MS })); // prettier-ignore
  const lines = orders.flatMap(({ currency, at }, i) => {
    const line = (name: string, before: number, properties: object) =>
      JSON.stringify({ atom: CUSTOMERS + 10 + i, workspace: 9, id: `${name} ${i}`, type: "track", name, happenedAt: at - before, receivedAt: at, channel: "ads", touchpoint: "x", key: 1, identifiers: [], properties });
    return [line("Seen", 3_600_000, {}), line("Order Completed", 0, { total: 10, ...(currency && { currency }) })];
  });
  await log.insert("events", lines.join("\n"), "currencies");
  const asked = asking();
  const found = await readPaths(log, await scopeFor(sql, log, 9 as WorkspaceId, asked.scope, Date.now()), asked);
  expect(found.paths).toMatchObject([{ channels: ["ads"], conversions: 4, value: 30 }]);
  expect(found.currency).toEqual({ main: "EUR", events: 2, others: 1 });
  expect(currencyWords(found.currency)).toBe(" Worths are in EUR, the most frequent currency: 1 of 3 that tell one are in another and count with no worth.");
}); // prettier-ignore
