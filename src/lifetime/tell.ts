/**
 * What a customer is told of the fit: traits that rules can ask for, by an event of our own. Pure.
 *
 * Told only where it moved: a million customers are not written anew each day because the fifth digit of a parameter changed.
 */
import type { Event } from "../events/model.ts";
import { nameOf } from "../messages/happenings.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";
import { LIFETIME_LIMITS } from "./model.ts";
import type { OneCustomer, Told } from "./store.ts";
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

/** The event that tells one customer, named by the day: told twice it is one event. */
export function tellingOf(workspace: WorkspaceId, { customer, alive, purchases, worth }: Told, endDay: number, at: Instant): Event {
  const atom = customer as AtomId;
  return {
    workspace, id: `lifetime ${customer} ${endDay} ${at}`, type: "identify", name: ESTIMATED, happenedAt: at, receivedAt: at, originalAt: null, sentAt: null,
    identifiers: [nameOf(atom)], channel: "server", touchpoint: "estimate", key: 0, of: atom,
    traits: {
      likely_active: rounded(alive), expected_purchases_12m: rounded(purchases), ...(worth !== null && { expected_value_12m: rounded(worth) }),
    },
  };
} // prettier-ignore
