/** Wall clocks, held against the runtime's own calendar, minute by minute around the changes of clocks. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ZONES, shownAt } from "../../test/clocks.ts";
import { dayOfDate, instantOf, isWithin, localOf, nextChange, nextLocal, nextUnit, offsetOf, unitOf, zoneNamed } from "./zone.ts"; // prettier-ignore

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const at = (text: string) => Date.parse(text);
const zones = fc.constantFrom(...ZONES);
const instants = fc.integer({ min: at("2001-01-01T00:00Z"), max: at("2039-12-31T00:00Z") });
const iso = (instant: number) => new Date(instant).toISOString();

describe("what a clock shows", () => {
  test.each([
    ["Berlin in winter", "2026-01-15T12:00:00Z", "Europe/Berlin", [2026, 1, 15, 13 * 60, 4]],
    ["Berlin in summer", "2026-07-15T22:30:00Z", "Europe/Berlin", [2026, 7, 16, 30, 4]],
    ["Kathmandu, three quarters of an hour off", "2026-03-01T18:15:00Z", "Asia/Kathmandu", [2026, 3, 2, 0, 1]],
    ["Lord Howe, half an hour of summer time", "2026-10-03T15:30:00Z", "Australia/Lord_Howe", [2026, 10, 4, 2 * 60 + 30, 7]],
    ["New York before midnight", "2026-12-01T04:59:59.999Z", "America/New_York", [2026, 11, 30, 23 * 60 + 59, 1]],
  ] as const)("%s", (_, text, zone, [year, month, day, minute, weekday]) => {
    expect(localOf(at(text), zone)).toMatchObject({ year, month, day, minute, weekday });
  }); // prettier-ignore

  test("is what the runtime says, at any instant in any zone", () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const { dayNumber, ...local } = localOf(instant, zone);
        expect(local).toEqual(shownAt(instant, zone));
        expect(dayOfDate(local)).toBe(dayNumber);
      }),
      { numRuns: 3000 },
    );
  });

  test("changes at the very millisecond at which clocks are set", () => {
    for (const [zone, text, before, after] of [
      ["Europe/Berlin", "2026-03-29T01:00:00Z", 60, 120],
      ["Europe/Berlin", "2026-10-25T01:00:00Z", 120, 60],
      ["America/New_York", "2026-03-08T07:00:00Z", -300, -240],
      ["America/New_York", "2026-11-01T06:00:00Z", -240, -300],
      ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", 660, 630],
      ["Australia/Lord_Howe", "2026-10-03T15:30:00Z", 630, 660],
      ["Pacific/Apia", "2011-12-30T10:00:00Z", -600, 840],
    ] as const) {
      expect([zone, text, offsetOf(at(text) - 1, zone) / MINUTE_MS, offsetOf(at(text), zone) / MINUTE_MS]).toEqual([zone, text, before, after]); // prettier-ignore
    }
  });
});

describe("the instant of a time of day", () => {
  const on = (year: number, month: number, day: number, hours: number, minutes: number, zone: string) =>
    iso(instantOf({ year, month, day }, hours * 60 + minutes, zone));

  test("a time that clocks leave out comes as much later as they are set forward", () => {
    expect(on(2026, 3, 29, 2, 30, "Europe/Berlin")).toBe("2026-03-29T01:30:00.000Z");
    expect(on(2026, 3, 8, 2, 0, "America/New_York")).toBe("2026-03-08T07:00:00.000Z");
    expect(on(2026, 10, 4, 2, 15, "Australia/Lord_Howe")).toBe("2026-10-03T15:45:00.000Z");
  });

  test("a time that clocks show twice is the first one", () => {
    expect(on(2026, 10, 25, 2, 30, "Europe/Berlin")).toBe("2026-10-25T00:30:00.000Z");
    expect(on(2026, 11, 1, 1, 0, "America/New_York")).toBe("2026-11-01T05:00:00.000Z");
    expect(on(2026, 4, 5, 1, 45, "Australia/Lord_Howe")).toBe("2026-04-04T14:45:00.000Z");
  });

  test("is the first at which the clock shows it, wherever it shows it at all", () => {
    fc.assert(
      fc.property(instants, zones, (instant, zone) => {
        const whole = Math.floor(instant / MINUTE_MS) * MINUTE_MS;
        const local = localOf(whole, zone);
        const found = instantOf(local, local.minute, zone);
        expect(shownAt(found, zone)).toEqual(shownAt(whole, zone));
        expect(found).toBeLessThanOrEqual(whole);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("the next time of day", () => {
  test("is tomorrow's when today's is now", () => {
    const nine = at("2026-06-01T07:00:00Z");
    const next = (from: number, weekdays?: readonly number[]) => iso(nextLocal(from, "Europe/Berlin", { minute: 540, weekdays })); // prettier-ignore
    expect(next(nine - 1)).toBe("2026-06-01T07:00:00.000Z");
    expect(next(nine)).toBe("2026-06-02T07:00:00.000Z");
    expect(next(nine, [1])).toBe("2026-06-08T07:00:00.000Z");
    expect(next(nine, [7])).toBe("2026-06-07T07:00:00.000Z");
  });

  test("is at the same time of day through both changes of clocks, 23 and 25 hours later", () => {
    const daily = (from: string) => nextLocal(at(from), "America/New_York", { minute: 600 }) - at(from);
    expect(daily("2026-03-07T15:00:00Z")).toBe(23 * 60 * MINUTE_MS);
    expect(daily("2026-10-31T14:00:00Z")).toBe(25 * 60 * MINUTE_MS);
  });

  test("does not come twice in the night in which clocks are set back", () => {
    const first = nextLocal(at("2026-10-24T12:00:00Z"), "Europe/Berlin", { minute: 150 });
    expect(iso(first)).toBe("2026-10-25T00:30:00.000Z");
    expect(iso(nextLocal(first, "Europe/Berlin", { minute: 150 }))).toBe("2026-10-26T01:30:00.000Z");
  });

  test("passes a weekday that a zone left out", () => {
    // Samoa had no Friday 30 December 2011.
    const friday = nextLocal(at("2011-12-30T09:00:00Z"), "Pacific/Apia", { minute: 600, weekdays: [5] });
    expect(shownAt(friday, "Pacific/Apia")).toMatchObject({ year: 2012, month: 1, day: 6, weekday: 5 });
  });

  test("is after now, shows that time or is moved by a change of clocks, and nothing fits before it", () => {
    const minutes = fc.integer({ min: 0, max: 1439 });
    const days = fc.option(fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), { nil: undefined }); // prettier-ignore
    fc.assert(
      fc.property(instants, zones, minutes, days, (after, zone, minute, weekdays) => {
        const next = nextLocal(after, zone, { minute, weekdays });
        expect(next).toBeGreaterThan(after);
        const shown = shownAt(next, zone);
        if (weekdays) expect(weekdays).toContain(shown.weekday);
        // Half an hour in Lord Howe, an hour elsewhere.
        if (shown.minute !== minute) expect([30, 60]).toContain((shown.minute - minute + 1440) % 1440);
        for (let earlier = next - DAY_MS; earlier > after; earlier -= DAY_MS) {
          const there = shownAt(earlier, zone);
          if (there.minute === minute && offsetOf(earlier - DAY_MS, zone) === offsetOf(earlier, zone))
            expect([...(weekdays ?? [])]).not.toContain(there.weekday);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("days, weeks and months of a place", () => {
  test("begin where the calendar turns, a week on Monday", () => {
    const zone = "America/New_York";
    const sunday = at("2026-11-02T04:59:00Z");
    expect(iso(nextUnit(sunday, zone, "week"))).toBe("2026-11-02T05:00:00.000Z");
    expect(iso(nextUnit(at("2026-11-01T04:30:00Z"), zone, "day"))).toBe("2026-11-02T05:00:00.000Z");
    expect(iso(nextUnit(at("2026-03-01T05:00:00Z"), zone, "month"))).toBe("2026-04-01T04:00:00.000Z");
  });

  test("no instant between now and the next one lies in another", () => {
    const units = fc.constantFrom("day", "week", "month");
    fc.assert(
      fc.property(instants, zones, units, fc.double({ min: 0, max: 1, noNaN: true }), (now, zone, unit, part) => {
        const next = nextUnit(now, zone, unit);
        expect(unitOf(next, zone, unit)).not.toBe(unitOf(now, zone, unit));
        const between = now + Math.floor((next - 1 - now) * part);
        expect(unitOf(between, zone, unit)).toBe(unitOf(now, zone, unit));
        expect(unitOf(next - 1, zone, unit)).toBe(unitOf(now, zone, unit));
      }),
      { numRuns: 2000 },
    ); // prettier-ignore
  });
});

describe("hours", () => {
  const berlin = (hours: { from: number; to: number; weekdays?: number[] }, text: string) => isWithin(hours, at(text), "Europe/Berlin"); // prettier-ignore
  const night = { from: 21 * 60, to: 8 * 60 };

  test("run over midnight, from their first minute to before their last", () => {
    expect(berlin(night, "2026-06-01T18:59:59.999Z")).toBe(false);
    expect(berlin(night, "2026-06-01T19:00:00.000Z")).toBe(true);
    expect(berlin(night, "2026-06-02T05:59:59.999Z")).toBe(true);
    expect(berlin(night, "2026-06-02T06:00:00.000Z")).toBe(false);
  });

  test("over midnight belong to the weekday on which they begin", () => {
    const friday = { ...night, weekdays: [5] };
    expect(berlin(friday, "2026-06-05T20:00:00Z")).toBe(true);
    expect(berlin(friday, "2026-06-06T05:00:00Z")).toBe(true);
    expect(berlin(friday, "2026-06-06T20:00:00Z")).toBe(false);
    expect(berlin(friday, "2026-06-05T05:00:00Z")).toBe(false);
  });

  test("that begin when they end are the whole day", () => {
    const sunday = { from: 600, to: 600, weekdays: [7] };
    expect(berlin(sunday, "2026-06-06T22:00:00Z")).toBe(true);
    expect(berlin(sunday, "2026-06-07T21:59:59Z")).toBe(true);
    expect(berlin(sunday, "2026-06-07T22:00:00Z")).toBe(false);
  });

  test("change only at the instants that are stepped on", () => {
    const minute = fc.integer({ min: 0, max: 1439 });
    fc.assert(
      fc.property(instants, zones, minute, minute, fc.double({ min: 0, max: 1, noNaN: true }), (now, zone, from, to, part) => {
        const next = nextChange(now, zone, [0, from, to]);
        expect(next).toBeGreaterThan(now);
        const between = now + Math.floor((next - 1 - now) * part);
        expect(isWithin({ from, to }, between, zone)).toBe(isWithin({ from, to }, now, zone));
      }),
      { numRuns: 3000 },
    ); // prettier-ignore
  });
});

describe("names of zones", () => {
  test.each([
    ["Europe/Berlin", "Europe/Berlin"],
    [" europe/berlin ", "Europe/Berlin"],
    ["Asia/Kolkata", "Asia/Kolkata"],
    ["America/Argentina/Ushuaia", "America/Argentina/Ushuaia"],
    ["UTC", "UTC"],
    ["IST", null],
    ["EST", null],
    ["+05:30", null],
    ["Europe/Atlantis", null],
    ["", null],
    ["x".repeat(1000), null],
    [5, null],
    [null, null],
  ])("%j is %j", (given, name) => expect(zoneNamed(given)).toBe(name));

  test("any number is answered, in any zone, with numbers", () => {
    const wild = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger(), instants);
    fc.assert(
      fc.property(wild, fc.oneof(zones, fc.string()), (instant, zone) => {
        for (const value of Object.values(localOf(instant, zone))) expect(value).not.toBeNaN();
        expect(nextLocal(instant, zone, { minute: 540 })).not.toBeNaN();
        expect(nextUnit(instant, zone, "month")).not.toBeNaN();
      }),
    );
  });
});
