/** The journey as a band of stages: who is in each, how many go on and how fast, and how that went. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, Milestone } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { Figure, Metric, MetricKey, MetricsAnswer } from "../../src/metrics/model.ts";
import type { StageCounts } from "../../src/segments/document.ts";
import { BasisNote, TooLittleNote } from "../analysis/basis.tsx";
import { amount, intervalWords, percent, span } from "../analysis/numbers.ts";
import type { ScopeAsked } from "../analysis/scope.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { Course, linesOf, Value } from "../results/figures.tsx";
import { useApi } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";
import classes from "./overview.module.css";

const EVERY_MS = 10_000;
/** How long somebody has to go on. */
export const HORIZON_MS = 30 * 86_400_000;
type Stage = StageCounts["stages"][number];
/** A stage with what is told of its customers in the period; the last has no conversion. */
type Told = {
  readonly stage: Stage;
  readonly last: boolean;
  readonly conversion: Figure | undefined;
  readonly time: Figure | undefined;
  readonly revenue: Figure | undefined;
};

/** A metric of the answer. */
export const metricIn = (answer: MetricsAnswer | undefined, key: MetricKey): Metric | undefined =>
  answer?.metrics.find((one) => one.key === key);
const partOf = (metric: Metric | undefined, key: string) => metric?.figures.find(({ part }) => part === key);

const toldOf = (stages: readonly Stage[], answer: MetricsAnswer | undefined): readonly Told[] =>
  stages.map((stage, i) => ({
    stage,
    last: i === stages.length - 1,
    conversion: partOf(metricIn(answer, "stage_conversion"), stage.key),
    time: partOf(metricIn(answer, "stage_time"), stage.key),
    revenue: partOf(metricIn(answer, "stage_revenue"), stage.key),
  }));

const estimateOf = (figure: Figure | undefined) => (figure?.result.type === "estimate" ? figure.result : null); // prettier-ignore

type EstimateOf = NonNullable<ReturnType<typeof estimateOf>>;
/** What a short number leaves out: its interval, how many it rests on, and how it is worked out. */
export const sureOf = (
  { interval, n }: EstimateOf,
  metric: Metric | undefined,
  say: (value: number) => string,
): string =>
  `${interval ? `${intervalWords(interval, say)}, ` : "no interval is known, "}from ${count(n)}.${metric ? ` ${metric.method}` : ""}`;

/** From a stage onwards: the share that went on, how long half of them took, and its course. */
function Onwards({ told: { stage, conversion, time }, answer }: { told: Told; answer: MetricsAnswer | undefined }) {
  const metric = metricIn(answer, "stage_conversion");
  const took = estimateOf(time);
  if (!conversion || !metric) return <span className="quiet">{answer ? "Nobody came in" : "…"}</span>;
  const { result } = conversion;
  if (result.type === "too_little_data") return <TooLittleNote told={result} compact />;
  return (
    <>
      <span className={classes["rate"]}>
        <ArrowRight size={14} aria-hidden="true" />
        <span><strong>{percent(result.value)}</strong> go on</span>
        <BasisNote of={`conversion from ${stage.name}`} lines={linesOf(metric, conversion, percent)} />
      </span>
      <span className={classes["small"]}>within {span(HORIZON_MS)}</span>
      {took && <span className={classes["small"]} title={sureOf(took, metricIn(answer, "stage_time"), span)}>half after {span(took.value)}, from {count(took.n)}</span>}
      <Course figure={conversion} unit="ratio" />
    </>
  );
} // prettier-ignore

function Stages({ stages, total, answer }: { stages: readonly Told[]; total: number; answer: MetricsAnswer | undefined }) {
  return (
    <ol className={classes["band"]} aria-label="The stages of the journey" tabIndex={0}>
      {stages.map((told) => {
        const { stage, last, revenue } = told;
        const earned = estimateOf(revenue);
        return (
          <li key={stage.key}>
            <div className={classes["stage"]}>
              <span className={classes["name"]}>{stage.name}</span>
              <strong className={classes["people"]}>{count(stage.customers)}</strong>
              <span className={classes["share"]} aria-hidden="true"><span style={{ width: `${total === 0 ? 0 : (100 * stage.customers) / total}%` }} /></span>
              {total > 0 && <span className={classes["small"]}>{percent(stage.customers / total)} of all</span>}
              {stage.medianMs !== null && <span className={classes["small"]} title={`Half of the ${count(stage.customers)} who are in it now have been so for longer: counted, so there is no interval.`}>median {span(stage.medianMs)} in it, of {count(stage.customers)}</span>}
              {earned && earned.value > 0 && <span className={classes["small"]} title={sureOf(earned, metricIn(answer, "stage_revenue"), amount)}>{amount(earned.value)} revenue, from {count(earned.n)}</span>}
            </div>
            {!last && <div className={classes["onwards"]}><Onwards told={told} answer={answer} /></div>}
          </li>
        );
      })}
    </ol>
  );
} // prettier-ignore

const COLUMNS: readonly Column<Told>[] = [
  { id: "name", header: "Stage", cell: ({ stage }) => <strong>{stage.name}</strong> },
  { id: "people", header: "In it now", end: true, value: ({ stage }) => stage.customers, cell: ({ stage }) => count(stage.customers) },
  { id: "since", header: "Median time in it", end: true, cell: ({ stage }) => (stage.medianMs === null ? "–" : span(stage.medianMs)) },
  { id: "conversion", header: `Go on within ${span(HORIZON_MS)}`, end: true, cell: ({ conversion }) => (conversion ? <Value figure={conversion} unit="ratio" /> : "–") },
  { id: "time", header: "Time until then", end: true, cell: ({ time }) => (time ? <Value figure={time} unit="ms" /> : "–") },
  { id: "revenue", header: "Revenue", end: true, cell: ({ revenue }) => (revenue ? <Value figure={revenue} unit="money" /> : "–") },
]; // prettier-ignore

/** A figure's value, its interval and how many it rests on, as cells. */
const cellsOf = (figure: Figure | undefined): readonly (number | null)[] => {
  const told = estimateOf(figure);
  return told ? [told.value, told.interval?.low ?? null, told.interval?.high ?? null, told.n] : [null, null, null, null]; // prettier-ignore
};
const csvOfStages = (stages: readonly Told[]): string =>
  csvOf(
    ["stage", "customers", "median_ms_in_it", ...["conversion", "ms_to_next", "revenue"].flatMap((name) => [name, `${name}_low`, `${name}_high`, `${name}_n`])],
    stages.map(({ stage, conversion, time, revenue }) => [stage.name, stage.customers, stage.medianMs, ...cellsOf(conversion), ...cellsOf(time), ...cellsOf(revenue)]),
  ); // prettier-ignore

/** No stages: why they help, and where they are chosen. */
function Teach() {
  return (
    <section className="sheet">
      <Empty icon={<Milestone />} title="Choose the stages of your journey">
        <p>
          Stages say how far along each customer is, from first visit to loyal buyer. Once chosen, this screen
          shows who is in each, how many go on, and how long that takes.{" "}
          <Link to="/segments/stages" className="link">
            Choose the stages
          </Link>
        </p>
      </Empty>
    </section>
  );
}

type BandProps = { metrics: MetricsAnswer | undefined; pending: boolean; scope: ScopeAsked };
/** The band. People are those of now; what lies between the stages is of the period. */
export function Band({ metrics, pending }: BandProps) {
  const api = useApi();
  const model = useQuery({ queryKey: ["stages"], queryFn: ({ signal }) => api.stages(signal) });
  const serving = model.data !== undefined && model.data.version !== null;
  const counts = useQuery({
    queryKey: ["stage-counts"],
    queryFn: ({ signal }) => api.stageCounts(signal),
    enabled: serving,
    refetchInterval: EVERY_MS,
  });
  const fault = model.error ?? counts.error;
  if (fault) return <Fault fault={fault} retry={() => void (model.isError ? model : counts).refetch()} />;
  if (model.data && model.data.model === null) return <Teach />;
  if (!counts.data)
    return (
      <section className="sheet" aria-label="The journey">
        {model.data && !serving ? <p className="pad">The stages are being worked out from history.</p> : <Rows rows={3} />}
      </section>
    );
  const stages = toldOf(counts.data.stages, metrics);
  return (
    <Sheet
      title="The journey"
      note={counted(counts.data.total, "customer")}
      basis={metrics?.basis}
      file={{ name: "Journey by stage", content: () => csvOfStages(stages) }}
      table={<DataTable label="The journey by stage" columns={COLUMNS} rows={stages} rowKey={({ stage }) => stage.key} />}
    >
      <div aria-busy={pending}>
        <Stages stages={stages} total={counts.data.total} answer={metrics} />
      </div>
    </Sheet>
  );
} // prettier-ignore
