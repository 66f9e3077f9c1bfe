/**
 * Maps against each other, moments against what came after, plans against what people do: what can be asked, and the
 * answers. None of them is an effect: they are differences and correlations of what was seen. Pure: shapes.
 */
import { z } from "zod";
import { Basis, Interval, MomentGrouping, RowId, Scope, TooLittle } from "../analysis/model.ts";
import { Channel } from "../events/model.ts";
import { StepId } from "../journeys/model.ts";
import { MAP_LIMITS, PartQuery } from "./model.ts";

const Count = z.int().min(0);
const Ratio = z.number().min(0).max(1);
const Ms = z.number().min(0).describe("Milliseconds");
const EventName = z.string().min(1).max(200).describe("The name of an event");
const Grouping = MomentGrouping.optional().describe("Instead of the workspace's own, for this question");
const DAY_MS = 86_400_000;

/** Against what: another part of history, or those who reached a goal against those who did not. */
export const Against = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("scope"), scope: Scope }).describe("a: `scope`; b: this one"),
  z.strictObject({ by: z.literal("goal"), goal: EventName }).describe("a: who reached it in the scope, until then; b: who did not"),
]); // prettier-ignore
const EXAMPLE = { scope: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" } };
export const CompareRequest = z
  .strictObject({ scope: Scope, against: Against, grouping: Grouping })
  .meta({ examples: [{ ...EXAMPLE, against: { by: "goal", goal: "Order Completed" } }] });
export type CompareRequest = z.infer<typeof CompareRequest>;

const Side = z.object({ people: Count, share: Ratio.describe("Of the people on that side") });
const Difference = {
  a: Side,
  b: Side,
  difference: z.number().describe("Share of a less share of b"),
  interval: Interval,
  pValue: Ratio,
  significant: z
    .boolean()
    .describe(`Stands out, with at most ${MAP_LIMITS.falseDiscoveryRatio * 100} % false alarms among those that do`),
}; // prettier-ignore
export const Compared = z.object({
  type: z.literal("compared"),
  label: z.literal("difference").describe("What was seen on both sides; not what caused it"),
  a: z.object({ people: Count, events: Count }),
  b: z.object({ people: Count, events: Count }),
  nodes: z.array(z.object({ key: z.string(), channel: Channel.nullable(), name: z.string(), ...Difference })).describe("The surest differences first"),
  edges: z.array(z.object({ from: z.string(), to: z.string(), ...Difference })).describe("The surest differences first"),
  notes: z.array(z.string()),
}); // prettier-ignore
export type Compared = z.infer<typeof Compared>;
/** POST /v1/map/compare. As CSV: `part=nodes` or `part=edges`. */
export const CompareAnswer = z.object({
  answer: z.discriminatedUnion("type", [Compared, TooLittle]),
  basis: Basis,
});
export type CompareAnswer = z.infer<typeof CompareAnswer>;

export const HelpsGoal = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("event"), event: EventName }),
  z
    .strictObject({ type: z.literal("stage"), stage: z.string().min(1).max(100) })
    .describe("Coming into this stage"),
]);
export type HelpsGoal = z.infer<typeof HelpsGoal>;
export const HelpsRequest = z.strictObject({
  scope: Scope,
  goal: HelpsGoal,
  landmarkMs: z.int().min(60_000).max(MAP_LIMITS.landmarkMsMax).default(7 * DAY_MS)
    .describe("What a customer did in this time after the first moment is compared"),
  horizonMs: z.int().min(60_000).max(MAP_LIMITS.landmarkMsMax).default(30 * DAY_MS)
    .describe("by whether they reached the goal in this time after that"),
  grouping: Grouping,
}).meta({ examples: [{ ...EXAMPLE, goal: { type: "event", event: "Order Completed" } }] }); // prettier-ignore
export type HelpsRequest = z.infer<typeof HelpsRequest>;

const Arm = z.object({ people: Count, reached: Count, ratio: Ratio });
export const Help = z.object({
  key: z.string(),
  channel: Channel.nullable(),
  name: z.string(),
  present: Arm.describe("Who had the moment before the landmark"),
  absent: Arm.describe("Who had not"),
  crude: z.number().describe("The difference of the two ratios as it stands"),
  adjusted: z.number().describe("The difference among customers alike in what is in `adjustedFor`"),
  interval: Interval.describe("Of the adjusted difference"),
  pValue: Ratio,
  direction: z.enum(["more", "less", "unclear"]).describe("unclear: too uncertain after correction for how many moments were looked at"),
  strata: Count.describe("Groups of customers alike in which both kinds are found"),
  compared: Count.describe("Customers in these groups"),
}); // prettier-ignore
export type Help = z.infer<typeof Help>;
export const Helps = z.object({
  type: z.literal("helps"),
  label: z.literal("correlation").describe("Not an effect: only an experiment shows one"),
  followed: Count.describe("Customers who are compared"),
  reached: Count.describe("Of these, who reached the goal between landmark and horizon"),
  leftOut: z.object({
    reachedBefore: Count.describe("Had reached the goal by the landmark"),
    tooShort: Count.describe("Could not be followed until the horizon"),
    alreadyThere: Count.describe(
      "Were in the stage, or in a further one, before their first moment; 0 where the goal is an event",
    ),
  }),
  adjustedFor: z.array(z.string()),
  moments: z.array(Help).describe("The surest first"),
  tooRare: Count.describe("Moments of which nothing is said, because too few had them or had them not"),
  notes: z.array(z.string()),
});
export type Helps = z.infer<typeof Helps>;
/** POST /v1/map/helps. */
export const HelpsAnswer = z.object({
  answer: z.discriminatedUnion("type", [Helps, TooLittle]),
  basis: Basis,
});
export type HelpsAnswer = z.infer<typeof HelpsAnswer>;

export const ConformanceRequest = z.strictObject({
  journey: RowId,
  version: z.int().min(1).optional().describe("How many-th of its journey; absent: the newest that serves"),
  scope: Scope.describe("Runs that began in this period, of these customers"),
  grouping: Grouping,
}).meta({ examples: [{ ...EXAMPLE, journey: 7 }] }); // prettier-ignore
export type ConformanceRequest = z.infer<typeof ConformanceRequest>;

export const ConformedWay = z.object({
  path: z.string().describe("The way out of the step, as the plan names it"),
  next: z.string().nullable().describe("null: the plan ends there"),
  passed: Count.describe("How often it was gone"),
  share: Ratio.nullable().describe("Of all goings out of the step; null where there are none"),
});
export const ConformedStep = z.object({
  step: StepId,
  type: z.string(),
  title: z.string().nullable(),
  passed: Count,
  waiting: Count.describe("Runs that stand there now"),
  left: Count.describe("Runs that ended there before the plan did: exits, the goal, failures, people"),
  ways: z.array(ConformedWay),
});
export const Deviation = z.object({
  step: StepId.nullable(),
  end: z.enum(["exited", "joined", "ended", "failed"]),
  detail: z.string(),
  runs: Count,
  share: Ratio.describe("Of all runs"),
});
/** What the plan expects and nobody does. */
export const Unmet = z.object({
  kind: z.enum(["step_never_reached", "way_never_gone", "wait_always_times_out", "message_never_leaves"]),
  step: StepId,
  path: z.string().nullable(),
  of: Count.describe(
    "How many could have: of a step, runs that ended or are past it; while runs wait before it nothing is said",
  ),
  atMost: Ratio.nullable().describe(
    "With 95 % certainty no greater share does; null where nobody could have",
  ),
  words: z.string(),
});
/** What people do between two steps that the plan does not know. */
export const Between = z.object({
  after: z.string().describe("The last that the plan did before: `entry`, or a step"),
  key: z.string(),
  channel: Channel.nullable(),
  name: z.string(),
  people: Count,
  share: Ratio.describe("Of the people whose run came so far"),
});
export const Conformance = z.object({
  type: z.literal("conformance"),
  version: z.object({ id: z.int(), number: z.int() }),
  runs: z.object({
    entered: Count,
    running: Count,
    ended: Count,
    heldOut: Count.describe("Kept out to be measured against; in no other number"),
  }),
  followed: z.object({
    runs: Count.describe("Ended runs that went the plan to one of its ends, or reached its goal"),
    ratio: Ratio.nullable(),
    interval: Interval.nullable(),
  }).describe("Of ended runs"),
  stepsOf: z.enum(["scope", "everybody"]).describe("Of whom `steps` and `unmet` tell: of everybody where the scope is of a segment or an account, since passages are counted for all together"),
  steps: z.array(ConformedStep),
  deviations: z.array(Deviation).describe("Runs that ended otherwise, and where"),
  unmet: z.array(Unmet),
  between: z.array(Between).describe("The most frequent first"),
  medianMs: Ms.nullable().describe("From entry to the end, of ended runs"),
  notes: z.array(z.string()),
}); // prettier-ignore
export type Conformance = z.infer<typeof Conformance>;
/** The query of a conformance, which has many tables. */
export const ConformanceQuery = PartQuery.extend({
  part: z.enum(["runs", "steps", "ways", "deviations", "unmet", "between"]).default("between").describe("Of CSV: which table"),
}); // prettier-ignore
/** POST /v1/map/conformance. */
export const ConformanceAnswer = z.object({
  answer: z.discriminatedUnion("type", [Conformance, TooLittle]),
  basis: Basis,
});
export type ConformanceAnswer = z.infer<typeof ConformanceAnswer>;
