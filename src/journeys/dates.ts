/** When a date trait lets somebody in: on its day, before or after it, each year or once, at a time of day. Pure. */
import { dateOfDay, dayOfDate, instantOf, localOf } from "../permission/zone.ts";
import { dateOf, textOf } from "../segments/compare.ts";
import type { Instant, Json } from "../values.ts";
import type { Entry } from "./model.ts";

/**
 * The latest occurrence at or before `now`, and the first after it (null: none). The day is the one the trait names in
 * UTC, which is how dates without a time are written. A 29th of February is the 1st of March in other years.
 */
export function occurrenceOf(
  { offsetDays, minute, yearly }: Extract<Entry, { type: "date" }>,
  value: Json | undefined,
  zone: string,
  now: Instant,
): { readonly last: Instant | null; readonly following: Instant | null } {
  const date = dateOf(textOf(value));
  if (date === null) return { last: null, following: null };
  const { month, day, year } = localOf(date, "UTC");
  const at = (in_: number) =>
    instantOf(dateOfDay(dayOfDate({ year: in_, month, day }) + offsetDays), minute, zone);
  const thisYear = localOf(now, zone).year;
  const years = yearly ? [thisYear - 1, thisYear, thisYear + 1, thisYear + 2] : [year];
  const instants = years.filter((one) => one >= year).map(at);
  return {
    last: instants.findLast((one) => one <= now) ?? null,
    following: instants.find((one) => one > now) ?? null,
  };
}
