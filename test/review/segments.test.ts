/** What a reviewer of segments found: each of these once gave wrong members. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeSegment, changeStages, deleteSegment } from "../../src/segments/change.ts";
import { tidyVersions } from "../../src/segments/tidy.ts";
import type { Rule, StageModel } from "../../src/segments/model.ts";
import { DAY_MS, areIn, did } from "../segments/story.ts";
import { WORKSPACE, anOwnWorld } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});

const account = (rule: Rule): Rule => ({ type: "account", rule });
const inAccount = (person: string, accountId: string) => ({ who: [`user_id ${person}`], name: "$account.told", type: "group" as const, accountId }); // prettier-ignore

test("time set aside for rules that are gone does not keep later ones from turning", async () => {
  const first = await world.segment(did("Gone", 1, 1));
  await world.says({ who: ["user_id lost"], name: "Gone", at: world.clock() });
  expect(await areIn(world, first, "lost")).toEqual([true]);
  await deleteSegment(world.sql, WORKSPACE, first);
  await tidyVersions(world.sql, WORKSPACE);
  await world.passes(2 * DAY_MS);
  const second = await world.segment(did("Gone", 1, 1));
  await world.says({ who: ["user_id lost"], name: "Gone", at: world.clock() });
  expect(await areIn(world, second, "lost")).toEqual([true]);
  await world.passes(2 * DAY_MS);
  expect(await areIn(world, second, "lost")).toEqual([false]);
});

test("who is joined to somebody and by that leaves a segment is in it no more", async () => {
  const segment = await world.segment({ type: "not", rule: did("Complained") });
  await world.says({ who: ["user_id ann"], name: "Complained" });
  await world.says({ who: ["anonymous_id ann-phone"], name: "Looked" });
  await world.says({ who: ["user_id ann", "anonymous_id ann-phone"], name: "Signed In" });
  expect(await areIn(world, segment, "ann")).toEqual([false]);
});

test("a segment that is left by its own entering has no members", async () => {
  const segment = await world.segment(did("Nothing"), "shy");
  const rule: Rule = {
    type: "all",
    rules: [
      did("Looked Twice"),
      { type: "not", rule: { type: "did", event: "$segment.entered", where: [{ property: "segment", is: { op: "equals", value: segment } }], measure: { of: "count" }, is: { op: "at_least", value: 1 } } },
    ],
  }; // prettier-ignore
  await changeSegment(world.sql, WORKSPACE, segment, { name: "shy", description: "", rule }, world.clock());
  await world.built();
  await world.says({ who: ["user_id shy"], name: "Looked Twice" });
  await world.woken();
  expect(await areIn(world, segment, "shy")).toEqual([false]);
});

test("a window of one member of an account runs out for the others too", async () => {
  const segment = await world.segment(account(did("Ordered", 1, 1)));
  await world.says(inAccount("kim", "acme"), inAccount("lou", "acme"));
  await world.says({ who: ["user_id kim"], name: "Ordered", at: world.clock() });
  await world.woken();
  expect(await areIn(world, segment, "kim", "lou")).toEqual([true, true]);
  await world.passes(2 * DAY_MS);
  expect(await areIn(world, segment, "kim", "lou")).toEqual([false, false]);
});

test("what a joined device did counts for the others of the account", async () => {
  const segment = await world.segment(account(did("Asked Price")));
  await world.says(inAccount("mia", "umbrella"), inAccount("ned", "umbrella"));
  await world.says({ who: ["anonymous_id mia-phone"], name: "Asked Price" });
  await world.says({ who: ["user_id mia", "anonymous_id mia-phone"], name: "Signed In" });
  await world.woken();
  expect(await areIn(world, segment, "mia", "ned")).toEqual([true, true]);
});

const stages = (rule: Rule): StageModel => ({
  backward: "allowed",
  stages: [
    { key: "visitor", name: "Visitor", description: "", rule: null },
    { key: "buyer", name: "Buyer", description: "", rule },
  ],
});

test("stages: a new customer is in the segment of the first, and another model turns segments of stages", async () => {
  await changeStages(world.sql, WORKSPACE, stages(did("Bought", 1)), world.clock());
  await world.built();
  const visitors = await world.segment({ type: "stage", in: ["visitor"] });
  const buyers = await world.segment({ type: "stage", in: ["buyer"] });
  await world.says({ who: ["user_id pat"], name: "Looked" });
  expect(await areIn(world, visitors, "pat")).toEqual([true]);
  await world.says({ who: ["user_id pat"], name: "Bought" });
  expect(await areIn(world, visitors, "pat")).toEqual([false]);
  expect(await areIn(world, buyers, "pat")).toEqual([true]);
  await changeStages(world.sql, WORKSPACE, stages(did("Bought", 2)), world.clock());
  await world.built();
  await world.woken();
  expect(await areIn(world, buyers, "pat")).toEqual([false]);
  expect(await areIn(world, visitors, "pat")).toEqual([true]);
});

test("stages that a new model found in history were entered by nobody, whenever the rule was made", async () => {
  await world.says({ who: ["user_id quinn"], name: "Rented" });
  const rule: Rule = { type: "did", event: "$stage.changed", where: [{ property: "stage", is: { op: "equals", value: "tenant" } }], measure: { of: "count" }, is: { op: "at_least", value: 1 } }; // prettier-ignore
  const before = await world.segment(rule);
  const model = { ...stages(did("Rented")) };
  for (const { id } of await world.sql.query<{ id: number }>("select id from segments"))
    if (id !== before) await deleteSegment(world.sql, WORKSPACE, id);
  await changeStages(
    world.sql,
    WORKSPACE,
    { ...model, stages: [model.stages[0]!, { ...model.stages[1]!, key: "tenant" }] },
    world.clock(),
  );
  await world.built();
  const after = await world.segment(rule);
  await world.woken();
  expect([await areIn(world, before, "quinn"), await areIn(world, after, "quinn")]).toEqual([
    [false],
    [false],
  ]);
});
