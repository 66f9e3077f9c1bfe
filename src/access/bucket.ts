/**
 * Token buckets: how much one caller may do for now. Pure; time comes in.
 *
 * A bucket holds `quota` tokens and fills evenly over `windowMs`. What a caller sees is the IETF draft
 * "RateLimit header fields for HTTP" (draft-ietf-httpapi-ratelimit-headers-11).
 */
import type { DurationMs, Instant } from "../values.ts";

export type Policy = { readonly name: string; readonly quota: number; readonly windowMs: DurationMs };
export type Bucket = { readonly tokens: number; readonly at: Instant };

/** What taking a token came to: the bucket afterwards, and what to tell. */
export type Taken = {
  readonly taken: boolean;
  readonly bucket: Bucket;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Until the bucket is full again. */
  readonly fullInMs: DurationMs;
  /** Until the next token; 0 when there is one. */
  readonly nextInMs: DurationMs;
};

/** Takes one token at `now`. An unknown bucket is full. A clock that runs backwards adds nothing, for a window at most. */
export function take(policy: Policy, bucket: Bucket | undefined, now: Instant): Taken {
  const perMs = policy.quota / policy.windowMs;
  const held = bucket
    ? Math.min(policy.quota, bucket.tokens + Math.max(0, now - bucket.at) * perMs)
    : policy.quota;
  const taken = held >= 1;
  const tokens = taken ? held - 1 : held;
  return {
    taken,
    // At most a window ahead: after a clock was set back by a day nothing would else come in for a day.
    bucket: { tokens, at: bucket ? Math.min(Math.max(now, bucket.at), now + policy.windowMs) : now },
    remaining: Math.floor(tokens),
    fullInMs: (policy.quota - tokens) / perMs,
    nextInMs: tokens >= 1 ? 0 : (1 - tokens) / perMs,
  };
}

/** `"default";q=100;w=60` */
export const policyHeader = ({ name, quota, windowMs }: Policy): string =>
  `"${name}";q=${quota};w=${Math.round(windowMs / 1000)}`;
/** `"default";r=42;t=18` */
export const limitHeader = ({ name }: Policy, { remaining, fullInMs }: Taken): string =>
  `"${name}";r=${remaining};t=${Math.ceil(fullInMs / 1000)}`;
