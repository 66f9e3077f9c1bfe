/** The plan over reality: a journey as it was designed, with how its runs really went, where they left it, and what nobody did. */
import { NativeSelect } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Route } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { csvOf } from "../../src/csv.ts";
import type { JourneyView } from "../../src/journeys/document.ts";
import type { Conformance } from "../../src/map/judged-model.ts";
import { intervalWords, percent, span } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { wayId } from "../journeys/edit.ts";
import type { Figures } from "../journeys/figures.ts";
import { useNarrow } from "../journeys/narrow.ts";
import { Outline } from "../journeys/outline.tsx";
import { STEP_WORDS } from "../journeys/words.ts";
import { useJourneyWorld } from "../journeys/world.tsx";
import { useApi } from "../services.tsx";
import { FigureRow } from "../ui/figures.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Answer } from "./answer.tsx";
import frame from "./room.module.css";
import { useQuestion } from "./room.tsx";
import classes from "./views.module.css";

const Canvas = lazy(() => import("../journeys/canvas.tsx").then(({ Canvas: drawn }) => ({ default: drawn })));
const route = getRouteApi("/map/plan");
type Step = Conformance["steps"][number];

/** What really happened at the steps, as numbers for the journey's drawing. */
export const figuresOfConformance = ({ runs, steps }: Conformance): Figures => ({
  entered: runs.entered,
  heldOut: runs.heldOut,
  standing: new Map(steps.map(({ step, waiting }) => [step, waiting])),
  reached: new Map(steps.map(({ step, passed, waiting, left }) => [step, passed + waiting + left])),
  ways: new Map(
    steps.flatMap(({ step, ways }) => ways.map(({ path, passed }) => [wayId({ step, path }), passed] as const)),
  ),
  unknown: "Not in this version",
  refused: new Map(),
}); // prettier-ignore

const ENDS: { readonly [end in Conformance["deviations"][number]["end"]]: string } = {
  exited: "Left by an exit", joined: "Two customers became one", ended: "Ended by a person", failed: "Failed",
}; // prettier-ignore
type Title = (step: string | null) => string;

const stepColumns = (title: Title): readonly Column<Step>[] => [
  { id: "step", header: "Step", width: "40%", value: ({ step }) => title(step), cell: ({ step }) => title(step) },
  { id: "passed", header: "Passed", end: true, value: ({ passed }) => passed, cell: ({ passed }) => count(passed) },
  { id: "waiting", header: "Here now", end: true, value: ({ waiting }) => waiting, cell: ({ waiting }) => count(waiting) },
  { id: "left", header: "Left here", end: true, value: ({ left }) => left, cell: ({ left }) => count(left) },
]; // prettier-ignore
const deviationColumns = (title: Title): readonly Column<Conformance["deviations"][number]>[] => [
  { id: "where", header: "Where", width: "34%", value: ({ step }) => title(step), cell: ({ step }) => title(step) },
  { id: "how", header: "How", value: ({ end }) => ENDS[end], cell: ({ end, detail }) => <span className="wrap">{ENDS[end]}{detail !== "" && <span className={frame["small"]}>{detail}</span>}</span> },
  { id: "runs", header: "Runs", end: true, value: ({ runs }) => runs, cell: ({ runs }) => count(runs) },
  { id: "share", header: "Of all runs", end: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
]; // prettier-ignore
const betweenColumns = (title: Title): readonly Column<Conformance["between"][number]>[] => [
  { id: "after", header: "After", width: "34%", value: ({ after }) => title(after), cell: ({ after }) => title(after) },
  { id: "name", header: "They did", value: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
  { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people }) => count(people) },
  { id: "share", header: "Of those who came so far", end: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
]; // prettier-ignore

function PlanDrawing({ journey, conformance }: { journey: JourneyView; conformance: Conformance }) {
  const { names } = useJourneyWorld();
  const narrow = useNarrow();
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const figures = useMemo(() => figuresOfConformance(conformance), [conformance]);
  const props = { draft: journey.draft, names, problems: [], figures, selected: chosen, onSelect: setChosen };
  if (narrow) return <Outline {...props} />;
  return (
    <div className={classes["canvas"]}>
      <Suspense fallback={<Outline {...props} />}><Canvas {...props} /></Suspense>
    </div>
  );
} // prettier-ignore

function Told({ journey, conformance, basis }: { journey: JourneyView; conformance: Conformance; basis: Parameters<typeof Sheet>[0]["basis"] }) {
  const { runs, followed, steps, deviations, unmet, between, medianMs, notes, version } = conformance;
  const title: Title = (id) => {
    if (id === null || id === "entry") return "The entry";
    const told = steps.find(({ step }) => step === id);
    return told ? (told.title ?? `${STEP_WORDS[told.type as keyof typeof STEP_WORDS] ?? told.type} (${id})`) : id;
  };
  const plan = followed.ratio === null || followed.interval === null ? "No run has ended yet" : <span>{percent(followed.ratio)} <span className={frame["small"]}>{intervalWords(followed.interval, percent)}</span></span>;
  const stepRows = <DataTable label="Steps" columns={stepColumns(title)} rows={steps} rowKey={({ step }) => step} />;
  return (
    <>
      <Sheet title={`${journey.name}, version ${version.number}`} basis={basis} lines={notes.map((note) => ["Keep in mind", note] as const)} table={stepRows} file={{ name: "plan-steps", content: () => csvOf(["Step", "Passed", "Here now", "Left here"], steps.map(({ step, passed, waiting, left }) => [title(step), passed, waiting, left])) }}>
        <div className={classes["figures"]}>
          <FigureRow figures={[
            { label: "Followed the plan to an end", value: plan },
            { label: "Entered", value: count(runs.entered) },
            { label: "Ended", value: count(runs.ended) },
            { label: "In it now", value: count(runs.running) },
            { label: "Held out", value: count(runs.heldOut) },
            { label: "Half were through within", value: medianMs === null ? "–" : span(medianMs) },
          ]} />
        </div>
        <PlanDrawing journey={journey} conformance={conformance} />
      </Sheet>
      <Sheet title="What the plan expects and nobody does" note={unmet.length === 0 ? "Nothing that is settled. Of a step before which runs still wait, nothing is said." : undefined}>
        {unmet.length > 0 && <ul className={classes["lines"]} style={{ paddingTop: "0.5rem" }}>{unmet.map(({ kind, step, path, words }) => <li key={`${kind} ${step} ${path ?? ""}`}>{words}</li>)}</ul>}
      </Sheet>
      {deviations.length > 0 && (
        <Sheet title="Where runs left the plan" file={{ name: "plan-deviations", content: () => csvOf(["Where", "How", "Detail", "Runs", "Share"], deviations.map(({ step, end, detail, runs: n, share }) => [title(step), ENDS[end], detail, n, share])) }}>
          <DataTable label="Deviations" columns={deviationColumns(title)} rows={deviations} rowKey={({ step, end, detail }) => `${step} ${end} ${detail}`} />
        </Sheet>
      )}
      {between.length > 0 && (
        <Sheet title="What they did that the plan does not know" file={{ name: "plan-between", content: () => csvOf(["After", "They did", "People", "Share"], between.map(({ after, name, people, share }) => [title(after), name, people, share])) }}>
          <DataTable label="Between steps" columns={betweenColumns(title)} rows={between} rowKey={({ after, key }) => `${after} ${key}`} />
        </Sheet>
      )}
    </>
  );
} // prettier-ignore

function PlanOf({ id }: { id: number }) {
  const api = useApi();
  const question = useQuestion();
  const journey = useQuery({ queryKey: ["journey", id], queryFn: ({ signal }) => api.journey(id, signal) });
  const query = useQuery({
    queryKey: ["map-conformance", id, question?.scope, question?.grouping],
    queryFn: ({ signal }) => api.conformance({ journey: id, scope: question!.scope, ...(question!.grouping ? { grouping: question!.grouping } : {}) }, signal),
    enabled: question !== null,
    placeholderData: keepPreviousData,
  });
  if (journey.isError) return <Fault fault={journey.error} retry={() => void journey.refetch()} retrying={journey.isFetching} />;
  return (
    <Answer query={query}>
      {(conformance, basis) => (journey.data ? <Told journey={journey.data} conformance={conformance} basis={basis} /> : <Rows />)}
    </Answer>
  );
} // prettier-ignore

/** The tab. */
export function PlanTab() {
  const { journey: asked } = route.useSearch();
  const navigate = useNavigate();
  const api = useApi();
  const list = useQuery({ queryKey: ["journeys"], queryFn: ({ signal }) => api.journeys(signal) });
  const published = (list.data?.journeys ?? []).filter(({ version }) => version !== null);
  const chosen = published.find(({ id }) => String(id) === asked) ?? published[0];
  if (list.isPending) return <Rows />;
  if (list.isError) return <div className="pad"><Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} /></div>;
  return (
    <div className={frame["column"]}>
      {chosen === undefined ? (
        <div className="sheet">
          <Empty icon={<Route />} title="No journey is live yet">
            <p>Once a journey is published, its plan is laid over what customers really do: how many follow it, where they leave it, and what it expects that nobody does.</p>
            <Link to="/journeys" className="link">To the journeys</Link>
          </Empty>
        </div>
      ) : (
        <>
          <div className={frame["choices"]}>
            <NativeSelect label="Journey" value={String(chosen.id)} data={published.map(({ id, name, state }) => ({ value: String(id), label: state === "live" ? name : `${name} (${state})` }))} onChange={({ currentTarget: { value } }) => void navigate({ to: ".", search: (before: object) => ({ ...before, journey: value }), replace: true } as never)} />
            <span className="quiet">{counted(chosen.running, "customer")} in it now. The period says when runs began.</span>
          </div>
          <PlanOf id={chosen.id} />
        </>
      )}
    </div>
  );
} // prettier-ignore
