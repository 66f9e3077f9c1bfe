/**
 * Definitions as they are kept in git: what they refer to is written by its name instead of the number it has in one
 * installation, and what differs between two of them is told by its place. Pure.
 */
import type { Json, JsonObject } from "../values.ts";

/** What a journey may refer to. */
export type Kind = "template" | "segment" | "journey";
/** The numbers of what is there, by name; letter case does not count. */
export type Names = { readonly [kind in Kind]: ReadonlyMap<string, number> };
export const namesOf = (rows: readonly { readonly id: number; readonly name: string }[]): ReadonlyMap<string, number> =>
  new Map(rows.map(({ id, name }) => [name.toLowerCase(), id])); // prettier-ignore

/** The field of an object that refers to something, and to what. */
function referenceIn(object: JsonObject): readonly [field: string, kind: Kind] | null {
  if (object["type"] === "message") return ["template", "template"];
  if (object["type"] === "segment" && "id" in object) return ["id", "segment"];
  if (object["type"] === "schedule") return ["segment", "segment"];
  return object["type"] === "journey" && "id" in object ? ["id", "journey"] : null;
}

/** The value with every reference put in its place anew; `key` is the field the value stands in. */
function replaced(value: Json, put: (kind: Kind, from: Json) => Json, key = ""): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => replaced(one, put));
  const object = value as JsonObject;
  // The traits of an update are the business's own words, whatever they look like.
  if (key === "traits") return object;
  const found = referenceIn(object);
  return Object.fromEntries(
    Object.entries(object).map(([field, inner]) => [
      field,
      found && found[0] === field ? put(found[1], inner) : replaced(inner, put, field),
    ]),
  );
}

/** A draft with names for numbers. What has no name here keeps its number. */
export function named(draft: Json, names: { readonly [kind in Kind]: ReadonlyMap<number, string> }): Json {
  return replaced(draft, (kind, from) => (typeof from === "number" ? (names[kind].get(from) ?? from) : from));
}

/** A draft with the numbers that its names have here, and the references that are not there. */
export function numbered(draft: Json, names: Names): { readonly draft: Json; readonly missing: readonly { readonly kind: Kind; readonly name: string }[] } {
  const missing: { kind: Kind; name: string }[] = [];
  const made = replaced(draft, (kind, from) => {
    if (typeof from !== "string") return from;
    const number = names[kind].get(from.toLowerCase());
    if (number === undefined) missing.push({ kind, name: from });
    return number ?? from;
  });
  return { draft: made, missing };
} // prettier-ignore

/** A place where two values differ; `undefined` where one has nothing there. */
export type Difference = {
  readonly path: string;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
};
/** Where two values differ, as deep as they can be compared; the order of fields does not count. */
export function differences(before: Json | undefined, after: Json | undefined, path = ""): readonly Difference[] {
  if (before === after) return [];
  if (isPlain(before) && isPlain(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted().flatMap((key) => differences(before[key], after[key], path === "" ? key : `${path}/${key}`));
  if (Array.isArray(before) && Array.isArray(after)) {
    const [one, other] = [before as readonly Json[], after as readonly Json[]];
    return Array.from({ length: Math.max(one.length, other.length) }, (_, i) => differences(one[i], other[i], `${path}/${i}`)).flat();
  }
  return [{ path, before, after }];
} // prettier-ignore
const isPlain = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const SHOWN_CHARS = 60;
/** A difference in one line: `+` is added, `-` taken away, `~` changed. */
export function lineOf({ path, before, after }: Difference): string {
  const shown = (value: Json | undefined): string => {
    if (typeof value === "string" && value.includes("\n")) return `${value.split("\n").length} lines`;
    const text = JSON.stringify(value) ?? "";
    return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS - 1)}…` : text;
  };
  if (before === undefined) return `  + ${path}: ${shown(after)}`;
  return after === undefined
    ? `  - ${path}: ${shown(before)}`
    : `  ~ ${path}: ${shown(before)} -> ${shown(after)}`;
}

/** A name as a file is called. `taken`: those that others have. */
export function fileNameOf(name: string, taken: ReadonlySet<string>): string {
  const plain = name.toLowerCase().normalize("NFKD").replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-+|-+$/g, "").slice(0, 80) || "unnamed"; // prettier-ignore
  let file = plain;
  for (let i = 2; taken.has(file); i++) file = `${plain}-${i}`;
  return file;
}
