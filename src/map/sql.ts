/**
 * The map as one statement over the rows of cases (analysis/cases.ts). Each moment of a case becomes one row with what
 * follows it; rows are summed by pair, and pairs by moment, so history is read once for edges, moments and totals.
 * People are counted by the first occurrence within the customer's own row, which is exact and needs no set of ids.
 * Pure: makes text.
 */
import type { CaseBy } from "../analysis/model.ts";

/** How medians and percentiles are found: exactly, or from samples of 8,192 gaps of each pair (Vitter 1985). */
export type TimesBy = "exact" | "approximate";
const quantiles = (times: TimesBy, suffix: string): string =>
  `${times === "exact" ? "quantilesExactInclusive" : "quantiles"}${suffix}(0.5, 0.9)`;

/**
 * Cases of which at least one moment is `place`, from the SQL of cases. A row stays whole where its cases stay, so that
 * what is counted by row is counted as before.
 */
export const focusedSql = (cases: string, place: number): string =>
  `select * except (keep, m, t, n, goal), arrayFilter((x, k) -> k, m, keep) as m, arrayFilter((x, k) -> k, t, keep) as t,
     arrayFilter((x, k) -> k, n, keep) as n, arrayFilter((x, k) -> k, goal, keep) as goal
   from (select *, arrayMap(x -> has(passing, x), arrayCumSum(n)) as keep, arrayFilter((x, y) -> y = ${place}, arrayCumSum(n), m) as passing
     from (${cases}))
   where notEmpty(passing)`; // prettier-ignore

/**
 * One row a moment of a case: the moment `f`, what follows `g` (0: nothing) and after how long, whether it begins the case
 * or reaches the goal, whether it is the first of its kind, the case's length and duration so far. `by` says what a row
 * of `cases` is.
 */
export function stepsSql(cases: string, by: CaseBy): string {
  // Where a row is one case, or none has a goal, much need not be worked out moment by moment.
  const single = by.by === "customer" || by.by === "key";
  const last = "arrayPushBack(arrayPopFront(n), toUInt8(1))";
  const next = "arrayPushBack(arrayPopFront(m), toUInt16(0))";
  const arrays = [
    `${single ? next : `arrayMap((x, l) -> if(l, toUInt16(0), x), ${next}, ${last})`} as following`,
    "arrayPushBack(arrayPopFront(arrayDifference(t)), toInt64(0)) as gaps",
    "arrayEnumerateUniq(arrayMap((x, y) -> toUInt32(x) * 65536 + y, m, following)) as pairs",
    "arrayEnumerateUniq(m) as own, arrayEnumerate(m) as places",
  ];
  const joined = [
    "m as f",
    "following as g",
    "gaps as gap",
    "pairs as pair",
    "own as person",
    "places as place",
  ];
  if (!single) {
    arrays.push("arrayEnumerateUniq(arrayCumSum(n), m) as inCase", "arrayFill((x, b) -> b, t, n) as begunAt", "arrayFill((x, b) -> b, places, n) as begunPlace"); // prettier-ignore
    joined.push("n as begins", "inCase as nth", "t as at", "begunAt as begun", "begunPlace as first");
  }
  if (by.by === "goal") joined.push("goal as hit");
  return `select customer, f, g, gap, pair, person, place, ${by.by === "goal" ? "hit" : "toUInt8(0) as hit"},
      ${single ? "toUInt8(place = 1) as begins, person as nth, lastAt - firstAt as lasted, place as rank" : "begins, nth, at - begun as lasted, place - first + 1 as rank"}
    from (select customer, m, t${single ? "" : ", n"}${by.by === "goal" ? ", goal" : ""}, t[1] as firstAt, t[-1] as lastAt, ${arrays.join(", ")} from (${cases}))
    array join ${joined.join(", ")}`;
}

/** What the log answers of a moment; `node` 0 is the whole. */
export type NodeRow = {
  readonly node: number;
  readonly events: number;
  readonly people: number;
  readonly cases: number;
  readonly starts: number;
  readonly ends: number;
  readonly reached: number;
  /** How often a case came to this moment that had it before, whatever was between. */
  readonly again: number;
  /** Median and 90th percentile of the time to the next moment; not of the whole. */
  readonly next: readonly [number | null, number | null];
  /** Of the whole only: length and duration of cases. */
  readonly lengthSum: number;
  readonly length: readonly [number | null, number | null];
  readonly lasted: readonly [number | null, number | null];
  /** To, transitions, people, times. */
  readonly edges: readonly (readonly [to: number, transitions: number, people: number, times: readonly [number | null, number | null]])[];
}; // prettier-ignore

/** Rows of `NodeRow`: one a moment, and one for the whole. */
export function mapSql(cases: string, by: CaseBy, times: TimesBy): string {
  // A customer may have several rows of cases by key; then people are counted by their ids.
  const byId = by.by === "key";
  const people = byId
    ? { pair: "uniqExactState(customer) as pairPeople", own: "uniqExactMerge(pairPeople)", all: "uniqExactMerge(pairPeople)", edge: "finalizeAggregation(pairPeople)" }
    : { pair: "countIf(pair = 1) as pairPeople, countIf(person = 1) as ownPeople, countIf(place = 1) as allPeople", own: "sum(ownPeople)", all: "sum(allPeople)", edge: "pairPeople" };
  return `select arrayJoin([f, toUInt16(0)]) as node, sum(rows) as events, if(node = 0, ${people.all}, ${people.own}) as people,
      sum(starting) as starts, if(node = 0, starts, sum(inCases)) as cases, sumIf(rows, g = 0) as ends, sum(reaching) as reached, sum(returns) as again,
      ${quantiles(times, "MergeIf")}(gapState, node != 0) as next, sum(lengths) as lengthSum,
      ${quantiles(times, "MergeIf")}(lengthState, node = 0) as length, ${quantiles(times, "MergeIf")}(lastedState, node = 0) as lasted,
      groupArrayIf((g, rows, ${people.edge}, finalizeAggregation(gapState)), node != 0 and g != 0) as edges
    from (
      select f, g, count() as rows, ${people.pair}, countIf(nth = 1) as inCases, countIf(begins = 1) as starting,
        countIf(hit = 1) as reaching, countIf(nth > 1) as returns, sumIf(rank, g = 0) as lengths,
        ${quantiles(times, "StateIf")}(gap, g != 0) as gapState,
        ${quantiles(times, "StateIf")}(toInt64(rank), g = 0) as lengthState, ${quantiles(times, "StateIf")}(lasted, g = 0) as lastedState
      from (${stepsSql(cases, by)})
      group by f, g
    )
    group by node order by node`;
} // prettier-ignore
