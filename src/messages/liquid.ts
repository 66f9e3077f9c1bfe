/**
 * Liquid as templates speak it: strict, bounded, without files, clock or randomness, and unable to be told anything by
 * the values it prints. Values are put in last and never read as Liquid again.
 *
 * Three engines that differ in what a value may do to its surroundings: in HTML its signs are escaped, in JSON it stays
 * inside its string, in plain text it is as it is. Differences to other Liquids: arithmetic is decimal (liquid-numbers.ts),
 * `date` and the filters of liquid-filters.ts tell time in the customer's zone, and what could read files, draw lots or
 * read a value as an expression is not there.
 */
import { Liquid, type Template, Tokenizer, type TopLevelToken, UndefinedVariableError } from "liquidjs";
import { ARITHMETIC, type Manner, instantIn, isFloating, moneyOf, momentOf } from "./liquid-filters.ts";
import { MESSAGE_LIMITS } from "./model.ts";

/** What surrounds a value. */
export type Surrounding = "html" | "text" | "json";
/** What is wrong in a text, and where in it; null where only the whole is known. Lines and columns count from 1. */
export type Flaw = { readonly message: string; readonly line: number | null; readonly column: number | null };
/** A text made ready. */
export type Parsed = { readonly surrounding: Surrounding; readonly templates: readonly Template[] };
export type LiquidResult =
  | { readonly type: "rendered"; readonly text: string }
  | { readonly type: "refused"; readonly reason: "missing_variable" | "template_error" | "too_large"; readonly flaw: Flaw }; // prettier-ignore

/** A compiled MJML is longer than what was written. */
const PARSE_CHARS_MAX = MESSAGE_LIMITS.sourceCharsMax * 20;
const PIECES_MAX = 50_000;
const NESTED_MAX = 100;
/** They read files, or one text in another's place. */
const TAGS_GONE = ["include", "render", "layout", "block"];
/** They draw lots, read the machine's own clock and zone, or take a value as an expression. */
const FILTERS_GONE = [
  "sample", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string",
  "where_exp", "group_by_exp", "has_exp", "find_exp", "find_index_exp", "reject_exp",
]; // prettier-ignore

const inJson = (value: unknown): string => JSON.stringify(textOf(value)).slice(1, -1);
const textOf = (value: unknown): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value as string); // prettier-ignore

const ENGINES: { readonly [surrounding in Surrounding]: Liquid } = {
  html: engine("html"),
  text: engine("text"),
  json: engine("json"),
};

function engine(surrounding: Surrounding): Liquid {
  const made = new Liquid({
    strictFilters: true,
    // In conditions, and before `default`, what is missing is simply not there.
    lenientIf: true,
    ownPropertyOnly: true,
    templates: {},
    timezoneOffset: 0,
    parseLimit: PARSE_CHARS_MAX,
    renderLimit: MESSAGE_LIMITS.renderMsMax,
    memoryLimit: MESSAGE_LIMITS.memoryMax,
    ...(surrounding === "html" && { outputEscape: "escape" as const }),
    ...(surrounding === "json" && { outputEscape: inJson }),
  });
  for (const tag of TAGS_GONE) delete made.tags[tag];
  for (const filter of FILTERS_GONE) made.unregisterFilter(filter);
  for (const [name, filter] of Object.entries(ARITHMETIC)) made.registerFilter(name, filter);
  const date = made.filters["date"] as (this: unknown, ...args: readonly unknown[]) => unknown;
  made.registerFilter("date", function (value: unknown, format: unknown, zone: unknown) {
    const manner = mannerOf(this.context.globals);
    const at = instantIn(value, manner.now);
    return at === null ? value : date.call(this, new Date(at), format, zone ?? (isFloating(value) ? "UTC" : manner.zone)); // prettier-ignore
  });
  made.registerFilter("money", function (value: unknown, currency: unknown) {
    return moneyOf(mannerOf(this.context.globals), value, currency, false);
  });
  made.registerFilter("money_minor", function (value: unknown, currency: unknown) {
    return moneyOf(mannerOf(this.context.globals), value, currency, true);
  });
  for (const [name, parts] of [
    ["local_date", "date"],
    ["local_time", "time"],
    ["local_datetime", "both"],
  ] as const)
    // prettier-ignore
    made.registerFilter(name, function (value: unknown, style: unknown) {
      return momentOf(mannerOf(this.context.globals), value, style, parts);
    });
  // The whole value, with its own quotes: the only thing that may bring JSON into JSON.
  if (surrounding === "json") made.registerFilter("json", { raw: true, handler: (value: unknown) => JSON.stringify(value ?? null) }); // prettier-ignore
  return made;
}

/** The manner of a rendering travels among the engine's globals, under a name no template can write. */
const MANNER = Symbol("manner");
const mannerOf = (globals: object): Manner => (globals as { [MANNER]: Manner })[MANNER];

/** Reads a text as Liquid. */
export function parseLiquid(source: string, surrounding: Surrounding): Parsed | Flaw {
  try {
    const templates = ENGINES[surrounding].parse(source);
    return depthOf(templates) > NESTED_MAX
      ? { message: `Tags are nested more than ${NESTED_MAX} deep.`, line: null, column: null }
      : { surrounding, templates };
  } catch (cause) {
    return flawOf(cause);
  }
}
/** Whether it could not be read. */
export const isFlaw = (value: object): value is Flaw => "message" in value;

/** Puts values in. Never throws, whatever the values are. */
export function renderLiquid(
  { surrounding, templates }: Parsed,
  data: object,
  manner: Manner,
  onMissing: "refuse" | "empty",
): LiquidResult {
  try {
    const text: unknown = ENGINES[surrounding].renderSync([...templates], data, {
      globals: { [MANNER]: manner },
      strictVariables: onMissing === "refuse",
      templateLimit: PIECES_MAX,
    });
    return { type: "rendered", text: textOf(text) };
  } catch (cause) {
    const flaw = flawOf(cause);
    if (isMissing(cause)) return { type: "refused", reason: "missing_variable", flaw };
    return { type: "refused", reason: isTooLarge(cause) ? "too_large" : "template_error", flaw };
  }
}

/** The variables a text reads that it does not make itself: `customer.traits.firstName`. Never throws. */
export function variablesOf({ surrounding, templates }: Parsed): readonly string[] {
  return ENGINES[surrounding].globalFullVariablesSync([...templates]);
}

/** The text taken apart into what is Liquid and what is not, as the engine does it. The text must have been read before. */
export function tokensOf(source: string): readonly TopLevelToken[] {
  return new Tokenizer(source).readTopLevelTokens();
}

const isMissing = (cause: unknown): boolean =>
  UndefinedVariableError.is(cause) && (cause as Error).name === "UndefinedVariableError";
const isTooLarge = (cause: unknown): boolean =>
  cause instanceof Error && /limit exceeded|Invalid string length|Maximum call stack/.test(cause.message);

/** A fault of the engine as what is wrong and where; it writes the place behind its message. */
function flawOf(cause: unknown): Flaw {
  if (!(cause instanceof Error)) throw cause;
  const [, message = "", line, column] = /^([\s\S]*?)(?:, line:(\d+), col:(\d+))?$/.exec(cause.message) ?? [];
  return {
    message: message.slice(0, MESSAGE_LIMITS.detailCharsMax),
    line: line === undefined ? null : Number(line),
    column: column === undefined ? null : Number(column),
  };
}

/** How deep tags stand in each other, without recursion. */
function depthOf(templates: readonly Template[]): number {
  let deepest = 0;
  let level: readonly unknown[] = templates;
  while (level.length > 0 && deepest <= NESTED_MAX) {
    deepest++;
    level = level.flatMap(insideOf);
  }
  return deepest;
}
function insideOf(template: unknown): readonly unknown[] {
  const { templates = [], elseTemplates = [], branches = [] } = template as { readonly templates?: readonly unknown[]; readonly elseTemplates?: readonly unknown[]; readonly branches?: readonly { readonly templates?: readonly unknown[] }[] }; // prettier-ignore
  return [...templates, ...elseTemplates, ...branches.flatMap((branch) => branch.templates ?? [])];
}
