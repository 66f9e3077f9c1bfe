/** The edges of what metrics count: exactly in time, at the end of a scale, by the end of a visit, and just beyond each. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readMetrics } from "../../src/metrics/metrics.ts";
import { type Figure, type MetricKey, MetricsAsked } from "../../src/metrics/model.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { type Stood, stoodWithStages } from "./stood.ts";

let stores: Stood;
beforeAll(async () => {
  stores = await stoodWithStages();
});
afterAll(() => stores.drop());
beforeEach(() => stores.forget());

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.UTC(2026, 0, 5);
const NOW = T0 + 28 * DAY_MS;
const scope = { from: new Date(T0).toISOString(), to: new Date(NOW).toISOString() };
async function ask(metric: MetricKey, more: object = {}): Promise<readonly Figure[]> {
  const asked = MetricsAsked.parse({ scope, metrics: [metric], horizonMs: 7 * DAY_MS, ...more });
  return (await readMetrics(stores.at(NOW), asked)).answer.metrics[0]!.figures;
}
/** The same story of so many customers, or one by customer. */
const each = (n: number, first: number, story: (i: number) => readonly Omit<Past, "atom">[]): Past[] =>
  Array.from({ length: n }, (_, i) => story(i).map((past) => ({ ...past, atom: first + i }))).flat();
const tell = (events: readonly Past[]) => tellHistory(stores.log, events);
const at = (day: number, name: string, properties: object = {}) => ({ name, at: T0 + day * DAY_MS, properties }); // prettier-ignore
const stage = (day: number, to: string, from: string) => at(day, "$stage.changed", { stage: to, from, version: 1 }); // prettier-ignore

test("a further stage counts to the last moment of the time given, and no longer", async () => {
  await tell([
    ...each(20, 1, () => [at(1, "$page.viewed"), stage(8, "lead", "visitor")]),
    ...each(20, 100, () => [at(1, "$page.viewed"), stage(8.001, "lead", "visitor")]),
    // Exactly as long ago as the time given, and a moment less.
    ...each(20, 200, () => [at(21, "$page.viewed")]),
    ...each(20, 300, () => [at(21.001, "$page.viewed")]),
  ]);
  expect((await ask("stage_conversion"))[0]).toMatchObject({ part: "visitor", result: { value: 20 / 60, n: 60 } }); // prettier-ignore
});

test("a stage noted long after what caused it began at no known time: an import of history makes nobody slow", async () => {
  const because = (day: number, messageId: string) => at(day, "$stage.changed", { stage: "lead", from: "visitor", version: 1, by: "event", messageId }); // prettier-ignore
  await tell([
    ...each(20, 1, (i) => [at(1, "$page.viewed"), { ...at(3, "Form Submitted"), id: `live-${i}` }, because(3.9, `live-${i}`)]), // prettier-ignore
    // What happened on the third day was imported on the twentieth.
    ...each(30, 100, (i) => [at(1, "$page.viewed"), { ...at(3, "Form Submitted"), id: `late-${i}` }, because(20, `late-${i}`)]), // prettier-ignore
    ...each(20, 200, () => [at(1, "$page.viewed")]),
  ]);
  expect((await ask("stage_conversion"))[0]).toMatchObject({
    part: "visitor",
    result: { value: 0.5, n: 40 },
  });
  expect((await ask("stage_time"))[0]).toMatchObject({ part: "visitor", result: { value: Math.floor(2.9 * 24) * HOUR_MS, n: 40 } }); // prettier-ignore
});

test("a lead has its time to the last moment, and a later one is not counted yet", async () => {
  await tell([
    ...each(20, 1, () => [at(1, "Form Submitted"), at(8, "Order Completed", { total: 1 })]),
    ...each(20, 100, () => [at(1, "Form Submitted"), at(8.001, "Order Completed", { total: 1 })]),
    ...each(20, 200, () => [at(21, "Form Submitted")]),
    ...each(20, 300, () => [at(21.001, "Form Submitted")]),
    // An order at the very moment is not what became of it.
    ...each(20, 400, () => [at(2, "Form Submitted"), at(2, "Order Completed", { total: 1 })]),
  ]);
  expect((await ask("lead_quality"))[0]!.result).toMatchObject({ value: 20 / 80, n: 80 });
});

test("a score at the edge of its class counts to that class, and a score beyond the scale to none", async () => {
  const answers = (kind: string, scores: readonly number[]) => each(scores.length * 5, 1, (i) => [at(1, "Survey Answered", { kind, score: scores[i % scores.length]! })]); // prettier-ignore
  await tell(answers("nps", [0, 6, 7, 8, 9, 10, 11, -1]));
  // Two of six praise, two of six blame.
  expect((await ask("nps"))[0]!.result).toMatchObject({ value: 0, n: 30 });
  await stores.forget();
  await tell(answers("nps", [6, 7, 8, 9, 9]));
  expect((await ask("nps"))[0]!.result).toMatchObject({ value: 20, n: 25 });
  await stores.forget();
  await tell(answers("csat", [0, 1, 3, 4, 5, 6]));
  expect((await ask("csat"))[0]!.result).toMatchObject({ value: 0.5, n: 20 });
  await stores.forget();
  await tell(answers("ces", [0, 1, 7, 8, 4]));
  expect((await ask("ces"))[0]).toMatchObject({ result: { type: "too_little_data", found: 15 } });
});

test("who is known by the end of a visit was recognised in it, by the end of half an hour without anything", async () => {
  const email = [{ kind: "email", value: "a@example.com" }];
  const see = (minutes: number, known = false) => ({ ...at(1 + minutes / 1440, "$page.viewed"), ...(known ? { identifiers: email } : {}) }); // prettier-ignore
  await tell([
    // Named at the end of one visit.
    ...each(20, 1, () => [see(0), see(30), see(60, true)]),
    // Named in the next one, half an hour and a minute later.
    ...each(20, 100, () => [see(0), see(31, true)]),
    // A device names nobody.
    ...each(20, 200, () => [{ ...see(0), identifiers: [{ kind: "device", value: "d" }] }]),
  ]);
  expect((await ask("recognition"))[0]!.result).toMatchObject({ value: 40 / 80, n: 80 });
});

test("a promise kept at the moment it was due was kept, and one that is not due yet is not counted", async () => {
  const due = (day: number) => new Date(T0 + day * DAY_MS).toISOString();
  const made = (i: number, dueDay: number) => at(1, "Promise Made", { promise_id: `p${i}`, due_at: due(dueDay) }); // prettier-ignore
  await tell([
    ...each(20, 1, (i) => [made(i, 5), at(5, "Promise Kept", { promise_id: `p${i}` })]),
    ...each(20, 100, (i) => [made(100 + i, 5), at(5.001, "Promise Kept", { promise_id: `p${100 + i}` })]),
    ...each(20, 200, (i) => [made(200 + i, 40)]),
  ]);
  expect((await ask("promises_kept"))[0]!.result).toMatchObject({ value: 0.5, n: 40 });
});
