/**
 * Bytes become rows: a file cut into records with their line and byte position, whatever pieces it arrives in. Pure.
 *
 * Laws (split.test.ts): the pieces do not matter; every byte belongs to one row, to a line end or to the header; going
 * on from any row's end gives the rows that follow it. Memory is bounded by the longest row allowed.
 */
import { isUtf8 } from "node:buffer";
import type { Json, JsonObject } from "../values.ts";
import { takeRecords } from "../csv-records.ts";
import type { RowRefusal } from "./model.ts";
import { isObject, type Row } from "./sources.ts";

/** Where reading stands: bytes of the plain (unpacked, UTF-8) file before it, and the line that begins there. */
export type Position = { readonly bytes: number; readonly line: number };
/** One row of the file, or why it is none. `end` is the position after it. */
export type FileRow = { readonly line: number; readonly text: string; readonly end: Position } & (
  | { readonly type: "row"; readonly row: Row }
  | { readonly type: "refused"; readonly reason: RowRefusal; readonly detail: string }
);
export type Shape = {
  readonly format: "csv" | "ndjson";
  readonly delimiter: string;
  readonly rowBytesMax: number;
  /** Cells a CSV row must have; null while the header is not known. */
  readonly cells: number | null;
};
export type Splitter = {
  /** The rows that `chunk` completes; with `last`, all that is left. */
  take(chunk: Buffer, last: boolean): FileRow[];
};

const LF = 10;
const CR = 13;
const LONG_KEPT_BYTES = 10_000;

/** `skipped`: the row that is too long, whose line is still being passed over. */
type State = { pending: Buffer; bytes: number; line: number; skipped: { line: number; text: string } | null };

/** A splitter that stands at `from`. */
export function createSplitter(shape: Shape, from: Position): Splitter {
  const state: State = { pending: Buffer.alloc(0), bytes: from.bytes, line: from.line, skipped: null };
  return {
    take(chunk, last) {
      state.pending = state.pending.length === 0 ? chunk : Buffer.concat([state.pending, chunk]);
      const rows: FileRow[] = [];
      while (state.pending.length > 0 && step(shape, state, last, rows));
      return rows;
    },
  };
}

/** Takes what can be taken from the pending bytes; false when more bytes are needed. */
function step(shape: Shape, state: State, last: boolean, rows: FileRow[]): boolean {
  if (state.skipped) return skipLine(shape, state, state.skipped, last, rows);
  const cut = last ? state.pending.length : cutOf(state.pending);
  const used = cut === 0 ? 0 : takeFrom(shape, state, state.pending.subarray(0, cut), last, rows);
  if (used > 0) return true;
  if (!last && state.pending.length <= shape.rowBytesMax) return false;
  refuseLine(shape, state, rows);
  return true;
}

/** The end of the last whole line; 0 when there is none. */
function cutOf(bytes: Buffer): number {
  const lf = bytes.lastIndexOf(LF);
  if (lf >= 0) return lf + 1;
  // Line ends of CR alone; the last byte may be half of a CRLF.
  return bytes.length < 2 ? 0 : bytes.lastIndexOf(CR, bytes.length - 2) + 1;
}

/** Refuses the line whose quote nothing closes, or the row that is too long; reading goes on at the next line. */
function refuseLine(shape: Shape, state: State, rows: FileRow[]): void {
  const lf = state.pending.indexOf(LF);
  const end = lf < 0 ? state.pending.length : lf + 1;
  if (end > shape.rowBytesMax) {
    state.skipped = { line: state.line, text: startOf(state.pending, shape) };
    return;
  }
  const refused = { line: state.line, text: state.pending.toString("utf8", 0, end).trimEnd() };
  advance(state, end, 1);
  const detail = "A quote opens in this line and is never closed.";
  rows.push({
    ...refused,
    type: "refused",
    reason: "columns_differ",
    detail,
    end: { bytes: state.bytes, line: state.line },
  });
}

function skipLine(
  shape: Shape,
  state: State,
  skipped: { line: number; text: string },
  last: boolean,
  rows: FileRow[],
): boolean {
  const lf = state.pending.indexOf(LF);
  const ended = lf >= 0 || last;
  advance(state, lf < 0 ? state.pending.length : lf + 1, ended ? 1 : 0);
  if (ended) {
    state.skipped = null;
    rows.push({
      ...skipped,
      type: "refused",
      end: { bytes: state.bytes, line: state.line },
      ...tooLong(shape),
    });
  }
  return state.pending.length > 0;
}

/** What is kept of a row that is too long: the same, however much of it was at hand. */
const startOf = (bytes: Buffer, { rowBytesMax }: Shape): string =>
  bytes.toString("utf8", 0, Math.min(rowBytesMax, LONG_KEPT_BYTES));

const tooLong = ({ rowBytesMax }: Shape) => ({
  reason: "row_too_long" as const,
  detail: `The row is longer than ${rowBytesMax} bytes.`,
});

function advance(state: State, bytes: number, lines: number): void {
  state.pending = state.pending.subarray(bytes);
  state.bytes += bytes;
  state.line += lines;
}

function takeFrom(shape: Shape, state: State, bytes: Buffer, last: boolean, rows: FileRow[]): number {
  // Latin-1 keeps one character a byte, so that positions stay true in text that is not UTF-8.
  const valid = isUtf8(bytes);
  const text = bytes.toString(valid ? "utf8" : "latin1");
  const single = text.length === bytes.length;
  const decode: Decode | null = valid
    ? null
    : (part) => (isUtf8(Buffer.from(part, "latin1")) ? Buffer.from(part, "latin1").toString("utf8") : null);
  const records = shape.format === "csv" ? takeRecords(text, shape.delimiter, last) : takeLines(text, last);
  const sizeOf = (from: number, to: number) => (single ? to - from : Buffer.byteLength(text.slice(from, to)));
  let at = 0;
  let chars = 0;
  for (const record of records.records) {
    // A quote that closes beyond the longest row closes nothing, however much is at hand: its line is refused alone.
    if (record.lines > 1 && sizeOf(record.from, record.to) > shape.rowBytesMax) {
      const before = at + sizeOf(chars, record.from);
      advance(state, before, record.line);
      return before;
    }
    at += sizeOf(chars, record.to);
    chars = record.to;
    const after = { bytes: state.bytes + at, line: state.line + record.line + record.lines };
    const raw = text.slice(record.from, record.to).trimEnd();
    rows.push({ line: state.line + record.line, end: after, ...read(shape, record.cells, raw, decode) });
  }
  const used = at + sizeOf(chars, records.rest);
  advance(state, used, records.lines);
  return used;
}

type Decode = (part: string) => string | null;
type Told = { readonly text: string } & (
  | { readonly type: "row"; readonly row: Row }
  | { readonly type: "refused"; readonly reason: RowRefusal; readonly detail: string }
);

function read(shape: Shape, cells: readonly string[] | null, raw: string, decode: Decode | null): Told {
  const text = decode ? decode(raw) : raw;
  if (text === null)
    return {
      type: "refused",
      text: raw,
      reason: "not_utf8",
      detail: "The row is not valid UTF-8. Set the mapping's encoding if the file is written in another one.",
    };
  if (Buffer.byteLength(text) > shape.rowBytesMax)
    return { type: "refused", text: startOf(Buffer.from(text), shape), ...tooLong(shape) };
  if (cells === null) return readJson(text);
  const known = decode ? cells.map((cell) => decode(cell) ?? cell) : cells;
  return shape.cells === null ? { type: "row", row: known, text } : fitted(known, shape.cells, text);
}

function fitted(cells: readonly string[], wanted: number, text: string): Told {
  if (cells.length === wanted) return { type: "row", row: cells, text };
  // Spreadsheets end rows with empty cells that no column names.
  if (cells.length > wanted && cells.slice(wanted).every((cell) => cell.trim() === ""))
    return { type: "row", row: cells.slice(0, wanted), text };
  return {
    type: "refused",
    reason: "columns_differ",
    detail: `The row has ${cells.length} cells, the header ${wanted}.`,
    text,
  };
}

function readJson(text: string): Told {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    return { type: "refused", reason: "not_json", detail: `${cause.message}.`, text };
  }
  if (!isObject(value))
    return { type: "refused", reason: "not_an_object", detail: "The line is JSON, but no object.", text };
  return { type: "row", row: value as JsonObject, text };
}

/** Lines of NDJSON in the form of CSV's records. */
function takeLines(text: string, last: boolean) {
  const records: { cells: null; from: number; to: number; line: number; lines: number }[] = [];
  let line = 0;
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf("\n", at);
    if (end < 0) {
      if (!last) break;
      end = text.length;
    }
    const to = Math.min(end + 1, text.length);
    if (text.slice(at, end).trim() !== "") records.push({ cells: null, from: at, to, line, lines: 1 });
    line += 1;
    at = to;
  }
  return { records, rest: at, lines: line };
}
