/**
 * What every question about journeys shares: which part of history it is about (the scope), what happened in it (moments,
 * cases), and what an answer says of itself (the basis). Pure: shapes and limits.
 */
import { z } from "zod";
import { Channel } from "../events/model.ts";
import type { Instant } from "../values.ts";

export const ANALYSIS_LIMITS = {
  periodDaysMax: 3_660,
  /** Moments that are told apart; rarer ones are one moment per channel, so that totals stay true. */
  momentsMax: 500,
  /** Different (channel, event name, touchpoint) that are looked at; rarer ones count by rule and channel only. */
  combosMax: 5_000,
  /** Stages by which moments are told apart. */
  stagesMax: 40,
  groupingRules: 200,
  patternCharsMax: 200,
  /** Questions computed at the same time, and those that may wait for their turn. */
  atOnce: 2,
  waitingMax: 40,
  /** Of one workspace: so that another still finds a place when one asks for much. */
  waitingOfOneMax: 20,
  /** Answers kept: how many, and what they weigh together, as the length of their JSON. */
  keptMax: 300,
  keptBytesMax: 64_000_000,
  /** What one statement of a question may take of the log. */
  memoryBytesMax: 4_000_000_000,
  tookMsMax: 120_000,
  visitGapMs: 30 * 60_000,
} as const;

const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** The id of a row: no row has a larger one. */
export const RowId = z.int().min(1).max(2_147_483_647);

/** The part of history a question is about. Absent fields leave all in. */
export const Scope = z
  .strictObject({
    from: At.describe("Events that happened at this time or later"),
    to: At.describe("Events that happened before this time"),
    segment: RowId.optional().describe("Only customers who are in this segment now"),
    channels: z.array(Channel).min(1).max(Channel.options.length).optional().describe("Only events of these channels; the goal of cases counts in any"),
    account: z.string().min(1).max(200).optional().describe("Only customers of this account"),
  })
  .refine(({ from, to }) => from < to, { message: "Must be after `from`", path: ["to"] })
  .refine(({ from, to }) => to - from <= ANALYSIS_LIMITS.periodDaysMax * 86_400_000, {
    message: `At most ${ANALYSIS_LIMITS.periodDaysMax} days`,
    path: ["to"],
  }); // prettier-ignore
export type Scope = z.infer<typeof Scope>;

/** Stands between a moment and a stage in a key: no text of an event holds it (events/text.ts), and no rule's name. */
export const STAGE_MARK = "\u0001";

const Pattern = z
  .string()
  .min(1)
  .max(ANALYSIS_LIMITS.patternCharsMax)
  .describe("`*` stands for any characters");
/** One rule of how events become moments. The first that fits counts; what fits none is grouped as usual. */
export const MomentRule = z.strictObject({
  channel: Channel.optional(),
  name: Pattern.optional(),
  touchpoint: Pattern.optional(),
  as: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .refine((text) => !text.includes(STAGE_MARK), "Has a character that no name may have")
    .nullable()
    .describe("What the moment is called; null: it is not looked at"),
});
export type MomentRule = z.infer<typeof MomentRule>;
export const MomentGrouping = z.strictObject({
  rules: z.array(MomentRule).max(ANALYSIS_LIMITS.groupingRules).default([]),
  /** Whether pages are told apart by path (ids in it taken out), or all are one moment of their channel. */
  pages: z.enum(["by_path", "together"]).default("by_path"),
  /** Whether moments of one name in different channels are one. */
  channels: z.enum(["apart", "together"]).default("apart"),
});
export type MomentGrouping = z.infer<typeof MomentGrouping>;

/** What of a customer's history is one case. */
export const CaseBy = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("customer") }).describe("All of a customer's moments in the period"),
  z.strictObject({ by: z.literal("visit"), gapMs: z.int().min(60_000).max(7 * 86_400_000).default(ANALYSIS_LIMITS.visitGapMs) })
    .describe("Ends when nothing happened for so long"),
  z.strictObject({ by: z.literal("goal"), start: z.string().min(1).max(200).optional(), goal: z.string().min(1).max(200) })
    .describe("From the first moment (or the first event named `start`) to the event named `goal`; then a new one may begin. With one name for both: from each such event to the next, which is in both cases"),
  z.strictObject({ by: z.literal("key"), property: z.string().min(1).max(200) })
    .describe("Events of one value of this property, as `order_id`"),
]); // prettier-ignore
export type CaseBy = z.infer<typeof CaseBy>;

/** A kind of thing that happens: in a channel, called something. */
export const Moment = z.object({
  /** Stable: made of channel, name and stage. */
  key: z.string(),
  channel: Channel.nullable().describe("null: moments of this name in any channel are one"),
  name: z.string(),
  stage: z
    .string()
    .nullable()
    .describe("The stage the customer was in at that time; null: not told apart, or in none"),
  events: z.int().describe("How often, in the scope"),
});
export type Moment = z.infer<typeof Moment>;

/** Where a true value lies, by how sure. */
export const Interval = z.object({ low: z.number(), high: z.number(), level: z.number().describe("as .95") });
export type Interval = z.infer<typeof Interval>;

/** What an answer rests on: part of every answer. */
export const Basis = z.object({
  asOf: z.iso.datetime().describe("Everything that was processed until then is counted"),
  events: z.int().describe("Events that were looked at"),
  customers: z.int().describe("Customers they are of"),
  method: z.string().describe("How it was worked out, in a sentence or two, with the source of the method"),
  tookMs: z.int(),
  reused: z.boolean().describe("The answer of a moment ago"),
});
export type Basis = z.infer<typeof Basis>;

/** Said instead of a number that would rest on too little. */
export const TooLittle = z.object({
  type: z.literal("too_little_data"),
  detail: z.string().describe("What is missing, in a sentence"),
  found: z.int(),
  needed: z.int(),
});
export type TooLittle = z.infer<typeof TooLittle>;

/** Events between two instants, the end not in it. */
export type Period = { readonly from: Instant; readonly to: Instant };
