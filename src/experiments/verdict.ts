/**
 * What the counts of a goal say of two arms, in numbers and in one sentence: better, worse, undecided, too few, or a split that
 * does not work. Any numbers may come in; what cannot be is cut, and every number that leaves is finite (`verdict.test.ts`).
 *
 * The order is that of doubt: a broken split makes every other number worthless, too few customers make them jumpy, and only then
 * is the difference read. Without saying otherwise the interval may be looked at any time.
 */
import { compareAnytime, compareOnce, meanOf, proportionOf, sampleRatioPValue } from "./compare.ts";
import { EXPERIMENT_LIMITS } from "./model.ts";
import type {
  ArmResult,
  Comparison,
  Interval,
  Lift,
  Moments,
  Scale,
  Verdict,
  VerdictAsked,
} from "./model.ts";

/** Below this many customers expected in an arm the chi-square test of the split says nothing (Cochran 1954). */
const EXPECTED_MIN = 5;

/** The verdict on `other` against `baseline`. Never throws. */
export function verdictOf(baseline: ArmResult, other: ArmResult, asked: VerdictAsked): Verdict {
  const arms = [clean(baseline), clean(other)] as const;
  const [a, b] = arms;
  const ratioP = sampleRatioPValue([a.n, b.n], asked.weights ?? [1, 1]);
  const { absolute, relative } = comparisons(a, b, asked);
  const numbers = {
    baseline: averageOf(a, asked.measure),
    other: averageOf(b, asked.measure),
    absolute: liftOf(absolute),
    relative: liftOf(relative),
    pValue: absolute.type === "compared" ? absolute.pValue : null,
    sampleRatioPValue: ratioP,
  };
  const verdict = decide(arms, asked, numbers);
  return { verdict, ...numbers, words: wordsOf(verdict, arms, asked, numbers) };
}

type Arms = readonly [ArmResult, ArmResult];
type Numbers = Omit<Verdict, "verdict" | "words">;

/** Counts that can be: none below 0, none beyond the limit, no more conversions than customers. */
function clean({ n, conversions, sum, sumOfSquares }: ArmResult): ArmResult {
  const count = (x: number): number => (x > 0 ? Math.min(Math.floor(x), EXPERIMENT_LIMITS.countMax) : 0);
  return { n: count(n), conversions: Math.min(count(conversions), count(n)), sum, sumOfSquares };
}

function comparisons(a: ArmResult, b: ArmResult, asked: VerdictAsked): Record<Scale, Comparison> {
  const alpha = within(asked.alpha, [1e-9, 0.5], EXPERIMENT_LIMITS.alphaRatio);
  const tuning = within(
    asked.tuningCustomers,
    [1, EXPERIMENT_LIMITS.countMax],
    EXPERIMENT_LIMITS.tuningCustomers,
  );
  const compare = (x: Moments, y: Moments, scale: Scale): Comparison =>
    asked.looks === "once" ? compareOnce(x, y, scale, alpha) : compareAnytime(x, y, scale, alpha, tuning);
  if (asked.measure === "value")
    return {
      absolute: compare(meanOf(a), meanOf(b), "absolute"),
      relative: compare(meanOf(a), meanOf(b), "relative"),
    };
  const [p, q] = [shareOf(a, 0), shareOf(b, 0)];
  const absolute =
    hasAll(a) || hasAll(b) ? compare(shareOf(a, 1), shareOf(b, 1), "absolute") : compare(p, q, "absolute");
  return { absolute: bounded(absolute, q.mean - p.mean), relative: compare(p, q, "relative") };
}

/**
 * An arm in which nobody or everybody converted seems to have no variance. Then one conversion and one miss are added to each arm
 * (Agresti and Caffo 2000, The American Statistician 54), so that 0 of 1,000 against 50 of 1,000 can be told apart.
 */
const hasAll = ({ n, conversions }: ArmResult): boolean => conversions === 0 || conversions === n;
const shareOf = ({ n, conversions }: ArmResult, added: number): Moments =>
  proportionOf({ n: n === 0 ? 0 : n + 2 * added, converted: conversions + added });

/** The difference that was seen, and an interval that holds it and no impossible difference of shares. */
function bounded(comparison: Comparison, difference: number): Comparison {
  if (comparison.type === "not_comparable") return comparison;
  const [low, high] = comparison.interval;
  const interval: Interval = [
    Math.max(-1, Math.min(low, difference)),
    Math.min(1, Math.max(high, difference)),
  ];
  return { ...comparison, difference, interval };
}

const within = (x: number | undefined, [low, high]: Interval, otherwise: number): number =>
  x === undefined || Number.isNaN(x) ? otherwise : Math.min(high, Math.max(low, x));

function averageOf({ n, conversions, sum }: ArmResult, measure: VerdictAsked["measure"]): number | null {
  const average = (measure === "value" ? sum : conversions) / n;
  return Number.isFinite(average) ? average : null;
}

const liftOf = (comparison: Comparison): Lift | null =>
  comparison.type === "compared"
    ? { difference: comparison.difference, interval: comparison.interval }
    : null;

function decide(
  [a, b]: Arms,
  asked: VerdictAsked,
  { absolute, sampleRatioPValue: ratioP }: Numbers,
): Verdict["verdict"] {
  const [first, second] = asked.weights ?? [1, 1];
  const fewestExpected = (Math.min(first, second) / (first + second)) * (a.n + b.n);
  if (fewestExpected >= EXPECTED_MIN && ratioP < EXPERIMENT_LIMITS.sampleRatioPValueMin)
    return "sample_ratio_mismatch";
  if (Math.min(a.n, b.n) < EXPERIMENT_LIMITS.customersMin) return "too_few";
  if (a.conversions + b.conversions < EXPERIMENT_LIMITS.conversionsMin) return "too_few";
  if (absolute && absolute.interval[0] > 0) return "better";
  if (absolute && absolute.interval[1] < 0) return "worse";
  return "undecided";
}

function wordsOf(verdict: Verdict["verdict"], [a, b]: Arms, asked: VerdictAsked, numbers: Numbers): string {
  const [first, second] = (asked.names ?? ["the baseline", "the other arm"]).map((name) => name.slice(0, 80));
  if (verdict === "sample_ratio_mismatch")
    return `${a.n} customers in ${first} and ${b.n} in ${second} are not the planned split: find out why before reading anything else.`;
  if (verdict === "too_few")
    return (
      `Too early to tell: ${Math.min(a.n, b.n)} of at least ${EXPERIMENT_LIMITS.customersMin} customers in the smaller arm, ` +
      `${a.conversions + b.conversions} of at least ${EXPERIMENT_LIMITS.conversionsMin} conversions in both.`
    );
  if (!numbers.absolute)
    return `${sentence(second)} and ${first} cannot be compared: in one of them every customer brought the same.`;
  const tell = tellerOf(asked.measure, numbers.absolute.interval);
  const [low, high] = numbers.absolute.interval;
  const averages = `${tell.average(numbers.other)} against ${tell.average(numbers.baseline)}`;
  const between = `between ${tell.plain(low)} and ${tell.plain(high)}${tell.unit}`;
  if (verdict === "undecided")
    return `Undecided: ${second} has ${averages}; the true difference lies ${between}.`;
  return `${sentence(second)} is ${verdict} than ${first}: ${averages}; the true difference lies ${between}.`;
}

const sentence = (text: string | undefined): string =>
  (text ?? "").replace(/^./u, (letter) => letter.toUpperCase());

interface Teller {
  readonly plain: (x: number) => string;
  readonly average: (x: number | null) => string;
  readonly unit: string;
}

/** Numbers with as many decimals as the width of the interval makes worth telling. */
function tellerOf(measure: VerdictAsked["measure"], [low, high]: Interval): Teller {
  const factor = measure === "conversions" ? 100 : 1;
  const width = (high - low) * factor;
  const decimals =
    width > 0 ? Math.min(4, Math.max(measure === "value" ? 2 : 1, Math.ceil(1 - Math.log10(width)))) : 2;
  // A small number below 0 would be written -0.0.
  const plain = (x: number): string => (x * factor).toFixed(decimals).replace(/^-(?=[0.]+$)/, "");
  const noun = measure === "conversions" ? " % converted" : " a customer";
  return {
    plain,
    average: (x) => `${plain(x ?? 0)}${noun}`,
    unit: measure === "conversions" ? " points" : "",
  };
}
