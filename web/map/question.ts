/**
 * What of history the map is asked about, as it stands in the address: the scope that all rooms share, what of it is one
 * case, and how finely moments are told apart. Pure.
 */
import type { z } from "zod";
import type { CaseBy, MomentGrouping } from "../../src/analysis/model.ts";
import { SCOPE_NAMES, type ScopeAsked, type ScopeSearch } from "../analysis/scope.ts";
import { CHANNEL_WORDS, CHANNELS } from "../ui/words.ts";
import type { PartAsked } from "./calls.ts";

type CaseAsked = z.input<typeof CaseBy>;
type GroupingAsked = z.input<typeof MomentGrouping>;

const OWN_NAMES = ["by", "gap", "start", "goal", "property", "detail", "stages"] as const;
/** The names in the address that every view of the map shares. */
export const MAP_NAMES = [...SCOPE_NAMES, ...OWN_NAMES] as const;
export type MapSearch = ScopeSearch & { readonly [name in (typeof OWN_NAMES)[number]]?: string };

/** How finely moments are told apart. */
export const DETAILS = [
  { value: "", label: "As the workspace groups them" },
  { value: "pages", label: "All pages of a channel as one" },
  { value: "any", label: "The same in any channel" },
  { value: "channels", label: "Channels only" },
] as const;

const MINUTE_MS = 60_000;
const GAP_MINUTES_MAX = 7 * 24 * 60;
/** After how many quiet minutes a visit is over, where the address says nothing. */
export const GAP_MINUTES = 30;

/** What of a customer's history is one case; the address of a goal or key without its name means customers. */
export function caseOf({ by, gap, start, goal, property }: MapSearch): CaseAsked {
  if (by === "visit") {
    const minutes = Number(gap);
    const fits = Number.isInteger(minutes) && minutes >= 1 && minutes <= GAP_MINUTES_MAX;
    return { by, gapMs: (fits ? minutes : GAP_MINUTES) * MINUTE_MS };
  }
  if (by === "goal" && goal) return { by, goal, ...(start ? { start } : {}) };
  if (by === "key" && property) return { by, property };
  return { by: "customer" };
}

/** A case in words, as it stands on the button that changes it. */
export function caseWords(asked: CaseAsked): string {
  switch (asked.by) {
    case "customer":
      return "By customer";
    case "visit":
      return "By visit";
    case "goal":
      if (asked.start === asked.goal) return `From ${asked.goal} to the next`;
      return asked.start ? `${asked.start} to ${asked.goal}` : `Up to ${asked.goal}`;
    case "key":
      return `By ${asked.property}`;
  }
}

/** Whether the workspace's own grouping has to be known before it can be asked. */
export const needsGrouping = ({ detail }: MapSearch): boolean => detail === "pages" || detail === "any";

/** The grouping the address asks for; undefined: the workspace's own. */
export function groupingOf(
  { detail }: MapSearch,
  own: MomentGrouping | undefined,
): GroupingAsked | undefined {
  if (detail === "channels")
    return { rules: CHANNELS.map((channel) => ({ channel, as: CHANNEL_WORDS[channel].label })) };
  if (detail === "pages" && own) return { ...own, pages: "together" };
  if (detail === "any" && own) return { ...own, channels: "together" };
  return undefined;
}

/** What every request about the map begins with. */
export type Question = {
  readonly scope: ScopeAsked;
  readonly case: CaseAsked;
  readonly stages: boolean;
  readonly grouping?: GroupingAsked;
};
/** The question of an address. */
export function questionOf(search: MapSearch, scope: ScopeAsked, own: MomentGrouping | undefined): Question {
  const grouping = groupingOf(search, own);
  return { scope, case: caseOf(search), stages: search.stages === "yes", ...(grouping ? { grouping } : {}) };
}

/** A part of the map as one text in the address. */
export function textOfPart(part: PartAsked): string {
  const keys =
    part.type === "edge" ? [part.from, part.to] : part.type === "variant" ? part.moments : [part.moment];
  return [part.type, ...keys.map(encodeURIComponent)].join(",");
}

/** The part of a text; null where it is none. Variants are not told in the address: they may be long. */
export function partOf(text: string | undefined): PartAsked | null {
  const [type, ...coded] = (text ?? "").split(",");
  let keys: string[];
  try {
    keys = coded.map(decodeURIComponent);
  } catch (fault) {
    // An address that was cut in the middle of a character names nothing.
    if (fault instanceof URIError) return null;
    throw fault;
  }
  const [first, second] = keys;
  if (!first) return null;
  if (type === "edge") return second ? { type, from: first, to: second } : null;
  return type === "moment" || type === "start" || type === "end" || type === "drop_off"
    ? { type, moment: first }
    : null;
}
