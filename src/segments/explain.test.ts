/** Words, reasons, places of mistakes and histories: the pure parts of the API of segments. */
import { describe, expect, test } from "vitest";
import { problemsBy, shapeOf } from "./check.ts";
import { explain } from "./explain.ts";
import type { Why } from "./document.ts";
import { type Facts, match } from "./match.ts";
import { conditionAt, historyOf } from "./membership.ts";
import { Rule, StageModel } from "./model.ts";
import { NO_CONTEXT, type PlanContext, planOf } from "./plan.ts";
import { dependentsOf, reachOf } from "./references.ts";
import { rising } from "./rfm.ts";
import type { TrackState } from "./track.ts";
import { NO_NAMES, durationWords, wordsOf } from "./words.ts";

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 21, 12);
const rule = (given: unknown): Rule => Rule.parse(given);
const words = (given: unknown): string =>
  wordsOf(rule(given), {
    segment: (id) => (id === 7 ? "Loyal" : null),
    stage: (key) => (key === "buyer" ? "Buyer" : null),
  });

test.each([
  [{ type: "did", event: "Order Completed" }, "did Order Completed"],
  [{ type: "did", event: "Order Completed", when: { from: { agoMs: 30 * DAY_MS } }, is: { op: "at_least", value: 2 } }, "did Order Completed at least 2 times in the last 30 days"],
  [{ type: "did", event: "Order Completed", is: { op: "equals", value: 0 } }, "did not do Order Completed"],
  [{ type: "did", event: "Order Completed", is: { op: "equals", value: 1 }, when: { from: { at: Date.UTC(2026, 0, 1) }, to: { at: Date.UTC(2026, 1, 1, 9, 30) } } }, "did Order Completed exactly once since 1 Jan 2026 and before 1 Feb 2026, 09:30 UTC"],
  [{ type: "did", event: "Order Completed", where: [{ property: "$channel", is: { op: "in", values: ["web", "app"] } }], measure: { of: "sum", property: "total" }, is: { op: "above", value: 99.5 } }, 'the sum of total over Order Completed where channel is "web" or "app" is more than 99.5'],
  [{ type: "did", event: null, when: { from: { agoMs: 60 * DAY_MS }, to: { agoMs: 30 * DAY_MS } } }, "did anything between 60 days and 30 days ago"],
  [{ type: "did", event: "Visit", measure: { of: "trend", ms: 7 * DAY_MS }, is: { op: "below", value: 0 } }, "the number of Visit in the last 7 days less that of the 7 days before is less than 0"],
  [{ type: "sequence", steps: [{ event: "A" }, { event: "B", withinMs: 7_200_000 }] }, "did A, then B within 2 hours"],
  [{ type: "without", event: "A", without: { event: "B" }, forMs: 3 * DAY_MS }, "did A and since then not B for 3 days"],
  [{ type: "not", rule: { type: "segment", id: 7 } }, 'not (is in the segment "Loyal")'],
  [{ type: "stage", in: ["buyer", "odd"] }, "is at the stage Buyer or odd"],
  [{ type: "consent", channel: "email", purpose: "marketing", is: "granted" }, 'has granted "marketing" by email'],
  [{ type: "rfm", recency: [4, 5], money: [5] }, "has recency band 4 or 5, money band 5 (5 is best)"],
  [{ type: "all", rules: [{ type: "any", rules: [{ type: "trait", name: "a", is: { op: "exists" } }, { type: "trait", name: "b", is: { op: "longer_ago", ms: DAY_MS } }] }, { type: "account_trait", name: "size", is: { op: "between", from: 1, to: 9 } }] }, "(a is known or b is at least 1 day ago) and belongs to an account whose size is between 1 and 9"],
] as const)("%j reads as a sentence", (given, sentence) => {
  expect(words(given)).toBe(sentence);
}); // prettier-ignore

test("durations are told in their greatest whole unit", () => {
  expect([1000, 90_000, 5_400_000, DAY_MS, 36 * 3_600_000, 1001].map(durationWords)).toEqual(["1 second", "90 seconds", "90 minutes", "1 day", "36 hours", "1001 milliseconds"]); // prettier-ignore
});

describe("why", () => {
  const facts = (tracks: { readonly [key: string]: TrackState }, traits: { readonly [name: string]: string } = {}): Facts => ({
    track: (key) => tracks[key], trait: (name) => traits[name], consent: () => undefined, channels: () => ({ web: [3, 1, 2] }),
    accountTraits: () => [], accountMatches: () => false, stage: "buyer",
  }); // prettier-ignore
  const why = (
    given: unknown,
    tell: (keys: readonly string[]) => Facts,
    context: PlanContext = NO_CONTEXT,
  ): Why => {
    const planned = planOf(rule(given), context);
    if (!planned.ok) throw new Error(JSON.stringify(planned.problems));
    const { root, tracks } = planned.plan;
    const told = tell([...tracks.keys()]);
    const answer = explain(rule(given), root, { facts: told, now: NOW, context, names: NO_NAMES });
    const { matches, turnsAt } = match(root, told, NOW);
    expect([answer.matches, answer.changesAt]).toEqual([matches, turnsAt === null ? null : new Date(turnsAt).toISOString()]); // prettier-ignore
    return answer;
  };

  test("a count in a window tells how often, and the day on which the oldest leaves it", () => {
    const twice = { type: "did", event: "Order Completed", when: { from: { agoMs: 30 * DAY_MS } }, is: { op: "at_least", value: 2 } }; // prettier-ignore
    const answer = why(twice, ([key]) => facts({ [key!]: [[NOW - DAY_MS, 0], [NOW - 29 * DAY_MS, 0]] })); // prettier-ignore
    expect(answer).toMatchObject({ matches: true, value: 2, found: "2 times", changesAt: "2026-11-22T12:00:00.000Z", path: "" }); // prettier-ignore
  });

  test("a count that is kept only as far as the test needs says so", () => {
    const once = { type: "did", event: "Visit", when: { from: { agoMs: 30 * DAY_MS } } };
    const answer = why(once, ([key]) =>
      facts({
        [key!]: [
          [NOW - DAY_MS, 0],
          [NOW - 2 * DAY_MS, 0],
        ],
      }),
    );
    expect(answer.found).toBe("2 times or more");
  });

  test("groups and references have their members, and mirror the rule", () => {
    const context = { ...NO_CONTEXT, segments: new Map([[7, rule({ type: "any", rules: [{ type: "trait", name: "plan", is: { op: "equals", value: "pro" } }, { type: "stage", in: ["buyer"] }] })]]), stages: new Set(["buyer"]) }; // prettier-ignore
    const answer = why({ type: "all", rules: [{ type: "not", rule: { type: "segment", id: 7 } }, { type: "channel", preferred: ["web"] }] }, () => facts({}, { plan: "free" }), context); // prettier-ignore
    expect(answer).toMatchObject({
      type: "all", matches: false, value: null, found: null,
      rules: [
        { type: "not", matches: false, rules: [{ type: "segment", matches: true, rules: [{ type: "any", rules: [
          { words: 'plan is "pro"', value: "free", found: "free", matches: false }, { value: "buyer", matches: true },
        ] }] }] },
        { type: "channel", value: "web", matches: true },
      ],
    }); // prettier-ignore
  });

  test("a sequence tells when each step was last", () => {
    const answer = why({ type: "sequence", steps: [{ event: "A" }, { event: "B" }] }, ([a]) => facts({ [a!]: [[NOW - DAY_MS, 0]] })); // prettier-ignore
    expect([answer.matches, answer.found, answer.value]).toEqual([false, "A last on 20 Nov 2026, 12:00 UTC, B never", ["2026-11-20T12:00:00.000Z", null]]); // prettier-ignore
  });

  test("bands are told by the conditions they stand for", () => {
    const rfm = { event: "Order Completed", property: "total", recencyDays: [10, 20, 30, 40], frequency: [1, 2, 3, 4], money: [10, 20, 30, 40] } as const; // prettier-ignore
    const context = { ...NO_CONTEXT, rfm: { ...rfm, recencyDays: [10, 20, 30, 40], frequency: [1, 2, 3, 4], money: [10, 20, 30, 40] } } as PlanContext; // prettier-ignore
    const answer = why({ type: "rfm", frequency: [5] }, () => facts({}), context);
    const leaves = (one: Why): readonly string[] => (one.rules.length === 0 ? [one.words] : one.rules.flatMap(leaves)); // prettier-ignore
    expect(leaves(answer)).toEqual(["did Order Completed", "did Order Completed more than 4 times"]);
  });
});

describe("mistakes", () => {
  const places = (given: unknown) => {
    const shaped = shapeOf(given);
    return shaped.ok ? [] : shaped.problems.map(({ path }) => path);
  };
  test.each([
    [3, [""]],
    [{ type: "foo" }, ["type"]],
    [{ type: "all", rules: [] }, ["rules"]],
    [{ type: "any", rules: [{ type: "not" }] }, ["rules/0/rule"]],
    [{ type: "all", rules: [{ type: "trait", name: "a", is: { op: "equals" } }] }, ["rules/0/is/value"]],
    [{ type: "did", event: "A", when: { from: { agoMs: 1 } } }, ["when/from/agoMs"]],
    [{ type: "not", rule: { type: "trait", name: "a", is: { op: "exists" } }, also: 1 }, [""]],
    [{ type: "did", event: "A" }, []],
  ])("%j is wrong at %j", (given, paths) => {
    expect(places(given)).toEqual(paths);
  });

  test("are found as the schema finds them: a shape is right exactly if the schema takes it", () => {
    for (const given of [
      { type: "did", event: "A" },
      { type: "did", event: 3 },
      { type: "all", rules: [{ type: "stage", in: [] }] },
      null,
      [],
      "x",
    ])
      // prettier-ignore
      expect([given, shapeOf(given).ok]).toEqual([given, Rule.safeParse(given).success]);
  });

  test("a hostile depth is an answer", () => {
    let deep: unknown = { type: "trait", name: "a", is: { op: "exists" } };
    for (let i = 0; i < 5000; i++) deep = { type: "not", rule: deep };
    expect(shapeOf(deep).ok).toBe(false);
  });

  test("in rules within a stage model have their whole path", () => {
    const given = { stages: [{ key: "a", name: "A", rule: null }, { key: "b", name: "B", rule: { type: "any", rules: [{ type: "rfm", money: [6] }] } }] }; // prettier-ignore
    expect(problemsBy(StageModel, given).map(({ path }) => path)).toEqual(["stages/1/rule/rules/0/money/0"]);
  });
});

test("who depends on a segment is found through others, also in a circle", () => {
  const refers = (...ids: number[]): Rule => rule({ type: "all", rules: ids.map((id) => ({ type: "segment", id })) }); // prettier-ignore
  const segments = new Map([[1, rule({ type: "rfm", money: [1] })], [2, refers(1)], [3, refers(2)], [4, refers(4, 5)], [5, refers(4)]]); // prettier-ignore
  expect([...dependentsOf(1, segments)]).toEqual([2, 3]);
  expect([...dependentsOf(4, segments)]).toEqual([5]);
  expect(reachOf([refers(3)], segments)).toMatchObject({ segments: new Set([3, 2, 1]), rfm: true });
});

test("a history carries the members on between the hours in which something changed", () => {
  const at = Date.UTC(2026, 10, 1);
  const hour = (n: number) => at + n * 3_600_000;
  const hours = [
    { at: hour(-30), entered: 0, left: 0, members: 5 },
    { at: hour(1), entered: 3, left: 1, members: 7 },
    { at: hour(3), entered: 0, left: 2, members: 5 },
  ];
  const { step, points } = historyOf(hours, { fromAt: at, toAt: hour(5) });
  expect([step, points.map(({ members, entered, left }) => [members, entered, left])]).toEqual(["hour", [[5, 0, 0], [7, 3, 1], [7, 0, 0], [5, 0, 2], [5, 0, 0]]]); // prettier-ignore
  const days = historyOf(hours, { fromAt: at - 20 * DAY_MS, toAt: hour(5) });
  expect([days.step, days.points.length, days.points.at(-1)]).toEqual(["day", 21, { at: "2026-11-01T00:00:00.000Z", members: 5, entered: 3, left: 3 }]); // prettier-ignore
  expect(days.points[0]?.members).toBeNull();
});

test("the condition that turned is found by its path through references", () => {
  const context = { segments: { 7: rule({ type: "any", rules: [{ type: "trait", name: "x", is: { op: "exists" } }, { type: "did", event: "A" }] }) } }; // prettier-ignore
  const given = rule({ type: "all", rules: [{ type: "not", rule: { type: "segment", id: 7 } }] });
  expect(conditionAt(given, "rules/0/rule/rules/1", context)).toMatchObject({ type: "did", event: "A" });
  expect(conditionAt(given, "rules/9", context)).toBeNull();
});

test("suggested bounds rise where many are alike", () => {
  expect(rising([1, 1, 1, 3], 1, Math.floor)).toEqual([1, 2, 3, 4]);
  expect(rising([2, 5, 9, 20], 1, Math.floor)).toEqual([2, 5, 9, 20]);
});
