/**
 * An event on its way through the door: what came, and what the steps have made of it so far.
 *
 * A draft is filled in place, because the door takes tens of thousands of events a second and a copy per step would cost
 * more than the steps. It never leaves the door; the `Event` made of it at the end is what everybody else sees.
 */
import type { ConsentAnswer } from "../consent/model.ts";
import type { Identifier } from "../identity/model.ts";
import type { Instant, Json, JsonObject, WorkspaceId } from "../values.ts";
import { idOf } from "./identifiers.ts";
import {
  type Campaign, type Channel, type Event, EVENT_NAMES, EventType, LIMITS, type RefusalReason, type Refused,
} from "./model.ts"; // prettier-ignore
import { cleaned, cleanText, cut, objectOf } from "./text.ts";

/** Where and when a request came in: what its events share. */
export type Arrival = {
  readonly workspace: WorkspaceId;
  readonly key: number;
  readonly receivedAt: Instant;
  /** The type the address says (`/v1/track`), for events that name none. */
  readonly type: EventType | null;
  /** Of the batch or of the SentAt header; an event's own wins. */
  readonly sentAt: Instant | null;
  /** The batch's context: defaults for each event's. */
  readonly context: JsonObject | undefined;
  /** The browser sent `Sec-GPC: 1`. */
  readonly gpc: boolean;
  /** The user agent of the request, when a browser or a mail reader made it; null for servers. */
  readonly userAgent: string | null;
  /** The address of the visitor: only for requests of browsers, and only where addresses are kept. */
  readonly ip: string | null;
  /** Whether addresses are kept. */
  readonly keepIp: boolean;
  /** The workspace's country (ISO 3166, two letters), for phone numbers without one. */
  readonly country: string | undefined;
  /** Bytes of the whole body: no event of a small body can be too large. */
  readonly sizeBytes: number;
  /** Whether strings may need cleaning (`needsCleaning` of the body). */
  readonly unclean: boolean;
  /** Makes the id of an event that came without one. */
  readonly newId: () => string;
};

export type Draft = {
  readonly raw: JsonObject;
  type: EventType;
  name: string;
  id: string;
  userId: string | undefined;
  anonymousId: string | undefined;
  context: JsonObject | undefined;
  properties: JsonObject | undefined;
  traits: JsonObject | undefined;
  originalAt: Instant | null;
  sentAt: Instant | null;
  happenedAt: Instant;
  browser: string | undefined;
  channel: Channel;
  touchpoint: string;
  campaign: Campaign | undefined;
  referrer: string | undefined;
  identifiers: readonly Identifier[];
  accountId: string | undefined;
  previous: Identifier | undefined;
  consents: readonly ConsentAnswer[] | undefined;
};

/** Why a draft goes no further: the reason, and a sentence for a person. */
export type Refusal = { readonly reason: RefusalReason; readonly detail: string };
export const refusal = (reason: RefusalReason, detail: string): Refusal => ({ reason, detail });
export const isRefusal = (value: Draft | Refusal): value is Refusal => "reason" in value;

const TYPES: ReadonlySet<string> = new Set(EventType.options);

/** The first reading of one event: its type, its name, its ids, and that the parts have the shapes they should. */
export function draftOf(given: unknown, arrival: Arrival): Draft | Refusal {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return refusal("not_an_object", `An event is a JSON object, not ${shown(given)}.`);
  const raw = (arrival.unclean ? cleaned(given as JsonObject) : given) as JsonObject;
  const type = typeOf(raw["type"], arrival.type);
  if (type === null)
    return refusal(
      "unknown_type",
      `The type is ${shown(raw["type"])}; it must be one of ${EventType.options.join(", ")}.`,
    );
  const odd = oddField(raw);
  if (odd !== null) return odd;
  const name = type === "track" ? trackName(raw["event"]) : EVENT_NAMES[type];
  if (typeof name !== "string") return name;
  const context = contextOf(raw["context"], arrival.context);
  return {
    raw,
    type,
    name,
    id: idOf(raw["messageId"]) ?? arrival.newId(),
    userId: idOf(raw["userId"]),
    anonymousId: idOf(raw["anonymousId"]),
    context,
    properties:
      type === "track"
        ? objectOf(raw["properties"])
        : type === "page" || type === "screen"
          ? viewOf(raw)
          : undefined,
    traits:
      type === "identify"
        ? identityTraits(raw, context)
        : type === "group"
          ? objectOf(raw["traits"])
          : undefined,
    originalAt: null,
    sentAt: null,
    happenedAt: 0,
    browser: undefined,
    channel: "other",
    touchpoint: "",
    campaign: undefined,
    referrer: undefined,
    identifiers: [],
    accountId: undefined,
    previous: undefined,
    consents: undefined,
  };
}

function typeOf(given: Json | undefined, byAddress: EventType | null): EventType | null {
  if (typeof given === "string") {
    if (TYPES.has(given)) return given as EventType;
    const lower = given.toLowerCase();
    if (TYPES.has(lower)) return lower as EventType;
  }
  return given === undefined || given === null || given === "" || byAddress !== null ? byAddress : null;
}

const OBJECTS = ["properties", "traits", "context"] as const;
const IDS = ["userId", "anonymousId", "messageId", "groupId", "previousId"] as const;

/** A refusal when a field has a shape that cannot be read. Null and empty text are as absent. */
function oddField(raw: JsonObject): Refusal | null {
  for (const field of OBJECTS) {
    const value = raw[field];
    if (
      value !== undefined &&
      value !== null &&
      (typeof value !== "object" || Array.isArray(value)) &&
      value !== ""
    )
      return refusal("invalid_field", `${field} must be an object, not ${shown(value)}.`);
  }
  for (const field of IDS) {
    const value = raw[field];
    if (value === undefined || typeof value === "string" || value === null) continue;
    if (!(typeof value === "number" && Number.isSafeInteger(value)))
      return refusal("invalid_field", `${field} must be text or a whole number, not ${shown(value)}.`);
  }
  return null;
}

function trackName(event: Json | undefined): string | Refusal {
  if (event === undefined || event === null)
    return refusal("missing_name", "A track event needs a name in the field event.");
  if (typeof event !== "string") return refusal("invalid_field", `event must be text, not ${shown(event)}.`);
  const name = event.trim();
  return name === "" ? refusal("missing_name", "The field event is empty.") : name;
}

function contextOf(given: Json | undefined, defaults: JsonObject | undefined): JsonObject | undefined {
  const context = objectOf(given);
  return defaults ? (context ? { ...defaults, ...context } : defaults) : context;
}

/** A page's or screen's properties, with the name and category that stand beside them. */
function viewOf(raw: JsonObject): JsonObject | undefined {
  const properties = objectOf(raw["properties"]);
  const name = typeof raw["name"] === "string" && raw["name"] !== "" ? raw["name"] : undefined;
  const category =
    typeof raw["category"] === "string" && raw["category"] !== "" ? raw["category"] : undefined;
  if (name === undefined && category === undefined) return properties;
  if (
    properties &&
    (name === undefined || "name" in properties) &&
    (category === undefined || "category" in properties)
  )
    return properties;
  return { ...(category !== undefined && { category }), ...(name !== undefined && { name }), ...properties };
}

/** RudderStack's browser SDK puts the traits of an identify in the context. */
function identityTraits(raw: JsonObject, context: JsonObject | undefined): JsonObject | undefined {
  const traits = objectOf(raw["traits"]);
  const around = objectOf(context?.["traits"]);
  return traits && around ? { ...around, ...traits } : (traits ?? around);
}

/** A value as a sentence may show it. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${cut(text, 60)}...` : text;
}

/** The event as the inbox keeps it. */
export function eventOf(draft: Draft, arrival: Arrival, context: JsonObject | undefined): Event {
  const event: { -readonly [field in keyof Event]: Event[field] } = {
    workspace: arrival.workspace,
    id: draft.id,
    type: draft.type,
    name: draft.name,
    happenedAt: draft.happenedAt,
    receivedAt: arrival.receivedAt,
    originalAt: draft.originalAt,
    sentAt: draft.sentAt,
    identifiers: draft.identifiers,
    channel: draft.channel,
    touchpoint: draft.touchpoint,
    key: arrival.key,
  };
  if (draft.campaign) event.campaign = draft.campaign;
  if (draft.referrer !== undefined) event.referrer = draft.referrer;
  if (draft.properties) event.properties = draft.properties;
  if (draft.traits) event.traits = draft.traits;
  if (draft.accountId !== undefined) event.accountId = draft.accountId;
  if (draft.previous) event.previous = draft.previous;
  if (draft.consents) event.consents = draft.consents;
  if (context) event.context = context;
  return event;
}

/**
 * A refused event as it is kept: as it came, with what it had from its request (type, time of sending, context, privacy
 * signal) written into it, so that it can be tried again alone. Addresses are taken out where they are not kept.
 */
export function refusedOf(given: unknown, { reason, detail }: Refusal, arrival: Arrival): Refused {
  const raw = objectOf(given as Json);
  const messageId = raw ? idOf(raw["messageId"]) : undefined;
  return {
    reason,
    detail,
    messageId: messageId === undefined ? null : cut(cleanText(messageId), LIMITS.messageIdCharsMax),
    body: cut(printed(raw ? wholeOf(raw, arrival) : (given as Json)), LIMITS.eventBytesMax),
  };
}

function wholeOf(raw: JsonObject, arrival: Arrival): JsonObject {
  const whole: { [name: string]: Json } = { ...raw };
  if (raw["type"] === undefined && arrival.type !== null) whole["type"] = arrival.type;
  if (raw["sentAt"] === undefined && arrival.sentAt !== null)
    whole["sentAt"] = new Date(arrival.sentAt).toISOString();
  if (raw["context"] !== undefined && raw["context"] !== null && !objectOf(raw["context"])) return whole;
  const context: { [name: string]: Json } = { ...arrival.context, ...objectOf(raw["context"]) };
  if (!arrival.keepIp) delete context["ip"];
  if (arrival.gpc) context["globalPrivacyControl"] = true;
  if (arrival.userAgent !== null && context["userAgent"] === undefined)
    context["userAgent"] = arrival.userAgent;
  if (Object.keys(context).length > 0 || raw["context"] !== undefined) whole["context"] = context;
  return whole;
}

/** JSON of a value of any depth: what is nested too deep for the stack is printed down to a bounded depth. */
function printed(value: Json): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return JSON.stringify(cleaned(value));
  }
}
