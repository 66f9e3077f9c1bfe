/**
 * What of a discovered map is drawn: its moments, and the ways between them as lines, with a start above and an end below.
 * Nothing is counted anew; what is not drawn is told beside the drawing. Pure.
 */
import type { DiscoveredMap, MapNode } from "../../src/map/model.ts";
import type { PartAsked } from "./calls.ts";

/** Where cases begin and end, as if they were moments. No moment's key holds this character. */
export const START = "\u0001start";
export const END = "\u0001end";
/** Beginnings and endings of a smaller share of cases are told in the panel only. */
const OUTER_LEAST_RATIO = 0.05;

/** A way as it is drawn. */
export type Line = {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly kind: "way" | "switch" | "start" | "end";
  /** How often it was gone; of a beginning or end: cases. */
  readonly n: number;
  /** null: cases are counted, not people. */
  readonly people: number | null;
  /** Of the goings from its moment; of a beginning or end: of all cases. */
  readonly share: number;
  readonly medianMs: number | null;
  readonly p90Ms: number | null;
  readonly part: PartAsked;
};
export type Scene = {
  readonly moments: readonly MapNode[];
  readonly lines: readonly Line[];
  /** Cases whose beginning or end is not drawn as a line. */
  readonly beginElsewhere: number;
  readonly endElsewhere: number;
};

/** A line's name in the drawing. */
const lineId = (from: string, to: string): string => `${from}\u0002${to}`;

type Outer = { readonly lines: readonly Line[]; readonly elsewhere: number };
function outer({ nodes, totals }: DiscoveredMap, kind: "start" | "end"): Outer {
  const nOf = (node: MapNode) => (kind === "start" ? node.starts : node.ends);
  const drawn = nodes.filter((node) => nOf(node) > 0 && nOf(node) >= OUTER_LEAST_RATIO * totals.cases);
  const lines = drawn.map((node): Line => {
    const [from, to] = kind === "start" ? [START, node.key] : [node.key, END];
    const n = nOf(node);
    return {
      id: lineId(from, to), from, to, kind, n, people: null, share: n / totals.cases, medianMs: null, p90Ms: null,
      part: { type: kind, moment: node.key },
    };
  }); // prettier-ignore
  return { lines, elsewhere: totals.cases - lines.reduce((sum, { n }) => sum + n, 0) };
}

/** The scene of a map. A moment's ways to itself are told on its card. */
export function sceneOf(map: DiscoveredMap): Scene {
  const starts = outer(map, "start");
  const ends = outer(map, "end");
  const ways = map.edges
    .filter(({ from, to }) => from !== to)
    .map(({ from, to, transitions, people, share, medianMs, p90Ms, switches }): Line => ({
      id: lineId(from, to), from, to, kind: switches ? "switch" : "way", n: transitions, people, share, medianMs, p90Ms,
      part: { type: "edge", from, to },
    })); // prettier-ignore
  return {
    moments: map.nodes,
    lines: [...starts.lines, ...ways, ...ends.lines],
    beginElsewhere: starts.elsewhere,
    endElsewhere: ends.elsewhere,
  };
}

/** The moment a part of the map is about, for what stands beside it; null for one of two moments. */
export const momentOf = (part: PartAsked): string | null => ("moment" in part ? part.moment : null);

/** The line of a part; null for a moment. */
export function lineOf({ lines }: Scene, part: PartAsked): Line | null {
  if (part.type === "edge") return lines.find(({ id }) => id === lineId(part.from, part.to)) ?? null;
  if (part.type === "start") return lines.find(({ id }) => id === lineId(START, part.moment)) ?? null;
  if (part.type === "end" || part.type === "drop_off")
    return lines.find(({ id }) => id === lineId(part.moment, END)) ?? null;
  return null;
}
