/** Metrics of stages: who goes on, how long it takes, and what customers bring while in a stage. */
import { METRIC_LIMITS } from "./model.ts";
import { Columns } from "./matching.ts";
import {
  type Given,
  type Measured,
  type RawFigure,
  type RawPoint,
  type ShareRow,
  type SumRow,
  estimate,
  none,
  periodsSql,
  shares,
  tooLittle,
  totals,
} from "./measure.ts";
import { orderColumns, revenueSource } from "./measure-buying.ts";
import { placeSql, spellsSql } from "./spells.ts";
import { type Ends, survivalOf } from "./survival.ts";

const SOURCE = "$stage.changed, and each customer's first event";
const NO_STAGES = "stages: the workspace has no stage model";

/** The names of stages, in their order. */
const inOrder = (figures: readonly RawFigure[], { stages }: Given): readonly RawFigure[] =>
  stages.flatMap(({ key }) => figures.filter(({ part }) => part === key));
const nameOf =
  ({ stages }: Given) =>
  (part: string) =>
    stages.find(({ key }) => key === part)?.name ?? part;

/** SQL of rows (customer, stage, began, place, next): a customer's first coming into each stage in the scope, and what followed. */
function comingsSql(given: Given, spells: string): string {
  const { from, to } = given.asked.scope;
  return `select customer, stage, min(cameAt) as began, any(its) as place, argMin(furtherAt, cameAt) as further, argMin(nextSpell, cameAt) as next from (
      select customer, spells[i].2 as stage, spells[i].1 as cameAt, ${placeSql("spells[i].2", given)} as its,
        arrayFirst(x -> x.1 >= spells[i].1 and ${placeSql("x.2", given)} > ${placeSql("spells[i].2", given)}, arraySlice(spells, i + 1)).1 as furtherAt,
        spells[i + 1] as nextSpell
      from (${spells}) array join arrayEnumerate(spells) as i
      where spells[i].3 = 1 and spells[i].1 >= ${from} and spells[i].1 < ${to} and its > 0)
    group by customer, stage`;
} // prettier-ignore

/** Who came into a further stage in time, by stage. */
export async function stageConversion(given: Given): Promise<Measured> {
  const { asked, until, stages } = given;
  if (stages.length === 0) return { source: SOURCE, kind: "share", figures: [none(NO_STAGES)] };
  const scoped = await given.scoped();
  const rows = await given.log.rows<ShareRow>(
    `select stage as part, ${periodsSql(given, "began")} as period, countIf(further > 0 and further <= began + ${asked.horizonMs}) as yes, count() as n
     from (${comingsSql(given, spellsSql(given, scoped))}) where began <= ${until - asked.horizonMs} and place < ${stages.length} group by part, period`,
    scoped.parameters.values,
  );
  const what = `customers came in and had ${Math.round(asked.horizonMs / 86_400_000)} days`;
  const figures = inOrder(shares(rows, what, nameOf(given)), given);
  return { source: SOURCE, kind: "share", lateMs: asked.horizonMs, figures: figures.length === 0 ? [none(what)] : figures };
} // prettier-ignore

type EndRow = Ends & { readonly stage: string };
type MovedRow = {
  readonly stage: string;
  readonly period: number;
  readonly value: number;
  readonly n: number;
};

/** How long until a further stage, by stage; those still there wait. */
export async function stageTime(given: Given): Promise<Measured> {
  const { until, stages } = given;
  if (stages.length === 0) return { source: SOURCE, kind: "level", figures: [none(NO_STAGES)] };
  const scoped = await given.scoped();
  const comings = `select *, ${placeSql("next.2", given)} > place as moved, if(next.1 > 0, next.1, ${until}) - began as lasted from (${comingsSql(given, spellsSql(given, scoped))}) where place < ${stages.length} and began < ${until}`;
  // Times are told to the minute, of more than a day to the hour: the steps of the curve stay few.
  const rows = await given.log.rows<EndRow>(
    `select stage, if(lasted < 86400000, intDiv(lasted, 60000) * 60000, intDiv(lasted, 3600000) * 3600000) as ms, countIf(moved) as ended, countIf(not moved) as waiting from (${comings}) group by stage, ms`,
    scoped.parameters.values,
  );
  const moved = await given.log.rows<MovedRow>(
    `select stage, ${periodsSql(given, "next.1")} as period, quantileExactInclusive(0.5)(lasted) as value, count() as n from (${comings}) where moved group by stage, period`,
    scoped.parameters.values,
  );
  const figures = stages.slice(0, -1).flatMap(({ key, name }) => {
    const own = rows.filter(({ stage }) => stage === key);
    const points = moved.filter(({ stage, period }) => stage === key && period > 0).map(({ period, value, n }): RawPoint => ({ period, value, n }));
    return own.length === 0 ? [] : [timed(key, name, own, points, "customers went on")];
  });
  return { source: SOURCE, kind: "level", figures: figures.length === 0 ? [none("customers came into a stage")] : figures };
} // prettier-ignore

/** A figure of times, of which some have not ended. */
export function timed(part: string | null, name: string, ends: readonly Ends[], points: readonly RawPoint[], what: string): RawFigure {
  const { n, ended, medianMs, p90Ms, interval, p90Interval } = survivalOf(ends);
  const more = [
    { name: "ended", value: ended, interval: null }, { name: "still waiting", value: n - ended, interval: null },
    ...(p90Ms === null || ended < METRIC_LIMITS.endsMin ? [] : [{ name: "p90", value: p90Ms, interval: p90Interval }]),
  ]; // prettier-ignore
  const result =
    ended < METRIC_LIMITS.endsMin
      ? tooLittle(ended, what, METRIC_LIMITS.endsMin)
      : medianMs === null
        ? { type: "too_little_data" as const, found: ended, needed: Math.ceil(n / 2), detail: `${ended} of ${n} ended so far; a median is known when half have.` }
        : estimate(medianMs, interval, n);
  return { part, name, result, more: result.type === "estimate" ? more : [], points };
} // prettier-ignore

/** What orders brought, by the stage before them. */
export async function stageRevenue(given: Given): Promise<Measured> {
  const source = `${revenueSource(given)}; ${SOURCE}`;
  if (given.stages.length === 0) return { source, kind: "total", figures: [none(NO_STAGES)] };
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const { bought, worth } = orderColumns(given, columns);
  const orders = `select customer, at, ${worth} as worth from (${scoped.rows(columns.list(), bought)})`;
  const staged = `select o.customer as customer, o.at as at, o.worth as worth, arrayLast(x -> x.1 < o.at, s.spells).2 as stage from (${orders}) o left any join (${spellsSql(given, scoped)}) s on o.customer = s.customer`;
  const first = given.stages[0]!.key.replaceAll("'", "");
  const rows = await given.log.rows<SumRow>(
    `select part, p as period, count() as n, sum(own) as total, sum(own * own) as squares, min(own) as least from (
       select customer, arrayJoin(['', if(stage = '', '${first}', stage)]) as part, ${periodsSql(given)} as p, sum(worth) as own from (${staged}) group by customer, part, p)
     group by part, p`,
    scoped.parameters.values,
  );
  const figures = totals(rows, "customers bought", (part) => (part === "" ? "All" : nameOf(given)(part)));
  const [whole, parts] = [figures.filter(({ part }) => part === null), inOrder(figures, given)];
  return { source, kind: "total", figures: figures.length === 0 ? [none("customers bought")] : [...whole, ...parts] };
} // prettier-ignore
