/** The epoch: which rules are in force while an event is handled. Batches hold it, changes move it. */
import { LOCKS } from "../db/locks.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant } from "../values.ts";

/** The epoch, held until the transaction ends, and when the next wake and the next entry into a journey are due (null: none). */
export async function holdEpoch(
  tx: Sql,
): Promise<{ epoch: number; dueAt: Instant | null; entryAt: Instant | null }> {
  const [row] = await tx.query<{ epoch: number; dueAt: Instant | null; entryAt: Instant | null }>(
    `select held_epoch() as epoch, (select due_at from wakes order by due_at limit 1) as "dueAt",
       (select due_at from journey_entries order by due_at limit 1) as "entryAt"`,
  );
  return row!;
}

/**
 * Moves the epoch and answers it: waits for the batches under the old one, and keeps new ones waiting until the
 * transaction ends. Before the caller touches any row, because batches hold the epoch while they write theirs.
 */
export async function moveEpoch(tx: Sql): Promise<number> {
  await tx.query(`select pg_advisory_xact_lock(${LOCKS.epoch})`);
  const [row] = await tx.query<{ n: number }>("update epochs set n = n + 1 returning n");
  return row!.n;
}
