/** The distributions against values computed with mpmath 1.3 at 40 digits, from the definitions (series or quadrature). */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  betaCdf,
  betaDensity,
  betaQuantile,
  chiSquareSurvival,
  logBeta,
  normalCdf,
  normalQuantile,
  studentCdf,
  studentCritical,
  studentTwoSided,
} from "./distributions.ts";

/** Equal to a relative error that leaves 11 digits. */
const near = (got: number, expected: number): void =>
  expect(Math.abs(got - expected), `${got} is not ${expected}`).toBeLessThanOrEqual(
    1e-11 * Math.abs(expected),
  );

const shape = fc.oneof(fc.double({ min: 0.5, max: 50, noNaN: true }), fc.integer({ min: 1, max: 1_000_000 }));
const inside = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });

describe("published values", () => {
  test.each([
    [0.5, 1, 1, 0.5],
    [0.1, 2, 50, 0.969077348756079],
    [0.02, 1, 101, 0.870032835223142],
    [0.3, 31, 71, 0.476911558657238],
    [0.7, 701, 301, 0.507337218667739],
    [0.701, 70001, 30001, 0.755641561585539],
    [0.001, 12, 9990, 0.303280726631116],
    [0.5005, 500001, 500001, 0.841344988039177],
    [1e-9, 0.5, 3, 5.92927060886286e-5],
    [0.999, 900, 0.5, 0.179664088576819],
    [0.0301, 30001, 970001, 0.719686262917577],
    [0.66, 5, 9.5, 0.993013847758384],
    [0.06, 0.5, 40, 0.973442514123704],
  ])("beta: P(X <= %d) with a %d and b %d is %d", (x, a, b, expected) => near(betaCdf(x, a, b), expected));

  test.each([
    [0.001, 1, 0.97477287936996],
    [18.18181818, 1, 2.00786561434337e-5],
    [3.84, 1, 0.0500435212487051],
    [10, 3, 0.0185661354630432],
    [500, 400, 0.000482212759593434],
    [1000, 19, 5.30667325165181e-200],
    [2, 2, 0.367879441171442],
    [100, 5, 5.28514836094324e-20],
  ])("chi-square: P(X > %d) with %d degrees is %d", (x, degrees, expected) =>
    near(chiSquareSurvival(x, degrees), expected),
  );

  test.each([
    [-10, 7.61985302416053e-24],
    [-5, 2.86651571879194e-7],
    [-1.96, 0.0249978951482204],
    [-0.1, 0.460172162722971],
    [0, 0.5],
    [0.5, 0.691462461274013],
    [1.96, 0.97500210485178],
    [6, 0.999999999013412],
  ])("normal: P(Z <= %d) is %d", (z, expected) => {
    near(normalCdf(z), expected);
    if (z < 6) expect(normalQuantile(expected)).toBeCloseTo(z, 11);
  });

  test.each([
    [1, 1, 0.5],
    [2, 3, 0.139325968558843],
    [12.7062, 1, 0.0500000185607104],
    [1.96, 1_000_000, 0.0499960675852698],
    [0.01, 7.5, 0.99228213107037],
    [8, 50, 1.66329660283214e-10],
    [2.5, 6865.25, 0.012442477177359],
    [30, 12, 1.17731819070189e-12],
  ])("student: P(|T| > %d) with %d degrees is %d", (t, degrees, expected) =>
    near(studentTwoSided(t, degrees), expected),
  );

  test("student: a hundred million degrees keep eight digits", () => {
    expect(Math.abs(studentTwoSided(1.96, 100_000_000) / 0.0499957930693281 - 1)).toBeLessThan(1e-8);
  });

  test.each([
    [0.05, 1, 12.7062047361747],
    [0.05, 10, 2.22813885198627],
    [0.05, 6865.25, 1.9603095921163],
    [0.001, 2.5, 18.2778935281306],
    [0.05, 10_000_000, 1.95996422176721],
    [0.2, 30, 1.3104150253914],
    [0.000001, 100, 5.21372757423008],
  ])("student: the two tails of %d with %d degrees begin at %d", (alpha, degrees, expected) =>
    // 1 - alpha is what is asked of the beta distribution: a tail of 1e-6 keeps ten digits.
    expect(Math.abs(studentCritical(alpha, degrees) / expected - 1)).toBeLessThan(1e-10),
  );

  test.each([
    [0.5, 0.5, 1.1447298858494],
    [3, 4, -4.0943445622221],
    [0.5, 1e6, -6.33539021105744],
    [12, 13, -17.2952070565765],
    [9.5, 1e6, -119.558057254742],
    [500_000, 500_001, -693153.169376441],
    [2, 1e9, -41.4465316748928],
    [1e8, 3e8, -224934065.995084],
  ])("ln B(%d, %d) is %d", (a, b, expected) => {
    near(logBeta(a, b), expected);
    near(logBeta(b, a), expected);
  });
});

describe("laws", () => {
  test("a quantile is where the distribution has gathered that much", () => {
    fc.assert(
      fc.property(inside, shape, shape, (p, a, b) => {
        const x = betaQuantile(p, a, b);
        // As near as one step of a double beside x lets the distribution come.
        const grain = Math.max(1e-11, 4 * Number.EPSILON * Math.max(x, 1e-16) * betaDensity(x, a, b));
        expect(Math.abs(betaCdf(x, a, b) - p)).toBeLessThan(grain);
      }),
    );
  });

  test("a beta distribution rises from 0 to 1 and is mirrored by changing its two shapes", () => {
    fc.assert(
      fc.property(inside, inside, shape, shape, (x, y, a, b) => {
        const [low, high] = x < y ? [x, y] : [y, x];
        expect(betaCdf(low, a, b)).toBeLessThanOrEqual(betaCdf(high, a, b) + 1e-12);
        expect(Math.abs(betaCdf(x, a, b) + betaCdf(1 - x, b, a) - 1)).toBeLessThan(1e-9);
      }),
    );
    expect([betaCdf(0, 2, 3), betaCdf(1, 2, 3), betaQuantile(0, 2, 3), betaQuantile(1, 2, 3)]).toEqual([
      0, 1, 0, 1,
    ]);
  });

  test("student's t is symmetric and turns into the normal distribution", () => {
    fc.assert(
      fc.property(fc.double({ min: -8, max: 8, noNaN: true }), (t) => {
        expect(studentCdf(t, 5) + studentCdf(-t, 5)).toBeCloseTo(1, 12);
        expect(studentCdf(t, 1e9)).toBeCloseTo(normalCdf(t), 8);
      }),
    );
  });

  test("ends answer with ends", () => {
    expect([normalQuantile(0), normalQuantile(1), normalQuantile(0.5)]).toEqual([-Infinity, Infinity, 0]);
    expect([studentTwoSided(0, 3), studentTwoSided(Infinity, 3), studentTwoSided(1e200, 3)]).toEqual([
      1, 0, 0,
    ]);
    expect([studentCritical(0, 3), studentCritical(1, 3)]).toEqual([Infinity, 0]);
    expect([chiSquareSurvival(0, 4), chiSquareSurvival(1e300, 4)]).toEqual([1, 0]);
    expect([betaDensity(0, 2, 2), betaDensity(1, 2, 2)]).toEqual([0, 0]);
  });
});
