/**
 * Conversion paths of a scope from the event log: one statement that puts each customer's events in order, finds what they
 * met, cuts it into journeys and counts equal ones, so that ten million events give a few thousand rows.
 *
 * A *touchpoint* is where a visit begins (nothing for half an hour before), or what tells of a campaign, a referrer or a channel
 * outside the web and the app; the same again within a visit is one. Messages that were sent or merely opened are none (programs
 * open mail), nor is what servers report. A *journey* is what a customer met between two conversions, no older than
 * the lookback before its end; the last one may lead to nothing. Every touchpoint is in one journey at most.
 */
import { ANALYSIS_LIMITS } from "../analysis/model.ts";
import type { Scoped } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import { CHANNELS } from "../events/model.ts";
import { floating, literal, memberSql, tamed, valueOfRaw } from "../segments/sql-values.ts";
import { ATTRIBUTION_LIMITS, type AttributionAsked, OTHERS, type Path } from "./model.ts";

const DAY_MS = 86_400_000;
/** What tells nothing of where a customer was met. */
const NOWHERE = ["server", "other"] as const;
/** Channels that tell where somebody is, not what brought them. */
const OWN_GROUND = ["web", "app", "direct"] as const;
const NO_MEETING = ["$message.sent", "$message.opened"] as const;

/** Paths, and what they leave out. */
export type ReadPaths = {
  readonly paths: readonly Path[];
  /** Conversions before which nothing was met: nobody can be given them. */
  readonly unmet: { readonly conversions: number; readonly value: number };
  /** Journeys of more touchpoints than are looked at, of which the newest are. */
  readonly cut: number;
  /** Journeys of paths too rare to be read. */
  readonly leftOut: number;
  readonly events: number;
  readonly customers: number;
};
type PathRow = {
  readonly labels: readonly number[];
  readonly conversions: number;
  readonly value: number;
  readonly squares: number;
  readonly nulls: number;
  readonly cut: number;
  readonly decayed: readonly number[];
  readonly decayedValue: readonly number[];
  readonly journeys: number;
};

const listed = (texts: readonly string[]): string => `(${texts.map(literal).join(", ")})`;
/** The name a touchpoint is counted under. */
const LABEL: { readonly [by in AttributionAsked["by"]]: string } = {
  channel: "toString(channel)",
  campaign: `concat(toString(channel), if(JSONExtractString(campaign, 'name') = '', '', concat(' / ', substringUTF8(JSONExtractString(campaign, 'name'), 1, 100))))`,
};

/** Reads them. */
export async function readPaths(log: EventLog, scoped: Scoped, asked: AttributionAsked): Promise<ReadPaths> {
  const { parameters, scope } = scoped;
  const period = { from: scope.from - asked.lookbackDays * DAY_MS, to: scope.to };
  const [labels, [counted]] = await Promise.all([
    labelsOf(log, scoped, asked, period),
    log.rows<{ events: number; customers: number }>(`select count() as events, uniqExact(customer) as customers from (${scoped.rows("")})`, parameters.values),
  ]);
  const rows = await log.rows<PathRow>(pathsSql(scoped, asked, period, labels), parameters.values);
  const named = (label: number): string => labels[label - 1] ?? OTHERS;
  const met = rows.filter((row) => row.labels.length > 0);
  const unmet = rows.find((row) => row.labels.length === 0);
  const read = rows.reduce((sum, row) => sum + row.conversions + row.nulls, 0);
  return {
    paths: met.map(({ labels: path, conversions, value, squares, nulls, decayed, decayedValue }) => ({
      channels: path.map(named), conversions, value, squares, nulls, decayed: { conversions: decayed, value: decayedValue },
    })),
    unmet: { conversions: unmet?.conversions ?? 0, value: unmet?.value ?? 0 },
    cut: met.reduce((sum, row) => sum + row.cut, 0),
    leftOut: (rows[0]?.journeys ?? 0) - read,
    ...counted!,
  };
} // prettier-ignore

type Period = { readonly from: number; readonly to: number };
const isMeeting = (conversion: string): string =>
  `(name != ${conversion} and channel not in ${listed(NOWHERE)} and name not in ${listed(NO_MEETING)} and type in ('track', 'page', 'screen'))`;

/** The names touchpoints are counted under, the most frequent first; rarer ones are `OTHERS`. */
async function labelsOf(log: EventLog, scoped: Scoped, { by, conversion }: AttributionAsked, period: Period): Promise<readonly string[]> {
  if (by === "channel") return CHANNELS;
  const event = scoped.parameters.text(conversion.event);
  const rows = await log.rows<{ label: string }>(
    `select ${LABEL[by]} as label, count() as n from (${scoped.rows("channel, campaign", isMeeting(event), period)})
     group by label order by n desc, label limit ${ATTRIBUTION_LIMITS.channelsMax - 1}`,
    scoped.parameters.values,
  );
  return rows.map(({ label }) => label);
} // prettier-ignore

function pathsSql(scoped: Scoped, asked: AttributionAsked, period: Period, labels: readonly string[]): string {
  const { parameters, scope } = scoped;
  const event = parameters.text(asked.conversion.event);
  const valued = asked.conversion.value;
  // Of other events the properties are not even looked at.
  const raw = valued === undefined ? "''" : memberSql(tamed(`if(name = ${event}, properties, '')`), valued, parameters);
  const columns = `name = ${event} as won, channel, name, type, ${raw} as raw,
    campaign != '' or referrer != '' or channel not in ${listed(OWN_GROUND)} as tells,
    toUInt16(indexOf(${parameters.texts(labels)}, ${LABEL[asked.by]})) as label`;
  const number = valueOfRaw("raw").number;
  const worth = `if(won and abs(ifNull(${number}, 0)) <= ${floating(ATTRIBUTION_LIMITS.valueMax)}, greatest(0., toFloat64(ifNull(${number}, 0))), 0.)`;
  const events = scoped.rows(columns, `name = ${event} or ${isMeeting(event)}`, period);
  const lookbackMs = asked.lookbackDays * DAY_MS;
  const most = ATTRIBUTION_LIMITS.touchpointsMax;
  // s: (at, won, label, tells, worth); wins: (at, the one before, worth). Of one instant what was met comes before what came of it.
  const ordered = `select customer, arraySort(groupArray((at, won, label, tells, ${worth}))) as s from (${events}) group by customer`;
  const visits = `select s, s.1 as times, arrayMap((d, i) -> toUInt8(i = 1 or d > ${ANALYSIS_LIMITS.visitGapMs}), arrayDifference(times), arrayEnumerate(times)) as begins from (${ordered})`;
  const told = `select s, arrayFilter((x, b) -> not x.2 and (x.4 or b), arrayMap((x, v) -> (x.1, x.2, x.3, x.4, v), s, arrayCumSum(begins)), begins) as told, arrayFilter(x -> x.2, s) as orders from (${visits})`;
  const met = `select arrayFilter((x, i) -> i = 1 or told[i - 1].3 != x.3 or told[i - 1].5 != x.5, told, arrayEnumerate(told)) as met,
      arrayMap((x, i) -> (x.1, if(i = 1, toInt64(0), orders[i - 1].1), x.5), orders, arrayEnumerate(orders)) as wins from (${told})`;
  // The last journey is what came after the last conversion and led to none.
  const ends = `select met, wins, if(empty(met), toInt64(0), met[-1].1) as lastAt, if(empty(wins), toInt64(0), wins[-1].1) as wonAt from (${met})`;
  const within = (end: string, after: string): string => `arrayFilter(x -> x.1 > ${after} and x.1 <= ${end} and x.1 >= ${end} - ${lookbackMs}, met)`;
  const joined = `select arrayJoin(arrayConcat(
      arrayMap(w -> (${within("w.1", "w.2")}, w.1, toUInt8(1), w.3), arrayFilter(w -> w.1 >= ${scope.from}, wins)),
      if(lastAt < ${scope.from} or lastAt <= wonAt, [], [(${within("lastAt", "wonAt")}, lastAt, toUInt8(0), 0.)]))) as journey
    from (${ends})`;
  const kept = `select length(journey.1) > ${most} as isCut, journey.3 as isWon, journey.4 as worth, arraySlice(journey.1, -${most}) as touched from (${joined})`;
  const aged = `select isCut, isWon, worth, touched.3 as labels, arrayMap(x -> exp2(toFloat64(x.1 - touched[-1].1) / ${floating(asked.halfLifeDays * DAY_MS)}), touched) as weights from (${kept})`;
  const journeys = `select isCut, isWon, worth, labels, arrayMap(w -> if(isWon, w / arraySum(weights), 0.), weights) as shares from (${aged})`;
  return `select labels, countIf(isWon) as conversions, sum(worth) as value, sum(worth * worth) as squares, countIf(not isWon) as nulls, countIf(isCut) as cut,
      sumForEach(shares) as decayed, sumForEach(arrayMap(x -> x * worth, shares)) as decayedValue, sum(count()) over () as journeys
    from (${journeys}) group by labels order by empty(labels) desc, count() desc, labels limit ${ATTRIBUTION_LIMITS.pathsMax}`;
} // prettier-ignore
