/** What the event log promises, on chDB in process and by ClickHouse's client over HTTP. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type EventLog, openChdb, openClickhouse } from "../../src/db/clickhouse.ts";
import { migrateLog } from "../../src/db/migrate.ts";
import { LOGGED_COLUMNS, type LoggedEvent, loggedOf } from "../../src/log/read.ts";
import type { AtomId } from "../../src/values.ts";
import { aClickhouse } from "../engines.ts";
import { eventOf } from "../world.ts";

const implementations: readonly (readonly [string, () => Promise<{ log: EventLog; stop: () => Promise<void> }>])[] = [
  ["chDB in process", async () => {
    const folder = await mkdtemp(join(tmpdir(), "throughline-log-"));
    return { log: openChdb(folder), stop: () => rm(folder, { recursive: true, force: true }) };
  }],
  ["ClickHouse over HTTP (chDB behind a shim)", async () => {
    const engine = await aClickhouse();
    return { log: openClickhouse(engine.url), stop: () => engine.stop() };
  }],
]; // prettier-ignore

describe.each(implementations)("%s", (_name, open) => {
  let log: EventLog;
  let stop: () => Promise<void>;
  beforeAll(async () => ({ log, stop } = await open()));
  afterAll(async () => {
    await log.close();
    await stop();
  });
  const count = async () => (await log.rows<{ n: number }>("select count() as n from events"))[0]!.n;
  const lineOf = (event: ReturnType<typeof eventOf>, atom: number) =>
    `{"atom":${atom},${JSON.stringify(event).slice(1)}`;

  test("migrates from nothing, and a second time changes nothing", async () => {
    await migrateLog(log);
    await migrateLog(log);
    expect(await log.rows("select number from migrations order by number")).toEqual([
      { number: 1 },
      { number: 2 },
      { number: 3 },
    ]);
  });
  test("a line of the inbox comes out as the event that went in", async () => {
    const event = eventOf({
      who: ["user_id ada", "email ada@x.example"], at: 1_700_000_000_123, properties: { text: 'quotes " and \\ and\nlines', nested: { list: [1, 2.5, null, true] }, emoji: "🥾" },
      campaign: { source: "newsletter" }, referrer: "https://x.example/?a=b", context: { library: { name: "test" } }, consents: [{ channel: "email", purpose: "marketing", answer: "granted", source: "event" }],
    }); // prettier-ignore
    await log.insert("events", lineOf(event, 7), "first");
    const [row] = await log.rows<LoggedEvent>(`select ${LOGGED_COLUMNS} from events where id = {id:String}`, {
      id: event.id,
    });
    expect(row).toEqual(loggedOf(7 as AtomId, event));
    expect(JSON.parse(row!.properties)).toEqual(event.properties);
  });
  test("knows a touchpoint without the ids in it", async () => {
    const kinds = { "/p3/1999": "/p3/*", "/a/12/345/b": "/a/*/*/b", "/c/0123456789abcdef": "/c/*", "/u/0b1c2d3e-0000-4000-8000-00000000000f/x": "/u/*/x", "/p3": "/p3", "Call 42": "Call 42" }; // prettier-ignore
    const touched = Object.keys(kinds).map((touchpoint) =>
      lineOf(eventOf({ who: ["user_id kim"], touchpoint }), 99),
    );
    await log.insert("events", touched.join("\n"), "kinds");
    const rows = await log.rows<{ touchpoint: string; kind: string }>("select touchpoint, touchpointKind as kind from events where atom = 99"); // prettier-ignore
    expect(Object.fromEntries(rows.map(({ touchpoint, kind }) => [touchpoint, kind]))).toEqual(kinds);
  });
  test("what a failed statement had told by then is in nobody else's answer, also of those who waited for it", async () => {
    const failing =
      "select number as n, throwIf(number = 300000) as t from numbers(400000) settings max_threads = 1";
    const asked = [failing, "select 1 as a", failing, "select {p:UInt8} as a"].map((text) => log.rows(text, { p: 2 }).catch(() => "failed")); // prettier-ignore
    expect(await Promise.all(asked)).toEqual(["failed", [{ a: 1 }], "failed", [{ a: 2 }]]);
  });
  test("times before 1970 and far ahead keep their milliseconds", async () => {
    for (const at of [-86_400_001, 0, 1, 4_102_444_800_999]) {
      const event = eventOf({ who: ["user_id ada"], at });
      await log.insert("events", lineOf(event, 8), `at ${at}`);
      expect(
        await log.rows(
          "select happenedAt, toUnixTimestamp64Milli(happened) as happened from events where id = {id:String}",
          { id: event.id },
        ),
      ).toEqual([{ happenedAt: at, happened: at }]);
    }
  });
  test("an insert of the same token changes nothing, over several months too; another token does", async () => {
    const before = await count();
    const lines = [1_600_000_000_000, 1_650_000_000_000, 1_700_000_000_000]
      .map((at) => lineOf(eventOf({ who: ["user_id bob"], at }), 9))
      .join("\n");
    await log.insert("events", lines, "twice");
    await log.insert("events", lines, "twice");
    expect(await count()).toBe(before + 3);
    await log.insert("events", lineOf(eventOf({ who: ["user_id bob"] }), 9), "once");
    expect(await count()).toBe(before + 4);
  });
  test("a statement that is wrong says so as a fault with its cause", async () => {
    await expect(log.rows("select nothing from nowhere")).rejects.toMatchObject({
      code: "store_unavailable",
      message: /nowhere|nothing/,
    });
  });
  test("values are bound, not spliced", async () => {
    const nasty = "'; drop table events; --";
    expect(await log.rows("select {text:String} as text", { text: nasty })).toEqual([{ text: nasty }]);
  });
});
