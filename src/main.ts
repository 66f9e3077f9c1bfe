/** The process: configuration in, everything started, an operator told what to do, and a clean end on a signal. */
import { parseArgs } from "node:util";
import { configOf } from "./config.ts";
import { Failure } from "./errors.ts";
import { greeting, serve } from "./serve.ts";
import { createLog } from "./telemetry/log.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { roles: { type: "string" }, port: { type: "string" }, data: { type: "string" } },
    allowPositionals: true,
  });
  const config = configOf(process.env, values);
  process.stdout.write(greeting(await serve(config, createLog(config.THROUGHLINE_LOG)), config));
}

main().catch((cause: unknown) => {
  if (!(cause instanceof Failure)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exit(1);
});
