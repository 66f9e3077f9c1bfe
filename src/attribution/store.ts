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
import { type Currency, currenciesSql, currencyOf, currencySql, isCountedSql } from "../metrics/currency.ts";
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
  /** What the values are in. */
  readonly currency: Currency;
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
  const currency = await currencyIn(log, scoped, asked);
  const rows = await log.rows<PathRow>(pathsSql(scoped, asked, period, labels, currency), parameters.values);
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
    currency,
  };
} // prettier-ignore

type Period = { readonly from: number; readonly to: number };
const isMeeting = (conversion: string): string =>
  `(name != ${conversion} and channel not in ${listed(NOWHERE)} and name not in ${listed(NO_MEETING)} and type in ('track', 'page', 'screen'))`;

/** The currency that most conversions of the scope tell. */
async function currencyIn(log: EventLog, scoped: Scoped, { conversion }: AttributionAsked): Promise<Currency> {
  if (conversion.value === undefined) return currencyOf([]);
  const currency = currencySql(tamed("properties"), scoped.parameters);
  return currencyOf(await log.rows(currenciesSql(scoped.rows(`${currency} as currency`, `name = ${scoped.parameters.text(conversion.event)}`)), scoped.parameters.values));
} // prettier-ignore

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

/** Below an instant: whether it is a conversion, then the label, then whether it tells what brought somebody; see `pathsSql`. */
const [LABEL_AT, WON_AT, INSTANT_AT] = [1, 8, 9];
const labelOf = (packed: string): string =>
  `bitAnd(bitShiftRight(${packed}, ${LABEL_AT}), ${2 ** (WON_AT - LABEL_AT) - 1})`;
const instantOf = (packed: string): string => `bitShiftRight(${packed}, ${INSTANT_AT})`;

/**
 * A customer's events are numbers, sorted and gone through many times faster than tuples: of one instant what was met comes
 * before what came of it.
 */
function pathsSql(scoped: Scoped, asked: AttributionAsked, period: Period, labels: readonly string[], currency: Currency): string {
  const { parameters, scope } = scoped;
  const event = parameters.text(asked.conversion.event);
  const valued = asked.conversion.value;
  // Of other events the properties are not even looked at.
  const json = tamed(`if(name = ${event}, properties, '')`);
  const raw = valued === undefined ? "''" : memberSql(json, valued, parameters);
  const isCounted = currency.main === null ? "1" : isCountedSql(currencySql(json, parameters), currency, parameters);
  const columns = `name = ${event} as won, channel, name, type, if(${isCounted}, ${raw}, '') as raw,
    campaign != '' or referrer != '' or channel not in ${listed(OWN_GROUND)} as tells,
    toInt64(indexOf(${parameters.texts(labels)}, ${LABEL[asked.by]})) as label`;
  const number = valueOfRaw("raw").number;
  const worth = `if(abs(ifNull(${number}, 0)) <= ${floating(ATTRIBUTION_LIMITS.valueMax)}, greatest(0., toFloat64(ifNull(${number}, 0))), 0.)`;
  const events = scoped.rows(columns, `name = ${event} or ${isMeeting(event)}`, period);
  const most = ATTRIBUTION_LIMITS.touchpointsMax;
  const packed = `bitShiftLeft(at - ${period.from}, ${INSTANT_AT}) + toInt64(won) * ${2 ** WON_AT} + label * ${2 ** LABEL_AT} + toInt64(tells)`;
  const ordered = `select arraySort(groupArray(${packed})) as s, arrayMap(x -> x.2, arraySort(groupArrayIf((at, ${worth}), won))) as worths from (${events}) group by customer`;
  const visits = `select s, worths, arrayMap(x -> bitTest(x, ${WON_AT}), s) as won, arrayMap((d, i) -> toUInt8(i = 1 or d > ${ANALYSIS_LIMITS.visitGapMs}), arrayDifference(arrayMap(x -> ${instantOf("x")}, s)), arrayEnumerate(s)) as begins from (${ordered})`;
  // What tells is told by its visit and its label, and the same as was told last is not met again.
  const told = `select s, worths, won, arrayMap((x, w, b, v) -> if(not w and (bitTest(x, 0) or b), toInt64(v) * ${2 ** (WON_AT - LABEL_AT)} + ${labelOf("x")}, toInt64(0)), s, won, begins, arrayCumSum(begins)) as told from (${visits})`;
  const met = `select worths, arrayFilter((x, w, is, before) -> w or (is > 0 and is != before), s, won, told, arrayPushFront(arrayPopBack(arrayFill(x -> x > 0, told)), toInt64(0))) as seq from (${told})`;
  // Each conversion ends a journey; what came after the last one led to none.
  const cut = `select worths, arraySplit((x, ended) -> ended, seq, arrayPushFront(arrayPopBack(arrayMap(x -> bitTest(x, ${WON_AT}), seq)), toUInt8(0))) as parts from (${met})`;
  const parted = `select p.1 as part, p.2 as worth, part[-1] as ending from (${cut}) array join arrayZip(parts, arrayResize(worths, length(parts), 0.)) as p`;
  const within = `arrayFilter(x -> not bitTest(x, ${WON_AT}) and ${instantOf("x")} >= ${instantOf("ending")} - ${asked.lookbackDays * DAY_MS}, part)`;
  const journeyed = `select ${within} as touched, toUInt8(bitTest(ending, ${WON_AT})) as isWon, worth from (${parted}) where ${instantOf("ending")} >= ${scope.from - period.from}`;
  const kept = `select length(touched) > ${most} as isCut, isWon, worth, arraySlice(touched, -${most}) as newest, ${instantOf("newest[-1]")} as last from (${journeyed})`;
  const aged = `select isCut, isWon, worth, arrayMap(x -> toUInt16(${labelOf("x")}), newest) as labels, arrayMap(x -> exp2(toFloat64(${instantOf("x")} - last) / ${floating(asked.halfLifeDays * DAY_MS)}), newest) as weights from (${kept})`;
  const journeys = `select isCut, isWon, worth, labels, arrayMap(w -> if(isWon, w / whole, 0.), weights) as shares from (select *, arraySum(weights) as whole from (${aged}))`;
  return `select labels, countIf(isWon) as conversions, sum(worth) as value, sum(worth * worth) as squares, countIf(not isWon) as nulls, countIf(isCut) as cut,
      sumForEach(shares) as decayed, sumForEach(arrayMap(x -> x * worth, shares)) as decayedValue, sum(count()) over () as journeys
    from (${journeys}) group by labels order by empty(labels) desc, count() desc, labels limit ${ATTRIBUTION_LIMITS.pathsMax}`;
} // prettier-ignore
