/**
 * Learning which candidate of a place does best for whom: what is laid down of it, what is told of a decision that was
 * made by it, and what was learned. Off unless a place asks for it, and it only ranks those that rules let through.
 */
import { z } from "zod";
import { EXPERIMENT_LIMITS, type Interval } from "../experiments/model.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Every bound of learning. */
export const LEARNING_LIMITS = {
  /** Places of a workspace that learn, and candidates of one: each is asked in every decision. */
  places: 20,
  candidates: EXPERIMENT_LIMITS.armsMax,
  floorRatioMin: 0.01,
  floorRatioMax: 0.5,
  holdoutRatioMin: 0.05,
  holdoutRatioMax: 0.5,
  withinMsMin: MINUTE_MS,
  withinMsMax: 29 * DAY_MS,
  guards: 5,
  /** Segments of a customer that are looked at. */
  segments: 8,
  /** Before so many exposures whose time is over, and so many of them with a reward, chance alone chooses. */
  exposuresMin: 100,
  rewardsMin: 10,
  /** Contexts of which a process remembers the chances, by place. */
  contextsKept: 2_000,
  /** How far back exposures are learned from, and how many kinds of them (candidate, context, half of the customers). */
  lookMs: 90 * DAY_MS,
  kindsMax: 50_000,
  /** The newest exposures of which an evaluation is made, and the fewest of which one is told. */
  evaluatedMax: 20_000,
  evaluatedMin: 200,
  /** With an effective sample below this an estimate carries a warning. */
  effectiveMin: 100,
  /** What happened is in the event log after this. */
  settleMs: 10_000,
  /** Between two looks at a place; and how many times as long as learning took there is nothing learned again. */
  restMs: MINUTE_MS,
  restTimes: 30,
  /** How often a place may be stopped though nothing is worse, over all its guards and all time. */
  alphaRatio: EXPERIMENT_LIMITS.alphaRatio,
  /** The customers of an arm at which the interval of a guard is narrowest. */
  tuningCustomers: 500,
} as const;

/** What a candidate is shown for. */
export const Reward = z.enum(["clicked", "converted", "value"]);
export type Reward = z.infer<typeof Reward>;

/** The event that an outcome of a decision becomes. */
export const outcomeName = (outcome: "exposed" | "clicked" | "converted" | "dismissed"): string =>
  `$decision.${outcome}`;

const Within = z.int().min(LEARNING_LIMITS.withinMsMin).max(LEARNING_LIMITS.withinMsMax);
const WorseBy = z
  .number()
  .min(0)
  .max(0.5)
  .default(0)
  .describe("Only when it is worse by more than this share of customers");
const GuardWithin = Within.optional().describe(
  "After a customer's first exposure; as for the reward when absent",
);
/** What must not become worse than it is for those whom priority decides. */
export const Guard = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("outcome"), outcome: z.enum(["clicked", "converted", "dismissed"]), worseByRatio: WorseBy, withinMs: GuardWithin }),
  z.strictObject({
    type: z.literal("event"), event: z.string().min(1).max(200), worse: z.enum(["more", "less"]).describe("Which way is worse: more customers who do it, or fewer"),
    worseByRatio: WorseBy, withinMs: GuardWithin,
  }),
]); // prettier-ignore
export type Guard = z.infer<typeof Guard>;

/** How a place learns. */
export const Learning = z.strictObject({
  reward: Reward.describe("What a candidate is to bring: a click, a conversion, or the value of conversions"),
  currency: z.string().regex(/^[A-Z]{3}$/).nullable().default(null).describe("Of the value: conversions in another currency bring nothing. Needed for the reward value"),
  withinMs: Within.describe("What comes within so long after an exposure is its reward; only then is an exposure learned from"),
  floorRatio: z.number().min(LEARNING_LIMITS.floorRatioMin).max(LEARNING_LIMITS.floorRatioMax).default(0.02).describe("Each eligible candidate is shown at least with this chance"),
  holdoutRatio: z.number().min(LEARNING_LIMITS.holdoutRatioMin).max(LEARNING_LIMITS.holdoutRatioMax).default(0.1).describe("This share of customers is decided for by priority: what guards compare with"),
  guards: z.array(Guard).max(LEARNING_LIMITS.guards).default([]).describe("When one is worse than under priority, priority decides for everybody from then on"),
}); // prettier-ignore
export type Learning = z.infer<typeof Learning>;

/** What is known of a customer and the moment when a decision learns or has learned. Nothing that names anybody. */
export const LearningContext = z.object({
  stage: z.string().nullable(),
  device: z.enum(["phone", "tablet", "desktop", "other"]),
  /** By which the customer last came to the business. */
  channel: z.string().nullable(),
  known: z.enum(["named", "returning", "new"]),
  /** On the customer's clock, 0 to 23. */
  hour: z.int().min(0).max(23),
  segments: z.array(z.int()).max(LEARNING_LIMITS.segments).readonly(),
});
export type LearningContext = z.infer<typeof LearningContext>;

/** Whose hand chose: what was learned, or priority for those held out. */
export const Arm = z.enum(["learned", "holdout"]);
export type Arm = z.infer<typeof Arm>;
/** What a decision of a learning place tells beside its propensity, so that it can be learned from and weighed later. */
export const LearningTold = z.object({
  arm: Arm,
  context: LearningContext,
  /** Those that could have been shown, in the order of priority. */
  eligible: z.array(z.string()).min(1).max(LEARNING_LIMITS.candidates).readonly(),
});
export type LearningTold = z.infer<typeof LearningTold>;

/**
 * What is believed of a candidate: weights of the slots of a context (encode.ts) with a normal belief about them. Slots
 * that never came are not listed: of these the prior is believed.
 */
export type Belief = {
  readonly slots: readonly number[];
  readonly mean: readonly number[];
  /** Of the listed slots, row by row: each row up to its diagonal. */
  readonly covariance: readonly number[];
  /** What it was learned from. */
  readonly exposures: number;
  readonly rewards: number;
};
/** What was learned at a place. A reward is `middle` + `scale` * score for a value; else its log-odds are `middle` + score. */
export type Model = {
  /** Of encode.ts: what was learned with another one is not used. */
  readonly encoding: number;
  readonly reward: Reward;
  readonly middle: number;
  readonly scale: number;
  readonly exposures: number;
  readonly rewards: number;
  readonly beliefs: { readonly [candidate: string]: Belief };
};

/** An estimate with the interval that holds the truth in 95 of 100 cases. */
export type Estimate = { readonly value: number; readonly interval: Interval };
