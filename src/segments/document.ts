/** Segments, stages, computed traits and bands as the API answers them: schemas, of which the types are inferred. */
import { z } from "zod";
import { CustomerSummary } from "../customers/document.ts";
import { AnyJson, CustomerId, type Json } from "../values.ts";
import { ComputedTraitDraft, RfmModel, Rule, SegmentDraft, StageModel } from "./model.ts";

const At = z.iso.datetime().describe("ISO 8601, UTC");
const SegmentName = z.object({ id: z.int(), name: z.string() });

/** How far a new version has come. `waiting`: not begun; `seeding`: history is read; `catching_up`: nearly there. */
export const Progress = z.object({
  version: z.int(),
  phase: z.enum(["waiting", "seeding", "catching_up"]),
  doneRatio: z.number().min(0).max(1),
  startedAt: At,
});
export type Progress = z.infer<typeof Progress>;
/**
 * What is in force and what is on its way, told apart: `members` and `asOf` are those of the version that serves, and
 * null while none does. They never belong to a version that is half built.
 */
const Standing = z.object({
  state: z.enum(["live", "building", "failed"]).describe("Of the newest version; an older one may still serve, see version"),
  version: z.int().nullable().describe("The version that serves; null before the first is whole"),
  asOf: At.nullable().describe("What is served is whole as of this instant"),
  progress: Progress.nullable().describe("Of the version that is being built"),
  problem: z.string().nullable().describe("Why the newest version failed"),
}); // prettier-ignore

/** GET /v1/segments/{id}, and one of the list. */
export const SegmentView = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  rule: Rule.describe("The newest rule; while it is built, the version before it serves"),
  summary: z.string().describe("The rule in words"),
  members: z.int().nullable(),
  ...Standing.shape,
  newestVersion: z.int().describe("For If-Match"),
  createdAt: At,
  updatedAt: At,
  uses: z.array(SegmentName).describe("Segments its rule refers to, directly"),
  usedBy: z.array(SegmentName).describe("Segments that refer to it, directly"),
  usedByStages: z.boolean(),
}); // prettier-ignore
export type SegmentView = z.infer<typeof SegmentView>;
/** GET /v1/segments: by name. */
export const SegmentList = z.object({ segments: z.array(SegmentView) });
export type SegmentList = z.infer<typeof SegmentList>;

/** POST /v1/segments/check and /preview: a rule that need not be right. */
export const RuleBody = z.object({ rule: AnyJson }).meta({
  examples: [{ rule: { type: "trait", name: "plan", is: { op: "equals", value: "pro" } } }],
});
/** What is wrong in a rule, and where: `rules/0/is/value`. */
export const RuleProblem = z.object({ path: z.string(), message: z.string() });
export type RuleProblem = z.infer<typeof RuleProblem>;
export const RuleChecked = z.object({
  ok: z.boolean(),
  problems: z.array(RuleProblem),
  summary: z.string().nullable().describe("The rule in words; null when it is not right"),
});
export type RuleChecked = z.infer<typeof RuleChecked>;
/** POST /v1/segments/preview: who would be in, counted over the event log. */
export const RulePreview = z.object({
  count: z.int(),
  total: z.int().describe("Customers of the workspace"),
  sample: z.array(CustomerSummary).describe("Some of them"),
  asOf: At,
  tookMs: z.number(),
});
export type RulePreview = z.infer<typeof RulePreview>;

/** GET /v1/segments/{id}/members?limit=&cursor=: newest customers first. */
export const Member = CustomerSummary.extend({ sinceAt: At.describe("When the customer came in") });
export type Member = z.infer<typeof Member>;
export const MemberPage = z.object({
  members: z.array(Member),
  total: z.int(),
  asOf: At.nullable(),
  nextCursor: z.string().nullable(),
});
export type MemberPage = z.infer<typeof MemberPage>;

/** GET /v1/segments/{id}/history?from=&to=: one point an hour (up to 14 days) or a day. */
export const SegmentHistory = z.object({
  step: z.enum(["hour", "day"]),
  points: z.array(z.object({
    at: At.describe("The beginning of the hour or the day"),
    members: z.int().nullable().describe("At its end; null before the segment was first whole"),
    entered: z.int(), left: z.int(),
  })),
}); // prettier-ignore
export type SegmentHistory = z.infer<typeof SegmentHistory>;
/** GET /v1/segments/overlap?ids=1,2,3. */
export const Overlap = z.object({
  segments: z.array(SegmentName.extend({ members: z.int() })),
  pairs: z.array(z.object({ a: z.int(), b: z.int(), both: z.int() })),
  all: z.int().describe("In every one of them"),
  any: z.int().describe("In at least one of them"),
  regions: z.array(z.object({ ids: z.array(z.int()), customers: z.int() })).describe("In exactly these and none of the others"),
}); // prettier-ignore
export type Overlap = z.infer<typeof Overlap>;

/** GET /v1/segments/starters. `needs`: what has to be set before the rule is right. */
export const Starters = z.object({
  starters: z.array(SegmentDraft.extend({ key: z.string(), needs: z.enum(["rfm"]).nullable() })),
});
export type Starters = z.infer<typeof Starters>;

const InSegment = SegmentName.extend({ sinceAt: At });
/** GET /v1/customers/{id}/segments: what a customer is in now. */
export const CustomerSegments = z.object({
  customerId: CustomerId,
  segments: z.array(InSegment).describe("By name"),
  stage: z.object({ key: z.string(), name: z.string(), sinceAt: At.nullable().describe("Null: since the beginning") }).nullable().describe("Null while no stages are set"),
  computed: z.array(z.object({ name: z.string(), description: z.string(), value: AnyJson, words: z.string() })),
}); // prettier-ignore
export type CustomerSegments = z.infer<typeof CustomerSegments>;

/**
 * A rule's answer for one customer: a tree that mirrors the rule. A reference (a segment, bands, an account's members)
 * has the rule it stands for as its one member.
 */
export type Why = {
  /** Where in the rule, as in RuleProblem; the root's is empty. */
  readonly path: string;
  readonly type: Rule["type"];
  /** The condition in words: "did Order Completed at least 2 times in the last 30 days". */
  readonly words: string;
  readonly matches: boolean;
  /** What the test was asked of: a measure, a trait's value, a stage; null for groups and for what is not known. */
  readonly value: Json;
  /** The value in words: "3 times", "not known", "last on 20 Nov 2026, 10:02 UTC". Null for groups. */
  readonly found: string | null;
  /** When time alone may next change the answer; null: only something new can. */
  readonly changesAt: string | null;
  readonly rules: readonly Why[];
};
export const Why: z.ZodType<Why> = z
  .lazy(() =>
    z.object({
      path: z.string(), type: z.string() as unknown as z.ZodType<Rule["type"]>, words: z.string(), matches: z.boolean(),
      value: AnyJson, found: z.string().nullable(), changesAt: At.nullable(), rules: z.array(Why),
    }),
  )
  .meta({ id: "Why" }); // prettier-ignore
/** GET /v1/customers/{id}/segments/{segment}: why in, or why not in. */
export const WhyAnswer = z.object({
  segment: SegmentName,
  customerId: CustomerId,
  version: z.int().describe("The version that serves: the one explained"),
  rule: Rule.describe("Its rule"),
  matches: z.boolean().describe("Worked out now"),
  sinceAt: At.nullable().describe("When the customer came in; null when not in"),
  changesAt: At.nullable().describe("When time alone may next change the answer"),
  asOf: At,
  why: Why,
});
export type WhyAnswer = z.infer<typeof WhyAnswer>;
/** GET /v1/customers/{id}/segments/history: newest first. */
export const MembershipHistory = z.object({
  entries: z.array(z.object({
    at: At, what: z.enum(["entered", "left", "stage"]),
    segment: SegmentName.nullable(),
    stage: z.object({ from: z.string().nullable(), to: z.string() }).nullable(),
    by: z.enum(["event", "time", "identity", "account", "rule"]).describe("An event; time alone; a join or its undoing; something of an account; a changed rule"),
    messageId: z.string().nullable().describe("The event that turned it"),
    because: z.object({ path: z.string(), words: z.string().nullable() }).nullable().describe("The condition that turned, in the rule of that time"),
  })),
  nextCursor: z.string().nullable(),
}); // prettier-ignore
export type MembershipHistory = z.infer<typeof MembershipHistory>;

/** GET /v1/stages: the model (null: none is set) and how far its newest version is. */
export const StagesView = z.object({ model: StageModel.nullable(), ...Standing.shape, newestVersion: z.int().nullable() }); // prettier-ignore
export type StagesView = z.infer<typeof StagesView>;
/** GET /v1/stages/starters. */
export const StageStarters = z.object({
  starters: z.array(z.object({ key: z.string(), name: z.string(), description: z.string(), model: StageModel })),
}); // prettier-ignore
export type StageStarters = z.infer<typeof StageStarters>;
/** GET /v1/stages/counts: in the model's order. */
export const StageCounts = z.object({
  total: z.int(),
  stages: z.array(z.object({
    key: z.string(), name: z.string(), customers: z.int(),
    medianMs: z.number().nullable().describe("Half of those in the stage have been there longer than this"),
  })),
}); // prettier-ignore
export type StageCounts = z.infer<typeof StageCounts>;

/** One of GET /v1/computed-traits. */
export const ComputedTraitView = ComputedTraitDraft.extend({
  words: z.string().describe("What it measures, in words"),
  ...Standing.shape,
  usedBy: z.array(SegmentName),
  usedByStages: z.boolean(),
  createdAt: At,
}); // prettier-ignore
export type ComputedTraitView = z.infer<typeof ComputedTraitView>;
export const ComputedTraitList = z.object({ computedTraits: z.array(ComputedTraitView) });
export type ComputedTraitList = z.infer<typeof ComputedTraitList>;

/** GET /v1/rfm: null while no bands are set. */
export const RfmView = z.object({ rfm: RfmModel.nullable() });
export type RfmView = z.infer<typeof RfmView>;
/** POST /v1/rfm/suggest: bounds that cut the customers of the event log into fifths. */
export const RfmAsk = z
  .object({ event: RfmModel.shape.event, property: RfmModel.shape.property })
  .meta({ examples: [{ event: "Order Completed", property: "total" }] });
export type RfmAsk = z.infer<typeof RfmAsk>;
export const RfmSuggestion = z.object({
  rfm: RfmModel.nullable().describe("Null when nobody has done the event yet"),
  customers: z.int().describe("Who did the event at least once"),
}); // prettier-ignore
export type RfmSuggestion = z.infer<typeof RfmSuggestion>;
