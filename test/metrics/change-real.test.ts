/**
 * Change detection on real days: a year of a grocer's baskets (the sample workspace's files). Its weeks are drawn anew in any
 * order, so that nothing changes but what chance and the days of the week do in a real shop; looked at every day for a year.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { CHANGE_LIMITS, type Point, type SeriesKind, changesOf } from "../../src/metrics/change.ts";
import { rowsOf } from "../segments/sample-events.ts";
import { randomOf } from "../random.ts";

const DAY_MS = 86_400_000;
const [WINDOW, YEAR] = [180, 365];
const SEEDS = 12;
type Series = { readonly kind: SeriesKind; readonly weeks: readonly (readonly Point[])[] };
const SERIES = ["baskets", "revenue", "share of large baskets"] as const;
let real: { readonly [name in (typeof SERIES)[number]]: Series };

beforeAll(async () => {
  const baskets = new Map<string, { day: number; worth: number }>();
  for (const row of await rowsOf("baskets")) {
    const id = row["basket_id"]!;
    const worth = (baskets.get(id)?.worth ?? 0) + Number(row["sales_value"] ?? 0);
    baskets.set(id, { day: Math.floor((Number(row["transaction_timestamp"]) * 1000 - 5 * 3_600_000) / DAY_MS), worth }); // prettier-ignore
  }
  const days = new Map<number, { n: number; worth: number; large: number }>();
  for (const { day, worth } of baskets.values()) {
    const { n, worth: sum, large } = days.get(day) ?? { n: 0, worth: 0, large: 0 };
    days.set(day, { n: n + 1, worth: sum + worth, large: large + (worth > 10 ? 1 : 0) });
  }
  // Whole weeks from a Monday on; the last days of the year are not whole.
  const first = [...days.keys()].toSorted((a, b) => a - b).find((day) => (day + 3) % 7 === 0)!;
  const weeksOf = (of: (day: { n: number; worth: number; large: number }) => Point) =>
    Array.from({ length: 51 }, (_, week) => Array.from({ length: 7 }, (_day, i) => of(days.get(first + week * 7 + i) ?? { n: 0, worth: 0, large: 0 }))); // prettier-ignore
  real = {
    baskets: { kind: "count", weeks: weeksOf(({ n }) => ({ value: n, n })) },
    revenue: { kind: "total", weeks: weeksOf(({ worth, n }) => ({ value: worth, n })) },
    "share of large baskets": { kind: "share", weeks: weeksOf(({ large, n }) => ({ value: n === 0 ? null : large / n, n })) },
  }; // prettier-ignore
}, 60_000);

const drawn = ({ weeks }: Series, days: number, seed: number): readonly Point[] => {
  const chance = randomOf(seed);
  return Array.from(
    { length: Math.ceil(days / 7) },
    () => weeks[Math.floor(chance() * weeks.length)]!,
  ).flat();
};

describe.each(SERIES)("the %s of a real shop", (name) => {
  test("raise at most one false alarm a year, looked at every day", { timeout: 120_000 }, () => {
    let alarms = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const series = drawn(real[name], WINDOW + YEAR, 7_919 * seed);
      const known: number[] = [];
      for (let end = WINDOW; end <= WINDOW + YEAR; end++)
        for (const { at } of changesOf(series.slice(end - WINDOW, end), real[name].kind, 7))
          if (!known.some((day) => Math.abs(day - (end - WINDOW + at)) <= 14)) known.push(end - WINDOW + at);
      alarms += known.length;
    }
    expect(alarms / SEEDS).toBeLessThanOrEqual(CHANGE_LIMITS.falseAlarmsPerYear);
  });

  test("show a loss of two fifths that lasts forty days, with its day", () => {
    const found = Array.from({ length: 10 }, (_, seed) => {
      const series = drawn(real[name], WINDOW, 104_729 * (seed + 1));
      const fallen = series.map((point, day) => ({ ...point, value: point.value === null || day < 140 ? point.value : point.value * 0.6 })); // prettier-ignore
      return changesOf(fallen, real[name].kind, 7).some(({ at, before, after }) => Math.abs(at - 140) <= 7 && after < before); // prettier-ignore
    });
    expect(found.filter((one) => one).length).toBeGreaterThanOrEqual(8);
  });
});
