/** The statements of when customers are likely to be there: their moments from the event log, what was told from the state store. */
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { SharedHours } from "../journeys/best-time.ts";
import { eventsSql } from "../segments/sql-rows.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { type Which, whichSql } from "./features.ts";
import { HOURS_LIMITS } from "./model.ts";

/** When a customer was there, the newest first, and the stage told last (empty: none was). */
export type Moments = {
  readonly customer: number;
  readonly stage: string;
  readonly slots: readonly number[];
};

/** Moments of customers before `endAt`: visits, and messages opened and clicked. */
export function readMoments(log: EventLog, workspace: WorkspaceId, endAt: Instant, which: Which): Promise<readonly Moments[]> {
  const { lookBackMs, slotMs, slotsMax } = HOURS_LIMITS;
  const isThere = "(type in ('page', 'screen') or name in ('$message.opened', '$message.clicked'))";
  const where = `happenedAt < ${endAt} and (${isThere} and happenedAt >= ${endAt - lookBackMs} or name = '$stage.changed' and key = 0)`;
  const rows = eventsSql({ workspace, epochBelow: null, customers: null }, `id, ${isThere} as isThere, if(isThere, '', JSONExtractString(properties, 'stage')) as stageTold`, where);
  return log.rows(
    `select customer, argMaxIf(stageTold, (at, id), not isThere) as stage, arraySlice(arrayReverseSort(groupUniqArrayIf(intDiv(at, ${slotMs}), isThere)), 1, ${slotsMax}) as slots
     from (${rows}) where ${whichSql(which)} group by customer having notEmpty(slots) order by customer`,
  );
} // prettier-ignore

/** How many customers have moments. */
export async function countMoments(log: EventLog, workspace: WorkspaceId, endAt: Instant): Promise<number> {
  const where = `happenedAt < ${endAt} and happenedAt >= ${endAt - HOURS_LIMITS.lookBackMs} and (type in ('page', 'screen') or name in ('$message.opened', '$message.clicked'))`;
  const [row] = await log.rows<{ customers: number }>(`select uniqExact(atom) as customers from events where workspace = ${workspace} and ${where}`);
  return row!.customers;
} // prettier-ignore

/** What the customers of one remainder were told. */
export async function readHoursPart(sql: Sql, workspace: WorkspaceId, { of, remainder }: Which): Promise<ReadonlyMap<number, string>> {
  const rows = await sql.query<{ customer: number; hours: string }>("select customer, hours from send_hours_told where workspace = $1 and customer % $2 = $3", [workspace, of, remainder]);
  return new Map(rows.map(({ customer, hours }) => [Number(customer), hours]));
} // prettier-ignore

/** What one of these customers (atoms that are one) was told last; null: nothing. */
export async function readHours(sql: Sql, workspace: WorkspaceId, customers: readonly number[]): Promise<string | null> {
  const [row] = await sql.query<{ hours: string }>("select hours from send_hours_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[]) order by told_at desc limit 1", [workspace, customers.join()]);
  return row?.hours ?? null;
} // prettier-ignore

/** How many were told. */
export async function countHours(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const [row] = await sql.query<{ n: number }>("select count(*)::int as n from send_hours_told where workspace = $1", [workspace]); // prettier-ignore
  return row!.n;
}

/** Forgets those told who were joined to another customer since: who that other is. */
export async function forgetJoinedHours(sql: Sql, workspace: WorkspaceId): Promise<ReadonlySet<number>> {
  const rows = await sql.query<{ customer: number }>("delete from send_hours_told t using atoms a where t.workspace = $1 and a.id = t.customer and a.customer <> a.id returning a.customer", [workspace]);
  return new Set(rows.map(({ customer }) => Number(customer)));
} // prettier-ignore

/** Notes what they were told; null: nothing any more. */
export async function writeHours(sql: Sql, workspace: WorkspaceId, told: readonly (readonly [customer: number, hours: string | null])[], now: Instant): Promise<void> {
  const none = told.flatMap(([customer, hours]) => (hours === null ? [customer] : []));
  const some = told.filter(([, hours]) => hours !== null);
  if (none.length > 0)
    await sql.query("delete from send_hours_told where workspace = $1 and customer = any(string_to_array($2, ',')::bigint[])", [workspace, none.join()]);
  if (some.length > 0)
    await sql.query(
      `insert into send_hours_told (workspace, customer, hours, told_at)
       select $1, t.customer::bigint, t.hours, $4 from unnest(string_to_array($2, ','), string_to_array($3, ',')) t (customer, hours)
       on conflict (workspace, customer) do update set hours = excluded.hours, told_at = excluded.told_at`,
      [workspace, some.map(([customer]) => customer).join(), some.map(([, hours]) => hours).join(), now],
    );
} // prettier-ignore

/** What holds for those who have no hours of their own; null: nothing. */
export async function readShared(sql: Sql, workspace: WorkspaceId): Promise<SharedHours | null> {
  const [row] = await sql.query<{ shared: SharedHours }>("select shared from send_hours_shared where workspace = $1", [workspace]); // prettier-ignore
  return row?.shared ?? null;
}

/** Keeps it in place of what was kept before; null: nothing any more. */
export async function writeShared(sql: Sql, workspace: WorkspaceId, shared: SharedHours | null, now: Instant): Promise<void> {
  if (shared === null) return void (await sql.query("delete from send_hours_shared where workspace = $1", [workspace]));
  await sql.query(
    `insert into send_hours_shared (workspace, shared, made_at) values ($1, $2, $3)
     on conflict (workspace) do update set shared = excluded.shared, made_at = excluded.made_at`,
    [workspace, JSON.stringify(shared), now],
  );
} // prettier-ignore
