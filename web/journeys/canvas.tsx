/**
 * The journey as a drawing (React Flow): cards from top to bottom, ways between them with what they are called, and a plus
 * on each way to put a step in. Nothing is dragged: the layout follows from the draft. The arrows lead from card to card.
 */
import "@xyflow/react/dist/base.css";
import { ActionIcon, Tooltip } from "@mantine/core";
import {
  Background,
  BaseEdge,
  type Edge,
  EdgeLabelRenderer,
  Handle,
  type EdgeProps,
  type Node,
  type NodeProps,
  Panel,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  useStore,
} from "@xyflow/react";
import { Maximize2, Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { JourneyDraft } from "../../src/journeys/model.ts";
import { waysOf } from "../../src/journeys/ways.ts";
import type { Problem } from "../segments/rule-edit.ts";
import { count } from "../ui/format.ts";
import classes from "./canvas.module.css";
import { StepCard } from "./card.tsx";
import { AT_START, ENTRY_NODE, mainWayOf, type Place, targetOf } from "./edit.ts";
import type { Figures } from "./figures.ts";
import { draw, type Drawing, pathThrough, type PlacedNode, type PlacedWay } from "./layout.ts";
import { type JourneyNames, problemsOfStep } from "./words.ts";

export type CanvasProps = {
  readonly draft: JourneyDraft;
  readonly names: JourneyNames;
  readonly problems: readonly Problem[];
  readonly figures: Figures | null;
  /** Undefined: nothing is; null: the entry. */
  readonly selected: string | null | undefined;
  readonly onSelect: (id: string | null) => void;
  /** Absent: the drawing is only looked at. */
  readonly onInsert?: ((place: Place) => void) | undefined;
  readonly onRemove?: ((id: string) => void) | undefined;
  /** The place where something is being put in. */
  readonly inserting?: Place | null | undefined;
};
type NodeData = { readonly placed: PlacedNode; readonly props: CanvasProps };
type WayData = { readonly way: PlacedWay; readonly props: CanvasProps };

function focusCard(id: string | null): void {
  document.querySelector<HTMLElement>(`[data-card="${id ?? ""}"]`)?.focus();
}

/** The card an arrow leads to: down along the main way, up to what leads here, sideways to a sister. */
function neighbour(draft: JourneyDraft, id: string | null, key: string): string | null | undefined {
  const step = id === null ? null : draft.steps[id];
  if (key === "ArrowDown") {
    const path = step ? mainWayOf(step) : "next";
    const next = path === null ? null : targetOf(draft, id === null ? AT_START : { step: id, path });
    return next ?? undefined;
  }
  const above = Object.entries(draft.steps).find(([, one]) => waysOf(one).some(({ next }) => next === id));
  if (key === "ArrowUp") return id === null ? undefined : id === draft.start ? null : above?.[0];
  const sisters = above ? [...new Set(waysOf(above[1]).flatMap(({ next }) => next ?? []))] : [];
  const at = id === null ? -1 : sisters.indexOf(id);
  return at < 0 ? undefined : sisters[at + (key === "ArrowRight" ? 1 : -1)];
}

function CardNode({ data }: NodeProps<Node<NodeData>>) {
  const { placed, props } = data;
  const id = placed.kind === "entry" ? null : placed.id;
  const { draft, onRemove } = props;
  const pressed = (event: KeyboardEvent) => {
    if (event.key.startsWith("Arrow")) {
      const next = neighbour(draft, id, event.key);
      if (next !== undefined) focusCard(next);
    } else if ((event.key === "Delete" || event.key === "Backspace") && id !== null && onRemove) onRemove(id);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <Handles />
      <StepCard
        draft={draft}
        id={id}
        names={props.names}
        selected={props.selected === id}
        problems={problemsOfStep(props.problems, id).length}
        figures={props.figures}
        onSelect={props.onSelect}
        onKeyDown={pressed}
      />
    </>
  );
}

const EndNode = () => (
  <>
    <Handles />
    <span className={classes["end"]}>Ends</span>
  </>
);

/** Where lines meet a card, in the page as well: a card that the browser measures anew would lose its lines else. */
const Handles = () => (
  <>
    <Handle type="target" position={Position.Top} isConnectable={false} className={classes["handle"]!} />
    <Handle type="source" position={Position.Bottom} isConnectable={false} className={classes["handle"]!} />
  </>
);

/** What a plus is called: where it puts a step in. */
function insertWords({ draft, names }: CanvasProps, { place, label }: PlacedWay): string {
  if (place.step === null) return "Put a step in at the beginning";
  const step = draft.steps[place.step];
  const after = step
    ? (step.title ?? `${step.type.replaceAll("_", " ")} ${names.template(0) ?? ""}`.trim())
    : "";
  return `Put a step in after ${after} (${place.step})${label === "" ? "" : `, ${label}`}`;
}

function WayEdge({ id, data }: EdgeProps<Edge<WayData>>) {
  const { way, props } = data!;
  const { points, labelAt, place, label } = way;
  const n = props.figures?.ways.get(id) ?? (place.step === null ? props.figures?.entered : undefined);
  const active = props.inserting?.step === place.step && props.inserting?.path === place.path;
  const tip = points.at(-1)!;
  return (
    <>
      <BaseEdge id={id} path={pathThrough(points)} className={classes["way"]!} data-used={n !== undefined && n > 0} />
      <path d={`M${tip.x - 4} ${tip.y - 7}L${tip.x} ${tip.y - 1}L${tip.x + 4} ${tip.y - 7}Z`} className={classes["tip"]} />
      <EdgeLabelRenderer>
        <div className={`nodrag nopan ${classes["label"]}`} data-active={active} style={{ transform: `translate(-50%, -50%) translate(${labelAt.x}px, ${labelAt.y}px)` }}>
          {(label !== "" || n !== undefined) && (
            <span className={classes["name"]} title={label}>
              {label}
              {n !== undefined && <strong>{count(n)}</strong>}
            </span>
          )}
          {props.onInsert && (
            <button type="button" className={classes["plus"]} aria-label={insertWords(props, way)} aria-pressed={active} onClick={() => props.onInsert!(place)}>
              <Plus size={14} aria-hidden="true" />
            </button>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
} // prettier-ignore

const NODE_TYPES = { card: CardNode, end: EndNode };
const EDGE_TYPES = { way: WayEdge };
const ZOOM = { least: 0.2, most: 1.5 } as const;
/** A wide journey is not begun smaller than this: its words would not be read. */
const LEGIBLE_ZOOM = 0.72;

/** Where lines meet a card: told beforehand, so that nothing has to be measured in the page first. */
const handlesOf = (width: number, height: number) =>
  [
    { type: "target" as const, position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
    { type: "source" as const, position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
  ] as const;

function nodesOf(nodes: readonly PlacedNode[], props: CanvasProps): Node[] {
  return nodes.map((placed) => ({
    id: placed.id,
    type: placed.kind === "end" ? "end" : "card",
    position: { x: placed.x, y: placed.y },
    width: placed.width,
    height: placed.height,
    measured: { width: placed.width, height: placed.height },
    handles: [...handlesOf(placed.width, placed.height)],
    data: { placed, props },
    focusable: false,
  }));
}
const edgesOf = (ways: readonly PlacedWay[], props: CanvasProps): Edge[] =>
  ways.map((way) => ({ id: way.id, source: way.from, target: way.to, type: "way", data: { way, props }, focusable: false })); // prettier-ignore

function ZoomButtons() {
  const { zoomIn, zoomOut, fitView } = useReactFlow();
  const buttons = [
    { label: "Zoom in", icon: Plus, act: () => zoomIn() },
    { label: "Zoom out", icon: Minus, act: () => zoomOut() },
    { label: "Show all of it", icon: Maximize2, act: () => fitView({ padding: 0.08, maxZoom: 1 }) },
  ];
  return (
    <Panel position="bottom-right" className={classes["zoom"] ?? ""}>
      {buttons.map(({ label, icon: Icon, act }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon variant="default" size="lg" aria-label={label} onClick={() => void act()}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
    </Panel>
  );
}

/** Keeps what is chosen in sight, and begins at the entry in the middle of the width. */
function Sight({ drawing: { nodes, width: whole }, selected }: { drawing: Drawing; selected: string | null | undefined }) {
  const { setViewport, getViewport } = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const begun = useRef(false);
  const target = nodes.find(({ id }) => id === (selected ?? ENTRY_NODE)) ?? nodes[0]!;
  const { x: left, y: top, width: wide, height: tall } = target;
  useEffect(() => {
    if (width === 0) return;
    const { x, y, zoom } = getViewport();
    if (!begun.current) {
      begun.current = true;
      const near = Math.min(1, Math.max(LEGIBLE_ZOOM, width / whole));
      void setViewport({ x: width / 2 - (left + wide / 2) * near, y: Math.min(0, height / 3 - top * near), zoom: near });
      return;
    }
    const [shownLeft, shownTop] = [left * zoom + x, top * zoom + y];
    const inside = shownLeft >= 0 && shownTop >= 0 && shownLeft + wide * zoom <= width && shownTop + tall * zoom <= height;
    if (!inside) void setViewport({ x: width / 2 - (left + wide / 2) * zoom, y: height / 2.5 - top * zoom, zoom });
  }, [width, height, whole, left, top, wide, tall, getViewport, setViewport]);
  return null;
} // prettier-ignore

function Drawn(props: CanvasProps) {
  const { draft, names, figures } = props;
  const figured = figures !== null;
  const drawing = useMemo(() => draw(draft, names, figured), [draft, names, figured]);
  const nodes = nodesOf(drawing.nodes, props);
  const edges = edgesOf(drawing.ways, props);
  return (
    <ReactFlow
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      edgeTypes={EDGE_TYPES}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      deleteKeyCode={null}
      disableKeyboardA11y
      panOnScroll
      zoomOnDoubleClick={false}
      minZoom={ZOOM.least}
      maxZoom={ZOOM.most}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={22} size={1.2} />
      <ZoomButtons />
      <Sight drawing={drawing} selected={props.selected} />
    </ReactFlow>
  );
}

/** The drawing, as large as the place it is given. */
export function Canvas(props: CanvasProps) {
  return (
    <div className={classes["canvas"]} role="group" aria-label="The journey, drawn">
      <ReactFlowProvider>
        <Drawn {...props} />
      </ReactFlowProvider>
    </div>
  );
}
