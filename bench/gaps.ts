/** Gaps: how long a search over two months takes, and what it holds in memory, by the size of the log (twice two months). */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Took } from "./asked.ts";
import type { Row } from "./table.ts";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("gaps-log.ts", import.meta.url));

/** Rows for one and ten million events; `full`: fifty million as well. A tenth as many customers each; kinds alone for the first. */
export async function gaps(folder: string, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const events of [1_000_000, 10_000_000, ...(full ? [50_000_000] : [])]) {
    const place = join(folder, String(events));
    await mkdir(place, { recursive: true });
    const run = (...asked: readonly string[]) => execute(process.execPath, ["--import", "tsx", PROGRAM, place, ...asked], { maxBuffer: 1e8 }); // prettier-ignore
    await run("fill", String(events), String(events / 10));
    const { stdout } = await run("ask", events === 1_000_000 ? "kinds" : "");
    for (const { what, ms, cpuMs, peakMb, note } of JSON.parse(stdout) as readonly Took[])
      rows.push({
        what: `${what}, ${events / 1e6} million events`, figure: ms, unit: "ms", scales: true, budget: null,
        note: `${Math.round(cpuMs)} ms of CPU, at most ${peakMb} MB (PSS); ${note}`,
      }); // prettier-ignore
  }
  return rows;
}
