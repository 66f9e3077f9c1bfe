/** A process that runs imports until it is killed: `DATABASE FOLDER PLACE`. For crash.test.ts. */
import { createInbox } from "../../src/events/inbox.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { createRunner } from "../../src/imports/run.ts";

const [url, folder, place] = process.argv.slice(2) as [string, string, string];
const sql = openPostgres(url);
createRunner({
  sql,
  inbox: createInbox(sql, { clock: Date.now, waitingMax: 1e9, waiting: () => 0 }),
  meter: { count: () => undefined, time: () => undefined },
  clock: Date.now,
  seconds: () => performance.now() / 1000,
  folder,
  place,
  keepIp: false,
  log: (message, cause) => process.stderr.write(`${message} ${String(cause)}\n`),
});
// The runner's timers do not keep a process alive; this process is ended from outside.
setInterval(() => undefined, 1000);
