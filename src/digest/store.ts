/** SQL of saved views, digests, their occasions and mails, and alerts. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { lastOccurrence, nextOccurrences } from "../journeys/cron.ts";
import { cursorOf, placeOf } from "../paging.ts";
import { type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type Alert, type Digest, DIGEST_LIMITS, DigestDraft, type View, type ViewDraft } from "./model.ts";

type ViewRow = Omit<View, "createdAt" | "updatedAt"> & {
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
};
const VIEW = `id, name, path, body, last_days as "lastDays", created_at as "createdAt", updated_at as "updatedAt", made_by as by`;
const viewOf = (row: ViewRow): View => ({ ...row, createdAt: isoOf(row.createdAt), updatedAt: isoOf(row.updatedAt) }); // prettier-ignore

/** The workspace's views, by name. */
export async function listViews(sql: Sql, workspace: WorkspaceId): Promise<View[]> {
  const rows = await sql.query<ViewRow>(`select ${VIEW} from views where workspace = $1 order by name, id`, [workspace]); // prettier-ignore
  return rows.map(viewOf);
}
/** One view. Throws `Failure("not_found")`. */
export async function readView(sql: Sql, workspace: WorkspaceId, id: number): Promise<View> {
  const [row] = await sql.query<ViewRow>(`select ${VIEW} from views where workspace = $1 and id = $2`, [workspace, id]); // prettier-ignore
  if (!row) throw new Failure("not_found", `There is no view ${id}.`);
  return viewOf(row);
}

function checkBody(draft: ViewDraft): string {
  const body = JSON.stringify(draft.body);
  if (body.length > DIGEST_LIMITS.bodyCharsMax)
    throw new Failure("unprocessable", `A view's body has ${DIGEST_LIMITS.bodyCharsMax} characters at most.`);
  return body;
}
/** Keeps a view; its id. */
export async function addView(sql: Sql, workspace: WorkspaceId, draft: ViewDraft, by: string, now: Instant): Promise<number> {
  const [row] = await sql.query<{ id: number }>(
    `insert into views (workspace, name, path, body, last_days, made_by, created_at, updated_at)
     select $1, $2, $3, $4::jsonb, $5, $6, $7, $7 where (select count(*) from views where workspace = $1) < ${DIGEST_LIMITS.viewsMax} returning id`,
    [workspace, draft.name, draft.path, checkBody(draft), draft.lastDays, by, now],
  );
  if (!row) throw new Failure("unprocessable", `A workspace has ${DIGEST_LIMITS.viewsMax} views at most.`);
  return row.id;
} // prettier-ignore
/** Changes a view. Throws `Failure("not_found")`. */
export async function changeView(sql: Sql, workspace: WorkspaceId, id: number, draft: ViewDraft, now: Instant): Promise<void> {
  const [row] = await sql.query(
    "update views set name = $3, path = $4, body = $5::jsonb, last_days = $6, updated_at = $7 where workspace = $1 and id = $2 returning 1 as one",
    [workspace, id, draft.name, draft.path, checkBody(draft), draft.lastDays, now],
  );
  if (!row) throw new Failure("not_found", `There is no view ${id}.`);
} // prettier-ignore
/** Removes a view no digest brings. Throws `Failure("not_found")`, or `Failure("conflict")` where one does. */
export async function removeView(sql: Sql, workspace: WorkspaceId, id: number): Promise<void> {
  await readView(sql, workspace, id);
  const [used] = await sql.query<{ name: string }>("select draft->>'name' as name from digests where workspace = $1 and draft->'views' @> to_jsonb($2::int) limit 1", [workspace, id]); // prettier-ignore
  if (used)
    throw new Failure("conflict", `The digest "${used.name}" brings this view. Take it out there first.`);
  await sql.query("delete from views where workspace = $1 and id = $2", [workspace, id]);
}

/** A digest as it is kept. */
export type DigestRow = { readonly id: number; readonly workspace: WorkspaceId; readonly draft: DigestDraft; readonly zone: string; readonly createdAt: Instant; readonly updatedAt: Instant; readonly lastAt: Instant | null }; // prettier-ignore
type LastRow = { readonly digest: number; readonly at: Instant; readonly sent: number; readonly problem: string | null }; // prettier-ignore
const DIGEST = `select d.id, d.workspace, d.draft, d.created_at as "createdAt", d.updated_at as "updatedAt", coalesce(w.settings->'policy'->>'zone', 'UTC') as zone,
  (select max(o.at) from digest_occasions o where o.digest = d.id) as "lastAt" from digests d join workspaces w on w.id = d.workspace`;

/** All digests, of one workspace or (null) of all. */
export const readDigests = (sql: Sql, workspace: WorkspaceId | null): Promise<readonly DigestRow[]> =>
  sql.query<DigestRow>(`${DIGEST} where $1::int is null or d.workspace = $1 order by d.id`, [workspace]);

/** When a digest comes, as cron tells it. */
const cronOf = ({ every, hour, weekday }: DigestDraft): string =>
  `0 ${hour} * * ${every === "day" ? "*" : weekday}`;
/** The occasion that is due; null: none. */
export const dueAt = ({ draft, zone, updatedAt, lastAt }: DigestRow, now: Instant): Instant | null =>
  draft.on ? lastOccurrence(cronOf(draft), zone, Math.max(updatedAt, now - DIGEST_LIMITS.missedMsMax, lastAt ?? 0), now) : null; // prettier-ignore

/** Digests as the API answers them. */
export async function listDigests(sql: Sql, workspace: WorkspaceId, now: Instant): Promise<Digest[]> {
  const rows = await readDigests(sql, workspace);
  const lasts = await sql.query<LastRow>(
    `select distinct on (o.digest) o.digest, o.at, (select count(*)::int from digest_mails m where m.digest = o.digest and m.at = o.at and m.state = 'sent') as sent,
       coalesce(o.problem, (select min(m.address || ': ' || m.detail) from digest_mails m where m.digest = o.digest and m.at = o.at and m.state in ('failed', 'unknown'))) as problem
     from digest_occasions o where o.digest = any($1::int[]) order by o.digest, o.at desc`,
    [rows.map(({ id }) => id)],
  );
  return rows.map(({ id, draft, zone, createdAt }) => {
    const last = lasts.find(({ digest }) => digest === id);
    const next = draft.on ? nextOccurrences(cronOf(draft), zone, 1, now)[0] : undefined;
    return {
      ...DigestDraft.parse(draft), id, createdAt: isoOf(createdAt), nextAt: next === undefined ? null : isoOf(next),
      last: last ? { at: isoOf(last.at), sent: last.sent, problem: last.problem } : null,
    };
  });
} // prettier-ignore

/** What can be brought by mail. */
const BROUGHT = ["/v1/metrics", "/v1/funnels", "/v1/retention"];
/** Throws `Failure("unprocessable")` for addresses that are nobody's of the workspace, and for views that cannot be brought. */
export async function checkDigest(
  sql: Sql,
  workspace: WorkspaceId,
  { to, views }: DigestDraft,
): Promise<void> {
  const people = await sql.query<{ email: string }>("select lower(u.email) as email from members m join users u on u.id = m.user_id where m.workspace = $1", [workspace]); // prettier-ignore
  const stranger = to.find((address) => !people.some(({ email }) => email === address.toLowerCase()));
  if (stranger !== undefined)
    throw new Failure("unprocessable", `${stranger} is nobody of this workspace. A digest goes to its people only.`); // prettier-ignore
  const known = await listViews(sql, workspace);
  for (const id of views) {
    const view = known.find((one) => one.id === id);
    if (!view) throw new Failure("unprocessable", `There is no view ${id}.`);
    if (!BROUGHT.includes(view.path))
      throw new Failure("unprocessable", `The view "${view.name}" is none of metrics, a funnel or retention: it cannot be brought by mail.`); // prettier-ignore
  }
}
/** Keeps a digest; its id. */
export async function addDigest(sql: Sql, workspace: WorkspaceId, draft: DigestDraft, now: Instant): Promise<number> {
  const [row] = await sql.query<{ id: number }>(
    `insert into digests (workspace, draft, created_at, updated_at) select $1, $2::jsonb, $3, $3
     where (select count(*) from digests where workspace = $1) < ${DIGEST_LIMITS.digestsMax} returning id`,
    [workspace, JSON.stringify(draft), now],
  );
  if (!row) throw new Failure("unprocessable", `A workspace has ${DIGEST_LIMITS.digestsMax} digests at most.`);
  return row.id;
} // prettier-ignore
/** Changes a digest, or (null) removes it. Throws `Failure("not_found")`. */
export async function changeDigest(sql: Sql, workspace: WorkspaceId, id: number, draft: DigestDraft | null, now: Instant): Promise<void> {
  const [row] = draft === null
    ? await sql.query("delete from digests where workspace = $1 and id = $2 returning 1 as one", [workspace, id])
    : await sql.query("update digests set draft = $3::jsonb, updated_at = $4 where workspace = $1 and id = $2 returning 1 as one", [workspace, id, JSON.stringify(draft), now]);
  if (!row) throw new Failure("not_found", `There is no digest ${id}.`);
} // prettier-ignore

type AlertRow = Omit<Alert, "since" | "foundAt" | "seenAt"> & { readonly since: Instant; readonly foundAt: Instant; readonly seenAt: Instant | null }; // prettier-ignore
const ALERT = `id, metric, part, name, words, direction, worse, since_at as since, before_value as before, after_value as after, p_value as "pValue", found_at as "foundAt", seen_at as "seenAt", seen_by as "seenBy"`;
const alertOf = (row: AlertRow): Alert => ({ ...row, since: isoOf(row.since), foundAt: isoOf(row.foundAt), seenAt: row.seenAt === null ? null : isoOf(row.seenAt) }); // prettier-ignore

/** Alerts, the newest first. */
export async function listAlerts(sql: Sql, workspace: WorkspaceId, asked: { readonly open: boolean; readonly limit: number; readonly cursor?: string | undefined }): Promise<{ alerts: Alert[]; nextCursor: string | null }> {
  const before = placeOf(asked.cursor, ["number"]);
  const rows = await sql.query<AlertRow>(
    `select ${ALERT} from alerts where workspace = $1 and (not $2::boolean or seen_at is null) and ($3::int is null or id < $3) order by id desc limit $4`,
    [workspace, asked.open, before?.[0] ?? null, asked.limit + 1],
  );
  const page = rows.slice(0, asked.limit);
  return { alerts: page.map(alertOf), nextCursor: rows.length > asked.limit ? cursorOf([page.at(-1)!.id]) : null };
} // prettier-ignore
/** Says whether somebody has seen an alert. Throws `Failure("not_found")`. */
export async function markAlert(sql: Sql, workspace: WorkspaceId, id: number, by: string | null, now: Instant): Promise<Alert> {
  const [row] = await sql.query<AlertRow>(
    `update alerts set seen_at = case when $3::text is null then null else coalesce(seen_at, $4::bigint) end, seen_by = case when $3::text is null then null else coalesce(seen_by, $3::text) end
     where workspace = $1 and id = $2 returning ${ALERT}`,
    [workspace, id, by, now],
  );
  if (!row) throw new Failure("not_found", `There is no alert ${id}.`);
  return alertOf(row);
} // prettier-ignore
