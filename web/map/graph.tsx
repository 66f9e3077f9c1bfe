/** The discovered map: what is shown of it, the drawing (or the list), and a panel on what is chosen. */
import { Button, CloseButton, NativeSelect, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import type { Basis } from "../../src/analysis/model.ts";
import type { DiscoveredMap } from "../../src/map/model.ts";
import { BasisNote } from "../analysis/basis.tsx";
import { span } from "../analysis/numbers.ts";
import { useNarrow } from "../journeys/narrow.ts";
import { useApi } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Rows } from "../ui/notice.tsx";
import { Answer } from "./answer.tsx";
import type { PartAsked } from "./calls.ts";
import type { Labels } from "./drawing.tsx";
import { FindMoment } from "./find.tsx";
import classes from "./graph.module.css";
import { MapList } from "./list.tsx";
import { partOf, type Question, textOfPart } from "./question.ts";
import { useQuestion } from "./room.tsx";
import { sceneOf } from "./scene.ts";
import { useArranged } from "./use-arranged.ts";
import { nameOfMoment, ofAll } from "./words.ts";

// The drawing is a chunk of its own: the numbers do not wait for it.
const Drawing = lazy(() => import("./drawing.tsx").then(({ Drawing: drawn }) => ({ default: drawn })));
const PanelFrame = lazy(() =>
  import("./panel-frame.tsx").then(({ PanelFrame: frame }) => ({ default: frame })),
);
const route = getRouteApi("/map/");
const MOMENTS = [12, 20, 40, 100, 250, 500] as const;
const MOMENTS_USUAL = 12;
const WAYS = [
  { value: "0", label: "Every way" },
  { value: "1", label: "Ways of 1 % or more" },
  { value: "5", label: "Ways of 5 % or more" },
  { value: "10", label: "Ways of 10 % or more" },
  { value: "20", label: "Ways of 20 % or more" },
] as const;
const WAYS_USUAL = "10";
const LABELS = [
  { value: "both", label: "People and time" },
  { value: "share", label: "Shares" },
  { value: "none", label: "No words on lines" },
] as const;

type Shown = {
  readonly most: number;
  readonly least: string;
  readonly labels: Labels;
  readonly list: boolean;
  readonly focus: string | undefined;
};
type Change = (change: { readonly [name: string]: string | undefined }) => void;

/** How the map is shown, as the address has it. */
function useShown(): { shown: Shown; chosen: PartAsked | null; change: Change } {
  const { most, least, words, as, focus, at } = route.useSearch();
  const navigate = useNavigate();
  const narrow = useNarrow();
  const chosen = useMemo(() => partOf(at), [at]);
  return {
    chosen,
    shown: {
      most: MOMENTS.find((n) => String(n) === most) ?? MOMENTS_USUAL,
      least: WAYS.find(({ value }) => value === least)?.value ?? WAYS_USUAL,
      labels: LABELS.find(({ value }) => value === words)?.value ?? "both",
      list: as === undefined ? narrow : as === "list",
      focus,
    },
    change: (parts) => void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never),
  };
} // prettier-ignore

/** The map's totals in one line, and what of them is not shown in the next. */
function Totals({ map, basis }: { map: DiscoveredMap; basis: Basis }) {
  const { totals, hidden, nodes, edges } = map;
  const { duration } = totals;
  return (
    <div className={classes["totals"]}>
      <span>
        <span><strong>{counted(totals.people, "person", "people")}</strong>, {counted(totals.cases, "case")}
        {totals.reached !== null && `, ${ofAll(totals.reached, totals.cases)} reached the goal`}
        {duration.medianMs !== null && `, half within ${span(duration.medianMs)}`}</span>
        <BasisNote of="the map" basis={basis} lines={[
          ["Times on lines", map.times === "exact" ? "Exact medians and 90th percentiles" : "From samples of each line; counts are exact"],
          ["Moments of a case", `${totals.length.mean.toFixed(1)} on average, ${totals.length.median} in the middle`],
          ["Directly again, later again, to another channel", `${count(totals.repeats)}, ${count(totals.loops)}, ${count(totals.channelSwitches)} of ${count(totals.transitions)} goings`],
          ...map.notes.map((note, i) => [i === 0 ? "Keep in mind" : " ", note] as const),
        ]} />
      </span>
      <span className="quiet" aria-live="polite">
        Shown: {count(nodes.length)} of {counted(totals.moments, "moment")} with {ofAll(totals.events - hidden.events, totals.events)} of events,{" "}
        {count(edges.length)} of {counted(totals.edges, "way")} with {ofAll(totals.transitions - hidden.transitions, totals.transitions)} of goings.
      </span>
    </div>
  );
} // prettier-ignore

function Tools({ map, shown, change, focused }: { map: DiscoveredMap; shown: Shown; change: Change; focused: string | null }) {
  return (
    <div className={classes["tools"]} role="toolbar" aria-label="What is shown">
      <FindMoment moments={map.nodes} onFind={(moment) => change({ at: textOfPart({ type: "moment", moment }) })} />
      <NativeSelect size="xs" aria-label="How many moments" value={String(shown.most)} data={MOMENTS.map((n) => ({ value: String(n), label: `The ${n} most frequent` }))} onChange={({ currentTarget: { value } }) => change({ most: value === String(MOMENTS_USUAL) ? undefined : value })} />
      <NativeSelect size="xs" aria-label="Which ways" value={shown.least} data={[...WAYS]} onChange={({ currentTarget: { value } }) => change({ least: value === WAYS_USUAL ? undefined : value })} />
      {!shown.list && <NativeSelect size="xs" aria-label="Words on lines" value={shown.labels} data={[...LABELS]} onChange={({ currentTarget: { value } }) => change({ words: value === "both" ? undefined : value })} />}
      <SegmentedControl size="xs" aria-label="Show the map as" value={shown.list ? "list" : "drawing"} data={[{ value: "drawing", label: "Drawing" }, { value: "list", label: "List" }]} onChange={(as) => change({ as })} />
      {focused !== null && (
        <span className={classes["focus"]}>
          Only cases that pass <strong>{focused}</strong>
          <CloseButton size="xs" aria-label="Show all cases again" onClick={() => change({ focus: undefined })} />
        </span>
      )}
    </div>
  );
} // prettier-ignore

const Legend = () => (
  <span className={classes["legend"]} aria-hidden="true">
    <svg width="28" height="8"><path d="M1 4H27" data-kind="way" /></svg> same channel
    <svg width="28" height="8"><path d="M1 4H27" data-kind="switch" /></svg> to another channel
  </span>
); // prettier-ignore

function Work({ map, question, shown, chosen, change }: { map: DiscoveredMap; question: Question; shown: Shown; chosen: PartAsked | null; change: Change }) {
  const scene = useMemo(() => sceneOf(map), [map]);
  const found = useArranged(scene);
  const choose = (part: PartAsked | null) => change({ at: part === null ? undefined : textOfPart(part) });
  return (
    <div className={classes["work"]}>
      {shown.list ? (
        <div className={classes["list"]}><MapList map={map} onChoose={choose} /></div>
      ) : found ? (
        <div className={classes["canvas"]}>
          <Suspense fallback={<div className={classes["list"]}><Rows /></div>}>
            <Drawing scene={found.scene} arranged={found.arranged} cases={map.totals.cases} labels={shown.labels} chosen={chosen} onChoose={choose} />
          </Suspense>
          <Legend />
        </div>
      ) : (
        <div className={classes["list"]}><Rows label="Drawing the map" /></div>
      )}
      {chosen && (
        <Suspense fallback={null}>
          <PanelFrame key={textOfPart(chosen)} map={map} question={question} part={chosen} onChoose={choose} focused={shown.focus !== undefined} onFocus={(focus) => change({ focus })} onClose={() => choose(null)} />
        </Suspense>
      )}
    </div>
  );
} // prettier-ignore

/** The tab. */
export function GraphTab() {
  const api = useApi();
  const question = useQuestion();
  const { shown, chosen, change } = useShown();
  const { most, least, focus } = shown;
  const query = useQuery({
    queryKey: ["map", question, most, least, focus],
    queryFn: ({ signal }) =>
      api.discoverMap({ ...question!, show: { momentsMost: most, ...(Number(least) > 0 ? { edgesLeast: { share: Number(least) / 100 } } : {}), ...(focus ? { focus } : {}) } }, signal),
    enabled: question !== null,
    placeholderData: keepPreviousData,
  });
  return (
    <Answer query={query} teach>
      {(map, basis) => {
        const focused = focus === undefined ? null : (map.nodes.find(({ key }) => key === focus) ?? null);
        return (
          <section className={classes["graph"]} aria-label="The discovered map" aria-busy={query.isPlaceholderData}>
            <div className={classes["bar"]}>
              <Tools map={map} shown={shown} change={change} focused={focus === undefined ? null : focused ? nameOfMoment(focused) : focus} />
            </div>
            {map.nodes.length === 0 ? (
              <div className="pad"><p>No case passes this moment in what is looked at.</p><Button variant="default" onClick={() => change({ focus: undefined })}>Show all cases</Button></div>
            ) : (
              <Work map={map} question={question!} shown={shown} chosen={chosen} change={change} />
            )}
            <Totals map={map} basis={basis} />
          </section>
        );
      }}
    </Answer>
  );
} // prettier-ignore
