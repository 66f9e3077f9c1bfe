/**
 * Finding the greatest value of a function of a few logarithms: simplex climbs from several starts (Nelder and Mead 1965, Computer
 * Journal 7), then Newton's steps on differences. The curvature at the top is the observed information, so its inverse is the
 * covariance. Pure and without chance: the same function gives the same answer.
 */

export type Point = readonly number[];
/** The top, or why there is none. `covariance`: of the coordinates, by the curvature at the top. */
export type Top =
  | {
      readonly type: "top";
      readonly at: Point;
      readonly value: number;
      readonly covariance: readonly Point[];
    }
  | { readonly type: "not_settled" | "not_identified" };

/** A simplex of this size, on the ground and in height, is at a top. */
const SIZE_SMALL = 1e-3;

type Corner = { readonly at: Point; readonly value: number };
/** Coordinates are logarithms: a parameter beyond e^12 or below e^-12 is at no place, and the function is flat there. */
const COORDINATE_MAX = 12;
const EDGE = 1;

/** `f`, minus infinity where it is no number and beyond the coordinates that are looked at. */
const heightOf =
  (f: (at: Point) => number) =>
  (at: Point): number => {
    if (at.some((one) => Math.abs(one) > COORDINATE_MAX)) return -Infinity;
    const value = f(at);
    return Number.isNaN(value) ? -Infinity : value;
  };

/** Goes on to the top from a point close to it, by Newton's steps alone. */
export function finish(f: (at: Point) => number, near: Point): Top {
  const height = heightOf(f);
  const value = height(near);
  return Number.isFinite(value) ? refined(height, { at: near, value }) : { type: "not_settled" };
}

/** Looks for the top of `f`. Values that are no number count as minus infinity. */
export function climb(f: (at: Point) => number, starts: readonly Point[], roundsMax: number): Top {
  const height = heightOf(f);
  const tops = starts.map((start) => simplex(height, start, roundsMax)).filter((top) => top !== null);
  const best = tops.toSorted((a, b) => b.value - a.value)[0];
  if (!best || !Number.isFinite(best.value)) return { type: "not_settled" };
  return refined(height, best);
}

const blend = (a: Point, b: Point, ratio: number): Point => a.map((one, i) => one + ratio * (b[i]! - one));

/** One climb, begun again once from where it ended with a fresh simplex, for a simplex may shrink short of the top. */
function simplex(f: (at: Point) => number, start: Point, roundsMax: number): Corner | null {
  let from: Corner = { at: start, value: f(start) };
  for (let again = 0; again < 2; again += 1) {
    const found = oneSimplex(f, from.at, roundsMax);
    if (found === null) return null;
    from = found;
  }
  return from;
}

function oneSimplex(f: (at: Point) => number, start: Point, roundsMax: number): Corner | null {
  const corner = (at: Point): Corner => ({ at, value: f(at) });
  let corners = [start, ...start.map((_, i) => start.map((one, j) => (i === j ? one + 0.4 : one)))].map(
    corner,
  );
  for (let round = 0; round < roundsMax; round += 1) {
    corners = corners.toSorted((a, b) => b.value - a.value);
    const [best, worst] = [corners[0]!, corners.at(-1)!];
    const size = Math.max(...corners.flatMap(({ at }) => at.map((one, i) => Math.abs(one - best.at[i]!))));
    // Newton's steps do the rest.
    if (size < SIZE_SMALL && best.value - worst.value < SIZE_SMALL) return best;
    const others = corners.slice(0, -1);
    const middle = start.map((_, i) => others.reduce((sum, { at }) => sum + at[i]!, 0) / others.length);
    const ahead = corner(blend(middle, worst.at, -1));
    if (ahead.value > best.value) {
      const further = corner(blend(middle, worst.at, -2));
      corners = [...others, further.value > ahead.value ? further : ahead];
    } else if (ahead.value > others.at(-1)!.value) corners = [...others, ahead];
    else {
      const nearer = corner(blend(middle, ahead.value > worst.value ? ahead.at : worst.at, 0.5));
      corners =
        nearer.value > Math.max(worst.value, ahead.value)
          ? [...others, nearer]
          : [best, ...corners.slice(1).map(({ at }) => corner(blend(best.at, at, 0.5)))];
    }
  }
  return null;
}

const STEP = 1e-3;
const NEWTON_ROUNDS = 10;
/** A step to go on with that is longer says that the top is elsewhere. */
const STEP_SMALL = 0.02;

/** Newton's steps from near the top; the covariance where the function curves down in every direction. */
function refined(f: (at: Point) => number, near: Corner): Top {
  let here = near;
  for (let round = 0; ; round += 1) {
    const { slope, curve } = differences(f, here);
    const covariance = inverse(curve.map((row) => row.map((one) => -one)));
    // At the edge of where is looked, the likelihood still rises: the data set the parameter no bound.
    const atEdge = here.at.some((one) => Math.abs(one) > COORDINATE_MAX - EDGE);
    if (atEdge || covariance === null || covariance.some((row, i) => !(row[i]! > 0))) return { type: "not_identified" };
    const step = covariance.map((row) => row.reduce((sum, one, i) => sum + one * slope[i]!, 0));
    const next = risen(f, here, step);
    if (next !== null) here = next;
    if (next === null || round === NEWTON_ROUNDS || Math.max(...step.map(Math.abs)) < 1e-6)
      // Where no step leads higher though the slope asks for a long one, this is no top.
      return Math.max(...step.map(Math.abs)) < STEP_SMALL ? { type: "top", ...here, covariance } : { type: "not_settled" };
  }
} // prettier-ignore

/** The first of this step and its halves that leads higher. */
function risen(f: (at: Point) => number, here: Corner, step: Point): Corner | null {
  for (let ratio = 1; ratio > 0.01; ratio /= 2) {
    const at = here.at.map((one, i) => one + ratio * step[i]!);
    const value = f(at);
    if (value > here.value) return { at, value };
  }
  return null;
}

/** Slopes and curvatures by central differences. */
function differences(f: (at: Point) => number, { at, value }: Corner) {
  const moved = (i: number, a: number, j: number, b: number): number =>
    f(at.map((one, k) => one + (k === i ? a : 0) + (k === j ? b : 0)));
  const sides = at.map((_, i) => [moved(i, STEP, i, 0), moved(i, -STEP, i, 0)] as const);
  const slope = sides.map(([up, down]) => (up - down) / (2 * STEP));
  const curve = at.map((_, i) =>
    at.map((_, j) =>
      i === j
        ? (sides[i]![0] - 2 * value + sides[i]![1]) / STEP ** 2
        : i < j
          ? (moved(i, STEP, j, STEP) - moved(i, STEP, j, -STEP) - moved(i, -STEP, j, STEP) + moved(i, -STEP, j, -STEP)) / (4 * STEP ** 2)
          : 0,
    ),
  ); // prettier-ignore
  return { slope, curve: curve.map((row, i) => row.map((one, j) => (i > j ? curve[j]![i]! : one))) };
}

/** The inverse of a small matrix, by Gauss and Jordan with pivots; null where there is none. */
export function inverse(matrix: readonly Point[]): readonly Point[] | null {
  const n = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let pivot = 0; pivot < n; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < n; row += 1)
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    const scale = rows[pivot]![pivot]!;
    if (!(Math.abs(scale) > 1e-12)) return null;
    rows[pivot] = rows[pivot]!.map((one) => one / scale);
    for (let row = 0; row < n; row += 1) {
      const part = rows[row]![pivot]!;
      if (row !== pivot) rows[row] = rows[row]!.map((one, i) => one - part * rows[pivot]![i]!);
    }
  }
  return rows.map((row) => row.slice(n));
}
