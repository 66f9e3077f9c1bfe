/**
 * Works out each workspace's likely needs once a day and tells customers what came of it. The models are kept first; customers
 * are told after, part by part, and noted when their events are durable: after a crash those not noted are told again next
 * time. What may not be told any more is taken back in the same way.
 */
import { setImmediate as turn } from "node:timers/promises";
import { answerAside } from "../aside.ts";
import { alone } from "../db/alone.ts";
import type { EventLog } from "../db/clickhouse.ts";
import { LOCKS } from "../db/locks.ts";
import type { Database } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { type Which, featuresOf } from "./features.ts";
import { goalsOf } from "./goals.ts";
import { tellHours } from "./hours-tell.ts";
import { CUT_OFFS_MIN, learnAll } from "./learn.ts";
import { type CutOff, type Lesson, NEEDS_LIMITS, type NeedGoal, NeedsAsked, type Vocabulary, type WorkedGoal } from "./model.ts"; // prettier-ignore
import { type Kept, type Place, countCases, countTold, forgetJoined, readCases, readCutOff, readDueWorkspaces, readFirstAt, readKept, readStages, readToldPart, readVocabulary, writeKept, writeTold } from "./store.ts"; // prettier-ignore
import { FORESEEN, type Needs, chancesOf, hasMoved, needsOf, tellingOf, traitsOf } from "./tell.ts";

const DAY_MS = 86_400_000;
const LOOK_MS = 3_600_000;
/** Of the oldest cut-off there must be so much before it. */
const BEFORE_MS = 30 * DAY_MS;

export type NeedsDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** Makes events of our own durable. */
  readonly append: (events: readonly Event[]) => Promise<void>;
};
/** What is kept, or that another process is at this workspace just now. */
export type NeedsOutcome = { readonly type: "kept"; readonly kept: Kept } | { readonly type: "under_way" };

/** Works out one workspace unless another process is at it; what was made of the same goals after `madeAfterAt` is taken as it is. */
export async function workOutOnce(deps: NeedsDeps, workspace: WorkspaceId, asked: NeedsAsked, madeAfterAt: Instant): Promise<NeedsOutcome> {
  const done = await alone(deps.sql, LOCKS.needs, workspace, async () => {
    const before = await readKept(deps.sql, workspace);
    const isMade = before !== null && before.madeAt > madeAfterAt && JSON.stringify(before.asked) === JSON.stringify(asked);
    return isMade ? before : workOutWorkspace(deps, workspace, asked);
  });
  return done.type === "done" ? { type: "kept", kept: done.value } : done;
} // prettier-ignore

/**
 * The cut-offs, oldest first: one time of a goal before `endAt` the test, one more before that calibration, and those learnt
 * from, as far as history goes back. So no cut-off's goals are reached after the next one, and the test lies behind all.
 */
export function cutOffsOf(firstAt: Instant, endAt: Instant, withinMs: number): readonly Instant[] {
  return Array.from({ length: NEEDS_LIMITS.cutOffs + 2 }, (_, n) => endAt - (n + 1) * withinMs)
    .filter((at) => at - BEFORE_MS >= firstAt)
    .toReversed();
}

/** Works out one workspace now, keeps what came of it and tells customers. */
export async function workOutWorkspace(deps: NeedsDeps, workspace: WorkspaceId, asked: NeedsAsked): Promise<Kept> {
  const { sql, log, clock } = deps;
  const place: Place = { log, workspace };
  const named = await readStages(sql, workspace);
  const goals = goalsOf(asked, named);
  // Whole days: today is not over yet.
  const endAt = Math.floor(clock() / DAY_MS) * DAY_MS;
  const firstAt = await readFirstAt(place);
  const times = firstAt === null ? [] : cutOffsOf(firstAt, endAt, Math.max(...goals.map(({ withinMs }) => withinMs)));
  const vocabulary = times.length < CUT_OFFS_MIN ? null : await readVocabulary(sql, place, named.map(({ key }) => key), times.at(-CUT_OFFS_MIN)!);
  const worked = await learnt(place, vocabulary, goals, times, named.map(({ key }) => key));
  const customers = firstAt === null ? 0 : await countCases(place, endAt);
  const hours = await tellHours(deps, workspace, endAt);
  const kept = (told: number): Kept => ({ asked, result: { goals: worked, vocabulary, cutOffAt: endAt, customers, told, hours }, madeAt: clock() });
  await writeKept(sql, workspace, kept(0));
  const whole = kept(await tellAll(deps, place, vocabulary, worked, { endAt, customers }));
  await writeKept(sql, workspace, whole);
  return whole;
} // prettier-ignore

async function learnt(place: Place, vocabulary: Vocabulary | null, goals: readonly NeedGoal[], times: readonly Instant[], stages: readonly string[]): Promise<readonly WorkedGoal[]> {
  const cutOffs: CutOff[] = [];
  // Without history there is nothing that would need a thread.
  if (vocabulary === null) return learnAll({ goals, stages, features: [], cutOffs });
  for (const at of times) cutOffs.push(await readCutOff(place, vocabulary, goals, at));
  const lesson: Lesson = { goals, stages, features: featuresOf(vocabulary), cutOffs };
  return answerAside<readonly WorkedGoal[]>(new URL("./thread.ts", import.meta.url), lesson);
} // prettier-ignore

/** Tells customers what moved, and takes back what may not be told any more; how many. */
async function tellAll({ sql, append, clock }: NeedsDeps, place: Place, vocabulary: Vocabulary | null, goals: readonly WorkedGoal[], { endAt, customers }: { readonly endAt: Instant; readonly customers: number }): Promise<number> {
  const { workspace } = place;
  const isShown = vocabulary !== null && goals.some(({ worked }) => worked.type === "shown");
  const parts = Math.max(1, Math.ceil(Math.max(customers, await countTold(sql, workspace)) / NEEDS_LIMITS.partCustomers));
  // What was told of a customer who is another's part now lies among that one's traits, whichever was told last: they are told anew.
  const joined = new Map<number, Needs>();
  for (const { customer, needs } of await forgetJoined(sql, workspace)) joined.set(customer, { ...joined.get(customer), ...needs });
  let told = 0;
  for (let part = 0; part < parts; part += 1) {
    const which: Which = { by: "number", of: parts, remainder: part };
    const before = new Map((await readToldPart(sql, workspace, which)).map(({ customer, needs }) => [customer, needs]));
    const cases = isShown ? await readCases(place, vocabulary, endAt, which) : [];
    const moved: { readonly customer: number; readonly needs: Needs }[] = [];
    for (const [i, one] of cases.entries()) {
      if (i % NEEDS_LIMITS.tellMax === 0) await turn();
      const { customer } = one;
      if (joined.has(customer) || hasMoved(chancesOf(goals, vocabulary!.stages, one), before.get(customer))) moved.push({ customer, needs: needsOf(goals, vocabulary!.stages, one) });
    }
    const seen = new Set(cases.map(({ customer }) => customer));
    const ours = (customer: number): boolean => customer % parts === part && !seen.has(customer);
    for (const customer of new Set([...before.keys(), ...joined.keys()])) if (ours(customer)) moved.push({ customer, needs: {} });
    for (let from = 0; from < moved.length; from += NEEDS_LIMITS.tellMax) {
      const some = moved.slice(from, from + NEEDS_LIMITS.tellMax);
      const at = clock();
      await append(some.map(({ customer, needs }) => tellingOf(workspace, FORESEEN, customer, traitsOf(needs, { ...joined.get(customer), ...before.get(customer) }), endAt, at)));
      await writeTold(sql, workspace, some, at);
    }
    told += moved.length;
  }
  return told;
} // prettier-ignore

/** Looks every hour which workspaces' needs are a day old, and works them out one after the other. */
export function startNeeds(deps: NeedsDeps & { readonly onFault: (cause: unknown) => void }): Rounds {
  const { sql, clock, onFault } = deps;
  return startRounds({
    faultMs: LOOK_MS,
    onFault,
    round: async (isStopping) => {
      const dueAt = clock() - NEEDS_LIMITS.everyMs;
      for (const workspace of await readDueWorkspaces(sql, dueAt)) {
        if (isStopping()) break;
        const asked = (await readKept(sql, workspace))?.asked ?? NeedsAsked.parse({});
        // One workspace's trouble is no other's; it is tried again in an hour.
        await workOutOnce(deps, workspace, asked, dueAt).catch(onFault);
      }
      return LOOK_MS;
    },
  });
}
