/**
 * What a worker remembers between batches: customers it wrote or read lately, where identifiers point, and a reserve of
 * atom numbers. Bounded. Everything here may be wrong when another writer was at work; a batch notices when it writes, by
 * the versions, and the worker then forgets all of it.
 *
 * Customers are remembered as the texts they are stored as: 20,000 of them as objects are two million objects, which
 * each full collection of garbage goes through, while everybody on this machine waits.
 */
import { LRUCache } from "lru-cache";
import { type AtomRow, type CustomerAtom, atomOfRow } from "./customers/store.ts";
import type { Sql } from "./db/postgres.ts";
import type { QueuedEntry } from "./journeys/advance.ts";
import { type ArmRow, type Journeys, loadJourneys, readArms } from "./journeys/force.ts";
import { type Force, loadForce } from "./segments/force.ts";
import type { Pointer } from "./identity/resolve.ts";
import type { Wake } from "./segments/save.ts";
import type { AtomId, Instant } from "./values.ts";

export type MemoryLimits = { readonly atomsMax: number; readonly pointersMax: number };
/** How old what learning steps go by may be. */
const ARMS_MS = 5_000;
const LIMITS: MemoryLimits = { atomsMax: 20_000, pointersMax: 100_000 };

export class Memory {
  readonly #customers: LRUCache<AtomId, readonly AtomRow[]>;
  readonly #pointers: LRUCache<string, Pointer>;
  #ids: { next: number; end: number }[] = [];
  /** Wakes that a batch not yet committed has taken, by customer. */
  #waking = new Map<AtomId, number>();
  #entering = new Set<number>();
  /** The rules and the journeys in force, as last read; they name their epoch. */
  force: Force | null = null;
  journeys: Journeys | null = null;
  #arms: { readonly readAt: Instant; readonly rows: readonly ArmRow[] } = { readAt: -Infinity, rows: [] };

  constructor({ atomsMax, pointersMax }: MemoryLimits = LIMITS) {
    this.#customers = new LRUCache({ max: atomsMax });
    this.#pointers = new LRUCache({ max: pointersMax });
  }

  pointer(key: string): Pointer | undefined {
    return this.#pointers.get(key);
  }

  /** All atoms of the customer that `atom` belongs to, where known. */
  customerOf(atom: AtomId): readonly CustomerAtom[] | undefined {
    return this.#customers.get(atom)?.map(atomOfRow);
  }

  /** Keeps where identifiers point by a batch that was decided. */
  rememberPointers(pointers: ReadonlyMap<string, Pointer>): void {
    for (const [key, pointer] of pointers) this.#pointers.set(key, pointer);
  }

  /** Keeps the atoms as a batch will have written them: all of each customer among them. */
  rememberCustomers(rows: readonly AtomRow[]): void {
    const groups = new Map<number, AtomRow[]>();
    for (const row of rows) {
      const group = groups.get(row.customer);
      if (group) group.push(row);
      else groups.set(row.customer, [row]);
    }
    for (const group of groups.values()) for (const { id } of group) this.#customers.set(id as AtomId, group);
  }

  /** Of the wakes that are due those that no batch in flight has taken, at most `max`; they are taken now. */
  takeWakes(due: readonly Wake[], max: number): readonly Wake[] {
    const fresh = due.filter(({ customer, n }) => this.#waking.get(customer) !== n).slice(0, max);
    const held = due.filter(({ customer, n }) => this.#waking.get(customer) === n);
    // What is no longer on the list was taken off it.
    this.#waking = new Map([...held, ...fresh].map(({ customer, n }) => [customer, n]));
    return fresh;
  }

  /** What is in force at the epoch the caller holds; read again when it moved. */
  async inForce(sql: Sql, epoch: number): Promise<{ readonly force: Force; readonly journeys: Journeys }> {
    if (this.force?.epoch !== epoch) this.force = await loadForce(sql, epoch);
    if (this.journeys?.epoch !== epoch) this.journeys = await loadJourneys(sql, epoch);
    return { force: this.force, journeys: this.journeys };
  }

  /** Of the entries that are due those that no batch in flight has taken, at most `max`; they are taken now. */
  takeEntries(due: readonly QueuedEntry[], max: number): readonly QueuedEntry[] {
    const fresh = due.filter(({ id }) => !this.#entering.has(id)).slice(0, max);
    const held = due.filter(({ id }) => this.#entering.has(id));
    this.#entering = new Set([...held, ...fresh].map(({ id }) => id));
    return fresh;
  }

  /** What the candidates of learning steps showed so far, at most some seconds old. */
  async armsOf(sql: Sql, journeys: Journeys, now: Instant): Promise<(version: number, step: string) => readonly ArmRow[]> {
    if (journeys.learning.length > 0 && now - this.#arms.readAt >= ARMS_MS)
      this.#arms = { readAt: now, rows: await readArms(sql, journeys.learning) };
    const { rows } = this.#arms;
    return (version, step) => rows.filter((row) => row.version === version && row.step === step);
  } // prettier-ignore

  /** Forgets all that may be wrong, reserved numbers too: a crash of PostgreSQL may give them to another. */
  forget(): void {
    this.#ids = [];
    this.#waking.clear();
    this.#entering.clear();
    this.#customers.clear();
    this.#pointers.clear();
  }

  /** Makes sure that `count` atom numbers are at hand; `more` answers ranges that hold what is missing. */
  async reserve(
    count: number,
    more: (missing: number) => Promise<readonly { first: number; count: number }[]>,
  ): Promise<void> {
    const have = this.#ids.reduce((sum, { next, end }) => sum + end - next, 0);
    if (have >= count) return;
    for (const range of await more(count - have))
      this.#ids.push({ next: range.first, end: range.first + range.count });
  }

  /** The next atom number; `reserve` must have been called for it. */
  nextAtomId(): AtomId {
    const range = this.#ids[0]!;
    const id = range.next++;
    if (range.next === range.end) this.#ids.shift();
    return id as AtomId;
  }
}
