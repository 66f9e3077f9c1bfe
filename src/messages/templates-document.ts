/** Templates as the API answers them: schemas, of which the types are inferred. */
import { z } from "zod";
import { MessageChannel } from "../permission/model.ts";
import { AnyJson, CustomerId, type Json, isoOf } from "../values.ts";
import { MESSAGE_LIMITS, TemplateDraft } from "./model.ts";
import type { Rendering } from "./render.ts";
import { smsPartsOf } from "./render-sms.ts";
import type { StoredTemplate } from "./templates.ts";

const At = z.iso.datetime().describe("ISO 8601, UTC");

/** POST and PUT of a template. */
export const TemplateBody = TemplateDraft.meta({
  examples: [{
    name: "Cart reminder", description: "",
    content: { channel: "email", subject: "{{ customer.traits.firstName | default: 'Hello' }}, your cart is waiting", html: "<p>{{ customer.cart.count }} pieces are still yours.</p>" },
    onMissing: "refuse", trackLinks: true, trackOpens: false,
  }],
}); // prettier-ignore

/** A template by one of its versions. */
export const TemplateView = z.object({
  id: z.int(),
  number: z.int().describe("The version shown; for If-Match and for sending exactly this one"),
  newest: z.int().describe("The version that is sent unless another is named"),
  ...TemplateDraft.shape,
  fields: z.array(z.string()).describe("What it reads of the customer and of what led to the message"),
  madeBy: z.string().nullable(),
  createdAt: At,
  updatedAt: At,
});
export type TemplateView = z.infer<typeof TemplateView>;
/** One of the list: what it says is read by its id. */
export const TemplateSummary = z.object({
  id: z.int(),
  newest: z.int(),
  name: z.string(),
  description: z.string(),
  channel: MessageChannel,
  createdAt: At,
  updatedAt: At,
});
export const TemplateList = z.object({ templates: z.array(TemplateSummary) });
export const VersionList = z.object({
  versions: z.array(z.object({ number: z.int(), madeBy: z.string().nullable(), createdAt: At })),
});

const Context = z.record(z.string().max(100), AnyJson).default({}).describe("What led to the message: `event`, `entry`, `vars`, ..., as a run would hand it over"); // prettier-ignore
/** POST /v1/templates/{id}/preview. */
export const PreviewQuery = z.object({ customerId: CustomerId.optional().describe("Whose data it is rendered with; absent: a made-up customer's"), context: Context }).meta({ examples: [{ customerId: "c1042", context: { event: { order_id: "A-1002" } } }] }); // prettier-ignore
/** POST /v1/templates/preview: what it says need not be right. */
export const DraftPreview = PreviewQuery.extend({ template: AnyJson }).meta({
  examples: [{ template: { name: "Hello", content: { channel: "sms", text: "Hello {{ customer.name }}" } }, context: {} }],
}); // prettier-ignore
export const PreviewProblem = z.object({
  path: z.string().describe("Where in the template: content/subject"),
  message: z.string(),
  line: z.int().nullable(),
  column: z.int().nullable(),
});
/** What came out: the message, or what is wrong. */
export const Preview = z.object({
  ok: z.boolean(),
  content: AnyJson.describe("As the channel's driver would get it; null when it was refused"),
  fields: z.array(z.string()),
  sms: z.object({ alphabet: z.enum(["gsm7", "ucs2"]), units: z.int(), parts: z.int() }).nullable().describe("How a text message would be cut"),
  reason: z.enum(["missing_variable", "too_large", "template_error"]).nullable(),
  problems: z.array(PreviewProblem),
}); // prettier-ignore
export type Preview = z.infer<typeof Preview>;

/** POST /v1/templates/{id}/test. */
export const TestDraft = z
  .strictObject({
    to: z.string().trim().min(1).max(500),
    customerId: CustomerId.optional(),
    context: Context,
  })
  .meta({ examples: [{ to: "ann@example.com" }] });
export const TestSent = z.object({ messageId: z.string() });

/** The view of a stored template. */
export const templateViewOf = (stored: StoredTemplate, fields: readonly string[]): TemplateView => ({
  id: stored.id, number: stored.number, newest: stored.newest, ...stored.draft, fields: [...fields], madeBy: stored.madeBy,
  createdAt: isoOf(stored.createdAt), updatedAt: isoOf(stored.updatedAt),
}); // prettier-ignore

/** What a rendering came to, as a preview tells it. */
export function previewOf(rendering: Rendering, fields: readonly string[]): Preview {
  if (rendering.type === "refused") {
    const { reason, problem } = rendering;
    return { ok: false, content: null, fields: [...fields], sms: null, reason, problems: [{ ...problem, path: `content/${problem.path}`.replace(/\/$/, "") }] }; // prettier-ignore
  }
  const { content } = rendering;
  return {
    ok: true, content: content as unknown as Json, fields: [...fields], sms: content.channel === "sms" ? smsPartsOf(content.text) : null, reason: null, problems: [],
  }; // prettier-ignore
}

/** How much of a context a message carries. */
export const isTooMuch = (context: object): boolean =>
  Buffer.byteLength(JSON.stringify(context)) > MESSAGE_LIMITS.contextBytesMax;
