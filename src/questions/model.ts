/**
 * Questions and barriers: what customers asked, searched for, could not fill in, objected to and answered in surveys, in
 * their own words, grouped, and by the stage they were in. Shapes and limits of the API. Pure.
 */
import { z } from "zod";
import { Basis, Interval, Scope, TooLittle } from "../analysis/model.ts";
import { CustomerId } from "../values.ts";

export const QUESTION_LIMITS = {
  /** Different wordings that are looked at, the most frequent first; rarer ones count in the totals only. */
  wordingsMax: 20_000,
  wordingCharsMax: 200,
  groupsMax: 200,
  /** Wordings, stages and customers shown of one group. */
  spellingsShown: 5,
  stagesShown: 20,
  customersShown: 5,
  /** With fewer answers than this no mean is told. */
  meanLeast: 10,
  /** With fewer customers than this nothing is said. */
  customersMin: 20,
} as const;

/** Where a question or barrier was met. */
export const QuestionKind = z.enum([
  "search",
  "support_topic",
  "form_field",
  "objection",
  "survey_answer",
  "question",
]);
export type QuestionKind = z.infer<typeof QuestionKind>;

/** POST /v1/questions. */
export const QuestionsAsked = z
  .strictObject({
    scope: Scope,
    kinds: z
      .array(QuestionKind)
      .min(1)
      .max(QuestionKind.options.length)
      .optional()
      .describe("Absent: all of them"),
    limit: z.int().min(1).max(QUESTION_LIMITS.groupsMax).default(50),
  })
  .meta({ examples: [{ scope: { from: "2026-09-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }, limit: 50 }] });
export type QuestionsAsked = z.infer<typeof QuestionsAsked>;

const Count = z.int().min(0);
/** This period against the one of the same length before it. */
const QuestionTrend = z.object({
  people: Count.describe("In this period"),
  peopleBefore: Count.describe("In the period before"),
  shareRatio: z.number().describe("Of all customers who did anything in this period"),
  shareBeforeRatio: z.number().nullable().describe("null: nobody did anything in the period before"),
  change: Interval.nullable().describe("Of the share, in points (as .02); null: nothing to compare with"),
  direction: z.enum(["more", "fewer", "unclear"]).describe("`unclear`: the interval of the change holds 0"),
});
export type QuestionTrend = z.infer<typeof QuestionTrend>;

/** One question or barrier, in all its wordings. */
export const QuestionGroup = z.object({
  kind: QuestionKind,
  /** Stable: the normalised wording. */
  key: z.string(),
  label: z.string().describe("The most frequent wording"),
  spellings: z.array(z.string()).describe("Other wordings that count as the same"),
  people: Count,
  events: Count,
  shareRatio: z.number().describe("People of all customers who did anything in the period"),
  share: Interval,
  withoutAnswer: Count.nullable().describe("Events of it without an answer: searches without a result; null: not told"),
  stages: z
    .array(
      z.object({
        stage: z.string().nullable().describe("The stage they were in at that time, the model's first where they never changed; null: not known"),
        people: Count,
        events: Count,
      }),
    )
    .describe("The most frequent first"),
  trend: QuestionTrend,
  sentiment: z
    .object({ mean: z.number().describe("From -1 to 1"), interval: Interval, events: Count })
    .nullable()
    .describe("As the sender told it; null: fewer than ten events of it told any"),
  score: z
    .object({ mean: z.number(), interval: Interval, events: Count })
    .nullable()
    .describe("Survey answers: the mean of the score the sender told; null: fewer than ten told one"),
  customers: z.array(CustomerId).describe("Some of those who asked, the latest first"),
}); // prettier-ignore
export type QuestionGroup = z.infer<typeof QuestionGroup>;

export const QuestionsFound = z.object({
  type: z.literal("found"),
  groups: z.array(QuestionGroup).describe("By people, the most first"),
  totals: z.object({
    people: Count.describe("Customers who did anything in the period"),
    asking: Count.describe("Of them, those with any question or barrier"),
    events: Count,
    notShown: Count.describe("Groups beyond `limit`"),
  }),
  kinds: z
    .array(z.object({ kind: QuestionKind, people: Count, events: Count, eventNames: z.array(z.string()) }))
    .describe("By kind, and the event names that were understood as it"),
  sentimentSource: z.string(),
  basis: Basis,
});
export type QuestionsFound = z.infer<typeof QuestionsFound>;
/** What POST /v1/questions answers. */
export const QuestionsAnswer = z.union([QuestionsFound, TooLittle.extend({ basis: Basis })]);
export type QuestionsAnswer = z.infer<typeof QuestionsAnswer>;
