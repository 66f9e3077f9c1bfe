/**
 * MJML made into HTML, once for each version of a template: Liquid stays what it is, and values are put in afterwards.
 *
 * Every piece of Liquid goes through MJML as a word that means nothing to it, and is put back behind it. A Liquid tag that
 * stands between components (a loop over columns, say) is carried in `mj-raw`, since MJML keeps no text there. MJML is
 * large and rarely needed, so it is loaded when the first template asks for it.
 */
import { createRequire } from "node:module";
import { tokensOf } from "./liquid.ts";

/** What is wrong, and where. */
export type MjmlFlaw = { readonly message: string; readonly line: number | null };
export type Compiled = { readonly type: "compiled"; readonly html: string } | { readonly type: "wrong"; readonly flaws: readonly MjmlFlaw[] }; // prettier-ignore

const FLAWS_MAX = 20;
/** A document deeper than this is nobody's email, and would cost MJML its stack. */
const DEPTH_MAX = 100;

type Component = { readonly componentName?: string; readonly endingTag?: boolean };
type Mjml = { readonly render: (source: string) => Promise<{ readonly html: string; readonly errors: readonly { readonly line: number; readonly message: string }[] }>; readonly endings: ReadonlySet<string> }; // prettier-ignore

/** The parts of MJML's packages that are used; they bring no types of their own. */
type Core = {
  readonly default: (source: string, options: object) => ReturnType<Mjml["render"]>;
  readonly components: object;
  readonly assignComponents: (into: object, from: readonly Component[]) => void;
};
type Preset = { readonly components: readonly Component[]; readonly dependencies: object };
type Validator = {
  readonly dependencies: object;
  readonly assignDependencies: (into: object, from: object) => void;
};

let loaded: Mjml | null = null;
function load(): Mjml {
  const require = createRequire(import.meta.url);
  const core = require("mjml-core") as Core;
  const validator = require("mjml-validator") as Validator;
  const { components, dependencies } = require("mjml-preset-core") as Preset;
  core.assignComponents(core.components, components);
  validator.assignDependencies(validator.dependencies, dependencies);
  const endings = components.flatMap(({ componentName, endingTag }) => endingTag && componentName ? [componentName] : []); // prettier-ignore
  return {
    // No fonts are fetched from elsewhere unless the template says so itself, and no file is ever read.
    render: (source) => core.default(source, { fonts: {}, ignoreIncludes: true, validationLevel: "soft" }),
    endings: new Set(endings),
  };
}

/** The HTML of an MJML document whose Liquid has been read before without a fault. */
export async function compileMjml(source: string): Promise<Compiled> {
  if (/<mj-include\b/i.test(source)) return wrong("mj-include reads files, which templates may not.", lineOf(source, source.search(/<mj-include\b/i))); // prettier-ignore
  const { words, text } = hide(source);
  if (!/<mjml[\s>]/i.test(text)) return wrong("An MJML document begins with <mjml> and has its content in <mj-body>.", 1); // prettier-ignore
  if (text.lastIndexOf("<!--") > text.lastIndexOf("-->")) return wrong("A comment is not closed.", lineOf(text, text.lastIndexOf("<!--"))); // prettier-ignore
  loaded ??= load();
  const mjml = loaded;
  const deep = tooDeepAt(text);
  if (deep !== null) return wrong(`Components are nested more than ${DEPTH_MAX} deep.`, lineOf(text, deep));
  let made: Awaited<ReturnType<Mjml["render"]>>;
  try {
    made = await mjml.render(carried(text, mjml.endings));
  } catch (cause) {
    // Its parser throws on what is no document at all.
    return wrong(cause instanceof Error ? cause.message.split("\n")[0]! : String(cause), null);
  }
  // Where Liquid gives a colour or a width, MJML cannot know whether it will be one.
  const flaws = made.errors.filter(({ message }) => !message.includes(words.mark)).map(({ message, line }) => ({ message, line })); // prettier-ignore
  const lost = words.lostIn(made.html);
  if (lost !== null) flaws.push({ message: `${lost.text} stands where MJML keeps no text: put it into mj-text or mj-raw.`, line: lineOf(source, lost.at) }); // prettier-ignore
  if (flaws.length > 0) return { type: "wrong", flaws: flaws.slice(0, FLAWS_MAX) };
  return { type: "compiled", html: words.shown(made.html) };
}

const wrong = (message: string, line: number | null): Compiled => ({ type: "wrong", flaws: [{ message, line }] }); // prettier-ignore
const lineOf = (source: string, at: number): number => source.slice(0, Math.max(0, at)).split("\n").length;

type Words = {
  /** What every word begins with; it stands nowhere else in the source. */
  readonly mark: string;
  /** The Liquid put back. */
  shown(html: string): string;
  /** The first piece of Liquid that is not in the HTML. */
  lostIn(html: string): { readonly text: string; readonly at: number } | null;
};

/** The source with a word in place of each piece of Liquid, on as many lines as before. */
function hide(source: string): { readonly words: Words; readonly text: string } {
  let mark = "tlq";
  while (source.toLowerCase().includes(mark)) mark += "q";
  const hidden: { readonly text: string; readonly at: number }[] = [];
  const text = tokensOf(source)
    .map((token) => {
      const own = source.slice(token.begin, token.end);
      // Raw Liquid is a tag, plain text and a tag; the text is MJML's.
      if (!/^\{[{%]/.test(own) || own === "") return own;
      hidden.push({ text: own, at: token.begin });
      return `${mark}${hidden.length - 1}z${"\n".repeat(own.split("\n").length - 1)}`;
    })
    .join("");
  const pattern = new RegExp(`${mark}(\\d+)z`, "g");
  const words: Words = {
    mark,
    shown: (html) => html.replaceAll(pattern, (_all, number: string) => hidden[Number(number)]!.text),
    lostIn: (html) => {
      const kept = new Set([...html.matchAll(pattern)].map(([, number]) => Number(number)));
      return hidden.find(({ text: own }, i) => !kept.has(i) && !/^\{%-?\s*(?:comment|endcomment|#)/.test(own)) ?? null;
    }, // prettier-ignore
  };
  return { words, text };
}

/** Tags of components; what stands inside an ending one (mj-text, mj-button) is HTML and none of ours. */
const TAG = /<!--[\s\S]*?-->|<(\/?)(mj[a-z-]*)\b[^<>]*?(\/?)>/gi;

/** The source with text between components carried in `mj-raw`, and blank text left alone. */
function carried(text: string, endings: ReadonlySet<string>): string {
  const body = text.search(/<mj-body\b/i);
  let out = "";
  let at = 0;
  let inside: string | null = null;
  for (const match of text.matchAll(TAG)) {
    const [tag, slash, given, end] = match;
    const [closing, name, selfClosing] = [slash === "/", (given ?? "").toLowerCase(), end === "/"];
    const between = text.slice(at, match.index);
    out += inside === null && body !== -1 && at > body && /\btlq+\d+z\b/.test(between) ? between.replaceAll(/tlq+\d+z/g, "<mj-raw>$&</mj-raw>") : between; // prettier-ignore
    out += tag!;
    at = match.index + tag!.length;
    if (inside === null && !closing && !selfClosing && endings.has(name)) inside = name;
    else if (closing && inside === name) inside = null;
  }
  return out + text.slice(at);
}

/** Where components stand too deep in each other; null where nowhere. */
function tooDeepAt(text: string): number | null {
  let depth = 0;
  for (const match of text.matchAll(/<(\/?)[a-z][a-z0-9-]*\b[^<>]*?(\/?)>/gi)) {
    if (match[1] !== "") depth = Math.max(0, depth - 1);
    else if (match[2] === "" && !VOID.test(match[0]) && ++depth > DEPTH_MAX) return match.index;
  }
  return null;
}
const VOID = /^<(?:br|hr|img|input|meta|link|area|col|wbr)\b/i;
