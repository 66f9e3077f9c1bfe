/**
 * One value out of one row: cells read as text, numbers, truth, lists or JSON. Pure; never throws.
 *
 * A cell that cannot be read as asked refuses its row: a wrong number is worse than a missing customer.
 */
import type { Json, JsonObject } from "../values.ts";
import type { Mapping, Source } from "./model.ts";

/** A row as its file gives it: cells of CSV by place, or one object of NDJSON. */
export type Row = readonly string[] | JsonObject;
/** The first thing wrong with a row; kept by whoever maps it. */
export type Trouble = { reason: "bad_value" | "no_identifier" | "no_time" | "no_name"; detail: string };
/** Reads one value from the rows of a group. Undefined where the cell is empty. Tells `trouble` of a bad cell. */
export type Reader = (rows: readonly Row[], trouble: (of: Trouble) => void) => Json | undefined;
/** Reads a cell's text; undefined where it is empty or absent. */
export type Cell = (row: Row) => Json | undefined;

/** Where columns are: CSV has a header, NDJSON has paths. Null when a CSV file has no such column. */
export function cellOf(column: string, header: readonly string[] | null): Cell | null {
  if (header) {
    const place = header.indexOf(column);
    if (place < 0) return null;
    return (row) => (row as readonly string[])[place]?.trim() || undefined;
  }
  const path = column.split(".");
  return (row) => {
    // A key that itself holds dots wins over the path.
    let value: Json | undefined = ownOf(row as JsonObject, column);
    if (value === undefined && path.length > 1)
      value = path.reduce<Json | undefined>(
        (inner, key) => (isObject(inner) ? ownOf(inner, key) : undefined),
        row as JsonObject,
      );
    return value === null || value === "" ? undefined : value;
  };
}

const ownOf = (object: JsonObject, key: string): Json | undefined =>
  Object.hasOwn(object, key) ? object[key] : undefined;
/** Whether a value is a JSON object (no list, not null). */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The columns a source names. */
export function columnsOf(source: Source): readonly string[] {
  if ("column" in source) return [source.column];
  if ("columns" in source) return source.columns;
  return "sum" in source ? [source.sum] : [];
}

/** The reader of `source`. The columns it names must exist in `header`. */
export function readerOf(
  source: Source,
  header: readonly string[] | null,
  decimal: Mapping["decimal"],
): Reader {
  if ("constant" in source) return () => source.constant;
  if ("sum" in source) return sumReader(source.sum, header, decimal);
  if ("columns" in source) {
    const cells = source.columns.map((column) => cellOf(column, header) ?? absent);
    return ([row]) =>
      cells
        .map((cell) => textOf(cell(row!)))
        .filter(Boolean)
        .join(source.join) || undefined;
  }
  const cell = cellOf(source.column, header) ?? absent;
  const { as, prefix, values } = source;
  return ([row], trouble) => {
    let value = cell(row!);
    if (value === undefined) return undefined;
    if (values && typeof value !== "object" && Object.hasOwn(values, String(value)))
      return values[String(value)];
    value = cast(value, as, decimal);
    if (value === undefined)
      trouble({ reason: "bad_value", detail: `${source.column}: ${shown(cell(row!))} is no ${as}.` });
    return prefix === undefined || value === undefined ? value : prefix + textOf(value);
  };
}

const absent: Cell = () => undefined;

function sumReader(column: string, header: readonly string[] | null, decimal: Mapping["decimal"]): Reader {
  const cell = cellOf(column, header) ?? absent;
  return (rows, trouble) => {
    let sum: number | undefined;
    for (const row of rows) {
      const value = cell(row);
      if (value === undefined) continue;
      const number = numberOf(value, decimal);
      if (number === undefined)
        trouble({ reason: "bad_value", detail: `${column}: ${shown(value)} is no number.` });
      else sum = (sum ?? 0) + number;
    }
    // Sums of decimal fractions, without the dust of binary ones.
    return sum === undefined ? undefined : Math.round(sum * 1e6) / 1e6;
  };
}

/** A value as text; objects and lists as JSON, nothing as the empty text. */
export function textOf(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const shown = (value: Json | undefined): string => `"${textOf(value).slice(0, 100)}"`;

function cast(
  value: Json,
  as: "text" | "number" | "boolean" | "json" | "list",
  decimal: Mapping["decimal"],
): Json | undefined {
  switch (as) {
    case "text":
      return typeof value === "string" ? value : typeof value === "object" ? value : String(value);
    case "number":
      return numberOf(value, decimal);
    case "boolean":
      return typeof value === "boolean" ? value : TRUTH[textOf(value).toLowerCase()];
    case "list":
      if (Array.isArray(value)) return value;
      return textOf(value).split(/[,;|]/).map((part) => part.trim()).filter(Boolean); // prettier-ignore
    case "json":
      return typeof value === "string" ? parsed(value) : value;
  }
}

const TRUTH: { readonly [text: string]: boolean } = {
  __proto__: null as never,
  true: true, t: true, yes: true, y: true, "1": true, on: true, x: true,
  false: false, f: false, no: false, n: false, "0": false, off: false,
}; // prettier-ignore

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    // The caller refuses the row by name; anything but bad JSON is a bug.
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

/** `1234.5`, `1,234.50`, `$ 12.90`, `(3.20)` as minus 3.20, `45 %` as 45; undefined for anything else. */
export function numberOf(value: Json, decimal: Mapping["decimal"]): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  if (decimal === "." && PLAIN.test(value)) return Number(value);
  let text = value.replace(/[\s\u00a0'€$£¥₹%]|[A-Z]{3}/gu, "").replaceAll(decimal === "." ? "," : ".", "");
  if (decimal === ",") text = text.replace(",", ".");
  const debit = /^\((.+)\)$/.exec(text)?.[1];
  const number = debit === undefined ? text : `-${debit}`;
  return PLAIN.test(number) ? Number(number) : undefined;
}

const PLAIN = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
