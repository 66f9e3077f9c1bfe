/** What holds of whatever is recommended to whomever, held against the catalogue and the customer as they are drawn. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ItemDraft, type Item } from "../../src/catalogue/model.ts";
import { type Entry, type List, type Lists, By, type Person, type Recommend, nameOfList, popularKey } from "../../src/recommendations/model.ts"; // prettier-ignore
import { type Moment, type Shown, offered } from "../../src/recommendations/offer.ts";
import { type Found, found, listsFor, seedsOf } from "../../src/recommendations/rank.ts";

const runs = Number(process.env["THROUGHLINE_CASES"] ?? 1000);
const NOW = Date.UTC(2026, 10, 1);
const DAY_MS = 86_400_000;
const PRODUCTS: readonly string[] = ["a", "b", "c", "d", "e", "f", "g", "h"];
const CATEGORIES = ["Shoes", "Care"] as const;

const someProducts = fc.uniqueArray(fc.constantFrom(...PRODUCTS), { maxLength: 5 });
const someItem = fc.record({
  stock: fc.constantFrom(null, 0, 1, 5), active: fc.boolean(), gone: fc.boolean(), consumable: fc.boolean(),
  category: fc.subarray([...CATEGORIES]), told: fc.integer({ min: 0, max: 9 }),
}).map(({ told, gone, ...drawn }): Omit<Item, "id"> | null => told === 0 ? null : { ...ItemDraft.parse(drawn), feed: null, goneAt: gone && told < 3 ? NOW - DAY_MS : null, updatedAt: NOW }); // prettier-ignore
const somePerson = fc.record({ viewed: fc.array(fc.constantFrom(...PRODUCTS), { maxLength: 6 }), cart: someProducts, last: someProducts, elsewhere: someProducts, bought: fc.array(fc.tuple(fc.constantFrom(...PRODUCTS), fc.integer({ min: -1, max: 60 })), { maxLength: 5 }) })
  .map(({ elsewhere, bought, last, ...rest }): Person => ({ ...rest, bought: last, inCart: new Set([...rest.cart, ...elsewhere]), boughtAt: new Map(bought.map(([product, daysAgo]) => [product, NOW - daysAgo * DAY_MS])) })); // prettier-ignore
const someEntries = fc.uniqueArray(fc.tuple(fc.constantFrom(...PRODUCTS), fc.integer({ min: 3, max: 9 }), fc.constantFrom(1.5, 2, 8), fc.double({ min: 0.01, max: 1, noNaN: true })), { selector: ([product]) => product, maxLength: 8 }); // prettier-ignore
const someLists = fc.tuple(
  fc.array(fc.tuple(fc.constantFrom("basket" as const, "window" as const, "next" as const), fc.constantFrom(...PRODUCTS), someEntries), { maxLength: 12 }),
  someEntries, someEntries,
).map(([pairs, all, shoes]): Lists => new Map([
  ...pairs.map(([kind, key, entries]): List => ({ kind, key, entries })),
  { kind: "popular" as const, key: popularKey("all", null), entries: all }, { kind: "popular" as const, key: popularKey("all", "Shoes"), entries: shoes },
].map((list) => [nameOfList(list), list.entries]))); // prettier-ignore
const someWorld = fc.record({
  items: fc.tuple(...PRODUCTS.map(() => someItem)).map((drawn) => new Map(PRODUCTS.flatMap((id, i) => (drawn[i] ? [[id, { id, ...drawn[i] }] as const] : [])))),
  person: somePerson,
  lists: someLists,
  asked: fc.record({ by: fc.constantFrom(...By.options), count: fc.integer({ min: 1, max: 5 }), of: fc.constantFrom(undefined, ...CATEGORIES) }),
  justBoughtDays: fc.constantFrom(1, 30),
}); // prettier-ignore
type World = typeof someWorld extends fc.Arbitrary<infer W> ? W : never;

const momentOf = ({ justBoughtDays }: World): Moment => ({ now: NOW, justBoughtMs: justBoughtDays * DAY_MS });
const shownIn = (world: World): readonly Shown[] =>
  offered(found(world.asked, world.person, world.lists), world.asked, world.items, world.person, momentOf(world)); // prettier-ignore
const holds = (what: (world: World, shown: readonly Shown[]) => void) =>
  fc.assert(
    fc.property(someWorld, (world) => what(world, shownIn(world))),
    { numRuns: runs },
  );

describe("what is recommended", () => {
  test("is in the catalogue, offered, and not out of stock", () =>
    holds((_, shown) => {
      for (const { item } of shown) expect([item.active, item.goneAt, item.stock]).toEqual([true, null, item.stock === null ? null : expect.toSatisfy((stock: number) => stock > 0)]); // prettier-ignore
    }));

  test("is not in the cart, whichever device put it there, and was not just bought unless it is consumable", () =>
    holds(({ person, justBoughtDays }, shown) => {
      for (const { product, item } of shown) {
        expect(person.inCart.has(product)).toBe(false);
        const daysAgo = (NOW - (person.boughtAt.get(product) ?? -Infinity)) / DAY_MS;
        expect([product, item.consumable || daysAgo >= justBoughtDays]).toEqual([product, true]);
      }
    }));

  test("is shown once, at most as often as asked, of the category asked for, with the item as the catalogue has it", () =>
    holds(({ asked, items }, shown) => {
      expect(shown.length).toBeLessThanOrEqual(asked.count);
      expect(new Set(shown.map(({ product }) => product)).size).toBe(shown.length);
      for (const { product, item } of shown) {
        expect(item).toBe(items.get(product));
        if (asked.of !== undefined) expect(item.category).toContain(asked.of);
      }
    }));

  test("leaves nothing out that might be shown while there is room", () =>
    holds((world, shown) => {
      const { asked, person, lists, items } = world;
      if (shown.length === asked.count) return;
      const left = found(asked, person, lists).filter(({ product }) => !shown.some((one) => one.product === product)); // prettier-ignore
      for (const { product } of left) {
        const item = items.get(product);
        const daysAgo = (NOW - (person.boughtAt.get(product) ?? -Infinity)) / DAY_MS;
        const isHad = item !== undefined && item.active && item.goneAt === null && item.stock !== 0;
        const isHeld = person.inCart.has(product) || (item?.consumable === false && daysAgo < world.justBoughtDays); // prettier-ignore
        expect([product, isHad && !isHeld && (asked.of === undefined || item.category.includes(asked.of))]).toEqual([product, false]); // prettier-ignore
      }
    }));

  test("is found by lists that were read, names the product that points at it, and is no product of the cart it goes with", () =>
    holds(({ asked, person, lists }) => {
      const names = listsFor(asked, person);
      for (const { product, why } of found(asked, person, lists)) {
        if (asked.by === "viewed") expect(person.viewed).toContain(product);
        else {
          const list = names.find(
            ({ kind, key }) => kind === why.by && (kind === "popular" || key === why.of),
          );
          const of = names.filter(({ kind }) => kind === list!.kind).flatMap((name) => lists.get(nameOfList(name)) ?? []); // prettier-ignore
          expect(of.map(([name, customers, lift]) => [name, customers, lift])).toContainEqual([product, why.customers, why.lift]); // prettier-ignore
        }
        if (asked.by === "together") expect(seedsOf(asked, person)).not.toContain(product);
      }
    }));
});

describe("of several products to start from", () => {
  const entry = (product: string, score: number): Entry => [product, 3, 2, score];
  const listOf = (kind: "basket" | "window" | "next", key: string, ...entries: Entry[]) => [nameOfList({ kind, key }), entries] as const; // prettier-ignore
  const person: Person = { viewed: ["c", "x"], cart: ["a", "b"], bought: ["a"], inCart: new Set(), boughtAt: new Map() }; // prettier-ignore
  const ids = (all: readonly Found[]) => all.map(({ product }) => product);
  const together = { by: "together" } satisfies Pick<Recommend, "by">;

  test("what two of them point at comes before what one points at more, and the same order before the same days", () => {
    const lists: Lists = new Map([
      listOf("basket", "a", entry("once", 0.5), entry("both", 0.3)),
      listOf("basket", "b", entry("both", 0.3)),
      listOf("window", "a", entry("days", 0.9), entry("both", 0.9)),
      listOf("basket", "x", entry("not-looked-at-now", 1)),
    ]);
    expect(ids(found(together, person, lists))).toEqual(["both", "once", "days"]);
  });

  test("what is being looked at points as well, and of equals the first by its id comes first", () => {
    const lists: Lists = new Map([
      listOf("basket", "c", entry("z", 0.4), entry("y", 0.4)),
      listOf("basket", "a", entry("b", 1)),
    ]);
    expect(ids(found(together, person, lists))).toEqual(["y", "z"]);
  });

  test("what was bought last points at what comes next, and that may be the same again", () => {
    const lists: Lists = new Map([listOf("next", "a", entry("a", 0.4), entry("n", 0.2)), listOf("next", "b", entry("m", 1))]); // prettier-ignore
    expect(ids(found({ by: "next" }, person, lists))).toEqual(["a", "n"]);
  });
});
