/**
 * What is at stake in a gap, and its place among the others: people x the share that can be won back x what one is worth x
 * how likely it can be fixed. Every number is told, and those that are assumed may be changed. Pure.
 */
import type { TooLittle } from "../analysis/model.ts";
import type { Assumptions, GapMeasured } from "./model.ts";

const DAY_MS = 86_400_000;
/** What buyers spent in the period, by the log's orders; null: there were none with a value. */
export type Orders = {
  readonly buyers: number;
  readonly sum: number;
  readonly squares: number;
  readonly currency: string | null;
} | null;
/** With fewer buyers nothing is said of what one is worth. */
export const BUYERS_MIN = 20;
const LEVEL = 0.95;
const Z = 1.959963984540054;

/** What one buyer spent, and its standard error. */
function worthOf(orders: Orders): { readonly mean: number; readonly error: number } | null {
  if (orders === null || orders.buyers < BUYERS_MIN) return null;
  const { buyers: n, sum, squares } = orders;
  const mean = sum / n;
  return { mean, error: Math.sqrt(Math.max(0, squares / n - mean * mean) / n) };
}

export type Stake = Pick<GapMeasured, "kind" | "trend" | "affected"> & {
  readonly assumptions: Assumptions;
  readonly orders: Orders;
  /** How long they were counted for: of the period what is settled. */
  readonly periodMs: number;
};
const money = (amount: number, currency: string | null): string =>
  `${amount.toFixed(2)}${currency === null ? "" : ` ${currency}`}`;

/** Whether more people do something than before: that is looked at, but nobody is lost by it. */
const isMore = ({ kind, trend }: Pick<GapMeasured, "kind" | "trend">): boolean =>
  kind === "changed_behaviour" && trend.direction === "growing";

/** The value at stake over the horizon; none where nothing is lost; what is missing, where nobody knows what one is worth. */
export function valueOf({ kind, trend, affected, assumptions, orders, periodMs }: Stake): GapMeasured["value"] {
  if (isMore({ kind, trend })) return { type: "none", detail: "More people do it than before: nothing is known to be lost by that." };
  const { recoverableRatio, valuePerPerson, horizonDays } = assumptions;
  const worth = valuePerPerson === null ? worthOf(orders) : { mean: valuePerPerson, error: 0 };
  if (worth === null)
    return tooFewBuyers(orders?.buyers ?? 0);
  const times = horizonDays / Math.max(1, periodMs / DAY_MS);
  const factor = times * recoverableRatio;
  const amount = affected.people * factor * worth.mean;
  const currency = orders?.currency ?? null;
  // The two are independent: their relative errors add as squares, on each side.
  const side = (bound: number): number => {
    const ofPeople = affected.ratio > 0 ? (bound - affected.ratio) / affected.ratio : 0;
    const ofWorth = worth.mean > 0 ? (Z * worth.error) / worth.mean : 0;
    return amount * Math.hypot(ofPeople, ofWorth);
  };
  return {
    type: "known",
    amount,
    interval: { low: Math.max(0, amount - side(affected.interval.low)), high: amount + side(affected.interval.high), level: LEVEL },
    currency,
    buyers: valuePerPerson === null ? orders!.buyers : 0,
    words: `${affected.people} people in ${(periodMs / DAY_MS).toFixed(0)} days, so ${(affected.people * times).toFixed(0)} times in ${horizonDays} days; of them ${(recoverableRatio * 100).toFixed(0)} % can be won back (assumed); each is worth ${money(worth.mean, currency)} (${valuePerPerson === null ? `what ${orders!.buyers} buyers spent on average in the period` : "given by hand"}).`,
  };
} // prettier-ignore

const tooFewBuyers = (found: number): TooLittle => ({
  type: "too_little_data",
  detail: "What a customer is worth is not known: too few orders with a value (revenue, total or value) in the period. It can be given by hand.",
  found,
  needed: BUYERS_MIN,
}); // prettier-ignore

/** What a gap is ranked by: people x recoverable x value of one x fixability, over the horizon; 0 where nothing is lost. */
export function scoreOf(
  { affected, assumptions, value }: Pick<GapMeasured, "affected" | "assumptions" | "value">,
): number {
  if (value.type === "none") return 0;
  const { recoverableRatio, fixabilityRatio } = assumptions;
  // Without a value people count alone, as if one was worth 1.
  return (value.type === "known" ? value.amount : affected.people * recoverableRatio) * fixabilityRatio;
} // prettier-ignore

/** The ranking of one gap, explained. */
export function rankingOf(
  { affected, assumptions, value }: Pick<GapMeasured, "affected" | "assumptions" | "value">,
  place: number,
): GapMeasured["ranking"] {
  const { recoverableRatio, fixabilityRatio } = assumptions;
  const score = scoreOf({ affected, assumptions, value });
  if (value.type === "none") return { score, place, words: `Place ${place}: ${value.detail}` };
  const stake =
    value.type === "known"
      ? `${money(value.amount, value.currency)} at stake (${affected.people} people x ${(recoverableRatio * 100).toFixed(0)} % to be won back x what one is worth, over ${assumptions.horizonDays} days)`
      : `${affected.people} people x ${(recoverableRatio * 100).toFixed(0)} % to be won back (what one is worth is not known and counts as 1)`;
  return {
    score,
    place,
    words: `Place ${place}: ${stake} x ${(fixabilityRatio * 100).toFixed(0)} % likely to be fixed = ${score.toFixed(1)}.`,
  };
}

/** Ranked: the highest score first; of equal ones the one with more people, then by name, so that the order never jumps. */
export const ranked = <T extends Pick<GapMeasured, "affected" | "assumptions" | "value" | "kind" | "subject">>(gaps: readonly T[]): readonly (T & { readonly ranking: GapMeasured["ranking"] })[] =>
  gaps
    .toSorted((a, b) => scoreOf(b) - scoreOf(a) || b.affected.people - a.affected.people || (`${a.kind} ${a.subject}` < `${b.kind} ${b.subject}` ? -1 : 1))
    .map((gap, i) => ({ ...gap, ranking: rankingOf(gap, i + 1) })); // prettier-ignore
