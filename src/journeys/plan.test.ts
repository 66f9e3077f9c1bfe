/** What keeps a draft from being walked, each with its place, and what a plan knows of one that can be. */
import { describe, expect, test } from "vitest";
import { CONTEXT, HOUR_MS } from "../../test/journeys/walking.ts";
import { JOURNEY_LIMITS, JourneyDraft } from "./model.ts";
import { planJourney } from "./plan.ts";
import { textOfTrigger } from "./ways.ts";

const draftOf = (steps: object, more: object = {}) =>
  JourneyDraft.parse({
    name: "J",
    entry: { type: "event", event: "Added" },
    start: Object.keys(steps)[0],
    steps,
    ...more,
  });
/** The problems of a draft as `place: message`. */
function problemsOf(steps: object, more: object = {}): readonly string[] {
  const answer = planJourney(draftOf(steps, more), CONTEXT);
  return answer.ok ? [] : answer.problems.map(({ path, message }) => `${path}: ${message}`);
}
const placesOf = (steps: object, more: object = {}) =>
  problemsOf(steps, more).map((one) => one.split(": ")[0]);
const rest = (next: string | null) => ({ type: "wait", ms: HOUR_MS, next });
const jump = (to: string) => ({ type: "jump", to });
const letter = (next: string | null, refused?: string | null) => ({ type: "message", channel: "email", template: 1, next, ...(refused !== undefined && { refused }) }); // prettier-ignore
const gold = { type: "trait", name: "plan", is: { op: "equals", value: "gold" } };

describe("the ways of a journey", () => {
  test("lead to steps that are there", () => {
    expect(problemsOf({ a: rest("b") }, { start: "c" })).toEqual([
      "start: There is no step c.",
      "steps/a/next: There is no step b.",
    ]);
    expect(placesOf({ a: { type: "branch", paths: [{ rule: gold, next: "x" }], next: null } })).toEqual(["steps/a/0"]); // prettier-ignore
  });
  test("reach every step", () => {
    expect(problemsOf({ a: rest(null), b: rest("a") })).toEqual(["steps/b: No step leads here."]);
  });
  const until = (when: object, next: string) => ({ type: "wait_until", maxMs: HOUR_MS, next, paths: [{ when, next }] }); // prettier-ignore
  const round: { readonly [name: string]: readonly [steps: object, ends: boolean] } = {
    "a wait": [{ a: rest("b"), b: jump("a") }, true],
    "a time of day": [{ a: { type: "wait_time", minute: 60, next: "b" }, b: letter("a") }, true],
    "a person's task": [{ a: { type: "task", name: "Call", outcomes: [{ outcome: "won", next: null }], next: "a" } }, true],
    "an event": [{ a: until({ type: "event", event: "Bought" }, "b"), b: letter("a") }, true],
    "nothing": [{ a: jump("b"), b: jump("a") }, false],
    "messages, which may be refused at once": [{ a: letter("b"), b: letter("a") }, false],
    "a call, which may fail at once": [{ a: { type: "webhook", url: "https://example.com", next: null, failed: "a" } }, false],
    "a date, which may be over": [{ a: { type: "wait_date", trait: "due", next: "b" }, b: letter("a") }, false],
    "a segment, in which they may be already": [{ a: until({ type: "segment", id: 7, on: "entered" }, "b"), b: letter("a") }, false],
    "a task that nobody waits for": [{ a: { type: "task", name: "Call", next: "b" }, b: letter("a") }, false],
  }; // prettier-ignore
  test.each(Object.entries(round))("may go round by %s: only where that takes time", (_, [steps, may]) => {
    expect(problemsOf(steps).length).toBe(may ? 0 : 1);
  });
  test("that go round without a wait are found behind one as well", () => {
    expect(placesOf({ a: rest("b"), b: letter("c"), c: letter("b") })).toEqual(["steps/b"]);
  });
  test("are not too many", () => {
    const steps = Object.fromEntries(Array.from({ length: JOURNEY_LIMITS.steps + 1 }, (_, n) => [`s${n}`, rest(n === JOURNEY_LIMITS.steps ? null : `s${n + 1}`)])); // prettier-ignore
    expect(placesOf(steps)).toEqual(["steps"]);
  });
});

describe("choices", () => {
  test("of a split have names of their own, and one of them a weight", () => {
    const split = (...paths: readonly [key: string, weight: number][]) => ({ a: { type: "split", paths: paths.map(([key, weight]) => ({ key, weight, next: null })) } }); // prettier-ignore
    expect(problemsOf(split(["x", 0], ["y", 0]))).toEqual(["steps/a/paths: At least one path needs a weight above 0."]); // prettier-ignore
    expect(problemsOf(split(["x", 1], ["x", 1]))).toEqual(["steps/a/paths: Two paths have the same key."]);
  });
  test("that learn have a goal to learn from, and names of their own", () => {
    const decide = (...keys: string[]) => ({ a: { type: "decide", by: "learning", next: null, candidates: keys.map((key) => ({ key, next: null })) } }); // prettier-ignore
    expect(placesOf(decide("x", "y"))).toEqual(["steps/a/by"]);
    expect(placesOf(decide("x", "x"), { goal: { when: { type: "event", event: "Bought" } } })).toEqual(["steps/a/candidates"]); // prettier-ignore
  });
  test("of a task have names of their own", () => {
    const outcomes = ["won", "won"].map((outcome) => ({ outcome, next: null }));
    expect(placesOf({ a: { type: "task", name: "Call", outcomes, next: null } })).toEqual(["steps/a/outcomes"]); // prettier-ignore
  });
});

test("one run per key needs an entry that tells the key", () => {
  const reentry = { type: "key", property: "order_id" };
  expect(placesOf({ a: rest(null) }, { reentry, entry: { type: "batch" } })).toEqual(["reentry"]);
  expect(placesOf({ a: rest(null) }, { reentry, entry: { type: "api" } })).toEqual([]);
});

test("segments that are not there are named with their place", () => {
  const gone = { type: "segment", id: 99, on: "entered" };
  expect(placesOf({ a: rest(null) }, { entry: gone, exits: [gone], goal: { when: gone } })).toEqual(["exits/0/id", "entry/id", "goal/when/id"]); // prettier-ignore
  expect(placesOf({ a: rest(null) }, { entry: { type: "schedule", cron: "0 9 * * 1", segment: 99 } })).toEqual(["entry/segment"]); // prettier-ignore
  expect(placesOf({ a: { type: "wait_until", maxMs: null, next: null, paths: [{ when: gone, next: null }] } })).toEqual(["steps/a/paths/0/when/id"]); // prettier-ignore
});

test("a plan has every rule at its place, and notes what its steps wait for", () => {
  const when = { type: "event", event: "Bought", where: [] as never[] } as const;
  const answer = planJourney(
    draftOf(
      {
        fork: { type: "branch", paths: [{ rule: gold, next: "until" }], next: "one" },
        one: { type: "decide", by: "order", candidates: [{ key: "x", next: null }, { key: "y", rule: { type: "segment", id: 7 }, next: null }], next: null },
        until: { type: "wait_until", maxMs: null, next: null, paths: [{ when, next: null }] },
      },
      { audience: gold, exits: [{ type: "event", event: "Returned" }] },
    ),
    CONTEXT,
  ); // prettier-ignore
  if (!answer.ok) throw new Error(JSON.stringify(answer.problems));
  const { rules, awaited, segments } = answer.plan;
  expect([...rules.keys()]).toEqual(["audience", "steps/fork/paths/0/rule", "steps/one/candidates/1/rule"]);
  expect([...awaited.keys()]).toEqual([textOfTrigger(when)]);
  expect([...segments]).toEqual([7]);
});
