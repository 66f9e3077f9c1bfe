/** The statements on addresses that a shop's server tells changes at. Their secrets lie with the other secrets (vault.ts). */
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { Heard, Hook } from "./hook.ts";
import { CATALOGUE_LIMITS, type HookDraft } from "./model.ts";

/** What the secret of an address is called. */
export const secretNameOf = (id: number): string => `catalogue hook ${id}`;
export type HookRow = { readonly id: number; readonly name: string; readonly kind: Hook["kind"]; readonly config: HookDraft["config"] | null; readonly createdAt: Instant; readonly heardAt: Instant | null; readonly heard: Heard | null }; // prettier-ignore

/** The workspace's addresses, oldest first. */
export const listHooks = (sql: Sql, workspace: WorkspaceId): Promise<readonly HookRow[]> =>
  sql.query<HookRow>(
    `select id, name, kind, nullif(config, '{}') as config, created_at as "createdAt", heard_at as "heardAt", heard from catalogue_hooks where workspace = $1 order by id`,
    [workspace],
  );

/** One address, of whatever workspace; null when there is none. */
export async function findHook(sql: Sql, id: number): Promise<Hook | null> {
  const [row] = await sql.query<Hook>("select id, workspace, kind, nullif(config, '{}') as config from catalogue_hooks where id = $1", [id]); // prettier-ignore
  return row ?? null;
}

/** Makes an address; its number, or null where the workspace has as many as it may. */
export async function addHook(sql: Sql, workspace: WorkspaceId, { name, kind, config }: HookDraft, now: Instant): Promise<number | null> {
  return sql.transaction(async (tx) => {
    await tx.query("select 1 as one from workspaces where id = $1 for update", [workspace]);
    const [row] = await tx.query<{ id: number }>(
      `insert into catalogue_hooks (workspace, name, kind, config, created_at) select $1, $2, $3, $4, $5
       where (select count(*) from catalogue_hooks where workspace = $1) < ${CATALOGUE_LIMITS.hooks} returning id`,
      [workspace, name, kind, JSON.stringify(config ?? {}), now],
    );
    return row?.id ?? null;
  });
} // prettier-ignore

/** Closes an address; what was told there stays. Whether there was one. */
export async function removeHook(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  return sql.transaction(async (tx) => {
    const gone = await tx.query("delete from catalogue_hooks where workspace = $1 and id = $2 returning 1 as one", [workspace, id]); // prettier-ignore
    if (gone.length === 0) return false;
    await tx.query("delete from catalogue_stock_names where hook = $1", [id]);
    await tx.query("delete from catalogue_levels where hook = $1", [id]);
    await tx.query("delete from secrets where name = $1 or name like $1 || ' %'", [secretNameOf(id)]);
    return true;
  });
}

/** Writes down what was heard last. */
export async function noteHeard(sql: Sql, id: number, heard: Heard, now: Instant): Promise<void> {
  await sql.query("update catalogue_hooks set heard_at = $2, heard = $3 where id = $1", [id, now, JSON.stringify(heard)]); // prettier-ignore
}
