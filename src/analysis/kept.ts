/** What is worked out of a workspace again and again, and kept whole: what was asked, what came of it, and when. */
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";

/** What is kept, but for the instant. */
type Worked = { readonly asked: unknown; readonly result: unknown };
/** Where it is kept: the table, its column of the instant, and what that is called in `Kept`. Names of ours alone. */
type Where<At extends string> = { readonly table: string; readonly column: string; readonly at: At };

/** The statements on what is kept in a table, one row a workspace. */
export function keptIn<At extends string, Kept extends Worked & { readonly [at in At]: Instant }>({ table, column, at }: Where<At>) {
  return {
    /** Null before there was any. */
    read: async (sql: Sql, workspace: WorkspaceId): Promise<Kept | null> => {
      const [row] = await sql.query<Kept>(`select asked, result, ${column} as "${at}" from ${table} where workspace = $1`, [workspace]);
      return row ?? null;
    },
    /** Keeps it in place of what was kept before. */
    write: async (sql: Sql, workspace: WorkspaceId, kept: Kept): Promise<void> => {
      await sql.query(
        `insert into ${table} (workspace, asked, result, ${column}) values ($1, $2, $3, $4)
         on conflict (workspace) do update set asked = excluded.asked, result = excluded.result, ${column} = excluded.${column}`,
        [workspace, JSON.stringify(kept.asked), JSON.stringify(kept.result), kept[at]],
      );
    },
    /** Workspaces of which something was last worked out at `before` or earlier, or never. */
    due: async (sql: Sql, before: Instant): Promise<readonly WorkspaceId[]> => {
      const rows = await sql.query<{ id: WorkspaceId }>(`select w.id from workspaces w left join ${table} k on k.workspace = w.id where coalesce(k.${column}, 0) <= $1 order by w.id`, [before]);
      return rows.map(({ id }) => id);
    },
  };
} // prettier-ignore
