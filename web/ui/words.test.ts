import { expect, test } from "vitest";
import { Channel, EventType, RefusalReason } from "../../src/events/model.ts";
import { IdentifierKind } from "../../src/identity/model.ts";
import { nameOf } from "./names.ts";
import { about, CHANNEL_WORDS, eventTitle, KIND_WORDS, REFUSAL_WORDS, TYPE_WORDS } from "./words.ts";

test("every channel, kind, type and reason of the model has its words", () => {
  expect(Object.keys(CHANNEL_WORDS).toSorted()).toEqual([...Channel.options].toSorted());
  expect(Object.keys(KIND_WORDS).toSorted()).toEqual([...IdentifierKind.options].toSorted());
  expect(Object.keys(TYPE_WORDS).toSorted()).toEqual([...EventType.options].toSorted());
  expect(Object.keys(REFUSAL_WORDS).toSorted()).toEqual([...RefusalReason.options].toSorted());
});

const told = (over: Partial<Parameters<typeof about>[0]>) =>
  about({ type: "track", touchpoint: "shop", properties: {}, traits: {}, ...over });

test("an event's line says what it was about, or where it happened, or nothing", () => {
  expect(told({ properties: { name: "Boots", price: 129, currency: "EUR" } })).toBe("Boots · 129 EUR");
  expect(told({ properties: { products: [{ name: "A" }, { name: "B" }, { name: "C" }], total: 3 } })).toBe(
    "A, B and 1 more · 3",
  );
  expect(told({ traits: { firstName: "Ann", lastName: "Becker" } })).toBe("Ann Becker");
  expect(told({ properties: { products: "none", name: 7 } })).toBe("shop");
  expect(told({ type: "identify", touchpoint: "identify" })).toBe("");
  expect(eventTitle("$page.viewed")).toBe("Viewed a page");
  expect(eventTitle("Order Completed")).toBe("Order Completed");
});

test("a customer without a name is called by what says most", () => {
  const identifier = (kind: IdentifierKind, value: string) => ({
    kind,
    value,
    createdAt: "2026-01-01T00:00:00.000Z",
  });
  const identifiers = [identifier("user_id", "u1"), identifier("email", "ann@example.com")];
  expect(nameOf({ id: "c1", name: "Ann", identifiers })).toBe("Ann");
  expect(nameOf({ id: "c1", name: " ", identifiers })).toBe("ann@example.com");
  expect(nameOf({ id: "c1", name: null, identifiers: [identifier("anonymous_id", "x")] })).toBe("Visitor c1");
});
