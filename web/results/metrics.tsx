/** Journey metrics: each with its value, interval, course and changes; one of them opened with its parts. */
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { useMemo } from "react";
import { NativeSelect } from "@mantine/core";
import type { Basis } from "../../src/analysis/model.ts";
import type { Figure, Metric, SeriesPoint } from "../../src/metrics/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { intervalWords, valueWords } from "../analysis/numbers.ts";
import { useScope } from "../analysis/use-scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { Trend } from "../analysis/trend.tsx";
import { useApi } from "../services.tsx";
import { count, counted, date } from "../ui/format.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import { metricsOf } from "./ask.ts";
import type { MetricsBody } from "./calls.ts";
import { Course, FigureNote, LastChange, linesOf, toneOf, Value, wordsOfChange } from "./figures.tsx";
import { NamesButton } from "./metric-names.tsx";
import classes from "./results.module.css";
import { useMetrics } from "./use-metrics.ts";
import { AskedBar, Room, type ResultSearch, useChangeSearch } from "./room.tsx";

const route = getRouteApi("/results/metrics");

/** What a metric is, as short as it can be said; the note beside its name says all. */
const firstSentence = (text: string): string => /^.*?[.](?= |$)/.exec(text)?.[0] ?? text;

const columnsOf = (search: ResultSearch, basis: Basis, zone: string): readonly Column<Metric>[] => [
  {
    id: "title", header: "Metric", width: "36%", value: ({ title }) => title,
    cell: (metric) => (
      <div className="wrap">
        <span className={classes["named"]}>
          <Link to="/results/metrics" search={{ ...search, metric: metric.key }} className="name">{metric.title}</Link>
          <FigureNote metric={metric} figure={metric.figures[0]} basis={basis} />
        </span>
        <div className={classes["small"]}>{firstSentence(metric.definition)}</div>
      </div>
    ),
  },
  { id: "value", header: "Value", end: true, cell: ({ figures: [whole], unit }) => (whole ? <Value figure={whole} unit={unit} /> : <span className="quiet">Nothing to tell of</span>) },
  { id: "course", header: "Course", cell: ({ figures: [whole], unit }) => whole && <Course figure={whole} unit={unit} /> },
  { id: "change", header: "Last change", cell: (metric) => metric.figures[0]?.result.type === "estimate" && <LastChange figure={metric.figures[0]} metric={metric} zone={zone} /> },
]; // prettier-ignore

const partColumns = (metric: Metric, zone: string): readonly Column<Figure>[] => [
  { id: "name", header: "Part", width: "34%", value: ({ name }) => name, cell: ({ name, part }) => (part === null ? <strong>{name}</strong> : name) },
  { id: "value", header: "Value", end: true, value: ({ result }) => (result.type === "estimate" ? result.value : null), cell: (figure) => <Value figure={figure} unit={metric.unit} /> },
  { id: "more", header: "More", cell: ({ more, result }) => result.type === "estimate" && more.map(({ name, value, interval }) => <span key={name} className={classes["small"]}>{name} {valueWords(value, metric.unit)}{interval && `, ${intervalWords(interval, (one) => valueWords(one, metric.unit))}`}</span>) },
  { id: "course", header: "Course", cell: (figure) => <Course figure={figure} unit={metric.unit} /> },
  { id: "change", header: "Last change", cell: (figure) => figure.result.type === "estimate" && <LastChange figure={figure} metric={metric} zone={zone} /> },
]; // prettier-ignore

const pointColumns = (unit: Metric["unit"], zone: string): readonly Column<SeriesPoint>[] => [
  { id: "from", header: "From", value: ({ from }) => from, cell: ({ from }) => date(Date.parse(from), zone) },
  { id: "value", header: "Value", end: true, value: ({ value }) => value, cell: ({ value }) => (value === null ? <span className="quiet">nothing to tell of</span> : valueWords(value, unit)) },
  { id: "n", header: "Rests on", end: true, value: ({ n }) => n, cell: ({ n }) => count(n) },
  { id: "complete", header: "Complete", cell: ({ complete }) => (complete ? "yes" : "not yet") },
]; // prettier-ignore

/** One figure's chart, in words above it and as a table behind it. */
function Drawn({ metric, figure, body, basis, zone }: { metric: Metric; figure: Figure; body: MetricsBody; basis: Basis; zone: string }) {
  const api = useApi();
  const { unit, better } = metric;
  const { result, series, changes } = figure;
  const say = (value: number) => valueWords(value, unit);
  const watched = changes.type === "watched" ? changes : null;
  const marks = (watched?.changes ?? []).map((change) => ({ at: Date.parse(change.since), words: wordsOfChange(change, unit, zone), tone: toneOf(change, better) }));
  const asked = { ...body, metrics: [metric.key] };
  return (
    <Sheet
      title={metric.title}
      basis={{ ...basis, method: "" }}
      lines={linesOf(metric, figure, say)}
      file={{ name: metric.title, content: () => api.answerCsv("/v1/metrics", asked) }}
      table={result.type === "estimate" && <DataTable label={`${metric.title}, point by point`} columns={pointColumns(unit, zone)} rows={series.toReversed()} rowKey={({ from }) => from} />}
    >
      {result.type === "too_little_data" ? <TooLittleNote told={result} /> : (
        <div className="pad">
          <p className={classes["headline"]}>
            <strong>{say(result.value)}</strong>{" "}
            <span className="quiet">{result.interval ? `${intervalWords(result.interval, say)}, ` : ""}from {count(result.n)}</span>
          </p>
          <Trend
            points={series.map(({ from, value, complete }) => ({ at: Date.parse(from), value, complete }))}
            marks={marks} say={say} wordsOfAt={(at) => date(at, zone)} label={`${metric.title} over time; the table has every point`}
          />
          {marks.length > 0 && <ul className={classes["changes"]}>{marks.map(({ at, words, tone }) => <li key={at} data-tone={tone}>{words}</li>)}</ul>}
          <p className={classes["small"]}>
            {watched === null ? changes.type === "too_little_data" && `Changes are not watched yet: ${changes.detail}`
              : `${marks.length === 0 ? "No change beyond chance and the days of the week. " : ""}Where nothing changes, at most ${counted(watched.falseAlarmsPerYear, "false alarm")} a year.`}
          </p>
        </div>
      )}
    </Sheet>
  );
} // prettier-ignore

function Opened({ metric, body, basis, zone }: { metric: Metric; body: MetricsBody; basis: Basis; zone: string }) {
  const [first] = metric.figures;
  const parts = metric.figures.filter((figure) => figure !== first || figure.part !== null);
  return (
    <div className={classes["stack"]}>
      <p className={classes["lead"]}>{metric.definition}</p>
      {first && first.part === null && <Drawn metric={metric} figure={first} body={body} basis={basis} zone={zone} />}
      {metric.figures.length === 0 && <section className="sheet pad">Nothing happened in this time that it could be told of.</section>}
      {parts.length > 0 && (
        <section className="sheet" aria-label={`${metric.title} by part`}>
          <header><h2>By part</h2><span className="quiet">the largest</span></header>
          <DataTable label={`${metric.title} by part`} columns={partColumns(metric, zone)} rows={parts} rowKey={({ part, name }) => part ?? name} />
        </section>
      )}
    </div>
  );
} // prettier-ignore

/** The tab; which metric is open, and what is asked, stand in the address. */
export function MetricsTab() {
  const api = useApi();
  const search = route.useSearch();
  const change = useChangeSearch(search);
  const scope = useScope(search);
  const ask = useMemo(() => metricsOf(search.ask), [search.ask]);
  const body = { ...ask, scope };
  const answer = useMetrics(body);
  const metric = answer.data?.metrics.find(({ key }) => key === search.metric);
  return (
    <Room title="Metrics" intro="What journeys are worth, each with how sure that is and whether it changed." search={search}>
      <AskedBar search={search} path="/v1/metrics" body={body}>
        <NativeSelect aria-label="Points of the course" value={ask.every ?? "day"} data={[{ value: "day", label: "By day" }, { value: "week", label: "By week" }]} onChange={(event) => change({ ask: { ...ask, every: event.currentTarget.value } })} />
        <NamesButton ask={ask} onChange={(next) => change({ ask: next })} />
      </AskedBar>
      {search.metric !== undefined && (
        <Link to="/results/metrics" search={{ ...search, metric: undefined } as never} className={`back ${classes["back"]}`}><ArrowLeft size={16} aria-hidden="true" />All metrics</Link>
      )}
      {answer.isPending && <section className="sheet"><Rows label="Working the metrics out" /></section>}
      {answer.isError && <Fault fault={answer.error} retry={() => void answer.refetch()} retrying={answer.isFetching} />}
      {answer.data && search.metric !== undefined && !metric && <section className="sheet pad">There is no metric of this name.</section>}
      {answer.data && metric && <Opened metric={metric} body={body} basis={answer.data.basis} zone={answer.data.zone} />}
      {answer.data && search.metric === undefined && (
        <Sheet title="All metrics" basis={answer.data.basis} file={{ name: "Metrics", content: () => api.answerCsv("/v1/metrics", body) }}>
          <DataTable label="Metrics" columns={columnsOf(search, answer.data.basis, answer.data.zone)} rows={answer.data.metrics} rowKey={({ key }) => key} />
        </Sheet>
      )}
    </Room>
  );
} // prettier-ignore
