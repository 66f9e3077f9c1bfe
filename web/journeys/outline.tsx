/** The journey as a list, for screens too narrow for a drawing: the same cards and the same editing, in reading order. */
import { Plus } from "lucide-react";
import { waysOf } from "../../src/journeys/ways.ts";
import { count } from "../ui/format.ts";
import type { CanvasProps } from "./canvas.tsx";
import { StepCard } from "./card.tsx";
import { AT_START, type Line, outlineOf, type Place, targetOf, wayId } from "./edit.ts";
import classes from "./outline.module.css";
import { lineOf, problemsOfStep, wayWords } from "./words.ts";

/** Indented deeper than this nothing would be left of the line. */
const DEPTH_MAX = 4;

/** A way out of a step, as a line: what it is called, where it leads when that is told elsewhere, and a plus. */
function WayLine({ place, props, told }: { place: Place; props: CanvasProps; told: boolean }) {
  const { draft, names, figures, onInsert } = props;
  const step = place.step === null ? null : draft.steps[place.step]!;
  const label = step === null ? "" : wayWords(step, place.path, names);
  const target = targetOf(draft, place);
  const to = target === null ? undefined : draft.steps[target];
  const n = figures?.ways.get(wayId(place));
  const leads = told ? "" : to ? `goes on at “${lineOf(to, names)}”` : "ends";
  return (
    <span className={classes["way"]}>
      <span className="wrap">
        {[label, leads].filter(Boolean).join(": ")}
        {n !== undefined && <strong> {count(n)}</strong>}
      </span>
      {onInsert && (
        <button type="button" className={classes["plus"]} aria-label={`Put a step in ${place.step === null ? "at the beginning" : `after ${lineOf(step!, names)} (${place.step})`}${label === "" ? "" : `, ${label}`}`} onClick={() => onInsert(place)}>
          <Plus size={16} aria-hidden="true" />
        </button>
      )}
    </span>
  );
} // prettier-ignore

function Item({ line, next, props }: { line: Line; next: Line | undefined; props: CanvasProps }) {
  const { draft, names, problems, figures, selected, onSelect } = props;
  const { id, depth } = line;
  // A way is told by its label alone where the step it leads to stands right under it or is met by it.
  const ways = waysOf(draft.steps[id]!);
  const leadsOn = (path: string) => next?.by.step === id && next.by.path === path;
  const own = ways.filter(({ path }) => leadsOn(path));
  const others = ways.filter(({ path }) => !leadsOn(path));
  return (
    <li style={{ marginLeft: `${Math.min(depth, DEPTH_MAX) * 0.875}rem` }}>
      <div className={classes["card"]}>
        <StepCard draft={draft} id={id} names={names} selected={selected === id} problems={problemsOfStep(problems, id).length} figures={figures} onSelect={onSelect} />
      </div>
      {[...others, ...own].map(({ path, next: to }) => (
        <WayLine key={path} place={{ step: id, path }} props={props} told={to !== null && (leadsOn(path) || path !== "next") && isFirstMet(draft, to, { step: id, path })} />
      ))}
    </li>
  );
} // prettier-ignore

/** Whether the outline tells `id` under this way. */
const isFirstMet = (draft: CanvasProps["draft"], id: string, place: Place): boolean =>
  outlineOf(draft).some(
    (line) => line.id === id && line.by.step === place.step && line.by.path === place.path,
  );

/** The list. */
export function Outline(props: CanvasProps) {
  const { draft, names, problems, figures, selected, onSelect } = props;
  const lines = outlineOf(draft);
  return (
    <ol className={classes["outline"]} aria-label="The journey, step by step">
      <li>
        <div className={classes["card"]}>
          <StepCard
            draft={draft}
            id={null}
            names={names}
            selected={selected === null}
            problems={problemsOfStep(problems, null).length}
            figures={figures}
            onSelect={onSelect}
          />
        </div>
        <WayLine place={AT_START} props={props} told />
      </li>
      {lines.map((line, i) => (
        <Item key={line.id} line={line} next={lines[i + 1]} props={props} />
      ))}
    </ol>
  );
}
