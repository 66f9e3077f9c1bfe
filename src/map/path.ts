/**
 * What is behind a part of the map: how many, how long, a sample of real cases, who went no further, and what those did
 * then. Asked anew of the same cases the map was made of, so the figures agree with it.
 */
import type { Channel } from "../events/model.ts";
import { type Scoped } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";
import { summariesOf } from "../segments/members.ts";
import { memberSql, tamed } from "../segments/sql-values.ts";
import { type AtomId, customerIdOf, isoOf } from "../values.ts";
import { type Asked, type MapStores, placeOf } from "./discover.ts";
import { MAP_LIMITS, type MapPart, type Path, type PathCase, type PathRequest } from "./model.ts";
import { caseRowsSql, sequenceSql } from "./variants.ts";

type Summary = { readonly people: number; readonly cases: number; readonly times: number; readonly took: readonly [number | null, number | null]; readonly leftCases: number; readonly leftPeople: number }; // prettier-ignore
type Sample = { readonly customer: number; readonly cm: readonly number[]; readonly ct: readonly number[]; readonly place: number; readonly length: number; readonly reached: number; readonly took: number | null; readonly at: number; readonly startedAt: number; readonly endedAt: number }; // prettier-ignore
type Next = { readonly name: string; readonly channel: Channel; readonly people: number };

const SEARCHES = ["Products Searched", "Site Searched", "Searched"];
const TEXTS = ["query", "search", "search_term", "text"];
const TOLD_MOST = 10;
/** Later than everything: what people did after the scope counts too. */
const EVER = 2 ** 43;

/** Looks into a part; null where no case has it. */
export async function pathOf({ sql, log }: MapStores, asked: Asked, request: PathRequest): Promise<Path | null> {
  const { scoped, by, moments } = asked;
  const found = foundSql(asked, request.of);
  const { values } = scoped.parameters;
  const [summary] = await log.rows<Summary>(
    `select uniqExact(customer) as people, count() as cases, sum(length(places)) as times, quantilesExactInclusiveArray(0.5, 0.9)(tooks) as took,
       countIf(left) as leftCases, uniqExactIf(customer, left) as leftPeople from (${found})`,
    values,
  );
  if (!summary || summary.cases === 0) return null;
  const around = MAP_LIMITS.sampleMomentsMax;
  const begin = `greatest(1, least(toInt64(places[1]) - ${around / 2 - 1}, toInt64(length(cm)) - ${around - 1}))`;
  const rows = await log.rows<Sample>(
    `select customer, arraySlice(cm, from, ${around}) as cm, arraySlice(ct, from, ${around}) as ct, place, length, reached, took, at, startedAt, endedAt
     from (select customer, cm, ct, ${begin} as from, places[1] as place, length(cm) as length, reached, if(empty(tooks), null, tooks[1]) as took,
         ct[places[1]] as at, ct[1] as startedAt, ct[-1] as endedAt from (${found}))
     order by at desc, customer desc, startedAt desc limit ${request.most + 1} offset ${request.skip}`,
    values,
  );
  const page = rows.slice(0, request.most);
  const names = await summariesOf(sql, [...new Set(page.map(({ customer }) => customer as AtomId))]);
  const left = await leftOf(log, scoped, found);
  return {
    type: "path", people: summary.people, cases: summary.cases, times: summary.times,
    medianMs: summary.took[0], p90Ms: summary.times < MAP_LIMITS.p90Least ? null : summary.took[1],
    left: { cases: summary.leftCases, people: summary.leftPeople, silent: left.silent, next: [...left.next] }, searches: [...left.searches],
    sample: page.map((row): PathCase => {
      const known = names.get(row.customer as AtomId);
      return {
        customerId: customerIdOf(row.customer), name: known?.name ?? known?.identifiers[0]?.value ?? null,
        startedAt: isoOf(row.startedAt), endedAt: isoOf(row.endedAt), at: isoOf(row.at), tookMs: row.took, reached: by.by === "goal" ? row.reached === 1 : null,
        moments: row.cm.map((place, i) => ({ key: moments.moments[place - 1]!.key, at: isoOf(row.ct[i]!) })), cut: row.length > row.cm.length,
      };
    }),
    more: rows.length > request.most,
  };
} // prettier-ignore

/** Cases that have the part: `places` where, `tooks` how long it took (edges), `left` whether the case ended with it. */
function foundSql({ moments, cases }: Asked, part: MapPart): string {
  const place = (key: string): string => `toUInt16(${placeOf(moments, key)})`;
  const { places, tooks, left, where } = ((): { places: string; tooks: string; left: string; where: string } => {
    const none = "emptyArrayInt64()";
    const all = "arrayEnumerate(cm)";
    const last = "has(places, toUInt32(length(cm)))";
    switch (part.type) {
      case "edge":
        // The pair must not be a moment and the nothing after the last one.
        return {
          places: `arrayFilter((i, a, b) -> a = ${place(part.from)} and b = ${place(part.to)} and b > 0, ${all}, cm, following)`,
          tooks: `arrayMap((i, d) -> d, places, arrayFilter((d, a, b) -> a = ${place(part.from)} and b = ${place(part.to)} and b > 0, arrayPushBack(arrayPopFront(arrayDifference(ct)), toInt64(0)), cm, following))`,
          left: "has(places, toUInt32(length(cm) - 1))", where: "notEmpty(places)",
        };
      case "moment":
        return { places: `arrayFilter((i, a) -> a = ${place(part.moment)}, ${all}, cm)`, tooks: none, left: last, where: "notEmpty(places)" };
      case "start":
        return { places: "[toUInt32(1)]", tooks: none, left: last, where: `cm[1] = ${place(part.moment)}` };
      case "end":
        return { places: "[toUInt32(length(cm))]", tooks: none, left: "1", where: `cm[-1] = ${place(part.moment)}` };
      case "drop_off":
        return { places: "[toUInt32(length(cm))]", tooks: none, left: "not reached", where: `cm[-1] = ${place(part.moment)} and not reached` };
      case "variant": {
        const sequence = sequenceSql(part.repeats);
        const longer = `length(${sequence}) ${part.cut ? ">" : "="} ${part.moments.length}`;
        return { places: "[toUInt32(1)]", tooks: none, left: "not reached", where: `${longer} and arraySlice(${sequence}, 1, ${part.moments.length}) = [${part.moments.map(place).join(", ")}]` };
      }
    }
  })();
  return `select customer, cm, ct, reached, places, tooks, left from (
      select customer, cm, ct, reached, following, ${places} as places, ${tooks} as tooks, ${left} as left
      from (select customer, cm, ct, reached, arrayPushBack(arrayPopFront(cm), toUInt16(0)) as following from (${caseRowsSql(cases)})))
    where ${where}`;
} // prettier-ignore

type Left = { readonly silent: number; readonly next: readonly Next[]; readonly searches: readonly { readonly text: string; readonly people: number }[] }; // prettier-ignore
/** A message is sent by us: it is nothing its receiver did. */
const DONE_BY_THEM = "name != '$message.sent'";
/** What those who went no further did first afterwards, and what they had searched for last. */
async function leftOf(log: EventLog, scoped: Scoped, found: string): Promise<Left> {
  const { parameters, scope } = scoped;
  const leavers = `(select customer, max(ct[-1]) as endedAt from (${found}) where left group by customer)`;
  const until = { from: scope.from, to: EVER, anyChannel: true };
  const later = `select argMin((name, channel), (at, name)) as next from (${scoped.rows("toString(name) as name, toString(channel) as channel", DONE_BY_THEM, until)}) e
    inner join ${leavers} l on e.customer = l.customer where e.at > l.endedAt group by e.customer`;
  const next = await log.rows<Next & { readonly all: number }>(
    `select next.1 as name, next.2 as channel, count() as people, sum(people) over () as all from (${later}) group by next order by people desc, name, channel limit ${TOLD_MOST}`,
    parameters.values,
  );
  const [counted] = await log.rows<{ people: number }>(`select count() as people from ${leavers}`, parameters.values);
  const raw = TEXTS.map((name) => `nullIf(JSONExtractString(${memberSql(tamed("properties"), name, parameters)}), '')`);
  const text = `substringUTF8(lower(trimBoth(coalesce(${raw.join(", ")}, ''))), 1, 200)`;
  const searched = scoped.rows(`${text} as text`, `name in ${parameters.texts(SEARCHES)}`, until);
  const searches = await log.rows<{ text: string; people: number }>(
    `select text, count() as people from (select argMax(e.text, e.at) as text from (${searched}) e inner join ${leavers} l on e.customer = l.customer where e.text != '' group by e.customer)
     group by text order by people desc, text limit ${TOLD_MOST}`,
    parameters.values,
  );
  return { silent: (counted?.people ?? 0) - (next[0]?.all ?? 0), next: next.map(({ name, channel, people }) => ({ name, channel, people })), searches };
} // prettier-ignore
