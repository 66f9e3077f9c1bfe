/** Identity under attack: floods of aliases, shared devices by way of aliases, undoing and redoing in a bad order. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { NAMES_MAX } from "../../src/identity/resolve.ts";
import { type Said, anOwnWorld, eventOf, identifierOf } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});
const alias = (who: string, previous: string): Said => ({
  who: [who],
  name: "$identity.aliased",
  type: "alias",
  previous: identifierOf(previous),
});

test("aliases add a bounded number of names to one customer, and the rest are told", async () => {
  await world.sends(
    Array.from({ length: NAMES_MAX + 20 }, (_, i) => eventOf(alias("user_id flood", `user_id former-${i}`))),
  );
  const customer = await world.customer("user_id flood");
  expect(customer?.identifiers.length).toBe(NAMES_MAX);
  expect(customer?.events).toBe(NAMES_MAX + 20);
  const { asides } = (await world.identities("user_id flood"))!;
  expect(asides.length).toBe(21);
  expect(asides[0]).toMatchObject({ kind: "user_id", value: `former-${NAMES_MAX - 1}`, reason: "limit" });
});

test("an alias to a shared device does not glue what nobody signed in for to the one who said it", async () => {
  const tablet = "anonymous_id s-tablet";
  await world.says(
    { who: ["user_id s-mum", tablet] },
    { who: ["user_id s-kid", tablet] },
    alias("user_id s-kid", tablet),
    { who: [tablet] },
    alias("user_id s-kid", tablet),
    { who: [tablet] },
  );
  expect((await world.customer("user_id s-kid"))?.events).toBe(3);
  expect((await world.customer(tablet))?.events).toBe(2);
});

test("after a join is redone nothing in the one customer is kept apart, whatever was undone before", async () => {
  await world.says(
    ...["a", "b", "c"].map((x) => ({ who: [`user_id r-${x}`] })),
    alias("user_id r-a", "user_id r-b"),
    alias("user_id r-b", "user_id r-c"),
  );
  const { customerId, links } = (await world.identities("user_id r-a"))!;
  const [ab, bc] = links.map(({ id }) => id);
  await world.unmerge(customerId, ab!);
  await world.unmerge((await world.customer("user_id r-b"))!.id, bc!);
  // The sender says that a is c, which nobody denied.
  await world.says(alias("user_id r-a", "user_id r-c"));
  const b = (await world.customer("user_id r-b"))!.id;
  expect(await world.relink(b, bc!)).toBe(customerId);
  const one = await world.sql.query<{ apart: string }>(
    "select apart from atoms where customer = $1::bigint",
    [customerId.slice(1)],
  );
  expect(one.map(({ apart }) => apart)).toEqual(["", "", ""]);
  // A second way to the same customer would keep the next undoing from separating anybody.
  await expect(world.relink(customerId, ab!)).rejects.toThrow(/one customer already/);
  // And undone again it is as it was before.
  expect(await world.unmerge(customerId, bc!)).toEqual([customerId, b].toSorted());
  expect((await world.customer("user_id r-a"))?.id).toBe((await world.customer("user_id r-c"))?.id);
});
