/** Designing a journey: its drawing (or list) and the panel of what is chosen, with undoing, problems in place, and saving. */
import { ActionIcon, Button, Drawer, NativeSelect, Popover, SegmentedControl, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Redo2, Settings2, TriangleAlert, Undo2 } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useApi } from "../services.tsx";
import { Fault, Rows } from "../ui/notice.tsx";
import classes from "./design.module.css";
import { useDraft } from "./draft.tsx";
import { type Place, removed } from "./edit.ts";
import { COUNTS_EVERY_MS, type Figures, figuresOfCounts } from "./figures.ts";
import { useNarrow } from "./narrow.ts";
import { Outline } from "./outline.tsx";
import type { Shown } from "./panel.tsx";
import { StepPeople } from "./step-people.tsx";
import { goalWords, placeOfProblem, reentryWords, triggerWords } from "./words.ts";

// The list is there at once; the drawing and the forms follow, so that the first load stays small.
const Canvas = lazy(() => import("./canvas.tsx").then(({ Canvas: drawn }) => ({ default: drawn })));
const EditPanel = lazy(() => import("./panel.tsx").then(({ EditPanel: form }) => ({ default: form })));
const JsonView = lazy(() => import("./json.tsx").then(({ JsonView: text }) => ({ default: text })));
const route = getRouteApi("/journeys/$journeyId/");
const [ENTRY, SETTINGS] = ["$entry", "$settings"] as const;

const SHOWS = [
  { value: "1", label: "Last day" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "3660", label: "All time" },
  { value: "off", label: "No numbers" },
];

/** The live counts of the version that is entered, as figures. */
function useFigures(show: string): Figures | null {
  const api = useApi();
  const { view } = useDraft();
  const counts = useQuery({
    queryKey: ["journey-counts", view.id, show, view.version],
    queryFn: ({ signal }) => api.journeyCounts(view.id, { days: Number(show) }, signal),
    enabled: view.versions.length > 0 && show !== "off",
    refetchInterval: COUNTS_EVERY_MS,
    placeholderData: (before) => before,
  });
  return view.versions.length > 0 && show !== "off" && counts.data ? figuresOfCounts(counts.data) : null;
}

/** What a key asks for while designing; null: nothing of ours. In a field the browser's own undo is meant. */
function askedBy(event: KeyboardEvent): "save" | "undo" | "redo" | null {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return null;
  const key = event.key.toLowerCase();
  if (key === "s") return "save";
  if (event.target instanceof HTMLElement && /^(INPUT|TEXTAREA)$/.test(event.target.tagName)) return null;
  if (key === "z") return event.shiftKey ? "redo" : "undo";
  return key === "y" ? "redo" : null;
}

/** Keys of designing. */
function useDesignKeys(): void {
  const { undo, redo, save, changed, draft } = useDraft();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const asked = askedBy(event);
      if (asked === null) return;
      event.preventDefault();
      if (asked === "undo") undo?.();
      else if (asked === "redo") redo?.();
      else if (changed) save.mutate({ draft });
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [undo, redo, save, changed, draft]);
}

/** What is wrong, each sentence leading to its place. */
function Problems({ onShow }: { onShow: (shown: Shown) => void }) {
  const { problems, checked } = useDraft();
  if (problems.length === 0)
    return <span className="quiet" role="status">{checked ? "Nothing is wrong" : "Checking …"}</span>;
  return (
    <Popover position="bottom-end" shadow="md" width={340} trapFocus>
      <Popover.Target>
        <Button variant="light" color="red" size="xs" leftSection={<TriangleAlert size={14} />} className={classes["problems"] ?? ""}>
          {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className={classes["list"]}>
          {problems.map(({ path, message }) => {
            const { part, step } = placeOfProblem(path);
            const where = part === "step" ? step : part === "entry" ? "Entry" : "Settings";
            return (
              <li key={`${path} ${message}`}>
                <button type="button" onClick={() => onShow(part === "step" ? { type: "step", id: step! } : { type: part })}>
                  <strong>{where}</strong> {message}
                </button>
              </li>
            );
          })}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
} // prettier-ignore

type BarProps = {
  view: "canvas" | "json";
  show: string;
  onView: (view: string) => void;
  onShowing: (show: string) => void;
  onShow: (shown: Shown) => void;
};
function Toolbar({ view, show, onView, onShowing, onShow }: BarProps) {
  const drafting = useDraft();
  const { undo, redo, save, changed, draft, view: journey } = drafting;
  const narrow = useNarrow();
  return (
    <div className={classes["bar"]} role="toolbar" aria-label="Design">
      <Tooltip label="Undo (Ctrl+Z)">
        <ActionIcon variant="default" size="lg" aria-label="Undo" disabled={undo === null} onClick={() => undo?.()}><Undo2 size={17} /></ActionIcon>
      </Tooltip>
      <Tooltip label="Redo (Ctrl+Shift+Z)">
        <ActionIcon variant="default" size="lg" aria-label="Redo" disabled={redo === null} onClick={() => redo?.()}><Redo2 size={17} /></ActionIcon>
      </Tooltip>
      <SegmentedControl size="xs" aria-label="Show the journey as" data={[{ value: "canvas", label: narrow ? "List" : "Drawing" }, { value: "json", label: "JSON" }]} value={view} onChange={onView} />
      <Button variant="default" size="xs" leftSection={<Settings2 size={14} />} onClick={() => onShow({ type: "settings" })}>Settings</Button>
      {journey.versions.length > 0 && (
        <NativeSelect size="xs" aria-label="Numbers on the drawing" data={SHOWS} value={show} onChange={(event) => onShowing(event.currentTarget.value)} />
      )}
      <span className={classes["gap"]} />
      <Problems onShow={onShow} />
      <Button size="xs" disabled={!changed} loading={save.isPending} onClick={() => save.mutate({ draft }, { onSuccess: () => notifications.show({ title: "The draft is saved", message: journey.version === null ? "Nobody enters before it is published." : "What is published stays as it is." }) })}>
        {changed ? "Save draft" : "Saved"}
      </Button>
    </div>
  );
} // prettier-ignore

/** What kept the draft from being saved, with a way on where somebody else was faster. */
function SaveFault() {
  const { save, draft, reload } = useDraft();
  if (!save.isError) return null;
  const conflict = "status" in save.error && save.error.status === 409;
  return (
    <div className={classes["fault"]}>
      <Fault fault={save.error} />
      {conflict && (
        <div className={classes["ways"]}>
          <Button size="xs" variant="default" onClick={() => void reload()}>
            Take theirs, drop mine
          </Button>
          <Button size="xs" color="red.9" onClick={() => save.mutate({ draft, over: true })}>
            Keep mine over theirs
          </Button>
        </div>
      )}
    </div>
  );
}

/** Both ways of showing the draft, and the panel. */
function Work({ shown, figures, onShow }: { shown: Shown | null; figures: Figures | null; onShow: (shown: Shown | null) => void }) {
  const { draft, names, problems, edit, view } = useDraft();
  const narrow = useNarrow();
  const selected = shown?.type === "step" ? shown.id : shown?.type === "entry" ? null : undefined;
  const inserting = shown?.type === "palette" ? shown.place : null;
  const props = {
    draft, names, problems, figures, selected, inserting,
    onSelect: (id: string | null) => onShow(id === null ? { type: "entry" } : { type: "step", id }),
    onInsert: (place: Place) => onShow({ type: "palette", place }),
    onRemove: (id: string) => {
      const change = removed(draft, id);
      edit(change);
      onShow(change.selected === null ? { type: "entry" } : { type: "step", id: change.selected });
    },
  };
  const people = shown?.type === "step" && view.versions.length > 0 ? <StepPeople journey={view} step={shown.id} /> : null;
  const panel = shown && (
    <Suspense fallback={<Rows rows={4} />}>
      <EditPanel shown={shown} onShow={onShow} onClose={() => onShow(null)}>{people}</EditPanel>
    </Suspense>
  );
  if (narrow)
    return (
      <>
        <Outline {...props} />
        <Drawer.Root opened={shown !== null} onClose={() => onShow(null)} position="bottom" size="88%">
          <Drawer.Overlay />
          <Drawer.Content aria-label="What is chosen">
            <Drawer.Body p={0}>{panel}</Drawer.Body>
          </Drawer.Content>
        </Drawer.Root>
      </>
    );
  return (
    <div className={classes["work"]}>
      <Suspense fallback={<div className={classes["listed"]}><Outline {...props} /></div>}>
        <Canvas {...props} />
      </Suspense>
      <aside className={classes["panel"]} aria-label="What is chosen">
        {panel ?? <Hint onShow={onShow} />}
      </aside>
    </div>
  );
} // prettier-ignore

/** What holds for the whole journey, in a few lines. */
function Overview() {
  const { draft, names } = useDraft();
  const { goal, reentry, holdoutRatio, exits } = draft;
  const lines = [
    ["Goal", goal ? `${goalWords(goal, names)}.` : "None yet."],
    ["Who may come in again", reentryWords(reentry)],
    ["What takes them out", exits.length === 0 ? "Nothing before the end." : `${exits.map((exit) => triggerWords(exit, names)).join(", or ")}.`],
    ["Held out, to measure", holdoutRatio === 0 ? "Nobody." : `${Number((100 * holdoutRatio).toFixed(1))} %.`],
  ] as const; // prettier-ignore
  return (
    <dl className={classes["overview"]}>
      {lines.map(([name, words]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="wrap">{words}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What the panel says while nothing is chosen. */
function Hint({ onShow }: { onShow: (shown: Shown) => void }) {
  const { draft, view } = useDraft();
  const alone = Object.keys(draft.steps).length <= 1;
  return (
    <div className={classes["hint"]}>
      <h2>{alone ? "Begin here" : "Choose a step"}</h2>
      {alone ? (
        <p>
          First say{" "}
          <button type="button" className={classes["inline"]} onClick={() => onShow({ type: "entry" })}>
            how customers come in
          </button>
          . Then press a plus on the line to put a step in: a message, a wait, a choice. Last,{" "}
          <button type="button" className={classes["inline"]} onClick={() => onShow({ type: "settings" })}>
            set a goal
          </button>{" "}
          to measure by.
        </p>
      ) : (
        <p>
          A step opens here to be changed. A plus puts one in, Delete takes the chosen one out, the arrow keys
          go from step to step, and Ctrl+Z takes anything back.
        </p>
      )}
      <Overview />
      <p className="quiet">
        Before publishing,{" "}
        <Link to="/journeys/$journeyId/replay" params={{ journeyId: String(view.id) }} className="link">
          replay it over the past
        </Link>
        : who would have entered, what they would have got, and what would have been refused.
      </p>
    </div>
  );
}

/** What an address names: a step, the entry or the settings. */
const shownBy = (step: string | undefined): Shown | null =>
  step === undefined ? null : step === ENTRY ? { type: "entry" } : step === SETTINGS ? { type: "settings" } : { type: "step", id: step }; // prettier-ignore

/** The tab. */
export function DesignTab() {
  const { step, view, show = "30" } = route.useSearch();
  const navigate = route.useNavigate();
  const { draft, save } = useDraft();
  const [place, setPlace] = useState<Place | null>(null);
  useDesignKeys();
  const figures = useFigures(show);
  const named = shownBy(step);
  const there = named?.type !== "step" || named.id in draft.steps;
  const shown: Shown | null = place ? { type: "palette", place } : there ? named : null;
  const search = (part: {
    step?: string | undefined;
    view?: string | undefined;
    show?: string | undefined;
  }) =>
    void navigate({
      search: (old) => JSON.parse(JSON.stringify({ ...old, ...part })) as typeof old,
      replace: true,
      resetScroll: false,
    });
  const onShow = (next: Shown | null) => {
    setPlace(next?.type === "palette" ? next.place : null);
    if (next?.type !== "palette")
      search({ step: next === null ? undefined : next.type === "step" ? next.id : next.type === "entry" ? ENTRY : SETTINGS }); // prettier-ignore
  };
  return (
    <section className={classes["design"]} aria-label="Design" data-saving={save.isPending}>
      <Toolbar
        view={view === "json" ? "json" : "canvas"}
        show={show}
        onView={(next) => search({ view: next === "json" ? next : undefined })}
        onShowing={(next) => search({ show: next === "30" ? undefined : next })}
        onShow={onShow}
      />
      <SaveFault />
      {view === "json" ? (
        <Suspense fallback={<Rows />}>
          <JsonView key={JSON.stringify(draft)} />
        </Suspense>
      ) : (
        <Work shown={shown} figures={figures} onShow={onShow} />
      )}
    </section>
  );
}
