/**
 * By when something was promised, as events tell it: the same reading as the log's (metrics/calendar.ts), for one event
 * in memory. Pure.
 */
import { dayOfDate, dateOfDay, instantOf } from "../permission/zone.ts";
import type { Instant } from "../values.ts";

const DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const WALL = /^(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{2})(?::\d{2}(?:\.\d+)?)?$/;
/** A smaller number counts seconds, a greater one milliseconds. */
const SECONDS_MAX = 1e11;

/** Null: no time is told. A day without a time is due at its end, and a time without an offset is told by the clock of `zone`. */
export function dueOf(text: string, zone: string): Instant | null {
  const number = text === "" ? Number.NaN : Number(text);
  if (number >= 1 && number <= 1e15) return Math.trunc(number < SECONDS_MAX ? number * 1000 : number);
  const day = DATE.exec(text);
  if (day) {
    const [, year, month, date] = day.map(Number) as [number, number, number, number];
    return instantOf(dateOfDay(dayOfDate({ year, month, day: date }) + 1), 0, zone) - 1;
  }
  const wall = WALL.exec(text);
  if (wall) {
    const [, year, month, date, hours, minutes] = wall.map(Number) as [number, number, number, number, number, number]; // prettier-ignore
    return instantOf({ year, month, day: date }, hours * 60 + minutes, zone);
  }
  const at = Date.parse(text);
  return Number.isFinite(at) ? at : null;
}
