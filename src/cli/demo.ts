/**
 * `throughline demo`: a server on a data folder of its own with the sample workspace in it, brought in by the same
 * requests anybody's files come in by. Running it again finds everything there already.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineCommand } from "citty";
import { z } from "zod";
import { configOf } from "../config.ts";
import { presetOf } from "../imports/fit.ts";
import { type Found, findOut } from "../imports/found.ts";
import type { Mapping } from "../imports/model.ts";
import { readHead } from "../imports/read.ts";
import { SAMPLE_FILES, SAMPLE_LAST_DAY } from "../imports/sample.ts";
import { greeting, ROOT, serve } from "../serve.ts";
import { createLog } from "../telemetry/log.ts";
import { isoOf } from "../values.ts";
import { createClient } from "./client.ts";
import { replayDraft } from "./demo-journey.ts";
import { defineSegments } from "./demo-segments.ts";
import { bring } from "./import.ts";
import { failWith, grouped, refuseUnknown, say, tableOf } from "./say.ts";

const DAY_MS = 86_400_000;
const Kept = z.object({ shiftDays: z.int() });

const FLAGS = {
  data: { type: "string", description: "The data folder; default ./data-demo", default: "./data-demo" },
  port: { type: "string", description: "The port to listen on" },
} as const;

export const demoCommand = defineCommand({
  meta: {
    name: "demo",
    description: "Start a server on ./data-demo with a year of a real grocer's customers (CC0) in it.",
  },
  args: FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, FLAGS);
      const config = configOf(process.env, { data: args.data, port: args.port });
      // Requests of the demo's own are no news.
      const running = await serve(
        config,
        createLog(process.env["THROUGHLINE_LOG"] ? config.THROUGHLINE_LOG : "warn"),
      );
      const client = createClient(running.address, running.first.secretKey ?? "");
      say(
        "The Complete Journey: a year of a grocer's households, their mailings, coupons and baskets (84.51, CC0).\n",
      );
      const shiftDays = await shiftOf(config.dataDir, Date.now());
      for (const { file, preset } of SAMPLE_FILES) {
        const path = join(ROOT, "sample", file);
        await bring(client, path, { preset: null, mapping: await shifted(path, preset, shiftDays) });
      }
      await running.drain();
      say(`\n${told(await findOut(running.stores.log!, running.first.workspace))}\n`);
      say(`Who they are now:\n\n${await defineSegments(client)}\n`);
      say(`A journey as a draft, "two weeks without a basket", replayed on what really happened:\n\n${await replayDraft(client, Date.now())}\n`); // prettier-ignore
      say(greeting(running, config));
    } catch (cause) {
      failWith(cause);
    }
  },
});

/**
 * How many days the sample is moved so that its last event was yesterday: decided at the first run and kept, because a
 * second run on another day must ask for the same import.
 */
async function shiftOf(dataDir: string, now: number): Promise<number> {
  const path = join(dataDir, "sample.json");
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw cause;
  });
  if (text !== null) return Kept.parse(JSON.parse(text)).shiftDays;
  const shiftDays = Math.floor(now / DAY_MS) - 1 - SAMPLE_LAST_DAY;
  await writeFile(path, `${JSON.stringify({ shiftDays })}\n`);
  return shiftDays;
}

/** The preset's mapping with every time moved by whole days. */
async function shifted(path: string, preset: string, shiftDays: number): Promise<Mapping> {
  const fitted = presetOf(preset).fit((await readHead(path, { format: "csv", encoding: "utf-8" })).header);
  if (fitted.type === "missing") throw new Error(`${path}: ${fitted.detail}`);
  const events = fitted.mapping.events.map((event) =>
    event.time ? { ...event, time: { ...event.time, shiftDays } } : event,
  );
  return { ...fitted.mapping, events };
}

/** The findings as text. Pure. */
export function told(found: Found): string {
  const day = (at: number) => isoOf(at).slice(0, 10);
  return [
    `${grouped(found.customers)} customers, ${grouped(found.events)} events from ${day(found.firstAt)} to ${day(found.lastAt)}`,
    "",
    tableOf([
      ["channel", "events", "customers"],
      ...found.channels.map(({ channel, events, customers }) => [channel, events, customers]),
    ]),
    "",
    tableOf([
      ["event", "events", "customers"],
      ...found.names.map(({ name, events, customers }) => [name, events, customers]),
    ]),
    "",
    "The roads most of them took, three moments at a time:",
    "",
    tableOf([
      ["customers", "times", "path"],
      ...found.paths.map(({ path, customers, times }) => [customers, times, path]),
    ]),
  ].join("\n");
}
