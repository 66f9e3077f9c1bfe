/**
 * What kind of place a link or a campaign source is: AI assistant, search engine, social network, webmail, review site
 * or ad network. Pure; the lists are Matomo's (CC0), the few lines of our own stand below.
 */
import { LRUCache } from "lru-cache";
import { AI_ASSISTANTS, SOCIAL_NETWORKS } from "./lists/referrers.ts";
import { SEARCH_ENGINES } from "./lists/search.ts";

export type PlaceKind = "ai_assistant" | "search" | "social" | "email" | "reviews" | "ads";
/** A place of the web and its name, e.g. search, Google. */
export type Place = { readonly kind: PlaceKind; readonly name: string };

const WEBMAIL = `
Gmail: mail.google.com com.google.android.gm
Outlook: outlook.live.com outlook.office.com outlook.office365.com com.microsoft.office.outlook
Yahoo Mail: mail.yahoo.com
AOL Mail: mail.aol.com
Proton Mail: mail.proton.me
Mail.ru: e.mail.ru
GMX: navigator.gmx.net deref-gmx.net
WEB.DE: deref-web.de
iCloud Mail: icloud.com
Zoho Mail: mail.zoho.com
Fastmail: app.fastmail.com
`;
const REVIEW_SITES = `
Trustpilot: trustpilot.com trustpilot.{}
Yelp: yelp.com yelp.{}
Tripadvisor: tripadvisor.com tripadvisor.{}
G2: g2.com
Capterra: capterra.com capterra.{}
GetApp: getapp.com
Software Advice: softwareadvice.com
TrustRadius: trustradius.com
Glassdoor: glassdoor.com
BBB: bbb.org
Sitejabber: sitejabber.com
REVIEWS.io: reviews.io
Feefo: feefo.com
ProductReview: productreview.com.au
Product Hunt: producthunt.com
HolidayCheck: holidaycheck.de
ProvenExpert: provenexpert.com
Trusted Shops: trustedshops.com trustedshops.{}
`;
const AD_NETWORKS = `
Google Ads: googleads.g.doubleclick.net ad.doubleclick.net doubleclick.net googleadservices.com googlesyndication.com
Criteo: criteo.com
Taboola: taboola.com
Outbrain: outbrain.com
AdRoll: adroll.com
Amazon Ads: amazon-adsystem.com
`;
/** Hosts the lists lack or that only apps and link shorteners use. */
const MORE_AI = `
Copilot: m365.cloud.microsoft copilot.cloud.microsoft
Perplexity: pplx.ai
Deepseek: deepseek.com
Gemini: com.google.android.apps.bard
ChatGPT: openai.com com.openai.chatgpt
Claude: com.anthropic.claude
Poe: poe.com
Phind: phind.com
Meta AI: www.meta.ai
Kimi: kimi.com kimi.moonshot.cn
`;
const MORE_SOCIAL = `
LinkedIn: linkedin.com lnkd.in com.linkedin.android
Facebook: facebook.com fb.com m.me com.facebook.katana
Instagram: instagram.com com.instagram.android
X: x.com twitter.com t.co com.twitter.android
Reddit: reddit.com out.reddit.com com.reddit.frontpage
TikTok: tiktok.com com.zhiliaoapp.musically
YouTube: youtube.com youtu.be com.google.android.youtube
Pinterest: pinterest.com pin.it pinterest.{} com.pinterest
Threads: threads.net threads.com
Mastodon: mastodon.social
Snapchat: snapchat.com com.snapchat.android
Bluesky: bsky.app go.bsky.app
Telegram: t.me telegram.org org.telegram.messenger
Quora: quora.com
`;
const MORE_SEARCH = `
DuckDuckGo: duckduckgo.com
Brave: search.brave.com
Kagi: kagi.com
Ecosia: ecosia.org www.ecosia.org
Startpage: startpage.com www.startpage.com
Qwant: qwant.com www.qwant.com
`;
// Portals whose pages are seldom a search; Matomo tells by the query, which browsers no longer send.
const NOT_SEARCH = new Set(["www.cnn.com", "go.google.com"]);

const EXACT = new Map<string, Place>();
/** By what stands before the country: `google.` of `google.{}`. */
const BY_STEM = new Map<string, Place>();
/** By what stands after the country: `search.yahoo.com` of `{}.search.yahoo.com`. */
const AFTER_COUNTRY = new Map<string, Place>();
/** Entries with a path, such as `x.com/i/grok`. */
const BY_PATH: [host: string, path: string, place: Place][] = [];
/** By the place's own name in lower case, for campaign sources. */
const BY_NAME = new Map<string, Place>();

/** Earlier lists win. */
function learn(kind: PlaceKind, list: string): void {
  for (const line of list.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon < 0) continue;
    const place: Place = { kind, name: line.slice(0, colon) };
    const name = place.name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
    if (!BY_NAME.has(name)) BY_NAME.set(name, place);
    for (const entry of line.slice(colon + 2).split(" ")) learnHost(place, entry);
  }
}
function learnHost(place: Place, entry: string): void {
  const slash = entry.indexOf("/");
  if (slash >= 0) return void BY_PATH.push([entry.slice(0, slash), entry.slice(slash), place]);
  if (entry.startsWith("{}.")) setNew(AFTER_COUNTRY, entry.slice(3), place);
  else if (entry.endsWith(".{}")) setNew(BY_STEM, entry.slice(0, -2), place);
  else if (place.kind !== "search" || !NOT_SEARCH.has(entry)) setNew(EXACT, entry, place);
}
function setNew(map: Map<string, Place>, key: string, place: Place): void {
  if (!map.has(key)) map.set(key, place);
}
learn("ai_assistant", AI_ASSISTANTS);
learn("ai_assistant", MORE_AI);
learn("email", WEBMAIL);
learn("reviews", REVIEW_SITES);
learn("ads", AD_NETWORKS);
learn("social", MORE_SOCIAL);
learn("search", MORE_SEARCH);
learn("search", SEARCH_ENGINES);
learn("social", SOCIAL_NETWORKS);

const COUNTRY = /^[a-z]{2}$/;
/** What may follow a stem: a country, a generic ending, or both (`co.uk`). */
const ENDING = /^(?:(?:com|org|net|co|it|edu)(?:\.[a-z]{2})?|[a-z]{2})$/;

/** The place at a host (lower case, no port), or null. `path` tells apart what shares a host. Never throws. */
export function placeAt(host: string, path = ""): Place | null {
  for (const [of, prefix, place] of BY_PATH) if (of === host && path.startsWith(prefix)) return place;
  let place = remembered.get(host);
  if (place === undefined) remembered.set(host, (place = placeOfHost(host) ?? NOWHERE));
  return place === NOWHERE ? null : place;
}
const NOWHERE: Place = { kind: "search", name: "" };
const remembered = new LRUCache<string, Place>({ max: 20_000 });

function placeOfHost(host: string): Place | null {
  // Assistants that also search stand in both lists; they are assistants under each of their hosts.
  for (let rest = host; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1))
    if (EXACT.get(rest)?.kind === "ai_assistant") return EXACT.get(rest)!;
  for (let rest = host; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
    const place = EXACT.get(rest);
    // A search engine's sister sites (docs.google.com) are no searches; subdomains of the others are the same place.
    if (place && (place.kind !== "search" || bare(host) === bare(rest))) return place;
    const stem = stemOf(rest);
    if (stem && (stem.kind !== "search" || bare(host) === bare(rest))) return stem;
  }
  const dot = host.indexOf(".");
  return COUNTRY.test(host.slice(0, dot)) ? (AFTER_COUNTRY.get(host.slice(dot + 1)) ?? null) : null;
}
function stemOf(host: string): Place | undefined {
  for (let dot = host.indexOf("."); dot > 0; dot = host.indexOf(".", dot + 1)) {
    const place = BY_STEM.get(host.slice(0, dot + 1));
    if (place && ENDING.test(host.slice(dot + 1))) return place;
  }
  return undefined;
}
const bare = (host: string): string => host.replace(/^(?:www|m|l|lm|mobile|amp)\./, "");

const NICKNAMES: { readonly [source: string]: PlaceKind } = {
  __proto__: null as never,
  fb: "social", ig: "social", insta: "social", meta: "social", li: "social", tw: "social", x: "social", twitter: "social",
  yt: "social", tt: "social", igshopping: "social", facebookads: "social", linkedinads: "social", fbads: "social",
  googleads: "search", adwords: "search", gads: "search", bingads: "search", microsoftads: "search", gmb: "search",
  googlemybusiness: "search", gbp: "search",
  openai: "ai_assistant", gpt: "ai_assistant", anthropic: "ai_assistant", perplexityai: "ai_assistant",
  newsletter: "email", email: "email", mail: "email", mailchimp: "email", klaviyo: "email", sendgrid: "email",
  hubspotemail: "email", braze: "email", customerio: "email", activecampaign: "email", mailerlite: "email",
  criteo: "ads", taboola: "ads", outbrain: "ads", adroll: "ads", doubleclick: "ads", dv360: "ads", displayvideo360: "ads",
}; // prettier-ignore

/** What a campaign's source is (`utm_source`): a host, a name (`Facebook`) or a common short form (`fb`); null when unknown. */
export function placeOfSource(source: string): PlaceKind | null {
  const text = source.trim().toLowerCase();
  const place = text.includes(".") ? placeAt(text) : undefined;
  if (place) return place.kind;
  const name = text.replace(/[^\p{L}\p{N}]/gu, "");
  return NICKNAMES[name] ?? BY_NAME.get(name)?.kind ?? null;
}

/** Host (lower case, no port), path and query (with its question mark) of an absolute address; null for anything else. */
export function partsOf(address: string): { host: string; path: string; query: string } | null {
  const scheme = address.indexOf("://");
  if (scheme < 1 || scheme > 20) return null;
  const from = scheme + 3;
  let end = from;
  while (end < address.length && !"/?#".includes(address[end]!)) end++;
  const authority = address.slice(
    address.lastIndexOf("@", end - 1) >= from ? address.lastIndexOf("@", end - 1) + 1 : from,
    end,
  );
  const port = authority.startsWith("[") ? authority.indexOf("]") + 1 : authority.indexOf(":");
  const host = (port > 0 ? authority.slice(0, port) : authority).toLowerCase().replace(/\.$/, "");
  const hash = address.indexOf("#", end);
  const rest = hash < 0 ? address.slice(end) : address.slice(end, hash);
  const question = rest.indexOf("?");
  const path = question < 0 ? rest : rest.slice(0, question);
  return { host, path: path === "" ? "/" : path, query: question < 0 ? "" : rest.slice(question) };
}

/** Hosts under which strangers live side by side. */
const SHARED =
  /(?:^|\.)(?:myshopify\.com|github\.io|blogspot\.com|wordpress\.com|wixsite\.com|netlify\.app|vercel\.app|pages\.dev|web\.app|herokuapp\.com)$/;
const SECOND_LEVEL = /^(?:co|com|org|net|edu|gov|ac|or|ne)$/;

/** Whether two hosts belong to one site: the same name, or subdomains of one registered name. */
export function sameSite(a: string, b: string): boolean {
  return a === b || (a !== "" && siteOf(a) === siteOf(b));
}
function siteOf(host: string): string {
  const labels = host.split(".");
  if (/^[\d.]+$/.test(host) || host.startsWith("[") || labels.length <= 2) return host;
  const country = labels.at(-1)!.length === 2 && SECOND_LEVEL.test(labels.at(-2)!);
  return labels.slice(country || SHARED.test(host) ? -3 : -2).join(".");
}
