/** Thousands enter a journey at once and wait there for the same moment: batch after batch, each of them once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { enqueueSegment } from "../../src/journeys/change.ts";
import { WORKSPACE, eventOf } from "../world.ts";
import { TURNS } from "../../src/messages/outbox.ts";
import { HOUR_MS, type JourneyWorld, aJourneyWorld, onEvent, wait } from "./story.ts";

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

test("what goes to a crowd is a send to many, and what answers one of them on the way is not", async () => {
  const who = ["ann", "ben"].map((name) => eventOf({ who: [`user_id ${name}`], type: "identify", name: "$customer.identified", traits: { plan: "few" }, at: world.clock() })); // prettier-ignore
  await world.sends(who);
  const few = await world.segment({ type: "trait", name: "plan", is: { op: "equals", value: "few" } }, "Few");
  const say = (next: string | null) => ({
    type: "message",
    channel: "email",
    template: world.template,
    next,
  });
  const crowd = await world.journey({
    entry: { type: "batch" }, start: "news",
    steps: { news: say("hope"), hope: { type: "wait_until", paths: [{ when: onEvent("Ordered"), next: "thanks" }], maxMs: HOUR_MS, next: "remind" }, thanks: say(null), remind: say(null) },
  }); // prettier-ignore
  await enqueueSegment(world.sql, WORKSPACE, crowd, few, world.clock());
  await world.passes(0);
  await world.says({ who: ["user_id ann"], name: "Ordered", at: world.clock() });
  await world.passes(HOUR_MS + 1);
  expect(
    await world.sql.query("select step, turn, count(*)::int as n from messages group by 1, 2 order by 1"),
  ).toEqual([
    { step: "news", turn: TURNS.many, n: 2 },
    { step: "remind", turn: TURNS.many, n: 1 },
    { step: "thanks", turn: TURNS.single, n: 1 },
  ]);
});
