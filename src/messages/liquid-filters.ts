/**
 * Filters of templates beside Liquid's own: money and days as the customer reads them, in their zone and language. Pure:
 * the moment, the zone and the language come in with the rendering.
 */
import { dividedBy, minus, modulo, plus, rounded, times } from "./liquid-numbers.ts";
import type { Instant } from "../values.ts";

/** How this rendering tells time and money. */
export type Manner = {
  /** What `now` is. */
  readonly now: Instant;
  /** An IANA name, e.g. Europe/Berlin. */
  readonly zone: string;
  /** A BCP 47 tag, e.g. de-AT. */
  readonly locale: string;
};

type Filter = (this: unknown, value: unknown, ...rest: readonly unknown[]) => unknown;

/** The arithmetic that replaces liquidjs' own. */
export const ARITHMETIC: { readonly [name: string]: Filter } = {
  plus, minus, times, divided_by: dividedBy, modulo, round: rounded,
}; // prettier-ignore

const DIGITS_MAX = 4;
const CURRENCY = /^[A-Z]{3}$/;

/** `9.9` and `EUR` as "€9.90" in the language of the customer. What is no number stays as it is. */
export function moneyOf({ locale }: Manner, value: unknown, currency: unknown, minor: boolean): unknown {
  const amount = typeof value === "number" ? value : Number.parseFloat(String(value));
  if (!Number.isFinite(amount)) return value;
  const code = typeof currency === "string" ? currency.toUpperCase() : "";
  if (!CURRENCY.test(code)) return rounded(minor ? amount / 100 : amount, 2).toFixed(2);
  const format = formatOf(`${locale} ${code}`, () => new Intl.NumberFormat(locale, { style: "currency", currency: code })); // prettier-ignore
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor ? amount / 10 ** Math.min(digits, DIGITS_MAX) : amount);
}

const STYLES = new Set(["full", "long", "medium", "short"]);
type Style = "full" | "long" | "medium" | "short";

/** A day, a time of day, or both, as people of that language write them. What is no moment stays as it is. */
export function momentOf(manner: Manner, value: unknown, style: unknown, parts: "date" | "time" | "both"): unknown {
  const at = instantIn(value, manner.now);
  if (at === null) return value;
  const named = (typeof style === "string" && STYLES.has(style) ? style : parts === "time" ? "short" : "long") as Style;
  const { locale } = manner;
  const zone = isFloating(value) ? "UTC" : manner.zone;
  const format = formatOf(`${locale} ${zone} ${parts} ${named}`, () => new Intl.DateTimeFormat(locale, {
    timeZone: zone,
    ...(parts !== "time" && { dateStyle: named }),
    ...(parts !== "date" && { timeStyle: parts === "time" ? named : "short" }),
  }));
  return format.format(at);
} // prettier-ignore

/** The moment in a value: ISO 8601, milliseconds or seconds since 1970, or the words now and today. Null for none. */
export function instantIn(value: unknown, now: Instant): Instant | null {
  if (value === "now" || value === "today") return now;
  const at = typeof value === "number" ? countedMs(value) : typeof value === "string" ? readMoment(value.trim()) : Number.NaN; // prettier-ignore
  return Number.isFinite(at) && Math.abs(at) <= 8.64e15 ? at : null;
}
/** Seconds reach the year 5138 before they look like milliseconds of 1973. */
const countedMs = (count: number): number => (Math.abs(count) < 1e11 ? count * 1000 : count);

const FLOATING = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?$/;
/** Whether it is a day or a time on a wall, of no zone: a birthday is the same day everywhere. */
export const isFloating = (value: unknown): boolean =>
  typeof value === "string" && FLOATING.test(value.trim());

function readMoment(text: string): number {
  if (/^-?\d{1,16}$/.test(text)) return countedMs(Number(text));
  if (FLOATING.test(text)) return Date.parse(text.length > 10 ? `${text.replace(" ", "T")}Z` : text);
  // Any other writing of a moment tells its zone, or is taken to be of UTC, never of this machine's.
  return /^\d{4}-\d\d-\d\d[T ].*(?:Z|[+-]\d\d:?\d\d)$/i.test(text)
    ? Date.parse(text.replace(" ", "T"))
    : Number.NaN;
}

const FORMATS_MAX = 200;
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
/** Making a format costs a hundred times what using it does. */
function formatOf<F extends Intl.NumberFormat | Intl.DateTimeFormat>(name: string, make: () => F): F {
  const held = formats.get(name);
  if (held) return held as F;
  if (formats.size >= FORMATS_MAX) formats.clear();
  const format = make();
  formats.set(name, format);
  return format;
}

/** The manner with a zone and a language that exist; else UTC and English. */
export function mannerOf(now: Instant, zone: string | null, locale: string | null): Manner {
  return { now, zone: zone !== null && isKnown("zone", zone) ? zone : "UTC", locale: locale !== null && isKnown("locale", locale) ? locale : "en" }; // prettier-ignore
}

const KNOWN_MAX = 1_000;
const known = new Map<string, boolean>();
function isKnown(kind: "zone" | "locale", name: string): boolean {
  const key = `${kind} ${name}`;
  const held = known.get(key);
  if (held !== undefined) return held;
  if (known.size >= KNOWN_MAX) known.clear();
  const there = isThere(kind, name);
  known.set(key, there);
  return there;
}
function isThere(kind: "zone" | "locale", name: string): boolean {
  try {
    if (kind === "locale") return Intl.getCanonicalLocales(name).length === 1;
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch (cause) {
    if (cause instanceof RangeError) return false;
    throw cause;
  }
}
