/**
 * All that is worked out of a workspace's purchases: both laws of how often, the law of how much, what they expect of all
 * customers together, and whether they would have foretold the last third of the period. Pure: runs in a thread of its own.
 */
import { bgNbdAlive, bgNbdExpected } from "./bgnbd.ts";
import { fitBgNbd, fitGammaGamma, fitParetoNbd } from "./fitting.ts";
import { type Foretold, foretold } from "./foretell.ts";
import { gammaGammaExpected } from "./gammagamma.ts";
import { type Counted, inWeeks, scarce } from "./histories.ts";
import { type BgNbd, type Fit, type Fitted, type GammaGamma, type History, LIFETIME_LIMITS, type ParetoNbd, type Scarce, type Spending } from "./model.ts"; // prettier-ignore
import { paretoNbdAlive, paretoNbdExpected } from "./paretonbd.ts";
import { type Sum, sumWithInterval } from "./sums.ts";

/** What is read of the log. */
export type Purchases = {
  readonly histories: readonly Counted[];
  readonly spending: readonly Spending[];
  /** Histories at the end of the first two thirds, with on how many later days those customers came. */
  readonly held: readonly (Counted & { readonly later: number })[];
  /** How many weeks the held third lasts. */
  readonly heldWeeks: number;
};

/** The law of how often that the data speak for: the one under which they were more likely. Both have four parameters. */
export type Frequency =
  | ({ readonly name: "bg_nbd" } & Fitted<BgNbd>)
  | ({ readonly name: "pareto_nbd" } & Fitted<ParetoNbd>);
export type Worked =
  | {
      readonly type: "fitted";
      readonly customers: number;
      readonly returned: number;
      /** Ages and recencies were rounded to so many days. */
      readonly stepDays: number;
      readonly chosen: Frequency["name"];
      readonly bgNbd: Fit<BgNbd>;
      readonly paretoNbd: Fit<ParetoNbd>;
      /** Null where too few spent anything. */
      readonly gammaGamma: Fit<GammaGamma> | null;
      /** Purchases expected of all customers together in the year to come, by the uncertainty of the parameters. */
      readonly purchases: Sum;
      /** How many of all customers are still active; absent in a fit kept from before it was told. */
      readonly active?: Sum;
      /** What a purchase is worth on the average, by the law of how much; null where none was fitted or where it has no mean. */
      readonly each?: Sum | null;
      /** Null where there was too little in the first two thirds. */
      readonly foretold: Foretold | null;
    }
  | { readonly type: "not_fitted"; readonly customers: number }
  | Scarce;

type Seen = Pick<History, "repeats" | "recencyWeeks" | "ageWeeks">;

/** P(alive) of one customer by the chosen law. */
export const aliveBy = (frequency: Frequency, seen: Seen): number =>
  frequency.name === "bg_nbd" ? bgNbdAlive(frequency.law, seen) : paretoNbdAlive(frequency.law, seen);

/** The purchases expected of one customer in the `weeks` to come, by the chosen law. */
export const purchasesBy = (frequency: Frequency, seen: Seen, weeks: number): number =>
  frequency.name === "bg_nbd" ? bgNbdExpected(frequency.law, seen, weeks) : paretoNbdExpected(frequency.law, seen, weeks); // prettier-ignore

/** What a purchase of this customer is worth; null where no law of money was fitted, or where it has no mean (q of 1 or less). */
export function worthBy(gammaGamma: Fit<GammaGamma> | null, spent: Pick<Spending, "repeats" | "meanSpent">): number | null {
  if (gammaGamma?.type !== "fitted") return null;
  const worth = gammaGammaExpected(gammaGamma.law, spent);
  return worth !== null && worth > 0 && worth < Infinity ? worth : null;
} // prettier-ignore

/** The chosen law of what was worked out. */
export function frequencyOf({ chosen, bgNbd, paretoNbd }: Extract<Worked, { type: "fitted" }>): Frequency {
  if (chosen === "bg_nbd" && bgNbd.type === "fitted") return { name: "bg_nbd", ...bgNbd };
  if (chosen === "pareto_nbd" && paretoNbd.type === "fitted") return { name: "pareto_nbd", ...paretoNbd };
  throw new Error(`The law ${chosen} was chosen but not fitted.`);
}

/** Works everything out. */
export function workOut({ histories, spending, held, heldWeeks }: Purchases): Worked {
  const little = scarce(histories);
  if (little) return little;
  const { rows, stepDays } = inWeeks(histories);
  const count = (some: readonly Counted[]): number => some.reduce((sum, { customers }) => sum + customers, 0);
  const customers = count(histories);
  const [bgNbd, paretoNbd] = [fitBgNbd(rows), fitParetoNbd(rows)];
  const heightOf = (fit: Fit<BgNbd> | Fit<ParetoNbd>): number => fit.type === "fitted" ? fit.logLikelihood : -Infinity; // prettier-ignore
  if (bgNbd.type !== "fitted" && paretoNbd.type !== "fitted") return { type: "not_fitted", customers };
  const chosen = heightOf(paretoNbd) >= heightOf(bgNbd) ? "pareto_nbd" : "bg_nbd";
  const spenders = spending.reduce((sum, one) => sum + one.customers, 0);
  const worked = {
    type: "fitted", customers, returned: count(histories.filter(({ repeats }) => repeats > 0)), stepDays, chosen, bgNbd, paretoNbd,
    gammaGamma: spenders < LIFETIME_LIMITS.spentMin ? null : fitGammaGamma(spending),
  } as const; // prettier-ignore
  const sumOf = (of: (frequency: Frequency, row: History) => number) => (frequency: Frequency): number =>
    rows.reduce((sum, row) => sum + row.customers * of(frequency, row), 0); // prettier-ignore
  const frequency = frequencyOf({ ...worked, purchases: NO_SUM, foretold: null });
  const active = sumWithInterval(frequency, sumOf(aliveBy));
  return {
    ...worked,
    purchases: sumWithInterval(
      frequency,
      sumOf((law, row) => purchasesBy(law, row, LIFETIME_LIMITS.horizonWeeks)),
    ),
    active: { ...active, high: Math.min(customers, active.high) },
    each: eachOf(worked.gammaGamma),
    foretold: scarce(held) === null ? foretold(held, heldWeeks, chosen) : null,
  };
}

/** The mean of all customers' purchases under the law of how much: p v / (q - 1). */
function eachOf(gammaGamma: Fit<GammaGamma> | null): Sum | null {
  if (gammaGamma?.type !== "fitted" || gammaGamma.law.q <= 1) return null;
  const each = sumWithInterval(gammaGamma, ({ law: { p, q, v } }) => (p * v) / (q - 1));
  return Number.isFinite(each.high) ? each : null;
}
const NO_SUM: Sum = { value: 0, low: 0, high: 0 };
