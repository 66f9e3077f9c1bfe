/** Funnels, retention and metrics over a million and ten million events: how long the log takes. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openChdb } from "../src/db/clickhouse.ts";
import { readFunnel } from "../src/metrics/funnel.ts";
import { readMetrics } from "../src/metrics/metrics.ts";
import { FunnelAsked, type MetricKey, MetricsAsked, RetentionAsked } from "../src/metrics/model.ts";
import { readRetention } from "../src/metrics/retention.ts";
import { type WorkspaceId, isoOf } from "../src/values.ts";
import { onFolder } from "./fill.ts";
import { logOf } from "./segments.ts";
import { type Row, atMost } from "./table.ts";

const DAY_MS = 86_400_000;
const SIZES = [1_000_000, 10_000_000];
const EVENTS_PER_CUSTOMER = 10;
const MEASURED: readonly MetricKey[] = ["conversion", "revenue", "repeat_purchase", "recognition"];

/** Each question asked of a log of each size, by the functions that the routes call. */
export async function metrics(folder: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const events of SIZES) {
    const own = join(folder, String(events));
    await mkdir(own);
    await logOf(own, "fill", String(events), String(events / EVENTS_PER_CUSTOMER));
    rows.push(...(await asked(own, events)));
  }
  return rows;
}

async function asked(folder: string, events: number): Promise<readonly Row[]> {
  return onFolder(folder, async (sql) => {
    await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing");
    const log = openChdb(join(folder, "clickhouse"));
    try {
      const now = Date.now();
      const deps = { sql, log, workspace: 1 as WorkspaceId, now };
      const scope = { from: isoOf(now - 62 * DAY_MS), to: isoOf(now) };
      const [view, order] = [{ event: "Product Viewed" }, { event: "Order Completed" }];
      const funnel = (more: object) => () => readFunnel(deps, FunnelAsked.parse({ scope, steps: [{ event: "Trial Started" }, view, order], window: { ms: 60 * DAY_MS }, ...more }));
      const questions: { readonly [what: string]: () => Promise<unknown> } = {
        "funnel view, order, order": funnel({ steps: [view, order, order] }),
        "funnel with an exclusion": funnel({ steps: [view, order], exclusions: [{ event: "Trial Started" }] }),
        "funnel in any order": funnel({ steps: [view, order], order: "any" }),
        "funnel by a property": funnel({ steps: [view, order], breakdown: { by: "property", property: "product_id" } }),
        "funnel per visit": funnel({ steps: [view, order], per: { by: "visit" } }),
        "retention by week": () => readRetention(deps, RetentionAsked.parse({ scope, first: view, returned: order, every: "week" })),
        ...Object.fromEntries(MEASURED.map((key) => [`metric ${key}`, () => readMetrics(deps, MetricsAsked.parse({ scope, metrics: [key] }))])),
      };
      const rows: Row[] = [];
      for (const [what, ask] of Object.entries(questions)) {
        const began = performance.now();
        await ask();
        rows.push({ what: `${what}, ${events / 1_000_000} million events`, figure: (performance.now() - began) / 1000, unit: "s", budget: atMost(events > 1_000_000 ? 10 : 2), scales: true });
      }
      return rows;
    } finally {
      await log.close();
    }
  });
} // prettier-ignore
