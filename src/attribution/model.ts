/**
 * The values of attribution: journeys and paths with what they led to, the rules and models that divide conversions among
 * channels, and every limit of the room. Pure: shapes and limits.
 *
 * Credits describe what those who converted had met. No rule and no model here knows what would have happened without a channel; only
 * an experiment with a holdout does.
 */
import { z } from "zod";
import { Basis, Interval, Scope, TooLittle } from "../analysis/model.ts";

/** Every limit and default of the room. */
export const ATTRIBUTION_LIMITS = {
  /** Touchpoints of one path: of a longer one the newest are kept, and the answer says of how many paths. */
  touchpointsMax: 50,
  /** Different paths that are read; the rarest beyond are left out, and the answer says how many journeys they are. */
  pathsMax: 100_000,
  /** Channels told apart; those met least often are one. */
  channelsMax: 40,
  /** States of a chain: beyond, an order is refused. */
  statesMax: 700,
  orderMax: 4,
  /** Channels up to which a Shapley value is worked out over all coalitions. */
  shapleyExactMax: 12,
  /** Orders of channels that are sampled beyond; drawn in pairs of an order and its reverse. */
  shapleyOrders: 600,
  /** Resamples from which the intervals are made. */
  resamples: 100,
  /** Additions that all resamples of a model may take; where fewer than `resamplesMin` fit, the credits have no interval. */
  resampledCostMax: 4e8,
  resamplesMin: 30,
  /** Conversions with a touchpoint below which nothing is told. */
  conversionsMin: 30,
  lookbackDaysMax: 365,
  lookbackDays: 30,
  halfLifeDaysMax: 365,
  halfLifeDays: 7,
  conversionNameCharsMax: 200,
  propertyCharsMax: 200,
  /** One conversion's value is at most so much either way; beyond, it counts as not told. */
  valueMax: 1e9,
} as const;

/** All channels that were met too rarely to be told apart. */
export const OTHERS = "(others)";

/** A meeting with the business: where, and how long before the journey ended. */
export type Touchpoint = { readonly channel: string; readonly ageMs: number };

/** What one customer met, oldest first, until a conversion or until nothing more came. */
export type Journey = {
  readonly touchpoints: readonly Touchpoint[];
  readonly converted: boolean;
  /** What the conversion was worth; of no meaning without one. */
  readonly value: number;
};

/** Journeys that met the same channels in the same order. */
export type Path = {
  /** Oldest first; never empty. */
  readonly channels: readonly string[];
  readonly conversions: number;
  /** The sum of the conversions' values, and of their squares. */
  readonly value: number;
  readonly squares: number;
  /** Journeys of these channels that led to no conversion: the null paths. */
  readonly nulls: number;
  /** By place in the path: the shares of time decay, summed over the conversions, and over their values. */
  readonly decayed: { readonly conversions: readonly number[]; readonly value: readonly number[] };
};

/** What a channel is given. Credits of all channels sum to the conversions and to the value of all paths. */
export type Credit = { readonly conversions: number; readonly value: number };
export type Credits = ReadonlyMap<string, Credit>;

/** Rules that look at the places of touchpoints only. */
export const RULES = ["first", "last", "last_non_direct", "linear", "position", "time_decay"] as const;
export type RuleName = (typeof RULES)[number];

/** Every way to divide conversions. `markov_<order>`: by what the chain of that order loses without a channel. */
export const MODELS = [
  ...RULES,
  "markov_1",
  "markov_2",
  "markov_3",
  "markov_4",
  "shapley",
  "shapley_chain",
] as const;
export const Model = z.enum(MODELS);
export type Model = z.infer<typeof Model>;

/** How each model divides, in a sentence, with its source. */
export const MODEL_WORDS: { readonly [model in Model]: string } = {
  first: "All to the first touchpoint.",
  last: "All to the last touchpoint.",
  last_non_direct: "All to the last touchpoint that was no direct visit; to the last one where all were.",
  linear: "The same to every touchpoint.",
  position: "40 % to the first, 40 % to the last, 20 % shared by those between.",
  time_decay: "By age: each half-life before the conversion halves a touchpoint's weight.",
  markov_1: "By what is lost without the channel, in a Markov chain of the last touchpoint, solved exactly (Anderl et al. 2016).",
  markov_2: "By what is lost without the channel, in a Markov chain of the last 2 touchpoints, solved exactly (Anderl et al. 2016).",
  markov_3: "By what is lost without the channel, in a Markov chain of the last 3 touchpoints, solved exactly (Anderl et al. 2016).",
  markov_4: "By what is lost without the channel, in a Markov chain of the last 4 touchpoints, solved exactly (Anderl et al. 2016).",
  shapley: "Shapley value where a set of channels is worth the conversions of those who met no others (Zhao et al. 2018); exact.",
  shapley_chain: "Shapley value where a set of channels is worth what a Markov chain of the last touchpoint reaches with them alone; exact to 12 channels, beyond by sampled orders.",
}; // prettier-ignore

/** What a conversion is, and what is asked of the journeys to it. */
export const AttributionAsked = z.strictObject({
  scope: Scope,
  conversion: z.strictObject({
    event: z.string().min(1).max(ATTRIBUTION_LIMITS.conversionNameCharsMax).describe("The name of the event that is the conversion"),
    value: z.string().min(1).max(ATTRIBUTION_LIMITS.propertyCharsMax).optional().describe("The property that holds its worth; without it, only conversions are divided"),
  }),
  models: z.array(Model).min(1).max(MODELS.length).default([...RULES, "markov_1", "shapley", "shapley_chain"]),
  by: z.enum(["channel", "campaign"]).default("channel").describe("Whether touchpoints are told apart by channel, or by channel and campaign"),
  lookbackDays: z.int().min(1).max(ATTRIBUTION_LIMITS.lookbackDaysMax).default(ATTRIBUTION_LIMITS.lookbackDays)
    .describe("Touchpoints older than that when a journey ends are not in it"),
  halfLifeDays: z.number().min(0.1).max(ATTRIBUTION_LIMITS.halfLifeDaysMax).default(ATTRIBUTION_LIMITS.halfLifeDays).describe("Of time decay"),
  repeats: z.boolean().default(false).describe("Whether a channel met again at once is a step of its own in the Markov chains"),
}); // prettier-ignore
export type AttributionAsked = z.infer<typeof AttributionAsked>;

const CreditTold = z.object({
  conversions: z.number(),
  value: z.number(),
  conversionsInterval: Interval.nullable().describe("null: there were too many steps to resample"),
  valueInterval: Interval.nullable(),
  standardError: z.number().nullable().describe("Of the sampled orders of `shapley_chain`, in conversions; null where the model is exact"),
}); // prettier-ignore
const Divided = z.object({
  type: z.literal("divided"),
  journeys: z.int().describe("Journeys with a touchpoint, those that led to nothing among them"),
  conversions: z.int(),
  value: z.number(),
  conversionRatio: z.number().describe("The share of journeys that ended in a conversion"),
  conversionRatioInterval: Interval,
  unmet: z.object({ conversions: z.int(), value: z.number() }).describe("Conversions before which nothing was met: in no credit"),
  cut: z.int().describe("Journeys of which only the newest touchpoints were looked at"),
  leftOut: z.int().describe("Journeys of paths too rare to be read"),
  models: z.array(z.object({ model: Model, words: z.string(), state: z.enum(["divided", "too_many_states"]) })),
  channels: z.array(z.object({
    channel: z.string(),
    touchpoints: z.int().describe("How often it was met, in all journeys"),
    credits: z.partialRecord(Model, CreditTold).describe("By model; of one with too many states there is none"),
  })),
}); // prettier-ignore
/** Every model side by side, by channel: or that there is too little to divide. */
export const AttributionAnswer = z.object({
  result: z.discriminatedUnion("type", [Divided, TooLittle]),
  basis: Basis,
});
export type AttributionAnswer = z.infer<typeof AttributionAnswer>;
export type AttributionResult = AttributionAnswer["result"];
