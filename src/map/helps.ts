/**
 * What helps customers move forward: moments before a landmark against whether the goal was reached after it. A
 * correlation: adjusted for how much a customer did, how lately, where they came in and whether they were new, and for
 * nothing else.
 *
 * Why a landmark: who lives longer without the goal has more time to have had any moment, which would look like help
 * or harm (immortal time). So everybody is looked at for the same time from their first moment, those who reached the goal in
 * it are left out, and everybody else is followed for the same time after it. Who was in the stage that is the goal before
 * the first moment cannot come into it, and is left out as well.
 */
import { momentsIn } from "../analysis/cases.ts";
import type { MomentGrouping } from "../analysis/model.ts";
import { type Scoped, scopeFor } from "../analysis/scope.ts";
import { stageSql, toldSql } from "../analysis/stages.ts";
import type { Sql } from "../db/postgres.ts";
import { readDefinitions } from "../segments/store.ts";
import type { WorkspaceId } from "../values.ts";
import type { MapStores } from "./discover.ts";
import { type Adjusted, type Share, type Stratum, adjusted, standsOut } from "./judge.ts";
import type { Help, Helps, HelpsGoal, HelpsRequest } from "./judged-model.ts";
import { MAP_LIMITS } from "./model.ts";

/**
 * People by the group they are in by all they did (`own`), and by all but this moment (`others`): who had the moment is
 * compared with those who did as much besides. Moment 0: everybody, and then both are the same.
 */
export type GroupRow = {
  readonly moment: number;
  readonly own: string;
  readonly others: string;
  readonly people: number;
  readonly reached: number;
};
export type Followed = {
  readonly moments: readonly { readonly key: string; readonly channel: Help["channel"]; readonly name: string }[];
  readonly rows: readonly GroupRow[];
  readonly reachedBefore: number;
  readonly tooShort: number;
  readonly alreadyThere: number;
  /** Of those who are followed, how many did more until the landmark than is looked at. */
  readonly cut: number;
  readonly asOfAt: number;
  readonly events: number;
}; // prettier-ignore

/** What customers are alike in, the moment itself left out. */
const ADJUSTED_FOR = [
  "how many other moments until the landmark (1, 2-3, 4-7, 8-15, 16 and more)",
  "whether the last of them was in the second half of that time",
  "the channel of the first of them",
  "whether the customer had been seen before the period",
  "time since the first moment (the landmark is equally long after it for everybody)",
];

/** Follows the customers of a scope from their first moment to the horizon. */
export async function followed(
  { sql, log, clock }: MapStores,
  workspace: WorkspaceId,
  { scope, goal, landmarkMs, horizonMs }: HelpsRequest,
  grouping: MomentGrouping,
): Promise<Followed> {
  const scoped = await scopeFor(sql, log, workspace, scope, clock());
  const moments = await momentsIn(log, scoped, grouping);
  const { parameters } = scoped;
  const untilAt = Math.min(scope.to, scoped.asOfAt);
  // A goal anywhere until the end counts, whatever channels are looked at.
  const hits =
    goal.type === "event"
      ? scoped.rows("", `name = ${parameters.text(goal.event)}`, { from: scope.from, to: scope.to, anyChannel: true })
      : toldSql(scoped, `${stageSql(scoped)} as stage`);
  const hit = goal.type === "event" ? "1" : `stage = ${parameters.text(goal.stage)} and at >= ${scope.from}`;
  const channels: readonly string[] = [...new Set(moments.moments.map(({ channel }) => channel ?? ""))];
  // The first is nobody's place: an array has to have a type where nothing happened at all.
  const channelOf = `[${["", ...moments.moments.map(({ channel }) => channel ?? "")].map((channel) => `toUInt8(${Math.max(0, channels.indexOf(channel))})`).join(",")}]`;
  const before = scoped.rows("", "1", { from: 0, to: scope.from, anyChannel: true });
  const begun = await beforeSql(sql, scoped, goal, `select customer, arraySort(groupArray((at, moment))) as s, s[1].1 as t0 from (${moments.rows("")}) group by customer`);
  const people = `select m.customer as customer, s, there, t0 + ${landmarkMs} as markAt, t0 + ${landmarkMs + horizonMs} > ${untilAt} as short,
      toInt64(ifNull(h.goalAt, 0)) as goalAt, m.customer in (select customer from (${before})) as seen,
      arrayMap(x -> (x.1 - markAt, x.2), arrayFilter(x -> x.1 <= markAt, s)) as whole, arraySlice(whole, 1, ${MAP_LIMITS.earlyMomentsMax}) as early
    from (${begun}) m
    left join (select customer, toNullable(min(at)) as goalAt from (${hits}) where ${hit} group by customer) h on m.customer = h.customer`;
  const group = (of: string): string =>
    `if(empty(${of}), '', concat(toString(least(4, toUInt8(floor(log2(length(${of})))))), ' ', toString(${of}[-1].1 > -${landmarkMs} / 2), ' ', toString(arrayElement(${channelOf}, ${of}[1].2 + 1)), ' ', toString(seen)))`;
  const rows = await log.rows<GroupRow>(
    `select moment, own, others, count() as people, sum(hit) as reached from (
       select moment, own, ${group("besides")} as others, hit from (
         select early, seen, ${group("early")} as own, arrayJoin(arrayPushFront(arrayDistinct(early.2), toUInt16(0))) as moment, arrayFilter(e -> e.2 != moment, early) as besides,
           goalAt > markAt and goalAt <= markAt + ${horizonMs} as hit
         from (${people}) where not there and not short and not (goalAt > 0 and goalAt <= markAt)))
     group by moment, own, others order by moment, own, others`,
    parameters.values,
  );
  const [left] = await log.rows<Pick<Followed, "tooShort" | "reachedBefore" | "alreadyThere" | "cut">>(
    `select countIf(not there and short) as tooShort, countIf(not there and not short and goalAt > 0 and goalAt <= markAt) as reachedBefore, countIf(there) as alreadyThere,
       countIf(not there and not short and not (goalAt > 0 and goalAt <= markAt) and length(whole) > ${MAP_LIMITS.earlyMomentsMax}) as cut from (${people})`,
    parameters.values,
  );
  return { moments: moments.moments, rows, ...left!, asOfAt: scoped.asOfAt, events: moments.moments.reduce((sum, { events }) => sum + events, 0) };
} // prettier-ignore

/** The people with `there`: whether the stage that is the goal, or a further one, was theirs before their first moment. */
async function beforeSql(sql: Sql, scoped: Scoped, goal: HelpsGoal, people: string): Promise<string> {
  if (goal.type === "event") return `select *, 0 as there from (${people})`;
  const order = (await readDefinitions(sql, scoped.workspace)).stages?.model.stages.map(({ key }) => key) ?? [];
  const place = order.indexOf(goal.stage);
  const enough = scoped.parameters.texts(place < 0 ? [goal.stage] : order.slice(place));
  // Who never changed stage is in the model's first.
  const changes = `select customer, at as changedAt, toNullable(stage in ${enough}) as enough from (${toldSql(scoped, `${stageSql(scoped)} as stage`)})`;
  return `select p.*, ifNull(c.enough, ${place === 0 ? 1 : 0}) as there from (${people}) p asof left join (${changes}) c on p.customer = c.customer and p.t0 > c.changedAt`;
} // prettier-ignore

const sumOf = (rows: readonly GroupRow[]): Share => ({
  n: rows.reduce((sum, { people }) => sum + people, 0),
  hits: rows.reduce((sum, { reached }) => sum + reached, 0),
});
/** Everybody who is followed. */
export const everybodyOf = ({ rows }: Followed): Share => sumOf(rows.filter(({ moment }) => moment === 0));

/** What helps; null where too few are followed, too few reached the goal, or too few did not. */
export function helpsOf(found: Followed, channelsApart: boolean): Helps | null {
  const all = everybodyOf(found);
  if (all.n < MAP_LIMITS.followedLeast || Math.min(all.hits, all.n - all.hits) < MAP_LIMITS.reachedLeast) return null;
  const groups = new Map(found.rows.filter(({ moment }) => moment === 0).map((row) => [row.own, row]));
  const byMoment = new Map<number, GroupRow[]>();
  for (const row of found.rows) {
    if (row.moment === 0) continue;
    const its = byMoment.get(row.moment);
    if (its) its.push(row);
    else byMoment.set(row.moment, [row]);
  }
  const asked = [...byMoment].flatMap(([place, rows]) => {
    const one = helpOf(rows, groups, all);
    return one === null ? [] : [{ place, ...one }];
  });
  const out = standsOut(asked.map(({ adjusted: { pValue } }) => pValue), MAP_LIMITS.falseDiscoveryRatio);
  const moments = asked.map(({ place, present, absent, adjusted: { difference, interval, pValue, strata, people } }, i): Help => {
    const { key, channel, name } = found.moments[place - 1]!;
    const arm = ({ n, hits }: Share) => ({ people: n, reached: hits, ratio: hits / n });
    return {
      key, channel, name, present: arm(present), absent: arm(absent), crude: present.hits / present.n - absent.hits / absent.n,
      adjusted: difference, interval, pValue, direction: !out[i]! || difference === 0 ? "unclear" : difference > 0 ? "more" : "less", strata, compared: people,
    };
  });
  return {
    type: "helps", label: "correlation", followed: all.n, reached: all.hits, leftOut: { reachedBefore: found.reachedBefore, tooShort: found.tooShort, alreadyThere: found.alreadyThere },
    adjustedFor: ADJUSTED_FOR.filter((_, i) => i !== 2 || channelsApart), tooRare: byMoment.size - asked.length,
    moments: moments.toSorted((a, b) => a.pValue - b.pValue || (a.key < b.key ? -1 : 1)),
    notes: ["This is a correlation. Who is about to reach the goal does other things anyway; only an experiment shows what a moment brings about.", ...cutWords(found)],
  };
} // prettier-ignore

const cutWords = ({ cut }: Followed): readonly string[] =>
  cut === 0 ? [] : [`${cut === 1 ? "One customer" : `${cut} customers`} did more until the landmark than is looked at: the first ${MAP_LIMITS.earlyMomentsMax} moments count.`]; // prettier-ignore

/** One moment: those who had it against those who had not, each within groups of people alike. */
function helpOf(rows: readonly GroupRow[], groups: ReadonlyMap<string, GroupRow>, all: Share): { readonly present: Share; readonly absent: Share; readonly adjusted: Adjusted } | null {
  const present = sumOf(rows);
  const absent = { n: all.n - present.n, hits: all.hits - present.hits };
  if (Math.min(present.n, absent.n) < MAP_LIMITS.armLeast) return null;
  const had = (group: string, by: "own" | "others"): Share => sumOf(rows.filter((row) => row[by] === group));
  const strata = [...groups].map(([group, everybody]): Stratum => {
    const there = had(group, "own");
    return { present: had(group, "others"), absent: { n: everybody.people - there.n, hits: everybody.reached - there.hits } };
  });
  const found = adjusted(strata);
  return found === null ? null : { present, absent, adjusted: found };
} // prettier-ignore
