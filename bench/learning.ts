/** Learning what to show: what it adds to a decision, and what learning from a log of a million exposures takes. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Took } from "./asked.ts";
import { type Row, atMost } from "./table.ts";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("learning-log.ts", import.meta.url));
const EXPOSURES = 1_000_000;

/** Rows of a decision, whose budget is a part of a hundred of what one takes, and of the recurring work. */
export async function learning(folder: string): Promise<readonly Row[]> {
  const run = async (...asked: readonly string[]): Promise<string> =>
    (await execute(process.execPath, ["--import", "tsx", PROGRAM, folder, ...asked], { maxBuffer: 1e8 })).stdout;
  const decisions = JSON.parse(await run("decision")) as readonly { what: string; us: number }[];
  await run("fill", String(EXPOSURES));
  const took = JSON.parse(await run("took")) as readonly Took[];
  return [
    ...decisions.map(({ what, us }): Row => ({ what: `learning adds to a decision: ${what}`, figure: us, unit: "us", scales: true, budget: atMost(100) })),
    ...took.map(({ what, ms, cpuMs, peakMb, note }): Row => ({ what: `${what}, of ${EXPOSURES.toLocaleString("en-US")} exposures`, figure: ms, unit: "ms", scales: true, budget: null, note: `${Math.round(cpuMs)} ms of CPU, at most ${peakMb} MB (PSS); ${note}` })),
  ];
} // prettier-ignore
