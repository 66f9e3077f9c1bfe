/**
 * The interval of what a fitted law says of many customers together, by the uncertainty of its parameters (delta method, on the
 * logarithm of the sum, so that no end is below 0). Chance among the customers comes on top; of thousands it is the smaller part. Pure.
 */
import { normalQuantile } from "../experiments/distributions.ts";
import { LEVEL_RATIO } from "./fitting.ts";
import type { Fitted } from "./model.ts";

/** A sum over customers and where it lies. */
export type Sum = { readonly value: number; readonly low: number; readonly high: number };

const STEP = 1e-3;
const HALF_LOG_MAX = Math.log(1e12);

/** The sum under `fit`, and its interval. */
export function sumWithInterval<One extends Fitted<{ readonly [name in keyof One["law"]]: number }>>(
  fit: One,
  sumOf: (fit: One) => number,
): Sum {
  const value = sumOf(fit);
  if (!(value > 0)) return { value, low: value, high: value };
  const names = Object.keys(fit.law) as (keyof One["law"])[];
  const moved = (name: keyof One["law"], by: number): number => {
    const law: One["law"] = { ...fit.law, [name]: (fit.law[name] as number) * Math.exp(by) };
    return Math.log(sumOf({ ...fit, law }));
  };
  const slopes = names.map((name) => (moved(name, STEP) - moved(name, -STEP)) / (2 * STEP));
  const variance = slopes.reduce(
    (sum, slope, i) =>
      sum + slopes.reduce((row, other, j) => row + slope * other * fit.covariance[i]![j]!, 0),
    0,
  );
  // Wider it says nothing either, and stays a number.
  const half = Math.min(
    HALF_LOG_MAX,
    normalQuantile((1 + LEVEL_RATIO) / 2) * Math.sqrt(Math.max(0, variance)),
  );
  return { value, low: value * Math.exp(-half), high: value * Math.exp(half) };
}
