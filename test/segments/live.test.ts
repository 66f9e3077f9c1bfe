/** Segments that are never stale: the story of members coming and going, on the real worker, log and builder. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Rule } from "../../src/segments/model.ts";
import { anOwnWorld } from "../world.ts";

const DAY_MS = 86_400_000;
let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => world.close());
afterEach(() => expect(world.faults).toEqual([]));
/** Each test speaks of people of its own. */
let n = 0;
const fresh = () => `p${++n}`;

const did = (event: string, atLeast = 1, days?: number): Rule => ({
  type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: atLeast },
  ...(days !== undefined && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore
/** Whether these people are in the segment, in order. */
async function areIn(segment: number, ...people: readonly string[]): Promise<readonly boolean[]> {
  const members = new Set(await world.membersOf(segment));
  return Promise.all(
    people.map(async (person) => members.has((await world.customer(`user_id ${person}`))?.id ?? "")),
  );
}
/** What happened to a person by our own doing, oldest first. */
async function happenings(person: string): Promise<readonly (readonly [string, unknown])[]> {
  const customer = (await world.customer(`user_id ${person}`))!;
  const atoms = (await world.identities(`user_id ${person}`))!.atoms.map(({ id }) => Number(id.slice(1)));
  expect(customer.id).toBe(`c${Math.min(...atoms)}`);
  return (await world.moments(atoms))
    .filter(({ name }) => name.startsWith("$segment") || name.startsWith("$stage"))
    .map(({ name, properties }) => [name, JSON.parse(properties)] as const)
    .toReversed();
}

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
