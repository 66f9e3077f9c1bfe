/** Funnels as the log counts them against trying every combination of events, on random histories. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { readFunnel } from "../../src/metrics/funnel.ts";
import { createSegment } from "../../src/segments/change.ts";
import { Rule } from "../../src/segments/model.ts";
import { FunnelAsked } from "../../src/metrics/model.ts";
import { type Past, tellHistory } from "../analysis/history.ts";
import { bestTry, median, personsOf } from "./naive-funnel.ts";
import { type Stood, WORKSPACE, stood } from "./stood.ts";

let stores: Stood;
beforeAll(async () => {
  stores = await stood();
});
afterAll(() => stores.drop());
beforeEach(() => stores.forget());

const T0 = Date.UTC(2026, 0, 10);
const MINUTE_MS = 60_000;
const scope = { from: new Date(T0).toISOString(), to: new Date(T0 + 40 * 86_400_000).toISOString() };
const ask = (asked: object) =>
  readFunnel(stores.at(T0 + 50 * 86_400_000), FunnelAsked.parse({ scope, ...asked }));
const event = (name: string) => ({ event: name });

/** Each history is told twenty times, by other customers, so that there are enough. */
const COPIES = 20;
const Histories = fc.array(
  fc.array(fc.record({ minute: fc.integer({ min: 0, max: 60 }), name: fc.constantFrom("A", "B", "C", "X") }), { minLength: 1, maxLength: 14 }),
  { minLength: 1, maxLength: 4 },
); // prettier-ignore
const Asked = fc.record({
  steps: fc.constantFrom(["A", "B", "C"], ["A", "B"], ["A", "A", "B"], ["A", "B", "A"]).map((names) => names.map(event)),
  order: fc.constantFrom("ordered" as const, "any" as const),
  window: fc.record({ ms: fc.constantFrom(5, 20, 60).map((minutes) => minutes * MINUTE_MS), from: fc.constantFrom("first" as const, "before" as const) }),
  exclusions: fc.constantFrom([], [event("X")], [{ ...event("X"), after: 1 }], [{ ...event("C"), after: 1 }, event("X")]),
  per: fc.constantFrom({ by: "customer" as const }, { by: "visit" as const, gapMs: 10 * MINUTE_MS }),
}); // prettier-ignore

test("people and times of a funnel are those of trying every combination", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(Histories, Asked, async (histories, given) => {
      await stores.forget();
      const any = given.order === "any";
      const asked = { ...given, window: any ? { ...given.window, from: "first" as const } : given.window, exclusions: any && given.exclusions.length > 0 ? [event("X")] : given.exclusions };
      const events: Past[] = histories.flatMap((history, h) =>
        Array.from({ length: COPIES }, (_, copy) => history.map(({ minute, name }) => ({ atom: 1 + h * COPIES + copy, at: T0 + minute * MINUTE_MS, name }))).flat());
      await tellHistory(stores.log, events);
      const parsed = FunnelAsked.parse({ scope, ...asked });
      const chains = personsOf(events, parsed.per).map((own) => bestTry(own, parsed)).filter((chain) => chain.length > 0);
      const { answer } = await ask(asked);
      const { funnel } = answer;
      if (chains.length === 0) {
        expect(funnel).toMatchObject({ type: "too_little_data", found: 0 });
        return;
      }
      if (funnel.type !== "steps") throw new Error(funnel.detail);
      const expected = parsed.steps.map((_, i) => {
        const reached = chains.filter((chain) => chain.length > i);
        const times = (from: (chain: readonly number[]) => number) => (i === 0 ? null : median(reached.map((chain) => chain[i]! - from(chain))));
        return { people: reached.length, medianMsFromFirst: times((chain) => chain[0]!), medianMsFromBefore: times((chain) => chain[i - 1]!) };
      });
      expect(funnel.steps.map(({ people, medianMsFromFirst, medianMsFromBefore }) => ({ people, medianMsFromFirst, medianMsFromBefore }))).toEqual(expected);
    }),
    { numRuns: 60, endOnFailure: true },
  );
}); // prettier-ignore

const told = (n: number, first: number, story: (atom: number) => readonly Omit<Past, "atom">[]): Past[] =>
  Array.from({ length: n }, (_, i) => story(first + i).map((past) => ({ ...past, atom: first + i }))).flat();

test("a breakdown tells the groups apart by what they began with, the most frequent first", async () => {
  await tellHistory(stores.log, [
    ...told(40, 1, (i) => [{ name: "A", at: T0 + i, channel: "email", properties: { plan: "gold" } }, { name: "B", at: T0 + MINUTE_MS + i, channel: "web" }]),
    ...told(30, 100, (i) => [{ name: "A", at: T0 + i, channel: "web" }, ...(i % 2 ? [{ name: "B", at: T0 + MINUTE_MS + i }] : [])]),
    ...told(5, 200, (i) => [{ name: "A", at: T0 + i, channel: "store" }]),
  ]); // prettier-ignore
  const steps = [event("A"), event("B")];
  const byChannel = await ask({ steps, breakdown: { by: "channel" } });
  expect(byChannel.answer.groups).toMatchObject([
    { value: "email", funnel: { steps: [{ people: 40 }, { people: 40, ofFirst: { ratio: 1 } }] } },
    { value: "web", funnel: { steps: [{ people: 30 }, { people: 15, ofBefore: { ratio: 0.5 } }] } },
    { value: "store", funnel: { type: "too_little_data", found: 5 } },
  ]);
  const byPlan = await ask({ steps, breakdown: { by: "property", property: "plan" } });
  expect(byPlan.answer.groups).toMatchObject([
    { value: "gold", funnel: { steps: [{ people: 40 }, { people: 40 }] } },
    { value: null, funnel: { steps: [{ people: 35 }, { people: 15 }] } },
  ]);
});

test("a breakdown by stage takes the stage they were in when they began", async () => {
  const stage = (at: number, to: string, from: string) => ({ name: "$stage.changed", at, properties: { stage: to, from, version: 1 } });
  await tellHistory(stores.log, [
    ...told(30, 1, () => [stage(T0 - 1000, "lead", "visitor"), { name: "A", at: T0 }, stage(T0 + 1, "buyer", "lead"), { name: "B", at: T0 + 2 }]),
    ...told(25, 100, () => [{ name: "A", at: T0 }, stage(T0 + 1, "lead", "visitor")]),
  ].map((one) => (one.name.startsWith("$") ? { ...one, channel: "other" } : one))); // prettier-ignore
  await stores.log.command("alter table events update key = 0 where name = '$stage.changed' settings mutations_sync = 1");
  const { answer } = await ask({ steps: [event("A"), event("B")], breakdown: { by: "stage" } });
  expect(answer.groups).toMatchObject([
    { value: "lead", funnel: { steps: [{ people: 30 }, { people: 30 }] } },
    { value: "visitor", funnel: { steps: [{ people: 25 }, { people: 0 }] } },
  ]);
}); // prettier-ignore

test("a breakdown by segment tells each segment's own funnel: somebody may be in several, or in none", async () => {
  const ordered = (n: number) => Rule.parse({ type: "did", event: "Order Completed", measure: { of: "count" }, is: { op: "at_least", value: n } });
  const [buyers, regulars, nobody] = await Promise.all([1, 2, 3].map((n) => createSegment(stores.sql, WORKSPACE, { name: `Bought ${n} times`, description: "", rule: ordered(n) }, 0)));
  const bought = (at: number) => ({ name: "Order Completed", at: T0 - 5 * MINUTE_MS + at });
  await tellHistory(stores.log, [
    ...told(30, 1, (i) => [bought(0), { name: "A", at: T0 + i }, ...(i % 3 ? [{ name: "B", at: T0 + MINUTE_MS + i }] : [])]),
    ...told(24, 100, (i) => [bought(0), bought(1), { name: "A", at: T0 + i }, ...(i % 2 ? [{ name: "B", at: T0 + MINUTE_MS + i }] : [])]),
    ...told(26, 200, (i) => [{ name: "A", at: T0 + i }]),
  ]);
  const { answer } = await ask({ steps: [event("A"), event("B")], breakdown: { by: "segment", segments: [regulars, buyers, nobody] } });
  expect(answer.funnel).toMatchObject({ steps: [{ people: 80 }, { people: 32 }] });
  expect(answer.groups).toMatchObject([
    { value: String(regulars), name: "Bought 2 times", funnel: { steps: [{ people: 24 }, { people: 12, ofFirst: { ratio: 0.5 } }] } },
    { value: String(buyers), name: "Bought 1 times", funnel: { steps: [{ people: 54 }, { people: 32 }] } },
    { value: String(nobody), funnel: { type: "too_little_data", found: 0 } },
  ]);
}); // prettier-ignore

test("of a breakdown's values the twenty with which most began are told apart, the rest is one, and together they are all", async () => {
  const size = (value: number): number => 22 + (value % 23);
  const values = Array.from({ length: 23 }, (_, value) => value);
  await tellHistory(stores.log, [
    ...values.flatMap((value) => told(size(value), 1 + value * 100, (i) => [{ name: "A", at: T0, properties: { plan: `p${value}` } }, { name: "A", at: T0 + 1, properties: { plan: "later" } }, ...(i % 2 ? [{ name: "B", at: T0 + 5 }] : [])])),
    ...told(40, 5_000, () => [{ name: "A", at: T0 }]),
  ]);
  const { answer } = await ask({ steps: [event("A"), event("B")], breakdown: { by: "property", property: "plan" }, window: { ms: 1000 }, per: { by: "visit" } });
  const groups = answer.groups!.map(({ name, funnel }) => [name, funnel.type === "steps" ? funnel.steps[0]!.people : 0] as const);
  // Whoever could still go on began last with what came last: a try takes the latest beginning.
  const began = new Map<string, number>();
  for (const value of values)
    for (let i = 0; i < size(value); i++) {
      const plan = (1 + value * 100 + i) % 2 ? "later" : `p${value}`;
      began.set(plan, (began.get(plan) ?? 0) + 1);
    }
  const ranked = [...began].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const rest = ranked.slice(20).reduce((sum, [, n]) => sum + n, 0);
  expect(groups.map(([name]) => name)).toEqual([...ranked.slice(0, 20).map(([name]) => name), "All others", "None"]);
  expect(groups.at(-2)).toEqual(["All others", rest]);
  expect(groups.at(-1)).toEqual(["None", 40]);
}); // prettier-ignore

test("a step asks for properties as rules do", async () => {
  await tellHistory(stores.log, told(30, 1, (i) => [{ name: "A", at: T0, properties: { total: i } }, { name: "B", at: T0 + 1, properties: { plan: i > 10 ? "gold" : "free" } }])); // prettier-ignore
  const { answer } = await ask({
    steps: [
      { event: "A", where: [{ property: "total", is: { op: "at_least", value: 6 } }] },
      { event: "B", where: [{ property: "plan", is: { op: "equals", value: "gold" } }] },
    ],
  });
  expect(answer.funnel).toMatchObject({ steps: [{ people: 25 }, { people: 20, ofFirst: { ratio: 0.8 } }] });
});

test("fewer than twenty people are too few, and nothing else is said of them", async () => {
  await tellHistory(stores.log, told(19, 1, () => [{ name: "A", at: T0 }, { name: "B", at: T0 + 1 }])); // prettier-ignore
  const { answer } = await ask({ steps: [event("A"), event("B")] });
  expect(answer.funnel).toEqual({ type: "too_little_data", found: 19, needed: 20, detail: expect.stringContaining("19 customers") as string }); // prettier-ignore
});
