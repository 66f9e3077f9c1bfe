/** The discovered map, whole: asked of the log once for a scope, whatever of it is shown then. */
import { casesSql, momentsIn, type Moments } from "../analysis/cases.ts";
import type { CaseBy, Moment, MomentGrouping } from "../analysis/model.ts";
import { type Scoped, scopeFor } from "../analysis/scope.ts";
import { withStages } from "../analysis/stages.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import { MAP_LIMITS, type MapQuestion } from "./model.ts";
import { type NodeRow, type TimesBy, focusedSql, mapSql } from "./sql.ts";

/** What asking the log needs. */
export type MapStores = { readonly sql: Sql; readonly log: EventLog; readonly clock: Clock };
/** A question with the scope and the moments it is about. */
export type Asked = {
  readonly scoped: Scoped;
  readonly moments: Moments;
  readonly by: CaseBy;
  /** SQL of the cases. */
  readonly cases: string;
  /** Events of the scope that are moments. */
  readonly events: number;
};
/** All that a map can be drawn from. */
export type WholeMap = {
  readonly moments: readonly Moment[];
  readonly by: CaseBy["by"];
  readonly times: TimesBy;
  readonly rows: readonly NodeRow[];
};

/** Makes a question ready to be asked. */
export async function asked(
  { sql, log, clock }: MapStores,
  workspace: WorkspaceId,
  question: MapQuestion,
  grouping: MomentGrouping,
): Promise<Asked> {
  const by = question.case;
  const scoped = await scopeFor(
    sql,
    log,
    workspace,
    question.scope,
    clock(),
    by.by === "goal" ? [by.goal] : [],
  );
  const plain = await momentsIn(log, scoped, grouping);
  const moments = question.stages ? await withStages(sql, log, scoped, plain) : plain;
  const events = plain.moments.reduce((sum, moment) => sum + moment.events, 0);
  return { scoped, moments, by, cases: casesSql(moments, by, scoped), events };
}

/** The place of a moment in the log's statement; 0, which is nobody's, where the scope has no such moment. */
export const placeOf = ({ moments }: Moments, key: string): number =>
  moments.findIndex((moment) => moment.key === key) + 1;

/** Reads the map of a question; `focus`: only of cases that pass this moment. */
export async function wholeMap(log: EventLog, { scoped, moments, by, cases, events }: Asked, focus: string | null): Promise<WholeMap> {
  const times = events <= MAP_LIMITS.exactTimesEventsMax ? "exact" : "approximate";
  const rows = await log.rows<NodeRow>(
    mapSql(focus === null ? cases : focusedSql(cases, placeOf(moments, focus)), by, times),
    scoped.parameters.values,
  );
  return { moments: moments.moments, by: by.by, times, rows };
} // prettier-ignore
