/**
 * What journeys ask: is this customer held out, and which arm of a split is theirs. Sticky by hashing: nothing is stored, and
 * the same seed and customer give the same answer in every process and at any time.
 *
 * Laws (`assign.test.ts`): deterministic; shares within binomial bounds; raising a holdout never lets a held-out customer back
 * in; holdout and arm of one seed are independent; arms take their shares in the order of the list.
 */
import { placeOf } from "./hash.ts";
import { EXPERIMENT_LIMITS } from "./model.ts";

/** One arm of a split and its share, of whatever the weights add up to. */
export interface WeightedArm {
  readonly key: string;
  readonly weight: number;
}

/**
 * Whether the customer belongs to the part that `seed` (a journey, or the workspace for a global holdout) never reaches.
 * `ratio` has a step of 1/10,000: it is rounded up to the next one. A ratio that is no number holds nobody out.
 * The places are drawn apart from those of `arm`: else the first arm would be made of those left over by the holdout.
 */
export const heldOut = (seed: string, customer: string, ratio: number): boolean =>
  placeOf(`holdout:${seed}`, customer) < ratio;

/**
 * The key of the customer's arm. Arms take their shares of [0, 1) in the order of the list; keys play no part, so that a
 * renamed arm keeps its customers. A weight below 0 or that is no finite number counts as 0; without any weight the arms are
 * equal. Throws RangeError for an empty list or one above the limit, which the schema of a journey does not let through.
 */
export function arm(seed: string, customer: string, weights: readonly WeightedArm[]): string {
  const last = weights.at(-1);
  if (!last || weights.length > EXPERIMENT_LIMITS.armsMax)
    throw new RangeError(`a split has 1 to ${EXPERIMENT_LIMITS.armsMax} arms`);
  const shares = sharesOf(weights.map(({ weight }) => weight));
  const place = placeOf(seed, customer);
  let end = 0;
  for (const [i, share] of shares.entries()) {
    end += share;
    if (place < end) return weights[i]!.key;
  }
  // Places end at .9999 and the shares add up to 1 but for rounding, so that somebody was found before.
  return last.key;
}

/** Each weight's share of the whole, in [0, 1]; equal shares when no weight counts. */
export function sharesOf(weights: readonly number[]): readonly number[] {
  const clean = weights.map((weight) => (Number.isFinite(weight) && weight > 0 ? weight : 0));
  const largest = Math.max(0, ...clean);
  if (largest === 0) return weights.map(() => 1 / weights.length);
  // Divided by the largest first: the sum of huge weights would overflow.
  const total = clean.reduce((sum, weight) => sum + weight / largest, 0);
  return clean.map((weight) => weight / largest / total);
}
