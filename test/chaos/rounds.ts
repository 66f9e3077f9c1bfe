/**
 * kill -9 under load, again and again: the whole program or its PostgreSQL dies at a random moment while several
 * senders post; then it starts again. At the end every event that was answered 200 is in the log once, none twice,
 * and the customers are those that a clean computation from the inbox gives; what journeys did about it is in journeys.ts.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../../src/db/embedded.ts";
import { migrateState } from "../../src/db/migrate.ts";
import { type Database, openPostgres } from "../../src/db/postgres.ts";
import { waitingEvents } from "../../src/events/inbox.ts";
import type { Event } from "../../src/events/model.ts";
import { ensureLanes } from "../../src/lanes.ts";
import { startWorker } from "../../src/worker.ts";
import {
  type Platform,
  asSecret,
  freePort,
  postgresPid,
  startPlatform,
  untilQuiet,
  WRITE_KEY,
} from "./platform.ts";
import { randomOf } from "../random.ts";
import { aJourneyChaos, hoursPass, publishAgain, sendOrders, setUpJourneys, untilSent, wrongJourneys } from "./journeys.ts"; // prettier-ignore
import { disturbSegments, wrongSegments } from "./segments.ts";

const SENDERS = 3;
const PEOPLE = 40;

export type Findings = {
  readonly rounds: number;
  readonly answered: number;
  readonly logged: number;
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  readonly wrongCustomers: readonly string[];
  readonly wrongSegments: readonly string[];
  /** Orders that were answered, and mails that arrived for them. */
  readonly orders: number;
  readonly mails: number;
  readonly wrongJourneys: readonly string[];
};

/** Runs `rounds` rounds from `seed`. `say` hears of each round. */
export async function chaos(rounds: number, seed: number, say: (line: string) => void): Promise<Findings> {
  const random = randomOf(seed);
  const folder = await mkdtemp(join(tmpdir(), "throughline-chaos-"));
  const answered = new Set<string>();
  const port = await freePort();
  const journeys = await aJourneyChaos(random);
  for (let round = 0; round < rounds; round++) {
    const platform = await startPlatform(folder, port);
    if (round === 0) await setUpJourneys(platform.base, journeys);
    const load = { on: true };
    const senders = Array.from({ length: SENDERS }, (_, i) =>
      send(platform.base, `${round}-${i}`, random, load, answered),
    );
    senders.push(sendOrders(platform.base, `order-${round}`, random, load, journeys));
    if (random() < 0.2) senders.push(publishAgain(platform.base, journeys, random));
    const disturbed = disturbSegments(platform.base, random);
    await pause(150 + random() * 600);
    const onDatabase = random() < 0.35;
    const pid = onDatabase ? await postgresPid(folder) : platform.process.pid!;
    if (pid) process.kill(pid, "SIGKILL");
    if (onDatabase) {
      // The program lives on and starts PostgreSQL again by itself; then it is killed as well.
      await pause(400 + random() * 800);
      platform.process.kill("SIGKILL");
    }
    load.on = false;
    await platform.gone;
    await Promise.all(senders);
    await disturbed;
    say(
      `round ${round + 1}: killed ${onDatabase ? "PostgreSQL, then the program" : "the program"}; ${answered.size} events answered so far`,
    );
  }
  await hoursPass(folder, journeys);
  const platform = await startPlatform(folder, port);
  const stats = await untilOver(platform);
  const logged = await exportedIds(platform.base);
  const wrong = await wrongSegments(platform.base);
  platform.process.kill("SIGTERM");
  await platform.gone;
  const counts = new Map<string, number>();
  for (const id of logged) counts.set(id, (counts.get(id) ?? 0) + 1);
  say(`${JSON.stringify(stats)}; ${logged.length} events in the log`);
  const wrongRuns = await wrongJourneys(folder, journeys);
  await journeys.mail.close();
  const wrongCustomers = await compareWithCleanComputation(folder);
  await rm(folder, { recursive: true, force: true });
  return {
    rounds, answered: answered.size, logged: logged.length, wrongCustomers, wrongSegments: wrong,
    orders: journeys.orders.size, mails: journeys.mail.received.length, wrongJourneys: wrongRuns,
    lost: [...answered].filter((id) => !counts.has(id)),
    doubled: [...counts].filter(([, n]) => n > 1).map(([id]) => id),
  }; // prettier-ignore
}

/** Waits until everything is processed and sent; says what the program said where it does not live to see that. */
async function untilOver(platform: Platform) {
  const { base } = platform;
  try {
    await untilQuiet(base);
    await untilSent(base);
    return await untilQuiet(base);
  } catch (cause) {
    throw new Error(`The last start did not come through: ${platform.said()}`, { cause });
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Posts batches one after the other, some of them twice, until told to stop; notes what was answered 200. */
async function send(
  base: string,
  name: string,
  random: () => number,
  load: { on: boolean },
  answered: Set<string>,
): Promise<void> {
  for (let n = 0; load.on; n++) {
    const batch = Array.from({ length: 1 + Math.floor(random() * 20) }, (_, i) =>
      someEvent(`${name}-${n}-${i}`, random),
    );
    for (let times = random() < 0.2 ? 2 : 1; times > 0 && load.on; times--) {
      const status = await fetch(`${base}/v1/batch`, { method: "POST", body: JSON.stringify({ writeKey: WRITE_KEY, batch }) }).then((answer) => answer.status, () => 0); // prettier-ignore
      if (status === 200) for (const { messageId } of batch) answered.add(messageId);
      else await pause(20);
    }
  }
}

function someEvent(messageId: string, random: () => number) {
  const person = Math.floor(random() * PEOPLE);
  const device = `device-${Math.floor(random() * PEOPLE * 1.5)}`;
  const timestamp = new Date(1_750_000_000_000 + Math.floor(random() * 1e9)).toISOString();
  const who =
    random() < 0.4
      ? { anonymousId: device }
      : random() < 0.5
        ? { userId: `person-${person}` }
        : { userId: `person-${person}`, anonymousId: `device-${person}` };
  const kind = random();
  if (kind < 0.2)
    return {
      messageId,
      timestamp,
      ...who,
      type: "identify",
      traits: { plan: Math.floor(random() * 5), email: `person-${person}@x.example` },
    };
  if (kind < 0.6)
    return {
      messageId,
      timestamp,
      ...who,
      type: "track",
      event: "Product Added",
      properties: { product_id: `p${Math.floor(random() * 9)}`, quantity: 1 },
    };
  return {
    messageId,
    timestamp,
    ...who,
    type: "track",
    event: "Order Completed",
    properties: { order_id: messageId, total: Math.floor(random() * 100), currency: "EUR" },
  };
}

async function exportedIds(base: string): Promise<readonly string[]> {
  const text = await (await fetch(`${base}/v1/export/events`, asSecret)).text();
  return text.split("\n").filter(Boolean).map((line) => (JSON.parse(line) as { messageId: string }).messageId); // prettier-ignore
}

/** The customers that differ from those computed from the inbox in one quiet go, in a database of its own. */
async function compareWithCleanComputation(folder: string): Promise<readonly string[]> {
  const server = await startEmbedded({ dataDir: folder });
  const sql = openPostgres(server.url, 4, "bulk");
  await sql.query("create database clean");
  const clean = openPostgres(server.url.replace("/postgres?", "/clean?"), 8, "bulk");
  try {
    await migrateState(clean);
    await ensureLanes(clean);
    const rows = await sql.query<{ values: string }>(
      "select row_to_json(inbox)::text as values from inbox order by id",
    );
    for (const values of rows.map(({ values: row }) => withoutOwn(row)).filter((row) => row !== null))
      await clean.query("insert into inbox select * from json_populate_record(null::inbox, $1::json)", [
        values,
      ]);
    await workThrough(clean);
    const [was, is] = [await customersIn(sql), await customersIn(clean)];
    return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  } finally {
    await clean.close();
    await sql.close();
    await server.stop();
  }
}

/** A row of the inbox without what we told ourselves: that names its customer by an atom's number, which is another here. */
function withoutOwn(values: string): string | null {
  const row = JSON.parse(values) as { body: string; places: string; events: number };
  const places = row.places.split(",");
  const kept = row.body.split("\n").map((line, i) => ({ line, place: places[i]! })).filter(({ line }) => (JSON.parse(line) as Event).of === undefined); // prettier-ignore
  if (kept.length === 0) return null;
  return JSON.stringify({
    ...row,
    body: kept.map(({ line }) => line).join("\n"),
    places: kept.map(({ place }) => place).join(","),
    events: kept.length,
  });
}

async function workThrough(sql: Database): Promise<void> {
  const faults: unknown[] = [];
  const worker = startWorker({
    sql,
    clock: Date.now,
    owner: "clean",
    onCommit: () => undefined,
    onFault: (cause) => faults.push(cause),
  });
  while (faults.length === 0 && (await waitingEvents(sql, Date.now())).events > 0) await pause(50);
  await worker.stop();
  if (faults.length > 0) throw faults[0];
}

/** Customers by their identifiers, as text: numbers of atoms differ between two computations, nothing else may. */
async function customersIn(sql: Database): Promise<ReadonlyMap<string, string>> {
  const atoms = await sql.query<{ customer: number; identifiers: string; knowledge: string }>(
    "select customer, identifiers, knowledge from atoms order by id",
  );
  const parts = new Map<number, { names: string[]; knowledge: string[] }>();
  for (const { customer, identifiers, knowledge } of atoms) {
    const part = parts.get(customer) ?? { names: [], knowledge: [] };
    parts.set(customer, part);
    part.names.push(
      ...(JSON.parse(identifiers) as [string, string][]).map(([kind, value]) => `${kind} ${value}`),
    );
    part.knowledge.push(...knowledge.split("\n").map((line) => canonical(JSON.parse(line))));
  }
  return new Map(
    [...parts.values()].map(({ names, knowledge }) => [
      names.toSorted().join(", "),
      knowledge.toSorted().join("\n"),
    ]),
  );
}

/** With its names in order, and without what we told ourselves of messages. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, of: unknown) =>
    typeof of === "object" && of !== null && !Array.isArray(of)
      ? Object.fromEntries(Object.entries(of).filter(([name]) => !name.startsWith("$message.")).toSorted(([a], [b]) => (a < b ? -1 : 1))) // prettier-ignore
      : of,
  );
}
