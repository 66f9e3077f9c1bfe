/**
 * What each column of a CSV file means, as a person chooses it, and the mapping that follows from it. Pure.
 *
 * Covers a file whose every row is one event; baskets over several rows come by a preset.
 */
import { delimiterOf, takeRecords } from "../../src/csv-records.ts";
import type { EventMapping, Mapping } from "../../src/imports/model.ts";
import type { IdentifierKind } from "../../src/identity/model.ts";

/** What a column may mean. */
export type Role =
  | "out"
  | `id:${IdentifierKind}`
  | "time"
  | "name"
  | "message_id"
  | "channel"
  | "touchpoint"
  | "property"
  | "trait";
/** The choices made for a file. `eventName` is for files that have no column for it. */
export type Columns = {
  readonly type: "track" | "identify";
  readonly eventName: string;
  readonly roles: { readonly [column: string]: Role };
};

const textOf = (column: string) => ({ column, as: "text" as const });
const withRole = (roles: Columns["roles"], role: Role): string[] =>
  Object.keys(roles).filter((column) => roles[column] === role);

/** The property a column becomes: its name, with what a field's name may not hold made harmless. */
export function fieldOf(column: string): string {
  const name = column.trim().replaceAll(".", "_");
  return /^(__proto__|constructor|prototype)?$/.test(name) ? `column_${name}` : name;
}

/** Columns whose every given cell is a plain number; ids and phone numbers with leading zeros or signs are texts. */
export function numericColumns(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): ReadonlySet<string> {
  const numeric = header.filter((_, at) => {
    const cells = rows.map((row) => row[at] ?? "").filter((cell) => cell !== "");
    return cells.length > 0 && cells.every((cell) => /^-?(0|[1-9]\d{0,14})(\.\d{1,10})?$/.test(cell));
  });
  return new Set(numeric);
}

const columnIn = (source: EventMapping["name"]): string | undefined =>
  source !== undefined && "column" in source ? source.column : undefined;

/** The columns a mapped event names, with the role each has in it; what comes later in the list wins. */
function namedIn(event: EventMapping): readonly (readonly [column: string | undefined, role: Role])[] {
  return [
    [columnIn(event.name), "name"],
    [columnIn(event.channel), "channel"],
    [columnIn(event.touchpoint), "touchpoint"],
    ...(event.time?.columns ?? []).map((column) => [column, "time"] as const),
    ...(event.id?.columns ?? []).map((column) => [column, "message_id"] as const),
    ...event.identifiers.map(({ kind, from }) => [columnIn(from), `id:${kind}`] as const),
  ];
}

/** The choices a mapping stands for, as far as single columns can tell: where a person starts from. */
export function columnsOf(mapping: Mapping, header: readonly string[]): Columns {
  const event = mapping.events[0];
  const type = event?.type === "identify" ? "identify" : "track";
  const rest: Role = type === "identify" ? "trait" : "property";
  const roles = new Map<string, Role>(header.map((column) => [column, rest]));
  for (const [column, role] of event === undefined ? [] : namedIn(event))
    if (column !== undefined && roles.has(column)) roles.set(column, role);
  const name = event?.name;
  const eventName = name !== undefined && "constant" in name ? String(name.constant) : "";
  return { type, eventName, roles: Object.fromEntries(roles) };
}

export type Chosen =
  | { readonly type: "mapping"; readonly mapping: Mapping }
  | { readonly type: "incomplete"; readonly detail: string };

function nameSource({ type, eventName, roles }: Columns): EventMapping["name"] {
  const [column] = withRole(roles, "name");
  if (type === "identify") return undefined;
  if (column !== undefined) return textOf(column);
  return eventName.trim() === "" ? undefined : { constant: eventName.trim() };
}

const fields = (columns: readonly string[], numeric: ReadonlySet<string>) =>
  Object.fromEntries(
    columns.map((column) => [
      fieldOf(column),
      { column, as: numeric.has(column) ? ("number" as const) : ("text" as const) },
    ]),
  );

/** The mapping the choices make, or what is still missing in a sentence. `before` tells how the file is written. */
export function mappingOf(columns: Columns, before: Mapping, numeric: ReadonlySet<string>): Chosen {
  const { roles, type } = columns;
  const identifiers = Object.entries(roles).flatMap(([column, role]) =>
    role.startsWith("id:") ? [{ kind: role.slice(3) as IdentifierKind, from: textOf(column) }] : [],
  );
  const name = nameSource(columns);
  if (identifiers.length === 0)
    return {
      type: "incomplete",
      detail: "Choose the column that names the customer: an email, a phone number or an id.",
    };
  if (type === "track" && name === undefined)
    return {
      type: "incomplete",
      detail: "Say what happened: name the event, or choose the column that does.",
    };
  const times = withRole(roles, "time");
  if (times.length > 2)
    return {
      type: "incomplete",
      detail: "The time comes from one column, or from a date and a time of day.",
    };
  const messageIds = withRole(roles, "message_id");
  const [channel] = withRole(roles, "channel");
  const [touchpoint] = withRole(roles, "touchpoint");
  const event: EventMapping = {
    type,
    identifiers,
    properties: {
      // What makes a row unique (an order's number) is worth knowing too, and is a name even where it is all digits.
      ...(type === "track" ? fields(messageIds, new Set()) : {}),
      ...fields(withRole(roles, "property"), numeric),
    },
    traits: fields(withRole(roles, "trait"), numeric),
    where: [],
    ...(name === undefined ? {} : { name }),
    ...(times.length === 0 ? {} : { time: { columns: times, format: "auto", zone: "UTC", shiftDays: 0 } }),
    ...(messageIds.length === 0
      ? {}
      : { id: { columns: messageIds, prefix: before.events[0]?.id?.prefix ?? "" } }),
    ...(channel === undefined ? {} : { channel: textOf(channel) }),
    ...(touchpoint === undefined ? {} : { touchpoint: textOf(touchpoint) }),
  };
  return { type: "mapping", mapping: { ...before, format: "csv", as: "rows", groupBy: [], events: [event] } };
}

/** A file as columns can be chosen for it. `mapping` tells how it is written. */
export type CsvTable = {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly mapping: Mapping;
};
const ROWS_READ = 20;

/** The table at the beginning of a file, for a file no preset knows; null when it is lines of JSON or has no rows. */
export function csvTableOf(sample: string): CsvTable | null {
  const text = sample.replace(/^\uFEFF/, "");
  if (text.trimStart().startsWith("{")) return null;
  const delimiter = delimiterOf(text.split("\n", 1)[0] ?? "");
  const [header, ...rows] = takeRecords(text, delimiter, true)
    .records.slice(0, ROWS_READ + 1)
    .map(({ cells }) => cells);
  if (header === undefined || rows.length === 0) return null;
  const mapping: Mapping = {
    format: "csv",
    as: "rows",
    delimiter,
    encoding: "utf-8",
    decimal: ".",
    groupBy: [],
    events: [],
  };
  return { header, rows, mapping };
}
