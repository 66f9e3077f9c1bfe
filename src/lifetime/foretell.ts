/**
 * Whether a law foretells: it is fitted to the first two thirds of the period, and what it expects of the last third is held
 * against what came (as in Fader, Hardie and Lee 2005, figures 2 and 3). Pure.
 */
import { bgNbdExpected } from "./bgnbd.ts";
import { fitBgNbd, fitParetoNbd } from "./fitting.ts";
import { type Counted, inWeeks } from "./histories.ts";
import { paretoNbdExpected } from "./paretonbd.ts";

/** Customers who had come back so often, and how often they came again: expected and actual, on the average. */
export type Group = {
  readonly repeats: number;
  readonly customers: number;
  readonly expected: number;
  readonly actual: number;
};
export type Foretold = {
  readonly weeks: number;
  readonly customers: number;
  /** Purchases of all together. */
  readonly expected: number;
  readonly actual: number;
  /** (expected - actual) / actual; null where nothing came. */
  readonly errorRatio: number | null;
  /** The last group holds this count and more. */
  readonly groups: readonly Group[];
};

/** The last group: so often, or more. */
const MANY = 7;

/** Holds expected against actual purchases of `weeks`; null where the first part could not be fitted. */
export function foretold(held: readonly (Counted & { readonly later: number })[], weeks: number, law: "bg_nbd" | "pareto_nbd"): Foretold | null {
  const expect = expectationBy(held, weeks, law);
  if (expect === null) return null;
  const sums = Array.from({ length: MANY + 1 }, () => ({ customers: 0, expected: 0, actual: 0 }));
  for (const row of held) {
    const sum = sums[Math.min(MANY, row.repeats)]!;
    sum.customers += row.customers;
    sum.expected += row.customers * expect(row);
    sum.actual += row.customers * row.later;
  }
  const total = (of: (sum: (typeof sums)[number]) => number): number => sums.reduce((all, sum) => all + of(sum), 0);
  const [expected, actual] = [total((sum) => sum.expected), total((sum) => sum.actual)];
  return {
    weeks, customers: total((sum) => sum.customers), expected, actual, errorRatio: actual > 0 ? (expected - actual) / actual : null,
    groups: sums.flatMap((sum, repeats) => sum.customers === 0 ? [] : [{ repeats, customers: sum.customers, expected: sum.expected / sum.customers, actual: sum.actual / sum.customers }]),
  };
} // prettier-ignore

function expectationBy(held: readonly Counted[], weeks: number, law: "bg_nbd" | "pareto_nbd"): ((row: Counted) => number) | null {
  const { rows } = inWeeks(held);
  const seen = (row: Counted) => ({ repeats: row.repeats, recencyWeeks: row.recencyDays / 7, ageWeeks: row.ageDays / 7 });
  if (law === "bg_nbd") {
    const fit = fitBgNbd(rows);
    return fit.type === "fitted" ? (row) => bgNbdExpected(fit.law, seen(row), weeks) : null;
  }
  const fit = fitParetoNbd(rows);
  return fit.type === "fitted" ? (row) => paretoNbdExpected(fit.law, seen(row), weeks) : null;
} // prettier-ignore
