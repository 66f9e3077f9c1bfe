/**
 * The parts of an event's context worth keeping, each cut to a length. Pure.
 *
 * The user agent goes (its browser's family stays), and so does the IP address unless the workspace's server is set to
 * keep it. What the traits, campaign, consent and externalIds of the context said stands elsewhere in the event.
 */
import type { Json, JsonObject } from "../values.ts";
import { cut, objectOf } from "./text.ts";

const PARTS: readonly (readonly [name: string, fields: readonly string[]])[] = [
  ["app", ["name", "version", "build", "namespace"]],
  ["device", ["type", "model", "manufacturer", "name"]],
  ["os", ["name", "version"]],
  ["screen", ["width", "height", "density"]],
  ["library", ["name", "version"]],
  ["page", ["path", "title", "search", "url"]],
];
const SCALARS = ["locale", "timezone", "sessionId"] as const;
const CHARS_MAX = 500;

export type Around = {
  readonly context: JsonObject | undefined;
  readonly browser: string | undefined;
  /** Only where addresses are kept. */
  readonly ip: string | undefined;
  /** The event is a page event whose properties repeat the page. */
  readonly pageTold: boolean;
};

/** Undefined when there is nothing to keep. Never throws. */
export function contextOf({ context, browser, ip, pageTold }: Around): JsonObject | undefined {
  const kept: { [name: string]: Json } = {};
  if (context) readParts(kept, context, pageTold);
  // An event of our own export tells the family that was read from its user agent once.
  const family = browser ?? scalarOf(context?.["browser"]);
  if (family !== undefined) kept["browser"] = family;
  if (ip !== undefined) kept["ip"] = ip;
  for (const _ in kept) return kept;
  return undefined;
}

function readParts(kept: { [name: string]: Json }, context: JsonObject, pageTold: boolean): void {
  for (const [name, fields] of PARTS) {
    const part = context[name];
    if (part === undefined || (pageTold && name === "page")) continue;
    const some = fieldsOf(objectOf(part), fields);
    if (some) kept[name] = some;
  }
  for (const name of SCALARS) {
    const value = scalarOf(context[name]);
    if (value !== undefined) kept[name] = value;
  }
}

function fieldsOf(part: JsonObject | undefined, fields: readonly string[]): JsonObject | undefined {
  if (!part) return undefined;
  let kept: { [name: string]: Json } | undefined;
  for (const name of fields) {
    const value = scalarOf(part[name]);
    if (value !== undefined) (kept ??= {})[name] = value;
  }
  return kept;
}

function scalarOf(value: Json | undefined): string | number | boolean | undefined {
  if (typeof value === "string") return value === "" ? undefined : cut(value, CHARS_MAX);
  return typeof value === "number" || typeof value === "boolean" ? value : undefined;
}
