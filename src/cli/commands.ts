/** The command line: which commands there are, and the help that is printed from the configuration's own schema. */
import { join } from "node:path";
import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runMain } from "citty";
import { z } from "zod";
import { configOf, Configuration } from "../config.ts";
import { greeting, serve, versionOf } from "../serve.ts";
import { tableOf as findingsOf } from "../telemetry/diagnosis.ts";
import { runDoctor } from "../telemetry/doctor.ts";
import { createLog } from "../telemetry/log.ts";
import { demoCommand } from "./demo.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { keysCommand } from "./keys.ts";
import { failWith, say } from "./say.ts";

const startCommand = defineCommand({
  meta: { name: "start", description: "Start the server." },
  args: {
    port: { type: "string", description: "The port to listen on" },
    data: { type: "string", description: "The data folder" },
    roles: { type: "string", description: "The roles of this process: collector, worker, sender, api" },
  },
  run: async ({ args }) => {
    try {
      const config = configOf(process.env, args);
      say(greeting(await serve(config, createLog(config.THROUGHLINE_LOG)), config));
    } catch (cause) {
      failWith(cause);
    }
  },
});

const doctorCommand = defineCommand({
  meta: { name: "doctor", description: "Look at everything the platform needs and say what to do." },
  args: { data: { type: "string", description: "The data folder" } },
  run: async ({ args }) => {
    try {
      const config = configOf(process.env, args);
      const findings = await runDoctor({ config, logDir: join(config.dataDir, "clickhouse"), now: Date.now(), nodeVersion: process.version });
      say(findingsOf(findings));
      process.exit(findings.some(({ state }) => state === "broken") ? 1 : 0);
    } catch (cause) {
      failWith(cause);
    }
  },
});

/** The keys of the configuration with their defaults, as help prints them. */
export function configurationHelp(): string {
  const keys = Object.entries(Configuration.shape).map(([name, schema]) => {
    const preset = z.safeParse(schema as z.ZodType<string | number | boolean | undefined>, undefined);
    const value = preset.success && preset.data !== undefined ? ` (${preset.data})` : "";
    return `  ${name}${value}\n      ${(schema as z.ZodType).description ?? ""}`;
  });
  return `CONFIGURATION (environment; defaults in brackets)\n\n${keys.join("\n")}`;
}

async function usage<T extends ArgsDef>(command: CommandDef<T>, parent?: CommandDef<T>): Promise<void> {
  say(await renderUsage(command, parent));
  if (parent === undefined) say(`\n${configurationHelp()}`);
}

const main = defineCommand({
  meta: { name: "throughline", version: await versionOf(), description: "One customer. One journey. Every channel." },
  subCommands: { start: startCommand, demo: demoCommand, import: importCommand, export: exportCommand, keys: keysCommand, doctor: doctorCommand },
});

await runMain(main, { showUsage: usage });
