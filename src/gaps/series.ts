/**
 * Gaps that are told by a touchpoint's course in time rather than by people's chances: one that stopped reporting, and one
 * that people use more or less than before. Pure rules over counts by day and by week.
 */
import { normalCdf } from "../experiments/distributions.ts";
import { GAP_LIMITS } from "./model.ts";
import { type Counted, differenceOf, ratioOf } from "../questions/rate.ts";

const DAY_MS = 86_400_000;

/** What a touchpoint told each day: events and people, from `fromAt` on, the last day not begun. */
export type Daily = {
  readonly fromAt: number;
  readonly events: readonly number[];
  readonly people: readonly number[];
};
/** A touchpoint that stopped: since when, how many events and people are missing, and how likely that is by chance. */
export type Silence = {
  readonly lastDayAt: number;
  readonly days: number;
  readonly expectedEvents: number;
  readonly peoplePerDay: number;
  readonly pValue: number;
};
/** Days of history without which nobody knows what is usual. */
const BASE_DAYS_MIN = 21;
/** A silence counts only when it is so many times as long as the longest before it. */
const LONGER_RATIO = 1.5;

/**
 * The silence at the end of a course, null where there is none or too little history. Events of a day are taken as
 * Poisson, spread as widely as they were: so regular closing days make it slow to alarm. The p value is that of no event
 * in all of those days.
 */
export function silenceOf({ fromAt, events, people }: Daily): Silence | null {
  const first = events.findIndex((n) => n > 0);
  const last = events.findLastIndex((n) => n > 0);
  const days = events.length - 1 - last;
  const base = events.slice(Math.max(0, first), last + 1);
  if (first < 0 || days === 0 || base.length < BASE_DAYS_MIN) return null;
  const mean = base.reduce((sum, n) => sum + n, 0) / base.length;
  const variance = base.reduce((sum, n) => sum + (n - mean) ** 2, 0) / (base.length - 1);
  const spread = Math.max(1, variance / mean);
  const expectedEvents = mean * days;
  if (expectedEvents < GAP_LIMITS.expectedMin || days < LONGER_RATIO * longestQuiet(base)) return null;
  const peoplePerDay = people.slice(first, last + 1).reduce((sum, n) => sum + n, 0) / base.length;
  return {
    lastDayAt: fromAt + last * DAY_MS,
    days,
    expectedEvents,
    peoplePerDay,
    pValue: Math.exp(-expectedEvents / spread),
  };
}

function longestQuiet(events: readonly number[]): number {
  let longest = 0;
  let run = 0;
  for (const n of events) {
    run = n === 0 ? run + 1 : 0;
    longest = Math.max(longest, run);
  }
  return longest;
}

/** The people of a period: who did anything, and the sum of the squares of in how many weeks each used the touchpoint. */
export type Loyal = { readonly people: number; readonly squares: number };
/** How many of those who did anything in a week used a touchpoint, week by week. */
export type Weekly = {
  readonly before: readonly Counted[];
  readonly now: readonly Counted[];
  readonly loyal: { readonly before: Loyal; readonly now: Loyal };
};
export type Drift = {
  readonly before: Counted;
  readonly now: Counted;
  readonly change: { readonly low: number; readonly high: number; readonly level: number };
  readonly spread: number;
  readonly pValue: number;
};
/** Weeks of each period without which nobody knows how much weeks differ. */
export const WEEKS_MIN = 4;
/**
 * Less than this change, relative to before, is none that matters; of the share and of the people of a week alike. A share
 * alone moves when people do something else less (fewer are about), the people alone when the business grows.
 */
const CHANGE_RATIO = 0.3;

/**
 * How the share of people who use a touchpoint changed, null where it did not by much or there is too little. The weeks'
 * own spread within each period widens the test (a quasi-binomial test of two proportions): a business whose weeks differ
 * must change more. So does that people come in several weeks: they are the units, not their weeks (a cluster's variance).
 * The number of people of a week is tested likewise (Poisson), and the less sure of the two counts.
 */
export function driftOf({ before, now, loyal }: Weekly): Drift | null {
  const weeks = [before, now].map((all) => all.filter(({ n }) => n > 0));
  if (weeks.some((all) => all.length < WEEKS_MIN)) return null;
  const [was, is] = weeks.map((all) => ({ k: sum(all, "k"), n: sum(all, "n") })) as [Counted, Counted];
  const [q, p] = [ratioOf(was), ratioOf(is)];
  const [usual, recent] = [was.k / weeks[0]!.length, is.k / weeks[1]!.length];
  if (Math.max(was.k, is.k) < GAP_LIMITS.peopleMin || !hasChanged(q, p) || !hasChanged(usual, recent) || p > q !== recent > usual) return null;
  const chi = weeks.flatMap((all, i) => all.map(({ k, n }) => (k - n * [q, p][i]!) ** 2 / Math.max(1e-9, n * [q, p][i]! * (1 - [q, p][i]!))));
  const spread = Math.max(1, chi.reduce((total, one) => total + one, 0) / (chi.length - 2), clustered(was.k, loyal.before), clustered(is.k, loyal.now));
  const pooled = (was.k + is.k) / (was.n + is.n);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / was.n + 1 / is.n) * spread);
  const change = differenceOf(widened(is, spread), widened(was, spread))!;
  const numberError = Math.sqrt(spread * (usual / weeks[0]!.length + recent / weeks[1]!.length));
  // Both have to have changed: the less sure of the two says how sure it is.
  const pValue = Math.max(bothSided(p - q, error), bothSided(recent - usual, numberError));
  return { before: was, now: is, change, spread, pValue };
} // prettier-ignore

const bothSided = (difference: number, error: number): number =>
  error > 0 ? 2 * (1 - normalCdf(Math.abs(difference) / error)) : 1;
/** By how much more than by chance the people-weeks of a period vary, when whole people come or stay away. */
const clustered = (k: number, { people, squares }: Loyal): number =>
  k > 0 && people > 0 ? squares / k - k / people : 1;
/** Both ways alike: 30 % less, or as much more as makes 30 % of what it is now. */
const hasChanged = (was: number, is: number): boolean =>
  Math.abs(is - was) >= CHANGE_RATIO * Math.max(was, is);
const sum = (all: readonly Counted[], of: keyof Counted): number => all.reduce((total, one) => total + one[of], 0); // prettier-ignore
/** As many fewer people as the weeks are spread wider. */
const widened = ({ k, n }: Counted, spread: number): Counted => ({ k: k / spread, n: n / spread });
