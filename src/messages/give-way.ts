/**
 * A send to many waits while those it is for are still being let into their journey. On a busy machine that takes half the
 * time without mails leaving beside it, and whoever stops the journey meanwhile has sent nothing. Pure.
 */
import type { Instant } from "../values.ts";

export const GIVE_WAY = {
  /** So many who are still to be let in make a send wait. */
  entriesMin: 1_000,
  /** It waits no longer than this, however many there are. */
  waitMsMax: 120_000,
  /** So often it is looked again. */
  lookMs: 500,
} as const;

/** Whether a send to many may go on, as it was looked at last. */
export type Waiting = {
  readonly mayGo: boolean;
  /** Since when it waits, or waited until it had waited long enough; null: nobody is being let in. */
  readonly since: Instant | null;
  readonly lookedAt: Instant;
  readonly lookAt: Instant;
};
export const NOT_WAITING: Waiting = { mayGo: true, since: null, lookedAt: -Infinity, lookAt: -Infinity };

/** The next state. One wait is for one crowd: once it was long enough the send goes on until that crowd is in. */
export function giveWay({ since }: Waiting, isLettingIn: boolean, now: Instant): Waiting {
  const looked = { lookedAt: now, lookAt: now + GIVE_WAY.lookMs };
  if (!isLettingIn) return { mayGo: true, since: null, ...looked };
  const from = since === null || since > now ? now : since;
  return { mayGo: now - from >= GIVE_WAY.waitMsMax, since: from, ...looked };
}
