/**
 * What is looked at of a customer at a cut-off, as one statement over the event log. Pure: makes text and parameters.
 *
 * No condition in it looks at anything but what happened before the cut-off: events at or after it are not even read, so what
 * came later cannot leak into what is learnt (test/needs/leakage.test.ts alters everything after it). Who is one customer is
 * taken as it is known today, as everywhere in analysis.
 */
import { currencySql, isCountedSql } from "../metrics/currency.ts";
import { NOT_OWN, eventsSql } from "../segments/sql-rows.ts";
import {
  type Parameters,
  SQL_SETTINGS,
  floating,
  memberSql,
  tamed,
  valueOfRaw,
} from "../segments/sql-values.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Feature, NEEDS_LIMITS, type Vocabulary } from "./model.ts";

const DAY_MS = 86_400_000;
/** How long without anything ends a visit. */
const VISIT_GAP_MS = 1_800_000;
const VALUE_MAX = 1e9;
const ADDED = "Product Added";
const CLEARED = "Cart Cleared";
const STAGE_CHANGED = "$stage.changed";
const SENT = "$message.sent";
const WEEK = 7;
const MONTH = 30;
const QUARTER = 90;
const YEAR = 365;

/** The features of a vocabulary, in the order in which the statement answers them. */
export function featuresOf({ events, channels, stages }: Vocabulary): readonly Feature[] {
  return [
    { of: "known_days" }, { of: "quiet_days" },
    ...[WEEK, MONTH, QUARTER].map((days): Feature => ({ of: "doings", days })),
    ...[MONTH, QUARTER].flatMap((days): readonly Feature[] => [{ of: "active_days", days }, { of: "visits", days }]),
    ...[QUARTER, YEAR].map((days): Feature => ({ of: "spent", days })),
    { of: "open_cart" }, { of: "open_request" }, { of: "requests", days: QUARTER }, { of: "messages", days: MONTH },
    ...events.flatMap((event): readonly Feature[] => [...[WEEK, MONTH, YEAR].map((days) => ({ of: "did", event, days }) as const), { of: "since", event }]),
    ...channels.map((channel): Feature => ({ of: "met", channel, days: QUARTER })),
    ...stages.slice(1).map((stage): Feature => ({ of: "stage", stage })),
  ];
} // prettier-ignore

/** Of which customers: all of one remainder, so that a part or a sample is always the same. */
export type Which = { readonly by: "number" | "hash"; readonly of: number; readonly remainder: number };
export const EVERYBODY: Which = { by: "number", of: 1, remainder: 0 };
/** The condition of it. */
export const whichSql = ({ by, of, remainder }: Which): string =>
  of === 1 ? "1" : `${by === "hash" ? "cityHash64(customer)" : "customer"} % ${of} = ${remainder}`;

type CasesAsked = readonly [workspace: WorkspaceId, vocabulary: Vocabulary, cutOffAt: Instant, which: Which, parameters: Parameters]; // prettier-ignore
/** A statement that answers the cases at `cutOffAt` (columns customer, stage, x), by customer. */
function casesSql(...[workspace, vocabulary, cutOffAt, which, parameters]: CasesAsked): string {
  const numbers = featuresOf(vocabulary).map((feature) => `toFloat64(${numberSql(feature, vocabulary, cutOffAt)})`);
  return `select customer, toUInt8(greatest(1, argMaxIf(changedTo, (at, id), changedTo > 0)) - 1) as stage,
      groupArraySortedIf(${NEEDS_LIMITS.momentsMax})(-at, doing and at >= ${cutOffAt - QUARTER * DAY_MS}) as newest, [${numbers.join(", ")}] as numbers
    from (${rowsSql(workspace, vocabulary, cutOffAt, parameters)}) where ${whichSql(which)} group by customer
    having countIf(doing) > 0 and maxIf(at, doing) >= ${cutOffAt - NEEDS_LIMITS.activeMs}`;
} // prettier-ignore

/** The cases as they are read: without what they were worked out of. */
export const caseRowsSql = (...asked: CasesAsked): string =>
  `select customer, stage, numbers as x from (${casesSql(...asked)}) order by customer ${SQL_SETTINGS}`;

/** What happened before the cut-off, each with what the features ask of it. */
function rowsSql(workspace: WorkspaceId, { events, channels, stages, orders, worths, currency, opened, solved }: Vocabulary, cutOffAt: Instant, parameters: Parameters): string {
  const place = (of: string, names: readonly string[]): string =>
    names.length === 0 ? "toUInt8(0)" : `transform(toString(${of}), [${names.map((one) => parameters.text(one)).join(", ")}], [${names.map((_, i) => `toUInt8(${i + 1})`).join(", ")}], toUInt8(0))`;
  const isOrder = `name in ${parameters.texts(orders)}`;
  const json = tamed(`if(${isOrder}, properties, '')`);
  const numbers = worths.map((name) => valueOfRaw(memberSql(json, name, parameters)).number);
  const counted = currency.main === null ? "1" : isCountedSql(currencySql(json, parameters), currency, parameters);
  const told = `if(${isOrder} and ${counted}, coalesce(${[...numbers, "0"].join(", ")}), 0)`;
  const columns = [
    `${NOT_OWN} as doing`, `if(doing, ${place("name", events)}, 0) as eventPlace`, `if(doing, ${place("channel", channels)}, 0) as channelPlace`,
    `toFloat64(${told}) as told`, `if(told >= 0 and told <= ${floating(VALUE_MAX)}, told, 0.) as worth`, `${isOrder} as isOrder`,
    `name = '${ADDED}' as isAdded`, `name = '${CLEARED}' as isCleared`, `name in ${parameters.texts(opened)} as isOpened`, `name in ${parameters.texts(solved)} as isSolved`,
    `name = '${SENT}' and key = 0 as isSent`, `if(name = '${STAGE_CHANGED}' and key = 0, ${place("JSONExtractString(properties, 'stage')", stages)}, 0) as changedTo`, "id",
  ];
  const before = `happenedAt < ${cutOffAt}`;
  const looked = `happenedAt >= ${cutOffAt - NEEDS_LIMITS.lookBackMs} and (${NOT_OWN} or name = '${SENT}') or name = '${STAGE_CHANGED}'`;
  return eventsSql({ workspace, epochBelow: null, customers: null }, columns.join(", "), `${before} and (${looked})`);
} // prettier-ignore

/** One feature of the rows of a customer. Days are told to the hundredth; what never happened is as long ago as is looked back. */
function numberSql(feature: Feature, { events, channels, stages }: Vocabulary, cutOffAt: Instant): string {
  const since = (days: number): string => `at >= ${cutOffAt - days * DAY_MS}`;
  const daysAgo = (at: string): string => `round((${cutOffAt} - ${at}) / ${DAY_MS}, 2)`;
  switch (feature.of) {
    case "did":
      return `countIf(eventPlace = ${events.indexOf(feature.event) + 1} and ${since(feature.days)})`;
    case "since": {
      const its = `eventPlace = ${events.indexOf(feature.event) + 1}`;
      return `if(countIf(${its}) = 0, ${NEEDS_LIMITS.lookBackMs / DAY_MS}, ${daysAgo(`maxIf(at, ${its})`)})`;
    }
    case "met":
      return `countIf(channelPlace = ${channels.indexOf(feature.channel) + 1} and ${since(feature.days)})`;
    case "doings":
      return `countIf(doing and ${since(feature.days)})`;
    case "active_days":
      return `uniqExactIf(intDiv(at, ${DAY_MS}), doing and ${since(feature.days)})`;
    case "visits":
      return visitsSql(`arrayFilter(ago -> ago <= ${-(cutOffAt - feature.days * DAY_MS)}, newest)`);
    case "requests":
      return `countIf(isOpened and ${since(feature.days)})`;
    case "messages":
      return `countIf(isSent and ${since(feature.days)})`;
    case "spent":
      return `round(sumIf(worth, isOrder and ${since(feature.days)}), 2)`;
    case "known_days":
      return daysAgo("minIf(at, doing)");
    case "quiet_days":
      return daysAgo("maxIf(at, doing)");
    case "open_cart":
      return "maxIf(at, isAdded) > greatest(maxIf(at, isOrder), maxIf(at, isCleared))";
    case "open_request":
      return "maxIf(at, isOpened) > maxIf(at, isSolved)";
    case "stage":
      return `stage = ${stages.indexOf(feature.stage)}`;
  }
} // prettier-ignore

/** How many visits lie in moments, which are told newest first below zero. */
const visitsSql = (moments: string): string =>
  `if(empty(${moments}), 0, 1 + arrayCount((a, b) -> b - a > ${VISIT_GAP_MS}, arrayPopBack(${moments}), arrayPopFront(${moments})))`;

/** How many customers there are at a cut-off. */
export const countSql = (workspace: WorkspaceId, cutOffAt: Instant): string =>
  `select uniqExact(customer) as customers from (${eventsSql({ workspace, epochBelow: null, customers: null }, "1 as one", `${NOT_OWN} and happenedAt < ${cutOffAt} and happenedAt >= ${cutOffAt - NEEDS_LIMITS.activeMs}`)})`; // prettier-ignore
