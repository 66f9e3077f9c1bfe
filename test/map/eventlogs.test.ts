/** Published event logs through the real log and its SQL: the figures that others found. See test/fixtures/eventlogs. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DurationsRequest, PathRequest, Show, VariantsRequest } from "../../src/map/model.ts";
import { durationsOf } from "../../src/map/durations.ts";
import { pathOf } from "../../src/map/path.ts";
import { shown } from "../../src/map/show.ts";
import { variantsOf } from "../../src/map/variants.ts";
import { isoOf } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type TestStores, drawn, mapStores, questionOf, ready } from "./ask.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await mapStores();
});
afterAll(() => stores.drop());

/** Rows of a CSV file without quotes, by their header. */
async function rowsOf(name: string): Promise<readonly { readonly [column: string]: string }[]> {
  const text = await readFile(new URL(`../fixtures/eventlogs/${name}`, import.meta.url), "utf8");
  const [header, ...lines] = text.trim().split(/\r?\n/).map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(header!.map((column, i) => [column, cells[i]!])));
} // prettier-ignore

async function tell(events: readonly Past[]): Promise<void> {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, events);
}
const MINUTE_MS = 60_000;
/** Both logs: a handling's start and completion are one name, and the case is named by a property. */
async function tellPatients(): Promise<void> {
  const rows = await rowsOf("patients.csv");
  await tell(rows.map((row) => ({ atom: Number(row["patient"]), at: Date.parse(row["time"]!), name: row["handling"]!, channel: "visit", properties: { patient: row["patient"]!, lifecycle: row["registration_type"]!, handling_id: row["handling_id"]! } }))); // prettier-ignore
}
const NAMES = ["John Doe", "Jane Doe", "George Doe"];
async function tellEdear(nameOf: (name: string) => string = (name) => name): Promise<void> {
  const rows = await rowsOf("edear-patients.csv");
  await tell(rows.map((row) => ({ atom: 1 + NAMES.indexOf(row["patient"]!), at: Date.parse(row["timestamp"]!.replace(" ", "T")), name: row["activity"]!, channel: "visit", properties: { patient: nameOf(row["patient"]!), lifecycle: row["status"]!, activity_instance: row["activity_instance"]! } }))); // prettier-ignore
}
const byPatient = { case: { by: "key", property: "patient" } } as const;

test("the hospital's log has 5,442 events of 500 cases, 7 activities, and cases of 10.884 events", async () => {
  await tellPatients();
  const map = shown(await drawn(stores, questionOf(byPatient)), Show.parse({}), []);
  expect(map.totals).toMatchObject({ events: 5_442, cases: 500, people: 500, moments: 7 });
  expect(map.totals.length.mean).toBe(10.884);
  const [first] = await stores.log.rows<{ first: number; last: number }>("select min(happenedAt) as first, max(happenedAt) as last from events"); // prettier-ignore
  expect([isoOf(first!.first), isoOf(first!.last)]).toEqual([
    "2017-01-02T11:41:53.000Z",
    "2018-05-05T07:16:02.000Z",
  ]);
});

test("the hospital's log has 7 variants, and their cases add up to all", async () => {
  await tellPatients();
  const asked = VariantsRequest.parse({ ...byPatient, scope: { from: "2017-01-01T00:00:00Z", to: "2019-01-01T00:00:00Z" }, repeats: "collapsed", most: 5 }); // prettier-ignore
  const found = (await variantsOf(stores.log, await ready(stores, asked), asked))!;
  expect(found.variants.map(({ cases }) => cases)).toEqual([258, 234, 2, 2, 2]);
  expect(found.others).toEqual({ cases: 2, variants: 2 });
  expect(found.variants[0]!.moments.map((key) => key.slice("visit: ".length))).toEqual(["Registration", "Triage and Assessment", "X-Ray", "Discuss Results", "Check-out"]); // prettier-ignore
  expect(found.totals).toMatchObject({ cases: 500, variants: 7 });
});

test("edeaR's patients: throughput and processing times are those published", async () => {
  await tellEdear();
  const asked = DurationsRequest.parse({ scope: { from: "2017-01-01T00:00:00Z", to: "2018-01-01T00:00:00Z" }, ...byPatient, lifecycle: { property: "lifecycle", instance: "activity_instance" } }); // prettier-ignore
  const { durations } = (await durationsOf(stores.log, await ready(stores, asked), asked))!;
  const minutes = (ms: number | null) => Number((ms! / MINUTE_MS).toFixed(6));
  expect(durations.longest.map(({ key, throughputMs, processingMs, events }) => [key, minutes(throughputMs), minutes(processingMs), events])).toEqual([
    ["John Doe", 1819.166667, 108.516667, 11],
    ["Jane Doe", 1492.583333, 66.316667, 9],
    ["George Doe", 0, 0, 1],
  ]); // prettier-ignore
  expect(minutes(durations.throughput.meanMs)).toBe(1103.916667);
  expect(durations.throughput.leastMs).toBe(0);
  // Without names of doings a start belongs to the next completion of the same activity: here the same.
  const unnamed = DurationsRequest.parse({ ...asked, scope: { from: "2017-01-01T00:00:00Z", to: "2018-01-01T00:00:00Z" }, lifecycle: { property: "lifecycle" } }); // prettier-ignore
  const again = (await durationsOf(stores.log, await ready(stores, unnamed), unnamed))!;
  expect(again.durations.processing).toEqual(durations.processing);
});

test("a case called NA is a case like any other", async () => {
  await tellEdear((name) => (name === "George Doe" ? "NA" : name));
  const asked = DurationsRequest.parse({ scope: { from: "2017-01-01T00:00:00Z", to: "2018-01-01T00:00:00Z" }, ...byPatient }); // prettier-ignore
  const { durations } = (await durationsOf(stores.log, await ready(stores, asked), asked))!;
  expect(durations.longest.map(({ key }) => key)).toEqual(["John Doe", "Jane Doe", "NA"]);
  expect(durations.processing).toBeNull();
});

test("who is behind an edge is told with real cases, and so is what those who left did", async () => {
  await tellEdear();
  const of = (part: object) => PathRequest.parse({ scope: { from: "2017-01-01T00:00:00Z", to: "2017-05-12T08:00:00Z" }, ...byPatient, of: part }); // prettier-ignore
  const edge = of({ type: "edge", from: "visit: treatment", to: "visit: surgery" });
  const path = (await pathOf(stores, await ready(stores, edge), edge))!;
  expect(path).toMatchObject({ people: 1, cases: 1, times: 1, medianMs: 377_000, p90Ms: null, more: false, left: { cases: 0 } }); // prettier-ignore
  expect(path.sample[0]).toMatchObject({ customerId: "c1", at: "2017-05-10T10:35:18.000Z", tookMs: 377_000, reached: null }); // prettier-ignore
  expect(path.sample[0]!.moments).toHaveLength(11);
  // The scope ends before Jane leaves: the log knows that she did.
  const end = of({ type: "end", moment: "visit: treatment" });
  const left = (await pathOf(stores, await ready(stores, end), end))!;
  expect(left.left).toEqual({ cases: 1, people: 1, silent: 0, next: [{ name: "check-out", channel: "visit", people: 1 }] }); // prettier-ignore
});

test("who was only written to afterwards was never seen again", async () => {
  const at = (atom: number, minute: number, name: string, channel = "web") => ({ atom, at: Date.UTC(2026, 0, 10) + minute * MINUTE_MS, name, channel }); // prettier-ignore
  const sent = (atom: number) => at(atom, 5, "$message.sent", "email");
  await tell([1, 2, 3, 4].flatMap((atom) => [at(atom, 0, "Viewed"), ...(atom < 4 ? [sent(atom)] : []), ...(atom === 3 ? [at(3, 9, "Bought", "store")] : [])])); // prettier-ignore
  const request = PathRequest.parse({ scope: { from: "2026-01-01T00:00:00Z", to: "2026-05-01T00:00:00Z", channels: ["web"] }, of: { type: "end", moment: "web: Viewed" } }); // prettier-ignore
  const path = (await pathOf(stores, await ready(stores, request), request))!;
  expect(path.left).toEqual({
    cases: 4,
    people: 4,
    silent: 3,
    next: [{ name: "Bought", channel: "store", people: 1 }],
  });
});
