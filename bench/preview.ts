/**
 * How long the event log takes to tell who is in, and what the tracks of a rule hold: 1 million customers, 10 million
 * events made in place, in chDB.
 *
 *     npx tsx bench/preview.ts [EVENTS] [CUSTOMERS]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { Rule } from "../src/segments/model.ts";
import { NO_CONTEXT, type Plan, planOf } from "../src/segments/plan.ts";
import { membersSql } from "../src/segments/sql.ts";
import { CHUNK_ATOMS, type TrackRow, tracksSql } from "../src/segments/sql-tracks.ts";
import type { WorkspaceId } from "../src/values.ts";

const [events = 10_000_000, customers = 1_000_000] = process.argv.slice(2).map(Number);
const NOW = 1_767_225_600_000;
const DAY_MS = 86_400_000;
const workspace = 1 as WorkspaceId;
const ROUNDS = 3;

const bought = { type: "did", event: "Order Completed" };
const viewed = { event: "Product Viewed" };
const within = (days: number) => ({ from: { agoMs: days * DAY_MS } });
const RULES: { readonly [name: string]: unknown } = {
  "bought in the last 30 days": { ...bought, when: within(30) },
  "spent at least 500 in 90 days": { ...bought, when: within(90), measure: { of: "sum", property: "total" }, is: { op: "at_least", value: 500 } },
  "spent at least 1,000 ever": { ...bought, measure: { of: "sum", property: "total" }, is: { op: "at_least", value: 1000 } },
  "viewed shoes twice in 60 days": { type: "did", ...viewed, where: [{ property: "category", is: { op: "equals", value: "shoes" } }], when: within(60), is: { op: "at_least", value: 2 } },
  "never bought": { type: "not", rule: bought },
  "viewed, added, bought, each within 2 h": { type: "sequence", steps: [viewed, { event: "Product Added", withinMs: 7_200_000 }, { event: "Order Completed", withinMs: 7_200_000 }] },
  "added and not bought for 3 days": { type: "without", event: "Product Added", without: { event: "Order Completed" }, forMs: 3 * DAY_MS },
  "plan is gold": { type: "trait", name: "plan", is: { op: "equals", value: "gold" } },
  "prefers e-mail": { type: "channel", preferred: ["email"] },
  "a colleague bought in 30 days": { type: "account", rule: { ...bought, when: within(30) } },
  "most viewed category is shoes": { type: "did", ...viewed, measure: { of: "most_frequent", property: "category" }, is: { op: "equals", value: "shoes" } },
  "all of five": { type: "all", rules: [
    { ...bought, when: within(30) }, { type: "not", rule: { type: "did", event: "Order Refunded" } }, { type: "trait", name: "plan", is: { op: "in", values: ["gold", "silver"] } },
    { ...bought, measure: { of: "average", property: "total" }, is: { op: "above", value: 50 } }, { type: "did", ...viewed, when: within(7), is: { op: "at_least", value: 1 } },
  ] },
}; // prettier-ignore

const planned = (rule: unknown): Plan => {
  const plan = planOf(Rule.parse(rule), NO_CONTEXT);
  if (!plan.ok) throw new Error(JSON.stringify(plan.problems));
  return plan.plan;
};

/** A year of a shop: views, carts, orders, refunds; a tenth of the events identify, a few join accounts. */
async function fill(log: EventLog): Promise<void> {
  const step = 1_000_000;
  const draw = (n: number, of: number) => `cityHash64(number, ${n}) % ${of}`;
  const one = (n: number, ...of: readonly string[]) => `[${of.map((text) => `'${text}'`).join(", ")}][1 + ${draw(n, of.length)}]`;
  const product = `concat('"product_id":"p', toString(${draw(5, 5000)}), '","name":"A thing of the shop","category":"', ${one(6, "shoes", "hats", "coats", "socks", "belts")})`;
  const order = `concat('","total":', toString(${draw(7, 20_000)} / 100), ',"currency":"EUR","url":"https://shop.example/p/1?ref=home","quantity":', toString(1 + ${draw(8, 3)}))`;
  for (let from = 0; from < events; from += step)
    await log.command(`insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties, traits, accountId)
      with ${draw(3, 100)} as dice
      select 1, 1 + ${draw(1, customers)} as atom, toInt64(${NOW} - ${draw(2, 365 * DAY_MS)}) as at, at, toString(generateUUIDv4()),
        multiIf(dice < 10, 'identify', dice < 12, 'group', 'track'),
        multiIf(dice < 10, '$customer.identified', dice < 12, '$account.joined', dice < 70, 'Product Viewed', dice < 85, 'Product Added', dice < 98, 'Order Completed', 'Order Refunded'),
        ${one(4, "web", "web", "app", "email", "store")}, '/product', 1,
        if(dice < 12, '', concat('{', ${product}, ${order}, '}')),
        if(dice < 12, concat('{"plan":"', ${one(9, "gold", "silver", "free", "free")}, '","name":"Somebody ', toString(number), '"}'), ''),
        if(dice between 10 and 11, concat('account-', toString(atom % 50000)), '')
      from numbers(${from}, ${Math.min(step, events - from)}) settings max_partitions_per_insert_block = 0`);
  await log.command(`insert into customersOfAtoms select 1, number * 20 + 2, number * 20 + 1, 1 from numbers(${Math.floor(customers / 20)})`);
} // prettier-ignore

/** The least milliseconds of a few rounds, and what the last answered. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [ms: number, answer: T]> {
  let best = Infinity;
  let answer: T;
  for (let round = 0; round < ROUNDS; round++) {
    const began = performance.now();
    answer = await work();
    best = Math.min(best, performance.now() - began);
  }
  return [Math.round(best), answer!];
}

async function tracks(log: EventLog, plan: Plan): Promise<number> {
  let bytes = 0;
  const chunks = Math.ceil(customers / CHUNK_ATOMS) + 1;
  const step = 1000;
  for (let from = 0; from < chunks; from += step) {
    const { text, parameters } = tracksSql({ workspace, tracks: [...plan.tracks.values()], chunks: { from, to: from + step }, now: NOW }); // prettier-ignore
    for (const { body } of await log.rows<TrackRow>(text, parameters)) bytes += body.length;
  }
  return bytes;
}

const folder = await mkdtemp(join(tmpdir(), "throughline-preview-"));
const log = openChdb(folder);
try {
  await migrateLog(log);
  const began = performance.now();
  await fill(log);
  console.log(
    `${events} events of ${customers} customers made in ${Math.round(performance.now() - began)} ms`,
  );
  for (const [name, rule] of Object.entries(RULES)) {
    const plan = planned(rule);
    const { text, parameters } = membersSql({ workspace, root: plan.root, now: NOW, firstStage: null });
    const [ms, rows] = await timed(() => log.rows<{ n: number }>(`select count() as n from (${text})`, parameters)); // prettier-ignore
    const [tracksMs, bytes] = plan.tracks.size === 0 ? [0, 0] : await timed(() => tracks(log, plan));
    console.log(`${name}: ${ms} ms, ${rows[0]!.n} customers; tracks ${tracksMs} ms, ${bytes} bytes`);
  }
} finally {
  await log.close();
  await rm(folder, { recursive: true, force: true });
}
