/** What the workspace laid down for its moments, in its settings. */
import type { Sql } from "../db/postgres.ts";
import type { WorkspaceId } from "../values.ts";
import { MomentGrouping } from "./model.ts";

/** How the workspace groups events into moments; the usual way before it said anything. */
export async function readGrouping(sql: Sql, workspace: WorkspaceId): Promise<MomentGrouping> {
  const [row] = await sql.query<{ moments: unknown }>("select settings->'moments' as moments from workspaces where id = $1", [workspace]); // prettier-ignore
  return MomentGrouping.parse(row?.moments ?? {});
}

/** Lays the grouping down, in place of the one before. */
export async function writeGrouping(
  sql: Sql,
  workspace: WorkspaceId,
  grouping: MomentGrouping,
): Promise<void> {
  await sql.query(
    "update workspaces set settings = jsonb_set(settings, '{moments}', $2::jsonb) where id = $1",
    [workspace, JSON.stringify(grouping)],
  );
}
