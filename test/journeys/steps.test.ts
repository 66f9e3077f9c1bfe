/** How customers come into journeys, again or not, and what becomes of them when plans change or two turn out to be one. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeDraft, changeState, draftOf, enqueue, enqueueSegment, publish, removeJourney } from "../../src/journeys/change.ts"; // prettier-ignore
import type { FormerRuns } from "../../src/journeys/force.ts";
import type { AtomId } from "../../src/values.ts";
import { WORKSPACE, eventOf } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, MINUTE_MS, aJourneyWorld, onEvent, wait } from "./story.ts";

/** Noon of a Wednesday, in UTC. */
const NOON = Date.UTC(2026, 2, 11, 12);
let world: JourneyWorld;
beforeAll(async () => {
  world = await aJourneyWorld(() => NOON);
  await world.policy({ quietHours: [] });
});
afterAll(() => world.close());

const whoIs = (who: string) => [`user_id ${who}`, `email ${who}@example.com`];
const says = (who: string, name: string, properties?: object) =>
  world.says({ who: whoIs(who), name, at: world.clock(), ...(properties && { properties: properties as never }) }); // prettier-ignore
const tells = (who: string, traits: object) =>
  world.says({ who: whoIs(who), name: "$customer.identified", at: world.clock(), traits: traits as never });
const message = (next: string | null, more: object = {}) => ({ type: "message", channel: "email", template: world.template, next, ...more }); // prettier-ignore
const nudge = () => ({ start: "nudge", steps: { nudge: message(null) } });
const resting = { start: "rest", steps: { rest: wait(30 * DAY_MS, null) } };
const atomOf = async (who: string) =>
  Number((await world.identities(`user_id ${who}`))!.customerId.slice(1)) as AtomId;
/** Why how many did not enter, or did. */
const entriesOf = async (journey: number) =>
  Object.fromEntries(
    (
      await world.sql.query<{ path: string; n: number }>(
        "select h.path, sum(h.n)::int as n from step_hours h join versions v on v.id = h.version where v.journey = $1 and h.step = '$entry' group by 1",
        [journey],
      )
    ).map(({ path, n }) => [path, n]),
  );

describe("customers come in", () => {
  test("by an event that meets the conditions", async () => {
    const where = [{ property: "total", is: { op: "at_least", value: 50 } }];
    await world.journey({ entry: { type: "event", event: "Big Order", where }, ...nudge() });
    await says("ann", "Big Order", { total: 10 });
    expect(await world.runsOf("ann")).toEqual([]);
    await says("ann", "Big Order", { total: 50 });
    expect(await world.messagesOf("ann")).toEqual(["nudge sent"]);
  });

  test("by entering a segment, or by leaving it", async () => {
    const gold = await world.segment({ type: "trait", name: "plan", is: { op: "equals", value: "gold" } });
    await world.journey({ entry: { type: "segment", id: gold, on: "entered" }, ...nudge() });
    await world.journey({ entry: { type: "segment", id: gold, on: "left" }, ...resting });
    await tells("ben", { plan: "gold" });
    expect(await world.messagesOf("ben")).toEqual(["nudge sent"]);
    await tells("ben", { plan: "tin" });
    expect((await world.runsOf("ben")).toSorted()).toEqual(["completed", "rest"]);
  });

  test("on a date, some days before it and after it, once or every year", async () => {
    const on = (offsetDays: number, yearly = false) => ({ entry: { type: "date", trait: "renewal", offsetDays, minute: 9 * 60, yearly }, reentry: { type: "always" } }); // prettier-ignore
    const counts = async (journeys: readonly number[]) => Promise.all(journeys.map(async (id) => (await entriesOf(id))["entered"] ?? 0)); // prettier-ignore
    const journeys = [
      await world.journey({ ...on(-1), ...nudge() }),
      await world.journey({ ...on(0), ...nudge() }),
      await world.journey({ ...on(2), ...nudge() }),
      await world.journey({ ...on(0, true), ...nudge() }),
    ];
    await tells("cem", { renewal: "2026-03-14" });
    expect(await counts(journeys)).toEqual([0, 0, 0, 0]);
    const from = world.clock();
    const until = async (iso: string) => world.passes(Date.parse(iso) - world.clock());
    await until("2026-03-13T08:59:59Z");
    expect(await counts(journeys)).toEqual([0, 0, 0, 0]);
    await until("2026-03-13T09:00:00Z");
    expect(await counts(journeys)).toEqual([1, 0, 0, 0]);
    await until("2026-03-14T09:00:00Z");
    expect(await counts(journeys)).toEqual([1, 1, 0, 1]);
    await until("2026-03-16T09:00:00Z");
    expect(await counts(journeys)).toEqual([1, 1, 1, 1]);
    await until("2027-03-14T09:00:00Z");
    expect([await counts(journeys), world.clock() > from]).toEqual([[1, 1, 1, 2], true]);
    for (const id of journeys) await world.stop(id);
  });

  test("by the API and by a chosen segment, while the journey is live", async () => {
    await tells("dan", { plan: "silver" });
    const silver = await world.segment({
      type: "trait",
      name: "plan",
      is: { op: "equals", value: "silver" },
    });
    const api = await world.journey({ entry: { type: "api" }, reentry: { type: "key", property: "order_id" }, ...nudge() }); // prettier-ignore
    const batch = await world.journey({ entry: { type: "batch" }, ...resting });
    for (const key of ["o1", "o1", "o2"]) {
      await enqueue(world.sql, WORKSPACE, api, await atomOf("dan"), key, {}, world.clock());
      await world.passes(0);
    }
    expect(await entriesOf(api)).toEqual({ entered: 2, key_used: 1 });
    expect(await enqueueSegment(world.sql, WORKSPACE, batch, silver, world.clock())).toBe(1);
    await world.passes(0);
    expect(await entriesOf(batch)).toEqual({ entered: 1 });
    await changeState(world.sql, WORKSPACE, batch, "paused", world.clock());
    await expect(enqueueSegment(world.sql, WORKSPACE, batch, silver, world.clock())).rejects.toThrow(/paused/); // prettier-ignore
  });

  test("and what they do with the very same batch, or before we heard of it, counts", async () => {
    await world.journey({ entry: onEvent("Carted"), exits: [onEvent("Ordered")], reentry: { type: "always" }, start: "rest", steps: { rest: wait(HOUR_MS, "nudge"), nudge: message(null) } }); // prettier-ignore
    const at = world.clock() - 10 * MINUTE_MS;
    await world.sends([
      eventOf({ who: whoIs("eve"), name: "Carted", at }),
      eventOf({ who: whoIs("eve"), name: "Ordered", at: at + 1_000 }),
    ]);
    expect(await world.runsOf("eve")).toEqual(["exited"]);
    await world.says(
      { who: whoIs("eve"), name: "Carted", at: at + 2_000 },
      { who: whoIs("eve"), name: "Ordered", at: at + 3_000 },
    );
    expect(await world.runsOf("eve")).toEqual(["exited", "exited"]);
    // What happened before they came in is no reason to leave.
    await world.says(
      { who: whoIs("eve"), name: "Carted", at: at + 5_000 },
      { who: whoIs("eve"), name: "Ordered", at: at + 4_000 },
    );
    expect((await world.runsOf("eve")).at(-1)).toBe("rest");
    await says("eve", "Ordered");
    await world.passes(DAY_MS);
    expect(await world.messagesOf("eve")).toEqual([]);
  });
});

describe("customers come in again", () => {
  test("never, after some days, always, or once for each order", async () => {
    const journeys = [await world.journey({ name: "once", entry: onEvent("Visited"), ...nudge() })];
    journeys.push(await world.journey({ name: "after", entry: onEvent("Visited"), reentry: { type: "after", ms: 2 * DAY_MS }, ...nudge() })); // prettier-ignore
    journeys.push(await world.journey({ name: "always", entry: onEvent("Visited"), reentry: { type: "always" }, ...nudge() })); // prettier-ignore
    journeys.push(await world.journey({ name: "key", entry: onEvent("Visited"), reentry: { type: "key", property: "order_id" }, ...nudge() })); // prettier-ignore
    for (const order_id of ["o1", "o1", "o2"]) {
      await says("fay", "Visited", { order_id });
      await world.passes(DAY_MS);
    }
    await says("fay", "Visited");
    expect(await Promise.all(journeys.map(entriesOf))).toEqual([
      { entered: 1, entered_before: 3 },
      { entered: 2, too_soon: 2 },
      { entered: 4 },
      { entered: 2, key_used: 1, no_key: 1 },
    ]);
  });

  test("not while they are in it", async () => {
    const id = await world.journey({ entry: onEvent("Browsed"), reentry: { type: "always" }, ...resting });
    await says("gus", "Browsed");
    await says("gus", "Browsed");
    expect([await world.runsOf("gus"), await entriesOf(id)]).toEqual([["rest"], { entered: 1, in_it_already: 1 }]); // prettier-ignore
  });

  test("but some are kept out, and are the same ones every time", async () => {
    const id = await world.journey({ entry: onEvent("Looked"), reentry: { type: "always" }, holdoutRatio: 0.5, ...nudge() }); // prettier-ignore
    const people = Array.from({ length: 12 }, (_, n) => `h${n}`);
    for (let times = 0; times < 2; times++)
      for (const who of people) await world.sends([eventOf({ who: whoIs(who), name: "Looked", at: world.clock() })]); // prettier-ignore
    await world.sent();
    const entries = await entriesOf(id);
    expect(entries["entered"]! + entries["held_out"]!).toBe(24);
    for (const who of people) {
      const runs = await world.runsOf(who);
      expect(new Set(runs).size).toBe(1);
      expect((await world.messagesOf(who)).length).toBe(runs[0] === "held_out" ? 0 : 2);
    }
  });
});

describe("a plan that changes", () => {
  const before = { start: "rest", steps: { rest: wait(DAY_MS, "old"), old: { type: "goal", name: "old", next: null } } }; // prettier-ignore
  const after = { start: "rest", steps: { rest: wait(2 * DAY_MS, "new"), new: { type: "goal", name: "new", next: null } } }; // prettier-ignore
  const ways = async (id: number) =>
    (
      await world.sql.query<{ step: string }>(
        "select h.step from step_hours h join versions v on v.id = h.version where v.journey = $1 and h.step in ('old', 'new') order by 1",
        [id],
      )
    ).map(({ step }) => step);
  const changed = async (formerRuns: FormerRuns, who: string) => {
    const event = `Started ${formerRuns}`;
    const id = await world.journey({ name: formerRuns, entry: onEvent(event), ...before });
    await says(who, event);
    await changeDraft(world.sql, WORKSPACE, id, draftOf({ name: formerRuns, holdoutRatio: 0, entry: onEvent(event), ...after }), world.clock()); // prettier-ignore
    await publish(world.sql, WORKSPACE, id, { formerRuns, by: "a tester", expected: null }, world.clock());
    await world.built();
    await world.passes(0);
    return id;
  };
  test("keeps those who are in it, where it is to", async () => {
    const id = await changed("pin", "ida");
    await world.passes(DAY_MS);
    expect([await world.runsOf("ida"), await ways(id)]).toEqual([["completed"], ["old"]]);
  });
  test("takes them along, where it is to: each at the step they stand at", async () => {
    const id = await changed("migrate", "jim");
    expect(await world.runsOf("jim")).toEqual(["rest"]);
    await world.passes(DAY_MS);
    expect([await world.runsOf("jim"), await ways(id)]).toEqual([["completed"], ["new"]]);
  });
  test("ends their way, where it is to", async () => {
    const id = await changed("end", "kim");
    expect([await world.runsOf("kim"), await ways(id)]).toEqual([["ended"], []]);
  });

  test("is paused: nobody comes in, those in it go on; resumed; stopped: all are taken out", async () => {
    const id = await world.journey({ entry: onEvent("Signed"), start: "rest", steps: { rest: wait(HOUR_MS, "long"), long: wait(30 * DAY_MS, null) } }); // prettier-ignore
    const set = (state: "live" | "paused" | "stopped") =>
      changeState(world.sql, WORKSPACE, id, state, world.clock());
    await says("lea", "Signed");
    await set("paused");
    await says("max", "Signed");
    await world.passes(HOUR_MS);
    expect([await world.runsOf("lea"), await world.runsOf("max")]).toEqual([["long"], []]);
    await set("live");
    await says("max", "Signed");
    expect(await world.runsOf("max")).toEqual(["rest"]);
    await expect(removeJourney(world.sql, WORKSPACE, id)).rejects.toThrow(/2 customers are in/);
    await set("stopped");
    await world.passes(0);
    expect([await world.runsOf("lea"), await world.runsOf("max")]).toEqual([["ended"], ["ended"]]);
    await removeJourney(world.sql, WORKSPACE, id);
  });
});

describe("two who turn out to be one", () => {
  /** A device does something, then its owner, and then it is known whose it is. */
  const joined = async (who: string, device: string) =>
    world.says({ who: [`user_id ${who}`, `anonymous_id ${device}`], name: "$customer.identified", at: world.clock() }); // prettier-ignore

  test("and of whom one was through it already get nothing twice, joined or parted again", async () => {
    await world.journey({ entry: onEvent("Guided"), start: "rest", steps: { rest: wait(HOUR_MS, "nudge"), nudge: message(null) } }); // prettier-ignore
    await says("nel", "Guided");
    await world.passes(HOUR_MS);
    expect(await world.messagesOf("nel")).toEqual(["nudge sent"]);
    await world.says({ who: ["anonymous_id nels"], name: "Guided", at: world.clock() });
    await joined("nel", "nels");
    expect((await world.runsOf("nel")).toSorted()).toEqual(["completed", "joined"]);
    await world.passes(DAY_MS);
    const { customerId, links } = (await world.identities("user_id nel"))!;
    await world.unmerge(customerId, links[0]!.id);
    await world.passes(0);
    await says("nel", "Guided");
    await world.says({ who: ["anonymous_id nels"], name: "Guided", at: world.clock() });
    await world.passes(DAY_MS);
    const all = await world.sql.query("select 1 as one from messages m join atoms a on a.id = m.atom where a.identifiers like '%nels%'"); // prettier-ignore
    expect([await world.messagesOf("nel"), all.length]).toEqual([["nudge sent"], 0]);
  });

  test("go on with the run that is further, once for each order, also after a third joins", async () => {
    await world.journey({ entry: onEvent("Bought"), reentry: { type: "key", property: "order_id" }, start: "rest", steps: { rest: wait(HOUR_MS, "nudge"), nudge: message(null) } }); // prettier-ignore
    const buys = (who: string, order_id: string) => world.says({ who: [who], name: "Bought", at: world.clock(), properties: { order_id } }); // prettier-ignore
    await says("ole", "Met");
    await buys("anonymous_id ole-1", "o1");
    await buys("user_id ole", "o1");
    await buys("user_id ole", "o2");
    await joined("ole", "ole-1");
    expect((await world.runsOf("ole")).toSorted()).toEqual(["joined", "rest", "rest"]);
    await buys("anonymous_id ole-2", "o3");
    await joined("ole", "ole-2");
    expect((await world.runsOf("ole")).toSorted()).toEqual(["joined", "rest", "rest", "rest"]);
    await world.passes(HOUR_MS);
    expect(await world.messagesOf("ole")).toEqual(["nudge sent", "nudge sent", "nudge sent"]);
  });

  test("and are parted keep each the runs that began with their own events, and wake for them", async () => {
    await world.journey({ entry: onEvent("Tried"), reentry: { type: "key", property: "id" }, start: "rest", steps: { rest: wait(HOUR_MS, null) } }); // prettier-ignore
    await says("pia", "Met");
    await world.says({ who: ["anonymous_id pias"], name: "Tried", at: world.clock(), properties: { id: "a" } }); // prettier-ignore
    await joined("pia", "pias");
    await says("pia", "Tried", { id: "b" });
    const { customerId, links } = (await world.identities("user_id pia"))!;
    await world.unmerge(customerId, links[0]!.id);
    await world.passes(HOUR_MS);
    const runs = await world.sql.query<{ key: string; state: string }>("select r.key, r.state from runs r join journeys j on j.id = r.journey join atoms a on a.id = r.atom where a.identifiers like '%pia%' order by 1"); // prettier-ignore
    expect(runs).toEqual([{ key: "a", state: "completed" }, { key: "b", state: "completed" }]); // prettier-ignore
    expect(world.faults).toEqual([]);
  });
});
