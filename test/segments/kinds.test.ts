/** Rules of every kind, live: what turns a member is not only their own events. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildNext } from "../../src/segments/build.ts";
import { changeStages, createSegment, createTrait } from "../../src/segments/change.ts";
import type { StageModel } from "../../src/segments/model.ts";
import { WORKSPACE, anOwnWorld } from "../world.ts";
import { DAY_MS, areIn as areIn_, did, happenings as happenings_ } from "./story.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => world.close());
afterEach(() => expect(world.faults).toEqual([]));
let n = 0;
const fresh = () => `k${++n}`;
const areIn = (segment: number, ...people: readonly string[]) => areIn_(world, segment, ...people);
const happenings = (person: string) => happenings_(world, person);

describe("what is known beside events", () => {
  test("a trait, and a date that comes", async () => {
    const [trait, person] = [fresh(), fresh()];
    const soon = await world.segment({
      type: "trait",
      name: trait,
      is: { op: "within_next", ms: 2 * DAY_MS },
    });
    const at = new Date(world.clock() + 3 * DAY_MS).toISOString();
    await world.says({
      who: [`user_id ${person}`],
      name: "$customer.identified",
      traits: { [trait]: at },
      at: world.clock(),
    });
    expect(await areIn(soon, person)).toEqual([false]);
    await world.passes(DAY_MS + 1000);
    expect(await areIn(soon, person)).toEqual([true]);
    await world.passes(2 * DAY_MS);
    expect(await areIn(soon, person)).toEqual([false]);
  });

  test("a date that history told comes as well", async () => {
    const [trait, person] = [fresh(), fresh()];
    const at = new Date(world.clock() + DAY_MS).toISOString();
    await world.says({
      who: [`user_id ${person}`],
      name: "$customer.identified",
      traits: { [trait]: at },
      at: world.clock(),
    });
    const past = await world.segment({ type: "trait", name: trait, is: { op: "within_last", ms: DAY_MS } });
    expect(await areIn(past, person)).toEqual([false]);
    await world.passes(DAY_MS + 1000);
    expect(await areIn(past, person)).toEqual([true]);
  });

  test("a subscription given and withdrawn", async () => {
    const person = fresh();
    const subscribed = await world.segment({
      type: "consent",
      channel: "email",
      purpose: "marketing",
      is: "granted",
    });
    const answer = (given: "granted" | "denied", at: number) =>
      world.says({
        who: [`user_id ${person}`],
        name: "Preferences Saved",
        at,
        consents: [{ channel: "email", purpose: "marketing", answer: given, source: "event" }],
      });
    await answer("granted", world.clock());
    expect(await areIn(subscribed, person)).toEqual([true]);
    await answer("denied", world.clock() + 1);
    expect(await areIn(subscribed, person)).toEqual([false]);
  });

  test("the channel most used", async () => {
    const person = fresh();
    const store = await world.segment({ type: "channel", preferred: ["store"] });
    const by = (channel: "store" | "web") =>
      world.says({ who: [`user_id ${person}`], name: "Visited", channel, at: world.clock() });
    await by("web");
    expect(await areIn(store, person)).toEqual([false]);
    await by("store");
    await by("store");
    expect(await areIn(store, person)).toEqual([true]);
  });
});

describe("accounts", () => {
  test("any member's event counts for every member, and what the account is known for too", async () => {
    const [event, account, one, other, stranger] = [fresh(), fresh(), fresh(), fresh(), fresh()];
    const bought = await world.segment({ type: "account", rule: did(event) });
    const large = await world.segment({
      type: "account_trait",
      name: "size",
      is: { op: "at_least", value: 100 },
    });
    const join = (person: string, traits: { readonly size?: number }) => ({
      who: [`user_id ${person}`],
      name: "$account.joined",
      type: "group" as const,
      accountId: account,
      traits,
      at: world.clock(),
    });
    await world.says(join(one, { size: 50 }), join(other, {}), {
      who: [`user_id ${stranger}`],
      name: "Other",
    });
    expect(await areIn(bought, one, other, stranger)).toEqual([false, false, false]);
    await world.says({ who: [`user_id ${one}`], name: event, at: world.clock() });
    await world.woken();
    expect(await areIn(bought, one, other, stranger)).toEqual([true, true, false]);
    expect(await areIn(large, one, other)).toEqual([false, false]);
    await world.says({ ...join(one, { size: 500 }), at: world.clock() + 1 });
    await world.woken();
    expect(await areIn(large, one, other)).toEqual([true, true]);
    const again = await world.segment({ type: "account", rule: did(event) }, fresh());
    expect(await areIn(again, one, other, stranger)).toEqual([true, true, false]);
  });
});

describe("rules made of rules", () => {
  test("a segment within a segment, a computed trait, and a segment that was entered", async () => {
    const [event, person] = [fresh(), fresh()];
    const inner = await world.segment(did(event));
    await createTrait(
      world.sql,
      WORKSPACE,
      { name: "spent", description: "", event, where: [], measure: { of: "sum", property: "price" } },
      world.clock(),
    );
    await world.built();
    const nested = await world.segment({
      type: "all",
      rules: [
        { type: "segment", id: inner },
        { type: "computed", name: "spent", is: { op: "above", value: 10 } },
      ],
    });
    const entered = await world.segment({
      type: "did",
      event: "$segment.entered",
      where: [{ property: "segment", is: { op: "equals", value: nested } }],
      measure: { of: "count" },
      is: { op: "at_least", value: 1 },
    });
    const pay = (price: number) =>
      world.says({ who: [`user_id ${person}`], name: event, properties: { price }, at: world.clock() });
    await pay(10);
    expect(
      [await areIn(inner, person), await areIn(nested, person), await areIn(entered, person)].flat(),
    ).toEqual([true, false, false]);
    await pay(1);
    expect(
      [await areIn(inner, person), await areIn(nested, person), await areIn(entered, person)].flat(),
    ).toEqual([true, true, true]);
    expect((await happenings(person)).map(([name, { segment }]) => [name, segment])).toEqual([
      ["$segment.entered", inner], ["$segment.entered", nested], ["$segment.entered", entered],
    ]); // prettier-ignore
    // Our own events are no activity of the customer's.
    expect((await world.customer(`user_id ${person}`))?.events).toBe(2);
  });
});

test("segments within segments cost no more than their conditions: each is put in its place once", async () => {
  const event = fresh();
  let inner = await world.segment(did(event, 2, 7));
  for (let depth = 0; depth < 5; depth++)
    inner = await world.segment({ type: "any", rules: [{ type: "segment", id: inner }, did(event, 2, 7)] });
  const [row] = await world.sql.query<{ n: number }>(
    "select count(*)::int as n from tracks where spec ->> 'event' = $1",
    [event],
  );
  expect(row?.n).toBe(1);
  const person = fresh();
  await world.says(
    { who: [`user_id ${person}`], name: event, at: world.clock() }, { who: [`user_id ${person}`], name: event, at: world.clock() + 1 },
  ); // prettier-ignore
  expect(await areIn(inner, person)).toEqual([true]);
});

describe("stages", () => {
  test("of two who turn out to be one: the further stage holds, and the log is told so", async () => {
    const [event, one] = [fresh(), fresh()];
    await changeStages(world.sql, WORKSPACE, model("allowed", event), world.clock());
    await world.built();
    for (let i = 0; i < 3; i++)
      await world.says({ who: [`anonymous_id ${one}`], name: event, at: world.clock() + i });
    await world.says({ who: [`user_id ${one}`], name: event, at: world.clock() });
    await world.says({ who: [`user_id ${one}`, `anonymous_id ${one}`], name: "Signed In" });
    const last = (await happenings(one)).at(-1);
    expect(last).toMatchObject(["$stage.changed", { stage: "loyal", from: "buyer", by: "identity" }]);
  });
  const model = (backward: "never" | "allowed", event: string): StageModel => ({
    backward,
    stages: [
      { key: "visitor", name: "Visitor", description: "", rule: null },
      { key: "buyer", name: "Buyer", description: "", rule: did(event, 1, 30) },
      { key: "loyal", name: "Loyal", description: "", rule: did(event, 3, 30) },
    ],
  });
  test("are entered in order, told as events, and left when the model allows it", async () => {
    const [event, past, person] = [fresh(), fresh(), fresh()];
    await world.says({ who: [`user_id ${past}`], name: event, at: world.clock() - DAY_MS });
    await changeStages(world.sql, WORKSPACE, model("allowed", event), world.clock());
    await world.built();
    const buyers = await world.segment({ type: "stage", in: ["buyer", "loyal"] });
    expect(await areIn(buyers, past)).toEqual([true]);
    expect(await happenings(past)).toMatchObject([
      ["$stage.changed", { stage: "buyer", from: "visitor", by: "rule" }],
    ]);
    for (let i = 0; i < 3; i++)
      await world.says({ who: [`user_id ${person}`], name: event, at: world.clock() + i });
    expect(await areIn(buyers, person)).toEqual([true]);
    await world.passes(31 * DAY_MS);
    expect(await areIn(buyers, past, person)).toEqual([false, false]);
    expect((await happenings(person)).map(([name, { stage, segment }]) => [name, stage ?? segment])).toEqual([
      ["$stage.changed", "buyer"], ["$segment.entered", buyers], ["$stage.changed", "loyal"], ["$stage.changed", "visitor"], ["$segment.left", buyers],
    ]); // prettier-ignore
    await changeStages(world.sql, WORKSPACE, model("never", event), world.clock());
    await world.built();
    await world.says({ who: [`user_id ${person}`], name: event, at: world.clock() });
    await world.passes(31 * DAY_MS);
    expect(await areIn(buyers, person)).toEqual([true]);
  });
});

describe("no calculation is ever stuck", () => {
  test.each([
    ["seeding", 1],
    ["catching_up", 2],
  ] as const)("a build that broke off while %s is finished by another builder", async (state, asked) => {
    const [event, person] = [fresh(), fresh()];
    await world.says({ who: [`user_id ${person}`], name: event, at: world.clock() });
    await world.builder.stop();
    const segment = await createSegment(
      world.sql,
      WORKSPACE,
      { name: fresh(), description: "", rule: did(event) },
      world.clock(),
    );
    const deps = {
      sql: world.sql,
      log: world.log,
      clock: world.clock,
      onWake: () => undefined,
      onFault: () => undefined,
    };
    // A build asks twice that the log be whole: before it reads history, and once it is asked with every event.
    let settled = 0;
    const settle = async () => {
      await world.feed.drain();
      settled++;
    };
    await buildNext({ ...deps, settle }, "first", () => settled === asked);
    const [row] = await world.sql.query<{ state: string }>("select state from versions where segment = $1", [
      segment,
    ]);
    expect(row?.state).toBe(state);
    while (await buildNext({ ...deps, settle: () => world.feed.drain() }, "second"));
    await world.woken();
    expect(await areIn(segment, person)).toEqual([true]);
  });
});
