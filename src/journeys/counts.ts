/**
 * How many runs stand where. The counts are kept by deltas that the transaction of each move writes (migration 0012), and
 * are exact at every instant: what was added up so far, and the deltas since. The job here adds them up.
 */
import type { Database, Sql } from "../db/postgres.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { WorkspaceId } from "../values.ts";

/** How many are in a version at each step, and what they wait for. */
export type Standing = { readonly version: number; readonly step: string; readonly blocker: string; readonly n: number }; // prettier-ignore
/** How many runs of a version ended so. */
export type Ended = { readonly version: number; readonly state: string; readonly n: number };
/** How many are in a version now. */
export type Running = { readonly journey: number; readonly version: number; readonly n: number };

/** What was added up, and what came since; in one statement, so that nothing is counted twice or missed. */
const countsSql = (where: string): string =>
  `(select journey, version, state, step, blocker, n from run_counts where ${where}
    union all select journey, version, state, step, blocker, n from run_deltas where ${where}) c`;
const ofJourney = countsSql("workspace = $1 and journey = $2");

/** Those in a journey, by version, step and what they wait for. */
export const readStanding = (
  sql: Sql,
  workspace: WorkspaceId,
  journey: number,
): Promise<readonly Standing[]> =>
  sql.query<Standing>(
    `select version, step, blocker, sum(n)::int as n from ${ofJourney} where state = 'running' and step <> ''
     group by 1, 2, 3 having sum(n) <> 0 order by 1, 2, 3`,
    [workspace, journey],
  );

/** How runs of a journey ended, by version. */
export const readEnds = (sql: Sql, workspace: WorkspaceId, journey: number): Promise<readonly Ended[]> =>
  sql.query<Ended>(
    `select version, state, sum(n)::int as n from ${ofJourney} where state <> 'running' group by 1, 2 having sum(n) <> 0 order by 1, 2`,
    [workspace, journey],
  );

/** Those in each version of a workspace's journeys. */
export const readRunning = (sql: Sql, workspace: WorkspaceId): Promise<readonly Running[]> =>
  sql.query<Running>(
    `select journey, version, sum(n)::int as n from ${countsSql("workspace = $1 and state = 'running'")} group by 1, 2 having sum(n) <> 0`,
    [workspace],
  );

/** Adds the deltas up, at most `COUNT_LIMITS.atOnce` of them; how many there were. Two who do it at once share them. */
export async function addUpRuns(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    `with taken as (delete from run_deltas where ctid = any(array(select ctid from run_deltas limit ${COUNT_LIMITS.atOnce} for update skip locked)) returning *),
     added as (insert into run_counts (journey, version, state, step, blocker, workspace, n)
       select journey, version, state, step, blocker, workspace, sum(n) from taken group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
       on conflict (journey, version, state, step, blocker, workspace) do update set n = run_counts.n + excluded.n)
     select count(*)::int as n from taken`,
  );
  return row!.n;
}

/** Bounds of adding up: how many deltas a round takes, and how long it rests when few were left. */
export const COUNT_LIMITS = { atOnce: 20_000, restMs: 5_000, faultMs: 10_000 } as const;

/** Starts to add up every few seconds. */
export const startCounting = (sql: Database, onFault: (cause: unknown) => void): Rounds =>
  startRounds({
    round: async () => ((await addUpRuns(sql)) < COUNT_LIMITS.atOnce ? COUNT_LIMITS.restMs : 0),
    onFault,
    faultMs: COUNT_LIMITS.faultMs,
  });
