/**
 * When a row says it happened: the many ways files write a moment, read into one instant. Pure; never throws.
 *
 * Local times are placed by the zone's own rules (Intl). A local time that a change of clocks skips is read as if the
 * clocks had not changed; one that occurs twice is its first occurrence.
 */
import type { Instant } from "../values.ts";

/** How a file writes its times. `shiftDays` moves every time by whole days (sample data brought up to date). */
export type TimeFormat = {
  /** `auto`: ISO 8601, or a number of seconds or milliseconds by its size. `days`: whole days since 1970-01-01. */
  readonly format: "auto" | "iso" | "unix_s" | "unix_ms" | "days" | "pattern";
  /** For `pattern`: letters yyyy MM dd HH mm ss SSS and a (AM/PM); everything else stands for itself. */
  readonly pattern?: string | undefined;
  /** IANA name; times that carry no offset are local to it. */
  readonly zone: string;
  /** HH:mm for rows that tell a day only. */
  readonly timeOfDay?: string | undefined;
  readonly shiftDays: number;
};

const DAY_MS = 86_400_000;
/** 9999-12-31: what every store and ISO text can hold. */
const LATEST = 253_402_214_400_000;
const EARLIEST = -62_135_596_800_000;
/** Unix seconds reach 1e11 in the year 5138; milliseconds were there in 1973. */
const SECONDS_BELOW = 1e11;

const ISO =
  /^([+-]?\d{4,6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})?$/i;

/** A reader of one format: the instant a text tells, or null when it tells none. */
export function timeReader(format: TimeFormat): (text: string) => Instant | null {
  const read = readerOf(format);
  const shiftMs = format.shiftDays * DAY_MS;
  return (text) => {
    const at = read(text.trim());
    if (at === null || !Number.isFinite(at)) return null;
    const shifted = Math.round(at) + shiftMs;
    return shifted >= EARLIEST && shifted <= LATEST ? shifted : null;
  };
}

function readerOf(format: TimeFormat): (text: string) => number | null {
  const local = localOf(format.zone);
  const dayMs = timeOfDayMs(format.timeOfDay);
  const iso = (text: string) => isoInstant(text, local, dayMs);
  switch (format.format) {
    case "iso":
      return iso;
    case "unix_s":
      return (text) => scaled(text, 1000);
    case "unix_ms":
      return (text) => scaled(text, 1);
    case "days":
      return (text) => {
        const days = scaled(text, 1);
        return days === null ? null : local(Math.floor(days) * DAY_MS + dayMs);
      };
    case "pattern":
      return patternReader(format.pattern ?? "", local, dayMs);
    case "auto":
      return (text) => {
        if (!/^-?\d+(\.\d+)?$/.test(text)) return iso(text);
        const number = Number(text);
        return Math.abs(number) < SECONDS_BELOW ? number * 1000 : number;
      };
  }
}

const scaled = (text: string, by: number): number | null =>
  /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * by : null;

function timeOfDayMs(text: string | undefined): number {
  const [, hours = "0", minutes = "0"] = /^(\d{2}):(\d{2})$/.exec(text ?? "") ?? [];
  return (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function isoInstant(text: string, local: (wallMs: number) => number, dayMs: number): number | null {
  const found = ISO.exec(text);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, fraction, offset] = found;
  const date = wallOf(Number(year), Number(month), Number(day));
  if (date === null) return null;
  if (hour === undefined) return offset === undefined ? local(date + dayMs) : date + dayMs - offsetMs(offset);
  const clock = clockMs(Number(hour), Number(minute), Number(second ?? 0));
  if (clock === null) return null;
  const wall = date + clock + Math.floor(Number(`0.${fraction ?? 0}`) * 1000);
  return offset === undefined ? local(wall) : wall - offsetMs(offset);
}

function wallOf(year: number, month: number, day: number): number | null {
  // Date.UTC reads years 0 to 99 as 1900 and later, so the year is set by itself.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date.getTime() : null;
}

function clockMs(hour: number, minute: number, second: number): number | null {
  if (hour > 24 || minute > 59 || second > 60 || (hour === 24 && (minute > 0 || second > 0))) return null;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

function offsetMs(text: string): number {
  const [, sign, hours, minutes = "0"] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

const PARTS: { readonly [letter: string]: string } = {
  yyyy: "(?<year>\\d{4})", MM: "(?<month>\\d{1,2})", dd: "(?<day>\\d{1,2})", HH: "(?<hour>\\d{1,2})",
  mm: "(?<minute>\\d{1,2})", ss: "(?<second>\\d{1,2})", SSS: "(?<milli>\\d{3})", a: "(?<half>[AaPp]\\.?[Mm]\\.?)",
}; // prettier-ignore

/** Whether a pattern can be read: it names a year, month and day, each part at most once. */
export function patternWorks(pattern: string): boolean {
  const parts: readonly string[] = pattern.match(/yyyy|SSS|MM|dd|HH|mm|ss|a/g) ?? [];
  return ["yyyy", "MM", "dd"].every((part) => parts.includes(part)) && new Set(parts).size === parts.length;
}

function patternReader(pattern: string, local: (wallMs: number) => number, dayMs: number) {
  const named = new RegExp(`${Object.keys(PARTS).join("|")}|[^A-Za-z0-9\\s]|\\s+`, "g");
  const source = pattern.replace(named, (part) => PARTS[part] ?? (part.trim() === "" ? "\\s+" : `\\${part}`));
  const expression = new RegExp(`^${source}$`);
  return (text: string): number | null => {
    const found = expression.exec(text)?.groups;
    if (!found) return null;
    const date = wallOf(Number(found["year"]), Number(found["month"]), Number(found["day"]));
    if (date === null) return null;
    if (found["hour"] === undefined) return local(date + dayMs);
    const clock = clockMs(
      hourOf(Number(found["hour"]), found["half"]),
      Number(found["minute"] ?? 0),
      Number(found["second"] ?? 0),
    );
    return clock === null ? null : local(date + clock + Number(found["milli"] ?? 0));
  };
}

function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  return (hour % 12) + (/^p/i.test(half) ? 12 : 0);
}

/** Whether `zone` is a time zone this machine knows. */
export function zoneKnown(zone: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
    return true;
  } catch (cause) {
    // Intl tells an unknown zone by a RangeError only.
    if (cause instanceof RangeError) return false;
    throw cause;
  }
}

/** From wall-clock milliseconds of `zone` to the instant. Offsets are remembered by the hour: files repeat days. */
function localOf(zone: string): (wallMs: number) => number {
  if (zone === "UTC") return (wallMs) => wallMs;
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }); // prettier-ignore
  const known = new Map<number, number>();
  const offsetAt = (at: number): number => {
    const quarter = Math.floor(at / 900_000);
    let offset = known.get(quarter);
    if (offset === undefined) {
      if (known.size > 50_000) known.clear();
      const told: { [type: string]: number } = {};
      for (const { type, value } of parts.formatToParts(quarter * 900_000)) told[type] = Number(value);
      const wall = Date.UTC(
        told["year"]!,
        told["month"]! - 1,
        told["day"],
        told["hour"],
        told["minute"],
        told["second"],
      );
      offset = wall - quarter * 900_000;
      known.set(quarter, offset);
    }
    return offset;
  };
  return (wallMs) => {
    if (!Number.isFinite(wallMs) || Math.abs(wallMs) > 8.6e15) return Number.NaN;
    // The offset of the day before finds the first of two occurrences and carries a skipped time over the gap.
    const usual = offsetAt(wallMs - DAY_MS);
    const first = wallMs - usual;
    const then = offsetAt(first);
    if (then === usual) return first;
    return offsetAt(wallMs - then) === then ? wallMs - then : first;
  };
}
