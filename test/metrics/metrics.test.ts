/** Every metric against a small history whose answer can be counted on fingers. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readMetrics } from "../../src/metrics/metrics.ts";
import { type Figure, type MetricKey, MetricsAsked } from "../../src/metrics/model.ts";
import { writeOwnNames } from "../../src/metrics/store.ts";
import { STAGE_STARTERS } from "../../src/segments/starters.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type Stood, WORKSPACE, stoodWithStages } from "./stood.ts";

let stores: Stood;
beforeAll(async () => {
  stores = await stoodWithStages();
});
afterAll(() => stores.drop());
beforeEach(() => stores.forget());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.UTC(2026, 0, 5);
const scope = { from: new Date(T0).toISOString(), to: new Date(T0 + 28 * DAY_MS).toISOString() };
async function ask(metric: MetricKey, more: object = {}): Promise<readonly Figure[]> {
  const asked = MetricsAsked.parse({ scope, metrics: [metric], horizonMs: 7 * DAY_MS, ...more });
  return (await readMetrics(stores.at(T0 + 30 * DAY_MS), asked)).answer.metrics[0]!.figures;
}
const each = (n: number, first: number, story: (i: number) => readonly Omit<Past, "atom">[]): Past[] =>
  Array.from({ length: n }, (_, i) => story(i).map((past) => ({ ...past, atom: first + i }))).flat();
/** What we noted ourselves has no key of a sender. */
const tell = async (events: readonly Past[]) => {
  await tellHistory(stores.log, events);
  await stores.log.command("alter table events update key = 0 where startsWith(name, '$') settings mutations_sync = 1"); // prettier-ignore
};
const order = (day: number, total: number, more: Partial<Past> = {}) => ({ name: "Order Completed", at: T0 + day * DAY_MS, properties: { total }, ...more }); // prettier-ignore
const stage = (day: number, to: string, from: string) => ({ name: "$stage.changed", at: T0 + day * DAY_MS, properties: { stage: to, from, version: 1 } }); // prettier-ignore
const see = (day: number) => ({ name: "$page.viewed", at: T0 + day * DAY_MS });

test("conversion, revenue and repeat purchase are told of the customers of the scope, day by day", async () => {
  await tell([
    ...each(30, 1, () => [see(1), order(1.5, 10)]),
    ...each(10, 100, () => [order(-5, 99), order(2, 20), order(3, 5)]),
    ...each(60, 200, () => [see(2)]),
  ]);
  const [conversion] = await ask("conversion");
  expect(conversion).toMatchObject({ part: null, result: { type: "estimate", value: 0.4, n: 100 } });
  expect(conversion!.series.slice(0, 4).map(({ value, n }) => [value, n])).toEqual([[null, 0], [1, 30], [10 / 70, 70], [1, 10]]); // prettier-ignore
  const [revenue] = await ask("revenue");
  expect(revenue).toMatchObject({ result: { value: 550, n: 40 } });
  expect(revenue!.series.slice(1, 4).map(({ value }) => value)).toEqual([300, 200, 50]);
  const [repeat] = await ask("repeat_purchase");
  expect(repeat).toMatchObject({ result: { value: 0.25, n: 40 } });
  expect(repeat!.series.slice(1, 4).map(({ value, n }) => [value, n])).toEqual([[0, 30], [1, 10], [1, 10]]); // prettier-ignore
});

test("when orders stop, revenue of the days after is nothing and raises an alarm", async () => {
  await tell(Array.from({ length: 18 }, (_, day) => each(20 + ((day * 7) % 5), day * 100 + 1, () => [order(day + 0.5, 10), stage(day + 0.4, "lead", "visitor")])).flat()); // prettier-ignore
  for (const metric of ["revenue", "stage_revenue"] as const) {
    const [figure] = await ask(metric);
    expect(figure!.series.slice(17, 20).map(({ value, n }) => [value, n])).toEqual([[240, 24], [0, 0], [0, 0]]); // prettier-ignore
    expect(figure!.changes).toMatchObject({ type: "watched", points: 28, changes: [{ since: new Date(T0 + 18 * DAY_MS).toISOString(), direction: "down", after: 0 }] }); // prettier-ignore
  }
  // Before its first order nothing is known, and of a mean a day without answers is no nought.
  const early = { from: new Date(T0 - 3 * DAY_MS).toISOString(), to: scope.to };
  expect((await ask("revenue", { scope: early }))[0]!.series.slice(0, 4).map(({ value }) => value)).toEqual([null, null, null, 200]); // prettier-ignore
  expect((await ask("conversion"))[0]!.series[20]).toMatchObject({ value: null, n: 0 });
});

test("repeat purchase is the same of the whole and of each day: an order that was not the first ever", async () => {
  await tell([
    // Known before, new and back later, new and back the same day, new.
    ...each(20, 1, () => [order(-5, 1), order(1, 1)]),
    ...each(20, 100, () => [order(1, 1), order(2, 1)]),
    ...each(20, 200, () => [order(2, 1), order(2.2, 1)]),
    ...each(40, 300, () => [order(2, 1)]),
  ]);
  const [repeat] = await ask("repeat_purchase");
  expect(repeat).toMatchObject({ result: { value: 0.6, n: 100 } });
  expect(repeat!.series.slice(1, 3).map(({ value, n }) => [value, n])).toEqual([[0.5, 40], [0.5, 80]]); // prettier-ignore
  // A scope of one day is that day.
  const day = { from: new Date(T0 + 2 * DAY_MS).toISOString(), to: new Date(T0 + 3 * DAY_MS).toISOString() };
  expect((await ask("repeat_purchase", { scope: day }))[0]).toMatchObject({ result: { value: 0.5, n: 80 } }); // prettier-ignore
});

test("of a stage's customers those count who had their time, and those still in it wait", async () => {
  await tell([
    // Came, became a lead after two days, bought three days later.
    ...each(30, 1, () => [see(1), stage(3, "lead", "visitor"), stage(6, "buyer", "lead"), order(6, 10)]),
    // Became a lead and stayed one.
    ...each(20, 100, () => [see(1), stage(3, "lead", "visitor")]),
    // Came too late to have had a week.
    ...each(40, 200, () => [see(25)]),
  ]);
  const conversion = await ask("stage_conversion");
  expect(conversion.map(({ part, result }) => [part, result])).toMatchObject([["visitor", { value: 1, n: 50 }], ["lead", { value: 0.6, n: 50 }]]); // prettier-ignore
  const time = await ask("stage_time");
  expect(time[0]).toMatchObject({ part: "visitor", result: { value: 2 * DAY_MS, n: 90 } });
  // 30 of 50 leads went on after three days; the others wait: three days is the median, and half of those who went on would be no other.
  expect(time[1]).toMatchObject({ part: "lead", result: { value: 3 * DAY_MS, n: 50 }, more: [{ name: "ended", value: 30, interval: null }, { name: "still waiting", value: 20, interval: null }] }); // prettier-ignore
  const revenue = await ask("stage_revenue");
  expect(revenue.map(({ part, result }) => [part, result])).toMatchObject([[null, { value: 300 }], ["lead", { value: 300, n: 30 }]]); // prettier-ignore
});

test("a median is not known while fewer than half have gone on", async () => {
  await tell([...each(12, 1, () => [see(1), stage(2, "lead", "visitor")]), ...each(30, 100, () => [see(1)])]);
  const [visitor] = await ask("stage_time");
  expect(visitor).toMatchObject({ result: { type: "too_little_data", found: 12, needed: 21 } });
});

test("leads are told by source, and by whether they reached the stage in which customers buy", async () => {
  const lead = (day: number, more: Partial<Past> = {}) => ({ name: "Form Submitted", at: T0 + day * DAY_MS, ...more }); // prettier-ignore
  await tell([
    ...each(20, 1, (i) => [lead(1, { campaign: { source: "fair" } }), stage(1.1, "lead", "visitor"), ...(i < 5 ? [stage(4, "buyer", "lead")] : [])]),
    ...each(30, 100, (i) => [lead(1, { channel: "web" }), stage(1.1, "lead", "visitor"), ...(i < 15 ? [stage(9, "buyer", "lead")] : [])]),
  ]); // prettier-ignore
  expect((await ask("lead_quality")).map(({ part, result }) => [part, result])).toMatchObject([
    [null, { value: 0.1, n: 50 }],
    ["web", { value: 0, n: 30 }],
    ["fair", { value: 0.25, n: 20 }],
  ]);
  // Of history that was imported, stages are noted late: who bought in time counts, unless a stage was asked for.
  await tell(each(15, 100, () => [order(2, 30)]));
  expect((await ask("lead_quality"))[0]!.result).toMatchObject({ value: 20 / 50, n: 50 });
  expect((await ask("lead_quality", { goalStage: "buyer" }))[0]!.result).toMatchObject({ value: 0.1, n: 50 });
});

test("of many sources the most frequent leads are told, and all others as one", async () => {
  const lead = (source: string) => ({ name: "Form Submitted", at: T0 + DAY_MS, campaign: { source } });
  await tell([
    ...each(40, 1, () => [lead("fair")]),
    ...Array.from({ length: 60 }, (_, i) => each(i < 17 ? 3 : 1, 100 + i * 10, () => [lead(`s${i}`), ...(i >= 17 ? [order(2, 10)] : [])])).flat(),
  ]); // prettier-ignore
  const figures = await ask("lead_quality");
  expect(figures).toHaveLength(20);
  expect(figures.slice(0, 3).map(({ part, name, result }) => [part, name, result])).toMatchObject([
    [null, "All", { n: 40 + 17 * 3 + 43 }],
    ["$others", "All others", { value: 1, n: 43 }],
    ["fair", "fair", { value: 0, n: 40 }],
  ]);
});

test("what is open still counts for the time to resolution, by the request's number", async () => {
  const ticket = (name: string, hours: number, id: number) => ({ name, at: T0 + hours * HOUR_MS, properties: { ticket_id: `T-${id}` } }); // prettier-ignore
  await tell(each(30, 1, (i) => [ticket("Ticket Created", i, i), ...(i < 20 ? [ticket("Ticket Solved", i + 5, i), ticket("Ticket Closed", i + 9, i)] : [])])); // prettier-ignore
  expect(await ask("resolution_time")).toMatchObject([{ result: { value: 5 * HOUR_MS, n: 30 }, more: [{ value: 20 }, { value: 10 }] }]); // prettier-ignore
});

test("surveys are told by their kind, and answers outside the scale are none", async () => {
  const answer = (kind: string, score: number | string, day = 1) => ({ name: "Survey Answered", at: T0 + day * DAY_MS, properties: { kind, score } }); // prettier-ignore
  await tell(each(20, 1, (i) => [answer("NPS", i < 10 ? 10 : i < 15 ? 8 : 3), answer("csat", i < 15 ? "5" : 2), answer("ces", i % 2 ? 6 : 4), answer("csat", 9)])); // prettier-ignore
  expect((await ask("nps"))[0]).toMatchObject({ result: { value: 25, n: 20 } });
  expect((await ask("csat"))[0]).toMatchObject({ result: { value: 0.75, n: 20 } });
  expect((await ask("ces"))[0]).toMatchObject({ result: { value: 5, n: 20, interval: { level: 0.95 } } });
});

test("to ask the same again, or in another channel, is to start over unless it was settled in between", async () => {
  const asks = (hours: number, name: string, channel: string) => ({ name, at: T0 + DAY_MS + hours * HOUR_MS, channel }); // prettier-ignore
  await tell([
    ...each(20, 1, () => [asks(0, "Form Submitted", "web"), asks(5, "Call Received", "phone")]),
    ...each(20, 100, () => [asks(0, "Form Submitted", "web"), { name: "Ticket Solved", at: T0 + DAY_MS + HOUR_MS, channel: "support" }, asks(5, "Form Submitted", "web")]),
    ...each(20, 200, () => [asks(0, "Form Submitted", "web"), asks(8 * 24, "Form Submitted", "web")]),
  ]); // prettier-ignore
  expect((await ask("continuity")).map(({ part, result }) => [part, result])).toMatchObject([
    [null, { value: 100 / 120, n: 120 }],
    ["web", { value: 1, n: 100 }],
    ["phone", { value: 0, n: 20 }],
  ]);
});

test("whoever is asked again who they are within a day starts over, but not within one conversation", async () => {
  const asked = (hours: number, channel: string, name = "Identity Requested") => ({ name, at: T0 + DAY_MS + hours * HOUR_MS, channel }); // prettier-ignore
  await tell([
    // Again by phone: the call starts over. Solving the request in between does not make up for it.
    ...each(20, 1, () => [asked(0, "chat"), { name: "Ticket Solved", at: T0 + DAY_MS + 600_000, channel: "chat" }, asked(1, "phone")]),
    // Twice in one chat is once.
    ...each(20, 100, () => [asked(0, "chat"), asked(0.2, "chat", "Identity Verified")]),
    // Two days later is another time.
    ...each(20, 200, () => [asked(0, "chat"), asked(48, "chat")]),
    // In the evening the chat asks again.
    ...each(20, 300, () => [asked(0, "chat"), asked(9, "chat")]),
  ]); // prettier-ignore
  expect((await ask("continuity")).map(({ part, result }) => [part, result])).toMatchObject([
    [null, { value: 100 / 140, n: 140 }],
    ["chat", { value: 100 / 120, n: 120 }],
    ["phone", { value: 0, n: 20 }],
  ]);
});

test("a visit is recognised when a name was known by its end", async () => {
  await tell([
    ...each(40, 1, () => [see(1), see(2)]),
    ...each(20, 100, () => [{ ...see(2), channel: "app" }]),
  ]);
  await stores.log.command(`alter table events update identifiers = '[{"kind":"email","value":"a@b.c"}]' where atom <= 30 and happenedAt >= ${T0 + 2 * DAY_MS} settings mutations_sync = 1`); // prettier-ignore
  expect((await ask("recognition")).map(({ part, result }) => [part, result])).toMatchObject([
    [null, { value: 0.3, n: 100 }],
    ["web", { value: 30 / 80, n: 80 }],
    ["app", { value: 0, n: 20 }],
  ]);
});

test("contact pressure is messages by customer and week, of those who were written to", async () => {
  const sent = (day: number) => ({ name: "$message.sent", at: T0 + day * DAY_MS, channel: "email" });
  await tell([...each(20, 1, () => [sent(1), sent(2), sent(3), sent(4)]), ...each(20, 100, () => [sent(1), sent(8), sent(9)]), ...each(50, 200, () => [see(1)])]); // prettier-ignore
  expect(await ask("contact_pressure")).toMatchObject([{ result: { value: 140 / 60, n: 40 }, more: [{ name: "median", value: 2 }, { name: "p90", value: 4 }, { value: 20 / 60 }] }]); // prettier-ignore
  // A third of the 60 weeks of 40 customers have one message, two, and four: the middle of three thirds is sure enough.
  const [{ more }] = (await ask("contact_pressure")) as [Figure];
  expect(more[0]!.interval).toEqual({ low: 2, high: 2, level: 0.95 });
  expect(more[1]!.interval).toEqual({ low: 4, high: 4, level: 0.95 });
  expect([more[2]!.interval!.low > 0.1, more[2]!.interval!.high < 0.55]).toEqual([true, true]);
});

test("promises count when they were due: kept by then, or not", async () => {
  const promise = (name: string, hours: number, id: string, due?: string) => ({ name, at: T0 + hours * HOUR_MS, properties: { promise_id: id, ...(due && { due_at: due }) } }); // prettier-ignore
  await tell(each(40, 1, (i) => [
    promise("Promise Made", 1, `p${i}`, i < 30 ? "2026-01-07T00:00:00Z" : "2027-01-01"),
    ...(i < 15 ? [promise("Promise Kept", 20, `p${i}`)] : i < 20 ? [promise("Promise Kept", 24 * 5, `p${i}`)] : []),
  ])); // prettier-ignore
  expect(await ask("promises_kept")).toMatchObject([{ result: { value: 0.5, n: 30 } }]);
});

test("a promise for a day is due at its end, and a time without an offset is one of the workspace's clock", async () => {
  const { sql } = stores;
  const promise = (name: string, at: string, i: number, due_at?: string) => ({ name, at: Date.parse(at), properties: { promise_id: `p${i}`, ...(due_at && { due_at }) } }); // prettier-ignore
  const kept = async (due: string, at: string) => {
    await stores.forget();
    await tell(each(25, 1, (i) => [promise("Promise Made", "2026-01-06T09:00:00Z", i, due), promise("Promise Kept", at, i)])); // prettier-ignore
    const [figure] = await ask("promises_kept");
    return [figure!.result.type === "estimate" && figure!.result.value, figure!.series.find(({ n }) => n > 0)?.from]; // prettier-ignore
  };
  await sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', '{\"zone\": \"America/New_York\"}')"); // prettier-ignore
  const day = "2026-01-07T05:00:00.000Z";
  expect(await kept("2026-01-07", "2026-01-08T04:30:00Z")).toEqual([1, day]);
  expect(await kept("2026-01-07", "2026-01-08T05:30:00Z")).toEqual([0, day]);
  expect(await kept("2026-01-07T17:00:00", "2026-01-07T21:30:00Z")).toEqual([1, day]);
  expect(await kept("2026-01-07T17:00:00", "2026-01-07T22:30:00Z")).toEqual([0, day]);
  expect(await kept("2026-01-07T17:00:00Z", "2026-01-07T17:30:00Z")).toEqual([0, day]);
  await sql.query("update workspaces set settings = settings - 'policy'");
});

test("without journeys and with too few people nothing is told but that", async () => {
  await tell(each(5, 1, () => [see(1), order(1.5, 10)]));
  for (const key of [
    "journey_conversion",
    "journey_revenue",
    "incrementality",
    "conversion",
    "csat",
    "promises_kept",
  ] as const) {
    const [figure] = await ask(key);
    expect(figure, key).toMatchObject({ result: { type: "too_little_data" }, more: [], series: [], changes: { type: "too_little_data" } }); // prettier-ignore
  }
});

test("revenue while in a journey is told by journey", async () => {
  const [row] = await stores.sql.query<{ id: number }>("insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, 'Hello', 'live', '{}', 0, 0) returning id", [WORKSPACE]); // prettier-ignore
  await stores.sql.query("insert into versions (workspace, kind, journey, body, context, state, ready_no, created_at, live_at) values ($1, 'journey', $2, '{}', '{}', 'live', 1, 0, 0)", [WORKSPACE, row!.id]); // prettier-ignore
  const run = (name: string, day: number, i: number) => ({ name, at: T0 + day * DAY_MS, properties: { journey: row!.id, version: 1, run: `r${i}` } }); // prettier-ignore
  await tell(each(25, 1, (i) => [order(0.5, 7), run("$journey.entered", 1, i), order(2, 10), run("$journey.left", 3, i), order(4, 100)])); // prettier-ignore
  expect(await ask("journey_revenue")).toMatchObject([{ part: String(row!.id), name: "Hello", result: { value: 250, n: 25 } }]); // prettier-ignore
  expect((await ask("journey_revenue"))[0]!.series.slice(0, 4).map(({ value, n }) => [value, n])).toEqual([[null, 0], [null, 0], [250, 25], [0, 0]]); // prettier-ignore
});

test("orders of one instant are orders of their own, and an order within two runs of a journey is one", async () => {
  const { sql } = stores;
  await sql.query("delete from journeys");
  const [row] = await sql.query<{ id: number }>("insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, 'Hello', 'live', '{}', 0, 0) returning id", [WORKSPACE]); // prettier-ignore
  await sql.query("insert into versions (workspace, kind, journey, body, context, state, ready_no, created_at, live_at) values ($1, 'journey', $2, '{}', '{}', 'live', 1, 0, 0)", [WORKSPACE, row!.id]); // prettier-ignore
  const run = (day: number, name: string) => ({ name: "$journey.entered", at: T0 + day * DAY_MS, properties: { journey: row!.id, version: 1, run: name } }); // prettier-ignore
  await tell(each(30, 1, (i) => [run(1, `a${i}`), run(1.5, `b${i}`), order(2, 20, { properties: { total: 20, order_id: `x${i}` } }), order(2, 20, { properties: { total: 20, order_id: `y${i}` } })])); // prettier-ignore
  expect(await ask("revenue")).toMatchObject([{ result: { value: 1200, n: 30 } }]);
  expect(await ask("journey_revenue")).toMatchObject([{ result: { value: 1200, n: 30 } }]);
});

test("conversion by journey is told of those who had their time, day by day of their entry", async () => {
  const { sql } = stores;
  await sql.query("delete from journeys");
  const [row] = await sql.query<{ id: number }>("insert into journeys (workspace, name, state, draft, created_at, updated_at) values ($1, 'Second order', 'live', '{}', 0, 0) returning id", [WORKSPACE]); // prettier-ignore
  const journey = row!.id;
  const body = { draft: { goal: { when: { type: "event", event: "Order Completed", where: [] }, withinMs: 3 * DAY_MS }, holdoutRatio: 0, steps: {} }, rules: [] }; // prettier-ignore
  const [version] = await sql.query<{ id: number }>("insert into versions (workspace, kind, journey, number, body, context, state, ready_no, created_at, live_at) values ($1, 'journey', $2, 1, $3, '{}', 'live', 1, 0, 0) returning id", [WORKSPACE, journey, JSON.stringify(body)]); // prettier-ignore
  const enter = (day: number, i: number, n: number) => ({ name: "$journey.entered", at: T0 + day * DAY_MS, properties: { journey, version: n, run: `r${i} ${day}` } }); // prettier-ignore
  const of = version!.id;
  await tell([
    ...each(20, 1, (i) => [enter(1, i, of), ...(i < 15 ? [order(2, 10)] : [])]),
    // Too late for the goal; and back again, when it is reached in time.
    ...each(20, 100, (i) => [enter(1, i, of), order(4.5, 10), ...(i < 5 ? [enter(4, i, of)] : [])]),
    ...each(20, 200, (i) => [enter(26, i, of), order(26.5, 10)]),
    ...each(20, 300, (i) => [enter(1, i, of + 1), order(1.5, 10)]),
  ]);
  const ends = new Date(T0 + 28 * DAY_MS).toISOString();
  const [figure] = (await readMetrics(stores.at(T0 + 28 * DAY_MS), MetricsAsked.parse({ scope: { ...scope, to: ends }, metrics: ["journey_conversion"] }))).answer.metrics[0]!.figures; // prettier-ignore
  expect(figure).toMatchObject({
    part: String(journey),
    name: "Second order",
    result: { value: 20 / 40, n: 40 },
  });
  const points = figure!.series.map(({ value, n, complete }) => [value, n, complete]);
  expect([points[1], points[4], points[24], points[25]]).toEqual([[15 / 40, 40, true], [1, 5, true], [null, 0, true], [null, 0, false]]); // prettier-ignore
});

test("the workspace's kind of business is that of its stage model, until it says which events count", async () => {
  const { sql } = stores;
  const signed = (name: string) => ({ name, at: T0 + DAY_MS });
  await tell([...each(30, 1, () => [see(1), signed("Mandate Signed")]), ...each(30, 100, () => [see(1), signed("Retainer Agreed")]), ...each(40, 200, () => [see(1)])]); // prettier-ignore
  const asked = async () =>
    (await readMetrics(stores.at(T0 + 30 * DAY_MS), MetricsAsked.parse({ scope, metrics: ["conversion"] })))
      .answer;
  const valueOf = async () =>
    [(await asked()).business, (await asked()).metrics[0]!.figures[0]!.result] as const;
  // A stage model of their own says nothing of the kind of business.
  expect(await valueOf()).toMatchObject(["ecommerce", { value: 0 }]);
  const [before] = await sql.query<{ body: unknown }>("select body from versions where kind = 'stages'");
  await sql.query("update versions set body = $1 where kind = 'stages'", [JSON.stringify(STAGE_STARTERS.find(({ key }) => key === "professional_service")!.model)]); // prettier-ignore
  expect(await valueOf()).toMatchObject(["professional_service", { value: 0.3 }]);
  await writeOwnNames(sql, WORKSPACE, {
    business: "professional_service",
    names: { order: ["Retainer Agreed", "Mandate Signed"] },
  });
  expect(await valueOf()).toMatchObject(["professional_service", { value: 0.6 }]);
  // A question that names a kind of business itself is answered in that one's names.
  expect((await ask("conversion", { business: "b2b" }))[0]!.result).toMatchObject({ value: 0 });
  await sql.query("update workspaces set settings = settings - 'metrics'");
  await sql.query("update versions set body = $1 where kind = 'stages'", [JSON.stringify(before!.body)]);
});
