/** The daily look: what it watches, by whose names, how often an alert is raised for one change, and how often for none. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { DIGEST_LIMITS } from "../../src/digest/model.ts";
import { listAlerts } from "../../src/digest/store.ts";
import { lookForChanges } from "../../src/digest/watch.ts";
import { CHANGE_LIMITS } from "../../src/metrics/change.ts";
import { readMetrics } from "../../src/metrics/metrics.ts";
import { MetricsAsked } from "../../src/metrics/model.ts";
import { writeOwnNames } from "../../src/metrics/store.ts";
import { isoOf } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type Stood, WORKSPACE, stood } from "../metrics/stood.ts";
import { randomOf } from "../random.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Five in the morning, by the workspace's clock too. */
const TODAY = Date.UTC(2026, 5, 30, 5);
const MIDNIGHT = TODAY - 5 * HOUR_MS;
let stores: Stood;
let now = TODAY;
const faults: unknown[] = [];
beforeAll(async () => {
  stores = await stood();
});
afterAll(() => stores.drop());
beforeEach(async () => {
  now = TODAY;
  faults.length = 0;
  await stores.forget();
  await stores.sql.query("truncate alerts, alert_looks");
  await stores.sql.query("update workspaces set settings = settings - 'metrics'");
});

const looks = () => lookForChanges({ ...stores, clock: () => now, onFault: (cause) => void faults.push(cause) }); // prettier-ignore
const alertsOf = async () => (await listAlerts(stores.sql, WORKSPACE, { open: false, limit: 500 })).alerts;

const WEEK = [1, 1, 0.9, 1.1, 1.3, 0.6, 0.5];
type Day = { readonly people: number; readonly buyRatio: number; readonly askRatio: number };
/** Customers of each day, fewer at the weekend, of whom some buy, some ask for something and some answer a survey. */
function world(days: number, seed: number, order: string, of: (day: number) => Day): readonly Past[] {
  const chance = randomOf(seed);
  return Array.from({ length: days }, (_, i) => {
    const day = i - days;
    const { people, buyRatio, askRatio } = of(day);
    const count = Math.round(people * WEEK[((day % 7) + 7) % 7]! * (0.9 + 0.2 * chance()));
    return Array.from({ length: count }, (_customer, n): Past[] => {
      const atom = i * 1_000 + n + 1;
      const at = MIDNIGHT + day * DAY_MS + Math.floor(chance() * 20 * HOUR_MS);
      const [buys, asks, answers] = [chance() < buyRatio, chance() < askRatio, chance() < 0.2];
      return [
        { atom, at, name: "$page.viewed", identifiers: chance() < 0.4 ? [{ kind: "email", value: `${atom}@example.com` }] : [] },
        ...(buys ? [{ atom, at: at + 1_000, name: order, properties: { total: Math.round(5 + 40 * chance()) } }] : []),
        ...(asks ? [{ atom, at: at + 2_000, name: "Ticket Created", properties: { ticket_id: `t${atom}` } }] : []),
        ...(answers ? [{ atom, at: at + 3_000, name: "Survey Answered", properties: { kind: "csat", score: chance() < 0.7 ? 5 : 2 } }] : []),
      ];
    }).flat();
  }).flat();
} // prettier-ignore
const steady: Day = { people: 60, buyRatio: 0.2, askRatio: 0.15 };

test("a change is told once: by two processes that look at the same time, again on the next days, and of a day told a little later", async () => {
  await tellHistory(stores.log, world(120, 7, "Order Completed", (day) => ({ ...steady, buyRatio: day >= -12 ? 0.05 : 0.2 }))); // prettier-ignore
  const raised = await Promise.all([looks(), looks(), looks()]);
  expect(raised.filter((n) => n > 0)).toHaveLength(1);
  for (let day = 1; day <= 5; day++) {
    now = TODAY + day * DAY_MS;
    await looks();
  }
  const told = await alertsOf();
  expect(told.filter(({ metric }) => metric === "conversion")).toMatchObject([
    { direction: "down", worse: true },
  ]);
  expect(Math.abs(Date.parse(told.find(({ metric }) => metric === "conversion")!.since) - (MIDNIGHT - 12 * DAY_MS))).toBeLessThanOrEqual(2 * DAY_MS); // prettier-ignore
  // The same drop in money is an alert of its own, with levels that differ; each figure has one.
  const names = told.map(({ metric, part, direction }) => `${metric} ${part} ${direction}`);
  expect(names).toEqual([...new Set(names)]);
  expect(told.every(({ before, after }) => before !== after)).toBe(true);
  expect(faults).toEqual([]);
}, 300_000);

test("the same drop told of another day within a fortnight is no other, and one of a month later is", async () => {
  await tellHistory(stores.log, world(120, 7, "Order Completed", (day) => ({ ...steady, buyRatio: day >= -12 ? 0.05 : 0.2 }))); // prettier-ignore
  await looks();
  const drops = async () => (await alertsOf()).filter(({ metric }) => metric === "conversion").length;
  expect(await drops()).toBe(1);
  const told = async (days: number): Promise<number> => {
    now += DAY_MS;
    await stores.sql.query("update alerts set since_at = since_at - $1", [days * DAY_MS]);
    await looks();
    return drops();
  };
  expect(await told(10)).toBe(1);
  expect(await told(20)).toBe(2);
}, 300_000);

test("what counts as an order is what the workspace says it is", async () => {
  const events = world(120, 11, "Mandate Signed", (day) => ({
    ...steady,
    buyRatio: day >= -12 ? 0.05 : 0.2,
  }));
  await tellHistory(stores.log, events);
  await looks();
  // In a shop's names nobody ever ordered.
  expect((await alertsOf()).filter(({ metric }) => metric === "conversion")).toEqual([]);
  await stores.sql.query("truncate alerts, alert_looks");
  await writeOwnNames(stores.sql, WORKSPACE, { business: "professional_service", names: {} });
  await looks();
  expect((await alertsOf()).filter(({ metric }) => metric === "conversion")).toMatchObject([{ direction: "down" }]); // prettier-ignore
}, 300_000);

test("a change of long ago is no news, and before three in the morning nobody looks", async () => {
  await tellHistory(stores.log, world(150, 5, "Order Completed", (day) => ({ ...steady, buyRatio: day >= -60 ? 0.05 : 0.2 }))); // prettier-ignore
  now = MIDNIGHT + 2 * HOUR_MS;
  expect(await looks()).toBe(0);
  expect(await stores.sql.query("select 1 from alert_looks")).toEqual([]);
  now = TODAY;
  await looks();
  expect((await alertsOf()).filter(({ metric }) => metric === "conversion")).toEqual([]);
}, 300_000);

test("where nothing changes, no more alerts are raised than is stated, over all that is watched", async () => {
  const DAYS = 12;
  await tellHistory(
    stores.log,
    world(200, 3, "Order Completed", () => steady),
  );
  const scope = { from: isoOf(MIDNIGHT - DIGEST_LIMITS.watchedDays * DAY_MS), to: isoOf(MIDNIGHT) };
  const { answer } = await readMetrics(stores.at(TODAY), MetricsAsked.parse({ scope }));
  const watched = answer.metrics.flatMap(({ key, figures }) => figures.filter(({ changes }) => changes.type === "watched").map(({ part }) => `${key} ${part}`)); // prettier-ignore
  expect(watched).toEqual(expect.arrayContaining(["conversion null", "revenue null", "csat null", "recognition null", "recognition web", "continuity null"])); // prettier-ignore
  for (let day = DAYS - 1; day >= 0; day--) {
    now = TODAY - day * DAY_MS;
    await looks();
  }
  // The first look tells of the days before it too, as long as they are news.
  const years = (DAYS + DIGEST_LIMITS.newsDays) / 365;
  expect(watched.length).toBeGreaterThan(5);
  // Of the workspace, however much is watched in it: less than one is expected in so short a time.
  expect(years * CHANGE_LIMITS.falseAlarmsPerYear).toBeLessThan(1);
  expect(await alertsOf()).toEqual([]);
  expect(faults).toEqual([]);
}, 400_000);
