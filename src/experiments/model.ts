/**
 * The values of experiments: what is counted of an arm, what a comparison answers, and every limit of the room.
 *
 * Ratios lie in [0, 1]. An interval is a pair of the lower and the upper end. Nothing in this room reads the clock, draws
 * a random number or stores: counts come in, answers go out.
 */

/** Every limit and default of the room. */
export const EXPERIMENT_LIMITS = {
  /** Arms of one split or one choice. */
  armsMax: 20,
  /** Below this many customers in an arm no verdict is told: early numbers jump. */
  customersMin: 100,
  /** Conversions of both arms together below which no verdict is told: the normal approximation does not hold yet. */
  conversionsMin: 25,
  /** A split this unlikely (chi-square) is a broken split, not chance. */
  sampleRatioPValueMin: 0.001,
  /** How often a verdict may be wrong where there is no difference. */
  alphaRatio: 0.05,
  /** The customers at which the anytime-valid interval is narrowest. */
  tuningCustomers: 5000,
  /** A count beyond this is cut: the distributions are tested up to it. */
  countMax: 1_000_000_000,
} as const;

/** The ends of an interval, lower first. */
export type Interval = readonly [low: number, high: number];

/** Sums over the customers of an arm, of one value for each customer (0 for who did nothing). */
export interface Sample {
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** What a comparison needs to know of an arm: `meanOf` or `proportionOf` makes it. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  /** The variance of one customer's value, not of the mean. */
  readonly variance: number;
}

/** `absolute`: other - baseline; `relative`: that, divided by the size of the baseline. */
export type Scale = "absolute" | "relative";

/** The answer of a test: numbers, or the reason why there are none. */
export type Comparison =
  | {
      readonly type: "compared";
      readonly difference: number;
      readonly standardError: number;
      readonly interval: Interval;
      readonly pValue: number;
    }
  | {
      readonly type: "not_comparable";
      readonly reason: "too_few" | "no_variance" | "baseline_is_zero" | "too_large";
    };

/** What is counted of an arm for one goal. `sum` and `sumOfSquares` are over the value each customer brought. */
export interface ArmResult extends Sample {
  readonly conversions: number;
}

/** What a verdict is asked for. Everything has a default in `EXPERIMENT_LIMITS`. */
export interface VerdictAsked {
  /** `conversions`: the share of customers who reached the goal; `value`: what a customer brought on average. More is better. */
  readonly measure: "conversions" | "value";
  /** The planned shares of baseline and other; equal when absent. */
  readonly weights?: readonly [baseline: number, other: number];
  /** `anytime` (default): may be looked at as often as one likes. `once`: narrower, for one look at the planned end. */
  readonly looks?: "anytime" | "once";
  readonly alpha?: number;
  readonly tuningCustomers?: number;
  /** How the arms are called in the words. */
  readonly names?: readonly [baseline: string, other: string];
}

/** A difference and the interval that holds the true one. */
export interface Lift {
  readonly difference: number;
  readonly interval: Interval;
}

/** What a goal's counts say of two arms. Every number is finite. */
export interface Verdict {
  readonly verdict: "better" | "worse" | "undecided" | "too_few" | "sample_ratio_mismatch";
  /** The share converted or the mean value of each arm; null for an arm without customers. */
  readonly baseline: number | null;
  readonly other: number | null;
  /** Other - baseline; null when it cannot be compared. */
  readonly absolute: Lift | null;
  /** The same as a share of the baseline; null when the baseline is 0 or an arm has no variance. */
  readonly relative: Lift | null;
  /** Of no difference at all, by the absolute comparison, which also decides the verdict. */
  readonly pValue: number | null;
  /** Of a split as planned. */
  readonly sampleRatioPValue: number;
  /** One plain sentence. */
  readonly words: string;
}
