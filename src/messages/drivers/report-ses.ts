/**
 * Amazon SES by SNS: each notification is signed with a certificate of Amazon's, whose address stands in it and is only
 * fetched when it is Amazon's own. The topic has to be the one that was configured: everybody can have a topic.
 */
import { X509Certificate, verify } from "node:crypto";
import { z } from "zod";
import type { Instant } from "../../values.ts";
import type { Report } from "../model.ts";
import { idOfMail } from "./mail.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";

/** SNS's envelope. */
export const Envelope = z.object({
  Type: z.enum(["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]),
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Timestamp: z.string(),
  Subject: z.string().nullish(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
  SubscribeURL: z.string().optional(),
  Token: z.string().optional(),
});
export type Envelope = z.infer<typeof Envelope>;

/** Whether this is an address of Amazon's SNS: https, its host, and for certificates a .pem. */
export function isAmazons(address: string, what: "certificate" | "subscription"): boolean {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || url.protocol !== "https:" || url.port !== "" || url.username !== "" || url.password !== "") return false; // prettier-ignore
  if (!/^sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?$/.test(url.hostname)) return false;
  return what === "subscription" || /^\/SimpleNotificationService-[\w-]+\.pem$/.test(url.pathname);
}

/** What SNS signs: these fields, each name and value on a line of its own. */
export function signedTextOf(envelope: Envelope): string {
  const names = envelope.Type === "Notification"
    ? (["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"] as const)
    : (["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] as const);
  return names.map((name) => {
    const value = (envelope as { readonly [field: string]: string | null | undefined })[name];
    return value === undefined || value === null ? "" : `${name}\n${value}\n`;
  }).join("");
} // prettier-ignore

/** Whether the certificate's holder signed it; version 1 is SHA-1, 2 is SHA-256. */
export function isFromSns(envelope: Envelope, certificatePem: string, now: Instant): boolean {
  try {
    const certificate = new X509Certificate(certificatePem);
    if (Date.parse(certificate.validTo) < now || Date.parse(certificate.validFrom) > now) return false;
    const hash = envelope.SignatureVersion === "1" ? "sha1" : "sha256";
    return verify(hash, Buffer.from(signedTextOf(envelope)), certificate.publicKey, Buffer.from(envelope.Signature, "base64")); // prettier-ignore
  } catch {
    return false;
  }
}

const Recipient = z.object({
  emailAddress: z.string(),
  status: z.string().optional(),
  diagnosticCode: z.string().optional(),
});
const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Said = z.object({
  notificationType: z.string().optional(),
  eventType: z.string().optional(),
  mail: z.object({
    messageId: z.string(),
    timestamp: At,
    destination: z.array(z.string()).default([]),
    tags: z.record(z.string(), z.array(z.string())).optional(),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
  }),
  bounce: z.object({ bounceType: z.string(), bounceSubType: z.string().optional(), bouncedRecipients: z.array(Recipient), timestamp: At }).optional(),
  complaint: z.object({ complaintFeedbackType: z.string().nullish(), complainedRecipients: z.array(Recipient), timestamp: At }).optional(),
  delivery: z.object({ timestamp: At, smtpResponse: z.string().optional() }).optional(),
  deliveryDelay: z.object({ timestamp: At, delayType: z.string().optional() }).optional(),
  open: z.object({ timestamp: At }).optional(),
  click: z.object({ timestamp: At, link: z.string().optional() }).optional(),
  reject: z.object({ reason: z.string().optional() }).optional(),
}); // prettier-ignore

type Told = z.infer<typeof Said>;
/** What each kind of notification says of its recipients. */
const KINDS: { readonly [kind: string]: (said: Told) => readonly (Pick<Report, "what" | "at" | "address" | "detail"> & { readonly permanent?: boolean })[] } = {
  Bounce: ({ bounce }) =>
    bounce?.bouncedRecipients.map(({ emailAddress, diagnosticCode }) => ({
      what: "bounced", at: bounce.timestamp, address: emailAddress, permanent: bounce.bounceType === "Permanent",
      detail: diagnosticCode ?? `${bounce.bounceType} ${bounce.bounceSubType ?? ""}`,
    })) ?? [],
  Complaint: ({ complaint }) =>
    // "not-spam": somebody took a mail out of the spam folder.
    complaint === undefined || complaint.complaintFeedbackType === "not-spam"
      ? []
      : complaint.complainedRecipients.map(({ emailAddress }) => ({
          what: "complained", at: complaint.timestamp, address: emailAddress, permanent: true, detail: complaint.complaintFeedbackType ?? "",
        })),
  Delivery: ({ mail, delivery }) => [{ what: "delivered", at: delivery?.timestamp ?? mail.timestamp, address: firstOf(mail), detail: delivery?.smtpResponse ?? "" }],
  DeliveryDelay: ({ mail, deliveryDelay }) => [{ what: "deferred", at: deliveryDelay?.timestamp ?? mail.timestamp, address: firstOf(mail), detail: deliveryDelay?.delayType ?? "" }],
  Open: ({ mail, open }) => [{ what: "opened", at: open?.timestamp ?? mail.timestamp, address: firstOf(mail), detail: "" }],
  Click: ({ mail, click }) => [{ what: "clicked", at: click?.timestamp ?? mail.timestamp, address: firstOf(mail), detail: click?.link ?? "" }],
  Reject: ({ mail, reject }) => [{ what: "failed", at: mail.timestamp, address: firstOf(mail), detail: reject?.reason ?? "" }],
}; // prettier-ignore
const firstOf = ({ destination }: Told["mail"]): string | null => destination[0] ?? null;

/** What a verified notification says. */
export function readSes({ Message, MessageId }: Pick<Envelope, "Message" | "MessageId">, provider: number): readonly Report[] {
  const said = Said.safeParse(parsed(Message)).data;
  if (!said) return [];
  const { mail } = said;
  const header = mail.headers?.find(({ name }) => name.toLowerCase() === "message-id")?.value;
  const messageId = mail.tags?.["message"]?.[0] ?? idOfMail(header);
  const tellings = KINDS[said.notificationType ?? said.eventType ?? ""]?.(said) ?? [];
  return tellings.slice(0, DRIVER_LIMITS.reportsPerHook).map(({ what, at, address, detail, permanent = false }) => ({
    provider, providerId: mail.messageId, messageId, reportId: `ses:${MessageId}:${address ?? ""}`, what, at,
    address: address?.toLowerCase() ?? null, permanent, detail: detailOf(detail),
  }));
} // prettier-ignore

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
