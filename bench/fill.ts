/** Data folders as months of use would leave them: customers put in place by SQL, and an inbox full of events. */
import { randomUUID } from "node:crypto";
import { fold, nothing } from "../src/customers/fold.ts";
import { textOf } from "../src/customers/stored.ts";
import { startEmbedded } from "../src/db/embedded.ts";
import { migrateState } from "../src/db/migrate.ts";
import { type Database, type Sql, openPostgres } from "../src/db/postgres.ts";
import { createInbox, ensureInboxPartitions } from "../src/events/inbox.ts";
import type { Event } from "../src/events/model.ts";
import { admit } from "../src/events/steps.ts";
import { arrivalFor } from "../src/events/envelope.ts";
import { ensureLanes } from "../src/lanes.ts";
import type { WorkspaceId } from "../src/values.ts";
import { bodyOf } from "./bodies.ts";

/** Events that a customer who is put in place is known by; as many message ids are remembered. */
export const EVENTS_PER_CUSTOMER = 5;
const WORKSPACE = 1 as WorkspaceId;
const DAY_MS = 86_400_000;
const IGNORED = { count: () => undefined, time: () => undefined };

/** Works on the database of a data folder while no program runs on it. */
export async function onFolder<T>(dataDir: string, work: (sql: Database) => Promise<T>): Promise<T> {
  const postgres = await startEmbedded({ dataDir });
  const sql = openPostgres(postgres.url, 8, "bulk");
  try {
    await migrateState(sql);
    await ensureLanes(sql);
    await ensureInboxPartitions(sql, Date.now());
    return await work(sql);
  } finally {
    await sql.close();
    await postgres.stop();
  }
}

/** Events number `from` up to `from + count`, as the door would hand them to the inbox. */
export function eventsOf(from: number, count: number, run: string, customers: number): readonly Event[] {
  const now = Date.now();
  const bodies = Array.from({ length: count }, (_, i) => bodyOf(from + i, run, customers, now - 1000));
  const arrival = arrivalFor(
    { workspace: WORKSPACE, key: 1, receivedAt: now, newId: randomUUID },
    { text: "", sentAt: new Date(now).toISOString() },
  );
  const { accepted, refused } = admit(bodies, arrival, IGNORED, () => 0);
  if (accepted.length !== count)
    throw new Error(`The door refuses what the bench makes: ${JSON.stringify(refused[0])}`);
  return accepted;
}

/** Appends `count` events of random customers to the inbox, in commits of several senders' batches. */
export async function fillInbox(sql: Sql, count: number, customers: number): Promise<void> {
  const inbox = createInbox(sql, { clock: Date.now, waitingMax: 1e9, waiting: () => 0 });
  const run = randomUUID().slice(0, 4);
  const under: Promise<void>[] = [];
  for (let from = 0; from < count; from += 100) {
    under.push(inbox.append(eventsOf(from, Math.min(100, count - from), run, customers)));
    if (under.length === 40) await Promise.all(under.splice(0));
  }
  await Promise.all(under);
}

/** A customer's document after EVENTS_PER_CUSTOMER events; message ids are left open as %1$s, %2$s, ... */
function documentTemplate(): string {
  const at = Date.now() - 30 * DAY_MS;
  let known = nothing();
  for (let i = 0; i < EVENTS_PER_CUSTOMER; i++) {
    // All of one customer, one of each of the five kinds.
    const [event] = eventsOf(i, 1, "", 1);
    known = fold(known, { ...event!, id: `@${i + 1}@`, happenedAt: at + i * 60_000 });
  }
  return textOf(known)
    .replaceAll("%", "%%")
    .replaceAll(/@(\d+)@/g, "ajs-next-1795281917193-%$1$$s");
}

/** Makes customers number `from` up to `to` (exclusive) known by EVENTS_PER_CUSTOMER events each. */
export async function fillCustomers(sql: Sql, from: number, to: number): Promise<void> {
  const at = Date.now() - 30 * DAY_MS;
  const ids = Array.from({ length: EVENTS_PER_CUSTOMER }, (_, i) => `md5(n || '-${i}')`).join(", ");
  const STEP = 250_000;
  for (let begin = from; begin < to; begin += STEP) {
    const end = Math.min(to, begin + STEP) - 1;
    await sql.query(
      `insert into atoms (id, workspace, customer, identifiers, knowledge)
       select n + 1, 1, n + 1,
         format('[["user_id","user-%s",${at}],["anonymous_id","anonymous-%s",${at}],["email","user-%s@example.com",${at}]]', n, n, n), format($1, ${ids})
       from generate_series(${begin}, ${end}) n`,
      [documentTemplate()],
    );
    // In the order of the key: so an index is filled from left to right.
    await sql.query(
      `insert into identifiers (key, workspace, kind, value, atom, created_at)
       select md5('1' || chr(1) || kind || chr(1) || value)::uuid, 1, kind, value, n + 1, ${at}
       from generate_series(${begin}, ${end}) n,
         lateral (values ('user_id', 'user-' || n), ('anonymous_id', 'anonymous-' || n), ('email', 'user-' || n || '@example.com')) as t (kind, value)
       order by 1`,
    );
    await sql.query(
      `insert into customer_names (atom, workspace, name) select n + 1, 1, 'ann lee' from generate_series(${begin}, ${end}) n`,
    );
    await sql.query(
      `insert into seen (key, day) select md5(n || '-' || i)::uuid, ${Math.floor(at / DAY_MS)} from generate_series(${begin}, ${end}) n, generate_series(1, ${EVENTS_PER_CUSTOMER}) i order by 1`,
    );
  }
  await sql.query(`select setval('atom_id', ${Math.ceil(to / 1000) * 1000 + 1}, false)`);
  // As autovacuum leaves them within minutes; all of it on disk before anything is measured.
  for (const table of ["atoms", "identifiers", "customer_names", "seen"])
    await sql.query(`vacuum (analyze) ${table}`);
  await sql.query("checkpoint");
}
