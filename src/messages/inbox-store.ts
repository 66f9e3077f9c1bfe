/** The statements on in-app inboxes. A customer's inbox is that of all atoms that are the customer now. */
import type { Sql } from "../db/postgres.ts";
import type { AtomId, Instant, JsonObject, WorkspaceId } from "../values.ts";
import { MESSAGE_LIMITS } from "./model.ts";

/** Notified when a message came into an inbox. */
export const INBOX_CHANNEL = "inbox_messages";

export type InboxRow = {
  readonly id: number;
  readonly message: string;
  readonly place: string;
  readonly body: JsonObject;
  readonly createdAt: Instant;
  readonly seenAt: Instant | null;
};
const ROW = `i.id, i.message, i.place, i.body, i.created_at as "createdAt", i.seen_at as "seenAt"`;

/**
 * Puts a message into the inbox of an atom; its row, the same however often it is put there; null when there is no such
 * atom in the workspace. The oldest beyond the bound are dropped.
 */
export async function putInInbox(
  sql: Sql,
  made: {
    readonly message: string;
    readonly workspace: WorkspaceId;
    readonly atom: AtomId;
    readonly place: string;
    readonly body: object;
  },
  now: Instant,
): Promise<number | null> {
  const [row] = await sql.query<{ id: number }>(
    `with put as (
       insert into inbox_messages (message, workspace, atom, place, body, created_at)
       select $1, $2::int, id, $4, $5::jsonb, $6 from atoms where id = $3 and workspace = $2::int
       on conflict (message) do nothing returning id),
     dropped as (
       delete from inbox_messages where exists (select 1 from put) and id in (
         select id from inbox_messages where atom = $3 order by id desc offset ${MESSAGE_LIMITS.inboxMax - 1}))
     select coalesce((select id from put), (select id from inbox_messages where message = $1 and workspace = $2::int)) as id,
       case when exists (select 1 from put) then pg_notify('${INBOX_CHANNEL}', '') end as told`,
    [made.message, made.workspace, made.atom, made.place, JSON.stringify(made.body), now],
  );
  return row?.id ?? null;
}

/** What lies in a customer's inbox and was not dismissed, newest first, before `before`; `place` null: everywhere. */
export function readInbox(
  sql: Sql,
  asked: { readonly atoms: readonly AtomId[]; readonly place: string | null; readonly before: number; readonly limit: number },
): Promise<readonly InboxRow[]> {
  return sql.query<InboxRow>(
    `select ${ROW} from inbox_messages i
     where i.atom = any($1::bigint[]) and i.dismissed_at is null and i.id < $2 and ($3::text is null or i.place = $3) order by i.id desc limit $4`,
    [asked.atoms, asked.before, asked.place, asked.limit],
  );
} // prettier-ignore

/** How many messages were not seen yet. */
export async function unseenIn(sql: Sql, atoms: readonly AtomId[], place: string | null): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    `select count(*)::int as n from inbox_messages
     where atom = any($1::bigint[]) and dismissed_at is null and seen_at is null and ($2::text is null or place = $2)`,
    [atoms, place],
  );
  return row!.n;
}

/** What came after `after` for any of these atoms, oldest first, each with its atom. */
export function newIn(
  sql: Sql,
  atoms: readonly number[],
  after: number,
): Promise<readonly (InboxRow & { readonly atom: number })[]> {
  return sql.query(
    `select ${ROW}, i.atom from inbox_messages i where i.atom = any($1::bigint[]) and i.id > $2 and i.dismissed_at is null order by i.id limit 1000`,
    [atoms, after],
  );
}

/** The newest row there is, of anybody: where a stream begins. */
export async function newestRow(sql: Sql): Promise<number> {
  const [row] = await sql.query<{ id: number }>("select coalesce(max(id), 0) as id from inbox_messages");
  return row!.id;
}

/** Writes down that a message was seen, or dismissed (and with that seen); the message when that was news, null otherwise. */
export async function markInInbox(
  sql: Sql,
  atoms: readonly AtomId[],
  id: number,
  what: "seen" | "dismissed",
  now: Instant,
): Promise<{ readonly found: boolean; readonly message: string | null }> {
  const [row] = await sql.query<{ found: boolean; message: string | null }>(
    `with before as (select id, message, ${what}_at as at from inbox_messages where id = $1 and atom = any($2::bigint[]) for update),
     turned as (
       update inbox_messages i set ${what === "dismissed" ? "dismissed_at = $3, seen_at = coalesce(i.seen_at, $3)" : "seen_at = $3"}
       from before b where i.id = b.id and b.at is null returning i.message)
     select exists (select 1 from before) as found, (select message from turned) as message`,
    [id, atoms, now],
  );
  return row!;
}
