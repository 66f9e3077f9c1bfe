/** Looks once a day in each workspace whether a metric changed, and raises an alert for what is new. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Database, Sql } from "../db/postgres.ts";
import { beginOf, periodOf } from "../metrics/calendar.ts";
import { isAlarm } from "../metrics/change.ts";
import { readMetrics } from "../metrics/metrics.ts";
import { type Change, type Figure, type Metric, MetricsAsked } from "../metrics/model.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import { isoOf } from "../values.ts";
import { DIGEST_LIMITS } from "./model.ts";
import { alertWords } from "./words.ts";

type WatchDeps = { readonly sql: Database; readonly log: EventLog; readonly clock: Clock; readonly onFault: (cause: unknown) => void }; // prettier-ignore
type Place = { readonly id: WorkspaceId; readonly zone: string };
const DAY_MS = 86_400_000;
/** Not before this hour of the day, so that what came late yesterday was processed. */
const FROM_HOUR_MS = 3 * 3_600_000;
/** Two changes of one figure that began so near to each other are one. */
const SAME_MS = 14 * DAY_MS;

/** Looks where nobody looked today; how many alerts were raised. */
export async function lookForChanges({ sql, log, clock, onFault }: WatchDeps): Promise<number> {
  const now = clock();
  let raised = 0;
  for (const place of await sql.query<Place>("select id, coalesce(settings->'policy'->>'zone', 'UTC') as zone from workspaces order by id"))
    try {
      const day = periodOf(now, "day", place.zone);
      if (now < beginOf(day, "day", place.zone) + FROM_HOUR_MS) continue;
      const [mine] = await sql.query("insert into alert_looks (workspace, day) values ($1, $2) on conflict do nothing returning 1 as one", [place.id, day]);
      if (!mine) continue;
      await sql.query("delete from alert_looks where workspace = $1 and day < $2", [place.id, day - 7]);
      raised += await lookInto(sql, log, place, now);
    } catch (cause) {
      onFault(cause);
    }
  return raised;
} // prettier-ignore

async function lookInto(sql: Database, log: EventLog, place: Place, now: Instant): Promise<number> {
  const { id, zone } = place;
  const today = periodOf(now, "day", zone);
  const scope = {
    from: isoOf(beginOf(today - DIGEST_LIMITS.watchedDays, "day", zone)),
    to: isoOf(beginOf(today, "day", zone)),
  };
  const [any] = await log.rows<{ one: number }>(`select 1 as one from events where workspace = ${id} and happenedAt >= ${Date.parse(scope.from)} limit 1`); // prettier-ignore
  if (!any) return 0;
  const { answer } = await readMetrics({ sql, log, workspace: id, now }, MetricsAsked.parse({ scope, every: "day" })); // prettier-ignore
  const watched = answer.metrics.flatMap(({ figures }) => figures.filter(({ changes }) => changes.type === "watched")).length; // prettier-ignore
  let raised = 0;
  for (const metric of answer.metrics)
    for (const figure of metric.figures)
      for (const change of newsIn(figure, watched, now))
        if (await raise(sql, place, metric, figure, change, now)) raised++;
  return raised;
}

/** Changes that began lately, and are sure enough among all series that are watched. */
const newsIn = ({ changes }: Pick<Figure, "changes">, watched: number, now: Instant): readonly Change[] =>
  changes.type === "watched"
    ? changes.changes.filter(
        ({ since, pValue }) =>
          Date.parse(since) >= now - DIGEST_LIMITS.newsDays * DAY_MS && isAlarm(pValue, watched),
      )
    : [];

/** Raises an alert unless the same change has one; whether it did. */
async function raise(sql: Sql, { id: workspace, zone }: Place, { key, title, unit, better }: Metric, figure: Figure, change: Change, now: Instant): Promise<boolean> {
  const worse = better === "neither" ? null : (better === "more") === (change.direction === "down");
  const sinceAt = Date.parse(change.since);
  const [row] = await sql.query(
    `insert into alerts (workspace, metric, part, name, words, direction, worse, since_at, before_value, after_value, p_value, found_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
     where not exists (select 1 from alerts where workspace = $1 and metric = $2 and part is not distinct from $3::text and direction = $6 and abs(since_at - $8::bigint) <= ${SAME_MS})
     returning 1 as one`,
    [workspace, key, figure.part, figure.name, alertWords(title, figure, change, unit, zone), change.direction, worse, sinceAt, change.before, change.after, change.pValue, now],
  );
  await sql.query(`delete from alerts where workspace = $1 and id < (select id from alerts where workspace = $1 order by id desc offset ${DIGEST_LIMITS.alertsMax} limit 1)`, [workspace]);
  return row !== undefined;
} // prettier-ignore
