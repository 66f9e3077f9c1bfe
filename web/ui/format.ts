/** Numbers, moments and money in words. Pure: the present moment and the time zone come in as values. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const numbers = new Intl.NumberFormat("en");
/** 12345 -> "12,345". */
export const count = (n: number): string => numbers.format(n);

/** "1 event", "3 events"; `many` where adding an s is wrong. */
export const counted = (n: number, one: string, many = `${one}s`): string =>
  `${count(n)} ${n === 1 ? one : many}`;

/** How long ago `at` was, in the largest unit that says enough; a moment ahead of `now` (a clock's difference) is "just now". */
export function ago(at: number, now: number): string {
  const ms = now - at;
  if (ms < 10_000) return "just now";
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min ago`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h ago`;
  const days = Math.floor(ms / DAY_MS);
  if (days < 60) return days === 1 ? "1 day ago" : `${days} days ago`;
  return days < 730 ? `${Math.round(days / 30.44)} months ago` : `${Math.floor(days / 365.25)} years ago`;
}

/** A length of time in at most two units: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function lasting(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR_MS) {
    const seconds = Math.round((ms % MINUTE_MS) / 1000);
    return `${Math.floor(ms / MINUTE_MS)} min${seconds > 0 ? ` ${seconds} s` : ""}`;
  }
  const minutes = Math.round((ms % HOUR_MS) / MINUTE_MS);
  return `${count(Math.floor(ms / HOUR_MS))} h${minutes > 0 ? ` ${minutes} min` : ""}`;
}

/** "Tue 3 Mar 2026, 14:05:09" in the given zone (the reader's own when absent). */
export const moment = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", ...(timeZone ? { timeZone } : {}) }).format(at); // prettier-ignore

/** "14:05" in the given zone. */
export const clockTime = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    ...(timeZone ? { timeZone } : {}),
  }).format(at);

/** "Tuesday 3 March 2026": the heading under which a day's moments stand. */
export const day = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", ...(timeZone ? { timeZone } : {}) }).format(at); // prettier-ignore

/** "3 Mar 2026". */
export const date = (at: number, timeZone?: string): string =>
  new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
    ...(timeZone ? { timeZone } : {}),
  }).format(at);

/** Money in minor units of `currency`; a code Intl does not know is written as it stands. */
export function money(valueMinor: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(valueMinor / 10 ** digits);
  } catch (refusal) {
    if (refusal instanceof RangeError) return `${count(valueMinor / 100)} ${currency}`.trim();
    throw refusal;
  }
}

/** Bytes in the unit a person would choose: "812 B", "3.4 MB". */
export function bytes(n: number): string {
  if (n < 1000) return `${n} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = n;
  let unit = -1;
  do {
    value /= 1000;
    unit += 1;
  } while (value >= 999.95 && unit < units.length - 1);
  return `${value.toFixed(value < 100 ? 1 : 0)} ${units[unit]}`;
}

/** A trait or property as one short line. Never throws. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return JSON.stringify(value);
}
