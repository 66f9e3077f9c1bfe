/**
 * The values of attribution: journeys and paths with what they led to, the rules and models that divide conversions among
 * channels, and every limit of the room. Pure: shapes and limits.
 *
 * Credits describe what those who converted had met. No rule and no model here knows what would have happened without a channel; only
 * an experiment with a holdout does.
 */
import { z } from "zod";

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
  markov_1: "By removal effect in a Markov chain of the last touchpoint, solved exactly (Anderl et al. 2016).",
  markov_2: "By removal effect in a Markov chain of the last 2 touchpoints, solved exactly (Anderl et al. 2016).",
  markov_3: "By removal effect in a Markov chain of the last 3 touchpoints, solved exactly (Anderl et al. 2016).",
  markov_4: "By removal effect in a Markov chain of the last 4 touchpoints, solved exactly (Anderl et al. 2016).",
  shapley: "Shapley value where a set of channels is worth the conversions of those who met no others (Zhao et al. 2018); exact.",
  shapley_chain: "Shapley value where a set of channels is worth what a Markov chain of the last touchpoint reaches with them alone; exact to 12 channels, beyond by sampled orders.",
}; // prettier-ignore
