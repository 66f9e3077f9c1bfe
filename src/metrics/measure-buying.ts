/** Metrics of buying: conversion, revenue, repeat purchase, and what becomes of leads. */
import {
  type Given,
  type Measured,
  type ShareRow,
  type SumRow,
  ALL,
  none,
  periodsSql,
  quoted,
  shares,
  totals,
} from "./measure.ts";
import { Columns } from "./matching.ts";
import { METRIC_LIMITS } from "./model.ts";
import { periodSql } from "./calendar.ts";
import { reachedSql, spellsSql } from "./spells.ts";

/** Columns of orders: `bought`, and `worth`, 0 where the value is no number. */
export function orderColumns(
  given: Given,
  columns: Columns,
): { readonly bought: string; readonly worth: string } {
  const bought = columns.named(given.names.order);
  const { number } = columns.property(given.names.value, bought);
  return { bought, worth: columns.column(`ifNull(${number}, 0)`) };
}

/** Who bought, of who did anything. */
export async function conversion(given: Given): Promise<Measured> {
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const bought = columns.named(given.names.order);
  const rows = await given.log.rows<ShareRow>(
    `select '' as part, p as period, uniqExactIf(customer, bought) as yes, uniqExact(customer) as n from (
       select customer, arrayJoin([period, toInt32(${ALL})]) as p, bought from (
         select customer, ${periodSql("at", given.asked.every, given.zone)} as period, max(${bought}) as bought from (${scoped.rows(columns.list(), "name != '$message.sent'")}) group by customer, period))
     group by p`,
    scoped.parameters.values,
  );
  return { source: `All events of customers; orders are ${quoted(given.names.order)}`, kind: "share", figures: orNone(shares(rows, "customers did anything"), "customers did anything") };
} // prettier-ignore

/** What orders brought. */
export async function revenue(given: Given): Promise<Measured> {
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const { bought, worth } = orderColumns(given, columns);
  const rows = await given.log.rows<SumRow>(
    `select '' as part, p as period, count() as n, sum(own) as total, sum(own * own) as squares, min(own) as least from (
       select customer, ${periodsSql(given)} as p, sum(${worth}) as own from (${scoped.rows(columns.list(), bought)}) group by customer, p)
     group by p`,
    scoped.parameters.values,
  );
  return { source: revenueSource(given), kind: "total", figures: orNone(totals(rows, "customers bought"), "customers bought") };
} // prettier-ignore
export const revenueSource = ({ names }: Given): string =>
  `${quoted(names.order)}, its property ${names.value}`;
const orNone = <T extends readonly unknown[]>(figures: T, what: string) => (figures.length === 0 ? [none(what)] : figures) as T; // prettier-ignore

/** Whose order was not the first, of who bought: of the scope and of each of its periods alike. */
export async function repeatPurchase(given: Given): Promise<Measured> {
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const bought = columns.named(given.names.order);
  const { from, to } = given.asked.scope;
  const orders = scoped.rows(columns.list(), bought, { from: 0, to });
  const rows = await given.log.rows<ShareRow>(
    `select '' as part, p.1 as period, countIf(p.2 > first) as yes, count() as n from (
       select first, arrayJoin(arrayPushBack(inside, (toInt32(${ALL}), arrayMax(inside.2)))) as p from (
         select customer, min(began) as first, arrayFilter(x -> x.1 != -2, groupArray((period, ended))) as inside from (
           select customer, if(at < ${from}, toInt32(-2), ${periodSql("at", given.asked.every, given.zone)}) as period, min(at) as began, max(at) as ended from (${orders}) group by customer, period)
         group by customer having notEmpty(inside)))
     group by period`,
    scoped.parameters.values,
  );
  return { source: `${quoted(given.names.order)}, all of history`, kind: "share", figures: orNone(shares(rows, "customers bought"), "customers bought") };
} // prettier-ignore

/** So many sources of leads are told apart, the most frequent; the rest is one part, so that all parts are told. */
const SOURCES_MAX = METRIC_LIMITS.partsMax - 2;
const OTHERS = "$others";

/** Who reached the goal in time, of who became a lead, by source. */
export async function leadQuality(given: Given): Promise<Measured> {
  const { asked, names, stages, until } = given;
  const goal = asked.goalStage ?? stages.find(({ rule }) => names.order.some((name) => rule.includes(JSON.stringify(name))))?.key ?? null;
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const [lead, bought] = [columns.named(names.lead), columns.named(names.order)];
  const source = columns.column(`if(${lead}, if(JSONExtractString(campaign, 'source') != '', JSONExtractString(campaign, 'source'), toString(channel)), '')`);
  const events = scoped.rows(columns.list(), `${lead} or ${bought}`);
  const known = goal !== null && stages.some(({ key }) => key === goal);
  const ordered = `arrayExists(t -> t > began and t <= began + ${asked.horizonMs}, orders)`;
  const staged = known && reachedSql("spells", stages.findIndex(({ key }) => key === goal), "began", `began + ${asked.horizonMs}`, given);
  // Who bought has reached the stage of those who buy, also where it was noted later, as of history that was imported.
  const reached = staged === false ? ordered : asked.goalStage === undefined ? `(${staged} or ${ordered})` : staged;
  const leads = `select customer, min(at) + if(countIf(${lead}) = 0, 9000000000000000, 0) as ignored, minIf(at, ${lead}) as began, argMinIf(${source}, at, ${lead}) as source, groupArrayIf(at, ${bought}) as orders
    from (${events}) group by customer having countIf(${lead}) > 0 and began <= ${until - asked.horizonMs}`;
  const joined = known ? `${"select l.*, s.spells as spells"} from (${leads}) l left any join (${spellsSql(given, scoped)}) s on l.customer = s.customer` : leads;
  const rows = await given.log.rows<ShareRow>(
    `select if(place > ${SOURCES_MAX + 1}, '${OTHERS}', source) as part, period, sum(some) as yes, sum(many) as n from (
       select *, dense_rank() over (order by size desc, source) as place from (
         select *, sum(many) over (partition by source) as size from (
           select arrayJoin(['', source]) as source, ${periodsSql(given, "began")} as period, countIf(${reached}) as some, count() as many from (${joined}) group by source, period)))
     group by part, period`,
    scoped.parameters.values,
  );
  const what = `leads had ${Math.round(asked.horizonMs / 86_400_000)} days`;
  return {
    source: `${quoted(names.lead)}, and ${known ? `the stage ${goal} or a further one${asked.goalStage === undefined ? `, or ${quoted(names.order)}` : ""}` : quoted(names.order)}`,
    kind: "share", lateMs: asked.horizonMs, figures: orNone(shares(rows, what, (part) => (part === "" ? "All" : part === OTHERS ? "All others" : part)), what),
  };
} // prettier-ignore
