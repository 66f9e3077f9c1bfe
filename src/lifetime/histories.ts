/**
 * From purchases to histories: on how many later days a customer came back, when last and for how long the customer is known.
 * Equal histories are one row with a count; where even these are too many, ages and recencies are rounded to a few days.
 * Pure.
 */
import { type History, LIFETIME_LIMITS, type Scarce } from "./model.ts";

/** One customer's history in whole days. */
export type InDays = { readonly repeats: number; readonly recencyDays: number; readonly ageDays: number };
/** Histories of many customers in days. */
export type Counted = InDays & { readonly customers: number };

const WEEK_DAYS = 7;

/**
 * The history at the end of `endDay` of a customer who bought on `days` (any order; the same more than once is one), or null for one
 * who had not bought yet.
 */
export function historyOf(days: readonly number[], endDay: number): InDays | null {
  const bought = [...new Set(days)].filter((day) => day <= endDay).toSorted((a, b) => a - b);
  const [first] = bought;
  if (first === undefined) return null;
  return { repeats: bought.length - 1, recencyDays: bought.at(-1)! - first, ageDays: endDay - first };
}

/** Rows of equal histories as one. */
export function counted(
  histories: readonly (InDays & { readonly customers?: number })[],
): readonly Counted[] {
  const rows = new Map<string, Counted>();
  for (const { repeats, recencyDays, ageDays, customers = 1 } of histories) {
    const key = `${repeats} ${recencyDays} ${ageDays}`;
    const before = rows.get(key)?.customers ?? 0;
    rows.set(key, { repeats, recencyDays, ageDays, customers: before + customers });
  }
  return [...rows.values()];
}

/** Rounding of days, from none to four weeks. */
const STEPS_DAYS = [1, 2, 3, 7, 14, 28] as const;

/**
 * At most `rowsMax` rows in weeks, and to how many days they had to be rounded for that. Rounding keeps who came back last on the
 * last day there, and whoever came back at all some time after the first day, so that no law meets what cannot be.
 */
export function inWeeks(rows: readonly Counted[], rowsMax: number = LIFETIME_LIMITS.rowsMax): { readonly rows: readonly History[]; readonly stepDays: number } {
  let stepDays = 1;
  let kept = rows;
  for (const step of STEPS_DAYS) {
    stepDays = step;
    kept = step === 1 ? rows : counted(rows.map((row) => rounded(row, step)));
    if (kept.length <= rowsMax) break;
  }
  const weeks = kept.map(({ repeats, recencyDays, ageDays, customers }) => ({
    repeats, customers, recencyWeeks: recencyDays / WEEK_DAYS, ageWeeks: ageDays / WEEK_DAYS,
  }));
  return { rows: weeks, stepDays };
} // prettier-ignore

function rounded(row: Counted, step: number): Counted {
  const ageDays = step * Math.round(row.ageDays / step);
  if (row.repeats === 0) return { ...row, ageDays };
  const recencyDays = Math.max(1, Math.min(ageDays, step * Math.round(row.recencyDays / step)));
  return { ...row, recencyDays, ageDays: Math.max(ageDays, recencyDays) };
}

/** Why there is too little to fit a law to, or null where there is enough. */
export function scarce(rows: readonly Counted[]): Scarce | null {
  const { customersMin, returnedMin, periodWeeksMin } = LIFETIME_LIMITS;
  const sum = (of: (row: Counted) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const customers = sum((row) => row.customers);
  const returned = sum((row) => (row.repeats > 0 ? row.customers : 0));
  const weeks = rows.reduce((most, { ageDays }) => Math.max(most, ageDays), 0) / WEEK_DAYS;
  const too = (reason: Scarce["reason"], found: number, needed: number): Scarce | null =>
    found < needed ? { type: "too_little_data", reason, found: Math.floor(found), needed } : null;
  return too("customers", customers, customersMin) ?? too("returned", returned, returnedMin) ?? too("period", weeks, periodWeeksMin);
} // prettier-ignore
