/**
 * Gaps looked for in a log made in place, in processes of their own so that their memory is their own:
 *
 *     tsx bench/gaps-log.ts FOLDER fill EVENTS CUSTOMERS   makes four months of a shop with service and messages
 *     tsx bench/gaps-log.ts FOLDER ask [kinds]             prints what the search took, and each kind alone, as JSON
 */
import { join } from "node:path";
import { Questions } from "../src/analysis/questions.ts";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { GapKind } from "../src/gaps/model.ts";
import { searchGaps } from "../src/gaps/search.ts";
import type { WorkspaceId } from "../src/values.ts";
import { timed, type Took } from "./asked.ts";
import { onFolder } from "./fill.ts";

const NOW = Date.UTC(2026, 10, 20);
const DAY_MS = 86_400_000;
const STEP = 1_000_000;
/** The period that is asked about, as the daily look has it; as long before it is read as well. */
const SCOPE = { from: NOW - 60 * DAY_MS, to: NOW };
const WORKSPACE = 1 as WorkspaceId;

/** What happens, each so often in a thousand. Every kind of gap has something to look at. */
const HAPPENS: readonly (readonly [name: string, often: number])[] = [
  ["$page.viewed", 400], ["Product Viewed", 220], ["Product Added", 70], ["Checkout Started", 30], ["Order Completed", 25], ["Price Shown", 20],
  ["Products Searched", 40], ["Email Sent", 90], ["FAQ Viewed", 20], ["Ticket Created", 12], ["Ticket Replied", 12], ["Call Started", 8], ["Call Completed", 8],
  ["Conversation Transferred", 6], ["Identity Requested", 8], ["Form Started", 10], ["Form Submitted", 6], ["Promise Made", 5], ["Promise Kept", 4],
  ["Delivery Promised", 2], ["Complaint Received", 2], ["Complaint Settled", 1], ["Product Out Of Stock", 1],
]; // prettier-ignore

const draw = (n: number, of: number): string => `cityHash64(number, ${n}) % ${of}`;
const texts = (all: readonly string[]): string => `[${all.map((one) => `'${one}'`).join(", ")}]`;
/** Properties of an event, all that its kind could tell: what it is about, its case, its promise. */
const PROPERTIES = `concat('{"product_id":"p', toString(${draw(5, 5000)}), '","price":', toString(10 + ${draw(5, 90)}), ',"currency":"EUR","total":', toString(${draw(6, 20000)} / 100),
  ',"topic":"', ${texts(["delivery", "size", "returns", "payment"])}[1 + ${draw(12, 4)}], '","ticket_id":"t', toString(number), '","to_channel":"phone","query":"', ${texts(["wide fit", "boots", "socks"])}[1 + ${draw(13, 3)}],
  '","results":', toString(${draw(14, 3)}), ',"purpose":"', ${texts(["marketing", "service"])}[1 + ${draw(15, 2)}], '","promise":"call back","due_at":"', formatDateTime(fromUnixTimestamp64Milli(happened + ${2 * DAY_MS}), '%Y-%m-%dT%H:%i:%SZ', 'UTC'), '"}')`;

async function fill(log: EventLog, events: number, customers: number): Promise<void> {
  const names = HAPPENS.flatMap(([name, often]) => Array.from({ length: often }, () => name));
  const sorted = [...new Set(names)];
  const places = names.map((name) => sorted.indexOf(name) + 1);
  for (let from = 0; from < events; from += STEP)
    await log.command(
      `insert into events (workspace, atom, happenedAt, receivedAt, id, type, name, channel, touchpoint, key, identifiers, properties)
       with ${texts(sorted)}[[${places.join(", ")}][1 + ${draw(3, names.length)}]] as happens
       select 1, 1 + ${draw(1, customers)}, ${NOW} - 1 - toInt64(${draw(4, 120 * DAY_MS)}) as happened, happened, concat('gaps-', toString(number)), if(happens = '$page.viewed', 'page', 'track'), happens,
         ['web', 'app', 'store', 'phone'][1 + toUInt8(sqrt(${draw(8, 16)}))], if(happens = '$page.viewed', ${texts(["/", "/boots", "/socks", "/pricing", "/help"])}[1 + ${draw(9, 5)}], 'event'), 1,
         if(${draw(10, 3)} = 0, '[{"kind":"user_id","value":"u"}]', '[{"kind":"anonymous_id","value":"a"}]'), if(happens = '$page.viewed', '{"title":"A page"}', ${PROPERTIES})
       from numbers(${from}, ${Math.min(STEP, events - from)}) settings max_partitions_per_insert_block = 0`,
    );
} // prettier-ignore

const [folder, what, ...rest] = process.argv.slice(2) as [string, string, ...string[]];
const log = openChdb(join(folder, "log"));
try {
  if (what === "fill") {
    await migrateLog(log);
    await fill(log, Number(rest[0]), Number(rest[1]));
  } else {
    const took = await onFolder(join(folder, "state"), async (sql) => {
      await sql.query("insert into workspaces (id, name, created_at) overriding system value values (1, 'Bench', 0) on conflict do nothing"); // prettier-ignore
      const deps = { sql, log, questions: new Questions(() => NOW) };
      const search = async (kinds?: GapKind[]): Promise<string> => {
        const { answer } = await searchGaps(deps, WORKSPACE, { scope: SCOPE, ...(kinds && { kinds }) }, false, NOW); // prettier-ignore
        if (answer.type === "too_little_data") return answer.detail;
        return `${answer.gaps.length} gaps, ${answer.looked.reduce((sum, { tested }) => sum + tested, 0)} subjects tested`;
      };
      const found: Took[] = [await timed("gaps", () => search()), await timed("gaps, repeated", () => search())]; // prettier-ignore
      for (const kind of rest[0] === "kinds" ? GapKind.options : []) found.push(await timed(`gaps of ${kind} alone`, () => search([kind]))); // prettier-ignore
      return found;
    });
    process.stdout.write(JSON.stringify(took));
  }
} finally {
  await log.close();
}
