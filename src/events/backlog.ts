/** How much the inbox holds that no worker has handled: measured while there is something, for the door's back-pressure. */
import type { Sql } from "../db/postgres.ts";
import type { Clock } from "../values.ts";
import { waitingEvents } from "./inbox.ts";

const MEASURE_MS = 1_000;

export interface Backlog {
  /** Events waiting, as last measured. */
  waiting(): number;
  /** Says that events were appended, so that there is something to measure. */
  grew(): void;
  stop(): void;
}

/** Measures every second while events wait or come; an idle installation asks nothing. */
export function watchBacklog(sql: Sql, clock: Clock, onFault: (cause: unknown) => void): Backlog {
  let waiting = 0;
  let due = true;
  let measuring = false;
  const measure = async () => {
    if (!due || measuring) return;
    measuring = true;
    due = false;
    try {
      waiting = (await waitingEvents(sql, clock())).events;
      due ||= waiting > 0;
    } catch (cause) {
      // The last figure stands; appends themselves notice that the database is away.
      due = true;
      onFault(cause);
    } finally {
      measuring = false;
    }
  };
  const timer = setInterval(() => void measure(), MEASURE_MS);
  timer.unref();
  void measure();
  return { waiting: () => waiting, grew: () => void (due = true), stop: () => clearInterval(timer) };
}
