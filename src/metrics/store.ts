/** What metrics read of the workspace's settings. */
import type { Sql } from "../db/postgres.ts";
import type { WorkspaceId } from "../values.ts";

/** The zone of the workspace's clock. */
export async function zoneOf(sql: Sql, workspace: WorkspaceId): Promise<string> {
  const [row] = await sql.query<{ zone: string }>("select coalesce(settings->'policy'->>'zone', 'UTC') as zone from workspaces where id = $1", [workspace]); // prettier-ignore
  return row?.zone ?? "UTC";
}
