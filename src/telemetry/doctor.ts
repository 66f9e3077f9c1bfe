/**
 * `throughline doctor`: looks at everything the platform needs and says what to do, for somebody at three in the
 * morning. It changes nothing. Beside a running server it uses that server's stores; with none running it starts the
 * embedded ones for as long as it looks.
 */
import { constants } from "node:fs";
import { access, readdir, readFile, stat, statfs } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { type Config } from "../config.ts";
import { type EventLog, openChdb, openClickhouse } from "../db/clickhouse.ts";
import { type EmbeddedPostgres, startEmbedded } from "../db/embedded.ts";
import { lockFolder } from "../db/lock.ts";
import { stateSchema } from "../db/migrate.ts";
import { type Database, openPostgres } from "../db/postgres.ts";
import {
  type Finding,
  finding,
  type LaneFound,
  ofClock,
  ofLanes,
  ofNode,
  ofSchema,
  ofSealed,
  ofSpace,
  sizeOf,
} from "./diagnosis.ts";
import { KEY_FILE, keysHere, recordedKeyName, sealedByKey, vaultOf } from "../vault.ts";
import { Readiness } from "./model.ts";

export type DoctorOptions = {
  readonly config: Config;
  /** Where the embedded event log lies. */
  readonly logDir: string;
  readonly now: number;
  readonly nodeVersion: string;
};

const ANSWER_MS = 2_000;

/** All findings, in the order to mend them. Never throws for what it looks at. */
export async function runDoctor({
  config,
  logDir,
  now,
  nodeVersion,
}: DoctorOptions): Promise<readonly Finding[]> {
  const running = await runningServer(config);
  const folder = await ofFolder(config.dataDir);
  const findings: Finding[] = [
    ofNode(nodeVersion),
    folder,
    await ofDisk(config.dataDir),
    ...(await ofOpenFile(config.dataDir, "keys.json", "others may read the secret key in it")),
    running.finding,
  ];
  if (folder.state === "broken") return findings;
  findings.push(...(await ofPostgres(config, now)));
  findings.push(...(await ofEventLog(config, logDir, running.state)));
  return findings;
}

async function ofFolder(dataDir: string): Promise<Finding> {
  const name = "Data folder";
  const there = await stat(dataDir).catch(() => null);
  if (there && !there.isDirectory())
    return finding.broken(name, `${dataDir} is a file`, "Choose another folder with THROUGHLINE_DATA.");
  const at = there ? dataDir : await nearest(dirname(dataDir));
  const writable = await access(at, constants.W_OK | constants.X_OK).then(() => true, () => false); // prettier-ignore
  if (!writable)
    return finding.broken(
      name,
      `${at} cannot be written by this user`,
      `Give this user the right to write there (chown), or choose another folder with THROUGHLINE_DATA.`,
    );
  return there
    ? finding.ok(name, dataDir)
    : finding.note(name, `${dataDir} is not there yet`, "It is made at the first start.");
}

async function nearest(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at))
    if ((await stat(at).catch(() => null)) || at === dirname(at)) return at;
}

async function ofDisk(dataDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearest(dataDir));
  return ofSpace(bavail * bsize, dataDir);
}

async function ofOpenFile(dataDir: string, name: string, found: string): Promise<readonly Finding[]> {
  const file = join(dataDir, name);
  const there = await stat(file).catch(() => null);
  if (!there || (there.mode & 0o077) === 0) return [];
  return [finding.broken(name === KEY_FILE ? VAULT : name, found, `chmod 600 ${file}`)];
}

const VAULT = "Encryption key";
/** Whether the secrets in the database can be read with the keys that are here. */
async function ofVault(sql: Database, config: Config): Promise<readonly Finding[]> {
  const { dataDir, THROUGHLINE_ENCRYPTION_KEY: key } = config;
  const open = key === undefined ? await ofOpenFile(dataDir, KEY_FILE, "others may read it") : [];
  if (open.length > 0) return open;
  try {
    const keys = await keysHere({ dataDir, key });
    return [ofSealed(VAULT, await recordedKeyName(sql), keys && vaultOf(keys), await sealedByKey(sql))];
  } catch (cause) {
    return [finding.broken(VAULT, messageOf(cause), "Put the right key there.")];
  }
}

type Running = { readonly finding: Finding; readonly state: Readiness | null };

async function runningServer({ PORT, HOST }: Config): Promise<Running> {
  const name = "Server";
  const url = `http://127.0.0.1:${PORT}/readyz`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const state = Readiness.safeParse(await answer.json());
    if (!state.success) throw new Error("another program");
    const { ready, worker, eventLog } = state.data;
    const found = `answers on port ${PORT}, ${ready ? "ready" : "not ready"}; worker ${worker.lagEvents ?? "?"} events behind, event log ${eventLog.lagEvents ?? "?"}`;
    return {
      state: state.data,
      finding: ready
        ? finding.ok(name, found)
        : finding.broken(name, found, "Look at the stores below and at the server's log."),
    };
  } catch (cause) {
    const free = await portIsFree(PORT, HOST);
    if (free === null)
      return {
        state: null,
        finding: finding.note(name, `not running; port ${PORT} is free`, "Start it with npm start."),
      };
    const silent = cause instanceof Error && cause.name === "TimeoutError";
    return {
      state: null,
      finding: finding.broken(
        name,
        `port ${PORT} ${silent ? "does not answer" : "is taken by another program"} (${free})`,
        `Stop what listens there, or start with another PORT.`,
      ),
    };
  }
}

/** Null when the port can be listened on, else why not. */
function portIsFree(port: number, host: string): Promise<string | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    server.listen(port, host, () => server.close(() => done(null)));
  });
}

async function ofPostgres(config: Config, now: number): Promise<readonly Finding[]> {
  const name = "PostgreSQL";
  const where = config.DATABASE_URL
    ? { kind: "server" as const, url: config.DATABASE_URL }
    : await embeddedState(config.dataDir);
  if (where.kind === "new")
    return [finding.note(name, "embedded, not set up yet", "It is set up at the first start.")];
  const started =
    where.kind === "stopped"
      ? await startAlone(config.dataDir).catch((cause: unknown) => messageOf(cause))
      : null;
  if (typeof started === "string")
    return [
      finding.broken(
        name,
        started,
        `The data is in ${join(config.dataDir, "postgres")}; nothing was changed.`,
      ),
    ];
  const sql = openPostgres(started?.url ?? (where as { url: string }).url, 2);
  try {
    return [finding.ok(name, await describe(sql, config)), ...(await insidePostgres(sql, config, now))];
  } catch (cause) {
    return [
      finding.broken(
        name,
        messageOf(cause),
        config.DATABASE_URL
          ? "Check DATABASE_URL, and that the server runs."
          : "Start the platform again; its log says why PostgreSQL stopped.",
      ),
    ];
  } finally {
    await sql.close();
    await started?.stop();
  }
}

/** The embedded server for as long as we look, with the folder locked, so that no platform starts on it meanwhile. */
async function startAlone(dataDir: string): Promise<Pick<EmbeddedPostgres, "url" | "stop">> {
  const unlock = await lockFolder(dataDir);
  try {
    const server = await startEmbedded({ dataDir });
    return { url: server.url, stop: () => server.stop().finally(unlock) };
  } catch (cause) {
    await unlock();
    throw cause;
  }
}

async function describe(sql: Database, config: Config): Promise<string> {
  const rows = await sql.query<{ version: string; size: number }>(
    "select current_setting('server_version') as version, pg_database_size(current_database()) as size",
  );
  const { version, size } = rows[0]!;
  return `${version.split(" ")[0]} ${config.DATABASE_URL ? "server" : "embedded"}, ${sizeOf(size)}`;
}

async function insidePostgres(sql: Database, config: Config, now: number): Promise<readonly Finding[]> {
  const schema = ofSchema(await stateSchema(sql));
  const clock = await sql.query<{ at: number }>(
    "select (extract(epoch from clock_timestamp()) * 1000)::bigint as at",
  );
  const found = [schema, ofClock(Date.now(), clock[0]!.at)];
  if (schema.state !== "ok") return found;
  const lanes = await sql.query<LaneFound>(
    `select l.lane, l.owner, l.lease_until as "leaseUntil", coalesce(w.events, 0)::bigint as waiting, w.at as "oldestAt"
     from lanes l left join lateral (
       select sum(i.events) as events, min(i.received_at) as at from inbox i where i.lane = l.lane and i.id > l.cursor_id and i.received_at >= l.cursor_at - 3600000
     ) w on true order by l.lane`,
  );
  return [...found, ofLanes(lanes, now), ...(await ofVault(sql, config))];
}

type Embedded =
  | { readonly kind: "new" }
  | { readonly kind: "stopped" }
  | { readonly kind: "running"; readonly url: string };

/** The embedded server as its own lock file tells: its process in the first line, its socket's folder in the fifth. */
async function embeddedState(dataDir: string): Promise<Embedded> {
  const folder = join(dataDir, "postgres");
  if (!(await stat(join(folder, "PG_VERSION")).catch(() => null))) return { kind: "new" };
  const lines = (await readFile(join(folder, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  if (!isAlive(Number(lines[0]))) return { kind: "stopped" };
  return {
    kind: "running",
    url: `postgresql://throughline@/postgres?host=${encodeURIComponent(lines[4]?.trim() ?? "")}`,
  };
}

function isAlive(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function ofEventLog(
  config: Config,
  logDir: string,
  running: Readiness | null,
): Promise<readonly Finding[]> {
  const name = "ClickHouse";
  if (!config.CLICKHOUSE_URL) {
    const size = await sizeUnder(logDir);
    if (size === null)
      return [finding.note(name, "embedded, not set up yet", "It is set up at the first start.")];
    // Only one process may have the folder open, and that is the server.
    if (running)
      return [
        running.stores.clickhouse === "ok"
          ? finding.ok(name, `embedded, ${sizeOf(size)}`)
          : finding.broken(
              name,
              `embedded, ${running.stores.clickhouse}`,
              "See the server's log. Collection goes on; the event log catches up.",
            ),
      ];
    const embedded = await embeddedState(config.dataDir);
    if (embedded.kind === "running")
      return [
        finding.note(name, `embedded, ${sizeOf(size)}; held by a process that serves no HTTP here`, null),
      ];
    return [await tried(name, () => openChdb(logDir), sizeOf(size))];
  }
  const url = config.CLICKHOUSE_URL;
  return [await tried(name, () => openClickhouse(url), "server")];
}

async function tried(name: string, open: () => EventLog, what: string): Promise<Finding> {
  let log: EventLog | null = null;
  try {
    log = open();
    const rows = await log.rows<{ version: string; free: number }>(
      "select version() as version, toUInt64(sum(bytes_on_disk)) as free from system.parts where active",
    );
    return finding.ok(name, `${rows[0]?.version ?? "?"}, ${what}, ${sizeOf(rows[0]?.free ?? 0)} of events`);
  } catch (cause) {
    return finding.broken(
      name,
      messageOf(cause),
      "Collection goes on without it. Check CLICKHOUSE_URL, or start the platform again and read its log.",
    );
  } finally {
    await log?.close();
  }
}

/** Bytes of the files under a folder; null when there is none. */
async function sizeUnder(folder: string): Promise<number | null> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => null);
  if (!entries) return null;
  let sum = 0;
  // Files come and go while a store works: one that is gone counts nothing.
  for (const entry of entries)
    if (entry.isFile()) sum += (await stat(join(entry.parentPath, entry.name)).catch(() => null))?.size ?? 0;
  return sum;
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
