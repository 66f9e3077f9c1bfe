/**
 * Strings made safe to keep: no NUL (PostgreSQL cannot hold it), no U+0001 (it separates lists in our statements), and
 * well-formed UTF-16. Pure.
 *
 * A JSON text that is valid UTF-8 can bring such characters in only through `\u` escapes, so one search of the text tells
 * whether its values need cleaning at all; nearly none do.
 */
import type { Json, JsonObject } from "../values.ts";

// Escaped ASCII may spell a control character or __proto__, an escaped surrogate may be alone.
const SUSPECT = /\\u(?:00[0-7]|[dD][89a-fA-F])|__proto__/;

/** Whether values parsed from this JSON text may need `cleaned`. Never says no wrongly. */
export const needsCleaning = (text: string): boolean =>
  (text.includes("\\u") || text.includes("__proto__")) && SUSPECT.test(text);

// oxlint-disable-next-line no-control-regex -- these are the characters to take out
const CONTROL = /[\u0000\u0001]/g;
// With the u flag a pair is one character, so this matches lone surrogates only.
const LONE = /\p{Surrogate}/gu;

/** The text without NUL and U+0001, lone surrogates replaced by U+FFFD. */
export const cleanText = (text: string): string => text.replace(CONTROL, "").replace(LONE, "\ufffd");

/**
 * The value with all its strings and names clean, and without `__proto__` keys. Deeper than `depthMax` it is cut to
 * null: what is that deep is refused by its depth anyway.
 */
export function cleaned(value: Json, depthMax = 100): Json {
  if (typeof value === "string") return cleanText(value);
  if (typeof value !== "object" || value === null) return value;
  if (depthMax === 0) return null;
  if (Array.isArray(value)) return value.map((item: Json) => cleaned(item, depthMax - 1));
  const fields = Object.entries(value).map(
    ([name, field]) => [cleanText(name), cleaned(field, depthMax - 1)] as const,
  );
  // Only now, for cleaning can make a name __proto__.
  return Object.fromEntries(fields.filter(([name]) => name !== "__proto__"));
}

/** The value when it is an object that is no array. */
export const objectOf = (value: Json | undefined): JsonObject | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

/** The value when it is a string with something in it, trimmed; cut to `charsMax`. */
export function textOf(value: Json | undefined, charsMax = 1_000): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  return text === "" ? undefined : text.length > charsMax ? cut(text, charsMax) : text;
}

/** The first `charsMax` characters, never half a surrogate pair. */
export function cut(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text;
  const last = text.charCodeAt(charsMax - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? charsMax - 1 : charsMax);
}

/** `Live Chat Started` and `live_chat.started` both as `live chat started`. */
export const plain = (name: string): string =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}$]+/gu, " ")
    .trim();
