/** Journeys and messages: steps a second, an event's way to the provider, a send to many, timers, mail on loopback. */
import { SMTPServer } from "smtp-server";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { fillCustomers, onFolder } from "./fill.ts";
import type { Held } from "./load.ts";
import { type Program, SECRET_KEY, WRITE_KEY, cpuNote, load, startProgram, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const RECIPIENTS = 350_000;
const HOUR_MS = 3_600_000;
const WAIT_MS_MAX = 400_000;

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

async function until(
  program: Program,
  journey: number,
  enough: (counts: Counts) => boolean,
): Promise<number> {
  const began = performance.now();
  while (!enough(await countsOf(program, journey))) {
    if (performance.now() - began > WAIT_MS_MAX)
      throw new Error(`Waited ${WAIT_MS_MAX} ms for journey ${journey}.`);
    await pause(1000);
  }
  return performance.now();
}
const endedIn = ({ ends }: Counts) => ends.reduce((sum, { n }) => sum + n, 0);

const message = (template: number) => ({ type: "message", channel: "email", template, next: null });

/** Ten steps that wait for nothing, for a hundred thousand customers. */
async function steps(folder: string): Promise<Row> {
  const CUSTOMERS = 100_000;
  const names = Array.from({ length: 10 }, (_, i) => `s${i}`);
  const program = await startProgram(folder);
  const journey = await aJourney(program, "Ten steps", () => ({
    entry: { type: "batch" }, start: "s0",
    steps: Object.fromEntries(names.map((name, i) => [name, { type: "branch", paths: [{ rule: { type: "trait", name: "plan", is: { op: "exists" } }, next: names[i + 1] ?? null }], next: names[i + 1] ?? null }])),
  }));
  await program.stop();
  await queue(folder, journey, CUSTOMERS);
  const again = await startProgram(folder);
  try {
    const from = await until(again, journey, (counts) => endedIn(counts) >= CUSTOMERS / 10);
    const [before, done] = [await usage(again.pid), endedIn(await countsOf(again, journey))];
    const to = await until(again, journey, (counts) => endedIn(counts) >= CUSTOMERS);
    return { what: "journey steps", figure: ((CUSTOMERS - done) * names.length) / ((to - from) / 1000), unit: "steps/s", budget: null, scales: true, note: cpuNote(before, await usage(again.pid), CUSTOMERS - done) };
  } finally {
    await again.stop();
  }
} // prettier-ignore

/** A message to 350,000: until all of them lie in the outbox, and how fast mail leaves to a server on loopback. */
async function manyRecipients(folder: string): Promise<readonly Row[]> {
  let mails = 0;
  const server = new SMTPServer({
    authOptional: true, disabledCommands: ["STARTTLS"], logger: false, maxClients: 200,
    onData: (stream, _, done) => {
      stream.resume().on("end", () => {
        mails++;
        done();
      });
    },
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.server.address() as AddressInfo;
  const program = await startProgram(folder);
  const journey = await aJourney(program, "To many", (template) => ({ entry: { type: "batch" }, start: "say", steps: { say: message(template) } }));
  await ask(program, "POST", "/v1/providers", { channel: "email", driver: "smtp", name: "Loopback", config: { host: "127.0.0.1", port, security: "none", from: "Boots <hello@shop.example>", connections: 10 } });
  await program.stop();
  await queue(folder, journey, RECIPIENTS);
  const again = await startProgram(folder, {});
  try {
    const began = performance.now();
    const queued = await until(again, journey, ({ entered }) => entered >= RECIPIENTS);
    const before = mails;
    const spent = await usage(again.pid);
    await pause(20_000);
    const sent = mails - before;
    return [
      { what: `a send to ${RECIPIENTS.toLocaleString("en-US")} recipients queued`, figure: (queued - began) / 1000, unit: "s", budget: atMost(60), scales: true, note: `${before.toLocaleString("en-US")} had left by then` },
      { what: "mails sent over SMTP on loopback", figure: sent / 20, unit: "mails/s", budget: null, scales: true, note: sent > 0 ? cpuNote(spent, await usage(again.pid), sent) : "" },
    ];
  } finally {
    await again.stop();
    await new Promise<void>((closed) => server.close(closed));
  }
} // prettier-ignore

/** From an event's arrival to the provider's answer, while 1,000 events a second come in; a fifth of them begins a run. */
async function eventToMessage(folder: string): Promise<readonly Row[]> {
  const CUSTOMERS = 100_000;
  const program = await startProgram(folder);
  try {
    await aJourney(program, "At once", (template) => ({ entry: { type: "event", event: "Product Added" }, start: "say", steps: { say: message(template) } }));
    await load<Held>({
      type: "paced", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: CUSTOMERS, run: "j", seconds: 25, eventsPerSecond: 1000,
      readsPerSecond: 0, probesPerSecond: 0,
    });
    await pause(3_000);
  } finally {
    await program.stop();
  }
  const rows = await onFolder(folder, (sql) =>
    sql.query<{ ms: number }>(
      `select (settled_at - (asked->'why'->>'receivedAt')::bigint)::int as ms from messages where state = 'sent' and created_at > (select min(created_at) + 5000 from messages)`,
    ),
  );
  const ms = rows.map((row) => row.ms);
  return [0.5, 0.99].map((ratio) => ({
    what: `event -> message handed to the provider, at 1,000 events/s, p${ratio * 100}`, figure: quantile(ms, ratio), unit: "ms",
    budget: ratio === 0.5 ? atMost(15) : atMost(100), scales: true, note: `${ms.length.toLocaleString("en-US")} messages`,
  }));
} // prettier-ignore

/** A million customers who wait in a journey, fifty thousand of them for a time within the next minute. */
async function timers(folder: string): Promise<readonly Row[]> {
  const [WAITING, SOON] = [1_000_000, 50_000];
  const program = await startProgram(folder);
  const journey = await aJourney(program, "Waiting", () => ({ entry: { type: "batch" }, start: "rest", steps: { rest: { type: "wait", ms: HOUR_MS, next: null } } }));
  await program.stop();
  await onFolder(folder, async (sql) => {
    const [version] = await sql.query<{ id: number }>("select id from versions where journey = $1 and state = 'live'", [journey]);
    const at = Date.now();
    // As the engine would have left them: the run with the atom, its row, and the wake.
    await sql.query(
      `with waiting as (select id, case when id <= $3 then $1::bigint + 15000 + (id % 60) * 1000 + id % 1000 else $1::bigint + ${HOUR_MS} + id end as due from atoms where id <= $4),
       kept as (update atoms a set standing = format('{"r":0,"t":{},"s":{},"d":%s,"j":[{"id":"run-%s","journey":${journey},"version":%s,"key":"","enteredAt":%s,"at":"rest","since":%s,"blocker":{"type":"time"},"dueAt":%s,"passed":0,"context":{},"seen":{}}]}', due, a.id, $2::int, $1::bigint, $1::bigint, due)
         from waiting w where w.id = a.id),
       shown as (insert into runs (id, workspace, journey, version, atom, step, state, blocker, entered_at, moved_at, due_at)
         select 'run-' || id, 1, ${journey}, $2, id, 'rest', 'running', 'time', $1, $1, due from waiting)
       insert into wakes (customer, workspace, due_at) select id, 1, due from waiting`,
      [at, version!.id, SOON, WAITING],
    );
    await sql.query("vacuum (analyze) atoms");
  });
  const again = await startProgram(folder);
  await pause(90_000);
  await again.stop();
  const late = await onFolder(folder, (sql) =>
    sql.query<{ ms: number }>(
      `select (moved_at - (entered_at + 15000 + (atom % 60) * 1000 + atom % 1000))::int as ms from runs where journey = $1 and state = 'completed'`,
      [journey],
    ),
  );
  return [0.5, 0.99].map((ratio) => ({
    what: `timer due -> run moved on, 1 million waiting, p${ratio * 100}`, figure: quantile(late.map(({ ms }) => ms), ratio), unit: "ms",
    budget: ratio === 0.99 ? atMost(1000) : null, scales: true, note: `${late.length.toLocaleString("en-US")} timers in a minute`,
  }));
} // prettier-ignore

/** All of it, each on what the one before left. */
export async function journeys(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, 1_000_000));
  return [await steps(folder), ...(await eventToMessage(folder)), ...(await timers(folder)), ...(await manyRecipients(folder))]; // prettier-ignore
}
