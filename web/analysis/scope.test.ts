import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { channelsOf, daysOf, DEFAULT_DAYS, lengthDaysOf, scopeOf, scopeSearchOf, searchOf, textOfDay } from "./scope.ts"; // prettier-ignore

const NOW = new Date(2026, 10, 22, 15, 30).getTime();
const at = (year: number, month: number, day: number) => new Date(year, month - 1, day).toISOString();

describe("the scope in the address", () => {
  test("is the last 90 days while nothing is chosen, today included", () => {
    const scope = scopeOf({}, NOW);
    expect(scope).toEqual({ from: at(2026, 8, 25), to: at(2026, 11, 23) });
    expect(lengthDaysOf(scope)).toBe(DEFAULT_DAYS);
  });

  test("is the same question at any time of a day", () => {
    expect(scopeOf({ days: "28" }, NOW)).toEqual(scopeOf({ days: "28" }, NOW + 6 * 3_600_000));
  });

  test("names two days, both in it", () => {
    expect(scopeOf({ from: "2026-03-01", to: "2026-03-31" }, NOW)).toEqual({ from: at(2026, 3, 1), to: at(2026, 4, 1) }); // prettier-ignore
    expect(daysOf({ from: "2026-03-01", to: "2026-03-31" })).toBeNull();
  });

  test("takes what it can use of an address somebody typed, and leaves the rest", () => {
    expect(scopeOf({ days: "many", segment: "x", channels: "email,nonsense", account: "" }, NOW)).toEqual({ ...scopeOf({}, NOW), channels: ["email"] }); // prettier-ignore
    expect(daysOf({ from: "2026-03-31", to: "2026-03-01" })).toBe(DEFAULT_DAYS);
    expect(channelsOf({ channels: "toString" })).toEqual([]);
    expect(scopeSearchOf({ days: "7", ask: {}, metric: "csat", segment: 3 })).toEqual({ days: "7" });
  });

  test("says who and where", () => {
    expect(scopeOf({ segment: "7", channels: "email,store", account: "acme" }, NOW)).toMatchObject({ segment: 7, channels: ["email", "store"], account: "acme" }); // prettier-ignore
  });

  test("is kept and opened again as it was, whatever it was", () => {
    const days = fc.integer({ min: 1, max: 3_000 }).map((n) => ({ days: String(n) }));
    const dates = fc
      .tuple(fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 700 }))
      .map(([begin, length]) => ({
        from: textOfDay(new Date(2001, 0, 1 + begin).getTime()),
        to: textOfDay(new Date(2001, 0, 1 + begin + length).getTime()),
      }));
    const rest = fc.record(
      {
        segment: fc.integer({ min: 1, max: 999 }).map(String),
        channels: fc.constantFrom("email", "email,store"),
        account: fc.constantFrom("acme", "7"),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(days, dates), rest, (period, others) => {
        const search = { ...period, ...others };
        expect(searchOf(scopeOf(search, NOW), daysOf(search))).toEqual(search);
      }),
    );
  });
});
