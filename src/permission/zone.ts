/**
 * Wall clocks: what a clock in an IANA time zone shows at an instant, and when it shows what. Pure.
 *
 * The rules of zones come from the runtime (Intl), which takes microseconds to answer; a message asks dozens of times. So
 * of each zone the pieces of time with one offset from UTC are remembered as they are asked for. Two changes of a zone's
 * clock lie at least a week apart (looked up for all zones, 1995 to 2045), so a piece of four days holds one at most.
 */
import { LRUCache } from "lru-cache";
import type { DurationMs, Instant } from "../values.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const CHUNK_MS = 4 * DAY_MS;
/** Outside of these years a clock keeps the offset it has at the edge. */
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
const CHUNKS_MAX = 2_000;
const ZONES_MAX = 700;
const NAMES_MAX = 2_000;
const NAME_CHARS_MAX = 64;

/** A day of the calendar; `month` 1 to 12. */
export type LocalDate = { readonly year: number; readonly month: number; readonly day: number };
/** What calendar and clock show: minutes after midnight, 1 for Monday to 7 for Sunday. */
export type Local = LocalDate & {
  readonly minute: number;
  readonly weekday: number;
  /** Days since 1970-01-01 of the calendar there. */
  readonly dayNumber: number;
};
/** A time in which the zone keeps one offset from UTC; it may have the same before and after. */
type Piece = { readonly from: Instant; readonly until: Instant; readonly offsetMs: number };
type Table = { readonly zone: string; readonly chunks: Map<number, readonly Piece[]>; last: Piece };

const tables = new LRUCache<string, Table>({ max: ZONES_MAX });
const names = new LRUCache<string, { readonly name: string | null }>({ max: NAMES_MAX });
const formats = new LRUCache<string, Intl.DateTimeFormat>({ max: ZONES_MAX });

/**
 * The zone of this name, as IANA writes it, or null. Abbreviations ("IST", "EST") are none: each stands for several
 * places. Never throws.
 */
export function zoneNamed(given: unknown): string | null {
  if (typeof given !== "string" || given.length > NAME_CHARS_MAX) return null;
  const known = names.get(given);
  if (known) return known.name;
  const name = lookUp(given.trim());
  names.set(given, { name });
  return name;
}
const NAME = /^(?:UTC|GMT|[A-Za-z]+(?:\/[A-Za-z0-9_+-]+){1,2})$/i;
function lookUp(name: string): string | null {
  if (!NAME.test(name)) return null;
  try {
    const { timeZone } = formatOf(name).resolvedOptions();
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    }); // prettier-ignore
    formats.set(zone, format);
  }
  return format;
}

/** What the zone's clock is ahead of UTC, asked of the runtime. Whole seconds. */
function askOffset(zone: string, at: Instant): number {
  const second = Math.floor(at / 1000) * 1000;
  const [month, day, year, hours, minutes, seconds] = formatOf(zone).format(second).match(/\d+/g)!.map(Number);
  return Date.UTC(year!, month! - 1, day!, hours, minutes, seconds) - second;
} // prettier-ignore

/** The pieces of `CHUNK_MS` that begin at `from`: one, or two with a change of the clock between them. */
function cut(zone: string, from: Instant): readonly Piece[] {
  const until = from + CHUNK_MS;
  const [first, last] = [askOffset(zone, from), askOffset(zone, until - 1)];
  if (first === last) return [{ from, until, offsetMs: first }];
  let [low, high] = [from / 1000, until / 1000];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (askOffset(zone, middle * 1000) === first) low = middle;
    else high = middle;
  }
  return [
    { from, until: high * 1000, offsetMs: first },
    { from: high * 1000, until, offsetMs: last },
  ];
}

const NOWHERE: Piece = { from: Infinity, until: -Infinity, offsetMs: 0 };
function pieceOf(at: Instant, zone: string): Piece {
  let table = tables.get(zone);
  if (!table) {
    // Whoever names a zone that is none gets UTC: the answer must come, and checkPolicy refuses such a name.
    table = { zone: zoneNamed(zone) ?? "UTC", chunks: new Map(), last: NOWHERE };
    tables.set(zone, table);
  }
  if (at >= table.last.from && at < table.last.until) return table.last;
  if (!(at >= EARLIEST)) return { from: -Infinity, until: EARLIEST, offsetMs: askOffset(table.zone, EARLIEST) };
  if (at >= LATEST) return { from: LATEST, until: Infinity, offsetMs: askOffset(table.zone, LATEST) };
  const chunk = Math.floor(at / CHUNK_MS);
  let pieces = table.chunks.get(chunk);
  if (!pieces) {
    if (table.chunks.size >= CHUNKS_MAX) table.chunks.clear();
    pieces = cut(table.zone, chunk * CHUNK_MS);
    table.chunks.set(chunk, pieces);
  }
  return (table.last = pieces.length === 1 || at < pieces[0]!.until ? pieces[0]! : pieces[1]!);
} // prettier-ignore

/** How far the zone's clock is ahead of UTC; negative to the west. An unknown zone is UTC. */
export const offsetOf = (at: Instant, zone: string): number => pieceOf(at, zone).offsetMs;

const DATE_MS_MAX = 8.64e15;
const floorDiv = (a: number, b: number) => Math.floor(a / b);
/** Day and minute as one count each: all that hours of a day need. */
const wallOf = (at: Instant, zone: string): number =>
  Math.max(-DATE_MS_MAX, Math.min(DATE_MS_MAX, at + offsetOf(at, zone)));
const weekdayOf = (dayNumber: number): number => ((((dayNumber + 3) % 7) + 7) % 7) + 1;

/** What calendar and clock in `zone` show at `at`. */
export function localOf(at: Instant, zone: string): Local {
  const wall = wallOf(at, zone);
  const date = new Date(wall);
  const dayNumber = floorDiv(wall, DAY_MS);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    minute: floorDiv(wall - dayNumber * DAY_MS, MINUTE_MS),
    weekday: weekdayOf(dayNumber),
    dayNumber,
  };
}

/** The date so many days after 1970-01-01. */
export function dateOfDay(dayNumber: number): LocalDate {
  const date = new Date(dayNumber * DAY_MS);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}
/** Days since 1970-01-01; a day the month has not runs over into the next. */
export const dayOfDate = ({ year, month, day }: LocalDate): number =>
  new Date(0).setUTCFullYear(year, month - 1, day) / DAY_MS;

/**
 * When the clock shows this minute of this day. Of a minute that it shows twice (clocks set back) the first time; one
 * that it leaves out (clocks set forward) is as much later as the clock is set forward: 02:30 is then 03:30.
 */
export const instantOf = (date: LocalDate, minute: number, zone: string): Instant =>
  instantOfDay(dayOfDate(date), minute, zone);

function instantOfDay(dayNumber: number, minute: number, zone: string): Instant {
  const wall = dayNumber * DAY_MS + minute * MINUTE_MS;
  const [before, after] = [offsetOf(wall - DAY_MS, zone), offsetOf(wall + DAY_MS, zone)];
  if (before === after || offsetOf(wall - before, zone) === before) return wall - before;
  return offsetOf(wall - after, zone) === after ? wall - after : wall - before;
}

/** A time of day, on these weekdays (absent: any). */
export type TimeOfDay = { readonly minute: number; readonly weekdays?: readonly number[] | undefined };

/** The first time strictly after `after` at which the clock shows this time of day, by the rule of `instantOf`. */
export function nextLocal(after: Instant, zone: string, { minute, weekdays }: TimeOfDay): Instant {
  const today = floorDiv(wallOf(after, zone), DAY_MS);
  // A weekday comes within 7 days, or 14 where a zone left that very day out (it crossed the date line).
  for (let day = today - 1; day <= today + 15; day++) {
    const at = instantOfDay(day, minute, zone);
    if (at <= after) continue;
    if (!weekdays || weekdays.length === 0 || weekdays.includes(localOf(at, zone).weekday)) return at;
  }
  return instantOfDay(today + 16, minute, zone);
}

/**
 * The first instant after `at` at which the clock gets to one of these minutes of the day, or is set forward or back;
 * it may be earlier, never later. Whoever steps from one to the next misses no change of what depends on the clock.
 */
export function nextChange(at: Instant, zone: string, minutes: readonly number[]): Instant {
  const { until, offsetMs } = pieceOf(at, zone);
  const wall = at + offsetMs;
  const midnight = floorDiv(wall, DAY_MS) * DAY_MS;
  let next = until + offsetMs;
  for (const minute of minutes) {
    const today = midnight + minute * MINUTE_MS;
    next = Math.min(next, today > wall ? today : today + DAY_MS);
  }
  return next - offsetMs;
}

/** A unit of the calendar, by whose first day it is told: weeks begin on Monday. */
export type CalendarUnit = "day" | "week" | "month";
/** The day, week or month of the calendar in `zone` in which `at` lies, as a number. */
export function unitOf(at: Instant, zone: string, unit: CalendarUnit): number {
  const wall = wallOf(at, zone);
  const day = floorDiv(wall, DAY_MS);
  if (unit === "day") return day;
  if (unit === "week") return floorDiv(day + 3, 7);
  const date = new Date(wall);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}
/** When the next day, week or month begins: the first instant after `at` that lies in another. */
export function nextUnit(at: Instant, zone: string, unit: CalendarUnit): Instant {
  const own = unitOf(at, zone, unit);
  let next = at;
  // A month has 31 midnights, and some pieces end without a change.
  for (let steps = 0; steps < 60; steps++) {
    next = nextChange(next, zone, MIDNIGHT);
    if (unitOf(next, zone, unit) !== own) return next;
  }
  return next;
}
const MIDNIGHT = [0] as const;

/** A time of the week that comes again: `from` after `to` runs over midnight, equal is the whole day. */
type Hours = {
  readonly from: number;
  readonly to: number;
  readonly weekdays?: readonly number[] | undefined;
};
/** Whether the clock stands within these hours. Hours over midnight belong to the weekday on which they begin. */
export function isWithin({ from, to, weekdays }: Hours, at: Instant, zone: string): boolean {
  const wall = wallOf(at, zone);
  const day = floorDiv(wall, DAY_MS);
  const minute = floorDiv(wall - day * DAY_MS, MINUTE_MS);
  const on = (dayNumber: number) => !weekdays || weekdays.includes(weekdayOf(dayNumber));
  if (from === to) return on(day);
  if (from < to) return minute >= from && minute < to && on(day);
  return minute >= from ? on(day) : minute < to && on(day - 1);
}

/** How long a day, week or month of any calendar may last, clocks set back included. */
export const UNIT_MS_MAX: { readonly [unit in CalendarUnit]: DurationMs } = {
  day: 2 * DAY_MS,
  week: 8 * DAY_MS,
  month: 32 * DAY_MS,
};
