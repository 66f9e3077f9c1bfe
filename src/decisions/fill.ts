/**
 * Content as a customer is to see it: Liquid in its texts, read as templates are (strictly: what the customer lacks is
 * no empty place on a page but a candidate that is not shown). Texts are plain: whoever shows them sets them as text.
 */
import type { Manner } from "../messages/liquid-filters.ts";
import { type Parsed, isFlaw, parseLiquid, renderLiquid, variablesOf } from "../messages/liquid.ts";
import type { TemplateData } from "../messages/render-data.ts";
import type { Problem } from "../segments/plan.ts";
import type { Json, JsonObject } from "../values.ts";
import type { Filled } from "./decide.ts";
import { DECISION_LIMITS } from "./model.ts";

/** The texts of a content that hold Liquid, read once. */
export type PreparedContent = {
  readonly content: JsonObject;
  readonly texts: ReadonlyMap<string, Parsed>;
  /** Whether its Liquid may read what is in the catalogue of the customer's own products: cart, viewed, or all of the customer. */
  readonly readsProducts: boolean;
};
/** What a rendering reads. */
export type Reading = { readonly data: TemplateData; readonly manner: Manner };

/** Reads the Liquid of a content; what is wrong with it, each by its place. */
export function prepareContent(content: JsonObject): { readonly prepared: PreparedContent; readonly problems: readonly Problem[] } {
  const texts = new Map<string, Parsed>();
  const problems: Problem[] = [];
  for (const text of textsIn(content)) {
    if (!/\{[{%]/.test(text) || texts.has(text)) continue;
    const parsed = parseLiquid(text, "text");
    if (isFlaw(parsed)) problems.push({ path: "content", message: `${parsed.message} (in "${text.slice(0, 60)}")` });
    else texts.set(text, parsed);
  }
  if (texts.size > DECISION_LIMITS.contentTexts) problems.push({ path: "content", message: `At most ${DECISION_LIMITS.contentTexts} texts hold Liquid.` });
  const readsProducts = [...texts.values()].flatMap(variablesOf).some((name) => READS_PRODUCTS.test(name));
  return { prepared: { content, texts, readsProducts }, problems };
} // prettier-ignore

/** `customer` and `customer[name]` may be anything of the customer. */
const READS_PRODUCTS = /^(?:items?\b|customer(?:$|\[|\.(?:cart|viewed)\b))/;

function textsIn(value: Json): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap((inner: Json) => textsIn(inner));
}

/** The content for one customer; `reading` is asked for only where there is Liquid. Never throws. */
export function fillContent({ content, texts }: PreparedContent, reading: () => Reading): Filled {
  if (texts.size === 0) return { type: "filled", content };
  const { data, manner } = reading();
  let detail: string | null = null;
  const filledIn = (value: Json): Json => {
    if (typeof value === "string") {
      const parsed = texts.get(value);
      if (!parsed) return value;
      const result = renderLiquid(parsed, { ...data }, manner, "refuse");
      if (result.type === "rendered") return result.text;
      detail ??= result.flaw.message;
      return "";
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((inner: Json) => filledIn(inner));
    return Object.fromEntries(Object.entries(value).map(([name, inner]: [string, Json]) => [name, filledIn(inner)]));
  };
  const filled = filledIn(content) as JsonObject;
  return detail === null ? { type: "filled", content: filled } : { type: "unfilled", detail };
} // prettier-ignore
