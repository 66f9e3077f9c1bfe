/**
 * Which channel an event came by, from everything it says of itself. Pure and total; the strongest word wins:
 *
 *  1. the sender's own: `context.channel` (or a top-level `channel` that is more than a transport hint);
 *  2. the event's name, where it allows one channel only (Email Opened, Push Notification Tapped, Call Ended);
 *  3. the campaign it arrived by: a paid, mail or other medium, a click id, then what the source is;
 *  4. a screen or a mobile SDK's event: the app;
 *  5. the referrer it arrived from: AI assistant, search, social, webmail, reviews, else referral;
 *  6. a page in the middle of a visit (referrer of the same site) or an action on a page: web; a page with no referrer: direct;
 *  7. a server SDK with nothing else: server; and `other` when nothing at all is told.
 *
 * Campaign and referrer count for arrivals only: pages, screens, an app that is opened, and whatever a server or an unknown
 * sender tells them of. Browser and mobile SDKs repeat both on every action of the page they landed on, and an action happened
 * where it was done. (The campaign stays on the event all the same.)
 */
import { CHANNELS, type Campaign, type Channel, type EventType } from "./model.ts";
import { placeAt, placeOfSource, type PlaceKind, sameSite } from "./referrers.ts";

/** Which sort of SDK sent the event. */
export type Sender = "browser" | "app" | "server" | "unknown";

export type Signals = {
  readonly type: EventType;
  /** `context.channel`, whatever it holds. */
  readonly channel: string | undefined;
  /** The top-level `channel`: RudderStack's and Segment's hint of the transport. */
  readonly transport: string | undefined;
  /** What the event's name alone says. */
  readonly named: Channel | undefined;
  readonly sender: Sender;
  readonly campaign: Campaign | undefined;
  readonly click: Channel | undefined;
  /** Host and path of the referrer; null when it is absent, empty or no address. */
  readonly referrer: { readonly host: string; readonly path: string } | null;
  /** Host of the page; undefined when the event tells of no page. */
  readonly pageHost: string | undefined;
  /** Whether the event tells of a page (an address, a path) or a browser at all. */
  readonly onPage: boolean;
  /** Whether it tells of an app or a mobile device. */
  readonly inApp: boolean;
};

const ALIASES = new Map<string, Channel>(CHANNELS.map((channel) => [channel, channel]));
for (const [channel, names] of Object.entries({
  web: "website site browser web_site online onsite",
  app: "mobile mobile_app ios android in_app inapp native_app",
  search: "organic organic_search seo natural_search",
  paid_search: "sem ppc cpc adwords google_ads paidsearch search_ads",
  social: "organic_social social_media",
  paid_social: "paidsocial social_ads facebook_ads",
  ads: "ad display banner advertising display_ad programmatic",
  ai_assistant: "ai assistant chatgpt llm ai_chat",
  email: "e_mail newsletter mailing_email",
  sms: "text mms text_message",
  push: "web_push mobile_push push_notification notification",
  whatsapp: "whats_app wa",
  mail: "direct_mail post postal letter print mailing catalog catalogue flyer mailer",
  store: "pos in_store instore retail shop offline brick_and_mortar point_of_sale",
  phone: "call voice call_center callcentre call_centre telephone",
  support: "chat live_chat livechat helpdesk help_desk ticket customer_service",
  sales: "crm meeting outbound sales_call",
  reviews: "review",
  referral: "partner refer word_of_mouth",
  affiliate: "affiliates",
  server: "backend api",
}))
  for (const name of names.split(" ")) ALIASES.set(name, channel as Channel);

/** The channel a sender's own word names, or null. */
const channelNamed = (word: string): Channel | null =>
  ALIASES.get(
    word.length > 40
      ? ""
      : word
          .trim()
          .toLowerCase()
          .replace(/[\s-]+/g, "_"),
  ) ?? null;

/** Top-level `channel` values that say how the event travelled, not where the customer was. */
const TRANSPORTS: { readonly [hint: string]: Sender } = {
  __proto__: null as never,
  server: "server",
  sources: "server",
  http: "server",
  api: "server",
  web: "browser",
  browser: "browser",
  mobile: "app",
};

const MEDIA = new Map<string, Channel>();
for (const [channel, media] of Object.entries({
  email: "email e mail newsletter mailing drip",
  sms: "sms text mms",
  push: "push webpush notification mobilepush webpushnotification pushnotification",
  whatsapp: "whatsapp",
  affiliate: "affiliate affiliates",
  ads: "display banner cpm interstitial expandable video cpv programmatic native retargeting remarketing tv radio ooh billboard podcast audio ad ads displayad dooh",
  mail: "mail directmail print postcard flyer catalog catalogue letter",
  store: "store pos instore offline retail",
  phone: "phone call telephone",
  support: "support chat helpdesk livechat",
  sales: "sales outbound sdr",
  reviews: "review reviews",
  social: "social socialnetwork socialmedia sm socialorganic organicsocial story bio",
  paid_social: "paidsocial socialpaid socialads cpcsocial",
  paid_search: "paidsearch sem searchads",
  search: "organic seo organicsearch",
  ai_assistant: "ai llm chatbot aiassistant",
  referral: "referral partner referrer",
}))
  for (const medium of media.split(" ")) MEDIA.set(medium, channel as Channel);
const PAID = /^(?:cpc|ppc|cpa|cpl|paid|pay|paidmedia|performance)$/;

const PAID_FOR: { readonly [kind in PlaceKind]: Channel } = {
  search: "paid_search",
  social: "paid_social",
  ads: "ads",
  ai_assistant: "ads",
  email: "ads",
  reviews: "ads",
};

/** The channel of one event. Never throws. */
export function channelOf(signals: Signals): Channel {
  const own = ownWord(signals);
  if (own) return own;
  const { type, named } = signals;
  if (named && named !== "app") return named;
  const sender = senderOf(signals);
  const arrives = arriving(type, named, sender);
  const campaign = arrives && signals.campaign ? byCampaign(signals) : null;
  if (campaign) return campaign;
  if (named || type === "screen" || sender === "app") return "app";
  if (arrives && signals.referrer) return byReferrer(signals) ?? "web";
  return onSite(signals, sender);
}

const arriving = (type: EventType, named: Channel | undefined, sender: Sender): boolean =>
  type === "page" || type === "screen" || named === "app" || sender === "server" || sender === "unknown";

/** With neither campaign nor referrer: by the page it happened on, and by who sent it. */
function onSite({ type, pageHost, onPage, inApp }: Signals, sender: Sender): Channel {
  if (type === "page" && (pageHost !== undefined || (onPage && sender !== "server"))) return "direct";
  if (sender === "browser") return "web";
  if (inApp) return "app";
  if (onPage || (type === "page" && sender !== "server")) return "web";
  return sender === "server" ? "server" : "other";
}

function ownWord({ channel, transport }: Signals): Channel | null {
  const own = channel === undefined ? null : channelNamed(channel);
  if (own || transport === undefined) return own;
  return TRANSPORTS[transport.toLowerCase()] ? null : channelNamed(transport);
}

function senderOf({ sender, transport }: Signals): Sender {
  if (sender !== "unknown" || transport === undefined) return sender;
  return TRANSPORTS[transport.toLowerCase()] ?? "unknown";
}

/** As Google Analytics' default channel groups, with our channels: medium, then click id, then source. */
function byCampaign(signals: Signals): Channel | null {
  const { source = "", medium = "" } = signals.campaign!;
  const kind = source === "" ? null : placeOfSource(source);
  const word = medium.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (PAID.test(word)) return byPaid(word, kind, signals.click);
  const byMedium = MEDIA.get(word);
  if (byMedium === "referral" || byMedium === "search") return kind ?? byMedium;
  const told = byMedium ?? signals.click ?? kind;
  if (told || (source === "" && medium === "")) return told;
  // A link made by somebody for somewhere that no list knows: the referrer may say where.
  return (signals.referrer && byReferrer(signals)) ?? "referral";
}

function byPaid(medium: string, source: PlaceKind | null, click: Channel | undefined): Channel {
  if (source) return PAID_FOR[source];
  if (click === "social") return "paid_social";
  return click ?? (medium === "cpc" || medium === "ppc" ? "paid_search" : "ads");
}

/** Null when the referrer is the site itself. */
function byReferrer({ referrer, pageHost }: Signals): Channel | null {
  const { host, path } = referrer!;
  if (pageHost !== undefined && sameSite(host, pageHost)) return null;
  return placeAt(host, path)?.kind ?? "referral";
}
