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
const STRENGTH: readonly Channel[] = [
  "paid_search",
  "paid_social",
  "ads",
  "affiliate",
  "email",
  "social",
  "search",
];
const NO_LINK: Link = { campaign: undefined, click: undefined };

/** Reads a query with or without its question mark. Never throws; a broken escape is left as it stands. */
export function linkOf(query: string): Link {
  if (query.length < 4 || !query.includes("=")) return NO_LINK;
  const found: Found = { campaign: {}, click: undefined };
  for (const parameter of query.slice(query.startsWith("?") ? 1 : 0).split("&", PARAMETERS_MAX)) {
    const equals = parameter.indexOf("=");
    if (equals > 0) read(found, parameter.slice(0, equals), parameter.slice(equals + 1));
  }
  for (const _ in found.campaign) return found;
  return NO_LINK;
}
type Found = {
  readonly campaign: { -readonly [field in keyof Campaign]: Campaign[field] };
  click: Channel | undefined;
};

function read(found: Found, name: string, text: string): void {
  const field = UTM[name];
  const by = CLICKS[name];
  if (!field && !by) return;
  const value = decoded(text);
  if (value === "") return;
  if (field) found.campaign[field] ??= value;
  if (!by || (found.click && STRENGTH.indexOf(by) >= STRENGTH.indexOf(found.click))) return;
  found.click = by;
  found.campaign.clickId = cut(`${name}=${value}`, VALUE_CHARS_MAX);
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
  // As an event of our own export tells it.
  const clickId = link.campaign?.clickId ?? textOf(given["clickId"], VALUE_CHARS_MAX);
  if (clickId !== undefined) return { ...told, clickId };
  return any ? told : undefined;
}
