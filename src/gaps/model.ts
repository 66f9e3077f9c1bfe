/**
 * Gaps: places where a business loses people or trust, found in what really happened, each with whom it concerns, what is
 * at stake, the evidence, and a drafted remedy; and what is kept of them from being found to being proven. Shapes and
 * limits of the API. Pure.
 */
import { z } from "zod";
import { Basis, Interval, Scope, TooLittle } from "../analysis/model.ts";
import { CustomerId } from "../values.ts";

export const GAP_LIMITS = {
  /** Fewer customers than these had the chance, or were affected: no alarm, whatever the rate. */
  peopleMin: 50,
  affectedMin: 20,
  /** Of a silent touchpoint: how many events it usually had in as long a time. */
  expectedMin: 30,
  /** The probability of any false alarm in one search, over all that was tested (Holm). */
  falseAlarmRatio: 0.01,
  /** Beyond normal means at least so much more, whatever the certainty. */
  beyondRatio: 1.2,
  beyondPoints: 0.03,
  /** Worse than others or than before counts from this part of the stated tolerance on. */
  ofStatedRatio: 0.5,
  /** Subjects (channel pairs, topics) of one kind that are tested: those with the most people. */
  subjectsMax: 40,
  found: 200,
  kept: 1_000,
  evidence: 20,
  evidenceMoments: 12,
  historyKept: 200,
  noteCharsMax: 500,
  /** Moments of one customer and subject that are looked at in each of the two periods: the first ones. */
  momentsOfOne: 150,
  /** Parts of the period in the trend. */
  trendParts: 8,
  /** How far back the daily look goes. */
  lookDays: 60,
} as const;

/** What kinds of gaps are looked for. */
export const GapKind = z.enum([
  "drop_off",
  "hesitation",
  "starting_over",
  "broken_handoff",
  "slow_response",
  "silence_after_purchase",
  "irrelevant_message",
  "contradiction",
  "unanswered_question",
  "broken_promise",
  "unrecognised",
  "silent_touchpoint",
  "changed_behaviour",
]);
export type GapKind = z.infer<typeof GapKind>;

export const GapState = z.enum(["open", "being_fixed", "proven", "rolled_back", "dismissed"]);
export type GapState = z.infer<typeof GapState>;

/** Numbers of the value at stake that a person may know better. */
export const Assumptions = z.strictObject({
  recoverableRatio: z.number().min(0).max(1).describe("The share of the people affected whom a remedy would win back"),
  valuePerPerson: z.number().min(0).max(1e9).nullable().describe("What one of them is worth; null: what a buyer spent on average, by the log's own orders"),
  horizonDays: z.int().min(1).max(1_830).describe("For how long ahead the value is counted"),
  fixabilityRatio: z.number().min(0).max(1).describe("How likely it can be fixed with the means there are"),
}); // prettier-ignore
export type Assumptions = z.infer<typeof Assumptions>;
/** Those that a person laid down. */
export type EditedAssumptions = { readonly [name in keyof Assumptions]?: Assumptions[name] | undefined };

/** POST /v1/gaps/search. */
export const GapSearch = z.strictObject({
  scope: Scope,
  kinds: z.array(GapKind).min(1).max(GapKind.options.length).optional().describe("Absent: all of them"),
}).meta({ examples: [{ scope: { from: "2026-09-01T00:00:00Z", to: "2026-11-01T00:00:00Z" } }] }); // prettier-ignore
export type GapSearch = z.infer<typeof GapSearch>;

const Count = z.int().min(0);
const At = z.iso.datetime();
/** Whom a gap concerns. */
const Affected = z.object({
  people: Count.describe("Affected in the period"),
  of: Count.describe("Who had the chance to be"),
  ratio: z.number(),
  interval: Interval,
  events: Count.nullable().describe("Where it is a matter of events rather than people: how many are missing or too many"),
}); // prettier-ignore
/** What a gap was held against. */
const Normal = z.object({
  against: z
    .enum(["stated", "others", "before"])
    .describe("A stated ratio; the business's other channels or subjects; the period before"),
  ratio: z.number(),
  people: Count.nullable().describe("How many people the normal ratio rests on; null: stated"),
  words: z.string(),
});
const Trend = z.object({
  before: z.object({ people: Count, of: Count, ratio: z.number().nullable() }),
  change: Interval.nullable().describe("Of the ratio against the period before, in points; null: too few to compare"),
  direction: z.enum(["growing", "shrinking", "unclear"]),
  parts: z
    .array(z.object({ from: At, people: Count, of: Count }))
    .describe("The period in equal parts, the first first"),
}); // prettier-ignore
const Value = z.object({
  type: z.literal("known"),
  amount: z.number().describe("Over the horizon, in units of the currency"),
  interval: Interval.describe("From how sure the people affected and the value of one are; the assumptions are taken as given"),
  currency: z.string().nullable().describe("null: the orders told none"),
  buyers: Count.describe("How many buyers the value of one rests on; 0: it was given by hand"),
  words: z.string().describe("How it was worked out, with the numbers"),
}); // prettier-ignore
/** Nothing is known to be lost. */
const NoValue = z.object({ type: z.literal("none"), detail: z.string().describe("Why there is none") });
const Evidence = z.object({
  customerId: CustomerId,
  moments: z.array(z.object({ at: At, event: z.string() })).describe("What shows it, the first first"),
});
const Confidence = z.object({
  level: z.enum(["high", "medium", "low"]),
  pValue: z
    .number()
    .describe("How likely such a ratio were if all was normal; corrected for all that was tested"),
  words: z.string(),
});

/** What could be done, as a draft. */
export const Remedy = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("journey"),
    title: z.string(),
    why: z.string(),
    starter: z.string().describe("The starting journey it is made from"),
    parameters: z.object({
      name: z.string(),
      entryEvent: z.string().nullable().describe("The event that lets customers in; null: the starter's own"),
      eventNames: z.record(z.string(), z.string()).describe("The starter's event names -> the workspace's"),
      holdoutRatio: z.number().min(0).max(0.5).describe("Kept out, so that it can be proven"),
    }),
  }),
  z.object({ type: z.literal("content"), title: z.string(), why: z.string(), question: z.string(), outline: z.array(z.string()) }),
  z.object({ type: z.literal("task"), title: z.string(), why: z.string(), detail: z.string(), team: z.string() }),
  z.object({ type: z.literal("data_fix"), title: z.string(), why: z.string(), steps: z.array(z.string()) }),
]); // prettier-ignore
export type Remedy = z.infer<typeof Remedy>;

const Ranking = z.object({
  score: z.number().describe("people x recoverable x value of one x fixability"),
  place: z.int().min(1),
  words: z.string(),
});
/** A gap as a search finds it. */
export const GapMeasured = z.object({
  kind: GapKind,
  subject: z.string().describe("What of its kind: a step, a channel, a topic; stable"),
  title: z.string(),
  definition: z.string().describe("What counts as it, in words"),
  affected: Affected,
  normal: Normal,
  trend: Trend,
  assumptions: Assumptions,
  value: z.discriminatedUnion("type", [Value, NoValue, TooLittle]),
  confidence: Confidence,
  evidence: z.array(Evidence),
  remedy: Remedy,
  fixability: z.object({ ratio: z.number(), why: z.string() }),
  ranking: Ranking,
});
export type GapMeasured = z.infer<typeof GapMeasured>;

/** Whether a remedy worked. Only a journey with a holdout shows an effect. */
export const Proof = z.discriminatedUnion("type", [
  z.object({ type: z.literal("none"), words: z.string() }),
  z.object({
    type: z.literal("journey"),
    journeyId: z.int(),
    verdict: z.enum(["better", "worse", "undecided", "too_few", "sample_ratio_mismatch"]),
    goal: z.string().nullable().describe("What counts as reached, in words; null: the journey has no goal"),
    treated: Count.describe("Customers who went through it"),
    treatedReached: Count,
    heldOut: Count.describe("Customers who were kept out by lot"),
    heldOutReached: Count,
    lift: z.object({ difference: z.number(), interval: Interval }).nullable().describe("Of the share who reached the journey's goal, in points"),
    words: z.string(),
  }),
  z.object({
    type: z.literal("before_after"),
    ratioBefore: z.number(),
    ratioNow: z.number(),
    change: Interval,
    verdict: z.enum(["fell", "rose", "undecided"]),
    words: z.string().describe("A comparison in time; other things changed as well, so it shows no effect"),
  }),
]); // prettier-ignore
export type Proof = z.infer<typeof Proof>;

const HistoryEntry = z.object({
  at: At,
  by: z.string(),
  what: z.enum(["found", "state", "assumptions", "remedy", "not_found"]),
  state: GapState,
  words: z.string(),
});
export type HistoryEntry = z.infer<typeof HistoryEntry>;

/** A gap as it is kept. */
export const GapView = GapMeasured.extend({
  id: z.int(),
  state: GapState,
  scope: z.object({ from: At, to: At, segment: z.int().nullable(), channels: z.array(z.string()).nullable(), account: z.string().nullable() }).describe("The part of history it was last measured in"),
  foundAt: At,
  seenAt: At.describe("When a search last found it"),
  lookedAt: At.describe("When a search last looked; later than `seenAt`: it was not found any more"),
  journeyId: z.int().nullable().describe("The journey made from it"),
  assumptionsEdited: z.boolean(),
  proof: Proof,
  basis: Basis.describe("Of the search that last found it"),
}); // prettier-ignore
export type GapView = z.infer<typeof GapView>;
/** GET /v1/gaps/{id}. */
export const GapDetail = GapView.extend({
  history: z.array(HistoryEntry).describe("From gap to proof, the latest first"),
});
export type GapDetail = z.infer<typeof GapDetail>;

/** One kind that a search looked for. */
const Looked = z.object({
  kind: GapKind,
  tested: Count.describe("Subjects with enough people to be tested"),
  found: Count,
  notLooked: z.string().nullable().describe("Why nothing could be said; null: it was looked for"),
});
export const GapsFound = z.object({
  type: z.literal("found"),
  gaps: z.array(GapView),
  looked: z.array(Looked),
  basis: Basis,
});
/** What POST /v1/gaps/search answers. */
export const GapsAnswer = z.union([GapsFound, TooLittle.extend({ basis: Basis })]);
export type GapsAnswer = z.infer<typeof GapsAnswer>;

/** GET /v1/gaps: the ranked first. */
export const GapsQuery = z.object({
  state: GapState.optional(),
  kind: GapKind.optional(),
  limit: z.coerce.number().int().min(1).max(GAP_LIMITS.kept).default(100),
  format: z.enum(["json", "csv"]).default("json"),
});
export const GapList = z.object({
  gaps: z.array(GapView),
  lookedAt: At.nullable().describe("When it was last looked; null: never"),
});

/** PUT /v1/gaps/{id}. */
export const GapChange = z
  .strictObject({
    state: GapState.optional(),
    assumptions: Assumptions.partial()
      .optional()
      .describe("Those that are given are laid down; the value follows"),
    note: z.string().max(GAP_LIMITS.noteCharsMax).default(""),
  })
  .meta({ examples: [{ state: "dismissed", note: "We know, and it is meant to be so." }] });
/** POST /v1/gaps/{id}/remedy. */
export const RemedyAsked = z
  .strictObject({
    site: z.url({ protocol: /^https?$/ }).max(500).regex(/^[^\s"'<>{}\\]+$/, "An address without quotes, brackets and blanks").optional().describe("Where your business is on the web: letters lead there"),
    name: z.string().trim().min(1).max(100).optional(),
    holdoutRatio: z.number().min(0).max(0.5).optional(),
  })
  .meta({ examples: [{ site: "https://www.example.com" }] }); // prettier-ignore
export const RemedyMade = z.object({
  gap: GapDetail,
  made: z.discriminatedUnion("type", [
    z.object({ type: z.literal("journey"), journeyId: z.int() }),
    z.object({ type: z.literal("tasks"), taskIds: z.array(z.string()) }),
    z
      .object({ type: z.literal("noted") })
      .describe("Nothing to be made by the platform: the gap is being fixed by what the remedy says"),
  ]),
});
