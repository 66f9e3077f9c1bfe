/** Figures in words: days of the workspace's clock, and how sure a short number is. */
import { expect, test } from "vitest";
import { sureOf } from "../overview/band.tsx";
import { wordsOfChange } from "./figures.tsx";

test("a change is told with the workspace's day, wherever the reader is", () => {
  const change = { since: "2026-11-19T23:00:00.000Z", direction: "up" as const, before: 2, after: 4, sizeRatio: 1, afterInterval: null, n: 9, pValue: 0.001 }; // prettier-ignore
  expect(wordsOfChange(change, "count", "Europe/Berlin")).toMatch(/since 20 Nov 2026$/);
  expect(wordsOfChange(change, "count", "America/New_York")).toMatch(/since 19 Nov 2026$/);
});

test("a short number of the band says its interval, its sample and its method when pointed at", () => {
  const figure = { type: "estimate" as const, value: 5, interval: { low: 4, high: 6, level: 0.95 }, n: 1200 };
  expect(sureOf(figure, { method: "A median." } as never, String)).toBe("95 %: 4 to 6, from 1,200. A median."); // prettier-ignore
  expect(sureOf({ ...figure, interval: null }, undefined, String)).toBe("no interval is known, from 1,200.");
});
