/**
 * Journeys and messages: steps a second, an event's way to the provider, a send to many, timers, mail on loopback.
 *
 * Stages are chosen by name (`npm run bench -- journeys send timers`), the number of customers by BENCH_CUSTOMERS. A stage
 * that does not come to its end in its time tells what it reached, and one that fails costs the others nothing.
 */
import { fork } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fillCustomers, onFolder } from "./fill.ts";
import { waitingOf } from "./journeys-fill.ts";
import type { Held } from "./load.ts";
import { type Program, SECRET_KEY, WRITE_KEY, cpuNote, load, startProgram, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const CUSTOMERS = Number(process.env["BENCH_CUSTOMERS"] ?? 1_000_000);
const RECIPIENTS = Math.min(350_000, CUSTOMERS);
/** Customers who go through ten steps, who do something while events come in, and whose time comes within a minute. */
const [WALKING, ACTING, SOON] = [100_000, 100_000, 50_000].map((n) => Math.min(n, CUSTOMERS)) as [number, number, number]; // prettier-ignore
const HOUR_MS = 3_600_000;
const WAIT_MS_MAX = 400_000;
/** From when the timers are set to when the first of them is due. */
const AHEAD_MS = 30_000;
/** So often counts are asked for; they are counted anew each time, so not more often than a person would. */
const LOOK_MS = 2_000;

async function ask<T>({ port }: Program, method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET_KEY}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A journey that is live; its number. Its messages go by a template of their own, whenever they are asked for. */
async function aJourney(program: Program, name: string, draft: (template: number) => object): Promise<number> {
  await ask(program, "PUT", "/v1/policy", { quietHours: [] });
  const { id: template } = await ask<{ id: number }>(program, "POST", "/v1/templates", {
    name, content: { channel: "email", subject: "Hello {{ customer.name | default: 'there' }}", html: "<p>Your boots are still here.</p><p><a href=\"https://shop.example/boots\">Look</a></p>" },
  });
  const { id } = await ask<{ id: number }>(program, "POST", "/v1/journeys", { draft: { name, holdoutRatio: 0, reentry: { type: "always" }, ...draft(template) } });
  await ask(program, "POST", `/v1/journeys/${id}/publish`, {});
  for (;;) {
    const { version } = await ask<{ version: number | null }>(program, "GET", `/v1/journeys/${id}`);
    if (version !== null) return id;
    await pause(50);
  }
} // prettier-ignore

/** Puts the first `n` customers in front of a journey, on a folder no program runs on. */
const queue = (folder: string, journey: number, n: number) =>
  onFolder(folder, (sql) => sql.query("insert into journey_entries (workspace, journey, customer, due_at) select 1, $1, n, 0 from generate_series(1, $2::bigint) n", [journey, n])); // prettier-ignore

type Counts = {
  readonly entered: number;
  readonly steps: readonly { readonly step: string; readonly passed: readonly { readonly n: number }[] }[];
  readonly ends: readonly { readonly n: number }[];
};
const countsOf = (program: Program, journey: number) => ask<Counts>(program, "GET", `/v1/journeys/${journey}/counts`); // prettier-ignore

/** Waits until the counts are `enough`, or no longer; when that was, and how they stood. */
async function until(program: Program, journey: number, enough: (counts: Counts) => boolean): Promise<{ readonly atMs: number; readonly counts: Counts }> {
  const began = performance.now();
  for (;;) {
    const counts = await countsOf(program, journey);
    const atMs = performance.now();
    if (enough(counts) || atMs - began > WAIT_MS_MAX) return { atMs, counts };
    await pause(LOOK_MS);
  }
} // prettier-ignore
const number = (n: number) => n.toLocaleString("en-US");
const endedIn = ({ ends }: Counts) => ends.reduce((sum, { n }) => sum + n, 0);

const message = (template: number) => ({ type: "message", channel: "email", template, next: null });

/** Ten steps that wait for nothing. */
async function steps(folder: string): Promise<readonly Row[]> {
  const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
  const program = await startProgram(folder);
  const journey = await aJourney(program, "Ten steps", () => ({
    entry: { type: "batch" }, start: "s0",
    steps: Object.fromEntries(names.map((name, i) => [name, { type: "branch", paths: [{ rule: { type: "trait", name: "plan", is: { op: "exists" } }, next: names[i + 1] ?? null }], next: names[i + 1] ?? null }])),
  }));
  await program.stop();
  await queue(folder, journey, WALKING);
  const again = await startProgram(folder);
  try {
    const from = await until(again, journey, (counts) => endedIn(counts) >= WALKING / 10);
    const before = await usage(again.pid);
    const to = await until(again, journey, (counts) => endedIn(counts) >= WALKING);
    const done = endedIn(to.counts) - endedIn(from.counts);
    const note = `${number(done)} customers; ${cpuNote(before, await usage(again.pid), done)}, a customer being one`;
    return [{ what: "journey steps", figure: (done * names.length) / ((to.atMs - from.atMs) / 1000), unit: "steps/s", budget: null, scales: true, note }];
  } finally {
    await again.stop();
  }
} // prettier-ignore

/** A mail server in a process of its own. */
async function aSink() {
  const child = fork(fileURLToPath(new URL("journeys-sink.ts", import.meta.url)), { execArgv: ["--import", "tsx"] }); // prettier-ignore
  const said = () => new Promise<number>((answered) => child.once("message", (n) => answered(n as number)));
  const port = await said();
  const mails = () => {
    child.send("how many");
    return said();
  };
  return { port, mails, stop: () => child.kill() };
}

/** A message to many: until all of them lie in the outbox, while mail leaves already; and how fast it leaves then. */
async function send(folder: string): Promise<readonly Row[]> {
  const sink = await aSink();
  const program = await startProgram(folder);
  const journey = await aJourney(program, "To many", (template) => ({ entry: { type: "batch" }, start: "say", steps: { say: message(template) } }));
  await ask(program, "POST", "/v1/providers", { channel: "email", driver: "smtp", name: "Loopback", config: { host: "127.0.0.1", port: sink.port, security: "none", from: "Boots <hello@shop.example>", connections: 10 } });
  await program.stop();
  await queue(folder, journey, RECIPIENTS);
  // The worker begins before the program says that it is ready, so its start counts.
  const began = performance.now();
  const again = await startProgram(folder);
  try {
    const { atMs, counts: { entered } } = await until(again, journey, (counts) => counts.entered >= RECIPIENTS);
    const [before, spent] = [await sink.mails(), await usage(again.pid)];
    const [from] = [performance.now(), await pause(20_000)];
    const sent = (await sink.mails()) - before;
    const seconds = (performance.now() - from) / 1000;
    const left = `${number(before)} had left by then; ${Math.round(spent.cpuSeconds)} s of CPU for both`;
    return [
      { what: `a send to ${number(RECIPIENTS)} recipients queued`, figure: (atMs - began) / 1000, unit: "s", budget: RECIPIENTS === 350_000 ? atMost(60) : null, scales: true, note: entered < RECIPIENTS ? `only ${number(entered)} were; ${left}` : left },
      { what: "mails sent over SMTP on loopback", figure: sent / seconds, unit: "mails/s", budget: null, scales: true, note: sent > 0 ? `${cpuNote(spent, await usage(again.pid), sent)}, a mail being one` : "" },
    ];
  } finally {
    await again.stop();
    sink.stop();
  }
} // prettier-ignore

/** From an event's arrival to the provider's answer, while 1,000 events a second come in; a fifth of them begins a run. */
async function event(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder);
  try {
    await aJourney(program, "At once", (template) => ({ entry: { type: "event", event: "Product Added" }, start: "say", steps: { say: message(template) } }));
    await load<Held>({
      type: "paced", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: ACTING, run: "j", seconds: 25, eventsPerSecond: 1000,
      readsPerSecond: 0, probesPerSecond: 0,
    });
    await pause(3_000);
  } finally {
    await program.stop();
  }
  const rows = await onFolder(folder, (sql) =>
    sql.query<{ ms: number; outboxMs: number }>(
      // Of a message that was sent `due_at` is when the provider's answer came; `settled_at` is a moment later.
      `select (due_at - received_at)::int as ms, (created_at - received_at)::int as "outboxMs"
       from (select *, (asked->'why'->>'receivedAt')::bigint as received_at from messages where state = 'sent' and asked->'why' ? 'receivedAt') m
       where created_at > (select min(created_at) + 5000 from messages where asked->'why' ? 'receivedAt')`,
    ),
  );
  return [0.5, 0.99].map((ratio) => ({
    what: `event -> message handed to the provider, at 1,000 events/s, p${ratio * 100}`, figure: quantile(rows.map(({ ms }) => ms), ratio), unit: "ms",
    budget: ratio === 0.5 ? atMost(15) : atMost(100), scales: true,
    note: `${number(rows.length)} messages; ${Math.round(quantile(rows.map(({ outboxMs }) => outboxMs), ratio))} ms until it is decided`,
  }));
} // prettier-ignore

/** Customers who all wait in a journey, some of them for a time within the next minute. */
async function timers(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder);
  const journey = await aJourney(program, "Waiting", () => ({ entry: { type: "batch" }, start: "rest", steps: { rest: { type: "wait", ms: HOUR_MS, next: null } } }));
  await program.stop();
  await onFolder(folder, async (sql) => {
    const [version] = await sql.query<{ id: number }>("select id from versions where journey = $1 and state = 'live'", [journey]);
    const all = { journey, version: version!.id, step: "rest" };
    await waitingOf(sql, { ...all, at: Date.now(), from: SOON + 1, to: CUSTOMERS, dueAt: `$1::bigint + ${2 * HOUR_MS} + id` });
    await sql.query("vacuum (analyze) atoms");
    // Last, and seconds before the program starts: their time is not to come before it runs.
    await waitingOf(sql, { ...all, at: Date.now(), from: 1, to: SOON, dueAt: `$1::bigint + ${AHEAD_MS} + (id % 60) * 1000 + id % 1000` });
  });
  const again = await startProgram(folder);
  const readyAt = Date.now();
  await pause(AHEAD_MS + 75_000);
  await again.stop();
  const late = await onFolder(folder, (sql) =>
    sql.query<{ ms: number }>(
      `select (moved_at - due)::int as ms from (select *, entered_at + $2 + (atom % 60) * 1000 + atom % 1000 as due from runs where journey = $1 and state = 'completed') r
       where due > $3`,
      [journey, AHEAD_MS, readyAt],
    ),
  );
  return [0.5, 0.99].map((ratio) => ({
    what: `timer due -> run moved on, ${number(CUSTOMERS)} waiting, p${ratio * 100}`, figure: quantile(late.map(({ ms }) => ms), ratio), unit: "ms",
    budget: ratio === 0.99 ? atMost(1000) : null, scales: true, note: `${number(late.length)} of ${number(SOON)} timers in a minute`,
  }));
} // prettier-ignore

const STAGES: { readonly [name: string]: (folder: string) => Promise<readonly Row[]> } = { steps, event, timers, send }; // prettier-ignore
/** Their names, in their order: each goes on with what the one before left. */
export const JOURNEY_STAGES: readonly string[] = Object.keys(STAGES);

/** The stages named, or all of them. */
export async function journeys(folder: string, only: readonly string[]): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, CUSTOMERS));
  const rows: Row[] = [];
  for (const name of JOURNEY_STAGES) {
    if (only.length > 0 && !only.includes(name)) continue;
    try {
      const found = await STAGES[name]!(folder);
      rows.push(...found);
      // Minutes pass between one and the next.
      for (const { what, figure, unit, note } of found) process.stderr.write(`  ${what}: ${figure.toFixed(1)} ${unit} (${note})\n`); // prettier-ignore
    } catch (cause) {
      console.error(`journeys ${name}:`, cause);
      process.exitCode = 1;
    }
  }
  return rows;
}
