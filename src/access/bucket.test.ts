import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Bucket, limitHeader, type Policy, policyHeader, take } from "./bucket.ts";

const policy: Policy = { name: "default", quota: 100, windowMs: 60_000 };

describe("a token bucket", () => {
  test("gives its quota at once, then as much as flows in", () => {
    let bucket: Bucket | undefined;
    for (let i = 0; i < 100; i++) {
      const taken = take(policy, bucket, 0);
      expect(taken.taken).toBe(true);
      bucket = taken.bucket;
    }
    const refused = take(policy, bucket, 0);
    expect(refused).toMatchObject({ taken: false, remaining: 0, nextInMs: 600 });
    expect(take(policy, refused.bucket, 600).taken).toBe(true);
  });

  test("tells what is left in the words of the draft", () => {
    expect(policyHeader(policy)).toBe('"default";q=100;w=60');
    expect(limitHeader(policy, take(policy, undefined, 0))).toBe('"default";r=99;t=1');
  });

  test("a clock that was set back by a day is followed within a window", () => {
    const day = 86_400_000;
    let { bucket } = take({ ...policy, quota: 1 }, undefined, day);
    ({ bucket } = take({ ...policy, quota: 1 }, bucket, 0));
    expect(take({ ...policy, quota: 1 }, bucket, 2 * policy.windowMs).taken).toBe(true);
  });

  test("never gives more than its quota and what flowed in, however the times jump within a window", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: policy.windowMs }), { maxLength: 400 }), (times) => {
        let bucket: Bucket | undefined;
        let given = 0;
        for (const at of times) {
          const taken = take(policy, bucket, at);
          bucket = taken.bucket;
          given += Number(taken.taken);
          expect(bucket.tokens).toBeGreaterThanOrEqual(0);
          expect(bucket.tokens).toBeLessThanOrEqual(policy.quota);
        }
        // From a full bucket, over the longest time that passed: 100, and 100 a minute.
        const spanMs = Math.max(0, ...times) - Math.min(200_000, ...times);
        expect(given).toBeLessThanOrEqual(100 + Math.ceil(Math.max(0, spanMs) / 600));
      }),
    );
  });
});
