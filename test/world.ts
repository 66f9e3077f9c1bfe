/**
 * The story helper: events go in by the inbox, the real worker and feed handle them on real stores, and customers are
 * read as the API reads them.
 */
import { randomUUID } from "node:crypto";
import { readCustomer, readIdentities } from "../src/customers/read.ts";
import { findAtom } from "../src/customers/read.ts";
import { relink, unmerge } from "../src/customers/unmerge.ts";
import type { EventLog } from "../src/db/clickhouse.ts";
import type { Database } from "../src/db/postgres.ts";
import { createInbox, waitingEvents } from "../src/events/inbox.ts";
import type { Event } from "../src/events/model.ts";
import type { Identifier } from "../src/identity/model.ts";
import { startFeed } from "../src/log/feed.ts";
import { momentsOf } from "../src/log/read.ts";
import { type AtomId, type WorkspaceId, atomOf, customerIdOf } from "../src/values.ts";
import { startBuilder } from "../src/segments/build.ts";
import { createSegment } from "../src/segments/change.ts";
import type { Rule } from "../src/segments/model.ts";
import { nextWake } from "../src/segments/save.ts";
import { startWorker } from "../src/worker.ts";
import { aDatabase, aLog } from "./stores.ts";

export const WORKSPACE = 1 as WorkspaceId;
/** What a test says of an event; the rest has defaults. `who`: `user_id ada`, `anonymous_id phone-1`, ... */
export type Said = {
  readonly who: readonly string[];
  readonly name?: string;
  readonly at?: number;
} & Partial<Event>;

export const identifierOf = (text: string): Identifier => {
  const [kind, ...value] = text.split(" ");
  return { kind: kind as Identifier["kind"], value: value.join(" ") };
};
let sent = 0;
export function eventOf({ who, name = "Signed Up", at, ...rest }: Said): Event {
  const type = name === "$customer.identified" ? "identify" : name === "$page.viewed" ? "page" : "track";
  const happenedAt = at ?? 1_700_000_000_000 + ++sent;
  return {
    workspace: WORKSPACE, id: randomUUID(), type, name, happenedAt, receivedAt: happenedAt, originalAt: null, sentAt: null,
    identifiers: who.map(identifierOf), channel: "web", touchpoint: "/", key: 1, ...rest,
  }; // prettier-ignore
}

/** `base`: the time on which the world's clock stands, where it is not to run. */
export async function aWorld(sql: Database, log: EventLog, base: () => number = Date.now) {
  await sql.query(
    "insert into workspaces (id, name, created_at) overriding system value values ($1, 'Test', 0) on conflict do nothing",
    [WORKSPACE],
  );
  const faults: unknown[] = [];
  /** How far this world's clock is ahead. */
  let aheadMs = 0;
  const clock = () => base() + aheadMs;
  const feed = startFeed({ sql, log, clock: Date.now, onFault: (cause) => faults.push(cause) });
  let passed: (() => void)[] = [];
  const worker = startWorker({
    sql, clock, owner: randomUUID(), onFault: (cause) => faults.push(cause),
    onCommit: (batch, logBatch) => {
      if (logBatch !== null) feed.offer(logBatch, batch.logLines);
      for (const resolve of passed.splice(0)) resolve();
    },
  }); // prettier-ignore
  const builder = startBuilder({
    sql, log, clock, settle: () => feed.drain(), onWake: () => worker.wake(), onFault: (cause) => faults.push(cause),
  }); // prettier-ignore
  const inbox = createInbox(sql, {
    clock,
    waiting: () => 0,
    waitingMax: 1e9,
    onAppend: () => worker.wake(),
  });
  const handled = async () => {
    while ((await waitingEvents(sql, Date.now())).events > 0)
      await new Promise<void>((resolve) => (passed.push(resolve), setTimeout(resolve, 3)));
  };
  const woken = async () => {
    for (;;) {
      worker.wake();
      const due = await nextWake(sql, null);
      if (due === null || due > clock()) return;
      await new Promise<void>((resolve) => (passed.push(resolve), setTimeout(resolve, 3)));
    }
  };
  /** Waits until every version that was made is built. */
  const built = async () => {
    for (;;) {
      builder.wake();
      const [left] = await sql.query(
        "select 1 as one from versions where state in ('waiting', 'seeding', 'catching_up') limit 1",
      );
      if (!left) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const atomBy = (text: string) =>
    findAtom(sql, WORKSPACE, identifierOf(text).kind, identifierOf(text).value);
  const customer = async (text: string) => {
    const atom = await atomBy(text);
    return atom === null ? null : readCustomer(sql, WORKSPACE, atom);
  };
  return {
    sql, log, feed, inbox, faults, handled, customer, clock, builder,
    /** Moves the clock, and waits until everybody whose time has come was asked again. */
    async passes(ms: number) {
      aheadMs += ms;
      await woken();
    },
    /** Waits until nobody is left who was to be asked again by now. */
    woken,
    /** Makes a segment of this rule and waits until it serves. */
    async segment(rule: Rule, name = `s${++sent}`) {
      const id = await createSegment(sql, WORKSPACE, { name, description: "", rule }, clock());
      await built();
      return id;
    },
    built,
    /** The customers in a segment, as it serves. */
    membersOf: async (segment: number) =>
      (
        await sql.query<{ customer: number }>(
          "select m.customer from segment_members m join versions v on v.id = m.version where v.segment = $1 and v.state = 'live' order by 1",
          [segment],
        )
      ).map(({ customer }) => customerIdOf(customer)),
    /** Sends one event after the other, each a batch of its own, and waits until they are handled. */
    async says(...events: readonly Said[]) {
      for (const said of events) await inbox.append([eventOf(said)]);
      await handled();
    },
    async sends(events: readonly Event[]) {
      await inbox.append(events);
      await handled();
    },
    identities: async (text: string) => readIdentities(sql, WORKSPACE, (await atomBy(text)) ?? (0 as AtomId)),
    unmerge: (customerId: string, linkId: number) => unmerge(sql, WORKSPACE, atomOf(customerId)!, linkId, "a tester", Date.now()),
    relink: (customerId: string, linkId: number) => relink(sql, WORKSPACE, atomOf(customerId)!, linkId, Date.now()),
    moments: async (atoms: readonly number[]) => momentsOf(sql, log, { workspace: WORKSPACE, atoms: atoms as AtomId[], limit: 1000, after: null, channel: null }),
    async stop() {
      await builder.stop();
      await worker.stop();
      await feed.stop();
    },
  }; // prettier-ignore
}
export type World = Awaited<ReturnType<typeof aWorld>>;

/** A world on stores of its own, which `close` drops with it. */
export async function anOwnWorld(base?: () => number): Promise<World & { close(): Promise<void> }> {
  const database = await aDatabase();
  const { log, drop } = await aLog();
  const world = await aWorld(database.sql, log, base);
  return {
    ...world,
    close: async () => {
      await world.stop();
      await drop();
      await database.drop();
    },
  };
}
