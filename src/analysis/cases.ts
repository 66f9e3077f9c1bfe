/**
 * Cases: a customer's moments in order, cut into visits, ways to a goal, or by a key, as SQL that yields arrays. Maps,
 * variants and paths are made of these rows, so all of them count the same cases.
 *
 * Moments of one instant are in the order of their places (the more frequent first): the log knows no other.
 */
import type { EventLog } from "../db/clickhouse.ts";
import { memberSql, tamed, valueOfRaw } from "../segments/sql-values.ts";
import { type CaseBy, type Moment, type MomentGrouping, ANALYSIS_LIMITS } from "./model.ts";
import { type Combo, groupMoments } from "./moments.ts";
import type { Scoped } from "./scope.ts";

/** The touchpoint without ids, so that ten thousand product pages are one: twice, because two ids may follow each other. */
const withoutIds = (text: string): string =>
  `replaceRegexpAll(${text}, '/(?:[0-9]+|[0-9a-fA-F]{8,}|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27})(/|$)', '/*\\\\1')`;
const TOUCHPOINT = withoutIds(withoutIds("touchpoint"));
const HASH = "cityHash64(channel, name, place)";
const REST = "*";
const COLUMNS = `channel, name, ${TOUCHPOINT} as place`;

export type Moments = {
  readonly moments: readonly Moment[];
  /** SQL of rows (columns as asked, customer, at, moment): `moment` is a place in `moments` plus 1. */
  rows(columns: string): string;
  /** SQL of whether a row's event has this name, as a column to ask for. */
  named(name: string): string;
};

/** The moments of a scope. */
export async function momentsIn(log: EventLog, scoped: Scoped, grouping: MomentGrouping): Promise<Moments> {
  const combos = await log.rows<Combo>(
    `select channel, name, place as touchpoint, toString(${HASH}) as hash, count() as events from (${scoped.rows(COLUMNS)})
     group by channel, name, place order by events desc, channel, name, place limit ${ANALYSIS_LIMITS.combosMax}`,
    scoped.parameters.values,
  );
  // What is too rare to be told apart is still counted, as one moment.
  const rest: readonly Combo[] =
    combos.length < ANALYSIS_LIMITS.combosMax ? [] : [{ channel: "other", name: "Other", touchpoint: "", hash: REST, events: 0 }];
  const { moments, placeOf } = groupMoments([...combos, ...rest], grouping);
  const hashes = [...placeOf.keys()].filter((hash) => hash !== REST);
  const placeSql = (hash: string): string => `toUInt16(${(placeOf.get(hash) ?? -1) + 1})`;
  // What is not looked at is 0, and left out.
  const moment =
    hashes.length === 0
      ? "toUInt16(0)"
      : `transform(${HASH}, [${hashes.map((hash) => `toUInt64('${hash}')`).join(",")}], [${hashes.map(placeSql).join(",")}], ${placeSql(REST)})`;
  return {
    moments,
    rows: (columns) =>
      `select ${columns === "" ? "" : `${columns}, `}customer, at, ${moment} as moment from (${scoped.rows(`${COLUMNS}, properties`)}) where moment > 0`,
    named: (name) => `name = ${scoped.parameters.text(name)}`,
  };
} // prettier-ignore

/**
 * SQL of cases, several of one customer in a row: `customer`, `m` (places plus 1), `t` (instants, ms), `n` (1 where a case
 * begins), `goal` (1 where it reached what ends it; all 0 unless by goal). Rows of key cases have `key` too.
 */
export function casesSql({ rows, named }: Moments, by: CaseBy, scoped: Scoped): string {
  const sorted = (columns: string, tuple: string, group: string): string =>
    `select ${group}, arraySort(groupArray(${tuple})) as s from (${rows(columns)}) group by ${group} settings optimize_aggregation_in_order = 1`;
  const begun = "arrayMap(i -> toUInt8(i = 1), arrayEnumerate(m))";
  const noGoal = "arrayMap(x -> toUInt8(0), m)";
  switch (by.by) {
    case "customer":
      return `select customer, s.2 as m, s.1 as t, ${begun} as n, ${noGoal} as goal from (${sorted("", "(at, moment)", "customer")})`;
    case "visit":
      return `select customer, s.2 as m, s.1 as t, ${noGoal} as goal,
        arrayMap((d, i) -> toUInt8(i = 1 or d > ${by.gapMs}), arrayDifference(t), arrayEnumerate(t)) as n
        from (${sorted("", "(at, moment)", "customer")})`;
    case "key": {
      const key = valueOfRaw(memberSql(tamed("properties"), by.property, scoped.parameters)).text;
      return `select any(customer) as customer, key, arraySort(groupArray((at, moment))) as s, s.2 as m, s.1 as t, ${begun} as n, ${noGoal} as goal
        from (select customer, at, moment, ifNull(${key}, '') as key from (${rows("properties")}) where key != '') group by key`;
    }
    case "goal":
      return goalCases(
        sorted(
          `${named(by.goal)} as ends, ${by.start === undefined ? "toUInt8(1)" : named(by.start)} as begins`,
          "(at, moment, ends, begins)",
          "customer",
        ),
      );
  }
} // prettier-ignore

/** From the first moment that may begin a case to the goal; what lies between a goal and the next beginning is in none. */
function goalCases(sorted: string): string {
  // `part`: how many goals came before. `open`: whether a beginning came since the last of them.
  return `select customer, arrayFilter((x, o) -> o, s.2, open) as m, arrayFilter((x, o) -> o, s.1, open) as t,
      arrayFilter((x, o) -> o, s.3, open) as goal, arrayFilter((x, o) -> o, part, open) as parts,
      arrayMap((p, before) -> toUInt8(p != before), parts, arrayPushFront(arrayPopBack(parts), toUInt64(4294967295))) as n
    from (
      select customer, s, arrayPushFront(arrayPopBack(arrayCumSum(s.3)), toUInt64(0)) as part,
        arrayMap((f, p) -> toUInt8(f = p + 1), arrayFill(x -> x > 0, arrayMap((p, b) -> if(b, p + 1, 0), part, s.4)), part) as open
      from (${sorted})
    ) where notEmpty(m)`;
}
