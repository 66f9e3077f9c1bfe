/** Lists are worked out anew every few hours, for each workspace once, and take the place of those before. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Database } from "../../src/db/postgres.ts";
import { RECOMMENDATION_LIMITS, nameOfList } from "../../src/recommendations/model.ts";
import { refreshDue } from "../../src/recommendations/refresh.ts";
import { readLists, readStanding, writeSettings } from "../../src/recommendations/store.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { bothStores } from "../stores.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 1, 12);
const [ONE, TWO] = [1, 2] as [WorkspaceId, WorkspaceId];

let sql: Database;
let log: EventLog;
let drop: () => Promise<void>;
beforeAll(async () => {
  ({ sql, log, drop } = await bothStores());
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (2, 'Other', 0)"); // prettier-ignore
});
afterAll(() => drop());

const ordered = (workspace: WorkspaceId, atom: number, at: number, ...products: string[]): Past =>
  ({ workspace, atom, at, name: "Order Completed", properties: { order_id: `${atom}-${at}`, products: products.map((sku) => ({ sku })) } }); // prettier-ignore
const goesWith = async (workspace: WorkspaceId, product: string) => {
  const name = { kind: "basket", key: product } as const;
  return ((await readLists(sql, workspace, [name])).lists.get(nameOfList(name)) ?? []).map(([other]) => other); // prettier-ignore
};
/** What is due at `now` is worked out; how many workspaces were. */
async function dueAt(now: number): Promise<number> {
  let done = 0;
  while (await refreshDue({ sql, log, clock: () => now })) done += 1;
  return done;
}

test("each workspace's lists are worked out once in six hours, and what no longer holds is gone", async () => {
  await tellHistory(log, [
    ...[1, 2, 3].map((atom) => ordered(ONE, atom, NOON - 300 * DAY_MS, "boots", "wax")),
    ...[4, 5, 6].map((atom) => ordered(ONE, atom, NOON - DAY_MS, "tent")),
    ...[1, 2].map((atom) => ordered(TWO, atom, NOON - DAY_MS, "boots", "socks")),
    ordered(TWO, 3, NOON - DAY_MS, "lamp"),
  ]);
  await writeSettings(sql, TWO, { ...(await readStanding(sql, TWO)).settings, customersMin: 2 });
  expect(await dueAt(NOON)).toBe(2);
  expect([await goesWith(ONE, "boots"), await goesWith(TWO, "boots")]).toEqual([["wax"], ["socks"]]);
  expect((await readStanding(sql, ONE)).basis).toMatchObject({ customers: 6, orders: 6, products: 3, asOfAt: NOON, computedAt: NOON }); // prettier-ignore
  expect(await dueAt(NOON + RECOMMENDATION_LIMITS.everyMs - 1)).toBe(0);
  // What was bought a year ago says nothing any more.
  expect(await dueAt(NOON + 70 * DAY_MS)).toBe(2);
  expect([await goesWith(ONE, "boots"), await goesWith(TWO, "boots")]).toEqual([[], ["socks"]]);
  expect((await readStanding(sql, ONE)).basis).toMatchObject({ customers: 3, orders: 3 });
});

test("of two processes that look at the same time one works a workspace's lists out", async () => {
  const deps = { sql, log, clock: () => NOON + 100 * DAY_MS };
  const took = await Promise.all([refreshDue(deps), refreshDue(deps), refreshDue(deps)]);
  const rest = await dueAt(NOON + 100 * DAY_MS);
  expect(took.filter(Boolean).length + rest).toBe(2);
});
