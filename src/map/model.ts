/**
 * The map of how customers move: what can be asked of it, and the answers. Nodes are moments, edges are "directly followed
 * by" within a case. What compares and judges is in judged-model.ts. Pure: shapes and limits.
 *
 * What always holds: the starts of all moments add up to the cases, and so do the ends; starts and transitions add up to
 * the events; and what is not shown is in `hidden`, so that shown and hidden together are always the whole.
 */
import { z } from "zod";
import { Channel } from "../events/model.ts";
import { Basis, CaseBy, MomentGrouping, Scope, TooLittle } from "../analysis/model.ts";
import { CustomerId } from "../values.ts";

export const MAP_LIMITS = {
  /** Moments and edges in one answer; the rest is hidden and summed. */
  momentsShown: 500,
  edgesShown: 5_000,
  /** Moments shown when nobody says how many: the most frequent. */
  momentsUsual: 40,
  variantsShown: 200,
  /** Moments of a variant that are told; longer cases with the same beginning are one variant that says so. */
  variantMomentsMax: 100,
  sampleMax: 100,
  /** Moments of one case in a sample. */
  sampleMomentsMax: 50,
  /** How far a sample can be paged. */
  sampleDepthMax: 10_000,
  /** A 90th percentile of fewer gaps than this says nothing. */
  p90Least: 10,
  /** Up to so many events medians and percentiles are exact; beyond, they come from samples of 8,192 gaps an edge. */
  exactTimesEventsMax: 12_000_000,
  comparedMost: 500,
  /** Customers on each side below which nothing is compared. */
  comparedLeast: 30,
  falseDiscoveryRatio: 0.05,
  /** Customers followed, and of those who reached the goal and those who did not, below which nothing is said to help. */
  followedLeast: 200,
  reachedLeast: 30,
  /** Customers with and without a moment, below which nothing is said of that moment. */
  armLeast: 30,
  /** Moments of a customer until the landmark that are looked at; the answer says of how many there were more. */
  earlyMomentsMax: 500,
  landmarkMsMax: 365 * 86_400_000,
  runsLeast: 1,
  betweenMost: 100,
  casesShown: 100,
} as const;

const Count = z.int().min(0);
const Ratio = z.number().min(0).max(1);
const Ms = z.number().min(0).describe("Milliseconds");
const Key = z.string().min(1).max(400).describe("A moment's key");
const EventName = z.string().min(1).max(200).describe("The name of an event");

/** What every question about the map says first: which history, and what of it is one case. */
export const MapQuestion = z.strictObject({
  scope: Scope,
  case: CaseBy.default({ by: "customer" }),
  stages: z
    .boolean()
    .default(false)
    .describe("Tell moments apart by the stage in which the customer was at that time"),
  grouping: MomentGrouping.optional().describe("Instead of the workspace's own, for this question"),
});
export type MapQuestion = z.infer<typeof MapQuestion>;

/** What of the map is shown. It never changes a number of what is shown. */
export const Show = z.strictObject({
  focus: Key.optional().describe("Only cases that pass this moment; this one does change the numbers, which are then of those cases"),
  include: z.array(Key).max(500).optional().describe("Only these moments are shown"),
  exclude: z.array(Key).max(500).optional().describe("These moments are not shown"),
  momentsMost: z.int().min(1).max(MAP_LIMITS.momentsShown).default(MAP_LIMITS.momentsUsual),
  edgesLeast: z
    .union([z.strictObject({ share: Ratio }), z.strictObject({ people: Count })])
    .optional()
    .describe("Edges of a smaller share of the goings from their moment, or of fewer people, are not shown"),
}); // prettier-ignore
export type Show = z.infer<typeof Show>;

const EXAMPLE = { scope: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" } };
export const MapRequest = MapQuestion.extend({ show: Show.prefault({}) }).meta({
  examples: [{ ...EXAMPLE, case: { by: "goal", goal: "Order Completed" }, show: { momentsMost: 20 } }],
});
export type MapRequest = z.infer<typeof MapRequest>;

/** What is not shown on one side of a moment. */
const Unseen = z.object({ edges: Count, transitions: Count });
/** Median and 90th percentile; null where there are none, or too few for a percentile. */
const Times = { medianMs: Ms.nullable(), p90Ms: Ms.nullable() };

export const MapNode = z.object({
  key: z.string(),
  channel: Channel.nullable().describe("null: moments of this name in any channel are one"),
  name: z.string(),
  stage: z.string().nullable().describe("The stage's key; null: not told apart, or there was no stage model"),
  events: Count,
  people: Count,
  cases: Count.describe("Cases that it is part of"),
  starts: Count.describe("Cases that begin with it"),
  ends: Count.describe("Cases of which it is the last moment"),
  reached: Count.describe("Of those, cases that reached the goal with it; 0 unless cases are by goal"),
  dropOff: Count.nullable().describe("Cases that ended here without the goal; null unless cases are by goal"),
  repeats: Count.describe("How often it directly followed itself"),
  next: z.object(Times).describe("Time until the next moment of the case, whatever it is"),
  hidden: z
    .object({ incoming: Unseen, outgoing: Unseen })
    .describe("Edges of this moment that are not shown"),
});
export type MapNode = z.infer<typeof MapNode>;

export const MapEdge = z.object({
  from: z.string(),
  to: z.string(),
  transitions: Count,
  people: Count,
  share: Ratio.describe("Of all goings on from `from`; what ended there is no going"),
  ...Times,
  switches: z.boolean().describe("Whether the channel is another"),
});
export type MapEdge = z.infer<typeof MapEdge>;

export const MapTotals = z.object({
  cases: Count,
  people: Count,
  events: Count,
  transitions: Count,
  moments: Count,
  edges: Count,
  reached: Count.nullable().describe("Cases that reached the goal; null unless cases are by goal"),
  repeats: Count.describe("Transitions of a moment to itself"),
  loops: Count.describe("Transitions back to a moment that the case had before, others between"),
  channelSwitches: Count,
  length: z.object({ mean: z.number(), median: z.number() }).describe("Moments of a case"),
  duration: z.object(Times).describe("From the first to the last moment of a case"),
});
export type MapTotals = z.infer<typeof MapTotals>;

export const DiscoveredMap = z.object({
  type: z.literal("map"),
  totals: MapTotals.describe("Of everything, shown or not"),
  hidden: z.object({ moments: Count, events: Count, edges: Count, transitions: Count }).describe("Of that, what is not shown"),
  nodes: z.array(MapNode).describe("The most frequent first"),
  edges: z.array(MapEdge).describe("The most frequent first"),
  times: z.enum(["exact", "approximate"]).describe("How medians and percentiles were found; counts are always exact"),
  notes: z.array(z.string()).describe("What to keep in mind, in sentences"),
}); // prettier-ignore
export type DiscoveredMap = z.infer<typeof DiscoveredMap>;
/** POST /v1/map. As CSV: `part=nodes` or `part=edges`. */
export const MapAnswer = z.object({
  answer: z.discriminatedUnion("type", [DiscoveredMap, TooLittle]),
  basis: Basis,
});
export type MapAnswer = z.infer<typeof MapAnswer>;

const Repeats = z
  .enum(["kept", "collapsed"])
  .default("kept")
  .describe("collapsed: a moment that directly follows itself counts once");
export const VariantsRequest = MapQuestion.extend({
  repeats: Repeats,
  most: z.int().min(1).max(MAP_LIMITS.variantsShown).default(20),
}).meta({ examples: [{ ...EXAMPLE, case: { by: "visit" }, repeats: "collapsed" }] });
export type VariantsRequest = z.infer<typeof VariantsRequest>;

export const Variant = z.object({
  moments: z.array(z.string()).describe("Keys, in order"),
  cut: z.boolean().describe(`Only the first ${MAP_LIMITS.variantMomentsMax} moments are told`),
  reached: z.boolean().nullable().describe("null unless cases are by goal"),
  cases: Count,
  people: Count,
  share: Ratio.describe("Of all cases"),
  medianMs: Ms.describe("From first to last moment, half of the cases took no longer"),
});
export type Variant = z.infer<typeof Variant>;
export const Variants = z.object({
  type: z.literal("variants"),
  totals: z.object({ cases: Count, people: Count, variants: Count }),
  variants: z.array(Variant).describe("The most frequent first"),
  others: z.object({ cases: Count, variants: Count }).describe("Of those that are not told one by one"),
  moments: z.array(z.object({ key: z.string(), channel: Channel.nullable(), name: z.string(), stage: z.string().nullable() })).describe("Those that occur in what is told"),
  notes: z.array(z.string()),
}); // prettier-ignore
export type Variants = z.infer<typeof Variants>;
/** POST /v1/map/variants. */
export const VariantsAnswer = z.object({
  answer: z.discriminatedUnion("type", [Variants, TooLittle]),
  basis: Basis,
});
export type VariantsAnswer = z.infer<typeof VariantsAnswer>;

/** A part of the map that can be looked into. */
export const MapPart = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("edge"), from: Key, to: Key }),
  z.strictObject({ type: z.literal("moment"), moment: Key }),
  z.strictObject({ type: z.literal("start"), moment: Key }).describe("Cases that begin with it"),
  z.strictObject({ type: z.literal("end"), moment: Key }).describe("Cases that ended with it, goal or not"),
  z.strictObject({ type: z.literal("drop_off"), moment: Key }).describe("Cases that ended with it without the goal"),
  z.strictObject({ type: z.literal("variant"), moments: z.array(Key).min(1).max(MAP_LIMITS.variantMomentsMax), repeats: Repeats, cut: z.boolean().default(false) }),
]); // prettier-ignore
export type MapPart = z.infer<typeof MapPart>;

export const PathRequest = MapQuestion.extend({
  of: MapPart,
  most: z.int().min(1).max(MAP_LIMITS.sampleMax).default(20),
  skip: z.int().min(0).max(MAP_LIMITS.sampleDepthMax).default(0).describe("For the next page of the sample"),
}).meta({ examples: [{ ...EXAMPLE, of: { type: "edge", from: "web: Product Added", to: "web: Page /cart" } }] }); // prettier-ignore
export type PathRequest = z.infer<typeof PathRequest>;

/** One case that is part of what was asked for, as evidence. */
export const PathCase = z.object({
  customerId: CustomerId,
  name: z.string().nullable().describe("What is known of the customer's name or address"),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  at: z.iso.datetime().describe("When what was asked for happened, for the first time in the case"),
  tookMs: Ms.nullable().describe("An edge: from its one moment to the other"),
  reached: z.boolean().nullable(),
  moments: z.array(z.object({ key: z.string(), at: z.iso.datetime() })).describe("Of the case, those around what was asked for"),
  cut: z.boolean().describe("The case has more moments than are told"),
}); // prettier-ignore
export type PathCase = z.infer<typeof PathCase>;

export const Path = z.object({
  type: z.literal("path"),
  people: Count,
  cases: Count,
  times: Count.describe("How often it happened"),
  ...Times,
  left: z.object({
    cases: Count.describe("Of these cases, those that ended with it (an edge: with its second moment)"),
    people: Count,
    silent: Count.describe("People who were not seen any more until the end of the log; a message from us is no being seen"),
    next: z.array(z.object({ name: z.string(), channel: Channel, people: Count })).describe("What the others did first afterwards, in whatever channel"),
  }).describe("Who went no further, and what became of them"),
  searches: z.array(z.object({ text: z.string(), people: Count })).describe("What those who left had searched for last, before or after"),
  sample: z.array(PathCase).describe("The latest first"),
  more: z.boolean().describe("There is a next page"),
}); // prettier-ignore
export type Path = z.infer<typeof Path>;
/** POST /v1/map/path. */
export const PathAnswer = z.object({
  answer: z.discriminatedUnion("type", [Path, TooLittle]),
  basis: Basis,
});
export type PathAnswer = z.infer<typeof PathAnswer>;

/** How a log says that an activity began and was done. */
export const Lifecycle = z.strictObject({
  property: EventName.describe("A property of events"),
  started: z.string().min(1).max(100).default("start"),
  completed: z.string().min(1).max(100).default("complete"),
  instance: z.string().min(1).max(200).optional()
    .describe("A property that names which doing of an activity it is; absent: a start belongs to the next completion of the same moment"),
}); // prettier-ignore
export type Lifecycle = z.infer<typeof Lifecycle>;
export const DurationsRequest = MapQuestion.extend({
  lifecycle: Lifecycle.optional(),
  most: z.int().min(1).max(MAP_LIMITS.casesShown).default(10).describe("The longest cases that are told one by one"),
}).refine((asked) => asked.lifecycle === undefined || asked.case.by === "customer" || asked.case.by === "key", {
  message: "Processing time is told of cases by customer or by key",
  path: ["lifecycle"],
}).meta({ examples: [{ ...EXAMPLE, case: { by: "key", property: "ticket_id" } }] }); // prettier-ignore
export type DurationsRequest = z.infer<typeof DurationsRequest>;
const Spread = z.object({ meanMs: Ms, medianMs: Ms, p90Ms: Ms.nullable(), leastMs: Ms, mostMs: Ms });
export const Durations = z.object({
  type: z.literal("durations"),
  cases: Count,
  throughput: Spread.describe("From the first to the last event of a case"),
  processing: Spread.nullable().describe(
    "Time in which something was being done, summed over a case; null without a lifecycle",
  ),
  longest: z.array(
    z.object({
      customerId: CustomerId,
      key: z.string().nullable().describe("Of cases by key"),
      startedAt: z.iso.datetime(),
      events: Count,
      throughputMs: Ms,
      processingMs: Ms.nullable(),
    }),
  ),
  notes: z.array(z.string()),
});
export type Durations = z.infer<typeof Durations>;
/** POST /v1/map/durations. */
export const DurationsAnswer = z.object({
  answer: z.discriminatedUnion("type", [Durations, TooLittle]),
  basis: Basis,
});
export type DurationsAnswer = z.infer<typeof DurationsAnswer>;

/** The query of answers with two tables. */
export const PartQuery = z.object({
  format: z.enum(["json", "csv"]).default("json"),
  fresh: z.stringbool().default(false).describe("Work it out anew, also if an answer of a moment ago is known"),
  part: z.enum(["nodes", "edges"]).default("nodes").describe("Of CSV: which table"),
}); // prettier-ignore
/** The query of durations. */
export const DurationsQuery = PartQuery.extend({
  part: z.enum(["longest", "spread"]).default("longest").describe("Of CSV: the longest cases, or how long all of them take"),
}); // prettier-ignore
