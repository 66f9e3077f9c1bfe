/**
 * Retention, counted in the log: of those who began in a period of the workspace's calendar, who came back in which.
 * One row for each customer and period is made first, so that a customer's number of events does not matter.
 */
import type { Found } from "../analysis/questions.ts";
import { scopeFor } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { periodOf, periodSql } from "./calendar.ts";
import { Columns } from "./matching.ts";
import { METRIC_LIMITS, type RetentionAnswer, type RetentionAsked } from "./model.ts";
import { type CohortRow, cohortsOf } from "./retention-cells.ts";
import { countedIn } from "./scope-count.ts";
import { zoneOf } from "./store.ts";

type Deps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly now: Instant;
};

/** Works a table of cohorts out. Throws `Failure("unprocessable")` where the scope holds too many cohorts. */
export async function readRetention({ sql, log, workspace, now }: Deps, asked: RetentionAsked): Promise<Found<Omit<RetentionAnswer, "basis">>> {
  const { scope, every, kind, cells, ever } = asked;
  const zone = await zoneOf(sql, workspace);
  const cohorts = periodOf(scope.to - 1, every, zone) - periodOf(scope.from, every, zone) + 1;
  if (cohorts > METRIC_LIMITS.cohortsMax)
    throw new Failure("unprocessable", `This period has ${cohorts} cohorts; ${METRIC_LIMITS.cohortsMax} at most can be told. Ask by week or month, or for a shorter one.`);
  const scoped = await scopeFor(sql, log, workspace, scope, now);
  const counted = await countedIn(log, scoped);
  const columns = new Columns(scoped.parameters);
  const [first, returned] = [columns.is(asked.first), columns.is(asked.returned)];
  const period = { from: ever ? 0 : scope.from, to: scope.to };
  const events = scoped.rows(columns.list(), `${first} or ${returned}`, period);
  const cell = {
    on: `arrayFilter(x -> x <= ${cells}, back)`,
    unbounded: `if(empty(back), [], [least(toInt32(${cells}), arrayMax(back))])`,
    rolling: `arrayFilter(x -> x <= ${cells}, if(empty(back), [], [arrayMin(back)]))`,
  }[kind];
  const rows = await log.rows<CohortRow>(
    `select cohort, arrayJoin(arrayPushFront(arrayMap(x -> toInt32(x), ${cell}), toInt32(-1))) as cell, count() as customers from (
       select ${periodSql("entered", every, zone)} as cohort, arrayMap(x -> toInt32(x.1 - cohort), arrayFilter(x -> x.2 > entered, periods)) as back from (
         select customer, min(firstAt) as entered, groupArray((period, lastAt)) as periods from (
           select customer, ${periodSql("at", every, zone)} as period, minIf(at, ${first}) + if(countIf(${first}) = 0, 9000000000000000, 0) as firstAt, maxIf(at, ${returned}) + if(countIf(${returned}) = 0, -9000000000000000, 0) as lastAt
           from (${events}) group by customer, period)
         group by customer having entered >= ${scope.from} and entered < ${scope.to}))
     group by cohort, cell order by cohort, cell`,
    scoped.parameters.values,
  );
  const until = Math.min(scope.to, scoped.asOfAt);
  return { answer: { retention: cohortsOf(rows, asked, zone, until), zone }, asOfAt: scoped.asOfAt, ...counted, method: methodOf(asked, zone) };
} // prettier-ignore

function methodOf({ kind, every, ever }: RetentionAsked, zone: string): string {
  const means = {
    on: `came back in that ${every} itself`,
    unbounded: `came back in that ${every} or any later one (some call this rolling)`,
    rolling: `came back by the end of that ${every}`,
  }[kind];
  return `Customers by the ${every} of their first event${ever ? " ever" : " in the scope"}, by the clock of ${zone}; a cell counts who ${means}, after that first event. A cell whose ${every} is not over yet is marked and has no share. Wilson's interval (1927).`;
}
