/** What the feed puts into one insert is bounded by its size, and what it was offered is in the log when it has drained. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createInbox, waitingEvents } from "../../src/events/inbox.ts";
import { type Feed, startFeed } from "../../src/log/feed.ts";
import { startWorker } from "../../src/worker.ts";
import type { JsonObject } from "../../src/values.ts";
import { aDatabase, aLog } from "../stores.ts";
import { eventOf } from "../world.ts";

/** A database whose worker has handled these events, twenty requests of them; none is in the log yet. */
async function handled(perRequest: number, properties: JsonObject) {
  const [{ sql, drop }, { log, drop: dropLog }] = [await aDatabase(), await aLog()];
  const faults: unknown[] = [];
  const onFault = (cause: unknown) => faults.push(cause);
  const batches: Parameters<Feed["offer"]>[] = [];
  const worker = startWorker({
    sql,
    clock: Date.now,
    owner: randomUUID(),
    onFault,
    onCommit: ({ logLines }, logBatch) => logBatch && batches.push([logBatch, logLines]),
  });
  const inbox = createInbox(sql, {
    clock: Date.now,
    waiting: () => 0,
    waitingMax: 1e9,
    onAppend: () => worker.wake(),
  });
  for (let i = 0; i < 20; i++)
    await inbox.append(
      Array.from({ length: perRequest }, (_, j) => eventOf({ who: [`user_id ${i}-${j}`], properties })),
    );
  while ((await waitingEvents(sql, Date.now())).events > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await worker.stop();
  const inserts: number[] = [];
  const feed = startFeed({ sql, log, clock: Date.now, onFault, onLogged: (events) => inserts.push(events) });
  const logged = async () => (await log.rows<{ n: number }>("select count() as n from events"))[0]?.n;
  const end = async () => {
    await feed.stop();
    await dropLog();
    await drop();
    expect(faults).toEqual([]);
  };
  return { batches, feed, inserts, logged, end };
}

test("events of the largest size that were left behind go out in several inserts", async () => {
  const { feed, inserts, logged, end } = await handled(100, { big: "x".repeat(31_000) });
  await feed.drain();
  expect(inserts.reduce((sum, events) => sum + events, 0)).toBe(2000);
  expect(inserts.length).toBeGreaterThan(1);
  expect(await logged()).toBe(2000);
  await end();
}, 60_000);

test("all that was offered is in the log when the feed has drained, also what is less than a whole insert", async () => {
  const { batches, feed, inserts, logged, end } = await handled(1300, {});
  for (const batch of batches) feed.offer(...batch);
  await feed.drain();
  expect(await logged()).toBe(26_000);
  expect(inserts.length).toBeGreaterThan(1);
  await end();
}, 60_000);
