/**
 * What a customer is told of the fit: traits that rules can ask for, by an event of our own. Pure.
 *
 * Told only where it moved: a million customers are not written anew each day because the fifth digit of a parameter changed.
 */
import type { Event } from "../events/model.ts";
import { nameOf } from "../messages/happenings.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { LIFETIME_LIMITS } from "./model.ts";
import type { OneCustomer, Told } from "./store.ts";
import { type Sum, sumWithInterval } from "./sums.ts";
import { type Frequency, aliveBy, purchasesBy, worthBy } from "./workout.ts";
import type { Fit, GammaGamma } from "./model.ts";

/** The event that tells. It is no activity of the customer's. */
export const ESTIMATED = "$lifetime.estimated";

/** Chances and numbers too small to mean anything are 0: after years they have hundreds of zeros, which no column holds. */
const felt = (value: number): number => (value < 1e-9 ? 0 : value);

/** What the laws say of one customer in the year to come. */
export function toldOf(frequency: Frequency, gammaGamma: Fit<GammaGamma> | null, one: OneCustomer): Told {
  const seen = { repeats: one.repeats, recencyWeeks: one.recencyDays / 7, ageWeeks: one.ageDays / 7 };
  const purchases = purchasesBy(frequency, seen, LIFETIME_LIMITS.horizonWeeks);
  const repeats = one.meanSpent > 0 ? one.repeats : 0;
  const each = worthBy(gammaGamma, { repeats, meanSpent: one.meanSpent });
  const worth = each === null ? null : felt(purchases * each);
  return { customer: one.customer, alive: felt(aliveBy(frequency, seen)), purchases: felt(purchases), worth };
}

/** Whether a customer has to be told: never told, or something moved by more than a twentieth. */
export function hasMoved(now: Told, before: Told | undefined): boolean {
  if (before === undefined) return true;
  if ((now.worth === null) !== (before.worth === null)) return true;
  const moved = (a: number, b: number): boolean =>
    Math.abs(a - b) > LIFETIME_LIMITS.toldChangeRatio * Math.max(Math.abs(b), SMALL);
  return moved(now.alive, before.alive) || moved(now.purchases, before.purchases) || (now.worth !== null && moved(now.worth, before.worth!));
} // prettier-ignore
/** Changes between numbers near nothing are none: of a twentieth of this. */
const SMALL = 0.02;

const rounded = (value: number): number => Number(value.toPrecision(4));

/** Where the numbers told of a customer lie, by how sure the laws are; null where that is not known. */
export type Sure = { readonly [name in "alive" | "purchases" | "worth"]: Sum | null };

/** How sure it is how often customers of one history come: the same for all of them. */
export function oftenOf(frequency: Frequency, one: Pick<OneCustomer, "repeats" | "recencyDays" | "ageDays">): Often {
  const seen = { repeats: one.repeats, recencyWeeks: one.recencyDays / 7, ageWeeks: one.ageDays / 7 };
  const alive = told(sumWithInterval(frequency, (law) => aliveBy(law, seen)));
  const purchases = told(sumWithInterval(frequency, (law) => purchasesBy(law, seen, LIFETIME_LIMITS.horizonWeeks)));
  return { alive: alive && { ...alive, high: Math.min(1, alive.high) }, purchases };
} // prettier-ignore
type Often = Omit<Sure, "worth">;

/** How sure all is that one customer is told. The laws of how often and of how much are taken to be independent, as they are fitted. */
export function sureOf(often: Often, gammaGamma: Fit<GammaGamma> | null, one: Pick<OneCustomer, "repeats" | "meanSpent">): Sure {
  const spent = { repeats: one.meanSpent > 0 ? one.repeats : 0, meanSpent: one.meanSpent };
  const each = gammaGamma?.type === "fitted" ? told(sumWithInterval(gammaGamma, (law) => worthBy(law, spent) ?? Number.NaN)) : null;
  return { ...often, worth: often.purchases && each && product(often.purchases, each) };
} // prettier-ignore
/** At the edge of a law its slopes are no numbers: then nothing is known. */
const told = (sum: Sum): Sum | null => ([sum.value, sum.low, sum.high].every(Number.isFinite) ? sum : null);
/** Of two independent estimates, each with an interval on the logarithmic scale. */
function product(a: Sum, b: Sum): Sum | null {
  const value = a.value * b.value;
  if (!(value > 0)) return { value, low: value, high: value };
  const half = Math.hypot(Math.log(a.high / a.value), Math.log(b.high / b.value));
  return told({ value, low: value * Math.exp(-half), high: value * Math.exp(half) });
}

/** The event that tells one customer, named by the day: told twice it is one event. What is not known any more is null. */
export function tellingOf(workspace: WorkspaceId, { customer, alive, purchases, worth }: Told, sure: Sure, endDay: number, at: Instant): Event {
  const of = (name: (typeof TRAITS)[number], value: number | null, sum: Sum | null) => ({
    [name]: value === null ? null : rounded(value),
    [`${name}_low`]: value === null || sum === null ? null : rounded(felt(sum.low)),
    [`${name}_high`]: value === null || sum === null ? null : rounded(felt(sum.high)),
  });
  return eventOf(workspace, customer, endDay, at, {
    ...of("likely_active", alive, sure.alive), ...of("expected_purchases_12m", purchases, sure.purchases), ...of("expected_value_12m", worth, sure.worth),
  });
} // prettier-ignore

/** The event that takes back what a customer was told: there is no fit any more that it could rest on. */
export const withdrawalOf = (workspace: WorkspaceId, customer: number, endDay: number, at: Instant): Event =>
  eventOf(workspace, customer, endDay, at, Object.fromEntries(TRAITS.flatMap((name) => [name, `${name}_low`, `${name}_high`].map((one) => [one, null])))); // prettier-ignore

/** What customers are told, each with the two ends of its interval. */
const TRAITS = ["likely_active", "expected_purchases_12m", "expected_value_12m"] as const;

function eventOf(workspace: WorkspaceId, customer: number, endDay: number, at: Instant, traits: JsonObject): Event {
  const atom = customer as AtomId;
  return {
    workspace, id: `lifetime ${customer} ${endDay} ${at}`, type: "identify", name: ESTIMATED, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null,
    identifiers: [nameOf(atom)], channel: "server", touchpoint: "estimate", key: 0, of: atom, traits,
  };
} // prettier-ignore
