/**
 * When it happened: the sender's clock corrected by how wrong it was when it sent. Pure.
 *
 * As Segment: happenedAt = receivedAt - (sentAt - originalAt). The network's delay is taken for clock skew, which is
 * small beside what phones' clocks do.
 */
import type { Instant, Json } from "../values.ts";

const DAY_MS = 86_400_000;
/** Further in the future than this is a broken clock, not a plan. */
const AHEAD_MS_MAX = DAY_MS;
/** The years 0000 to 9999: what ISO 8601 writes with four digits, so what every answer of ours can say. */
const INSTANT_MIN = Date.parse("0000-01-01T00:00:00.000Z");
const INSTANT_MAX = Date.parse("9999-12-31T23:59:59.999Z");
const isInstant = (at: number): boolean => at >= INSTANT_MIN && at <= INSTANT_MAX;
/** Numbers below are seconds since 1970 (until the year 5138), above milliseconds (from 1973 on). */
const SECONDS_BELOW = 100_000_000_000;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?))?\s?(Z|z|[+-]\d\d(?::?\d\d)?)?$/;

let dayText = "";
let dayAt = Number.NaN;

/**
 * The instant a sender's value names, or null when it names none: ISO 8601 with or without offset (UTC without), or
 * seconds or milliseconds since 1970 as a number or digits. Never throws.
 */
export function instantOf(value: Json | undefined): Instant | null {
  if (typeof value === "string")
    return value.length === 24 ? (utcOf(value) ?? looseOf(value)) : looseOf(value);
  if (typeof value !== "number" || !Number.isFinite(value)) return null;
  const at = Math.round(Math.abs(value) < SECONDS_BELOW ? value * 1000 : value);
  return isInstant(at) ? at : null;
}

/** `2026-11-21T17:25:17.193Z`, the form every SDK sends, several times faster than Date.parse; null for any other. */
function utcOf(text: string): Instant | null {
  if (text.charCodeAt(10) !== 84 || text.charCodeAt(23) !== 90 || text.charCodeAt(19) !== 46) return null;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null;
  const day = text.slice(0, 10);
  if (day !== dayText) {
    dayAt = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(day) : Number.NaN;
    dayText = day;
  }
  const hour = twoDigits(text, 11);
  const minute = twoDigits(text, 14);
  const second = twoDigits(text, 17);
  const hundreds = text.charCodeAt(20) - 48;
  const at = dayAt + ((hour * 60 + minute) * 60 + second) * 1000 + hundreds * 100 + twoDigits(text, 21);
  return hour < 24 && minute < 60 && second < 60 && hundreds >= 0 && hundreds <= 9 && at === at ? at : null;
}

function twoDigits(text: string, from: number): number {
  const tens = text.charCodeAt(from) - 48;
  const ones = text.charCodeAt(from + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

function looseOf(value: string): Instant | null {
  const text = value.length > 40 ? "" : value.trim();
  const parts = ISO.exec(text);
  if (parts) {
    const [, day, time = "00:00", zone = "Z"] = parts;
    const offset =
      zone.length === 3 ? `${zone}:00` : zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone;
    const at = Date.parse(`${day}T${time.replace(",", ".")}${offset.toUpperCase()}`);
    return isInstant(at) ? at : null;
  }
  return /^\d{9,13}(\.\d+)?$/.test(text) ? instantOf(Number(text)) : null;
}

/**
 * When an event of `originalAt` sent at `sentAt` and received at `receivedAt` happened. Without a time of its own it
 * happened when it was received; without a time of sending there is nothing to correct by. More than a day ahead counts
 * as now; the past is kept, for history is imported.
 */
export function happenedAtOf(
  originalAt: Instant | null,
  sentAt: Instant | null,
  receivedAt: Instant,
): Instant {
  if (originalAt === null) return receivedAt;
  const at = sentAt === null ? originalAt : receivedAt - (sentAt - originalAt);
  return at > receivedAt + AHEAD_MS_MAX || !isInstant(at) ? receivedAt : at;
}
