/**
 * The classify step: reads from an event what tells its channel and its touchpoint, and asks channel.ts and touchpoint.ts.
 */
import { LRUCache } from "lru-cache";
import type { JsonObject } from "../values.ts";
import { campaignOf, type Link, linkOf } from "./campaign.ts";
import { channelOf, type Sender } from "./channel.ts";
import type { Draft } from "./draft.ts";
import { type Family, familyOf } from "./families.ts";
import { partsOf } from "./referrers.ts";
import { cut, objectOf, textOf } from "./text.ts";
import { touchpointOf } from "./touchpoint.ts";

const REFERRER_CHARS_MAX = 500;
const NO_LINK: Link = { campaign: undefined, click: undefined };
const families = new LRUCache<string, Family>({ max: 10_000 });
const senders = new LRUCache<string, Sender>({ max: 2_000 });

const SERVER = /node|python|ruby|java(?!script)|golang|\bgo\b|php|\.net|csharp|rust|server|clojure|elixir|perl/i;
const APP = /ios|android|swift|kotlin|react.?native|flutter|unity|xamarin|cordova|mobile/i;
const BROWSER = /analytics\.js|javascript|browser|jitsu|\bweb\b|\bjs\b/i;

/** Which sort of SDK a library's name is of. */
export function senderOf(library: string): Sender {
  let sender = senders.get(library);
  if (!sender) {
    const name = library.slice(0, 200);
    sender = APP.test(name) ? "app" : SERVER.test(name) ? "server" : BROWSER.test(name) ? "browser" : "unknown";
    senders.set(library, sender);
  }
  return sender;
}

function familyFor(name: string): Family {
  let family = families.get(name);
  if (!family) families.set(name, (family = familyOf(name)));
  return family;
}

/** Sets channel, touchpoint, campaign and referrer of a draft. Never throws. */
export function classify(draft: Draft): void {
  const { type, context, properties } = draft;
  const page = objectOf(context?.["page"]);
  const view = type === "page" ? properties : undefined;
  const url = textOf(view?.["url"] ?? page?.["url"], 2_000);
  const path = textOf(view?.["path"] ?? page?.["path"]);
  const parts = url === undefined ? null : partsOf(url);
  const referrerText = textOf(view?.["referrer"] ?? page?.["referrer"] ?? referrerUrl(context), REFERRER_CHARS_MAX);
  const referrer = referrerText === undefined ? null : partsOf(referrerText);
  const query = textOf(view?.["search"] ?? page?.["search"], 2_000) ?? parts?.query;
  const link = query === undefined || query === "" ? NO_LINK : linkOf(query);
  const campaign = campaignOf(objectOf(context?.["campaign"]), link);
  const family = type === "track" ? familyFor(draft.name) : undefined;
  const library = objectOf(context?.["library"])?.["name"];
  draft.channel = channelOf({
    type,
    channel: stringOf(context, "channel"),
    transport: stringOf(draft.raw, "channel"),
    named: family?.channel,
    sender: typeof library === "string" ? senderOf(library) : "unknown",
    campaign,
    click: link.click,
    referrer,
    pageHost: parts?.host,
    onPage: url !== undefined || path !== undefined || typeof context?.["userAgent"] === "string",
    inApp: context?.["app"] !== undefined || context?.["device"] !== undefined,
  });
  draft.touchpoint = touchpointOf({
    type,
    given: textOf(context?.["touchpoint"]) ?? textOf(properties?.["touchpoint"]),
    family: family?.touchpoint,
    path: path ?? parts?.path,
    title: type === "track" ? undefined : textOf(properties?.["name"]) ?? textOf(properties?.["title"]),
  });
  draft.campaign = campaign;
  // A referrer of the site itself tells only where on the page somebody was before.
  if (referrer && referrerText !== undefined && referrer.host !== parts?.host) draft.referrer = cut(referrerText, REFERRER_CHARS_MAX);
}

function stringOf(of: JsonObject | undefined, field: string): string | undefined {
  const value = of?.[field];
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Segment's mobile SDKs tell a deep link's origin as context.referrer. */
function referrerUrl(context: JsonObject | undefined) {
  const referrer = objectOf(context?.["referrer"]);
  return referrer?.["url"] ?? referrer?.["link"];
}
