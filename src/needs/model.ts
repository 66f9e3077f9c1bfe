/**
 * The values of likely needs: the goals of a workspace, what is looked at of a customer at an instant (a *cut-off*), models
 * with how good they are, and every limit and floor of the room. Pure: shapes and limits.
 */
import { z } from "zod";
import { Goal } from "../journeys/model.ts";
import type { SharedHours } from "../journeys/best-time.ts";
import type { Currency } from "../metrics/currency.ts";
import type { Interval } from "../analysis/model.ts";
import type { Instant } from "../values.ts";

const DAY_MS = 86_400_000;

/** Every limit, default and floor of the room. */
export const NEEDS_LIMITS = {
  goals: 8,
  /** Within how long a goal is to be reached, where nothing else is said. */
  withinMs: 30 * DAY_MS,
  withinMsMax: 90 * DAY_MS,
  /** Whoever did nothing for so long before a cut-off is not asked about. */
  activeMs: 180 * DAY_MS,
  /** How far back a customer is looked at. */
  lookBackMs: 400 * DAY_MS,
  /** Cut-offs that are learnt from, where history goes back so far; one more is for calibration and one for the test. */
  cutOffs: 3,
  /** The most frequent events and channels, by customers, that are looked at each for itself. */
  events: 16,
  channels: 8,
  stages: 12,
  /** Customers of one cut-off; of more, always the same ones by a hash of their number. */
  rowsMax: 20_000,
  /** Moments of one customer that are looked at for visits. */
  momentsMax: 2_000,
  /** Customers told at a time, and events of ours in one append. */
  partCustomers: 20_000,
  tellMax: 500,
  /** A workspace is worked out anew when what is kept is so old. */
  everyMs: DAY_MS,
  /** A change of a chance below this part is not told again. */
  toldChangeRatio: 0.05,
  /** Reasons told of one customer and goal. */
  reasons: 4,
  /** Groups of the reliability table. */
  groups: 10,
} as const;

/** Below any of these nothing is told of a goal but why. */
export const NEEDS_FLOOR = {
  /** Customers at the newest cut-off. */
  customers: 500,
  /** Customers who reached the goal, counted at each cut-off learnt from, and as many who did not. */
  reached: 200,
  /** Customers who reached it after the newest cut-off. */
  reachedTest: 50,
  /** The lower end of the 95 % interval of the area under the curve. */
  aucLow: 0.6,
  /** The expected calibration error. */
  calibrationError: 0.05,
} as const;

/** Every limit and floor of when customers are likely to be there. */
export const HOURS_LIMITS = {
  /** How far back moments count. */
  lookBackMs: 180 * DAY_MS,
  /** Moments within one of these are one: whoever reads for a while was there once. */
  slotMs: 900_000,
  /** Newest slots of one customer. */
  slotsMax: 200,
  /** Below these nothing is told of anybody. */
  customersMin: 50,
  slotsMin: 500,
  /** A stage with fewer slots has the hours of all customers. */
  stageSlotsMin: 200,
  /** Customers with so many slots tell how much people differ. */
  tellingSlotsMin: 5,
  strengthMin: 2,
  strengthMax: 1_000,
  /** The likeliest hour is so many times as likely as the mean hour, or no hour is told: of who comes at all hours none is best. */
  peakMin: 1.5,
  /** Signs (of 36) by which an hour has to move until hours are told again. */
  movedMin: 6,
} as const;

/** A goal to be foreseen: the same as a journey's, or a stage that is to be reached. */
export const NeedGoal = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "Small letters, digits and _").refine((key) => key !== "next", "`next` is taken").describe("Names the trait: `likely_<key>`"),
  name: z.string().trim().min(1).max(100),
  when: z.union([
    Goal.shape.when,
    z.strictObject({ type: z.literal("stage"), stage: z.string().min(1).max(50) }).describe("This stage of the stage model, or a further one"),
    z.strictObject({ type: z.literal("order") }).describe("What the workspace calls an order in its metrics"),
  ]),
  withinMs: z.int().min(DAY_MS).max(NEEDS_LIMITS.withinMsMax).default(NEEDS_LIMITS.withinMs).describe("Within how long from now on"),
}); // prettier-ignore
export type NeedGoal = z.infer<typeof NeedGoal>;

/** The goals of a workspace; absent: an order, and each further stage of its stage model. */
export const NeedsAsked = z.strictObject({
  goals: z
    .array(NeedGoal)
    .min(1)
    .max(NEEDS_LIMITS.goals)
    .refine((goals) => new Set(goals.map(({ key }) => key)).size === goals.length, "Two goals have the same key")
    .optional(),
}); // prettier-ignore
export type NeedsAsked = z.infer<typeof NeedsAsked>;

/** What is looked at, chosen before the newest cut-off learnt from. JSON. */
export type Vocabulary = {
  readonly events: readonly string[];
  readonly channels: readonly string[];
  /** The stages in their order; empty without a stage model. */
  readonly stages: readonly string[];
  readonly orders: readonly string[];
  readonly worths: readonly string[];
  readonly currency: Currency;
  readonly opened: readonly string[];
  readonly solved: readonly string[];
};

/** One number about a customer at a cut-off. JSON. */
export type Feature =
  | { readonly of: "did"; readonly event: string; readonly days: number }
  | { readonly of: "since"; readonly event: string }
  | { readonly of: "met"; readonly channel: string; readonly days: number }
  | {
      readonly of: "doings" | "active_days" | "visits" | "requests" | "messages" | "spent";
      readonly days: number;
    }
  | { readonly of: "known_days" | "quiet_days" | "open_cart" | "open_request" }
  | { readonly of: "stage"; readonly stage: string };

/** A customer at a cut-off: the features in the order of the vocabulary's, and the place of the stage (0 the first). */
export type Case = { readonly customer: number; readonly stage: number; readonly x: readonly number[] };
/** All cases of one cut-off, row by row, and of each goal by row whether it was reached after it, in time (1). */
export type CutOff = {
  readonly at: Instant;
  readonly stages: Uint8Array;
  readonly x: Float32Array;
  readonly reached: readonly Uint8Array[];
};
/** What is learnt from: cut-offs, oldest first. */
export type Lesson = {
  readonly goals: readonly NeedGoal[];
  readonly features: readonly Feature[];
  /** Keys of the stage model's stages, in order. */
  readonly stages: readonly string[];
  readonly cutOffs: readonly CutOff[];
};

/** A fitted model: how each feature is scaled and what a step of it does to the logarithm of the odds. JSON. */
export type Model = {
  readonly features: readonly Feature[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
  readonly intercept: number;
  /** Of the ridge, by the log loss at the cut-off of calibration. */
  readonly penalty: number;
  /** Platt's line from the model's log odds to those that are told. */
  readonly slope: number;
  readonly shift: number;
};

/** A group of the reliability table: customers with chances next to each other. */
export type Group = { readonly customers: number; readonly foretold: number; readonly reached: number; readonly ratio: number; readonly interval: Interval }; // prettier-ignore
/** How good a model is, at a cut-off it never saw. */
export type Quality = {
  readonly customers: number;
  readonly reached: number;
  readonly auc: number;
  readonly aucInterval: Interval;
  readonly brier: number;
  /** Of telling everybody the share that reached it at the cut-offs learnt from. */
  readonly brierOfShare: number;
  readonly calibrationError: number;
  readonly groups: readonly Group[];
};

/** Why nothing is told of a goal; closed. */
export type Unfit =
  | { readonly type: "too_little_data"; readonly reason: "history" | "customers" | "reached" | "not_reached" | "reached_test" | "not_reached_test"; readonly found: number; readonly needed: number }
  | { readonly type: "unknown"; readonly reason: "no_such_stage" | "first_stage" }; // prettier-ignore
/** What came of one goal. `below_floor` and `shown` differ in what may be told. */
export type Worked =
  | Unfit
  | {
      readonly type: "shown" | "below_floor";
      /** What is below the floor; empty where it is shown. */
      readonly below: readonly ("discrimination" | "calibration")[];
      readonly model: Model;
      readonly quality: Quality;
      /** Customers and those who reached it, at the cut-offs learnt from. */
      readonly learnt: { readonly customers: number; readonly reached: number; readonly cutOffs: number };
    };
/** A goal with what came of it. */
export type WorkedGoal = { readonly goal: NeedGoal; readonly worked: Worked };

/** Why a chance is as it is: what was seen, and whether customers of whom that holds reach the goal more or less often. */
export type Reason = { readonly words: string; readonly direction: "more" | "less" };

/** What came of looking at when customers are likely to be there. JSON. */
export type HoursWorked = {
  /** Customers with moments of their own, and how many of those there are. */
  readonly customers: number;
  readonly slots: number;
  /** So many moments of a customer weigh as much as those of their stage; null: too little is known of anybody. */
  readonly strength: number | null;
  readonly shared: SharedHours | null;
  readonly told: number;
};
