/**
 * What happened: one immutable fact about one customer, in Segment's vocabulary, as the door hands it to the inbox.
 *
 * An event that could not be taken is *refused*: kept with its reason and body, listed, and replayable after a fix.
 */
import { z } from "zod";
import type { ConsentAnswer } from "../consent/model.ts";
import type { Identifier } from "../identity/model.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";

export const EVENT_TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;
export const EventType = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof EventType>;

/** The names of events whose sender gave none; a track event is named by its sender. */
export const EVENT_NAMES: { readonly [type in Exclude<EventType, "track">]: string } = {
  identify: "$customer.identified",
  page: "$page.viewed",
  screen: "$screen.viewed",
  group: "$account.joined",
  alias: "$identity.aliased",
};

/** Where a customer met the business. `direct`: a visit with no referrer; `other`: nothing told. */
export const CHANNELS = [
  "web", "app", "search", "paid_search", "social", "paid_social", "ads", "ai_assistant", "email", "sms", "push",
  "whatsapp", "mail", "store", "phone", "support", "sales", "reviews", "referral", "affiliate", "direct", "server",
  "other",
] as const; // prettier-ignore
export const Channel = z.enum(CHANNELS);
export type Channel = z.infer<typeof Channel>;

/** Every limit of the door in one place. Segment's own are 32 KB an event, 500 KB and 2,500 events a batch. */
export const LIMITS = {
  /** Bytes of a request body, after decompression as well as before. */
  bodyBytesMax: 4 * 1024 * 1024,
  /** Bytes of one event as JSON. */
  eventBytesMax: 32 * 1024,
  batchEventsMax: 2_500,
  messageIdCharsMax: 100,
  nameCharsMax: 200,
  /** Levels of nesting in one event. */
  depthMax: 20,
  /** Keys of properties or traits, first level. */
  keysMax: 500,
  identifiersMax: 20,
  touchpointCharsMax: 200,
} as const;

/** How a visit came about, as UTM parameters and click ids tell it. Absent fields were not told. */
export type Campaign = {
  readonly source?: string;
  readonly medium?: string;
  readonly name?: string;
  readonly term?: string;
  readonly content?: string;
  readonly clickId?: string;
};

/** The event as the inbox keeps it: one line of JSON. Strings hold no NUL and are well-formed UTF-16. */
export type Event = {
  readonly workspace: WorkspaceId;
  /** `messageId` of the sender, or made at the door when it sent none. Unique in the workspace: a second event of the
   * same id is the same event. 1 to 100 characters. */
  readonly id: string;
  readonly type: EventType;
  /** The track event's name, or one of `EVENT_NAMES`. */
  readonly name: string;
  /** When it happened, corrected by the sender's clock skew: receivedAt - (sentAt - originalAt). */
  readonly happenedAt: Instant;
  readonly receivedAt: Instant;
  /** The sender's own timestamp, before correction; null when it sent none. */
  readonly originalAt: Instant | null;
  readonly sentAt: Instant | null;
  /** Normalised, blocked values left out, strongest kind first; never empty. */
  readonly identifiers: readonly Identifier[];
  readonly channel: Channel;
  /** The kind of moment in that channel, in a few words: a page's path, a screen's name, `checkout`, `mailing`. */
  readonly touchpoint: string;
  /** What tells the channel of a visit: only on events that begin or continue one. */
  readonly campaign?: Campaign;
  readonly referrer?: string;
  /** Track, page and screen: properties. */
  readonly properties?: JsonObject;
  /** Identify and group: traits (of the customer, or of the account). */
  readonly traits?: JsonObject;
  /** Group: the account's id. */
  readonly accountId?: string;
  /** Alias: the former identifier. */
  readonly previous?: Identifier;
  /** Consent answers this event carries, the Sec-GPC header's among them. */
  readonly consents?: readonly ConsentAnswer[];
  /** The parts of `context` worth keeping: app, device, locale, page, screen, timezone, library, sessionId.
   * Never an IP address unless the workspace asked for it. */
  readonly context?: JsonObject;
  /** The number of the key it came in by; 0: of our own making. */
  readonly key: number;
  /** Of our own making, about this atom: who it was needs no resolving. The door never lets it in. */
  readonly of?: AtomId;
};

/** Events of our own doing are no activity of the customer's; what customers do with messages and with what they were shown is. */
const OWN_DOING =
  /^\$(?:segment|stage|journey|task|call|audience|lifetime|need)\.|^\$message\.(?!opened$|clicked$|replied$)|^\$decision\.exposed$/;
export const isOwnDoing = (name: string): boolean => name.startsWith("$") && OWN_DOING.test(name);

/** Why an event was refused; closed, so that each reason is counted and can be explained. */
export const RefusalReason = z.enum([
  "not_an_object",
  "unknown_type",
  "missing_name",
  "missing_identifier",
  "blocked_identifier",
  "missing_account",
  "missing_previous",
  "too_large",
  "too_deep",
  "too_many_keys",
  "message_id_too_long",
  "invalid_field",
  "bot",
  "processing_failed",
]);
export type RefusalReason = z.infer<typeof RefusalReason>;

/** A refused event: the reason, a sentence for a person, and the event as it came (cut to the event limit). */
export type Refused = {
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly messageId: string | null;
  readonly body: string;
};

/** Lanes of the inbox: events of one sender keep their order in one lane; lanes are handled in parallel. */
export const LANES = 8;

/** The door's way to commit: durable once the promise resolves. */
export interface Inbox {
  /**
   * Appends accepted events of one workspace; resolves after the durable commit. Several calls share one commit.
   * Throws `Failure("too_many")` with `retryAfterSeconds` under back-pressure, `Failure("store_unavailable")` when
   * PostgreSQL cannot take them; then none of the events was accepted.
   */
  append(events: readonly Event[]): Promise<void>;
}
