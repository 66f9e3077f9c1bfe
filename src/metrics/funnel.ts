/**
 * Funnels, counted in the log: of each customer (or visit) the try that got furthest.
 *
 * A try takes its steps each later than the one before, within the window, with no exclusion between. Of several that got
 * equally far it is the one that got there first, and of those the one that began last (where the window is counted from
 * the step before: whose steps came last). Going through a customer's instants in order, it is enough to remember of each
 * step the best try that waits for the next: nothing that comes later tells apart two that wait at one step but when they
 * began (or when they took the step). The engine's own windowFunnel knows no exclusions between two given steps, no
 * times and takes one step less where two events of a kind share an instant, so the same is said with arrays
 * (test/metrics/funnel.test.ts holds it to trying every combination).
 */
import { membersOf, scopeFor, type Scoped } from "../analysis/scope.ts";
import type { Found } from "../analysis/questions.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { readDefinitions } from "../segments/store.ts";
import { literal } from "../segments/sql-values.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { Columns } from "./matching.ts";
import { funnelOf, type FunnelRow } from "./funnel-steps.ts";
import { type FunnelAnswer, type FunnelAsked, METRIC_LIMITS } from "./model.ts";
import { countedIn } from "./scope-count.ts";

type Answer = Omit<FunnelAnswer, "basis">;
type Deps = {
  readonly sql: Sql;
  readonly log: EventLog;
  readonly workspace: WorkspaceId;
  readonly now: Instant;
};
/** What the groups of a breakdown are called in the log's answer. */
const OTHER = "\u0001other";
const NONE = "\u0001none";

/** Works a funnel out. */
export async function readFunnel(deps: Deps, asked: FunnelAsked): Promise<Found<Answer>> {
  const { sql, log, workspace, now } = deps;
  const scoped = await scopeFor(sql, log, workspace, asked.scope, now);
  const counted = await countedIn(log, scoped);
  const { breakdown } = asked;
  const whole = breakdown === undefined || breakdown.by === "segment";
  const rows = whole ? await log.rows<FunnelRow>(funnelSql(asked, scoped, null), scoped.parameters.values) : await grouped(deps, asked, scoped);
  const groups = breakdown?.by === "segment" ? await bySegment(deps, asked, breakdown.segments) : whole ? null : groupsOf(asked, rows);
  const all = whole ? rows : await log.rows<FunnelRow>(funnelSql(asked, scoped, null), scoped.parameters.values);
  return { answer: { funnel: funnelOf(asked, all), groups }, asOfAt: scoped.asOfAt, ...counted, method: methodOf(asked) };
} // prettier-ignore

const groupsOf = (asked: FunnelAsked, rows: readonly FunnelRow[]): Answer["groups"] => {
  const values = [...new Set(rows.map(({ value }) => value))];
  const sizeOf = (value: string): number => rows.find((row) => row.value === value && row.step === 1)?.people ?? 0;
  const rank = (value: string): number => (value === NONE ? 2 : value === OTHER ? 1 : 0);
  return values
    .toSorted((a, b) => rank(a) - rank(b) || sizeOf(b) - sizeOf(a) || (a < b ? -1 : 1))
    .map((value) => ({
      value: value === NONE ? null : value === OTHER ? "other" : value,
      name: value === NONE ? "None" : value === OTHER ? "All others" : value,
      funnel: funnelOf(asked, rows.filter((row) => row.value === value)),
    }));
}; // prettier-ignore

/** Only the most frequent values are told apart. */
async function grouped({ log }: Deps, asked: FunnelAsked, scoped: Scoped): Promise<readonly FunnelRow[]> {
  const parts = partsOf(asked, scoped);
  const { by } = asked.breakdown!;
  const frequent =
    by === "stage" ? [] : (await log.rows<{ value: string }>(
      `select value, uniqExact(customer) as people from (${scoped.rows(parts.columns, parts.begins)}) where value != '${NONE}'
       group by value order by people desc, value limit ${METRIC_LIMITS.groupsMax}`,
      scoped.parameters.values,
    )).map(({ value }) => value); // prettier-ignore
  return log.rows<FunnelRow>(funnelSql(asked, scoped, frequent), scoped.parameters.values);
}

async function bySegment({ sql, log, workspace, now }: Deps, asked: FunnelAsked, segments: readonly number[]): Promise<Answer["groups"]> {
  const { segments: known } = await readDefinitions(sql, workspace);
  const groups: NonNullable<Answer["groups"]>[number][] = [];
  for (const segment of segments) {
    const scoped = await scopeFor(sql, log, workspace, asked.scope, now);
    const members = await membersOf(sql, workspace, segment, now, scoped.parameters);
    const rows = await log.rows<FunnelRow>(funnelSql(asked, scoped, null, `customer in (${members})`), scoped.parameters.values);
    groups.push({ value: String(segment), name: known.get(segment)?.name ?? String(segment), funnel: funnelOf(asked, rows) });
  }
  return groups;
} // prettier-ignore

type Parts = { readonly columns: string; readonly needed: string; readonly begins: string };
/** Columns `mask` (which steps a row is), `ends` (between which steps it ends a try) and `value` (its group). */
function partsOf({ steps, exclusions, breakdown, order }: FunnelAsked, { parameters }: Scoped): Parts {
  const columns = new Columns(parameters);
  const bits = (of: readonly { readonly is: string; readonly bit: number }[]): string =>
    of.length === 0 ? "toUInt16(0)" : `toUInt16(${of.map(({ is, bit }) => `${is} * ${2 ** bit}`).join(" + ")})`;
  const stepIs = steps.map((step) => columns.is(step));
  const mask = bits(stepIs.map((is, bit) => ({ is, bit })));
  // What ends a try at several places does so by one row.
  const gaps = steps.slice(1).map((_, gap) => {
    const of = exclusions.filter(({ after }) => after === undefined || after === gap + 1).map((exclusion) => columns.is(exclusion));
    return { is: of.length === 0 ? "toUInt8(0)" : `(${of.join(" or ")})`, bit: gap };
  });
  const begins = order === "ordered" ? stepIs[0]! : `(${stepIs.join(" or ")})`;
  const value = valueSql(columns, breakdown, begins);
  return {
    columns: `${columns.list()}, ${mask} as mask, ${exclusions.length === 0 ? "toUInt16(0)" : bits(gaps)} as ends, ${value} as value`,
    needed: `mask > 0 or ends > 0`,
    begins,
  };
} // prettier-ignore

function valueSql(columns: Columns, breakdown: FunnelAsked["breakdown"], begins: string): string {
  if (breakdown?.by === "channel") return "toString(channel)";
  if (breakdown?.by !== "property") return "''";
  const { text } = columns.property(breakdown.property, begins);
  return `if(ifNull(${text}, '') = '', '${NONE}', substringUTF8(ifNull(${text}, ''), 1, 200))`;
}

/** Rows (value, step, people, medians) of a funnel. `frequent`: the values that are told apart; null: none are. */
function funnelSql(asked: FunnelAsked, scoped: Scoped, frequent: readonly string[] | null, only = "1"): string {
  const { columns, needed } = partsOf(asked, scoped);
  const { per, breakdown, order } = asked;
  const tuple = "(at, mask, ends, value)";
  // A visit ends by what the customer did or did not do at all, so of visits every event is looked at.
  const events = scoped.rows(columns, per.by === "visit" ? "1" : needed);
  const sorted = `select customer, arraySort(groupArray(${tuple})) as whole from (select * from (${events}) where ${only}) group by customer`;
  const cases =
    per.by === "customer"
      ? `select customer, whole as s from (${sorted})`
      : `select customer, arrayFilter(x -> x.2 > 0 or x.3 > 0, visit) as s from (
           select customer, arrayJoin(arraySplit((x, d, i) -> i > 1 and d > ${per.gapMs}, whole, arrayDifference(whole.1), arrayEnumerate(whole))) as visit from (${sorted}))`;
  const best = order === "ordered" ? orderedSql(asked) : anySql(asked);
  const entry = entryValue(frequent, breakdown, order, scoped);
  // Instants, not rows, are gone through: what happened at once is one. Most customers have none of these.
  const once = `select customer, s, if(length(arrayDistinct(s.1)) = length(s), [], s) as d,
      if(empty(d), s, arrayMap(i -> (i, arrayReduce('groupBitOr', arrayMap(x -> x.2, arrayFilter(x -> x.1 = i, d))), arrayReduce('groupBitOr', arrayMap(x -> x.3, arrayFilter(x -> x.1 = i, d))), ''), arrayDistinct(d.1))) as instants
    from (select customer, arraySlice(s, 1, ${METRIC_LIMITS.instantsMax}) as s from (${cases}))`;
  const tried = `select customer, s, ${best} as chain from (${once}) where notEmpty(chain)`;
  const valued = `select chain, ${entry.value} as entered from (${tried}) ${entry.join}`;
  return `select entered as value, step, count() as people,
      quantileExactInclusive(0.5)(chain[step] - chain[1]) as msFromFirst, quantileExactInclusive(0.5)(chain[step] - chain[greatest(step - 1, 1)]) as msFromBefore
    from (select entered, chain, arrayJoin(arrayEnumerate(chain)) as step from (${valued})) group by value, step order by value, step`;
} // prettier-ignore

/** The best try's instants. State: of each step the best try that waits there, and the best of all. */
function orderedSql({ steps, window }: FunnelAsked): string {
  const n = steps.length;
  const since = window.from === "first" ? "before[1]" : "before[-1]";
  const taken = `if(bitTest(x.2, place - 1) and (place = 1 or (notEmpty(before) and x.1 - ${since} <= ${window.ms})), arrayPushBack(before, x.1), emptyArrayInt64())`;
  const kept = "if(bitTest(x.3, place - 1), emptyArrayInt64(), held)";
  const better = window.from === "first" ? "empty(k) or c[1] >= k[1]" : "1";
  const level = `arrayMap((c, k) -> if(notEmpty(c) and (${better}), c, k), [${taken}], [${kept}])[1]`;
  const levels = `arrayMap((held, before, place) -> ${level}, acc.1, arrayPushFront(arrayPopBack(acc.1), emptyArrayInt64()), range(1, ${n + 1}))`;
  const further = `arrayMap(l -> (l, if(length(acc.2) < ${n} and notEmpty(l[length(acc.2) + 1]), l[length(acc.2) + 1], acc.2)), [${levels}])[1]`;
  const start = `(arrayMap(i -> emptyArrayInt64(), range(${n})), emptyArrayInt64())`;
  const first = "arrayFirst(x -> bitTest(x.2, 0), instants).1";
  // Who took no second step is known without going through everything.
  const goesOn = `arrayExists(x -> bitTest(x.2, 1) and x.1 > ${first}, instants) and arrayExists(x -> bitTest(x.2, 0), instants)`;
  const gone = `arrayFold((acc, x) -> ${further}, arrayMap(x -> (x.1, x.2, x.3), if(${goesOn}, instants, [])), ${start}).2`;
  return `if(${goesOn}, ${gone}, if(arrayExists(x -> bitTest(x.2, 0), instants), [${first}], emptyArrayInt64()))`;
} // prettier-ignore

/** The instants of the most different steps within the window. State: when each step was last taken, and the best. */
function anySql({ steps, window }: FunnelAsked): string {
  const never = "toInt64(-9000000000000000)";
  const last = "arrayMap((l, place) -> if(bitTest(x.2, place), x.1, l), acc.1, range(acc.1.length))".replace("acc.1.length", String(steps.length));
  const within = `arraySort(arrayFilter(l -> l >= x.1 - ${window.ms} and l != ${never}, taken))`;
  const after = `arrayMap(l -> if(x.3 > 0 and l != x.1, ${never}, l), taken)`;
  const next = `arrayMap(taken -> (${after}, arrayMap(w -> if(length(w) > length(acc.2), w, acc.2), [${within}])[1]), [${last}])[1]`;
  const start = `(arrayMap(i -> ${never}, range(${steps.length})), emptyArrayInt64())`;
  return `arrayFold((acc, x) -> ${next}, arrayMap(x -> (x.1, x.2, x.3), instants), ${start}).2`;
} // prettier-ignore

/** The group somebody belongs to by what they began with. */
function entryValue(frequent: readonly string[] | null, breakdown: FunnelAsked["breakdown"], order: FunnelAsked["order"], scoped: Scoped) {
  if (frequent === null) return { value: "''", join: "" };
  if (breakdown?.by === "stage") {
    const { scope } = scoped;
    // What a new model found in history tells the stage from then on, and nothing of before.
    const changes = scoped.own(
      "JSONExtractString(properties, 'stage') as stage, if(startsWith(id, 'stage-'), '', JSONExtractString(properties, 'from')) as former",
      "name = '$stage.changed' and key = 0", { from: 0, to: scope.to },
    );
    const stages = `(select customer, arraySort(groupArray((at, stage, former))) as stages from (${changes}) group by customer)`;
    const found = "arrayLast(x -> x.1 <= chain[1], stages).2";
    return { value: `multiIf(${found} != '', ${found}, notEmpty(stages) and stages[1].3 != '', stages[1].3, '${NONE}')`, join: `t left any join ${stages} g on t.customer = g.customer` };
  }
  const begun = order === "ordered" ? "bitTest(x.2, 0)" : "x.2 > 0";
  const value = `arrayFirst(x -> x.1 = chain[1] and ${begun}, s).4`;
  return { value: `if(${value} = '${NONE}' or has(${scoped.parameters.texts(frequent)}, ${value}), ${value}, ${literal(OTHER)})`, join: "" };
} // prettier-ignore

function methodOf({ order, window, exclusions, per }: FunnelAsked): string {
  const who = per.by === "customer" ? "customer" : "visit";
  const days = `${Math.round(window.ms / 360_000) / 10} hours`;
  const how =
    order === "ordered"
      ? `Each step strictly later than the one before, whatever else lies between, at most ${days} after ${window.from === "first" ? "the first" : "the one before"}`
      : `The steps in any order, all within ${days}`;
  const excluded = exclusions.length === 0 ? "" : "; an exclusion between two steps ends the try";
  return `Of each ${who} the try that got furthest, of several the one that got there first. ${how}${excluded}. Shares with Wilson's interval (1927).`;
}
