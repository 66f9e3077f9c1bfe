/**
 * Reference numbers of others, to 5 decimals:
 * GrowthBook gbstats, tests/frequentist/test_tests.py (Welch, proportions, sequential) and back-end test/stats.test.ts (sample ratio),
 * MIT; confseq test/uniform_boundaries_unittest.cpp, MIT; sample sizes from G*Power as quoted by spotify/confidence
 * tests/samplesize/test_samplesizecalculator.py (defaults: alpha .05, power .85), Apache-2.0.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  compareAnytime,
  compareOnce,
  customersOfOneArm,
  customersPerArm,
  meanOf,
  proportionAnytime,
  proportionOf,
  sampleRatioPValue,
} from "./compare.ts";
import type { Comparison, Moments } from "./model.ts";

type Numbers = Extract<Comparison, { type: "compared" }>;
const numbers = (answer: Comparison): Numbers => {
  if (answer.type !== "compared") throw new Error(`not comparable: ${answer.reason}`);
  return answer;
};
const rounded = (answer: Comparison): readonly number[] => {
  const { difference, interval, pValue, standardError } = numbers(answer);
  return [difference, interval[0], interval[1], pValue, standardError].map((x) => Number(x.toFixed(5)));
};

const A = meanOf({ sum: 1396.87, sumOfSquares: 52377.9767, n: 3407 });
const B = meanOf({ sum: 2422.7, sumOfSquares: 134698.29, n: 3461 });

describe("reference numbers", () => {
  test("Welch, relative", () => {
    expect(rounded(compareOnce(A, B, "relative", 0.05))).toEqual([
      0.70732, -0.03526, 1.44989, 0.06191, 0.37879,
    ]);
  });

  test("Welch, absolute", () => {
    expect(rounded(compareOnce(A, B, "absolute", 0.05))).toEqual([0.29, 0.04538, 0.53462, 0.02016, 0.12478]);
  });

  test("two proportions, relative", () => {
    const [a, b] = [proportionOf({ converted: 14, n: 28 }), proportionOf({ converted: 16, n: 30 })];
    expect(rounded(compareOnce(a, b, "relative", 0.05))).toEqual([
      0.06667, -0.47767, 0.61101, 0.80707, 0.2717,
    ]);
  });

  test("sequential, proportions, tuned to 5,000", () => {
    const [a, b] = [proportionOf({ converted: 1396, n: 3000 }), proportionOf({ converted: 2422, n: 3461 })];
    expect(rounded(compareAnytime(a, b, "relative", 0.05, 5000))).toEqual([
      0.50386, 0.40098, 0.60675, 0, 0.03386,
    ]);
  });

  test("sequential, means, tuned to 1,000", () => {
    const a = meanOf({ sum: 1396.87, sumOfSquares: 52377.9767, n: 3000 });
    expect(rounded(compareAnytime(a, B, "relative", 0.05, 1000))).toEqual([
      0.50336, -0.55844, 1.56516, 1, 0.33341,
    ]);
  });

  test("sample-ratio mismatch", () => {
    expect(sampleRatioPValue([1000, 1200], [0.5, 0.5]).toFixed(9)).toBe("0.000020079");
    expect(sampleRatioPValue([310, 98], [0.75, 0.25]).toFixed(6)).toBe("0.647434");
    expect(sampleRatioPValue([310, 98], [0.75, 0.25]).toFixed(9)).toBe("0.647434186");
  });

  // The tolerance of confseq's own tests.
  test.each([
    [700, 1000, 100, 0.651629, 0.745949],
    [15, 50, 50, 0.129556, 0.511896],
    [5, 50, 50, 0.013021, 0.269264],
    [1, 50, 50, 0, 0.13489],
    [1, 2, 50, 0, 1],
    [100, 200, 1, 0.328923, 0.671076],
    [0, 1, 50, 0, 1],
    [1, 1, 50, 0, 1],
  ])("confidence sequence: %i of %i, tuned to %i, from %d to %d", (converted, n, tuning, low, high) => {
    const interval = proportionAnytime({ converted, n }, 0.05, tuning);
    expect(Math.abs(interval[0] - low)).toBeLessThan(1e-5);
    expect(Math.abs(interval[1] - high)).toBeLessThan(1e-5);
  });

  // G*Power's total over both arms; it is quoted there with a tolerance of .5 %.
  test.each([
    [0.34, 0.003, 0.05, 0.85, 897_348],
    [0.34, 0.003, 0.14, 0.85, 630_710],
    [0.34, 0.003, 0.14, 0.67, 366_424],
  ])("sample size: from %d by %d at alpha %d with power %d", (base, lift, alpha, powerRatio, total) => {
    expect(Math.abs((2 * customersPerArm(base, lift, { alpha, powerRatio })) / total - 1)).toBeLessThan(
      0.005,
    );
  });
});

describe("looking again and again", () => {
  /** Uniform numbers of a seed (Marsaglia's xorshift, 32 bits), the same in every run. */
  const uniformsOf = (seed: number): (() => number) => {
    let state = (seed + 1) * 2_654_435_769;
    return () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
  };

  test("finds a difference where there is none in at most one of twenty experiments by the anytime interval, in many by the other", () => {
    const experiments = 400;
    const wrong = { once: 0, anytime: 0 };
    for (let seed = 0; seed < experiments; seed += 1) {
      const next = uniformsOf(seed);
      const found = { once: false, anytime: false };
      const converted = [0, 0];
      for (let n = 1; n <= 5000; n += 1) {
        converted.forEach((_, arm) => (converted[arm]! += next() < 0.2 ? 1 : 0));
        if (n % 250 !== 0) continue;
        const [a, b] = converted.map((one) => proportionOf({ n, converted: one }));
        found.once ||= numbers(compareOnce(a!, b!, "absolute", 0.05)).pValue < 0.05;
        found.anytime ||= numbers(compareAnytime(a!, b!, "absolute", 0.05)).pValue < 0.05;
      }
      wrong.once += found.once ? 1 : 0;
      wrong.anytime += found.anytime ? 1 : 0;
    }
    expect(wrong.anytime / experiments).toBeLessThanOrEqual(0.05);
    expect(wrong.once / experiments).toBeGreaterThan(0.15);
  });
});

describe("laws", () => {
  const sample = fc
    .array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 60 })
    .map((values): Moments =>
      meanOf({
        n: values.length,
        sum: values.reduce((sum, x) => sum + x, 0),
        sumOfSquares: values.reduce((sum, x) => sum + x * x, 0),
      }),
    );
  const alphas = fc.double({ min: 0.001, max: 0.5, noNaN: true });
  const ways = fc.constantFrom(compareOnce, compareAnytime);

  test("an interval leaves out zero exactly when the p value is below alpha", () => {
    fc.assert(
      fc.property(
        sample,
        sample,
        alphas,
        ways,
        fc.constantFrom("absolute", "relative"),
        (a, b, alpha, way, scale) => {
          const answer = way(a, b, scale, alpha);
          if (answer.type === "not_comparable" || Math.abs(answer.pValue / alpha - 1) < 1e-9) return;
          const [low, high] = answer.interval;
          expect(low > 0 || high < 0).toBe(answer.pValue < alpha);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("changing the arms' places turns the absolute difference round and keeps the p value", () => {
    fc.assert(
      fc.property(sample, sample, alphas, ways, (a, b, alpha, way) => {
        const [there, back] = [way(a, b, "absolute", alpha), way(b, a, "absolute", alpha)];
        expect(back.type).toBe(there.type);
        if (there.type === "not_comparable" || back.type === "not_comparable") return;
        expect(back.difference).toBeCloseTo(-there.difference, 9);
        expect(back.interval[0]).toBeCloseTo(-there.interval[1], 6);
        expect(back.pValue).toBeCloseTo(there.pValue, 9);
      }),
    );
  });

  test("looking at any time costs width: the anytime interval is never narrower", () => {
    fc.assert(
      fc.property(sample, sample, alphas, fc.integer({ min: 10, max: 100_000 }), (a, b, alpha, tuning) => {
        const [small, large] = [a, b].map((one) => ({ ...one, n: one.n * 1000 }));
        const once = compareOnce(small!, large!, "absolute", alpha);
        const anytime = compareAnytime(small!, large!, "absolute", alpha, tuning);
        if (once.type === "not_comparable" || anytime.type === "not_comparable") return;
        expect(anytime.interval[0]).toBeLessThanOrEqual(once.interval[0]);
        expect(anytime.interval[1]).toBeGreaterThanOrEqual(once.interval[1]);
      }),
    );
  });

  test("a proportion's confidence sequence holds what was seen, narrows with alpha and stays within 0 and 1", () => {
    const counts = fc
      .tuple(fc.nat(100_000), fc.nat(100_000))
      .map(([x, y]) => ({ converted: Math.min(x, y), n: Math.max(x, y) }));
    fc.assert(
      fc.property(counts, alphas, fc.integer({ min: 1, max: 1_000_000 }), (arm, alpha, tuning) => {
        const [low, high] = proportionAnytime(arm, alpha, tuning);
        const [wideLow, wideHigh] = proportionAnytime(arm, alpha / 2, tuning);
        const observed = arm.n > 0 ? arm.converted / arm.n : 0.5;
        expect([wideLow <= low, low <= observed, observed <= high, high <= wideHigh]).toEqual([
          true,
          true,
          true,
          true,
        ]);
        expect(wideLow >= 0 && wideHigh <= 1).toBe(true);
      }),
    );
  });

  test("a split as planned is never called broken, and the order of arms plays no part", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 20 }),
        fc.nat(9),
        (weights, i) => {
          expect(sampleRatioPValue(weights.map((weight) => weight * 50), weights)).toBeCloseTo(1, 9); // prettier-ignore
          const off = weights.map((weight, at) => (at === i ? weight * 80 : weight * 50));
          const back = sampleRatioPValue(off.toReversed(), weights.toReversed());
          expect(back).toBeCloseTo(sampleRatioPValue(off, weights), 12);
        },
      ),
    );
  });

  test("nothing to compare is said with its reason", () => {
    const reason = (a: Moments, b: Moments, scale: "absolute" | "relative"): string => {
      const answers = [compareOnce(a, b, scale, 0.05), compareAnytime(a, b, scale, 0.05)];
      return answers.map((answer) => (answer.type === "not_comparable" ? answer.reason : answer.type)).join();
    };
    // Three times .7, whose sums differ by a rounding error from those of no variance.
    const flat = meanOf({ n: 3, sum: 0.7 + 0.7 + 0.7, sumOfSquares: 0.7 * 0.7 + 0.7 * 0.7 + 0.7 * 0.7 });
    const balanced = meanOf({ n: 4, sum: 0, sumOfSquares: 4 });
    expect(reason(meanOf({ n: 0, sum: 0, sumOfSquares: 0 }), B, "absolute")).toBe("too_few,too_few");
    expect(reason(meanOf({ n: 1, sum: 5, sumOfSquares: 25 }), B, "absolute")).toBe("too_few,too_few");
    expect(reason(flat, B, "absolute")).toBe("no_variance,no_variance");
    expect(reason(A, proportionOf({ n: 40, converted: 40 }), "absolute")).toBe("no_variance,no_variance");
    expect(reason(balanced, B, "relative")).toBe("baseline_is_zero,baseline_is_zero");
    expect(reason(meanOf({ n: 9, sum: 1e200, sumOfSquares: Infinity }), B, "absolute")).toBe(
      "too_large,too_large",
    );
    expect([
      sampleRatioPValue([], []),
      sampleRatioPValue([0, 0], [1, 1]),
      sampleRatioPValue([5, 9], [0, 1]),
    ]).toEqual([1, 1, 1]);
    expect(proportionAnytime({ n: 0, converted: 0 }, 0.05, 100)).toEqual([0, 1]);
  });

  test("a sample size grows with a smaller lift, and one arm against a known share needs fewer", () => {
    const errors = { alpha: 0.05, powerRatio: 0.8 };
    expect(customersPerArm(0.1, 0.01, errors)).toBeGreaterThan(customersPerArm(0.1, 0.02, errors));
    expect(customersOfOneArm(0.1, 0.02, errors)).toBeLessThan(customersPerArm(0.1, 0.02, errors));
    // Fleiss, Levin and Paik's way by hand: (1.959964 sqrt(2 .11 .89) + .841621 sqrt(.09 + .1056))^2 / .02^2 = 3840.8.
    expect(customersPerArm(0.1, 0.02, errors)).toBe(3841);
    for (const [base, lift] of [[0, 0.1], [0.5, 0], [0.9, 0.1], [Number.NaN, 0.1]] as const)
      expect(() => customersPerArm(base, lift, errors)).toThrow(RangeError); // prettier-ignore
  });
});
