/**
 * The loop that lets customers into journeys that begin by the clock. Who enters an occurrence's members writes its row in
 * the same transaction, so it is done once however many processes look. After downtime the latest occurrence that was
 * missed is made up for, where it is no more than a day old; the ones before it are not, for nobody wants yesterday's
 * letter and today's together.
 */
import type { Database, Sql } from "../db/postgres.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { lastOccurrence, nextOccurrences } from "./cron.ts";

/** An occurrence missed longer ago than this is not made up for. */
export const MISSED_MS_MAX = 86_400_000;

/** Occurrences are kept so long, to be looked up. */
const KEPT_MS = 90 * 86_400_000;

export type SchedulerDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  /** Says that somebody is to enter a journey. */
  readonly onEntry: () => void;
  readonly onFault: (cause: unknown) => void;
};
/** A journey that begins by the clock, by the version that is entered. */
type Scheduled = {
  readonly journey: number;
  readonly workspace: WorkspaceId;
  readonly cron: string;
  readonly segment: number;
  readonly zone: string;
  readonly liveAt: Instant;
  /** Whether customers enter it now; else it is paused, and what comes meanwhile passes. */
  readonly open: boolean;
  readonly lastAt: Instant | null;
};

const IDLE_MS = 60_000;

/** Starts the loop. It looks every minute, and when the next occurrence comes. */
export const startScheduler = ({ sql, clock, onEntry, onFault }: SchedulerDeps): Rounds =>
  startRounds({
    round: async () => {
      const { entered, nextAt } = await keepSchedule(sql, clock(), onFault);
      if (entered > 0) onEntry();
      return nextAt === null ? IDLE_MS : Math.max(1, Math.min(IDLE_MS, nextAt - clock()));
    },
    onFault,
    faultMs: IDLE_MS,
  });

/** Lets the members of what is due in, once; how many customers, and when the next occurrence comes. */
export async function keepSchedule(sql: Database, now: Instant, onFault: (cause: unknown) => void): Promise<{ entered: number; nextAt: Instant | null }> {
  let entered = 0;
  let nextAt: Instant | null = null;
  for (const one of await readScheduled(sql))
    try {
      const after = Math.max(one.liveAt, now - MISSED_MS_MAX, one.lastAt ?? 0);
      const at = lastOccurrence(one.cron, one.zone, after, now);
      if (at !== null) entered += await occur(sql, one, at, now);
      const [next] = nextOccurrences(one.cron, one.zone, 1, now);
      if (next !== undefined && (nextAt === null || next < nextAt)) nextAt = next;
    } catch (cause) {
      // One journey's trouble (a segment that does not serve yet) is no other's; it is looked at again in a minute.
      onFault(cause);
    }
  return { entered, nextAt };
} // prettier-ignore

const readScheduled = (sql: Sql): Promise<readonly Scheduled[]> =>
  sql.query<Scheduled>(
    `select distinct on (j.id) j.id as journey, j.workspace, v.body->'draft'->'entry'->>'cron' as cron, (v.body->'draft'->'entry'->>'segment')::int as segment,
       coalesce(w.settings->'policy'->>'zone', 'UTC') as zone, v.live_at as "liveAt", j.state = 'live' as open,
       (select max(at) from journey_occurrences o where o.journey = j.id) as "lastAt"
     from journeys j join versions v on v.journey = j.id and v.state = 'live' join workspaces w on w.id = j.workspace
     where j.state in ('live', 'paused') and v.body->'draft'->'entry'->>'type' = 'schedule' order by j.id, v.id desc`,
  );

/** Writes the occurrence down and puts the segment's members in front of the journey; how many. */
const occur = (sql: Database, { journey, workspace, segment, open }: Scheduled, at: Instant, now: Instant): Promise<number> =>
  sql.transaction(async (tx) => {
    const [mine] = await tx.query("insert into journey_occurrences (journey, at) values ($1, $2) on conflict do nothing returning 1 as one", [journey, at]);
    if (!mine) return 0;
    await tx.query("delete from journey_occurrences where journey = $1 and at < $2", [journey, at - KEPT_MS]);
    if (!open) return 0;
    const [row] = await tx.query<{ n: number; serves: boolean }>(
      `with serving as (select id from versions where workspace = $1 and segment = $3 and state = 'live'),
       added as (
         insert into journey_entries (workspace, journey, customer, due_at)
         select $1, $2, m.customer, $4 from segment_members m join serving s on s.id = m.version order by m.customer returning 1)
       select (select count(*)::int from added) as n, exists (select 1 from serving) as serves`,
      [workspace, journey, segment, now],
    );
    if (!row!.serves) throw new Error(`Segment ${segment}, whose members enter journey ${journey}, does not serve yet.`);
    await tx.query("update journey_occurrences set entered = $3 where journey = $1 and at = $2", [journey, at, row!.n]);
    return row!.n;
  }); // prettier-ignore
