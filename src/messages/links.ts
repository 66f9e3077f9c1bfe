/**
 * Links of a message: led through us so that clicks are known, and kept from being anything but links. Only addresses
 * are changed; every other byte of a text stays. Pure.
 */
import { attributesOf, escaped, piecesOf, unescaped } from "./mail-body.ts";
import { MESSAGE_LIMITS } from "./model.ts";

/** What stands for a link: the address itself, or one of ours that leads there. `number` counts from 0. */
export type Track = (address: string, number: number) => string;
/** A longer address (in UTF-8) is left alone: it would not fit into what leads there. */
export const ADDRESS_BYTES_MAX = 2_000;
/** What a link may do beside leading to a page. `sms` and `tel` open what their names say. */
const HARMLESS = /^(?:mailto|tel|sms):/i;
/** Browsers drop these signs before they look at an address; so what they hide is looked at without them. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const DROPPED = /[\u0000-\u0020\u007f-\u00a0\u200b-\u200f\u2028\u2029\ufeff]/g;

/** Whether an address leads to a web page, with nothing hidden in it. */
export function isWebAddress(address: string): boolean {
  if (!/^https?:\/\/[^\s/]/i.test(address) || bytesOf(address) > ADDRESS_BYTES_MAX) return false;
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && url.username === "" && url.password === "" && url.hostname !== "";
}

const encoder = new TextEncoder();
const bytesOf = (text: string): number =>
  text.length > ADDRESS_BYTES_MAX ? text.length : encoder.encode(text).length;

/** Whether an address tells a scheme that could run or load something: javascript:, data:, file: and all unknown ones. */
function isUnsafe(address: string): boolean {
  const bare = address.replaceAll(DROPPED, "");
  return /^[a-z][a-z0-9+.-]*:/i.test(bare) && !/^https?:/i.test(bare) && !HARMLESS.test(bare);
}

/** One numbering over the parts of a message: the same address in the text part is the same link as in the HTML. */
export class Numbering {
  readonly addresses: string[] = [];
  private readonly own: ReadonlySet<string>;
  private readonly track: Track | null;
  /** `own`: addresses that are never led through us: unsubscribing has to work by itself. */
  constructor(track: Track | null, own: readonly string[]) {
    this.track = track;
    this.own = new Set(own);
  }
  /** What stands for the link; null: it stays as it is. `again`: take the number of the same address, if it has one. */
  linkTo(address: string, again: boolean): string | null {
    if (this.track === null || this.own.has(address) || !isWebAddress(address)) return null;
    const known = again ? this.addresses.indexOf(address) : -1;
    if (known !== -1) return this.track(address, known);
    if (this.addresses.length >= MESSAGE_LIMITS.linksMax) return null;
    this.addresses.push(address);
    return this.track(address, this.addresses.length - 1);
  }
}

const LINKING: ReadonlySet<string> = new Set(["a", "area"]);
/** The links of an HTML text. An address that could run something becomes `#`. */
export function linkHtml(html: string, numbering: Numbering): string {
  const changes: { readonly begin: number; readonly end: number; readonly to: string }[] = [];
  for (const piece of piecesOf(html, LINKING))
    for (const { name, begin, end, value } of attributesOf(html, piece)) {
      if (name !== "href") continue;
      const address = unescaped(value).trim();
      const to = isUnsafe(address) ? "#" : numbering.linkTo(address, false);
      if (to !== null) changes.push({ begin, end, to: escaped(to) });
    }
  return changed(html, changes);
}

/** A web address in plain text, without the stop or bracket behind it. */
const IN_TEXT = /https?:\/\/[^\s<>"'`]+/gi;
const BEHIND = /[.,;:!?)\]}*_]+$/;

/** The links of a plain text. */
export function linkText(text: string, numbering: Numbering): string {
  const changes = [...text.matchAll(IN_TEXT)].flatMap((match) => {
    const address = match[0].replace(BEHIND, "");
    const to = numbering.linkTo(address, true);
    return to === null ? [] : [{ begin: match.index, end: match.index + address.length, to }];
  });
  return changed(text, changes);
}

function changed(text: string, changes: readonly { readonly begin: number; readonly end: number; readonly to: string }[]): string {
  let out = "";
  let at = 0;
  for (const { begin, end, to } of changes) {
    out += text.slice(at, begin) + to;
    at = end;
  }
  return out + text.slice(at);
} // prettier-ignore
