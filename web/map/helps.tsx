/** Which early moments go along with reaching a goal. A correlation among customers alike, never an effect. */
import { NativeSelect, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Footprints } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { Help, Helps } from "../../src/map/judged-model.ts";
import { intervalWords, percent } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { scaleOf, Whisker } from "../analysis/whisker.tsx";
import { useApi } from "../services.tsx";
import { ChannelTag } from "../ui/channel.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Answer } from "./answer.tsx";
import { textOfPart } from "./question.ts";
import frame from "./room.module.css";
import { EventField, useQuestion } from "./room.tsx";
import classes from "./views.module.css";

const route = getRouteApi("/map/helps");
const DAY_MS = 86_400_000;
const LANDMARKS = [1, 3, 7, 14, 30] as const;
const HORIZONS = [7, 14, 30, 60, 90] as const;
const USUAL = { landmark: 7, horizon: 30 } as const;
const days = (n: number): string => counted(n, "day");
const chosenOf = (offered: readonly number[], asked: string | undefined, usual: number): number =>
  offered.find((n) => String(n) === asked) ?? usual;

const points = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)}`;
const DIRECTIONS: { readonly [direction in Help["direction"]]: string } = {
  more: "Goes along with more", less: "Goes along with fewer", unclear: "Unclear",
}; // prettier-ignore

/** What was seen. Where the interval holds 0 nothing is claimed, whatever the test said. */
const seenOf = ({ direction, interval }: Help): Help["direction"] =>
  interval.low <= 0 && interval.high >= 0 ? "unclear" : direction;

const columnsOf = (moments: readonly Help[]): readonly Column<Help>[] => {
  const scale = scaleOf(moments.map(({ interval }) => interval));
  const arm = ({ reached, people, ratio }: Help["present"]) => <span>{percent(ratio)}<span className={`${frame["small"]} ${classes["pair"]}`}>{count(reached)} of {count(people)}</span></span>;
  return [
    { id: "moment", header: "Moment", width: "28%", value: ({ name }) => name, cell: ({ key, name, channel }) => <div><Link to="/map" search={(before: object) => ({ ...before, at: textOfPart({ type: "moment", moment: key }) })} className="name">{name}</Link>{channel && <div className={frame["small"]}><ChannelTag channel={channel} /></div>}</div> },
    { id: "with", header: "Reached it, with", end: true, value: ({ present }) => present.ratio, cell: ({ present }) => arm(present) },
    { id: "without", header: "Without", end: true, value: ({ absent }) => absent.ratio, cell: ({ absent }) => arm(absent) },
    { id: "drawn", header: "Difference, customers alike", cell: ({ adjusted, interval }) => <Whisker value={adjusted} low={interval.low} high={interval.high} scale={scale} label={intervalWords(interval, points)} /> },
    { id: "adjusted", header: "In points", end: true, value: ({ adjusted }) => adjusted, cell: ({ adjusted, interval, crude }) => <span title={`As it stands, without adjusting: ${points(crude)} points`}>{points(adjusted)}<span className={`${frame["small"]} ${classes["pair"]}`}>{intervalWords(interval, points)}</span></span> },
    { id: "direction", header: "What was seen", value: (help) => DIRECTIONS[seenOf(help)], cell: (help) => <span className={seenOf(help) === "unclear" ? "quiet" : classes["verdict"]}>{DIRECTIONS[seenOf(help)]}</span> },
  ];
}; // prettier-ignore

const csv = ({ moments }: Helps): string => {
  const columns = columnsOf(moments);
  const { header, rows } = valuesOf(columns, moments);
  return csvOf(
    [...header, "With", "Without", "Low", "High", "Without adjusting"],
    rows.map((row, i) => {
      const { present, absent, interval, crude } = moments[i]!;
      return [...row, present.people, absent.people, interval.low, interval.high, crude];
    }),
  );
};

function Told({ helps }: { helps: Helps }) {
  if (helps.moments.length === 0)
    return <p className="pad quiet">No moment is frequent enough, and missing often enough, to be compared.</p>;
  return (
    <>
      <DataTable label="What goes along with it" columns={columnsOf(helps.moments)} rows={helps.moments} rowKey={({ key }) => key} />
      <ul className={frame["notes"]} style={{ paddingTop: "0.75rem" }}>
        <li>
          A correlation: customers who do a thing differ in more than that. Only a journey with customers held out shows an effect. Compared among
          customers alike in {helps.adjustedFor.join(", ") || "nothing else"}.
        </li>
        <li>Left out: {count(helps.leftOut.reachedBefore)} who had reached it before, {count(helps.leftOut.tooShort)} who could not be followed long enough{helps.leftOut.alreadyThere > 0 && `, ${count(helps.leftOut.alreadyThere)} who were in the stage or a further one from the start`}{helps.tooRare > 0 && `, ${counted(helps.tooRare, "moment")} too rare to say anything of`}.</li>
        {helps.notes.map((note) => <li key={note}>{note}</li>)}
      </ul>
    </>
  );
} // prettier-ignore

/** The tab. */
export function HelpsTab() {
  const { toward, stage, landmark: first, horizon: last } = route.useSearch();
  const navigate = useNavigate();
  const api = useApi();
  const question = useQuestion();
  const stages = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const offered = stages.data?.model?.stages ?? [];
  const [landmark, horizon] = [chosenOf(LANDMARKS, first, USUAL.landmark), chosenOf(HORIZONS, last, USUAL.horizon)];
  const by = stage === undefined ? "event" : "stage";
  const goal = stage ? ({ type: "stage", stage } as const) : toward ? ({ type: "event", event: toward } as const) : null;
  const query = useQuery({
    queryKey: ["map-helps", question?.scope, question?.grouping, goal, landmark, horizon],
    queryFn: ({ signal }) => api.whatHelps({ scope: question!.scope, goal: goal!, landmarkMs: landmark * DAY_MS, horizonMs: horizon * DAY_MS, ...(question!.grouping ? { grouping: question!.grouping } : {}) }, signal),
    enabled: question !== null && goal !== null,
    placeholderData: keepPreviousData,
  });
  const change = (parts: object) => void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <div className={frame["column"]}>
      <div className={frame["choices"]}>
        {offered.length > 0 && <SegmentedControl aria-label="Kind of goal" value={by} data={[{ value: "event", label: "An event" }, { value: "stage", label: "A stage" }]} onChange={(value) => change(value === "stage" ? { stage: offered.at(-1)!.key, toward: undefined } : { stage: undefined })} />}
        {by === "event" ? (
          <EventField label="What they should reach" none="Choose an event" value={toward ?? ""} onChange={(name) => change({ toward: name || undefined })} />
        ) : (
          <NativeSelect label="The stage they should come into" value={stage ?? ""} data={offered.map(({ key, name }) => ({ value: key, label: name }))} onChange={({ currentTarget: { value } }) => change({ stage: value })} />
        )}
        <NativeSelect label="What they did within" value={String(landmark)} data={LANDMARKS.map((n) => ({ value: String(n), label: days(n) }))} onChange={({ currentTarget: { value } }) => change({ landmark: value === String(USUAL.landmark) ? undefined : value })} />
        <NativeSelect label="Reached it in the next" value={String(horizon)} data={HORIZONS.map((n) => ({ value: String(n), label: days(n) }))} onChange={({ currentTarget: { value } }) => change({ horizon: value === String(USUAL.horizon) ? undefined : value })} />
      </div>
      {goal === null ? (
        <div className="sheet">
          <Empty icon={<Footprints />} title="What goes along with moving forward?">
            <p>
              Choose what customers should reach. You see which moments of their first days go along with reaching it, compared among customers who
              are alike otherwise. It is a correlation: a good place to look, and a journey with customers held out is what proves it.
            </p>
          </Empty>
        </div>
      ) : (
        <Answer query={query}>
          {(helps, basis) => (
            <Sheet title="What goes along with reaching it" basis={basis} note={`Correlation. ${counted(helps.followed, "customer")} followed, ${count(helps.reached)} reached it.`} file={{ name: "what-helps", content: () => csv(helps) }}>
              <Told helps={helps} />
            </Sheet>
          )}
        </Answer>
      )}
    </div>
  );
} // prettier-ignore
