import fc from "fast-check";
import { expect, test } from "vitest";
import { pathOf, ticksOf } from "./chart.tsx";
import { keyOf } from "./stage-editor.tsx";

test("the ticks of an axis begin at 0, rise evenly, reach the greatest number and are few", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2_000_000_000 }), (most) => {
      const ticks = ticksOf(most);
      expect(ticks[0]).toBe(0);
      expect(ticks.at(-1)).toBeGreaterThanOrEqual(most);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(new Set(ticks.slice(1).map((tick, i) => tick - ticks[i]!)).size).toBe(1);
    }),
  );
});

test("a line runs from edge to edge, the greatest value on top", () => {
  const points = [
    { at: 0, value: 0 },
    { at: 5, value: 10 },
    { at: 10, value: 5 },
  ];
  expect(pathOf(points, 100, 20, 0, 10)).toBe("M0.0 20.0L50.0 0.0L100.0 10.0");
});

test("a stage's key is made of its name and is unlike the others'", () => {
  expect(keyOf("Loyal buyer", [])).toBe("loyal_buyer");
  expect(keyOf("Loyal buyer", ["loyal_buyer", "loyal_buyer_2"])).toBe("loyal_buyer_3");
  expect(keyOf("2. Käufer!", [])).toMatch(/^[a-z][a-z0-9_]{0,49}$/);
  expect(keyOf("買い手", [])).toBe("stage");
});
