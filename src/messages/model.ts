/**
 * Saying something to one customer: a message waits in the outbox, is asked for permission at the moment it would leave,
 * rendered, handed to a driver, and settled by what the provider answers and later reports.
 *
 *   due -> refused | (later) due | sending -> sent | (retry) due | failed | unknown      then delivered, opened, clicked, ...
 */
import { z } from "zod";
import type { ConsentAnswer } from "../consent/model.ts";
import { MessageChannel, Purpose } from "../permission/model.ts";
import { AnyJson, type AtomId, type Instant, type JsonObject, type WorkspaceId } from "../values.ts";

/** Every bound of messages in one place. */
export const MESSAGE_LIMITS = {
  templates: 1_000,
  /** Of one template; beyond it the oldest go. What was sent keeps its own words. */
  versionsMax: 500,
  sourceCharsMax: 200_000,
  subjectCharsMax: 500,
  /** Bytes of a rendered body, by channel in CHANNEL_LIMITS where less. */
  renderedBytesMax: 500_000,
  /** Of Liquid: characters parsed, milliseconds and bytes of one rendering. */
  renderMsMax: 500,
  memoryMax: 10_000_000,
  linksMax: 200,
  attemptsMax: 8,
  /** What a message carries for its template, as JSON. */
  contextBytesMax: 16_384,
  tagsMax: 20,
  /** A claim of a sender that died runs out after this; longer than any driver takes for one message. */
  claimMs: 120_000,
  /** A message that could not leave for so long is given up, where its step says nothing else. */
  expiresMs: 72 * 3_600_000,
  inboxMax: 200,
  detailCharsMax: 500,
} as const;

/** What a template does when it names something that is not known. */
export const OnMissing = z.enum(["refuse", "empty"]);

const Source = z.string().max(MESSAGE_LIMITS.sourceCharsMax);
const Line = z.string().min(1).max(MESSAGE_LIMITS.subjectCharsMax);
/** What a channel's template holds. All texts are Liquid. */
export const Content = z.discriminatedUnion("channel", [
  /** `mjml` or `html` (exactly one of the two); `text` is made from it where absent. */
  z.strictObject({
    channel: z.literal("email"), subject: Line, preheader: z.string().max(300).optional(), mjml: Source.optional(), html: Source.optional(),
    text: Source.optional(), from: Line.optional(), replyTo: Line.optional(),
  }),
  z.strictObject({ channel: z.literal("sms"), text: z.string().min(1).max(1_600) }),
  /** A template approved at WhatsApp by `name`, with the values of its placeholders; or free `text` within 24 h of the customer's last word. */
  z.strictObject({
    channel: z.literal("whatsapp"), name: z.string().max(512).optional(), language: z.string().max(10).default("en"),
    values: z.array(z.string().max(1_024)).max(20).default([]), text: z.string().max(4_096).optional(),
  }),
  z.strictObject({ channel: z.literal("web_push"), title: Line, body: z.string().max(1_000), url: z.string().max(2_000).optional(), icon: z.string().max(2_000).optional() }),
  z.strictObject({ channel: z.literal("mobile_push"), title: Line, body: z.string().max(1_000), data: z.record(z.string().max(100), z.string().max(1_000)).default({}) }),
  z.strictObject({ channel: z.literal("in_app"), title: Line, body: z.string().max(4_000), url: z.string().max(2_000).optional(), place: z.string().max(100).default("inbox") }),
  /** `body` renders to JSON. */
  z.strictObject({ channel: z.literal("webhook"), url: z.string().max(2_000), body: Source }),
]); // prettier-ignore
export type Content = z.infer<typeof Content>;

export const TemplateDraft = z.strictObject({
  name: z.string().trim().min(1).max(200),
  description: z.string().max(2_000).default(""),
  content: Content,
  onMissing: OnMissing.default("refuse"),
  /** Links are led through us to tell clicks. */
  trackLinks: z.boolean().default(true),
  /** An image tells openings; off unless asked for. */
  trackOpens: z.boolean().default(false),
});
export type TemplateDraft = z.infer<typeof TemplateDraft>;

/** A message as a driver gets it: rendered, addressed, permitted. */
export type Rendered =
  | { readonly channel: "email"; readonly subject: string; readonly html: string; readonly text: string; readonly from: string | null; readonly replyTo: string | null }
  | { readonly channel: "sms"; readonly text: string }
  | { readonly channel: "whatsapp"; readonly name: string | null; readonly language: string; readonly values: readonly string[]; readonly text: string | null }
  | { readonly channel: "web_push"; readonly title: string; readonly body: string; readonly url: string | null; readonly icon: string | null }
  | { readonly channel: "mobile_push"; readonly title: string; readonly body: string; readonly data: { readonly [name: string]: string } }
  | { readonly channel: "in_app"; readonly title: string; readonly body: string; readonly url: string | null; readonly place: string }
  | { readonly channel: "webhook"; readonly url: string; readonly body: string }; // prettier-ignore
export type Outgoing = {
  /** The same over every attempt; providers that can are told it, so that they send it once. */
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly customer: string;
  /** An email address, a phone number in E.164, a push token, a web push subscription as JSON, a customer id, or a URL. */
  readonly to: string;
  readonly purpose: string;
  readonly content: Rendered;
  /** Of RFC 8058 and RFC 2369, where the purpose is not transactional; null otherwise. */
  readonly unsubscribe: {
    readonly url: string;
    readonly mailto: string | null;
    readonly listId: string;
  } | null;
};

/** What became of handing a message over; closed, and what happens next follows from it alone. */
export type Delivery =
  | { readonly type: "sent"; readonly providerId: string }
  /** Not taken for a reason that passes. `provider` true: nothing to do with this message; the provider rests so long. */
  | { readonly type: "retry"; readonly afterMs: number | null; readonly provider: boolean; readonly detail: string }
  /** Never to be tried again. `suppress`: this address gets nothing any more, and why. */
  | { readonly type: "failed"; readonly reason: FailureReason; readonly suppress: "bounced" | "invalid" | "unsubscribed" | null; readonly detail: string }
  /** It may have been sent: the answer was lost. */
  | { readonly type: "unknown"; readonly detail: string }; // prettier-ignore
export const FailureReason = z.enum([
  "bad_address",
  "rejected",
  "too_large",
  "authentication",
  "opted_out",
  "configuration",
  "content",
]);
export type FailureReason = z.infer<typeof FailureReason>;

/** One outside service. Expected outcomes are values; it throws only on a bug. */
export interface Driver {
  readonly channel: MessageChannel;
  /** Hands one message over. Settles within the driver's own time limit. */
  send(outgoing: Outgoing): Promise<Delivery>;
  close(): Promise<void>;
}

/** What a provider tells later of a message it took. */
export type Report = {
  readonly provider: number;
  readonly providerId: string | null;
  /** Our own id where the provider hands it back. */
  readonly messageId: string | null;
  /** The same for the same report, whenever it comes again. */
  readonly reportId: string;
  readonly what: "delivered" | "deferred" | "bounced" | "failed" | "complained" | "unsubscribed" | "resubscribed" | "opened" | "clicked" | "replied";
  readonly at: Instant;
  /** The address it is about, where told. */
  readonly address: string | null;
  /** `bounced`: for good. */
  readonly permanent: boolean;
  /** `unsubscribed`, `resubscribed`: only from messages of this purpose; absent: from all that may be declined. */
  readonly purpose?: string;
  readonly detail: string;
}; // prettier-ignore

/** How a workspace sends in a channel. `config` is checked by the driver's own schema; its secrets are never given out. */
export const ProviderDraft = z.strictObject({
  channel: MessageChannel,
  driver: z.enum(["smtp", "twilio", "whatsapp_cloud", "vapid", "fcm", "in_app", "webhook", "local"]),
  name: z.string().trim().min(1).max(100),
  /** Messages a second at most; absent: as many as it takes. */
  perSecond: z.number().positive().max(10_000).optional(),
  config: z.record(z.string(), AnyJson),
}).meta({
  examples: [{ channel: "email", driver: "smtp", name: "Our mail server", config: { host: "mail.example.com", port: 587, from: "Boots <hello@example.com>" } }],
}); // prettier-ignore
export type ProviderDraft = z.infer<typeof ProviderDraft>;

/** Where a message stands. */
export const MessageState = z.enum(["due", "sending", "sent", "refused", "failed", "unknown", "cancelled"]);
export type MessageState = z.infer<typeof MessageState>;

/** A message to be made, as a journey's walk or the API asks for it. */
export const MessageDraft = z.strictObject({
  template: z.int().min(1),
  purpose: Purpose.default("marketing"),
  tags: z.array(z.string().min(1).max(50)).max(MESSAGE_LIMITS.tagsMax).default([]),
  priority: z.int().min(0).max(100).default(50),
  /** The products it is about (property paths of the context are resolved before). */
  products: z.array(z.string().max(200)).max(50).default([]),
  else: z.enum(["wait", "skip"]).default("wait"),
  context: z.record(z.string().max(100), AnyJson).default({}),
  expiresMs: z.int().min(60_000).max(30 * 86_400_000).default(MESSAGE_LIMITS.expiresMs),
}); // prettier-ignore
export type MessageDraft = z.infer<typeof MessageDraft>;

/** Something a customer did with a message or said about messages, to become an event of the customer's. */
export type Happening = {
  /** The same for the same happening, whenever it is told again: the event's message id. */
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly atom: AtomId;
  readonly name: "$message.opened" | "$message.clicked" | "$consent.changed" | "$preferences.changed";
  readonly at: Instant;
  /** The message it came by; null: by none. */
  readonly message: string | null;
  /** Of that message; null: it was done on a page of ours. */
  readonly channel: MessageChannel | null;
  readonly properties: JsonObject;
  /** What the customer allows or forbids with it. */
  readonly consents: readonly ConsentAnswer[];
};
/** Makes happenings durable events. Rejects when it could not; the same may be told again. */
export type Tell = (happenings: readonly Happening[]) => Promise<void>;
