/** What is believed: right about what is known, unsure about what is not, and the same whatever the order. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Shown, modelOf, priorVarianceOf, ratioOf } from "../../src/learning/believe.ts";
import { readyModelOf, scoreOf } from "../../src/learning/choose.ts";
import { slotsOf } from "../../src/learning/encode.ts";
import { modelOfKinds } from "../../src/learning/workout.ts";
import { SEED, randomOf } from "../random.ts";
import { CANDIDATES, clicks, contextOf, kindsOf, learningOf, simulate } from "./world.ts";

const shownOf = (candidate: string, slots: readonly number[], n: number, sum: number): Shown => ({ candidate, slots, n, rewarded: sum, sum, sumOfSquares: sum }); // prettier-ignore

describe("the belief about a yes or no", () => {
  test("has the slope of its log posterior at 0, and the curvature there as its certainty", () => {
    const rows = [shownOf("a", [0, 1], 50, 20), shownOf("a", [0, 2], 80, 5), shownOf("b", [0, 1], 70, 7)];
    const { beliefs, middle } = modelOf("clicked", rows);
    const { mean, covariance, slots } = beliefs["a"]!;
    expect(slots).toEqual([0, 1, 2]);
    const weights = new Map(slots.map((slot, i) => [slot, mean[i]!]));
    const ratio = (row: Shown) => ratioOf(middle + row.slots.reduce((sum, slot) => sum + weights.get(slot)!, 0));
    const own = rows.slice(0, 2);
    for (const slot of slots) {
      const slope = own.reduce((sum, row) => sum + (row.slots.includes(slot) ? row.sum - row.n * ratio(row) : 0), 0);
      expect(slope - weights.get(slot)! / priorVarianceOf(slot)).toBeCloseTo(0, 4);
    }
    const precision = slots.map((a) => slots.map((b) =>
      own.reduce((sum, row) => sum + (row.slots.includes(a) && row.slots.includes(b) ? row.n * ratio(row) * (1 - ratio(row)) : 0), a === b ? 1 / priorVarianceOf(a) : 0)));
    const full = slots.map((_, i) => slots.map((_one, j) => covariance[(Math.max(i, j) * (Math.max(i, j) + 1)) / 2 + Math.min(i, j)]!));
    for (const [i, row] of precision.entries())
      for (const j of slots.keys()) expect(row.reduce((sum, x, k) => sum + x * full[k]![j]!, 0)).toBeCloseTo(i === j ? 1 : 0, 3);
  }); // prettier-ignore

  test("finds what each candidate is worth to whom", () => {
    const random = randomOf(SEED);
    const { exposures } = simulate(random, 20_000, 0, clicks, learningOf());
    const model = readyModelOf(modelOfKinds(learningOf(), kindsOf(exposures)), learningOf())!;
    let off = 0;
    for (let i = 0; i < 200; i += 1) {
      const context = contextOf(random);
      for (const candidate of CANDIDATES) {
        const { mean } = scoreOf(model, candidate, slotsOf(context));
        off += Math.abs(ratioOf(model.middle + mean) - clicks(candidate, context)) / 600;
      }
    }
    // Boots need phone and new together, which weights that add up cannot say wholly.
    expect(off).toBeLessThan(0.04);
  });

  test("is unsure of what was never shown, and surer the more was", () => {
    const rows = (n: number) => readyModelOf(modelOf("clicked", [shownOf("a", [0, 1], n, n / 10)]), { reward: "clicked" })!; // prettier-ignore
    const [unknown, little, much] = [scoreOf(rows(100), "b", [0, 1]), scoreOf(rows(100), "a", [0, 1]), scoreOf(rows(10_000), "a", [0, 1])]; // prettier-ignore
    expect(unknown).toEqual({ mean: 0, variance: priorVarianceOf(0) + priorVarianceOf(1) });
    expect([little.variance < unknown.variance / 5, much.variance < little.variance / 20]).toEqual([true, true]); // prettier-ignore
  });

  test("is no nonsense where everybody said yes or nobody did", () => {
    for (const yes of [0, 1e6]) {
      const model = modelOf("clicked", [shownOf("a", [0], 1e6, yes)]);
      expect([...model.beliefs["a"]!.mean, ...model.beliefs["a"]!.covariance].every(Number.isFinite)).toBe(true); // prettier-ignore
    }
    expect(modelOf("clicked", [])).toMatchObject({ exposures: 0, beliefs: {} });
  });
});

describe("the belief about a value", () => {
  test("is that of ridge regression, worked out by hand for one slot", () => {
    const model = modelOf("value", [
      { candidate: "a", slots: [0], n: 10, rewarded: 10, sum: 500, sumOfSquares: 26_000 },
      { candidate: "b", slots: [0], n: 10, rewarded: 5, sum: 100, sumOfSquares: 4_000 },
    ]);
    expect(model.middle).toBe(30);
    expect(model.scale).toBeCloseTo(Math.sqrt((30_000 - 20 * 900) / 19), 10);
    expect(model.beliefs["a"]!.mean[0]).toBeCloseTo(200 / model.scale / 11, 5);
    expect(model.beliefs["a"]!.covariance[0]).toBeCloseTo(1 / 11, 5);
  });
});

test("the same exposures give the same model in whatever order they come", () => {
  fc.assert(
    fc.property(fc.integer(), fc.constantFrom("clicked" as const, "value" as const), (seed, reward) => {
      const random = randomOf(seed);
      const rows = Array.from({ length: 40 }, (_, i): Shown => {
        const yes = Math.floor(random() * 5);
        return { candidate: CANDIDATES[i % 3]!, slots: slotsOf(contextOf(random)), n: 5, rewarded: yes, sum: yes, sumOfSquares: yes }; // prettier-ignore
      });
      const turned = rows.map((row) => ({ row, at: random() })).toSorted((a, b) => a.at - b.at).map(({ row }) => row); // prettier-ignore
      expect(modelOf(reward, turned)).toEqual(modelOf(reward, rows));
    }),
    { numRuns: 50, seed: SEED },
  );
});
