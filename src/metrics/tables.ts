/** Funnels, retention and metrics as tables: for CSV and for mails. Pure. */
import type { Table } from "../analysis/request.ts";
import type { FunnelAnswer, FunnelResult, MetricsAnswer, RetentionAnswer } from "./model.ts";

/** A row for each step of each group. */
export function funnelTable({ funnel, groups }: Omit<FunnelAnswer, "basis">): Table {
  const of = (group: string | null, result: FunnelResult) =>
    result.type === "too_little_data"
      ? [[group, result.detail, result.found, null, null, null, null, null, null, null]]
      : result.steps.map((step, i) => [
          group, step.name, step.people, step.ofFirst.ratio, step.ofFirst.interval.low, step.ofFirst.interval.high,
          i === 0 ? null : step.ofBefore.ratio, i === 0 ? null : step.ofBefore.interval.low, i === 0 ? null : step.ofBefore.interval.high, step.medianMsFromFirst,
        ]); // prettier-ignore
  return {
    header: ["group", "step", "people", "of_first", "of_first_low", "of_first_high", "of_before", "of_before_low", "of_before_high", "median_ms_from_first"],
    rows: [...of(null, funnel), ...(groups ?? []).flatMap(({ name, funnel: own }) => of(name, own))],
  }; // prettier-ignore
}

/** A row for each cell of each cohort; those of all cohorts together last. */
export function retentionTable({ retention }: Omit<RetentionAnswer, "basis">): Table {
  const header = ["cohort", "period", "customers", "returned", "complete", "ratio", "low", "high"];
  if (retention.type === "too_little_data") return { header, rows: [[retention.detail, null, retention.found, null, null, null, null, null]] }; // prettier-ignore
  const of = (cohort: string, cells: typeof retention.all) =>
    cells.map(({ period, customers, returned, complete, share }) => [
      cohort, period, customers, returned, complete ? "yes" : "no", share?.ratio ?? null, share?.interval.low ?? null, share?.interval.high ?? null,
    ]); // prettier-ignore
  return {
    header,
    rows: [...retention.cohorts.flatMap(({ from, cells }) => of(from, cells)), ...of("all", retention.all)],
  };
}

/** A row for each figure and each point of its series. */
export function metricsTable({ metrics }: Omit<MetricsAnswer, "basis">): Table {
  const rows = metrics.flatMap(({ key, unit, figures }) =>
    figures.flatMap(({ part, name, result, series }) => [
      [key, unit, part, name, null, result.type === "estimate" ? result.value : null, result.type === "estimate" ? (result.interval?.low ?? null) : null, result.type === "estimate" ? (result.interval?.high ?? null) : null, result.type === "estimate" ? result.n : result.found],
      ...series.map(({ from, value, n }) => [key, unit, part, name, from, value, null, null, n]),
    ]),
  ); // prettier-ignore
  return { header: ["metric", "unit", "part", "name", "from", "value", "low", "high", "n"], rows };
}
