/**
 * What to say to a customer now: a *place* (a spot on a page, a screen, the desk) has *candidates*, of which each
 * decision chooses at most one. Types and schemas; the rules are eligible.ts (may it be chosen) and decide.ts (which).
 */
import { z } from "zod";
import { IDENTIFIER_MAX } from "../identity/model.ts";
import { Learning } from "../learning/model.ts";
import { Purpose } from "../permission/model.ts";
import { Recommend } from "../recommendations/model.ts";
import { Rule, SEGMENT_LIMITS } from "../segments/model.ts";
import { AnyJson, type Json, type JsonObject } from "../values.ts";

/** Every bound of places and of what is asked of them. */
export const DECISION_LIMITS = {
  places: 200,
  candidates: 50,
  /** Of one candidate's content, as JSON. */
  contentBytes: 16_384,
  contentDepth: 10,
  /** Texts with Liquid in one content. */
  contentTexts: 100,
  products: 50,
  tags: 20,
  exposuresMax: 500,
  /** Places one question names, events it brings along, questions of one batch. */
  placesAsked: 20,
  eventsAlong: 20,
  batch: 100,
  /** What a question may take before the page gets its default. */
  budgetMs: 50,
  /** While new definitions are read for longer than this share of the budget, those before serve. */
  staleRatio: 0.5,
  /** Questions under way at once in one process; one more is answered with the default, or all would be too late. */
  underWay: 64,
  /** Unseen messages of an inbox that are looked at. */
  messages: 20,
  /** For so long after a decision its outcomes are taken. */
  outcomeMs: 30 * 86_400_000,
  /** That of a place that learns names all who were eligible. */
  tokenChars: 4_000,
  urlChars: 2_000,
} as const;

/** Where a place is. */
export const PlaceKind = z.enum(["web", "app", "desk", "api"]);
export type PlaceKind = z.infer<typeof PlaceKind>;
/** What a candidate shows: `cart` carries the customer's saved cart, `message` the newest unseen message of the inbox. */
export const CandidateKind = z.enum(["content", "offer", "cart", "message", "step", "recommendation"]);
export type CandidateKind = z.infer<typeof CandidateKind>;
/**
 * How the one to show is found among those that may be shown. `priority`: the highest number; `rule`: the first in the
 * order they are listed in, as in a table of decisions; `learning`: by what was learned of outcomes (learning/).
 */
export const Ranking = z.enum(["priority", "rule", "learning"]);
export type Ranking = z.infer<typeof Ranking>;

export const PlaceKey = z.string().regex(/^[a-z0-9][a-z0-9_.-]{0,99}$/, "Small letters, digits, _, . and -");
const CandidateId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "Letters, digits, _ and -");
const Content = z.record(z.string().min(1).max(200), AnyJson).refine(isSmall, `At most ${DECISION_LIMITS.contentBytes} bytes as JSON, ${DECISION_LIMITS.contentDepth} deep`); // prettier-ignore
const Span = z.int().min(60_000).max(SEGMENT_LIMITS.windowMsMax);

/** One thing that may be shown at a place. */
export const Candidate = z.strictObject({
  id: CandidateId,
  name: z.string().trim().min(1).max(200),
  kind: CandidateKind,
  content: Content.default({}).describe("JSON; Liquid in its texts reads the customer as templates do. What a customer lacks makes the candidate unfit"),
  rule: Rule.nullable().default(null).describe("A rule as segments have; null: everybody"),
  stages: z.array(z.string().min(1).max(200)).max(SEGMENT_LIMITS.stages).default([]).describe("Empty: in any stage"),
  startsAt: z.iso.datetime({ offset: true }).nullable().default(null),
  endsAt: z.iso.datetime({ offset: true }).nullable().default(null),
  priority: z.int().min(0).max(100).default(50).describe("100 first"),
  purpose: Purpose.default("marketing").describe("What the customer must not have said no to; transactional: for service, whatever was said"),
  products: z.array(z.string().min(1).max(200)).max(DECISION_LIMITS.products).default([]).describe("What it is about: not shown while all of them are out of stock, or were just bought where the policy says so"),
  frequency: z.strictObject({ most: z.int().min(1).max(DECISION_LIMITS.exposuresMax), withinMs: Span }).nullable().default(null).describe("At most so many exposures per customer"),
  tags: z.array(z.string().min(1).max(50)).max(DECISION_LIMITS.tags).default([]).describe("Topics: who declined one is not shown it"),
  inbox: z.string().min(1).max(100).nullable().default(null).describe("For messages: only those that are for this place of the inbox"),
  recommend: Recommend.nullable().default(null).describe("For recommendations: products found for the customer when it is asked, as `items` of the content; not shown while there are none"),
}); // prettier-ignore
export type Candidate = z.infer<typeof Candidate>;

/** A place as it is laid down. */
export const PlaceDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  kind: PlaceKind.default("web"),
  default: Content.nullable()
    .default(null)
    .describe("What is shown when no candidate may be; null: the page's own"),
  ranking: Ranking.default("priority"),
  learning: Learning.nullable()
    .default(null)
    .describe("How it learns; in force while the ranking is learning"),
  candidates: z.array(Candidate).max(DECISION_LIMITS.candidates).default([]),
});
export type PlaceDraft = z.infer<typeof PlaceDraft>;

/** Why a candidate was not chosen; closed, so that each reason can be counted and told. */
export const WhyNot = z.enum([
  "not_started", "ended", "stage", "rule", "empty", "consent", "just_bought", "not_now", "out_of_stock", "frequency", "unfilled", "outranked",
]); // prettier-ignore
export type WhyNot = z.infer<typeof WhyNot>;
/** A candidate that was not chosen; `detail` is a sentence for a person. */
export type NotChosen = { readonly id: string; readonly reason: WhyNot; readonly detail: string };

/**
 * Why a decision is what it is: the ranking that chose; `default`: nobody was eligible; `not_served`: there is no such
 * place, or it is still being built; `fallback`: something was slow or away.
 */
export const DecisionReason = z.enum(["priority", "rule", "learning", "default", "not_served", "fallback"]);
export type DecisionReason = z.infer<typeof DecisionReason>;

const Id = z.string().min(1).max(IDENTIFIER_MAX);
/** A question: what is to be shown to this customer at these places. */
export const Question = z.strictObject({
  anonymousId: Id.optional(),
  userId: Id.optional(),
  userToken: z.string().max(200).optional().describe("Signed by the business's server, as for the on-site inbox"),
  places: z.array(z.string().min(1).max(100)).min(1).max(DECISION_LIMITS.placesAsked),
  events: z.array(AnyJson).max(DECISION_LIMITS.eventsAlong).default([]).describe("Events as the collection routes take them: kept as any event, and counted in this answer"),
  context: z.strictObject({
    url: z.string().max(DECISION_LIMITS.urlChars).optional(),
    locale: z.string().regex(/^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}$/).optional(),
    timezone: z.string().min(1).max(64).optional(),
  }).default({}),
  explain: z.boolean().default(false).describe("With a secret key: why each other candidate was not chosen"),
}); // prettier-ignore
export type Question = z.infer<typeof Question>;

export const Choice = z.object({ id: z.string(), kind: CandidateKind, content: z.record(z.string(), AnyJson) }); // prettier-ignore
export type Choice = { readonly id: string; readonly kind: CandidateKind; readonly content: JsonObject };
/** What is to be shown at one place. */
export const Decision = z.object({
  place: z.string(),
  choice: Choice.nullable().describe("Null: show your default"),
  reason: DecisionReason,
  version: z.int().nullable().describe("Which version of the place decided"),
  token: z.string().nullable().describe("To report what came of it; null where nothing was chosen"),
  others: z
    .array(z.object({ id: z.string(), reason: WhyNot, detail: z.string() }))
    .readonly()
    .optional(),
});
export type Decision = {
  readonly place: string;
  readonly choice: Choice | null;
  readonly reason: DecisionReason;
  readonly version: number | null;
  readonly token: string | null;
  readonly others?: readonly NotChosen[];
};
/** How the customer is known: `proven` (by a secret key, a signed token, or trust laid down), or only by a device's name. */
export const KnownBy = z.enum(["proven", "device"]);
export type KnownBy = z.infer<typeof KnownBy>;
export const Answered = z.object({
  decisions: z.array(Decision).readonly(),
  at: z.iso.datetime(),
  events: z.object({ accepted: z.int(), refused: z.int() }).nullable().describe("What became of the events sent along; null: not known, send them again under the same messageId"),
}); // prettier-ignore
export type Answered = {
  readonly decisions: readonly Decision[];
  readonly at: string;
  readonly events: { readonly accepted: number; readonly refused: number } | null;
};

/** What came of a decision. */
export const Outcome = z.enum(["exposed", "clicked", "converted", "dismissed"]);
export type Outcome = z.infer<typeof Outcome>;
export const OutcomeReport = z.strictObject({
  token: z.string().min(1).max(DECISION_LIMITS.tokenChars),
  outcome: Outcome,
  valueMinor: z.int().min(0).max(1e15).optional().describe("What a conversion was worth, in minor units"),
  currency: z.string().regex(/^[A-Z]{3}$/).optional(),
}); // prettier-ignore
export type OutcomeReport = z.infer<typeof OutcomeReport>;

function isSmall(content: { readonly [name: string]: Json }): boolean {
  return depthOf(content, 0) <= DECISION_LIMITS.contentDepth && new TextEncoder().encode(JSON.stringify(content)).length <= DECISION_LIMITS.contentBytes; // prettier-ignore
}
function depthOf(value: Json, depth: number): number {
  if (typeof value !== "object" || value === null || depth > DECISION_LIMITS.contentDepth) return depth;
  return Math.max(depth, ...Object.values(value).map((inner: Json) => depthOf(inner, depth + 1)));
}
