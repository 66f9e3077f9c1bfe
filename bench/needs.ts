/**
 * How long the likely needs and the hours of a workspace take to work out, and what that holds in memory: customers put in
 * place, a year of a shop made in chDB, one process. Prints what each part took as JSON lines.
 *
 *     npx tsx bench/needs.ts [CUSTOMERS] [EVENTS]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import type { Database } from "../src/db/postgres.ts";
import { type NeedsDeps, workOutWorkspace } from "../src/needs/fit.ts";
import { tellHours } from "../src/needs/hours-tell.ts";
import { NeedsAsked } from "../src/needs/model.ts";
import type { WorkspaceId } from "../src/values.ts";
import { type Took, timed } from "./asked.ts";
import { fillCustomers, onFolder } from "./fill.ts";

const [customers = 100_000, events = 5_000_000] = process.argv.slice(2).map(Number);
const DAY_MS = 86_400_000;
const NOW = Math.floor(Date.now() / DAY_MS) * DAY_MS + 1_000;
const STEP = 1_000_000;
const workspace = 1 as WorkspaceId;

/** A year of visits, views, carts and orders: who is ready by nature views and orders more. */
async function fill(log: EventLog): Promise<void> {
  const draw = (n: number, of: number): string => `cityHash64(number, ${n}) % ${of}`;
  for (let from = 0; from < events; from += STEP)
    await log.command(`insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
      with 1 + ${draw(1, customers)} as who, cityHash64(who, 'nature') % 100 as nature, ${draw(3, 1000)} as dice,
        if(dice < 420, '$page.viewed', if(dice < 900 - nature * 2, 'Products Searched', if(dice < 920, 'Product Viewed', if(dice < 960, 'Product Added', if(dice < 960 + intDiv(nature * nature, 400), 'Order Completed', 'Product Viewed'))))) as called
      select 1, who, toInt64(${NOW} - 1000 - ${draw(2, 365)} * ${DAY_MS} - (cityHash64(who, 'hour') % 12 + ${draw(4, 6)}) * 3600000 - ${draw(5, 3_600_000)}) as at, at, concat('b-', toString(number)),
        if(called = '$page.viewed', 'page', 'track'), called, ['web', 'app', 'search', 'email'][1 + ${draw(6, 4)}], '/', 1,
        if(called = 'Order Completed', concat('{"total":', toString(10 + ${draw(7, 90)}), '}'), '{}')
      from numbers(${from}, ${Math.min(STEP, events - from)}) settings max_partitions_per_insert_block = 0`);
} // prettier-ignore

async function measured(sql: Database, log: EventLog): Promise<readonly Took[]> {
  let told = 0;
  const deps: NeedsDeps = { sql, log, clock: () => NOW, append: async (some) => void (told += some.length) };
  const asked = NeedsAsked.parse({});
  const work = async (): Promise<string> => {
    told = 0;
    const { result } = await workOutWorkspace(deps, workspace, asked);
    const goals = result.goals.map(({ goal, worked }) => `${goal.key} ${worked.type}${"quality" in worked ? ` AUC ${worked.quality.auc.toFixed(3)}, off by ${worked.quality.calibrationError.toFixed(3)}, ${worked.model.features.length} features` : ""}`);
    return `${result.customers} customers; ${goals.join("; ")}; hours of ${result.hours.customers}, strength ${result.hours.strength?.toFixed(1)}; ${told} told`;
  };
  return [
    await timed("all of it, nobody told before", work),
    await timed("all of it again", work),
    await timed("of this, hours", async () => `${(await tellHours(deps, workspace, NOW - 1_000)).customers} customers`),
  ];
} // prettier-ignore

const folder = await mkdtemp(join(tmpdir(), "throughline-bench-needs-"));
try {
  await onFolder(join(folder, "state"), async (sql) => {
    await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing"); // prettier-ignore
    await fillCustomers(sql, 0, customers);
    const log = openChdb(join(folder, "log"));
    try {
      await migrateLog(log);
      await fill(log);
      for (const took of await measured(sql, log)) console.log(JSON.stringify(took));
    } finally {
      await log.close();
    }
  });
} finally {
  await rm(folder, { recursive: true, force: true });
}
