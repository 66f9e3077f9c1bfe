/**
 * Cases: a customer's moments in order, cut into visits, ways to a goal, or by a key, as SQL that yields arrays. Maps,
 * variants and paths are made of these rows, so all of them count the same cases.
 *
 * Moments of one instant are in the order of their places (the more frequent first): the log knows no other.
 */
import type { EventLog } from "../db/clickhouse.ts";
import { memberSql, tamed, valueOfRaw } from "../segments/sql-values.ts";
import { type CaseBy, type Moment, type MomentGrouping, ANALYSIS_LIMITS } from "./model.ts";
import { type Combo, NAMES_OF_OURS, OTHER, groupMoments } from "./moments.ts";
import type { Scoped } from "./scope.ts";

/** Column by column, because each is a dictionary: a hash of every value and not of every row. */
const HASH = "cityHash64(channel) * 3 + cityHash64(name) * 5 + cityHash64(place)";
const COLUMNS = "channel, name, touchpointKind as place";

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
    // By their hash, because one number is grouped several times faster than three texts.
    `select any(channel) as channel, any(name) as name, any(place) as touchpoint, toString(h) as hash, count() as events
     from (select channel, name, place, ${HASH} as h from (${scoped.rows(COLUMNS)}))
     group by h order by events desc, channel, name, touchpoint limit ${ANALYSIS_LIMITS.combosMax}`,
    scoped.parameters.values,
  );
  const rest = combos.length < ANALYSIS_LIMITS.combosMax ? [] : await restIn(log, scoped, grouping, combos);
  const { moments, placeOf } = groupMoments([...combos, ...rest], grouping);
  // What is not looked at is 0, and left out. Bare numbers: a statement has room for so many hashes once.
  const placesOf = (those: readonly Combo[]): string => `cast([${those.map(({ hash }) => (placeOf.get(hash) ?? -1) + 1).join(",")}], 'Array(UInt16)')`;
  const other = rest.length === 0 ? 0 : UNKNOWN;
  const known = combos.length === 0 ? "toUInt16(0)" : `transform(${HASH}, cast([${hashesOf(combos)}], 'Array(UInt64)'), ${placesOf(combos)}, toUInt16(${other}))`;
  const moment =
    rest.length === 0 ? "known" : `if(known = ${UNKNOWN}, transform(${restSql(scoped, grouping)}, [${rest.map(({ hash }) => `'${hash}'`).join(",")}], ${placesOf(rest)}, toUInt16(0)), known)`;
  return {
    moments,
    rows: (columns) =>
      `select ${columns === "" ? "" : `${columns}, `}customer, at, ${moment} as moment
       from (select *, ${known} as known from (${scoped.rows(`${COLUMNS}, properties`)})) where moment > 0`,
    named: (name) => `name = ${scoped.parameters.text(name)}`,
  };
} // prettier-ignore

const hashesOf = (combos: readonly Combo[]): string => combos.map(({ hash }) => hash).join(",");
/** The place of a row that is none of those told apart, before it is looked at. */
const UNKNOWN = 65_535;

/** Which rule of the grouping fits a row, from 1; 0: none; -1: the row is not looked at. For rows of `COLUMNS`. */
function ruleSql({ parameters }: Scoped, { rules }: MomentGrouping): string {
  const like = (column: string, pattern: string): string =>
    `${column} like ${parameters.text(pattern.replaceAll(/[\\%_]/g, "\\$&").replaceAll("*", "%"))}`;
  const parts = rules.flatMap(({ channel, name, touchpoint, as }, i) => {
    const fits = [channel && `channel = ${parameters.text(channel)}`, name && like("name", name), touchpoint && like("place", touchpoint)];
    return [fits.filter((one) => one !== undefined).join(" and ") || "1", as === null ? "toInt16(-1)" : `toInt16(${i + 1})`];
  });
  const bookkeeping = `startsWith(name, '$') and name not in ${parameters.texts(NAMES_OF_OURS)}`;
  return `multiIf(${[...parts, bookkeeping, "toInt16(-1)", "toInt16(0)"].join(", ")})`;
} // prettier-ignore
/** What a row is counted as that is too rare to be told apart. */
const restSql = (scoped: Scoped, grouping: MomentGrouping): string =>
  `concat(toString(channel), ' ', toString(${ruleSql(scoped, grouping)}))`;

/** What is too rare to be told apart is still counted: by the rule that names it, or as the rest of its channel. */
async function restIn(log: EventLog, scoped: Scoped, grouping: MomentGrouping, combos: readonly Combo[]): Promise<readonly Combo[]> {
  const rows = await log.rows<Pick<Combo, "channel" | "hash" | "events"> & { readonly rule: number }>(
    `select channel, rule, hash, count() as events
     from (select channel, ${ruleSql(scoped, grouping)} as rule, ${restSql(scoped, grouping)} as hash from (${scoped.rows(COLUMNS)}) where ${HASH} not in (${hashesOf(combos)}))
     where rule >= 0 group by channel, rule, hash order by events desc, hash`,
    scoped.parameters.values,
  );
  return rows.map(({ channel, hash, rule, events }) => ({ channel, name: OTHER, touchpoint: "", hash, events, called: grouping.rules[rule - 1]?.as ?? OTHER }));
} // prettier-ignore

/**
 * SQL of cases, several of one customer in a row: `customer`, `m` (places plus 1), `t` (instants, ms), `n` (1 where a case
 * begins), `goal` (1 where it reached what ends it; all 0 unless by goal). Rows of key cases have `key` too, one row a
 * case, which counts as the customer's whose moment is its first.
 */
export function casesSql(moments: Moments, by: CaseBy, scoped: Scoped): string {
  const rows = (columns: string): string => moments.rows(columns);
  const begun = "arrayMap(i -> toUInt8(i = 1), arrayEnumerate(m))";
  const noGoal = "arrayMap(x -> toUInt8(0), m)";
  switch (by.by) {
    case "customer":
      return `select customer, ${M} as m, ${T} as t, ${begun} as n, ${noGoal} as goal from (${sorted(rows(""), "customer")})`;
    case "visit":
      return `select customer, ${M} as m, ${T} as t, ${noGoal} as goal,
        arrayMap((d, i) -> toUInt8(i = 1 or d > ${by.gapMs}), arrayDifference(t), arrayEnumerate(t)) as n
        from (${sorted(rows(""), "customer")})`;
    case "key": {
      const key = valueOfRaw(memberSql(tamed("properties"), by.property, scoped.parameters)).text;
      return `select owner as customer, key, ${M} as m, ${T} as t, ${begun} as n, ${noGoal} as goal
        from (${sorted(`select customer, at, moment, ifNull(${key}, '') as key from (${rows("properties")}) where key != ''`, "key", "0", ", argMin(customer, (at, moment)) as owner")})`;
    }
    case "goal": {
      // A goal counts in any channel; what begins a case is of those looked at.
      const begins = `toUInt8(${scoped.inChannels}${by.start === undefined ? "" : ` and ${moments.named(by.start)}`})`;
      const flagged = sorted(rows(`${moments.named(by.goal)} as ends, ${begins} as begins`), "customer", "ends * 2 + begins");
      return by.start === by.goal ? againCases(flagged) : goalCases(flagged);
    }
  }
} // prettier-ignore

/**
 * Instant, moment and two flags in one number, in this order of weight: numbers are sorted several times faster than
 * tuples. 18 bits are below the instant, which leaves room until the year 3084.
 */
const PACKED_BITS = 18;
const M = "arrayMap(x -> toUInt16(bitShiftRight(bitAnd(x, 262143), 2)), s)";
const T = `arrayMap(x -> bitShiftRight(x, ${PACKED_BITS}), s)`;
const flag = (bit: number): string => `arrayMap(x -> toUInt8(bitTest(x, ${bit})), s)`;
const sorted = (rows: string, group: string, flags = "0", more = ""): string =>
  `select ${group}${more}, arraySort(groupArray(at * ${2 ** PACKED_BITS} + toInt64(moment) * 4 + ${flags})) as s from (${rows}) group by ${group} settings optimize_aggregation_in_order = 1`;

/**
 * From one goal to the next: each that may begin a case does, and each ends the case that is open, so that one in between
 * is in two cases. The first only begins, and what comes after the last is a case without the goal.
 */
function againCases(rows: string): string {
  // `open`: whether the latest goal before began a case. A goal becomes two moments: the end, then the beginning.
  const bare = "bitAnd(x, bitNot(toInt64(3)))";
  const told = `arraySlice(if(bitTest(x, 1), [${bare} + 2, ${bare} + 1], [${bare}, ${bare}]), if(o, 1, 2), if(bitTest(x, 1), o + bitTest(x, 0), o))`;
  return `select customer, ${M} as m, ${T} as t, ${flag(0)} as n, ${flag(1)} as goal
    from (select customer, arrayFlatten(arrayMap((x, o) -> ${told}, whole, open)) as s
      from (select customer, s as whole, arrayPushFront(arrayPopBack(arrayMap(x -> bitTest(x, 0), arrayFill(x -> bitTest(x, 1), s))), toUInt8(0)) as open from (${rows})))
    where notEmpty(s)`;
} // prettier-ignore

/** From the first moment that may begin a case to the goal; what lies between a goal and the next beginning is in none. */
function goalCases(rows: string): string {
  // `part`: how many goals came before. `open`: whether a beginning came since the last of them.
  return `select customer, arrayFilter((x, o) -> o, ${M}, open) as m, arrayFilter((x, o) -> o, ${T}, open) as t,
      arrayFilter((x, o) -> o, hits, open) as goal, arrayFilter((x, o) -> o, part, open) as parts,
      arrayMap((p, before) -> toUInt8(p != before), parts, arrayPushFront(arrayPopBack(parts), toUInt64(4294967295))) as n
    from (
      select customer, s, hits, arrayPushFront(arrayPopBack(arrayCumSum(hits)), toUInt64(0)) as part,
        arrayMap((f, p) -> toUInt8(f = p + 1), arrayFill(x -> x > 0, arrayMap((p, b) -> if(b, p + 1, 0), part, ${flag(0)})), part) as open
      from (select customer, s, ${flag(1)} as hits from (${rows}))
    ) where notEmpty(m)`;
}
