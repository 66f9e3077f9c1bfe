/**
 * Where everything of a journey is drawn: from top to bottom, by dagre. Coordinates are computed from the draft each time
 * and stored nowhere, so that a journey in git says what happens and nothing else. Pure.
 */
import { Graph, layout } from "@dagrejs/dagre";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import { waysOf } from "../../src/journeys/ways.ts";
import { ENTRY_NODE, outlineOf, type Place, wayId } from "./edit.ts";
import { type JourneyNames, wayWords } from "./words.ts";

const SIZES = { entry: [264, 70], step: [264, 70], end: [72, 28] } as const;
/** What the figures under a step take. */
const FIGURES_HEIGHT = 30;
const LABEL_CHARS_MAX = 30;

type Point = { readonly x: number; readonly y: number };
/** A node with the place of its upper left corner. `end` is where a way leads to nothing. */
export type PlacedNode = {
  readonly id: string;
  readonly kind: "entry" | "step" | "end";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};
/** A way as a line, with where its label stands. */
export type PlacedWay = {
  readonly id: string;
  readonly place: Place;
  readonly from: string;
  readonly to: string;
  readonly label: string;
  readonly points: readonly Point[];
  readonly labelAt: Point;
};
export type Drawing = {
  readonly nodes: readonly PlacedNode[];
  readonly ways: readonly PlacedWay[];
  readonly width: number;
  readonly height: number;
};

const shortened = (text: string): string =>
  text.length > LABEL_CHARS_MAX ? `${text.slice(0, LABEL_CHARS_MAX - 1)}…` : text;

type Told = { readonly from: string; readonly to: string; readonly place: Place; readonly label: string };

/** The ways of a draft as they are drawn: behind the entry first, then step by step as a person reads them. */
function tell(draft: JourneyDraft, names: JourneyNames): readonly Told[] {
  const toward = (next: string | null, place: Place) =>
    next !== null && next in draft.steps ? next : `end ${wayId(place)}`;
  const start: Place = { step: null, path: "next" };
  return [
    { from: ENTRY_NODE, to: toward(draft.start, start), place: start, label: "" },
    ...outlineOf(draft).flatMap(({ id }) =>
      waysOf(draft.steps[id]!).map(({ path, next }): Told => {
        const place = { step: id, path };
        return { from: id, to: toward(next, place), place, label: shortened(wayWords(draft.steps[id]!, path, names)) };
      }),
    ),
  ];
} // prettier-ignore

/** The drawing of a draft; `figured`: there is a line of numbers under each step. */
export function draw(draft: JourneyDraft, names: JourneyNames, figured: boolean): Drawing {
  const ways = tell(draft, names);
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", nodesep: 28, edgesep: 24, ranksep: 22, marginx: 24, marginy: 24 });
  graph.setDefaultEdgeLabel(() => ({}));
  const kindOf = (id: string) => (id === ENTRY_NODE ? "entry" : id in draft.steps ? "step" : "end");
  const ids = new Set([ENTRY_NODE, ...outlineOf(draft).map(({ id }) => id), ...ways.map(({ to }) => to)]);
  for (const id of ids) {
    const kind = kindOf(id);
    const [width, height] = SIZES[kind];
    graph.setNode(id, { width, height: height + (figured && kind !== "end" ? FIGURES_HEIGHT : 0) });
  }
  for (const { from, to, place, label } of ways)
    graph.setEdge(from, to, { width: Math.max(32, 7 * label.length + 56), height: 26, labelpos: "c", weight: place.path === "next" ? 3 : 1, minlen: 1 }, wayId(place)); // prettier-ignore
  layout(graph);
  const nodes = [...ids].map((id): PlacedNode => {
    const { x, y, width, height } = graph.node(id) as Point & { width: number; height: number };
    return { id, kind: kindOf(id), x: x - width / 2, y: y - height / 2, width, height };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { nodes, ways: ways.map((way) => routed(way, graph, nodes)), width, height };
}

function routed({ from, to, place, label }: Told, graph: Graph, nodes: readonly PlacedNode[]): PlacedWay {
  const { points, x, y } = graph.edge(from, to, wayId(place)) as { points: Point[]; x: number; y: number };
  const [source, target] = [nodes.find(({ id }) => id === from)!, nodes.find(({ id }) => id === to)!];
  const down = target.y >= source.y + source.height;
  // A way that leads back up keeps to where dagre met the borders; the others leave below and arrive above, in the middle.
  const ends = down
    ? [{ x: source.x + source.width / 2, y: source.y + source.height }, ...points.slice(1, -1), { x: target.x + target.width / 2, y: target.y }]
    : points;
  return { id: wayId(place), place, from, to, label, points: ends, labelAt: { x, y } };
} // prettier-ignore

/** The line through points as an SVG path that bends softly and arrives upright. */
export function pathThrough(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let [at, path] = [first, `M${first.x} ${first.y}`];
  for (const next of rest) {
    const middle = (at.y + next.y) / 2;
    path += `C${at.x} ${middle} ${next.x} ${middle} ${next.x} ${next.y}`;
    at = next;
  }
  return path;
}
