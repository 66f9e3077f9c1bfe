/**
 * Files brought in: how the rows of a CSV or NDJSON file become events, and what is known of one import.
 *
 * A mapping is data: it is given by the caller or taken from a preset, kept with the import, and the same mapping over
 * the same file always gives the same events with the same message ids. So importing twice changes nothing.
 */
import { z } from "zod";
import { EVENT_TYPES } from "../events/model.ts";
import { IdentifierKind } from "../identity/model.ts";
import { patternWorks, zoneKnown } from "./time.ts";

/** Every limit of an import in one place. */
export const IMPORT_LIMITS = {
  /** Bytes of an uploaded file, as it arrives (compressed or not). */
  fileBytesMax: 20 * 1024 ** 3,
  /** Bytes of one row; a longer one is refused, and reading goes on at the next line. */
  rowBytesMax: 1024 * 1024,
  columnsMax: 1000,
  /** Rows of one group (lines of one basket); more begin a second event. */
  groupRowsMax: 1000,
  /** Bytes of the file of refused rows; beyond it rows are counted but no longer written. */
  refusedBytesMax: 1024 ** 3,
  /** Characters of a refused row that are kept. */
  refusedCharsMax: 8000,
  previewRowsMax: 20,
  previewBytesMax: 256 * 1024,
  /** Files of one workspace that wait or run at once. */
  waitingMax: 100,
  nameCharsMax: 200,
} as const;

const Column = z.string().min(1).max(200);
const FieldName = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^(?!(?:.*\.)?(?:__proto__|constructor|prototype)(?:\.|$))[^.]+(?:\.[^.]+)*$/,
    "words joined by dots, and no prototype keys",
  );
const Scalar = z.union([z.string().max(2000), z.number(), z.boolean()]);

/** Where one value comes from. An empty cell leaves the field out. */
export const Source = z.union([
  z.strictObject({
    column: Column,
    as: z
      .enum(["text", "number", "boolean", "json", "list"])
      .default("text")
      .describe("How the cell is read; `list` is split at commas, semicolons or bars"),
    prefix: z.string().max(200).optional(),
    values: z
      .record(z.string(), Scalar)
      .optional()
      .describe("Replaces a cell by the value it stands for; cells not listed stay"),
  }),
  z.strictObject({ columns: z.array(Column).min(1).max(10), join: z.string().max(20).default(" ") }),
  z.strictObject({ constant: Scalar }),
  z.strictObject({ sum: Column }).describe("The column's sum over the rows of a group"),
]);
export type Source = z.infer<typeof Source>;

const Fields = z.record(FieldName, Source);

/** The moment of a row. */
export const TimeMapping = z
  .strictObject({
    columns: z.array(Column).min(1).max(2).describe("One column, or a date and a time"),
    format: z.enum(["auto", "iso", "unix_s", "unix_ms", "days", "pattern"]).default("auto"),
    pattern: z.string().max(60).refine(patternWorks, "needs yyyy, MM and dd, each part once").optional(),
    zone: z.string().refine(zoneKnown, "a time zone such as Europe/Berlin").default("UTC"),
    timeOfDay: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "HH:mm")
      .optional()
      .describe("For rows that tell a day only"),
    shiftDays: z.int().min(-40_000).max(40_000).default(0).describe("Moves every time by whole days"),
  })
  .refine(
    (time) => (time.format === "pattern") === (time.pattern !== undefined),
    "format `pattern` and a pattern go together",
  );

const Condition = z.strictObject({
  column: Column,
  is: z.array(z.string()).max(100).optional(),
  isNot: z.array(z.string()).max(100).optional().describe('[""] keeps rows in which the cell is not empty'),
});

/** One event that a row (or a group of rows) becomes. */
export const EventMapping = z.strictObject({
  type: z.enum(EVENT_TYPES).exclude(["alias"]),
  name: Source.optional().describe("The event's name; needed for track"),
  identifiers: z
    .array(z.strictObject({ kind: IdentifierKind, from: Source }))
    .min(1)
    .max(20),
  time: TimeMapping.optional(),
  id: z
    .strictObject({ columns: z.array(Column).min(1).max(10), prefix: z.string().max(60).default("") })
    .optional()
    .describe("What makes the message id; without it: the file's name, the line and the row"),
  channel: Source.optional(),
  touchpoint: Source.optional(),
  accountId: Source.optional(),
  properties: Fields.default({}),
  traits: Fields.default({}),
  products: Fields.optional().describe("Each row of the group adds one product to properties.products"),
  rest: z.enum(["properties", "traits"]).optional().describe("Where columns go that nothing else names"),
  where: z.array(Condition).max(20).default([]).describe("Only rows that meet all of these"),
});
export type EventMapping = z.infer<typeof EventMapping>;

export const FileFormat = z.enum(["csv", "ndjson"]);

/**
 * How one file is read. `rows`: by `events` below. `segment`: each line of NDJSON is a Segment event as an SDK sends
 * it or Segment's archives keep it. `throughline`: each line is one of our own export.
 */
export const Mapping = z
  .strictObject({
    format: FileFormat,
    as: z.enum(["rows", "segment", "throughline"]).default("rows"),
    delimiter: z.enum([",", ";", "\t", "|"]).optional().describe("Found by the first line when absent"),
    encoding: z.enum(["utf-8", "utf-16le", "windows-1252"]).default("utf-8"),
    decimal: z.enum([".", ","]).default(".").describe("The decimal sign of numbers"),
    groupBy: z
      .array(Column)
      .max(5)
      .default([])
      .describe("Rows that follow each other with the same values here are one"),
    events: z.array(EventMapping).max(5).default([]),
  })
  .refine(
    (mapping) => (mapping.as === "rows") === mapping.events.length > 0,
    "rows need events, and the others take none",
  )
  .refine((mapping) => mapping.as === "rows" || mapping.format === "ndjson", "whole events come as ndjson");
export type Mapping = z.infer<typeof Mapping>;

/** Why a row was not taken, before the door saw it; the door's own reasons are in events/model.ts. */
export const RowRefusal = z.enum([
  "not_utf8",
  "row_too_long",
  "columns_differ",
  "not_json",
  "not_an_object",
  "no_identifier",
  "no_time",
  "bad_value",
  "no_name",
]);
export type RowRefusal = z.infer<typeof RowRefusal>;

/** One line of the file of refused rows. */
export const RefusedRow = z.object({
  line: z.int().describe("Where the row begins in the file, from 1"),
  reason: z.string(),
  detail: z.string(),
  row: z.string().describe("The row as it stands in the file, or the event made of it"),
});
export type RefusedRow = z.infer<typeof RefusedRow>;

export const ImportState = z.enum(["uploading", "waiting", "running", "done", "failed", "cancelled"]);
export type ImportState = z.infer<typeof ImportState>;

/** GET /v1/imports/{id}. */
export const Import = z.object({
  id: z.int(),
  name: z.string(),
  preset: z.string().nullable(),
  state: ImportState,
  detail: z.string().nullable().describe("Why it failed, or what it waits for"),
  sizeBytes: z.number().describe("Of the file as uploaded; while uploading, as announced"),
  receivedBytes: z.number(),
  doneBytes: z.number().describe("Of sizeBytes, read so far"),
  rowsRead: z.number(),
  rowsRefused: z.number(),
  rowsSkipped: z.number().describe("Rows that no event's conditions chose"),
  eventsAccepted: z.number(),
  eventsRefused: z.number(),
  rowsPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable(),
  updatedAt: z.iso.datetime(),
});
export type Import = z.infer<typeof Import>;
