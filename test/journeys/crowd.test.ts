/** Thousands enter a journey at once and wait there for the same moment: batch after batch, each of them once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { enqueueSegment } from "../../src/journeys/change.ts";
import { WORKSPACE, eventOf } from "../world.ts";
import { HOUR_MS, type JourneyWorld, aJourneyWorld, wait } from "./story.ts";

/** More than two batches take. */
const PEOPLE = 2_300;
let world: JourneyWorld;
beforeAll(async () => {
  world = await aJourneyWorld();
});
afterAll(() => world.close());

const one = async <T extends object>(text: string) => (await world.sql.query<T>(text))[0]!;
/** What is known of everybody, as it lies there. */
const documents = async () =>
  (await one<{ all: string }>("select md5(string_agg(id || identifiers || apart || knowledge || customer || size, '' order by id)) as all from atoms")).all; // prettier-ignore
const inStates = () => world.sql.query("select state, count(*)::int as runs, count(distinct atom)::int as people from runs group by 1"); // prettier-ignore

test("a crowd that enters a journey at once and waits in it goes through it once each, and what is known of them stays", async () => {
  const who = Array.from({ length: PEOPLE }, (_, i) => eventOf({ who: [`user_id u${i}`, `email u${i}@example.com`], type: "identify", name: "$customer.identified", traits: { plan: "pro" }, at: world.clock() })); // prettier-ignore
  await world.sends(who);
  const pro = await world.segment({ type: "trait", name: "plan", is: { op: "equals", value: "pro" } }, "Pro");
  const crowd = await world.journey({ entry: { type: "batch" }, start: "rest", steps: { rest: wait(HOUR_MS, null) } }); // prettier-ignore
  const before = await documents();

  expect(await enqueueSegment(world.sql, WORKSPACE, crowd, pro, world.clock())).toBe(PEOPLE);
  await world.woken();
  expect(await inStates()).toEqual([{ state: "running", runs: PEOPLE, people: PEOPLE }]);
  expect(await documents()).toBe(before);

  await world.passes(HOUR_MS + 1);
  expect(await inStates()).toEqual([{ state: "completed", runs: PEOPLE, people: PEOPLE }]);
  expect(await documents()).toBe(before);
  expect((await one<{ n: number }>("select count(*)::int as n from wakes")).n).toBe(0);

  // What was not read is read when something happens: nothing of it was lost.
  await world.says({ who: ["user_id u7"], name: "Order Completed", at: world.clock() });
  const u7 = (await world.customer("user_id u7"))!;
  expect(u7.events).toBe(2);
  expect(JSON.stringify(u7.traits)).toContain("pro");
  expect(world.faults).toEqual([]);
});
