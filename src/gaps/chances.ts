/**
 * A kind's chances, counted: by subject, how many people had it and for how many it went wrong, in the period, in the one
 * before and in the period's parts; and the customers who show it. A customer counts once, as affected when any of their
 * chances went wrong. Chances that may still turn well are not counted.
 */
import type { EventLog } from "../db/clickhouse.ts";
import type { Instant } from "../values.ts";
import type { ChanceKind, Look } from "./kind.ts";
import { GAP_LIMITS, type GapKind } from "./model.ts";
import type { Counted } from "../questions/rate.ts";

/** One subject of a kind, counted. */
export type Subject = {
  readonly kind: GapKind;
  readonly family: string;
  readonly subject: string;
  readonly now: Counted;
  readonly before: Counted;
  /** The other subjects of its family, in the period. */
  readonly others: Counted;
  readonly parts: readonly Counted[];
  /** For whom it went wrong last, the latest first: those who show it. */
  readonly customers: readonly number[];
};
/** What shows a gap: customer, and [instant, event name]. */
export type Shown = {
  readonly customer: number;
  readonly moments: readonly (readonly [at: Instant, name: string])[];
};
type Row = {
  readonly family: string;
  readonly subject: string;
  readonly people: number;
  readonly affected: number;
  readonly before: number;
  readonly affectedBefore: number;
  readonly ofFamily: number;
  readonly affectedOfFamily: number;
  readonly parts: { readonly [part: string]: number };
  readonly affectedParts: { readonly [part: string]: number };
  readonly latest: readonly (readonly [ago: number, customer: number])[];
};
/** Somebody may be there several times, once in each part of the period. */
const LATEST = 3 * GAP_LIMITS.evidence;

/** The kind's rows that are settled, in one of the two periods. */
const settled = (sql: string, { settledMs }: ChanceKind, { before, period, knownUntil }: Look): string =>
  `(${sql}) as t where at >= ${before.from} and at < ${period.to} and at <= ${knownUntil - settledMs}`;

/** Subjects with the most people; empty where there are none, null where the log has nothing to tell by. */
export async function countChances(
  log: EventLog,
  kind: ChanceKind,
  look: Look,
): Promise<readonly Subject[] | null> {
  const sql = kind.sql(look);
  if (sql === null) return null;
  const { period, scoped } = look;
  const parts = GAP_LIMITS.trendParts;
  const partMs = Math.max(1, Math.ceil((scoped.scope.to - scoped.scope.from) / parts));
  const rows = await log.rows<Row>(
    `select *, sum(people) over (partition by family) as ofFamily, sum(affected) over (partition by family) as affectedOfFamily from (
       select family, subject, uniqExactIf(customer, part >= 0) as people, uniqExactIf(customer, part >= 0 and lost = 1) as affected,
         uniqExactIf(customer, part < 0) as before, uniqExactIf(customer, part < 0 and lost = 1) as affectedBefore,
         sumMap(map(part, toUInt64(1))) as parts, sumMap(map(part, toUInt64(lost))) as affectedParts,
         groupArraySortedIf(${LATEST})((-lastAt, customer), part >= 0 and lost = 1) as latest
       from (
         select family, subject, customer, if(at < ${period.from}, toInt16(-1), toInt16(intDiv(at - ${period.from}, ${partMs}))) as part, max(lost) as lost, maxIf(at, t.lost = 1) as lastAt
         from ${settled(sql, kind, look)} group by family, subject, customer, part)
       group by family, subject)
     order by people desc, family, subject limit ${GAP_LIMITS.subjectsMax}`,
    scoped.parameters.values,
  );
  return rows.map((row) => ({
    kind: kind.kind,
    family: row.family,
    subject: row.subject,
    now: { k: row.affected, n: row.people },
    before: { k: row.affectedBefore, n: row.before },
    others: { k: row.affectedOfFamily - row.affected, n: row.ofFamily - row.people },
    parts: Array.from({ length: parts }, (_, i) => ({
      k: row.affectedParts[i] ?? 0,
      n: row.parts[i] ?? 0,
    })),
    customers: [...new Set(row.latest.map(([, customer]) => customer))].slice(0, GAP_LIMITS.evidence),
  }));
} // prettier-ignore

const named = ({ family, subject }: Pick<Subject, "family" | "subject">): string => `${family}\n${subject}`;

/** The same look at these customers only: their rows are found by the order of the log. */
function narrowed(look: Look, customers: readonly number[]): Look {
  const of = (rows: string): string => `select * from (${rows}) where customer in (${customers.join(", ")})`;
  return {
    ...look,
    rows: (...asked) => of(look.rows(...asked)),
    scoped: { ...look.scoped, rows: (...asked) => of(look.scoped.rows(...asked)) },
  };
}

/** What shows each of these subjects; one reading of those customers tells all subjects of a kind. */
export async function showChances(
  log: EventLog,
  kind: ChanceKind,
  look: Look,
  subjects: readonly Pick<Subject, "family" | "subject" | "customers">[],
): Promise<(subject: Pick<Subject, "family" | "subject">) => readonly Shown[]> {
  const { parameters } = look.scoped;
  const near = narrowed(look, [...new Set(subjects.flatMap(({ customers }) => customers))]);
  const rows = await log.rows<Shown & Pick<Subject, "family" | "subject">>(
    `select family, subject, customer, arraySlice(arraySort(arrayDistinct(arrayFilter(m -> m.1 > 0, argMax(moments, at)))), 1, ${GAP_LIMITS.evidenceMoments}) as moments
     from ${settled(kind.sql(near)!, kind, look)} and at >= ${look.period.from} and lost = 1 and has(${parameters.texts(subjects.map(named))}, concat(family, '\\n', subject))
     group by family, subject, customer order by family, subject, max(at) desc, customer limit ${GAP_LIMITS.evidence} by family, subject`,
    parameters.values,
  );
  return (subject) => rows.filter((row) => named(row) === named(subject));
} // prettier-ignore
