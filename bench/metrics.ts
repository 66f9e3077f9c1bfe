/** Funnels, retention, attribution and metrics: how long each takes, and what it holds in memory, by the size of the log. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Took } from "./asked.ts";
import { type Row, atMost } from "./table.ts";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("metrics-log.ts", import.meta.url));
/** Of funnels and retention at ten million events and a million customers. */
const BUDGET_MS = 5_000;

/** Rows for one and ten million events; `full`: fifty million as well. A tenth as many customers each. */
export async function metrics(folder: string, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const events of [1_000_000, 10_000_000, ...(full ? [50_000_000] : [])]) {
    const own = join(folder, String(events));
    await mkdir(own);
    await run(own, "fill", String(events), String(events / 10));
    for (const { what, ms, cpuMs, peakMb, note } of JSON.parse(await run(own, "ask")) as readonly Took[])
      rows.push({
        what: `${what}, ${events / 1e6} million events`, figure: ms, unit: "ms", scales: true,
        budget: events === 10_000_000 && /^(funnel|retention)/.test(what) ? atMost(BUDGET_MS) : null,
        note: `${Math.round(cpuMs)} ms of CPU, ${peakMb} MB (PSS, most); ${note}`,
      }); // prettier-ignore
  }
  return rows;
}

async function run(...order: readonly string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, ["--import", "tsx", PROGRAM, ...order], { maxBuffer: 1e8 }); // prettier-ignore
  return stdout;
}
