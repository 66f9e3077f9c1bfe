/** What the feed puts into one insert is bounded by its size, also when it is what a crash or a log that was down left. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { createInbox, waitingEvents } from "../../src/events/inbox.ts";
import { startFeed } from "../../src/log/feed.ts";
import { startWorker } from "../../src/worker.ts";
import { aDatabase, aLog } from "../stores.ts";
import { eventOf } from "../world.ts";

test("events of the largest size that were left behind go out in several inserts", async () => {
  const [{ sql, drop }, { log, drop: dropLog }] = [await aDatabase(), await aLog()];
  const faults: unknown[] = [];
  const onFault = (cause: unknown) => faults.push(cause);
  const worker = startWorker({
    sql,
    clock: Date.now,
    owner: randomUUID(),
    onFault,
    onCommit: () => undefined,
  });
  const inbox = createInbox(sql, {
    clock: Date.now,
    waiting: () => 0,
    waitingMax: 1e9,
    onAppend: () => worker.wake(),
  });
  const properties = { big: "x".repeat(31_000) };
  for (let i = 0; i < 20; i++)
    await inbox.append(
      Array.from({ length: 100 }, (_, j) => eventOf({ who: [`user_id ${i}-${j}`], properties })),
    );
  while ((await waitingEvents(sql, Date.now())).events > 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  await worker.stop();

  const inserts: number[] = [];
  const feed = startFeed({ sql, log, clock: Date.now, onFault, onLogged: (events) => inserts.push(events) });
  await feed.drain();
  await feed.stop();
  expect(inserts.reduce((sum, events) => sum + events, 0)).toBe(2000);
  expect(inserts.length).toBeGreaterThan(1);
  expect((await log.rows<{ n: number }>("select count() as n from events"))[0]?.n).toBe(2000);
  expect(faults).toEqual([]);
  await dropLog();
  await drop();
}, 60_000);
