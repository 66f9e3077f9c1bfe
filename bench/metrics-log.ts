/**
 * Funnels, retention, attribution and metrics asked of a log made in place, in processes of their own so that their memory
 * is their own:
 *
 *     tsx bench/metrics-log.ts FOLDER fill EVENTS CUSTOMERS   makes two months of events
 *     tsx bench/metrics-log.ts FOLDER ask                     prints what each question took, as JSON
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { join } from "node:path";
import { scopeFor } from "../src/analysis/scope.ts";
import { answerOf } from "../src/attribution/answer.ts";
import { AttributionAsked } from "../src/attribution/model.ts";
import { readPaths } from "../src/attribution/store.ts";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import type { Sql } from "../src/db/postgres.ts";
import { readFunnel } from "../src/metrics/funnel.ts";
import { readMetrics } from "../src/metrics/metrics.ts";
import { FunnelAsked, type MetricKey, MetricsAsked, RetentionAsked } from "../src/metrics/model.ts";
import { readRetention } from "../src/metrics/retention.ts";
import type { WorkspaceId } from "../src/values.ts";
import { timed, type Took } from "./asked.ts";
import { onFolder } from "./fill.ts";

const NOW = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const STEP = 1_000_000;
const SCOPE = { from: new Date(NOW - 62 * DAY_MS).toISOString(), to: new Date(NOW).toISOString() };
const workspace = 1 as WorkspaceId;
const MEASURED: readonly MetricKey[] = ["conversion", "revenue", "repeat_purchase", "recognition"];

/**
 * Two months: views, carts and orders of five thousand products, and visits to pages; in four channels, a sixth with a campaign.
 * Of ten events of a customer, one names a person.
 */
async function fill(log: EventLog, events: number, customers: number): Promise<void> {
  const draw = (n: number, of: number) => `cityHash64(number, ${n}) % ${of}`;
  for (let from = 0; from < events; from += STEP)
    await log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, identifiers, properties, campaign, referrer)
       with ${draw(3, 20)} as kind
       select 1, 1 + ${draw(1, customers)}, ${NOW} - 1 - toInt64(${draw(4, 60 * DAY_MS)}) as happened, happened, concat('ask-', toString(number)), if(kind < 5, 'page', 'track'),
         multiIf(kind < 5, '$page.viewed', kind < 14, 'Product Viewed', kind < 18, 'Product Added', 'Order Completed'),
         ['web', 'email', 'store', 'social'][1 + toUInt8(sqrt(${draw(8, 16)}))], '/', 1, if(${draw(9, 10)} = 0, '[{"kind":"user_id","value":"u"}]', '[]'),
         concat('{"product_id":"p', toString(${draw(5, 5000)}), '","category":"c', toString(${draw(5, 12)}), '","total":', toString(${draw(6, 20000)} / 100), '}'),
         if(${draw(10, 6)} = 0, concat('{"source":"s","name":"Campaign ', toString(${draw(11, 20)}), '"}'), ''), ''
       from numbers(${from}, ${Math.min(STEP, events - from)}) settings max_partitions_per_insert_block = 0`,
    );
}

/** The questions, each with what its answer says in short. */
function questionsOf(sql: Sql, log: EventLog): { readonly [what: string]: () => Promise<string> } {
  const deps = { sql, log, workspace, now: NOW };
  const [view, cart, order] = [{ event: "Product Viewed" }, { event: "Product Added" }, { event: "Order Completed" }];
  const funnel = (more: object) => async () => {
    const { answer: { funnel: found, groups } } = await readFunnel(deps, FunnelAsked.parse({ scope: SCOPE, steps: [view, cart, order], ...more }));
    return `${found.type === "steps" ? found.steps.map(({ people }) => people).join(" > ") : "too little"}${groups ? `, ${groups.length} groups` : ""}`;
  };
  const retention = (more: object) => async () => {
    const { answer: { retention: found } } = await readRetention(deps, RetentionAsked.parse({ scope: SCOPE, first: view, returned: order, ...more }));
    return found.type === "cohorts" ? `${found.cohorts.length} cohorts, ${found.cohorts.reduce((sum, { customers }) => sum + customers, 0)} customers` : "too little";
  };
  const attribution = (more: object) => async () => {
    const asked = AttributionAsked.parse({ scope: SCOPE, conversion: { event: "Order Completed", value: "total" }, ...more });
    const read = await readPaths(log, await scopeFor(sql, log, workspace, asked.scope, NOW), asked);
    const result = await answerOf(read, asked, () => nextTurn());
    return result.type === "divided" ? `${read.paths.length} paths, ${result.conversions} conversions, ${result.channels.length} channels` : "too little";
  };
  const metric = (key: MetricKey) => async () => {
    const { answer: { metrics: [found] } } = await readMetrics(deps, MetricsAsked.parse({ scope: SCOPE, metrics: [key] }));
    const result = found!.figures[0]!.result;
    return result.type === "estimate" ? `${result.value.toPrecision(4)} of ${result.n}` : "too little";
  };
  return {
    "funnel of three steps": funnel({}),
    "funnel with an exclusion": funnel({ exclusions: [{ event: "$page.viewed" }] }),
    "funnel in any order": funnel({ order: "any" }),
    "funnel by channel": funnel({ breakdown: { by: "channel" } }),
    "funnel by a property": funnel({ breakdown: { by: "property", property: "category" } }),
    "funnel per visit": funnel({ per: { by: "visit" } }),
    "retention by week": retention({ every: "week" }),
    "retention by day, unbounded": retention({ every: "day", kind: "unbounded" }),
    "attribution by channel": attribution({}),
    "attribution by campaign": attribution({ by: "campaign" }),
    ...Object.fromEntries(MEASURED.map((key) => [`metric ${key}`, metric(key)])),
  };
} // prettier-ignore

const [folder, what, events = "0", customers = "1"] = process.argv.slice(2) as [string, string, ...string[]];
const log = openChdb(join(folder, "log"));
try {
  if (what === "fill") {
    await migrateLog(log);
    await fill(log, Number(events), Number(customers));
  } else {
    const took = await onFolder(join(folder, "state"), async (sql) => {
      await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing"); // prettier-ignore
      const found: Took[] = [];
      for (const [name, ask] of Object.entries(questionsOf(sql, log))) found.push(await timed(name, ask));
      return found;
    });
    process.stdout.write(JSON.stringify(took));
  }
} finally {
  await log.close();
}
