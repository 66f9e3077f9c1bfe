/**
 * The program as `npm start` runs it once it is built, in a process of its own, watched from outside; and the process
 * that makes load.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { setTimeout as pause } from "node:timers/promises";
import type { Order, Report } from "./load.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const READY_MS_MAX = 120_000;
/** CPU times in /proc count hundredths of a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
export const WRITE_KEY = "wk_bench_bench_bench";
export const SECRET_KEY = "sk_bench_bench_bench";

export type Program = {
  readonly port: number;
  readonly pid: number;
  /** From the command to the first 200 of /readyz. */
  readonly startedMs: number;
  stats(): Promise<Stats>;
  stop(): Promise<void>;
};
export type Stats = {
  readonly accepted: number;
  readonly processed: number;
  readonly logged: number;
  readonly duplicates: number;
};

const running = new Set<ChildProcess>();
// Whatever ends this process ends what it started: a shutdown by signal, then nothing is waited for.
process.once("exit", () => running.forEach((child) => child.kill("SIGTERM")));

/** Ends everything that was started here and is still there. */
export async function stopAll(): Promise<void> {
  const ends = [...running].map((child) => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    return gone;
  });
  await Promise.all(ends);
}

/** Starts the program on a data folder; resolves when it is ready. `BENCH_PROFILE` names a folder for its CPU profile. */
export async function startProgram(
  dataDir: string,
  env: { readonly [name: string]: string } = {},
  flags: readonly string[] = [],
): Promise<Program> {
  const port = await freePort();
  const profile = process.env["BENCH_PROFILE"]
    ? ["--cpu-prof", `--cpu-prof-dir=${process.env["BENCH_PROFILE"]}`]
    : [];
  const began = performance.now();
  const child = spawn(process.execPath, ["--max-semi-space-size=64", "--v8-pool-size=1", ...profile, "dist/main.js", ...flags], {
    cwd: ROOT,
    env: {
      ...process.env, PORT: String(port), HOST: "127.0.0.1", THROUGHLINE_DATA: dataDir, THROUGHLINE_LOG: "warn",
      THROUGHLINE_WRITE_KEY: WRITE_KEY, THROUGHLINE_SECRET_KEY: SECRET_KEY, ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  }); // prettier-ignore
  running.add(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (said = (said + String(chunk)).slice(-5000)));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve(void running.delete(child))));
  const stop = async () => {
    child.kill("SIGTERM");
    await gone;
  };
  const base = `http://127.0.0.1:${port}`;
  while (!(await fetch(`${base}/readyz`).then(({ status }) => status === 200, () => false))) {
    if (!running.has(child)) throw new Error(`The program ended: ${said}`);
    if (performance.now() - began > READY_MS_MAX) {
      await stop();
      throw new Error(`The program is not ready after ${READY_MS_MAX} ms: ${said}`);
    }
    await pause(5);
  } // prettier-ignore
  const startedMs = performance.now() - began;
  return {
    port, pid: child.pid!, startedMs, stop,
    stats: async () => (await (await fetch(`${base}/v1/stats`, { headers: { authorization: `Bearer ${SECRET_KEY}` } })).json()) as Stats,
  }; // prettier-ignore
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const WAIT_MS_MAX = 300_000;

/** Looks at the counts until `enough` says so; answers when that was (performance.now) and the counts. */
export async function untilStats(
  program: Program,
  enough: (stats: Stats) => boolean,
): Promise<{ readonly atMs: number; readonly stats: Stats }> {
  const began = performance.now();
  for (;;) {
    const stats = await program.stats();
    if (enough(stats)) return { atMs: performance.now(), stats };
    if (performance.now() - began > WAIT_MS_MAX)
      throw new Error(`Waited ${WAIT_MS_MAX} ms; it stands at ${JSON.stringify(stats)}.`);
    await pause(20);
  }
}

/** Has a process of its own make the load of `order`; `begin` is called the moment before it does. */
export async function load<R extends Report>(order: Order, begin: () => void = () => undefined): Promise<R> {
  const child = fork(fileURLToPath(new URL("load.ts", import.meta.url)), {
    execArgv: ["--import", "tsx", "--max-semi-space-size=64"],
  });
  running.add(child);
  try {
    child.send(order);
    return await new Promise<R>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`The load ended with code ${code}.`)));
      child.on("message", (message: "ready" | R) => {
        if (message !== "ready") return resolve(message);
        begin();
        child.send("go");
      });
    });
  } finally {
    running.delete(child);
  }
}

/** What the CPU spent on an event, from one `usage` to another: says more than a rate on a machine that is shared. */
export const cpuNote = (
  before: { readonly cpuSeconds: number },
  after: { readonly cpuSeconds: number },
  events: number,
): string => `${Math.round(((after.cpuSeconds - before.cpuSeconds) / events) * 1e6)} us of CPU an event`;

/** CPU seconds and proportional memory of a process and all below it (Linux), those that ended in between included. */
export async function usage(
  pid: number,
): Promise<{ readonly cpuSeconds: number; readonly pssBytes: number }> {
  const parents = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const text = await readFile(`/proc/${name}/stat`, "utf8").catch(() => null);
    if (text === null) continue;
    // The name of the program, in brackets, may hold spaces.
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    parents.set(Number(name), {
      parent: fields[1]!,
      ticks: fields[11]! + fields[12]! + fields[13]! + fields[14]!,
    });
  }
  const isBelow = (one: number): boolean =>
    one === pid || (parents.has(one) && isBelow(parents.get(one)!.parent));
  const tree = [...parents.keys()].filter(isBelow);
  const sizes = await Promise.all(
    tree.map(
      async (one) =>
        /^Pss: +(\d+) kB/m.exec(await readFile(`/proc/${one}/smaps_rollup`, "utf8").catch(() => ""))?.[1],
    ),
  );
  return {
    cpuSeconds: tree.reduce((sum, one) => sum + parents.get(one)!.ticks, 0) / TICKS_PER_SECOND,
    pssBytes: sizes.reduce((sum, size) => sum + Number(size ?? 0) * 1024, 0),
  };
}
