/** What is known of an account: bounded, and the same whatever order it was told in. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { KNOWLEDGE_LIMITS } from "../../src/customers/model.ts";
import type { JsonObject } from "../../src/values.ts";
import { anOwnWorld, eventOf } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});
const group = (accountId: string, traits: JsonObject, at: number) =>
  eventOf({
    who: [`user_id of ${accountId}`],
    name: "$account.joined",
    type: "group",
    accountId,
    traits,
    at,
  });
const traitsOf = async (accountId: string) =>
  (await world.customer(`user_id of ${accountId}`))?.accounts.find((one) => one.accountId === accountId)
    ?.traits;

test("an account keeps its newest traits, and no more than a customer does", async () => {
  const many = Array.from({ length: 4 }, (_, i) =>
    group("many", Object.fromEntries(Array.from({ length: 400 }, (_, j) => [`t${i}-${j}`, i])), 1000 + i),
  );
  await world.sends(many.slice(0, 2));
  await world.sends(many.slice(2));
  const traits = (await traitsOf("many"))!;
  expect(Object.keys(traits).length).toBe(KNOWLEDGE_LIMITS.traits);
  expect(Object.values(traits).filter((value) => value === 3).length).toBe(400);
});

test("of two values told at one instant the same stays, in one batch or two, in either order", async () => {
  const [a, b] = [{ plan: "gold" }, { plan: "silver", seats: 5 }];
  await world.sends([group("x1", a, 5000), group("x1", b, 5000)]);
  await world.sends([group("x2", b, 5000), group("x2", a, 5000)]);
  for (const [name, first, second] of [
    ["x3", a, b],
    ["x4", b, a],
  ] as const) {
    await world.sends([group(name, first, 5000)]);
    await world.sends([group(name, second, 5000)]);
  }
  for (const name of ["x1", "x2", "x3", "x4"])
    expect(await traitsOf(name)).toEqual({ plan: "silver", seats: 5 });
});

test("names like those of objects are traits like others", async () => {
  await world.sends([group("constructor", { constructor: 1, toString: "2" }, 5000)]);
  expect(await traitsOf("constructor")).toEqual({ constructor: 1, toString: "2" });
});
