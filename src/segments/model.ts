/**
 * Which customers: a rule over one customer, told once and understood two ways: in memory, with each event (match.ts), and
 * as SQL over the event log (sql.ts). A test holds the two equal.
 *
 * Rules are JSON. A window slides with the present; instants are milliseconds, durations end in Ms.
 */
import { z } from "zod";
import { ConsentChannel } from "../consent/model.ts";
import { Channel } from "../events/model.ts";

/** Every bound of rules and of what is kept to answer them. */
export const SEGMENT_LIMITS = {
  /** Nesting of all, any, not and account. */
  depth: 8,
  /** Conditions of one rule, referenced segments included. */
  conditions: 100,
  conditionsPerGroup: 50,
  whereMax: 10,
  valuesMax: 200,
  textCharsMax: 200,
  steps: 5,
  /** A measure over a sliding window looks at the newest so many matching events of a customer. */
  items: 500,
  /** A sequence looks at the newest so many events of each of its steps. */
  stepItems: 50,
  /** Different values of a property that are counted for one customer; the first by name stay. */
  values: 200,
  windowMsMax: 5 * 366 * 86_400_000,
  segments: 2_000,
  computedTraits: 200,
  stages: 20,
  /** Numbers beyond this are not measured. */
  numberMax: 1e9,
} as const;
/** The rule language's version, kept with every stored rule: a later language knows by it what it has to translate. */
export const RULE_VERSION = 1;

const Name = z.string().min(1).max(200);
const Text = z.string().max(SEGMENT_LIMITS.textCharsMax);
const Scalar = z.union([Text, z.number(), z.boolean()]);
const Duration = z.int().min(1000).max(SEGMENT_LIMITS.windowMsMax);
/** Of the years 1 to 9999: what can be said as a date. */
const Instant = z.int().min(-62_135_596_800_000).max(253_402_300_799_999);

/**
 * A question to one value. Values are compared as text (`5` and `"5"` are equal), numbers as numbers where the value is
 * one (also written as text), dates where it is `2026-11-21`, `2026-11-21T10:00:00Z` or a time since 1970 in s or ms.
 * What is absent or null passes only `not_exists`, `not_equals`, `not_in` and `not_contains`.
 */
export const Test = z.discriminatedUnion("op", [
  z.strictObject({ op: z.enum(["exists", "not_exists"]) }),
  z.strictObject({ op: z.enum(["equals", "not_equals"]), value: Scalar }),
  z.strictObject({ op: z.enum(["in", "not_in"]), values: z.array(Scalar).min(1).max(SEGMENT_LIMITS.valuesMax) }),
  /** Of a text: has this part, letter case not counting; of a list: has this element. */
  z.strictObject({ op: z.enum(["contains", "not_contains", "starts_with", "ends_with"]), value: Text.min(1) }),
  z.strictObject({ op: z.enum(["above", "at_least", "below", "at_most"]), value: z.number() }),
  z.strictObject({ op: z.literal("between"), from: z.number(), to: z.number() }),
  /** The value is a date before, or at or after, this instant. */
  z.strictObject({ op: z.enum(["before", "after"]), at: Instant }),
  /** The value is a date at most so long ago, more than so long ago, or ahead by at most so long. */
  z.strictObject({ op: z.enum(["within_last", "longer_ago", "within_next"]), ms: Duration }),
]); // prettier-ignore
export type Test = z.infer<typeof Test>;
export type Scalar = z.infer<typeof Scalar>;

/** A condition on a property of an event: a path with dots into its properties, e.g. `product.category`. */
export const Where = z.strictObject({
  property: Name.describe("Dots lead into nested properties; channel and touchpoint are written $channel and $touchpoint"),
  is: Test,
}); // prettier-ignore
export type Where = z.infer<typeof Where>;

/** Which events: of this name (null: any event but our own), with these properties. */
const EventMatch = { event: Name.nullable(), where: z.array(Where).max(SEGMENT_LIMITS.whereMax).default([]) };

/**
 * The instants that count. `from.agoMs`: later than so long ago; `to.agoMs`: so long ago or earlier; `at`: from this
 * instant on, and before this instant. Absent: no bound on that side.
 */
const Bound = z.union([z.strictObject({ agoMs: Duration }), z.strictObject({ at: Instant })]);
export const Window = z.strictObject({ from: Bound.optional(), to: Bound.optional() });
export type Window = z.infer<typeof Window>;

/** What is told of the events that match. `property` numbers only for sum, average, min and max. */
export const Measure = z.discriminatedUnion("of", [
  z.strictObject({ of: z.literal("count") }),
  z.strictObject({ of: z.enum(["sum", "average", "min", "max"]), property: Name }),
  z.strictObject({ of: z.enum(["distinct", "first", "last", "most_frequent", "list"]), property: Name }),
  /** Whole days since the newest, or the oldest, event that matches. */
  z.strictObject({ of: z.enum(["days_since_last", "days_since_first"]) }),
  /** Events within the last `ms` less those in the `ms` before. */
  z.strictObject({ of: z.literal("trend"), ms: Duration.max(SEGMENT_LIMITS.windowMsMax / 2) }),
]); // prettier-ignore
export type Measure = z.infer<typeof Measure>;

const Bands = z.array(z.int().min(1).max(5)).min(1).max(5);
const Members = { rules: z.lazy((): z.ZodType<readonly Rule[]> => z.array(Rule).min(1).max(SEGMENT_LIMITS.conditionsPerGroup)) }; // prettier-ignore

export type Rule =
  | { readonly type: "all" | "any"; readonly rules: readonly Rule[] }
  | { readonly type: "not" | "account"; readonly rule: Rule }
  | z.infer<typeof Leaf>;

/** A rule that is no group: one condition. */
export const Leaf = z.discriminatedUnion("type", [
  /** A trait of the customer, as last told. */
  z.strictObject({ type: z.literal("trait"), name: Name, is: Test }),
  /** A computed trait. */
  z.strictObject({ type: z.literal("computed"), name: Name, is: Test }),
  /** A trait of an account that the customer belongs to: at least one of them passes. */
  z.strictObject({ type: z.literal("account_trait"), name: Name, is: Test }),
  /** What the customer did: `is` is asked of the measure. "Did not" is a count of 0. */
  z.strictObject({ type: z.literal("did"), ...EventMatch, when: Window.optional(), measure: Measure.default({ of: "count" }), is: Test.default({ op: "at_least", value: 1 }) }),
  /** Did each step later than the one before, at most `withinMs` after it; `when` is asked of the last. */
  z.strictObject({
    type: z.literal("sequence"),
    steps: z.array(z.strictObject({ ...EventMatch, withinMs: Duration.optional() })).min(2).max(SEGMENT_LIMITS.steps),
    when: Window.optional(),
  }),
  /** Did it, has since then not done `without`, and at least `forMs` have passed. */
  z.strictObject({ type: z.literal("without"), ...EventMatch, without: z.strictObject(EventMatch), forMs: Duration }),
  z.strictObject({ type: z.literal("segment"), id: z.int().min(1) }),
  z.strictObject({ type: z.literal("stage"), in: z.array(Name).min(1).max(SEGMENT_LIMITS.stages) }),
  /** `in`: is in the journey now; `entered`, `left`: ever did. */
  z.strictObject({ type: z.literal("journey"), id: z.int().min(1), state: z.enum(["in", "entered", "left"]) }),
  z.strictObject({ type: z.literal("consent"), channel: ConsentChannel, purpose: z.string().min(1).max(100), is: z.enum(["granted", "denied", "unknown"]) }),
  /** The channel by which most of the customer's events came (of equals the latest, then the first by name). */
  z.strictObject({ type: z.literal("channel"), preferred: z.array(Channel).min(1) }),
  /** Bands 1 to 5, 5 best, by the workspace's thresholds. Who never bought has none. */
  z.strictObject({ type: z.literal("rfm"), recency: Bands.optional(), frequency: Bands.optional(), money: Bands.optional() }),
]); // prettier-ignore

export const Rule: z.ZodType<Rule> = z
  .lazy(() =>
    z.union([
      z.strictObject({ type: z.enum(["all", "any"]), ...Members }),
      z.strictObject({ type: z.enum(["not", "account"]), rule: Rule }),
      Leaf,
    ]),
  )
  .meta({ id: "Rule" });

export const SegmentDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(""),
  rule: Rule,
});
export type SegmentDraft = z.infer<typeof SegmentDraft>;

export const ComputedTraitDraft = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, "Small letters, digits and _"),
  description: z.string().max(2_000).default(""),
  ...EventMatch,
  when: Window.optional(),
  measure: Measure,
}); // prettier-ignore
export type ComputedTraitDraft = z.infer<typeof ComputedTraitDraft>;

/** In order, the first is where everybody begins. `backward: never`: a customer keeps the furthest stage ever reached. */
export const StageModel = z.strictObject({
  backward: z.enum(["never", "allowed"]).default("allowed"),
  stages: z.array(z.strictObject({
    key: z.string().regex(/^[a-z][a-z0-9_]{0,49}$/), name: z.string().min(1).max(100), description: z.string().max(1_000).default(""),
    /** Who belongs here or further; null for the first. */
    rule: Rule.nullable(),
  })).min(1).max(SEGMENT_LIMITS.stages),
}); // prettier-ignore
export type StageModel = z.infer<typeof StageModel>;

/** Upper bounds of bands, four each: recency in days (best first), frequency and money (worst first, inclusive). */
export const RfmModel = z.strictObject({
  event: Name.default("Order Completed"),
  property: Name.default("total"),
  recencyDays: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  frequency: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  money: z.tuple([z.number(), z.number(), z.number(), z.number()]),
}); // prettier-ignore
export type RfmModel = z.infer<typeof RfmModel>;
