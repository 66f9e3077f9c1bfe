/** Funnels, retention and metrics as tables: for CSV and for mails. Pure. */
import type { Table } from "../analysis/request.ts";
import type { FunnelAnswer, FunnelResult, MetricsAnswer, RetentionAnswer } from "./model.ts";

/** A row for each step of each group. */
export function funnelTable({ funnel, groups }: Omit<FunnelAnswer, "basis">): Table {
  const of = (group: string | null, result: FunnelResult) =>
    result.type === "too_little_data"
      ? [[group, result.detail, result.found, null, null, null, null, null, null, null, null]]
      : result.steps.map((step, i) => [
          group, step.name, step.people, step.ofFirst.ratio, step.ofFirst.interval.low, step.ofFirst.interval.high,
          i === 0 ? null : step.ofBefore.ratio, i === 0 ? null : step.ofBefore.interval.low, i === 0 ? null : step.ofBefore.interval.high, step.medianMsFromFirst, step.medianMsFromBefore,
        ]); // prettier-ignore
  return {
    header: ["group", "step", "people", "of_first", "of_first_low", "of_first_high", "of_before", "of_before_low", "of_before_high", "median_ms_from_first", "median_ms_from_before"],
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

/** A row for each figure's value, each of its further numbers, each point of its series and each change; `what` says which. */
export function metricsTable({ metrics }: Omit<MetricsAnswer, "basis">): Table {
  const rows = metrics.flatMap(({ key, unit, figures }) =>
    figures.flatMap(({ part, name, result, more, series, changes }) => {
      const of = [key, unit, part, name];
      const told = result.type === "estimate" ? result : null;
      return [
        [...of, null, told?.value ?? null, told?.interval?.low ?? null, told?.interval?.high ?? null, result.type === "estimate" ? result.n : result.found, told ? "value" : result.type, null, null],
        ...more.map((one) => [...of, null, one.value, one.interval?.low ?? null, one.interval?.high ?? null, null, one.name, null, null]),
        ...series.map(({ from, value, n, complete }) => [...of, from, value, null, null, n, complete ? "point" : "point, not complete", null, null]),
        ...(changes.type === "watched" ? changes.changes : []).map(({ since, before, after, afterInterval, n, pValue }) => [...of, since, after, afterInterval?.low ?? null, afterInterval?.high ?? null, n, "change", before, pValue]),
      ];
    }),
  ); // prettier-ignore
  return { header: ["metric", "unit", "part", "name", "from", "value", "low", "high", "n", "what", "before", "p_value"], rows }; // prettier-ignore
}
