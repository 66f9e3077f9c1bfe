/** Who may run an import is asked of its row as it is, not as it was when it was found. */
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Mapping } from "../../src/imports/model.ts";
import {
  addImport,
  claimImport,
  endImport,
  type ImportRow,
  makeReady,
  readImport,
} from "../../src/imports/store.ts";
import type { Sql } from "../../src/db/postgres.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aDatabase } from "../stores.ts";

const WORKSPACE = 1 as WorkspaceId;
const PLACE = "here";
const LEASE_MS = 15_000;
const NOW = Date.UTC(2026, 0, 2);
const MAPPING = { format: "csv" } as Mapping;
let database: Awaited<ReturnType<typeof aDatabase>>;

beforeAll(async () => {
  database = await aDatabase();
});
afterAll(() => database.drop());

/** An import whose file is here. */
async function aReadyImport(): Promise<ImportRow> {
  const { sql } = database;
  const { row } = await addImport(
    sql,
    { workspace: WORKSPACE, name: "a.csv", preset: null, mapping: null, checksum: null, place: PLACE, key: 1, sizeBytes: 10 },
    NOW,
  ); // prettier-ignore
  return (await makeReady(sql, row.id, 10, { preset: null, mapping: MAPPING }, NOW))!;
}

/** Waits until a statement of this database waits for a row that another transaction holds. */
async function somebodyWaits(): Promise<void> {
  for (;;) {
    const waiting = await database.sql.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    if (waiting.length > 0) return;
    await turn();
  }
}

/** What a claim answers that found the import just before `first` changed it. */
async function claimBehind(first: (tx: Sql) => Promise<unknown>): Promise<ImportRow | null> {
  const { sql } = database;
  let claimed: Promise<ImportRow | null> | undefined;
  await sql.transaction(async (tx) => {
    await first(tx);
    claimed = claimImport(sql, PLACE, "me", NOW, LEASE_MS);
    await somebodyWaits();
  });
  return claimed!;
}

test("an import that is cancelled while it is being claimed stays cancelled", async () => {
  const row = await aReadyImport();
  expect(await claimBehind((tx) => endImport(tx, row.id, "cancelled", null, NOW))).toBeNull();
  expect((await readImport(database.sql, WORKSPACE, row.id))!.state).toBe("cancelled");
});

test("an import that nobody touches is claimed once", async () => {
  const row = await aReadyImport();
  expect((await claimImport(database.sql, PLACE, "one", NOW, LEASE_MS))!.id).toBe(row.id);
  expect(await claimImport(database.sql, PLACE, "another", NOW, LEASE_MS)).toBeNull();
});
