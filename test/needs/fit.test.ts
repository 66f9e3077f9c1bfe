/** A made-up shop through the log: what is learnt of it is shown where it is good enough, told to customers once, and taken back. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { LOCKS } from "../../src/db/locks.ts";
import { type Database, openPostgres } from "../../src/db/postgres.ts";
import type { Event } from "../../src/events/model.ts";
import { type NeedsDeps, cutOffsOf, startNeeds, workOutOnce, workOutWorkspace } from "../../src/needs/fit.ts";
import { NEEDS_FLOOR, NeedsAsked } from "../../src/needs/model.ts";
import { readKept, readToldPart } from "../../src/needs/store.ts";
import { FORESEEN } from "../../src/needs/tell.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { DAY_MS, END_AT, insert, shopOf } from "./world.ts";

// Threads that are begun and models that are fitted take their time beside other tests.
vi.setConfig({ testTimeout: 180_000 });
const [shop, chance, small] = [1, 2, 3] as unknown as readonly WorkspaceId[];
const CUSTOMERS = 1_500;
let sql: Database;
let log: EventLog;
let drop: () => Promise<void>;
/** What customers were told of their needs; when they are likely to be there has tests of its own. */
let told: Event[] = [];
const needsIn = (events: readonly Event[]): readonly Event[] =>
  events.filter(({ name }) => name === FORESEEN);
let now = END_AT + 1_000;
const deps = (): NeedsDeps => ({
  sql,
  log,
  clock: () => now,
  append: async (events) => void told.push(...needsIn(events)),
});
const asked = NeedsAsked.parse({});

beforeAll(async () => {
  ({ sql, log, drop } = await bothStores());
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'One', 0), (2, 'Two', 0), (3, 'Three', 0) on conflict do nothing");
  await insert(log, shop!, shopOf(CUSTOMERS, 1), "shop");
  await insert(log, chance!, shopOf(CUSTOMERS, 0), "chance");
  await insert(log, small!, shopOf(200, 1), "small");
}); // prettier-ignore
afterAll(() => drop());

test("what customers will order is foreseen, tested at a time that was not learnt from, and told as traits", async () => {
  const kept = await workOutWorkspace(deps(), shop!, asked);
  expect(await readKept(sql, shop!)).toEqual(JSON.parse(JSON.stringify(kept)));
  const [order] = kept.result.goals;
  if (order?.worked.type !== "shown") throw new Error(JSON.stringify(order?.worked));
  const { quality, model, learnt } = order.worked;
  expect(quality.aucInterval.low).toBeGreaterThan(NEEDS_FLOOR.aucLow);
  expect(quality.calibrationError).toBeLessThan(NEEDS_FLOOR.calibrationError);
  expect(quality.brier).toBeLessThan(quality.brierOfShare);
  expect(learnt.cutOffs).toBe(3);
  expect(model.weights).toHaveLength(model.features.length);
  const rows = await readToldPart(sql, shop!, { by: "number", of: 1, remainder: 0 });
  expect(rows.length).toBe(told.length);
  expect(rows.length).toBeGreaterThan(CUSTOMERS * 0.8);
  for (const { name, type, of, traits } of told) {
    expect([name, type, of! > 0]).toEqual([FORESEEN, "identify", true]);
    expect(Object.keys(traits!)).toEqual(["likely_order", "likely_next"]);
    expect(traits!["likely_next"]).toBe("order");
  }
  const reasons = rows.flatMap(({ needs }) => needs["order"]!.reasons);
  expect(reasons.some(({ words }) => /^"Product Viewed" \d+ times in the last \d+ days$/.test(words))).toBe(true);
}); // prettier-ignore

test("worked out of the same history again it tells nobody again", async () => {
  told = [];
  now += 1_000;
  expect((await workOutWorkspace(deps(), shop!, asked)).result.told).toBe(0);
  expect(told).toEqual([]);
});

test("orders that come by chance are not foreseen: the interval holds one half, and nothing is told but why", async () => {
  told = [];
  const kept = await workOutWorkspace(deps(), chance!, asked);
  const [order] = kept.result.goals;
  if (order?.worked.type !== "below_floor") throw new Error(JSON.stringify(order?.worked));
  const { auc, aucInterval } = order.worked.quality;
  expect([aucInterval.low <= 0.5, aucInterval.high >= 0.5, auc > 0.4 && auc < 0.6]).toEqual([true, true, true]); // prettier-ignore
  expect(order.worked.below).toContain("discrimination");
  expect(told).toEqual([]);
});

test("of few customers nothing is told, and of a goal that nobody reached neither", async () => {
  told = [];
  const [few] = (await workOutWorkspace(deps(), small!, asked)).result.goals;
  expect(few!.worked).toMatchObject({ type: "too_little_data", reason: "customers" });
  const never = NeedsAsked.parse({ goals: [{ key: "moon", name: "The moon", when: { type: "event", event: "Went To The Moon" } }, { key: "last", name: "A stage", when: { type: "stage", stage: "loyal" } }] }); // prettier-ignore
  const { goals } = (await workOutWorkspace(deps(), chance!, never)).result;
  expect(goals.map(({ worked }) => worked)).toMatchObject([{ type: "too_little_data", reason: "reached", found: 0 }, { type: "unknown", reason: "no_such_stage" }]); // prettier-ignore
  expect(told).toEqual([]);
});

test("two workers whose hour has come work each workspace out once, and tell each customer once", async () => {
  await sql.query("truncate needs_models, needs_told");
  const two = openPostgres(sql.url, 8);
  const heard: string[] = [];
  const faults: unknown[] = [];
  const loops = [sql, two].map((of) =>
    startNeeds({
      sql: of, log, clock: () => now, onFault: (cause) => faults.push(cause),
      append: async (events) => void heard.push(...needsIn(events).map(({ workspace, of: customer }) => `${workspace} ${customer}`)),
    }),
  );
  const types = async () => Promise.all([shop!, chance!, small!].map(async (one) => (await readKept(sql, one))?.result.goals[0]!.worked.type));
  await vi.waitFor(async () => expect(await types()).toEqual(["shown", "below_floor", "too_little_data"]), { timeout: 90_000, interval: 50 });
  await Promise.all(loops.map((loop) => loop.stop()));
  await two.close();
  expect(faults).toEqual([]);
  expect(heard.length).toBe((await readToldPart(sql, shop!, { by: "number", of: 1, remainder: 0 })).length);
  expect(new Set(heard).size).toBe(heard.length);
}, 120_000); // prettier-ignore

test("a workspace that another process works out is left to it", async () => {
  const two = openPostgres(sql.url, 2);
  try {
    await two.transaction(async (tx) => {
      await tx.query("select pg_advisory_xact_lock($1, $2)", [LOCKS.needs, shop!]);
      expect(await workOutOnce(deps(), shop!, asked, now)).toEqual({ type: "under_way" });
      expect((await workOutOnce(deps(), small!, asked, now)).type).toBe("kept");
    });
  } finally {
    await two.close();
  }
});

test("what customers were told is taken back when it may not be told any more", async () => {
  told = [];
  now += 400 * DAY_MS;
  const kept = await workOutWorkspace(deps(), shop!, asked);
  expect(kept.result.goals[0]!.worked.type).toBe("too_little_data");
  expect(told.length).toBe(kept.result.told);
  expect(told.length).toBeGreaterThan(0);
  for (const { traits } of told) expect(traits).toEqual({ likely_order: null, likely_next: null });
  expect(await readToldPart(sql, shop!, { by: "number", of: 1, remainder: 0 })).toEqual([]);
});

test("no goal of one cut-off is reached after the next, and each has a month before it", () => {
  const month = 30 * DAY_MS;
  expect(cutOffsOf(0, 100 * month, month)).toEqual([95, 96, 97, 98, 99].map((n) => n * month));
  expect(cutOffsOf(96 * month, 100 * month, month)).toEqual([97, 98, 99].map((n) => n * month));
});
