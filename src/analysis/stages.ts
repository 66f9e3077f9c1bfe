/**
 * The stage a customer was in when something happened, so that a moment can be told apart by it. Stages are known from the
 * day on which a stage model was in force: what was before the first change counts for the model's first stage.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { memberSql } from "../segments/sql-values.ts";
import { readDefinitions } from "../segments/store.ts";
import type { Moments } from "./cases.ts";
import { ANALYSIS_LIMITS, type Moment, STAGE_MARK } from "./model.ts";
import type { Scoped } from "./scope.ts";

/** The moments of a scope, each once for every stage; with nobody ever in a stage they are as they were. */
export async function withStages(sql: Sql, log: EventLog, scoped: Scoped, moments: Moments): Promise<Moments> {
  const { stages: model } = await readDefinitions(sql, scoped.workspace);
  const order = model?.model.stages.map(({ key }) => key) ?? [];
  const stage = stageSql(scoped);
  // A model of before may have had other stages.
  const told = await log.rows<{ stage: string }>(
    `select stage from (${toldSql(scoped, `${stage} as stage`)}) where stage != '' group by stage order by stage limit ${ANALYSIS_LIMITS.stagesMax}`,
    scoped.parameters.values,
  );
  const stages = [...new Set([...order, ...told.map((row) => row.stage)])].slice(0, ANALYSIS_LIMITS.stagesMax);
  if (stages.length === 0) return moments;
  // A moment in no known stage comes first of its kind, then one place for each stage.
  const width = stages.length + 1;
  const places = stages.map((_, i) => `toUInt16(${i + 1})`);
  const place = (of: string): string => `transform(${of}, [${stages.map((one) => scoped.parameters.text(one)).join(", ")}], [${places.join(", ")}], toUInt16(0))`;
  const changes = toldSql(scoped, `${place(stage)} as stagePlace`);
  const before = order.length === 0 ? 0 : 1;
  return {
    ...moments,
    moments: moments.moments.flatMap((moment): readonly Moment[] => [moment, ...stages.map((one) => ({ ...moment, key: `${moment.key}${STAGE_MARK}${one}`, stage: one }))]),
    rows: (columns) =>
      `select * except (momentPlace, stagePlace, changedAt), toUInt16((momentPlace - 1) * ${width} + if(changedAt is null, ${before}, ifNull(stagePlace, 0)) + 1) as moment
       from (select e.* except (moment), e.moment as momentPlace, c.stagePlace as stagePlace, c.changedAt as changedAt
         from (${moments.rows(columns)}) e
         asof left join (select customer, toNullable(at) as changedAt, at as changed, toNullable(stagePlace) as stagePlace from (${changes})) c
         on e.customer = c.customer and e.at >= c.changed)`,
  };
} // prettier-ignore

/** The stage that an event of a change names. */
export const stageSql = ({ parameters }: Scoped): string =>
  `JSONExtractString(${memberSql("properties", "stage", parameters)})`;

/** Rows of changes of stage until the scope's end. */
export const toldSql = (scoped: Scoped, columns: string): string =>
  scoped.own(columns, "key = 0 and name = '$stage.changed'", { from: 0, to: scoped.scope.to });
