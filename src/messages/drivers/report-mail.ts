/** Postmark's, Mailgun's and Resend's callbacks: each verified in its own way, all saying the same few things. */
import { createHmac } from "node:crypto";
import { z } from "zod";
import { type Instant } from "../../values.ts";
import { sameText, signedHeaders } from "../../webhooks/sign.ts";
import type { Report } from "../model.ts";
import { idOfMail } from "./mail.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";

type Meaning = readonly [what: Report["what"], permanent: boolean];
const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Postmark signs nothing: it sends the user and the password of the address it was given. */
export const isFromPostmark = (user: string, password: string, authorization: string | undefined): boolean =>
  sameText(authorization ?? "", `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`);

const Postmark = z.object({
  RecordType: z.enum(["Bounce", "SpamComplaint", "Delivery", "Open", "Click", "SubscriptionChange"]),
  MessageID: z.string(),
  ID: z.number().optional(),
  Type: z.string().optional(),
  Email: z.string().optional(),
  Recipient: z.string().optional(),
  Metadata: z.record(z.string(), z.string()).optional(),
  Description: z.string().optional(),
  Details: z.string().optional(),
  OriginalLink: z.string().optional(),
  SuppressSending: z.boolean().optional(),
  SuppressionReason: z.string().nullish(),
  BouncedAt: At.optional(),
  DeliveredAt: At.optional(),
  ReceivedAt: At.optional(),
  ChangedAt: At.optional(),
});
const DEAD_AT_POSTMARK = new Set(["HardBounce", "BadEmailAddress", "ManuallyDeactivated"]);

/** What a body from Postmark says. */
export function readPostmark(body: unknown, provider: number, now: Instant): readonly Report[] {
  const said = Postmark.safeParse(body).data;
  if (!said) return [];
  const at = said.BouncedAt ?? said.DeliveredAt ?? said.ReceivedAt ?? said.ChangedAt ?? now;
  const [what, permanent] = meaningAtPostmark(said);
  return [
    {
      provider, providerId: said.MessageID, messageId: said.Metadata?.["message"] ?? null,
      reportId: `postmark:${said.RecordType}:${said.ID ?? `${said.MessageID}:${at}`}`, what, at, permanent,
      address: (said.Email ?? said.Recipient)?.toLowerCase() ?? null,
      detail: detailOf(said.OriginalLink, said.Details, said.Description, said.Type),
    },
  ];
} // prettier-ignore

function meaningAtPostmark(said: z.infer<typeof Postmark>): Meaning {
  switch (said.RecordType) {
    case "Bounce":
      if (said.Type === "SpamNotification" || said.Type === "SpamComplaint") return ["complained", true];
      if (said.Type === "Unsubscribe") return ["unsubscribed", true];
      return ["bounced", DEAD_AT_POSTMARK.has(said.Type ?? "")];
    case "SubscriptionChange":
      if (said.SuppressSending !== true) return ["resubscribed", false];
      if (said.SuppressionReason === "HardBounce") return ["bounced", true];
      return [said.SuppressionReason === "SpamComplaint" ? "complained" : "unsubscribed", true];
    case "SpamComplaint":
      return ["complained", true];
    case "Delivery":
      return ["delivered", false];
    case "Open":
      return ["opened", false];
    case "Click":
      return ["clicked", false];
  }
}

const MailgunSignature = z.object({
  signature: z.object({
    timestamp: z.string().max(20),
    token: z.string().max(100),
    signature: z.string().max(100),
  }),
});
/** The token of a body that Mailgun signed, to be taken once; null when Mailgun did not. */
export function mailgunTokenOf(signingKey: string, body: unknown): string | null {
  const given = MailgunSignature.safeParse(body).data?.signature;
  if (!given) return null;
  const made = createHmac("sha256", signingKey).update(given.timestamp + given.token).digest("hex"); // prettier-ignore
  return sameText(made, given.signature) ? given.token : null;
}

const Mailgun = z.object({
  "event-data": z.object({
    event: z.string(),
    id: z.string(),
    timestamp: z.number(),
    severity: z.string().optional(),
    recipient: z.string().optional(),
    reason: z.string().optional(),
    url: z.string().optional(),
    "user-variables": z.looseObject({ message: z.string().optional() }).optional(),
    message: z.object({ headers: z.object({ "message-id": z.string().optional() }) }).optional(),
    "delivery-status": z.object({ message: z.string().optional(), description: z.string().optional() }).optional(),
  }),
}); // prettier-ignore
const MAILGUN: { readonly [event: string]: Meaning } = {
  delivered: ["delivered", false], opened: ["opened", false], clicked: ["clicked", false], unsubscribed: ["unsubscribed", true],
  complained: ["complained", true], rejected: ["failed", false],
}; // prettier-ignore

/** What a verified body from Mailgun says. */
export function readMailgun(body: unknown, provider: number): readonly Report[] {
  const said = Mailgun.safeParse(body).data?.["event-data"];
  if (!said) return [];
  const meant = meaningAtMailgun(said);
  if (!meant) return [];
  const mailId = said.message?.headers["message-id"];
  const status = said["delivery-status"];
  return [
    {
      provider, providerId: mailId ?? null, messageId: said["user-variables"]?.message ?? idOfMail(mailId), reportId: `mailgun:${said.id}`,
      what: meant[0], at: Math.round(said.timestamp * 1000), address: said.recipient?.toLowerCase() ?? null, permanent: meant[1],
      detail: detailOf(said.url, status?.message, status?.description, said.reason),
    },
  ];
} // prettier-ignore

type MailgunEvent = z.infer<typeof Mailgun>["event-data"];
function meaningAtMailgun({ event, severity, reason = "" }: MailgunEvent): Meaning | undefined {
  if (event !== "failed") return MAILGUN[event];
  // Only what Mailgun itself takes for a hard bounce condemns the address; a full box or a refused content does not.
  return severity === "permanent" ? ["bounced", /^(suppress-)?bounce$/.test(reason)] : ["deferred", false];
}

export type SignedParts = {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
};
/** Whether a body is signed as Standard Webhooks say (Resend's svix-* headers), and lately. */
export function isSignedWith(
  secret: string,
  { id, timestamp, signature }: SignedParts,
  body: string,
  now: Instant,
): boolean {
  if (id === undefined || timestamp === undefined || signature === undefined) return false;
  const seconds = Number(timestamp);
  if (!Number.isInteger(seconds) || Math.abs(now - seconds * 1000) > DRIVER_LIMITS.signatureMs) return false;
  const ours = signedHeaders(secret, id, seconds, body)["webhook-signature"]!;
  return signature.split(" ").some((one) => sameText(one, ours));
}

const Resend = z.object({
  type: z.string(),
  created_at: At,
  data: z.object({
    email_id: z.string(),
    to: z.array(z.string()).default([]),
    message_id: z.string().optional(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
    bounce: z.object({ type: z.string().optional(), subType: z.string().optional(), message: z.string().optional() }).optional(),
    click: z.object({ link: z.string().optional() }).optional(),
  }),
}); // prettier-ignore
const RESEND: { readonly [type: string]: Report["what"] } = {
  "email.delivered": "delivered", "email.delivery_delayed": "deferred", "email.bounced": "bounced", "email.complained": "complained",
  "email.opened": "opened", "email.clicked": "clicked", "email.failed": "failed", "email.suppressed": "failed",
}; // prettier-ignore

/** What a verified body from Resend says; `hookId` names the callback. */
export function readResend(body: unknown, hookId: string, provider: number): readonly Report[] {
  const said = Resend.safeParse(body).data;
  const what = said && RESEND[said.type];
  if (!said || !what) return [];
  const { data } = said;
  const reference = data.headers?.find(({ name }) => name.toLowerCase() === "x-entity-ref-id")?.value;
  return [
    {
      provider, providerId: data.email_id, messageId: reference ?? idOfMail(data.message_id), reportId: `resend:${hookId}`, what, at: said.created_at,
      address: data.to[0]?.toLowerCase() ?? null, permanent: what === "complained" || data.bounce?.type === "Permanent",
      detail: detailOf(data.click?.link, data.bounce?.message),
    },
  ];
} // prettier-ignore
