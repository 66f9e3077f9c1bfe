/**
 * Recommendations: how much of what households really bought is found by each way, by product and by type of product; and
 * what working the lists out of a shop's log takes.
 */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isJourneyData } from "./journeydata.ts";
import type { ListsTook, Quality } from "./recommendations-log.ts";
import { type Row, quantile } from "./table.ts";

const execute = promisify(execFile);
const PROGRAM = fileURLToPath(new URL("recommendations-log.ts", import.meta.url));

/** Rows of what is found where the data lies beside this checkout, and of what lists take for one and ten million events. */
export async function recommendations(folder: string): Promise<readonly Row[]> {
  const run = async (name: string, ...asked: readonly string[]): Promise<string> => {
    const place = join(folder, name);
    await mkdir(place, { recursive: true });
    const { stdout } = await execute(process.execPath, ["--import", "tsx", PROGRAM, place, ...asked], { maxBuffer: 1e8 }); // prettier-ignore
    return stdout;
  };
  const rows: Row[] = [];
  if (!isJourneyData()) console.error("shared/data/completejourney is not beside this checkout: what is found is not measured."); // prettier-ignore
  else for (const by of ["product", "type"] as const) rows.push(...(JSON.parse(await run(by, "found", by)) as readonly Quality[]).flatMap((one) => rowsOf(by, one))); // prettier-ignore
  for (const events of [1_000_000, 10_000_000]) {
    await run(String(events), "fill", String(events), String(events / 10));
    const { computed, written, reads } = JSON.parse(await run(String(events), "took")) as ListsTook;
    for (const { what, ms, cpuMs, peakMb, note } of [computed, written])
      rows.push({
        what: `${what}, ${events / 1e6} million events`, figure: ms, unit: "ms", scales: true, budget: null,
        note: `${Math.round(cpuMs)} ms of CPU, at most ${peakMb} MB (PSS) ${note}`,
      }); // prettier-ignore
    rows.push({ what: `20 lists read for a decision, p50, ${events / 1e6} million events`, figure: quantile(reads, 0.5), unit: "ms", scales: true, budget: null, note: `p99 ${quantile(reads, 0.99).toFixed(2)} ms, one after the other` }); // prettier-ignore
  }
  return rows;
}

const percent = (ratio: number): number => ratio * 100;
function rowsOf(by: string, { task, way, repeats, cases, recall, recallOff, ndcg, ndcgOff }: Quality): readonly Row[] {
  const what = `${task} by ${by}, ${repeats ? "all" : "what is new to the household"}: ${way}`;
  const row = (measure: string, figure: number, off: number): Row => ({ what: `${what}, ${measure}@10`, figure: percent(figure), unit: "%", scales: false, budget: null, note: `+- ${percent(off).toFixed(2)}, ${cases} cases` }); // prettier-ignore
  return [row("recall", recall, recallOff), row("NDCG", ndcg, ndcgOff)];
} // prettier-ignore
