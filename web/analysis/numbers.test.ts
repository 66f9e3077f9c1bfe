import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { amount, changeWords, intervalWords, percent, span, valueWords } from "./numbers.ts";
import { ticksOf } from "./ticks.ts";
import { stretchesOf } from "./trend.tsx";

const HOUR_MS = 3_600_000;

describe("estimates in words", () => {
  test.each([
    [0, "0 %"],
    [1, "100 %"],
    [0.25, "25.0 %"],
    [0.0423, "4.2 %"],
    [0.0042, "0.42 %"],
    [-0.034, "-3.4 %"],
  ])("a share of %d is told as %s", (ratio, words) => {
    expect(percent(ratio)).toBe(words);
  });

  test.each([
    [40_000, "40 s"],
    [12 * 60_000, "12 min"],
    [5.2 * HOUR_MS, "5.2 h"],
    [47 * HOUR_MS, "47 h"],
    [72 * HOUR_MS, "3 days"],
    [60 * HOUR_MS, "2.5 days"],
  ])("%d ms last %s", (ms, words) => {
    expect(span(ms)).toBe(words);
  });

  test("each unit is told in its own way, with its interval", () => {
    expect(valueWords(0.5, "ratio")).toBe("50.0 %");
    expect(valueWords(HOUR_MS, "ms")).toBe("1 h");
    expect(valueWords(1234.5, "money")).toBe("1,235");
    expect(valueWords(12.345, "score")).toBe("12.3");
    expect([amount(12), amount(12.5)]).toEqual(["12", "12.50"]);
    expect(intervalWords({ low: 0.031, high: 0.05, level: 0.95 }, percent)).toBe("95 %: 3.1 % to 5.0 %");
    expect([changeWords(0.12), changeWords(-0.034), changeWords(0)]).toEqual(["+12.0 %", "−3.4 %", "0 %"]);
  });
});

describe("the axis of a chart", () => {
  test("covers all values by at most six steps of one size", () => {
    const number = fc.double({ min: -1e7, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(number, fc.double({ min: 1e-6, max: 1e7, noNaN: true }), (least, size) => {
        const most = least + size;
        fc.pre(most > least && size > Math.abs(least) * 1e-6);
        const ticks = ticksOf(least, most);
        const step = ticks[1]! - ticks[0]!;
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(ticks[0]!).toBeLessThanOrEqual(least + step * 1e-6);
        expect(ticks.at(-1)!).toBeGreaterThanOrEqual(most - step * 1e-6);
      }),
    );
  });

  test("has steps people say", () => {
    expect(ticksOf(0, 0.37)).toEqual([0, 0.1, 0.2, 0.3, 0.4]);
    expect(ticksOf(0, 1)).toEqual([0, 0.5, 1]);
    expect(ticksOf(-20, 70)).toEqual([-50, 0, 50, 100]);
    expect(ticksOf(3, 3)).toEqual([3, 4]);
  });
});

test("a line is broken where nothing is known", () => {
  const place = ({ at, value }: { at: number; value: number }) => [at, value] as const;
  const points = [1, 2, null, 4, 5].map((value, at) => ({ at, value, complete: true }));
  expect(stretchesOf(points, place)).toEqual(["M0.0 1.0L1.0 2.0", "M3.0 4.0L4.0 5.0"]);
});
