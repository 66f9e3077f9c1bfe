/** The map: how long it takes to ask, ask again, and tell variants, by the size of the log. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Took } from "./asked.ts";
import { type Row, atMost } from "./table.ts";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("map-log.ts", import.meta.url));
/** At ten million events and a million customers. */
const BUDGETS: { readonly [what: string]: number } = { map: 3_000, "map, repeated": 300 };

/** Rows for one and ten million events; `full`: fifty million as well. A tenth as many customers each. */
export async function map(folder: string, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const events of [1_000_000, 10_000_000, ...(full ? [50_000_000] : [])]) {
    const { stdout } = await execute(process.execPath, ["--import", "tsx", PROGRAM, join(folder, String(events)), String(events), String(events / 10)], { maxBuffer: 1e8 }); // prettier-ignore
    for (const { what, ms, cpuMs, peakMb, note } of JSON.parse(stdout) as readonly Took[])
      rows.push({
        what: `${what}, ${events / 1e6} million events`, figure: ms, unit: "ms", scales: true,
        budget: events === 10_000_000 && BUDGETS[what] !== undefined ? atMost(BUDGETS[what]) : null,
        note: `${Math.round(cpuMs)} ms of CPU, at most ${peakMb} MB (PSS); ${note}`,
      }); // prettier-ignore
  }
  return rows;
}
