/** The statements on providers. Their secrets lie sealed in the store, and are opened as they are read. */
import type { Sql } from "../db/postgres.ts";
import type { MessageChannel } from "../permission/model.ts";
import type { Instant, JsonObject, WorkspaceId } from "../values.ts";
import { type Vault, keyNameOf, openedText } from "../vault.ts";
import { type DriverName, SECRETS_OF } from "./drivers/model.ts";

export type ProviderRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly channel: MessageChannel;
  readonly driver: DriverName;
  readonly name: string;
  readonly config: JsonObject;
  readonly perSecond: number | null;
  readonly createdAt: Instant;
  /** Grows with every change. */
  readonly updatedAt: Instant;
  readonly restsUntil: Instant;
  readonly problem: string | null;
};
const ROW = `id, workspace, channel, driver, name, config, per_second as "perSecond", created_at as "createdAt", updated_at as "updatedAt",
  rests_until as "restsUntil", problem`;

type Node = { [key: string]: unknown };
type Held = Pick<ProviderRow, "workspace" | "driver"> & { readonly config: JsonObject };
/** What stands in place of a secret that cannot be read: nothing that a driver's schema takes for one. */
const UNREADABLE = { unreadable: true };
const UNREADABLE_WORDS = "Its secrets are sealed with a key that is not here. Bring the key back, or enter them again."; // prettier-ignore

/** The configuration with each secret put through `change`. */
function withSecrets({ workspace, driver, config }: Held, change: (text: string, about: string) => unknown): JsonObject {
  const copy = structuredClone(config) as Node;
  for (const path of SECRETS_OF[driver]) {
    const parent = path.slice(0, -1).reduce<Node | undefined>((at, key) => at?.[key] as Node | undefined, copy);
    const last = path.at(-1)!;
    const value = parent?.[last];
    if (parent && typeof value === "string") parent[last] = change(value, `provider ${workspace} ${driver} ${path.join(".")}`);
  }
  return copy as JsonObject;
} // prettier-ignore

const sealed = (vault: Vault, held: Held): string =>
  JSON.stringify(withSecrets(held, (text, about) => vault.seal(text, about)));

function opened(vault: Vault, row: ProviderRow): ProviderRow {
  let unreadable = false;
  const config = withSecrets(row, (kept, about) => {
    const text = openedText(vault, kept, about);
    unreadable ||= text === null;
    return text ?? UNREADABLE;
  });
  return { ...row, config, problem: unreadable ? UNREADABLE_WORDS : row.problem };
}

/** Seals with the key in use what was kept plain or sealed with another key that is here; how many providers that were. */
export async function resealProviders(tx: Sql, vault: Vault): Promise<number> {
  const rows = await tx.query<ProviderRow>(`select ${ROW} from providers order by id for update`);
  let changed = 0;
  for (const row of rows) {
    let any = false;
    const config = withSecrets(row, (kept, about) => {
      const text = keyNameOf(kept) === vault.keyName ? null : openedText(vault, kept, about);
      any ||= text !== null;
      return text === null ? kept : vault.seal(text, about);
    });
    if (!any) continue;
    await tx.query("update providers set config = $2::jsonb where id = $1", [row.id, JSON.stringify(config)]);
    changed++;
  }
  return changed;
}

/** A workspace's providers, oldest first: of a channel's the first is used. */
export async function listProviders(
  sql: Sql,
  vault: Vault,
  workspace: WorkspaceId,
): Promise<readonly ProviderRow[]> {
  const rows = await sql.query<ProviderRow>(`select ${ROW} from providers where workspace = $1 order by id`, [workspace]); // prettier-ignore
  return rows.map((row) => opened(vault, row));
}

/** Mail providers' most to share one bounce domain. */
const SHARING_MAX = 100;
/** The SMTP providers, of whatever workspace, whose mails may come back to this address. */
export async function readMailProviders(
  sql: Sql,
  vault: Vault,
  address: string,
): Promise<readonly ProviderRow[]> {
  const lower = address.toLowerCase();
  const rows = await sql.query<ProviderRow>(
    `select ${ROW} from providers where driver = 'smtp' and (lower(config->'bounces'->>'domain') = $1 or lower(config->>'envelopeFrom') = $2) order by id limit ${SHARING_MAX}`,
    [lower.slice(lower.lastIndexOf("@") + 1), lower],
  );
  return rows.map((row) => opened(vault, row));
}

/** One provider; with `workspace` null of whatever workspace (a callback names only the provider). */
export async function readProvider(
  sql: Sql,
  vault: Vault,
  workspace: WorkspaceId | null,
  id: number,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `select ${ROW} from providers where id = $1 and ($2::int is null or workspace = $2)`,
    [id, workspace],
  );
  return row ? opened(vault, row) : null;
}

export type ProviderMade = Pick<ProviderRow, "channel" | "driver" | "name" | "config" | "perSecond">;

/** Adds a provider; null when the workspace has `max` of them. */
export async function addProvider(
  sql: Sql,
  vault: Vault,
  workspace: WorkspaceId,
  made: ProviderMade,
  max: number,
  now: Instant,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `insert into providers (workspace, channel, driver, name, config, per_second, created_at, updated_at)
     select $1, $2, $3, $4, $5::jsonb, $6, $7::bigint, $7::bigint where (select count(*) from providers where workspace = $1) < $8 returning ${ROW}`,
    [
      workspace,
      made.channel,
      made.driver,
      made.name,
      sealed(vault, { ...made, workspace }),
      made.perSecond,
      now,
      max,
    ],
  );
  return row ? opened(vault, row) : null;
}

/** Changes a provider, which also ends its rest: what was wrong may be right now. Null when there is none. */
export async function changeProvider(
  sql: Sql,
  vault: Vault,
  workspace: WorkspaceId,
  id: number,
  made: Pick<ProviderMade, "driver" | "name" | "config" | "perSecond">,
  now: Instant,
): Promise<ProviderRow | null> {
  const [row] = await sql.query<ProviderRow>(
    `update providers set name = $3, config = $4::jsonb, per_second = $5, updated_at = greatest(updated_at + 1, $6), rests_until = 0, problem = null
     where workspace = $1 and id = $2 returning ${ROW}`,
    [workspace, id, made.name, sealed(vault, { ...made, workspace }), made.perSecond, now],
  );
  return row ? opened(vault, row) : null;
}

/** Removes a provider; whether there was one. Messages it sent keep its number. */
export async function removeProvider(sql: Sql, workspace: WorkspaceId, id: number): Promise<boolean> {
  const rows = await sql.query("delete from providers where workspace = $1 and id = $2 returning id", [workspace, id]); // prettier-ignore
  return rows.length > 0;
}

/** Lets a provider rest, never shorter than it already does; `problem` is shown with it. */
export async function restProvider(sql: Sql, id: number, until: Instant, problem: string): Promise<void> {
  await sql.query("update providers set rests_until = greatest(rests_until, $2), problem = $3 where id = $1", [id, until, problem]); // prettier-ignore
}
