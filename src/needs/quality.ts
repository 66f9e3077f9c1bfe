/**
 * How good foretold chances are against what came: the area under the curve with DeLong's interval, the Brier score, and how
 * far groups of equal size lie from what they were told (expected calibration error). Pure.
 */
import type { Interval } from "../analysis/model.ts";
import { normalQuantile } from "../experiments/distributions.ts";
import { wilson } from "../metrics/intervals.ts";
import { type Group, NEEDS_LIMITS, type Quality } from "./model.ts";

const LEVEL = 0.95;

/** Ranks from 1; of equal values the mean of theirs. */
export function midRanks(values: readonly number[]): readonly number[] {
  const order = values.map((_, i) => i).toSorted((a, b) => values[a]! - values[b]!);
  const ranks = Array.from<number>({ length: values.length });
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

/**
 * The chance that one who reached it was told more than one who did not (of equal ones half), and its interval (DeLong, DeLong
 * and Clarke-Pearson 1988, by the ranks of Sun and Xu 2014). Both must be there: with nobody on one side it is .5 in [0, 1].
 */
export function aucOf(chances: readonly number[], reached: readonly boolean[]): { readonly auc: number; readonly interval: Interval } {
  const [yes, no] = [chances.filter((_, i) => reached[i]), chances.filter((_, i) => !reached[i])];
  if (yes.length === 0 || no.length === 0) return { auc: 0.5, interval: { low: 0, high: 1, level: LEVEL } };
  const all = midRanks([...yes, ...no]);
  const [among, against] = [midRanks(yes), midRanks(no)];
  const ofYes = yes.map((_, i) => (all[i]! - among[i]!) / no.length);
  const ofNo = no.map((_, i) => 1 - (all[yes.length + i]! - against[i]!) / yes.length);
  const auc = ofYes.reduce((sum, one) => sum + one, 0) / yes.length;
  const half = normalQuantile((1 + LEVEL) / 2) * Math.sqrt(spread(ofYes) / yes.length + spread(ofNo) / no.length);
  return { auc, interval: { low: Math.max(0, auc - half), high: Math.min(1, auc + half), level: LEVEL } };
} // prettier-ignore

/** The variance of a sample; that of one is not known and taken as 0. */
function spread(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length;
  return values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1);
}

/** The mean squared distance of a chance from what came (Brier 1950). */
export const brierOf = (chances: readonly number[], reached: readonly boolean[]): number =>
  chances.reduce((sum, chance, i) => sum + (chance - Number(reached[i])) ** 2, 0) /
  Math.max(1, chances.length);

/** Customers in groups of equal size by what they were told, with what came. */
export function groupsOf(chances: readonly number[], reached: readonly boolean[], groups: number = NEEDS_LIMITS.groups): readonly Group[] {
  const order = chances.map((_, i) => i).toSorted((a, b) => chances[a]! - chances[b]!);
  return Array.from({ length: groups }, (_, n) => {
    const its = order.slice(Math.round((n * order.length) / groups), Math.round(((n + 1) * order.length) / groups));
    const came = its.filter((i) => reached[i]).length;
    const foretold = its.reduce((sum, i) => sum + chances[i]!, 0) / Math.max(1, its.length);
    return { customers: its.length, foretold, reached: came, ratio: came / Math.max(1, its.length), interval: wilson(came, its.length) };
  }).filter(({ customers }) => customers > 0);
} // prettier-ignore

/** The mean distance of groups from what they were told, by their size (Naeini, Cooper and Hauskrecht 2015). */
export function calibrationErrorOf(groups: readonly Group[]): number {
  const customers = groups.reduce((sum, one) => sum + one.customers, 0);
  return groups.reduce((sum, one) => sum + one.customers * Math.abs(one.foretold - one.ratio), 0) / Math.max(1, customers); // prettier-ignore
}

/** All of it. `shareBefore`: the share that reached it when the model learnt. */
export function qualityOf(chances: readonly number[], reached: readonly boolean[], shareBefore: number): Quality {
  const { auc, interval } = aucOf(chances, reached);
  const groups = groupsOf(chances, reached);
  return {
    customers: chances.length,
    reached: reached.filter(Boolean).length,
    auc,
    aucInterval: interval,
    brier: brierOf(chances, reached),
    brierOfShare: brierOf(chances.map(() => shareBefore), reached),
    calibrationError: calibrationErrorOf(groups),
    groups,
  };
} // prettier-ignore
