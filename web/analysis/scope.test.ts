import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bodyOf } from "../../src/digest/compose.ts";
import { channelsOf, daysOf, DEFAULT_DAYS, lengthDaysOf, scopeOf, scopeSearchOf, searchOf, textOfDay } from "./scope.ts"; // prettier-ignore

const NOW = Date.UTC(2026, 10, 22, 15, 30);
const ZONE = "UTC";
const at = (year: number, month: number, day: number) =>
  new Date(Date.UTC(year, month - 1, day)).toISOString();

describe("the scope in the address", () => {
  test("is the last 90 days while nothing is chosen, today included", () => {
    const scope = scopeOf({}, NOW, ZONE);
    expect(scope).toEqual({ from: at(2026, 8, 25), to: at(2026, 11, 23) });
    expect(lengthDaysOf(scope)).toBe(DEFAULT_DAYS);
  });

  test("has the days of the workspace's clock, wherever the reader is", () => {
    const auckland = (search: object) => scopeOf(search, NOW, "Pacific/Auckland");
    // It is the 23rd there already; in March the clock stands an hour further than in May.
    expect(auckland({ days: "2" })).toEqual({ from: "2026-11-21T11:00:00.000Z", to: "2026-11-23T11:00:00.000Z" }); // prettier-ignore
    expect(auckland({ from: "2026-03-01", to: "2026-05-31" })).toEqual({ from: "2026-02-28T11:00:00.000Z", to: "2026-05-31T12:00:00.000Z" }); // prettier-ignore
  });

  test("of a kept view is that of the digest: the last whole days before today", () => {
    const view = { body: { scope: { segment: 3 }, metrics: ["csat"] }, lastDays: 7 };
    for (const zone of ["UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"]) {
      const { from, to } = bodyOf(view, zone, NOW)["scope"] as { from: string; to: string };
      expect(scopeOf(searchOf(view.body.scope, view.lastDays, zone), NOW, zone)).toEqual({ from, to, segment: 3 }); // prettier-ignore
    }
    expect(scopeOf({ days: "7", whole: "yes" }, NOW, ZONE)).toEqual({ from: at(2026, 11, 15), to: at(2026, 11, 22) }); // prettier-ignore
  });

  test("is the same question at any time of a day", () => {
    expect(scopeOf({ days: "28" }, NOW, ZONE)).toEqual(scopeOf({ days: "28" }, NOW + 6 * 3_600_000, ZONE));
  });

  test("names two days, both in it", () => {
    expect(scopeOf({ from: "2026-03-01", to: "2026-03-31" }, NOW, ZONE)).toEqual({ from: at(2026, 3, 1), to: at(2026, 4, 1) }); // prettier-ignore
    expect(daysOf({ from: "2026-03-01", to: "2026-03-31" })).toBeNull();
  });

  test("takes what it can use of an address somebody typed, and leaves the rest", () => {
    expect(scopeOf({ days: "many", segment: "x", channels: "email,nonsense", account: "" }, NOW, ZONE)).toEqual({ ...scopeOf({}, NOW, ZONE), channels: ["email"] }); // prettier-ignore
    expect(daysOf({ from: "2026-03-31", to: "2026-03-01" })).toBe(DEFAULT_DAYS);
    expect(channelsOf({ channels: "toString" })).toEqual([]);
    expect(scopeSearchOf({ days: "7", ask: {}, metric: "csat", segment: 3 })).toEqual({ days: "7" });
  });

  test("says who and where", () => {
    expect(scopeOf({ segment: "7", channels: "email,store", account: "acme" }, NOW, ZONE)).toMatchObject({ segment: 7, channels: ["email", "store"], account: "acme" }); // prettier-ignore
  });

  test("is kept and opened again as it was, whatever it was", () => {
    const days = fc.integer({ min: 1, max: 3_000 }).map((n) => ({ days: String(n), whole: "yes" }));
    const dates = fc
      .tuple(fc.integer({ min: 0, max: 9_000 }), fc.integer({ min: 0, max: 700 }))
      .map(([begin, length]) => ({
        from: textOfDay(Date.UTC(2001, 0, 1 + begin), ZONE),
        to: textOfDay(Date.UTC(2001, 0, 1 + begin + length), ZONE),
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
        expect(searchOf(scopeOf(search, NOW, ZONE), daysOf(search), ZONE)).toEqual(search);
      }),
    );
  });
});
