/** Segments: what they cost with every event, how late a window's end shows, and how long history takes to read. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { match } from "../src/segments/match.ts";
import type { Rule } from "../src/segments/model.ts";
import { type Database } from "../src/db/postgres.ts";
import { NOBODY, planned } from "../src/segments/force.ts";
import { type TrackState, tell } from "../src/segments/track.ts";
import { fillCustomers, fillInbox, onFolder } from "./fill.ts";
import { type Program, SECRET_KEY, cpuNote, startProgram, untilStats, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const execute = promisify(execFile);
const DAY_MS = 86_400_000;
const CONTEXT = { language: 1, segments: {}, computed: {}, rfm: null, stages: [] };
const NAMES = ["Product Viewed", "Product Added", "Order Completed", "$page.viewed"];

/** Rule number `n`: kinds and windows in turn, each a rule of its own. */
export function ruleOf(n: number): Rule {
  const event = NAMES[n % NAMES.length]!;
  const least = 1 + (Math.floor(n / 4) % 5);
  const when = { from: { agoMs: (1 + (n % 60)) * DAY_MS } };
  const is = { op: "at_least", value: least } as const;
  switch (n % 5) {
    case 0:
      return { type: "did", event, where: [], measure: { of: "count" }, is, when };
    case 1:
      return { type: "did", event, where: [], measure: { of: "count" }, is: { ...is, value: least + n } };
    case 2:
      return { type: "did", event: "Order Completed", where: [], measure: { of: "sum", property: "total" }, is: { ...is, value: 50 + n }, when };
    case 3:
      return { type: "all", rules: [{ type: "trait", name: "plan", is: { op: "equals", value: "gold" } }, { type: "did", event, where: [], measure: { of: "count" }, is, when }] };
    default:
      return { type: "without", event: "Product Added", where: [], without: { event: "Order Completed", where: [] }, forMs: (1 + n) * 3_600_000 };
  }
} // prettier-ignore

/** Puts `n` segments in force as if they had been built, on a folder no program runs on. */
async function putInForce(sql: Database, n: number): Promise<void> {
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing");
  await sql.query("select setval(pg_get_serial_sequence('workspaces', 'id'), 1)");
  await sql.query("delete from segments");
  await sql.query("delete from versions");
  await sql.query("delete from tracks");
  await sql.query("update atoms set standing = '' where standing <> ''");
  for (let i = 0; i < n; i++) {
    const rule = ruleOf(i);
    const { tracks } = planned(rule, CONTEXT);
    const [segment] = await sql.query<{ id: number }>("insert into segments (workspace, name, created_at, updated_at) values (1, $1, 0, 0) returning id", [`Bench ${i}`]);
    await sql.query(
      "insert into versions (workspace, kind, segment, body, context, state, ready_no, created_at) values (1, 'segment', $1, $2, $3, 'live', 1, 0)",
      [segment!.id, JSON.stringify(rule), JSON.stringify(CONTEXT)],
    );
    for (const { key, spec } of tracks.values())
      await sql.query("insert into tracks (workspace, key, spec, epoch, ready_no) values (1, $1, $2, 0, 1) on conflict do nothing", [key, JSON.stringify(spec)]);
  }
  await sql.query("update epochs set n = n + 1");
} // prettier-ignore

/** Events a second with more and more segments in force, and what a customer's standing weighs. */
export async function rules(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [evaluations(20), evaluations(200), evaluations(2000)];
  const EVENTS = 60_000;
  await onFolder(folder, (sql) => fillCustomers(sql, 0, 50_000));
  let before = 0;
  for (const n of [0, 20, 200, 2000]) {
    await onFolder(folder, async (sql) => {
      await putInForce(sql, n);
      await fillInbox(sql, EVENTS, 50_000);
    });
    const program = await startProgram(folder);
    try {
      const from = await untilStats(program, ({ processed }) => processed >= before + EVENTS / 4);
      const spent = await usage(program.pid);
      const to = await untilStats(program, ({ processed }) => processed >= before + EVENTS);
      const done = before + EVENTS - from.stats.processed;
      rows.push({
        what: `processed with ${n.toLocaleString("en-US")} segments in force`, figure: done / ((to.atMs - from.atMs) / 1000),
        unit: "events/s", budget: null, scales: true, note: cpuNote(spent, await usage(program.pid), done),
      }); // prettier-ignore
    } finally {
      await program.stop();
    }
    before += EVENTS;
    if (n > 0)
      rows.push({ what: `standing of a touched customer, for each of ${n.toLocaleString("en-US")} segments`, figure: (await standingBytes(folder)) / n, unit: "bytes", budget: null, scales: false }); // prettier-ignore
  }
  return rows;
}

async function standingBytes(folder: string): Promise<number> {
  return onFolder(folder, async (sql) => {
    const [row] = await sql.query<{ bytes: number }>("select avg(length(standing))::float8 as bytes from atoms where standing <> ''");
    return row?.bytes ?? 0;
  });
} // prettier-ignore

/** The rule in memory alone, for a customer of twenty events. */
function evaluations(n: number): Row {
  const now = Date.now();
  const plans = Array.from({ length: n }, (_, i) => planned(ruleOf(i), CONTEXT));
  const states = new Map<string, TrackState>();
  for (const { tracks } of plans)
    for (const [key, { spec }] of tracks)
      for (let i = 0; i < 5; i++)
        states.set(key, tell(spec, states.get(key), [now - i * DAY_MS, spec.property === null ? 0 : 10 + i]));
  const facts = { ...NOBODY, track: (key: string) => states.get(key), trait: () => "gold" };
  let [done, members] = [0, 0];
  const began = performance.now();
  while (performance.now() - began < 1000) {
    for (const { root } of plans) if (match(root, facts, now).matches) members++;
    done += n;
  }
  return {
    what: `rules asked in memory, ${n.toLocaleString("en-US")} segments`, figure: done / ((performance.now() - began) / 1000),
    unit: "evaluations/s", budget: null, scales: true, note: `${members > 0 ? "some" : "none"} match`,
  }; // prettier-ignore
}

const CUSTOMERS = 1_000_000;
const EVENTS = 10_000_000;

/** A million customers with ten million events: preview, back-fill, and how late windows run out. */
export async function backfill(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, CUSTOMERS));
  await logOf(folder, "fill", String(EVENTS), String(CUSTOMERS));
  const rows: Row[] = [];
  const program = await startProgram(folder);
  try {
    for (const [what, rule] of Object.entries(HISTORY)) {
      rows.push(await previewed(program, what, rule));
      rows.push(await built(program, what, rule));
    }
    await pause(60_000);
  } finally {
    await program.stop();
  }
  const late = JSON.parse(await logOf(folder, "late")) as readonly number[];
  for (const ratio of [0.5, 0.99])
    rows.push({
      what: `window run out -> left, 1 million customers waiting, p${ratio * 100}`, figure: quantile(late, ratio), unit: "ms",
      budget: ratio === 0.99 ? atMost(1000) : null, scales: true, note: `${late.length.toLocaleString("en-US")} left`,
    }); // prettier-ignore
  return rows;
}

const HISTORY: { readonly [what: string]: Rule } = {
  "spent at least 150 ever": { type: "did", event: "Order Completed", where: [], measure: { of: "sum", property: "total" }, is: { op: "at_least", value: 150 } },
  "ordered in the last 30 days": { type: "did", event: "Order Completed", where: [], measure: { of: "count" }, is: { op: "at_least", value: 1 }, when: { from: { agoMs: 30 * DAY_MS } } },
  "began a trial in the last 7 days": { type: "did", event: "Trial Started", where: [], measure: { of: "count" }, is: { op: "at_least", value: 1 }, when: { from: { agoMs: 7 * DAY_MS } } },
}; // prettier-ignore

const ask = async ({ port }: Program, method: string, path: string, body?: object) => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRET_KEY}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
};

async function previewed(program: Program, what: string, rule: Rule): Promise<Row> {
  const began = performance.now();
  const { count } = (await ask(program, "POST", "/v1/segments/preview", { rule })) as { count: number };
  return { what: `preview of 10 million events: ${what}`, figure: (performance.now() - began) / 1000, unit: "s", budget: atMost(2), scales: true, note: `${count.toLocaleString("en-US")} customers` }; // prettier-ignore
}

async function built(program: Program, what: string, rule: Rule): Promise<Row> {
  const began = performance.now();
  const { id } = (await ask(program, "POST", "/v1/segments", { name: what, rule })) as { id: number };
  for (;;) {
    const { state, members } = (await ask(program, "GET", `/v1/segments/${id}`)) as { state: string; members: number };
    if (state === "live")
      return { what: `back-fill of 1 million customers: ${what}`, figure: (performance.now() - began) / 1000, unit: "s", budget: atMost(10), scales: true, note: `${members.toLocaleString("en-US")} members` };
    if (state === "failed") throw new Error(`${what} failed.`);
    await pause(50);
  }
} // prettier-ignore

/** Orders log-of.ts to work on the log of a folder; what it prints. */
export async function logOf(folder: string, ...order: readonly string[]): Promise<string> {
  const { stdout } = await execute(
    process.execPath,
    ["--import", "tsx", fileURLToPath(new URL("log-of.ts", import.meta.url)), join(folder, "clickhouse"), ...order],
    { maxBuffer: 1 << 28 },
  );
  return stdout;
} // prettier-ignore
