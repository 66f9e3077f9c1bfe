/** What the state store promises, on the embedded PostgreSQL and on a server. */
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { migrateState, stateSchema } from "../../src/db/migrate.ts";
import { type Database, type Sql, openPostgres, together } from "../../src/db/postgres.ts";
import { createInbox, ensureInboxPartitions, readInbox, waitingEvents } from "../../src/events/inbox.ts";
import { beat, ensureLanes } from "../../src/lanes.ts";
import { addTallies, readTallies } from "../../src/telemetry/tally.ts";
import { aServer, debianPostgres, type Engine } from "../engines.ts";
import { eventOf, WORKSPACE } from "../world.ts";

const programs = debianPostgres();
const implementations: readonly (readonly [string, () => Promise<Engine>])[] = [
  [
    "embedded",
    async () => ({
      url: inject("postgres").replace("/postgres?", "/contract?"),
      stop: async () => undefined,
    }),
  ],
  ...(programs ? [["server", () => aServer(programs)] as const] : []),
];

describe.each(implementations)("%s PostgreSQL", (name, open) => {
  let engine: Engine;
  let sql: Database;
  beforeAll(async () => {
    engine = await open();
    if (name === "embedded") {
      const admin = openPostgres(inject("postgres"), 1);
      await admin.query("drop database if exists contract");
      await admin.query("create database contract template template0");
      await admin.close();
    }
    sql = openPostgres(engine.url, 6);
  });
  afterAll(async () => {
    await sql.close();
    await engine.stop();
  });

  test("migrates from nothing, and a second time changes nothing, also at the same moment", async () => {
    expect((await stateSchema(sql)).pending.length).toBeGreaterThan(0);
    await Promise.all([migrateState(sql), migrateState(sql)]);
    await migrateState(sql);
    expect(await stateSchema(sql)).toEqual({ pending: [], unknown: [] });
  });
  test("a newer breaking schema is refused in a sentence", async () => {
    await sql.query("insert into migrations (number, breaking) values (9999, true)");
    await expect(migrateState(sql)).rejects.toThrow(/newer version \(migration 9999\)/);
    await sql.query("delete from migrations where number = 9999");
  });
  test.each(["prepared", "bulk"] as const)(
    "what was %s is prepared again when a table has changed",
    async (use) => {
      const table = `changing_${use}`;
      await sql.query(`create table ${table} (n int)`);
      const known = openPostgres(engine.url, 1, use);
      const ask = () => known.query(`select * from ${table} where n > $1`, [0]);
      const askWithin = () =>
        known.transaction((tx) => tx.query(`select * from ${table} where n >= $1`, [0]));
      await ask();
      await askWithin();
      await sql.query(`alter table ${table} add column m int default 2`);
      await expect(askWithin()).rejects.toThrow("cached plan");
      await sql.query(`insert into ${table} values (1)`);
      expect(await askWithin()).toEqual([{ n: 1, m: 2 }]);
      await sql.query(`alter table ${table} drop column m`);
      await ask().catch(() => undefined);
      expect(await ask()).toEqual([{ n: 1 }]);
      await known.close();
    },
  );
  test("a transaction that throws leaves nothing; one that returns leaves all", async () => {
    await sql.query("create table if not exists t (n int)");
    await expect(sql.transaction(async (tx) => {
      await tx.query("insert into t values (1)");
      throw new Error("no");
    })).rejects.toThrow("no"); // prettier-ignore
    await sql.transaction((tx) => tx.query("insert into t values (2)"));
    expect(await sql.query("select n from t")).toEqual([{ n: 2 }]);
  });
  test("statements sent together are taken in their order, and all of a transaction or none is kept", async () => {
    const bulk = openPostgres(engine.url, 1, "bulk");
    await bulk.query("create table line (n int primary key)");
    const insert = (tx: Sql, n: number) => tx.query<{ n: number }>("insert into line (n) values ($1) returning n", [n]);
    const kept = await bulk.transaction((tx) => together([insert(tx, 3), insert(tx, 1), insert(tx, 2)]));
    expect(kept).toEqual([[{ n: 3 }], [{ n: 1 }], [{ n: 2 }]]);
    // The second is there already: what it failed with is told, and not that those behind it were not listened to.
    const doubled = bulk.transaction((tx) => together([insert(tx, 4), insert(tx, 1), insert(tx, 5)]));
    await expect(doubled).rejects.toMatchObject({ code: "23505" });
    expect(await bulk.query("select n from line order by n")).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await bulk.close();
  }); // prettier-ignore
  test("work of several statements has ended when its transaction has failed", async () => {
    const bulk = openPostgres(engine.url, 1, "bulk");
    let free = (): void => undefined;
    const freed = new Promise<void>((resolve) => (free = resolve));
    let isOver = false;
    let isDivided = (): void => undefined;
    const divided = new Promise<void>((resolve) => (isDivided = resolve));
    const failing = bulk
      .transaction((tx) =>
        together([
          tx.query("select 1 / 0").finally(isDivided),
          freed.then(() => tx.query("select 1 as one")),
        ]),
      )
      .finally(() => (isOver = true));
    const failed = expect(failing).rejects.toMatchObject({ code: "22012" });
    await divided;
    // As long as a rollback takes, and longer.
    for (let i = 0; i < 10; i++) await sql.query("select 1 as one");
    expect(isOver).toBe(false);
    free();
    await failed;
    let late: Sql | undefined;
    await bulk.transaction(async (tx) => void (late = tx));
    await expect(late!.query("select 1 as one")).rejects.toThrow("after its transaction had ended");
    expect(await bulk.query("select 1 as one")).toEqual([{ one: 1 }]);
    await bulk.close();
  });
  test("numbers of 64 bits are numbers", async () => {
    expect(await sql.query("select 1700000000000::bigint as at")).toEqual([{ at: 1_700_000_000_000 }]);
  });
  test("a connection that is killed is replaced, and the fault says that a retry may help", async () => {
    await expect(sql.query("select pg_terminate_backend(pg_backend_pid())")).rejects.toMatchObject({
      code: "store_unavailable",
    });
    expect(await sql.query("select 1 as one")).toEqual([{ one: 1 }]);
  });
  test("the inbox keeps what was appended, in order, in whole commits", async () => {
    await ensureLanes(sql);
    await ensureInboxPartitions(sql, Date.now());
    await ensureInboxPartitions(sql, Date.now());
    const inbox = createInbox(sql, { clock: Date.now, waiting: () => 0, waitingMax: 1e9 });
    const events = Array.from({ length: 50 }, (_, i) => eventOf({ who: [`user_id u${i % 7}`] }));
    for (const event of events) await inbox.append([event]);
    await inbox.append(events.map((event) => ({ ...event, id: `${event.id}b` })));
    const lanes = await beat(sql, "contract");
    const rows = await readInbox(sql, lanes, 1000);
    expect(rows.reduce((sum, row) => sum + row.events, 0)).toBe(100);
    expect(rows.map(({ id }) => id)).toEqual(rows.map(({ id }) => id).toSorted((a, b) => a - b));
    const ids = rows.flatMap(({ body, flush, places }) =>
      body
        .split("\n")
        .map(
          (line, i) =>
            [flush * 1e6 + Number(places.split(",")[i]), (JSON.parse(line) as { id: string }).id] as const,
        ),
    );
    expect(ids.toSorted((a, b) => a[0] - b[0]).map(([, id]) => id)).toEqual([
      ...events.map(({ id }) => id),
      ...events.map(({ id }) => `${id}b`),
    ]);
    expect((await waitingEvents(sql, Date.now())).events).toBe(100);
    expect((await readInbox(sql, lanes, 1)).length).toBe(1);
  });
  test("an inbox over its limit says too many, with when to come again, and takes nothing", async () => {
    const inbox = createInbox(sql, { clock: Date.now, waiting: () => 5, waitingMax: 4 });
    await expect(inbox.append([eventOf({ who: ["user_id u"] })])).rejects.toMatchObject({
      code: "too_many",
      retryAfterSeconds: 2,
    });
  });
  test("counts add up, also from writers at once", async () => {
    await Promise.all(
      [1, 2, 3, 4].map((n) =>
        sql.transaction((tx) =>
          addTallies(tx, [
            { workspace: WORKSPACE, name: "refused", reason: "bot", n },
            { workspace: WORKSPACE, name: "processed", n: 1 },
          ]),
        ),
      ),
    );
    expect(await readTallies(sql, WORKSPACE)).toMatchObject({
      refused: { bot: 10 },
      processed: 4,
      accepted: 100,
    });
  });
  test("lanes are shared out evenly, and a silent worker's lanes are taken over", async () => {
    await sql.query("update lanes set owner = null");
    await sql.query("delete from workers");
    expect((await beat(sql, "one")).length).toBe(8);
    await beat(sql, "two");
    const one = await beat(sql, "one");
    const two = await beat(sql, "two");
    expect([one.length, two.length]).toEqual([4, 4]);
    // As if the leases had run out: no sleep in a test.
    await sql.query("update lanes set lease_until = 0 where owner = 'one'");
    await sql.query("update workers set seen_at = 0 where id = 'one'");
    expect((await beat(sql, "two")).length).toBe(8);
  });
});
