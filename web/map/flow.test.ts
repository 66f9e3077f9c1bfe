/** The flow of the first steps: each column is all cases, and what leaves a block is what it holds. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Variants } from "../../src/map/model.ts";
import { flowOf } from "./flow.ts";

const variant = (moments: readonly string[], cases: number): Variants["variants"][number] => ({
  moments: [...moments], cut: false, reached: null, cases, people: cases, share: 0, medianMs: 0,
}); // prettier-ignore
const told = (variants: Variants["variants"], others: number) => ({
  variants,
  others: { cases: others, variants: others > 0 ? 1 : 0 },
  totals: { cases: variants.reduce((sum, { cases }) => sum + cases, others), people: 0, variants: 0 },
});
const ways = fc.array(
  fc.record({
    moments: fc.array(fc.constantFrom("a", "b", "c", "d"), { minLength: 1, maxLength: 6 }),
    cases: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 12 },
);

test("each column of the flow is all cases, and a block passes on exactly what it holds", () => {
  fc.assert(
    fc.property(ways, fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), (given, others, columns, most) => {
      const { blocks, bands, cases } = flowOf(told(given.map(({ moments, cases: n }) => variant(moments, n)), others), columns, most);
      for (let column = 0; column < columns; column += 1)
        expect(blocks.filter((block) => block.column === column).reduce((sum, block) => sum + block.cases, 0)).toBe(cases);
      for (const block of blocks) {
        const [out, into] = [bands.filter(({ from }) => from === block), bands.filter(({ to }) => to === block)];
        if (block.column + 1 < columns) expect(out.reduce((sum, band) => sum + band.cases, 0)).toBe(block.cases);
        if (block.column > 0) expect(into.reduce((sum, band) => sum + band.cases, 0)).toBe(block.cases);
      }
    }),
  );
}); // prettier-ignore

test("moments beyond those told apart are one block, rarer ways another, and who ended stays ended", () => {
  const { blocks } = flowOf(
    told([variant(["a", "b"], 5), variant(["c"], 3), variant(["d", "a"], 2)], 4),
    2,
    2,
  );
  const inColumn = (column: number) =>
    blocks.filter((block) => block.column === column).map(({ kind, key, cases }) => [kind, key, cases]);
  expect(inColumn(0)).toEqual([
    ["moment", "a", 5],
    ["moment", "c", 3],
    ["rest", "", 2],
    ["untold", "", 4],
  ]);
  expect(inColumn(1)).toEqual([
    ["moment", "b", 5],
    ["moment", "a", 2],
    ["untold", "", 4],
    ["ended", "", 3],
  ]);
});
