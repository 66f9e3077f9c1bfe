/**
 * When journeys that begin by the clock begin: cron expressions of five fields (minute, hour, day of the month, month, day
 * of the week), read in a time zone. Pure: the moment comes in as a value.
 *
 * Where clocks are put forward, a time that does not exist that day comes at the next one that does; where they are put
 * back, a time that comes twice counts once (croner's reading, held by test/journeys/schedule.test.ts).
 */
import { Cron } from "croner";
import type { Instant } from "../values.ts";

/** How many occurrences one question answers at most. */
export const OCCURRENCES_MAX = 100;

/** Reads an expression; `paused`: only read, it never runs anything by itself. */
const read = (cron: string, zone: string): Cron =>
  new Cron(cron, { timezone: zone, mode: "5-part", paused: true });

/** What is wrong with a cron expression, as a sentence; null: nothing. */
export function cronProblem(cron: string): string | null {
  try {
    // Any moment does: an expression such as the 30th of February never comes, whenever it is asked.
    return read(cron, "UTC").nextRun(new Date(0)) === null ? "This time never comes." : null;
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    return `"${cron}" is no time as cron tells it, e.g. 0 9 * * 1 for Mondays at nine: ${cause.message.replace(/^Cron\w*: /, "")}`;
  }
}

/** The next `n` times after `after` (100 at most), the first first. Throws for what `cronProblem` refuses. */
export const nextOccurrences = (cron: string, zone: string, n: number, after: Instant): readonly Instant[] =>
  read(cron, zone)
    .nextRuns(Math.min(n, OCCURRENCES_MAX), new Date(after))
    .map((date) => date.getTime());

/** The latest time at or before `now` and after `after`; null: none came in between. */
export function lastOccurrence(cron: string, zone: string, after: Instant, now: Instant): Instant | null {
  // Asked for what lies before an instant, it looks at whole seconds, and around a change of the clocks may answer that very one.
  const times = read(cron, zone).previousRuns(2, new Date(now + 1_000)).map((date) => date.getTime()); // prettier-ignore
  const last = times.find((at) => at <= now);
  return last !== undefined && last > after ? last : null;
}
