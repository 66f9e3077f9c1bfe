/** Journeys as the API answers them: schemas, of which the types are inferred. */
import { z } from "zod";
import { AnyJson, CustomerId } from "../values.ts";
import { JourneyDraft } from "./model.ts";

const At = z.iso.datetime().describe("ISO 8601, UTC");
const State = z.enum(["draft", "live", "paused", "stopped"]);
export const FormerRuns = z
  .enum(["pin", "migrate", "end"])
  .describe(
    "What becomes of those in the version before: they finish it, go on in this one, or are taken out",
  );

/** One published version. */
export const JourneyVersion = z.object({
  id: z.int(),
  number: z.int().describe("1 for the first of its journey"),
  state: z
    .enum(["building", "live", "replaced", "failed"])
    .describe("building: its rules are learning history, the version before is still entered"),
  publishedAt: At,
  publishedBy: z.string(),
  formerRuns: FormerRuns,
  problem: z.string().nullable(),
  running: z.int().describe("Customers in it now"),
});
export type JourneyVersion = z.infer<typeof JourneyVersion>;

/** One of the list. */
export const JourneySummary = z.object({
  id: z.int(),
  name: z.string(),
  description: z.string(),
  state: State,
  entry: z.string().describe("How customers come in: the entry's type"),
  steps: z.int(),
  running: z.int(),
  enteredLastDay: z.int(),
  version: z.int().nullable().describe("The number of the version that is entered; null before one serves"),
  changed: z.boolean().describe("The draft differs from what is published"),
  createdAt: At,
  updatedAt: At,
});
export type JourneySummary = z.infer<typeof JourneySummary>;
export const JourneyList = z.object({ journeys: z.array(JourneySummary) });
export type JourneyList = z.infer<typeof JourneyList>;

export const JourneyProblem = z.object({ path: z.string(), message: z.string() });
/** GET /v1/journeys/{id}. */
export const JourneyView = JourneySummary.extend({
  draft: JourneyDraft,
  draftNo: z.int().describe("For If-Match and for publishing: the draft that was seen"),
  problems: z
    .array(JourneyProblem)
    .describe("What keeps the draft from being published: `steps/nudge/template`"),
  versions: z.array(JourneyVersion).describe("Newest first"),
});
export type JourneyView = z.infer<typeof JourneyView>;

/** POST and PUT of a journey. */
export const DraftBody = z.object({ draft: AnyJson }).meta({
  examples: [{
    draft: {
      name: "Saved cart", entry: { type: "event", event: "Product Added" }, exits: [{ type: "event", event: "Order Completed" }], start: "rest",
      steps: { rest: { type: "wait", ms: 3_600_000, next: "nudge" }, nudge: { type: "message", channel: "email", template: 1, next: null } },
    },
  }],
}); // prettier-ignore
/** POST /v1/journeys/check: a draft that need not be right. */
export const DraftChecked = z.object({ ok: z.boolean(), problems: z.array(JourneyProblem) });
export type DraftChecked = z.infer<typeof DraftChecked>;

export const PublishBody = z.strictObject({
  formerRuns: FormerRuns.default("pin"),
  draftNo: z.int().optional().describe("The draft that was looked at; publishing another is refused"),
}).meta({ examples: [{ formerRuns: "pin", draftNo: 3 }] }); // prettier-ignore
export const StateBody = z
  .strictObject({ state: z.enum(["live", "paused", "stopped"]) })
  .meta({ examples: [{ state: "paused" }] });

const Changes = z.array(z.object({ path: z.string(), change: z.enum(["added", "removed", "changed"]), before: AnyJson.optional(), after: AnyJson.optional() })); // prettier-ignore

/** GET /v1/journeys/{id}/versions/{number}: a published version whole, and how another differs from it. */
export const VersionView = JourneyVersion.extend({
  draft: JourneyDraft,
  against: z
    .union([z.literal("draft"), z.int()])
    .describe("What it is compared with: the draft, or a version by number"),
  changes: Changes.describe("From this version to what it is compared with"),
});
export type VersionView = z.infer<typeof VersionView>;

/** GET /v1/journeys/{id}/blast-radius: who is affected by publishing the draft now. */
export const BlastRadius = z.object({
  draftNo: z.int(),
  running: z.int().describe("Customers in published versions now"),
  byStep: z.array(z.object({
    version: z.int(), step: z.string(), n: z.int(),
    becomes: z.enum(["goes_on", "is_taken_out"]).describe("With migrate: the new version has this step, or not"),
  })),
  waitingMessages: z.int().describe("Messages of this journey that are due or delayed"),
  changes: Changes.describe("Draft against the version that is entered now"),
  enteredLastDay: z.int(),
}); // prettier-ignore
export type BlastRadius = z.infer<typeof BlastRadius>;

/** GET /v1/journeys/{id}/counts: what is drawn on the canvas. */
export const JourneyCounts = z.object({
  version: z.int(),
  since: At,
  asOf: At,
  entered: z.int(),
  heldOut: z.int(),
  refused: z.array(z.object({ reason: z.string(), n: z.int() })),
  steps: z.array(z.object({
    step: z.string(), standing: z.int(), waitsFor: z.array(z.object({ blocker: z.string(), n: z.int() })),
    passed: z.array(z.object({ path: z.string(), n: z.int() })),
  })),
  ends: z.array(z.object({ state: z.string(), n: z.int() })),
}); // prettier-ignore
export type JourneyCounts = z.infer<typeof JourneyCounts>;

/** GET and PUT /v1/journeys/holdout. */
export const GlobalHoldout = z.strictObject({
  ratio: z.number().min(0).max(0.5).describe("The share of all customers whom no journey lets in, to measure all journeys together against"),
}).meta({ examples: [{ ratio: 0.02 }] }); // prettier-ignore

/** One customer in one journey. */
export const RunView = z.object({
  id: z.string(),
  journey: z.object({ id: z.int(), name: z.string() }),
  version: z.int(),
  customerId: CustomerId,
  key: z.string(),
  step: z.string().nullable(),
  state: z.enum(["running", "completed", "exited", "goal", "held_out", "joined", "ended", "failed"]),
  waitsFor: z.enum(["time", "trigger", "message", "task", "call"]).nullable(),
  enteredAt: At,
  movedAt: At,
  dueAt: At.nullable(),
  detail: z.string().nullable(),
});
export type RunView = z.infer<typeof RunView>;
export const RunList = z.object({ runs: z.array(RunView), nextCursor: z.string().nullable() });
export type RunList = z.infer<typeof RunList>;

/** POST /v1/journeys/{id}/runs. Of a customer, or of all members of a segment. */
export const EnterBody = z.union([
  z.strictObject({ customerId: CustomerId, key: z.string().max(200).default(""), context: z.record(z.string().max(200), AnyJson).default({}) }),
  z.strictObject({ segment: z.int().min(1) }),
]).meta({ examples: [{ customerId: "c12", context: { order_id: "o1" } }] }); // prettier-ignore
export const Entering = z.object({
  queued: z.int().describe("Customers who will be asked to enter; the journey's entry rules still hold"),
});
