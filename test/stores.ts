/** Stores of a test file's own: a clone of the migrated database, and a chDB folder (one for each process). */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inject } from "vitest";
import { type EventLog, openChdb } from "../src/db/clickhouse.ts";
import { migrateLog } from "../src/db/migrate.ts";
import { type Database, openPostgres } from "../src/db/postgres.ts";
import { ensureInboxPartitions } from "../src/events/inbox.ts";
import { ensureLanes } from "../src/lanes.ts";

/** A database of its own on the shared server. `drop` closes it. */
export async function aDatabase(): Promise<{
  readonly sql: Database;
  readonly url: string;
  readonly drop: () => Promise<void>;
}> {
  const name = `t_${randomUUID().replaceAll("-", "")}`;
  const server = openPostgres(inject("postgres"), 1);
  await server.query(`create database ${name}`);
  const url = inject("postgres").replace("/postgres?", `/${name}?`);
  const sql = openPostgres(url, 8, "bulk");
  await ensureLanes(sql);
  await ensureInboxPartitions(sql, Date.now());
  return {
    sql,
    url,
    drop: async () => {
      await sql.close();
      await server.query(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}

/** An event log of its own: one at a time in a process, which is what chDB allows. */
export async function aLog(): Promise<{ readonly log: EventLog; readonly drop: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "throughline-log-"));
  const log = openChdb(folder);
  await migrateLog(log);
  return {
    log,
    drop: async () => {
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Both stores of a test file's own, with workspace 1 in them. */
export async function bothStores(): Promise<{
  readonly sql: Database;
  readonly log: EventLog;
  readonly drop: () => Promise<void>;
}> {
  const [database, { log, drop }] = [await aDatabase(), await aLog()];
  await database.sql.query(
    "insert into workspaces (id, name, created_at) overriding system value values (1, 'Test', 0) on conflict do nothing",
  );
  return {
    sql: database.sql,
    log,
    drop: async () => {
      await drop();
      await database.drop();
    },
  };
}
