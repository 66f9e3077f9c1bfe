/**
 * The body of an email: HTML taken apart without changing a byte of it, and the plain text made from it. Pure.
 *
 * The reading is one pass from left to right and never goes back, so that no text, however broken, costs more than its
 * length. It is not a browser's parser: it has to find tags, their attributes and what lies between.
 */

/** A piece of HTML; `begin` and `end` are offsets, so the pieces put together are the text again. */
export type Piece = {
  readonly type: "text" | "tag" | "comment";
  readonly begin: number;
  readonly end: number;
  /** Of a tag: its name in small letters, `/` in front where it closes; else empty. */
  readonly name: string;
};
/** An attribute of a tag: where its value stands (without quotes), and the value as it is written. */
export type Attribute = { readonly name: string; readonly begin: number; readonly end: number; readonly value: string }; // prettier-ignore

/** Elements whose content is no text: `</name` alone ends them. */
const OPAQUE = new Set(["script", "style", "title", "textarea", "xmp", "noscript"]);

/** The pieces of a text, in order and without a gap; with `only`, the tags of these names alone. */
export function piecesOf(html: string, only?: ReadonlySet<string>): readonly Piece[] {
  const pieces: Piece[] = [];
  let last = 0;
  const put = (type: Piece["type"], begin: number, end: number, name: string) => {
    if (!only && last < begin) pieces.push({ type: "text", begin: last, end: begin, name: "" });
    last = end;
    if (begin < end && (!only || only.has(name))) pieces.push({ type, begin, end, name });
  };
  // What closes an opaque element, as soon as it was looked for in vain: it is not looked for again.
  const unclosed = new Set<string>();
  let at = 0;
  while (at < html.length) {
    const begin = html.indexOf("<", at);
    if (begin === -1) break;
    if (html.startsWith("<!--", begin)) {
      const closed = html.indexOf("-->", begin + 4);
      at = closed === -1 ? html.length : closed + 3;
      put("comment", begin, at, "");
      continue;
    }
    NAME.lastIndex = begin;
    const found = NAME.exec(html);
    if (!found) {
      at = begin + 1;
      continue;
    }
    const end = tagEnd(html, begin + found[0].length);
    const name = found[1]!.toLowerCase();
    put("tag", begin, end, name);
    at = end;
    if (!OPAQUE.has(name) || unclosed.has(name)) continue;
    const close = indexOfClose(html, name, end);
    if (close === -1) unclosed.add(name);
    else at = close;
  }
  put("text", html.length, html.length, "");
  return pieces;
}
const NAME = /<(\/?[a-z!?][a-z0-9:-]{0,60})/iy;

function indexOfClose(html: string, name: string, from: number): number {
  const close = new RegExp(`</${name}`, "gi");
  close.lastIndex = from;
  return close.exec(html)?.index ?? -1;
}

/** Behind the `>` that ends a tag, leaving out those in quotes; the end of the text where none does. */
function tagEnd(html: string, from: number): number {
  // By their codes: this looks at every sign of a body.
  let quote = 0;
  for (let i = from; i < html.length; i++) {
    const sign = html.charCodeAt(i);
    if (quote !== 0) {
      if (sign === quote) quote = 0;
    } else if (sign === GREATER) return i + 1;
    else if ((sign === DOUBLE || sign === SINGLE) && BEFORE_QUOTE.test(html[i - 1]!)) quote = sign;
  }
  return html.length;
}
const [GREATER, DOUBLE, SINGLE] = [62, 34, 39];
const BEFORE_QUOTE = /[=\s]/;

/** The attributes of the tag that lies there; of two by one name both. */
export function attributesOf(html: string, { begin, end, name }: Piece): readonly Attribute[] {
  const found: Attribute[] = [];
  const tag = html.slice(begin + 1 + name.length, end);
  const pattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;
  for (const match of tag.matchAll(pattern)) {
    const value = match[2] ?? match[3] ?? match[4];
    if (value === undefined) continue;
    const quoted = match[4] === undefined ? 1 : 0;
    const last = begin + 1 + name.length + match.index + match[0].length - quoted;
    found.push({ name: match[1]!.toLowerCase(), begin: last - value.length, end: last, value });
  }
  return found;
}

const NAMED: { readonly [name: string]: string } = {
  __proto__: null as never,
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", trade: "™", hellip: "…", mdash: "—", ndash: "–",
  lsquo: "‘", rsquo: "’", sbquo: "‚", ldquo: "“", rdquo: "”", bdquo: "„", laquo: "«", raquo: "»", euro: "€", pound: "£", yen: "¥", cent: "¢",
  middot: "·", bull: "•", times: "×", deg: "°", plusmn: "±", frac12: "½", auml: "ä", ouml: "ö", uuml: "ü", Auml: "Ä", Ouml: "Ö", Uuml: "Ü",
  szlig: "ß", eacute: "é", egrave: "è", agrave: "à", aacute: "á", ccedil: "ç", ntilde: "ñ", oacute: "ó", iacute: "í", uacute: "ú",
  zwnj: "", zwj: "\u200d", shy: "", ensp: " ", emsp: " ", thinsp: " ", larr: "←", rarr: "→", uarr: "↑", darr: "↓", check: "✓",
}; // prettier-ignore

/** HTML's own way of writing signs, undone. What is none of it stays as it stands. */
export const unescaped = (text: string): string =>
  text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z][a-z0-9]{1,10}));?/gi, (all, decimal: string | undefined, hex: string | undefined, name: string | undefined) => {
    if (name !== undefined) return NAMED[name] ?? all;
    const code = decimal === undefined ? Number.parseInt(hex!, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff) ? String.fromCodePoint(code) : all;
  }); // prettier-ignore

/** A text as HTML, in an element or in quotes. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The HTML with a block at the end of its body. */
export function beforeBodyEnd(html: string, block: string): string {
  const small = html.lastIndexOf("</body");
  const end = small === -1 ? html.toLowerCase().lastIndexOf("</body") : small;
  return end === -1 ? html + block : html.slice(0, end) + block + html.slice(end);
}

/** They stand on lines of their own. */
const BLOCKS = /^\/?(?:p|div|tr|table|ul|ol|li|h[1-6]|section|article|header|footer|blockquote|center|form|hr|pre|address|dl|dt|dd)$/; // prettier-ignore
/** A blank line around them. */
const APART = /^\/?(?:p|h[1-6]|ul|ol|blockquote)$/;
const VOID = /^(?:br|hr|img|input|meta|link|area|base|col|embed|source|track|wbr|param|!doctype|\?xml)$/;
/** Reading attributes costs more than a look. */
const MAY_HIDE = /none|mso-hide/i;
const HIDDEN = /(?:^|;)\s*(?:display\s*:\s*none|mso-hide\s*:\s*all)/i;

/** The text of an email for those who read no HTML: paragraphs, lists, and each link behind its words. */
export function textOf(html: string): string {
  const out = new Lines();
  // How deep we are in an element that nobody sees, by its name; null outside.
  let hidden: { readonly name: string; depth: number } | null = null;
  let link: { readonly address: string; readonly from: number } | null = null;
  for (const piece of piecesOf(html)) {
    const { type, name, begin, end } = piece;
    if (hidden) {
      if (name === hidden.name) hidden.depth++;
      else if (name === `/${hidden.name}` && --hidden.depth === 0) hidden = null;
      continue;
    }
    if (type === "text") out.add(html.slice(begin, end));
    if (type !== "tag") continue;
    if (isHidden(html, piece)) hidden = { name, depth: 1 };
    else if (name === "a") link = { address: addressIn(html, piece), from: out.length };
    else if (name === "/a") {
      if (link && link.address !== "") out.addLink(link.address, link.from);
      link = null;
    } else structure(out, html, piece);
  }
  return out.toString();
}

function isHidden(html: string, piece: Piece): boolean {
  const { name } = piece;
  if (name.startsWith("/") || VOID.test(name)) return false;
  if (OPAQUE.has(name) || name === "head") return true;
  if (!MAY_HIDE.test(html.slice(piece.begin, piece.end))) return false;
  const style = attributesOf(html, piece).find((attribute) => attribute.name === "style");
  return style !== undefined && HIDDEN.test(style.value);
}
function addressIn(html: string, piece: Piece): string {
  const href = attributesOf(html, piece).find(({ name }) => name === "href");
  const address = unescaped(href?.value ?? "").trim();
  return /^(?:https?|mailto|tel|sms):/i.test(address) ? address.replace(/^(?:mailto|tel|sms):/i, "") : "";
}
function structure(out: Lines, html: string, piece: Piece): void {
  const { name } = piece;
  if (name === "br") out.line();
  else if (name === "img")
    out.add(attributesOf(html, piece).find((one) => one.name === "alt")?.value ?? ""); // prettier-ignore
  else if (name === "td" || name === "th") out.add(" ");
  else if (BLOCKS.test(name)) {
    out.fresh(APART.test(name));
    if (name === "li") out.add("- ");
    if (name === "hr") out.add("---");
  }
}

const SEEN = /\S/;
/** Text growing by words and lines; runs of blanks are one, and never two empty lines together. */
class Lines {
  private readonly lines: string[] = [""];
  /** Characters so far: tells whether a link had words. */
  length = 0;
  /** Adds what is written in HTML. */
  add(written: string): void {
    const last = this.lines.at(-1)!;
    const apart = last === "" || last.endsWith(" ");
    // Most of what lies between tags is nothing but blanks.
    const flat = SEEN.test(written) ? unescaped(written).replaceAll(/\s+/g, " ").replaceAll(/\u200b|\u200c|\ufeff|\u00ad|\u034f/g, "") : " "; // prettier-ignore
    const added = apart ? flat.trimStart() : flat;
    if (added === "" || written === "") return;
    this.lines[this.lines.length - 1] = last + added;
    this.length += added.length;
  }
  addLink(address: string, from: number): void {
    const words = this.length === from ? "" : this.lines.at(-1)!.trimEnd();
    if (words.endsWith(address)) return;
    this.lines[this.lines.length - 1] = words === "" ? this.lines.at(-1)! + address : `${words} (${address})`;
    this.length += address.length;
  }
  line(): void {
    this.lines.push("");
  }
  /** A line of its own from here on; `apart`: behind an empty one. */
  fresh(apart: boolean): void {
    if (this.lines.at(-1)!.trim() !== "") this.lines.push("");
    if (apart && this.lines.length > 1 && this.lines.at(-2) !== "") this.lines.push("");
  }
  toString(): string {
    return this.lines.map((line) => line.trimEnd()).join("\n").replaceAll(/\n{3,}/g, "\n\n").trim(); // prettier-ignore
  }
}
