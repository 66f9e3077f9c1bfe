/** Journeys on real stores: who comes in, what moves them, what they leave by, and what they are sent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { changeGlobalHoldout } from "../../src/journeys/change.ts";
import { changeSegment, deleteSegment } from "../../src/segments/change.ts";
import { did } from "../segments/story.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, MINUTE_MS, aJourneyWorld, onEvent, wait } from "./story.ts";

let world: JourneyWorld;
beforeAll(async () => {
  world = await aJourneyWorld();
  await world.policy({ quietHours: [] });
});
afterAll(() => world.close());

const says = (who: string, name: string, properties?: object) =>
  world.says({
    who: [`user_id ${who}`, `email ${who}@example.com`],
    name,
    at: world.clock(),
    ...(properties && { properties: properties as never }),
  });
const message = (next: string | null, more: object = {}) => ({
  type: "message",
  channel: "email",
  template: world.template,
  next,
  ...more,
});

describe("a saved cart", () => {
  test("a customer who orders in time is not nudged; one who does not is, once", async () => {
    await world.journey({
      entry: onEvent("Product Added"), exits: [onEvent("Order Completed")], start: "rest",
      steps: { rest: wait(HOUR_MS, "nudge"), nudge: message(null) },
    }); // prettier-ignore
    await says("ann", "Product Added");
    await says("ben", "Product Added");
    expect(await world.runsOf("ann")).toEqual(["rest"]);
    await says("ann", "Order Completed");
    expect(await world.runsOf("ann")).toEqual(["exited"]);
    await world.passes(HOUR_MS);
    expect(await world.messagesOf("ann")).toEqual([]);
    expect(await world.messagesOf("ben")).toEqual(["nudge sent"]);
    expect(await world.runsOf("ben")).toEqual(["completed"]);
    await world.passes(DAY_MS);
    expect(await world.messagesOf("ben")).toEqual(["nudge sent"]);
    expect(await world.toldOf("ben")).toEqual(["$journey.entered", "$journey.left"]);
    expect(world.faults).toEqual([]);
  });

  test("what waits for the morning is taken back when the customer orders at night", async () => {
    await world.policy({ quietHours: [{ from: 0, to: 0 }] });
    await world.journey({
      entry: onEvent("Cart Viewed"), exits: [onEvent("Order Completed")], start: "nudge", steps: { nudge: message(null) },
    }); // prettier-ignore
    await says("cem", "Cart Viewed");
    expect(await world.messagesOf("cem")).toEqual(["nudge refused expired"]);
    // Messages leave an hour from now only, for an hour.
    const open = Math.floor((world.clock() % DAY_MS) / MINUTE_MS + 60) % 1440;
    await world.policy({ quietHours: [], sendingWindows: [{ from: open, to: (open + 60) % 1440 }] });
    await says("dan", "Cart Viewed");
    expect(await world.messagesOf("dan")).toEqual(["nudge due sending_window"]);
    await says("dan", "Order Completed");
    expect(await world.messagesOf("dan")).toEqual(["nudge cancelled run_ended"]);
    await world.policy({ quietHours: [] });
  });
});

describe("waiting", () => {
  test("for the first of several, each with its own way; what happened before the wait counts", async () => {
    await world.journey({
      entry: onEvent("Trial Started"), start: "hello",
      steps: {
        hello: wait(MINUTE_MS, "choice"),
        choice: {
          type: "wait_until", maxMs: DAY_MS, next: "late",
          paths: [{ when: onEvent("Invited"), next: "thanks" }, { when: onEvent("Paid"), next: null }],
        },
        thanks: message(null), late: message(null),
      },
    }); // prettier-ignore
    for (const who of ["eve", "fay", "gus"]) await says(who, "Trial Started");
    await says("eve", "Invited");
    await world.passes(MINUTE_MS);
    await says("fay", "Paid");
    expect([await world.messagesOf("eve"), await world.runsOf("fay")]).toEqual([
      ["thanks sent"],
      ["completed"],
    ]);
    await world.passes(DAY_MS);
    expect(await world.messagesOf("gus")).toEqual(["late sent"]);
  });
});

describe("two customers who turn out to be one", () => {
  test("have one run afterwards, and nothing is sent twice", async () => {
    await world.journey({
      entry: onEvent("Guide Opened"),
      start: "rest",
      steps: { rest: wait(HOUR_MS, "nudge"), nudge: message(null) },
    });
    await world.says({ who: ["anonymous_id phone-1"], name: "Guide Opened", at: world.clock() });
    await world.says({
      who: ["user_id hal", "email hal@example.com"],
      name: "Guide Opened",
      at: world.clock(),
    });
    await world.says({
      who: ["user_id hal", "anonymous_id phone-1"],
      name: "$customer.identified",
      at: world.clock(),
    });
    expect((await world.runsOf("hal")).toSorted()).toEqual(["joined", "rest"]);
    await world.passes(HOUR_MS);
    expect(await world.messagesOf("hal")).toEqual(["nudge sent"]);
    expect(world.faults).toEqual([]);
  });
});

describe("customers kept out of all journeys", () => {
  test("enter none, are counted, and come in when nobody is kept out any more", async () => {
    const journey = await world.journey({
      entry: onEvent("Fair Left"),
      reentry: { type: "always" },
      start: "rest",
      steps: { rest: wait(MINUTE_MS, null) },
    });
    await changeGlobalHoldout(world.sql, WORKSPACE, 0.5);
    const people = Array.from({ length: 12 }, (_, i) => `out-${i}`);
    for (const who of people) await says(who, "Fair Left");
    const inIt = async () =>
      (await Promise.all(people.map((who) => world.runsOf(who)))).filter((runs) => runs.length > 0).length;
    const counts = await world.sql.query<{ path: string; n: number }>(
      "select h.path, sum(h.n)::int as n from step_hours h join versions v on v.id = h.version where v.journey = $1 and h.step = '$entry' group by 1",
      [journey],
    );
    const kept = counts.find(({ path }) => path === "held_out_globally")?.n ?? 0;
    expect([kept > 0, kept + (await inIt())]).toEqual([true, people.length]);
    await changeGlobalHoldout(world.sql, WORKSPACE, 0);
    await world.passes(MINUTE_MS);
    for (const who of people) await says(who, "Fair Left");
    expect(await inIt()).toBe(people.length);
  });
});

describe("a segment that a journey asks for", () => {
  test("cannot be removed; with another rule the journey asks the new one, of those in it too", async () => {
    const segment = await world.segment(did("Looked"), "Lookers");
    await world.journey({
      entry: onEvent("Fair Visited"), start: "rest",
      steps: {
        rest: wait(HOUR_MS, "choose"),
        choose: { type: "branch", paths: [{ rule: { type: "segment", id: segment }, next: "nudge" }], next: null },
        nudge: message(null),
      },
    }); // prettier-ignore
    await says("ida", "Fair Visited");
    await says("ida", "Asked");
    await expect(deleteSegment(world.sql, WORKSPACE, segment)).rejects.toThrow("is used by the journey");
    await changeSegment(
      world.sql,
      WORKSPACE,
      segment,
      { name: "Lookers", description: "", rule: did("Asked") },
      world.clock(),
    );
    await world.built();
    await world.passes(HOUR_MS);
    expect(await world.messagesOf("ida")).toEqual(["nudge sent"]);
    expect(world.faults).toEqual([]);
  });
});
