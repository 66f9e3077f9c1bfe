/** From counts of who came back to a table of cohorts, in which nobody is lost before their time is over. Pure. */
import type { Instant } from "../values.ts";
import { isoOf } from "../values.ts";
import { beginOf } from "./calendar.ts";
import { shareOf } from "./intervals.ts";
import { METRIC_LIMITS, type RetentionAsked, type RetentionCell, type RetentionResult } from "./model.ts";

/** Customers of a cohort whose `cell` it is: -1 each once; else of `on` each they came back in, of the others one. */
export type CohortRow = { readonly cohort: number; readonly cell: number; readonly customers: number };
type Asked = Pick<RetentionAsked, "kind" | "every" | "cells">;

/** The table. `until`: everything before it is known. */
export function cohortsOf(rows: readonly CohortRow[], asked: Asked, zone: string, until: Instant): RetentionResult {
  const sizes = new Map(rows.filter(({ cell }) => cell < 0).map(({ cohort, customers }) => [cohort, customers]));
  const found = [...sizes.values()].reduce((sum, n) => sum + n, 0);
  const needed = METRIC_LIMITS.peopleMin;
  if (found < needed)
    return { type: "too_little_data", found, needed, detail: `${found} customers began in this period; at least ${needed} are needed.` };
  const counts = new Map(rows.map(({ cohort, cell, customers }) => [`${cohort} ${cell}`, customers]));
  const isOver = (cohort: number, cell: number): boolean => beginOf(cohort + cell + 1, asked.every, zone) <= until;
  const cohorts = [...sizes].toSorted(([a], [b]) => a - b).map(([cohort, customers]) => ({
    cohort, customers,
    cells: Array.from({ length: asked.cells + 1 }, (_, period) =>
      cellOf(period, customers, returnedIn(counts, cohort, period, asked), isOver(cohort, period)),
    ).filter(({ period }) => beginOf(cohort + period, asked.every, zone) < until),
  }));
  const all = Array.from({ length: asked.cells + 1 }, (_, period) => {
    const whole = cohorts.filter(({ cells }) => cells[period]?.complete);
    const sum = (of: (cell: RetentionCell) => number): number => whole.reduce((n, { cells }) => n + of(cells[period]!), 0);
    return cellOf(period, sum(({ customers }) => customers), sum(({ returned }) => returned), whole.length > 0);
  });
  return {
    type: "cohorts", all,
    cohorts: cohorts.map(({ cohort, customers, cells }) => ({ from: isoOf(beginOf(cohort, asked.every, zone)), customers, cells })),
  };
} // prettier-ignore

const cellOf = (period: number, customers: number, returned: number, complete: boolean): RetentionCell => ({
  period, customers, returned, complete,
  share: complete && customers >= METRIC_LIMITS.peopleMin ? shareOf(returned, customers) : null,
}); // prettier-ignore

function returnedIn(counts: ReadonlyMap<string, number>, cohort: number, period: number, { kind, cells }: Asked): number {
  const sum = (from: number, to: number): number =>
    Array.from({ length: to - from + 1 }, (_, i) => counts.get(`${cohort} ${from + i}`) ?? 0).reduce((a, b) => a + b, 0);
  if (kind === "on") return counts.get(`${cohort} ${period}`) ?? 0;
  return kind === "unbounded" ? sum(period, cells) : sum(0, period);
} // prettier-ignore
