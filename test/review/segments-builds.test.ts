/** What a reviewer found of builds: a builder that lost its lease, and a log that goes away in the middle. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { buildNext, releaseAllBuilds } from "../../src/segments/build.ts";
import { changeStages, createSegment } from "../../src/segments/change.ts";
import { Failure } from "../../src/errors.ts";
import type { Rule, StageModel } from "../../src/segments/model.ts";
import { areIn, did } from "../segments/story.ts";
import { WORKSPACE, anOwnWorld } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});

const depsOf = (log: EventLog) => ({
  sql: world.sql, log, clock: world.clock, settle: () => world.feed.drain(), onWake: () => undefined, onFault: () => undefined,
}); // prettier-ignore
const pause = () => new Promise((resolve) => setImmediate(resolve));

test("a builder that slept while another took its place does not count history twice", async () => {
  await world.builder.stop();
  await world.says({ who: ["user_id uma"], name: "Visited" });
  const segment = await createSegment(
    world.sql,
    WORKSPACE,
    { name: "visits", description: "", rule: did("Visited", 2) },
    world.clock(),
  );
  let wakeUp = () => {};
  const asleep = new Promise<void>((resolve) => (wakeUp = resolve));
  let isAsleep = false;
  const slow: EventLog = {
    ...world.log,
    rows: async (...query: Parameters<EventLog["rows"]>) => {
      const rows = await world.log.rows(...query);
      // In the middle of reading history.
      if (query[0].includes("from events") && !isAsleep) {
        isAsleep = true;
        await asleep;
      }
      return rows as never;
    },
  };
  const first = buildNext(depsOf(slow), "first");
  while (!isAsleep) await pause();
  await releaseAllBuilds(world.sql);
  const second = buildNext(depsOf(world.log), "second");
  await second;
  // Takes up history a first time.
  await world.says({ who: ["user_id uma"], name: "Unasked", accountId: "x" });
  wakeUp();
  await first;
  await world.woken();
  await world.says({ who: ["user_id uma"], name: "$customer.identified", traits: { a: 1 } });
  const [row] = await world.sql.query<{ standing: string }>("select standing from atoms order by id limit 1");
  const states = await world.sql.query("select id, state from versions where segment = $1", [segment]);
  expect(states).toEqual([expect.objectContaining({ state: "live" })]);
  expect(row!.standing).not.toContain("[2,");
  expect(await areIn(world, segment, "uma")).toEqual([false]);
});

const stages = (rule: Rule): StageModel => ({
  backward: "allowed",
  stages: [
    { key: "visitor", name: "Visitor", description: "", rule: null },
    { key: "buyer", name: "Buyer", description: "", rule },
  ],
});

test("a build of stages that broke off between its tables and the log is told to the log when it is made again", async () => {
  await world.says({ who: ["user_id vic"], name: "Bought" });
  await changeStages(world.sql, WORKSPACE, stages(did("Bought")), world.clock());
  let killed = false;
  const dying: EventLog = {
    ...world.log,
    insert: async (...all: Parameters<EventLog["insert"]>) => {
      if (all[0] === "events" && !killed) {
        killed = true;
        throw new Failure("store_unavailable", "The log is away.");
      }
      return world.log.insert(...all);
    },
  };
  await buildNext(depsOf(dying), "third");
  while (await buildNext(depsOf(world.log), "fourth"));
  await world.feed.drain();
  const customer = (await world.customer("user_id vic"))!.id;
  const moments = await world.moments([Number(customer.slice(1))]);
  expect(moments.filter(({ name }) => name === "$stage.changed").length).toBe(1);
  const buyers = await createSegment(
    world.sql,
    WORKSPACE,
    { name: "buyers", description: "", rule: { type: "stage", in: ["buyer"] } },
    world.clock(),
  );
  while (await buildNext(depsOf(world.log), "fifth"));
  expect(await areIn(world, buyers, "vic")).toEqual([true]);
});
