/**
 * CDNOW (MIT, test/fixtures/cdnow): recency, frequency and time as our measures tell them are the published summary, in
 * 2,357 of 2,357 rows; and the bands of recency, frequency and money hold whom a count straight from the file says.
 */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import type { Event } from "../../src/events/model.ts";
import { type Facts, match } from "../../src/segments/match.ts";
import { measured } from "../../src/segments/measure.ts";
import { RfmModel, Rule } from "../../src/segments/model.ts";
import { NO_CONTEXT, type Measured, measuredOf, planOf } from "../../src/segments/plan.ts";
import { membersSql } from "../../src/segments/sql.ts";
import { type TrackRow, tracksSql } from "../../src/segments/sql-tracks.ts";
import type { TrackState } from "../../src/segments/track.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aLog } from "../stores.ts";
import type { Hung } from "./arbitrary.ts";
import { statesOf } from "./facts.ts";

const DAY_MS = 86_400_000;
/** The calibration period ends with 1997-09-30, 39 weeks after the first purchase. */
const END = Date.UTC(1997, 8, 30);
const CALIBRATION = { to: { at: END + DAY_MS } };
const CUSTOMERS = 2_357;
const workspace = 1 as WorkspaceId;

type Purchase = { readonly customer: number; readonly at: number; readonly cents: number };
let log: EventLog;
let drop: () => Promise<void>;
let purchases: readonly Purchase[];
let summary: ReadonlyMap<number, readonly [frequency: number, recency: number, weeks: number]>;
const own = new Map<number, Hung[]>();

const linesOf = async (name: string): Promise<readonly string[]> =>
  gunzipSync(await readFile(new URL(`../fixtures/cdnow/${name}.gz`, import.meta.url))).toString().trim().split(/\r?\n/); // prettier-ignore

beforeAll(async () => {
  ({ log, drop } = await aLog());
  purchases = (await linesOf("CDNOW_sample.txt")).map((line) => {
    const [, customer, day, , dollars] = line.trim().split(/ +/);
    const at = Date.UTC(Number(day!.slice(0, 4)), Number(day!.slice(4, 6)) - 1, Number(day!.slice(6)));
    return { customer: Number(customer), at, cents: Math.round(Number(dollars) * 100) };
  });
  const [, ...rows] = await linesOf("cdnow_customers_summary.csv");
  summary = new Map(rows.map((row) => {
    const [id, frequency, recency, weeks] = row.split(",").map(Number);
    return [id!, [frequency!, recency!, weeks!]];
  })); // prettier-ignore
  for (const [i, { customer, at, cents }] of purchases.entries()) {
    const event: Event = {
      workspace, id: `cdnow-${i}`, type: "track", name: "Order Completed", happenedAt: at, receivedAt: at, originalAt: null, sentAt: null,
      identifiers: [{ kind: "user_id", value: String(customer) }], channel: "web", touchpoint: "checkout", key: 1,
      properties: { total: cents / 100, day: new Date(at).toISOString().slice(0, 10) },
    }; // prettier-ignore
    own.set(customer, [...(own.get(customer) ?? []), { atom: customer, event }]);
  }
  const lines = [...own.values()].flat().map(({ atom, event }) => JSON.stringify({ atom, ...event }));
  await log.insert("events", lines.join("\n"), "cdnow");
}, 120_000);
afterAll(() => drop());

const bought = { event: "Order Completed", where: [], when: CALIBRATION };
const DAYS = measuredOf({ ...bought, measure: { of: "distinct", property: "day" } });
const FIRST = measuredOf({ ...bought, measure: { of: "days_since_first" } });
const LAST = measuredOf({ ...bought, measure: { of: "days_since_last" } });

/** The summary's figures by our measures, from these states. */
function figures(states: ReadonlyMap<string, TrackState> | undefined): readonly number[] {
  const of = (what: Measured) => Number(measured(what, states?.get(what.track.key), END, what.track.spec.keep.kind)); // prettier-ignore
  const weeks = (days: number) => Math.round((days / 7) * 100) / 100;
  return [of(DAYS) - 1, weeks(of(FIRST) - of(LAST)), weeks(of(FIRST))];
}
const TRACKS = [DAYS.track, FIRST.track];

test("every row of the published summary, told event by event", () => {
  expect(summary.size).toBe(CUSTOMERS);
  expect(own.size).toBe(CUSTOMERS);
  for (const [customer, row] of summary)
    expect([customer, ...figures(statesOf(TRACKS, own.get(customer)!))]).toEqual([customer, ...row]);
});

test("every row of the published summary, told by the event log", async () => {
  const states = new Map<number, Map<string, TrackState>>();
  const { text, parameters } = tracksSql({ workspace, tracks: TRACKS });
  for (const { track, body } of await log.rows<TrackRow>(text, parameters))
    for (const [atom, state] of Object.entries(JSON.parse(body) as { [atom: string]: TrackState }))
      states.set(Number(atom), (states.get(Number(atom)) ?? new Map()).set(TRACKS[track]!.key, state));
  expect(states.size).toBe(CUSTOMERS);
  for (const [customer, row] of summary)
    expect([customer, ...figures(states.get(customer))]).toEqual([customer, ...row]);
});

const RFM = RfmModel.parse({ recencyDays: [30, 90, 180, 270], frequency: [1, 2, 4, 8], money: [15, 30, 60, 150] }); // prettier-ignore
/** The band by bounds that are inclusive, 1 to 5. */
const band = (value: number, bounds: readonly number[]) => 1 + bounds.filter((bound) => value > bound).length;

/** Bands straight from the file. */
function bandsOf(customer: number, now: number) {
  const theirs = purchases.filter((one) => one.customer === customer);
  const ageMs = now - Math.max(...theirs.map(({ at }) => at));
  return {
    recency: 5 - RFM.recencyDays.filter((days) => ageMs >= days * DAY_MS).length,
    frequency: band(theirs.length, RFM.frequency),
    money: band(theirs.reduce((sum, { cents }) => sum + cents, 0), RFM.money.map((dollars) => dollars * 100)),
  }; // prettier-ignore
}

test.each(["recency", "frequency", "money"] as const)("the bands of %s hold whom the file says", async (name) => {
  // The data ends with 1998-06-30.
  const now = Date.UTC(1998, 6, 1);
  const expected = new Map([...own.keys()].map((customer) => [customer, bandsOf(customer, now)[name]]));
  let all = 0;
  for (const one of [1, 2, 3, 4, 5]) {
    const planned = planOf(Rule.parse({ type: "rfm", [name]: [one] }), { ...NO_CONTEXT, rfm: RFM });
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
    const { plan } = planned;
    const wanted = [...expected].filter(([, of]) => of === one).map(([customer]) => customer);
    const { text, parameters } = membersSql({ workspace, root: plan.root, now, firstStage: null });
    const rows = await log.rows<{ customer: number }>(text, parameters);
    expect(rows.map(({ customer }) => customer).toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b));
    const inMemory = [...own].filter(([, theirs]) => {
      const states = statesOf(plan.tracks.values(), theirs);
      const facts: Facts = { track: (key) => states.get(key), trait: () => undefined, consent: () => undefined, channels: () => ({}), accountTraits: () => [], accountMatches: () => false, stage: null };
      return match(plan.root, facts, now).matches;
    }).map(([customer]) => customer);
    expect(inMemory.toSorted((a, b) => a - b)).toEqual(wanted.toSorted((a, b) => a - b));
    expect(wanted.length).toBeGreaterThan(0);
    all += wanted.length;
  }
  expect(all).toBe(CUSTOMERS);
}); // prettier-ignore
