/**
 * How many events a second one write key may send: a bucket per key that holds one second's worth. Kept in memory, so
 * the limit is per process; the keys are few, for unknown ones never get here.
 */
import type { Clock } from "../values.ts";

export interface KeyRate {
  /** Takes `events` from the key's bucket. 0 when they may come in, otherwise the whole seconds to wait. */
  waitSeconds(key: number, events: number): number;
}

/** A batch larger than the bucket passes when the bucket is full, and then has to be paid back. */
export function createKeyRate(perSecond: number, clock: Clock): KeyRate {
  const buckets = new Map<number, { tokens: number; at: number }>();
  return {
    waitSeconds(key, events) {
      const now = clock();
      let bucket = buckets.get(key);
      if (!bucket) buckets.set(key, (bucket = { tokens: perSecond, at: now }));
      bucket.tokens = Math.min(perSecond, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * perSecond);
      bucket.at = now;
      const needed = Math.min(events, perSecond);
      if (bucket.tokens < needed) return Math.max(1, Math.ceil((needed - bucket.tokens) / perSecond));
      bucket.tokens -= events;
      return 0;
    },
  };
}
