/** What all metrics share: what they are given, rows as the log answers them, and how rows become figures. Pure but for types. */
import type { Interval } from "../analysis/model.ts";
import type { Scoped } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { beginOf, periodOf, periodSql } from "./calendar.ts";
import type { Names } from "./catalogue.ts";
import type { SeriesKind } from "./change.ts";
import { meanInterval, totalInterval, wilson } from "./intervals.ts";
import { type Figure, METRIC_LIMITS, type MetricsAsked } from "./model.ts";

/** What a metric is worked out from. */
export type Given = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly now: Instant;
  readonly asked: MetricsAsked;
  readonly names: Names;
  readonly zone: string;
  /** Everything before it is known: the scope's end, or until when the log was fed. */
  readonly until: Instant;
  /** A scope of its own, for one statement. */
  scoped(): Promise<Scoped>;
  /** The workspace's stages in order; none without a stage model. */
  readonly stages: readonly { readonly key: string; readonly name: string; readonly rule: string }[];
};
/** A point of a series by the number of its day or week. */
export type RawPoint = { readonly period: number; readonly value: number; readonly n: number };
export type RawFigure = {
  readonly part: string | null;
  readonly name: string;
  readonly result: Figure["result"];
  readonly more: Figure["more"];
  readonly points: readonly RawPoint[];
  /** As of the metric, where a part has another. */
  readonly lateMs?: number;
};
/** What a metric found. `lateMs`: who came in so short a time before the end is not told yet. */
export type Measured = {
  readonly source: string;
  readonly kind: SeriesKind;
  readonly figures: readonly RawFigure[];
  readonly lateMs?: number;
};

/** The period of rows that tell the whole scope. */
export const ALL = -1_000_000;
/** SQL of a row's period, and of the whole scope's beside it. */
export const periodsSql = ({ asked, zone }: Given, at = "at"): string =>
  `arrayJoin([${periodSql(at, asked.every, zone)}, toInt32(${ALL})])`;
/** SQL of names as a list. */
export const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(", ");

/** Said instead of an estimate. */
export const tooLittle = (found: number, what: string, needed: number = METRIC_LIMITS.peopleMin): Figure["result"] => ({
  type: "too_little_data", found, needed, detail: `${found} ${what}; at least ${needed} are needed.`,
}); // prettier-ignore
export const estimate = (value: number, interval: Interval | null, n: number): Figure["result"] => ({ type: "estimate", value, interval, n }); // prettier-ignore

type Row = { readonly part: string; readonly period: number };
export type ShareRow = Row & { readonly yes: number; readonly n: number };
export type SumRow = Row & { readonly n: number; readonly total: number; readonly squares: number; readonly least: number }; // prettier-ignore

/** The parts of rows, the largest first, each with its row of the whole scope. */
function partsOf<T extends Row>(rows: readonly T[], sizeOf: (row: T) => number): readonly { part: string; whole: T; points: readonly T[] }[] {
  return rows
    .filter(({ period }) => period === ALL)
    .toSorted((a, b) => sizeOf(b) - sizeOf(a) || (a.part < b.part ? -1 : 1))
    .slice(0, METRIC_LIMITS.partsMax)
    .map((whole) => ({ part: whole.part, whole, points: rows.filter(({ part, period }) => part === whole.part && period !== ALL) }));
} // prettier-ignore
const WHOLE = "";
/** What a part is called; the part "" is the whole. */
type NameOf = (part: string) => string;
const asItStands: NameOf = (part) => (part === WHOLE ? "All" : part);
/** The order of a list and the names it gives. */
const ordered = (figures: readonly RawFigure[]): readonly RawFigure[] =>
  figures.toSorted((a, b) => Number(a.part !== null) - Number(b.part !== null));

/** Shares by part. `what`: of what there are too few. */
export function shares(rows: readonly ShareRow[], what: string, nameOf: NameOf = asItStands): readonly RawFigure[] {
  return ordered(partsOf(rows, ({ n }) => n).map(({ part, whole, points }) => ({
    part: part === WHOLE ? null : part, name: nameOf(part), more: [],
    result: whole.n < METRIC_LIMITS.peopleMin ? tooLittle(whole.n, what) : estimate(whole.yes / whole.n, wilson(whole.yes, whole.n), whole.n),
    points: points.map(({ period, yes, n }) => ({ period, value: n === 0 ? 0 : yes / n, n })),
  })));
} // prettier-ignore

/** Totals by part, of so many customers. */
export function totals(rows: readonly SumRow[], what: string, nameOf: NameOf = asItStands): readonly RawFigure[] {
  return ordered(partsOf(rows, ({ total }) => total).map(({ part, whole, points }) => ({
    part: part === WHOLE ? null : part, name: nameOf(part), more: [],
    result: whole.n < METRIC_LIMITS.peopleMin ? tooLittle(whole.n, what) : estimate(whole.total, totalInterval(whole.total, whole.squares, whole.least), whole.n),
    points: points.map(({ period, total, n }) => ({ period, value: total, n })),
  })));
} // prettier-ignore

/** Means of answers. */
export function means(rows: readonly SumRow[], what: string): readonly RawFigure[] {
  return partsOf(rows, ({ n }) => n).map(({ whole: { n, total, squares }, points }) => ({
    part: null, name: "All", more: [],
    result: n < METRIC_LIMITS.answersMin ? tooLittle(n, what, METRIC_LIMITS.answersMin) : estimate(total / n, meanInterval(n, total, squares), n),
    points: points.map((point) => ({ period: point.period, value: point.total / point.n, n: point.n })),
  }));
} // prettier-ignore

/** A figure where there is none of it at all. */
export const none = (what: string): RawFigure => ({ part: null, name: "All", more: [], points: [], result: tooLittle(0, what) }); // prettier-ignore

/** The days or weeks of the scope, by number, with their beginnings. */
export function periodsIn({ asked: { scope, every }, zone, until }: Given): readonly { readonly period: number; readonly beginsAt: Instant; readonly endsAt: Instant }[] {
  const last = periodOf(Math.max(scope.from, Math.min(scope.to, until) - 1), every, zone);
  const first = Math.max(periodOf(scope.from, every, zone), last - METRIC_LIMITS.pointsMax + 1);
  return Array.from({ length: last - first + 1 }, (_, i) => ({
    period: first + i, beginsAt: beginOf(first + i, every, zone), endsAt: beginOf(first + i + 1, every, zone),
  }));
} // prettier-ignore
