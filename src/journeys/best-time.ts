/**
 * When a customer is likely to be there, and the best hour for a message within the next hours. Pure; who works the hours out
 * is needs/hours.ts.
 *
 * Hours are told as 48 signs, of a weekday's hours and then of a Saturday's or Sunday's, in the customer's own zone: 0 for
 * next to never, z for the likeliest hour. They lie in a trait of the customer, so that live traffic, test runs and replays
 * know them alike; whoever has none of their own has those of their stage, or else of all customers.
 */
import { localOf } from "../permission/zone.ts";
import type { DurationMs, Instant, Json } from "../values.ts";

/** The trait in which a customer's hours lie. */
export const HOURS_TRAIT = "send_hours";
/** Of a weekday and of a day of the weekend. */
export const CELLS = 48;
const WEEKEND_FROM = 24;
const MOST = 35;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What holds for those who have no hours of their own: of all customers, and of a stage's. JSON. */
export type SharedHours = {
  readonly all: string | null;
  readonly stages: { readonly [stage: string]: string };
};

/** Whether it is hours as they are told. */
export const areHours = (value: unknown): value is string => typeof value === "string" && /^[0-9a-z]{48}$/.test(value); // prettier-ignore

/** The hours of a customer with these of their own (if any), who stands in a stage; null: nothing is known. */
export function hoursOf(own: Json | undefined, stage: string | null, shared: SharedHours | null): string | null {
  if (areHours(own)) return own;
  const told = (stage !== null && shared && Object.hasOwn(shared.stages, stage) ? shared.stages[stage] : undefined) ?? shared?.all;
  return areHours(told) ? told : null;
} // prettier-ignore

/** Hours told by how likely each is; in proportion to the likeliest. */
export function textOfHours(shares: readonly number[]): string {
  const most = Math.max(...shares);
  return shares.map((share) => (most > 0 ? Math.round((MOST * share) / most) : 0).toString(MOST + 1)).join("");
} // prettier-ignore

/** The hour of the week in which an instant lies, by the customer's clock. */
export function cellOf(at: Instant, zone: string): number {
  const { minute, weekday } = localOf(at, zone);
  return (weekday >= 6 ? WEEKEND_FROM : 0) + Math.floor(minute / 60);
}

/**
 * When to send within `withinMs` from `now` on: in the likeliest hour that begins by then and in which `mayLeave`, of equal
 * ones the first; at once where this hour is it. Where no hour may be it is at once, and permission says when.
 */
export function bestTimeOf(hours: string, zone: string, now: Instant, withinMs: DurationMs, mayLeave: (at: Instant) => boolean): Instant {
  let best: { readonly at: Instant; readonly weight: number } | null = null;
  for (let at = now; at <= now + withinMs; at = nextHour(at, zone)) {
    const weight = Number.parseInt(hours[cellOf(at, zone)]!, MOST + 1);
    if ((best === null || weight > best.weight) && mayLeave(at)) best = { at, weight };
  }
  return best?.at ?? now;
} // prettier-ignore

/** When the clock there next shows a full hour; never as early as `at`. */
function nextHour(at: Instant, zone: string): Instant {
  const next = at + HOUR_MS - (localOf(at, zone).minute % 60) * MINUTE_MS;
  return next - (next % MINUTE_MS);
}
