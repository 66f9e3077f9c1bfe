/** Metrics of contact: whether customers are recognised when they come, and how often we write to them. */
import { ANALYSIS_LIMITS, type Interval } from "../analysis/model.ts";
import { KIND_RULES } from "../identity/model.ts";
import { ratioInterval } from "./intervals.ts";
import { periodSql } from "./calendar.ts";
import { METRIC_LIMITS } from "./model.ts";
import {
  type Given,
  type Measured,
  type RawPoint,
  type ShareRow,
  estimate,
  none,
  periodsSql,
  shares,
  tooLittle,
} from "./measure.ts";

/** Identifiers that name a person, as they stand in the log. */
const PERSON = `match(identifiers, '"kind":"(${Object.entries(KIND_RULES).flatMap(([kind, { person }]) => (person ? [kind] : [])).join("|")})"')`; // prettier-ignore
/** Channels by which nobody comes by: what we send, and what servers tell. */
const NO_VISIT = "channel not in ('server', 'other', 'mail') and name != '$message.sent'";

/** Visits of customers whose name was known, by the channel with which the visit began. */
export async function recognition(given: Given): Promise<Measured> {
  const { from, to } = given.asked.scope;
  const scoped = await given.scoped();
  const named = `select customer, min(at) as namedAt from (${scoped.own("", PERSON, { from: 0, to })}) group by customer`;
  const visits = `select customer, arrayJoin(arraySplit((x, d, i) -> i > 1 and d > ${ANALYSIS_LIMITS.visitGapMs}, s, arrayDifference(s.1), arrayEnumerate(s))) as v from (
      select customer, arraySort(groupArray((at, toString(channel)))) as s from (${scoped.rows("channel", NO_VISIT, { from, to })}) group by customer)`;
  const rows = await given.log.rows<ShareRow>(
    `select arrayJoin(['', v[1].2]) as part, ${periodsSql(given, "v[1].1")} as period, countIf(n.namedAt > 0 and n.namedAt <= v[-1].1) as yes, count() as n
     from (${visits}) e left any join (${named}) n on e.customer = n.customer group by part, period`,
    scoped.parameters.values,
  );
  return { source: "All events but messages of ours, mailings and what servers tell", kind: "share", figures: rows.length === 0 ? [none("visits")] : shares(rows, "visits") };
} // prettier-ignore

type Pressure = { readonly n: number; readonly x: number; readonly y: number; readonly xx: number; readonly yy: number; readonly xy: number; readonly median: number; readonly p90: number; readonly above: number; readonly aboveSquares: number; readonly aboveWeeks: number; readonly upTo: Cumulated; readonly upToSquares: Cumulated; readonly upToWeeks: Cumulated }; // prettier-ignore
/** For each number of messages from 1 on: a sum over customers of how many of their weeks had so many at most. */
type Cumulated = readonly number[];
/** More messages in a week than this are told apart: most policies cap here. */
const MANY = 3;
/** Quantiles have an interval up to so many messages in a week. */
const COUNTED_MAX = 60;

/** Messages by customer and week. */
export async function contactPressure(given: Given): Promise<Measured> {
  const scoped = await given.scoped();
  const sent = scoped.own("", "name = '$message.sent' and key = 0");
  const weeks = `select customer, ${periodSql("at", "week", given.zone)} as week, count() as c from (${sent}) group by customer, week`;
  const [found] = await given.log.rows<Pressure>(
    `select count() as n, sum(w) as x, sum(m) as y, sum(w * w) as xx, sum(m * m) as yy, sum(w * m) as xy,
       quantileExactInclusiveArray(0.5)(cs) as median, quantileExactInclusiveArray(0.9)(cs) as p90,
       sum(over) as above, sum(over * over) as aboveSquares, sum(over * w) as aboveWeeks,
       sumForEach(most) as upTo, sumForEach(arrayMap(x -> x * x, most)) as upToSquares, sumForEach(arrayMap(x -> x * w, most)) as upToWeeks
     from (select customer, count() as w, sum(c) as m, groupArray(c) as cs, arrayCount(c -> c > ${MANY}, cs) as over, arrayMap(k -> arrayCount(c -> c <= k, cs), range(1, ${COUNTED_MAX + 1})) as most from (${weeks}) group by customer)`,
    scoped.parameters.values,
  );
  const points = await given.log.rows<RawPoint>(
    `select period, avg(c) as value, count() as n from (select customer, ${periodSql("at", given.asked.every, given.zone)} as period, count() as c from (${sent}) group by customer, period) group by period`,
    scoped.parameters.values,
  );
  const source = "$message.sent: messages of ours in every channel, with the scope's channels left aside";
  if (!found || found.n === 0) return { source, kind: "level", figures: [none("customers were written to")] };
  const enough = found.n >= METRIC_LIMITS.peopleMin;
  return {
    source, kind: "level",
    figures: [{
      part: null, name: "All", points,
      result: enough ? estimate(found.y / found.x, ratioInterval(found), found.n) : tooLittle(found.n, "customers were written to"),
      more: [
        { name: "median", value: found.median, interval: quantileInterval(found, 0.5, found.median) },
        { name: "p90", value: found.p90, interval: quantileInterval(found, 0.9, found.p90) },
        { name: `share of weeks with more than ${MANY}`, value: found.above / found.x, interval: weeksInterval(found, found.above, found.aboveSquares, found.aboveWeeks) },
      ],
    }],
  };
} // prettier-ignore

/** Of a share of weeks, whose customers are the sample. */
const weeksInterval = ({ n, x, xx }: Pressure, y: number, yy: number, xy: number): Interval | null => {
  const found = ratioInterval({ n, x, y, xx, yy, xy });
  return found && { ...found, low: Math.max(0, found.low), high: Math.min(1, found.high) };
};
/** Of a quantile of weeks: the numbers of messages whose share of weeks with so many at most may be `ratio` (Woodruff 1952). */
function quantileInterval(found: Pressure, ratio: number, value: number): Interval | null {
  const shares = found.upTo.map((y, i) => weeksInterval(found, y, found.upToSquares[i]!, found.upToWeeks[i]!));
  const [low, high] = [shares.findIndex((one) => one !== null && one.high >= ratio), shares.findIndex((one) => one !== null && one.low >= ratio)];
  if (low < 0 || high < 0) return null;
  return { low: Math.min(value, low + 1), high: Math.max(value, high + 1), level: METRIC_LIMITS.levelRatio };
} // prettier-ignore
