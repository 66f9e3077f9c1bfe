/**
 * Fitting the laws: the parameters under which what happened was most likely, with intervals by the observed information (Efron and
 * Hinkley 1978, Biometrika 65) on the logarithms. Pure: the same rows give the same parameters.
 */
import { normalQuantile } from "../experiments/distributions.ts";
import { bgNbdLogLikelihood } from "./bgnbd.ts";
import { type Point, type Top, climb, finish } from "./climb.ts";
import { gammaGammaLogLikelihood } from "./gammagamma.ts";
import { type BgNbd, type Estimate, type Fit, type GammaGamma, type History, LIFETIME_LIMITS, type ParetoNbd, type Spending } from "./model.ts"; // prettier-ignore
import { paretoNbdLogLikelihood } from "./paretonbd.ts";

/** How sure the intervals are. */
export const LEVEL_RATIO = 0.95;

/** With more rows than this the climb is made on coarser ones, and only the last steps on all. */
const ROWS_CLIMBED = 4_000;
const COARSE_WEEKS = 4;

/** The same customers in fewer rows, or null where they are few already. */
function coarse(rows: readonly History[]): readonly History[] | null {
  if (rows.length <= ROWS_CLIMBED) return null;
  const found = new Map<string, History>();
  for (const { repeats, customers, ...row } of rows) {
    const ageWeeks = COARSE_WEEKS * Math.ceil(row.ageWeeks / COARSE_WEEKS);
    const recencyWeeks = repeats === 0 ? 0 : Math.min(ageWeeks, COARSE_WEEKS * Math.ceil(row.recencyWeeks / COARSE_WEEKS));
    const key = `${repeats} ${recencyWeeks} ${ageWeeks}`;
    found.set(key, { repeats, recencyWeeks, ageWeeks, customers: customers + (found.get(key)?.customers ?? 0) });
  }
  return [...found.values()];
} // prettier-ignore

/** Half the width of an interval, on the logarithm, from which on it says nothing. */
const WIDTH_LOG_MAX = Math.log(1e12);
const SCALES_LOG_MAX = Math.log(1_000);

type Counted = { readonly customers: number };
type Law<Row, Values> = {
  readonly names: readonly (keyof Values & string)[];
  readonly likelihood: (values: Values) => (row: Row) => number;
  /** Where to begin: typical, and two that lie far apart. */
  readonly starts: readonly Point[];
  /** Fewer rows of the same customers to climb on, or null: all are few. */
  readonly near: readonly Row[] | null;
};

/** Fits the BG/NBD law. */
export const fitBgNbd = (rows: readonly History[]): Fit<BgNbd> => {
  const scale = meanAge(rows) / 4;
  return fitted(rows, {
    near: coarse(rows),
    names: ["r", "alpha", "a", "b"],
    likelihood: bgNbdLogLikelihood,
    starts: [[0.3, scale, 0.8, 2.5], [1.5, 3 * scale, 0.3, 4], [1, scale / 3, 2, 2]].map(logarithms),
  }); // prettier-ignore
};

/** Fits the Pareto/NBD law. */
export const fitParetoNbd = (rows: readonly History[]): Fit<ParetoNbd> => {
  const scale = meanAge(rows) / 4;
  return fitted(rows, {
    near: coarse(rows),
    names: ["r", "alpha", "s", "beta"],
    // Time scales a thousandfold apart fit nobody's customers, and take the longest to work out.
    likelihood: (law) => (Math.abs(Math.log(law.alpha / law.beta)) > SCALES_LOG_MAX ? () => Number.NaN : paretoNbdLogLikelihood(law)),
    starts: [[0.5, scale, 0.6, scale], [1.5, 3 * scale, 0.3, 3 * scale], [1, scale / 3, 1.5, 4 * scale]].map(logarithms),
  }); // prettier-ignore
};

/** Fits the Gamma-Gamma law to those who came back and spent something. */
export const fitGammaGamma = (rows: readonly Spending[]): Fit<GammaGamma> => {
  const customers = rows.reduce((sum, row) => sum + row.customers, 0);
  const mean = rows.reduce((sum, row) => sum + row.customers * row.meanSpent, 0) / customers;
  return fitted(rows, {
    near: null,
    names: ["p", "q", "v"],
    likelihood: gammaGammaLogLikelihood,
    starts: [[4, 4, mean * 0.75], [1, 2, mean], [20, 3, mean / 10]].map(logarithms),
  }); // prettier-ignore
};

const logarithms = (values: readonly number[]): Point => values.map((value) => Math.log(value));

const meanAge = (rows: readonly History[]): number =>
  rows.reduce((sum, { ageWeeks, customers }) => sum + ageWeeks * customers, 0) /
  rows.reduce((sum, { customers }) => sum + customers, 0);

function fitted<Row extends Counted, Values extends { readonly [name in keyof Values]: number }>(
  rows: readonly Row[],
  { names, likelihood, starts, near }: Law<Row, Values>,
): Fit<Values> {
  // The names are those of the law's fields, in order: what is made here has just them.
  const valuesAt = (at: Point): Values => Object.fromEntries(names.map((name, i) => [name, Math.exp(at[i]!)])) as Values; // prettier-ignore
  const heightOf = (some: readonly Row[]) => (at: Point): number => {
    const tell = likelihood(valuesAt(at));
    return some.reduce((sum, row) => sum + row.customers * tell(row), 0);
  }; // prettier-ignore
  const { climbRoundsMax } = LIFETIME_LIMITS;
  const height = heightOf(rows);
  let top: Top | null = null;
  if (near !== null) {
    const close = climb(heightOf(near), starts, climbRoundsMax);
    if (close.type === "top") top = finish(height, close.at);
  }
  if (top?.type !== "top") top = climb(height, starts, climbRoundsMax);
  if (top.type !== "top") return { type: "not_fitted", reason: top.type };
  const half = normalQuantile((1 + LEVEL_RATIO) / 2);
  const widths = top.at.map((_, i) => half * Math.sqrt(top.covariance[i]![i]!));
  // A parameter that may as well be anything: the likelihood is flat there, and an interval could not even be written down.
  if (!widths.every((width) => width < WIDTH_LOG_MAX))
    return { type: "not_fitted", reason: "not_identified" };
  const estimateOf = (i: number): Estimate => ({
    value: Math.exp(top.at[i]!),
    low: Math.exp(top.at[i]! - widths[i]!),
    high: Math.exp(top.at[i]! + widths[i]!),
  });
  return {
    type: "fitted", law: valuesAt(top.at), logLikelihood: top.value,
    estimates: Object.fromEntries(names.map((name, i) => [name, estimateOf(i)])) as Extract<Fit<Values>, { type: "fitted" }>["estimates"],
    covariance: top.covariance,
  }; // prettier-ignore
}
