/** How good chances are is measured as its definitions say, by counting pairs and groups. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { aucOf, brierOf, calibrationErrorOf, groupsOf, midRanks } from "../../src/needs/quality.ts";
import { belowFloor } from "../../src/needs/learn.ts";
import { randomOf } from "../random.ts";

const told = fc.array(fc.record({ chance: fc.integer({ min: 0, max: 12 }).map((n) => n / 12), reached: fc.boolean() }), { minLength: 4, maxLength: 80 }); // prettier-ignore
const both = told.filter((all) => all.filter(({ reached }) => reached).length > 1 && all.filter(({ reached }) => !reached).length > 1); // prettier-ignore
const split = (all: readonly { readonly chance: number; readonly reached: boolean }[]) =>
  [all.map(({ chance }) => chance), all.map(({ reached }) => reached)] as const;

test("the area under the curve is the share of pairs told apart, and its interval is DeLong's of the pairs themselves", () => {
  fc.assert(
    fc.property(both, (all) => {
      const [yes, no] = [all.filter(({ reached }) => reached), all.filter(({ reached }) => !reached)];
      const apart = (a: number, b: number): number => (a > b ? 1 : a === b ? 0.5 : 0);
      const ofYes = yes.map((one) => no.reduce((sum, other) => sum + apart(one.chance, other.chance), 0) / no.length);
      const ofNo = no.map((other) => yes.reduce((sum, one) => sum + apart(one.chance, other.chance), 0) / yes.length);
      const mean = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length;
      const variance = (values: readonly number[]): number => values.reduce((sum, one) => sum + (one - mean(values)) ** 2, 0) / (values.length - 1);
      const { auc, interval } = aucOf(...split(all));
      expect(auc).toBeCloseTo(mean(ofYes), 10);
      const half = 1.959963984540054 * Math.sqrt(variance(ofYes) / yes.length + variance(ofNo) / no.length);
      expect(interval.low).toBeCloseTo(Math.max(0, auc - half), 7);
      expect(interval.high).toBeCloseTo(Math.min(1, auc + half), 7);
    }),
  );
}); // prettier-ignore

test("with nobody on one side nothing is known of it", () => {
  expect(aucOf([0.2, 0.7], [true, true])).toMatchObject({ auc: 0.5, interval: { low: 0, high: 1 } });
  expect(midRanks([3, 1, 3, 2])).toEqual([3.5, 1, 3.5, 2]);
});

test("groups hold everybody once, and the error of calibration is their mean distance by size", () => {
  fc.assert(
    fc.property(told, (all) => {
      const groups = groupsOf(...split(all));
      expect(groups.reduce((sum, { customers }) => sum + customers, 0)).toBe(all.length);
      expect(groups.reduce((sum, { reached }) => sum + reached, 0)).toBe(all.filter(({ reached }) => reached).length);
      for (const [i, group] of groups.entries()) if (i > 0) expect(group.foretold).toBeGreaterThanOrEqual(groups[i - 1]!.foretold - 1e-12);
      expect(calibrationErrorOf(groups)).toBeLessThanOrEqual(1);
      expect(brierOf(...split(all))).toBeLessThanOrEqual(1);
    }),
  );
  const off = groupsOf(Array.from({ length: 100 }, () => 0.5), Array.from({ length: 100 }, (_, i) => i % 5 === 0), 10);
  expect(calibrationErrorOf(off)).toBeCloseTo(0.3, 10);
  expect(brierOf([0.9, 0.2], [true, false])).toBeCloseTo(0.025, 12);
}); // prettier-ignore

test("chances that are true are calibrated, and doubled odds are seen to be wrong", () => {
  const random = randomOf(11);
  const chances = Array.from({ length: 20_000 }, () => random());
  const reached = chances.map((chance) => random() < chance);
  expect(calibrationErrorOf(groupsOf(chances, reached))).toBeLessThan(0.015);
  const wrong = chances.map((chance) => Math.sqrt(chance));
  expect(calibrationErrorOf(groupsOf(wrong, reached))).toBeGreaterThan(0.1);
});

test("below the floor it is said what is below it", () => {
  const is = (low: number, calibrationError: number) => belowFloor({ aucInterval: { low, high: 1, level: 0.95 }, calibrationError }); // prettier-ignore
  expect(is(0.6, 0.05)).toEqual([]);
  expect(is(0.599, 0.05)).toEqual(["discrimination"]);
  expect(is(0.6, 0.051)).toEqual(["calibration"]);
  expect(is(0.5, 0.2)).toEqual(["discrimination", "calibration"]);
});
