/**
 * A big send in one process with its stores, to look into: `tsx bench/journeys-inside.ts RECIPIENTS [timers]`. Customers are
 * put in place and queued for a journey of one message; the worker lets them in, then the sender hands the messages to a
 * mail server in a process of its own. With `timers` they wait in the journey instead, and all of them are due at once.
 *
 * Prints one line of JSON for each stage with the CPU of one customer, and where PostgreSQL's CPU goes, by statement: a
 * backend's own counter is read around each (Linux). BENCH_SETTINGS tries settings of PostgreSQL, BENCH_SQL a statement before
 * the first stage (an index or trigger less), BENCH_PROFILE names a folder for a CPU profile of each stage.
 */
import { fork } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Session } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { type Database, type Sql, openPostgres } from "../src/db/postgres.ts";
import { createInbox } from "../src/events/inbox.ts";
import { createJourney, draftOf, publish } from "../src/journeys/change.ts";
import { startFeed } from "../src/log/feed.ts";
import { addProvider } from "../src/messages/provider-store.ts";
import { TemplateDraft } from "../src/messages/model.ts";
import { addTemplate } from "../src/messages/templates.ts";
import { writePolicy } from "../src/permission/store.ts";
import { Policy } from "../src/permission/model.ts";
import { buildNext } from "../src/segments/build.ts";
import { openSending } from "../src/sending.ts";
import type { WorkspaceId } from "../src/values.ts";
import { startWorker } from "../src/worker.ts";
import { fillCustomers, onFolder } from "./fill.ts";
import { waitingOf } from "./journeys-fill.ts";
import { calibration, machine } from "./machine.ts";
import { usage } from "./program.ts";
import { vaultOf } from "../src/vault.ts";

const vault = vaultOf([randomBytes(32)]);
const recipients = Number(process.argv[2] ?? 20_000);
const timers = process.argv[3] === "timers";
const workspace = 1 as WorkspaceId;
const settings = Object.fromEntries((process.env["BENCH_SETTINGS"] ?? "").split(" ").filter(Boolean).map((one) => one.split("=") as [string, string])); // prettier-ignore
const fault = (cause: unknown) => console.error(cause);

/** CPU of PostgreSQL by statement, in nanoseconds, and how often each ran. */
const spent = new Map<string, { n: number; cpuNs: number; ms: number }>();
const cpuOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);

/** Counts what each statement of a transaction costs its backend. */
function watched(database: Database): Database {
  const watch = (on: Sql, pid: number): Sql => ({
    query: async (text, values) => {
      const [began, before] = [performance.now(), cpuOf(pid)];
      try {
        return await on.query(text, values);
      } finally {
        const name = text.replaceAll(/\s+/g, " ").slice(0, 90);
        const of = spent.get(name) ?? { n: 0, cpuNs: 0, ms: 0 };
        spent.set(name, { n: of.n + 1, cpuNs: of.cpuNs + cpuOf(pid) - before, ms: of.ms + performance.now() - began }); // prettier-ignore
      }
    },
    transaction: (work) => work(watch(on, pid)),
  });
  const transaction: Sql["transaction"] = (work, durable) =>
    database.transaction(async (tx) => {
      const [row] = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
      return work(watch(tx, row!.pid));
    }, durable);
  return {
    ...database,
    transaction,
    query: (text, values) => transaction((tx) => tx.query(text, values), "later"),
  };
}

/** CPU of the thread that runs our code (Linux). */
async function mainThreadSeconds(): Promise<number> {
  const text = await readFile(`/proc/self/task/${process.pid}/schedstat`, "utf8");
  return Number(text.split(" ")[0]) / 1e9;
}

async function profiled(name: string, work: () => Promise<void>): Promise<void> {
  const folder = process.env["BENCH_PROFILE"];
  if (!folder) return work();
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  await work();
  const { profile } = await session.post("Profiler.stop");
  await writeFile(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
  session.disconnect();
}

/** Runs a stage and prints what each of `recipients` cost. */
async function stage(name: string, server: number, work: () => Promise<void>): Promise<void> {
  spent.clear();
  const [own, theirs, main, began] = [process.cpuUsage(), await usage(server), await mainThreadSeconds(), performance.now()]; // prettier-ignore
  await profiled(name, work);
  const ms = performance.now() - began;
  const mainThread = (await mainThreadSeconds()) - main;
  const { user, system } = process.cpuUsage(own);
  const serverSeconds = (await usage(server)).cpuSeconds - theirs.cpuSeconds;
  const each = (seconds: number) => Math.round((seconds * 1e6) / recipients);
  console.log(JSON.stringify({ stage: name, perSecond: Math.round(recipients / (ms / 1000)), cpuMicrosEach: { own: each((user + system) / 1e6), mainThread: each(mainThread), postgres: each(serverSeconds) } })); // prettier-ignore
  for (const [text, { n, cpuNs, ms: wall }] of [...spent].toSorted((a, b) => b[1].cpuNs - a[1].cpuNs).slice(0, 14))
    console.log(`  ${(cpuNs / 1000 / recipients).toFixed(1).padStart(7)} us each, ${Math.round(wall)} ms, ${n} x  ${text}`);
} // prettier-ignore

/** A journey that is live; its number and its version's. */
async function aJourney(sql: Database, log: EventLog): Promise<{ id: number; version: number }> {
  await writePolicy(sql, workspace, Policy.parse({ quietHours: [] }));
  const content = { channel: "email", subject: "Hello {{ customer.name | default: 'there' }}", html: "<p>Your boots are still here.</p><p><a href=\"https://shop.example/boots\">Look</a></p>" }; // prettier-ignore
  const template = await addTemplate(sql, workspace, TemplateDraft.parse({ name: "To many", content }), "bench", Date.now()); // prettier-ignore
  const message = { type: "message", channel: "email", template, next: null };
  const rest = { type: "wait", ms: 3_600_000, next: null };
  const draft = draftOf({ name: "To many", holdoutRatio: 0, reentry: { type: "always" }, entry: { type: "batch" }, start: "say", steps: { say: timers ? rest : message } }); // prettier-ignore
  const id = await createJourney(sql, workspace, draft, Date.now());
  const version = await publish(sql, workspace, id, { formerRuns: "pin", by: "bench", expected: null }, Date.now()); // prettier-ignore
  await buildNext({ sql, log, clock: Date.now, settle: async () => undefined, onWake: () => undefined, onFault: fault }, "bench"); // prettier-ignore
  return { id, version };
}

/** Has the worker work until `left` answers none. */
async function letIn(sql: Database, log: EventLog, left: () => Promise<number>): Promise<void> {
  const feed = startFeed({ sql, log, clock: Date.now, onFault: fault });
  const worker = startWorker({
    sql: watched(sql), clock: Date.now, owner: randomUUID(), onFault: fault,
    onCommit: (batch, logBatch) => logBatch && feed.offer(logBatch, batch.logLines),
  }); // prettier-ignore
  while ((await left()) > 0) await pause(200);
  await feed.drain();
  await worker.stop();
  await feed.stop();
}

async function send(sql: Database, port: number): Promise<void> {
  const watching = watched(sql);
  await addProvider(sql, vault, workspace, { channel: "email", driver: "smtp", name: "Loopback", config: { host: "127.0.0.1", port, security: "none", from: "Boots <hello@shop.example>", connections: 10 }, perSecond: null }, 10, Date.now()); // prettier-ignore
  const inbox = createInbox(sql, { clock: Date.now, waitingMax: 1e9, waiting: () => 0 });
  const sending = await openSending({ sql: watching, vault, clock: Date.now, inbox, base: "http://127.0.0.1", publicUrl: undefined, onFault: fault }); // prettier-ignore
  const sender = await sending.start();
  const left = async () => (await sql.query<{ n: number }>("select count(*)::int as n from (select 1 from messages where told_at is null limit 1) m"))[0]!.n; // prettier-ignore
  while ((await left()) > 0) await pause(200);
  await sender.stop();
  await sending.close();
}

/** A mail server in a process of its own; its port. */
async function aSink() {
  const child = fork(fileURLToPath(new URL("journeys-sink.ts", import.meta.url)), { execArgv: ["--import", "tsx"] }); // prettier-ignore
  const port = await new Promise<number>((listening) => child.once("message", (said) => listening(said as number))); // prettier-ignore
  return { port, stop: () => child.kill() };
}

const folder = await mkdtemp(join(tmpdir(), "throughline-bench-inside-"));
const sink = await aSink();
try {
  await onFolder(folder, async (sql) => {
    await sql.query("insert into workspaces (name, created_at) values ('Bench', 0)");
    await fillCustomers(sql, 0, recipients);
  });
  const postgres = await startEmbedded({ dataDir: folder, settings });
  const sql = openPostgres(postgres.url, 16, "bulk");
  const log = openChdb(join(folder, "log"));
  await migrateLog(log);
  const server = await postgres.pid();
  const { id, version } = await aJourney(sql, log);
  console.log(JSON.stringify({ bench: "journeys-inside", machine: machine(), calibration: Math.round(calibration()), recipients, settings })); // prettier-ignore
  if (process.env["BENCH_SQL"]) await sql.query(process.env["BENCH_SQL"]);
  const n = async (text: string) => (await sql.query<{ n: number }>(`select count(*)::int as n from (${text} limit 1) l`))[0]!.n; // prettier-ignore
  if (timers) {
    await waitingOf(sql, { journey: id, version, step: "say", at: Date.now() - 10_000, from: 1, to: recipients, dueAt: "$1::bigint + id % 1000" }); // prettier-ignore
    await stage("timers", server, () => letIn(sql, log, () => n("select 1 from wakes")));
  } else {
    await sql.query("insert into journey_entries (workspace, journey, customer, due_at) select 1, $1, n, 0 from generate_series(1, $2::bigint) n", [id, recipients]); // prettier-ignore
    await stage("queued", server, () => letIn(sql, log, () => n("select 1 from journey_entries")));
    await stage("sent", server, () => send(sql, sink.port));
    await stage("told", server, () => letIn(sql, log, () => n("select 1 from runs where state = 'running'")));
  }
  await log.close();
  await sql.close();
  await postgres.stop();
} finally {
  sink.stop();
  await rm(folder, { recursive: true, force: true });
}
