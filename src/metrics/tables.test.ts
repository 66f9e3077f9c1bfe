/** What tables of funnels and metrics carry: every number of the answer with its interval, and nothing where there is too little. */
import { expect, test } from "vitest";
import type { Figure, FunnelStep, MetricsAnswer } from "./model.ts";
import { funnelTable, metricsTable } from "./tables.ts";

const interval = (low: number, high: number) => ({ low, high, level: 0.95 });
const from = "2026-01-05T00:00:00.000Z";

test("a metric's table has its further numbers with their intervals, its points and what changed", () => {
  const figure: Figure = {
    part: null, name: "All",
    result: { type: "estimate", value: 5, interval: interval(4, 6), n: 40 },
    more: [{ name: "p90", value: 9, interval: interval(8, 11) }, { name: "ended", value: 30, interval: null }],
    series: [{ from, value: 4, n: 3, complete: true }, { from: "2026-01-06T00:00:00.000Z", value: null, n: 0, complete: false }],
    changes: { type: "watched", points: 2, falseAlarmsPerYear: 1, changes: [{ since: from, direction: "up", before: 3, after: 6, sizeRatio: 1, afterInterval: interval(5, 7), n: 70, pValue: 0.001 }] },
  }; // prettier-ignore
  const { header, rows } = metricsTable({ metrics: [{ key: "resolution_time", unit: "ms", figures: [figure] }] } as unknown as MetricsAnswer); // prettier-ignore
  const told = rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]]).filter(([, cell]) => cell !== null))); // prettier-ignore
  const of = { metric: "resolution_time", unit: "ms", name: "All" };
  expect(told).toEqual([
    { ...of, what: "value", value: 5, low: 4, high: 6, n: 40 },
    { ...of, what: "p90", value: 9, low: 8, high: 11 },
    { ...of, what: "ended", value: 30 },
    { ...of, what: "point", from, value: 4, n: 3 },
    { ...of, what: "point, not complete", from: "2026-01-06T00:00:00.000Z", n: 0 },
    { ...of, what: "change", from, value: 6, low: 5, high: 7, n: 70, before: 3, p_value: 0.001 },
  ]);
});

test("a funnel's table has the median from the step before", () => {
  const step = (name: string, medianMsFromBefore: number | null): FunnelStep => ({
    name, people: 30, ofFirst: { ratio: 1, interval: interval(0.9, 1) }, ofBefore: { ratio: 1, interval: interval(0.9, 1) }, medianMsFromFirst: 70, medianMsFromBefore,
  }); // prettier-ignore
  const { header, rows } = funnelTable({ funnel: { type: "steps", steps: [step("A", null), step("B", 20)] }, groups: null }); // prettier-ignore
  expect(rows.map((row) => row[header.indexOf("median_ms_from_before")])).toEqual([null, 20]);
  expect(rows.every((row) => row.length === header.length)).toBe(true);
});
