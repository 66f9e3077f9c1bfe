/** How many events a second the worker handles, from the inbox to the customers and the event log. Usage: tsx bench/process.ts EVENTS CUSTOMERS */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChdb } from "../src/db/clickhouse.ts";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrateLog, migrateState } from "../src/db/migrate.ts";
import { type Database, openPostgres, type Sql } from "../src/db/postgres.ts";
import { createInbox, ensureInboxPartitions } from "../src/events/inbox.ts";
import { ensureLanes } from "../src/lanes.ts";
import { startFeed } from "../src/log/feed.ts";
import { startWorker } from "../src/worker.ts";
import { calibration, machine, sampleEvent } from "./machine.ts";

const events = Number(process.argv[2] ?? 100_000);
const customers = Number(process.argv[3] ?? 10_000);
const folder = await mkdtemp(join(tmpdir(), "throughline-bench-"));
const postgres = await startEmbedded({ dataDir: folder });
const sql = timed(openPostgres(postgres.url, 16, "bulk"));
const log = openChdb(join(folder, "log"));
await migrateState(sql);
await migrateLog(log);
await ensureLanes(sql);
await ensureInboxPartitions(sql, Date.now());
const fault = (cause: unknown) => console.error(cause);
const inbox = createInbox(sql, { clock: Date.now, waitingMax: 1e9, waiting: () => 0 });

/** Where the time of statements goes, by their first words; printed with BENCH_STATEMENTS=1. */
function timed(database: Database): Database {
  const spent = new Map<string, { n: number; ms: number }>();
  const watch = (on: Sql): Sql => ({
    query: async (text, values) => {
      const began = performance.now();
      try {
        return await on.query(text, values);
      } finally {
        const name = text.replaceAll(/\s+/g, " ").slice(0, 60);
        const of = spent.get(name) ?? { n: 0, ms: 0 };
        spent.set(name, { n: of.n + 1, ms: of.ms + performance.now() - began });
      }
    },
    transaction: (work, durable) => on.transaction((tx) => work(watch(tx)), durable),
  });
  if (process.env["BENCH_STATEMENTS"])
    process.once("exit", () =>
      console.log(
        [...spent]
          .toSorted((a, b) => b[1].ms - a[1].ms)
          .slice(0, 22)
          .map(([name, { n, ms }]) => `${Math.round(ms)} ms  ${n} x  ${name}`)
          .join("\n"),
      ),
    );
  return { ...database, ...watch(database) };
}

async function append(count: number, of: (i: number) => number): Promise<number> {
  const began = performance.now();
  const batches: Promise<void>[] = [];
  for (let i = 0; i < count; i += 100) {
    batches.push(
      inbox.append(
        Array.from({ length: 100 }, (_, j) => sampleEvent(of(i + j), randomUUID(), Date.now() - 1000 + i)),
      ),
    );
    if (batches.length === 50) await Promise.all(batches.splice(0));
  }
  await Promise.all(batches);
  return count / ((performance.now() - began) / 1000);
}
async function handle(count: number): Promise<{ processed: number; logged: number }> {
  let committed = 0;
  let done: () => void;
  const all = new Promise<void>((resolve) => (done = resolve));
  const feed = startFeed({ sql, log, clock: Date.now, onFault: fault });
  const began = performance.now();
  const worker = startWorker({
    sql, clock: Date.now, owner: randomUUID(), onFault: fault,
    onCommit: (batch, logBatch) => {
      if (logBatch !== null) feed.offer(logBatch, batch.logLines);
      if ((committed += batch.handled.length) >= count) done();
    },
  }); // prettier-ignore
  await all;
  const processed = count / ((performance.now() - began) / 1000);
  await feed.drain();
  const logged = count / ((performance.now() - began) / 1000);
  await worker.stop();
  await feed.stop();
  return { processed, logged };
}
const random = (n: number) => Math.floor(Math.random() * n);
const appended = await append(events, () => random(customers));
const first = await handle(events);
await append(events, () => random(customers));
const again = await handle(events);
const [{ bytes } = { bytes: 0 }] = await log.rows<{ bytes: number }>(
  "select sum(bytes_on_disk) / sum(rows) as bytes from system.parts where active and table = 'events'",
);
const round = (n: number) => Math.round(n);
console.log(
  JSON.stringify({
    machine: machine(),
    calibration: round(calibration()),
    events,
    customers,
    appended: round(appended),
    newCustomers: { processed: round(first.processed), logged: round(first.logged) },
    knownCustomers: { processed: round(again.processed), logged: round(again.logged) },
    bytesPerEvent: round(bytes),
    rssMb: round(process.memoryUsage().rss / 1e6),
  }),
);
await sql.close();
await log.close();
await postgres.stop();
await rm(folder, { recursive: true, force: true });
