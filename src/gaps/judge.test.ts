/** When a counted subject is a gap: enough people, beyond normal by a margin that matters, with certainty corrected for all tests. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aboveOther, aboveStated, differenceOf, holm, intervalOf } from "../questions/rate.ts";
import type { Subject } from "./chances.ts";
import { judge, testsOf } from "./judge.ts";
import type { Told } from "./kind.ts";
import { mayBecome } from "./state.ts";
import { driftOf, silenceOf } from "./series.ts";

const told: Told = {
  title: "A gap",
  statedRatio: 0.2,
  statedWords: "more than 20 % are too many",
  remedy: { type: "task", title: "Call", why: "", detail: "", team: "" },
  assumptions: { recoverableRatio: 0.1, valuePerPerson: null, horizonDays: 90, fixabilityRatio: 0.5 },
  fixability: "",
};
const NOBODY = { k: 0, n: 0 };
const subject = (k: number, n: number, more: Partial<Subject> = {}): Subject => ({ kind: "slow_response", family: "f", subject: "s", now: { k, n }, before: NOBODY, others: NOBODY, parts: [], customers: [], ...more }); // prettier-ignore
const gapsOf = (...subjects: readonly Subject[]) =>
  judge(subjects.map((one) => ({ subject: one, told }))).gaps.map(({ normal }) => normal.against);

describe("a gap is raised", () => {
  test("when more people are affected than is tolerated in any business", () => {
    expect(gapsOf(subject(90, 200))).toEqual(["stated"]);
  });
  test("when it is worse than in the other channels, or than before", () => {
    expect(gapsOf(subject(36, 200, { others: { k: 40, n: 1_000 } }))).toEqual(["others"]);
    expect(gapsOf(subject(36, 200, { before: { k: 20, n: 500 } }))).toEqual(["before"]);
  });
});
describe("no gap is raised", () => {
  test("when it is as usual, however many people there are", () => {
    expect(gapsOf(subject(20_500, 100_000))).toEqual([]);
    expect(gapsOf(subject(16_500, 100_000, { before: { k: 16_000, n: 100_000 } }))).toEqual([]);
  });
  test("when too few people are affected, whatever the ratio", () => {
    expect(gapsOf(subject(19, 19))).toEqual([]);
  });
  test("far within what is tolerated, though others are better", () => {
    expect(gapsOf(subject(80, 1_000, { others: { k: 0, n: 2_000 } }))).toEqual([]);
  });
  test("when one of many tests is only as unlikely as one of so many is", () => {
    const striking = subject(58, 200);
    expect(gapsOf(striking)).toEqual(["stated"]);
    expect(gapsOf(striking, ...Array.from({ length: 60 }, () => subject(40, 200)))).toEqual([]);
  });
});

test("tests are made only against groups of enough people", () => {
  expect(testsOf({ subject: subject(30, 100, { others: { k: 1, n: 49 } }), told })).toHaveLength(1);
});

test("an exact interval holds the ratio, and tells 8 of 10 as Clopper and Pearson do", () => {
  const { low, high } = intervalOf({ k: 8, n: 10 });
  expect([low, high].map((x) => x.toFixed(4))).toEqual(["0.4439", "0.9748"]);
});

test("Fisher's test tells the lady tasting tea", () => {
  expect(aboveOther({ k: 3, n: 4 }, { k: 1, n: 4 })).toBeCloseTo(17 / 70, 12);
  expect(aboveOther({ k: 4, n: 4 }, { k: 0, n: 4 })).toBeCloseTo(1 / 70, 12);
  expect(aboveStated({ k: 3, n: 3 }, 0.5)).toBeCloseTo(0.125, 12);
});

test("Newcombe's interval of a difference is that of his example", () => {
  const { low, high } = differenceOf({ k: 56, n: 70 }, { k: 48, n: 80 })!;
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(["0.0524", "0.3339"]);
});

test("Holm's correction keeps the order of the tests and never lowers a p value", () => {
  expect(holm([0.01, 0.04, 0.03]).map((p) => p.toFixed(2))).toEqual(["0.03", "0.06", "0.06"]);
  const Ps = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });
  fc.assert(
    fc.property(Ps, (ps) => {
      const corrected = holm(ps);
      for (const [i, p] of ps.entries()) expect(corrected[i]).toBeGreaterThanOrEqual(p);
      for (const [i, p] of ps.entries())
        for (const [j, q] of ps.entries()) if (p < q) expect(corrected[i]).toBeLessThanOrEqual(corrected[j]!);
    }),
  );
});

const days = (...parts: readonly (readonly [n: number, times: number])[]) => parts.flatMap(([n, times]) => Array.from({ length: times }, () => n)); // prettier-ignore
const silence = (events: readonly number[]) => silenceOf({ fromAt: 0, events, people: events });

test("a touchpoint that reported daily and stopped is silent; one that rests at weekends is not", () => {
  expect(silence(days([20, 60], [0, 7]))).toMatchObject({ days: 7, expectedEvents: 140 });
  const week = days([28, 5], [0, 2]);
  expect(silence([...week, ...week, ...week, ...week, ...week])).toBeNull();
  expect(silence(days([20, 10], [0, 7]))).toBeNull();
  expect(silence(days([20, 67]))).toBeNull();
});

type Weeks = readonly { readonly k: number; readonly n: number }[];
/** Everybody comes in so many weeks (one) of the four. */
const drift = (before: Weeks, now: Weeks, weeksEach = 1) => {
  const loyal = (weeks: Weeks) => ({ people: 4_000, squares: weeks.reduce((sum, { k }) => sum + k, 0) * weeksEach });
  return driftOf({ before, now, loyal: { before: loyal(before), now: loyal(now) } });
}; // prettier-ignore
const weeks = (...ks: readonly number[]): Weeks => ks.map((k) => ({ k, n: 1_000 }));

test("behaviour changed when its share did by more than its weeks differ", () => {
  const steady = drift(weeks(300, 305, 298, 302), weeks(150, 148, 155, 151))!;
  expect(steady.pValue).toBeLessThan(1e-6);
  expect(steady.change.high).toBeLessThan(0);
  expect(drift(weeks(300, 305, 298, 302), weeks(290, 300, 310, 295))).toBeNull();
  const wild = drift(weeks(500, 100, 450, 150), weeks(50, 350, 60, 300))!;
  expect(wild.pValue).toBeGreaterThan(0.01);
});

test("a share that moves because others stay away, and a number that moves because the business grows, are no change of behaviour", () => {
  const of = (n: number, ...ks: readonly number[]): Weeks => ks.map((k) => ({ k, n }));
  expect(drift(of(1_000, 100, 101, 99, 100), of(600, 100, 99, 101, 102))).toBeNull();
  expect(drift(of(1_000, 100, 101, 99, 100), of(2_000, 200, 199, 201, 202))).toBeNull();
  expect(drift(of(1_000, 100, 101, 99, 100), of(1_000, 200, 199, 201, 202))!.pValue).toBeLessThan(1e-6);
  // More by chance, in weeks in which others stayed away: the share alone would be sure of it.
  expect(drift(of(1_000, 27, 28, 26, 27), of(600, 40, 39, 41, 40))!.pValue).toBeGreaterThan(1e-4);
});

test("a change counts less when the same few people make up the weeks", () => {
  const [before, now] = [weeks(100, 101, 99, 100), weeks(65, 66, 64, 65)];
  const [once, often] = [drift(before, now)!, drift(before, now, 3)!];
  expect(often.spread).toBeGreaterThan(2);
  expect(often.pValue).toBeGreaterThan(10 * once.pValue);
});

test("nothing is proven without a proof, and what was dismissed is opened first", () => {
  const none = { type: "none" as const, words: "Nothing was done about it yet." };
  const better = { type: "journey" as const, journeyId: 1, verdict: "better" as const, goal: null, treated: 900, treatedReached: 90, heldOut: 100, heldOutReached: 5, lift: null, words: "" }; // prettier-ignore
  expect(mayBecome("being_fixed", "proven", none).type).toBe("refused");
  expect(mayBecome("being_fixed", "proven", { ...better, verdict: "undecided" }).type).toBe("refused");
  expect(mayBecome("being_fixed", "proven", better).type).toBe("may");
  expect(mayBecome("open", "proven", better).type).toBe("refused");
  expect(mayBecome("dismissed", "being_fixed", none).type).toBe("refused");
});
