/**
 * What is believed of candidates after what came of showing them. Pure: the same exposures give the same beliefs, in
 * whatever order they are listed.
 *
 * - Yes or no: Bayesian logistic regression of each candidate on the context, its posterior taken as normal around the
 *   most likely weights (Laplace; Chapelle and Li 2011, NeurIPS: "An empirical evaluation of Thompson sampling", algorithm 3,
 *   here with the whole covariance, and worked out anew from all that is known in place of step by step).
 * - Value: Bayesian linear regression, the posterior of Thompson sampling with linear payoffs (Agrawal and Goyal 2013,
 *   ICML), on values from which the mean is taken and which are divided by their deviation.
 *
 * Before anything is known of a candidate, it is believed to be like all together: the prior lies around the place's own
 * mean, so that a new candidate is neither hopeless nor preferred, only uncertain.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { DIMENSIONS, ENCODING } from "./encode.ts";
import type { Belief, Model, Reward } from "./model.ts";

/** Exposures of one candidate in one context whose time is over, added up. */
export type Shown = {
  readonly candidate: string;
  readonly slots: readonly number[];
  readonly n: number;
  /** How many had a reward, the sum of rewards and of their squares; of a yes or no all three are the same. */
  readonly rewarded: number;
  readonly sum: number;
  readonly sumOfSquares: number;
};

/** How far a candidate may lie from all together, and how far a part of the context may move it (variances). */
const BASE_VARIANCE = 1;
const PART_VARIANCE = 0.25;
const STEPS_MAX = 50;
const MOVED_MIN = 1e-9;
/** Digits that are kept: beliefs are stored by the hundred numbers. */
const DIGITS = 7;

/** What is believed of a slot that never came. */
export const priorVarianceOf = (slot: number): number => (slot === 0 ? BASE_VARIANCE : PART_VARIANCE);

/** The model of all that was shown. Candidates are those of `shown`. */
export function modelOf(reward: Reward, shown: readonly Shown[]): Model {
  const total = { n: 0, rewarded: 0, sum: 0, sumOfSquares: 0 };
  const byCandidate = new Map<string, Shown[]>();
  for (const one of shown) {
    total.n += one.n;
    total.rewarded += one.rewarded;
    total.sum += one.sum;
    total.sumOfSquares += one.sumOfSquares;
    const held = byCandidate.get(one.candidate);
    if (held) held.push(one);
    else byCandidate.set(one.candidate, [one]);
  }
  const { middle, scale } = reward === "value" ? spreadOf(total) : { middle: Math.log((total.sum + 0.5) / (total.n - total.sum + 0.5)), scale: 1 };
  const believed = reward === "value" ? linear : logistic;
  const ids = [...byCandidate.keys()].toSorted();
  return {
    encoding: ENCODING, reward, middle, scale, exposures: total.n, rewards: total.rewarded,
    beliefs: Object.fromEntries(ids.map((id) => [id, beliefOf(byCandidate.get(id)!, (rows, size) => believed(rows, size, middle, scale))])),
  };
} // prettier-ignore

/** Mean and deviation of the values; a deviation of 1 while all are equal. */
function spreadOf({ n, sum, sumOfSquares }: { readonly n: number; readonly sum: number; readonly sumOfSquares: number }) {
  const middle = n > 0 ? sum / n : 0;
  const variance = n > 1 ? (sumOfSquares - n * middle * middle) / (n - 1) : 0;
  return { middle, scale: variance > 0 ? Math.sqrt(variance) : 1 };
} // prettier-ignore

/** Rows whose slots are numbered by their place in the belief. */
type Row = Pick<Shown, "n" | "sum"> & { readonly at: readonly number[] };
/** The most likely weights, and the certainty about them: the inverse of their covariance. */
type Believed = { readonly mean: Float64Array; readonly precision: Matrix };

function beliefOf(shown: readonly Shown[], believed: (rows: readonly Row[], slots: readonly number[]) => Believed): Belief {
  const slots = [...new Set(shown.flatMap((one) => one.slots))].toSorted((a, b) => a - b);
  const places = new Int16Array(DIMENSIONS);
  for (const [at, slot] of slots.entries()) places[slot] = at;
  // In an order of their own, so that the last digits do not hang on how rows came.
  const rows = shown.map((one): Row => ({ n: one.n, sum: one.sum, at: one.slots.map((slot) => places[slot]!) }));
  rows.sort((a, b) => a.at.length - b.at.length || compared(a.at, b.at) || a.n - b.n || a.sum - b.sum);
  const { mean, precision } = believed(rows, slots);
  const covariance = new CholeskyDecomposition(precision).solve(Matrix.eye(slots.length)).to2DArray();
  return {
    slots, mean: [...mean].map(rounded), covariance: covariance.flatMap((row, i) => row.slice(0, i + 1).map(rounded)),
    exposures: shown.reduce((n, one) => n + one.n, 0), rewards: shown.reduce((n, one) => n + one.rewarded, 0),
  };
} // prettier-ignore

function compared(a: readonly number[], b: readonly number[]): number {
  for (const [i, slot] of a.entries()) if (slot !== b[i]!) return slot - b[i]!;
  return 0;
}
const rounded = (x: number): number => Number(x.toPrecision(DIGITS));

/** Adds `weight` * x x' to a matrix. */
function addOuter(matrix: Matrix, at: readonly number[], weight: number): void {
  for (const i of at) for (const j of at) matrix.set(i, j, matrix.get(i, j) + weight);
}
const priorOf = (slots: readonly number[]): Matrix => Matrix.diag(slots.map((slot) => 1 / priorVarianceOf(slot))); // prettier-ignore
const scoreOf = (mean: Float64Array, at: readonly number[]): number => at.reduce((sum, i) => sum + mean[i]!, 0); // prettier-ignore
/** The x with `precision` x = b: positive definite, since there is a prior on every weight. */
const solved = (precision: Matrix, b: Float64Array): Float64Array =>
  Float64Array.from(new CholeskyDecomposition(precision).solve(Matrix.columnVector(b)).to1DArray());

function linear(rows: readonly Row[], slots: readonly number[], middle: number, scale: number): Believed {
  const precision = priorOf(slots);
  const b = new Float64Array(slots.length);
  for (const { n, sum, at } of rows) {
    addOuter(precision, at, n);
    for (const i of at) b[i]! += (sum - n * middle) / scale;
  }
  return { mean: solved(precision, b), precision };
}

/** The share of yes at these log-odds. */
export const ratioOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

/** Newton's method with halved steps: the log posterior is concave, so it ends at its one top. */
function logistic(rows: readonly Row[], slots: readonly number[], middle: number): Believed {
  let mean = new Float64Array(slots.length);
  let height = heightOf(rows, slots, mean, middle);
  for (let step = 0; ; step += 1) {
    const precision = priorOf(slots);
    const slope = mean.map((weight, at) => -weight / priorVarianceOf(slots[at]!));
    for (const { n, sum, at } of rows) {
      const ratio = ratioOf(middle + scoreOf(mean, at));
      addOuter(precision, at, n * ratio * (1 - ratio));
      for (const i of at) slope[i]! += sum - n * ratio;
    }
    if (step >= STEPS_MAX) return { mean, precision };
    const move = solved(precision, slope);
    let next = mean;
    let reached = -Infinity;
    for (let share = 1; share > 1e-6 && !(reached >= height); share /= 2) {
      next = mean.map((weight, at) => weight + share * move[at]!);
      reached = heightOf(rows, slots, next, middle);
    }
    const moved = Math.max(...next.map((weight, at) => Math.abs(weight - mean[at]!)));
    if (!(reached >= height)) return { mean, precision };
    [mean, height] = [next, reached];
    if (moved < MOVED_MIN) return { mean, precision };
  }
}

/** The log posterior, but for a constant. */
function heightOf(rows: readonly Row[], slots: readonly number[], mean: Float64Array, middle: number): number {
  let height = 0;
  for (const [at, weight] of mean.entries()) height -= weight ** 2 / priorVarianceOf(slots[at]!) / 2;
  for (const { n, sum, at } of rows) {
    const odds = middle + scoreOf(mean, at);
    // ln(1 + e^odds), which does not overflow.
    height += sum * odds - n * (Math.max(odds, 0) + Math.log1p(Math.exp(-Math.abs(odds))));
  }
  return height;
} // prettier-ignore
