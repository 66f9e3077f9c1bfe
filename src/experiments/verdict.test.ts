/** Verdicts as a marketer reads them, and that no numbers whatever make one that is not a number. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ArmResult, VerdictAsked } from "./model.ts";
import { verdictOf } from "./verdict.ts";

const ofCounts = (n: number, conversions: number): ArmResult => ({
  n,
  conversions,
  sum: conversions,
  sumOfSquares: conversions,
});
const conversions: VerdictAsked = { measure: "conversions", names: ["the control", "the reminder"] };
const value: VerdictAsked = { measure: "value", looks: "once", names: ["the control", "the reminder"] };
const A = { n: 3407, conversions: 900, sum: 1396.87, sumOfSquares: 52377.9767 };
const B = { n: 3461, conversions: 950, sum: 2422.7, sumOfSquares: 134698.29 };

describe("verdict", () => {
  test("says better with the shares and the interval", () => {
    const { verdict, words, absolute, relative, baseline, other, pValue } = verdictOf(
      ofCounts(5000, 500),
      ofCounts(5000, 700),
      conversions,
    );
    expect([verdict, baseline, other]).toEqual(["better", 0.1, 0.14]);
    expect(absolute!.difference).toBeCloseTo(0.04, 12);
    expect(relative!.difference).toBeCloseTo(0.4, 12);
    expect(pValue).toBeLessThan(0.001);
    expect(words).toBe(
      "The reminder is better than the control: 14.0 % converted against 10.0 % converted; the true difference lies between 2.0 and 6.0 points.",
    );
  });

  test("says worse when the arms change places", () => {
    const { verdict, words } = verdictOf(ofCounts(5000, 700), ofCounts(5000, 500), conversions);
    expect(verdict).toBe("worse");
    expect(words).toContain(
      "The reminder is worse than the control: 10.0 % converted against 14.0 % converted",
    );
  });

  test("says undecided while zero is still possible", () => {
    const { verdict, words, absolute } = verdictOf(ofCounts(1000, 100), ofCounts(1000, 105), conversions);
    expect(verdict).toBe("undecided");
    expect(absolute!.interval[0]).toBeLessThan(0);
    expect(words).toMatch(
      /^Undecided: the reminder has 10\.5 % converted against 10\.0 % converted; the true difference lies between -\d/,
    );
  });

  test("compares what customers brought like Welch, and says it as an amount", () => {
    const { verdict, absolute, relative, pValue, words } = verdictOf(A, B, value);
    expect(verdict).toBe("better");
    expect(absolute!.interval.map((x) => Number(x.toFixed(5)))).toEqual([0.04538, 0.53462]);
    expect(relative!.interval.map((x) => Number(x.toFixed(5)))).toEqual([-0.03526, 1.44989]);
    expect(pValue).toBeCloseTo(0.02016, 5);
    expect(words).toBe(
      "The reminder is better than the control: 0.70 a customer against 0.41 a customer; the true difference lies between 0.05 and 0.53.",
    );
    expect(verdictOf(A, B, { measure: "value" }).verdict).toBe("undecided");
  });

  test("says too few below a hundred customers or 25 conversions", () => {
    expect(verdictOf(ofCounts(99, 40), ofCounts(99, 60), conversions).verdict).toBe("too_few");
    expect(verdictOf(ofCounts(1000, 4), ofCounts(1000, 20), conversions).verdict).toBe("too_few");
    expect(verdictOf(ofCounts(1000, 4), ofCounts(1000, 21), conversions).verdict).not.toBe("too_few");
    expect(verdictOf(ofCounts(60, 4), ofCounts(70, 5), conversions).words).toBe(
      "Too early to tell: 60 of at least 100 customers in the smaller arm, 9 of at least 25 conversions in both.",
    );
  });

  test("trusts nothing when the split is not the planned one", () => {
    const got = verdictOf(ofCounts(1000, 100), ofCounts(1200, 300), conversions);
    expect(got.verdict).toBe("sample_ratio_mismatch");
    expect(got.sampleRatioPValue).toBeCloseTo(0.000020079, 9);
    expect(got.words).toBe(
      "1000 customers in the control and 1200 in the reminder are not the planned split: find out why before reading anything else.",
    );
    expect(verdictOf(ofCounts(0, 0), ofCounts(100, 10), conversions).verdict).toBe("sample_ratio_mismatch");
    expect(
      verdictOf(ofCounts(310, 30), ofCounts(98, 10), { ...conversions, weights: [0.75, 0.25] }).verdict,
    ).toBe("too_few");
    expect(
      verdictOf(ofCounts(310, 100), ofCounts(108, 35), { ...conversions, weights: [3, 1] }).verdict,
    ).toBe("undecided");
  });

  test("can tell an arm in which nobody converted from one in which many did", () => {
    const { verdict, absolute, relative } = verdictOf(ofCounts(1000, 0), ofCounts(1000, 50), conversions);
    expect(verdict).toBe("better");
    expect(absolute!.difference).toBe(0.05);
    expect(relative).toBeNull();
    expect(verdictOf(ofCounts(1000, 1000), ofCounts(1000, 1000), conversions).verdict).toBe("undecided");
    expect(
      verdictOf(ofCounts(200, 0), ofCounts(200, 200), conversions).absolute!.interval[1],
    ).toBeLessThanOrEqual(1);
  });

  test("calls no split broken of which an arm was to have fewer than five customers", () => {
    const tiny: VerdictAsked = { ...conversions, weights: [0.99, 0.01] };
    const got = verdictOf(ofCounts(100, 10), ofCounts(8, 1), tiny);
    expect([got.verdict, got.sampleRatioPValue < 0.001]).toEqual(["too_few", true]);
  });

  test("cuts what cannot be: half a customer, more conversions than customers, an alpha that is no number", () => {
    const sane = verdictOf(ofCounts(1000, 1000), ofCounts(1000, 400), conversions);
    const asked = { ...conversions, alpha: Number.NaN, tuningCustomers: Number.NaN };
    expect(verdictOf(ofCounts(1000.9, 5000), ofCounts(1000.2, 400.7), asked)).toEqual(sane);
  });

  test("widens an interval until it holds the difference that was seen", () => {
    const { absolute } = verdictOf(ofCounts(1_000_000, 0), ofCounts(100, 0), { measure: "conversions", looks: "once", alpha: 0.5 }); // prettier-ignore
    expect(absolute!.difference).toBe(0);
    expect(absolute!.interval[0]).toBe(0);
  });

  test("says when every customer brought the same and nothing can be compared", () => {
    const flat = { n: 500, conversions: 500, sum: 5000, sumOfSquares: 50_000 };
    const { verdict, words, absolute, pValue } = verdictOf(flat, flat, { measure: "value" });
    expect([verdict, absolute, pValue]).toEqual(["undecided", null, null]);
    expect(words).toBe(
      "The other arm and the baseline cannot be compared: in one of them every customer brought the same.",
    );
  });
});

describe("laws", () => {
  const anyNumber = fc.oneof(
    fc.double(),
    fc.integer({ min: -5, max: 5 }),
    fc.nat(1_000_000_000),
    fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e308, -1e308, 5e-324, 0.1 + 0.2),
  );
  const anyArm = fc.record({ n: anyNumber, conversions: anyNumber, sum: anyNumber, sumOfSquares: anyNumber });
  const anyAsked = fc.record(
    {
      measure: fc.constantFrom("conversions" as const, "value" as const),
      looks: fc.constantFrom("anytime" as const, "once" as const),
      weights: fc.tuple(anyNumber, anyNumber),
      alpha: anyNumber,
      tuningCustomers: anyNumber,
    },
    { requiredKeys: ["measure"] },
  );
  const numbersIn = (x: unknown): readonly number[] => {
    if (typeof x === "number") return [x];
    return x !== null && typeof x === "object" ? Object.values(x).flatMap(numbersIn) : [];
  };

  test("whatever comes in, every number that leaves is finite and no word is NaN", () => {
    fc.assert(
      fc.property(anyArm, anyArm, anyAsked, (a, b, asked) => {
        const got = verdictOf(a, b, asked);
        expect(numbersIn(got).every((x) => Number.isFinite(x))).toBe(true);
        expect(got.words).not.toMatch(/NaN|Infinity|undefined|null/);
        expect(got.words).toMatch(/\.$/);
        for (const p of [got.sampleRatioPValue, got.pValue ?? 0]) expect(p >= 0 && p <= 1).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  const realArm = fc
    .tuple(fc.integer({ min: 0, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([n, ratio]) => ofCounts(n, Math.round(n * ratio)));

  test("an interval holds its difference, and a verdict of better or worse excludes zero", () => {
    fc.assert(
      fc.property(realArm, realArm, fc.constantFrom("once" as const, "anytime" as const), (a, b, looks) => {
        const got = verdictOf(a, b, {
          measure: "conversions",
          looks,
          weights: [Math.max(1, a.n), Math.max(1, b.n)],
        });
        for (const lift of [got.absolute, got.relative])
          if (lift)
            expect(lift.interval[0] <= lift.difference && lift.difference <= lift.interval[1]).toBe(true);
        if (got.verdict === "better") expect(got.absolute!.interval[0]).toBeGreaterThan(0);
        if (got.verdict === "worse") expect(got.absolute!.interval[1]).toBeLessThan(0);
        expect(got.verdict).not.toBe("sample_ratio_mismatch");
      }),
      { numRuns: 1000 },
    );
  });

  test("changing the arms' places turns better into worse and nothing else", () => {
    const turned = { better: "worse", worse: "better", undecided: "undecided", too_few: "too_few", sample_ratio_mismatch: "sample_ratio_mismatch" }; // prettier-ignore
    fc.assert(
      fc.property(realArm, realArm, (a, b) => {
        const asked = { measure: "conversions" } as const;
        expect(verdictOf(b, a, asked).verdict).toBe(turned[verdictOf(a, b, asked).verdict]);
      }),
    );
  });
});
