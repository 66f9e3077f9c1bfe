/**
 * A funnel as one statement over the log. Pure: makes text and parameters.
 *
 * A customer's rows are numbers, each an instant with what happened at it in its lowest bits, because numbers are sorted and
 * gone through many times faster than tuples. Steps are then taken one after the other, each for all instants at once: who
 * took step k at an instant is known from the last try that waited there before it, and that is a fill of an array.
 */
import type { Scoped } from "../analysis/scope.ts";
import { literal } from "../segments/sql-values.ts";
import { Columns } from "./matching.ts";
import { type FunnelAsked, METRIC_LIMITS } from "./model.ts";

/** What groups are called in the log's answer: everybody, the rare values together, and who has none. */
export const ALL = "\u0001all";
export const OTHER = "\u0001other";
export const NONE = "\u0001none";

/** Below an instant: one bit for each step, and one for each place between two steps at which a try ends. */
const STEPS_AT = METRIC_LIMITS.stepsMax - 1;
const INSTANT_AT = STEPS_AT + METRIC_LIMITS.stepsMax;
/** Before every instant. */
const NEVER = "toInt64(-9000000000000000)";
const timesOf = (packed: string): string => `arrayMap(x -> bitShiftRight(x, ${INSTANT_AT}), ${packed})`;
const isStep = (place: number): string => `bitTest(x, ${STEPS_AT + place - 1})`;

/** SQL of rows (value, step, people, medians) of everybody and of each group. `members`: SQL of the customers of segments, by number. */
export function funnelSql(asked: FunnelAsked, scoped: Scoped, members: ReadonlyMap<number, string>): string {
  const { breakdown } = asked;
  const tried = `select * from (select *, ${asked.order === "ordered" ? ordered(asked) : anyOrder(asked)} from (${casesSql(asked, scoped)})) where notEmpty(chain)`;
  const grouped = `select chain, arrayJoin(arrayPushFront(${groupsOf(asked, scoped, members)}, ${literal(ALL)})) as entered from (${tried}) t${breakdown?.by === "stage" ? stagesJoined(scoped) : ""}`;
  const steps = `select entered, step, chain[step] - chain[1] as fromFirst, chain[step] - chain[greatest(step - 1, 1)] as fromBefore
    from (select entered, chain, arrayJoin(arrayEnumerate(chain)) as step from (${grouped}))`;
  if (breakdown?.by !== "property" && breakdown?.by !== "channel")
    return `select entered as value, step, count() as people, quantileExactInclusive(0.5)(fromFirst) as msFromFirst, quantileExactInclusive(0.5)(fromBefore) as msFromBefore
      from (${steps}) group by value, step order by value, step`;
  // Only the most frequent values are told apart; how many began with each is known when all are counted.
  const counted = `select entered, step, count() as n, quantileExactInclusiveState(0.5)(fromFirst) as first, quantileExactInclusiveState(0.5)(fromBefore) as before from (${steps}) group by entered, step`;
  const sized = `select *, max(n) over (partition by entered) as size from (${counted})`;
  const ranked = `select *, dense_rank() over (order by entered in (${literal(ALL)}, ${literal(NONE)}), size desc, entered) as place from (${sized})`;
  return `select if(place <= ${METRIC_LIMITS.groupsMax} or entered in (${literal(ALL)}, ${literal(NONE)}), entered, ${literal(OTHER)}) as value, step, sum(n) as people,
      quantileExactInclusiveMerge(0.5)(first) as msFromFirst, quantileExactInclusiveMerge(0.5)(before) as msFromBefore
    from (${ranked}) group by value, step order by value, step`;
} // prettier-ignore

/** Rows (customer, s, t, entries): the instants of a customer or visit, packed and bare, and what tries that begin there belong to. */
function casesSql({ steps, exclusions, breakdown, order, per }: FunnelAsked, scoped: Scoped): string {
  const columns = new Columns(scoped.parameters);
  const stepIs = steps.map((step) => columns.is(step));
  // What ends a try at several places does so by one row.
  const ends = steps.slice(1).flatMap((_, gap) => {
    const of = exclusions.filter(({ after }) => after === undefined || after === gap + 1).map((exclusion) => columns.is(exclusion));
    return of.length === 0 ? [] : [`(${of.join(" or ")}) * ${2 ** gap}`];
  });
  const bits = [...stepIs.map((is, i) => `${is} * ${2 ** (STEPS_AT + i)}`), ...ends].join(" + ");
  const begins = order === "ordered" ? stepIs[0]! : `(${stepIs.join(" or ")})`;
  const value = valueSql(columns, breakdown, begins);
  const entries = value === null ? "" : `, groupArrayIf((at - ${scoped.scope.from}, value), begins) as entries`;
  const told = `${columns.list()}, toInt64(${bits}) as bits${value === null ? "" : `, toUInt8(${begins}) as begins, ${value} as value`}`;
  // A visit ends by what the customer did or did not do at all, so of visits every event is looked at.
  const events = scoped.rows(told, per.by === "visit" ? "1" : "bits > 0");
  const whole = `select customer, arraySort(groupArray(bitShiftLeft(at - ${scoped.scope.from}, ${INSTANT_AT}) + bits)) as whole${entries} from (${events}) group by customer`;
  const kept = entries && ", entries";
  const cases =
    per.by === "customer"
      ? `select customer, whole as rows${kept} from (${whole})`
      : `select customer, arrayFilter(x -> bitAnd(x, ${2 ** INSTANT_AT - 1}) > 0, visit) as rows${kept} from (
           select *, arrayJoin(arraySplit((x, d, i) -> i > 1 and d > ${per.gapMs}, whole, arrayDifference(${timesOf("whole")}), arrayEnumerate(whole))) as visit from (${whole}))`;
  // Instants, not rows, are gone through: what happened at once is one. Most customers have none of these.
  const cut = `select customer, arraySlice(rows, 1, ${METRIC_LIMITS.instantsMax}) as r${kept} from (${cases})`;
  const twice = `if(length(arrayDistinct(${timesOf("r")})) = length(r), emptyArrayInt64(), r)`;
  const once = `select *, ${twice} as d, if(empty(d), r, arrayMap(x -> arrayReduce('groupBitOr', x), arraySplit((x, step) -> step > 0, d, arrayDifference(${timesOf("d")})))) as s from (${cut})`;
  return `select customer, s, ${timesOf("s")} as t${kept} from (${once}) where notEmpty(s)`;
} // prettier-ignore

/** The value of a row by which customers are grouped; null where no row has one. */
function valueSql(columns: Columns, breakdown: FunnelAsked["breakdown"], begins: string): string | null {
  if (breakdown?.by === "channel") return "toString(channel)";
  if (breakdown?.by !== "property") return null;
  const text = columns.column(`ifNull(${columns.property(breakdown.property, begins).text}, '')`);
  return `if(${text} = '', ${literal(NONE)}, substringUTF8(${text}, 1, 200))`;
}

/** Columns that end in `chain`: the instants of the try that got furthest, of several the one that got there first. */
function ordered({ steps, window, exclusions }: FunnelAsked): string {
  const columns: string[] = [];
  steps.forEach((_, i) => {
    const place = i + 1;
    // `ok`: at which instants the step was taken. `since`: from when on the window runs for the try that waits after it.
    columns.push(
      i === 0
        ? `arrayMap(x -> ${isStep(1)}, s) as ok1`
        : `arrayMap((x, y, w) -> ${isStep(place)} and y - w <= ${window.ms}, s, t, waits${i}) as ok${place}`,
    );
    if (place === steps.length) return;
    const since = i === 0 || window.from === "before" ? "t" : `waits${i}`;
    const ends = exclusions.some(({ after }) => after === undefined || after === place);
    // A later try that waits at the same step is never worse: it began later, or took its step later.
    const told = `arrayMap((o, y) -> if(o, y, ${NEVER}), ok${place}, ${since})`;
    const filled = ends ? `arrayFill((y, o, x) -> o or bitTest(x, ${i}), ${told}, ok${place}, s)` : `arrayFill((y, o) -> o, ${told}, ok${place})`;
    columns.push(`arrayPushFront(arrayPopBack(${filled}), ${NEVER}) as waits${place}`);
  });
  // From the last step back: each was taken just before the next.
  for (let place = steps.length; place > 0; place--) {
    const furthest = `if(has(ok${place}, 1), t[indexOf(ok${place}, 1)], ${NEVER})`;
    const before = `arrayMax(arrayMap((y, o) -> if(o and y < at${place + 1}, y, ${NEVER}), t, ok${place}))`;
    columns.push(`${place === steps.length ? furthest : `if(at${place + 1} = ${NEVER}, ${furthest}, ${before})`} as at${place}`);
  }
  columns.push(`arrayFilter(y -> y != ${NEVER}, [${steps.map((_, i) => `at${i + 1}`).join(", ")}]) as chain`);
  return columns.join(", ");
} // prettier-ignore

/** Columns that end in `chain`: the instants of the most different steps within the window, of several the first. */
function anyOrder({ steps, window, exclusions }: FunnelAsked): string {
  const columns = steps.map((_, i) => {
    const own = `arrayMap((x, y) -> if(${isStep(i + 1)}, y, ${NEVER}), s, t)`;
    if (exclusions.length === 0) return `arrayFill(y -> y != ${NEVER}, ${own}) as last${i}`;
    // What ends a try leaves what happened at its own instant.
    const before = `arrayPushFront(arrayPopBack(arrayFill((y, x) -> y != ${NEVER} or bitAnd(x, ${2 ** STEPS_AT - 1}) > 0, ${own}, s)), ${NEVER})`;
    return `arrayMap((y, w) -> if(y != ${NEVER}, y, w), ${own}, ${before}) as last${i}`;
  });
  const within = steps.map((_, i) => `(l${i} >= y - ${window.ms})`).join(" + ");
  const names = steps.map((_, i) => `last${i}`);
  columns.push(
    `arrayMap((y, ${steps.map((_, i) => `l${i}`).join(", ")}) -> ${within}, t, ${names.join(", ")}) as taken`,
    "indexOf(taken, arrayMax(taken)) as best",
    `if(taken[best] = 0, emptyArrayInt64(), arraySort(arrayFilter(y -> y >= t[best] - ${window.ms}, [${names.map((name) => `${name}[best]`).join(", ")}]))) as chain`,
  );
  return columns.join(", ");
} // prettier-ignore

/** SQL of the groups that somebody belongs to, as a list. */
function groupsOf({ breakdown }: FunnelAsked, { scope }: Scoped, members: ReadonlyMap<number, string>): string {
  switch (breakdown?.by) {
    case undefined:
      return "emptyArrayString()";
    case "segment": {
      const of = breakdown.segments.map((segment) => `if(customer in (${members.get(segment)!}), ${literal(String(segment))}, '')`);
      return `arrayFilter(x -> x != '', [${of.join(", ")}])`;
    }
    case "stage": {
      const found = `arrayLast(x -> x.1 <= chain[1] + ${scope.from}, stages).2`;
      return `[multiIf(${found} != '', ${found}, notEmpty(stages) and stages[1].3 != '', stages[1].3, ${literal(NONE)})]`;
    }
    case "channel":
    case "property":
      return "[arraySort(arrayMap(x -> x.2, arrayFilter(x -> x.1 = chain[1], entries)))[1]]";
  }
} // prettier-ignore

/** Each customer's changes of stage. What a new model found in history tells the stage from then on, and nothing of before. */
function stagesJoined(scoped: Scoped): string {
  const changes = scoped.own(
    "JSONExtractString(properties, 'stage') as stage, if(startsWith(id, 'stage-'), '', JSONExtractString(properties, 'from')) as former",
    "name = '$stage.changed' and key = 0", { from: 0, to: scoped.scope.to },
  );
  return ` left any join (select customer, arraySort(groupArray((at, stage, former))) as stages from (${changes}) group by customer) g on t.customer = g.customer`;
} // prettier-ignore
