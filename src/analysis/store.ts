/** What the workspace laid down for its moments, in its settings; and what names the state of all that it defined. */
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

/**
 * Names what the workspace's answers hang on besides history: its settings (the zone, the grouping of moments, event names,
 * bands) and the versions of segments, computed traits, stages and journeys.
 */
export async function readDefined(sql: Sql, workspace: WorkspaceId): Promise<string> {
  const [row] = await sql.query<{ defined: string }>(
    `select md5(concat(settings, (select string_agg(concat(id, state), ' ' order by id) from versions where workspace = $1 and state <> 'replaced'))) as defined
     from workspaces where id = $1`,
    [workspace],
  );
  return row?.defined ?? "";
} // prettier-ignore
