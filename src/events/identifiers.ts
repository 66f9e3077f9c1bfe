/**
 * The names an event gives its customer, normalised so that one person has one spelling. Pure.
 *
 * Where they are read:
 *  - `userId`, `anonymousId`, `context.device.id`, `context.device.token`, `context.externalIds` (and RudderStack's
 *    `context.externalId`) on every event;
 *  - e-mail, phone, loyalty and external ids of traits: on identify, from `traits` and `context.traits`; on the others
 *    from `context.traits` only, because a group's traits are the account's;
 *  - e-mail and phone of properties: when the event says that they are the customer's own (a form, an order, a sign-up:
 *    OWN), or when it names nobody else. Never on events about other people (a share, an invitation, a gift: OTHERS).
 */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";
import { LRUCache } from "lru-cache";
import {
  BLOCKED_VALUES,
  IDENTIFIER_KINDS,
  IDENTIFIER_MAX,
  type Identifier,
  type IdentifierKind,
} from "../identity/model.ts";
import type { Json, JsonObject } from "../values.ts";
import { type EventType, LIMITS } from "./model.ts";
import { objectOf, plain, textOf } from "./text.ts";

const OWN =
  /\b(?:form|sign(?:ed)? ?(?:up|in)|logged|log ?in|regist\w+|subscri\w+|unsubscri\w+|newsletter|order|purchas\w*|checkout|payment|account|trial|demo|quote|lead|appointment|booking|booked|reservation|contact|email|sms|call|ticket|conversation|chat|survey|application|donation|download\w*|webinar)\b/;
const OTHERS = /\b(?:shared?|sharing|invit\w*|refer\w*|gift\w*|recipient|forward\w*|friend)\b/;

/** Whose the e-mail in an event's properties is: the customer's, somebody else's, or not said. */
type Whose = "own" | "others" | "unsaid";
const whose = new LRUCache<string, Whose>({ max: 5_000 });
function whoseOf(name: string): Whose {
  let answer = whose.get(name);
  if (!answer) {
    const words = plain(name);
    answer = OTHERS.test(words) ? "others" : OWN.test(words) ? "own" : "unsaid";
    whose.set(name, answer);
  }
  return answer;
}

const LONGEST_BLOCKED_WORD = 20;
/** Whether nobody can own this value; the words are blocked in any case. */
export function blocked(value: string): boolean {
  const first = value.charCodeAt(0);
  // The blocked words are short, and what else is blocked begins with 0 or a dash: most values need no search.
  if (value.length > LONGEST_BLOCKED_WORD && first !== 48 && first !== 45) return false;
  const lower = value.toLowerCase();
  return BLOCKED_VALUES.some((pattern) => pattern.test(lower));
}

/**
 * The value as this kind is kept, or null when it cannot be one (an e-mail without an at-sign, a phone number that is none).
 * `country` (ISO 3166, two letters) reads phone numbers written without their country. Never throws.
 */
export function normalised(kind: IdentifierKind, value: string, country?: string): string | null {
  const text = value.trim();
  if (text === "" || text.length > IDENTIFIER_MAX) return null;
  if (kind === "email") return emailOf(text);
  if (kind === "phone") return phoneOf(text, country);
  return text;
}

const EMAIL = /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;".]+$/;
function emailOf(text: string): string | null {
  const email = text.toLowerCase();
  return email.length <= 320 && EMAIL.test(email) ? email : null;
}

const phones = new LRUCache<string, string>({ max: 20_000 });
function phoneOf(text: string, country: string | undefined): string | null {
  if (text.length > 40) return null;
  const region = country && /^[A-Za-z]{2}$/.test(country) ? country.toUpperCase() : undefined;
  const key = `${region ?? ""} ${text}`;
  let phone = phones.get(key);
  if (phone === undefined) {
    // 00 is how most of the world dials out; the library knows it only with a country.
    const parsed = parsePhoneNumberFromString(
      text.replace(/^00(?=[1-9])/, "+"),
      region as CountryCode | undefined,
    );
    phone = parsed?.isPossible() ? parsed.number : "";
    phones.set(key, phone);
  }
  return phone === "" ? null : phone;
}

/** What identifiers are read from. */
export type Named = {
  readonly type: EventType;
  readonly name: string;
  readonly userId: string | undefined;
  readonly anonymousId: string | undefined;
  readonly traits: JsonObject | undefined;
  readonly properties: JsonObject | undefined;
  readonly context: JsonObject | undefined;
  /** The workspace's country, for phone numbers without one. */
  readonly country: string | undefined;
};
/** The identifiers, strongest kind first and each once; `told` counts what was given, blocked or not. */
export type Names = { readonly identifiers: readonly Identifier[]; readonly told: number };

/** Reads an event's identifiers. Never throws. */
export function namesOf(event: Named): Names {
  const { userId, anonymousId, context } = event;
  const found = new Found(event.country);
  if (userId !== undefined) found.add("user_id", userId);
  if (anonymousId !== undefined) found.add("anonymous_id", anonymousId);
  if (context) fromContext(found, context);
  if (event.type === "identify" && event.traits) fromTraits(found, event.traits);
  if (event.properties && event.type === "track") fromProperties(found, event);
  return found.names();
}

class Found {
  readonly #country: string | undefined;
  readonly #identifiers: Identifier[] = [];
  #told = 0;
  constructor(country: string | undefined) {
    this.#country = country;
  }
  add(kind: IdentifierKind, value: string, country?: string): void {
    this.#told++;
    const kept = normalised(kind, value, country ?? this.#country);
    if (kept === null || blocked(kept)) return;
    for (const known of this.#identifiers) if (known.kind === kind && known.value === kept) return;
    this.#identifiers.push({ kind, value: kept });
  }
  get told(): number {
    return this.#told;
  }
  names(): Names {
    const all = this.#identifiers;
    if (all.length > 1) all.sort((a, b) => PRIORITY[a.kind] - PRIORITY[b.kind]);
    return {
      identifiers: all.length > LIMITS.identifiersMax ? all.slice(0, LIMITS.identifiersMax) : all,
      told: this.#told,
    };
  }
}
const PRIORITY = Object.fromEntries(IDENTIFIER_KINDS.map((kind, i) => [kind, i])) as {
  readonly [kind in IdentifierKind]: number;
};

/** An id as senders give it: text, or a whole number. Empty text is no id. */
export const idOf = (value: Json | undefined): string | undefined =>
  typeof value === "number" && Number.isSafeInteger(value)
    ? String(value)
    : textOf(value, IDENTIFIER_MAX + 1);

function fromContext(found: Found, context: JsonObject): void {
  const device = objectOf(context["device"]);
  if (device) {
    const id = idOf(device["id"]);
    if (id !== undefined) found.add("device_id", id);
    const token = idOf(device["token"]);
    if (token !== undefined) found.add("push_token", token);
  }
  const traits = objectOf(context["traits"]);
  if (traits) fromTraits(found, traits);
  const externals = context["externalIds"] ?? context["externalId"];
  if (Array.isArray(externals))
    for (const external of externals.slice(0, LIMITS.identifiersMax) as readonly Json[])
      fromExternal(found, objectOf(external));
}

const EXTERNAL_KINDS: { readonly [type: string]: IdentifierKind } = {
  __proto__: null as never,
  user_id: "user_id", userid: "user_id", email: "email", phone: "phone", anonymous_id: "anonymous_id",
  anonymousid: "anonymous_id", loyalty_id: "loyalty_id", loyaltyid: "loyalty_id", device_id: "device_id",
  "ios.id": "device_id", "ios.idfa": "device_id", "android.id": "device_id", "android.idfa": "device_id",
  push_token: "push_token", "ios.push_token": "push_token", "android.push_token": "push_token",
  external_id: "external_id", externalid: "external_id",
}; // prettier-ignore

/** An id of a type of its own (a CRM's, a shop's) carries the type, for two systems may use one number. */
function fromExternal(found: Found, external: JsonObject | undefined): void {
  const id = idOf(external?.["id"]);
  const type = textOf(external?.["type"], 100);
  const encoding = external?.["encoding"];
  if (id === undefined || type === undefined || (typeof encoding === "string" && encoding !== "none")) return;
  const kind = EXTERNAL_KINDS[type.toLowerCase()];
  if (kind) found.add(kind, id);
  else found.add("external_id", `${type}:${id}`);
}

function fromTraits(found: Found, traits: JsonObject): void {
  fromPerson(found, traits, countryOf(traits));
  const external = idOf(traits["external_id"] ?? traits["externalId"]);
  if (external !== undefined) found.add("external_id", external);
  fromLoyalty(found, traits);
}
function fromPerson(found: Found, fields: JsonObject, country: string | undefined): void {
  const email = textOf(fields["email"], IDENTIFIER_MAX + 1);
  if (email !== undefined) found.add("email", email);
  const phone = idOf(fields["phone"]);
  if (phone !== undefined) found.add("phone", phone, country);
}
function fromLoyalty(found: Found, fields: JsonObject): void {
  const loyalty = idOf(fields["loyalty_id"] ?? fields["loyaltyId"]);
  if (loyalty !== undefined) found.add("loyalty_id", loyalty);
}
function countryOf(traits: JsonObject): string | undefined {
  const country = objectOf(traits["address"])?.["country"] ?? traits["country"];
  return typeof country === "string" && country.length === 2 ? country : undefined;
}

function fromProperties(found: Found, { name, properties }: Named): void {
  const fields = properties!;
  fromLoyalty(found, fields);
  if (fields["email"] === undefined && fields["phone"] === undefined) return;
  const of = whoseOf(name);
  if (of === "own" || (of === "unsaid" && found.told === 0)) fromPerson(found, fields, countryOf(fields));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/**
 * The former name of an alias: a UUID is what SDKs make for visitors, anything else is a user id (which the resolver
 * tries under other kinds when it does not know it).
 */
export function previousOf(previousId: string, anonymousId: string | undefined): Identifier | null {
  const value = normalised("user_id", previousId);
  if (value === null || blocked(value)) return null;
  return { kind: value === anonymousId || UUID.test(value) ? "anonymous_id" : "user_id", value };
}
