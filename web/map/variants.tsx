/** The ways gone: whole cases that went through the same moments in the same order, the most frequent first. */
import { Button, Switch } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type CSSProperties, useState } from "react";
import type { Variant, Variants } from "../../src/map/model.ts";
import { csvOf } from "../../src/csv.ts";
import { percent, span } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { useApi } from "../services.tsx";
import { channelWords } from "../ui/channel.tsx";
import { count, counted } from "../ui/format.ts";
import { ShareBar } from "../ui/share-bar.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { Answer } from "./answer.tsx";
import { PathStory } from "./part-panel.tsx";
import type { Question } from "./question.ts";
import frame from "./room.module.css";
import { useQuestion } from "./room.tsx";
import classes from "./views.module.css";
import { nameOfMoment, ofAll } from "./words.ts";

const route = getRouteApi("/map/variants");
const PAGE = 20;
const MOST = 200;
/** Moments of a way that are shown before it is cut. */
const STEPS_SHOWN = 24;
type Repeats = "kept" | "collapsed";

/** The ways gone in what the address asks for. */
export function useVariants(repeats: Repeats, most: number) {
  const api = useApi();
  const question = useQuestion();
  return useQuery({
    queryKey: ["map-variants", question, repeats, most],
    queryFn: ({ signal }) => api.mapVariants({ ...question!, repeats, most }, signal),
    enabled: question !== null,
    placeholderData: keepPreviousData,
  });
}

type Named = ReadonlyMap<string, Variants["moments"][number]>;
const keyOf = ({ moments, cut, reached }: Variant): string =>
  `${moments.join(" ")} ${String(cut)} ${String(reached)}`;

/** The moments of a way, coloured by channel. */
function Steps({ variant, named }: { variant: Variant; named: Named }) {
  const shown = variant.moments.slice(0, STEPS_SHOWN);
  const more = variant.moments.length - shown.length;
  return (
    <ol className={classes["steps"]} aria-label="The moments in order">
      {shown.map((key, i) => {
        const moment = named.get(key);
        const words = moment?.channel ? channelWords(moment.channel) : null;
        const name = moment ? nameOfMoment(moment) : key;
        return (
          <li key={`${i} ${key}`} className="clip" data-grey={!words || words.hue === 0} title={words ? `${name}, ${words.label}` : name} style={{ "--hue": words?.hue ?? 0 } as CSSProperties}>
            {name}
          </li>
        );
      })}
      {(more > 0 || variant.cut) && <li data-grey="true">{variant.cut ? "and on" : `${more} more`}</li>}
    </ol>
  );
} // prettier-ignore

type RowProps = { variant: Variant; named: Named; question: Question | null; repeats: Repeats; most: number };
function Row({ variant, named, question, repeats, most }: RowProps) {
  const [open, setOpen] = useState(false);
  const { cases, people, share, medianMs, reached, moments, cut } = variant;
  const nameOf = (key: string): string => {
    const moment = named.get(key);
    return moment ? nameOfMoment(moment) : key;
  };
  return (
    <li data-open={open}>
      <div className={classes["share"]}>
        <span><strong>{percent(share)}</strong> <span className="quiet">{counted(cases, "case")}</span></span>
        <ShareBar ratio={share / most} />
      </div>
      <Steps variant={variant} named={named} />
      <div className={classes["side"]}>
        <span>{counted(people, "person", "people")} <span className="quiet">{moments.length === 1 && !cut ? "one moment" : `median ${span(medianMs)}`}</span></span>
        {reached !== null && <span>{reached ? "reached the goal" : "without the goal"}</span>}
        <Button size="compact-xs" variant="default" aria-expanded={open} aria-label={`Who went this way: ${moments.map(nameOf).slice(0, 3).join(", ")}`} onClick={() => setOpen(!open)}>{open ? "Close" : "Who?"}</Button>
      </div>
      {open && question && (
        <div className={classes["story"]}>
          <PathStory question={question} part={{ type: "variant", moments, repeats, cut }} nameOf={nameOf} />
        </div>
      )}
    </li>
  );
} // prettier-ignore

const columnsOf = (named: Named): readonly Column<Variant>[] => {
  const wordsOf = ({ moments, cut }: Variant): string =>
    `${moments.map((key) => named.get(key)?.name ?? key).join(" → ")}${cut ? " → …" : ""}`;
  return [
    { id: "moments", header: "Moments", width: "52%", value: wordsOf, cell: wordsOf },
    { id: "cases", header: "Cases", end: true, value: ({ cases }) => cases, cell: ({ cases }) => count(cases) },
    { id: "people", header: "People", end: true, value: ({ people }) => people, cell: ({ people }) => count(people) },
    { id: "share", header: "Share", end: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
    { id: "median", header: "Median time", end: true, value: ({ medianMs }) => medianMs, cell: ({ medianMs }) => span(medianMs) },
  ]; // prettier-ignore
};

const csvOfVariants = ({ variants }: Variants, named: Named): string =>
  csvOf(["Moments", "Cases", "People", "Share", "Median ms", "Reached the goal"], variants.map(({ moments, cases, people, share, medianMs, reached }) => [moments.map((key) => named.get(key)?.name ?? key).join(" > "), cases, people, share, medianMs, reached === null ? null : String(reached)])); // prettier-ignore

/** The tab. */
export function VariantsTab() {
  const { repeats: asked, many } = route.useSearch();
  const navigate = useNavigate();
  const repeats: Repeats = asked === "kept" ? "kept" : "collapsed";
  const most = many === "yes" ? MOST : PAGE;
  const query = useVariants(repeats, most);
  const question = useQuestion();
  const change = (parts: object) =>
    void navigate({ to: ".", search: (before: object) => ({ ...before, ...parts }), replace: true } as never);
  return (
    <div className={frame["column"]}>
      <Answer query={query} teach>
        {(told, basis) => {
          const named: Named = new Map(told.moments.map((one) => [one.key, one]));
          const { totals, others, variants, notes } = told;
          return (
            <Sheet
              title="Ways gone"
              basis={basis}
              lines={notes.map((note) => ["Keep in mind", note] as const)}
              note={`${counted(totals.variants, "different way")} in ${counted(totals.cases, "case")}`}
              file={{ name: "ways-gone", content: () => csvOfVariants(told, named) }}
              table={<DataTable label="Ways gone" columns={columnsOf(named)} rows={variants} rowKey={keyOf} />}
            >
              <div className="pad" style={{ paddingBottom: "0.25rem" }}>
                <Switch size="sm" label="A moment again and again counts once" checked={repeats === "collapsed"} onChange={(event) => change({ repeats: event.currentTarget.checked ? undefined : "kept" })} />
              </div>
              <ul className={classes["variants"]}>
                {variants.map((variant) => <Row key={keyOf(variant)} variant={variant} named={named} question={question} repeats={repeats} most={variants[0]!.share} />)}
              </ul>
              {others.cases > 0 && (
                <p className="pad quiet" style={{ margin: 0 }}>
                  {counted(others.variants, "rarer way")} with {counted(others.cases, "case")} ({ofAll(others.cases, totals.cases)}) are not listed.{" "}
                  {most < MOST && <Button size="compact-xs" variant="default" onClick={() => change({ many: "yes" })}>Show more</Button>}
                </p>
              )}
            </Sheet>
          );
        }}
      </Answer>
    </div>
  );
} // prettier-ignore
