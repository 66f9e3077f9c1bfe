/**
 * Two parts of history side by side: of which moments and edges do more people on the one side than on the other have
 * part. Differences of what was seen, with how sure they are; what caused them is not told by this.
 */
import { casesSql, momentsIn } from "../analysis/cases.ts";
import type { Moment, MomentGrouping } from "../analysis/model.ts";
import { type Scoped, scopeFor } from "../analysis/scope.ts";
import type { WorkspaceId } from "../values.ts";
import type { MapStores, WholeMap } from "./discover.ts";
import type { CompareRequest, Compared } from "./judged-model.ts";
import { differenceOf, standsOut } from "./judge.ts";
import { MAP_LIMITS } from "./model.ts";
import { edgesOf, wholeOf } from "./show.ts";
import { type NodeRow, mapSql } from "./sql.ts";
import { GOAL_ANYWHERE } from "./words.ts";

/** Both sides of a comparison as maps by customer. */
export type Sides = { readonly a: WholeMap; readonly b: WholeMap; readonly asOfAt: number; readonly notes: readonly string[] }; // prettier-ignore

/** Reads both sides. */
export const sidesOf = (stores: MapStores, workspace: WorkspaceId, request: CompareRequest, grouping: MomentGrouping): Promise<Sides> =>
  request.against.by === "goal"
    ? byGoal(stores, workspace, request, request.against.goal, grouping)
    : byScope(stores, workspace, request, grouping); // prettier-ignore

const CUSTOMER = { by: "customer" } as const;
async function drawnBy(log: MapStores["log"], scoped: Scoped, moments: readonly Moment[], cases: string): Promise<WholeMap> {
  const rows = await log.rows<NodeRow>(mapSql(cases, CUSTOMER, "approximate"), scoped.parameters.values);
  return { moments, by: "customer", times: "approximate", rows };
} // prettier-ignore

async function byScope(
  { sql, log, clock }: MapStores,
  workspace: WorkspaceId,
  { scope, against }: CompareRequest,
  grouping: MomentGrouping,
): Promise<Sides> {
  const other = against.by === "scope" ? against.scope : scope;
  const read = async (of: typeof scope) => {
    const scoped = await scopeFor(sql, log, workspace, of, clock());
    const moments = await momentsIn(log, scoped, grouping);
    return {
      map: await drawnBy(log, scoped, moments.moments, casesSql(moments, CUSTOMER, scoped)),
      asOfAt: scoped.asOfAt,
    };
  };
  const a = await read(scope);
  const b = await read(other);
  return {
    a: a.map,
    b: b.map,
    asOfAt: Math.min(a.asOfAt, b.asOfAt),
    notes: [
      "Intervals take the people on both sides for different ones. Where many are on both, differences are surer than told.",
      ...(scope.to - scope.from === other.to - other.from
        ? []
        : ["The periods are not equally long: in the longer one people have more time to do anything."]),
    ],
  };
}

/** Who reached the goal, with what they did until then, against who did not. */
async function byGoal(
  { sql, log, clock }: MapStores,
  workspace: WorkspaceId,
  { scope }: CompareRequest,
  goal: string,
  grouping: MomentGrouping,
): Promise<Sides> {
  const scoped = await scopeFor(sql, log, workspace, scope, clock(), [goal]);
  const moments = await momentsIn(log, scoped, grouping);
  const side = (reached: 0 | 1) => drawnBy(log, scoped, moments.moments, firstTrySql(casesSql(moments, { by: "goal", goal }, scoped), reached)); // prettier-ignore
  return {
    a: await side(1),
    b: await side(0),
    asOfAt: scoped.asOfAt,
    notes: [
      "Of those who reached the goal, what they did before it for the first time; who did nothing before is on neither side.",
      ...(scope.channels === undefined ? [] : [GOAL_ANYWHERE]),
      "Those who did not reach it may have been seen for a longer or a shorter time: `helps` compares people who were followed equally long.",
    ],
  };
}

/** Each customer's first case as one row of cases, without the goal itself. */
const firstTrySql = (cases: string, reached: 0 | 1): string =>
  `select customer, m, t, arrayMap(i -> toUInt8(i = 1), arrayEnumerate(m)) as n, arrayMap(i -> toUInt8(0), m) as goal
   from (select customer, ${reached ? "arrayPopBack(ms)" : "ms"} as m, ${reached ? "arrayPopBack(ts)" : "ts"} as t
     from (select customer, arraySplit((x, b) -> b, m, n)[1] as ms, arraySplit((x, b) -> b, t, n)[1] as ts, arraySplit((x, b) -> b, goal, n)[1][-1] as hit from (${cases}))
     where hit = ${reached}) where notEmpty(m)`;

type Line = { readonly name: string; readonly a: number; readonly b: number };
/** The comparison; null where a side has too few people. */
export function compared({ a, b, notes }: Sides): Compared | null {
  const [na, nb] = [wholeOf(a).people, wholeOf(b).people];
  if (Math.min(na, nb) < MAP_LIMITS.comparedLeast) return null;
  const moments = new Map([...b.moments, ...a.moments].map((moment) => [moment.key, moment]));
  const nodes = linesOf(nodePeople(a), nodePeople(b));
  const [edgesA, edgesB] = [a, b].map((map) => new Map(edgesOf(map).map((edge) => [JSON.stringify([edge.from, edge.to]), edge.people])));
  const edges = linesOf(edgesA!, edgesB!);
  const told = [...nodes, ...edges].map((line) => ({ ...line, ...differenceOf({ hits: line.a, n: na }, { hits: line.b, n: nb }) }));
  const out = standsOut(told.map(({ pValue }) => pValue), MAP_LIMITS.falseDiscoveryRatio);
  const all = told.map(({ name, a: inA, b: inB, difference, interval, pValue }, i) => ({
    name, difference, interval, pValue, significant: out[i]!,
    a: { people: inA, share: inA / na }, b: { people: inB, share: inB / nb },
  }));
  const surest = (from: number, to: number) => all.slice(from, to).toSorted((x, y) => x.pValue - y.pValue || Math.abs(y.difference) - Math.abs(x.difference));
  return {
    type: "compared", label: "difference", a: { people: na, events: wholeOf(a).events }, b: { people: nb, events: wholeOf(b).events },
    nodes: surest(0, nodes.length).map(({ name, ...rest }) => ({ key: name, channel: moments.get(name)!.channel, name: moments.get(name)!.name, ...rest })),
    edges: surest(nodes.length, all.length).map(({ name, ...rest }) => {
      const [from, to] = JSON.parse(name) as [string, string];
      return { from, to, ...rest };
    }),
    notes: [...notes, ...(Math.max(edgesA!.size, edgesB!.size) > MAP_LIMITS.comparedMost ? [`Of the edges the ${MAP_LIMITS.comparedMost} with most people are compared.`] : [])],
  };
} // prettier-ignore

const nodePeople = ({ moments, rows }: WholeMap): ReadonlyMap<string, number> =>
  new Map(
    rows.flatMap(({ node, people }) => (node === 0 ? [] : [[moments[node - 1]!.key, people] as const])),
  );

/** What is on either side, those with most people; chosen by both sides together, so that choosing favours no difference. */
function linesOf(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): readonly Line[] {
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((name) => ({ name, a: a.get(name) ?? 0, b: b.get(name) ?? 0 }))
    .toSorted((x, y) => y.a + y.b - x.a - x.b || (x.name < y.name ? -1 : 1))
    .slice(0, MAP_LIMITS.comparedMost);
}
