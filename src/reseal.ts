/** At each start: what is kept plain, or sealed with an older key, is sealed with the key in use. So keys are changed. */
import type { Config } from "./config.ts";
import type { Sql } from "./db/postgres.ts";
import { LOCKS } from "./db/locks.ts";
import { resealProviders } from "./messages/provider-store.ts";
import type { Instant } from "./values.ts";
import { type Vault, openVault, recordKeyName, resealOwnSecrets } from "./vault.ts";
import { resealWebhooks } from "./webhooks/store.ts";

/** Opens the vault, and sees to it that all is sealed with its first key. Throws as `openVault`. */
export async function openSealed(
  sql: Sql,
  { dataDir, THROUGHLINE_ENCRYPTION_KEY: key }: Config,
  now: Instant,
): Promise<Vault> {
  const vault = await openVault(sql, { dataDir, key }, now);
  await resealAll(sql, vault, now);
  return vault;
}

/** Seals it all; how many rows were changed. What no key here opens stays as it is. */
const resealAll = (sql: Sql, vault: Vault, now: Instant): Promise<number> =>
  sql.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.encryptionKey})`);
    const changed =
      (await resealProviders(tx, vault)) +
      (await resealWebhooks(tx, vault)) +
      (await resealOwnSecrets(tx, vault));
    await recordKeyName(tx, vault, now);
    return changed;
  });
