/** Journeys that begin by the clock: when, for whom, and once; and the watch that finds runs which nothing would move. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { problemsOf } from "../../src/journeys/change.ts";
import { changeState } from "../../src/journeys/change.ts";
import { cronProblem, lastOccurrence, nextOccurrences } from "../../src/journeys/cron.ts";
import { JourneyDraft } from "../../src/journeys/model.ts";
import { keepSchedule, startScheduler } from "../../src/journeys/schedule.ts";
import { type Watch, startWatch } from "../../src/journeys/watch.ts";
import type { Rounds } from "../../src/rounds.ts";
import { type Instant, isoOf } from "../../src/values.ts";
import { WORKSPACE } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, MINUTE_MS, aJourneyWorld, onEvent, wait } from "./story.ts";

/** Monday, 23 November 2026, half past seven in Berlin. */
const BEGIN_AT = Date.UTC(2026, 10, 23, 6, 30);
let world: JourneyWorld;
const schedulers: Rounds[] = [];
const watches: Watch[] = [];
beforeAll(async () => {
  world = await aJourneyWorld(() => BEGIN_AT);
  await world.policy({ zone: "Europe/Berlin" });
});
afterEach(async () => {
  for (const one of [...schedulers.splice(0), ...watches.splice(0)]) await one.stop();
  expect(world.faults.splice(0)).toEqual([]);
});
afterAll(() => world.close());

const says = (who: string, name: string) => world.says({ who: [`user_id ${who}`], name, at: world.clock() });
const onFault = (cause: unknown) => world.faults.push(cause);
const did = (event: string) => ({ type: "did" as const, event, where: [], measure: { of: "count" as const }, is: { op: "at_least" as const, value: 1 } }); // prettier-ignore
/** Lets everybody in who is due, by as many processes at once. */
async function looks(processes = 1): Promise<number> {
  const all = await Promise.all(Array.from({ length: processes }, () => keepSchedule(world.sql, world.clock(), onFault))); // prettier-ignore
  await world.woken();
  return all.reduce((sum, { entered }) => sum + entered, 0);
}
const daily = (segment: number) => ({
  entry: { type: "schedule", cron: "0 9 * * *", segment },
  reentry: { type: "always" },
  start: "rest",
  steps: { rest: wait(MINUTE_MS, null) },
});

describe("a time of cron's", () => {
  const iso = (at: Instant | null) => (at === null ? null : isoOf(at));
  test("is read in the business's own zone, summer and winter", () => {
    expect(nextOccurrences("0 9 * * 1", "Europe/Berlin", 2, BEGIN_AT).map(iso)).toEqual([
      "2026-11-23T08:00:00.000Z",
      "2026-11-30T08:00:00.000Z",
    ]);
    expect(nextOccurrences("0 9 * * 1", "Europe/Berlin", 1, Date.UTC(2026, 6, 1)).map(iso)).toEqual(["2026-07-06T07:00:00.000Z"]); // prettier-ignore
  });

  test("that the clocks leap over comes when they have leapt; one they pass twice comes once", () => {
    expect(nextOccurrences("30 2 * * *", "Europe/Berlin", 2, Date.UTC(2026, 2, 28, 12)).map(iso)).toEqual([
      "2026-03-29T01:00:00.000Z",
      "2026-03-30T00:30:00.000Z",
    ]);
    expect(nextOccurrences("30 2 * * *", "Europe/Berlin", 2, Date.UTC(2026, 9, 24, 12)).map(iso)).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-26T01:30:00.000Z",
    ]);
  });

  test("has come when its very millisecond has, and not before", () => {
    const nine = Date.UTC(2026, 10, 23, 9);
    const last = (now: Instant, after = 0) => iso(lastOccurrence("0 9 * * *", "UTC", after, now));
    expect([last(nine - 1), last(nine), last(nine + 59_999)]).toEqual([
      "2026-11-22T09:00:00.000Z",
      "2026-11-23T09:00:00.000Z",
      "2026-11-23T09:00:00.000Z",
    ]);
    expect(last(nine + 1, nine)).toBeNull();
    // Around the changes of the clocks as well: what comes next has come when it is there.
    for (const begin of [Date.UTC(2026, 2, 28), Date.UTC(2026, 9, 24)])
      for (const cron of ["30 2 * * *", "*/20 * * * *", "0 3 * * *"])
        for (const at of nextOccurrences(cron, "Europe/Berlin", 60, begin))
          expect([cron, iso(at), iso(lastOccurrence(cron, "Europe/Berlin", at - 1, at))]).toEqual([cron, iso(at), iso(at)]); // prettier-ignore
  });

  test("that is none, or never comes, keeps a journey from being published, with the reason at its place", () => {
    expect(["0 9 * * 1", "*/15 8-18 * * MON-FRI", "@daily", "0 0 29 2 *"].map(cronProblem)).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(cronProblem("0 0 30 2 *")).toBe("This time never comes.");
    for (const wrong of ["every day", "61 * * * *", "* * * * * *", "0 9 * *"])
      expect(cronProblem(wrong)).toContain(`"${wrong}" is no time as cron tells it`);
    const draft = JourneyDraft.parse({ name: "J", ...daily(1), entry: { type: "schedule", cron: "0 0 31 4 *", segment: 1 } }); // prettier-ignore
    const problems = problemsOf(draft, { segments: new Map([[1, did("A")]]), computed: new Map(), rfm: null, stages: [], templates: new Map() } as never); // prettier-ignore
    expect(problems).toEqual([{ path: "entry/cron", message: "This time never comes." }]);
  });
});

describe("a journey that begins at nine every day", () => {
  test("is entered by the segment's members then, once, however many processes look", async () => {
    const segment = await world.segment(did("Newsletter Wanted"));
    const journey = await world.journey(daily(segment));
    for (const who of ["ann", "ben"]) await says(who, "Newsletter Wanted");
    expect(await looks()).toBe(0);
    await world.passes(90 * MINUTE_MS - 1);
    expect(await looks()).toBe(0);
    await world.passes(1);
    expect(await looks(4)).toBe(2);
    expect([await world.runsOf("ann"), await world.runsOf("ben")]).toEqual([["rest"], ["rest"]]);
    // Who joins the segment after nine comes in tomorrow.
    await says("cem", "Newsletter Wanted");
    await world.passes(HOUR_MS);
    expect(await looks()).toBe(0);
    await world.passes(23 * HOUR_MS);
    expect(await looks(2)).toBe(3);
    expect([await world.runsOf("ann"), await world.runsOf("cem")]).toEqual([["completed", "rest"], ["rest"]]);
    await changeState(world.sql, WORKSPACE, journey, "stopped", world.clock());
  });

  test("makes up for the latest time it missed while everything was down, and for that one only", async () => {
    const segment = await world.segment(did("Digest Wanted"));
    const entry = { type: "schedule", cron: "0 */6 * * *", segment };
    const journey = await world.journey({ ...daily(segment), entry });
    const down = await world.journey({ ...daily(segment), name: "Once a week", entry: { ...entry, cron: "0 9 * * 2" } });
    await says("dan", "Digest Wanted");
    // Down for three and a half days: fourteen times of the one passed, and the other's was more than a day ago.
    await world.passes(3 * DAY_MS + 12 * HOUR_MS);
    expect(await looks()).toBe(1);
    expect(await looks()).toBe(0);
    expect(await world.runsOf("dan")).toEqual(["rest"]);
    const made = await world.sql.query<{ journey: number; at: number }>("select journey, at from journey_occurrences where journey = any($1::int[])", [[journey, down]]);
    expect(made).toEqual([{ journey, at: lastOccurrence("0 */6 * * *", "Europe/Berlin", 0, world.clock()) }]);
    for (const id of [journey, down]) await changeState(world.sql, WORKSPACE, id, "stopped", world.clock());
  }); // prettier-ignore

  test("does not make up for what passed while a person had paused it", async () => {
    const segment = await world.segment(did("Tips Wanted"));
    const journey = await world.journey(daily(segment));
    await says("eve", "Tips Wanted");
    await changeState(world.sql, WORKSPACE, journey, "paused", world.clock());
    await world.passes(DAY_MS);
    expect(await looks()).toBe(0);
    await changeState(world.sql, WORKSPACE, journey, "live", world.clock());
    expect([await looks(), await world.runsOf("eve")]).toEqual([0, []]);
    await world.passes(DAY_MS);
    expect([await looks(), await world.runsOf("eve")]).toEqual([1, ["rest"]]);
    await changeState(world.sql, WORKSPACE, journey, "stopped", world.clock());
  });

  test("is let in by the loop itself, which is woken and stopped", async () => {
    const segment = await world.segment(did("Offers Wanted"));
    await world.journey(daily(segment));
    await says("fay", "Offers Wanted");
    await world.passes(DAY_MS);
    const entered = new Promise<void>((resolve) => {
      schedulers.push(startScheduler({ sql: world.sql, clock: world.clock, onEntry: resolve, onFault }));
    });
    await entered;
    await world.woken();
    expect(await world.runsOf("fay")).toEqual(["rest"]);
  });
});

describe("the watch", () => {
  test("finds a run that nothing would move, helps it on, and finds nobody else", async () => {
    await world.journey({
      entry: onEvent("Trial Began"),
      start: "rest",
      steps: { rest: wait(HOUR_MS, null) },
    });
    for (const who of ["gus", "hal"]) await says(who, "Trial Began");
    const told: (readonly string[])[] = [];
    const watch = startWatch({ sql: world.sql, clock: world.clock, waiting: () => 0, onStranded: (runs) => told.push(runs), onFault }); // prettier-ignore
    watches.push(watch);
    await world.passes(10 * MINUTE_MS);
    expect(await watch.look()).toEqual([]);
    // By hand: the customer's wake is gone.
    const [run] = await world.sql.query<{ id: string; atom: number }>("select r.id, r.atom from runs r join identifiers i on i.atom = r.atom where i.value = 'gus'"); // prettier-ignore
    await world.sql.query("delete from wakes where customer = $1", [run!.atom]);
    expect(await watch.look()).toEqual([]);
    // Not at first sight: it might have been on its way.
    await world.passes(MINUTE_MS);
    expect([await watch.look(), watch.stranded(), told]).toEqual([[run!.id], 1, [[run!.id]]]);
    await world.woken();
    await world.passes(MINUTE_MS);
    expect([await watch.look(), watch.stranded()]).toEqual([[], 0]);
    await world.passes(HOUR_MS);
    expect([await world.runsOf("gus"), await world.runsOf("hal")]).toEqual([["completed"], ["completed"]]);
  });
});
