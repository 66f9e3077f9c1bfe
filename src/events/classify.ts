/**
 * The classify step: reads from an event what tells its channel and its touchpoint, and asks channel.ts and touchpoint.ts.
 */
import { LRUCache } from "lru-cache";
import type { Json, JsonObject } from "../values.ts";
import { campaignOf, type Link, linkOf } from "./campaign.ts";
import { channelOf, type Sender } from "./channel.ts";
import type { Draft } from "./draft.ts";
import { type Family, familyOf } from "./families.ts";
import { partsOf } from "./referrers.ts";
import { objectOf, textOf } from "./text.ts";
import { touchpointOf } from "./touchpoint.ts";

const REFERRER_CHARS_MAX = 500;
const NO_LINK: Link = { campaign: undefined, click: undefined };
const families = new LRUCache<string, Family>({ max: 10_000 });
const senders = new LRUCache<string, Sender>({ max: 2_000 });

const SERVER =
  /node|python|ruby|java(?!script)|golang|\bgo\b|php|\.net|csharp|rust|server|clojure|elixir|perl/i;
const APP = /ios|android|swift|kotlin|react.?native|flutter|unity|xamarin|cordova|mobile/i;
const BROWSER = /analytics\.js|javascript|browser|jitsu|\bweb\b|\bjs\b/i;

/** Which sort of SDK sent the event, by its library's name. */
function senderOf(context: JsonObject): Sender {
  const library = objectOf(context["library"])?.["name"];
  if (typeof library !== "string") return "unknown";
  let sender = senders.get(library);
  if (!sender) {
    const name = library.slice(0, 200);
    sender = APP.test(name)
      ? "app"
      : SERVER.test(name)
        ? "server"
        : BROWSER.test(name)
          ? "browser"
          : "unknown";
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
  const { type, context = NOTHING, properties = NOTHING } = draft;
  const page = pageOf(type === "page" ? properties : NOTHING, objectOf(context["page"]) ?? NOTHING, context);
  const link = page.query === "" ? NO_LINK : linkOf(page.query);
  const family = type === "track" ? familyFor(draft.name) : undefined;
  draft.campaign = campaignOf(objectOf(context["campaign"]), link);
  draft.channel = channelOf({
    type,
    channel: stringOf(context["channel"]),
    transport: stringOf(draft.raw["channel"]),
    named: family?.channel,
    sender: senderOf(context),
    campaign: draft.campaign,
    click: link.click,
    referrer: page.referrer,
    pageHost: page.host,
    onPage: page.told || typeof context["userAgent"] === "string",
    inApp: "app" in context || "device" in context,
  });
  draft.touchpoint = touchpointOf({
    type,
    given: textOf(context["touchpoint"]) ?? textOf(properties["touchpoint"]),
    family: family?.touchpoint,
    path: page.path,
    title: titleOf(properties),
  });
  // A referrer of the site itself tells only where on the site somebody was before.
  if (page.referrer && page.referrer.host !== page.host) draft.referrer = page.referrerText;
}
const titleOf = (properties: JsonObject) => textOf(properties["name"]) ?? textOf(properties["title"]);
const NOTHING: JsonObject = Object.freeze({ __proto__: null }) as unknown as JsonObject;

/** What an event tells of its page: a page event's properties before the context, which all events of a browser have. */
function pageOf(view: JsonObject, page: JsonObject, context: JsonObject) {
  const url = textOf(view["url"] ?? page["url"], 2_000);
  const path = textOf(view["path"] ?? page["path"]);
  const parts = url === undefined ? null : partsOf(url);
  const referrerText = textOf(
    view["referrer"] ?? page["referrer"] ?? referrerUrl(context),
    REFERRER_CHARS_MAX,
  );
  return {
    host: parts?.host,
    path: path ?? parts?.path,
    told: url !== undefined || path !== undefined,
    query: textOf(view["search"] ?? page["search"], 2_000) ?? parts?.query ?? "",
    referrerText,
    referrer: referrerText === undefined ? null : partsOf(referrerText),
  };
}

const stringOf = (value: Json | undefined): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/** Segment's mobile SDKs tell a deep link's origin as context.referrer. */
function referrerUrl(context: JsonObject): Json | undefined {
  const referrer = objectOf(context["referrer"]);
  return referrer?.["url"] ?? referrer?.["link"];
}
