/**
 * The map asked of a log made in place, in a process of its own so that its memory is its own:
 *
 *     tsx bench/map-log.ts FOLDER EVENTS CUSTOMERS    prints what each question took, as JSON
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { MomentGrouping } from "../src/analysis/model.ts";
import { Questions } from "../src/analysis/questions.ts";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { asked, wholeMap } from "../src/map/discover.ts";
import { MapQuestion, Show, VariantsRequest } from "../src/map/model.ts";
import { shown, wholeOf } from "../src/map/show.ts";
import { variantsOf } from "../src/map/variants.ts";
import type { WorkspaceId } from "../src/values.ts";
import { timed } from "./asked.ts";
import { onFolder } from "./fill.ts";

const [folder, events, customers] = process.argv.slice(2).map((one, i) => (i === 0 ? one : Number(one))) as [string, number, number]; // prettier-ignore
const NOW = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const STEP = 1_000_000;
const SCOPE = { from: new Date(NOW - 70 * DAY_MS).toISOString(), to: new Date(NOW).toISOString() };
const workspace = 1 as WorkspaceId;

/** Two months: a third page views of ten kinds of pages, the rest thirty kinds of happenings, few of them frequent; four channels. */
async function fill(log: EventLog): Promise<void> {
  const draw = (n: number, of: number) => `cityHash64(number, ${n}) % ${of}`;
  for (let from = 0; from < events; from += STEP)
    await log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, properties)
       with ${draw(7, 3)} = 0 as page
       select 1, 1 + ${draw(1, customers)}, ${NOW} - 1 - toInt64(${draw(4, 60 * DAY_MS)}) as happened, happened, concat('map-', toString(number)), 'track',
         if(page, '$page.viewed', concat('Event ', toString(toUInt8(pow(${draw(3, 1000)} / 1000, 2) * 30)))), ['web', 'email', 'store', 'mobile'][1 + toUInt8(sqrt(${draw(8, 16)}))],
         if(page, concat('/p', toString(${draw(9, 10)}), '/', toString(${draw(10, 2000)})), 'event'), 1, '{}'
       from numbers(${from}, ${Math.min(STEP, events - from)}) settings max_partitions_per_insert_block = 0`,
    );
}

/** Resolves when the parts that were just put in place are merged: nobody asks a log whose whole history came in this minute. */
async function rested(log: EventLog): Promise<void> {
  for (;;) {
    const [row] = await log.rows<{ n: number }>("select count() as n from system.merges");
    if (row!.n === 0) return;
    await pause(500);
  }
}

const told = await onFolder(join(folder, "state"), async (sql) => {
  await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing"); // prettier-ignore
  const log = openChdb(join(folder, "log"));
  try {
    await migrateLog(log);
    await fill(log);
    await rested(log);
    const stores = { sql, log, clock: () => NOW };
    const questions = new Questions(() => NOW);
    const grouping = MomentGrouping.parse({});
    const question = MapQuestion.parse({ scope: SCOPE });
    const map = async (): Promise<string> => {
      const { answer } = await questions.ask(workspace, ["map", question], { fresh: false }, async () => {
        const ready = await asked(stores, workspace, question, grouping);
        const whole = await wholeMap(log, ready, null);
        return {
          answer: whole,
          asOfAt: NOW,
          events: ready.events,
          customers: wholeOf(whole).people,
          method: "",
        };
      });
      const { totals } = shown(answer, Show.parse({}), []);
      return `${totals.moments} moments, ${totals.edges} edges, ${totals.people} people`;
    };
    const variants = async (): Promise<string> => {
      const request = VariantsRequest.parse({ scope: SCOPE, case: { by: "visit" } });
      const found = await variantsOf(log, await asked(stores, workspace, request, grouping), request);
      return `${found?.totals.cases ?? 0} visits, ${found?.totals.variants ?? 0} variants`;
    };
    return [
      await timed("map", map),
      await timed("map, repeated", map),
      await timed("variants of visits", variants),
    ];
  } finally {
    await log.close();
  }
});
process.stdout.write(JSON.stringify(told));
