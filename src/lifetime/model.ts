/**
 * The values of lifetime value: a customer's purchases in four numbers, the fitted laws with how sure they are, and every
 * limit of the room. Pure: shapes and limits.
 *
 * Times are in weeks, as in the published results; counts are of repeat purchases on different days (a first purchase makes a
 * customer, and two on one day are one).
 */
import { z } from "zod";

/** Every limit and default of the room. */
export const LIFETIME_LIMITS = {
  /** Customers with a purchase below which nothing is told. */
  customersMin: 200,
  /** Customers who came back below which nothing is told. */
  returnedMin: 30,
  /** Weeks from the first purchase to the end below which nothing is told. */
  periodWeeksMin: 13,
  /** Customers who came back with an amount, below which no money is told. */
  spentMin: 30,
  /** Different (count, recency, age) beyond which ages and recencies are rounded to more than a day. */
  rowsMax: 25_000,
  /** Rounds of one climb; a climb that has not ended by then found nothing. */
  climbRoundsMax: 2_000,
  /** Weeks ahead that are told. */
  horizonWeeks: 52,
  /** Customers told at a time. */
  partCustomers: 20_000,
  /** Events of ours in one append. */
  tellMax: 500,
  /** A workspace is fitted anew when its fit is so old. */
  everyMs: 86_400_000,
  eventNameCharsMax: 200,
  propertyCharsMax: 200,
  /** A change of the expected value below this part is not told again. */
  toldChangeRatio: 0.05,
} as const;

/** What a purchase is. */
export const LifetimeAsked = z.strictObject({
  event: z.string().min(1).max(LIFETIME_LIMITS.eventNameCharsMax).optional().describe("The event that is a purchase; two on one day (UTC) are one; absent: what the workspace calls an order in its metrics"),
  value: z.string().min(1).max(LIFETIME_LIMITS.propertyCharsMax).optional().describe("The property that holds its worth; absent: what the workspace calls its value, or else `total`, `revenue` or `value`"),
}); // prettier-ignore
export type LifetimeAsked = z.infer<typeof LifetimeAsked>;

/** Customers with the same history: how often they came back, when last (weeks after the first), how old they are (same). */
export type History = {
  readonly repeats: number;
  readonly recencyWeeks: number;
  readonly ageWeeks: number;
  /** How many customers. */
  readonly customers: number;
};

/** Customers who came back `repeats` times and spent `meanSpent` on the average of those. */
export type Spending = { readonly repeats: number; readonly meanSpent: number; readonly customers: number };

/** BG/NBD: purchases come at a rate of gamma(r, alpha), and after each the customer goes away by chance of beta(a, b). */
export type BgNbd = { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
/** Pareto/NBD: purchases come at a rate of gamma(r, alpha), and customers go away at a rate of gamma(s, beta). */
export type ParetoNbd = {
  readonly r: number;
  readonly alpha: number;
  readonly s: number;
  readonly beta: number;
};
/** Gamma-Gamma: each purchase is gamma(p, nu), with nu of gamma(q, v). */
export type GammaGamma = { readonly p: number; readonly q: number; readonly v: number };

/** A parameter and where it lies. */
export type Estimate = { readonly value: number; readonly low: number; readonly high: number };

/** The parameters of a law as fitted. */
export type Fitted<Law> = {
  readonly type: "fitted";
  readonly law: Law;
  readonly logLikelihood: number;
  /** 95 % intervals by the observed information, of the logarithms. */
  readonly estimates: { readonly [name in keyof Law]: Estimate };
  /** The covariance of the logarithms of the parameters, in the order of the law's fields. */
  readonly covariance: readonly (readonly number[])[];
};

/** Why a law could not be fitted. */
export type NotFitted = {
  readonly type: "not_fitted";
  /** `not_settled`: the climbs did not end. `not_identified`: the data do not say where a parameter lies. */
  readonly reason: "not_settled" | "not_identified";
};
export type Fit<Law> = Fitted<Law> | NotFitted;

/** Said instead of numbers that would rest on too little. */
export type Scarce = {
  readonly type: "too_little_data";
  readonly reason: "customers" | "returned" | "period";
  readonly found: number;
  readonly needed: number;
};
