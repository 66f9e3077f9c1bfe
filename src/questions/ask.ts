/**
 * What customers asked, as the log tells it: two readings, one for the wordings there are, one that counts their groups by
 * period and stage. A text is one question in its kind; an event may tell several kinds.
 */
import type { Found } from "../analysis/questions.ts";
import { type Scoped, scopeFor } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { eventsSql } from "../segments/sql-rows.ts";
import { readDefinitions } from "../segments/store.ts";
import { type Instant, type WorkspaceId, customerIdOf } from "../values.ts";
import { QUESTION_LIMITS, type QuestionGroup, QuestionKind, type QuestionsAnswer, type QuestionsAsked, type QuestionsFound } from "./model.ts"; // prettier-ignore
import { type Counted, differenceOf, intervalOf, ratioOf } from "./rate.ts";
import { type PROPERTIES, PROPERTIES_SQL, type Role, namesByRole, property } from "./vocabulary.ts";
import { type WordingGroup, groupWordings } from "./wording.ts";

/** Which events tell a kind, and which property has the words. The first property that is there counts. */
const KINDS: { readonly [kind in QuestionKind]: { readonly role: Role; readonly words: readonly (keyof typeof PROPERTIES)[] } } = {
  search: { role: "search", words: ["query"] },
  support_topic: { role: "case_opened", words: ["topic"] },
  form_field: { role: "form_left", words: ["field"] },
  objection: { role: "call_noted", words: ["objection"] },
  survey_answer: { role: "surveyed", words: ["answer"] },
  question: { role: "question", words: ["topic"] },
}; // prettier-ignore

const METHOD =
  "Wordings of one kind count as one question when they have the same words, without case, punctuation, plain plurals and order. Each person counts once a question. Shares with exact 95 % intervals (Clopper and Pearson 1934); the change against the period before with Newcombe's interval (1998).";
const SENTIMENT_SOURCE =
  "The property `sentiment` of the events (a number from -1 to 1, or positive, neutral, negative): no sentiment is guessed from words.";

/** The questions and barriers of a scope. */
export async function findQuestions(sql: Sql, log: EventLog, workspace: WorkspaceId, asked: QuestionsAsked, now: Instant): Promise<Found<Answer>> {
  const scoped = await scopeFor(sql, log, workspace, asked.scope, now);
  const { parameters } = scoped;
  const { from, to } = asked.scope;
  const both = { from: from - (to - from), to };
  const [[counted], [former], names] = [
    await log.rows<Active>(`select count() as events, uniqExact(customer) as customers from (${scoped.rows("")})`, parameters.values),
    await log.rows<Active>(`select count() as events, uniqExact(customer) as customers from (${scoped.rows("", "1", { from: both.from, to: from })})`, parameters.values),
    await log.rows<{ name: string }>(`select distinct name from (${scoped.rows("name", "1", both)}) limit ${NAMES_MAX}`, parameters.values),
  ];
  const said = { asOfAt: scoped.asOfAt, events: counted!.events, customers: counted!.customers, method: METHOD };
  if (counted!.customers < QUESTION_LIMITS.customersMin)
    return { answer: { type: "too_little_data", detail: "Too few customers did anything in this period.", found: counted!.customers, needed: QUESTION_LIMITS.customersMin }, ...said };
  const byRole = namesByRole(names.map(({ name }) => name));
  const kinds = (asked.kinds ?? QuestionKind.options).map((kind) => ({ kind, eventNames: byRole.get(KINDS[kind].role) ?? [] }));
  const firstStage = (await readDefinitions(sql, workspace)).stages?.model.stages[0]?.key ?? "";
  const all: { readonly kind: QuestionKind; readonly groups: readonly Group[] }[] = [];
  for (const { kind, eventNames } of kinds)
    all.push({ kind, groups: eventNames.length === 0 ? [] : await groupsOf(log, scoped, workspace, kind, eventNames, firstStage) });
  const people = await readPeople(log, scoped, kinds);
  const groups = all.flatMap(({ kind, groups: found }) => found.map((group) => groupTold(kind, group, counted!.customers, former!.customers)));
  const sorted = groups.toSorted((a, b) => b.people - a.people || b.events - a.events || (`${a.kind} ${a.key}` < `${b.kind} ${b.key}` ? -1 : 1));
  const told: Answer = {
    type: "found",
    groups: sorted.slice(0, asked.limit),
    totals: { people: counted!.customers, asking: people.asking, events: people.byKind.reduce((sum, one) => sum + one.events, 0), notShown: Math.max(0, sorted.length - asked.limit) },
    kinds: kinds.map(({ kind, eventNames }) => ({ kind, eventNames: [...eventNames], ...(people.byKind.find((one) => one.kind === kind) ?? { people: 0, events: 0 }) })),
    sentimentSource: SENTIMENT_SOURCE,
  };
  return { answer: told, ...said };
} // prettier-ignore
type Answer =
  | Omit<QuestionsFound, "basis">
  | Omit<Extract<QuestionsAnswer, { type: "too_little_data" }>, "basis">;
type Active = { readonly events: number; readonly customers: number };
const NAMES_MAX = 5_000;

/** SQL of a kind's words: cut, with blanks made one. */
const wordsSql = (kind: QuestionKind): string => {
  const texts = KINDS[kind].words.map((of) => property(of));
  const first = texts.reduceRight((rest, one) => `if(${one} != '', ${one}, ${rest})`, "''");
  return `substringUTF8(trim(replaceRegexpAll(${first}, '\\\\s+', ' ')), 1, ${QUESTION_LIMITS.wordingCharsMax})`;
};
/** Rows of one kind: customer, at, words, and what else the event tells. */
const tellingSql = (scoped: Scoped, kind: QuestionKind, eventNames: readonly string[]): string => {
  const { from, to } = scoped.scope;
  const mood = `lower(${property("sentiment")})`;
  const results = property("results");
  return `select customer, at, ${wordsSql(kind)} as words, toUInt8(${kind === "search" ? `${results} = '0'` : "0"}) as empty, toUInt8(${kind === "search" ? `${results} != ''` : "0"}) as counted,
      multiIf(${mood} in ('positive', 'happy'), 1., ${mood} in ('negative', 'unhappy'), -1., ${mood} = 'neutral', 0., toFloat64OrNull(${mood})) as mood, toFloat64OrNull(${property("score")}) as score
    from (${scoped.rows(`${PROPERTIES_SQL} as properties`, `name in ${scoped.parameters.texts(eventNames)}`, { from: from - (to - from), to })}) where words != ''`;
}; // prettier-ignore

type Row = {
  readonly place: number;
  readonly people: number;
  readonly events: number;
  readonly before: number;
  readonly emptyEvents: number;
  readonly countedEvents: number;
  readonly moods: number;
  readonly moodSum: number;
  readonly moodSquares: number;
  readonly scores: number;
  readonly scoreSum: number;
  readonly scoreSquares: number;
  readonly latest: readonly (readonly [number, number])[];
};
type StageRow = {
  readonly place: number;
  readonly stage: string;
  readonly people: number;
  readonly events: number;
};
type Group = { readonly words: WordingGroup; readonly row: Row; readonly stages: readonly StageRow[] };

async function groupsOf(log: EventLog, scoped: Scoped, workspace: WorkspaceId, kind: QuestionKind, eventNames: readonly string[], firstStage: string): Promise<readonly Group[]> {
  const { parameters, scope: { from } } = scoped;
  const telling = tellingSql(scoped, kind, eventNames);
  const wordings = await log.rows<{ text: string; events: number; hash: string }>(
    `select words as text, countIf(at >= ${from}) as events, toString(cityHash64(words)) as hash from (${telling}) group by words having events > 0 order by events desc, text limit ${QUESTION_LIMITS.wordingsMax}`,
    parameters.values,
  );
  const groups = groupWordings(wordings, QUESTION_LIMITS.spellingsShown).slice(0, QUESTION_LIMITS.groupsMax);
  if (groups.length === 0) return [];
  const hashes = groups.flatMap(({ hashes: its }, place) => its.map((hash) => [hash, place + 1] as const));
  const place = `transform(cityHash64(words), [${hashes.map(([hash]) => `toUInt64('${hash}')`).join(",")}], [${hashes.map(([, at]) => `toUInt16(${at})`).join(",")}], toUInt16(0))`;
  const placed = `select *, ${place} as place from (${telling}) where place > 0`;
  const rows = await log.rows<Row>(
    `select place, uniqExactIf(customer, now) as people, countIf(now) as events, uniqExactIf(customer, not now) as before, countIf(now and empty = 1) as emptyEvents, countIf(now and counted = 1) as countedEvents,
       countIf(now and isFinite(mood) and abs(mood) <= 1) as moods, sumIf(mood, now and isFinite(mood) and abs(mood) <= 1) as moodSum, sumIf(mood * mood, now and isFinite(mood) and abs(mood) <= 1) as moodSquares,
       countIf(now and isFinite(score)) as scores, sumIf(score, now and isFinite(score)) as scoreSum, sumIf(score * score, now and isFinite(score)) as scoreSquares,
       arraySlice(arrayReverseSort(groupUniqArrayIf(200)((at, customer), now)), 1, 50) as latest
     from (select customer, at, empty, counted, ifNull(mood, nan) as mood, ifNull(score, nan) as score, place, at >= ${from} as now from (${placed})) group by place`,
    parameters.values,
  );
  const stages = await log.rows<StageRow>(
    `select place, stage, uniqExact(customer) as people, count() as events from (
       select q.place as place, q.customer as customer, ifNull(s.stage, ${parameters.text(firstStage)}) as stage from (select customer, at, place from (${placed}) where at >= ${from}) q asof left join (${stageSql(workspace)}) s on q.customer = s.customer and q.at >= s.at)
     group by place, stage order by people desc, stage`,
    parameters.values,
  );
  return groups.flatMap((words, i) => {
    const row = rows.find((one) => one.place === i + 1);
    return row ? [{ words, row, stages: stages.filter((one) => one.place === i + 1) }] : [];
  });
} // prettier-ignore

/** Every change of a customer's stage, with the instant; who never changed is in the model's first, and joins to null. */
const stageSql = (workspace: WorkspaceId): string =>
  `select customer, at, stage from (${eventsSql({ workspace, epochBelow: null, customers: null }, "toNullable(JSONExtractString(properties, 'stage')) as stage", "name = '$stage.changed' and key = 0")})`;

/** People and events of each kind, and of all of them. */
async function readPeople(log: EventLog, scoped: Scoped, kinds: readonly { readonly kind: QuestionKind; readonly eventNames: readonly string[] }[]) {
  const told = kinds.filter(({ eventNames }) => eventNames.length > 0);
  if (told.length === 0) return { asking: 0, byKind: [] };
  const parts = told.map(({ kind, eventNames }) => `select '${kind}' as kind, customer from (${tellingSql(scoped, kind, eventNames)}) where at >= ${scoped.scope.from}`);
  const rows = await log.rows<{ kind: QuestionKind | ""; people: number; events: number }>(
    `select kind, uniqExact(customer) as people, count() as events from (${parts.join(" union all ")}) group by grouping sets ((kind), ())`,
    scoped.parameters.values,
  );
  return { asking: rows.find(({ kind }) => kind === "")?.people ?? 0, byKind: rows.flatMap(({ kind, people, events }) => (kind === "" ? [] : [{ kind, people, events }])) };
} // prettier-ignore

function groupTold(kind: QuestionKind, { words, row, stages }: Group, active: number, activeBefore: number): QuestionGroup {
  const [now, before]: readonly [Counted, Counted] = [{ k: row.people, n: active }, { k: row.before, n: activeBefore }];
  const change = differenceOf(now, before);
  const direction = change === null || (change.low <= 0 && change.high >= 0) ? "unclear" : change.low > 0 ? "more" : "fewer";
  return {
    kind,
    key: words.key,
    label: words.label,
    spellings: [...words.spellings],
    people: row.people,
    events: row.events,
    shareRatio: ratioOf(now),
    share: intervalOf(now),
    withoutAnswer: row.countedEvents > 0 ? row.emptyEvents : null,
    stages: stages.slice(0, QUESTION_LIMITS.stagesShown).map(({ stage, people, events }) => ({ stage: stage === "" ? null : stage, people, events })),
    trend: { people: row.people, peopleBefore: row.before, shareRatio: ratioOf(now), shareBeforeRatio: activeBefore > 0 ? ratioOf(before) : null, change, direction },
    sentiment: meanOf(row.moods, row.moodSum, row.moodSquares, { low: -1, high: 1 }),
    score: meanOf(row.scores, row.scoreSum, row.scoreSquares, { low: -Infinity, high: Infinity }),
    customers: [...new Set(row.latest.map(([, customer]) => customer))].slice(0, QUESTION_LIMITS.customersShown).map(customerIdOf),
  };
} // prettier-ignore

/** The mean with its interval by the normal distribution; null of too few to tell one. */
function meanOf(n: number, sum: number, squares: number, { low, high }: { readonly low: number; readonly high: number }): QuestionGroup["score"] {
  if (n < QUESTION_LIMITS.meanLeast) return null;
  const mean = sum / n;
  const half = 1.96 * Math.sqrt(Math.max(0, (squares - n * mean * mean) / (n - 1)) / n);
  return { mean, events: n, interval: { low: Math.max(low, mean - half), high: Math.min(high, mean + half), level: 0.95 } };
} // prettier-ignore
