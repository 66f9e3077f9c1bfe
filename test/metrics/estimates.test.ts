/** Intervals and waiting times against published examples, and against how often they hold the truth. */
import { describe, expect, test } from "vitest";
import { meanInterval, ratioInterval, totalInterval, wilson } from "../../src/metrics/intervals.ts";
import { type Ends, survivalOf } from "../../src/metrics/survival.ts";
import { randomOf } from "../random.ts";

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
/** In how many of 400 made worlds the interval holds the truth. */
function held(truth: number, intervalOf: (chance: () => number) => { readonly low: number; readonly high: number }): number {
  const worlds = Array.from({ length: 400 }, (_, seed) => intervalOf(randomOf(seed * 7_919 + 1)));
  return worlds.filter(({ low, high }) => low <= truth && truth <= high).length / worlds.length;
} // prettier-ignore

describe("an interval", () => {
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of a share is Wilson's, as Newcombe (1998) tabulates %i of %i", (yes, n, low, high) => {
    const found = wilson(yes, n);
    expect([found.low.toFixed(4), found.high.toFixed(4)]).toEqual([low.toFixed(4), high.toFixed(4)]);
  });

  test("of a mean is Student's: of 1 to 5 it is 3 give or take 1.963", () => {
    expect(meanInterval(1, 3, 9)).toBeNull();
    const { low, high } = meanInterval(5, 15, 55)!;
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(["1.037", "4.963"]);
  });

  test("of a total of a random number of customers holds the truth about 95 times in 100, and is below 0 only where a part is", () => {
    const ratio = held(50 * 20, (chance) => {
      // Binomial of many, with a spend that is drawn: 50 customers expected, 20 each.
      const spent = Array.from({ length: 1_000 }, () => chance()).filter((x) => x < 0.05).map(() => -20 * Math.log(1 - chance()));
      return totalInterval(sum(spent), sum(spent.map((x) => x * x)), Math.min(...spent));
    }); // prettier-ignore
    expect(ratio).toBeGreaterThan(0.91);
    expect(ratio).toBeLessThan(0.98);
    expect(totalInterval(10, 1_000, 1).low).toBe(0);
    expect(totalInterval(10, 1_000, -5).low).toBeLessThan(0);
  });

  test("of messages in a week takes customers for the sample, whose weeks resemble each other", () => {
    const ratio = held(3, (chance) => {
      const customers = Array.from({ length: 60 }, () => {
        const rate = chance() < 0.5 ? 1 : 5;
        const weeks = 1 + Math.floor(chance() * 8);
        return { x: weeks, y: sum(Array.from({ length: weeks }, () => rate + (chance() < 0.5 ? -1 : 1))) };
      });
      const of = (f: (one: { x: number; y: number }) => number) => sum(customers.map(f));
      return ratioInterval({ n: 60, x: of(({ x }) => x), y: of(({ y }) => y), xx: of(({ x }) => x * x), yy: of(({ y }) => y * y), xy: of(({ x, y }) => x * y) })!;
    }); // prettier-ignore
    expect(ratio).toBeGreaterThan(0.91);
    expect(ratio).toBeLessThan(0.985);
  });
});

describe("waiting times (remissions of leukaemia, Freireich and others 1963)", () => {
  const endsOf = (ended: readonly number[], waiting: readonly number[]): readonly Ends[] => [
    ...ended.map((ms) => ({ ms, ended: 1, waiting: 0 })),
    ...waiting.map((ms) => ({ ms, ended: 0, waiting: 1 })),
  ];
  test("of those treated, the median is 23 weeks, from 13 on, with an end that is not known yet", () => {
    const found = survivalOf(endsOf([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])); // prettier-ignore
    expect(found).toMatchObject({ n: 21, ended: 9, medianMs: 23, p90Ms: null, interval: null });
    // Without those who still wait it would be 10.
    expect(survivalOf(endsOf([6, 6, 6, 7, 10, 13, 16, 22, 23], [])).medianMs).toBe(10);
  });
  test("of the others it is 8 weeks, from 4 to 11, and nine of ten have ended after 17", () => {
    const found = survivalOf(endsOf([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], [])); // prettier-ignore
    expect(found).toMatchObject({ n: 21, medianMs: 8, interval: { low: 4, high: 11 } });
    expect(found.p90Ms).toBe(17);
  });
});
