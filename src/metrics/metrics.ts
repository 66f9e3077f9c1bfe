/** Works metrics out, one after the other, each with its series and what changed in it. */
import type { Found } from "../analysis/questions.ts";
import { scopeFor } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { readDefinitions } from "../segments/store.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { DEFINITIONS, namesIn } from "./catalogue.ts";
import { CHANGE_LIMITS, type Point, type SeriesKind, changesOf } from "./change.ts";
import { type Given, type Measured, type RawFigure, periodsIn } from "./measure.ts";
import { conversion, leadQuality, repeatPurchase, revenue } from "./measure-buying.ts";
import { contactPressure, recognition } from "./measure-contact.ts";
import { incrementality, journeyConversion, journeyRevenue } from "./measure-journeys.ts";
import { continuity, promisesKept, resolutionTime, survey } from "./measure-service.ts";
import { stageConversion, stageRevenue, stageTime } from "./measure-stages.ts";
import { meanInterval, wilson } from "./intervals.ts";
import {
  type Change,
  type Changes,
  type Figure,
  METRIC_LIMITS,
  type MetricKey,
  type MetricsAnswer,
  type MetricsAsked,
} from "./model.ts";
import { countedIn } from "./scope-count.ts";
import { readOwnNames, zoneOf } from "./store.ts";

const MEASURES: { readonly [key in MetricKey]: (given: Given) => Promise<Measured> } = {
  conversion, revenue, repeat_purchase: repeatPurchase,
  stage_conversion: stageConversion, stage_time: stageTime, stage_revenue: stageRevenue,
  journey_conversion: journeyConversion, journey_revenue: journeyRevenue,
  lead_quality: leadQuality, resolution_time: resolutionTime,
  csat: (given) => survey(given, "csat"), nps: (given) => survey(given, "nps"), ces: (given) => survey(given, "ces"),
  continuity, recognition, contact_pressure: contactPressure, promises_kept: promisesKept, incrementality,
}; // prettier-ignore

type Deps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly now: Instant;
};

/** The metrics asked for; all where none is named. */
export async function readMetrics({ sql, log, workspace, now }: Deps, asked: MetricsAsked): Promise<Found<Omit<MetricsAnswer, "basis">>> {
  const [zone, { stages }, own] = [await zoneOf(sql, workspace), await readDefinitions(sql, workspace), await readOwnNames(sql, workspace)];
  const scoped = () => scopeFor(sql, log, workspace, asked.scope, now);
  const first = await scoped();
  const counted = await countedIn(log, first);
  const given: Given = {
    sql, log, workspace, now, asked, zone, scoped,
    names: namesIn(asked, own),
    until: Math.min(asked.scope.to, first.asOfAt),
    stages: (stages?.model.stages ?? []).map(({ key, name, rule }) => ({ key, name, rule: JSON.stringify(rule) })),
  };
  const metrics: MetricsAnswer["metrics"] = [];
  for (const definition of DEFINITIONS) {
    if (asked.metrics && !asked.metrics.includes(definition.key)) continue;
    const { source, kind, figures, lateMs = 0 } = await MEASURES[definition.key](given);
    metrics.push({ ...definition, source, figures: figures.map((figure) => figureOf({ lateMs, ...figure }, kind, given)) });
  }
  const method = "Each metric says its own; changes by a standardised CUSUM with the days of the week taken out.";
  return { answer: { metrics, zone, business: asked.business ?? own.business }, asOfAt: first.asOfAt, ...counted, method };
} // prettier-ignore

/** A figure with its whole series, days without anything too, and the changes in it. */
function figureOf({ part, name, result, more, points, lateMs }: RawFigure, kind: SeriesKind, given: Given): Figure {
  // Of too few nothing is told, day by day neither.
  if (result.type === "too_little_data") return { part, name, result, more: [], series: [], changes: result };
  const found = new Map(points.map((point) => [point.period, point]));
  // Before its first point nothing is known of a total; after it, a whole day without anything brought nothing.
  const known = points.reduce((first, { period }) => Math.min(first, period), Infinity);
  const all = points.length === 0 ? [] : periodsIn(given).map(({ period, beginsAt, endsAt }) => {
    const point = found.get(period);
    const complete = beginsAt >= given.asked.scope.from && endsAt + (lateMs ?? 0) <= given.until;
    return { from: isoOf(beginsAt), value: point?.value ?? (kind === "total" && complete && period > known ? 0 : null), n: point?.n ?? 0, complete };
  });
  return { part, name, result, more, series: all, changes: watched(all, kind, given.asked.every) };
} // prettier-ignore

/** How sure the level of these points is, and of how many. */
function sinceThen(points: readonly Point[], kind: SeriesKind): Pick<Change, "afterInterval" | "n"> {
  const told = points.flatMap(({ value, n }) => (value === null ? [] : [{ value, n }]));
  const sum = (of: (point: { value: number; n: number }) => number) => told.reduce((all, point) => all + of(point), 0);
  const n = sum((point) => point.n);
  if (kind === "share") return { n, afterInterval: wilson(sum((point) => point.value * point.n), n) };
  return { n, afterInterval: meanInterval(told.length, sum(({ value }) => value), sum(({ value }) => value * value)) };
} // prettier-ignore

/** The changes among whole days or weeks. */
function watched(series: Figure["series"], kind: SeriesKind, every: "day" | "week"): Changes {
  const whole = series.filter(({ complete }) => complete).slice(-METRIC_LIMITS.watchedPointsMax);
  const told = whole.filter(({ value }) => value !== null).length;
  const needed = METRIC_LIMITS.watchedPointsMin;
  if (told < needed) return { type: "too_little_data", found: told, needed, detail: `${told} whole ${every}s are known; changes are looked for from ${needed} on.` };
  const points = whole.map(({ value, n }): Point => ({ value, n }));
  const changes = changesOf(points, kind, every === "day" ? 7 : 1).map(({ at, before, after, pValue }, i, all) => ({
    ...sinceThen(points.slice(at, all[i + 1]?.at), kind), since: whole[at]!.from, direction: after > before ? ("up" as const) : ("down" as const), before, after,
    sizeRatio: before === 0 ? null : after / before - 1, pValue,
  }));
  return { type: "watched", changes, points: whole.length, falseAlarmsPerYear: CHANGE_LIMITS.falseAlarmsPerYear };
} // prettier-ignore
