/** What is said of differences and of what helps, in worlds made so that the truth is known. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { MomentGrouping } from "../../src/analysis/model.ts";
import { compared, sidesOf } from "../../src/map/compare.ts";
import { durationsOf } from "../../src/map/durations.ts";
import { followed, helpsOf } from "../../src/map/helps.ts";
import { CompareRequest, HelpsRequest } from "../../src/map/judged-model.ts";
import { Show } from "../../src/map/model.ts";
import { shown, wholeOf } from "../../src/map/show.ts";
import { notesOf } from "../../src/map/words.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type TestStores, drawn, mapStores, questionOf, ready } from "./ask.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await mapStores();
});
afterAll(() => stores.drop());

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 0, 1);
const WORKSPACE = 1 as WorkspaceId;
const USUAL = MomentGrouping.parse({});
const YEAR = { from: "2026-01-01T00:00:00Z", to: "2026-05-01T00:00:00Z" };

async function tell(events: readonly Past[]): Promise<void> {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, events);
}
/** Chance that is the same in every run. */
function chances(seed: number): () => number {
  let state = seed;
  return () => ((state = (state * 48_271) % 2_147_483_647) - 1) / 2_147_483_646;
}
const comparedOf = async (told: object) => compared(await sidesOf(stores, WORKSPACE, CompareRequest.parse(told), USUAL)); // prettier-ignore
const helpsFor = async (told: object) => helpsOf(await followed(stores, WORKSPACE, HelpsRequest.parse({ scope: YEAR, ...told }), USUAL), true); // prettier-ignore
const people = (n: number, from: number, make: (atom: number) => readonly Past[]): readonly Past[] =>
  Array.from({ length: n }, (_, i) => make(from + i)).flat();

test("of two periods only what really differs stands out, and it is called a difference", async () => {
  const random = chances(11);
  const month = (from: number, at: number, asks: number) =>
    people(300, from, (atom) => [
      { atom, at, name: "Viewed" },
      ...["Added", "Wished", "Shared", "Rated", "Saved"].flatMap((name, i) => (random() < 0.5 ? [{ atom, at: at + (i + 1) * 1_000, name }] : [])),
      ...(random() < asks ? [{ atom, at: at + 60_000, name: "Asked" }] : []),
    ]); // prettier-ignore
  await tell([...month(1, T0, 0.4), ...month(1_001, T0 + 40 * DAY_MS, 0.15)]);
  const scope = { from: "2026-01-01T00:00:00Z", to: "2026-02-01T00:00:00Z" };
  const other = { from: "2026-02-01T00:00:00Z", to: "2026-03-04T00:00:00Z" };
  const found = (await comparedOf({ scope, against: { by: "scope", scope: other } }))!;
  expect(found).toMatchObject({ label: "difference", a: { people: 300 }, b: { people: 300 } });
  expect(found.nodes.filter(({ significant }) => significant).map(({ name }) => name)).toEqual(["Asked"]);
  const asked = found.nodes[0]!;
  expect(asked.interval.low).toBeLessThan(asked.difference);
  expect(asked.difference).toBeCloseTo(asked.a.share - asked.b.share, 12);
  expect(asked.interval.low).toBeGreaterThan(0);
});

test("the two sides of a goal are what came before it, and everything of the others", async () => {
  const at = (atom: number, minute: number, name: string) => ({ atom, at: T0 + minute * 60_000, name });
  await tell([
    ...people(40, 1, (atom) => [at(atom, 0, "Viewed"), at(atom, 1, "Asked"), at(atom, 2, "Bought"), at(atom, 3, "Returned")]),
    ...people(50, 101, (atom) => [at(atom, 0, "Viewed"), at(atom, 1, "Left")]),
  ]); // prettier-ignore
  const found = (await comparedOf({ scope: YEAR, against: { by: "goal", goal: "Bought" } }))!;
  expect([found.a.people, found.b.people]).toEqual([40, 50]);
  expect(Object.fromEntries(found.nodes.map(({ name, a, b }) => [name, [a.people, b.people]]))).toEqual({ Viewed: [40, 50], Asked: [40, 0], Left: [0, 50] }); // prettier-ignore
  expect(found.edges.find(({ from }) => from === "web: Viewed" )).toMatchObject({ significant: true });
  expect(await comparedOf({ scope: YEAR, against: { by: "goal", goal: "Never" } })).toBeNull();
}); // prettier-ignore

test("looking at some channels, a goal in another is reached all the same, and only those seen in these are asked for it", async () => {
  const at = (atom: number, minute: number, name: string, channel = "web") => ({ atom, at: T0 + minute * 60_000, name, channel });
  await tell([
    ...people(80, 1, (atom) => [at(atom, 0, "Viewed"), at(atom, 1, "Asked", "support"), ...(atom <= 40 ? [at(atom, 2, "Bought", "store"), at(atom, 3, "Visited", "store")] : [])]),
    ...people(30, 101, (atom) => [at(atom, 0, "Bought", "store")]),
  ]); // prettier-ignore
  const scope = { ...YEAR, channels: ["web"] };
  const question = questionOf({ scope, case: { by: "goal", goal: "Bought" } });
  const whole = await drawn(stores, question);
  const map = shown(whole, Show.parse({}), notesOf(question, whole));
  expect(map.totals).toMatchObject({ cases: 80, people: 80, reached: 40, events: 120 });
  expect(map.nodes.map(({ key, reached, dropOff }) => [key, reached, dropOff])).toEqual([["web: Viewed", 0, 40], ["store: Bought", 40, 0]]); // prettier-ignore
  expect(map.notes).toContainEqual(expect.stringContaining("in any channel"));
  const { durations } = (await durationsOf(stores.log, await ready(stores, question), { ...question, most: 1 }))!;
  expect(durations).toMatchObject({ cases: 80, throughput: { mostMs: 120_000, meanMs: 60_000 } });
  const found = (await comparedOf({ scope, against: { by: "goal", goal: "Bought" } }))!;
  expect([found.a.people, found.b.people, found.nodes.map(({ key }) => key)]).toEqual([40, 40, ["web: Viewed"]]);
  expect(found.notes).toContainEqual(expect.stringContaining("in any channel"));
  // From one to the next: it ends in any channel, and begins only in those looked at.
  const again = questionOf({ scope, case: { by: "goal", start: "Bought", goal: "Bought" } });
  await tell([at(1, 0, "Bought"), at(1, 1, "Bought", "store"), at(1, 2, "Viewed"), at(2, 0, "Bought", "store"), at(2, 1, "Bought")]); // prettier-ignore
  expect(wholeOf(await drawn(stores, again))).toMatchObject({ cases: 2, reached: 1, events: 3 });
}); // prettier-ignore

test("what goes with the goal is found, and what only busy customers do is not taken for help", { timeout: 60_000 }, async () => {
  const random = chances(3);
  await tell(people(3_000, 1, (atom) => {
    const begin = T0 + Math.floor(random() * 20 * DAY_MS);
    const busy = random() < 0.4;
    const views = busy ? 8 : 1;
    const helped = random() < 0.4;
    const reaches = random() < (busy ? 0.4 : 0.1) + (helped ? 0.2 : 0);
    return [
      ...Array.from({ length: views }, (_, i) => ({ atom, at: begin + i * 3_600_000, name: "Viewed" })),
      // Busy customers see the banner more often; it does nothing.
      ...(random() < (busy ? 0.7 : 0.2) ? [{ atom, at: begin + 1_800_000, name: "Banner seen" }] : []),
      ...(helped ? [{ atom, at: begin + 5_400_000, name: "Advice read" }] : []),
      ...(reaches ? [{ atom, at: begin + Math.floor((8 + random() * 20) * DAY_MS), name: "Bought" }] : []),
    ];
  })); // prettier-ignore
  const found = (await helpsFor({ goal: { type: "event", event: "Bought" } }))!;
  const of = (name: string) => found.moments.find((moment) => moment.name === name)!;
  expect(found).toMatchObject({ label: "correlation", followed: 3_000, leftOut: { reachedBefore: 0, tooShort: 0, alreadyThere: 0 } }); // prettier-ignore
  expect(of("Advice read").direction).toBe("more");
  expect(of("Advice read").interval.low).toBeLessThan(0.2);
  expect(of("Advice read").interval.high).toBeGreaterThan(0.2);
  expect(of("Banner seen").crude).toBeGreaterThan(0.1);
  expect(of("Banner seen").direction).toBe("unclear");
  expect(found.moments.some(({ name }) => name === "Bought")).toBe(false);
  // Too short to be followed: nobody is compared, and nothing is said.
  expect(await helpsFor({ goal: { type: "event", event: "Bought" }, horizonMs: 300 * DAY_MS })).toBeNull();
}); // prettier-ignore

test("having had more time is no help: a moment that comes with time alone tells nothing", async () => {
  const random = chances(5);
  await tell(people(2_000, 1, (atom) => {
    // The goal comes at any time; the moment at any time before it, so those who wait longer have it more often.
    const goalAt = T0 + Math.floor(random() * 60 * DAY_MS) + 1;
    const momentAt = T0 + Math.floor(random() * 60 * DAY_MS) + 1;
    return [{ atom, at: T0, name: "Viewed" }, { atom, at: goalAt, name: "Bought" }, ...(momentAt < goalAt ? [{ atom, at: momentAt, name: "Letter read" }] : [])];
  })); // prettier-ignore
  const found = (await helpsFor({ goal: { type: "event", event: "Bought" }, landmarkMs: 10 * DAY_MS, horizonMs: 25 * DAY_MS }))!; // prettier-ignore
  expect(found.leftOut.reachedBefore).toBeGreaterThan(200);
  expect(found.moments.map(({ name, direction }) => [name, direction])).toEqual([["Letter read", "unclear"]]);
});

test("of whom more was done until the landmark than is looked at, it is said", async () => {
  const at = (atom: number, ms: number, name: string): Past => ({ atom, at: T0 + ms, name });
  await tell([
    ...people(300, 1, (atom) => [at(atom, 0, "Viewed"), ...(atom % 2 === 0 ? [at(atom, 9 * DAY_MS, "Bought")] : [])]),
    ...[1, 2].flatMap((atom) => Array.from({ length: 600 }, (_, i) => at(atom, i + 1, "Viewed"))),
    ...[1, 2].flatMap((atom) => Array.from({ length: 600 }, (_, i) => at(atom, 8 * DAY_MS + i, "Viewed"))), ...Array.from({ length: 600 }, (_, i) => at(3, 8 * DAY_MS + i, "Viewed")),
  ]); // prettier-ignore
  const found = (await helpsFor({ goal: { type: "event", event: "Bought" } }))!;
  expect(found.notes).toContainEqual("2 customers did more until the landmark than is looked at: the first 500 moments count."); // prettier-ignore
});

test("coming into a stage can be the goal", async () => {
  const random = chances(9);
  await tell(people(600, 1, (atom) => {
    const advised = random() < 0.5;
    const reaches = random() < (advised ? 0.6 : 0.2);
    return [
      { atom, at: T0, name: "Viewed" },
      ...(advised ? [{ atom, at: T0 + 1_000, name: "Advice read" }] : []),
      ...(reaches ? [{ atom, at: T0 + 9 * DAY_MS, name: "$stage.changed", channel: "other", properties: { stage: "buyer", from: "new" } }] : []),
    ];
  })); // prettier-ignore
  const found = (await helpsFor({ goal: { type: "stage", stage: "buyer" } }))!;
  expect(found.moments.map(({ name, direction }) => [name, direction])).toEqual([["Advice read", "more"]]);
});

test("who is in the stage already is left out of coming into it, and so is whoever is further", async () => {
  const stages = ["new", "buyer", "fan"].map((key) => ({ key, name: key }));
  await stores.sql.query(
    "insert into versions (workspace, kind, body, context, state, created_at, live_at) values (1, 'stages', $1, '{}', 'live', 0, 0)",
    [JSON.stringify({ stages, backward: "allowed" })],
  );
  const turned = (atom: number, at: number, stage: string): Past => ({ atom, at, name: "$stage.changed", channel: "other", properties: { stage } }); // prettier-ignore
  const login = (atom: number): Past => ({ atom, at: T0 + 1_000, name: "Login" });
  const seen = (atom: number): Past => ({ atom, at: T0, name: "Viewed" });
  await tell([
    // Logging in goes with nothing: forty of a hundred come into the stage, with it and without.
    ...people(100, 1, (atom) => [seen(atom), login(atom), ...(atom <= 40 ? [turned(atom, T0 + 9 * DAY_MS, "buyer")] : [])]),
    ...people(100, 101, (atom) => [seen(atom), ...(atom <= 140 ? [turned(atom, T0 + 9 * DAY_MS, "buyer")] : [])]),
    ...people(100, 201, (atom) => [turned(atom, T0 - DAY_MS, "buyer"), seen(atom), login(atom)]),
    ...people(100, 301, (atom) => [turned(atom, T0 - 2 * DAY_MS, "buyer"), turned(atom, T0 - DAY_MS, "fan"), seen(atom), login(atom)]),
    // Was there once, and fell back before: can come into it again.
    ...people(30, 401, (atom) => [turned(atom, T0 - 2 * DAY_MS, "buyer"), turned(atom, T0 - DAY_MS, "new"), seen(atom)]),
  ]); // prettier-ignore
  const found = (await helpsFor({ goal: { type: "stage", stage: "buyer" } }))!;
  expect(found).toMatchObject({ followed: 230, reached: 80, leftOut: { reachedBefore: 0, tooShort: 0, alreadyThere: 200 } }); // prettier-ignore
  const of = found.moments.find(({ name }) => name === "Login")!;
  expect([of.present, of.direction]).toEqual([{ people: 100, reached: 40, ratio: 0.4 }, "unclear"]);
  // The model's first stage is everybody's who never changed.
  const { alreadyThere } = await followed(stores, WORKSPACE, HelpsRequest.parse({ scope: YEAR, goal: { type: "stage", stage: "new" } }), USUAL); // prettier-ignore
  expect(alreadyThere).toBe(430);
});
