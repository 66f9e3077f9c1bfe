/**
 * Learns from what came of decisions: every minute each place that learns is looked at. Guards first, because a place that
 * does harm is stopped whatever else is known; then what was learned is worked out anew from all that the event log tells,
 * where it tells more than before, and not oftener than it pays. So nothing is lost by a crash and nothing counts twice: the same log, the same model.
 */
import { answerAside } from "../aside.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, Instant } from "../values.ts";
import { type Judged, judged } from "./guard.ts";
import { LEARNING_LIMITS, type Learning, type Model } from "./model.ts";
import { type Before, type LearningPlace, claimPlaces, keepGuards, keepModel, readExposures, readGuard, readKinds, readMark } from "./store.ts"; // prettier-ignore
import type { Kind, Material, WorkedOut } from "./workout.ts";

export type LearnDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  /** A place was stopped; why, in a sentence. */
  readonly onStop: (place: LearningPlace, words: string) => void;
};

/** What the thread is asked for. */
export type Task =
  | { readonly type: "learn"; readonly learning: Learning; readonly kinds: readonly Kind[] }
  | { readonly type: "evaluate"; readonly material: Material };
export type TaskAnswer = Model | WorkedOut | null;

const THREAD = new URL("./thread.ts", import.meta.url);

/** Looks at all places that are due. Throws the first fault when all were looked at: one place's trouble is no other's. */
export async function learnOnce(deps: LearnDeps): Promise<void> {
  const now = deps.clock();
  const faults: unknown[] = [];
  for (const { place, before } of await claimPlaces(deps.sql, now))
    await lookAt(deps, place, before, now).catch((cause) => faults.push(cause));
  if (faults.length > 0) throw faults[0];
}

async function lookAt({ sql, log, clock, onStop }: LearnDeps, place: LearningPlace, before: Before, now: Instant): Promise<void> {
  const { guards } = place.learning;
  const standing: Judged[] = [];
  for (const guard of guards) standing.push(judged(guard, await readGuard(log, place, guard, now), guards.length));
  const worse = standing.find(({ isWorse }) => isWorse) ?? null;
  const isStopped = await sql.transaction((tx) => keepGuards(tx, place, standing, worse, now));
  if (worse) {
    if (isStopped) onStop(place, worse.words);
    return;
  }
  if (now < (before.learnedAt ?? 0) + (before.tookMs ?? 0) * LEARNING_LIMITS.restTimes) return;
  const mark = await readMark(log, place, now);
  if (mark === before.mark) return;
  const beganAt = clock();
  const task: Task = { type: "learn", learning: place.learning, kinds: await readKinds(log, place, now) };
  const model = await answerAside<Model>(THREAD, task);
  await sql.transaction((tx) => keepModel(tx, place, model, { mark, learnedAt: now, tookMs: clock() - beganAt }));
} // prettier-ignore

/** What each way of choosing would have given at a place; null with too few exposures. */
export async function evaluate({ log }: Pick<LearnDeps, "log">, place: LearningPlace, now: Instant): Promise<WorkedOut | null> {
  const { learning, candidates } = place;
  const material: Material = { learning, candidates, kinds: await readKinds(log, place, now), exposures: await readExposures(log, place, now) };
  return answerAside<WorkedOut | null>(THREAD, { type: "evaluate", material } satisfies Task);
} // prettier-ignore

/** Looks again and again, until it is stopped. */
export function startLearner(deps: LearnDeps & { readonly onFault: (cause: unknown) => void }): Rounds {
  return startRounds({
    round: async () => {
      await learnOnce(deps);
      return LEARNING_LIMITS.restMs;
    },
    onFault: deps.onFault,
    faultMs: LEARNING_LIMITS.restMs,
  });
}
