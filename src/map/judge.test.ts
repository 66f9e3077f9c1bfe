/** Differences and their certainty against the figures of those who published the methods. */
import { expect, test } from "vitest";
import { adjusted, differenceOf, noneMeansAtMost, shareInterval, standsOut } from "./judge.ts";

const to4 = (values: readonly number[]) => values.map((value) => Number(value.toFixed(4)));

test("a share lies where Wilson's interval says (Newcombe 1998, table I)", () => {
  const intervals = [[81, 263], [15, 148], [0, 20], [1, 29]].map(([hits, n]) => shareInterval({ hits: hits!, n: n! })); // prettier-ignore
  expect(intervals.map(({ low, high }) => to4([low, high]))).toEqual([[0.2553, 0.3662], [0.0624, 0.1605], [0, 0.1611], [0.0061, 0.1718]]); // prettier-ignore
  expect(shareInterval({ hits: 0, n: 0 })).toEqual({ low: 0, high: 1, level: 0.95 });
});

test("two shares differ by as much as Newcombe's tenth method says (1998, table II)", () => {
  const of = (a: readonly number[], b: readonly number[]) => differenceOf({ hits: a[0]!, n: a[1]! }, { hits: b[0]!, n: b[1]! }); // prettier-ignore
  const found = [of([56, 70], [48, 80]), of([9, 10], [3, 10]), of([5, 56], [0, 29]), of([0, 10], [0, 10])];
  expect(found.map(({ interval: { low, high } }) => to4([low, high]))).toEqual([[0.0524, 0.3339], [0.1705, 0.809], [-0.0381, 0.1926], [-0.2775, 0.2775]]); // prettier-ignore
  expect(found.at(-1)!.pValue).toBe(1);
  expect(of([0, 0], [1, 2]).pValue).toBe(1);
});

test("of fifteen tests the first four stand out (Benjamini and Hochberg 1995, section 4)", () => {
  const pValues = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528, 0.759, 1]; // prettier-ignore
  expect(standsOut(pValues, 0.05).filter(Boolean)).toHaveLength(4);
  expect(standsOut(pValues.toReversed(), 0.05).lastIndexOf(false)).toBe(10);
  expect(standsOut([], 0.05)).toEqual([]);
});

/** Berkeley's admissions of 1973 by department: men admitted, men refused, women admitted, women refused. */
const BERKELEY = [[512, 313, 89, 19], [353, 207, 17, 8], [120, 205, 202, 391], [138, 279, 131, 244], [53, 138, 94, 299], [22, 351, 24, 317]]; // prettier-ignore

test("at Berkeley men fare better in sum, and not among applicants to the same department", () => {
  const strata = BERKELEY.map(([a, b, c, d]) => ({ present: { hits: a!, n: a! + b! }, absent: { hits: c!, n: c! + d! } })); // prettier-ignore
  const found = adjusted(strata)!;
  // mantelhaen.test(UCBAdmissions, correct = FALSE): X-squared = 1.5246, p-value = 0.2169.
  expect(to4([found.pValue])).toEqual([0.2169]);
  expect(found.interval.low).toBeLessThan(0);
  expect(found.interval.high).toBeGreaterThan(0);
  expect(found).toMatchObject({ strata: 6, people: 4526 });
  const [men, women] = [1198 / 2691, 557 / 1835];
  expect(found.difference).toBeLessThan(0);
  expect(men - women).toBeGreaterThan(0.14);
});

test("in one group the adjusted difference is the plain one, and groups of one kind tell nothing", () => {
  const one = { present: { hits: 30, n: 100 }, absent: { hits: 20, n: 100 } };
  const lone = { present: { hits: 9, n: 9 }, absent: { hits: 0, n: 0 } };
  expect(adjusted([one])!.difference).toBeCloseTo(0.1, 12);
  expect(adjusted([one, lone])).toEqual(adjusted([one]));
  expect(adjusted([lone])).toBeNull();
});

test("the adjusted interval holds the truth in nineteen of twenty worlds", () => {
  let seed = 7;
  const random = () => ((seed = (seed * 48_271) % 2_147_483_647) - 1) / 2_147_483_646;
  const draw = (n: number, chance: number) =>
    ({ n, hits: Array.from({ length: n }, random).filter((x) => x < chance).length }); // prettier-ignore
  const truth = 0.1;
  const worlds = Array.from({ length: 1_000 }, () =>
    adjusted([draw(40, 0.2), draw(15, 0.5), draw(25, 0.05)].map((absent, i) => ({ absent, present: draw([20, 50, 30][i]!, [0.3, 0.6, 0.15][i]!) })))!.interval,
  ); // prettier-ignore
  const held = worlds.filter(({ low, high }) => low <= truth && truth <= high).length / worlds.length;
  expect(held).toBeGreaterThan(0.93);
  expect(held).toBeLessThan(0.97);
});

test("nobody of thirty means at most a tenth", () => {
  expect(noneMeansAtMost(30)).toBeCloseTo(0.095, 3);
  expect(noneMeansAtMost(0)).toBeNull();
});
