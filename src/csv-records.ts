/**
 * CSV taken apart (RFC 4180, and what spreadsheets really write). Pure; never throws.
 *
 * Written here because a resumable import has to know at which byte each record begins, and because one forgotten
 * quote must cost one line and not the rest of the file. Held equal to csv-parse by a law in csv-records.test.ts.
 */

/** One record: its cells, the characters it spans in the text, how many lines come before it and how many it has. */
export type CsvRecord = {
  readonly cells: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly line: number;
  readonly lines: number;
};
/** What became of a piece of text; `rest` is where the first unfinished record begins, `lines` the lines before it. */
export type Taken = { readonly records: readonly CsvRecord[]; readonly rest: number; readonly lines: number };

const QUOTE = 34;
const LF = 10;
const CR = 13;

/**
 * The whole records in `text`, which begins at a record. Without `last`, a record the text does not finish is left;
 * with it, `rest` is short of the end only where a quote is never closed. Records end at LF, CRLF, or CR alone. A
 * quote inside an unquoted cell stands for itself, as does text after a closing quote. Empty lines are no records.
 */
export function takeRecords(text: string, delimiter: string, last: boolean): Taken {
  const records: CsvRecord[] = [];
  const next = { lf: -1, cr: -1, quote: -1 };
  let line = 0;
  let at = 0;
  while (at < text.length) {
    // Each is looked for again only when passed: a sign that never occurs is looked for once.
    if (next.lf < at) next.lf = indexFrom(text, "\n", at);
    if (next.cr < at) next.cr = indexFrom(text, "\r", at);
    if (next.quote < at) next.quote = indexFrom(text, '"', at);
    const end = Math.min(next.lf, next.cr, text.length);
    if (next.quote < end) {
      const record = quotedRecord(text, at, delimiter, last);
      if (record === null) break;
      records.push({ cells: record.cells, from: at, to: record.to, line, lines: record.lines });
      line += record.lines;
      at = record.to;
      continue;
    }
    // A CR that ends the text may be half of a CRLF.
    if (!last && (end === text.length || (end === next.cr && end + 1 === text.length))) break;
    const to = end === next.cr && next.lf === end + 1 ? end + 2 : Math.min(end + 1, text.length);
    if (end > at) records.push({ cells: text.slice(at, end).split(delimiter), from: at, to, line, lines: 1 });
    line += 1;
    at = to;
  }
  return { records, rest: at, lines: line };
}

function indexFrom(text: string, sign: string, at: number): number {
  const found = text.indexOf(sign, at);
  return found < 0 ? Number.POSITIVE_INFINITY : found;
}

type Quoted = { readonly cells: string[]; readonly to: number; readonly lines: number };

function quotedRecord(text: string, from: number, delimiter: string, last: boolean): Quoted | null {
  const cells: string[] = [];
  const stop = delimiter.charCodeAt(0);
  let lines = 1;
  let at = from;
  for (;;) {
    const begin = text.charCodeAt(at) === QUOTE ? quotedCell(text, at + 1) : { value: "", to: at, lines: 0 };
    // A quote at the very end of the text may be the first of a doubled one.
    if (begin === null || (begin.to >= text.length && !last)) return null;
    lines += begin.lines;
    at = endOfCell(text, begin.to, stop);
    cells.push(begin.to === at ? begin.value : begin.value + text.slice(begin.to, at));
    if (at >= text.length) return last ? { cells, to: at, lines } : null;
    const code = text.charCodeAt(at);
    at += 1;
    if (code === stop) continue;
    if (code === CR && at >= text.length && !last) return null;
    return { cells, to: code === CR && text.charCodeAt(at) === LF ? at + 1 : at, lines };
  }
}

function endOfCell(text: string, from: number, stop: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === stop || code === LF || code === CR) break;
  }
  return at;
}

function quotedCell(text: string, from: number): { value: string; to: number; lines: number } | null {
  let value = "";
  let at = from;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    value += text.slice(at, quote);
    if (text.charCodeAt(quote + 1) !== QUOTE) return { value, to: quote + 1, lines: linesIn(value) };
    value += '"';
    at = quote + 2;
  }
}

function linesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** The delimiter that occurs most often outside quotes in a header line; a comma when none does. */
export function delimiterOf(line: string): "," | ";" | "\t" | "|" {
  const bare = line.replace(/"(?:[^"]|"")*"/g, "");
  const counts = ([",", ";", "\t", "|"] as const).map((sign) => ({ sign, n: bare.split(sign).length }));
  return counts.reduce((best, next) => (next.n > best.n ? next : best)).sign;
}
