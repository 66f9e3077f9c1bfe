/**
 * Searching for gaps: what each kind asks of the log, all of it judged together, and what is found put into words, money and
 * order. Reads only; what is found is kept by gaps/store.ts.
 */
import type { Basis, TooLittle } from "../analysis/model.ts";
import type { Found, Questions } from "../analysis/questions.ts";
import { scopeFor } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { type DurationMs, type Instant, type WorkspaceId, customerIdOf, isoOf } from "../values.ts";
import { type Shown, type Subject, countChances, showChances } from "./chances.ts";
import { affectedOf, confidenceOf, isEnough, judge, trendOf, type Judged, type Tested } from "./judge.ts";
import { type ChanceKind, type Look, PEOPLE_ONLY, property, toldMs } from "./kind.ts";
import { type Courses, type Seen, changedBehaviour, silentTouchpoints } from "./courses.ts";
import { CHANCE_KINDS } from "./kinds.ts";
import { lookAt } from "./look.ts";
import { GAP_LIMITS, GapKind, type GapMeasured, type GapSearch } from "./model.ts";
import { type Orders, ranked, valueOf } from "./value.ts";

/** What a search answers, before it is kept. */
export type Searched =
  | {
      readonly type: "found";
      /** Each with how much of the period its people were counted in. */
      readonly gaps: readonly (GapMeasured & { readonly periodMs: DurationMs })[];
      readonly looked: readonly Looked[];
      /** Every subject that had people enough, a gap or not: what was one is measured as well when it is none any more. */
      readonly counted: readonly SubjectCounted[];
      /** What values are worked out from, to be worked out again when an assumption is edited. */
      readonly orders: Orders;
    }
  | TooLittle;
type Unranked = Omit<GapMeasured, "ranking"> & { readonly periodMs: DurationMs };
type Looked = { readonly kind: GapKind; readonly tested: number; readonly found: number; readonly notLooked: string | null }; // prettier-ignore
export type SubjectCounted = Pick<Subject, "kind" | "subject" | "now"> & { readonly periodMs: DurationMs };
export type SearchDeps = { readonly sql: Sql; readonly log: EventLog; readonly questions: Questions };

const METHOD = `Each gap's share of people with its exact 95 % interval (Clopper and Pearson 1934), held against a stated tolerance (binomial test), the business's other channels and its period before (Fisher's exact test); all tests of the search corrected together (Holm 1979), so that the probability of any false alarm is at most 1 %. Of one customer the first ${GAP_LIMITS.momentsOfOne} moments of a subject in each period are looked at. Comparisons of what was observed: no effect is claimed.`;

/** Finds gaps, or answers from a moment ago; `basis` says which. */
export const searchGaps = (
  { sql, log, questions }: SearchDeps,
  workspace: WorkspaceId,
  asked: GapSearch,
  fresh: boolean,
  now: Instant,
): Promise<{ readonly answer: Searched; readonly basis: Basis }> =>
  questions.ask(workspace, ["gaps", asked], { fresh }, () => find(sql, log, workspace, asked, now));

async function find(sql: Sql, log: EventLog, workspace: WorkspaceId, { scope, kinds }: GapSearch, now: Instant): Promise<Found<Searched>> {
  const scoped = await scopeFor(sql, log, workspace, scope, now);
  const [counted] = await log.rows<{ events: number; customers: number }>(
    `select count() as events, uniqExact(customer) as customers from (${scoped.rows("")})`,
    scoped.parameters.values,
  );
  const said = { asOfAt: scoped.asOfAt, ...counted!, method: METHOD };
  if (counted!.customers < GAP_LIMITS.peopleMin)
    return { answer: { type: "too_little_data", detail: "Too few customers did anything in this period to tell a gap from chance.", found: counted!.customers, needed: GAP_LIMITS.peopleMin }, ...said };
  const look = await lookAt(sql, log, scoped);
  const wanted = kinds ?? GapKind.options;
  const [chances, orders] = [await chancesOf(log, look, wanted), await readOrders(log, look)];
  const tested = chances.flatMap(({ subjects }) => subjects);
  const courses = await coursesOf(log, look, wanted);
  const seen = courses.flatMap((one) => one.courses.seen);
  // Those that were not striking enough to be seen were tested as well.
  const unseen = courses.flatMap((one) => Array.from({ length: one.courses.tested - one.courses.seen.length }, () => 1));
  const judged = judge(tested, [...seen.map(({ pValue }) => pValue), ...unseen]);
  const gaps: Unranked[] = [];
  for (const kind of CHANCE_KINDS) {
    const its = judged.gaps.filter(({ subject }) => subject.kind === kind.kind);
    if (its.length === 0) continue;
    const shownOf = await showChances(log, kind, look, its.map(({ subject }) => subject));
    gaps.push(...its.map((one) => measured(one, look, orders, shownOf(one.subject))));
  }
  gaps.push(...(await gapsOfCourses(seen, judged.elsewhere, look, orders)));
  const looked = [
    ...chances.map(({ kind, subjects, missing }) => ({ kind, tested: subjects.length, notLooked: missing })),
    ...courses.map(({ kind, courses: { tested: n, missing } }) => ({ kind, tested: n, notLooked: missing })),
  ].map((one) => ({ ...one, found: gaps.filter(({ kind }) => kind === one.kind).length }));
  return { answer: { type: "found", gaps: ranked(gaps).slice(0, GAP_LIMITS.found), looked, counted: tested.map(({ subject: { kind, subject, family, now: of } }) => ({ kind, subject, now: of, periodMs: toldMs(look, kindOf(kind), family) })), orders }, ...said };
} // prettier-ignore

const kindOf = (kind: GapKind): ChanceKind => CHANCE_KINDS.find((one) => one.kind === kind)!;

type Asked = {
  readonly kind: GapKind;
  readonly subjects: readonly Tested[];
  readonly missing: string | null;
};
/** One after the other: each reads much, and the log is asked by others as well. */
async function chancesOf(log: EventLog, look: Look, wanted: readonly GapKind[]): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for (const kind of CHANCE_KINDS) {
    if (!wanted.includes(kind.kind)) continue;
    const found: readonly Subject[] | null = await countChances(log, kind, look);
    const tested = (found ?? []).filter(isEnough).map((subject) => ({ subject, told: kind.told(look, subject.family, subject.subject) })); // prettier-ignore
    all.push({ kind: kind.kind, subjects: tested, missing: missingOf(kind, found, tested.length) });
  }
  return all;
} // prettier-ignore

const COURSES: {
  readonly [kind in "silent_touchpoint" | "changed_behaviour"]: (
    log: EventLog,
    look: Look,
  ) => Promise<Courses>;
} = {
  silent_touchpoint: silentTouchpoints,
  changed_behaviour: changedBehaviour,
};
async function coursesOf(log: EventLog, look: Look, wanted: readonly GapKind[]) {
  const all: { readonly kind: GapKind; readonly courses: Courses }[] = [];
  for (const kind of ["silent_touchpoint", "changed_behaviour"] as const)
    if (wanted.includes(kind)) all.push({ kind, courses: await COURSES[kind](log, look) });
  return all;
}

/** Those whose corrected p value holds. What fell silent changed as well: that is told once. */
async function gapsOfCourses(
  seen: readonly Seen[],
  corrected: readonly number[],
  look: Look,
  orders: Orders,
) {
  const gaps: Unranked[] = [];
  for (const [i, one] of seen.entries()) {
    if (corrected[i]! > GAP_LIMITS.falseAlarmRatio) continue;
    const gap = await one.gap(corrected[i]!);
    if (gaps.some(({ subject }) => subject === gap.subject)) continue;
    if (gap.affected.people < GAP_LIMITS.affectedMin) continue;
    const periodMs = look.period.to - look.period.from;
    gaps.push({ ...gap, periodMs, value: valueOf({ ...gap, orders, periodMs }) });
  }
  return gaps;
}

function missingOf(kind: ChanceKind, found: readonly Subject[] | null, tested: number): string | null {
  if (found === null) return kind.missing;
  const most = Math.max(0, ...found.map(({ now }) => now.n));
  return tested > 0 ? null : `Too few people in this period whose chance is settled: ${most}, and at least ${GAP_LIMITS.peopleMin} are needed.`;
} // prettier-ignore

/** What buyers spent in the period, in the currency most of them used. */
async function readOrders(log: EventLog, look: Look): Promise<Orders> {
  if (!look.has("order")) return null;
  const spent = `toFloat64OrZero(${property("revenue")})`;
  const [row] = await log.rows<{ currency: string; buyers: number; sum: number; squares: number }>(
    `select currency, count() as buyers, sum(spent) as sum, sum(spent * spent) as squares from (
       select customer, upper(${property("currency")}) as currency, sum(${spent}) as spent
       from (${look.scoped.rows("properties", look.is("order"))}) where isFinite(${spent}) and ${spent} > 0 group by customer, currency ${PEOPLE_ONLY})
     group by currency order by buyers desc, currency limit 1`,
    look.scoped.parameters.values,
  );
  return row ? { ...row, currency: row.currency === "" ? null : row.currency } : null;
} // prettier-ignore

function measured({ subject, told, normal, pValue }: Judged, look: Look, orders: Orders, shown: readonly Shown[]): Unranked {
  const { from, to } = look.scoped.scope;
  const affected = affectedOf(subject.now);
  const { assumptions } = told;
  const kind = kindOf(subject.kind);
  const periodMs = toldMs(look, kind, subject.family);
  const trend = trendOf(subject, (part) => isoOf(from + part * Math.ceil((to - from) / GAP_LIMITS.trendParts)));
  return {
    kind: subject.kind,
    subject: subject.subject,
    title: told.title,
    definition: kind.definition,
    affected,
    normal,
    trend,
    assumptions,
    value: valueOf({ kind: subject.kind, trend, affected, assumptions, orders, periodMs }),
    periodMs,
    confidence: confidenceOf(affected.people, pValue),
    evidence: shown.map(({ customer, moments }) => ({ customerId: customerIdOf(customer), moments: moments.map(([at, event]) => ({ at: isoOf(at), event })) })),
    remedy: told.remedy,
    fixability: { ratio: assumptions.fixabilityRatio, why: told.fixability },
  };
} // prettier-ignore
