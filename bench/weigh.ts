/** Prints the bytes on disk per event of the event log at a path (which no program has open): `tsx bench/weigh.ts PATH`. */
import { openChdb } from "../src/db/clickhouse.ts";

const log = openChdb(process.argv[2]!);
const [row] = await log.rows<{ bytes: number; events: number }>(
  "select sum(bytes_on_disk) as bytes, sum(rows) as events from system.parts where active and table = 'events'",
);
await log.close();
console.log(JSON.stringify({ bytesPerEvent: row!.bytes / row!.events, events: row!.events }));
