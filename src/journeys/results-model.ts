/** What came of a published journey: who reached the goal, of those who came in and of those who were held out. */
import { z } from "zod";
import { StepId } from "./model.ts";

/** Every bound of results. */
export const RESULTS_LIMITS = { periodMsMax: 2 * 366 * 86_400_000, splitsMax: 20 } as const;

const Count = z.int().min(0);
const Interval = z.tuple([z.number(), z.number()]);
const Lift = z.object({
  difference: z.number(),
  interval: Interval.describe("With 95 % certainty, however often it is looked at"),
});
const ArmTold = z.object({
  key: z.string(),
  holdout: z.boolean(),
  customers: Count,
  runs: Count,
  converted: Count.describe("Customers who reached the goal in time, in any of their runs"),
  convertedRuns: Count.describe("Each run once, by the first time it reached the goal"),
  ratio: z.number().nullable(),
  value: z.number().describe("What the goal was worth, summed up"),
});
const VerdictTold = z.object({
  baseline: z.string(),
  other: z.string(),
  measure: z.enum(["conversions", "value"]),
  verdict: z.enum(["better", "worse", "undecided", "too_few", "sample_ratio_mismatch"]),
  absolute: Lift.nullable(),
  relative: Lift.nullable(),
  pValue: z.number().nullable(),
  sampleRatioPValue: z.number(),
  words: z.string(),
});
const Comparison = z.object({
  arms: z.array(ArmTold),
  verdicts: z
    .array(VerdictTold)
    .describe("Each other arm against the first that is held out, or else the first"),
});
/** GET /v1/journeys/{id}/results. */
export const JourneyResults = z.object({
  version: z.object({ id: z.int(), number: z.int() }),
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  goal: z.boolean().describe("Whether the version has a goal; without one nobody converts"),
  journey: Comparison.describe("Those who came in against those who were held out"),
  splits: z.array(z.object({ step: StepId, ...Comparison.shape })),
  caveats: z.array(z.string()),
});
export type JourneyResults = z.infer<typeof JourneyResults>;
export type ArmTold = z.infer<typeof ArmTold>;
