/** Two customers parted by a person while a segment is built. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { buildNext } from "../../src/segments/build.ts";
import { createSegment } from "../../src/segments/change.ts";
import { areIn, did } from "../segments/story.ts";
import { WORKSPACE, anOwnWorld } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});

test("each of the two is in by what is their own", async () => {
  await world.builder.stop();
  await world.says({ who: ["user_id yan"], name: "Looked" }, { who: ["anonymous_id pad"], name: "Bought" });
  await world.says({ who: ["user_id yan", "anonymous_id pad"], name: "Signed In" });
  const segment = await createSegment(
    world.sql,
    WORKSPACE,
    { name: "b", description: "", rule: did("Bought") },
    world.clock(),
  );
  let parted = false;
  const log: EventLog = {
    ...world.log,
    rows: async (...query: Parameters<EventLog["rows"]>) => {
      const rows = await world.log.rows(...query);
      if (!parted && query[0].includes("events")) {
        parted = true;
        const known = (await world.identities("user_id yan"))!;
        await world.unmerge((await world.customer("user_id yan"))!.id, known.links[0]!.id);
        await world.woken();
      }
      return rows as never;
    },
  };
  while (await buildNext({ sql: world.sql, log, clock: world.clock, settle: () => world.feed.drain(), onWake: () => undefined, onFault: () => undefined }, "one")); // prettier-ignore
  await world.woken();
  const pad = (await world.customer("anonymous_id pad"))!.id;
  expect(await areIn(world, segment, "yan")).toEqual([false]);
  expect(await world.membersOf(segment)).toEqual([pad]);
});
