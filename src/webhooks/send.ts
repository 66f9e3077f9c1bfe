/**
 * The loop that tells: it claims what is due, posts it signed, and tries again later what failed. A delivery may arrive
 * twice (an answer can be lost), always with the same webhook-id; it is never under way twice at once.
 */
import type { Database } from "../db/postgres.ts";
import { startRounds } from "../rounds.ts";
import type { Clock, Instant } from "../values.ts";
import { type Vault, openedText } from "../vault.ts";
import { WEBHOOK_LIMITS } from "./model.ts";
import { type Answered, post } from "./post.ts";
import { signedHeaders } from "./sign.ts";
import {
  type Claimed,
  type Outcome,
  SECRET_ABOUT,
  WEBHOOK_CHANNEL,
  claimDeliveries,
  forgetDeliveries,
  nextDue,
  settle,
} from "./store.ts";

export type SenderDeps = {
  readonly sql: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** What went wrong with a store; tried again. */
  readonly onFault: (cause: unknown) => void;
  /** In [0, 1): spreads what is tried again. */
  readonly random?: () => number;
};
export type Sender = {
  /** Looks for something to send now. */
  wake(): void;
  /** Finishes what is under way. */
  stop(): Promise<void>;
};

const IDLE_MS = 60_000;
const FAULT_MS = 1000;
const FORGET_MS = 3_600_000;
const JITTER_RATIO = 0.1;
const RETRY_AFTER_MS_MAX = 86_400_000;

/** Starts sending. */
export function startWebhooks({ sql, vault, clock, onFault, random = Math.random }: SenderDeps): Sender {
  const underWay = new Map<number, number>();
  const sending = new Set<Promise<void>>();
  let forgottenAt = Number.NEGATIVE_INFINITY;
  const count = (webhook: number, by: number) => {
    const n = (underWay.get(webhook) ?? 0) + by;
    if (n > 0) underWay.set(webhook, n);
    else underWay.delete(webhook);
  };
  const deliver = async (claimed: Claimed): Promise<void> => {
    try {
      await settle(sql, claimed, outcomeOf(await tell(vault, claimed, clock()), claimed.attempts, clock(), random()), clock()); // prettier-ignore
    } catch (cause) {
      // The claim runs out, and the delivery is tried again.
      onFault(cause);
    } finally {
      count(claimed.webhook, -1);
    }
  };
  const round = async (): Promise<number> => {
    const now = clock();
    if (now - forgottenAt > FORGET_MS) {
      forgottenAt = now;
      await forgetDeliveries(sql, now - WEBHOOK_LIMITS.keepMs);
    }
    const claimed = await claimDeliveries(sql, {
      now, max: WEBHOOK_LIMITS.atOnce - sending.size, perWebhook: WEBHOOK_LIMITS.perAddress, busy: underWay, claimMs: WEBHOOK_LIMITS.claimMs,
    }); // prettier-ignore
    for (const one of claimed) {
      count(one.webhook, 1);
      const sent = deliver(one).finally(() => {
        sending.delete(sent);
        rounds.wake();
      });
      sending.add(sent);
    }
    if (claimed.length > 0) return 0;
    const dueAt = await nextDue(sql, now);
    // What is due but not claimed waits for one under way, whose end wakes the loop.
    return dueAt === null ? IDLE_MS : Math.min(IDLE_MS, dueAt > now ? dueAt - now : FAULT_MS);
  };
  const listening = sql.listen(WEBHOOK_CHANNEL, () => rounds.wake());
  const rounds = startRounds({ round, onFault, faultMs: FAULT_MS });
  return {
    wake: () => rounds.wake(),
    stop: async () => {
      const ended = rounds.stop();
      await (await listening).stop();
      await ended;
      await Promise.allSettled(sending);
    },
  };
}

/** Posts a message, signed at this instant. */
export async function tell(vault: Vault, { url, secret: kept, messageId, body }: Omit<Claimed, "claimedUntil" | "id" | "webhook" | "attempts">, now: Instant): Promise<Answered> {
  const secret = openedText(vault, kept, SECRET_ABOUT);
  if (secret === null) return { status: null, detail: "Its secret is sealed with a key that is not here.", retryAfterSeconds: null };
  return post({
    url, body, headers: signedHeaders(secret, messageId, Math.floor(now / 1000), body),
    timeoutMs: WEBHOOK_LIMITS.timeoutMs, detailCharsMax: WEBHOOK_LIMITS.detailCharsMax,
  });
} // prettier-ignore

/** What an answer means after so many attempts. Only 2xx is success; `random` in [0, 1). Pure. */
export function outcomeOf(answer: Answered, attempts: number, now: Instant, random: number): Outcome {
  const { status, retryAfterSeconds } = answer;
  const redirect = status !== null && status >= 300 && status < 400;
  const told = { status, detail: redirect ? "It redirects, which is not followed." : answer.detail };
  if (status !== null && status >= 200 && status < 300) return { ...told, end: "delivered" };
  if (status === 410) return { ...told, end: "gone" };
  const waitMs = WEBHOOK_LIMITS.retryMs[attempts - 1];
  if (waitMs === undefined) return { ...told, end: "given_up" };
  const asked = Math.min(RETRY_AFTER_MS_MAX, (retryAfterSeconds ?? 0) * 1000);
  return { ...told, end: "again", dueAt: now + Math.round(Math.max(waitMs * (1 + JITTER_RATIO * random), asked)) }; // prettier-ignore
}
