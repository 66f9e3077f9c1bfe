/** Learning by Thompson sampling: it finds the best, keeps trying the unknown, and tells the chance it gave. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { choose, propensities } from "./bandit.ts";
import type { ArmCounts } from "./bandit.ts";
import { logBeta } from "./distributions.ts";
import { placeOf } from "./hash.ts";

/** Uniform numbers that are the same in every run: hashes of a round and an arm. */
const drawsOf = (round: number | string) => (i: number) => placeOf(`draw ${round}`, `${i}`) + 0.5 / 10_000;
const arm = (key: string, shown: number, converted: number): ArmCounts => ({ key, shown, converted });
const shareOf = (arms: readonly ArmCounts[], key: string, rounds: number): number => {
  let times = 0;
  for (let round = 0; round < rounds; round += 1) if (choose(arms, drawsOf(round)).key === key) times += 1;
  return times / rounds;
};
const counts = fc
  .tuple(fc.nat(5000), fc.nat(5000))
  .map(([x, y]) => ({ shown: Math.max(x, y), converted: Math.min(x, y) }));
const armLists = fc
  .array(counts, { minLength: 1, maxLength: 8 })
  .map((list) => list.map((one, i): ArmCounts => ({ key: `k${i}`, ...one })));
const uniforms = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 });

/** P(the second of two is drawn higher), as a finite sum (Miller 2014, "Formulas for Bayesian A/B testing", equation 6). */
function exactly(a: ArmCounts, b: ArmCounts): number {
  const [a1, a2, b1, b2] = [
    1 + a.converted,
    1 + a.shown - a.converted,
    1 + b.converted,
    1 + b.shown - b.converted,
  ];
  let sum = 0;
  for (let i = 0; i < b1; i += 1)
    sum += Math.exp(logBeta(a1 + i, a2 + b2) - Math.log(b2 + i) - logBeta(1 + i, b2) - logBeta(a1, a2));
  return sum;
}

describe("choice", () => {
  test("is an arm of the list, the same for the same numbers, with a chance above 0", () => {
    fc.assert(
      fc.property(armLists, uniforms, (arms, draws) => {
        const choice = choose(arms, (i) => draws[i]!);
        expect(arms.map(({ key }) => key)).toContain(choice.key);
        expect(choose(arms, (i) => draws[i]!)).toEqual(choice);
        expect(choice.propensityRatio).toBeGreaterThan(0);
        expect(choice.propensityRatio).toBeLessThanOrEqual(1);
        const at = arms.findIndex(({ key }) => key === choice.key);
        expect(choice.propensityRatio).toBe(propensities(arms)[at]);
      }),
    );
  });

  test("is nearly always the best arm when the evidence is overwhelming", () => {
    const arms = [arm("bad", 20_000, 1000), arm("good", 20_000, 1600), arm("worse", 20_000, 400)];
    expect(shareOf(arms, "good", 500)).toBe(1);
    expect(propensities(arms)[1]).toBeGreaterThan(0.999);
  });

  test("tries an arm that nobody has seen yet", () => {
    const arms = [arm("known", 1000, 100), arm("new", 0, 0)];
    expect(shareOf(arms, "new", 500)).toBeGreaterThan(0.8);
  });

  test("is an arm as often as its propensity says", () => {
    const arms = [arm("a", 120, 12), arm("b", 100, 13), arm("c", 40, 5), arm("d", 300, 24)];
    const rounds = 2000;
    propensities(arms).forEach((propensity, i) => {
      const share = shareOf(arms, arms[i]!.key, rounds);
      expect(Math.abs(share - propensity)).toBeLessThan(
        5 * Math.sqrt((propensity * (1 - propensity)) / rounds),
      );
    });
  });

  test("finds the better of two in a simulated year and shows it to most", () => {
    const rates = [0.05, 0.08];
    const arms = [arm("5 %", 0, 0), arm("8 %", 0, 0)];
    for (let round = 0; round < 6000; round += 1) {
      const i = arms.findIndex(({ key }) => key === choose(arms, drawsOf(round)).key);
      const converts = placeOf("customer", `${round}`) < rates[i]!;
      arms[i] = arm(arms[i]!.key, arms[i]!.shown + 1, arms[i]!.converted + (converts ? 1 : 0));
    }
    expect(arms[1]!.shown).toBeGreaterThan(4000);
  });

  test("is the first of the list when two arms draw the same", () => {
    expect(choose([arm("a", 10, 1), arm("b", 10, 1)], () => 0.4).key).toBe("a");
  });

  test("cuts counts and draws that cannot be", () => {
    const broken = [
      arm("a", Number.NaN, -5),
      arm("b", -1, 7),
      arm("c", 3, 1e300),
      arm("d", Infinity, Infinity),
    ];
    for (const u of [Number.NaN, -1, 0, 1, 2]) {
      const choice = choose(broken, () => u);
      expect(broken.map(({ key }) => key)).toContain(choice.key);
      expect(Number.isFinite(choice.propensityRatio)).toBe(true);
    }
    expect(() => choose([], () => 0.5)).toThrow(RangeError);
    expect(() =>
      choose(
        Array.from({ length: 21 }, (_, i) => arm(`${i}`, 0, 0)),
        () => 0.5,
      ),
    ).toThrow(RangeError);
    expect(() => propensities(Array.from({ length: 21 }, (_, i) => arm(`${i}`, 0, 0)))).toThrow(RangeError);
  });
});

describe("propensity", () => {
  test("of two arms is the exact one", () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const [first, second] = [arm("a", a.shown, a.converted), arm("b", b.shown, b.converted)];
        const expected = exactly(first, second);
        const [ofFirst, ofSecond] = propensities([first, second]);
        expect(Math.abs(ofSecond! - expected)).toBeLessThan(1e-6);
        expect(Math.abs(ofFirst! - (1 - expected))).toBeLessThan(1e-6);
      }),
      { numRuns: 200 },
    );
  });

  test("adds up to 1 over the arms, and is equal for equal arms", () => {
    fc.assert(
      fc.property(armLists, fc.integer({ min: 1, max: 20_000 }), (arms, factor) => {
        const larger = arms.map((one) => arm(one.key, one.shown * factor, one.converted * factor));
        const sum = propensities(larger).reduce((total, one) => total + one, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(1e-5);
      }),
    );
    const equal = propensities(Array.from({ length: 20 }, (_, i) => arm(`${i}`, 900, 30)));
    for (const one of equal) expect(one).toBeCloseTo(1 / 20, 6);
    expect(propensities([arm("only", 3, 1)])).toEqual([1]);
    expect(propensities([])).toEqual([]);
  });

  test("rises with each further conversion", () => {
    const rest = [arm("b", 200, 20), arm("c", 200, 22)];
    const chances = [10, 15, 20, 25, 30].map(
      (converted) => propensities([arm("a", 200, converted), ...rest])[0]!,
    );
    expect(chances).toEqual(chances.toSorted((x, y) => x - y));
    expect(new Set(chances).size).toBe(5);
  });
});
