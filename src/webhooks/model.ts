/**
 * Who is told of what happens: addresses of the business' own, called with signed requests (Standard Webhooks). Schemas
 * of the API, of which the types are inferred.
 */
import { z } from "zod";

const At = z.iso.datetime().describe("ISO 8601, UTC");

/** Every bound of this room. */
export const WEBHOOK_LIMITS = {
  perWorkspace: 100,
  urlCharsMax: 2_000,
  /** An answer has to come within this. */
  timeoutMs: 15_000,
  /** Nobody else sends a delivery that is under way; longer than a send can take. */
  claimMs: 60_000,
  /** Waits after the first, second, ... attempt that failed; after the last one it is given up. */
  retryMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000],
  /** Requests under way to one address, and in all. */
  perAddress: 4,
  atOnce: 32,
  detailCharsMax: 300,
  /** Deliveries that are done with are kept this long. */
  keepMs: 7 * 86_400_000,
} as const;

/** What a webhook is told. */
export const HookEvent = z.enum(["segment.entered", "segment.left", "test"]);
export type HookEvent = z.infer<typeof HookEvent>;

/** POST /v1/webhooks. */
export const WebhookDraft = z
  .strictObject({
    url: z.url({ protocol: /^https?$/ }).max(WEBHOOK_LIMITS.urlCharsMax).describe("Called with POST; redirects are not followed"),
    segment: z.int().min(1).max(2_147_483_647).nullable().default(null).describe("Only this segment; null: every one"),
  })
  .meta({ examples: [{ url: "https://crm.example.com/hooks/throughline", segment: null }] }); // prettier-ignore
export type WebhookDraft = z.infer<typeof WebhookDraft>;

export const WebhookView = z.object({
  id: z.int(),
  url: z.string(),
  segment: z.int().nullable(),
  createdAt: At,
  disabledAt: At.nullable().describe("Since the address answered 410 Gone"),
  waiting: z.int().describe("Deliveries not done yet"),
});
export type WebhookView = z.infer<typeof WebhookView>;
/** GET /v1/webhooks. */
export const WebhookList = z.object({ webhooks: z.array(WebhookView) });
export type WebhookList = z.infer<typeof WebhookList>;
/** The new webhook with its secret, which is shown this once. */
export const WebhookCreated = WebhookView.extend({
  secret: z.string().describe("whsec_ and base64: to check the signature with; shown only here"),
});
export type WebhookCreated = z.infer<typeof WebhookCreated>;

export const DeliveryView = z.object({
  id: z.int(),
  messageId: z.string(),
  type: HookEvent,
  state: z.enum(["waiting", "delivered", "given_up"]),
  createdAt: At,
  attempts: z.int(),
  dueAt: At.nullable().describe("When it is tried next"),
  doneAt: At.nullable(),
  status: z.int().nullable().describe("The last answer's HTTP status"),
  detail: z.string().nullable().describe("What went wrong last, or the beginning of the last answer"),
});
export type DeliveryView = z.infer<typeof DeliveryView>;
/** GET /v1/webhooks/{id}/deliveries: newest first. */
export const DeliveryPage = z.object({
  deliveries: z.array(DeliveryView),
  nextCursor: z.string().nullable(),
});
export type DeliveryPage = z.infer<typeof DeliveryPage>;
/** POST /v1/webhooks/{id}/test: how the address answered. */
export const Tried = z.object({
  ok: z.boolean(),
  status: z.int().nullable(),
  detail: z.string().nullable(),
  tookMs: z.number(),
});
export type Tried = z.infer<typeof Tried>;
