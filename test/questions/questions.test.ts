/** Questions and barriers: wordings put together, counted by people, stage and trend, against counts made by hand. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findQuestions } from "../../src/questions/ask.ts";
import { QuestionsAsked, type QuestionsFound } from "../../src/questions/model.ts";
import { groupWordings, keyOf, singularOf } from "../../src/questions/wording.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { bothStores } from "../stores.ts";

let stores: Awaited<ReturnType<typeof bothStores>>;
beforeAll(async () => {
  stores = await bothStores();
});
afterAll(() => stores.drop());

const DAY_MS = 86_400_000;
const FROM = Date.UTC(2026, 3, 1);
const PERIOD = { from: new Date(FROM).toISOString(), to: new Date(FROM + 28 * DAY_MS).toISOString() };

async function found(events: readonly Past[], asked: object = {}): Promise<Omit<QuestionsFound, "basis">> {
  await stores.log.command("truncate table events");
  await tellHistory(stores.log, events);
  const body = QuestionsAsked.parse({ scope: PERIOD, ...asked });
  const { answer } = await findQuestions(stores.sql, stores.log, 1 as WorkspaceId, body, FROM + 40 * DAY_MS); // prettier-ignore
  if (answer.type !== "found") throw new Error(answer.detail);
  return answer;
}
const people = (from: number, n: number) => Array.from({ length: n }, (_, i) => from + i);

test("one question in many spellings is one group, counted by people", async () => {
  const spell = ["Size chart?", "size  charts", "SIZE CHART", "what is the size chart"];
  const { groups, totals } = await found([
    ...people(1, 40).map((atom) => ({ atom, at: FROM + atom, name: "Products Searched", properties: { query: spell[atom % 4], results: atom % 4 === 0 ? 0 : 3 } })),
    ...people(1, 40).map((atom) => ({ atom, at: FROM + DAY_MS, name: "products_searched", properties: { search_query: "size chart", results_count: 0 } })),
    ...people(50, 10).map((atom) => ({ atom, at: FROM + DAY_MS, name: "$page.viewed" })),
  ]); // prettier-ignore
  expect(groups).toHaveLength(1);
  expect(groups[0]).toMatchObject({ kind: "search", key: "chart size", people: 40, events: 80, withoutAnswer: 50, shareRatio: 0.8 }); // prettier-ignore
  expect(groups[0]!.spellings.length).toBeGreaterThanOrEqual(3);
  expect(totals).toMatchObject({ people: 50, asking: 40, events: 80, notShown: 0 });
});

test("each kind is heard by the usual names: tickets, forms left, objections, surveys", async () => {
  const { groups, kinds } = await found(
    people(1, 30).flatMap((atom) => [
      { atom, at: FROM + 1, name: "Ticket Created", channel: "support", properties: { subject: "Delivery" } },
      { atom, at: FROM + 2, name: "Form Abandoned", properties: { last_field: "phone" } },
      { atom, at: FROM + 3, name: "Sales Call Completed", channel: "sales", properties: { objection: "Too expensive", sentiment: "negative" } },
      { atom, at: FROM + 4, name: "Survey Answered", properties: { answer: "easy", score: atom % 2 === 0 ? 4 : 2 } },
      { atom, at: FROM + 5, name: "Ticket Created", channel: "support" },
    ]),
  ); // prettier-ignore
  expect(groups.map(({ kind, key, people: n }) => [kind, key, n])).toEqual([["form_field", "phone", 30], ["objection", "expensive too", 30], ["support_topic", "delivery", 30], ["survey_answer", "easy", 30]]); // prettier-ignore
  expect(groups[1]!.sentiment).toMatchObject({ mean: -1, events: 30 });
  expect(groups[3]!.score).toMatchObject({ mean: 3, events: 30, interval: { low: expect.closeTo(3 - 1.96 * Math.sqrt(30 / 29 / 30), 9), high: expect.closeTo(3 + 1.96 * Math.sqrt(30 / 29 / 30), 9), level: 0.95 } }); // prettier-ignore
  expect(kinds.find(({ kind }) => kind === "form_field")!.eventNames).toEqual(["Form Abandoned"]);
});

test("a question is counted in the stage its asker was in at that time, and against the period before", async () => {
  const stage = (atom: number, at: number, name: string): Past => ({ atom, at, name: "$stage.changed", channel: "other", properties: { stage: name } }); // prettier-ignore
  const ask = (atom: number, at: number): Past => ({ atom, at, name: "Ticket Created", channel: "support", properties: { topic: "Returns" } }); // prettier-ignore
  const { groups } = await found([
    ...people(1, 60).map((atom) => ({ atom, at: FROM - 20 * DAY_MS, name: "$page.viewed" })),
    ...people(1, 5).map((atom) => ask(atom, FROM - 10 * DAY_MS)),
    ...people(1, 60).map((atom) => stage(atom, FROM - DAY_MS, "lead")),
    ...people(1, 10).map((atom) => stage(atom, FROM + DAY_MS, "buyer")),
    ...people(1, 30).map((atom) => ask(atom, FROM + 2 * DAY_MS)),
    // Became a buyer after asking.
    stage(30, FROM + 3 * DAY_MS, "buyer"),
    ...people(31, 30).map((atom) => ({ atom, at: FROM + DAY_MS, name: "$page.viewed" })),
  ]); // prettier-ignore
  expect(groups[0]!.stages).toEqual([{ stage: "lead", people: 20, events: 20 }, { stage: "buyer", people: 10, events: 10 }]); // prettier-ignore
  expect(groups[0]!.trend).toMatchObject({ people: 30, peopleBefore: 5, direction: "more" });
  expect(groups[0]!.trend.change!.low).toBeGreaterThan(0);
});

test("of fewer than ten answers no mean is told, and of ten one with its interval", async () => {
  const answers = (n: number) => people(1, n).map((atom) => ({ atom, at: FROM + atom, name: "Survey Answered", properties: { answer: "easy", score: atom % 5, sentiment: atom % 2 ? "positive" : "neutral" } })); // prettier-ignore
  const others = people(50, 30).map((atom) => ({ atom, at: FROM, name: "$page.viewed" }));
  const { groups: few } = await found([...answers(9), ...others]);
  expect([few[0]!.people, few[0]!.score, few[0]!.sentiment]).toEqual([9, null, null]);
  const { groups: enough } = await found([...answers(10), ...others]);
  expect(enough[0]).toMatchObject({ score: { mean: 2, events: 10 }, sentiment: { mean: 0.5, events: 10 } });
  expect(enough[0]!.score!.interval.low).toBeLessThan(2);
  expect(enough[0]!.sentiment!.interval.high).toBeGreaterThan(0.5);
});

test("who never changed stage asked in the model's first one", async () => {
  await stores.sql.query("insert into versions (workspace, kind, body, context, state, created_at, live_at) values (1, 'stages', $1, '{}', 'live', 0, 0)", [JSON.stringify({ stages: [{ key: "new", name: "New" }, { key: "buyer", name: "Buyer" }], backward: "allowed" })]); // prettier-ignore
  const ask = (atom: number): Past => ({ atom, at: FROM + 2 * DAY_MS, name: "Ticket Created", channel: "support", properties: { topic: "Returns" } }); // prettier-ignore
  const { groups } = await found([
    ...people(1, 30).map(ask),
    ...people(1, 10).map((atom): Past => ({ atom, at: FROM + DAY_MS, name: "$stage.changed", channel: "other", properties: { stage: "buyer" } })),
  ]); // prettier-ignore
  expect(groups[0]!.stages).toEqual([{ stage: "new", people: 20, events: 20 }, { stage: "buyer", people: 10, events: 10 }]); // prettier-ignore
  await stores.sql.query("delete from versions");
});

test("with too few customers nothing is said", async () => {
  await expect(
    found([{ atom: 1, at: FROM, name: "Products Searched", properties: { query: "boots" } }]),
  ).rejects.toThrow("Too few customers");
});

test("a wording's key is its own key, and case, blanks, order and plain plurals do not matter", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(keyOf(keyOf(text))).toBe(keyOf(text));
    }),
  );
  const Words = fc.array(fc.constantFrom("delivery", "size", "boot", "return", "box"), { minLength: 1, maxLength: 4 }); // prettier-ignore
  fc.assert(
    fc.property(Words, (words) => {
      const plural = { delivery: "deliveries", size: "sizes", boot: "boots", return: "returns", box: "boxes" } as const; // prettier-ignore
      const other = words.toReversed().map((word) => plural[word].toUpperCase());
      expect(keyOf(`  ${other.join("  ")}?`)).toBe(keyOf(words.join(" ")));
    }),
  );
  expect(["shipping", "bus", "address", "news", "gas"].map(singularOf)).toEqual(["shipping", "bus", "address", "news", "gas"]); // prettier-ignore
});

test("nothing of a wording is lost by grouping, but what says nothing", () => {
  const Wordings = fc.uniqueArray(fc.record({ text: fc.string(), events: fc.nat(100), hash: fc.string() }), { selector: ({ text }) => text }); // prettier-ignore
  fc.assert(
    fc.property(Wordings, (wordings) => {
      const groups = groupWordings(wordings, 5);
      const said = wordings.filter(({ text }) => keyOf(text) !== "");
      expect(groups.flatMap(({ hashes }) => hashes).toSorted()).toEqual(said.map(({ hash }) => hash).toSorted()); // prettier-ignore
    }),
  );
});
