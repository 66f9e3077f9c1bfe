/** The product's words for what the API names by code: channels, kinds of identifier, event names, reasons. Pure. */
import type { Channel, EventType, RefusalReason } from "../../src/events/model.ts";
import type { AsideReason, IdentifierKind } from "../../src/identity/model.ts";

/** Each channel's name and the hue (degrees) of its dot. */
export const CHANNEL_WORDS: {
  readonly [channel in Channel]: { readonly label: string; readonly hue: number };
} = {
  web: { label: "Website", hue: 205 },
  app: { label: "App", hue: 262 },
  search: { label: "Search", hue: 42 },
  paid_search: { label: "Paid search", hue: 28 },
  social: { label: "Social", hue: 330 },
  paid_social: { label: "Paid social", hue: 345 },
  ads: { label: "Ads", hue: 12 },
  ai_assistant: { label: "AI assistant", hue: 285 },
  email: { label: "Email", hue: 175 },
  sms: { label: "SMS", hue: 150 },
  push: { label: "Push", hue: 240 },
  whatsapp: { label: "WhatsApp", hue: 130 },
  mail: { label: "Post", hue: 75 },
  store: { label: "Shop", hue: 95 },
  phone: { label: "Phone", hue: 190 },
  support: { label: "Support", hue: 225 },
  sales: { label: "Sales", hue: 165 },
  reviews: { label: "Reviews", hue: 52 },
  referral: { label: "Referral", hue: 308 },
  affiliate: { label: "Affiliate", hue: 318 },
  direct: { label: "Direct", hue: 215 },
  server: { label: "Server", hue: 0 },
  other: { label: "Other", hue: 0 },
};
export const CHANNELS = Object.keys(CHANNEL_WORDS) as readonly Channel[];

/** What each kind of identifier is called on a screen. */
export const KIND_WORDS: { readonly [kind in IdentifierKind]: string } = {
  user_id: "User id",
  email: "Email",
  phone: "Phone",
  external_id: "External id",
  loyalty_id: "Loyalty id",
  push_token: "Push token",
  device_id: "Device",
  anonymous_id: "Anonymous visitor",
};

const OWN_NAMES: { readonly [name: string]: string } = {
  "$customer.identified": "Told us who they are",
  "$page.viewed": "Viewed a page",
  "$screen.viewed": "Opened a screen",
  "$account.joined": "Joined an account",
  "$identity.aliased": "Two names joined",
  "$segment.entered": "Entered a segment",
  "$segment.left": "Left a segment",
  "$stage.changed": "Moved to another stage",
  "$journey.entered": "Entered a journey",
  "$journey.left": "Left a journey",
  "$journey.held_out": "Held out of a journey, to measure it",
  "$journey.updated": "A journey updated them",
  "$need.foreseen": "Likely next was worked out",
  "$need.timed": "Their best time was worked out",
  "$message.sent": "Was sent a message",
  "$message.opened": "Opened a message",
  "$message.clicked": "Clicked in a message",
  "$consent.changed": "Changed what they allow",
  "$preferences.changed": "Changed their preferences",
  "$task.created": "A task was made for them",
  "$task.completed": "A task was done for them",
  "$task.cancelled": "A task was not needed any more",
  "$audience.added": "Added to an audience",
  "$audience.removed": "Removed from an audience",
};
/** An event's name for a person: the sender's own name as it is, ours in words. */
export const eventTitle = (name: string): string => OWN_NAMES[name] ?? name;

export const TYPE_WORDS: { readonly [type in EventType]: string } = {
  track: "Something they did",
  identify: "Who they are",
  page: "A page view",
  screen: "A screen view",
  group: "An account they belong to",
  alias: "Two names of one person",
};

/** Why an event was refused, and what helps. */
export const REFUSAL_WORDS: {
  readonly [reason in RefusalReason]: { readonly label: string; readonly help: string };
} = {
  not_an_object: {
    label: "Not an event",
    help: "The sender put something else than a JSON object into the batch.",
  },
  unknown_type: {
    label: "Unknown type",
    help: "The type must be track, identify, page, screen, group or alias.",
  },
  missing_name: { label: "No event name", help: "A track event needs its name in the field event." },
  missing_identifier: { label: "Nobody named", help: "Every event needs a userId or an anonymousId." },
  blocked_identifier: {
    label: "Blocked id",
    help: "Every id it carried is one nobody can own, such as null, 0 or guest.",
  },
  missing_account: { label: "No account", help: "A group event needs a groupId." },
  missing_previous: { label: "No previous id", help: "An alias event needs a previousId." },
  too_large: { label: "Too large", help: "One event may have 32 KB as JSON." },
  too_deep: { label: "Nested too deep", help: "One event may nest 20 levels." },
  too_many_keys: { label: "Too many properties", help: "One event may have 500 properties or traits." },
  message_id_too_long: { label: "Message id too long", help: "A messageId may have 100 characters." },
  invalid_field: { label: "Wrong field", help: "A field has a type or value that cannot be used." },
  bot: { label: "Bot", help: "The browser says it is a crawler or a test tool." },
  processing_failed: {
    label: "Processing failed",
    help: "It was accepted, and then a fault on our side stopped it. Replay it.",
  },
};

/** What it means that an identifier was set aside. */
export const ASIDE_WORDS: { readonly [reason in AsideReason]: string } = {
  limit: "Over the limit",
  shared_device: "Shared device",
  undone: "Join undone",
};

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";

function productName(properties: { readonly [name: string]: unknown }): string | null {
  const { products } = properties;
  const names = (Array.isArray(products) ? products : [])
    .map((product: unknown) =>
      typeof product === "object" && product !== null && "name" in product ? product.name : null,
    )
    .filter(isText);
  if (names.length > 0)
    return names.length > 2
      ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`
      : names.join(", ");
  return null;
}

function amount(properties: { readonly [name: string]: unknown }): string | null {
  const value = [properties["revenue"], properties["total"], properties["value"], properties["price"]].find(
    (n) => typeof n === "number",
  );
  if (typeof value !== "number") return null;
  const currency = properties["currency"];
  return isText(currency) ? `${value} ${currency}` : String(value);
}

type Told = {
  readonly type: EventType;
  readonly touchpoint: string;
  readonly properties: { readonly [name: string]: unknown };
  readonly traits: { readonly [name: string]: unknown };
};
const TELLING = [
  "subject",
  "email_subject",
  "name",
  "query",
  "title",
  "path",
  "url",
  "campaign_name",
  "coupon",
];

/** The stage of a `$stage.changed`, told by its key. */
const stageOf = ({ stage, from }: { readonly [name: string]: unknown }): string | null =>
  isText(stage) && (from === null || isText(from))
    ? [from, stage]
        .filter(isText)
        .map((key) => key.replaceAll("_", " "))
        .join(" → ")
    : null;

/** The one line beside an event's name: what it was about, from the fields people use; empty when they tell nothing. */
export function about({ type, touchpoint, properties, traits }: Told): string {
  const fields = { ...traits, ...properties };
  const person = [fields["firstName"], fields["lastName"]].filter(isText).join(" ");
  const what =
    productName(fields) ?? TELLING.map((field) => fields[field]).find(isText) ?? stageOf(fields) ?? person;
  const line = [what, amount(fields)].filter(isText).join(" · ");
  // A touchpoint that only repeats the type says nothing.
  return line === "" && touchpoint !== type ? touchpoint : line;
}
