/**
 * A file read in pieces: packed or not (told by its first bytes, not its name), in any of the encodings, from any
 * position. Memory is bounded by one piece and one row.
 */
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { Failure } from "../errors.ts";
import { delimiterOf, takeRecords } from "../csv-records.ts";
import { IMPORT_LIMITS, type Mapping } from "./model.ts";
import { createSplitter, type FileRow, type Position } from "./split.ts";

/** What is known of a file before its rows are read. */
export type FileHead = {
  readonly packed: boolean;
  readonly encoding: Mapping["encoding"];
  /** Null for NDJSON. */
  readonly header: readonly string[] | null;
  readonly delimiter: string;
  /** Where the first row begins. */
  readonly start: Position;
};
/** Rows in the file's order, and how many bytes of the stored file were read for them. */
export type Piece = { readonly rows: readonly FileRow[]; readonly fileBytes: number };

const PIECE_BYTES = 256 * 1024;
const HEAD_BYTES = 1024 * 1024;
const BOM = "\uFEFF";

/** How the rows of a file are written: the part of a mapping that reading needs. */
export type Writing = Pick<Mapping, "format" | "delimiter" | "encoding">;

/**
 * The head of the file at `path`. Throws `Failure("unprocessable")` where it is no CSV or NDJSON at all: an Excel
 * workbook, a ZIP, an empty file, a header with a name twice.
 */
export async function readHead(path: string, writing: Writing): Promise<FileHead> {
  const magic = await firstBytes(path, 4);
  const packed = magic[0] === 0x1f && magic[1] === 0x8b;
  const bytes: Buffer[] = [];
  let size = 0;
  for await (const chunk of plainChunks(path, packed, "utf-8", 0, () => undefined)) {
    bytes.push(chunk);
    size += chunk.length;
    if (size >= HEAD_BYTES) break;
  }
  return { packed, ...headOf(Buffer.concat(bytes), writing) };
}

/** The head of a file that begins with `raw`, unpacked. Throws as `readHead`. */
export function headOf(raw: Buffer, writing: Writing): Omit<FileHead, "packed"> {
  if (raw.length === 0) throw new Failure("unprocessable", "The file is empty.");
  if (raw.toString("latin1", 0, 4) === "PK\u0003\u0004")
    throw new Failure(
      "unprocessable",
      "The file is a ZIP or an Excel workbook. Unpack it, or save the sheet as CSV, and import that.",
    );
  const encoding = raw[0] === 0xff && raw[1] === 0xfe ? "utf-16le" : writing.encoding;
  const text = new TextDecoder(encoding, { ignoreBOM: true }).decode(raw);
  const bom = text.startsWith(BOM) ? Buffer.byteLength(BOM) : 0;
  const body = bom > 0 ? text.slice(1) : text;
  if (body.trim() === "") throw new Failure("unprocessable", "The file is empty.");
  if (writing.format === "ndjson")
    return { encoding, header: null, delimiter: ",", start: { bytes: bom, line: 1 } };
  return { encoding, ...headerOf(body, writing.delimiter, bom) };
}

function headerOf(text: string, given: string | undefined, bom: number) {
  const delimiter = given ?? delimiterOf(text.slice(0, 20_000).split(/\r?\n|\r/, 1)[0]!);
  const first = takeRecords(text, delimiter, true).records[0];
  if (!first)
    throw new Failure(
      "unprocessable",
      "The header is no line of CSV: a quote opens in it and is never closed.",
    );
  const header = first.cells.map((cell) => cell.trim());
  if (header.length > IMPORT_LIMITS.columnsMax)
    throw new Failure(
      "unprocessable",
      `The header names ${header.length} columns; at most ${IMPORT_LIMITS.columnsMax} can be read.`,
    );
  const twice = header.find((name, place) => name !== "" && header.indexOf(name) !== place);
  if (twice !== undefined)
    throw new Failure("unprocessable", `The header names the column "${twice}" twice.`);
  const bytes = bom + Buffer.byteLength(text.slice(0, first.to));
  return { header, delimiter, start: { bytes, line: 1 + first.line + first.lines } };
}

/**
 * The rows from `from` on. Throws `Failure("unprocessable")` when packed data is broken or ends too early; the rows
 * before that place have been given by then.
 */
export async function* readRows(
  path: string,
  writing: Writing,
  head: FileHead,
  from: Position,
): AsyncGenerator<Piece> {
  const splitter = createSplitter(
    {
      format: writing.format,
      delimiter: head.delimiter,
      rowBytesMax: IMPORT_LIMITS.rowBytesMax,
      cells: head.header?.length ?? null,
    },
    from,
  );
  let fileBytes = 0;
  for await (const chunk of plainChunks(
    path,
    head.packed,
    head.encoding,
    from.bytes,
    (at) => (fileBytes = at),
  )) {
    const rows = splitter.take(chunk, false);
    if (rows.length > 0) yield { rows, fileBytes };
  }
  yield { rows: splitter.take(Buffer.alloc(0), true), fileBytes };
}

/** The file unpacked, in UTF-8, without its first `skipBytes`. `onBytes` hears how far the stored file was read. */
async function* plainChunks(
  path: string,
  packed: boolean,
  encoding: Mapping["encoding"],
  skipBytes: number,
  onBytes: (at: number) => void,
): AsyncGenerator<Buffer> {
  // A file as it is can be entered in the middle; a packed or recoded one is read again up to there.
  const seekable = !packed && encoding === "utf-8";
  const file = createReadStream(path, { highWaterMark: PIECE_BYTES, start: seekable ? skipBytes : 0 });
  let at = seekable ? skipBytes : 0;
  const counted = Readable.from(countedOf(file, (bytes) => onBytes((at += bytes))));
  let stream: Readable | Transform = counted;
  // The pipeline's callback only keeps its fault from being unhandled; the loop below throws it.
  if (packed) stream = pipeline(counted, createGunzip({ chunkSize: PIECE_BYTES }), () => undefined);
  const decoder = encoding === "utf-8" ? null : new TextDecoder(encoding, { ignoreBOM: true });
  let skip = seekable ? 0 : skipBytes;
  try {
    for await (const raw of stream as AsyncIterable<Buffer>) {
      const chunk = decoder ? Buffer.from(decoder.decode(raw, { stream: true })) : raw;
      if (skip < chunk.length) yield skip === 0 ? chunk : chunk.subarray(skip);
      skip = Math.max(0, skip - chunk.length);
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (!code?.startsWith("Z_")) throw cause;
    throw new Failure("unprocessable", `The packed file is broken or cut off: ${message}.`, { cause });
  } finally {
    file.destroy();
    stream.destroy();
  }
}

async function* countedOf(
  file: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer> {
  for await (const chunk of file) {
    onBytes(chunk.length);
    yield chunk;
  }
}

async function firstBytes(path: string, count: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
