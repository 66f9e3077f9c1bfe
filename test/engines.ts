/** The engines the contracts run on, each started for the test: servers as they would stand elsewhere. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startEmbedded } from "../src/db/embedded.ts";

const DEBIAN = "/usr/lib/postgresql";

export type Engine = { readonly url: string; stop(): Promise<void> };

/** The folder of Debian's PostgreSQL programs, or null where it is not installed (loud; a failure with CI=true). */
export function debianPostgres(): string | null {
  const version = existsSync(DEBIAN)
    ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a))[0]
    : undefined;
  if (version !== undefined && existsSync(join(DEBIAN, version, "bin/postgres")))
    return join(DEBIAN, version);
  if (process.env["CI"] === "true")
    throw new Error("CI=true and no PostgreSQL server in /usr/lib/postgresql: apt-get install postgresql.");
  process.stderr.write(
    "\nSKIPPED: the contracts on a PostgreSQL server, because none is installed in /usr/lib/postgresql.\n\n",
  );
  return null;
}

/** A PostgreSQL server of the operating system's own make. */
export async function aServer(programs: string): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-server-"));
  const server = await startEmbedded({ dataDir: folder, programs, settings: { fsync: "off" } });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** ClickHouse's HTTP interface, by the shim on chDB. */
export async function aClickhouse(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-shim-"));
  const shim = fileURLToPath(new URL("./clickhouse-shim.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", shim, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: `http://127.0.0.1:${String(port).trim()}`,
    stop: async () => {
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
