/** The statements on recommendations: how a workspace wants them worked out, what came of it, and the lists. */
import { storable } from "../catalogue/store.ts";
import type { Database, Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import {
  type Basis,
  type Entry,
  type List,
  type ListName,
  type Lists,
  Settings,
  nameOfList,
} from "./model.ts";

/** How lists are worked out, and what those that are kept rest on; null: none were worked out yet. */
export type Standing = { readonly settings: Settings; readonly basis: Basis | null };

/** What the workspace laid down; the defaults before it did. */
export async function readStanding(sql: Sql, workspace: WorkspaceId): Promise<Standing> {
  const [row] = await sql.query<{ settings: unknown; basis: Basis | null }>("select settings, basis from recommendations where workspace = $1", [workspace]); // prettier-ignore
  return { settings: Settings.parse(row?.settings ?? {}), basis: row?.basis ?? null };
}

/** Lays down how lists are worked out, from the next time on. */
export async function writeSettings(sql: Sql, workspace: WorkspaceId, settings: Settings): Promise<void> {
  await sql.query(
    "insert into recommendations (workspace, settings) values ($1, $2) on conflict (workspace) do update set settings = excluded.settings",
    [workspace, JSON.stringify(settings)],
  );
}

export type Read = Pick<Standing, "settings"> & { readonly lists: Lists };
/** These lists with the settings, in one look: it is part of each decision. */
export async function readLists(sql: Sql, workspace: WorkspaceId, names: readonly ListName[]): Promise<Read> {
  const [row] = await sql.query<{ settings: unknown; lists: readonly (ListName & { readonly entries: readonly Entry[] })[] }>(
    `select (select settings from recommendations where workspace = $1) as settings,
       (select coalesce(json_agg(l), '[]') from (
         select kind, key, entries from recommendation_lists
         where workspace = $1 and (kind, key) in (select kind, key from jsonb_to_recordset($2::jsonb) as t (kind text, key text))) l) as lists`,
    [workspace, JSON.stringify(names.filter(({ key }) => isStorable(key)))],
  );
  return { settings: Settings.parse(row!.settings ?? {}), lists: new Map(row!.lists.map((list) => [nameOfList(list), list.entries])) };
} // prettier-ignore

/** The store's text holds no U+0000 and no half a character. */
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes("\0");

/** Lists written by one statement. */
const AT_ONCE = 2_000;
/** Puts a workspace's lists in the place of those before, all at once: whoever reads sees the old ones or the new ones. */
export async function writeLists(sql: Database, workspace: WorkspaceId, lists: readonly List[], basis: Basis): Promise<void> {
  const kept = lists.filter(({ key, entries }) => isStorable(key) && entries.every(([product]) => isStorable(product)));
  await sql.transaction(async (tx) => {
    // Whoever else writes the same workspace's waits here.
    await tx.query("insert into recommendations (workspace, basis) values ($1, $2) on conflict (workspace) do update set basis = excluded.basis", [workspace, JSON.stringify(basis)]);
    await tx.query("delete from recommendation_lists where workspace = $1", [workspace]);
    for (let from = 0; from < kept.length; from += AT_ONCE)
      await tx.query(
        "insert into recommendation_lists (workspace, kind, key, entries) select $1, kind, key, entries from json_to_recordset($2::json) as t (kind text, key text, entries json)",
        [workspace, JSON.stringify(kept.slice(from, from + AT_ONCE))],
      );
  });
} // prettier-ignore

/** The category paths of those of these products that the catalogue knows. */
export async function readCategories(sql: Sql, workspace: WorkspaceId, products: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql.query<{ id: string; category: readonly string[] }>(
    "select id, category from catalogue_items where workspace = $1 and id in (select jsonb_array_elements_text($2::jsonb)) and category <> '[]'",
    [workspace, storable(products)],
  );
  return new Map(rows.map(({ id, category }) => [id, category]));
} // prettier-ignore

/** A workspace whose lists are so old, which then counts as looked after: one process takes it. Null: none is due. */
export async function claimDue(sql: Sql, now: Instant, everyMs: number): Promise<WorkspaceId | null> {
  const [row] = await sql.query<{ workspace: WorkspaceId }>(
    `insert into recommendations (workspace, begun_at) select w.id, $1 from workspaces w left join recommendations r on r.workspace = w.id
       where coalesce(r.begun_at, 0) <= $1 - $2::bigint order by coalesce(r.begun_at, 0), w.id limit 1
     on conflict (workspace) do update set begun_at = excluded.begun_at where recommendations.begun_at <= excluded.begun_at - $2::bigint returning workspace`,
    [now, everyMs],
  );
  return row?.workspace ?? null;
} // prettier-ignore
