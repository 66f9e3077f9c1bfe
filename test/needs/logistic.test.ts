/** Logistic regression against published coefficients, and against the conditions that only the optimum fulfils. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Rows, chanceOf, fitLogistic } from "../../src/needs/logistic.ts";

/**
 * Twenty students: hours of study, and whether they passed. The data and the coefficients -4.0777 and 1.5046 with log-likelihood
 * -8.02988 are those of the worked example in Wikipedia's "Logistic regression" (as of 2024; data are facts).
 */
const HOURS = [
  0.5, 0.75, 1, 1.25, 1.5, 1.75, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 4, 4.25, 4.5, 4.75, 5, 5.5,
];
const PASSED = [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1];

test("the published coefficients of the students who passed come out, with next to no penalty", () => {
  const fit = fitLogistic({ x: Float64Array.from(HOURS), width: 1, y: Float64Array.from(PASSED) }, 1e-9);
  if (fit.type !== "fitted") throw new Error(fit.type);
  expect(fit.intercept).toBeCloseTo(-4.0777, 3);
  expect(fit.weights[0]).toBeCloseTo(1.5046, 3);
  const logLikelihood = HOURS.reduce((sum, hours, i) => {
    const p = chanceOf(fit.intercept + fit.weights[0]! * hours);
    return sum + Math.log(PASSED[i] === 1 ? p : 1 - p);
  }, 0);
  expect(logLikelihood).toBeCloseTo(-8.02988, 4);
});

const rows = fc
  .record({ n: fc.integer({ min: 8, max: 60 }), width: fc.integer({ min: 1, max: 6 }), seed: fc.integer() })
  .chain(({ n, width }) =>
    fc.record({
      width: fc.constant(width),
      x: fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: n * width, maxLength: n * width }),
      y: fc.array(fc.boolean(), { minLength: n, maxLength: n }).filter((all) => all.includes(true) && all.includes(false)),
    }),
  )
  .map(({ width, x, y }): Rows => ({ width, x: Float64Array.from(x), y: Float64Array.from(y, Number) })); // prettier-ignore

test("whatever the rows, it ends where the slope of the penalised likelihood is nothing", () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(0.1, 1, 10, 100), (some, penalty) => {
      const fit = fitLogistic(some, penalty);
      if (fit.type !== "fitted") throw new Error(fit.type);
      const off = Array.from(some.y, (came, row) => {
        const z = fit.weights.reduce((sum, weight, j) => sum + weight * some.x[row * some.width + j]!, fit.intercept);
        return chanceOf(z) - came;
      });
      expect(Math.abs(off.reduce((sum, one) => sum + one, 0))).toBeLessThan(1e-4);
      for (const [j, weight] of fit.weights.entries()) {
        const slope = off.reduce((sum, one, row) => sum + one * some.x[row * some.width + j]!, penalty * weight);
        expect(Math.abs(slope)).toBeLessThan(1e-4);
      }
    }),
  );
}); // prettier-ignore

test("a stronger penalty never makes the weights longer, and where it begins does not matter", () => {
  fc.assert(
    fc.property(rows, (some) => {
      const [weak, strong] = [fitLogistic(some, 1), fitLogistic(some, 50)];
      if (weak.type !== "fitted" || strong.type !== "fitted") throw new Error("not settled");
      const length = (weights: readonly number[]) => Math.hypot(...weights);
      expect(length(strong.weights)).toBeLessThanOrEqual(length(weak.weights) + 1e-6);
      const again = fitLogistic(some, 1, strong);
      if (again.type !== "fitted") throw new Error("not settled");
      for (const [j, weight] of weak.weights.entries()) expect(again.weights[j]).toBeCloseTo(weight, 4);
    }),
  );
});
