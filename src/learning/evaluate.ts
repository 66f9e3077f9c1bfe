/**
 * What another way of choosing would have given, worked out of what was shown by chance and came of it. Pure.
 *
 * - IPS: each reward weighs as many times as the other way would have chosen that candidate more often (Horvitz and
 *   Thompson 1952, JASA 47). Unbiased; spread by large weights.
 * - SNIPS: the same, divided by the sum of the weights in place of their number (Swaminathan and Joachims 2015, NeurIPS).
 *   Hardly biased, less spread; never outside of the rewards that were seen.
 * - DR: what a model of rewards foretells for the other way, with what it got wrong where something was shown added by
 *   weight (Dudik, Langford and Li 2011, ICML). Unbiased whatever the model is worth, and less spread when it is worth
 *   something. The model must not have seen the customers it is asked about (cross-fitting).
 *
 * Exposures of one customer resemble one another, so intervals take customers for the sample (the sandwich of Liang and
 * Zeger 1986, Biometrika 73), with Student's quantile. The effective sample size is Kish's (1965): the sum of the weights,
 * squared, by the sum of their squares.
 */
import { studentCritical } from "../experiments/distributions.ts";
import { type Estimate, LEARNING_LIMITS } from "./model.ts";

/** An exposure as a way of choosing sees it. */
export type Weighed = {
  /** Whose it is: any number that is another for another customer. */
  readonly customer: number;
  readonly reward: number;
  /** How likely the way would have chosen what was shown, divided by how likely it was chosen. */
  readonly weight: number;
  /** The reward the model foretells for what was shown, and for what the way would choose. */
  readonly foretold: number;
  readonly foretoldOfWay: number;
};

/** What a way of choosing would have given, per exposure. */
export type Evaluated = {
  readonly ips: Estimate;
  readonly snips: Estimate;
  readonly dr: Estimate;
  readonly effective: number;
  readonly warning: string | null;
};

/** The estimates of one way of choosing. Null where what was shown says nothing of the way, and of fewer than two customers. */
export function evaluated(weighed: readonly Weighed[], alphaRatio: number): Evaluated | null {
  const n = weighed.length;
  let [weights, squares, weightedRewards, doubly] = [0, 0, 0, 0];
  for (const { weight, reward, foretold, foretoldOfWay } of weighed) {
    weights += weight;
    squares += weight * weight;
    weightedRewards += weight * reward;
    doubly += foretoldOfWay + weight * (reward - foretold);
  }
  if (!(weights > 0) || new Set(weighed.map(({ customer }) => customer)).size < 2) return null;
  const [ips, snips, dr] = [weightedRewards / n, weightedRewards / weights, doubly / n];
  const around = (value: number, off: (one: Weighed) => number): Estimate => intervalOf(value, weighed, off, alphaRatio); // prettier-ignore
  const effective = weights ** 2 / squares;
  return {
    ips: around(ips, ({ weight, reward }) => (weight * reward - ips) / n),
    snips: around(snips, ({ weight, reward }) => (weight * (reward - snips)) / weights),
    dr: around(dr, ({ weight, reward, foretold, foretoldOfWay }) => (foretoldOfWay + weight * (reward - foretold) - dr) / n),
    effective, warning: warningOf(effective, n),
  };
} // prettier-ignore

function warningOf(effective: number, n: number): string | null {
  if (effective >= LEARNING_LIMITS.effectiveMin) return null;
  return `Too few of the ${n} exposures resemble this way of choosing: they count as ${Math.max(1, Math.floor(effective))}. The estimates and their intervals are not to be relied on.`;
}

/** The interval around an estimate; `off` is what an exposure adds to its error. */
function intervalOf(value: number, weighed: readonly Weighed[], off: (one: Weighed) => number, alphaRatio: number): Estimate {
  const byCustomer = new Map<number, number>();
  for (const one of weighed) byCustomer.set(one.customer, (byCustomer.get(one.customer) ?? 0) + off(one));
  const customers = byCustomer.size;
  let variance = 0;
  for (const error of byCustomer.values()) variance += error * error;
  const halfWidth = studentCritical(alphaRatio, customers - 1) * Math.sqrt((variance * customers) / (customers - 1));
  return { value, interval: [value - halfWidth, value + halfWidth] };
} // prettier-ignore
