/**
 * A template and what is known become a message: Liquid into the texts, the text part from the HTML, the foot, the links,
 * and the limits of the channel. Preparing (reading Liquid, compiling MJML) is done once for each version of a template;
 * rendering is fast, asks nobody and never throws, whatever a customer's traits hold.
 */
import { type Foot, footedHtml, footedText } from "./footer.ts";
import { type Manner } from "./liquid-filters.ts";
import {
  type Flaw,
  type Parsed,
  type Surrounding,
  isFlaw,
  parseLiquid,
  renderLiquid,
  variablesOf,
} from "./liquid.ts";
import { type Track, Numbering, isWebAddress, linkHtml, linkText } from "./links.ts";
import { compileMjml } from "./mail-body-mjml.ts";
import { beforeBodyEnd, escaped, textOf } from "./mail-body.ts";
import { type Content, MESSAGE_LIMITS, type Rendered, type TemplateDraft } from "./model.ts";
import { languageFor, speechIn } from "./page-words.ts";
import type { TemplateData } from "./render-data.ts";
import { smsPartsOf } from "./render-sms.ts";

/** What is wrong in a template: a JSON path into its content, and the place in that text. */
export type TemplateProblem = { readonly path: string; readonly message: string; readonly line: number | null; readonly column: number | null }; // prettier-ignore
/** A version of a template, ready to be rendered any number of times. */
export type Prepared = {
  readonly draft: TemplateDraft;
  /** The texts by their path in the content. */
  readonly parts: ReadonlyMap<string, Parsed>;
  /** What of the customer and the context it reads, for the receipt: `customer.traits.firstName`. */
  readonly fields: readonly string[];
};
export type Preparation =
  | { readonly type: "prepared"; readonly template: Prepared }
  | { readonly type: "wrong"; readonly problems: readonly TemplateProblem[] };

/** How one message is rendered. */
export type RenderOptions = {
  readonly manner: Manner;
  /** Null: no foot is added (a preview of the bare template). */
  readonly foot: Foot | null;
  /** Null: links stay as they are. */
  readonly track: Track | null;
  /** The address of the image that tells openings; null: none. */
  readonly openPixel: string | null;
};
export type Rendering =
  /** `links`: where its tracked links lead, by number; the sender keeps them with the message. */
  | { readonly type: "rendered"; readonly content: Rendered; readonly links: readonly string[] }
  | { readonly type: "refused"; readonly reason: "missing_variable" | "too_large" | "template_error"; readonly detail: string; readonly problem: TemplateProblem }; // prettier-ignore

/** The most a channel takes, in bytes of what it is sent as. Push services take 4 KB with all that is around it. */
export const CHANNEL_LIMITS = { web_push: 3_900, mobile_push: 3_900, smsParts: 10, in_app: 8_000, webhook: 256_000 } as const; // prettier-ignore
const FIELDS_MAX = 100;

/** A text of a content, by its path. */
type Text = { readonly path: string; readonly source: string; readonly surrounding: Surrounding };

function textsOf(content: Content): readonly Text[] {
  const plain = (path: string, source: string | undefined): readonly Text[] =>
    source === undefined ? [] : [{ path, source, surrounding: "text" }];
  switch (content.channel) {
    case "email":
      return [
        ...plain("subject", content.subject), ...plain("preheader", content.preheader), ...plain("text", content.text), ...plain("from", content.from),
        ...plain("replyTo", content.replyTo), ...(content.html === undefined ? [] : [{ path: "html", source: content.html, surrounding: "html" as const }]),
        ...(content.mjml === undefined ? [] : [{ path: "mjml", source: content.mjml, surrounding: "html" as const }]),
      ]; // prettier-ignore
    case "sms":
      return plain("text", content.text);
    case "whatsapp":
      return [...plain("text", content.text), ...content.values.flatMap((value, i) => plain(`values/${i}`, value))]; // prettier-ignore
    case "web_push":
      return [...plain("title", content.title), ...plain("body", content.body), ...plain("url", content.url), ...plain("icon", content.icon)]; // prettier-ignore
    case "mobile_push":
      return [...plain("title", content.title), ...plain("body", content.body), ...Object.entries(content.data).flatMap(([name, value]) => plain(`data/${name}`, value))]; // prettier-ignore
    case "in_app":
      return [...plain("title", content.title), ...plain("body", content.body), ...plain("url", content.url)];
    case "webhook":
      return [...plain("url", content.url), { path: "body", source: content.body, surrounding: "json" }];
  }
}

/** Reads a template: all that is wrong in it, or what rendering needs. */
export async function prepareTemplate(draft: TemplateDraft): Promise<Preparation> {
  const { content } = draft;
  const parts = new Map<string, Parsed>();
  const problems: TemplateProblem[] = [...shapeProblems(content)];
  for (const { path, source, surrounding } of textsOf(content)) {
    const parsed = parseLiquid(source, surrounding);
    if (isFlaw(parsed)) problems.push({ path, ...parsed });
    else parts.set(path, parsed);
  }
  if (problems.length > 0) return { type: "wrong", problems };
  if (content.channel === "email" && content.mjml !== undefined) {
    const made = await compileMjml(content.mjml);
    if (made.type === "wrong") return { type: "wrong", problems: made.flaws.map(({ message, line }) => ({ path: "mjml", message, line, column: null })) }; // prettier-ignore
    const parsed = parseLiquid(made.html, "html");
    if (isFlaw(parsed)) return { type: "wrong", problems: [{ path: "mjml", message: `Behind MJML its Liquid cannot be read: ${parsed.message}`, line: null, column: null }] }; // prettier-ignore
    parts.set("mjml", parsed);
  }
  const fields = new Set([...parts.values()].flatMap(variablesOf).filter((name) => !/^(?:links|workspace)\b/.test(name))); // prettier-ignore
  return {
    type: "prepared",
    template: { draft, parts, fields: [...fields].toSorted().slice(0, FIELDS_MAX) },
  };
}

function shapeProblems(content: Content): readonly TemplateProblem[] {
  const problem = (path: string, message: string): readonly TemplateProblem[] => [{ path, message, line: null, column: null }]; // prettier-ignore
  if (content.channel === "email" && (content.mjml === undefined) === (content.html === undefined))
    return problem("html", "An email has either mjml or html, and not both.");
  if (content.channel === "whatsapp" && (content.name === undefined) === (content.text === undefined))
    return problem("name", "A WhatsApp message has either the name of an approved template or a text, and not both."); // prettier-ignore
  return [];
}

class Refused extends Error {
  readonly reason: "missing_variable" | "too_large" | "template_error";
  readonly problem: TemplateProblem;
  constructor(reason: "missing_variable" | "too_large" | "template_error", path: string, flaw: Flaw) {
    super(flaw.message);
    this.reason = reason;
    this.problem = { path, ...flaw };
  }
}
const refuse = (reason: "too_large" | "template_error", path: string, message: string): never => {
  throw new Refused(reason, path, { message, line: null, column: null });
};

/** One message. Never throws. */
export function renderMessage(template: Prepared, data: TemplateData, options: RenderOptions): Rendering {
  const { draft, parts } = template;
  const numbering = new Numbering(options.track, options.foot ? Object.values(options.foot.links) : []);
  const at: Put = (path) => {
    const parsed = parts.get(path);
    if (!parsed) return null;
    // A template may count with `increment`, which writes into what it is given.
    const result = renderLiquid(parsed, { ...data }, options.manner, draft.onMissing);
    if (result.type === "refused") throw new Refused(result.reason, path, result.flaw);
    if (result.text.length > MESSAGE_LIMITS.renderedBytesMax) refuse("too_large", path, `Rendered, it has more than ${MESSAGE_LIMITS.renderedBytesMax} characters.`); // prettier-ignore
    return storable(result.text);
  };
  try {
    const content = contentOf(draft.content, at, numbering, options);
    const bytes =
      content.channel === "email"
        ? bytesOf(content.html) + bytesOf(content.text)
        : bytesOf(JSON.stringify(content));
    if (bytes > MESSAGE_LIMITS.renderedBytesMax) refuse("too_large", "", `Rendered, it has ${bytes} bytes; ${MESSAGE_LIMITS.renderedBytesMax} are allowed.`); // prettier-ignore
    return { type: "rendered", content, links: numbering.addresses };
  } catch (cause) {
    if (!(cause instanceof Refused)) throw cause;
    const { reason, problem } = cause;
    const where = problem.line === null ? problem.path : `${problem.path}, line ${problem.line}`;
    return { type: "refused", reason, detail: `${problem.message}${where === "" ? "" : ` (${where})`}`.slice(0, MESSAGE_LIMITS.detailCharsMax), problem }; // prettier-ignore
  }
}

type Put = (path: string) => string | null;
const bytesOf = (text: string): number => Buffer.byteLength(text);
/** Without what the store cannot hold: NUL, and halves of characters. */
const storable = (text: string): string => text.replaceAll("\u0000", "").toWellFormed();
/** On one line: no value can begin another header, or another line of a push message's title. */
// oxlint-disable-next-line no-control-regex -- they are what is taken out
const oneLine = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ").replaceAll(/ {2,}/g, " ").trim(); // prettier-ignore

function lineAt(at: Put, path: string): string | null {
  const text = at(path);
  if (text === null) return null;
  const line = oneLine(text);
  if (line.length > MESSAGE_LIMITS.subjectCharsMax) refuse("too_large", path, `Rendered, it has more than ${MESSAGE_LIMITS.subjectCharsMax} characters.`); // prettier-ignore
  return line === "" ? null : line;
}
/** A text that must be there. */
const needed = (path: string, text: string | null): string => (text === null || text.trim() === "" ? refuse("template_error", path, "Rendered, it is empty.") : text); // prettier-ignore
/** A web address or nothing. */
function addressAt(at: Put, path: string, numbering: Numbering, tracked: boolean): string | null {
  const text = at(path)?.trim() ?? "";
  if (text === "") return null;
  if (!isWebAddress(text)) refuse("template_error", path, "Rendered, it is no address that begins with https:// or http://."); // prettier-ignore
  return (tracked ? numbering.linkTo(text, false) : null) ?? text;
}
function bounded<T extends Rendered>(content: T, bytesMax: number): T {
  const bytes = bytesOf(JSON.stringify(content));
  if (bytes > bytesMax) refuse("too_large", "body", `Rendered, it has ${bytes} bytes; ${bytesMax} are allowed in this channel.`); // prettier-ignore
  return content;
}

function contentOf(content: Content, at: Put, numbering: Numbering, options: RenderOptions): Rendered {
  switch (content.channel) {
    case "email":
      return emailOf(content, at, numbering, options);
    case "sms":
      return smsOf(at, numbering);
    case "whatsapp":
      return whatsappOf(content, at, numbering);
    case "web_push":
      return bounded({ ...wordsOf(at), channel: "web_push", url: addressAt(at, "url", numbering, true), icon: addressAt(at, "icon", numbering, false) }, CHANNEL_LIMITS.web_push);
    case "mobile_push":
      return bounded({ ...wordsOf(at), channel: "mobile_push", data: Object.fromEntries(Object.keys(content.data).map((name) => [name, at(`data/${name}`) ?? ""])) }, CHANNEL_LIMITS.mobile_push);
    case "in_app":
      return bounded({ ...wordsOf(at), channel: "in_app", url: addressAt(at, "url", numbering, true), place: content.place }, CHANNEL_LIMITS.in_app);
    case "webhook":
      return webhookOf(at, numbering);
  }
} // prettier-ignore

/** What notifications and on-site messages have in common. */
const wordsOf = (at: Put) => ({ title: needed("title", lineAt(at, "title")), body: at("body") ?? "" });

function smsOf(at: Put, numbering: Numbering): Rendered {
  // The blanks that keep an amount and its currency together are in no text message's alphabet, and would halve its room.
  const text = linkText(
    needed("text", at("text"))
      .trim()
      .replaceAll(/[\u00a0\u202f]/g, " "),
    numbering,
  );
  const { parts } = smsPartsOf(text);
  if (parts > CHANNEL_LIMITS.smsParts) refuse("too_large", "text", `Rendered, it takes ${parts} text messages; ${CHANNEL_LIMITS.smsParts} are allowed.`); // prettier-ignore
  return { channel: "sms", text };
}

function whatsappOf(
  content: Content & { readonly channel: "whatsapp" },
  at: Put,
  numbering: Numbering,
): Rendered {
  const text = content.text === undefined ? null : linkText(needed("text", at("text")), numbering);
  if (text !== null && text.length > 4_096) refuse("too_large", "text", "Rendered, it has more than 4,096 characters."); // prettier-ignore
  // WhatsApp refuses values with line breaks, or empty ones.
  const values = content.values.map((_, i) => needed(`values/${i}`, oneLine(at(`values/${i}`) ?? "")).slice(0, 1_024)); // prettier-ignore
  return { channel: "whatsapp", name: content.name ?? null, language: content.language, values, text };
}

function webhookOf(at: Put, numbering: Numbering): Rendered {
  const body = needed("body", at("body"));
  if (!isJson(body)) refuse("template_error", "body", "Rendered, it is no JSON.");
  const url = needed("url", addressAt(at, "url", numbering, false));
  return bounded({ channel: "webhook", url, body }, CHANNEL_LIMITS.webhook);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof RangeError) return false;
    throw cause;
  }
}

function emailOf(content: Content & { readonly channel: "email" }, at: Put, numbering: Numbering, { foot, openPixel, manner }: RenderOptions): Rendered {
  const speech = speechIn(languageFor([manner.locale], undefined));
  const subject = needed("subject", lineAt(at, "subject"));
  const bare = needed(content.mjml === undefined ? "html" : "mjml", at(content.mjml === undefined ? "html" : "mjml"));
  const text = at("text") ?? textOf(bare);
  const preheader = lineAt(at, "preheader");
  const seen = preheader === null ? bare : afterBody(bare, `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${escaped(preheader)}</div>`);
  const html = linkHtml(foot ? footedHtml(seen, foot, speech) : seen, numbering);
  return {
    channel: "email",
    subject,
    html: openPixel === null ? html : beforeBodyEnd(html, `<img src="${escaped(openPixel)}" width="1" height="1" alt="" style="display:block;border:0">`),
    text: linkText(foot ? footedText(text, foot, speech) : text, numbering),
    from: lineAt(at, "from"),
    replyTo: lineAt(at, "replyTo"),
  };
} // prettier-ignore

function afterBody(html: string, block: string): string {
  const found = /<body\b[^<>]*>/i.exec(html);
  const end = found ? found.index + found[0].length : 0;
  return html.slice(0, end) + block + html.slice(end);
}
