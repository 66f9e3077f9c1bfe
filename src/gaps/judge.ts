/**
 * Which of the counted subjects are gaps. Each is held against what is normal: a stated ratio, the business's other
 * subjects of the same family, its own period before. All tests of one search are corrected together (Holm), and a gap must
 * be beyond normal by a margin that matters, with enough people. Pure.
 */
import type { Subject } from "./chances.ts";
import type { Told } from "./kind.ts";
import { GAP_LIMITS, type GapMeasured } from "./model.ts";
import {
  type Counted,
  aboveOther,
  aboveStated,
  differenceOf,
  holm,
  intervalOf,
  ratioOf,
} from "../questions/rate.ts";

export type Tested = { readonly subject: Subject; readonly told: Told };
type Normal = GapMeasured["normal"];
/** One test of one subject: what it was held against, and how likely its ratio were if that was true. */
export type Test = { readonly normal: Normal; readonly pValue: number };
export type Judged = Tested & { readonly normal: Normal; readonly pValue: number };

/** Whether there are people enough to say anything. */
export const isEnough = ({ now }: Subject): boolean => now.n >= GAP_LIMITS.peopleMin;

const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`;

/** All that a subject is held against. */
export function testsOf({ subject: { now, before, others }, told }: Tested): readonly Test[] {
  const compared = (against: "others" | "before", other: Counted, words: string): readonly Test[] =>
    other.n < GAP_LIMITS.peopleMin
      ? []
      : [{ normal: { against, ratio: ratioOf(other), people: other.n, words: `${words}: ${percent(ratioOf(other))} of ${other.n} people` }, pValue: aboveOther(now, other) }];
  return [
    ...(told.statedRatio === null
      ? []
      : [{ normal: { against: "stated" as const, ratio: told.statedRatio, people: null, words: `A stated tolerance: ${told.statedWords}` }, pValue: aboveStated(now, told.statedRatio) }]),
    ...compared("others", others, "The others of its kind in the same period"),
    ...compared("before", before, "The period before"),
  ];
} // prettier-ignore

/** By how much more than normal a ratio is a gap: a fifth more go wrong, or (where most do) a sixth fewer go well. */
const isBeyond = (ratio: number, { ratio: normal }: Normal): boolean =>
  (ratio >= normal * GAP_LIMITS.beyondRatio || 1 - ratio <= (1 - normal) / GAP_LIMITS.beyondRatio) &&
  ratio >= normal + GAP_LIMITS.beyondPoints;

/** Far within what is tolerated, a difference to other channels or to before is no gap. */
const isWorthIt = (ratio: number, { against }: Normal, { statedRatio }: Told): boolean =>
  against === "stated" || statedRatio === null || ratio >= statedRatio * GAP_LIMITS.ofStatedRatio;

/**
 * The gaps among the tested: each with the first of stated, others, before that it is beyond. `elsewhere`: p values of
 * tests made of other things in the same search, which are corrected along; theirs are answered in the same order.
 */
export function judge(
  tested: readonly Tested[],
  elsewhere: readonly number[] = [],
): { readonly gaps: readonly Judged[]; readonly elsewhere: readonly number[] } {
  const tests = tested.map(testsOf);
  const flat = tests.flat();
  const corrected = holm([...flat.map(({ pValue }) => pValue), ...elsewhere]);
  let at = 0;
  const gaps = tested.flatMap((one, i) => {
    const its = tests[i]!.map((test) => ({ ...test, pValue: corrected[at++]! }));
    const { now } = one.subject;
    if (now.k < GAP_LIMITS.affectedMin) return [];
    const found = its.find(({ normal, pValue }) => pValue <= GAP_LIMITS.falseAlarmRatio && isBeyond(ratioOf(now), normal) && isWorthIt(ratioOf(now), normal, one.told)); // prettier-ignore
    return found ? [{ ...one, ...found }] : [];
  });
  return { gaps, elsewhere: corrected.slice(flat.length) };
}

/** How a subject moved against the period before. */
export function trendOf({ now, before, parts }: Subject, partFrom: (part: number) => string): GapMeasured["trend"] {
  const enough = before.n >= GAP_LIMITS.peopleMin && now.n >= GAP_LIMITS.peopleMin;
  const change = enough ? differenceOf(now, before) : null;
  return {
    before: { people: before.k, of: before.n, ratio: before.n > 0 ? ratioOf(before) : null },
    change,
    direction: change === null || (change.low <= 0 && change.high >= 0) ? "unclear" : change.low > 0 ? "growing" : "shrinking",
    parts: parts.map(({ k, n }, part) => ({ from: partFrom(part), people: k, of: n })),
  };
} // prettier-ignore

/** How sure a gap is, in words. */
export function confidenceOf(people: number, pValue: number): GapMeasured["confidence"] {
  const level = pValue <= 0.0001 && people >= 100 ? "high" : pValue <= 0.001 ? "medium" : "low";
  const likely = pValue < 0.000_001 ? "less than one in a million" : pValue.toPrecision(2);
  return {
    level,
    pValue,
    words: `If all was normal, so high a ratio would be seen with a probability of ${likely}, corrected for everything that was tested in this search; ${people} people show it.`,
  };
}

/** Whom it concerns. */
export const affectedOf = (counted: Counted): GapMeasured["affected"] => ({
  people: counted.k,
  of: counted.n,
  ratio: ratioOf(counted),
  interval: intervalOf(counted),
  events: null,
});
