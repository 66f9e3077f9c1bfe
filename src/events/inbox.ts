/**
 * The inbox: accepted events, durable before anyone is told "accepted".
 *
 * One row holds one micro-batch of one lane as lines of JSON. Calls that arrive while a commit is under way share the
 * next one (group commit), so the number of commits follows the disk, not the callers. An advisory lock makes row ids
 * grow in commit order, so that a reader's cursor can never step over a row that commits late.
 */
import { setTimeout as pause } from "node:timers/promises";
import { LOCKS } from "../db/locks.ts";
import { type Sql, SEPARATOR } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Clock, Instant } from "../values.ts";
import { type Event, type Inbox, LANES } from "./model.ts";

/** Bytes that may wait for a commit in memory; more is answered 429. */
const PENDING_BYTES_MAX = 64 * 1024 * 1024;
/** Bytes of one commit: large enough for full speed, small enough that a commit takes milliseconds. */
const COMMIT_BYTES_MAX = 4 * 1024 * 1024;
/** After a commit, the time others may join the next one, unless there is enough for it already. */
const LINGER_MS = 4;
const LINGER_BYTES_MAX = 64 * 1024;
const DAY_MS = 86_400_000;

export type InboxRow = {
  readonly id: number;
  readonly lane: number;
  readonly receivedAt: Instant;
  readonly events: number;
  readonly body: string;
  /** The commit it came in; ids and commits grow together. */
  readonly flush: number;
  /** Where in the commit each event stood, separated by commas: events of a commit in arrival order over all lanes. */
  readonly places: string;
};
type Waiting = {
  readonly lines: readonly (readonly [lane: number, line: string])[];
  readonly workspace: number;
  readonly sizeBytes: number;
  readonly done: () => void;
  readonly failed: (cause: unknown) => void;
};
export type InboxOptions = {
  readonly clock: Clock;
  /** Events waiting to be processed at which the door closes (429). */
  readonly waitingMax: number;
  /** Events waiting now, as last measured; see `waitingEvents`. */
  readonly waiting: () => number;
  /** Called after each commit, to wake the worker. */
  readonly onAppend?: () => void;
  /** Tell other processes as well (PostgreSQL's notify), when no worker lives in this one. */
  readonly notify?: boolean;
};

/** The inbox on `sql`. See `Inbox` for what `append` promises. */
export function createInbox(sql: Sql, options: InboxOptions): Inbox {
  let pending: Waiting[] = [];
  let pendingBytes = 0;
  let appendedSince = 0;
  let measured = options.waiting();
  let committing = false;

  async function commit(): Promise<void> {
    committing = true;
    while (pending.length > 0) {
      let bytes = 0;
      const upTo = pending.findIndex((waiting) => (bytes += waiting.sizeBytes) > COMMIT_BYTES_MAX);
      const group = pending.splice(0, upTo === -1 ? pending.length : Math.max(1, upTo));
      try {
        await insert(sql, group, options.clock(), options.notify === true);
        for (const waiting of group) waiting.done();
        options.onAppend?.();
      } catch (cause) {
        for (const waiting of group) waiting.failed(cause);
      } finally {
        for (const waiting of group) pendingBytes -= waiting.sizeBytes;
      }
      // A stream of single events shares commits instead of having one each; the first of a pause has not waited.
      if (pendingBytes < LINGER_BYTES_MAX) await pause(LINGER_MS);
    }
    committing = false;
  }

  return {
    append(events) {
      if (events.length === 0) return Promise.resolve();
      if (measured !== options.waiting()) [measured, appendedSince] = [options.waiting(), 0];
      if (measured + appendedSince > options.waitingMax || pendingBytes > PENDING_BYTES_MAX)
        return Promise.reject(
          new Failure("too_many", "More events are waiting than can be handled soon.", {
            retryAfterSeconds: 2,
          }),
        );
      return new Promise((done, failed) => {
        let sizeBytes = 0;
        const lines = events.map((event) => {
          const line = JSON.stringify(event);
          sizeBytes += line.length;
          return [laneOf(event), line] as const;
        });
        pending.push({ lines, workspace: events[0]!.workspace, sizeBytes, done, failed });
        pendingBytes += sizeBytes;
        appendedSince += events.length;
        if (!committing) void commit();
      });
    },
  };
}

/**
 * The lane of an event: by the device where one is named, because a browser keeps its anonymous id through sign-in, so
 * that what one sender sends in order is handled in order.
 */
export function laneOf(event: Event): number {
  const sender = event.identifiers.at(-1)!;
  let hash = event.workspace | 0;
  for (let i = 0; i < sender.value.length; i++) hash = (Math.imul(hash, 31) + sender.value.charCodeAt(i)) | 0;
  // The low bits of a multiplicative hash follow the last characters; the high ones are mixed better.
  return ((Math.imul(hash, 0x9e3779b1) >>> 16) & 0x7fff) % LANES;
}

async function insert(
  sql: Sql,
  group: readonly Waiting[],
  receivedAt: Instant,
  notify: boolean,
): Promise<void> {
  const lanes = new Map<number, { readonly lines: string[]; readonly places: number[] }>();
  const counts = new Map<number, number>();
  let place = 0;
  for (const { lines, workspace } of group) {
    counts.set(workspace, (counts.get(workspace) ?? 0) + lines.length);
    for (const [lane, line] of lines) {
      let of = lanes.get(lane);
      if (!of) lanes.set(lane, (of = { lines: [], places: [] }));
      of.lines.push(line);
      of.places.push(place++);
    }
  }
  const rows = [...lanes];
  await sql.query(
    `with held as materialized (select pg_advisory_xact_lock(${LOCKS.inbox})::text as lock),
     flush as materialized (select nextval('inbox_flush') as id from held),
     tallied as (
       insert into tallies (workspace, name, n)
       select workspace::int, 'accepted', n::bigint
       from held, unnest(string_to_array($6, chr(1)), string_to_array($7, chr(1))) as t (workspace, n) order by 1
       on conflict (workspace, name, reason) do update set n = tallies.n + excluded.n)
     ${notify ? ", told as (select pg_notify('inbox', ''))" : ""}
     insert into inbox (id, lane, flush, places, received_at, events, body)
     select nextval('inbox_id'), lane::smallint, flush.id, places, $5, events::int, body
     from flush, unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)))
       as t (lane, events, places, body)
     ${notify ? "where (select true from told) is not null" : ""}`,
    [
      rows.map(([lane]) => lane).join(SEPARATOR),
      rows.map(([, { lines }]) => lines.length).join(SEPARATOR),
      rows.map(([, { places }]) => places.join(",")).join(SEPARATOR),
      rows.map(([, { lines }]) => lines.join("\n")).join(SEPARATOR),
      receivedAt,
      [...counts.keys()].join(SEPARATOR),
      [...counts.values()].join(SEPARATOR),
    ],
  );
}

/** Where a lane's reader stands. */
export type LaneCursor = { readonly lane: number; readonly cursorId: number; readonly cursorAt: Instant };

const ROWS_PER_LANE = 400;

/**
 * The next rows of the lanes in arrival order, whole commits, at most about `eventsMax` events (and at least a commit).
 */
export async function readInbox(
  sql: Sql,
  cursors: readonly LaneCursor[],
  eventsMax: number,
): Promise<readonly InboxRow[]> {
  if (cursors.length === 0) return [];
  // By id alone: a clock that was set back stamps rows long before their predecessors, and the key of each partition
  // answers at once that it holds nothing new. A lane whose rows were cut off at the limit ends the reading for all, so
  // that no lane runs ahead of another.
  return sql.query<InboxRow>(
    `with r as (
       select i.* from unnest($1::smallint[], $2::bigint[]) as c (lane, cursor_id)
       cross join lateral (
         select * from inbox i where i.lane = c.lane and i.id > c.cursor_id order by i.id limit ${ROWS_PER_LANE}) i),
     cut as (select min(flush) as flush from (select max(flush) as flush from r group by lane having count(*) = ${ROWS_PER_LANE}) l)
     select id, lane, received_at as "receivedAt", events, body, flush, places from (
       select r.*, sum(events) over (order by flush) - sum(events) over (partition by flush) as before from r
       where flush <= coalesce((select flush from cut), flush)) s
     where before < $3 order by id`,
    [cursors.map((c) => c.lane), cursors.map((c) => c.cursorId), eventsMax],
  );
}

/** The named rows in the order asked for, to rebuild what a crash interrupted. */
export async function readInboxRows(
  sql: Sql,
  rows: readonly (readonly [lane: number, id: number, receivedAt: Instant])[],
) {
  return sql.query<InboxRow>(
    `select i.id, i.lane, i.received_at as "receivedAt", i.events, i.body, i.flush, i.places
     from unnest($1::smallint[], $2::bigint[], $3::bigint[]) with ordinality as r (lane, id, received_at, n)
     join inbox i on i.lane = r.lane and i.id = r.id and i.received_at = r.received_at order by r.n`,
    [rows.map((row) => row[0]), rows.map((row) => row[1]), rows.map((row) => row[2])],
  );
}

/** How many accepted events no worker has handled yet, and how long the oldest has waited. */
export async function waitingEvents(sql: Sql, now: Instant): Promise<{ events: number; ms: number }> {
  const [row] = await sql.query<{ events: number | null; oldest: number | null }>(
    `select sum(i.events)::bigint as events, min(i.received_at) as oldest
     from lanes l join inbox i on i.lane = l.lane and i.id > l.cursor_id`,
  );
  return { events: row?.events ?? 0, ms: row?.oldest ? Math.max(0, now - row.oldest) : 0 };
}

const PLANNED_BY = ["id", "lane", "flush", "received_at", "events"];

/** Makes sure that rows of the next days find their partition. Safe to run at any time, by several processes. */
export async function ensureInboxPartitions(sql: Sql, now: Instant): Promise<void> {
  await sql.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.inbox})`);
    for (let day = Math.floor(now / DAY_MS) - 1; day <= Math.floor(now / DAY_MS) + 3; day++) {
      const name = `inbox_${day}`;
      const [{ exists } = { exists: false }] = await tx.query<{ exists: boolean }>(
        "select to_regclass($1) is not null as exists",
        [name],
      );
      if (exists) continue;
      // Rows that fell into the default partition while this day had none of its own move into it.
      await tx.query(`create table ${name} (like inbox including all)`);
      // As for other tables that every event changes: see the migration of `atoms`.
      await tx.query(
        `alter table ${name} ${PLANNED_BY.map((column) => `alter column ${column} set statistics 10`).join(", ")}, alter column places set statistics 0, alter column body set statistics 0`,
      );
      await tx.query(
        `with moved as (delete from inbox_default where received_at >= ${day * DAY_MS} and received_at < ${(day + 1) * DAY_MS} returning *) insert into ${name} select * from moved`,
      );
      await tx.query(
        `alter table inbox attach partition ${name} for values from (${day * DAY_MS}) to (${(day + 1) * DAY_MS})`,
      );
    }
  });
}

/** Drops the partitions whose last day ended before `before` and that every lane and the event log have passed. Answers their names. */
export async function dropInboxPartitions(sql: Sql, before: Instant): Promise<readonly string[]> {
  const [{ oldest } = { oldest: 0 }] = await sql.query<{ oldest: number }>(
    `select least((select coalesce(min((r ->> 2)::bigint), 9e15::bigint) from log_batches, jsonb_array_elements(rows::jsonb) r),
                  (select coalesce(min(i.received_at), 9e15::bigint) from lanes l join inbox i on i.lane = l.lane and i.id > l.cursor_id)) as oldest`,
  );
  const names = await sql.query<{ name: string }>(
    "select relname as name from pg_class where relname ~ '^inbox_[0-9]+$' and relkind = 'r'",
  );
  const dropped = names
    .map(({ name }) => name)
    .filter((name) => (Number(name.slice(6)) + 1) * DAY_MS < Math.min(before, oldest));
  for (const name of dropped) await sql.query(`drop table ${name}`);
  return dropped;
}
