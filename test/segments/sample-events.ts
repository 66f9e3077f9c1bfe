/** The sample workspace's events, by the presets and the door that an import uses, without a running platform. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parse } from "csv-parse/sync";
import { createGrouper } from "../../src/imports/group.ts";
import { compile } from "../../src/imports/mapping.ts";
import { hashOf, prepare } from "../../src/imports/prepare.ts";
import { presetNamed } from "../../src/imports/presets.ts";
import { readHead, readRows } from "../../src/imports/read.ts";
import { SAMPLE_FILES } from "../../src/imports/sample.ts";
import type { WorkspaceId } from "../../src/values.ts";
import type { Hung } from "./arbitrary.ts";

const SAMPLE = fileURLToPath(new URL("../../sample", import.meta.url));
export type Cells = { readonly [column: string]: string };

/** A file's rows as they stand in it. */
export async function rowsOf(name: string): Promise<readonly Cells[]> {
  return parse<Cells>(gunzipSync(await readFile(join(SAMPLE, `${name}.csv.gz`))), { columns: true });
}

/** All events; each hangs on the atom of its household's number. */
export async function sampleEvents(): Promise<readonly Hung[]> {
  const all: Hung[] = [];
  for (const { file, preset } of SAMPLE_FILES) {
    const path = join(SAMPLE, file);
    const writing = { format: "csv", delimiter: ",", encoding: "utf-8" } as Parameters<typeof readHead>[1];
    const head = await readHead(path, writing);
    const fitted = presetNamed(preset)!.fit(head.header);
    if (fitted.type !== "mapping") throw new Error(`${file} does not fit ${preset}`);
    const compiled = compile(fitted.mapping, head.header, hashOf);
    if (compiled.type !== "compiled") throw new Error(`${file} lacks columns`);
    const grouper = createGrouper(compiled.mapper.keyOf);
    const groups = [];
    for await (const { rows } of readRows(path, fitted.mapping, head, head.start))
      for (const row of rows) groups.push(grouper.add(row));
    groups.push(grouper.finish());
    const importer = { workspace: 1 as WorkspaceId, key: 1, country: undefined, keepIp: false };
    const { events, refused } = prepare(
      groups.filter((group) => group !== null), file, compiled.mapper, importer, 1_600_000_000_000, { count: () => undefined, time: () => undefined }, () => 0,
    ); // prettier-ignore
    if (refused.length > 0) throw new Error(`${file}: ${refused[0]!.detail}`);
    for (const event of events)
      all.push({ atom: Number(event.identifiers[0]!.value.slice("household-".length)), event });
  }
  return all;
}
