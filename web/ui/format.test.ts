import { describe, expect, test } from "vitest";
import { ago, bytes, count, counted, day, lasting, money, plain } from "./format.ts";

const NOW = Date.UTC(2026, 2, 3, 12, 0, 0);
const MINUTE = 60_000;

describe("words for numbers and time", () => {
  test.each([
    [5000, "just now"],
    [-60_000, "just now"],
    [42_000, "42 s ago"],
    [59 * MINUTE, "59 min ago"],
    [60 * MINUTE, "1 h ago"],
    [24 * 60 * MINUTE, "1 day ago"],
    [59 * 24 * 60 * MINUTE, "59 days ago"],
    [60 * 24 * 60 * MINUTE, "2 months ago"],
    [800 * 24 * 60 * MINUTE, "2 years ago"],
  ])("a moment %i ms back is told as %s", (ms, words) => {
    expect(ago(NOW - ms, NOW)).toBe(words);
  });

  test.each([
    [400, "0.4 s"],
    [12_000, "12 s"],
    [200_000, "3 min 20 s"],
    [180_000, "3 min"],
    [7_500_000, "2 h 5 min"],
  ])("a length of %i ms is told as %s", (ms, words) => {
    expect(lasting(ms)).toBe(words);
  });

  test("money knows how many digits a currency has, and a code nobody knows stays as it is", () => {
    expect(money(12_900, "EUR")).toBe("€129.00");
    expect(money(12_900, "JPY")).toBe("¥12,900");
    expect(money(12_900, "points!")).toBe("129 points!");
  });

  test("a day stands in the reader's zone, not in UTC", () => {
    expect(day(Date.UTC(2026, 2, 3, 23, 30), "Europe/Berlin")).toContain("4 March 2026");
    expect(day(Date.UTC(2026, 2, 3, 23, 30), "UTC")).toContain("3 March 2026");
  });

  test("counts, sizes and values are written as a person would", () => {
    expect(count(1_204_511)).toBe("1,204,511");
    expect([counted(1, "event"), counted(0, "event")]).toEqual(["1 event", "0 events"]);
    expect([bytes(812), bytes(48_221_000), bytes(999_950)]).toEqual(["812 B", "48.2 MB", "1.0 MB"]);
    expect([plain(null), plain(true), plain({ a: 1 })]).toEqual(["none", "true", '{"a":1}']);
  });
});
