/** What a provider's answer means for a message. Pure. */
import { TRANSACTIONAL } from "../permission/model.ts";
import type { Instant, JsonObject } from "../values.ts";
import { type Delivery, MESSAGE_LIMITS, type Outgoing } from "./model.ts";
import type { Permitted } from "./claim.ts";
import type { Settlement } from "./outbox.ts";
import type { ReceiptFacts } from "./receipt.ts";

/** A permitted message made ready to be handed over; or why it cannot be. */
export type Composed =
  | { readonly type: "ready"; readonly outgoing: Outgoing; readonly templateNo: number; readonly content: JsonObject; readonly receipt: ReceiptFacts }
  | { readonly type: "refused"; readonly reason: string; readonly detail: string }; // prettier-ignore

/** Waits between attempts where the provider names none. */
const BACKOFF_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000, 7_200_000, 14_400_000];
const PROVIDER_REST_MS = 30_000;
const JITTER_RATIO = 0.1;

/** How long to wait after the `attempt`-th attempt. */
export function attemptOf(
  { afterMs, provider }: Extract<Delivery, { type: "retry" }>,
  attempt: number,
): number {
  if (afterMs !== null) return Math.max(1_000, afterMs);
  return provider ? PROVIDER_REST_MS : BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length) - 1]!;
}

const base = ({ message }: Permitted, now: Instant) => ({
  message, dueAt: now, reason: null, detail: null, provider: null, providerId: null, templateNo: null, content: null, receipt: null,
  uncounted: false, suppress: null,
}); // prettier-ignore

/** A message whose template could not be rendered for this customer. */
export const composedRefusal = (permitted: Permitted, { reason, detail }: { readonly reason: string; readonly detail: string }, now: Instant): Settlement => ({
  ...base(permitted, now), state: "refused", reason, detail,
}); // prettier-ignore

/** How a message stands after the provider's answer; `random` in [0, 1) spreads what is tried again. */
export function settlementOf(
  permitted: Permitted,
  composed: Extract<Composed, { type: "ready" }>,
  delivery: Delivery,
  provider: number,
  now: Instant,
  random: number,
): Settlement {
  const { message, address } = permitted;
  const { templateNo, content, receipt } = composed;
  const left = { ...base(permitted, now), provider: provider === 0 ? null : provider, templateNo, content, receipt: receipt as unknown as JsonObject };
  const transactional = message.purpose === TRANSACTIONAL;
  switch (delivery.type) {
    case "sent":
      return { ...left, state: "sent", providerId: delivery.providerId };
    case "failed":
      return {
        ...left, state: "failed", reason: delivery.reason, detail: delivery.detail,
        suppress: delivery.suppress === null ? null : { address, reason: delivery.suppress },
      };
    case "retry":
      return again(attemptOf(delivery, message.attempts), delivery.detail, delivery.provider);
    case "unknown":
      // Handed over again under the same id only where twice is better than never.
      return transactional ? again(BACKOFF_MS[0]!, delivery.detail, false) : { ...left, state: "unknown", reason: "answer_lost", detail: delivery.detail };
  }
  function again(afterMs: number, detail: string, uncounted: boolean): Settlement {
    const dueAt = now + Math.round(afterMs * (1 + JITTER_RATIO * random));
    const over = (!uncounted && message.attempts >= MESSAGE_LIMITS.attemptsMax) || dueAt > message.expiresAt;
    if (!over) return { ...base(permitted, now), state: "due", dueAt, reason: "retried", detail, uncounted };
    const lost = delivery.type === "unknown";
    return { ...left, state: lost ? "unknown" : "failed", reason: lost ? "answer_lost" : "given_up", detail };
  }
} // prettier-ignore
