/** Journeys on real stores: who comes in, what moves them, what they leave by. Messages are asked for, not yet sent. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, type JourneyWorld, aJourneyWorld, onEvent, wait } from "./story.ts";

let world: JourneyWorld;
beforeAll(async () => {
  world = await aJourneyWorld();
});
afterAll(() => world.close());

const says = (who: string, name: string, properties?: object) =>
  world.says({
    who: [`user_id ${who}`],
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
    expect(await world.messagesOf("ben")).toEqual(["nudge due"]);
    await world.passes(DAY_MS);
    expect(await world.messagesOf("ben")).toEqual(["nudge due"]);
    // What a run waits for is taken back when it ends.
    await says("ben", "Order Completed");
    expect(await world.messagesOf("ben")).toEqual(["nudge cancelled"]);
    expect(await world.toldOf("ben")).toEqual(["$journey.entered", "$journey.left"]);
    expect(world.faults).toEqual([]);
  });
});
