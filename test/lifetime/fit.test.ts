/** CDNOW's purchases through the log: the same laws as from the file, foretold and told to customers once. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { LOCKS } from "../../src/db/locks.ts";
import { type Database, openPostgres } from "../../src/db/postgres.ts";
import type { Event } from "../../src/events/model.ts";
import { LifetimeAnswer, lifetimeTold } from "../../src/lifetime/document.ts";
import { type FitDeps, fitOnce, fitWorkspace, startFitter } from "../../src/lifetime/fit.ts";
import { LifetimeAsked } from "../../src/lifetime/model.ts";
import { writeOwnNames } from "../../src/metrics/store.ts";
import { readFit } from "../../src/lifetime/store.ts";
import { ESTIMATED } from "../../src/lifetime/tell.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { bothStores } from "../stores.ts";
import { END_DAY, LAST_DAY, type Purchase, readPurchases, spendingAt } from "./cdnow.ts";

const DAY_MS = 86_400_000;
const workspace = 1 as WorkspaceId;
const small = 2 as WorkspaceId;
let sql: Database;
let log: EventLog;
let drop: () => Promise<void>;
let purchases: readonly Purchase[];
let told: Event[] = [];
let now = 0;
const deps = (): FitDeps => ({
  sql,
  log,
  clock: () => now,
  append: async (events) => void told.push(...events),
});
const asked = LifetimeAsked.parse({ value: "total" });

beforeAll(async () => {
  ({ sql, log, drop } = await bothStores());
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'One', 0), (2, 'Two', 0) on conflict do nothing");
  purchases = await readPurchases();
  const line = (of: WorkspaceId) => ({ customer, day, dollars }: Purchase, i: number) =>
    JSON.stringify({
      atom: customer, workspace: of, id: `p ${i}`, type: "track", name: "Order Completed", happenedAt: day * DAY_MS + i, receivedAt: day * DAY_MS, channel: "web",
      touchpoint: "checkout", key: 1, identifiers: [], properties: { total: dollars },
    });
  await log.insert("events", purchases.map(line(workspace)).join("\n"), "all");
  await log.insert("events", purchases.filter(({ customer }) => customer <= 150).map(line(small)).join("\n"), "few");
}); // prettier-ignore
afterAll(() => drop());

test("the log's purchases give the published laws, and customers are told by an event of ours", async () => {
  now = (END_DAY + 1) * DAY_MS + 1;
  const kept = await fitWorkspace(deps(), workspace, asked);
  expect(await readFit(sql, workspace)).toEqual(JSON.parse(JSON.stringify(kept)));
  const { worked } = kept.result;
  if (worked.type !== "fitted" || worked.bgNbd.type !== "fitted" || worked.paretoNbd.type !== "fitted") throw new Error(worked.type);
  expect(worked.customers).toBe(2_357);
  expect(worked.bgNbd.logLikelihood).toBeCloseTo(-9582.429, 2);
  expect(worked.paretoNbd.logLikelihood).toBeCloseTo(-9594.976, 2);
  expect(worked.chosen).toBe("bg_nbd");
  expect(worked.gammaGamma?.type === "fitted" && Math.abs(worked.gammaGamma.law.p - 6.25) < 0.02).toBe(true);
  expect(worked.purchases.low).toBeLessThan(worked.purchases.value);
  expect(worked.purchases.high).toBeGreaterThan(worked.purchases.value);
  expect(told).toHaveLength(2_357);
  expect(new Set(told.map(({ id }) => id)).size).toBe(2_357);
  for (const { name, type, of, traits } of told) {
    expect([name, type, of! > 0]).toEqual([ESTIMATED, "identify", true]);
    expect(Object.keys(traits!)).toEqual(["likely_active", "expected_purchases_12m", "expected_value_12m"].flatMap((trait) => [trait, `${trait}_low`, `${trait}_high`]));
    const its = traits as { readonly [trait: string]: number };
    for (const trait of ["likely_active", "expected_purchases_12m", "expected_value_12m"])
      expect([trait, its[`${trait}_low`]! <= its[trait]! && its[trait]! <= its[`${trait}_high`]!]).toEqual([trait, true]);
    expect([its["expected_purchases_12m_low"]! < its["expected_purchases_12m_high"]!, its["likely_active_high"]! <= 1]).toEqual([true, true]);
  }
}); // prettier-ignore

test("a fit of the same purchases tells nobody again", async () => {
  told = [];
  now += 1_000;
  expect((await fitWorkspace(deps(), workspace, asked)).result.told).toBe(0);
  expect(told).toEqual([]);
});

test("the last third is foretold as the law expects it, group by group", async () => {
  now = (LAST_DAY + 1) * DAY_MS + 1;
  const { result } = await fitWorkspace(deps(), workspace, asked);
  const { worked } = result;
  if (worked.type !== "fitted" || worked.foretold === null) throw new Error(worked.type);
  const { actual, expected, errorRatio, groups, customers, weeks } = worked.foretold;
  // Counted from the file: days with a purchase after the first two thirds.
  const firstDay = Math.min(...purchases.map(({ day }) => day));
  const middleDay = firstDay + Math.floor(((LAST_DAY - firstDay) * 2) / 3);
  const days = new Set(purchases.filter(({ day }) => day > middleDay).map(({ customer, day }) => `${customer} ${day}`));
  expect(actual).toBe(days.size);
  expect(weeks).toBeCloseTo((LAST_DAY - middleDay) / 7, 10);
  expect(customers).toBe(2_357);
  expect(errorRatio).toBeCloseTo(expected / actual - 1, 10);
  expect(Math.abs(errorRatio!)).toBeLessThan(0.25);
  expect(groups.map(({ repeats }) => repeats)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(groups.at(-1)!.actual).toBeGreaterThan(groups[0]!.actual);
}); // prettier-ignore

test("with too few customers a reason is told, and no number and no trait", async () => {
  told = [];
  const kept = await fitWorkspace(deps(), small, asked);
  const answer = lifetimeTold(kept, 1);
  expect(answer.result).toMatchObject({ type: "too_little_data", found: 150, needed: 200 });
  expect(told).toEqual([]);
  expect(LifetimeAnswer.parse(answer)).toEqual(answer);
  expect(LifetimeAnswer.parse(lifetimeTold(null, 0)).result.type).toBe("not_yet");
  const whole = lifetimeTold(await readFit(sql, workspace), 0);
  if (whole.result.type !== "fitted") throw new Error(whole.result.type);
  expect(whole.result.laws.map(({ parameters }) => parameters.map(({ name }) => name).join())).toEqual([
    "r,alpha,a,b",
    "r,alpha,s,beta",
    "p,q,v",
  ]);
  // Never more are active than there are, and what a purchase is worth lies near the mean of all that came back.
  expect(whole.result.active!.interval.low).toBeGreaterThan(0);
  expect(whole.result.active!.interval.high).toBeLessThan(whole.result.customers);
  const again = spendingAt(purchases, LAST_DAY);
  const mean = again.reduce((sum, { meanSpent }) => sum + meanSpent, 0) / again.length;
  expect(Math.abs(whole.result.each!.value / mean - 1)).toBeLessThan(0.05);
  expect(LifetimeAnswer.parse(whole)).toEqual(whole);
});

test("what customers were told is withdrawn when a later fit has too little to tell", async () => {
  told = [];
  const before = await sql.query<{ customer: number }>("select customer from lifetime_told where workspace = $1", [workspace]); // prettier-ignore
  expect(before.length).toBe(2_357);
  // Nothing is called so: there are no purchases.
  now += 1_000;
  const kept = await fitWorkspace(deps(), workspace, LifetimeAsked.parse({ event: "Nothing" }));
  expect(kept.result.worked.type).toBe("too_little_data");
  expect(told.map(({ of }) => of).toSorted((a, b) => a! - b!)).toEqual(before.map(({ customer }) => Number(customer)).toSorted((a, b) => a - b)); // prettier-ignore
  for (const { name, traits } of told) {
    expect(name).toBe(ESTIMATED);
    expect(Object.keys(traits!)).toHaveLength(9);
    expect(Object.values(traits!).every((value) => value === null)).toBe(true);
  }
  // It is said once; with a fit again, all are told again.
  told = [];
  now += 1_000;
  await fitWorkspace(deps(), workspace, LifetimeAsked.parse({ event: "Nothing" }));
  expect(told).toEqual([]);
  expect((await fitWorkspace(deps(), workspace, asked)).result.told).toBe(2_357);
});

test("a purchase is what the workspace calls an order, unless somebody says otherwise", async () => {
  now += 1_000;
  // Two of them are told: what they are called in a shop, and what this one calls them.
  await writeOwnNames(sql, small, { business: "ecommerce", names: { order: ["Nothing", "Order Completed"], value: "total" } }); // prettier-ignore
  const both = await fitWorkspace(deps(), small, LifetimeAsked.parse({}));
  expect(both.result.worked).toMatchObject({ type: "too_little_data", found: 150 });
  await writeOwnNames(sql, small, { business: "ecommerce", names: { order: ["Contract Signed"] } });
  const signed = await fitWorkspace(deps(), small, LifetimeAsked.parse({}));
  expect(signed.result.worked).toMatchObject({ type: "too_little_data", found: 0 });
  expect(lifetimeTold(signed, 0)).toMatchObject({ purchase: { events: ["Contract Signed"], values: ["total", "revenue", "value"] } }); // prettier-ignore
  const named = await fitWorkspace(deps(), small, LifetimeAsked.parse({ event: "Order Completed" }));
  expect(named.result.worked).toMatchObject({ found: 150 });
  await sql.query("update workspaces set settings = settings - 'metrics'");
});

test("two workers whose hour has come fit each workspace once, and tell each customer once", async () => {
  await sql.query("truncate lifetime_fits, lifetime_told");
  const two = openPostgres(sql.url, 8);
  const heard = [new Map<string, number>(), new Map<string, number>()];
  const faults: unknown[] = [];
  const fitters = [sql, two].map((of, i) =>
    startFitter({
      sql: of, log, clock: () => now, onFault: (cause) => faults.push(cause),
      append: async (events) => events.forEach(({ workspace: place, of: customer }) => heard[i]!.set(`${place} ${customer}`, (heard[i]!.get(`${place} ${customer}`) ?? 0) + 1)),
    }),
  );
  await vi.waitFor(async () => expect(await Promise.all([workspace, small].map(async (one) => (await readFit(sql, one))?.result.worked.type))).toEqual(["fitted", "too_little_data"]), { timeout: 60_000, interval: 50 });
  await Promise.all(fitters.map((fitter) => fitter.stop()));
  await two.close();
  expect(faults).toEqual([]);
  const all = [...heard[0]!, ...heard[1]!];
  expect(all.every(([, times]) => times === 1)).toBe(true);
  expect(new Set(all.map(([customer]) => customer)).size).toBe(all.length);
  expect(all.length).toBe((await readFit(sql, workspace))!.result.told);
  expect(all.length).toBe(2_357);
}); // prettier-ignore

test("a workspace that another process is fitting is left to it, and what it has just made is taken", async () => {
  const two = openPostgres(sql.url, 2);
  try {
    // Another process holds it, in a transaction of its own.
    await two.transaction(async (tx) => {
      await tx.query("select pg_advisory_xact_lock($1, $2)", [LOCKS.lifetimeFit, workspace]);
      expect(await fitOnce(deps(), workspace, LifetimeAsked.parse({}), now)).toEqual({ type: "under_way" });
      // Another workspace is nobody's.
      expect((await fitOnce(deps(), small, LifetimeAsked.parse({}), now)).type).toBe("kept");
    });
  } finally {
    await two.close();
  }
  const [kept, madeAt] = [await readFit(sql, workspace), now];
  now += 60_000;
  expect(await fitOnce(deps(), workspace, LifetimeAsked.parse({}), madeAt - 1)).toEqual({
    type: "kept",
    kept,
  });
  const again = await fitOnce(deps(), workspace, LifetimeAsked.parse({}), madeAt);
  expect(again.type === "kept" && again.kept.fittedAt).toBe(now);
});

test("worths are of the most frequent currency, and it is said how many are of another", async () => {
  const euro = 3 as WorkspaceId;
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (3, 'Three', 0) on conflict do nothing"); // prettier-ignore
  const line = ({ customer, day }: Purchase, i: number) =>
    JSON.stringify({
      atom: customer, workspace: euro, id: `p ${i}`, type: "track", name: "Order Completed", happenedAt: day * DAY_MS + i, receivedAt: day * DAY_MS, channel: "web",
      touchpoint: "checkout", key: 1, identifiers: [], properties: customer % 4 === 0 ? { total: 1_000_000, currency: "jpy" } : { total: 10 + (i % 7), ...((customer % 4 === 1 || i % 2 === 0) && { currency: "eur" }) },
    }); // prettier-ignore
  await log.insert(
    "events",
    purchases
      .filter(({ customer }) => customer <= 600 && customer % 4 < 3)
      .map(line)
      .join("\n"),
    "euro",
  );
  const kept = await fitWorkspace(deps(), euro, LifetimeAsked.parse({}));
  const whole = lifetimeTold(kept, 0);
  if (whole.result.type !== "fitted") throw new Error(whole.result.type);
  expect(whole.result.each === null || whole.result.each.value < 20).toBe(true);
  expect(whole.basis!.method).toMatch(
    /Refunds are not subtracted\. Worths are in EUR, the most frequent currency: [0-9]+ of [0-9]+ that tell one/,
  );
  expect(kept.result.currency!.main).toBe("EUR");
});
