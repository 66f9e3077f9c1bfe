/**
 * From cut-offs to a model of one goal: learnt from the earlier ones, its penalty and calibration chosen at a later one, and
 * tested at the newest, which nothing of it ever saw. What is tested is what is told: it is not learnt anew afterwards. Pure.
 */
import { type Line, type Rows, chanceOf, fitLogistic } from "./logistic.ts";
import { stageOfGoal } from "./goals.ts";
import { type CutOff, type Feature, type Lesson, type Model, NEEDS_FLOOR, type Quality, type Unfit, type Worked, type WorkedGoal } from "./model.ts"; // prettier-ignore
import { qualityOf } from "./quality.ts";

/** Strong first: each begins where the one before ended. */
const PENALTIES = [1_000, 100, 10, 1] as const;
/** A number further than this from the mean counts as this far: one customer with a thousand views moves no weight. */
const DEVIATIONS_MAX = 5;
/** Of Platt's line there are thousands of customers: the penalty only keeps it where all chances are the same. */
const LINE_PENALTY = 1e-3;
/** One to learn from, one to calibrate at, one to test at. */
export const CUT_OFFS_MIN = 3;

/** Learns every goal. */
export const learnAll = (lesson: Lesson): readonly WorkedGoal[] =>
  lesson.goals.map((goal, n) => ({ goal, worked: learn(lesson, n) }));

/** The rows of one goal: of those who have not reached its stage yet. */
type Asked = { readonly x: Float32Array; readonly reached: readonly boolean[] };
function askedOf({ stages, x, reached }: CutOff, goal: number, beforeStage: number, width: number): Asked {
  const rows = [...stages.keys()].filter((row) => stages[row]! < beforeStage);
  const its = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) its.set(x.subarray(row * width, (row + 1) * width), i * width);
  return { x: its, reached: rows.map((row) => reached[goal]![row] === 1) };
}
function joined(some: readonly Asked[]): Asked {
  const x = new Float32Array(some.reduce((sum, one) => sum + one.x.length, 0));
  let at = 0;
  for (const one of some) {
    x.set(one.x, at);
    at += one.x.length;
  }
  return { x, reached: some.flatMap(({ reached }) => reached) };
}
const yesOf = ({ reached }: Asked): number => reached.filter(Boolean).length;
const noOf = (asked: Asked): number => asked.reached.length - yesOf(asked);

/** A count as it is weighed: the tenth view says less than the second. A flag stays one. */
const felt = (value: number): number => Math.sign(value) * Math.log1p(Math.abs(value));
/** How far each number lies from its mean, in deviations. */
export const scaledOf = ({ means, deviations }: Pick<Model, "means" | "deviations">, x: ArrayLike<number>): readonly number[] =>
  means.map((mean, j) => Math.max(-DEVIATIONS_MAX, Math.min(DEVIATIONS_MAX, (felt(x[j]!) - mean) / deviations[j]!))); // prettier-ignore

/** The log odds before calibration. */
const rawOf = (
  model: Pick<Model, "means" | "deviations" | "weights" | "intercept">,
  x: ArrayLike<number>,
): number => scaledOf(model, x).reduce((sum, value, j) => sum + value * model.weights[j]!, model.intercept);
/** The chance that a customer with these numbers reaches the goal in time. */
export const foretell = (model: Model, x: ArrayLike<number>): number =>
  chanceOf(model.shift + model.slope * rawOf(model, x));
const eachRow = <T>({ x, reached }: Asked, width: number, of: (x: Float32Array) => T): T[] =>
  reached.map((_, row) => of(x.subarray(row * width, (row + 1) * width)));

/** Learns one goal: the last cut-off is the test, the one before it is for calibration. */
export function learn({ goals, features, stages, cutOffs }: Lesson, goal: number): Worked {
  const stage = stageOfGoal(goals[goal]!, stages);
  if (stage.type === "unknown") return stage;
  if (cutOffs.length < CUT_OFFS_MIN) return { type: "too_little_data", reason: "history", found: cutOffs.length, needed: CUT_OFFS_MIN }; // prettier-ignore
  const width = features.length;
  const all = cutOffs.map((one) => askedOf(one, goal, stage.before, width));
  const [learnt, calibration, test] = [joined(all.slice(0, -2)), all.at(-2)!, all.at(-1)!];
  const little = scarce(learnt, calibration, test);
  if (little) return little;
  const model = fitted(learnt, calibration, features);
  const chances = eachRow(test, width, (x) => foretell(model, x));
  const quality = qualityOf(chances, test.reached, yesOf(learnt) / learnt.reached.length);
  const below = belowFloor(quality);
  return {
    type: below.length === 0 ? "shown" : "below_floor", below, model, quality,
    learnt: { customers: learnt.reached.length, reached: yesOf(learnt), cutOffs: all.length - 2 },
  };
} // prettier-ignore

/** Why there is too little to learn from or to test at, or null. */
function scarce(learnt: Asked, calibration: Asked, test: Asked): Unfit | null {
  const { customers, reached, reachedTest } = NEEDS_FLOOR;
  const found = [
    ["customers", Math.min(test.reached.length, calibration.reached.length), customers],
    ["reached", yesOf(learnt), reached],
    ["not_reached", noOf(learnt), reached],
    ["reached_test", Math.min(yesOf(test), yesOf(calibration)), reachedTest],
    ["not_reached_test", Math.min(noOf(test), noOf(calibration)), reachedTest],
  ] as const;
  const first = found.find(([, has, needed]) => has < needed);
  return first ? { type: "too_little_data", reason: first[0], found: first[1], needed: first[2] } : null;
}

/** What of a model's quality is below the floor. */
export const belowFloor = ({ aucInterval, calibrationError }: Pick<Quality, "aucInterval" | "calibrationError">): readonly ("discrimination" | "calibration")[] => [
  ...(aucInterval.low < NEEDS_FLOOR.aucLow ? (["discrimination"] as const) : []),
  ...(calibrationError > NEEDS_FLOOR.calibrationError ? (["calibration"] as const) : []),
]; // prettier-ignore

function rowsOf(asked: Asked, scale: Pick<Model, "means" | "deviations">): Rows {
  const width = scale.means.length;
  const x = new Float64Array(asked.x.length);
  for (let row = 0; row < asked.reached.length; row++)
    x.set(scaledOf(scale, asked.x.subarray(row * width, (row + 1) * width)), row * width);
  return { x, width, y: Float64Array.from(asked.reached, Number) };
}

function fitted(learnt: Asked, calibration: Asked, features: readonly Feature[]): Model {
  const scale = scaleOf(learnt, features.length);
  const [rows, held] = [rowsOf(learnt, scale), rowsOf(calibration, scale)];
  let best: { readonly line: Line; readonly penalty: number; readonly lossPerCase: number } | null = null;
  let line: Line | undefined;
  for (const penalty of PENALTIES) {
    const fit = fitLogistic(rows, penalty, line);
    if (fit.type !== "fitted") continue;
    line = fit;
    const lossPerCase = lossOf(held, fit);
    if (best === null || lossPerCase < best.lossPerCase) best = { line: fit, penalty, lossPerCase };
  }
  if (best === null) throw new Error("A penalised logistic regression did not settle.");
  const { intercept, weights } = best.line;
  const plain = { ...scale, weights, intercept };
  const { slope, shift } = plattOf(eachRow(calibration, features.length, (x) => rawOf(plain, x)), calibration.reached);
  return { features, ...plain, penalty: best.penalty, slope, shift };
} // prettier-ignore

function scaleOf({ x }: Asked, width: number): Pick<Model, "means" | "deviations"> {
  const [sums, squares] = [new Float64Array(width), new Float64Array(width)];
  for (const [i, value] of x.entries()) {
    const one = felt(value);
    sums[i % width]! += one;
    squares[i % width]! += one * one;
  }
  const rows = x.length / width;
  const means = [...sums].map((sum) => sum / rows);
  // A number that is the same for everybody tells nothing, whatever it is divided by.
  const deviations = means.map((mean, j) => Math.sqrt(Math.max(0, squares[j]! / rows - mean * mean)) || 1);
  return { means, deviations };
}

function lossOf({ x, width, y }: Rows, { intercept, weights }: Line): number {
  let loss = 0;
  for (let row = 0; row < y.length; row++) {
    let z = intercept;
    for (let j = 0; j < width; j++) z += x[row * width + j]! * weights[j]!;
    loss += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0) - y[row]! * z;
  }
  return loss / y.length;
}

/** Platt's line (1999), with his targets: they keep it from certainty where few reached it. */
function plattOf(logOdds: readonly number[], reached: readonly boolean[]): { readonly slope: number; readonly shift: number } {
  const yes = reached.filter(Boolean).length;
  const [high, low] = [(yes + 1) / (yes + 2), 1 / (reached.length - yes + 2)];
  const fit = fitLogistic({ x: Float64Array.from(logOdds), width: 1, y: Float64Array.from(reached, (one) => (one ? high : low)) }, LINE_PENALTY, { intercept: 0, weights: [1] });
  // A line that falls would turn the model around: then everybody is told the share that was seen.
  if (fit.type !== "fitted" || fit.weights[0]! <= 0) return { slope: 0, shift: Math.log((yes + 1) / (reached.length - yes + 1)) };
  return { slope: fit.weights[0]!, shift: fit.intercept };
} // prettier-ignore
