/**
 * Whether this process can do its work now: the stores it can reach, and how far the work is behind.
 *
 * Ready means that events can be taken, which needs PostgreSQL. A silent event log is shown and does not make the
 * process unready: collection goes on and the log catches up. Readings are shared and at most `FRESH_MS` old, so that
 * nobody can load the stores by asking.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { Clock, Instant } from "../values.ts";
import type { Lag } from "./lag.ts";
import type { Readiness } from "./model.ts";

const FRESH_MS = 250;
const PROBE_MS = 2_000;

export type HealthDeps = {
  readonly sql: Sql;
  /** Null in a process that does not use the event log. */
  readonly log: Pick<EventLog, "rows"> | null;
  readonly lag: Lag;
  readonly clock: Clock;
};
export interface Health {
  /** The state now. Never throws. */
  read(): Promise<Readiness>;
  /** From now on not ready: the process is about to stop, and whoever balances load should know first. */
  stopping(): void;
}

export function createHealth({ sql, log, lag, clock }: HealthDeps): Health {
  let last: { at: Instant; reading: Promise<Readiness> } | null = null;
  let stops = false;
  const measure = async (): Promise<Readiness> => {
    const [postgres, clickhouse, lags] = await Promise.all([
      answers(sql.query("select 1")),
      log ? answers(log.rows("select 1")) : null,
      within(lag.read()),
    ]);
    const unknown = { lagEvents: null, lagMs: null };
    return {
      ready: postgres,
      worker: lags?.worker ?? unknown,
      eventLog: lags?.eventLog ?? unknown,
      stores: {
        postgres: postgres ? "ok" : "down",
        clickhouse: clickhouse === null ? "unused" : clickhouse ? "ok" : "down",
      },
    };
  };
  return {
    read: async () => {
      const now = clock();
      if (!last || now - last.at >= FRESH_MS || now < last.at) last = { at: now, reading: measure() };
      const reading = await last.reading;
      return stops ? { ...reading, ready: false } : reading;
    },
    stopping: () => void (stops = true),
  };
}

const answers = async (probe: Promise<unknown>): Promise<boolean> => (await within(probe)) !== null;

/** What `work` gives within the time of a probe; null when it fails or takes longer. */
async function within<T>(work: Promise<T>): Promise<T | null> {
  const stop = new AbortController();
  const late = pause(PROBE_MS, null, { ref: false, signal: stop.signal }).catch(() => null);
  try {
    return await Promise.race([work.catch(() => null), late]);
  } finally {
    stop.abort();
  }
}
