/** A batch that takes longer than a lease stays its worker's: others that wait for lanes do not undo it again and again. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Database, Sql } from "../../src/db/postgres.ts";
import { createInbox, waitingEvents } from "../../src/events/inbox.ts";
import { beat, LEASE_MS } from "../../src/lanes.ts";
import { startWorker } from "../../src/worker.ts";
import { aDatabase } from "../stores.ts";
import { eventOf } from "../world.ts";

test("a slow database lets a batch end before its lanes are given to another worker", async () => {
  const { sql, drop } = await aDatabase();
  let begun = false;
  // The real database, in which remembering message ids takes a lease and more.
  const slow: Database = {
    ...sql,
    transaction: (work, durable) =>
      sql.transaction(async (tx) => {
        const query: Sql["query"] = async (text, values) => {
          if (text.startsWith("insert into seen")) {
            begun = true;
            await tx.query(`select pg_sleep(${(LEASE_MS + 2_500) / 1000})`);
          }
          return tx.query(text, values);
        };
        return work({ ...tx, query });
      }, durable),
  };
  const faults: unknown[] = [];
  let handled = 0;
  const inbox = createInbox(sql, { clock: Date.now, waiting: () => 0, waitingMax: 1e9 });
  await inbox.append([eventOf({ who: ["user_id ada"] })]);
  const worker = startWorker({
    sql: slow, clock: Date.now, owner: randomUUID(), onFault: (cause) => faults.push(cause),
    onCommit: (batch) => (handled += batch.handled.length),
  }); // prettier-ignore
  while (!begun) await new Promise((resolve) => setTimeout(resolve, 10));
  const begunAt = Date.now();
  // Another worker that would take what it gets, and never works.
  while (handled === 0 && Date.now() - begunAt < 3 * LEASE_MS) {
    await beat(sql, "another");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(handled).toBe(1);
  expect(Date.now() - begunAt).toBeGreaterThan(LEASE_MS);
  expect((await waitingEvents(sql, Date.now())).events).toBe(0);
  expect(faults).toEqual([]);
  await worker.stop();
  await drop();
}, 60_000);
