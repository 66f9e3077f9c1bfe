/**
 * What a kind of gap is made of: its definition in words, what it needs to know, one statement over the log that yields
 * chances, what is normal, and what to do about it. Types only, and the few pieces of SQL that several kinds share.
 */
import type { Period } from "../analysis/model.ts";
import type { Scoped } from "../analysis/scope.ts";
import type { DurationMs, Instant } from "../values.ts";
import { type Assumptions, GAP_LIMITS, type GapKind, type Remedy } from "./model.ts";
import { PROPERTIES_SQL, type Role, property } from "../questions/vocabulary.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
/** Customers with more events of the roles a kind asks for are no people (a monitor, a till): they are left out. */
const CUSTOMER_EVENTS_MAX = 5_000;
/** Leaves them out of what is grouped by customer. */
export const PEOPLE_ONLY = `having count() <= ${CUSTOMER_EVENTS_MAX}`;

/** What there is to look at. */
export type Look = {
  readonly scoped: Scoped;
  /** The period that is asked about, and the one of the same length before it. */
  readonly period: Period;
  readonly before: Period;
  /** What happened until then is known. */
  readonly knownUntil: Instant;
  /** The zone of the workspace's clock: its days are the days. */
  readonly zone: string;
  readonly has: (role: Role) => boolean;
  /** SQL of whether a row's event has the role. */
  readonly is: (role: Role) => string;
  readonly namesOf: (role: Role) => readonly string[];
  /** SQL of the rows (`columns`, `customer`, `at`) of events with one of the roles, from `backMs` before to `aheadMs` after. */
  readonly rows: (columns: string, roles: readonly Role[], reach: Reach) => string;
  /** What there was of products when the workspace was last told by its stock rather than by events. */
  readonly stock: readonly StockTold[];
};
export type StockTold = { readonly product: string; readonly at: Instant; readonly isOut: boolean };
/** How far beyond the two periods a kind looks. */
export type Reach = { readonly backMs: DurationMs; readonly aheadMs: DurationMs };

/** How much of the period is told of: people whose chance is not settled at its end are not counted. */
export const toldMs = ({ period, knownUntil }: Pick<Look, "period" | "knownUntil">, kind: Pick<ChanceKind, "settledMs" | "settledMsOf">, family: string): DurationMs =>
  Math.min(period.to, knownUntil - (kind.settledMsOf?.(family) ?? kind.settledMs)) - period.from; // prettier-ignore

/** What is normal for a subject, and what may be said of it. */
export type Told = {
  readonly title: string;
  /** A ratio up to which nobody should worry, as a whole family's; null: only the business itself tells. */
  readonly statedRatio: number | null;
  /** Why that ratio, in a sentence. */
  readonly statedWords: string;
  readonly remedy: Remedy;
  readonly assumptions: Assumptions;
  readonly fixability: string;
};

/**
 * A kind that is told by people's chances. Its statement yields rows (family, subject, customer, at, lost, moments): at the
 * instant `at` the customer had the chance of a subject, and it went wrong (`lost` 1) or well; `moments` [(at, name)] show it.
 */
export type ChanceKind = {
  readonly type: "chances";
  readonly kind: GapKind;
  readonly definition: string;
  /** How long after the chance it is settled whether it went wrong. */
  readonly settledMs: DurationMs;
  /** Where its families differ: of each. The statement itself leaves out what is not settled then. */
  readonly settledMsOf?: (family: string) => DurationMs;
  /** null: the log has nothing this kind could be told by. */
  sql(look: Look): string | null;
  /** What is missing then, in a sentence. */
  readonly missing: string;
  told(look: Look, family: string, subject: string): Told;
};

/** SQL of the things an event is about, as JSON texts: its products, or itself where it names one product. */
export const ITEMS = `if(JSONHas(properties, 'products'), JSONExtractArrayRaw(properties, 'products'), [properties])`;
/** SQL of the ids of those products. */
export const PRODUCT_IDS = `arrayDistinct(arrayFilter(x -> x != '', arrayMap(p -> ${property("product", "p")}, ${ITEMS})))`;

/**
 * SQL of a customer's moments (tuples, their time first), sorted, with the first so many of each period: each of them is
 * held against all of them, and somebody with thousands would take the memory of everybody else.
 */
export const firstOfEach = (moments: string, { period }: Look): string =>
  `arrayConcat(${[`< ${period.from}`, `>= ${period.from}`].map((when) => `arraySlice(arraySort(arrayFilter(m -> m.1 ${when}, ${moments})), 1, ${GAP_LIMITS.momentsOfOne})`).join(", ")})`;

/** SQL of the first of `moments` (sorted, at first) in each of the two periods, as rows; 0 in `at` where there is none. */
export const firstInEach = (moments: string, { before, period }: Look, at = "x.1"): string =>
  `arrayFilter(x -> ${at} > 0, [arrayFirst(x -> ${at} >= ${before.from} and ${at} < ${before.to}, ${moments}), arrayFirst(x -> ${at} >= ${period.from} and ${at} < ${period.to}, ${moments})])`;

/** What a channel is called in a sentence. */
export const channelName = (channel: string): string => channel.replaceAll("_", " ");
const assumed = (recoverableRatio: number, fixabilityRatio: number, horizonDays = 90): Assumptions => ({
  recoverableRatio,
  valuePerPerson: null,
  horizonDays,
  fixabilityRatio,
});
export { PROPERTIES_SQL, assumed, property };
