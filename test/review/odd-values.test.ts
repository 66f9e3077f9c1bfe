/** Odd but acceptable input: what it leaves behind can be read, and it holds up nobody else. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { CustomerDocument } from "../../src/customers/document.ts";
import { happenedAtOf, instantOf } from "../../src/events/clock.ts";
import { cursorOf, placeOf } from "../../src/paging.ts";
import { isoOf } from "../../src/values.ts";
import { anOwnWorld, eventOf } from "../world.ts";

let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
});

test("events of more months than ClickHouse takes in one insert by default reach the log", async () => {
  await world.sends(
    Array.from({ length: 150 }, (_, month) =>
      eventOf({ who: [`user_id old-${month}`], at: Date.UTC(2012, month, 3) }),
    ),
  );
  await world.feed.drain();
  const [row] = await world.log.rows<{ n: number }>("select count() as n from events");
  expect(row?.n).toBe(150);
  expect(world.faults).toEqual([]);
});

test("amounts no shop means leave a document that keeps to its schema", async () => {
  await world.says(
    {
      who: ["user_id rich"],
      name: "Order Completed",
      properties: {
        order_id: "1",
        total: 1e308,
        products: [{ product_id: "a", price: 1e300, quantity: 1e300 }],
      },
    },
    { who: ["user_id rich"], name: "Product Added", properties: { product_id: "a", quantity: 1e308 } },
    { who: ["user_id rich"], name: "Product Added", properties: { product_id: "a", quantity: "1e308" } },
  );
  const customer = await world.customer("user_id rich");
  expect(CustomerDocument.safeParse(customer).error).toBeUndefined();
  expect(customer?.purchases.recent[0]?.valueMinor).toBe(0);
});

test("a time outside the years of four digits is none", () => {
  expect(instantOf(-90_000_000_000)).toBeNull();
  expect(instantOf(8.64e15)).toBeNull();
  const now = Date.UTC(2026, 0);
  const first = Date.parse("0000-01-01T00:00:00.000Z");
  expect(happenedAtOf(first, first + 1, now)).toBe(now - 1);
  expect(happenedAtOf(first, Date.parse("9999-01-01"), now)).toBe(now);
  expect(isoOf(instantOf("0000-01-01T00:00:00.000Z")!)).toBe("0000-01-01T00:00:00.000Z");
});

test("a forged cursor is a bad request, not a fault of a store", () => {
  for (const number of [1.5, 1e300]) expect(() => placeOf(cursorOf([number]), ["number"])).toThrow(/cursor/);
});
