/**
 * The worker's loop: holds its lanes, and takes batches of the inbox through the pipeline for as long as there are any.
 * While one batch is being written the next is read and decided, so the database and this process work at once.
 * Any fault makes it forget what it remembers and begin again from the lanes' cursors; nothing is half done.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { Database } from "./db/postgres.ts";
import { type InboxRow, readInbox } from "./events/inbox.ts";
import { BEAT_MS, type HeldLane, beat, cursorsOf, releaseLanes, renew } from "./lanes.ts";
import { Memory } from "./memory.ts";
import { Nap } from "./nap.ts";
import { nextWake, unfoldWakes } from "./segments/save.ts";
import { type Batch, type LogBatch, Overtaken, prepare, understand } from "./pipeline.ts";
import type { Clock } from "./values.ts";

/** Events of one batch: enough to spread a commit's cost, few enough that it takes well under a second. */
const BATCH_EVENTS_MAX = 4_000;
/** SQLSTATEs by which PostgreSQL chose us to begin again, between two that waited for each other. */
const DEADLOCK = /^40(001|P01)$/;
/** So long a batch may take before another worker may try; the largest request takes half a minute on a slow machine. */
const BATCH_MS_MAX = 120_000;
/** Small batches begin at least so far apart; who had to wait longer for the one before waits no more. */
const APART_MS = 20;
const SMALL_EVENTS_MAX = 200;
const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 5_000;

export type WorkerOptions = {
  /** For bulk. */
  readonly sql: Database;
  readonly clock: Clock;
  /** This worker's name: unique among all that were ever started. */
  readonly owner: string;
  /** Called with each batch once it is committed; `logBatch` is null when nothing is to be logged. */
  readonly onCommit: (batch: Batch, logBatch: LogBatch | null) => void;
  readonly onFault: (cause: unknown) => void;
};
export interface Worker {
  /** Says that there may be something in the inbox. */
  wake(): void;
  /** Finishes the batch in hand, gives its lanes back and resolves. */
  stop(): Promise<void>;
}

/** Starts the loop; it runs until `stop`. */
export function startWorker(options: WorkerOptions): Worker {
  const loop = new Loop(options);
  const done = loop.run();
  return { wake: () => loop.wake(), stop: () => loop.stop(done) };
}

class Loop {
  readonly #options: WorkerOptions;
  readonly #memory = new Memory();
  #lanes: readonly HeldLane[] = [];
  #beatAt = -Infinity;
  #stopping = false;
  #woken = false;
  readonly #nap = new Nap();
  #writing: Promise<void> = Promise.resolve();
  #failed: unknown = null;
  /** Whether the last batch left customers waiting who may go on, or come in. */
  #isFull = false;
  /** When the next customer is to be woken, as last asked. */
  #dueAt: number | null = null;
  /** Grows with each fault in a row; a written batch resets it. */
  #backoffMs = BACKOFF_MS_MIN;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  wake(): void {
    this.#woken = true;
    this.#nap.wake();
  }

  async stop(done: Promise<void>): Promise<void> {
    this.#stopping = true;
    this.wake();
    await done;
  }

  async run(): Promise<void> {
    const keeping = setInterval(() => void this.#keep(), BEAT_MS);
    while (!this.#stopping) {
      try {
        const worked = await this.#step();
        if (!worked) await this.#rest();
      } catch (cause) {
        await this.#writing;
        this.#beginAgain();
        // Another writer was faster: no fault, and nothing to wait for.
        if (cause instanceof Overtaken || DEADLOCK.test((cause as { code?: string }).code ?? "")) continue;
        this.#options.onFault(cause);
        await pause(this.#backoffMs);
        this.#backoffMs = Math.min(this.#backoffMs * 2, BACKOFF_MS_MAX);
      }
    }
    await this.#writing;
    clearInterval(keeping);
    await releaseLanes(this.#options.sql, this.#options.owner).catch(this.#options.onFault);
  }

  /** One batch, or false when the inbox holds nothing for us. */
  async #step(): Promise<boolean> {
    const { sql } = this.#options;
    const beganAt = performance.now();
    if (beganAt - this.#beatAt >= BEAT_MS) await this.#hold();
    if (this.#failed !== null) await this.#written();
    this.#woken = false;
    const rows = await readInbox(sql, this.#lanes, BATCH_EVENTS_MAX);
    // Where more may be waiting, the next of them are decided while the ones before are being written.
    if (rows.length === 0 && !this.#isFull) {
      await this.#written();
      this.#dueAt = await nextWake(sql, this.#lanes);
      if (this.#dueAt === null || this.#dueAt > this.#options.clock()) return this.#woken;
      await unfoldWakes(sql, this.#options.clock());
    }
    await this.#begin(rows);
    const moved = new Map(cursorsOf(rows).map((cursor) => [cursor.lane, cursor]));
    this.#lanes = this.#lanes.map((held) => moved.get(held.lane) ?? held);
    // A transaction has a dozen statements whatever it holds: a trickle of events shares one every few milliseconds.
    const leftMs = APART_MS - (performance.now() - beganAt);
    if (leftMs > 0 && !this.#isFull && rows.reduce((sum, row) => sum + row.events, 0) < SMALL_EVENTS_MAX)
      await pause(leftMs);
    return true;
  }

  /** Begins a batch's transaction; resolves when the batch is decided and being written, and the next may be read. */
  async #begin(rows: readonly InboxRow[]): Promise<void> {
    const { sql, owner, clock } = this.#options;
    const before = this.#writing;
    const held = this.#lanes;
    await new Promise<void>((decided) => {
      this.#writing = sql
        .transaction(async (tx) => {
          const batch = await understand(
            tx,
            this.#memory,
            rows,
            held.map(({ lane }) => lane),
            clock(),
          );
          this.#isFull = batch.isFull;
          await before;
          if (this.#failed !== null) throw new Overtaken("The batch before was not written.");
          // Texts are taken now, at the versions the former batch left: the next batch works on what this one leaves.
          const prepared = prepare(batch, held, randomUUID());
          this.#memory.rememberCustomers(prepared.rows);
          decided();
          return { batch, logBatch: await prepared.write(tx, owner, clock()) };
          // Before anything outside hears of the batch, the feed commits durably which insert it belongs to; a crash
          // before that undoes the batch whole, and the inbox still has it.
        }, "later")
        .then(({ batch, logBatch }) => {
          this.#backoffMs = BACKOFF_MS_MIN;
          this.#options.onCommit(batch, logBatch);
        })
        .catch((cause: unknown) => {
          this.#failed ??= cause;
        })
        .finally(decided);
    });
  }

  /** Waits for the batch being written; throws what it failed with. */
  async #written(): Promise<void> {
    await this.#writing;
    const failed = this.#failed;
    this.#failed = null;
    if (failed !== null) throw failed;
  }

  /** While a batch takes longer than a beat no step renews the leases, so this does. */
  async #keep(): Promise<void> {
    const sinceMs = performance.now() - this.#beatAt;
    if (sinceMs < BEAT_MS || sinceMs > BATCH_MS_MAX) return;
    // A fault here shows in the batch: its lanes are lost, and it is decided again.
    await renew(this.#options.sql, this.#options.owner).catch(() => undefined);
  }

  async #hold(): Promise<void> {
    const { sql, owner } = this.#options;
    await this.#written();
    const before = this.#lanes.map(({ lane }) => lane).join();
    this.#lanes = await beat(sql, owner);
    await unfoldWakes(sql, this.#options.clock());
    this.#beatAt = performance.now();
    // Another worker may have handled a lane that is new to us: what we remember may be old.
    if (this.#lanes.map(({ lane }) => lane).join() !== before) this.#memory.forget();
  }

  #beginAgain(): void {
    this.#failed = null;
    this.#isFull = false;
    this.#memory.forget();
    this.#lanes = [];
    this.#beatAt = -Infinity;
  }

  async #rest(): Promise<void> {
    const beatMs = this.#beatAt + BEAT_MS - performance.now();
    const dueMs = this.#dueAt === null ? Infinity : this.#dueAt - this.#options.clock();
    const left = Math.min(beatMs, dueMs);
    if (!this.#woken && left > 0) await this.#nap.sleep(left);
  }
}
