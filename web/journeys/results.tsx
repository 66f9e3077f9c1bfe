/** What came of a journey: who reached the goal against those held out, with intervals that may be looked at any time. */
import { Button, NativeSelect } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ChartNoAxesColumn, Download } from "lucide-react";
import type { z } from "zod";
import { csvOf } from "../../src/csv.ts";
import type { ArmTold, JourneyResults } from "../../src/journeys/results-model.ts";
import { useApi } from "../services.tsx";
import { saveFile } from "../ui/save-file.ts";
import { count, moment } from "../ui/format.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { useDraft } from "./draft.tsx";
import frame from "./journeys.module.css";
import classes from "./results.module.css";
import { lineOf } from "./words.ts";

const route = getRouteApi("/journeys/$journeyId/results");
type Results = z.infer<typeof JourneyResults>;
type Comparison = Results["journey"];
type Verdict = Comparison["verdicts"][number];

const percent = (ratio: number): string => `${(100 * ratio).toFixed(1)} %`;
const signed = (ratio: number): string =>
  `${ratio > 0 ? "+" : ratio < 0 ? "−" : ""}${(100 * Math.abs(ratio)).toFixed(1)}`;
/** An arm as a person calls it. */
const armWords = (key: string, holdout: boolean): string => {
  const name = key.replaceAll("_", " ");
  return holdout && key !== "held_out" ? `${name} (held out)` : name;
};

const VERDICTS: { readonly [verdict in Verdict["verdict"]]: string } = {
  better: "Better", worse: "Worse", undecided: "Not decided yet", too_few: "Too few yet", sample_ratio_mismatch: "The split is off",
}; // prettier-ignore

const COLUMNS: readonly Column<ArmTold>[] = [
  { id: "arm", header: "Who", width: "34%", value: ({ key, holdout }) => armWords(key, holdout), cell: ({ key, holdout }) => <strong>{armWords(key, holdout)}</strong> },
  { id: "customers", header: "Customers", end: true, value: ({ customers }) => customers, cell: ({ customers }) => count(customers) },
  { id: "converted", header: "Reached the goal", end: true, value: ({ converted }) => converted, cell: ({ converted }) => count(converted) },
  { id: "ratio", header: "Share", end: true, value: ({ ratio }) => ratio, cell: ({ ratio }) => (ratio === null ? "–" : percent(ratio)) },
  { id: "value", header: "Value", end: true, value: ({ value }) => value, cell: ({ value }) => count(Math.round(value * 100) / 100) },
]; // prettier-ignore

const [WIDTH, HEIGHT] = [320, 44];
/** The interval of a difference as a line around zero; what it says stands in words beside it. */
function Interval({ lift }: { lift: NonNullable<Verdict["absolute"]> }) {
  const most = Math.max(Math.abs(lift.interval[0]), Math.abs(lift.interval[1]), Math.abs(lift.difference), 1e-9) * 1.15;
  const x = (value: number) => WIDTH / 2 + (value / most) * (WIDTH / 2 - 6);
  const [low, high] = lift.interval;
  return (
    <svg className={classes["interval"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`From ${signed(low)} to ${signed(high)} percentage points`} data-side={low > 0 ? "better" : high < 0 ? "worse" : "open"}>
      <line x1={WIDTH / 2} x2={WIDTH / 2} y1={4} y2={HEIGHT - 4} className={classes["zero"]} />
      <line x1={x(low)} x2={x(high)} y1={HEIGHT / 2} y2={HEIGHT / 2} className={classes["range"]} />
      {[low, high].map((end) => <line key={end} x1={x(end)} x2={x(end)} y1={HEIGHT / 2 - 7} y2={HEIGHT / 2 + 7} className={classes["range"]} />)}
      <circle cx={x(lift.difference)} cy={HEIGHT / 2} r={6} className={classes["point"]} />
    </svg>
  );
} // prettier-ignore

function VerdictCard({ verdict }: { verdict: Verdict }) {
  const { absolute, measure } = verdict;
  return (
    <li className={classes["verdict"]} data-verdict={verdict.verdict}>
      <div className={classes["judged"]}>
        <strong>{VERDICTS[verdict.verdict]}</strong>
        <span className="quiet">
          {armWords(verdict.other, false)} against {armWords(verdict.baseline, false)}, by{" "}
          {measure === "value" ? "value" : "reaching the goal"}
        </span>
      </div>
      <p>{verdict.words}</p>
      {absolute && measure === "conversions" && (
        <div className={classes["lift"]}>
          <Interval lift={absolute} />
          <span>
            {signed(absolute.difference)} points, 95 %: {signed(absolute.interval[0])} to{" "}
            {signed(absolute.interval[1])}
          </span>
        </div>
      )}
    </li>
  );
}

function Compared({ title, comparison, name }: { title: string; comparison: Comparison; name: string }) {
  const save = () => {
    const { header, rows } = valuesOf(COLUMNS, comparison.arms);
    saveFile(`${name}.csv`, csvOf(header, rows), "text/csv");
  };
  return (
    <section className="sheet" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <Button variant="default" size="xs" leftSection={<Download size={14} />} onClick={save}>
          CSV
        </Button>
      </header>
      {comparison.verdicts.length > 0 && (
        <ul className={classes["verdicts"]}>
          {comparison.verdicts.map((one) => (
            <VerdictCard key={`${one.other} ${one.measure}`} verdict={one} />
          ))}
        </ul>
      )}
      <DataTable label={title} columns={COLUMNS} rows={comparison.arms} rowKey={({ key }) => key} />
    </section>
  );
}

function Told({ results }: { results: Results }) {
  const { draft, names, view } = useDraft();
  const nobody = results.journey.arms.every(({ customers }) => customers === 0);
  return (
    <>
      <p className="quiet">
        Version {results.version.number}, who came in from {moment(Date.parse(results.from))} to{" "}
        {moment(Date.parse(results.to))}.
        {!results.goal &&
          " This version has no goal, so nobody counts as converted: set one in the design and publish it."}
      </p>
      {nobody ? (
        <section className="sheet">
          <Empty icon={<ChartNoAxesColumn />} title="Nobody has entered yet">
            <p>
              As customers enter, those who reach the goal are counted here against those held out, with how
              sure that is.
            </p>
          </Empty>
        </section>
      ) : (
        <>
          <Compared
            title="Does the journey work?"
            comparison={results.journey}
            name={`${view.name} results`}
          />
          {results.splits.map(({ step, ...comparison }) => {
            const title = draft.steps[step] ? lineOf(draft.steps[step], names) : step;
            return (
              <Compared
                key={step}
                title={`Which path works? ${title}`}
                comparison={comparison}
                name={`${view.name} ${step}`}
              />
            );
          })}
        </>
      )}
      {results.caveats.length > 0 && (
        <ul className={classes["caveats"]} aria-label="To be borne in mind">
          {results.caveats.map((caveat) => (
            <li key={caveat}>{caveat}</li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The tab; the version stands in the address. */
export function ResultsTab() {
  const api = useApi();
  const { view } = useDraft();
  const { version } = route.useSearch();
  const navigate = route.useNavigate();
  const published = view.versions.length > 0;
  const results = useQuery({
    queryKey: ["journey-results", view.id, version ?? ""],
    queryFn: ({ signal }) =>
      api.journeyResults(view.id, { version: version === undefined ? undefined : Number(version) }, signal),
    enabled: published,
    refetchInterval: 30_000,
  });
  return (
    <section className={frame["body"]} aria-label="Results">
      <div className={frame["column"]}>
        {view.versions.length > 1 && (
          <NativeSelect
            label="Version"
            data={view.versions.map(({ number }, i) => ({
              value: i === 0 ? "" : String(number),
              label: `Version ${number}${i === 0 ? ", the newest" : ""}`,
            }))}
            value={version ?? ""}
            onChange={(event) => {
              const next = event.currentTarget.value;
              void navigate({ search: next === "" ? {} : { version: next }, replace: true });
            }}
            style={{ maxWidth: 260 }}
          />
        )}
        {!published && (
          <section className="sheet">
            <Empty icon={<ChartNoAxesColumn />} title="Nothing is published yet">
              <p>
                Once it is live, the journey is measured against the share of customers that is held out, so
                you see what it adds and not only what happened.
              </p>
            </Empty>
          </section>
        )}
        {published && results.isPending && <Rows />}
        {results.isError && (
          <Fault fault={results.error} retry={() => void results.refetch()} retrying={results.isFetching} />
        )}
        {results.data && <Told results={results.data} />}
      </div>
    </section>
  );
}
