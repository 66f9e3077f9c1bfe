/**
 * Feeds the event log: what the worker committed reaches ClickHouse in large inserts, each exactly once.
 *
 * The worker's transaction leaves a `log_batches` row. The feeder first writes down which batches make up one insert
 * (so that a crash repeats the very same insert), then inserts under that number as deduplication token, then deletes
 * the rows and counts the events as logged. Lines wait in memory; what is no longer there (a crash, a log that was down
 * for long) is built again from the inbox, which keeps the same lines in the same order.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { readInboxRows } from "../events/inbox.ts";
import { isOwnLine, logLine } from "./line.ts";
import { Nap } from "../nap.ts";
import { addTallies } from "../telemetry/tally.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";

/** Events of one insert: large parts keep ClickHouse fast; under light load an insert goes out after FLUSH_MS. */
const INSERT_EVENTS_MAX = 20_000;
/** Beyond so much text no further batch joins an insert: events of the largest size would else make a text no program can hold. */
const INSERT_CHARS_MAX = 32 * 1024 * 1024;
const FLUSH_MS = 1000;
/** Lines kept in memory while the log cannot take them; beyond that they are read again from the inbox. */
const HELD_LINES_MAX = 100_000;
const HELD_CHARS_MAX = 128 * 1024 * 1024;
const CLAIM_MS = 30_000;
const RECOVER_MS = 5_000;
/** Batches without a feeder that are taken up at a time. */
const ADOPTED_MAX = 50;
const BACKOFF_MS_MAX = 10_000;

export type FeedOptions = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onFault: (cause: unknown) => void;
  /** Called after an insert with the number of its events. */
  readonly onLogged?: (events: number) => void;
};
export interface Feed {
  /** Takes what a batch has to log. */
  offer(batch: LogBatch, lines: readonly string[]): void;
  /** Resolves when everything offered so far, and all a crash left behind, is in the log. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}
/** A batch's number, and the name that no other batch will ever have. */
type LogBatch = { readonly id: number; readonly name: string };
/** A batch to insert: its lines, or null when they are to be read again; how many they are and how long together. */
type Held = LogBatch & {
  readonly lines: readonly string[] | null;
  readonly count: number;
  readonly chars: number;
};
type BatchRow = {
  readonly id: number;
  readonly rows: string;
  readonly atoms: string;
  readonly own: string;
  readonly epoch: number;
};

/** Starts the feeder's loop. */
export function startFeed(options: FeedOptions): Feed {
  const feeder = new Feeder(options);
  const done = feeder.run();
  return {
    offer: (batch, lines) => feeder.offer(batch, lines),
    drain: () => feeder.drain(),
    stop: async () => {
      feeder.stop();
      await done;
    },
  };
}

class Feeder {
  readonly #options: FeedOptions;
  #held: Held[] = [];
  #heldLines = 0;
  #heldChars = 0;
  #stopping = false;
  #drains: (() => void)[] = [];
  readonly #nap = new Nap();
  #recoverAt = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  offer({ id, name }: LogBatch, lines: readonly string[]): void {
    let chars = 0;
    for (const line of lines) chars += line.length + 1;
    const keep =
      this.#heldLines + lines.length <= HELD_LINES_MAX && this.#heldChars + chars <= HELD_CHARS_MAX;
    this.#held.push({ id, name, lines: keep ? lines : null, count: lines.length, chars });
    if (keep) this.#keep(lines.length, chars);
    if (this.#isFull()) this.#nap.wake();
    else this.#nap.shorten(FLUSH_MS);
  }

  #keep(lines: number, chars: number): void {
    this.#heldLines += lines;
    this.#heldChars += chars;
  }

  /** Whether what is in memory is worth an insert now. */
  #isFull(): boolean {
    return this.#heldLines >= INSERT_EVENTS_MAX || this.#heldChars >= INSERT_CHARS_MAX;
  }

  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#drains.push(resolve);
      this.#recoverAt = 0;
      this.#nap.wake();
    });
  }

  stop(): void {
    this.#stopping = true;
    this.#nap.wake();
  }

  async run(): Promise<void> {
    let backoffMs = 100;
    for (;;) {
      const drains = this.#drains.splice(0);
      try {
        await this.#flush(drains.length > 0);
        if (performance.now() >= this.#recoverAt || drains.length > 0)
          await this.#recover(drains.length > 0 || this.#stopping);
        for (const resolve of drains) resolve();
        backoffMs = 100;
        if (this.#stopping && this.#held.length === 0) return;
        if (!this.#isFull() && this.#drains.length === 0 && !this.#stopping)
          await this.#nap.sleep(
            this.#held.length > 0 ? FLUSH_MS : Math.max(0, this.#recoverAt - performance.now()),
          );
      } catch (cause) {
        this.#drains.push(...drains);
        this.#options.onFault(cause);
        // What is left behind is in the database; the next start finds it.
        if (this.#stopping) return;
        await pause(backoffMs);
        backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
      }
    }
  }

  /** One insert of what is held, and more while an insert is full; `whole`: all that is held now. */
  async #flush(whole: boolean): Promise<void> {
    let due = whole ? this.#held.length : 1;
    while (this.#held.length > 0 && (due > 0 || this.#isFull() || this.#stopping)) {
      const group = groupOf(this.#held);
      due -= group.length;
      const claim = await this.#claim(group);
      // From here on the group is in the database's care: whatever fails, `#recover` repeats the same insert.
      this.#held.splice(0, group.length);
      for (const { lines, chars } of group) if (lines) this.#keep(-lines.length, -chars);
      if (claim) {
        const ours = group.filter(({ id }) => claim.ids.has(id));
        await this.#insert(
          claim.insertId,
          ours.every((held) => held.lines) ? ours.flatMap((held) => held.lines!) : null,
        );
      }
    }
  }

  /**
   * Writes down durably which batches make up one insert. Those that are not there were undone by a crash of PostgreSQL
   * (the worker handles their events again) or are claimed already; null when none is there.
   */
  async #claim(group: readonly LogBatch[]): Promise<{ insertId: number; ids: ReadonlySet<number> } | null> {
    const rows = await this.#options.sql.query<{ id: number; insertId: number }>(
      `with numbered as materialized (select nextval('log_insert_id') as n)
       update log_batches b set insert_id = numbered.n, claimed_until = $3
       from numbered, unnest($1::bigint[], $2::uuid[]) as t (id, name)
       where b.id = t.id and b.name = t.name and b.insert_id is null returning b.id, b.insert_id as "insertId"`,
      [group.map(({ id }) => id), group.map(({ name }) => name), this.#options.clock() + CLAIM_MS],
    );
    return rows[0] ? { insertId: rows[0].insertId, ids: new Set(rows.map(({ id }) => id)) } : null;
  }

  /** Inserts a claimed group; `given` null: its lines are to be built again. */
  async #insert(insertId: number, given: readonly string[] | null): Promise<void> {
    const { sql, log } = this.#options;
    let lines: readonly string[];
    try {
      lines = given ?? (await this.#rebuild(insertId));
      if (lines.length > 0) await log.insert("events", lines.join("\n"), `e${insertId}`);
    } catch (cause) {
      // Given back, so that the next attempt need not wait for our own claim to run out.
      await sql.query("update log_batches set claimed_until = 0 where insert_id = $1", [insertId]);
      this.#recoverAt = 0;
      throw cause;
    }
    const counts = new Map<WorkspaceId, number>();
    for (const line of lines) {
      if (isOwnLine(line)) continue;
      const workspace = Number(/"workspace":(\d+)/.exec(line)![1]) as WorkspaceId;
      counts.set(workspace, (counts.get(workspace) ?? 0) + 1);
    }
    await sql.transaction(async (tx) => {
      const gone = await tx.query("delete from log_batches where insert_id = $1 returning 1 as one", [
        insertId,
      ]);
      // Another feeder that repeated our insert has counted it.
      if (gone.length > 0)
        await addTallies(
          tx,
          [...counts].map(([workspace, n]) => ({ workspace, name: "logged", n }) as const),
        );
    });
    this.#options.onLogged?.(lines.length);
  }

  /** Takes up inserts and batches whose feeder is gone, and the customers' mapping. */
  async #recover(now: boolean): Promise<void> {
    const { sql, clock } = this.#options;
    this.#recoverAt = performance.now() + RECOVER_MS;
    await this.#remap();
    for (;;) {
      const [left] = await sql.query<{ insertId: number }>(
        `update log_batches set claimed_until = $1 where insert_id = (
           select insert_id from log_batches where insert_id is not null and ${free("$2")} order by insert_id limit 1)
           and ${free("$2")}
         returning insert_id as "insertId"`,
        [clock() + CLAIM_MS, clock()],
      );
      if (!left) break;
      await this.#insert(left.insertId, null);
    }
    while ((await this.#adopt(now ? clock() + CLAIM_MS : clock())) && now);
  }

  /** Takes up batches nobody has claimed by `at`, and inserts; whether there may be more. */
  async #adopt(at: Instant): Promise<boolean> {
    const orphans = await this.#options.sql.query<{ id: number; name: string; count: number; chars: number }>(
      `select b.id, b.name::text, b.events as count, coalesce((
         select sum(octet_length(i.body)) from jsonb_array_elements(b.rows::jsonb) r
         join inbox i on i.lane = (r ->> 0)::smallint and i.id = (r ->> 1)::bigint and i.received_at = (r ->> 2)::bigint), 0)::bigint as chars
       from log_batches b where insert_id is null and ${free("$1")} order by b.id limit ${ADOPTED_MAX}`,
      [at],
    );
    const held = new Set(this.#held.map(({ id }) => id));
    const found = orphans.filter(({ id }) => !held.has(id));
    if (found.length === 0) return false;
    this.#held.push(...found.map((orphan) => ({ ...orphan, lines: null })));
    this.#held.sort((a, b) => a.id - b.id);
    await this.#flush(true);
    return orphans.length === ADOPTED_MAX;
  }

  /** The lines of an insert, from the inbox. */
  async #rebuild(insertId: number): Promise<readonly string[]> {
    const { sql } = this.#options;
    const batches = await sql.query<BatchRow>(
      "select id, rows, atoms, own, epoch from log_batches where insert_id = $1 order by id",
      [insertId],
    );
    const lines: string[] = [];
    for (const { rows, atoms, own, epoch } of batches) {
      const bodies = await readInboxRows(sql, JSON.parse(rows) as [number, number, number][]);
      const all = bodies.flatMap(({ body }) => body.split("\n"));
      const on = atoms === "" ? [] : atoms.split(",");
      if (all.length !== on.length)
        throw new Error(`Log insert ${insertId}: the inbox has ${all.length} events of ${on.length}.`);
      for (const [i, line] of all.entries())
        if (on[i] !== "0") lines.push(logLine(Number(on[i]), epoch, line));
      if (own !== "") lines.push(...own.split("\n"));
    }
    return lines;
  }

  /** Sends changes of the customers' mapping, once they are durable; a row sent twice replaces itself. */
  async #remap(): Promise<void> {
    const { sql, log } = this.#options;
    for (;;) {
      const [some] = await sql.query("select 1 as one from remaps limit 1");
      if (!some) return;
      const rows = await sql.query<{ id: number; workspace: number; atom: number; customer: number }>(
        "update remaps set claimed = true where id in (select id from remaps order by id limit 10000) returning id, workspace, atom, customer",
      );
      const lines = rows.map(({ id, workspace, atom, customer }) =>
        JSON.stringify({ workspace, atom, customer, version: id }),
      );
      await log.insert("customersOfAtoms", lines.join("\n"), `m${randomUUID()}`);
      await sql.query("delete from remaps where id = any($1::bigint[])", [rows.map(({ id }) => id)]);
    }
  }
}

/** The first of these batches that make up one insert. */
function groupOf(held: readonly Held[]): readonly Held[] {
  let [n, events, chars] = [0, 0, 0];
  while (n < held.length && events < INSERT_EVENTS_MAX && chars < INSERT_CHARS_MAX) {
    events += held[n]!.count;
    chars += held[n]!.chars;
    n++;
  }
  return held.slice(0, n);
}

/** That a claim has run out at `now`; one that ends later than any can is of a clock that was set back since. */
const free = (now: string): string => `claimed_until not between ${now} and ${now}::bigint + ${2 * CLAIM_MS}`;

/** How many handled events the log does not have yet, and for how long. */
export async function unloggedEvents(sql: Sql, now: number): Promise<{ events: number; ms: number }> {
  const [row] = await sql.query<{ events: number | null; oldest: number | null }>(
    "select sum(events)::bigint as events, min(created_at) as oldest from log_batches",
  );
  return { events: row?.events ?? 0, ms: row?.oldest ? Math.max(0, now - row.oldest) : 0 };
}
