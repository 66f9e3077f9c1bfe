/** How whole the journey feels to customers: did they have to start over, were they known, was what was promised kept. */
import { Link } from "@tanstack/react-router";
import { csvOf } from "../../src/csv.ts";
import type { Metric, MetricsAnswer } from "../../src/metrics/model.ts";
import { TooLittleNote } from "../analysis/basis.tsx";
import { percent } from "../analysis/numbers.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { Course, FigureNote, LastChange } from "../results/figures.tsx";
import { count } from "../ui/format.ts";
import { Rows } from "../ui/notice.tsx";
import { metricIn } from "./band.tsx";
import classes from "./overview.module.css";

const SHOWN = ["continuity", "recognition", "promises_kept"] as const;
/** What each says, in a few words. */
const ABOUT: { readonly [key in (typeof SHOWN)[number]]: string } = {
  continuity: "did not have to start over",
  recognition: "visits by somebody we know",
  promises_kept: "kept in time",
};

function Line({
  metric,
  about,
  answer,
}: {
  metric: Metric | undefined;
  about: string;
  answer: MetricsAnswer;
}) {
  const figure = metric?.figures[0];
  if (!metric) return null;
  const estimate = figure?.result.type === "estimate" ? figure.result : null;
  return (
    <li>
      <span className={classes["what"]}>
        <span className={classes["titled"]}>
          <Link to="/results/metrics" search={{ metric: metric.key }} className="name">
            {metric.title}
          </Link>
          <FigureNote metric={metric} figure={figure} basis={answer.basis} />
        </span>
        <span className={classes["small"]}>{about}</span>
      </span>
      {!figure && <span className="quiet">Nothing to tell of yet</span>}
      {figure?.result.type === "too_little_data" && <TooLittleNote told={figure.result} compact />}
      {figure && estimate && (
        <>
          <span className={classes["number"]}>
            <strong>{percent(estimate.value)}</strong>
            <span className={classes["small"]}>
              {estimate.interval
                ? `${percent(estimate.interval.low)} to ${percent(estimate.interval.high)}, `
                : ""}
              from {count(estimate.n)}
            </span>
          </span>
          <span className={classes["course"]}>
            <Course figure={figure} unit="ratio" />
            <span className={classes["small"]}>
              {figure.changes.type === "watched" && (
                <LastChange figure={figure} metric={metric} zone={answer.zone} />
              )}
            </span>
          </span>
        </>
      )}
    </li>
  );
}

const csvOfThem = (answer: MetricsAnswer): string =>
  csvOf(
    ["metric", "value", "low", "high", "n"],
    SHOWN.flatMap((key) => {
      const metric = metricIn(answer, key);
      const result = metric?.figures[0]?.result;
      return metric && result?.type === "estimate" ? [[metric.title, result.value, result.interval?.low ?? null, result.interval?.high ?? null, result.n]] : [];
    }),
  ); // prettier-ignore

/** The three. */
export function Wholeness({ metrics, pending }: { metrics: MetricsAnswer | undefined; pending: boolean }) {
  return (
    <Sheet
      title="How whole it feels"
      basis={metrics?.basis}
      file={metrics && { name: "How whole it feels", content: () => csvOfThem(metrics) }}
    >
      {pending && <Rows rows={3} />}
      {metrics && (
        <ul className={classes["lines"]}>
          {SHOWN.map((key) => (
            <Line key={key} metric={metricIn(metrics, key)} about={ABOUT[key]} answer={metrics} />
          ))}
        </ul>
      )}
    </Sheet>
  );
}
