/**
 * Whether a message may leave now: what a workspace lays down (policy), what is known of the customer, and the answer.
 * The rule itself is allow.ts. Instants are milliseconds, times of day are minutes after midnight.
 */
import { z } from "zod";
import type { ConsentAnswer, ConsentChannel } from "../consent/model.ts";
import type { Instant } from "../values.ts";

/** Every bound of policies and of what is kept to answer them. */
export const PERMISSION_LIMITS = {
  caps: 20,
  windows: 20,
  holds: 20,
  namesPerHold: 50,
  /** The longest time a cap looks back, and a look-ahead forward. */
  spanMsMax: 366 * 86_400_000,
  /** The most a cap can allow. */
  contactsMax: 500,
  /** Of the more valuable messages on their way the next so many are given a place. */
  upcomingMax: 100,
  /** Instants looked at for one "later"; a rule that does not permit by then is what refuses. */
  stepsMax: 3_000,
  /** A message that may not leave for so long is given up. */
  waitMsMax: 30 * 86_400_000,
} as const;

/** How a message reaches a customer. */
export const MessageChannel = z.enum([
  "email",
  "sms",
  "whatsapp",
  "web_push",
  "mobile_push",
  "in_app",
  "webhook",
]);
export type MessageChannel = z.infer<typeof MessageChannel>;
/** The consent a channel needs; null: it reaches the business's own systems, not the customer. */
export const CONSENT_OF: { readonly [channel in MessageChannel]: ConsentChannel | null } = {
  email: "email", sms: "sms", whatsapp: "whatsapp", web_push: "push", mobile_push: "push", in_app: "web", webhook: null,
}; // prettier-ignore

/** What a message is for: `transactional` (an order, an appointment, a password) or a purpose of consent such as `marketing`. */
export const TRANSACTIONAL = "transactional";
/** The purpose of an answer that names none; a refusal of it stands for every purpose but transactional. */
export const MARKETING = "marketing";
/** Purposes that are sale or sharing of what is known of a customer: what Global Privacy Control forbids. */
export const ADVERTISING: readonly string[] = [
  "advertising",
  "targeted_advertising",
  "retargeting",
  "sale",
  "sharing",
];
export const Purpose = z.string().regex(/^[a-z][a-z0-9_]{0,49}$/, "Small letters, digits and _");

/** Of the day. */
const Minute = z.int().min(0).max(1439);
/** 1 is Monday, 7 Sunday. */
const Weekdays = z.array(z.int().min(1).max(7)).min(1).max(7);
const Channels = z.array(MessageChannel).min(1);
const Names = z.array(z.string().min(1).max(200)).min(1).max(PERMISSION_LIMITS.namesPerHold);
const Span = z.int().min(60_000).max(PERMISSION_LIMITS.spanMsMax);

/**
 * At most `most` messages of these channels, purposes and tags within a sliding time or a calendar unit of the customer's
 * zone. Absent channels are any that reach the customer (so not `webhook`), absent purposes any but transactional, absent
 * tags any or none; messages that are outside of a cap are neither held by it nor counted.
 */
export const Cap = z.strictObject({
  name: z.string().min(1).max(100),
  most: z.int().min(1).max(PERMISSION_LIMITS.contactsMax),
  over: z.union([z.strictObject({ ms: Span }), z.strictObject({ calendar: z.enum(["day", "week", "month"]) })]),
  channels: Channels.optional(),
  purposes: z.array(Purpose).min(1).max(20).optional(),
  tags: z.array(z.string().min(1).max(50)).min(1).max(20).optional(),
}); // prettier-ignore
export type Cap = z.infer<typeof Cap>;

/** From and to a time of day on these weekdays; `from` after `to` runs over midnight; equal means the whole day. */
export const Hours = z.strictObject({
  from: Minute,
  to: Minute,
  weekdays: Weekdays.optional(),
  channels: Channels.optional(),
});
export type Hours = z.infer<typeof Hours>;

/** "Do not sell now": while one of these holds no message but transactional ones leaves. */
export const Hold = z.discriminatedUnion("type", [
  /** One of the products the message is about was bought lately. */
  z.strictObject({ type: z.literal("bought_this"), withinMs: Span }),
  /** Anything was bought lately. */
  z.strictObject({ type: z.literal("bought_anything"), withinMs: Span }),
  /** One of `opened` happened and none of `closed` since: a complaint, a ticket. */
  z.strictObject({ type: z.literal("open_case"), opened: Names, closed: Names }),
  /** An order was sent back or cancelled lately. */
  z.strictObject({ type: z.literal("returned"), withinMs: Span }),
  /** Every product the message is about is out of stock. */
  z.strictObject({ type: z.literal("out_of_stock") }),
  /** A person talks with the customer: one of `events` lately and none of `ended` since. */
  z.strictObject({ type: z.literal("human_talking"), events: Names, ended: Names, withinMs: Span }),
]); // prettier-ignore
export type Hold = z.infer<typeof Hold>;

/** What a workspace lays down. */
export const Policy = z.strictObject({
  /** Where neither the customer nor the message tells a zone. An IANA name. */
  zone: z.string().min(1).max(64).default("UTC"),
  /** Channels that need a granted consent; the others only that none was denied. */
  optIn: z.array(MessageChannel).default(["sms", "whatsapp", "web_push", "mobile_push"]),
  caps: z.array(Cap).max(PERMISSION_LIMITS.caps).default([]),
  /** In the customer's zone: nothing but transactional messages leaves. */
  quietHours: z.array(Hours).max(PERMISSION_LIMITS.windows).default([{ from: 1260, to: 480 }]),
  /** In the workspace's zone: messages leave only then. Empty: at any time. */
  sendingWindows: z.array(Hours).max(PERMISSION_LIMITS.windows).default([]),
  holds: z.array(Hold).max(PERMISSION_LIMITS.holds).default([]),
  /** How far ahead a more valuable message may keep a place under a cap; 0: never. */
  lookAheadMs: z.int().min(0).max(PERMISSION_LIMITS.spanMsMax).default(86_400_000),
}); // prettier-ignore
export type Policy = z.infer<typeof Policy>;

/** The message asked about. */
export type Asked = {
  readonly channel: MessageChannel;
  readonly purpose: string;
  readonly tags: readonly string[];
  /** Of its journey, 0 to 100, 100 first. */
  readonly priority: number;
  /** The products it is about; empty: none in particular. */
  readonly products: readonly string[];
  /** After this it is not sent any more. */
  readonly expiresAt: Instant;
  /** What to do when it may not leave just now but may later. */
  readonly else: "wait" | "skip";
};
/** A message that left, or is on its way. */
export type Contact = {
  readonly at: Instant;
  readonly channel: MessageChannel;
  readonly purpose: string;
  readonly tags: readonly string[];
};
/** A message that a run of another journey is waiting to send. */
export type Upcoming = Contact & { readonly priority: number };
/** A customer's last word for one channel and purpose. */
export type Consent = {
  readonly answer: ConsentAnswer["answer"];
  readonly at: Instant;
  readonly source: ConsentAnswer["source"];
};
export type Suppression = "bounced" | "complained" | "unsubscribed" | "invalid" | "erased";
/** What is known of the customer. */
export type Recipient = {
  /** An IANA name, and how it is known; null: not known, the workspace's holds. */
  readonly zone: { readonly name: string; readonly from: "trait" | "phone" | "geo" } | null;
  /** Where the message would go; null: there is no such address. */
  readonly address: string | null;
  /** Why this address gets nothing in this channel any more; null: nothing against it. */
  readonly suppressed: Suppression | null;
  /** The standing answer of exactly this channel (`all` is one) and purpose. */
  consent(channel: ConsentChannel, purpose: string): Consent | undefined;
  /** What left or is leaving, in any order: everything since `lookBackMs` (policy.ts) ago, or caps are not exact. */
  readonly contacts: readonly Contact[];
  readonly upcoming: readonly Upcoming[];
  /** The customer's own wishes (preference centre). */
  readonly preferences: Preferences;
  /** When an event of this name last happened. */
  lastAt(event: string): Instant | undefined;
  /** What was bought, with when; `returnedAt` where it went back. */
  readonly orders: readonly { readonly at: Instant; readonly products: readonly string[]; readonly returnedAt: Instant | null }[];
  /** Pieces in stock; null: not known. */
  stock(product: string): number | null;
}; // prettier-ignore
/** What a customer asked for in the preference centre. */
export const Preferences = z.strictObject({
  /** Nothing but transactional messages before this instant. */
  pausedUntil: z.int().nullable().default(null),
  /** In the customer's zone, in place of the workspace's. */
  quietHours: z.strictObject({ from: Minute, to: Minute }).nullable().default(null),
  /** Topics (tags of messages) the customer does not want. */
  declinedTopics: z.array(z.string().min(1).max(50)).max(100).default([]),
});
export type Preferences = z.infer<typeof Preferences>;

/** Why a message does not leave; closed, so that each reason is counted and can be told to the customer. */
export const RefusalReason = z.enum([
  "no_address", "suppressed", "consent_denied", "consent_missing", "privacy_control", "topic_declined", "paused", "cap", "reserved", "quiet_hours",
  "sending_window", "bought_this", "bought_anything", "open_case", "returned", "out_of_stock", "human_talking", "expired",
]); // prettier-ignore
export type RefusalReason = z.infer<typeof RefusalReason>;
/** The answer. `detail` is a sentence for a person; `later` is never at or before now, nor after the message's end. */
export type Answer =
  | { readonly type: "allowed" }
  | { readonly type: "refused"; readonly reason: RefusalReason; readonly detail: string }
  | { readonly type: "later"; readonly at: Instant; readonly reason: RefusalReason; readonly detail: string };
