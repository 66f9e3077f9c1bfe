/**
 * The tests a rule asks of one value, and when time alone will change an answer. Pure. sql.ts says the same in SQL; so
 * everything here is kept to what both can say alike: values as text, numbers by one pattern, dates by two.
 */
import type { Instant, Json, JsonObject } from "../values.ts";
import { SEGMENT_LIMITS, type Scalar, type Test } from "./model.ts";

const DAY_MS = 86_400_000;
/** JSON's numbers, also where they are written as text. */
export const NUMBER_PATTERN = "^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$";
export const DATE_PATTERN =
  "^(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,3})?)?Z)?$";
const NUMBER = new RegExp(NUMBER_PATTERN);
const DATE = new RegExp(DATE_PATTERN);
/** Numbers below are seconds since 1970, above milliseconds. */
export const SECONDS_BELOW = 100_000_000_000;
/** Values are compared by so many of their first characters. */
export const TEXT_CHARS_MAX = SEGMENT_LIMITS.textCharsMax;

/** A value as text: null for what is absent, null or an object. A list has no text; see `elementsOf`. */
export function textOf(value: Json | undefined): string | null {
  if (typeof value === "string") return cut(value);
  return typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** The first characters of a text, whole ones. */
function cut(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : Array.from(text).slice(0, TEXT_CHARS_MAX).join("");
}

/** The texts of a list's elements; null when the value is no list. */
export function elementsOf(value: Json | undefined): readonly string[] | null {
  return Array.isArray(value) ? (value as readonly Json[]).flatMap((one) => textOf(one) ?? []) : null;
}

/** The number a text names, or null. */
export function numberOf(text: string | null): number | null {
  if (text === null || !NUMBER.test(text)) return null;
  const number = Number(text);
  return Math.abs(number) <= 1e15 ? number : null;
}

/** The instant a text names, or null. */
export function dateOf(text: string | null): Instant | null {
  if (text === null) return null;
  if (DATE.test(text)) {
    const at = Date.parse(text);
    // A 31st of February is no date.
    return Number.isNaN(at) || new Date(at).getUTCDate() !== Number(text.slice(8, 10)) ? null : at;
  }
  const number = numberOf(text);
  if (number === null || number < 0) return null;
  return Math.floor(number < SECONDS_BELOW ? number * 1000 : number);
}

/** The value at a path of `properties`; a key that has dots itself is found first. Undefined when there is none. */
export function valueAt(properties: JsonObject | undefined, path: string): Json | undefined {
  if (!properties) return undefined;
  if (Object.hasOwn(properties, path)) return properties[path];
  let value: Json | undefined = properties;
  for (const key of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return undefined; // prettier-ignore
    value = (value as JsonObject)[key];
  }
  return value;
}

/** A value as tests look at it. */
type Held = {
  readonly value: Json | undefined;
  readonly text: string | null;
  readonly elements: readonly string[] | null;
};
type Passes<Op extends Test["op"]> = (test: Test & { readonly op: Op }, held: Held, now: Instant) => boolean;

/** Whether `value` passes at `now`. */
export function passes(test: Test, value: Json | undefined, now: Instant): boolean {
  const ask = PASSES[test.op] as (test: Test, held: Held, now: Instant) => boolean;
  return ask(test, { value, text: textOf(value), elements: elementsOf(value) }, now);
}

const wanted = (value: Scalar): string => textOf(value)!;
/** ASCII letters only: both engines agree on those. */
const lower = (text: string): string => text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
const isThere = ({ value }: Held) => value !== undefined && value !== null;
const has = ({ text, elements }: Held, part: string) =>
  elements ? elements.includes(part) : text !== null && lower(text).includes(lower(part));
const ofNumber = ({ text }: Held, passes_: (number: number) => boolean) => {
  const number = numberOf(text);
  return number !== null && passes_(number);
};
const ofDate = ({ text }: Held, passes_: (at: Instant) => boolean) => {
  const at = dateOf(text);
  return at !== null && passes_(at);
};

const PASSES: { readonly [Op in Test["op"]]: Passes<Op> } = {
  exists: (_test, held) => isThere(held),
  not_exists: (_test, held) => !isThere(held),
  equals: ({ value }, { text }) => text !== null && text === wanted(value),
  not_equals: ({ value }, { text }) => text === null || text !== wanted(value),
  in: ({ values }, { text }) => text !== null && values.some((one) => wanted(one) === text),
  not_in: ({ values }, { text }) => text === null || !values.some((one) => wanted(one) === text),
  contains: ({ value }, held) => has(held, value),
  not_contains: ({ value }, held) => !has(held, value),
  starts_with: ({ value }, { text }) => text !== null && lower(text).startsWith(lower(value)),
  ends_with: ({ value }, { text }) => text !== null && lower(text).endsWith(lower(value)),
  above: ({ value }, held) => ofNumber(held, (number) => number > value),
  at_least: ({ value }, held) => ofNumber(held, (number) => number >= value),
  below: ({ value }, held) => ofNumber(held, (number) => number < value),
  at_most: ({ value }, held) => ofNumber(held, (number) => number <= value),
  between: ({ from, to }, held) => ofNumber(held, (number) => number >= from && number <= to),
  before: (test, held) => ofDate(held, (at) => at < test.at),
  after: (test, held) => ofDate(held, (at) => at >= test.at),
  within_last: ({ ms }, held, now) => ofDate(held, (at) => at <= now && at > now - ms),
  longer_ago: ({ ms }, held, now) => ofDate(held, (at) => at <= now - ms),
  within_next: ({ ms }, held, now) => ofDate(held, (at) => at > now && at <= now + ms),
};

/** The next instant after `now` at which time alone may change the answer for `value`; null when it never will. */
export function turnsAt(test: Test, value: Json | undefined, now: Instant): Instant | null {
  if (test.op !== "within_last" && test.op !== "longer_ago" && test.op !== "within_next") return null;
  const at = dateOf(textOf(value));
  if (at === null) return null;
  const turns = test.op === "within_last" ? [at, at + test.ms] : test.op === "longer_ago" ? [at + test.ms] : [at - test.ms, at]; // prettier-ignore
  return soonest(turns.filter((turn) => turn > now));
}

/** The earliest of these instants; null when there is none. */
export function soonest(instants: readonly (Instant | null)[]): Instant | null {
  let first: Instant | null = null;
  for (const at of instants) if (at !== null && (first === null || at < first)) first = at;
  return first;
}

/** Whole days between two instants. */
export const daysBetween = (from: Instant, to: Instant): number => Math.floor((to - from) / DAY_MS);
