/** Days, weeks and months of the workspace's clock, as numbers that follow each other; in memory and in the log. Pure. */
import { type CalendarUnit, dateOfDay, instantOf, unitOf } from "../permission/zone.ts";
import { literal } from "../segments/sql-values.ts";
import type { Instant } from "../values.ts";

export type Every = CalendarUnit;

/** The number of the day, week (from Monday on) or month in which an instant lies. */
export const periodOf = (at: Instant, every: Every, zone: string): number => unitOf(at, zone, every);

/** When a period of this number begins. */
export function beginOf(period: number, every: Every, zone: string): Instant {
  if (every === "month")
    return instantOf({ year: Math.floor(period / 12), month: (period % 12) + 1, day: 1 }, 0, zone);
  return instantOf(dateOfDay(every === "day" ? period : period * 7 - 3), 0, zone);
}

/** `periodOf` of a column of instants (ms), in the log. */
export function periodSql(at: string, every: Every, zone: string): string {
  const date = `toDate32(fromUnixTimestamp64Milli(toInt64(${at}), ${literal(zone)}))`;
  if (every === "month") return `toInt32(toYear(${date}) * 12 + toMonth(${date}) - 1)`;
  return every === "day" ? `toInt32(${date})` : `toInt32(floor((toInt32(${date}) + 3) / 7))`;
}

/**
 * SQL of when something is due that a text tells, in ms; 0 where it tells none. A day without a time is due at its end and a
 * time without an offset is one of the zone's clock; a number counts seconds since 1970, from 100,000,000,000 on milliseconds.
 */
export function dueSql(text: string, zone: string): string {
  const number = `toFloat64OrZero(${text})`;
  const told = `parseDateTime64BestEffortOrNull(${text}, 3, ${literal(zone)})`;
  const isDay = `match(${text}, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$')`;
  const at = `if(${isDay}, toUnixTimestamp64Milli(addDays(${told}, 1)) - 1, toUnixTimestamp64Milli(${told}))`;
  return `ifNull(if(${number} >= 1 and ${number} <= 1e15, toInt64(if(${number} < 1e11, ${number} * 1000, ${number})), ${at}), toInt64(0))`;
}
