/**
 * Numbered SQL files, applied in order, each once. PostgreSQL: each file in one transaction that first inserts its
 * number, so two racing processes resolve by the primary key. ClickHouse: statements are idempotent and the number is
 * inserted last, because it has no transactions. A file is never edited once released; `--! breaking` in its first
 * line keeps older programs from running on the newer schema.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure } from "../errors.ts";
import type { EventLog } from "./clickhouse.ts";
import { LOCKS } from "./locks.ts";
import type { Sql } from "./postgres.ts";

const FOLDER = fileURLToPath(new URL("./migrations", import.meta.url));

type Migration = { readonly number: number; readonly text: string; readonly breaking: boolean };

async function migrationsOf(store: "state" | "log"): Promise<readonly Migration[]> {
  const names = (await readdir(join(FOLDER, store))).filter((name) => /^\d{4}\.sql$/.test(name)).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(FOLDER, store, name), "utf8");
      return { number: Number(name.slice(0, 4)), text, breaking: text.startsWith("--! breaking") };
    }),
  );
}

/** Brings the state schema up to date. Throws `Failure("configuration")` when the database is newer than this program. */
export async function migrateState(sql: Sql): Promise<void> {
  const known = await migrationsOf("state");
  // The lock keeps two starting processes from creating the same table at the same moment.
  await sql.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.migrations})`);
    await tx.query(
      "create table if not exists migrations (number int primary key, breaking boolean not null, applied_at timestamptz not null default now())",
    );
    const applied = await tx.query<{ number: number; breaking: boolean }>(
      "select number, breaking from migrations",
    );
    refuseNewer(applied, known, "The database");
    for (const { number, text, breaking } of known) {
      if (applied.some((row) => row.number === number)) continue;
      await tx.query("insert into migrations (number, breaking) values ($1, $2)", [number, breaking]);
      await tx.query(text);
    }
  });
}

/** Brings the event log's schema up to date. Throws as `migrateState`. */
export async function migrateLog(log: EventLog): Promise<void> {
  const known = await migrationsOf("log");
  await log.command(
    "create table if not exists migrations (number UInt32, breaking Bool) engine = MergeTree order by number",
  );
  const applied = await log.rows<{ number: number; breaking: boolean }>(
    "select number, breaking from migrations",
  );
  refuseNewer(applied, known, "The event log");
  for (const { number, text, breaking } of known) {
    if (applied.some((row) => row.number === number)) continue;
    for (const statement of text.split(/;\s*$/m).filter((part) => part.replace(/--.*$/gm, "").trim()))
      await log.command(statement);
    await log.command(`insert into migrations values (${number}, ${breaking})`);
  }
}

function refuseNewer(
  applied: readonly { number: number; breaking: boolean }[],
  known: readonly Migration[],
  what: string,
): void {
  const newer = applied.find((row) => row.breaking && !known.some(({ number }) => number === row.number));
  if (newer)
    throw new Failure(
      "configuration",
      `${what} was changed by a newer version (migration ${newer.number}). Start that version, or restore a backup.`,
    );
}

/** What is between this program and the state schema it finds. */
export type SchemaState = {
  /** Migrations of this program that are not applied; all of them on an empty database. */
  readonly pending: readonly number[];
  /** Migrations applied that this program does not know: a newer one was here. */
  readonly unknown: readonly number[];
};

/** How the state schema stands; changes nothing. */
export async function stateSchema(sql: Sql): Promise<SchemaState> {
  const known = (await migrationsOf("state")).map(({ number }) => number);
  const table = await sql.query<{ there: boolean }>("select to_regclass('migrations') is not null as there");
  const rows = table[0]?.there
    ? await sql.query<{ number: number }>("select number from migrations order by number")
    : [];
  const applied = rows.map(({ number }) => number);
  return {
    pending: known.filter((number) => !applied.includes(number)),
    unknown: applied.filter((number) => !known.includes(number)),
  };
}
