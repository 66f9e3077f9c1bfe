/** Retention as the log counts it against one worked out customer by customer, on random histories. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { RetentionAsked, type RetentionCell } from "../../src/metrics/model.ts";
import { readRetention } from "../../src/metrics/retention.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type Stood, WORKSPACE, stood } from "./stood.ts";

let stores: Stood;
const ZONE = "America/New_York";
beforeAll(async () => {
  stores = await stood();
  await stores.sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $2::jsonb) where id = $1", [WORKSPACE, JSON.stringify({ zone: ZONE })]); // prettier-ignore
});
afterAll(() => stores.drop());
beforeEach(() => stores.forget());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** New York's clocks were put forward on 2026-03-08. */
const FROM = Date.UTC(2026, 1, 20, 3);
const TO = FROM + 40 * DAY_MS;
const scope = { from: new Date(FROM).toISOString(), to: new Date(TO).toISOString() };
const ask = async (asked: object, now = TO + DAY_MS) => (await readRetention(stores.at(now), RetentionAsked.parse({ scope, ...asked }))).answer.retention; // prettier-ignore

/** The date there as text, by the platform's calendar. */
const FORMAT = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, dateStyle: "short" });
const dateThere = (at: number): string => FORMAT.format(at); // prettier-ignore
/** Days, weeks or months since long ago, from the text alone. */
function placeOf(at: number, every: "day" | "week" | "month"): number {
  const [year, month, day] = dateThere(at).split("-").map(Number) as [number, number, number];
  if (every === "month") return year * 12 + month;
  const days = Math.round(Date.UTC(year, month - 1, day) / DAY_MS);
  // 1970-01-05 was a Monday.
  return every === "day" ? days : Math.floor((days - 4) / 7);
}
/** The first hour of a later period, found by looking hour by hour. */
function endOf(place: number, every: "day" | "week" | "month"): number {
  const known = ends.get(`${every} ${place}`) ?? lookFor(place, every);
  ends.set(`${every} ${place}`, known);
  return known;
}
const ends = new Map<string, number>();
function lookFor(place: number, every: "day" | "week" | "month"): number {
  for (let at = FROM - 40 * DAY_MS; ; at += HOUR_MS) if (placeOf(at, every) > place) return at;
}

type Cell = Pick<RetentionCell, "period" | "customers" | "returned" | "complete">;
function naive(events: readonly Past[], { every, kind, cells, ever }: RetentionAsked, until: number): Map<number, Cell[]> {
  const cohorts = new Map<number, number[][]>();
  for (const customer of new Set(events.map(({ atom }) => atom))) {
    const own = events.filter(({ atom }) => atom === customer);
    const firsts = own.filter(({ name, at }) => name === "First" && (ever || at >= FROM)).map(({ at }) => at);
    const entered = Math.min(...firsts);
    if (!(entered >= FROM && entered < TO)) continue;
    const cohort = placeOf(entered, every);
    const back = own.filter(({ name, at }) => name === "Back" && at > entered && at < TO).map(({ at }) => placeOf(at, every) - cohort);
    cohorts.set(cohort, [...(cohorts.get(cohort) ?? []), back]);
  }
  return new Map([...cohorts].toSorted(([a], [b]) => a - b).map(([cohort, people]) => [cohort,
    Array.from({ length: cells + 1 }, (_, period): Cell => ({
      period, customers: people.length,
      returned: people.filter((back) => back.some((n) => (kind === "on" ? n === period : kind === "unbounded" ? n >= period : n <= period))).length,
      complete: endOf(cohort + period, every) <= until,
    })).filter((cell) => endOf(cohort + cell.period - 1, every) < until)]));
} // prettier-ignore

const Histories = fc.array(
  fc.array(fc.record({ hour: fc.integer({ min: -20 * 24, max: 39 * 24 }), name: fc.constantFrom("First", "Back", "Else") }), { minLength: 1, maxLength: 10 }),
  { minLength: 2, maxLength: 6 },
); // prettier-ignore
const Asked = fc.record({
  every: fc.constantFrom("day" as const, "week" as const, "month" as const),
  kind: fc.constantFrom("on" as const, "unbounded" as const, "rolling" as const),
  ever: fc.boolean(),
  cells: fc.integer({ min: 1, max: 45 }),
});

test("a table of cohorts is that worked out customer by customer, by the workspace's clock", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(Histories, Asked, fc.integer({ min: 1, max: 45 }), async (histories, given, days) => {
      await stores.forget();
      const events = histories.flatMap((history, h) => Array.from({ length: 12 }, (_, copy) => history.map(({ hour, name }) => ({ atom: 1 + h * 12 + copy, at: FROM + hour * HOUR_MS + 1, name }))).flat());
      // Nothing is known of what has not happened yet.
      const until = Math.min(TO, FROM + days * DAY_MS);
      const past = events.filter(({ at }) => at < until);
      if (past.length === 0) return;
      await tellHistory(stores.log, past);
      const asked = RetentionAsked.parse({ scope, first: { event: "First" }, returned: { event: "Back" }, ...given });
      const found = await ask({ first: { event: "First" }, returned: { event: "Back" }, ...given }, until);
      const expected = naive(past, asked, until);
      const people = [...expected.values()].reduce((sum, cells) => sum + cells[0]!.customers, 0);
      if (people < 20) {
        expect(found).toMatchObject({ type: "too_little_data", found: people });
        return;
      }
      if (found.type !== "cohorts") throw new Error(found.detail);
      const plain = (cells: readonly RetentionCell[]): Cell[] => cells.map(({ period, customers, returned, complete }) => ({ period, customers, returned, complete }));
      expect(found.cohorts.map(({ cells }) => plain(cells))).toEqual([...expected.values()]);
      expect(found.cohorts.map(({ from }) => placeOf(Date.parse(from), given.every))).toEqual([...expected.keys()]);
      const sum = (period: number, of: (cell: Cell) => number) => [...expected.values()].flatMap((cells) => cells.filter((cell) => cell.period === period && cell.complete)).reduce((n, cell) => n + of(cell), 0);
      expect(found.all.map(({ customers, returned }) => [customers, returned])).toEqual(found.all.map(({ period }) => [sum(period, (cell) => cell.customers), sum(period, (cell) => cell.returned)]));
    }),
    { numRuns: 30, interruptAfterTimeLimit: 60_000, endOnFailure: true },
  );
}); // prettier-ignore

test("a week that is not over has no share, so nobody is lost before it ends", async () => {
  const begun = Date.UTC(2026, 2, 17, 15);
  await tellHistory(
    stores.log,
    Array.from({ length: 30 }, (_, i) => ({ atom: i + 1, at: begun, name: "First" })),
  );
  await tellHistory(stores.log, Array.from({ length: 6 }, (_, i) => ({ atom: i + 1, at: begun + 7 * DAY_MS, name: "Back" }))); // prettier-ignore
  const found = await ask({ first: { event: "First" }, returned: { event: "Back" }, every: "week", cells: 4 }, begun + 8 * DAY_MS); // prettier-ignore
  expect(found).toMatchObject({
    cohorts: [{ customers: 30, cells: [{ period: 0, complete: true, share: { ratio: 0 } }, { period: 1, returned: 6, complete: false, share: null }] }],
    all: [{ customers: 30 }, { customers: 0, share: null }, { share: null }, { share: null }, { share: null }],
  }); // prettier-ignore
});
