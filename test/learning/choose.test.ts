/** The chances of candidates: what holds for any place, and what was drawn is what was told. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Shown, modelOf } from "../../src/learning/believe.ts";
import { type Score, chancesOf, drawn, learnedChancesOf, normalRatio, readyModelOf, winningRatios } from "../../src/learning/choose.ts"; // prettier-ignore
import { normalCdf } from "../../src/experiments/distributions.ts";
import { DIMENSIONS, slotsOf } from "../../src/learning/encode.ts";
import { SEED, randomOf } from "../random.ts";
import { contextOf, learningOf, normal } from "./world.ts";

const runs = Number(process.env["THROUGHLINE_CASES"] ?? 300);
const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
const ids = ["a", "b", "c", "d", "e", "f", "g", "h"];

/** A model of anything, ready or not, of any of the candidates. */
const someModel = fc.record({ seed: fc.integer(), known: fc.integer({ min: 0, max: ids.length }), n: fc.constantFrom(0, 3, 400), value: fc.boolean() }).map(({ seed, known, n, value }) => {
  const random = randomOf(seed);
  const shown = ids.slice(0, known).flatMap((candidate) => Array.from({ length: 5 }, (): Shown => {
    const yes = Math.floor(random() * (n + 1));
    return { candidate, slots: slotsOf(contextOf(random)), n, rewarded: yes, sum: value ? yes * random() * 1e4 : yes, sumOfSquares: value ? yes * 1e8 : yes };
  }));
  const reward = value ? "value" : "clicked";
  return readyModelOf(modelOf(reward, shown), { reward });
}); // prettier-ignore
const somePlace = fc.record({
  model: fc.option(someModel), floorRatio: fc.double({ min: 0.01, max: 0.5, noNaN: true }), holdoutRatio: fc.double({ min: 0.05, max: 0.5, noNaN: true }),
}); // prettier-ignore
const someEligible = fc.subarray(ids, { minLength: 1 });

describe("whatever was learned and whoever is eligible", () => {
  test("each eligible candidate has at least the floor's chance, as far as there is room for it, and all together 1", () => {
    fc.assert(
      fc.property(somePlace, someEligible, fc.integer(), (place, eligible, seed) => {
        const chances = chancesOf(place, eligible, slotsOf(contextOf(randomOf(seed))));
        const floor = Math.min(place.floorRatio, (1 - place.holdoutRatio) / eligible.length);
        for (const chance of chances) expect(chance).toBeGreaterThanOrEqual(floor);
        expect(sum(chances)).toBeCloseTo(1, 12);
        expect(chances[0]).toBeGreaterThanOrEqual(place.holdoutRatio + floor);
        expect(sum(learnedChancesOf(place, eligible, slotsOf(contextOf(randomOf(seed)))))).toBeCloseTo(1, 12);
      }),
      { numRuns: runs, seed: SEED },
    );
  });

  test("the same draw chooses the same, and each draw one of those eligible", () => {
    fc.assert(
      fc.property(somePlace, someEligible, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.boolean(), (place, eligible, draw, heldOut) => {
        const chances = chancesOf(place, eligible, [0, 1]);
        const one = drawn(chances, place.holdoutRatio, heldOut, draw);
        expect(one).toEqual(drawn(chances, place.holdoutRatio, heldOut, draw));
        expect(one.at).toBeGreaterThanOrEqual(0);
        expect(one.at).toBeLessThan(eligible.length);
        expect([one.arm, heldOut ? one.at : 0]).toEqual([heldOut ? "holdout" : "learned", 0]);
        expect(one.propensityRatio).toBeCloseTo(chances[one.at]!, 15);
      }),
      { numRuns: runs, seed: SEED },
    ); // prettier-ignore
  });

  test("a context fits the vector: slots rise, each once", () => {
    fc.assert(
      fc.property(fc.integer(), fc.array(fc.integer({ min: 1, max: 1e6 }), { maxLength: 8 }), (seed, segments) => {
        const slots = slotsOf({ ...contextOf(randomOf(seed)), segments });
        expect(slots).toEqual([...new Set(slots)].toSorted((a, b) => a - b));
        expect([slots[0], Math.max(...slots) < DIMENSIONS]).toEqual([0, true]);
      }),
      { numRuns: runs, seed: SEED },
    ); // prettier-ignore
  });
});

test("the propensity that is told is how often a candidate is shown", () => {
  const random = randomOf(SEED);
  const shown = ["a", "b", "c"].map((candidate, i): Shown => ({ candidate, slots: [0, 1], n: 100, rewarded: 20 + 2 * i, sum: 20 + 2 * i, sumOfSquares: 20 + 2 * i })); // prettier-ignore
  const learning = learningOf({ floorRatio: 0.05, holdoutRatio: 0.2 });
  const chances = chancesOf({ ...learning, model: readyModelOf(modelOf("clicked", shown), learning) }, ["a", "b", "c"], [0, 1]); // prettier-ignore
  const counts = [0, 0, 0];
  const N = 200_000;
  for (let i = 0; i < N; i += 1) {
    const { at, propensityRatio } = drawn(chances, 0.2, random() < 0.2, random());
    counts[at]! += 1;
    expect(propensityRatio).toBe(chances[at]);
  }
  for (const [i, n] of counts.entries())
    expect(Math.abs(n / N - chances[i]!)).toBeLessThan(5 * Math.sqrt((chances[i]! * (1 - chances[i]!)) / N));
});

describe("the chance to be the best", () => {
  test("is exact for two, and that of many drawings for more, however unlike they are", () => {
    const random = randomOf(SEED);
    for (const n of [2, 3, 5, 8, 20]) {
      const scores = Array.from({ length: n }, (): Score => ({ mean: normal(random), variance: Math.exp(2 * normal(random) - 1) })); // prettier-ignore
      const wins = scores.map(() => 0);
      const N = 40_000;
      for (let i = 0; i < N; i += 1) {
        const drawing = scores.map(({ mean, variance }) => mean + Math.sqrt(variance) * normal(random));
        wins[drawing.indexOf(Math.max(...drawing))]! += 1;
      }
      const ratios = winningRatios(scores);
      for (const [i, ratio] of ratios.entries()) expect(Math.abs(ratio - wins[i]! / N)).toBeLessThan(0.02);
      if (n > 2) continue;
      const [a, b] = scores as [Score, Score];
      expect(ratios[0]).toBeCloseTo(normalCdf((a.mean - b.mean) / Math.sqrt(a.variance + b.variance)), 6);
    }
  });

  test("uses a normal distribution that is right to seven digits", () => {
    for (let z = -8; z <= 8; z += 0.01) expect(Math.abs(normalRatio(z) - normalCdf(z))).toBeLessThan(8e-8);
  });
});

test("before enough is known each eligible candidate has the same chance, and so it is when a place learns something else", () => {
  const few: Shown = { candidate: "a", slots: [0], n: 99, rewarded: 50, sum: 50, sumOfSquares: 50 };
  const learning = learningOf();
  const evenly = learnedChancesOf({ ...learning, model: readyModelOf(modelOf("clicked", [few]), learning) }, ["a", "b"], [0]); // prettier-ignore
  expect(evenly).toEqual([0.5, 0.5]);
  const enough = modelOf("clicked", [{ ...few, n: 1000, sum: 500, rewarded: 500 }, { ...few, candidate: "b", n: 1000, sum: 100, rewarded: 100 }]); // prettier-ignore
  const chances = (reward: "clicked" | "value") => learnedChancesOf({ ...learning, model: readyModelOf(enough, { reward }) }, ["a", "b"], [0]); // prettier-ignore
  expect(chances("clicked")[0]).toBeGreaterThan(0.95);
  expect(chances("value")).toEqual([0.5, 0.5]);
});
