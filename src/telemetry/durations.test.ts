/** Durations say what prom-client's own histogram says of the same observations, to the letter. */
import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, test } from "vitest";
import { type Duration, Durations } from "./durations.ts";

const BUCKETS = [0.001, 0.01, 0.1, 1];
const NAMED = { name: "took_seconds", help: "How long it took." };
const routes = ["/v1/track", "/v1/decide", 'a "quoted" \\ one\n'];
const observation = fc.record({
  route: fc.constantFrom(...routes),
  status: fc.constantFrom(200, 404),
  seconds: fc.oneof(fc.constantFrom(0, 0.001, 0.1, 1, 5), fc.double({ min: 0, max: 10, noNaN: true })),
});

test("what is read is what prom-client would have said", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation, { maxLength: 60 }), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      const durations = new Durations({ ...NAMED, buckets: BUCKETS });
      ours.registerMetric(durations.asMetric());
      const histogram = new Histogram({
        ...NAMED, buckets: BUCKETS, labelNames: ["route", "status"], registers: [theirs],
      }); // prettier-ignore
      const known = new Map<string, Duration>();
      for (const { route, status, seconds } of observations) {
        const key = `${route} ${status}`;
        const duration = known.get(key) ?? durations.of({ route, status });
        known.set(key, duration);
        duration.observe(seconds);
        histogram.observe({ route, status }, seconds);
      }
      expect(await ours.metrics()).toBe(await theirs.metrics());
    }),
  );
});
