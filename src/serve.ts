/** A server in the foreground: started, its operator told what to do, and ended cleanly on a signal. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { helpersGiveWay } from "./priority.ts";
import { type Running, start } from "./start.ts";

/** The project's folder, seen from `src/` and from `dist/` alike. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** This program's version, from its package.json. */
export async function versionOf(): Promise<string> {
  return (JSON.parse(await readFile(`${ROOT}/package.json`, "utf8")) as { version: string }).version;
}

/** Starts what `config` says; SIGINT and SIGTERM end it. Throws as `start`. */
export async function serve(config: Config, logger: Logger): Promise<Running> {
  helpersGiveWay();
  const running = await start({ config, logger, version: await versionOf(), webDir: `${ROOT}/dist/web` });
  endOnSignal(running);
  return running;
}

/** What an operator needs first: where it is, the keys, and one line to try. */
export function greeting({ address, first }: Running, config: Config): string {
  const lines = [`Throughline is running at ${address}`, ""];
  if (first.writeKey) lines.push(`  write key   ${first.writeKey}`);
  if (first.secretKey) lines.push(`  secret key  ${first.secretKey}`);
  lines.push(
    `  data        ${config.DATABASE_URL ? "PostgreSQL and ClickHouse as configured" : config.dataDir}`,
  );
  if (first.writeKey) {
    const body =
      '{"userId":"ada","event":"Product Viewed","properties":{"product_id":"boots-42","name":"Walking boots"}}';
    lines.push(
      "",
      "Send a first event:",
      "",
      `  curl -u ${first.writeKey}: -H 'content-type: application/json' ${address}/v1/track -d '${body}'`,
    );
  }
  if (first.secretKey)
    lines.push(
      "",
      "and see who it was:",
      "",
      `  curl -H 'authorization: Bearer ${first.secretKey}' '${address}/v1/customers/lookup?kind=user_id&value=ada'`,
    );
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
