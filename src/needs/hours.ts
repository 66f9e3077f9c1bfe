/**
 * When customers are likely to be there, by hour of a weekday and of a weekend's day: each customer's own counts, shrunk to
 * those of their stage, which are shrunk to those of all (Dirichlet and multinomial, empirical Bayes). Pure.
 *
 * A customer with n moments keeps n / (n + strength) of their own. The strength is estimated: two moments of one customer fall
 * into the same hour more often than two of anybody, and by how much tells how different people are. With the sum s of
 * squared shares of all, and q the share of a customer's own pairs in one hour,  q = (strength s + 1) / (strength + 1).
 */
import { CELLS, type SharedHours, cellOf, textOfHours } from "../journeys/best-time.ts";
import type { Instant } from "../values.ts";
import { HOURS_LIMITS } from "./model.ts";

/** How often a customer was there, by hour. */
export type Counts = Float64Array;
export const noCounts = (): Counts => new Float64Array(CELLS);
const WEEKEND_FROM = 24;
/** An hour of a weekday comes five times a week, one of the weekend twice. */
const timesAWeek = (cell: number): number => (cell < WEEKEND_FROM ? 5 : 2);
const sumOf = (counts: ArrayLike<number>): number => Array.from(counts).reduce((sum, n) => sum + n, 0);

/** The counts of moments, by the customer's clock. */
export function countsOf(moments: readonly Instant[], zone: string): Counts {
  const counts = noCounts();
  for (const at of moments) counts[cellOf(at, zone)]! += 1;
  return counts;
}

/** What is added up over all customers. */
export class HoursTally {
  readonly all = noCounts();
  readonly stages = new Map<string, Counts>();
  customers = 0;
  #pairShares = 0;
  #telling = 0;

  add(stage: string | null, counts: Counts): void {
    const slots = sumOf(counts);
    if (slots === 0) return;
    this.customers += 1;
    const held = stage === null ? undefined : (this.stages.get(stage) ?? noCounts());
    for (const [cell, n] of counts.entries()) {
      this.all[cell]! += n;
      if (held) held[cell]! += n;
    }
    if (held) this.stages.set(stage!, held);
    if (slots < HOURS_LIMITS.tellingSlotsMin) return;
    this.#telling += 1;
    this.#pairShares += counts.reduce((sum, n) => sum + n * (n - 1), 0) / (slots * (slots - 1));
  }

  /** What holds for everybody; null: too little is known of anybody. */
  prior(): Prior | null {
    const slots = sumOf(this.all);
    if (this.customers < HOURS_LIMITS.customersMin || slots < HOURS_LIMITS.slotsMin) return null;
    // One moment more, spread evenly: no hour is impossible.
    const all = Array.from(this.all, (n) => (n + 1 / CELLS) / (slots + 1));
    const strength = strengthOf(all, this.#telling === 0 ? 0 : this.#pairShares / this.#telling);
    const stages = [...this.stages].filter(([, counts]) => sumOf(counts) >= HOURS_LIMITS.stageSlotsMin);
    return { all, strength, slots, customers: this.customers, stages: new Map(stages.map(([stage, counts]) => [stage, shrunk(counts, all, strength)])) }; // prettier-ignore
  }
}
/** Shares by hour of all and of each stage, and how many moments of a customer weigh as much as they. */
export type Prior = {
  readonly all: readonly number[];
  readonly stages: ReadonlyMap<string, readonly number[]>;
  readonly strength: number;
  readonly slots: number;
  readonly customers: number;
};

/** The strength under which a customer's own pairs fall into one hour as often as they do. */
export function strengthOf(shares: readonly number[], pairShare: number): number {
  const squares = shares.reduce((sum, share) => sum + share * share, 0);
  const { strengthMin, strengthMax } = HOURS_LIMITS;
  // Nobody differs from the others: all weigh as much as they may.
  if (pairShare <= squares) return strengthMax;
  return Math.min(strengthMax, Math.max(strengthMin, (1 - pairShare) / (pairShare - squares)));
}

/** Counts shrunk to shares. */
export function shrunk(
  counts: ArrayLike<number>,
  shares: readonly number[],
  strength: number,
): readonly number[] {
  const slots = sumOf(counts);
  return shares.map((share, cell) => (counts[cell]! + strength * share) / (slots + strength));
}

/** As journeys read it: by how often an hour comes; null where no hour stands out. */
function told(shares: readonly number[]): string | null {
  const rates = shares.map((share, cell) => share / timesAWeek(cell));
  return Math.max(...rates) >= HOURS_LIMITS.peakMin * (sumOf(rates) / CELLS) ? textOfHours(rates) : null;
}
/** The hours of one customer; null: none stands out. */
export const ownHoursOf = (counts: Counts, stage: string | null, { all, stages, strength }: Prior): string | null =>
  told(shrunk(counts, (stage === null ? undefined : stages.get(stage)) ?? all, strength)); // prettier-ignore
/** The hours of those who have none of their own. */
export const sharedHoursOf = ({ all, stages }: Prior): SharedHours => ({
  all: told(all),
  stages: Object.fromEntries(
    [...stages].flatMap(([stage, shares]) => {
      const hours = told(shares);
      return hours === null ? [] : [[stage, hours]];
    }),
  ),
});

/** The likeliest hour of a weekday and of a weekend's day. */
export function likeliestOf(hours: string): { readonly weekdayHour: number; readonly weekendHour: number } {
  const best = (part: string): number => Array.from(part).reduce((most, sign, hour) => (sign > part[most]! ? hour : most), 0);
  return { weekdayHour: best(hours.slice(0, WEEKEND_FROM)), weekendHour: best(hours.slice(WEEKEND_FROM)) };
} // prettier-ignore

/** Whether hours have to be told again: the likeliest is another, or one moved by much. */
export function hoursMoved(now: string, before: string | undefined): boolean {
  if (before === undefined) return true;
  const [is, was] = [likeliestOf(now), likeliestOf(before)];
  if (is.weekdayHour !== was.weekdayHour || is.weekendHour !== was.weekendHour) return true;
  return Array.from(now).some((sign, i) => Math.abs(Number.parseInt(sign, 36) - Number.parseInt(before[i]!, 36)) >= HOURS_LIMITS.movedMin); // prettier-ignore
}
