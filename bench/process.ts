/**
 * The worker in one process with its stores, to look into: `tsx bench/process.ts EVENTS CUSTOMERS [new]`. Customers are put
 * in place first; with `new` they are met for the first time. Prints one line of JSON, with the CPU that this process
 * (the event log's engine included) and PostgreSQL spent on an event.
 *
 * BENCH_STATEMENTS=1 prints where the time of statements goes; BENCH_SETTINGS="name=value name=value" tries settings of PostgreSQL.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChdb } from "../src/db/clickhouse.ts";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { type Database, type Sql, openPostgres } from "../src/db/postgres.ts";
import { startFeed } from "../src/log/feed.ts";
import { startWorker } from "../src/worker.ts";
import { fillCustomers, fillInbox, onFolder } from "./fill.ts";
import { calibration, machine } from "./machine.ts";
import { usage } from "./program.ts";

const events = Number(process.argv[2] ?? 150_000);
const customers = Number(process.argv[3] ?? 100_000);
const known = process.argv[4] !== "new";
const settings = Object.fromEntries((process.env["BENCH_SETTINGS"] ?? "").split(" ").filter(Boolean).map((one) => one.split("=") as [string, string])); // prettier-ignore
const folder = await mkdtemp(join(tmpdir(), "throughline-bench-process-"));
const fault = (cause: unknown) => console.error(cause);

/** Where the time of statements goes, by their first words. */
const spent = new Map<string, { n: number; ms: number }>();
function timed(database: Database): Database {
  const watch = (on: Sql): Sql => ({
    query: async (text, values) => {
      const began = performance.now();
      try {
        return await on.query(text, values);
      } finally {
        const name = text.replaceAll(/\s+/g, " ").slice(0, 70);
        const of = spent.get(name) ?? { n: 0, ms: 0 };
        spent.set(name, { n: of.n + 1, ms: of.ms + performance.now() - began });
      }
    },
    transaction: (work, durable) => on.transaction((tx) => work(watch(tx)), durable),
  });
  return { ...database, ...watch(database) };
}

/** CPU of the thread that runs our code; the others are V8's helpers and the event log's engine (Linux). */
async function mainThreadSeconds(): Promise<number> {
  const text = await readFile(`/proc/self/task/${process.pid}/stat`, "utf8");
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  return (fields[11]! + fields[12]!) / 100;
}

async function handle(sql: Database): Promise<{ readonly processedMs: number; readonly loggedMs: number }> {
  const log = openChdb(join(folder, "log"));
  await migrateLog(log);
  let committed = 0;
  let done: () => void;
  const all = new Promise<void>((resolve) => (done = resolve));
  const feed = startFeed({ sql, log, clock: Date.now, onFault: fault });
  const began = performance.now();
  const worker = startWorker({
    sql, clock: Date.now, owner: randomUUID(), onFault: fault,
    onCommit: (batch, logBatch) => {
      if (logBatch !== null) feed.offer(logBatch, batch.logLines);
      if ((committed += batch.handled.length) >= events) done();
    },
  }); // prettier-ignore
  await all;
  const processedMs = performance.now() - began;
  await feed.drain();
  const loggedMs = performance.now() - began;
  await worker.stop();
  await feed.stop();
  await log.close();
  return { processedMs, loggedMs };
}

try {
  await onFolder(folder, async (sql) => {
    if (known) await fillCustomers(sql, 0, customers);
    await fillInbox(sql, events, customers);
  });
  const postgres = await startEmbedded({ dataDir: folder, settings });
  const sql = timed(openPostgres(postgres.url, 16, "bulk"));
  const server = await postgres.pid();
  const [own, theirs] = [process.cpuUsage(), await usage(server)];
  const mainBefore = await mainThreadSeconds();
  const { processedMs, loggedMs } = await handle(sql);
  const { user, system } = process.cpuUsage(own);
  const mainThread = (await mainThreadSeconds()) - mainBefore;
  const serverSeconds = (await usage(server)).cpuSeconds - theirs.cpuSeconds;
  const wal = await sql.query<{ bytes: number; images: number }>(
    "select wal_bytes::float8 as bytes, wal_fpi as images from pg_stat_wal",
  );
  await sql.close();
  await postgres.stop();
  const rate = (ms: number) => Math.round(events / (ms / 1000));
  console.log(
    JSON.stringify({
      bench: "process", machine: machine(), calibration: Math.round(calibration()), events, customers, known, settings,
      processedPerSecond: rate(processedMs), loggedPerSecond: rate(loggedMs),
      cpuMicrosPerEvent: { own: Math.round((user + system) / events),
        mainThread: Math.round((mainThread * 1e6) / events), postgres: Math.round((serverSeconds * 1e6) / events) },
      walBytesPerEvent: Math.round(wal[0]!.bytes / events), pageImagesPerEvent: wal[0]!.images / events, rssMb: Math.round(process.memoryUsage().rss / 1e6),
    }),
  ); // prettier-ignore
  if (process.env["BENCH_STATEMENTS"])
    for (const [name, { n, ms }] of [...spent].toSorted((a, b) => b[1].ms - a[1].ms).slice(0, 20))
      console.log(`${Math.round(ms)} ms  ${n} x  ${name}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
