/** The layout of a map: every moment has a place of its own and every line a path, however big the map is. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrange, backboneOf, CARD, type ToArrange } from "./arrange.ts";

/** A map whose moments do not lie over each other. */
function expectApart(given: ToArrange): void {
  const { places } = arrange(given);
  const corners = given.places.map(({ key }) => places.get(key)!);
  const over = corners.flatMap((a, i) =>
    corners.slice(i + 1).filter((b) => Math.abs(a.x - b.x) < CARD.width && Math.abs(a.y - b.y) < CARD.height),
  );
  expect(over).toEqual([]);
}

const mapOf = (moments: number, pairs: readonly (readonly [number, number, number])[]): ToArrange => {
  const lines = new Map(
    pairs
      .map(([a, b, n]) => [`k${a % moments}`, `k${b % moments}`, n] as const)
      .filter(([from, to]) => from !== to)
      .map(([from, to, n]) => [`${from} ${to}`, { id: `${from} ${to}`, from, to, n, outer: false }] as const),
  );
  const places = Array.from({ length: moments }, (_, i) => ({ key: `k${i}`, outer: false }));
  return { places, lines: [...lines.values()] };
};
const maps = fc
  .record({
    moments: fc.integer({ min: 1, max: 24 }),
    pairs: fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.integer({ min: 1, max: 500 })), { maxLength: 60 }),
  })
  .map(({ moments, pairs }) => mapOf(moments, pairs));

test("no two moments lie over each other, and every line is drawn", () => {
  fc.assert(
    fc.property(maps, (given) => {
      const { lines } = arrange(given);
      expect([...lines.keys()].toSorted()).toEqual(given.lines.map(({ id }) => id).toSorted());
      for (const { path } of lines.values()) expect(path).toMatch(/^M[-\d.]+ [-\d.]+[QLC]/);
      expectApart(given);
    }),
    { numRuns: 40 },
  );
});

test("the backbone keeps the strongest way into and out of each moment", () => {
  fc.assert(
    fc.property(maps, (given) => {
      const kept = new Set(backboneOf(given).map(({ id }) => id));
      for (const { key } of given.places)
        for (const side of ["from", "to"] as const) {
          const own = given.lines.filter((line) => line[side] === key);
          const most = Math.max(...own.map(({ n }) => n));
          if (own.length > 0) expect(own.some(({ id, n }) => n === most && kept.has(id))).toBe(true);
        }
    }),
  );
});

test("a map of 500 moments and 3,000 ways has a place for each moment and a curve for each way", () => {
  const pairs = Array.from({ length: 3_000 }, (_, i) => [i % 500, (i * 7 + (i % 13)) % 500, 1 + ((i * 31) % 97)] as const); // prettier-ignore
  const given = mapOf(500, pairs);
  const { places, lines } = arrange(given);
  expect(places.size).toBe(500);
  expect(lines.size).toBe(given.lines.length);
  expectApart(given);
});
