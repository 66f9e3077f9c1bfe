/**
 * Work on a workspace that one process at a time may do. The lock hangs on a connection of its own: it ends with the process,
 * and nobody waits for a connection that another one holds.
 */
import type { WorkspaceId } from "../values.ts";
import { type Database, openPostgres } from "./postgres.ts";

/** What the work said, or that another process is at it just now. */
export type Alone<T> = { readonly type: "done"; readonly value: T } | { readonly type: "under_way" };

/** Does the work unless another process is at it; `lock` is one of `LOCKS`. */
export async function alone<T>(
  sql: Database,
  lock: number,
  workspace: WorkspaceId,
  work: () => Promise<T>,
): Promise<Alone<T>> {
  const own = openPostgres(sql.url, 1);
  try {
    return await own.transaction(async (tx): Promise<Alone<T>> => {
      const [row] = await tx.query<{ taken: boolean }>("select pg_try_advisory_xact_lock($1, $2) as taken", [lock, workspace]); // prettier-ignore
      return row?.taken ? { type: "done", value: await work() } : { type: "under_way" };
    });
  } finally {
    await own.close();
  }
}
