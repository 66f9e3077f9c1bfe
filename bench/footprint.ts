/** What it takes to have it: time to start, and CPU and memory while nothing happens. */
import { setTimeout as pause } from "node:timers/promises";
import { join } from "node:path";
import type { Flooded } from "./load.ts";
import { type Program, SECRET_KEY, WRITE_KEY, load, startProgram, untilStats, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const STARTS = 3;
const SETTLE_MS = 20_000;
const IDLE_MS = 20_000;

export async function footprint(folder: string): Promise<readonly Row[]> {
  const cold: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const program = await startProgram(join(folder, String(i)));
    cold.push(program.startedMs);
    await program.stop();
  }
  const warm: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const began = performance.now();
    const program = await startProgram(join(folder, "0"));
    try {
      await firstEvent(program, i);
      warm.push(performance.now() - began);
    } finally {
      await program.stop();
    }
  }
  const program = await startProgram(join(folder, "0"));
  try {
    const fresh = await idle(program);
    await load<Flooded>({ type: "flood", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: 20_000, run: "f", events: 200_000, batch: 100, connections: 32 }); // prettier-ignore
    await untilStats(program, ({ logged }) => logged >= 200_000);
    const worked = await idle(program);
    const seconds = (what: string, values: readonly number[]): Row => ({
      what,
      figure: quantile(values, 0.5) / 1000,
      unit: "s",
      budget: atMost(3),
      scales: true,
      note: `median of ${values.length}`,
    });
    const cpu = (what: string, ratio: number): Row => ({
      what,
      figure: ratio * 100,
      unit: "% of a core",
      budget: atMost(1),
      scales: true,
      note: `over ${IDLE_MS / 1000} s`,
    });
    const memory = (what: string, bytes: number): Row => ({
      what,
      figure: bytes / 1e6,
      unit: "MB",
      budget: atMost(500),
      scales: false,
      note: "the program and its PostgreSQL, shared pages once",
    });
    return [
      seconds("first start with initdb -> ready", cold), seconds("next start -> first event visible", warm),
      cpu("idle CPU after a start", fresh.cpuRatio), cpu("idle CPU after 200,000 events", worked.cpuRatio),
      memory("memory after a start", fresh.pssBytes), memory("memory after 200,000 events", worked.pssBytes),
    ]; // prettier-ignore
  } finally {
    await program.stop();
  }
}

/** Sends one event and reads its customer until it is there. */
async function firstEvent({ port }: Program, n: number): Promise<void> {
  const base = `http://127.0.0.1:${port}/v1`;
  const userId = `first-${n}`;
  const sent = await fetch(`${base}/track`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${WRITE_KEY}:`).toString("base64")}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ userId, event: "Started" }),
  });
  if (sent.status !== 200) throw new Error(`The first event was answered ${sent.status}.`);
  for (let look = 0; look < 2_000; look++) {
    const { status } = await fetch(`${base}/customers/lookup?kind=user_id&value=${userId}`, {
      headers: { authorization: `Bearer ${SECRET_KEY}` },
    });
    if (status === 200) return;
    await pause(5);
  }
  throw new Error("The first event is not visible.");
}

async function idle({ pid }: Program): Promise<{ readonly cpuRatio: number; readonly pssBytes: number }> {
  await pause(SETTLE_MS);
  const before = await usage(pid);
  await pause(IDLE_MS);
  const { cpuSeconds, pssBytes } = await usage(pid);
  return { cpuRatio: (cpuSeconds - before.cpuSeconds) / (IDLE_MS / 1000), pssBytes };
}
