/**
 * Rows become events: a mapping and a header compiled into one function from the rows of a group to Segment bodies,
 * the same an SDK would have sent. Pure; the hash comes in as a function.
 *
 * Laws (mapping.test.ts): the same rows give the same bodies and message ids; no row goes without an outcome; ids of
 * different rows of one file differ.
 */
import type { Json, JsonObject } from "../values.ts";
import { type EventMapping, IMPORT_LIMITS, type Mapping, type RowRefusal } from "./model.ts";
import {
  type Cell,
  cellOf,
  columnsOf,
  isObject,
  type Reader,
  readerOf,
  type Row,
  textOf,
  type Trouble,
} from "./sources.ts";
import { timeReader } from "./time.ts";
import { segmentBody, throughlineBody } from "./whole.ts";

/** A short text that stands for a long one: stable over machines and releases. */
export type Hash = (text: string) => string;
/** Where a group stands: the file's name, the line of its first row, and that row as it stands in the file. */
export type Place = { readonly file: string; readonly line: number; readonly text: string };
/** What became of a group of rows. No bodies and no refusal: no event's conditions chose it. */
export type Mapped =
  | { readonly type: "mapped"; readonly bodies: readonly JsonObject[] }
  | { readonly type: "refused"; readonly reason: RowRefusal; readonly detail: string };
export type RowMapper = {
  /** Rows that follow each other with the same key are one group; null: each row by itself. */
  readonly keyOf: ((row: Row) => string) | null;
  map(rows: readonly Row[], place: Place): Mapped;
};

/** Makes the mapper, or says which columns the file lacks. `header` is null for NDJSON. */
export function compile(
  mapping: Mapping,
  header: readonly string[] | null,
  hash: Hash,
):
  | { readonly type: "compiled"; readonly mapper: RowMapper }
  | { readonly type: "missing"; readonly columns: readonly string[] } {
  const named = [...mapping.groupBy, ...mapping.events.flatMap(namedBy)];
  const missing = header ? [...new Set(named)].filter((column) => !header.includes(column)) : [];
  if (missing.length > 0) return { type: "missing", columns: missing };
  if (mapping.as !== "rows") {
    const whole = mapping.as === "segment" ? segmentBody : throughlineBody;
    const map = ([row]: readonly Row[], place: Place): Mapped => ({
      type: "mapped",
      bodies: [whole(row as JsonObject, () => idOfPlace(hash, place))],
    });
    return { type: "compiled", mapper: { keyOf: null, map } };
  }
  const events = mapping.events.map((event, index) =>
    eventMaker(event, index, { mapping, header, hash, named }),
  );
  const keys = mapping.groupBy.map((column) => cellOf(column, header)!);
  const keyOf = keys.length === 0 ? null : (row: Row) => keys.map((cell) => textOf(cell(row))).join("\u0001");
  return { type: "compiled", mapper: { keyOf, map: (rows, place) => mapWith(events, rows, place) } };
}

/** Every column an event mapping names. */
function namedBy(event: EventMapping): string[] {
  const sources = [
    event.name, event.channel, event.touchpoint, event.accountId, ...event.identifiers.map(({ from }) => from),
    ...Object.values(event.properties), ...Object.values(event.traits), ...Object.values(event.products ?? {}),
  ]; // prettier-ignore
  return [
    ...sources.flatMap((source) => (source ? columnsOf(source) : [])),
    ...(event.time?.columns ?? []),
    ...(event.id?.columns ?? []),
    ...event.where.map(({ column }) => column),
  ];
}

type Maker = (rows: readonly Row[], place: Place, trouble: (of: Trouble) => void) => JsonObject | null;

function mapWith(events: readonly Maker[], rows: readonly Row[], place: Place): Mapped {
  let first: Trouble | undefined;
  const trouble = (of: Trouble) => (first ??= of);
  const bodies: JsonObject[] = [];
  for (const make of events) {
    const body = make(rows, place, trouble);
    if (body) bodies.push(body);
  }
  return first ? { type: "refused", ...first } : { type: "mapped", bodies };
}

type Context = {
  readonly mapping: Mapping;
  readonly header: readonly string[] | null;
  readonly hash: Hash;
  readonly named: readonly string[];
};

function eventMaker(event: EventMapping, index: number, context: Context): Maker {
  const { header, mapping } = context;
  const reader = (source: EventMapping["name"]): Reader | null =>
    source ? readerOf(source, header, mapping.decimal) : null;
  const chosen = condition(event, header);
  const name = reader(event.name);
  const channel = reader(event.channel);
  const touchpoint = reader(event.touchpoint);
  const account = reader(event.accountId);
  const identify = identifierReader(event, context);
  const timeOf = timestampReader(event, header);
  const idOf = idReader(event, index, context);
  const properties = fieldsReader(event, "properties", context);
  const traits = fieldsReader(event, "traits", context);
  return (rows, place, trouble) => {
    if (!chosen(rows[0]!)) return null;
    const told = name?.(rows, trouble);
    if (event.type === "track" && told === undefined)
      trouble({ reason: "no_name", detail: "The row tells no event name." });
    const ids = identify(rows, trouble);
    const timestamp = timeOf(rows[0]!, trouble);
    return {
      type: event.type,
      messageId: idOf(rows[0]!, place, trouble),
      ...(told !== undefined && { [event.type === "track" ? "event" : "name"]: textOf(told) }),
      ...ids.top,
      ...(timestamp !== undefined && { timestamp }),
      ...(event.type === "group" && { groupId: textOf(account?.(rows, trouble)) }),
      ...properties(rows, trouble),
      ...traits(rows, trouble),
      context: {
        library: LIBRARY,
        ...optional("channel", channel?.(rows, trouble)),
        ...optional("touchpoint", touchpoint?.(rows, trouble)),
        ...(ids.external.length > 0 && { externalIds: ids.external }),
      },
    };
  };
}

const LIBRARY = { name: "throughline-import", version: "1" } as const;
const optional = (key: string, value: Json | undefined): JsonObject =>
  value === undefined ? {} : { [key]: value };

function condition(event: EventMapping, header: readonly string[] | null): (row: Row) => boolean {
  const tests = event.where.map(({ column, is, isNot }) => {
    const cell = cellOf(column, header)!;
    return (row: Row) => {
      const text = textOf(cell(row));
      return (is === undefined || is.includes(text)) && (isNot === undefined || !isNot.includes(text));
    };
  });
  return (row) => tests.every((test) => test(row));
}

function identifierReader(event: EventMapping, { header, mapping }: Context) {
  const readers = event.identifiers.map(({ kind, from }) => ({
    kind,
    read: readerOf(from, header, mapping.decimal),
  }));
  return (rows: readonly Row[], trouble: (of: Trouble) => void) => {
    const top: { userId?: string; anonymousId?: string } = {};
    const external: JsonObject[] = [];
    for (const { kind, read } of readers) {
      const id = textOf(read(rows, trouble)).trim();
      if (id === "") continue;
      if (kind === "user_id" && top.userId === undefined) top.userId = id;
      else if (kind === "anonymous_id" && top.anonymousId === undefined) top.anonymousId = id;
      else external.push({ id, type: kind, collection: "users", encoding: "none" });
    }
    if (external.length === 0 && top.userId === undefined && top.anonymousId === undefined)
      trouble({ reason: "no_identifier", detail: "Every cell that could name the customer is empty." });
    return { top, external };
  };
}

function timestampReader(event: EventMapping, header: readonly string[] | null) {
  const time = event.time;
  if (!time) return () => undefined;
  const cells = time.columns.map((column) => cellOf(column, header)!);
  const read = timeReader(time);
  return (row: Row, trouble: (of: Trouble) => void): string | undefined => {
    const text = cells.map((cell) => textOf(cell(row))).filter(Boolean).join(" "); // prettier-ignore
    const at = text === "" ? null : read(text);
    if (at !== null) return new Date(at).toISOString();
    const told =
      text === ""
        ? "is empty"
        : `"${text.slice(0, 100)}" is no time in the format ${time.pattern ?? time.format}`;
    trouble({ reason: "no_time", detail: `${time.columns.join(" and ")}: ${told}.` });
    return undefined;
  };
}

const idOfPlace = (hash: Hash, place: Place): string =>
  `import-${hash(`${place.file}\n${place.line}\n${place.text}`)}`;
const ID_CHARS_MAX = 100;

function idReader(event: EventMapping, index: number, { header, hash }: Context) {
  // Several events of one row need ids of their own.
  const suffix = index === 0 ? "" : `.${index}`;
  if (!event.id) return (_: Row, place: Place) => idOfPlace(hash, place) + suffix;
  const { prefix } = event.id;
  const cells: readonly Cell[] = event.id.columns.map((column) => cellOf(column, header)!);
  return (row: Row, _: Place, trouble: (of: Trouble) => void) => {
    const parts = cells.map((cell) => textOf(cell(row)));
    if (parts.every((part) => part === ""))
      trouble({
        reason: "bad_value",
        detail: `${event.id!.columns.join(" and ")}: empty, and the message id is made of it.`,
      });
    const id = prefix + parts.join("-") + suffix;
    return id.length <= ID_CHARS_MAX ? id : prefix + hash(id) + suffix;
  };
}

type Fields = (rows: readonly Row[], trouble: (of: Trouble) => void) => JsonObject;

function fieldsReader(event: EventMapping, into: "properties" | "traits", context: Context): Fields {
  const { header, mapping } = context;
  const fields = Object.entries(event[into]).map(([key, source]) => ({
    path: key.split("."),
    read: readerOf(source, header, mapping.decimal),
  }));
  const line = Object.entries(event.products ?? {}).map(([key, source]) => ({
    path: key.split("."),
    read: readerOf(source, header, mapping.decimal),
  }));
  const listed = into === "properties" && event.products !== undefined;
  const rest = event.rest === into ? restReader(context) : null;
  if (fields.length === 0 && !listed && !rest) return () => ({});
  return (rows, trouble) => {
    const values = rest ? rest(rows[0]!) : {};
    for (const { path, read } of fields) put(values, path, read(rows, trouble));
    if (listed) {
      values["products"] = rows.map((row) => {
        const product: { [key: string]: Json } = {};
        for (const { path, read } of line) put(product, path, read([row], trouble));
        return product;
      });
    }
    return { [into]: values };
  };
}

function put(into: { [key: string]: Json }, path: readonly string[], value: Json | undefined): void {
  if (value === undefined) return;
  let at = into;
  for (const key of path.slice(0, -1)) {
    const inner = Object.hasOwn(at, key) ? at[key] : undefined;
    at = (isObject(inner) ? inner : (at[key] = {})) as { [key: string]: Json };
  }
  at[path.at(-1)!] = value;
}

function restReader({ header, named }: Context): (row: Row) => { [key: string]: Json } {
  const taken = new Set(named);
  const cells = (header ?? []).slice(0, IMPORT_LIMITS.columnsMax).flatMap((column) => {
    const cell =
      taken.has(column) || column.trim() === "" || column === "__proto__" ? null : cellOf(column, header);
    return cell ? [{ column, cell }] : [];
  });
  return (row) => {
    const values: { [key: string]: Json } = {};
    if (header) for (const { column, cell } of cells) put(values, [column], cell(row));
    else
      for (const [key, value] of Object.entries(row as JsonObject))
        if (!taken.has(key) && key !== "__proto__") put(values, [key], value);
    return values;
  };
}
