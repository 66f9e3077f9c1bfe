/** Several workers on one PostgreSQL: each customer's events are handled once and in order, and a killed worker is replaced. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Database } from "../src/db/postgres.ts";
import { createInbox, waitingEvents } from "../src/events/inbox.ts";
import { BEAT_MS, LEASE_MS } from "../src/lanes.ts";
import { startWorker } from "../src/worker.ts";
import { freePort, type Platform, startPlatform, untilQuiet, WRITE_KEY, asSecret } from "./chaos/platform.ts";
import { aClickhouse, type Engine } from "./engines.ts";
import { aDatabase } from "./stores.ts";
import { eventOf } from "./world.ts";

let database: Awaited<ReturnType<typeof aDatabase>>;
let sql: Database;
beforeAll(async () => {
  database = await aDatabase();
  sql = database.sql;
});
afterAll(() => database.drop());
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

test("three workers share the lanes; every customer's events are handled once and in the order they came", async () => {
  const handled = new Map<string, number[]>();
  const busy = new Set<string>();
  const faults: unknown[] = [];
  const workers = ["a", "b", "c"].map((name) =>
    startWorker({
      sql, clock: Date.now, owner: `${name}-${randomUUID()}`, onFault: (cause) => faults.push(cause),
      onCommit: (batch) => {
        if (batch.handled.length > 0) busy.add(name);
        for (const { event } of batch.handled) {
          const who = event.identifiers[0]!.value;
          handled.set(who, [...(handled.get(who) ?? []), event.properties!["n"] as number]);
        }
      },
    }),
  ); // prettier-ignore
  // Each has come by once, so that the lanes are shared before there is work.
  while (
    (
      await sql.query<{ n: number }>(
        "select count(distinct owner)::int as n from lanes where owner is not null",
      )
    )[0]!.n < 3
  )
    await pause(20);
  const inbox = createInbox(sql, {
    clock: Date.now,
    waiting: () => 0,
    waitingMax: 1e9,
    onAppend: () => workers.forEach((worker) => worker.wake()),
  });
  const people = Array.from({ length: 60 }, (_, i) => `person-${i}`);
  for (let n = 0; n < 40; n++)
    await inbox.append(people.flatMap((who) => eventOf({ who: [`user_id ${who}`], properties: { n } })));
  while ((await waitingEvents(sql, Date.now())).events > 0) await pause(20);
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(faults).toEqual([]);
  expect(busy.size).toBe(3);
  for (const who of people) expect(handled.get(who)).toEqual(Array.from({ length: 40 }, (_, n) => n));
  // Nobody's knowledge lost an update to another worker's.
  const counts = await sql.query<{ events: number }>(
    "select (split_part(knowledge, e'\\n', 1)::jsonb ->> 'events')::int as events from atoms",
  );
  expect(counts.map(({ events }) => events)).toEqual(people.map(() => 40));
});

test("workers that meet in one customer from different lanes lose nothing", async () => {
  const faults: unknown[] = [];
  const workers = [1, 2, 3].map(() =>
    startWorker({
      sql,
      clock: Date.now,
      owner: randomUUID(),
      onCommit: () => undefined,
      onFault: (cause) => faults.push(cause),
    }),
  );
  const inbox = createInbox(sql, {
    clock: Date.now,
    waiting: () => 0,
    waitingMax: 1e9,
    onAppend: () => workers.forEach((worker) => worker.wake()),
  });
  const sent = [];
  // One person on twelve devices: the devices' lanes all lead to the same atom.
  for (let n = 0; n < 60; n++)
    sent.push(
      inbox.append(
        Array.from({ length: 12 }, (_, device) =>
          eventOf({ who: ["user_id busy", `anonymous_id busy-device-${device}`] }),
        ),
      ),
    );
  await Promise.all(sent);
  while ((await waitingEvents(sql, Date.now())).events > 0) await pause(20);
  await Promise.all(workers.map((worker) => worker.stop()));
  expect(faults).toEqual([]);
  const atoms = await sql.query<{ events: number }>(
    "select (split_part(knowledge, e'\\n', 1)::jsonb ->> 'events')::int as events from atoms where id in (select atom from identifiers where value like 'busy%')",
  );
  expect(atoms.map(({ events }) => events)).toEqual([720]);
});

test(
  "roles in processes of their own; a killed worker's lanes are taken over within 10 s and nothing is lost",
  { timeout: 120_000 },
  async () => {
    const own = await aDatabase();
    const folder = await mkdtemp(join(tmpdir(), "throughline-roles-"));
    const clickhouse: Engine = await aClickhouse();
    const env = { DATABASE_URL: own.url, CLICKHOUSE_URL: clickhouse.url };
    const platforms: Platform[] = [];
    const open = async (roles: string) => {
      const platform = await startPlatform(folder, await freePort(), env, ["--roles", roles]);
      platforms.push(platform);
      return platform;
    };
    try {
      const door = await open("collector,api");
      const [first] = [await open("worker"), await open("worker")];
      const post = async (from: number, count: number) => {
        const batch = Array.from({ length: count }, (_, i) => ({
          type: "track",
          event: "Ping",
          userId: `u${i % 50}`,
          messageId: `m${from + i}`,
        }));
        expect(
          (
            await fetch(`${door.base}/v1/batch`, {
              method: "POST",
              body: JSON.stringify({ writeKey: WRITE_KEY, batch }),
            })
          ).status,
        ).toBe(200);
      };
      await post(0, 500);
      await untilQuiet(door.base);
      while (
        (
          await own.sql.query<{ n: number }>(
            "select count(distinct owner)::int as n from lanes where lease_until > 0",
          )
        )[0]!.n < 2
      )
        await pause(50);
      first!.process.kill("SIGKILL");
      await post(500, 500);
      await untilQuiet(door.base);
      // Taken over by then, or this would still wait; the time it may take is the lease's and the heartbeat's.
      expect(LEASE_MS + BEAT_MS).toBeLessThan(10_000);
      const lines = (await (await fetch(`${door.base}/v1/export/events`, asSecret)).text())
        .trim()
        .split("\n");
      expect(new Set(lines.map((line) => (JSON.parse(line) as { messageId: string }).messageId)).size).toBe(
        1000,
      );
      expect(lines.length).toBe(1000);
    } finally {
      for (const { process: child } of platforms) child.kill("SIGTERM");
      await Promise.all(platforms.map(({ gone }) => gone));
      await clickhouse.stop();
      await own.drop();
      await rm(folder, { recursive: true, force: true });
    }
  },
);
