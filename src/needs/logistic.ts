/**
 * Logistic regression with a ridge penalty, by Newton's method (iteratively reweighted least squares; Hastie, Tibshirani and
 * Friedman 2009, 4.4.1; the penalty as in le Cessie and van Houwelingen 1992). Pure.
 *
 *     minimise  -sum(y log p + (1 - y) log(1 - p)) + penalty / 2 * sum(weight^2),    p = 1 / (1 + exp(-(intercept + x weights)))
 *
 * The intercept is not penalised, so the mean of the chances is the share that was seen. The problem is strictly convex with a
 * penalty above 0; each step is halved until it climbs, so it ends at the one optimum or says that it did not.
 */
import { CholeskyDecomposition, Matrix } from "ml-matrix";

/** Rows of equal length, one after the other, and what came of each: 0, 1 or between (Platt's targets). */
export type Rows = { readonly x: Float64Array; readonly width: number; readonly y: Float64Array };
/** A line in the logarithm of the odds. */
export type Line = { readonly intercept: number; readonly weights: readonly number[] };
export type Fit =
  | ({ readonly type: "fitted"; readonly rounds: number } & Line)
  | { readonly type: "not_settled" };

const ROUNDS_MAX = 50;
const HALVINGS_MAX = 30;
/** Of the whole objective; beyond it no coefficient changes in its sixth digit. */
const SETTLED_RATIO = 1e-12;
/** Chances nearer to 0 or 1 tell a Newton step nothing: their curvature is held here. */
const CURVATURE_MIN = 1e-9;

/** The chance at these log odds. */
export const chanceOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
/** log(1 + exp(z)) without overflow. */
const softPlus = (z: number): number => (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z)));

/** The log odds of a row that begins at `from`. */
function logOddsAt({ x, width }: Pick<Rows, "x" | "width">, row: number, line: Float64Array): number {
  let sum = line[width]!;
  for (let j = 0, i = row * width; j < width; j++, i++) sum += x[i]! * line[j]!;
  return sum;
}

/** Fits; `start` is where to begin, which costs rounds only. Never throws on finite rows with a penalty above 0. */
export function fitLogistic(rows: Rows, penalty: number, start?: Line): Fit {
  const { width } = rows;
  // The intercept is the last.
  let line: Float64Array = new Float64Array(width + 1);
  if (start) line.set([...start.weights, start.intercept]);
  let height = objective(rows, line, penalty);
  for (let round = 1; round <= ROUNDS_MAX; round++) {
    const step = newtonStep(rows, line, penalty);
    if (step === null) return { type: "not_settled" };
    const climbed = along(rows, line, step, height, penalty);
    const gain = height - climbed.height;
    ({ line, height } = climbed);
    if (gain <= SETTLED_RATIO * Math.max(1, Math.abs(height)))
      return { type: "fitted", rounds: round, intercept: line[width]!, weights: [...line.subarray(0, width)] };
  }
  return { type: "not_settled" };
} // prettier-ignore

function objective(rows: Rows, line: Float64Array, penalty: number): number {
  let sum = 0;
  for (let row = 0; row < rows.y.length; row++) {
    const z = logOddsAt(rows, row, line);
    sum += softPlus(z) - rows.y[row]! * z;
  }
  for (let j = 0; j < rows.width; j++) sum += (penalty / 2) * line[j]! ** 2;
  return sum;
}

/** The step of Newton's method: the curvature's inverse times the slope; null where the curvature cannot be inverted. */
function newtonStep(rows: Rows, line: Float64Array, penalty: number): Float64Array | null {
  const { x, width, y } = rows;
  const size = width + 1;
  const slope = new Float64Array(size);
  const curve = new Float64Array(size * size);
  for (let row = 0; row < y.length; row++) {
    const p = chanceOf(logOddsAt(rows, row, line));
    const w = Math.max(CURVATURE_MIN, p * (1 - p));
    const off = p - y[row]!;
    const from = row * width;
    // The lower half; most numbers of a customer are 0, and cost nothing.
    for (let j = 0; j < width; j++) {
      const value = x[from + j]!;
      if (value === 0) continue;
      slope[j]! += off * value;
      const weighted = w * value;
      for (let k = 0, at = j * size; k <= j; k++, at++) curve[at]! += weighted * x[from + k]!;
      curve[width * size + j]! += weighted;
    }
    slope[width]! += off;
    curve[width * size + width]! += w;
  }
  const matrix = Matrix.zeros(size, size);
  for (let j = 0; j < size; j++)
    for (let k = 0; k <= j; k++) {
      const value = curve[j * size + k]! + (j === k && j < width ? penalty : 0);
      matrix.set(j, k, value);
      matrix.set(k, j, value);
    }
  for (let j = 0; j < width; j++) slope[j]! += penalty * line[j]!;
  const solved = new CholeskyDecomposition(matrix);
  if (!solved.isPositiveDefinite()) return null;
  return Float64Array.from(solved.solve(Matrix.columnVector(slope)).to1DArray());
}

/** As far along the step as it climbs: all of it, or halved until it does. */
function along(rows: Rows, line: Float64Array, step: Float64Array, height: number, penalty: number) {
  for (let halvings = 0, part = 1; halvings < HALVINGS_MAX; halvings++, part /= 2) {
    const moved = line.map((value, j) => value - part * step[j]!);
    const reached = objective(rows, moved, penalty);
    if (reached <= height) return { line: moved, height: reached };
  }
  return { line, height };
}
