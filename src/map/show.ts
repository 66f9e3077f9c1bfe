/**
 * What of a map is shown. Hiding takes moments and edges away and sums them where they were; it changes no number of what
 * is left (show.test.ts: shown and hidden together are the whole). Pure.
 */
import type { Moment } from "../analysis/model.ts";
import type { WholeMap } from "./discover.ts";
import {
  type DiscoveredMap,
  type MapEdge,
  type MapNode,
  type MapTotals,
  type Show,
  MAP_LIMITS,
} from "./model.ts";
import type { NodeRow } from "./sql.ts";

type Times = { medianMs: number | null; p90Ms: number | null };

const timesOf = ([median, p90]: readonly [number | null, number | null], n: number): Times => ({
  medianMs: n === 0 ? null : median,
  p90Ms: n < MAP_LIMITS.p90Least ? null : p90,
});

const orderOf = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** All edges of a map, the most frequent first. */
export function edgesOf({ moments, rows }: WholeMap): readonly MapEdge[] {
  const nameOf = (place: number): Moment => moments[place - 1]!;
  return rows
    .flatMap(({ node, edges }): readonly MapEdge[] => {
      const goings = edges.reduce((sum, [, transitions]) => sum + transitions, 0);
      return edges.map(([to, transitions, people, times]) => ({
        from: nameOf(node).key, to: nameOf(to).key, transitions, people, share: transitions / goings, ...timesOf(times, transitions),
        switches: nameOf(node).channel !== nameOf(to).channel,
      }));
    })
    .toSorted((a, b) => b.transitions - a.transitions || orderOf(a.from, b.from) || orderOf(a.to, b.to));
} // prettier-ignore

const WHOLE: NodeRow = { node: 0, events: 0, people: 0, cases: 0, starts: 0, ends: 0, reached: 0, again: 0, next: [null, null], lengthSum: 0, length: [0, 0], lasted: [null, null], edges: [] }; // prettier-ignore
/** The row that sums up a map. */
export const wholeOf = ({ rows }: WholeMap): NodeRow => rows.find(({ node }) => node === 0) ?? WHOLE;

/** The totals of a map, and its edges. */
export function totalsOf(map: WholeMap, edges: readonly MapEdge[]): MapTotals {
  const { events, people, cases, ends, reached, again, length, lengthSum, lasted } = wholeOf(map);
  const sum = (those: readonly MapEdge[]): number => those.reduce((n, { transitions }) => n + transitions, 0);
  const repeats = sum(edges.filter(({ from, to }) => from === to));
  return {
    cases, people, events, transitions: events - ends, moments: map.rows.filter(({ node }) => node > 0).length, edges: edges.length,
    reached: map.by === "goal" ? reached : null, repeats, loops: again - repeats, channelSwitches: sum(edges.filter(({ switches }) => switches)),
    length: { mean: cases === 0 ? 0 : lengthSum / cases, median: length[0] ?? 0 }, duration: timesOf(lasted, cases),
  };
} // prettier-ignore

/** The map with only what is asked for, and the sums of what is not. */
export function shown(map: WholeMap, show: Show, notes: readonly string[]): DiscoveredMap {
  const edges = edgesOf(map);
  const totals = totalsOf(map, edges);
  const rows = new Map(map.rows.filter(({ node }) => node > 0).map((row) => [map.moments[row.node - 1]!.key, row]));
  const kept = keptMoments([...rows], show);
  const isKept = (edge: MapEdge): boolean => kept.has(edge.from) && kept.has(edge.to) && isFrequent(edge, show);
  const keptEdges = edges.filter(isKept).slice(0, MAP_LIMITS.edgesShown);
  const unseen = unseenOf(edges, new Set(keptEdges));
  const nodes = [...kept].map((key): MapNode => nodeOf(map, rows.get(key)!, unseen)).toSorted((a, b) => b.events - a.events || (a.key < b.key ? -1 : 1));
  const transitions = keptEdges.reduce((sum, edge) => sum + edge.transitions, 0);
  return {
    type: "map", totals, nodes, edges: keptEdges, times: map.times, notes: [...notes],
    hidden: {
      moments: totals.moments - nodes.length, events: totals.events - nodes.reduce((sum, node) => sum + node.events, 0),
      edges: totals.edges - keptEdges.length, transitions: totals.transitions - transitions,
    },
  };
} // prettier-ignore

function keptMoments(rows: readonly (readonly [string, NodeRow])[], { include, exclude, momentsMost, focus }: Show): ReadonlySet<string> {
  const wanted = rows.filter(([key]) => (include === undefined || include.includes(key)) && !exclude?.includes(key));
  // What one looks at is there, however rare.
  const rank = ([key, { events }]: readonly [string, NodeRow]): number => (key === focus ? Infinity : events);
  return new Set(wanted.toSorted((a, b) => rank(b) - rank(a) || (a[0] < b[0] ? -1 : 1)).slice(0, momentsMost).map(([key]) => key));
} // prettier-ignore

function isFrequent({ share, people }: MapEdge, { edgesLeast }: Show): boolean {
  if (edgesLeast === undefined) return true;
  return "share" in edgesLeast ? share >= edgesLeast.share : people >= edgesLeast.people;
}

type Side = { edges: number; transitions: number };
type Unseen = (side: "incoming" | "outgoing", key: string) => Side;
/** Sums of the edges that are not among `kept`, by moment and side. */
function unseenOf(edges: readonly MapEdge[], kept: ReadonlySet<MapEdge>): Unseen {
  const sums = new Map<string, Side>();
  const add = (name: string, transitions: number): void => {
    const sum = sums.get(name) ?? { edges: 0, transitions: 0 };
    sums.set(name, { edges: sum.edges + 1, transitions: sum.transitions + transitions });
  };
  for (const edge of edges) {
    if (kept.has(edge)) continue;
    add(`outgoing ${edge.from}`, edge.transitions);
    add(`incoming ${edge.to}`, edge.transitions);
  }
  return (side, key) => sums.get(`${side} ${key}`) ?? { edges: 0, transitions: 0 };
}

function nodeOf({ moments, by }: WholeMap, row: NodeRow, unseen: Unseen): MapNode {
  const { key, channel, name, stage } = moments[row.node - 1]!;
  const { events, people, cases, starts, ends, reached } = row;
  const repeats = row.edges.find(([to]) => to === row.node)?.[1] ?? 0;
  return {
    key, channel, name, stage, events, people, cases, starts, ends, reached, dropOff: by === "goal" ? ends - reached : null, repeats,
    next: timesOf(row.next, events - ends), hidden: { incoming: unseen("incoming", key), outgoing: unseen("outgoing", key) },
  };
} // prettier-ignore
