/** Moving over a drawing: what lies under the hand stays there, and what is asked for comes into sight. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { begun, fitted, shownAt, zoomed } from "./sight.ts";

const WINDOW = { width: 1000, height: 600 };

test("zooming keeps what lies under the pointer under it", () => {
  const point = fc.record({ x: fc.integer({ min: 0, max: 1000 }), y: fc.integer({ min: 0, max: 600 }) });
  fc.assert(
    fc.property(point, fc.double({ min: 0.2, max: 5, noNaN: true }), (at, factor) => {
      const before = { x: -120, y: 40, zoom: 0.9 };
      const after = zoomed(before, factor, at);
      expect((at.x - after.x) / after.zoom).toBeCloseTo((at.x - before.x) / before.zoom, 6);
      expect((at.y - after.y) / after.zoom).toBeCloseTo((at.y - before.y) / before.zoom, 6);
    }),
  );
});

test("a small map is begun whole, a big one at its start in a size that can be read", () => {
  expect(begun({ width: 800, height: 500 }, WINDOW, { x: 400, y: 0 })).toEqual(fitted({ width: 800, height: 500 }, WINDOW)); // prettier-ignore
  const big = begun({ width: 9000, height: 4000 }, WINDOW, { x: 4500, y: 0 });
  expect(big.zoom).toBeGreaterThan(0.5);
  expect(4500 * big.zoom + big.x).toBeCloseTo(500);
});

test("what is in sight stays where it is; what is not comes to the middle", () => {
  const sight = { x: 0, y: 0, zoom: 1 };
  expect(shownAt(sight, { x: 500, y: 300 }, WINDOW)).toBe(sight);
  const moved = shownAt(sight, { x: 5000, y: 300 }, WINDOW);
  expect(5000 * moved.zoom + moved.x).toBeCloseTo(500);
});
