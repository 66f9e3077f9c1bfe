/**
 * Reading a feed into the catalogue: row by row as it arrives, a few hundred items at a time. Only when it was read to
 * its end, and there was something in it, does what it no longer names become inactive: a feed that broke off or came
 * empty takes nothing away.
 */
import { delimiterOf, takeRecords } from "../csv-records.ts";
import type { Sql } from "../db/postgres.ts";
import type { Clock, Json } from "../values.ts";
import { type FeedRow, columnOf, readRow, rowOfJson } from "./feed-rows.ts";
import { type Claimed, endRound } from "./feed-store.ts";
import { FeedTrouble, type Known, openFeed } from "./feed-source.ts";
import { CATALOGUE_LIMITS, type FeedReading, type NamedDraft, type RowRefusal } from "./model.ts";
import { writeItems } from "./store.ts";

const BATCH = 500;
export type ReadFeed = { readonly reading: FeedReading; readonly known: Known };

/** Reads a feed that was claimed, and what came of it. Throws only what is a bug or a fault of the store. */
export async function readFeed(
  sql: Sql,
  clock: Clock,
  feed: Claimed,
  signal: AbortSignal,
): Promise<ReadFeed> {
  // prettier-ignore
  const taking = new Taking(sql, clock, feed);
  try {
    const opened = await openFeed(feed.url, feed, signal);
    if (opened.type === "unchanged") return { reading: taking.told("unchanged", null), known: feed };
    const { known } = opened;
    taking.madeAt = known.lastModified === null ? clock() : Math.min(clock(), Date.parse(known.lastModified) || clock()); // prettier-ignore
    for await (const { line, row } of rowsIn(opened.pieces)) await taking.take(line, row);
    await taking.end();
    return { reading: taking.told("taken", null), known };
  } catch (cause) {
    if (!(cause instanceof FeedTrouble)) throw cause;
    // What was not read whole is asked for again whole.
    return { reading: taking.told(cause.outcome, cause.message), known: { etag: null, lastModified: null } };
  }
}

/** The rows of one reading on their way into the catalogue. */
class Taking {
  madeAt = 0;
  readonly #sql: Sql;
  readonly #clock: Clock;
  readonly #feed: Claimed;
  readonly #seen = new Set<string>();
  readonly #shown: FeedReading["refusedRows"][number][] = [];
  #batch: NamedDraft[] = [];
  #counts = { rows: 0, made: 0, changed: 0, same: 0, refused: 0, gone: 0 };

  constructor(sql: Sql, clock: Clock, feed: Claimed) {
    this.#sql = sql;
    this.#clock = clock;
    this.#feed = feed;
  }

  async take(line: number, row: FeedRow | null): Promise<void> {
    this.#counts.rows++;
    if (this.#counts.rows > CATALOGUE_LIMITS.feedRows) throw new FeedTrouble("too_large", `A feed may have ${CATALOGUE_LIMITS.feedRows} rows.`); // prettier-ignore
    if (row === null) return this.#refuse(line, "not_readable", "The line is no JSON object.");
    const read = readRow(row);
    if (read.type === "refused") return this.#refuse(line, read.reason, read.detail);
    if (this.#seen.has(read.item.id))
      return this.#refuse(line, "twice", `${read.item.id} stands in it already.`);
    this.#seen.add(read.item.id);
    this.#batch.push(read.item);
    if (this.#batch.length === BATCH) await this.#write();
  }

  async end(): Promise<void> {
    await this.#write();
    if (this.#seen.size === 0) throw new FeedTrouble("no_items", "No row of it could be taken.");
    this.#counts.gone = await endRound(this.#sql, this.#feed, this.#seen, this.#clock());
  }

  told(outcome: FeedReading["outcome"], detail: string | null): FeedReading {
    return { outcome, detail, at: this.#clock(), ...this.#counts, refusedRows: this.#shown };
  }

  #refuse(line: number, reason: RowRefusal, detail: string): void {
    this.#counts.refused++;
    if (this.#shown.length < CATALOGUE_LIMITS.refusedShown)
      this.#shown.push({ line, reason, detail: detail.slice(0, 300) });
  }

  async #write(): Promise<void> {
    const { id: feed, workspace } = this.#feed;
    const { made, changed, same } = await writeItems(this.#sql, workspace, this.#batch, { feed, at: this.madeAt }, this.#clock()); // prettier-ignore
    this.#batch = [];
    this.#counts = { ...this.#counts, made: this.#counts.made + made, changed: this.#counts.changed + changed, same: this.#counts.same + same }; // prettier-ignore
  }
}

type Line = { readonly line: number; readonly row: FeedRow | null };

/** The rows of a text: lines of JSON where it begins with a brace, else CSV by whatever sign parts its header. */
async function* rowsIn(pieces: AsyncIterable<string>): AsyncGenerator<Line> {
  let text = "";
  let format: ((text: string, last: boolean) => { readonly rows: readonly Line[]; readonly rest: string }) | null = null; // prettier-ignore
  const take = function* (last: boolean): Generator<Line> {
    // The first line, which tells the format, has to be there whole.
    if (format === null && !last && !/\n./.test(text.trimStart())) return;
    format ??= formatOf(text);
    const { rows, rest } = format(text, last);
    text = rest;
    yield* rows;
  };
  for await (const piece of pieces) {
    text += piece;
    yield* take(false);
    if (text.length > CATALOGUE_LIMITS.feedRowChars)
      throw new FeedTrouble("not_readable", `A row may have ${CATALOGUE_LIMITS.feedRowChars} characters.`);
  }
  yield* take(true);
  if (text.trim() !== "")
    throw new FeedTrouble("not_readable", "It ends within a row: a quote is not closed.");
}

function formatOf(text: string) {
  const start = text.replace(/^\uFEFF/, "").trimStart();
  if (start.startsWith("<")) throw new FeedTrouble("not_readable", "It is XML or a web page; a feed is CSV or lines of JSON."); // prettier-ignore
  return start.startsWith("{") ? linesOfJson() : csv(start.slice(0, start.search(/[\r\n]|$/)));
}

function linesOfJson() {
  let line = 0;
  return (text: string, last: boolean) => {
    const lines = text.split("\n");
    const rest = last ? "" : lines.pop()!;
    const rows = lines.flatMap((one) => {
      line++;
      return one.trim() === "" ? [] : [{ line, row: jsonRow(one) }];
    });
    return { rows, rest };
  };
}

function jsonRow(line: string): FeedRow | null {
  try {
    const value = JSON.parse(line.replace(/^\uFEFF/, "")) as Json;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? rowOfJson(value as { readonly [key: string]: Json }) : null; // prettier-ignore
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

function csv(firstLine: string) {
  const delimiter = delimiterOf(firstLine);
  let columns: readonly string[] | null = null;
  let before = 1;
  return (text: string, last: boolean) => {
    const { records, rest, lines } = takeRecords(text, delimiter, last);
    const rows: Line[] = [];
    for (const { cells, line } of records) {
      if (columns !== null)
        rows.push({ line: before + line, row: new Map(columns.map((name, i) => [name, cells[i] ?? ""])) }); // prettier-ignore
      else {
        columns = cells.map((cell) => columnOf(cell.replace(/^\uFEFF/, "")));
        if (!columns.includes("id") && !columns.includes("sku")) throw new FeedTrouble("not_readable", "Its first line has no column called id."); // prettier-ignore
      }
    }
    before += lines;
    return { rows, rest: text.slice(rest) };
  };
}
