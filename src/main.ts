/** The process: configuration in, everything started, an operator told what to do, and a clean end on a signal. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { type Config, configOf } from "./config.ts";
import { Failure } from "./errors.ts";
import { type Running, start } from "./start.ts";
import { createLog } from "./telemetry/log.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { roles: { type: "string" }, port: { type: "string" }, data: { type: "string" } }, allowPositionals: true });
  const config = configOf(process.env, values);
  const logger = createLog(config.THROUGHLINE_LOG);
  const version = (JSON.parse(await readFile(`${ROOT}/package.json`, "utf8")) as { version: string }).version;
  const running = await start({ config, logger, version, webDir: `${ROOT}/dist/web` });
  process.stdout.write(greeting(running, config));
  endOnSignal(running);
}

/** What an operator needs first: where it is, the keys, and one line to try. */
function greeting({ address, first }: Running, config: Config): string {
  const lines = [`Throughline is running at ${address}`, ""];
  if (first.writeKey) lines.push(`  write key   ${first.writeKey}`);
  if (first.secretKey) lines.push(`  secret key  ${first.secretKey}`);
  lines.push(`  data        ${config.DATABASE_URL ? "PostgreSQL and ClickHouse as configured" : config.dataDir}`);
  if (first.writeKey) {
    const body = '{"userId":"ada","event":"Product Viewed","properties":{"product_id":"boots-42","name":"Walking boots"}}';
    lines.push("", "Send a first event:", "", `  curl -u ${first.writeKey}: -H 'content-type: application/json' ${address}/v1/track -d '${body}'`);
  }
  if (first.secretKey) lines.push("", "and see who it was:", "", `  curl -H 'authorization: Bearer ${first.secretKey}' '${address}/v1/customers/lookup?kind=user_id&value=ada'`);
  for (const note of first.notes) lines.push("", note);
  return `${lines.join("\n")}\n\nStop with Ctrl-C.\n`;
}

function endOnSignal(running: Running): void {
  let ending = false;
  const end = (signal: NodeJS.Signals) => {
    // The second signal is a person who does not want to wait.
    if (ending) process.exit(1);
    ending = true;
    running.stop().then(
      () => process.exit(0),
      (cause: unknown) => {
        process.stderr.write(`Stopping on ${signal} failed: ${String(cause)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => end(signal));
}

main().catch((cause: unknown) => {
  if (!(cause instanceof Failure)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exit(1);
});
