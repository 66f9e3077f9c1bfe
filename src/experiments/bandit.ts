/**
 * Learning which candidate to show: Thompson sampling (Thompson 1933, Biometrika 25) with a Beta(1 + converted, 1 + the others)
 * belief about each arm's share of conversions. Each arm is drawn once from its belief, the highest draw is shown.
 *
 * Draws are made by inverting the belief's distribution, so one uniform number an arm decides, and the same numbers decide the
 * same again. The chance that the chosen arm had (its propensity) is told with it: with it a decision can be weighed later
 * when another rule is evaluated on what happened (Horvitz and Thompson 1952). It is integrated, not simulated: no randomness.
 */
import { betaCdf, betaDensity, betaQuantile } from "./distributions.ts";
import { EXPERIMENT_LIMITS } from "./model.ts";

/** What is known of a candidate: how often it was shown, and how many of these converted. */
export interface ArmCounts {
  readonly key: string;
  readonly shown: number;
  readonly converted: number;
}

/** The candidate to show, and how likely it was to be the one. */
export interface Choice {
  readonly key: string;
  /** In [1e-8, 1]: what is rarer is told as 1e-8, so that dividing by it stays possible. */
  readonly propensityRatio: number;
}

interface Belief {
  readonly a: number;
  readonly b: number;
}

/**
 * The arm to show. `draw(i)` is a uniform number in (0, 1) for the arm at `i` and must not depend on any other; what lies outside
 * counts as its nearer end. Of equal draws the first arm of the list wins. Counts that cannot be are cut: below 0 to 0, more converted than shown
 * to shown. Throws RangeError for an empty list or one above the limit, which the schema of a journey does not let through.
 */
export function choose(arms: readonly ArmCounts[], draw: (i: number) => number): Choice {
  if (arms.length === 0 || arms.length > EXPERIMENT_LIMITS.armsMax)
    throw new RangeError(`a choice has 1 to ${EXPERIMENT_LIMITS.armsMax} arms`);
  const beliefs = arms.map(beliefOf);
  let [best, bestDraw] = [0, -1];
  for (const [i, { a, b }] of beliefs.entries()) {
    const drawn = betaQuantile(draw(i), a, b);
    if (drawn > bestDraw) [best, bestDraw] = [i, drawn];
  }
  return { key: arms[best]!.key, propensityRatio: propensityOf(beliefs, best) };
}

/** The chance of each arm to be chosen by `choose`, in the order of the list; together they are 1. Throws like `choose`. */
export function propensities(arms: readonly ArmCounts[]): readonly number[] {
  if (arms.length > EXPERIMENT_LIMITS.armsMax)
    throw new RangeError(`a choice has 1 to ${EXPERIMENT_LIMITS.armsMax} arms`);
  const beliefs = arms.map(beliefOf);
  return beliefs.map((_, i) => propensityOf(beliefs, i));
}

function beliefOf({ shown, converted }: ArmCounts): Belief {
  const count = (x: number): number => (x > 0 ? Math.min(x, EXPERIMENT_LIMITS.countMax) : 0);
  const yes = Math.min(count(converted), count(shown));
  return { a: 1 + yes, b: 1 + count(shown) - yes };
}

/** Nodes and weights of Gauss and Legendre's rule with 8 points on [-1, 1] (Abramowitz and Stegun 1964, table 25.4). */
const GAUSS = [
  [0.18343464249565, 0.362683783378362],
  [0.525532409916329, 0.313706645877887],
  [0.796666477413627, 0.222381034453374],
  [0.960289856497536, 0.101228536290376],
] as const;
/** How many standard deviations from an arm's mean the line is cut; the far ones are for a belief pressed against 0 or 1. */
const CUTS = [0, 1.5, 4, 10, 30];
/** What the chosen arm's belief may hold outside the part that is integrated, and what counts as certain. */
const LEFT_OUT = 1e-8;

/**
 * P(arm `i` is drawn highest): its density times the chance of all others to lie below, integrated over the pieces between the
 * cuts of all arms, because each piece is smooth. Good to about 1e-6.
 */
function propensityOf(beliefs: readonly Belief[], i: number): number {
  const { a, b } = beliefs[i]!;
  const [low, high] = [betaQuantile(LEFT_OUT, a, b), betaQuantile(1 - LEFT_OUT, a, b)];
  // An arm that lies below all of this one takes nothing from it.
  const rivals = beliefs.filter((other, at) => at !== i && betaCdf(low, other.a, other.b) < 1 - LEFT_OUT);
  if (rivals.length === 0) return 1;
  const all = [beliefs[i]!, ...rivals];
  const inside = all.flatMap(cutsOf).filter((x) => x > low && x < high);
  const cuts = spaced(
    [low, ...inside.toSorted((x, y) => x - y)],
    Math.min(...all.map(deviationOf)) / 2,
    high,
  );
  let total = 0;
  for (let at = 1; at < cuts.length; at += 1) {
    const [middle, half] = [(cuts[at]! + cuts[at - 1]!) / 2, (cuts[at]! - cuts[at - 1]!) / 2];
    for (const [node, weight] of GAUSS)
      for (const x of [middle - half * node, middle + half * node])
        total += half * weight * betaDensity(x, a, b) * allBelow(rivals, x);
  }
  return Math.min(1, Math.max(LEFT_OUT, total));
}

function cutsOf(belief: Belief): readonly number[] {
  const mean = belief.a / (belief.a + belief.b);
  return CUTS.flatMap((far) => [mean - far * deviationOf(belief), mean + far * deviationOf(belief)]);
}

const deviationOf = ({ a, b }: Belief): number => Math.sqrt(((a / (a + b)) * (b / (a + b))) / (a + b + 1));

/** The rising cuts that lie `gap` or more apart, and the end: pieces shorter than any arm's bend only cost time. */
function spaced(cuts: readonly number[], gap: number, end: number): readonly number[] {
  const kept: number[] = [];
  for (const cut of cuts) if (cut - (kept.at(-1) ?? -Infinity) >= gap) kept.push(cut);
  return [...kept, end];
}

/** The chance of all to lie below x, which is not followed further down than it matters. */
function allBelow(beliefs: readonly Belief[], x: number): number {
  let chance = 1;
  for (const { a, b } of beliefs) {
    chance *= betaCdf(x, a, b);
    if (chance < LEFT_OUT * 1e-4) return 0;
  }
  return chance;
}
