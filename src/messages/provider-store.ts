/** The statements on providers. */
import type { Sql } from "../db/postgres.ts";
import type { MessageChannel } from "../permission/model.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import type { DriverName } from "./drivers/model.ts";

export type ProviderRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly channel: MessageChannel;
  readonly driver: DriverName;
  readonly name: string;
  readonly config: JsonObject;
  readonly perSecond: number | null;
  readonly createdAt: Instant;
  /** Grows with every change. */
  readonly updatedAt: Instant;
  readonly restsUntil: Instant;
  readonly problem: string | null;
};
const ROW = `id, workspace, channel, driver, name, config, per_second as "perSecond", created_at as "createdAt", updated_at as "updatedAt",
  rests_until as "restsUntil", problem`;

/** A workspace's providers, oldest first: of a channel's the first is used. */
export function listProviders(sql: Sql, workspace: WorkspaceId): Promise<readonly ProviderRow[]> {
  return sql.query<ProviderRow>(`select ${ROW} from providers where workspace = $1 order by id`, [workspace]);
}

/** One provider; with `workspace` null of whatever workspace (a callback names only the provider). */
export async function readProvider(
  sql: Sql,
  workspace: WorkspaceId | null,
  id: number,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `select ${ROW} from providers where id = $1 and ($2::int is null or workspace = $2)`,
    [id, workspace],
  );
  return row ?? null;
}

export type ProviderMade = Pick<ProviderRow, "channel" | "driver" | "name" | "config" | "perSecond">;

/** Adds a provider; null when the workspace has `max` of them. */
export async function addProvider(
  sql: Sql,
  workspace: WorkspaceId,
  made: ProviderMade,
  max: number,
  now: Instant,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `insert into providers (workspace, channel, driver, name, config, per_second, created_at, updated_at)
     select $1, $2, $3, $4, $5::jsonb, $6, $7::bigint, $7::bigint where (select count(*) from providers where workspace = $1) < $8 returning ${ROW}`,
    [workspace, made.channel, made.driver, made.name, JSON.stringify(made.config), made.perSecond, now, max],
  );
  return row ?? null;
}

/** Changes a provider, which also ends its rest: what was wrong may be right now. Null when there is none. */
export async function changeProvider(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  made: Pick<ProviderMade, "name" | "config" | "perSecond">,
  now: Instant,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `update providers set name = $3, config = $4::jsonb, per_second = $5, updated_at = greatest(updated_at + 1, $6), rests_until = 0, problem = null
     where workspace = $1 and id = $2 returning ${ROW}`,
    [workspace, id, made.name, JSON.stringify(made.config), made.perSecond, now],
  );
  return row ?? null;
}

/** Removes a provider; whether there was one. Messages it sent keep its number. */
export async function removeProvider(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  const rows = await sql.query("delete from providers where workspace = $1 and id = $2 returning id", [workspace, id]); // prettier-ignore
  return rows.length > 0;
}

/** Lets a provider rest, never shorter than it already does; `problem` is shown with it. */
export async function restProvider(sql: Sql, id: number, until: Instant, problem: string): Promise<void> {
  await sql.query("update providers set rests_until = greatest(rests_until, $2), problem = $3 where id = $1", [id, until, problem]); // prettier-ignore
}
