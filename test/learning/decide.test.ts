/** Decisions of a place that learns, by the pure rule: rules first, and the chance that is told is the one there was. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chance, type Decided, type Filled, decide } from "../../src/decisions/decide.ts";
import type { Visit } from "../../src/decisions/eligible.ts";
import { readyOf } from "../../src/decisions/force.ts";
import { Candidate, DECISION_LIMITS } from "../../src/decisions/model.ts";
import { outcomeEventOf } from "../../src/decisions/outcome.ts";
import { decisionKeyOf, decisionTokenOf, readDecisionToken } from "../../src/decisions/token.ts";
import { heldOut } from "../../src/experiments/assign.ts";
import { IDENTIFIER_MAX } from "../../src/identity/model.ts";
import { type Shown, modelOf } from "../../src/learning/believe.ts";
import { type Chooser, drawOf, readyModelOf } from "../../src/learning/choose.ts";
import { contextOf, deviceOf } from "../../src/learning/context.ts";
import { LEARNING_LIMITS, type LearningTold } from "../../src/learning/model.ts";
import { NOBODY } from "../../src/segments/force.ts";
import { NO_CONTEXT } from "../../src/segments/plan.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { HOUR_MS, NOON, customer, policy as permissions } from "../permission.ts";
import { SEED, randomOf } from "../random.ts";
import { contextOf as someContextOf, learningOf } from "./world.ts";

const runs = Number(process.env["THROUGHLINE_CASES"] ?? 300);
const IDS = ["a", "b", "c", "d", "e"] as const;
const visit: Visit = {
  shown: NOBODY, known: NOBODY, policy: permissions({}), recipient: customer({}), cart: { items: [], updatedAt: null }, recommended: () => [], messages: [],
}; // prettier-ignore
const CONTEXT = someContextOf(randomOf(1));
const chanceOf = (more: Partial<Chance> = {}): Chance => ({ context: CONTEXT, heldOut: false, who: "user_id:1", place: "top", ...more }); // prettier-ignore

/** A place of five candidates with these priorities, of which some have ended and of some nothing can be made. */
const somePlace = fc.record({
  priorities: fc.tuple(...IDS.map(() => fc.integer({ min: 0, max: 100 }))),
  ended: fc.subarray([...IDS]),
  unfilled: fc.subarray([...IDS]),
  learned: fc.boolean(),
  floorRatio: fc.constantFrom(0.01, 0.05, 0.15),
});
type Place = typeof somePlace extends fc.Arbitrary<infer P> ? P : never;

const shown = IDS.map((candidate, i): Shown => ({ candidate, slots: [0], n: 300, rewarded: 20 * i, sum: 20 * i, sumOfSquares: 20 * i })); // prettier-ignore
const chooserOf = ({ learned, floorRatio }: Pick<Place, "learned" | "floorRatio">): Chooser => {
  const learning = learningOf({ floorRatio });
  return { ...learning, model: learned ? readyModelOf(modelOf("clicked", shown), learning) : null };
};
const candidatesOf = ({ priorities, ended }: Pick<Place, "priorities" | "ended">): readonly Candidate[] =>
  IDS.map((id, i) => Candidate.parse({ id, name: id, kind: "content", priority: priorities[i], endsAt: ended.includes(id) ? new Date(NOON).toISOString() : null })); // prettier-ignore
/** The place made ready: what it decides by a chance. */
function readied(place: Place): (chance: Chance | null) => Decided {
  const ready = { ranking: "learning", chooser: chooserOf(place), candidates: candidatesOf(place).map((one) => readyOf(one, null, NO_CONTEXT)) } as const;
  const fill = ({ id }: Candidate): Filled => (place.unfilled.includes(id as never) ? { type: "unfilled", detail: "There is no name." } : { type: "filled", content: { id } });
  return (chance) => decide(ready, visit, fill, NOON, chance && (() => chance));
} // prettier-ignore
const fitOf = ({ ended, unfilled, priorities }: Place): readonly string[] =>
  IDS.filter((id) => !ended.includes(id) && !unfilled.includes(id)).toSorted((a, b) => priorities[IDS.indexOf(b)]! - priorities[IDS.indexOf(a)]! || (a < b ? -1 : 1)); // prettier-ignore

describe("whatever a place that learns holds", () => {
  test("only who is eligible and has content is shown, each other one has its reason, and the eligible are told in the order of priority", () => {
    fc.assert(
      fc.property(somePlace, fc.string(), fc.boolean(), (place, who, held) => {
        const { chosen, others } = readied(place)(chanceOf({ who, heldOut: held }));
        const fit = fitOf(place);
        if (fit.length === 0) expect(chosen).toBeNull();
        else {
          expect(fit).toContain(chosen!.candidate.id);
          expect(chosen!.content).toEqual({ id: chosen!.candidate.id });
          expect(chosen!.learning).toEqual({ arm: held ? "holdout" : "learned", context: CONTEXT, eligible: fit }); // prettier-ignore
          expect(chosen!.propensityRatio).toBeGreaterThanOrEqual(
            Math.min(place.floorRatio, 0.9 / fit.length),
          );
          expect(chosen!.propensityRatio).toBeLessThanOrEqual(1);
        }
        expect([...others.map(({ id }) => id), ...(chosen ? [chosen.candidate.id] : [])].toSorted()).toEqual([...IDS]); // prettier-ignore
        for (const { id, reason } of others) expect(reason).toBe(place.ended.includes(id as never) ? "ended" : place.unfilled.includes(id as never) ? "unfilled" : "outranked"); // prettier-ignore
      }),
      { numRuns: runs, seed: SEED },
    );
  });

  test("a customer who is held out, and everybody without chance, is decided for by priority", () => {
    fc.assert(
      fc.property(somePlace, (place) => {
        const [first] = fitOf(place);
        const decided = readied(place);
        const held = decided(chanceOf({ heldOut: true })).chosen;
        expect([held?.candidate.id, held?.by]).toEqual([first, first && "priority"]);
        const without = decided(null).chosen;
        expect([without?.candidate.id, without?.by, without?.propensityRatio, without?.learning]).toEqual(first ? [first, "priority", 1, null] : [undefined, undefined, undefined, undefined]); // prettier-ignore
      }),
      { numRuns: runs, seed: SEED },
    );
  });
});

test("over many customers each candidate is shown as often as the propensity says that is told", () => {
  const place: Place = { priorities: [50, 90, 40, 30, 20], ended: ["c"], unfilled: ["a"], learned: true, floorRatio: 0.05 }; // prettier-ignore
  const N = 20_000;
  const decided = readied(place);
  const told = new Map<string, { n: number; ratio: number }>();
  for (let i = 0; i < N; i += 1) {
    const who = `anonymous_id:${i}`;
    const { candidate, propensityRatio } = decided(chanceOf({ who, heldOut: heldOut("top", who, 0.1) })).chosen!; // prettier-ignore
    const before = told.get(candidate.id) ?? { n: 0, ratio: propensityRatio };
    expect(propensityRatio).toBe(before.ratio);
    told.set(candidate.id, { n: before.n + 1, ratio: propensityRatio });
  }
  expect([...told.keys()].toSorted()).toEqual(["b", "d", "e"]);
  expect([...told.values()].reduce((sum, { ratio }) => sum + ratio, 0)).toBeCloseTo(1, 12);
  for (const { n, ratio } of told.values())
    expect(Math.abs(n / N - ratio)).toBeLessThan(5 * Math.sqrt((ratio * (1 - ratio)) / N));
});

describe("a draw", () => {
  const chooser = chooserOf({ learned: true, floorRatio: 0.05 });
  const draw = (who: string, more: { eligible?: string[]; slots?: number[]; now?: number } = {}) => drawOf(who, "top", chooser, more.eligible ?? ["a", "b"], more.slots ?? [0, 1], more.now ?? NOON); // prettier-ignore
  test("stays for an hour while all it hangs on does, and is made anew with any of it", () => {
    expect(draw("one")).toBe(draw("one", { now: NOON + HOUR_MS - 1 }));
    const anew = [draw("two"), draw("one", { now: NOON + HOUR_MS }), draw("one", { eligible: ["a"] }), draw("one", { slots: [0, 2] }), drawOf("one", "top", { ...chooser, model: null }, ["a", "b"], [0, 1], NOON)]; // prettier-ignore
    expect(anew).not.toContain(draw("one"));
    expect(new Set(anew).size).toBe(anew.length);
  });

  test("lies evenly between 0 and 1, and that of one state tells nothing of that of another", () => {
    const N = 20_000;
    const [tenths, pairs] = [Array.from({ length: 10 }, () => 0), Array.from({ length: 4 }, () => 0)];
    for (let i = 0; i < N; i += 1) {
      const [one, other] = [
        draw(`anonymous_id:${i}`),
        draw(`anonymous_id:${i}`, { eligible: ["a", "b", "c"] }),
      ];
      expect(one >= 0 && one < 1).toBe(true);
      tenths[Math.floor(one * 10)]! += 1;
      pairs[(one < 0.5 ? 0 : 2) + (other < 0.5 ? 0 : 1)]! += 1;
    }
    for (const n of tenths) expect(Math.abs(n - N / 10)).toBeLessThan(5 * Math.sqrt(N * 0.09));
    for (const n of pairs) expect(Math.abs(n - N / 4)).toBeLessThan(5 * Math.sqrt(N * 0.1875));
  });
});

describe("what a decision tells of learning", () => {
  const learning: LearningTold = {
    arm: "learned", context: { stage: "x".repeat(50), device: "desktop", channel: "paid_search", known: "returning", hour: 23, segments: Array.from({ length: LEARNING_LIMITS.segments }, (_, i) => 2_000_000_000 + i) },
    eligible: Array.from({ length: LEARNING_LIMITS.candidates }, (_, i) => String(i).padStart(64, "c")),
  }; // prettier-ignore
  const told = {
    workspace: 2_000_000_000 as WorkspaceId, place: "p".repeat(100), placeKind: "web", candidate: learning.eligible[3]!, version: 2_000_000_000, ranking: "learning", propensityRatio: 0.123_456_789_012_345, at: NOON, learning,
    who: { kind: "anonymous_id", value: "a".repeat(IDENTIFIER_MAX) },
  } as const; // prettier-ignore
  const key = decisionKeyOf(Buffer.alloc(32, 7) as never);

  test("goes through the token unchanged, however long it is, and into the event of each outcome", () => {
    const token = decisionTokenOf(key, told);
    expect(token.length).toBeLessThanOrEqual(DECISION_LIMITS.tokenChars);
    const read = readDecisionToken(key, token)!;
    expect(read).toMatchObject(told);
    expect(outcomeEventOf(read, { outcome: "clicked" }, NOON + 1).properties).toMatchObject({ ranking: "learning", propensity: told.propensityRatio, learning }); // prettier-ignore
  });

  test("is nothing where a place does not learn", () => {
    const read = readDecisionToken(key, decisionTokenOf(key, { ...told, ranking: "rule", learning: null }))!;
    expect(read.learning).toBeNull();
    expect(outcomeEventOf(read, { outcome: "exposed" }, NOON).properties).not.toHaveProperty("learning");
  });
});

describe("the context of a decision", () => {
  test.each([
    ["phone", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari/604.1"],
    ["phone", "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/141.0 Mobile Safari/537.36"],
    ["tablet", "Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1"],
    ["tablet", "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"],
    ["desktop", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/141.0 Safari/537.36"],
    ["desktop", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15"],
    ["other", "curl/8.0"],
    ["other", null],
  ])("is of a %s where the browser says %s", (device, agent) => expect(deviceOf(agent)).toBe(device)); // prettier-ignore

  test("says whether somebody is new, has come back or is known by name, and the hour of their clock", () => {
    const of = (firstSeenAt: number, isNamed: boolean) =>
      contextOf({ stage: null, segments: [9, 3, 5, 1, 2, 4, 6, 7, 8, 10], knowledge: { firstSeenAt, lastTouch: { at: NOON, channel: "email", touchpoint: "mailing" } }, isNamed, userAgent: null, minute: 14 * 60 + 59 }, NOON); // prettier-ignore
    expect(of(Infinity, false)).toEqual({ stage: null, device: "other", channel: "email", known: "new", hour: 14, segments: [1, 2, 3, 4, 5, 6, 7, 8] }); // prettier-ignore
    expect([of(NOON - 60_000, false).known, of(NOON - HOUR_MS, false).known, of(NOON - HOUR_MS, true).known]).toEqual(["new", "returning", "named"]); // prettier-ignore
  });
});
