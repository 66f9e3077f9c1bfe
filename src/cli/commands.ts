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
import { journeysCommand } from "./journeys.ts";
import { keysCommand } from "./keys.ts";
import { segmentsCommand } from "./segments.ts";
import { templatesCommand } from "./templates.ts";
import { complain, failWith, refuseUnknown, say } from "./say.ts";

const START_FLAGS = {
  port: { type: "string", description: "The port to listen on" },
  data: { type: "string", description: "The data folder" },
  roles: { type: "string", description: "The roles of this process: collector, worker, sender, api" },
} as const;
const startCommand = defineCommand({
  meta: { name: "start", description: "Start the server." },
  args: START_FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, START_FLAGS);
      const config = configOf(process.env, args);
      say(greeting(await serve(config, createLog(config.THROUGHLINE_LOG)), config));
    } catch (cause) {
      failWith(cause);
    }
  },
});

const DOCTOR_FLAGS = {
  data: { type: "string", description: "The data folder" },
  port: { type: "string", description: "The server's port" },
} as const;
const doctorCommand = defineCommand({
  meta: { name: "doctor", description: "Look at everything the platform needs and say what to do." },
  args: DOCTOR_FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, DOCTOR_FLAGS);
      const config = configOf(process.env, args);
      const findings = await runDoctor({
        config,
        logDir: join(config.dataDir, "clickhouse"),
        now: Date.now(),
        nodeVersion: process.versions.node,
      });
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

const subCommands = {
  start: startCommand,
  demo: demoCommand,
  import: importCommand,
  export: exportCommand,
  keys: keysCommand,
  segments: segmentsCommand,
  templates: templatesCommand,
  journeys: journeysCommand,
  doctor: doctorCommand,
};
const main = defineCommand({
  meta: {
    name: "throughline",
    version: await versionOf(),
    description: "One customer. One journey. Every channel.",
  },
  subCommands,
});

const asked = process.argv[2];
if (asked !== undefined && !asked.startsWith("-") && !(asked in subCommands)) {
  complain(
    `There is no command "${asked}". There are ${Object.keys(subCommands).join(", ")}; throughline --help says more.`,
  );
  process.exit(1);
}
await runMain(main, { showUsage: usage });
