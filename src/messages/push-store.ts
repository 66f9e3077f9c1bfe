/** The statements on push addresses. */
import type { Sql } from "../db/postgres.ts";
import type { AtomId, Instant, WorkspaceId } from "../values.ts";

export type PushChannel = "web_push" | "mobile_push";

/**
 * Keeps an address of a customer, or takes it over: a browser or a phone is with whoever told it last. One that was
 * retired serves again, and what was held against it is over; the oldest beyond `max` are forgotten.
 */
export async function keepPushAddress(
  tx: Sql,
  { workspace, channel, address, atom, max }: { readonly workspace: WorkspaceId; readonly channel: PushChannel; readonly address: string; readonly atom: AtomId; readonly max: number },
  now: Instant,
): Promise<void> {
  await tx.query(
    `insert into push_addresses (workspace, channel, address, atom, told_at) values ($1, $2, $3, $4, $5)
     on conflict (workspace, channel, address) do update set atom = excluded.atom, told_at = excluded.told_at, retired_at = null`,
    [workspace, channel, address, atom, now],
  );
  await tx.query("delete from suppressions where workspace = $1 and channel = $2 and address = $3 and reason in ('invalid', 'bounced')", [workspace, channel, address]);
  await tx.query(
    `delete from push_addresses p using (select address from push_addresses where atom = $3 and workspace = $1 and channel = $2 order by told_at desc offset $4) old
     where p.workspace = $1 and p.channel = $2 and p.address = old.address`,
    [workspace, channel, atom, max],
  );
} // prettier-ignore

/** Retires an address, if it is one of these atoms'; whether it was. */
export async function retirePushAddress(
  sql: Sql,
  asked: { readonly workspace: WorkspaceId; readonly channel: PushChannel; readonly address: string; readonly atoms: readonly AtomId[] },
  now: Instant,
): Promise<boolean> {
  const rows = await sql.query(
    `update push_addresses set retired_at = coalesce(retired_at, $5) where workspace = $1 and channel = $2 and address = $3 and atom = any($4::bigint[]) returning 1`,
    [asked.workspace, asked.channel, asked.address, asked.atoms, now],
  );
  return rows.length > 0;
} // prettier-ignore
