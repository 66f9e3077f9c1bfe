/**
 * Funnels, retention and journey metrics: what is asked and what is answered. Every figure carries its interval and how
 * many it rests on, or says instead that there is too little. Pure: shapes and limits; docs/metrics.md tells the meanings.
 */
import { z } from "zod";
import { ANALYSIS_LIMITS, Basis, Interval, Scope, TooLittle } from "../analysis/model.ts";
import { SEGMENT_LIMITS, Where } from "../segments/model.ts";

const DAY_MS = 86_400_000;
/** Every bound of this room. */
export const METRIC_LIMITS = {
  stepsMax: 12,
  exclusionsMax: 10,
  /** A breakdown tells so many values apart, the most frequent; the rest is one. */
  groupsMax: 20,
  segmentsMax: 10,
  windowMsMax: 366 * DAY_MS,
  /** Instants of one customer that a funnel looks at: the first so many of the scope. */
  instantsMax: 2_000,
  /** Below so many people nothing is told of them but that they are too few. */
  peopleMin: 20,
  /** Times (medians, survival) rest on so many ends at least. */
  endsMin: 10,
  /** Survey answers below which no score is told. */
  answersMin: 20,
  cohortsMax: 400,
  cellsMax: 60,
  namesMax: 20,
  /** Parts of one metric: stages, journeys, channels, sources; the largest. */
  partsMax: 20,
  pointsMax: 800,
  levelRatio: 0.95,
  /** A change is sought among so many of the newest points at most, and in so many at least. */
  watchedPointsMax: 400,
  watchedPointsMin: 21,
} as const;

const Name = z.string().min(1).max(200);
const EventIs = {
  event: Name.nullable().describe("The event's name; null: any doing of the customer's"),
  where: z.array(Where).max(SEGMENT_LIMITS.whereMax).default([]),
};
/** Which events: of this name, with these properties. */
export const EventIn = z.strictObject(EventIs);
export type EventIn = z.infer<typeof EventIn>;

/** Where a true value lies, and how many it rests on. */
export const Share = z.object({ ratio: z.number(), interval: Interval });
export type Share = z.infer<typeof Share>;

// Funnels

const FunnelStepAsked = z.strictObject({ ...EventIs, name: Name.optional().describe("What the step is called; absent: as its event") }); // prettier-ignore
export const FunnelAsked = z
  .strictObject({
    scope: Scope,
    steps: z.array(FunnelStepAsked).min(2).max(METRIC_LIMITS.stepsMax),
    order: z.enum(["ordered", "any"]).default("ordered")
      .describe("ordered: each step later than the one before, whatever else lies between; any: the steps in any order"),
    window: z.strictObject({
      ms: z.int().min(1_000).max(METRIC_LIMITS.windowMsMax),
      from: z.enum(["first", "before"]).default("first").describe("Counted from the first step, or from the step before"),
    }).default({ ms: 30 * DAY_MS, from: "first" }),
    exclusions: z.array(z.strictObject({ ...EventIs, after: z.int().min(1).max(METRIC_LIMITS.stepsMax - 1).optional().describe("Only between this step (the first is 1) and the next; absent: between any two") }))
      .max(METRIC_LIMITS.exclusionsMax).default([]).describe("What ends a try when it happens between two of its steps"),
    per: z.discriminatedUnion("by", [
      z.strictObject({ by: z.literal("customer") }),
      z.strictObject({ by: z.literal("visit"), gapMs: z.int().min(60_000).max(7 * DAY_MS).default(ANALYSIS_LIMITS.visitGapMs) }),
    ]).default({ by: "customer" }),
    breakdown: z.discriminatedUnion("by", [
      z.strictObject({ by: z.literal("channel") }).describe("Of the first step"),
      z.strictObject({ by: z.literal("property"), property: Name }).describe("Of the first step's event"),
      z.strictObject({ by: z.literal("segment"), segments: z.array(z.int().min(1)).min(1).max(METRIC_LIMITS.segmentsMax) }).describe("Who is in each of these now"),
      z.strictObject({ by: z.literal("stage") }).describe("The stage they were in when they began"),
    ]).optional(),
  })
  .refine(({ order, window }) => order === "ordered" || window.from === "first", { message: "In any order, the window is counted from the first", path: ["window"] })
  .refine(({ order, exclusions }) => order === "ordered" || exclusions.every(({ after }) => after === undefined), { message: "In any order, an exclusion has no place between two steps", path: ["exclusions"] })
  .refine(({ steps, exclusions }) => exclusions.every(({ after }) => after === undefined || after < steps.length), { message: "There is no step after it", path: ["exclusions"] }); // prettier-ignore
export type FunnelAsked = z.infer<typeof FunnelAsked>;

export const FunnelStep = z.object({
  name: z.string(),
  people: z.int().describe("Who got so far: customers, or visits where asked per visit"),
  ofFirst: Share,
  ofBefore: Share.describe("Of those who did the step before; of the first step 1"),
  medianMsFromFirst: z.number().nullable().describe("null of the first step, and where too few got so far"),
  medianMsFromBefore: z.number().nullable(),
});
export type FunnelStep = z.infer<typeof FunnelStep>;
const FunnelSteps = z.object({ type: z.literal("steps"), steps: z.array(FunnelStep) });
export const FunnelResult = z.discriminatedUnion("type", [FunnelSteps, TooLittle]);
export type FunnelResult = z.infer<typeof FunnelResult>;
export const FunnelAnswer = z.object({
  funnel: FunnelResult,
  groups: z.array(z.object({ value: z.string().nullable().describe("null: those with none"), name: z.string(), funnel: FunnelResult })).nullable().describe("null: no breakdown was asked for"),
  basis: Basis,
}); // prettier-ignore
export type FunnelAnswer = z.infer<typeof FunnelAnswer>;

// Retention

export const RetentionAsked = z.strictObject({
  scope: Scope,
  first: EventIn.default({ event: null, where: [] }).describe("What makes somebody one of a cohort"),
  ever: z.boolean().default(true).describe("true: only the first of a customer's life; false: the first in the scope"),
  returned: EventIn.default({ event: null, where: [] }).describe("What counts as coming back"),
  every: z.enum(["day", "week", "month"]).default("week").describe("By the workspace's clock; weeks begin on Monday"),
  kind: z.enum(["on", "unbounded", "rolling"]).default("on")
    .describe("Came back in the n-th period (on), in it or any later one (unbounded), by its end (rolling)"),
  cells: z.int().min(1).max(METRIC_LIMITS.cellsMax).default(12).describe("How many periods after the first are told"),
}); // prettier-ignore
export type RetentionAsked = z.infer<typeof RetentionAsked>;

export const RetentionCell = z.object({
  period: z.int().describe("0: the one of the first event, counting what came after it"),
  customers: z.int().describe("Of how many"),
  returned: z.int(),
  complete: z.boolean().describe("false: the period is not over for all of them, so who has not come back is not lost yet"),
  share: Share.nullable().describe("null: not complete, or too few customers"),
}); // prettier-ignore
export type RetentionCell = z.infer<typeof RetentionCell>;
const Cohort = z.object({ from: z.iso.datetime(), customers: z.int(), cells: z.array(RetentionCell) });
export const RetentionResult = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("cohorts"),
    cohorts: z.array(Cohort).describe("The oldest first"),
    all: z.array(RetentionCell).describe("All cohorts whose cell is complete, together"),
  }),
  TooLittle,
]);
export type RetentionResult = z.infer<typeof RetentionResult>;
export const RetentionAnswer = z.object({ retention: RetentionResult, zone: z.string(), basis: Basis });
export type RetentionAnswer = z.infer<typeof RetentionAnswer>;

// Metrics

export const MetricKey = z.enum([
  "conversion", "revenue", "repeat_purchase", "stage_conversion", "stage_time", "stage_revenue", "journey_conversion", "journey_revenue",
  "lead_quality", "resolution_time", "csat", "nps", "ces", "continuity", "recognition", "contact_pressure", "promises_kept", "incrementality",
]); // prettier-ignore
export type MetricKey = z.infer<typeof MetricKey>;
/** What a metric's numbers are: shares, milliseconds, money in the events' own currency, points of a score, counts. */
export const MetricUnit = z.enum(["ratio", "ms", "money", "score", "count"]);
export type MetricUnit = z.infer<typeof MetricUnit>;

const Names = z.array(Name).min(1).max(METRIC_LIMITS.namesMax);
/** Which events mean what. What is absent is as usual in the kind of business. */
export const MetricNames = z.strictObject({
  order: Names, value: Name.describe("The property that holds an order's value"),
  lead: Names, opened: Names, solved: Names, ticket: Name.describe("The property that holds a request's number"),
  request: Names.describe("A customer asks for something"),
  identity: Names.describe("A customer is asked who they are"),
  survey: Names, survey_kind: Name, survey_score: Name,
  promised: Names, kept: Names, promise: Name, due: Name,
}).partial(); // prettier-ignore
export type MetricNames = z.infer<typeof MetricNames>;
/** All of them: what metrics are worked out with. */
export const AllMetricNames = MetricNames.required();
export type AllMetricNames = z.infer<typeof AllMetricNames>;
export const Business = z.enum(["ecommerce", "b2b", "local_service", "professional_service"]);
export type Business = z.infer<typeof Business>;

/** Whose names a workspace takes, and what it calls otherwise. */
export const OwnNames = z.strictObject({ business: Business, names: MetricNames.default({}) });
export type OwnNames = z.infer<typeof OwnNames>;

export const MetricsAsked = z.strictObject({
  scope: Scope,
  metrics: z.array(MetricKey).min(1).max(MetricKey.options.length).optional().describe("Absent: all"),
  every: z.enum(["day", "week"]).default("day").describe("Of the series, by the workspace's clock"),
  business: Business.optional().describe("Whose event names are taken where `names` says nothing; absent: the workspace's own"),
  names: MetricNames.default({}),
  goalStage: Name.optional().describe("The stage that leads are to reach; absent: the first of the stage model whose customers buy, or else an order"),
  horizonMs: z.int().min(3_600_000).max(366 * DAY_MS).default(30 * DAY_MS).describe("How long somebody has for the next stage, and a lead for the goal; who came in later than that before the end is not counted yet"),
}); // prettier-ignore
export type MetricsAsked = z.infer<typeof MetricsAsked>;

/** One number of a metric. */
export const Estimate = z.object({
  type: z.literal("estimate"),
  value: z.number(),
  interval: Interval.nullable().describe("null: a count, which is what it is; or none is known"),
  n: z.int().describe("How many it rests on"),
});
export type Estimate = z.infer<typeof Estimate>;
export const SeriesPoint = z.object({
  from: z.iso.datetime().describe("When the day or week began"),
  value: z
    .number()
    .nullable()
    .describe(
      "null: nothing happened that it could be told of; of revenue a whole day without orders is 0 from the first order on",
    ),
  n: z.int(),
  complete: z.boolean().describe("false: the day is not over, or who came in then still has time"),
});
export type SeriesPoint = z.infer<typeof SeriesPoint>;

/** A change of a series that chance and the days of the week do not explain. */
export const Change = z.object({
  since: z.iso.datetime().describe("The day or week with which it began, as far as can be told"),
  direction: z.enum(["up", "down"]),
  before: z.number(),
  after: z.number(),
  sizeRatio: z.number().nullable().describe("after / before - 1; null where it was 0"),
  afterInterval: Interval.nullable().describe(
    "Of the level since: of a share Wilson's, else of the mean of its points; null: none is known",
  ),
  n: z.int().describe("How many the level since rests on, counted point by point"),
  pValue: z.number().describe("How likely so much is seen in the whole series where nothing changed"),
});
export type Change = z.infer<typeof Change>;
export const Changes = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("watched"),
    changes: z.array(Change).describe("The oldest first"),
    points: z.int(),
    falseAlarmsPerYear: z
      .number()
      .describe(
        "At most so many where nothing changes, for this series looked at every day; alerts are held to it over all series of the workspace",
      ),
  }),
  TooLittle,
]);
export type Changes = z.infer<typeof Changes>;

export const Figure = z.object({
  part: z.string().nullable().describe("null: the whole; else a stage, journey, channel or source"),
  name: z.string(),
  result: z.discriminatedUnion("type", [Estimate, TooLittle]),
  more: z.array(z.object({ name: z.string(), value: z.number(), interval: Interval.nullable().describe("null: a count, or none is known") })).describe("Further numbers, as the 90th percentile"),
  series: z.array(SeriesPoint).describe("Empty where there is too little"),
  changes: Changes,
}); // prettier-ignore
export type Figure = z.infer<typeof Figure>;
export const MetricDefinition = z.object({
  key: MetricKey,
  title: z.string(),
  definition: z.string(),
  unit: MetricUnit,
  better: z.enum(["more", "less", "neither"]),
  method: z.string().describe("How value and interval are worked out"),
  names: z.array(MetricNames.keyof()).describe("Which event names it reads, changed by `names`"),
});
export type MetricDefinition = z.infer<typeof MetricDefinition>;
export const Metric = MetricDefinition.extend({
  source: z.string().describe("Which events it was read from"),
  figures: z.array(Figure).describe("The whole first, where there is one; then its parts"),
});
export type Metric = z.infer<typeof Metric>;
export const MetricsAnswer = z.object({
  metrics: z.array(Metric),
  zone: z.string(),
  business: Business.describe("Whose event names were taken"),
  basis: Basis,
});
export type MetricsAnswer = z.infer<typeof MetricsAnswer>;
export const MetricCatalogue = z.object({
  metrics: z.array(MetricDefinition),
  names: z
    .object({
      ecommerce: AllMetricNames,
      b2b: AllMetricNames,
      local_service: AllMetricNames,
      professional_service: AllMetricNames,
    })
    .describe("What the names are where nothing else is said"),
  own: OwnNames.describe("Those of this workspace: as kept, or else of the stage model it began with"),
});
export type MetricCatalogue = z.infer<typeof MetricCatalogue>;
