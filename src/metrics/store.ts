/** What metrics read of the workspace's settings, and keep there: its clock, and which events mean what in its business. */
import type { Sql } from "../db/postgres.ts";
import { readDefinitions } from "../segments/store.ts";
import type { WorkspaceId } from "../values.ts";
import { businessOf } from "./catalogue.ts";
import { OwnNames } from "./model.ts";

/** The zone of the workspace's clock. */
export async function zoneOf(sql: Sql, workspace: WorkspaceId): Promise<string> {
  const [row] = await sql.query<{ zone: string }>("select coalesce(settings->'policy'->>'zone', 'UTC') as zone from workspaces where id = $1", [workspace]); // prettier-ignore
  return row?.zone ?? "UTC";
}

/** The workspace's own names: as kept; before that, those of the kind of business whose stage model it began with. */
export async function readOwnNames(sql: Sql, workspace: WorkspaceId): Promise<OwnNames> {
  const [row] = await sql.query<{ kept: unknown }>("select settings->'metrics' as kept from workspaces where id = $1", [workspace]); // prettier-ignore
  if (row?.kept) return OwnNames.parse(row.kept);
  const { stages } = await readDefinitions(sql, workspace);
  return { business: businessOf((stages?.model.stages ?? []).map(({ key }) => key)) ?? "ecommerce", names: {} };
} // prettier-ignore

/** Keeps them, in place of those before. */
export async function writeOwnNames(sql: Sql, workspace: WorkspaceId, names: OwnNames): Promise<void> {
  await sql.query("update workspaces set settings = jsonb_set(settings, '{metrics}', $2::jsonb) where id = $1", [workspace, JSON.stringify(names)]); // prettier-ignore
} // prettier-ignore
