/** Metrics of service: time to resolution, surveys, continuity and promises. */
import { METRIC_LIMITS } from "./model.ts";
import { dueSql, periodOf } from "./calendar.ts";
import { Columns } from "./matching.ts";
import {
  type Given,
  type Measured,
  type RawPoint,
  type ShareRow,
  type SumRow,
  ALL,
  means,
  none,
  periodsSql,
  quoted,
  shares,
} from "./measure.ts";
import { timed } from "./measure-stages.ts";
import type { Ends } from "./survival.ts";

const DAY_MS = 86_400_000;

/** From opening to the first solution, by key. */
export async function resolutionTime(given: Given): Promise<Measured> {
  const { names, asked: { scope }, until } = given; // prettier-ignore
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const [opened, solved] = [columns.named(names.opened), columns.named(names.solved)];
  const { text } = columns.property(names.ticket, `(${opened} or ${solved})`);
  const ticket = columns.column(`ifNull(${text}, '')`);
  const tickets = `select ${ticket} as ticket, minIf(at, ${opened}) as openedAt, arrayMin(arrayFilter(t -> t >= openedAt, groupArrayIf(at, ${solved}))) as solvedAt
    from (${scoped.rows(columns.list(), `${opened} or ${solved}`, { from: scope.from, to: scope.to })}) where ticket != '' group by ticket having countIf(${opened}) > 0`;
  const ends = await given.log.rows<Ends>(
    `select if(lasted < 86400000, intDiv(lasted, 60000) * 60000, intDiv(lasted, 3600000) * 3600000) as ms, countIf(solvedAt > 0) as ended, countIf(solvedAt = 0) as waiting
     from (select if(solvedAt > 0, solvedAt, ${until}) - openedAt as lasted, solvedAt from (${tickets})) group by ms`,
    scoped.parameters.values,
  );
  const points = await given.log.rows<RawPoint>(
    `select ${periodsSql(given, "solvedAt")} as period, quantileExactInclusive(0.5)(solvedAt - openedAt) as value, count() as n from (${tickets}) where solvedAt > 0 group by period`,
    scoped.parameters.values,
  );
  return {
    source: `${quoted(names.opened)} to ${quoted(names.solved)}, by ${names.ticket}`, kind: "level",
    figures: [timed(null, "All", ends, points.filter(({ period }) => period !== ALL), "requests were solved")],
  };
} // prettier-ignore

const SURVEYS = {
  csat: { from: 1, to: 5, value: "toFloat64(score >= 4)" },
  nps: { from: 0, to: 10, value: "multiIf(score >= 9, 100., score <= 6, -100., 0.)" },
  ces: { from: 1, to: 7, value: "score" },
} as const;

/** Answers of one kind of survey. */
export async function survey(given: Given, kind: keyof typeof SURVEYS): Promise<Measured> {
  const { names } = given;
  const { from, to, value } = SURVEYS[kind];
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const is = columns.named(names.survey);
  const of = columns.column(`lower(ifNull(${columns.property(names.survey_kind, is).text}, ''))`);
  const score = columns.column(columns.property(names.survey_score, is).number);
  const rows = await given.log.rows<SumRow>(
    `select '' as part, p as period, count() as n, sum(v) as total, sum(v * v) as squares, min(v) as least from (
       select ${periodsSql(given)} as p, ifNull(${score}, 0) as score, ${value} as v from (${scoped.rows(columns.list(), is)}) where ${of} = '${kind}' and ${score} >= ${from} and ${score} <= ${to})
     group by p`,
    scoped.parameters.values,
  );
  const source = `${quoted(names.survey)} with ${names.survey_kind} "${kind}", their property ${names.survey_score}`;
  const what = `answers of kind ${kind}`;
  if (rows.length === 0) return { source, kind: "level", figures: [none(what)] };
  if (kind !== "csat") return { source, kind: "level", figures: means(rows, what) };
  return { source, kind: "share", figures: shares(rows.map(({ part, period, n, total }) => ({ part, period, n, yes: total })), what) };
} // prettier-ignore

/** How long an earlier request makes the same one a start over, and what lies so close that it is one request. */
const AGAIN_MS = 7 * DAY_MS;
const ONCE_MS = 60_000;
/** Who was asked who they are within so long is asked again; of one conversation it is still the same. */
const IDENTIFIED_MS = DAY_MS;
const CONVERSATION_MS = 30 * 60_000;
/** What a row of a customer's is: it settles what was asked, it asks, or it is being asked for one's identity. */
const [SETTLES, ASKS, IDENTIFIES] = [0, 1, 2];

/** Whether customers who ask had to start over, by channel. */
export async function continuity(given: Given): Promise<Measured> {
  const { names } = given;
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const [asks, identifies] = [columns.named(names.request), columns.named(names.identity)];
  const settles = columns.named([...names.order, ...names.solved, ...names.kept, "$message.replied"]);
  const period = { from: given.asked.scope.from - AGAIN_MS, to: given.asked.scope.to };
  // What settles a request comes first in the order of an instant, so that it settles what came before it.
  const kind = `multiIf(${asks}, ${ASKS}, ${identifies}, ${IDENTIFIES}, ${SETTLES})`;
  const own = `select customer, arraySlice(arraySort(groupArray((at, kind, what, toString(channel)))), 1, ${METRIC_LIMITS.instantsMax}) as s from (
      select customer, at, toUInt8(${kind}) as kind, if(${asks}, toString(name), '') as what, channel from (${scoped.rows(`${columns.list()}, name, channel`, `${asks} or ${identifies} or ${settles}`, period)}))
    group by customer`;
  const open = `y.1 > arrayLast(z -> z.2 = ${SETTLES} and z.1 <= x.1, s).1`;
  const asked = `y.1 < x.1 - ${ONCE_MS} and y.1 >= x.1 - ${AGAIN_MS} and (y.3 = x.3 or y.4 != x.4) and ${open}`;
  const identified = `y.1 < x.1 and y.1 >= x.1 - ${IDENTIFIED_MS} and (y.4 != x.4 or y.1 < x.1 - ${CONVERSATION_MS})`;
  const again = `arrayExists(y -> y.2 = x.2 and if(x.2 = ${ASKS}, ${asked}, ${identified}), s)`;
  const twice = `arrayExists(y -> y.2 = x.2 and y.1 < x.1 and if(x.2 = ${ASKS}, y.1 >= x.1 - ${ONCE_MS} and y.3 = x.3, y.1 >= x.1 - ${CONVERSATION_MS} and y.4 = x.4), s)`;
  const rows = await given.log.rows<ShareRow>(
    `select part, period, countIf(not (a.3)) as yes, count() as n from (
       select arrayJoin(arrayMap(x -> (x.1, x.4, ${again}), arrayFilter(x -> x.2 != ${SETTLES} and x.1 >= ${given.asked.scope.from} and not ${twice}, s))) as a,
         arrayJoin(['', a.2]) as part, ${periodsSql(given, "a.1")} as period from (${own}))
     group by part, period`,
    scoped.parameters.values,
  );
  const source = `${quoted(names.request)}; asked who they are by ${quoted(names.identity)}; settled by ${quoted([...names.order, ...names.solved, ...names.kept])} or an answer to a message of ours`;
  return { source, kind: "share", figures: rows.length === 0 ? [none("times that customers asked")] : shares(rows, "times that customers asked") };
} // prettier-ignore

type TaskRow = { readonly dueAt: number; readonly kept: boolean };

/** Whether promises were kept by the time they were due. */
export async function promisesKept(given: Given): Promise<Measured> {
  const { names, sql, workspace, asked: { scope, every }, zone, until } = given; // prettier-ignore
  const scoped = await given.scoped();
  const columns = new Columns(scoped.parameters);
  const [promised, kept] = [columns.named(names.promised), columns.named(names.kept)];
  const promise = columns.column(`ifNull(${columns.property(names.promise, `(${promised} or ${kept})`).text}, '')`);
  const due = columns.column(dueSql(columns.column(`ifNull(${columns.property(names.due, promised).text}, '')`), zone));
  const promises = `select ${promise} as promise, maxIf(${due}, ${promised}) as dueAt, countIf(${kept} and at <= dueAtOf) > 0 as held from (
      select *, max(if(${promised}, ${due}, 0)) over (partition by ${promise}) as dueAtOf from (${scoped.rows(columns.list(), `${promised} or ${kept}`, { from: 0, to: scope.to })}) where ${promise} != '')
    group by promise having dueAt >= ${scope.from} and dueAt < ${Math.min(scope.to, until)}`;
  const rows = await given.log.rows<ShareRow>(
    `select '' as part, ${periodsSql(given, "dueAt")} as period, countIf(held) as yes, count() as n from (${promises}) group by period`,
    scoped.parameters.values,
  );
  const alone = scope.segment === undefined && scope.account === undefined && scope.channels === undefined;
  const tasks = alone ? await sql.query<TaskRow>(
    `select due_at as "dueAt", coalesce(state = 'done' and done_at <= due_at, false) as kept from tasks
     where workspace = $1 and state <> 'cancelled' and due_at >= $2 and due_at < $3 order by due_at desc limit 100000`,
    [workspace, scope.from, Math.min(scope.to, until)],
  ) : [];
  const all = [...rows, ...tasks.flatMap(({ dueAt, kept: held }) => [ALL, periodOf(Number(dueAt), every, zone)].map((period) => ({ part: "", period, yes: held ? 1 : 0, n: 1 })))];
  return {
    source: `${quoted(names.promised)} with ${names.due} and ${quoted(names.kept)}, by ${names.promise}${alone ? "; tasks with a date" : ""}`, kind: "share",
    figures: all.length === 0 ? [none("promises were due")] : shares(added(all), "promises were due"),
  };
} // prettier-ignore

/** Rows of one period are one. */
function added(rows: readonly ShareRow[]): readonly ShareRow[] {
  const sums = new Map<number, ShareRow>();
  for (const row of rows) {
    const held = sums.get(row.period);
    sums.set(row.period, held ? { ...held, yes: held.yes + row.yes, n: held.n + row.n } : row);
  }
  return [...sums.values()];
}
