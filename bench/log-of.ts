/**
 * The event log at a path that no program has open, in a process of its own (one process can open one):
 *
 *     tsx bench/log-of.ts PATH fill EVENTS CUSTOMERS    makes events in place: views and orders of two months
 *     tsx bench/log-of.ts PATH late                     prints how late (ms) members left a window of seven days, of 'Trial Started'
 */
import { openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";

const DAY_MS = 86_400_000;
/** In how long the windows of all customers run out. */
const SPREAD_MS = 40 * 60_000;
const STEP = 1_000_000;

const [path, what, events = "0", customers = "1"] = process.argv.slice(2);
const log = openChdb(path!);
try {
  await migrateLog(log);
  if (what === "fill") await fill(Number(events), Number(customers));
  else process.stdout.write(JSON.stringify(await late()));
} finally {
  await log.close();
}

/** Each customer once 'Trial Started', seven days before some moment of the next minutes; the rest views and orders. */
async function fill(count: number, of: number): Promise<void> {
  const now = Date.now();
  const insert = (from: number, n: number, name: string, at: string, properties: string) =>
    log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
       select 1, 1 + cityHash64(number, 1) % ${of}, ${at} as happened, happened, concat('bench-', toString(number)), 'track', ${name}, 'web', '/', 1, ${properties}
       from numbers(${from}, ${n}) settings max_partitions_per_insert_block = 0`,
    );
  const trial = `${now - 7 * DAY_MS} + toInt64(cityHash64(number, 2) % ${SPREAD_MS})`;
  for (let from = 0; from < of; from += STEP)
    await log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
       select 1, number + 1, ${trial} as happened, happened, concat('trial-', toString(number)), 'track', 'Trial Started', 'web', '/', 1, '{}'
       from numbers(${from}, ${Math.min(STEP, of - from)}) settings max_partitions_per_insert_block = 0`,
    );
  for (let from = 0; from < count - of; from += STEP)
    await insert(
      from,
      Math.min(STEP, count - of - from),
      "if(cityHash64(number, 3) % 4 = 0, 'Order Completed', 'Product Viewed')",
      `${now - 8 * DAY_MS} - toInt64(cityHash64(number, 4) % ${52 * DAY_MS})`,
      `concat('{"product_id":"p', toString(cityHash64(number, 5) % 5000), '","total":', toString(cityHash64(number, 6) % 20000 / 100), '}')`,
    );
}

async function late(): Promise<readonly number[]> {
  const rows = await log.rows<{ ms: number }>(
    `select toInt64(g.happenedAt) - toInt64(t.happenedAt) - ${7 * DAY_MS} as ms
     from (select atom, happenedAt from events where name = '$segment.left' and JSONExtractString(properties, 'by') = 'time') g
     join (select atom, happenedAt from events where name = 'Trial Started') t on t.atom = g.atom`,
  );
  return rows.map(({ ms }) => ms);
}
