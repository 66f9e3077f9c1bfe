/**
 * How long cases take (throughput: from first to last moment), and for how long something was being done in them
 * (processing: from the start of an activity to its completion, summed), where the log tells starts and completions.
 * The two measures are those of process mining (Swennen et al. 2016, edeaR).
 */
import type { EventLog } from "../db/clickhouse.ts";
import { memberSql, tamed, valueOfRaw } from "../segments/sql-values.ts";
import { customerIdOf, isoOf } from "../values.ts";
import type { Asked } from "./discover.ts";
import { type Durations, type DurationsRequest, type Lifecycle, MAP_LIMITS } from "./model.ts";
import { caseRowsSql } from "./variants.ts";

type Total = { readonly cases: number; readonly people: number; readonly mean: number; readonly q: readonly [number, number]; readonly least: number; readonly most: number; readonly workMean: number; readonly workQ: readonly [number, number]; readonly workLeast: number; readonly workMost: number }; // prettier-ignore
type Longest = { readonly customer: number; readonly key: string; readonly startedAt: number; readonly events: number; readonly took: number; readonly work: number }; // prettier-ignore

/** Durations of a question's cases; null where there are none. */
export async function durationsOf(log: EventLog, asked: Asked, { lifecycle, most }: DurationsRequest): Promise<{ readonly durations: Durations; readonly people: number } | null> {
  const cases = lifecycle === undefined ? plainSql(asked) : workedSql(asked, lifecycle);
  const { values } = asked.scoped.parameters;
  const q = (of: string): string => `quantilesExactInclusive(0.5, 0.9)(${of})`;
  const [total] = await log.rows<Total>(
    `select count() as cases, uniqExact(customer) as people, avg(took) as mean, ${q("took")} as q, min(took) as least, max(took) as most,
       avg(work) as workMean, ${q("work")} as workQ, min(work) as workLeast, max(work) as workMost from (${cases})`,
    values,
  );
  if (!total || total.cases === 0) return null;
  const longest = await log.rows<Longest>(`select * from (${cases}) order by took desc, customer, key, startedAt limit ${most}`, values);
  const spread = (mean: number, [median, p90]: readonly [number, number], least: number, greatest: number) => ({
    meanMs: mean, medianMs: median, p90Ms: total.cases < MAP_LIMITS.p90Least ? null : p90, leastMs: least, mostMs: greatest,
  });
  const durations: Durations = {
    type: "durations", cases: total.cases, throughput: spread(total.mean, total.q, total.least, total.most),
    processing: lifecycle === undefined ? null : spread(total.workMean, total.workQ, total.workLeast, total.workMost),
    longest: longest.map(({ customer, key, startedAt, events, took, work }) => ({
      customerId: customerIdOf(customer), key: asked.by.by === "key" ? key : null, startedAt: isoOf(startedAt), events, throughputMs: took,
      processingMs: lifecycle === undefined ? null : work,
    })),
    notes: lifecycle === undefined ? [] : ["An activity of which only the start or only the completion is known counts for no processing time."],
  };
  return { durations, people: total.people };
} // prettier-ignore

/** Each case with its first and last moment. */
function plainSql({ cases, by }: Asked): string {
  return by.by === "key"
    ? `select customer, key, t[1] as startedAt, length(t) as events, t[-1] - t[1] as took, toInt64(0) as work from (${cases})`
    : `select customer, '' as key, ct[1] as startedAt, length(ct) as events, ct[-1] - ct[1] as took, toInt64(0) as work from (${caseRowsSql(cases)})`;
}

/** Each case with the time in which something was being done; cases by customer or key only (DurationsRequest). */
function workedSql({ scoped, moments, by }: Asked, { property, started, completed, instance }: Lifecycle): string {
  const { parameters } = scoped;
  const text = (name: string): string => `ifNull(${valueOfRaw(memberSql(tamed("properties"), name, parameters)).text}, '')`;
  const key = by.by === "key" ? text(by.property) : "toString(customer)";
  const doing = instance === undefined ? "toString(moment)" : text(instance);
  const rows = `select customer, at, ${key} as key, ${doing} as doing, ${text(property)} as said from (${moments.rows("properties")})`;
  const begun = `arraySort(groupArrayIf(at, said = ${parameters.text(started)}))`;
  const done = `arraySort(groupArrayIf(at, said = ${parameters.text(completed)}))`;
  // The first start belongs to the first completion, and so on; one named doing has its first start and its last completion.
  const work =
    instance === undefined
      ? "arraySum((a, b) -> greatest(b - a, 0), arraySlice(starts, 1, least(length(starts), length(ends))), arraySlice(ends, 1, least(length(starts), length(ends))))"
      : "if(doing = '' or empty(starts) or empty(ends), 0, greatest(ends[-1] - starts[1], 0))";
  return `select argMin(owner, first) as customer, key, min(first) as startedAt, sum(n) as events, max(last) - startedAt as took, sum(doingMs) as work
    from (select key, doing, argMin(customer, at) as owner, min(at) as first, max(at) as last, count() as n, ${begun} as starts, ${done} as ends, toInt64(${work}) as doingMs
      from (${rows}) where key != '' group by key, doing)
    group by key`;
} // prettier-ignore
