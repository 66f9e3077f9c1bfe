/**
 * Change detection on made series, by seeds: how often it cries where nothing changed, looked at every day for a year as
 * the daily look does, and how often it finds what was planted.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHANGE_LIMITS, type Point, type SeriesKind, changesOf, isAlarm } from "../../src/metrics/change.ts";
import { randomOf } from "../random.ts";

const normal = (chance: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
function poisson(mean: number, chance: () => number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  let [k, p] = [0, Math.exp(-mean)];
  const u = chance();
  for (let sum = p; u > sum && k < 1_000; sum += p) p *= mean / ++k;
  return k;
}
const WEEK = [1.2, 1.1, 1, 1, 1.05, 0.7, 0.6];
type Level = (day: number) => number;
type World = {
  readonly kind: SeriesKind;
  readonly make: (days: number, chance: () => number, level: Level) => readonly Point[];
};
const days = (n: number, of: (day: number) => Point): readonly Point[] =>
  Array.from({ length: n }, (_, day) => of(day));
const counts = (mean: number, noise: number): World => ({
  kind: "count",
  make: (n, chance, level) =>
    days(n, (day) => ({
      value: poisson(mean * WEEK[day % 7]! * level(day) * Math.exp(noise * normal(chance)), chance),
      n: 1,
    })),
});
const share = (of: number, ratio: number, noise: number): World => ({
  kind: "share",
  make: (n, chance, level) =>
    days(n, (day) => {
      const odds =
        (ratio / (1 - ratio)) * level(day) * Math.exp(noise * normal(chance) + 0.2 * (WEEK[day % 7]! - 1));
      const p = odds / (1 + odds);
      const yes = Math.min(
        of,
        Math.max(0, Math.round(of * p + Math.sqrt(of * p * (1 - p)) * normal(chance))),
      );
      return { value: yes / of, n: of };
    }),
});
const WORLDS: { readonly [name: string]: World } = {
  "200 a day": counts(200, 0),
  "5 a day": counts(5, 0),
  "200 a day, overdispersed": counts(200, 0.25),
  "revenue, with single large orders": { kind: "total", make: (n, chance, level) => days(n, (day) => ({ value: Array.from({ length: poisson(40 * WEEK[day % 7]! * level(day), chance) }, () => Math.exp(3 + normal(chance))).reduce((a, b) => a + b, 0), n: 1 })) },
  "revenue of an order every third day": { kind: "total", make: (n, chance, level) => days(n, (day) => ({ value: Array.from({ length: poisson(0.3 * WEEK[day % 7]! * level(day), chance) }, () => Math.exp(3 + normal(chance))).reduce((a, b) => a + b, 0), n: 1 })) },
  "revenue of an order a month": { kind: "total", make: (n, chance) => days(n, () => ({ value: chance() < 0.03 ? Math.exp(3 + normal(chance)) : 0, n: 1 })) },
  "days that resemble the day before": {
    kind: "count",
    make: (n, chance, level) => {
      let state = 0;
      return days(n, (day) => {
        state = 0.3 * state + 0.2 * normal(chance);
        return { value: poisson(200 * WEEK[day % 7]! * level(day) * Math.exp(state), chance), n: 1 };
      });
    },
  },
  "a share of 400": share(400, 0.1, 0),
  "a share of 1,000, overdispersed": share(1_000, 0.3, 0.2),
}; // prettier-ignore
const WINDOW = 180;
const YEAR = 365;
const SEEDS = 4;
const steady: Level = () => 1;

/** Alarms of a year of daily looks at the newest half year; one that comes again from about the same day is one. */
function alarmsOf({ kind, make }: World, seed: number, watched = 1): number {
  const series = make(WINDOW + YEAR, randomOf(seed), steady);
  const known: number[] = [];
  for (let end = WINDOW; end <= series.length; end++)
    for (const { at, pValue } of changesOf(series.slice(end - WINDOW, end), kind, 7)) {
      if (!isAlarm(pValue, watched)) continue;
      const day = end - WINDOW + at;
      if (!known.some((other) => Math.abs(other - day) <= 14)) known.push(day);
    }
  return known.length;
}

describe("where nothing changes", () => {
  test.each(Object.entries(WORLDS))("%s raises at most one alarm a year", { timeout: 120_000 }, (_name, world) => {
    const alarms = Array.from({ length: SEEDS }, (_, seed) => alarmsOf(world, 7_919 * seed + 1));
    expect(alarms.reduce((a, b) => a + b, 0) / SEEDS).toBeLessThanOrEqual(CHANGE_LIMITS.falseAlarmsPerYear);
  }); // prettier-ignore

  test(
    "a workspace that watches thirty series has at most one alarm a year in all of them together",
    { timeout: 180_000 },
    () => {
      const worlds = Object.values(WORLDS);
      const years = 3;
      let alarms = 0;
      for (let year = 0; year < years; year++)
        for (let series = 0; series < 30; series++)
          alarms += alarmsOf(worlds[series % worlds.length]!, 15_485_863 * year + 6_101 * series + 11, 30);
      expect(alarms / years).toBeLessThanOrEqual(CHANGE_LIMITS.falseAlarmsPerYear);
    },
  );

  test("a week that always looks the same has no change, however different its days are", () => {
    expect(changesOf(days(WINDOW, (day) => ({ value: WEEK[day % 7]! * 100 + ((day * 7) % 5), n: 1 })), "count", 7)).toEqual([]); // prettier-ignore
  });
});

describe("what was planted", () => {
  const found = (world: World, level: Level, day: number) =>
    Array.from({ length: 25 }, (_, seed) => changesOf(world.make(WINDOW, randomOf(104_729 * seed + 5), level), world.kind, 7).find(({ at }) => Math.abs(at - day) <= 10));
  const rise: Level = (day) => (day >= 140 ? 1.4 : 1);
  test.each(Object.entries(WORLDS).filter(([name]) => name !== "5 a day" && !name.startsWith("revenue")))(
    "of %s, two fifths more for forty days is found nearly always, with its direction and day",
    (_name, world) => {
      const hits = found(world, rise, 140).filter((hit) => hit !== undefined);
      expect(hits.length).toBeGreaterThanOrEqual(20);
      expect(hits.every(({ before, after }) => after > before)).toBe(true);
      expect(hits.reduce((sum, { at }) => sum + Math.abs(at - 140), 0) / hits.length).toBeLessThan(4);
    },
  );

  test("orders that stop are found within a week, on the day they stopped", () => {
    const stopped: Level = (day) => (day >= WINDOW - 7 ? 0 : 1);
    for (const name of ["revenue, with single large orders"]) {
      const hits = found(WORLDS[name]!, stopped, WINDOW - 7).filter((hit) => hit !== undefined);
      expect([name, hits.length]).toEqual([name, 25]);
      // Also where it is one of a hundred series that are watched.
      expect(hits.every(({ pValue }) => isAlarm(pValue, 100))).toBe(true);
      expect(hits.every(({ after }) => after === 0)).toBe(true);
    }
  });

  test("a bad fortnight that ended is two changes, down and up again", () => {
    const changes = changesOf(WORLDS["200 a day"]!.make(WINDOW, randomOf(3), (day) => (day >= 100 && day < 121 ? 0.5 : 1)), "count", 7);
    expect(changes.map(({ before, after }) => after > before)).toEqual([false, true]);
    expect(Math.abs(changes[0]!.at - 100) + Math.abs(changes[1]!.at - 121)).toBeLessThanOrEqual(4);
  });
}); // prettier-ignore

describe("what is told as a change", () => {
  const world = (seed: number): readonly Point[] => {
    // A share of many customers that moves by a twentieth of a percent, and of few on other days.
    const chance = randomOf(seed);
    return days(WINDOW, (day) => ({ value: 0.5 + (day >= 120 ? 0.0002 : 0) + (chance() - 0.5) * 1e-6, n: day % 5 === 0 ? 50 : 5_000_000 }));
  };
  test("differs by enough to be seen, however sure it is", () => {
    for (let seed = 1; seed < 20; seed++) expect(changesOf(world(seed), "share", 7)).toEqual([]);
    const steps = (by: number) => changesOf(days(WINDOW, (day) => ({ value: 1000 * (day >= 120 ? 1 + by : 1) + ((day * 37) % 11) / 100, n: 1 })), "level", 7);
    expect(steps(0.005)).toEqual([]);
    expect(steps(0.02)).toMatchObject([{ at: 120 }]);
  });

  test("has two levels that differ in the direction in which it was found", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.constantFrom(...Object.keys(WORLDS)), fc.double({ min: 0.3, max: 3, noNaN: true }), (seed, name, level) => {
        const { make, kind } = WORLDS[name]!;
        for (const { before, after } of changesOf(make(WINDOW, randomOf(seed), (day) => (day > 90 ? level : 1)), kind, 7)) {
          expect(Math.abs(after - before)).toBeGreaterThanOrEqual(kind === "share" ? CHANGE_LIMITS.shareDifferenceMin : CHANGE_LIMITS.differenceRatioMin * Math.abs(before));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("is no change where the days of few customers fell and all customers together rose", () => {
    const few = (day: number): boolean => day >= 90 && day % 5 !== 0;
    const made = days(WINDOW, (day) => ({ value: few(day) ? 0.3 : (day >= 90 ? 0.51 : 0.5) + ((day * 13) % 7) / 1000, n: few(day) ? 10 : 100_000 }));
    expect(changesOf(made, "share", 1)).toEqual([]);
  });
}); // prettier-ignore

test("too few days, days without anything and days all alike tell of no change", () => {
  const level = (n: number) => days(n, () => ({ value: 5, n: 1 }));
  expect(changesOf(level(20), "count", 7)).toEqual([]);
  expect(changesOf(level(200), "count", 7)).toEqual([]);
  expect(changesOf(days(200, () => ({ value: null, n: 0 })), "share", 7)).toEqual([]); // prettier-ignore
});
