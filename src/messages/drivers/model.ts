/**
 * The drivers' configurations, as a provider's `config` is checked, and every bound of talking to outside services.
 *
 * Each schema says which of its places are secrets: they are taken in, never given out, and kept when a change leaves
 * them away.
 */
import { z } from "zod";
import type { MessageChannel } from "../../permission/model.ts";
import type { ProviderDraft } from "../model.ts";

/** Every bound of drivers and of what providers tell us. */
export const DRIVER_LIMITS = {
  /** A request to a provider is answered within this, or its end is not known. */
  callMs: 20_000,
  /** To connect; nothing has left before. */
  connectMs: 8_000,
  /** One mail from the queue of the pool to the server's last word. */
  mailMs: 60_000,
  connections: 20,
  mailsPerConnection: 100,
  /** Read of an answer. */
  answerCharsMax: 20_000,
  /** A provider whose credentials or domain are refused rests so long. */
  restMs: 15 * 60_000,
  /** A provider that is out of order rests so long, where it does not say itself. */
  troubleMs: 60_000,
  retryAfterMsMax: 24 * 3_600_000,
  /** Of an access token that is still used. */
  tokenSpareMs: 60_000,
  /** Web Push: 4,096 bytes of ciphertext, less what encryption adds (RFC 8291, section 4). */
  pushBytesMax: 3_993,
  fcmBytesMax: 4_096,
  smsCharsMax: 1_600,
  webhookBytesMax: 256_000,
  /** Of a push address, which an index holds; and how many a customer keeps in a channel. */
  pushAddressCharsMax: 2_000,
  pushAddressesMax: 20,
  pushTtlSeconds: 4 * 7 * 86_400,
  providersPerWorkspace: 100,
  /** Drivers that stay open at once. */
  openMax: 500,
  hookBytesMax: 2_000_000,
  reportsPerHook: 2_000,
  /** A signed callback is taken this long after its time, and its token is remembered twice as long. */
  signatureMs: 5 * 60_000,
  replaysMax: 50_000,
  /** Parts and depth of a mail that tells of a bounce. */
  mimePartsMax: 50,
  mimeDepthMax: 5,
  detailCharsMax: 500,
  /** Open streams of in-app inboxes in one process. */
  streamsMax: 2_000,
} as const;

const Secret = z.string().min(1).max(10_000);
const Host = z.string().min(1).max(253);
const Address = z.string().min(3).max(500);
/** Where a provider is called, for a relay or a test; its own address by default. */
const BaseUrl = z.url({ protocol: /^https?$/ }).max(500);
const Pem = Secret.regex(/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "A private key in PEM");

/** Who tells what became of mail that went over SMTP, and how its callbacks are verified. */
const MailReports = z.discriminatedUnion("from", [
  /** The public key under Mail Settings, Signed Event Webhook: base64 of a P-256 key. */
  z.strictObject({ from: z.literal("sendgrid"), publicKey: z.string().min(1).max(500) }),
  z.strictObject({ from: z.literal("ses"), topicArn: z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:.+$/, "An SNS topic's ARN").max(300) }),
  /** Postmark does not sign: the address it is given carries these. */
  z.strictObject({ from: z.literal("postmark"), user: z.string().min(1).max(100), password: Secret.optional() }),
  z.strictObject({ from: z.literal("mailgun"), signingKey: Secret.optional() }),
  z.strictObject({ from: z.literal("resend"), signingSecret: Secret.optional() }),
]); // prettier-ignore

/** The configuration of each driver. */
export const CONFIGS = {
  smtp: z.strictObject({
    host: Host,
    port: z.int().min(1).max(65_535).default(587),
    /** `starttls`: plain first, then it must turn; `tls` from the first byte (465); `opportunistic`: TLS where offered; `none`: never. */
    security: z.enum(["starttls", "tls", "opportunistic", "none"]).default("starttls"),
    /** A certificate authority of one's own, in PEM; checks stay on. */
    ca: z.string().max(50_000).optional(),
    user: z.string().max(500).optional(),
    password: Secret.optional(),
    from: Address,
    replyTo: Address.optional(),
    /** What this machine calls itself. */
    helo: Host.optional(),
    dkim: z.strictObject({ domain: Host, selector: z.string().min(1).max(63), privateKey: Pem.optional() }).optional(),
    /** Where bounces go; a domain gives each mail an address of its own (VERP). */
    bounces: z.strictObject({ domain: Host, prefix: z.string().regex(/^[a-z0-9._-]{1,20}$/).default("bounces"), secret: Secret.optional() }).optional(),
    envelopeFrom: z.email().optional(),
    /** The last field of Feedback-ID; the domain of `from` by default. */
    feedbackId: z.string().regex(/^[\w.-]{1,50}$/).optional(),
    connections: z.int().min(1).max(DRIVER_LIMITS.connections).default(5),
    timeoutMs: z.int().min(100).max(DRIVER_LIMITS.mailMs).default(DRIVER_LIMITS.mailMs),
    reports: MailReports.optional(),
  }),
  twilio: z.strictObject({
    accountSid: z.string().min(1).max(100),
    authToken: Secret.optional(),
    /** Instead of the account's own token, to send with; callbacks are still signed by `authToken`. */
    apiKeySid: z.string().max(100).optional(),
    apiKeySecret: Secret.optional(),
    from: z.string().max(50).optional(),
    messagingServiceSid: z.string().max(100).optional(),
    baseUrl: BaseUrl.default("https://api.twilio.com"),
    timeoutMs: z.int().min(100).max(60_000).default(DRIVER_LIMITS.callMs),
  }).refine(({ from, messagingServiceSid }) => (from === undefined) !== (messagingServiceSid === undefined), "from or messagingServiceSid, one of the two"),
  whatsapp_cloud: z.strictObject({
    phoneNumberId: z.string().regex(/^\d{1,30}$/),
    accessToken: Secret.optional(),
    appSecret: Secret.optional(),
    /** What is entered at Meta as the callback's verify token. */
    verifyToken: Secret.optional(),
    version: z.string().regex(/^v\d{1,3}\.\d$/).default("v23.0"),
    baseUrl: BaseUrl.default("https://graph.facebook.com"),
    timeoutMs: z.int().min(100).max(60_000).default(DRIVER_LIMITS.callMs),
  }),
  vapid: z.strictObject({
    /** Both are made where absent: base64url of a P-256 point and its private number. */
    publicKey: z.string().regex(/^[\w-]{87}$/).optional(),
    privateKey: z.string().regex(/^[\w-]{43}$/).optional(),
    /** Whom a push service asks when something is wrong. */
    subject: z.string().regex(/^(mailto:|https:\/\/).+/).max(300),
    ttlSeconds: z.int().min(0).max(DRIVER_LIMITS.pushTtlSeconds).default(86_400),
    urgency: z.enum(["very-low", "low", "normal", "high"]).default("normal"),
    /** `any` lets subscriptions point into private networks: only for tests and push services of one's own. */
    endpoints: z.enum(["public", "any"]).default("public"),
    timeoutMs: z.int().min(100).max(60_000).default(DRIVER_LIMITS.callMs),
  }),
  fcm: z.strictObject({
    projectId: z.string().regex(/^[a-z0-9:.-]{1,100}$/),
    clientEmail: z.string().max(300),
    privateKey: Pem.optional(),
    tokenUrl: BaseUrl.default("https://oauth2.googleapis.com/token"),
    baseUrl: BaseUrl.default("https://fcm.googleapis.com"),
    ttlSeconds: z.int().min(0).max(DRIVER_LIMITS.pushTtlSeconds).default(86_400),
    timeoutMs: z.int().min(100).max(60_000).default(DRIVER_LIMITS.callMs),
  }),
  in_app: z.strictObject({
    /** `signed`: who says to be a customer shows a token signed with `secret`. `trusted`: naming one is enough, for closed networks. */
    proof: z.enum(["signed", "trusted"]).default("signed"),
    secret: Secret.optional(),
  }),
  webhook: z.strictObject({
    /** Of Standard Webhooks; made where absent. */
    secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{16,200}={0,2}$/).optional(),
    timeoutMs: z.int().min(100).max(60_000).default(DRIVER_LIMITS.callMs),
  }),
  local: z.strictObject({}),
} as const; // prettier-ignore
export type DriverName = ProviderDraft["driver"];
/** A driver's configuration after its schema. */
export type ConfigOf<Name extends DriverName> = z.infer<(typeof CONFIGS)[Name]>;

/** The channels a driver can serve. */
export const CHANNELS_OF: { readonly [name in DriverName]: readonly MessageChannel[] } = {
  smtp: ["email"], twilio: ["sms"], whatsapp_cloud: ["whatsapp"], vapid: ["web_push"], fcm: ["mobile_push"], in_app: ["in_app"], webhook: ["webhook"],
  local: ["email", "sms", "whatsapp", "web_push", "mobile_push", "in_app", "webhook"],
}; // prettier-ignore

/** Where secrets stand in a configuration, as paths. */
export const SECRETS_OF: { readonly [name in DriverName]: readonly (readonly string[])[] } = {
  smtp: [["password"], ["dkim", "privateKey"], ["bounces", "secret"], ["reports", "password"], ["reports", "signingKey"], ["reports", "signingSecret"]],
  twilio: [["authToken"], ["apiKeySecret"]],
  whatsapp_cloud: [["accessToken"], ["appSecret"], ["verifyToken"]],
  vapid: [["privateKey"]],
  fcm: [["privateKey"]],
  in_app: [["secret"]],
  webhook: [["secret"]],
  local: [],
}; // prettier-ignore

/** The first of these texts that says anything, cut to what is kept of a provider's words. */
export const detailOf = (...texts: readonly (string | null | undefined)[]): string =>
  (texts.find(Boolean) ?? "")
    // The state store holds no NUL; the rest of the control characters help nobody.
    // oxlint-disable-next-line no-control-regex
    .replaceAll(/[\u0000-\u001f\u007f]+/g, " ")
    .trim()
    .slice(0, DRIVER_LIMITS.detailCharsMax)
    .toWellFormed();
