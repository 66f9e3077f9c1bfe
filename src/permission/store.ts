/** The statements on policies. */
import type { Sql } from "../db/postgres.ts";
import type { WorkspaceId } from "../values.ts";
import { Policy } from "./model.ts";

/** What the workspace laid down; the defaults before it did. */
export async function readPolicy(sql: Sql, workspace: WorkspaceId): Promise<Policy> {
  const [row] = await sql.query<{ policy: unknown }>("select settings->'policy' as policy from workspaces where id = $1", [workspace]); // prettier-ignore
  return Policy.parse(row?.policy ?? {});
}

/** Lays a policy down, in place of the one before. It holds for the next message that is asked about. */
export async function writePolicy(sql: Sql, workspace: WorkspaceId, policy: Policy): Promise<void> {
  await sql.query("update workspaces set settings = jsonb_set(settings, '{policy}', $2::jsonb) where id = $1", [
    workspace,
    JSON.stringify(policy),
  ]); // prettier-ignore
}
