/** Segments that are never stale: the story of members coming and going, on the real worker, log and builder. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { anOwnWorld } from "../world.ts";
import { DAY_MS, areIn as areIn_, did, happenings as happenings_ } from "./story.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => world.close());
afterEach(() => expect(world.faults).toEqual([]));
/** Each test speaks of people of its own. */
let n = 0;
const fresh = () => `p${++n}`;

const areIn = (segment: number, ...people: readonly string[]) => areIn_(world, segment, ...people);
const happenings = (person: string) => happenings_(world, person);

describe("a segment made on history", () => {
  test("has those whose history matches, and those who match from then on", async () => {
    const [event, past, soon, never] = [fresh(), fresh(), fresh(), fresh()];
    const at = world.clock() - 5 * DAY_MS;
    await world.says(
      { who: [`user_id ${past}`], name: event, at }, { who: [`user_id ${past}`], name: event, at: at + 1 },
      { who: [`user_id ${soon}`], name: event, at }, { who: [`user_id ${never}`], name: "Other", at },
    ); // prettier-ignore
    const segment = await world.segment(did(event, 2));
    expect(await areIn(segment, past, soon, never)).toEqual([true, false, false]);
    await world.says({ who: [`user_id ${soon}`], name: event, at: world.clock() });
    expect(await areIn(segment, past, soon, never)).toEqual([true, true, false]);
    expect(await happenings(past)).toEqual([]);
    expect(await happenings(soon)).toMatchObject([["$segment.entered", { segment, because: "" }]]);
  });

  test("lets go of a member the moment the window runs out, and says why", async () => {
    const [event, person] = [fresh(), fresh()];
    await world.says({ who: [`user_id ${person}`], name: event, at: world.clock() - 6 * DAY_MS });
    const segment = await world.segment(did(event, 1, 7));
    expect(await areIn(segment, person)).toEqual([true]);
    await world.passes(DAY_MS - 60_000);
    expect(await areIn(segment, person)).toEqual([true]);
    await world.passes(61_000);
    expect(await areIn(segment, person)).toEqual([false]);
    expect(await happenings(person)).toMatchObject([["$segment.left", { segment, by: "time", because: "" }]]);
  });

  test("did not, for some time: entered by waiting", async () => {
    const [cart, order, waits, buys] = [fresh(), fresh(), fresh(), fresh()];
    const segment = await world.segment({
      type: "without", event: cart, where: [], without: { event: order, where: [] }, forMs: 3 * DAY_MS,
    }); // prettier-ignore
    await world.says(
      { who: [`user_id ${waits}`], name: cart, at: world.clock() },
      { who: [`user_id ${buys}`], name: cart, at: world.clock() },
    );
    await world.says({ who: [`user_id ${buys}`], name: order, at: world.clock() + 1 });
    expect(await areIn(segment, waits, buys)).toEqual([false, false]);
    await world.passes(3 * DAY_MS + 1000);
    expect(await areIn(segment, waits, buys)).toEqual([true, false]);
    await world.says({ who: [`user_id ${waits}`], name: order, at: world.clock() });
    expect(await areIn(segment, waits)).toEqual([false]);
  });
});

describe("people who turn out to be one", () => {
  test("are one member after a join and two again after it was undone", async () => {
    const [event, one] = [fresh(), fresh()];
    const segment = await world.segment(did(event, 2));
    await world.says(
      { who: [`anonymous_id ${one}`], name: event }, { who: [`user_id ${one}`], name: event },
    ); // prettier-ignore
    expect(await areIn(segment, one)).toEqual([false]);
    await world.says({ who: [`user_id ${one}`, `anonymous_id ${one}`], name: "Signed In" });
    expect(await areIn(segment, one)).toEqual([true]);
    const { links, customerId } = (await world.identities(`user_id ${one}`))!;
    await world.unmerge(customerId, links[0]!.id);
    await world.woken();
    expect(await areIn(segment, one)).toEqual([false]);
    expect((await world.membersOf(segment)).length).toBe(0);
  });

  test("who were both in stay in once, without a word", async () => {
    const [event, one] = [fresh(), fresh()];
    await world.says(
      { who: [`anonymous_id ${one}`], name: event }, { who: [`user_id ${one}`], name: event },
    ); // prettier-ignore
    const segment = await world.segment(did(event));
    expect((await world.membersOf(segment)).length).toBe(2);
    await world.says({ who: [`user_id ${one}`, `anonymous_id ${one}`], name: "Signed In" });
    expect((await world.membersOf(segment)).length).toBe(1);
    expect(await happenings(one)).toEqual([]);
    const [row] = await world.sql.query<{ members: number }>(
      "select members from versions where segment = $1 and state = 'live'",
      [segment],
    );
    expect(row?.members).toBe(1);
  });
});
