/** How many events and customers a scope holds: what an answer says it rests on. */
import type { Scoped } from "../analysis/scope.ts";
import type { EventLog } from "../db/clickhouse.ts";

/** Counts them. */
export async function countedIn(
  log: EventLog,
  scoped: Scoped,
): Promise<{ readonly events: number; readonly customers: number }> {
  const [counted] = await log.rows<{ events: number; customers: number }>(
    `select count() as events, uniqExact(customer) as customers from (${scoped.rows("")})`,
    scoped.parameters.values,
  );
  return counted!;
}
