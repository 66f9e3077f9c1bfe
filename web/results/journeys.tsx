/** What journeys added, against those held out of each; then which path of their experiments works. Journeys come first. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Route } from "lucide-react";
import { csvOf } from "../../src/csv.ts";
import type { JourneySummary } from "../../src/journeys/document.ts";
import type { JourneyResults } from "../../src/journeys/results-model.ts";
import { percent } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { scaleOf, Whisker } from "../analysis/whisker.tsx";
import { StateBadge } from "../journeys/state-badge.tsx";
import { useApi } from "../services.tsx";
import { count, counted } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import classes from "./results.module.css";
import { Room } from "./room.tsx";

const route = getRouteApi("/results");
/** Results are read of so many journeys, those with the most customers in them. */
const JOURNEYS_MAX = 30;

type Comparison = JourneyResults["journey"];
type Verdict = Comparison["verdicts"][number];
const VERDICT_WORDS: { readonly [verdict in Verdict["verdict"]]: string } = {
  better: "Better", worse: "Worse", undecided: "Not decided yet", too_few: "Too few yet", sample_ratio_mismatch: "The split is off",
}; // prettier-ignore

/** A journey, or one experiment within it, as a row. */
type Row = {
  readonly id: string;
  readonly journey: JourneySummary;
  readonly step: string | null;
  readonly comparison: Comparison;
  readonly verdict: Verdict | null;
  readonly goal: boolean;
};
const nameOf = (key: string): string => key.replaceAll("_", " ");
/** The verdict that says most: by reaching the goal, of the arm that differs most surely. */
const leading = ({ verdicts }: Comparison): Verdict | null =>
  verdicts
    .filter(({ measure }) => measure === "conversions")
    .toSorted((a, b) => (a.pValue ?? 1) - (b.pValue ?? 1))[0] ?? null;
const armOf = ({ comparison }: Row, key: string | undefined) =>
  comparison.arms.find((arm) => arm.key === key);
const signed = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)}`;

/** An arm's share, and of how many; nothing but that they are too few where they are. */
function Share({ row, of }: { row: Row; of: "other" | "baseline" }) {
  const arm = armOf(row, row.verdict?.[of]);
  if (!arm || row.verdict === null) return <span className="quiet">–</span>;
  const shown = arm.ratio !== null && row.verdict.verdict !== "too_few" && row.goal;
  return (
    <span>
      {shown && <strong>{percent(arm.ratio!)}</strong>}
      <span className={classes["small"]}>
        {row.step !== null && `${nameOf(arm.key)}, `}{shown ? "of " : ""}{counted(arm.customers, "customer")}
      </span>
    </span>
  );
} // prettier-ignore

const columnsOf = (rows: readonly Row[], baseline: string): readonly Column<Row>[] => {
  const scale = scaleOf(rows.flatMap(({ verdict }) => (verdict?.absolute ? [{ low: verdict.absolute.interval[0], high: verdict.absolute.interval[1] }] : [])));
  return [
    {
      id: "name", header: "Journey", width: "28%", value: ({ journey, step }) => (step === null ? journey.name : `${journey.name}, ${nameOf(step)}`),
      cell: ({ journey, step }) => (
        <div className="wrap">
          <Link to="/journeys/$journeyId/results" params={{ journeyId: String(journey.id) }} className="name">{journey.name}</Link>
          {step === null ? <div><StateBadge state={journey.state} /></div> : <span className={classes["small"]}>at {nameOf(step)}</span>}
        </div>
      ),
    },
    { id: "other", header: "Reached the goal", end: true, value: (row) => armOf(row, row.verdict?.other)?.ratio ?? null, cell: (row) => <Share row={row} of="other" /> },
    { id: "baseline", header: baseline, end: true, value: (row) => armOf(row, row.verdict?.baseline)?.ratio ?? null, cell: (row) => <Share row={row} of="baseline" /> },
    {
      id: "lift", header: "Difference, points", value: ({ verdict }) => verdict?.absolute?.difference ?? null,
      cell: ({ verdict }) => {
        if (!verdict?.absolute || verdict.verdict === "too_few" || verdict.verdict === "sample_ratio_mismatch") return <span className="quiet">–</span>;
        const { difference, interval: [low, high] } = verdict.absolute;
        return (
          <span className={classes["lift"]}>
            <Whisker judged value={difference} low={low} high={high} scale={scale} label={`From ${signed(low)} to ${signed(high)} points`} />
            <span className={classes["small"]}>{signed(difference)}, 95 %: {signed(low)} to {signed(high)}</span>
          </span>
        );
      },
    },
    {
      id: "verdict", header: "Verdict", value: ({ verdict }) => verdict?.verdict ?? null,
      cell: ({ verdict, goal }) =>
        !goal ? <span className="quiet">No goal is set</span>
        : verdict === null ? <span className="quiet">Nobody is held out</span>
        : <span title={verdict.words} className={classes["verdict"]} data-verdict={verdict.verdict}>{VERDICT_WORDS[verdict.verdict]}</span>,
    },
  ];
}; // prettier-ignore

function save(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const { header, rows: cells } = valuesOf(columns, rows);
  return csvOf(
    [...header, "Customers", "Customers compared with", "Low", "High", "Level"],
    cells.map((line, i) => {
      const row = rows[i]!;
      const interval = row.verdict?.absolute?.interval;
      return [...line, armOf(row, row.verdict?.other)?.customers ?? null, armOf(row, row.verdict?.baseline)?.customers ?? null, interval?.[0] ?? null, interval?.[1] ?? null, 0.95];
    }),
  );
} // prettier-ignore

const METHOD =
  "Each customer counts once, in the arm they were in at first. Shares are compared by intervals that may be looked at any time; only those kept out at random show what a journey adds.";

function Told({ journeys }: { journeys: readonly JourneySummary[] }) {
  const api = useApi();
  const shown = journeys.toSorted((a, b) => b.running - a.running).slice(0, JOURNEYS_MAX);
  const results = useQueries({
    queries: shown.map(({ id }) => ({
      queryKey: ["journey-results", id, ""],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.journeyResults(id, {}, signal),
      staleTime: 60_000,
    })),
  });
  const fault = results.find(({ isError }) => isError);
  const told = shown.flatMap((journey, i) => {
    const data = results[i]?.data;
    return data ? [{ journey, data }] : [];
  });
  const rows: readonly Row[] = told.map(({ journey, data }) => ({ id: String(journey.id), journey, step: null, comparison: data.journey, verdict: leading(data.journey), goal: data.goal }));
  const splits: readonly Row[] = told.flatMap(({ journey, data }) =>
    data.splits.map((split) => ({ id: `${journey.id} ${split.step}`, journey, step: split.step, comparison: split, verdict: leading(split), goal: data.goal })),
  );
  const [columns, splitColumns] = [columnsOf(rows, "Held out"), columnsOf(splits, "Compared with")];
  const customers = rows.reduce((sum, { comparison }) => sum + comparison.arms.reduce((n, arm) => n + arm.customers, 0), 0);
  if (rows.length === 0 && !fault) return <section className="sheet"><Rows rows={4} label="Reading results" /></section>;
  const lines = [["Method", METHOD], ["Sample", counted(customers, "customer")]] as const;
  return (
    <div className={classes["stack"]}>
      {fault && <Fault fault={fault.error} retry={() => void fault.refetch()} retrying={fault.isFetching} />}
      <Sheet title="What journeys add" lines={lines} note={shown.length < journeys.length ? `the ${count(JOURNEYS_MAX)} with the most customers` : undefined} file={{ name: "Journeys", content: () => save(columns, rows) }}>
        <DataTable label="Journeys" columns={columns} rows={rows} rowKey={({ id }) => id} />
      </Sheet>
      {splits.length > 0 && (
        <Sheet title="Experiments within them" lines={lines} file={{ name: "Experiments", content: () => save(splitColumns, splits) }}>
          <DataTable label="Experiments" columns={splitColumns} rows={splits} rowKey={({ id }) => id} />
        </Sheet>
      )}
    </div>
  );
} // prettier-ignore

/** The tab. */
export function JourneyResultsTab() {
  const api = useApi();
  const search = route.useSearch();
  const list = useQuery({ queryKey: ["journeys"], queryFn: ({ signal }) => api.journeys(signal) });
  const published = (list.data?.journeys ?? []).filter(({ version }) => version !== null);
  return (
    <Room
      title="Results"
      intro="What each journey adds, against customers who were kept out of it at random."
      search={search}
    >
      {list.isPending && (
        <section className="sheet">
          <Rows rows={4} />
        </section>
      )}
      {list.isError && (
        <Fault fault={list.error} retry={() => void list.refetch()} retrying={list.isFetching} />
      )}
      {list.isSuccess && published.length === 0 && (
        <section className="sheet">
          <Empty icon={<Route />} title="No journey is live yet">
            <p>
              Once one is, those who came in are compared here with those who were held out, so that you see
              what it adds and not only what happened. Begin with{" "}
              <Link to="/journeys" className="link">
                a journey
              </Link>
              , give it a goal, and hold a share of customers out.
            </p>
          </Empty>
        </section>
      )}
      {published.length > 0 && <Told journeys={published} />}
    </Room>
  );
}
