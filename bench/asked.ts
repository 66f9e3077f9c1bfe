/** What one question to the event log took: time, CPU, and the most that its process held meanwhile. */
import { readFile } from "node:fs/promises";

export type Took = {
  readonly what: string;
  readonly ms: number;
  readonly cpuMs: number;
  /** The most the process held while it was worked out (PSS). */
  readonly peakMb: number;
  readonly note: string;
};
const SAMPLED_MS = 200;

async function pssMb(): Promise<number> {
  const text = await readFile("/proc/self/smaps_rollup", "utf8").catch(() => "");
  return Math.round(Number(/^Pss: +(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024);
}

/** Asks, and measures; `work` answers what it found in short. */
export async function timed(what: string, work: () => Promise<string>): Promise<Took> {
  let peakMb = await pssMb();
  const sampling = setInterval(() => void pssMb().then((mb) => (peakMb = Math.max(peakMb, mb))), SAMPLED_MS);
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const note = await work();
  const [ms, spent] = [performance.now() - began, process.cpuUsage(cpu)];
  clearInterval(sampling);
  return { what, ms, cpuMs: (spent.user + spent.system) / 1000, peakMb: Math.max(peakMb, await pssMb()), note };
} // prettier-ignore
