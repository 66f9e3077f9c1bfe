/**
 * What a link says of how it was met: UTM parameters and the click ids that ad networks and mailers add. Pure.
 */
import type { Campaign, Channel } from "./model.ts";
import type { JsonObject } from "../values.ts";
import { cut, textOf } from "./text.ts";

/** A query read for its campaign; `click` is what the click id alone says of the channel. */
export type Link = { readonly campaign: Campaign | undefined; readonly click: Channel | undefined };

const UTM: { readonly [parameter: string]: keyof Campaign } = {
  __proto__: null as never,
  utm_source: "source",
  utm_medium: "medium",
  utm_campaign: "name",
  utm_term: "term",
  utm_content: "content",
};
/**
 * Networks that add their id to ads only are paid; Facebook and Instagram add theirs to every link, so those are social
 * unless the medium says that it was paid for.
 */
const CLICKS: { readonly [parameter: string]: Channel } = {
  __proto__: null as never,
  gclid: "paid_search",
  gbraid: "paid_search",
  wbraid: "paid_search",
  msclkid: "paid_search",
  yclid: "paid_search",
  dclid: "ads",
  tblci: "ads",
  fbclid: "social",
  igshid: "social",
  igsh: "social",
  ttclid: "paid_social",
  li_fat_id: "paid_social",
  twclid: "paid_social",
  ScCid: "paid_social",
  sccid: "paid_social",
  rdt_cid: "paid_social",
  epik: "paid_social",
  awc: "affiliate",
  irclickid: "affiliate",
  cjevent: "affiliate",
  ranSiteID: "affiliate",
  mc_eid: "email",
  mc_cid: "email",
  _kx: "email",
  _hsenc: "email",
  mkt_tok: "email",
  ck_subscriber_id: "email",
  vero_id: "email",
  srsltid: "search",
};
const VALUE_CHARS_MAX = 200;
const PARAMETERS_MAX = 100;

/** Paid before social before mailing: the click that cost money is the better evidence. */
const STRENGTH: readonly Channel[] = ["paid_search", "paid_social", "ads", "affiliate", "email", "social", "search"];
const NO_LINK: Link = { campaign: undefined, click: undefined };

/** Reads a query with or without its question mark. Never throws; a broken escape is left as it stands. */
export function linkOf(query: string): Link {
  if (query.length < 4 || !query.includes("=")) return NO_LINK;
  let campaign: { -readonly [field in keyof Campaign]: Campaign[field] } | undefined;
  let click: Channel | undefined;
  const parameters = query.slice(query.startsWith("?") ? 1 : 0).split("&", PARAMETERS_MAX);
  for (const parameter of parameters) {
    const equals = parameter.indexOf("=");
    if (equals < 1 || equals === parameter.length - 1) continue;
    const name = parameter.slice(0, equals);
    const field = UTM[name];
    const by = CLICKS[name];
    if (!field && !by) continue;
    const value = decoded(parameter.slice(equals + 1));
    if (value === "") continue;
    campaign ??= {};
    if (field) campaign[field] ??= value;
    if (by && (!click || STRENGTH.indexOf(by) < STRENGTH.indexOf(click))) {
      click = by;
      campaign.clickId = cut(`${name}=${value}`, VALUE_CHARS_MAX);
    }
  }
  return campaign ? { campaign, click } : NO_LINK;
}

function decoded(value: string): string {
  const spaced = value.includes("+") ? value.replaceAll("+", " ") : value;
  let text = spaced;
  try {
    if (spaced.includes("%")) text = decodeURIComponent(spaced);
  } catch (cause) {
    if (!(cause instanceof URIError)) throw cause;
  }
  // oxlint-disable-next-line no-control-regex -- an address can smuggle in what the JSON text did not show
  return cut(text.replace(/[\u0000-\u001f]/g, "").trim(), VALUE_CHARS_MAX);
}

/** The campaign as `context.campaign` tells it (Segment's names, with or without `utm_`), before what the link says. */
export function campaignOf(given: JsonObject | undefined, link: Link): Campaign | undefined {
  if (!given) return link.campaign;
  const told: { -readonly [field in keyof Campaign]: Campaign[field] } = { ...link.campaign };
  let any = link.campaign !== undefined;
  for (const parameter in UTM) {
    const field = UTM[parameter]!;
    const value = textOf(given[field] ?? given[parameter], VALUE_CHARS_MAX);
    if (value === undefined) continue;
    told[field] = value;
    any = true;
  }
  return any ? told : undefined;
}
