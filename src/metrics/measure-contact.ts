/** Metrics of contact: whether customers are recognised when they come, and how often we write to them. */
import { ANALYSIS_LIMITS } from "../analysis/model.ts";
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

type Pressure = { readonly n: number; readonly x: number; readonly y: number; readonly xx: number; readonly yy: number; readonly xy: number; readonly median: number; readonly p90: number; readonly above: number }; // prettier-ignore
/** More messages in a week than this are told apart: most policies cap here. */
const MANY = 3;

/** Messages by customer and week. */
export async function contactPressure(given: Given): Promise<Measured> {
  const scoped = await given.scoped();
  const sent = scoped.own("", "name = '$message.sent' and key = 0");
  const weeks = `select customer, ${periodSql("at", "week", given.zone)} as week, count() as c from (${sent}) group by customer, week`;
  const [found] = await given.log.rows<Pressure>(
    `select count() as n, sum(w) as x, sum(m) as y, sum(w * w) as xx, sum(m * m) as yy, sum(w * m) as xy,
       quantileExactInclusiveArray(0.5)(cs) as median, quantileExactInclusiveArray(0.9)(cs) as p90, sum(arrayCount(c -> c > ${MANY}, cs)) as above
     from (select customer, count() as w, sum(c) as m, groupArray(c) as cs from (${weeks}) group by customer)`,
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
      more: enough ? [{ name: "median", value: found.median }, { name: "p90", value: found.p90 }, { name: `share of weeks with more than ${MANY}`, value: found.above / found.x }] : [],
    }],
  };
} // prettier-ignore
