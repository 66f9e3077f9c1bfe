/**
 * Snowplow's web fixture through our log: as many page views, sessions and users as its own models find, and where our
 * visits differ from its sessions. See test/fixtures/eventlogs.
 */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Past, tellHistory, tellJoined } from "../analysis/history.ts";
import { wholeOf } from "../../src/map/show.ts";
import { type TestStores, drawn, mapStores, questionOf } from "./ask.ts";

type Row = { readonly [column: string]: string };
const DAY_MS = 86_400_000;
let stores: TestStores;
let views: readonly Row[];
let expected: readonly Row[];

async function rowsOf(name: string): Promise<readonly Row[]> {
  const text = await readFile(new URL(`../fixtures/eventlogs/${name}`, import.meta.url), "utf8");
  const [header, ...lines] = text.trim().split("\n").map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(header!.map((column, i) => [column, cells[i]!])));
} // prettier-ignore
const at = (row: Row, column: string): number => Date.parse(`${row[column]!.replace(" ", "T")}Z`);

/** What Snowplow's models look at: views with an id, once each, that came within three days and lie in a session's first three. */
function looked(rows: readonly Row[]): readonly Row[] {
  const sorted = rows.toSorted((a, b) => at(a, "derived_tstamp") - at(b, "derived_tstamp"));
  const begun = new Map<string, number>();
  const seen = new Set<string>();
  return sorted.filter((row) => {
    const [session, id] = [row["domain_sessionid"]!, row["page_view_id"]!];
    if (!begun.has(session)) begun.set(session, at(row, "derived_tstamp"));
    const late = at(row, "sent_tstamp") - at(row, "created_tstamp") > 3 * DAY_MS;
    const long = at(row, "derived_tstamp") - begun.get(session)! > 3 * DAY_MS;
    if (id === "" || late || long || seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

beforeAll(async () => {
  stores = await mapStores();
  views = looked(await rowsOf("snowplow-page-views.csv"));
  expected = await rowsOf("snowplow-expected-page-views.csv");
  const users = [...new Set(views.map((row) => row["domain_userid"]!))];
  await tellHistory(stores.log, views.map((row): Past => ({
    atom: 1 + users.indexOf(row["domain_userid"]!), at: at(row, "derived_tstamp"), name: "$page.viewed", touchpoint: row["path"]!, properties: { session: row["domain_sessionid"]! },
  }))); // prettier-ignore
  // One session is one browser's: names that it had meanwhile are of one customer.
  const first = new Map<string, number>();
  const joined = views.flatMap((row) => {
    const atom = 1 + users.indexOf(row["domain_userid"]!);
    const holder = first.get(row["domain_sessionid"]!) ?? atom;
    first.set(row["domain_sessionid"]!, holder);
    return holder === atom ? [] : [[atom, holder] as const];
  });
  await tellJoined(stores.log, joined);
});
afterAll(() => stores.drop());

const scope = { from: "2020-01-01T00:00:00Z", to: "2022-01-01T00:00:00Z" };

test("page views, sessions and users are as many as Snowplow's own models find", async () => {
  expect(new Set(views.map((row) => row["page_view_id"]))).toEqual(new Set(expected.map((row) => row["page_view_id"]))); // prettier-ignore
  const sessions = wholeOf(await drawn(stores, questionOf({ scope, case: { by: "key", property: "session" } }))); // prettier-ignore
  // Eleven users, and one page view of nobody in particular.
  expect(sessions).toMatchObject({ events: 43, cases: new Set(expected.map((row) => row["original_domain_sessionid"])).size, people: 11 + 1 }); // prettier-ignore
  expect(sessions.cases).toBe(15);
});

test("a visit ends after half an hour without anything, which Snowplow's sessions do not know", async () => {
  // Two sessions that rest for days are five visits, and sessions right after each other are one: 15 + 3 - 2.
  expect(wholeOf(await drawn(stores, questionOf({ scope, case: { by: "visit" } }))).cases).toBe(16);
  // Cut by time alone, sessions of one customer within three days are one: whose they are is not the browser's to say.
  const long = questionOf({ scope, case: { by: "visit", gapMs: 3 * DAY_MS } });
  expect(wholeOf(await drawn(stores, long)).cases).toBe(12);
});
