/** What the first rows of a file would become, before anything is imported. */
import type { StepMeter } from "../events/meter.ts";
import type { Event } from "../events/model.ts";
import type { Instant, Json, JsonObject } from "../values.ts";
import { fitMapping, formatOfName, presetOf } from "./fit.ts";
import { createGrouper, type Group } from "./group.ts";
import { compile } from "./mapping.ts";
import { IMPORT_LIMITS, type Mapping, type RefusedRow } from "./model.ts";
import { hashOf, type Importer, prepare } from "./prepare.ts";
import { headOf, type Writing } from "./read.ts";
import { createSplitter, type FileRow } from "./split.ts";

export type Preview = {
  readonly preset: string | null;
  readonly mapping: Mapping;
  readonly header: readonly string[] | null;
  /** The first rows as they stand. */
  readonly rows: readonly (readonly string[] | JsonObject)[];
  readonly events: readonly JsonObject[];
  readonly refused: readonly RefusedRow[];
};
const SILENT: StepMeter = { count: () => undefined, time: () => undefined };

/** Maps the first rows of a file that begins with `sample`. Throws `Failure("unprocessable")` as an import would. */
export function previewOf(
  sample: string,
  asked: { readonly name: string; readonly preset: string | null; readonly mapping: Mapping | null },
  importer: Importer,
  now: Instant,
): Preview {
  const raw = Buffer.from(sample);
  const guessed = formatOfName(asked.name) ?? (sample.trimStart().startsWith("{") ? "ndjson" : "csv");
  const writing: Writing = asked.mapping ?? {
    format: asked.preset ? presetOf(asked.preset).format : guessed,
    delimiter: undefined,
    encoding: "utf-8",
  };
  const head = headOf(raw, { ...writing, encoding: "utf-8" });
  const shape = {
    format: writing.format,
    delimiter: head.delimiter,
    rowBytesMax: IMPORT_LIMITS.rowBytesMax,
    cells: head.header?.length ?? null,
  };
  const splitter = createSplitter(shape, head.start);
  const body = raw.subarray(head.start.bytes);
  // A sample is cut anywhere: its last line counts only when there is nothing else.
  const rows: FileRow[] = splitter.take(body, false);
  if (rows.length === 0) rows.push(...splitter.take(Buffer.alloc(0), true));
  const firstRow = rows.find((row) => row.type === "row");
  const { preset, mapping } = fitMapping(
    asked,
    head.header,
    firstRow?.type === "row" ? (firstRow.row as Json) : null,
  );
  const compiled = compile(mapping, head.header, hashOf);
  if (compiled.type === "missing") throw new Error("A fitted mapping names columns that are missing.");
  const grouper = createGrouper(compiled.mapper.keyOf);
  const groups: Group[] = [];
  for (const row of rows.slice(0, IMPORT_LIMITS.previewRowsMax)) {
    const group = grouper.add(row);
    if (group) groups.push(group);
  }
  const open = grouper.finish();
  if (open) groups.push(open);
  const made = prepare(groups, asked.name, compiled.mapper, importer, now, SILENT, () => 0);
  return {
    preset,
    mapping,
    header: head.header,
    rows: groups.flatMap((group) => group.rows),
    events: made.events.map(outside),
    refused: made.refused,
  };
}

/** An event without the numbers that only we know. */
function outside(event: Event): JsonObject {
  const { workspace: _workspace, key: _key, ...rest } = event;
  return rest as unknown as JsonObject;
}
