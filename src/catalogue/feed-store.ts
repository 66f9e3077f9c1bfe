/** The statements on feeds: claiming those that are due, and what came of reading each. */
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Known } from "./feed-source.ts";
import { CATALOGUE_LIMITS, type FeedReading } from "./model.ts";

/** Notified when a feed is to be read now. */
export const FEEDS_CHANNEL = "catalogue_feeds";
/** A claim outlives the reading it is for; a process that dies leaves it to be taken again after that. */
const CLAIM_MS = CATALOGUE_LIMITS.feedMs + 60_000;
/** What could not be read is tried again after this, or sooner where it is read more often. */
const AGAIN_MS = 15 * 60_000;

/** A feed to be read now. */
export type Claimed = Known & { readonly id: number; readonly workspace: WorkspaceId; readonly url: string; readonly round: number; readonly everyMinutes: number }; // prettier-ignore
/** A feed as it stands. */
export type FeedRow = { readonly id: number; readonly url: string; readonly everyMinutes: number; readonly createdAt: Instant; readonly dueAt: Instant; readonly reading: FeedReading | null; readonly items: number }; // prettier-ignore

/** The workspace's feeds, oldest first. */
export const listFeeds = (sql: Sql, workspace: WorkspaceId): Promise<readonly FeedRow[]> =>
  sql.query<FeedRow>(
    `select f.id, f.url, f.every_minutes as "everyMinutes", f.created_at as "createdAt", f.due_at as "dueAt", f.reading,
       (select count(*) from catalogue_items i where i.feed = f.id and i.workspace = f.workspace) as items
     from catalogue_feeds f where f.workspace = $1 order by f.id`,
    [workspace],
  );

/** Adds a feed, to be read at once; its number, or null where the workspace has as many as it may or reads this address already. */
export async function addFeed(sql: Sql, workspace: WorkspaceId, { url, everyMinutes }: { readonly url: string; readonly everyMinutes: number }, now: Instant): Promise<number | null> {
  return sql.transaction(async (tx) => {
    await tx.query("select 1 as one from workspaces where id = $1 for update", [workspace]);
    const [row] = await tx.query<{ id: number }>(
      `insert into catalogue_feeds (workspace, url, every_minutes, created_at, due_at) select $1, $2, $3, $4, $4
       where (select count(*) from catalogue_feeds where workspace = $1) < ${CATALOGUE_LIMITS.feeds} on conflict do nothing returning id`,
      [workspace, url, everyMinutes, now],
    );
    if (row) await tx.query(`select pg_notify('${FEEDS_CHANNEL}', '')`);
    return row?.id ?? null;
  });
} // prettier-ignore

/** Reads a feed no more; its items stay as they are, and belong to no feed from then on. Whether there was one. */
export async function removeFeed(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  return sql.transaction(async (tx) => {
    const gone = await tx.query("delete from catalogue_feeds where workspace = $1 and id = $2 returning 1 as one", [workspace, id]); // prettier-ignore
    if (gone.length > 0) await tx.query("update catalogue_items set feed = null where workspace = $1 and feed = $2", [workspace, id]); // prettier-ignore
    return gone.length > 0;
  });
}

/** Has a feed read now, whole; whether there is such a feed. */
export async function askFeed(sql: Sql, workspace: WorkspaceId, id: number, now: Instant): Promise<boolean> {
  const rows = await sql.query("update catalogue_feeds set due_at = $3, etag = null, last_modified = null where workspace = $1 and id = $2 returning pg_notify($4, '') as told", [workspace, id, now, FEEDS_CHANNEL]); // prettier-ignore
  return rows.length > 0;
}

/** Takes the feed that is due first; null when none is. Nobody else reads it until the claim runs out. */
export async function claimFeed(sql: Sql, now: Instant): Promise<Claimed | null> {
  const [row] = await sql.query<Claimed>(
    `update catalogue_feeds set claimed_until = $1 + ${CLAIM_MS}, round = round + 1
     where id = (select id from catalogue_feeds where due_at <= $1 and claimed_until <= $1 order by due_at, id limit 1 for update skip locked)
     returning id, workspace, url, round, every_minutes as "everyMinutes", etag, last_modified as "lastModified"`,
    [now],
  );
  return row ?? null;
}

/** Gives a claim back: whoever comes next reads the feed from its beginning. */
export async function releaseFeed(sql: Sql, { id, round }: Claimed): Promise<void> {
  await sql.query("update catalogue_feeds set claimed_until = 0 where id = $1 and round = $2", [id, round]);
}

/** When the next feed is due; null when there is none. */
export async function nextFeedDue(sql: Sql): Promise<Instant | null> {
  const [row] = await sql.query<{ at: Instant | null }>(
    "select min(greatest(due_at, claimed_until)) as at from catalogue_feeds",
  );
  return row!.at;
}

/** What the feed does not name any more becomes inactive; how many items that are. Nothing is written of those it names. */
export async function endRound(sql: Sql, { id, workspace }: Claimed, named: ReadonlySet<string>, now: Instant): Promise<number> {
  const gone = await sql.query(
    `with named as materialized (select jsonb_array_elements_text($3::jsonb) as id)
     update catalogue_items i set gone_at = $4, updated_at = $4
     where i.workspace = $1 and i.feed = $2 and i.gone_at is null and not exists (select 1 from named where named.id = i.id) returning 1 as one`,
    [workspace, id, JSON.stringify([...named]), now],
  );
  return gone.length;
} // prettier-ignore

/** Writes down what came of a reading, and when the next one is, unless the claim has passed to somebody else. */
export async function settleFeed(sql: Sql, { id, round, everyMinutes }: Claimed, reading: FeedReading, { etag, lastModified }: Known): Promise<void> {
  const everyMs = everyMinutes * 60_000;
  const restMs = reading.outcome === "taken" || reading.outcome === "unchanged" ? everyMs : Math.min(everyMs, AGAIN_MS);
  await sql.query(
    "update catalogue_feeds set reading = $3, etag = $4, last_modified = $5, due_at = $6, claimed_until = 0 where id = $1 and round = $2",
    [id, round, JSON.stringify(reading), etag, lastModified, reading.at + restMs],
  );
} // prettier-ignore
