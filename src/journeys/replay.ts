/**
 * A draft over the past: who would have come in, what they would have got and when, what would have been refused, and what
 * happened anyway. Read from the event log customer by customer and rehearsed in memory (replay-run.ts); nothing is
 * stored and nothing leaves.
 *
 * Where a draft would let in nearly everybody, a share of the customers is replayed: always the same ones, chosen by a
 * hash of their number, and the answer says so.
 */
import { setImmediate as turn } from "node:timers/promises";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { membersSql } from "../segments/sql.ts";
import type { DurationMs } from "../values.ts";
import { type Extent, type Told, extentOf, readParts } from "./replay-log.ts";
import { REPLAY_LIMITS, type ReplayResult } from "./replay-model.ts";
import { type Common, readCommon, readPeople } from "./replay-people.ts";
import type { Play } from "./replay-plan.ts";
import type { Person } from "./replay-note.ts";
import { Rehearsal } from "./replay-run.ts";
import { Tally } from "./replay-tally.ts";

export type ReplayDeps = {
  readonly sql: Sql;
  readonly log: EventLog;
  /** Of no particular beginning: how long something takes. */
  readonly elapsedMs: () => DurationMs;
  readonly onFault: (cause: unknown) => void;
};
export type ReplayHooks = {
  readonly onProgress?: (doneRatio: number) => void;
  /** Whether nobody waits for it any more. */
  readonly isCancelled?: () => boolean;
  /** Of so many customers one is replayed; absent: as many as fit the limit of work. */
  readonly oneIn?: number;
};

/** Replays; null where it was cancelled. */
export async function replay(
  deps: ReplayDeps,
  play: Play,
  hooks: ReplayHooks = {},
): Promise<ReplayResult | null> {
  const { sql, log, elapsedMs } = deps;
  const beganMs = elapsedMs();
  const tally = new Tally(play);
  // Those whom a person or a system brings in are in no log.
  const { entry } = play.plan.draft;
  if (entry.type === "api" || (entry.type === "batch" && play.rounds === null))
    return tally.result(1, 0, elapsedMs() - beganMs);
  const extent = await extentOf(log, play);
  const oneIn = hooks.oneIn ?? oneInOf(extent, entry.type === "event" && entry.where.length > 0);
  const common = await readCommon(sql, play, await accountsOf(log, play));
  let events = 0;
  for await (const { told, doneRatio } of readParts({ log, play, oneIn }, extent)) {
    if (hooks.isCancelled?.()) return null;
    events += told.reduce((sum, one) => sum + one.events.length, 0);
    const people = await readPeople(sql, play, common, told);
    await rehearseAll(deps, play, told, people, tally);
    hooks.onProgress?.(doneRatio);
  }
  return tally.result(oneIn, events, elapsedMs() - beganMs);
}

/**
 * The share of customers whose events fit into the limit of work: a power of two, so that more is always more of the same.
 * `looked`: the log was looked through for properties, which took as long as half of that work.
 */
export function oneInOf({ events, entries }: Pick<Extent, "events" | "entries">, looked: boolean): number {
  const work = events + entries * REPLAY_LIMITS.eventsPerEntry;
  const most = looked ? REPLAY_LIMITS.workMax / 2 : REPLAY_LIMITS.workMax;
  let oneIn = 1;
  while (work / oneIn > most && oneIn < REPLAY_LIMITS.oneInMax) oneIn *= 2;
  return oneIn;
}

/** Who passes the conditions about accounts at the end of the period. */
export async function accountsOf(log: EventLog, play: Play): Promise<Common["accounts"]> {
  const found = new Map<string, ReadonlySet<number>>();
  for (const [key, root] of play.accountRules) {
    const { text, parameters } = membersSql({ workspace: play.workspace, root, now: play.until, firstStage: play.firstStage }); // prettier-ignore
    const rows = await log.rows<{ customer: number }>(text, parameters);
    found.set(key, new Set(rows.map(({ customer }) => customer)));
  }
  return found;
}

/** Rehearses customers one after the other, and lets others have their turn between them. */
async function rehearseAll(
  { elapsedMs }: ReplayDeps,
  play: Play,
  told: readonly Told[],
  people: readonly Person[],
  tally: Tally,
): Promise<void> {
  let sliceMs = elapsedMs();
  for (const [i, person] of people.entries()) {
    tally.add(person, rehearse(play, person, told[i]!.events));
    if (elapsedMs() - sliceMs < REPLAY_LIMITS.sliceMs) continue;
    await turn();
    sliceMs = elapsedMs();
  }
}

/** One customer's rehearsal of the whole period. Events come in order. */
export function rehearse(play: Play, person: Person, events: Told["events"]): Rehearsal {
  const rehearsal = new Rehearsal(play, person);
  let i = 0;
  for (; i < events.length && events[i]!.happenedAt < play.from; i++) rehearsal.before(events[i]!);
  rehearsal.begin();
  for (; i < events.length; i++) rehearsal.happen(events[i]!);
  rehearsal.pass(play.until - 1);
  return rehearsal;
}
