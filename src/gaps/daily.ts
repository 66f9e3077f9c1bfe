/**
 * Looks for gaps once a day in every workspace, over the last months, so that a gap shows without anybody asking. One
 * process looks at a workspace, whoever takes it first; a workspace with little data costs a count.
 */
import { boundedLog } from "../analysis/bound.ts";
import { Questions } from "../analysis/questions.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import { restingFirst, startRounds, type Rounds } from "../rounds.ts";
import type { Clock } from "../values.ts";
import { DAY_MS } from "./kind.ts";
import { GAP_LIMITS } from "./model.ts";
import { searchAndKeep } from "./keep.ts";
import { claimLooks } from "./store.ts";

/** Between two looks at what is due; and workspaces taken at once. */
const REST_MS = 10 * 60_000;
const TAKEN_MAX = 1;

export type DailyDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onFault: (cause: unknown) => void;
};

/** One workspace that is due, looked at; whether there was one. */
export async function lookOnce({ sql, log, clock }: Omit<DailyDeps, "onFault">): Promise<boolean> {
  const now = clock();
  const [workspace] = await claimLooks(sql, now, DAY_MS, TAKEN_MAX);
  if (workspace === undefined) return false;
  const scope = { from: now - GAP_LIMITS.lookDays * DAY_MS, to: now };
  await searchAndKeep(
    { sql, log: boundedLog(log), questions: new Questions(clock) },
    workspace,
    { scope },
    true,
    now,
  );
  return true;
}

/** Looks until it is stopped; the first time after a rest, so that a start is not slowed down. */
export function startDailyLook(deps: DailyDeps): Rounds {
  return startRounds({
    round: restingFirst(() => lookOnce(deps), REST_MS),
    onFault: deps.onFault,
    faultMs: REST_MS,
  });
}
