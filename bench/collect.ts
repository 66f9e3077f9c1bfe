/** How many events a second are accepted over HTTP, and what the whole platform makes of them from the wire to the log. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { startEmbedded } from "../src/db/embedded.ts";
import type { Flood, Flooded } from "./load.ts";
import {
  type Program,
  SECRET_KEY,
  WRITE_KEY,
  load,
  cpuNote,
  startProgram,
  untilStats,
  usage,
} from "./program.ts";
import { type Row, atLeast } from "./table.ts";

const CUSTOMERS = 20_000;
const WARM_UP = 60_000;
const BATCHED = 400_000;
const SINGLE = 60_000;
/** The default of a key is 100,000 events/s; a faster machine must not be held back by it. */
const UNLIMITED = { THROUGHLINE_RATE_PER_KEY: "10000000" };

const flood = (program: Program, run: string, events: number, batch: number): Flood => ({
  type: "flood", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: CUSTOMERS, run, events, batch, connections: 32,
}); // prettier-ignore

function rateOf({ accepted, seconds, statuses }: Flooded): number {
  const refused = Object.keys(statuses).filter((status) => status !== "200");
  if (refused.length > 0) throw new Error(`Not everything was accepted: ${JSON.stringify(statuses)}`);
  return accepted / seconds;
}

/** The door and the inbox alone: the role collector, with PostgreSQL beside it. */
export async function accepted(folder: string): Promise<readonly Row[]> {
  await mkdir(join(folder, "state"));
  const postgres = await startEmbedded({ dataDir: join(folder, "state") });
  try {
    const program = await startProgram(
      join(folder, "program"),
      { DATABASE_URL: postgres.url, ...UNLIMITED },
      ["--roles", "collector"],
    );
    try {
      await load<Flooded>(flood(program, "w", WARM_UP, 100));
      const before = await usage(program.pid);
      const batches = await load<Flooded>(flood(program, "b", BATCHED, 100));
      const between = await usage(program.pid);
      const single = await load<Flooded>(flood(program, "s", SINGLE, 1));
      const after = await usage(program.pid);
      const bytes = (of: Flooded) => `${Math.round(of.bytesPerEvent)} bytes, 32 connections`;
      return [
        { what: "accepted, batches of 100, role collector", figure: rateOf(batches), unit: "events/s", budget: atLeast(50_000), scales: true, note: `${bytes(batches)}; ${cpuNote(before, between, BATCHED)} in the program` },
        { what: "accepted, single events, role collector", figure: rateOf(single), unit: "events/s", budget: null, scales: true, note: `${bytes(single)}; ${cpuNote(between, after, SINGLE)} in the program` },
      ]; // prettier-ignore
    } finally {
      await program.stop();
    }
  } finally {
    await postgres.stop();
  }
}

/** All roles in one process, which accepts, processes and logs at the same time. */
export async function whole(folder: string): Promise<readonly Row[]> {
  const program = await startProgram(folder, UNLIMITED);
  try {
    await load<Flooded>(flood(program, "w", WARM_UP, 100));
    await untilStats(program, ({ logged }) => logged === WARM_UP);
    const events = 200_000;
    const before = await usage(program.pid);
    let began = 0;
    const flooded = await load<Flooded>(flood(program, "b", events, 100), () => (began = performance.now()));
    const processed = await untilStats(program, (stats) => stats.processed === WARM_UP + events);
    const logged = await untilStats(program, (stats) => stats.logged === WARM_UP + events);
    const cpu = cpuNote(before, await usage(program.pid), events);
    const over = (atMs: number) => events / ((atMs - began) / 1000);
    const single = await load<Flooded>(flood(program, "s", 30_000, 1));
    const note = `${CUSTOMERS.toLocaleString("en-US")} customers, most met before; ${cpu}`;
    return [
      { what: "accepted, batches of 100, all roles in one process", figure: rateOf(flooded), unit: "events/s", budget: null, scales: true, note: "while it processes" },
      { what: "accepted, single events, all roles in one process", figure: rateOf(single), unit: "events/s", budget: null, scales: true, note: "while it processes" },
      { what: "processed, from the wire to the customers", figure: over(processed.atMs), unit: "events/s", budget: atLeast(20_000), scales: true, note },
      { what: "logged, from the wire to the event log", figure: over(logged.atMs), unit: "events/s", budget: atLeast(20_000), scales: true, note },
    ]; // prettier-ignore
  } finally {
    await program.stop();
  }
}
