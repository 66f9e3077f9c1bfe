/** A clock that was set back while the platform ran, or between two runs: nothing accepted is left lying. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Database } from "../../src/db/postgres.ts";
import { createInbox, waitingEvents } from "../../src/events/inbox.ts";
import { beat, LEASE_MS } from "../../src/lanes.ts";
import { startFeed, unloggedEvents } from "../../src/log/feed.ts";
import { startWorker } from "../../src/worker.ts";
import { aDatabase, aLog } from "../stores.ts";
import { eventOf } from "../world.ts";

const DAY_MS = 86_400_000;
let sql: Database;
let log: EventLog;
const closers: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  const [database, store] = [await aDatabase(), await aLog()];
  ({ sql } = database);
  ({ log } = store);
  closers.push(store.drop, () => database.drop());
});
afterAll(async () => {
  for (const close of closers) await close();
});
const until = async (done: () => Promise<boolean>) => {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 10));
};

test("events received after the clock was set back by a day are handled, and those before it are logged", async () => {
  let now = Date.now() + DAY_MS;
  const clock = () => now;
  const faults: unknown[] = [];
  let handled = 0;
  // A worker whose feed never heard of its batches: what it leaves is claimed until after the clock's jump.
  const worker = startWorker({
    sql, clock, owner: randomUUID(), onFault: (cause) => faults.push(cause),
    onCommit: (batch) => (handled += batch.handled.length),
  }); // prettier-ignore
  const inbox = createInbox(sql, { clock, waiting: () => 0, waitingMax: 1e9, onAppend: () => worker.wake() });
  await inbox.append([eventOf({ who: ["user_id early"] })]);
  await until(async () => handled === 1);
  now -= DAY_MS;
  await inbox.append([eventOf({ who: ["user_id early"] })]);
  expect((await waitingEvents(sql, now)).events + handled).toBe(2);
  await until(async () => handled === 2);
  await worker.stop();
  now += 11_000;
  const feed = startFeed({ sql, log, clock, onFault: (cause) => faults.push(cause) });
  await until(async () => (await unloggedEvents(sql, now)).events === 0);
  await feed.stop();
  expect((await log.rows<{ n: number }>("select count() as n from events"))[0]?.n).toBe(2);
  expect(faults).toEqual([]);
}, 20_000);

test("lanes and workers stamped by a clock that was ahead are free", async () => {
  await sql.query("update lanes set owner = 'gone', lease_until = $1", [Date.now() + DAY_MS]);
  await sql.query("insert into workers (id, seen_at) values ('gone', $1)", [Date.now() + DAY_MS]);
  expect((await beat(sql, "here")).length).toBe(8);
  expect(LEASE_MS).toBeLessThan(DAY_MS);
});
