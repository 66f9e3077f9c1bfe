/** Works lists out anew: for one workspace now, and for all of them every few hours, one after the other. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import { unloggedEvents } from "../log/feed.ts";
import { restingFirst, startRounds, type Rounds } from "../rounds.ts";
import type { Rule } from "../segments/model.ts";
import { planOf } from "../segments/plan.ts";
import { membersSql } from "../segments/sql.ts";
import { contextOf, readDefinitions } from "../segments/store.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { type GroupOf, computeLists } from "./compute.ts";
import { type Basis, RECOMMENDATION_LIMITS } from "./model.ts";
import { claimDue, readCategories, readStanding, writeLists } from "./store.ts";

export type RefreshDeps = { readonly sql: Database; readonly log: EventLog; readonly clock: Clock };
/** Between two looks at what is due. */
const REST_MS = 10 * 60_000;

/** Works out a workspace's lists and puts them in the place of those before; what they rest on. */
export async function refresh({ sql, log, clock }: RefreshDeps, workspace: WorkspaceId): Promise<Basis> {
  const now = clock();
  const began = performance.now();
  const [{ settings }, unlogged, groups] = [await readStanding(sql, workspace), await unloggedEvents(sql, now), await groupsOf(sql, workspace, now)]; // prettier-ignore
  const { counted, lists } = await computeLists({
    log, workspace, now, settings, groups, categoriesOf: (products) => readCategories(sql, workspace, products),
  }); // prettier-ignore
  const basis: Basis = {
    ...counted, settings, asOfAt: now - unlogged.ms, computedAt: clock(), lists: lists.length, tookMs: Math.round(performance.now() - began),
  }; // prettier-ignore
  await writeLists(sql, workspace, lists, basis);
  return basis;
}

/** The groups that have popular products of their own: the newest segments, and all stages. */
async function groupsOf(sql: Database, workspace: WorkspaceId, now: Instant): Promise<readonly GroupOf[]> {
  const all = await readDefinitions(sql, workspace);
  const context = contextOf(all);
  const firstStage = all.stages?.model.stages[0]?.key ?? null;
  const of = (group: GroupOf["group"], rule: Rule): readonly GroupOf[] => {
    const planned = planOf(rule, context);
    // A rule that refers to what was taken away has no members until it is mended.
    if (!planned.ok) return [];
    return [{ group, customers: (parameters) => membersSql({ workspace, root: planned.plan.root, now, firstStage }, parameters).text }];
  };
  const segments = [...all.segments.values()].toSorted((a, b) => b.id - a.id).slice(0, RECOMMENDATION_LIMITS.segments);
  return [
    ...segments.flatMap(({ id, rule }) => of({ segment: id }, rule)),
    ...(all.stages?.model.stages ?? []).flatMap(({ key }) => of({ stage: key }, { type: "stage", in: [key] })),
  ];
} // prettier-ignore

/** Works out one workspace's lists if any are due; whether there was one. */
export async function refreshDue(deps: RefreshDeps): Promise<boolean> {
  const workspace = await claimDue(deps.sql, deps.clock(), RECOMMENDATION_LIMITS.everyMs);
  if (workspace === null) return false;
  await refresh(deps, workspace);
  return true;
}

/** Keeps lists fresh until it is stopped; the first time after a rest, so that a start is not slowed down. */
export function startRefreshing(deps: RefreshDeps & { readonly onFault: (cause: unknown) => void }): Rounds {
  return startRounds({
    round: restingFirst(() => refreshDue(deps), REST_MS),
    onFault: deps.onFault,
    // Only the workspace that failed has to wait for its next turn.
    faultMs: REST_MS,
  });
} // prettier-ignore
