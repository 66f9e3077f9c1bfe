/**
 * The map as a drawing: a card for each moment, lines between them as strong as many went them. The arrows lead from card
 * to card along the strongest lines; plus, minus and 0 zoom. What is drawn also stands in a list (list.tsx).
 */
import { ActionIcon, Tooltip } from "@mantine/core";
import { Maximize2, Minus, Plus } from "lucide-react";
import {
  type CSSProperties,
  type KeyboardEvent,
  memo,
  type MouseEvent,
  useEffect,
  useMemo,
  useRef,
} from "react";
import type { MapNode } from "../../src/map/model.ts";
import { span } from "../analysis/numbers.ts";
import { channelWords, Dot } from "../ui/channel.tsx";
import { count, counted } from "../ui/format.ts";
import { type Arranged, CARD, PILL } from "./arrange.ts";
import type { PartAsked } from "./calls.ts";
import classes from "./drawing.module.css";
import { END, type Line, lineOf, momentOf, type Scene, START } from "./scene.ts";
import { type Moving, useSight } from "./use-sight.ts";
import { nameOfMoment, ofAll } from "./words.ts";

/** What stands on the lines. */
export type Labels = "both" | "share" | "none";
type DrawingProps = {
  readonly scene: Scene;
  readonly arranged: Arranged;
  readonly cases: number;
  readonly labels: Labels;
  readonly chosen: PartAsked | null;
  readonly onChoose: (part: PartAsked | null) => void;
};

/** More labels than this are a cloud: then only those of what is chosen are told. */
const LABELS_MOST = 160;
const WIDTH = { least: 1.25, most: 8 } as const;

const labelOf = ({ people, n, medianMs, share, kind }: Line, labels: Labels): string => {
  const outer = kind === "start" || kind === "end";
  if (labels === "share") return `${Math.round(100 * share)} %`;
  return outer || medianMs === null ? count(people ?? n) : `${count(people ?? n)} · ${span(medianMs)}`;
};
const widthOf = (n: number, most: number): number =>
  WIDTH.least + (WIDTH.most - WIDTH.least) * Math.sqrt(n / Math.max(1, most));

type LinesProps = { scene: Scene; arranged: Arranged; labels: Labels };
/** All lines; drawn once, whatever is chosen. */
const Lines = memo(function Lines({ scene: { lines }, arranged, labels }: LinesProps) {
  const most = Math.max(1, ...lines.map(({ n }) => n));
  const labelled = labels !== "none" && lines.length <= LABELS_MOST;
  return (
    <g className={classes["lines"]} data-many={lines.length > LABELS_MOST}>
      {lines.map(({ id, kind, n }, i) => {
        const path = arranged.lines.get(id)?.path;
        return (
          <g key={id}>
            <path d={path} data-kind={kind} strokeWidth={widthOf(n, most)} markerEnd={`url(#tip-${kind})`} />
            <path d={path} className={classes["hit"]} data-line={i} />
          </g>
        );
      })}
      {labelled && lines.map((line) => <Label key={line.id} line={line} arranged={arranged} labels={labels} />)}
    </g>
  );
}); // prettier-ignore

function Label({ line, arranged, labels }: { line: Line; arranged: Arranged; labels: Labels }) {
  const at = arranged.lines.get(line.id)?.labelAt;
  return at ? <text x={at.x} y={at.y}>{labelOf(line, labels)}</text> : null;
} // prettier-ignore

/** The lines of what is chosen once more, above all others. */
function Chosen({ scene, arranged, labels, chosen }: LinesProps & { chosen: PartAsked }) {
  const own = lineOf(scene, chosen);
  const key = chosen.type === "moment" ? momentOf(chosen) : null;
  const lines = own ? [own] : scene.lines.filter(({ from, to }) => from === key || to === key);
  const most = Math.max(1, ...scene.lines.map(({ n }) => n));
  return (
    <g className={classes["chosen"]}>
      {lines.map(({ id, kind, n }) => <path key={id} d={arranged.lines.get(id)?.path} data-kind={kind} strokeWidth={widthOf(n, most) + 0.5} markerEnd="url(#tip-chosen)" />)}
      {lines.map((line) => <Label key={line.id} line={line} arranged={arranged} labels={labels === "none" ? "both" : labels} />)}
    </g>
  );
} // prettier-ignore

const KINDS = ["way", "switch", "start", "end", "chosen"] as const;
const Tips = () => (
  <defs>
    {KINDS.map((kind) => (
      <marker key={kind} id={`tip-${kind}`} className={classes["tip"]} data-kind={kind} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="10" markerHeight="10" markerUnits="userSpaceOnUse" orient="auto">
        <path d="M0 1L10 5L0 9Z" />
      </marker>
    ))}
  </defs>
); // prettier-ignore

type CardProps = {
  node: MapNode;
  x: number;
  y: number;
  cases: number;
  weight: number;
  chosen: boolean;
  near: boolean;
  tabbed: boolean;
};
/** A moment: what it is called, how many people it had, how many cases ended there. */
const Card = memo(function Card({ node, x, y, cases, weight, chosen, near, tabbed }: CardProps) {
  const { key, channel, people, ends, repeats } = node;
  const words = channel === null ? null : channelWords(channel);
  const name = nameOfMoment(node);
  return (
    <button
      type="button" className={classes["card"]} data-moment={key} data-near={near} aria-pressed={chosen} tabIndex={tabbed ? 0 : -1} title={name}
      style={{ transform: `translate(${x}px, ${y}px)`, width: CARD.width, height: CARD.height, "--weight": `${Math.round(100 * weight)}%` } as CSSProperties}
    >
      <span className={classes["name"]}>{words && <Dot hue={words.hue} />}<span className="clip">{name}</span>{words && <span className="unseen">, {words.label}: </span>}</span>
      <span className={classes["told"]}>
        <span>{count(people)}<span className="unseen"> {people === 1 ? "person" : "people"}</span></span>
        {repeats > 0 && <span title={`Directly again ${count(repeats)} times`}>↻ {count(repeats)}</span>}
        {ends > 0 && <span className={classes["ends"]} data-many={ends >= 0.2 * cases}>{ofAll(ends, cases)} end</span>}
      </span>
    </button>
  );
}); // prettier-ignore

/** The moments on the lines of a moment. */
function nearOf({ lines }: Scene, chosen: PartAsked | null): ReadonlySet<string> | null {
  if (chosen === null) return null;
  if (chosen.type === "edge") return new Set([chosen.from, chosen.to]);
  const key = momentOf(chosen);
  if (key === null) return null;
  if (chosen.type !== "moment") return new Set([key, chosen.type === "start" ? START : END]);
  return new Set([key, ...lines.flatMap(({ from, to }) => (from === key ? [to] : to === key ? [from] : []))]);
}

/** The moment an arrow leads to: down and up along the strongest line, sideways to the next in the row. */
export function neighbourOf({ moments, lines }: Scene, { places }: Arranged, key: string, arrow: string): string | null {
  const inner = (place: string): boolean => place !== START && place !== END;
  const strongest = (ways: readonly { readonly place: string; readonly n: number }[]): string | null =>
    ways.filter(({ place }) => inner(place)).toSorted((a, b) => b.n - a.n)[0]?.place ?? null;
  if (arrow === "ArrowDown") return strongest(lines.filter(({ from }) => from === key).map(({ to, n }) => ({ place: to, n })));
  if (arrow === "ArrowUp") return strongest(lines.filter(({ to }) => to === key).map(({ from, n }) => ({ place: from, n })));
  const here = places.get(key);
  if (here === undefined || (arrow !== "ArrowLeft" && arrow !== "ArrowRight")) return null;
  const side = arrow === "ArrowRight" ? 1 : -1;
  const away = ({ x, y }: { x: number; y: number }): number => side * (x - here.x) + 4 * Math.abs(y - here.y);
  return moments
    .map((moment) => ({ key: moment.key, at: places.get(moment.key)! }))
    .filter(({ key: other, at }) => other !== key && side * (at.x - here.x) > 0)
    .toSorted((a, b) => away(a.at) - away(b.at))[0]?.key ?? null;
} // prettier-ignore

function ZoomButtons({ zoomBy, fit }: { zoomBy: (factor: number) => void; fit: () => void }) {
  const buttons = [
    { label: "Zoom in", icon: Plus, act: () => zoomBy(1.35) },
    { label: "Zoom out", icon: Minus, act: () => zoomBy(1 / 1.35) },
    { label: "Show all of it", icon: Maximize2, act: fit },
  ];
  return (
    <div className={classes["zoom"]}>
      {buttons.map(({ label, icon: Icon, act }) => (
        <Tooltip key={label} label={label}>
          <ActionIcon variant="default" size="lg" aria-label={label} onClick={act}><Icon size={16} /></ActionIcon>
        </Tooltip>
      ))}
    </div>
  );
} // prettier-ignore

function Outer({ place, words, at }: { place: "start" | "end"; words: string; at: { x: number; y: number } }) {
  return (
    <span className={classes["outer"]} data-place={place} style={{ transform: `translate(${at.x}px, ${at.y}px)`, width: PILL.width, height: PILL.height }}>{words}</span>
  );
} // prettier-ignore

/** Begins each new layout at its start, and keeps what is chosen in sight. */
function useBeginning(moving: Moving, arranged: Arranged, chosen: PartAsked | null): void {
  const key = chosen && "moment" in chosen ? chosen.moment : chosen?.type === "edge" ? chosen.from : null;
  const at = useRef<string | null>(key);
  useEffect(() => {
    const start = arranged.places.get(START) ?? { x: 0, y: 0 };
    moving.begin({ x: start.x + PILL.width / 2, y: start.y });
    at.current = null;
  }, [moving, arranged]);
  useEffect(() => {
    if (key === null || key === at.current) return;
    at.current = key;
    const place = arranged.places.get(key);
    if (place) moving.reveal({ x: place.x + CARD.width / 2, y: place.y + CARD.height / 2 });
  }, [moving, arranged, key]);
}

/** The keys of the drawing: arrows to the next moment, plus, minus and 0 for the size, Escape to choose nothing. */
function pressedIn({ scene, arranged, onChoose }: DrawingProps, { zoomBy, fit, focus }: Moving) {
  return (event: KeyboardEvent<HTMLDivElement>): void => {
    const key = (event.target as HTMLElement).closest<HTMLElement>("[data-moment]")?.dataset["moment"];
    if (event.key === "+" || event.key === "=") zoomBy(1.35);
    else if (event.key === "-") zoomBy(1 / 1.35);
    else if (event.key === "0") fit();
    else if (event.key === "Escape") onChoose(null);
    else if (key !== undefined && event.key.startsWith("Arrow")) {
      const next = neighbourOf(scene, arranged, key, event.key);
      if (next !== null) {
        onChoose({ type: "moment", moment: next });
        focus(`[data-moment="${CSS.escape(next)}"]`);
      }
    } else return;
    event.preventDefault();
  };
} // prettier-ignore

/** The drawing. */
export function Drawing(props: DrawingProps) {
  const { scene, arranged, cases, labels, chosen, onChoose } = props;
  const moving = useSight(arranged);
  const { holdWindow, holdLayer, handlers } = moving;
  useBeginning(moving, arranged, chosen);
  const near = useMemo(() => nearOf(scene, chosen), [scene, chosen]);
  const most = Math.max(1, ...scene.moments.map(({ people }) => people));
  const at = chosen && "moment" in chosen ? chosen.moment : null;
  const tabbed = at ?? scene.moments[0]?.key;
  const press = (event: MouseEvent<HTMLDivElement>): void => {
    // A keyboard's press has no place and is never a drag.
    if (event.detail > 0 && moving.dragged()) return;
    const target = event.target as Element;
    const moment = target.closest<HTMLElement>("[data-moment]")?.dataset["moment"];
    const line = scene.lines[Number(target.getAttribute("data-line") ?? Number.NaN)];
    if (moment !== undefined) onChoose({ type: "moment", moment });
    else if (line) onChoose(line.part);
    else if (!target.closest("button")) onChoose(null);
  };
  return (
    // The cards inside are the buttons; the window around them only hears what they leave.
    <div className={classes["place"]}>
      <div
        ref={holdWindow} className={classes["window"]} role="group" aria-label="The map. Arrows lead from moment to moment, plus and minus zoom."
        {...handlers} onClick={press} onKeyDown={pressedIn(props, moving)}
      >
        <div ref={holdLayer} className={classes["layer"]} data-dim={near !== null} style={{ width: arranged.width, height: arranged.height }}>
          <svg width={arranged.width} height={arranged.height} aria-hidden="true">
            <Tips />
            <Lines scene={scene} arranged={arranged} labels={labels} />
            {chosen && <Chosen scene={scene} arranged={arranged} labels={labels} chosen={chosen} />}
          </svg>
          <Outer place="start" words={`${counted(cases, "case")} begin`} at={arranged.places.get(START)!} />
          {scene.moments.map((node) => {
            const { x, y } = arranged.places.get(node.key) ?? { x: 0, y: 0 };
            return <Card key={node.key} node={node} x={x} y={y} cases={cases} weight={node.people / most} chosen={node.key === at} near={near?.has(node.key) ?? false} tabbed={node.key === tabbed} />;
          })}
          <Outer place="end" words="and end" at={arranged.places.get(END)!} />
        </div>
      </div>
      <ZoomButtons zoomBy={moving.zoomBy} fit={moving.fit} />
    </div>
  );
} // prettier-ignore
