/** The statements of access: workspaces, keys, users, members and sessions. Only hashes of secrets pass through here. */
import { LOCKS } from "../db/locks.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { KeyKind, MemberRole } from "./model.ts";

/** One lock for all that must happen once in an installation: the first workspace, the first owner. */

export type KeyRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly kind: KeyKind;
  readonly name: string;
  readonly value: string | null;
  readonly hash: string | null;
  readonly hint: string;
  readonly created_at: Instant;
  readonly revoked_at: Instant | null;
};
export type UserRow = {
  readonly id: number;
  readonly email: string;
  readonly name: string;
  readonly password_hash: string;
};
export type SessionRow = {
  readonly user_id: number;
  readonly email: string;
  readonly name: string;
  readonly csrf: string;
  readonly expires_at: Instant;
};
export type MemberRow = {
  readonly id: WorkspaceId;
  readonly name: string;
  readonly role: MemberRole;
  readonly zone: string;
};

const KEY_COLUMNS = "id, workspace, kind, name, value, hash, hint, created_at, revoked_at";

/** Runs `work` while no other process or request creates firsts. */
export const alone = <T>(sql: Sql, work: (tx: Sql) => Promise<T>): Promise<T> =>
  sql.transaction(async (tx) => {
    await tx.query("select pg_advisory_xact_lock($1)", [LOCKS.firstWorkspace]);
    return work(tx);
  });

/** The oldest workspace, or null before the first start. */
export async function firstWorkspace(sql: Sql): Promise<{ id: WorkspaceId; name: string } | null> {
  const rows = await sql.query<{ id: WorkspaceId; name: string }>(
    "select id, name from workspaces order by id limit 1",
  );
  return rows[0] ?? null;
}

export async function countWorkspaces(sql: Sql): Promise<number> {
  const rows = await sql.query<{ n: number }>("select count(*) as n from workspaces");
  return rows[0]!.n;
}

export async function addWorkspace(sql: Sql, name: string, now: Instant): Promise<WorkspaceId> {
  const rows = await sql.query<{ id: WorkspaceId }>(
    "insert into workspaces (name, created_at) values ($1, $2) returning id",
    [name, now],
  );
  return rows[0]!.id;
}

export async function renameWorkspace(sql: Sql, workspace: WorkspaceId, name: string): Promise<void> {
  await sql.query("update workspaces set name = $2 where id = $1", [workspace, name]);
}

/** The keys in force of every workspace: what the key ring holds. `country`: of the workspace's phone numbers that name none. */
export const liveKeys = (sql: Sql): Promise<readonly (KeyRow & { readonly country: string | null })[]> =>
  sql.query(
    `select ${KEY_COLUMNS}, (select settings->'desk'->>'country' from workspaces w where w.id = workspace) as country from keys where revoked_at is null`,
  );

/** A workspace's keys: those in force newest first, then the revoked ones. */
export const keysOf = (sql: Sql, workspace: WorkspaceId): Promise<readonly KeyRow[]> =>
  sql.query<KeyRow>(
    `select ${KEY_COLUMNS} from keys where workspace = $1 order by revoked_at is not null, id desc limit 1000`,
    [workspace],
  );

/** The key of this text, in force or revoked, by value (write) or hash (secret). */
export async function keyBy(sql: Sql, kind: KeyKind, text: string): Promise<KeyRow | null> {
  const column = kind === "write" ? "value" : "hash";
  const rows = await sql.query<KeyRow>(`select ${KEY_COLUMNS} from keys where kind = $1 and ${column} = $2`, [
    kind,
    text,
  ]);
  return rows[0] ?? null;
}

export type NewKeyRow = Pick<
  KeyRow,
  "workspace" | "kind" | "name" | "value" | "hash" | "hint" | "created_at"
>;
export async function addKey(sql: Sql, key: NewKeyRow): Promise<KeyRow> {
  const rows = await sql.query<KeyRow>(
    `insert into keys (workspace, kind, name, value, hash, hint, created_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${KEY_COLUMNS}`,
    [key.workspace, key.kind, key.name, key.value, key.hash, key.hint, key.created_at],
  );
  return rows[0]!;
}

/** Revokes a key of this workspace; a key revoked before keeps its moment. Null when the workspace has no such key. */
export async function revokeKey(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  now: Instant,
): Promise<KeyRow | null> {
  const rows = await sql.query<KeyRow>(
    `update keys set revoked_at = coalesce(revoked_at, $3) where workspace = $1 and id = $2 returning ${KEY_COLUMNS}`,
    [workspace, id, now],
  );
  return rows[0] ?? null;
}

export async function countLiveKeys(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const rows = await sql.query<{ n: number }>(
    "select count(*) as n from keys where workspace = $1 and revoked_at is null",
    [workspace],
  );
  return rows[0]!.n;
}

export async function anyUser(sql: Sql): Promise<boolean> {
  const rows = await sql.query<{ any: boolean }>("select exists (select from users) as any");
  return rows[0]!.any;
}

export async function addUser(sql: Sql, user: Omit<UserRow, "id">, now: Instant): Promise<number> {
  const rows = await sql.query<{ id: number }>(
    "insert into users (email, name, password_hash, created_at) values ($1, $2, $3, $4) returning id",
    [user.email, user.name, user.password_hash, now],
  );
  return rows[0]!.id;
}

export async function userBy(sql: Sql, email: string): Promise<UserRow | null> {
  const rows = await sql.query<UserRow>("select id, email, name, password_hash from users where email = $1", [
    email,
  ]);
  return rows[0] ?? null;
}

export async function addMember(
  sql: Sql,
  workspace: WorkspaceId,
  user: number,
  role: MemberRole,
): Promise<void> {
  await sql.query(
    "insert into members (workspace, user_id, role) values ($1, $2, $3) on conflict do nothing",
    [workspace, user, role],
  );
}

/** The workspaces a user belongs to, oldest first. */
export const workspacesOf = (sql: Sql, user: number): Promise<readonly MemberRow[]> =>
  sql.query<MemberRow>(
    "select w.id, w.name, m.role, coalesce(w.settings->'policy'->>'zone', 'UTC') as zone from members m join workspaces w on w.id = m.workspace where m.user_id = $1 order by w.id",
    [user],
  );

export async function workspaceBy(
  sql: Sql,
  id: WorkspaceId,
): Promise<{ id: WorkspaceId; name: string } | null> {
  const rows = await sql.query<{ id: WorkspaceId; name: string }>(
    "select id, name from workspaces where id = $1",
    [id],
  );
  return rows[0] ?? null;
}

export async function addSession(
  sql: Sql,
  hash: string,
  user: number,
  csrf: string,
  now: Instant,
  expiresAt: Instant,
): Promise<void> {
  await sql.query(
    "insert into sessions (hash, user_id, csrf, created_at, expires_at) values ($1, $2, $3, $4, $5)",
    [hash, user, csrf, now, expiresAt],
  );
}

/** The session of this hash and its user, while it lasts. */
export async function sessionBy(sql: Sql, hash: string, now: Instant): Promise<SessionRow | null> {
  const rows = await sql.query<SessionRow>(
    `select s.user_id, u.email, u.name, s.csrf, s.expires_at from sessions s join users u on u.id = s.user_id
     where s.hash = $1 and s.expires_at > $2`,
    [hash, now],
  );
  return rows[0] ?? null;
}

export async function extendSession(sql: Sql, hash: string, expiresAt: Instant): Promise<void> {
  await sql.query("update sessions set expires_at = greatest(expires_at, $2) where hash = $1", [
    hash,
    expiresAt,
  ]);
}

export async function endSession(sql: Sql, hash: string): Promise<void> {
  await sql.query("delete from sessions where hash = $1", [hash]);
}

export async function forgetEndedSessions(sql: Sql, now: Instant): Promise<void> {
  await sql.query("delete from sessions where expires_at <= $1", [now]);
}
