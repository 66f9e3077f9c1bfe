/**
 * Where moments and the lines between them are drawn, from top to bottom, by dagre (Sugiyama's layers). A small map is laid
 * out whole, so that lines bend around moments. Of a bigger one only its backbone is: the strongest way into and out of each
 * moment and the strongest overall; all lines are curves between the places found. Of the biggest the places are rows by how
 * far they are from the beginning (arrange-broad.ts). Pure; meant for a worker.
 */
import { Graph, layout } from "@dagrejs/dagre";
import { broadly } from "./arrange-broad.ts";

export const CARD = { width: 196, height: 58 } as const;
/** The start and the end. */
export const PILL = { width: 128, height: 32 } as const;
/** Up to so many lines all take part in the layout, with room for their labels. */
const WHOLE_MAX = 220;
/** Up to so many moments dagre finds their places; for more it takes too long. */
const DAGRE_MAX = 80;
/** What a label takes, with air around it. */
const LABEL = { width: 88, height: 18 } as const;
/** Where along a line its label may stand, the best place first. */
const LABEL_PLACES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78] as const;

type Point = { readonly x: number; readonly y: number };
/** What is to be placed; `outer`: the start or the end. */
export type ToArrange = {
  readonly places: readonly { readonly key: string; readonly outer: boolean }[];
  readonly lines: readonly {
    readonly id: string;
    readonly from: string;
    readonly to: string;
    readonly n: number;
    readonly outer: boolean;
  }[];
};
export type Arranged = {
  readonly width: number;
  readonly height: number;
  /** Key -> the upper left corner. */
  readonly places: ReadonlyMap<string, Point>;
  /** Line -> its path, and where its label stands; null: there is no room that others do not need more. */
  readonly lines: ReadonlyMap<string, { readonly path: string; readonly labelAt: Point | null }>;
};
type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type Drawn = ToArrange["lines"][number];

/** The strongest way into and out of each moment, then the strongest of all until there are twice as many as moments. */
export function backboneOf({ places, lines }: ToArrange): readonly Drawn[] {
  const strongest = lines.toSorted((a, b) => b.n - a.n || (a.id < b.id ? -1 : 1));
  const [left, reached] = [new Set<string>(), new Set<string>()];
  const kept = new Set<Drawn>();
  for (const line of strongest) {
    if (left.has(line.from) && reached.has(line.to)) continue;
    left.add(line.from);
    reached.add(line.to);
    kept.add(line);
  }
  for (const line of strongest) {
    if (kept.size >= 2 * places.length) break;
    kept.add(line);
  }
  return [...kept];
}

/** A soft line through points. */
function softly(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const last = rest.at(-1);
  if (!last) return `M${at(first)}`;
  const bends = rest.slice(0, -1).map((point, i) => `Q${at(point)} ${at(i === rest.length - 2 ? last : middle(point, rest[i + 1]!))}`);
  return `M${at(first)}${bends.join("")}L${at(last)}`;
} // prettier-ignore

/** Points of a curve between two boxes: down from below to above, and back up at the side. */
function between(from: Box, to: Box): { readonly path: string; readonly points: readonly Point[] } {
  const down = to.y > from.y;
  const [a, b] = down
    ? [{ x: from.x + from.width / 2, y: from.y + from.height }, { x: to.x + to.width / 2, y: to.y }]
    : [{ x: from.x + from.width, y: from.y + from.height / 2 }, { x: to.x + to.width, y: to.y + to.height / 2 }];
  const bend = down ? Math.max(24, (b.y - a.y) / 2) : 60 + Math.abs(b.y - a.y) / 8;
  const side = Math.max(a.x, b.x) + bend;
  const [c, d] = down ? [{ x: a.x, y: a.y + bend }, { x: b.x, y: b.y - bend }] : [{ x: side, y: a.y }, { x: side, y: b.y }];
  const n = (value: number): string => value.toFixed(1);
  const at = (t: number): Point => {
    const [p, q, r, o] = [(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t ** 2, t ** 3];
    return { x: p * a.x + q * c.x + r * d.x + o * b.x, y: p * a.y + q * c.y + r * d.y + o * b.y };
  };
  return {
    path: `M${n(a.x)} ${n(a.y)}C${n(c.x)} ${n(c.y)} ${n(d.x)} ${n(d.y)} ${n(b.x)} ${n(b.y)}`,
    points: [0, 0.25, 0.5, 0.75, 1].map(at),
  };
} // prettier-ignore

/** The point at a part of the way along points. */
function along(points: readonly Point[], part: number): Point {
  const pieces = points.slice(1).map((to, i) => ({ from: points[i]!, to, long: Math.hypot(to.x - points[i]!.x, to.y - points[i]!.y) }));
  let left = part * pieces.reduce((sum, { long }) => sum + long, 0);
  for (const { from, to, long } of pieces) {
    if (left <= long && long > 0) return { x: from.x + ((to.x - from.x) * left) / long, y: from.y + ((to.y - from.y) * left) / long };
    left -= long;
  }
  return points.at(-1)!;
} // prettier-ignore

type Routed = {
  readonly id: string;
  readonly n: number;
  readonly path: string;
  readonly points: readonly Point[];
};
/** Where labels stand: on their line, over no moment and no label of a stronger line; who finds no room has none. */
function labelled(lines: readonly Routed[], boxes: readonly Box[]): ReadonlyMap<string, Point> {
  const taken: Box[] = [...boxes];
  const places = new Map<string, Point>();
  for (const { id, points } of lines.toSorted((a, b) => b.n - a.n || (a.id < b.id ? -1 : 1)))
    for (const part of LABEL_PLACES) {
      const at = along(points, part);
      const box = { x: at.x - LABEL.width / 2, y: at.y - LABEL.height / 2, ...LABEL };
      const free = taken.every((other) => box.x >= other.x + other.width || other.x >= box.x + box.width || box.y >= other.y + other.height || other.y >= box.y + box.height);
      if (!free) continue;
      taken.push(box);
      places.set(id, at);
      break;
    }
  return places;
} // prettier-ignore

function graphOf({ places }: ToArrange, routed: readonly Drawn[]): Graph {
  const graph = new Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 34, edgesep: 14, ranksep: 50, marginx: 32, marginy: 28, acyclicer: "greedy" });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { key, outer } of places) graph.setNode(key, outer ? { ...PILL } : { ...CARD });
  const most = Math.max(1, ...routed.map(({ n }) => n));
  // Beginnings and ends pull least: the ways between moments make the picture. Whole numbers: with others dagre never ends.
  for (const { from, to, n, outer } of routed) graph.setEdge(from, to, { weight: outer ? 1 : 2 + Math.round((18 * n) / most), minlen: 1 });
  return graph;
} // prettier-ignore

type Placed = { readonly boxes: ReadonlyMap<string, Box>; readonly width: number; readonly height: number };
const sized = (outer: boolean) => (outer ? PILL : CARD);

/** Rows; the end, which is the last place, stands below all of them. */
function placedBroadly({ places, lines }: ToArrange): Placed {
  const outer = new Map(places.map((place) => [place.key, place.outer]));
  const last = places.at(-1)!;
  const inner = last.outer ? places.slice(0, -1) : places;
  const found = broadly(inner.map(({ key }) => key), lines.filter(({ to }) => outer.get(to) !== true), (key) => sized(outer.get(key)!));
  const boxes = new Map<string, Box>([...found.places].map(([key, at]) => [key, { ...at, ...sized(outer.get(key)!) }]));
  if (last.outer) boxes.set(last.key, { x: (found.width - PILL.width) / 2, y: found.height, ...PILL });
  return { boxes, width: found.width, height: found.height + (last.outer ? 2 * PILL.height : 0) };
} // prettier-ignore

function placedByDagre(given: ToArrange, drawn: readonly Drawn[]): Placed & { readonly graph: Graph } {
  const graph = graphOf(given, drawn);
  layout(graph);
  const boxes = new Map<string, Box>();
  for (const { key } of given.places) {
    const { x, y, width, height } = graph.node(key) as Box;
    boxes.set(key, { x: x - width / 2, y: y - height / 2, width, height });
  }
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { graph, boxes, width, height };
}

const corners = (boxes: ReadonlyMap<string, Box>): ReadonlyMap<string, Point> =>
  new Map([...boxes].map(([key, { x, y }]) => [key, { x, y }]));

/** A map that is too big for its lines to bend around moments: curves between the places found. */
function arrangeBig(given: ToArrange): Arranged {
  const { boxes, width, height } =
    given.places.length > DAGRE_MAX ? placedBroadly(given) : placedByDagre(given, backboneOf(given));
  const lines = given.lines.map(({ id, from, to }) => {
    const { path, points } = between(boxes.get(from)!, boxes.get(to)!);
    return [id, { path, labelAt: along(points, 0.5) }] as const;
  });
  // Curves back up lean out at the side.
  return { width: width + 120 + height / 8, height, places: corners(boxes), lines: new Map(lines) };
}

/** Places everything. Deterministic. */
export function arrange(given: ToArrange): Arranged {
  if (given.lines.length > WHOLE_MAX || given.places.length > DAGRE_MAX) return arrangeBig(given);
  const { graph, boxes, width, height } = placedByDagre(given, given.lines);
  const lines = given.lines.map(({ id, from, to, n }): Routed => {
    const { points } = graph.edge(from, to) as { points: Point[] };
    return { id, n, points, path: softly(points) };
  });
  const labels = labelled(lines, [...boxes.values()]);
  return {
    width, height, places: corners(boxes),
    lines: new Map(lines.map(({ id, path }) => [id, { path, labelAt: labels.get(id) ?? null }])),
  };
} // prettier-ignore
