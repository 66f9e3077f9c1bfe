/** Opens both stores as the configuration says, embedded or remote, and brings their schemas up to date. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { Failure } from "../errors.ts";
import { threadsGiveWay } from "../priority.ts";
import { type EventLog, openChdb, openClickhouse } from "./clickhouse.ts";
import { startEmbedded } from "./embedded.ts";
import { lockFolder } from "./lock.ts";
import { migrateLog, migrateState } from "./migrate.ts";
import { type Database, openPostgres } from "./postgres.ts";

/** What the embedded event log calls the threads that merge its parts. */
const MERGES = "MergeMutate";

export type Stores = {
  readonly sql: Database;
  /** The same database, for statements with megabytes of parameters. */
  readonly bulk: Database;
  /** The same database, for the few statements that are asked hundreds of times a second. */
  readonly prepared: Database;
  /** Null where this process has no use for the event log. */
  readonly log: EventLog | null;
  /** Whether no other process can be on these stores. */
  readonly alone: boolean;
  close(): Promise<void>;
};

/**
 * Opens the stores. Throws `Failure("configuration")` in a sentence that says what to do; what was opened before is
 * closed again.
 */
export async function openStores(config: Config, onFault: (message: string) => void): Promise<Stores> {
  const embedded = { postgres: !config.DATABASE_URL, log: !config.CLICKHOUSE_URL };
  const needsLog = config.roles.includes("worker") || config.roles.includes("api");
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).toReversed()) await closer();
  };
  try {
    await makeFolder(config.dataDir);
    if (embedded.postgres || (embedded.log && needsLog)) closers.push(await lockFolder(config.dataDir));
    const url = config.DATABASE_URL ?? (await embeddedUrl(config, closers, onFault));
    const sql = openPostgres(url, 16);
    closers.push(() => sql.close());
    const bulk = openPostgres(url, 6, "bulk");
    closers.push(() => bulk.close());
    const prepared = openPostgres(url, 6, "prepared");
    closers.push(() => prepared.close());
    await reachable(sql, config.DATABASE_URL !== undefined);
    await migrateState(sql);
    let log: EventLog | null = null;
    if (needsLog) {
      log = config.CLICKHOUSE_URL
        ? openClickhouse(config.CLICKHOUSE_URL)
        : openChdb(join(config.dataDir, "clickhouse"));
      closers.push(() => log!.close());
      await migrateLog(log);
      if (!config.CLICKHOUSE_URL) threadsGiveWay(MERGES);
    }
    return { sql, bulk, prepared, log, alone: embedded.postgres, close };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function embeddedUrl(
  config: Config,
  closers: (() => Promise<void>)[],
  onFault: (message: string) => void,
): Promise<string> {
  const server = await startEmbedded({ dataDir: config.dataDir, onExit: onFault });
  closers.push(() => server.stop());
  return server.url;
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw new Failure(
      "configuration",
      `The data folder ${path} cannot be made: ${(cause as Error).message}. Choose another with THROUGHLINE_DATA.`,
      { cause },
    );
  }
}

async function reachable(sql: Database, remote: boolean): Promise<void> {
  try {
    await sql.query("select 1");
  } catch (cause) {
    throw new Failure(
      "configuration",
      `${remote ? "The PostgreSQL server of DATABASE_URL" : "The embedded PostgreSQL"} cannot be reached: ${(cause as Error).message}`,
      { cause },
    );
  }
}
