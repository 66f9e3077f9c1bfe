import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { patternWorks, type TimeFormat, timeReader } from "./time.ts";

const read = (text: string, format: Partial<TimeFormat> = {}) => {
  const at = timeReader({ format: "auto", zone: "UTC", shiftDays: 0, ...format })(text);
  return at === null ? null : new Date(at).toISOString();
};

describe("times in files", () => {
  test.each([
    ["2024-03-01T10:00:00Z", {}, "2024-03-01T10:00:00.000Z"],
    ["2024-03-01T10:00:00.123456+02:00", {}, "2024-03-01T08:00:00.123Z"],
    ["2023-05-01 10:00:00 -0400", {}, "2023-05-01T14:00:00.000Z"],
    ["2024-03-01", { zone: "Europe/Berlin" }, "2024-02-29T23:00:00.000Z"],
    ["2024-03-01", { zone: "Europe/Berlin", timeOfDay: "12:30" }, "2024-03-01T11:30:00.000Z"],
    ["1700000000", {}, "2023-11-14T22:13:20.000Z"],
    ["1700000000123", {}, "2023-11-14T22:13:20.123Z"],
    ["1483273827.0", { format: "unix_s" }, "2017-01-01T12:30:27.000Z"],
    ["17228.0", { format: "days" }, "2017-03-03T00:00:00.000Z"],
    ["17228", { format: "days", zone: "America/New_York", timeOfDay: "11:00" }, "2017-03-03T16:00:00.000Z"],
    [
      "31.12.2023 23:59",
      { format: "pattern", pattern: "dd.MM.yyyy HH:mm", zone: "Europe/Berlin" },
      "2023-12-31T22:59:00.000Z",
    ],
    ["1/2/2024 3:04 PM", { format: "pattern", pattern: "MM/dd/yyyy HH:mm a" }, "2024-01-02T15:04:00.000Z"],
    // Clocks go forward at 2:00 and back at 3:00; a skipped time is read on, a doubled one is the first.
    ["2024-03-31 02:30:00", { zone: "Europe/Berlin" }, "2024-03-31T01:30:00.000Z"],
    ["2024-03-31 03:30:00", { zone: "Europe/Berlin" }, "2024-03-31T01:30:00.000Z"],
    ["2024-10-27 12:00:00", { zone: "Europe/Berlin" }, "2024-10-27T11:00:00.000Z"],
    ["2024-10-27 02:30:00", { zone: "Europe/Berlin" }, "2024-10-27T00:30:00.000Z"],
    ["2024-02-30", {}, null],
    ["2024-01-01T25:00:00Z", {}, null],
    ["yesterday", {}, null],
    ["999999999999999999", {}, null],
    ["2024-01-01", { shiftDays: 365 }, "2024-12-31T00:00:00.000Z"],
  ] as const)("%s with %o is %s", (text, format, expected) => expect(read(text, format)).toBe(expected));

  test("every instant written as ISO 8601 is read back", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0001-01-02"), max: new Date("9999-12-30"), noInvalidDate: true }),
        (date) => {
          expect(read(date.toISOString())).toBe(date.toISOString());
        },
      ),
    );
  });

  test("a local time read is the instant at which the zone's clocks show it", () => {
    const show = new Intl.DateTimeFormat("sv-SE", {
      timeZone: "Australia/Sydney",
      dateStyle: "short",
      timeStyle: "medium",
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_900_000_000 }), (seconds) => {
        const wall = show.format(seconds * 1000);
        expect(show.format(Date.parse(read(wall, { zone: "Australia/Sydney" })!))).toBe(wall);
      }),
    );
  });

  test("anything else never throws", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom("auto", "iso", "unix_s", "unix_ms", "days"),
        (text, format) => void read(text, { format, zone: "America/New_York" }),
      ),
    );
  });

  test("a pattern needs year, month and day once", () => {
    expect(patternWorks("yyyy-MM-dd")).toBe(true);
    expect(patternWorks("MM/yyyy")).toBe(false);
    expect(patternWorks("yyyy-MM-dd dd")).toBe(false);
  });
});
