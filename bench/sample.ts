/** The sample through the public import path, and what an event weighs in the event log: the sample's and made ones. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createClient } from "../src/cli/client.ts";
import { importFile } from "../src/cli/upload.ts";
import { SAMPLE_FILES } from "../src/imports/sample.ts";
import type { Flooded } from "./load.ts";
import { SECRET_KEY, WRITE_KEY, load, startProgram, untilStats } from "./program.ts";
import { type Row, atMost } from "./table.ts";

const SAMPLE = fileURLToPath(new URL("../sample/", import.meta.url));
const execute = promisify(execFile);

/** Imports all files of `sample/` into an empty platform, as `throughline import` does. */
export async function sample(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder);
  let rows = 0;
  let events = 0;
  const began = performance.now();
  let importedMs: number;
  let quiet: { readonly atMs: number };
  try {
    const client = createClient(`http://127.0.0.1:${program.port}`, SECRET_KEY);
    for (const { file, preset } of SAMPLE_FILES) {
      const { result } = await importFile(
        client,
        { path: join(SAMPLE, file), preset, mapping: null },
        () => undefined,
      );
      if (result.state !== "done") throw new Error(`${file} is ${result.state}: ${result.detail}`);
      rows += result.rowsRead;
      events += result.eventsAccepted;
    }
    importedMs = performance.now() - began;
    quiet = await untilStats(program, ({ logged }) => logged === events);
  } finally {
    await program.stop();
  }
  const weighed = await weigh(folder);
  return [
    { what: "rows imported (sample, upload included)", figure: rows / (importedMs / 1000), unit: "rows/s", budget: null, scales: true, note: `${rows.toLocaleString("en-US")} rows, ${events.toLocaleString("en-US")} events, one file after the other` },
    { what: "rows imported, processed and logged", figure: rows / ((quiet.atMs - began) / 1000), unit: "rows/s", budget: null, scales: true },
    { what: "event log, sample", figure: weighed, unit: "bytes/event", budget: atMost(120), scales: false },
  ]; // prettier-ignore
}

/** Logs made events and weighs them. */
export async function weight(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder);
  const events = 200_000;
  try {
    await load<Flooded>({ type: "flood", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: 20_000, run: "l", events, batch: 100, connections: 16 }); // prettier-ignore
    await untilStats(program, ({ logged }) => logged === events);
  } finally {
    await program.stop();
  }
  return [
    {
      what: "event log, made events of ~600 bytes",
      figure: await weigh(folder),
      unit: "bytes/event",
      budget: atMost(120),
      scales: false,
    },
  ];
}

/** In a process of its own: one process can open one event log. */
async function weigh(folder: string): Promise<number> {
  const { stdout } = await execute(process.execPath, [
    "--import",
    "tsx",
    fileURLToPath(new URL("weigh.ts", import.meta.url)),
    join(folder, "clickhouse"),
  ]);
  return (JSON.parse(stdout) as { bytesPerEvent: number }).bytesPerEvent;
}
