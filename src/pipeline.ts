/**
 * The life of an event after the door, top to bottom. Read this file first.
 *
 *   inbox       the door committed it and answered 200                       events/inbox.ts
 *   understand  a batch of inbox rows, in order: parse, drop what was seen
 *               before, resolve who it was, fold what it tells               this file, identity/, customers/
 *   commit      one transaction: atoms, pointers, links, seen ids, counts,
 *               what the event log still needs, and the lanes' cursors       this file
 *   feed        the event log, in large inserts, each exactly once           log/feed.ts
 *
 * A batch is decided in memory on versions it read or cached and written only if nobody changed them meanwhile; else
 * everything is forgotten and decided again. So a crash or a second worker leaves either the whole step or none of it.
 */
import {
  type AtomRow, type CustomerAtom, type OrderNumber, forgetIds, freshAtom, hashOf, loadAtoms, loadPointers, prepareRows, rememberIds, reserveAtomIds, rowOf, saveAccountMembers, saveAccounts, saveNames, saveOrderNumbers, savePointers,
} from "./customers/store.ts"; // prettier-ignore
import { absorb } from "./customers/fold.ts";
import { nameOf } from "./customers/names.ts";
import { told } from "./customers/told.ts";
import { type Sql, together } from "./db/postgres.ts";
import type { InboxRow, LaneCursor } from "./events/inbox.ts";
import { cursorsOf, moveCursors } from "./lanes.ts";
import type { Event } from "./events/model.ts";
import { Directory, keyOf } from "./identity/directory.ts";
import { saveAsides, saveLinks } from "./identity/store.ts";
import { type Pointer, resolve } from "./identity/resolve.ts";
import { type JourneyEffects, type QueuedEntry, advance, noJourneyEffects } from "./journeys/advance.ts";
import type { Journeys } from "./journeys/force.ts";
import { endEntries, readEntries, saveJourneyEffects } from "./journeys/save.ts";
import { logLine, ownLine } from "./log/line.ts";
import type { Memory } from "./memory.ts";
import { accountFactsOf } from "./segments/accounts.ts";
import { type Effects, type Touches, evaluate, noEffects, touch, touchAll } from "./segments/evaluate.ts";
import { holdEpoch } from "./segments/epoch.ts";
import type { Force } from "./segments/force.ts";
import { type Wake, endWakes, readWakes, saveEffects } from "./segments/save.ts";
import { takeUp } from "./segments/take-up.ts";
import { type Tally, addTallies } from "./telemetry/tally.ts";
import type { AtomId, Instant, WorkspaceId } from "./values.ts";

const DAY_MS = 86_400_000;
/** Customers whose time has come that one batch asks again. */
const WAKES_MAX = 1_000;

/** A batch, decided but not written. */
export type Batch = {
  readonly rows: readonly InboxRow[];
  readonly directory: Directory<CustomerAtom>;
  readonly newPointers: Set<string>;
  readonly tallies: Tally[];
  /** For each event of `rows` in order: the atom it hangs on, or 0 (seen before, or failed). */
  readonly atoms: number[];
  /** The lines to log, each beginning with its atom. */
  readonly logLines: string[];
  readonly names: Map<AtomId, readonly [WorkspaceId, string]>;
  /** Orders that its events tell. */
  readonly orders: OrderNumber[];
  /** Group events, which tell of accounts. */
  readonly accounts: Event[];
  readonly failed: { readonly event: Event; readonly line: string; readonly detail: string }[];
  readonly handled: { readonly event: Event; readonly atom: CustomerAtom }[];
  /** The rules in force while it was decided, what its events touched, and what came of it. */
  readonly force: Force;
  readonly touches: Touches;
  /** Customers whose time has come, asked again with this batch. */
  readonly wakes: readonly Wake[];
  effects: Effects;
  readonly journeys: Journeys;
  /** Who is to enter a journey with this batch, and what came of journeys. */
  readonly entries: readonly QueuedEntry[];
  made: JourneyEffects;
  /** Whether it took as many of those whose time has come, or who are to enter, as one batch may: more may be waiting. */
  readonly isFull: boolean;
  /** The lines of our own events, which the inbox does not have. */
  readonly ownLines: string[];
};

type Arrived = {
  readonly event: Event;
  readonly line: string;
  readonly hash: string;
  readonly flush: number;
  readonly place: number;
};

/**
 * Reads what a batch needs and decides it in memory. Of writes there are only two that nobody can see before the commit
 * or that do no harm without it: the message ids, so that no other worker handles them meanwhile, and atom numbers.
 */
export async function understand(
  tx: Sql,
  memory: Memory,
  rows: readonly InboxRow[],
  lanes: readonly number[],
  now: Instant,
): Promise<Batch> {
  const arrived = rows.flatMap(arrivedIn);
  // None of the three waits for another's answer, so they travel together.
  const [{ epoch, dueAt, entryAt }, unseen, pointers] = await together([
    holdEpoch(tx),
    rememberIds(
      tx,
      arrived.map(({ hash }) => hash),
      Math.floor(now / DAY_MS),
    ),
    pointersOf(tx, memory, arrived),
  ]);
  const { force, journeys } = await memory.inForce(tx, epoch);
  // As many more are read as the batch that is being written may have taken.
  const wakes = dueAt !== null && dueAt <= now ? memory.takeWakes(await readWakes(tx, now, lanes, 2 * WAKES_MAX), WAKES_MAX) : [];
  const entries = entryAt !== null && entryAt <= now ? memory.takeEntries(await readEntries(tx, now, lanes, 2 * WAKES_MAX), WAKES_MAX) : [];
  const directory = await directoryOf(
    tx,
    memory,
    pointers,
    [...[...wakes, ...entries].map(({ customer }) => customer), ...arrived.flatMap(({ event }) => event.of ?? [])],
  );
  await takeUp(tx, force, directory.atoms.values());
  await memory.reserve(arrived.length, (missing) => reserveAtomIds(tx, missing));

  const batch: Batch = {
    rows, directory, newPointers: new Set(), tallies: [], atoms: [], logLines: [], names: new Map(), orders: [], accounts: [], failed: [], handled: [],
    force, journeys, touches: new Map(), wakes, entries, effects: noEffects(), made: noJourneyEffects(), ownLines: [],
    isFull: wakes.length >= WAKES_MAX || entries.length >= WAKES_MAX,
  }; // prettier-ignore
  const known = new Set(directory.pointers.keys());
  const atoms = new Map<Arrived, number>();
  // Lanes keep each sender's order; a worker that holds several also keeps the order between senders.
  for (const one of arrived.toSorted((a, b) => a.flush - b.flush || a.place - b.place)) {
    // The first of a batch takes its id; a second one finds it gone.
    if (!unseen.delete(one.hash)) {
      batch.tallies.push({ workspace: one.event.workspace, name: "duplicates", n: 1 });
      continue;
    }
    atoms.set(one, decide(one, memory, batch));
  }
  for (const one of arrived) {
    const atom = atoms.get(one) ?? 0;
    batch.atoms.push(atom);
    if (atom !== 0) batch.logLines.push(logLine(atom, epoch, one.line));
  }
  await askRules(tx, memory, batch, now);
  for (const key of directory.changedPointers.keys()) if (!known.has(key)) batch.newPointers.add(key);
  memory.rememberPointers(directory.pointers);
  return batch;
} // prettier-ignore

/** Asks the rules in force of everybody whom the batch touched or whose time has come, and moves on who is in a journey. */
async function askRules(tx: Sql, memory: Memory, batch: Batch, now: Instant): Promise<void> {
  const { directory, touches, force, journeys, wakes, entries, handled } = batch;
  for (const { customer, dueAt, cause } of wakes) {
    const atom = directory.atoms.get(customer);
    // The wake is of an atom that names no customer any more: the customer it belongs to is asked.
    if (!atom || !force.of(atom.workspace)) continue;
    const root = directory.atoms.get(atom.customer)!;
    if (root.standing.data.d !== undefined) delete root.standing.change().d;
    touchAll(touches, atom.id, cause === "time" ? { by: "time", dueAt } : { by: cause });
  }
  for (const id of directory.remapped)
    if (force.of(directory.atoms.get(id)!.workspace)) touchAll(touches, id, { by: "identity" });
  const moves = entries.length > 0 || handled.some(({ event }) => journeys.of(event.workspace));
  if (touches.size === 0 && !moves) return;
  const about = new Set([...touches.keys(), ...(moves ? [...handled.map(({ atom }) => atom.id), ...entries.map(({ customer }) => customer)] : [])]); // prettier-ignore
  const accountsOf = await accountFactsOf(tx, force, directory, about, now);
  batch.effects = evaluate(force, directory, touches, accountsOf, now);
  batch.made = advance({
    journeys, force, directory, handled, entries, effects: batch.effects, accountsOf, now,
    stirred: [...wakes.map(({ customer }) => customer), ...directory.remapped],
    armsOf: await memory.armsOf(tx, journeys, now),
  }); // prettier-ignore
  tellAccounts(batch);
  for (const { atom, event } of batch.effects.own) {
    const line = ownLine(atom, force.epoch, event);
    batch.ownLines.push(line);
    batch.logLines.push(line);
  }
}

/** What a group event tells of an account is known to its members' rules once it is committed. */
function tellAccounts({ accounts, force, effects }: Batch): void {
  for (const { workspace, accountId } of accounts)
    if (accountId !== undefined && (force.of(workspace)?.onAccounts.length ?? 0) > 0)
      effects.accounts.push({ workspace, accountId, except: 0 });
}

/** Resolves and folds one event; the atom it hangs on, or 0 when a bug kept it from being understood. */
function decide({ event, line }: Arrived, memory: Memory, batch: Batch): number {
  const { workspace } = event;
  const { directory } = batch;
  const force = batch.force.of(workspace);
  let atom: CustomerAtom;
  try {
    // Both rules are pure and run before anything is changed, so a failure leaves the others of the batch untouched.
    const tells = told(event);
    const named = event.of === undefined ? undefined : directory.atoms.get(event.of);
    const resolution = named ? null : resolve(directory.viewOf(workspace), event);
    atom = resolution
      ? directory.apply(workspace, resolution, event, () =>
          newAtom(memory.nextAtomId(), workspace, batch.force),
        )
      : named!;
    directory.changedAtoms.add(atom.id);
    absorb(atom.knowledge, tells);
    for (const orderId in tells.orders) batch.orders.push({ workspace, atom: atom.id, orderId });
    if (force) touch(force, batch.touches, atom, event, resolution?.atom === null);
  } catch (cause) {
    batch.failed.push({ event, line, detail: cause instanceof Error ? cause.message : String(cause) });
    batch.tallies.push({ workspace, name: "refused", reason: "processing_failed", n: 1 });
    return 0;
  }
  batch.tallies.push({ workspace, name: "processed", n: 1 });
  batch.handled.push({ event, atom });
  if (event.type === "identify" && event.traits) {
    const name = nameOf(atom.knowledge.traits);
    if (name !== null) batch.names.set(atom.id, [workspace, name]);
  }
  if (event.type === "group") batch.accounts.push(event);
  return atom.id;
}

function newAtom(id: AtomId, workspace: WorkspaceId, force: Force): CustomerAtom {
  const atom = freshAtom(id, workspace);
  // History before the rules in force has nothing of it.
  if (force.of(workspace)) atom.standing.change().r = force.ready;
  return atom;
}

function arrivedIn({ body, flush, places }: InboxRow): readonly Arrived[] {
  const at = places.split(",");
  return body.split("\n").map((line, i) => {
    const event = JSON.parse(line) as Event;
    return { event, line, hash: nameOfId(event), flush, place: Number(at[i]) };
  });
}
const nameOfId = ({ workspace, id }: Event): string => hashOf(`${workspace}\u0001${id}`);

/** Where the identifiers of these events point, by their keys; those that point nowhere are not in it. */
async function pointersOf(
  sql: Sql,
  memory: Memory,
  arrived: readonly Arrived[],
): Promise<ReadonlyMap<string, Pointer>> {
  const pointers = new Map<string, Pointer>();
  const asked = new Map<string, string>();
  for (const { event } of arrived) {
    for (const identifier of event.identifiers) want(keyOf(event.workspace, identifier));
    if (event.previous)
      for (const kind of new Set([event.previous.kind, "anonymous_id", "user_id", "email"] as const))
        want(keyOf(event.workspace, { kind, value: event.previous.value }));
  }
  function want(key: string): void {
    if (pointers.has(key) || asked.has(key)) return;
    const pointer = memory.pointer(key);
    if (pointer) pointers.set(key, pointer);
    else asked.set(key, hashOf(key));
  }
  const loaded = await loadPointers(sql, [...asked.values()]);
  for (const [key, hash] of asked) {
    const pointer = loaded.get(hash);
    if (pointer) pointers.set(key, pointer);
  }
  return pointers;
}

/** The customers these pointers lead to, and those of the atoms `named`. */
async function directoryOf(
  sql: Sql,
  memory: Memory,
  pointers: ReadonlyMap<string, Pointer>,
  named: readonly AtomId[],
): Promise<Directory<CustomerAtom>> {
  const directory = new Directory<CustomerAtom>();
  for (const [key, pointer] of pointers) directory.pointers.set(key, pointer);
  const missing = new Set<AtomId>();
  for (const atom of [...named, ...[...pointers.values()].map((pointer) => pointer.atom)]) {
    if (atom === 0 || directory.atoms.has(atom)) continue;
    const group = memory.customerOf(atom);
    if (group) group.forEach((member) => directory.add(member));
    else missing.add(atom);
  }
  for (const atom of await loadAtoms(sql, [...missing]))
    if (!directory.atoms.has(atom.id)) directory.add(atom);
  return directory;
}

/** Thrown inside the transaction when another writer was faster: everything is rolled back and decided again. */
export class Overtaken extends Error {
  override readonly name = "Overtaken";
}

/** What `commit` writes, as texts taken before the next batch changes the same atoms in memory. */
export type Prepared = {
  readonly batch: Batch;
  /** The atoms of all its customers as it leaves them. */
  readonly rows: readonly AtomRow[];
  write(tx: Sql, owner: string, now: Instant): Promise<LogBatch | null>;
};
/** A batch as the event log's feed knows it: its row's number, and a name that is never given twice. */
export type LogBatch = { readonly id: number; readonly name: string };

/**
 * Makes the batch ready to be written: from where the lanes stood when it was read (`held`), under a `name` of its own.
 * `write` runs it in the caller's transaction and answers the log batch (null when there is nothing to log); it throws
 * `Overtaken` when a lane was lost or stands elsewhere, or when a row was changed by another writer.
 */
export function prepare(batch: Batch, held: readonly LaneCursor[], name: string): Prepared {
  const { directory } = batch;
  const { changedAtoms, changedStandings } = directory;
  const isWritten = (id: AtomId) => changedAtoms.has(id) || changedStandings.has(id);
  const rows = [...directory.atoms.values()].map((atom) => rowOf(atom, changedAtoms.has(atom.id)));
  const written = rows.filter(({ id }) => isWritten(id as AtomId));
  const writeAtoms = prepareRows(written, (id) => changedAtoms.has(id));
  const remaps = [...directory.remapped]
    .map((id) => directory.atoms.get(id)!)
    .map(({ id, workspace, customer }) => ({ id, workspace, customer }));
  const pointers = [...directory.changedPointers.values()];
  const members = batch.handled.flatMap(({ event: { workspace, accountId }, atom }) =>
    accountId === undefined ? [] : [{ workspace, accountId, atom: atom.id }],
  );
  const must = (done: boolean) => {
    if (!done) throw new Overtaken("Another worker changed what this batch was decided on.");
  };
  return {
    batch,
    rows: rows.map((row) =>
      isWritten(row.id as AtomId) ? Object.assign({}, row, { version: row.version + 1 }) : row,
    ),
    write: async (tx, owner, now) => {
      // What does not wait for another's answer travels together; the server takes it in this order.
      await together([
        batch.rows.length > 0 && moveCursors(tx, owner, held, cursorsOf(batch.rows)).then(must),
        savePointers(tx, pointers, (key) => batch.newPointers.has(key), now).then(must),
        writeAtoms(tx).then(must),
        saveLinks(tx, directory.links),
        saveAsides(tx, directory.asides),
        saveNames(tx, batch.names),
        saveOrderNumbers(tx, batch.orders),
        saveAccounts(tx, batch.accounts),
        saveAccountMembers(tx, members),
        saveRemaps(tx, remaps),
      ]);
      await endWakes(tx, batch.wakes);
      must(await endEntries(tx, batch.entries));
      await saveEffects(tx, batch.effects, now);
      await saveJourneyEffects(tx, batch.made, now);
      await saveFailed(tx, batch.failed, now);
      // Replayed after a fix they come with the same ids.
      await forgetIds(
        tx,
        batch.failed.map(({ event }) => nameOfId(event)),
      );
      const [, logBatch] = await together([
        addTallies(tx, batch.tallies),
        saveLogBatch(tx, batch, name, now),
      ]);
      return logBatch;
    },
  };
}

async function saveRemaps(
  tx: Sql,
  remaps: readonly { id: AtomId; workspace: WorkspaceId; customer: AtomId }[],
): Promise<void> {
  if (remaps.length === 0) return;
  await tx.query(
    "insert into remaps (workspace, atom, customer) select * from unnest($1::int[], $2::bigint[], $3::bigint[])",
    [remaps.map((r) => r.workspace), remaps.map((r) => r.id), remaps.map((r) => r.customer)],
  );
}

async function saveFailed(tx: Sql, failed: Batch["failed"], now: Instant): Promise<void> {
  for (const { event, line, detail } of failed)
    await tx.query(
      "insert into refused (workspace, key, reason, detail, message_id, body, refused_at) values ($1, $2, 'processing_failed', $3, $4, $5, $6)",
      [event.workspace, event.key, detail.slice(0, 1000), event.id, line, now],
    );
}

async function saveLogBatch(tx: Sql, batch: Batch, name: string, now: Instant): Promise<LogBatch | null> {
  if (batch.logLines.length === 0) return null;
  const [row] = await tx.query<{ id: number }>(
    `insert into log_batches (name, rows, atoms, events, created_at, claimed_until, own, epoch)
     values ($1::uuid, $2, $3, $4, $5::bigint, $5::bigint + 10000, $6, $7) returning id`,
    [
      name,
      JSON.stringify(batch.rows.map(({ lane, id, receivedAt }) => [lane, id, receivedAt])),
      batch.atoms.join(","),
      batch.logLines.length - batch.ownLines.length,
      now,
      batch.ownLines.join("\n"),
      batch.force.epoch,
    ],
  );
  return { id: row!.id, name };
}
