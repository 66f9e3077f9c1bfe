/**
 * Secrets at rest: what providers, webhooks and links are proven by is kept in PostgreSQL sealed (AES-256-GCM) with a key
 * that is never there: in `encryption.key` under the data folder, made at the first start and readable by its owner alone,
 * or in THROUGHLINE_ENCRYPTION_KEY. A dump or a backup of the database alone gives nobody away.
 *
 * There may be several keys, one a line (or separated by commas): the first seals, all open. PostgreSQL knows the name of
 * the first one, so that a process with an empty data folder does not quietly begin with a key of its own.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LOCKS } from "./db/locks.ts";
import type { Sql } from "./db/postgres.ts";
import { Failure } from "./errors.ts";
import type { Instant } from "./values.ts";

export type Vault = {
  /** The name of the key that seals; it tells nothing of the key. */
  readonly keyName: string;
  /** The names of all keys that open. */
  readonly keyNames: readonly string[];
  /** Seals a text. `about` says what it is: sealed for one thing it does not open as another. */
  seal(text: string, about: string): string;
  /** The text, or null: sealed with a key that is not here, for something else, or changed since. */
  open(sealed: string, about: string): string | null;
};

const FORMAT = "sealed.1";
const [KEY_BYTES, IV_BYTES, TAG_BYTES] = [32, 12, 16];
/** Where the name of the key in use stands among the secrets. */
const RECORD = "encryption key";
/** The key's file under the data folder. */
export const KEY_FILE = "encryption.key";

/** Whether a text is a sealed one, of whatever key. */
export const isSealed = (text: string): boolean => text.startsWith(`${FORMAT}.`);
/** The name of the key a text was sealed with; null for one that is not sealed. */
export const keyNameOf = (text: string): string | null =>
  isSealed(text) ? (text.split(".")[2] ?? null) : null;

/** A vault of these keys, the first of which seals. */
export function vaultOf(keys: readonly Buffer[]): Vault {
  const named = new Map(keys.map((key) => [nameOfKey(key), key]));
  const [keyName] = named.keys();
  if (keyName === undefined) throw new Error("A vault has a key.");
  return {
    keyName,
    keyNames: [...named.keys()],
    seal: (text, about) => {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", named.get(keyName)!, iv).setAAD(Buffer.from(about));
      const data = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
      return [FORMAT, keyName, Buffer.concat([iv, cipher.getAuthTag(), data]).toString("base64url")].join(
        ".",
      );
    },
    open: (sealed, about) => {
      const key = named.get(keyNameOf(sealed) ?? "");
      const bytes = Buffer.from(sealed.split(".")[3] ?? "", "base64url");
      if (!key || bytes.length < IV_BYTES + TAG_BYTES) return null;
      const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES)).setAAD(Buffer.from(about)); // prettier-ignore
      decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      try {
        return (
          decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8")
        );
      } catch {
        // The tag does not fit: it is not what was sealed, or not for this.
        return null;
      }
    },
  };
}

const nameOfKey = (key: Buffer): string =>
  createHash("sha256").update("throughline key").update(key).digest("hex").slice(0, 12);

/** Keys as they are written down: base64 of 32 bytes each. Throws `Failure("configuration")`. */
export function keysIn(text: string, where: string): readonly Buffer[] {
  const keys = text
    .split(/[\s,]+/)
    .filter(Boolean)
    .map((one) => Buffer.from(one, "base64"));
  if (keys.length === 0 || keys.some(({ length }) => length !== KEY_BYTES))
    throw new Failure("configuration", `${where} holds no key: it is base64 of ${KEY_BYTES} bytes, as \`openssl rand -base64 ${KEY_BYTES}\` prints.`); // prettier-ignore
  return keys;
} // prettier-ignore

/** A text as it was kept: opened where it is sealed, as it stands where it is not yet; null: it cannot be read. */
export const openedText = (vault: Vault, kept: string, about: string): string | null =>
  isSealed(kept) ? vault.open(kept, about) : kept;

/**
 * A secret of our own making, by name, made by `make` when there is none that can be read. One that another key sealed is
 * left where it is: should that key come back, so does the secret.
 */
export async function ownSecretOf(sql: Sql, vault: Vault, name: string, make: () => string, now: Instant): Promise<string> {
  for (const place of [name, `${name} ${vault.keyName}`]) {
    // Two processes may ask at once: the first one's stays.
    await sql.query("insert into secrets (name, value, created_at) values ($1, $2, $3) on conflict do nothing", [place, vault.seal(make(), `secret ${place}`), now]);
    const [row] = await sql.query<{ value: string }>("select value from secrets where name = $1", [place]);
    const text = openedText(vault, row!.value, `secret ${place}`);
    if (text !== null) return text;
  }
  throw new Failure("configuration", `The secret "${name}" in the database was changed by hand.`);
} // prettier-ignore

/** Seals secrets of our own making with the key in use; how many were changed. */
export async function resealOwnSecrets(tx: Sql, vault: Vault): Promise<number> {
  const rows = await tx.query<{ name: string; value: string }>("select name, value from secrets where name <> $1 order by name for update", [RECORD]); // prettier-ignore
  let changed = 0;
  for (const { name, value } of rows) {
    const text = keyNameOf(value) === vault.keyName ? null : openedText(vault, value, `secret ${name}`);
    if (text === null) continue;
    await tx.query("update secrets set value = $2 where name = $1", [name, vault.seal(text, `secret ${name}`)]); // prettier-ignore
    changed++;
  }
  return changed;
}

export type VaultOptions = { readonly dataDir: string; readonly key?: string | undefined };

/** The keys that are here; null: none is. Throws `Failure("configuration")` for what is no key. */
export async function keysHere({ dataDir, key }: VaultOptions): Promise<readonly Buffer[] | null> {
  if (key !== undefined) return keysIn(key, "THROUGHLINE_ENCRYPTION_KEY");
  const file = join(dataDir, KEY_FILE);
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw cause;
  });
  return text === null ? null : keysIn(text, file);
}

/** The name of the key that the database's secrets are sealed with; null before the first start with one. */
export async function recordedKeyName(sql: Sql): Promise<string | null> {
  const [row] = await sql.query<{ value: string }>("select value from secrets where name = $1", [RECORD]);
  return row?.value ?? null;
}

/** Writes down with which key secrets are sealed from now on. */
export const recordKeyName = (sql: Sql, { keyName }: Vault, now: Instant): Promise<unknown> =>
  sql.query(
    "insert into secrets (name, value, created_at) values ($1, $2, $3) on conflict (name) do update set value = excluded.value",
    [RECORD, keyName, now],
  );

/**
 * Opens the vault with the keys that are here, or makes the first one. Throws `Failure("configuration")` when the
 * database's secrets were sealed with a key and none is here: another one must be somebody's wish.
 */
export async function openVault(sql: Sql, options: VaultOptions, now: Instant): Promise<Vault> {
  const here = await keysHere(options);
  if (here) return vaultOf(here);
  const file = join(options.dataDir, KEY_FILE);
  return sql.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.encryptionKey})`);
    // Two processes of one folder may have started at once.
    const made = await keysHere(options);
    if (made) return vaultOf(made);
    if ((await recordedKeyName(tx)) !== null)
      throw new Failure(
        "configuration",
        `The secrets in the database are sealed with a key that is not here. Bring ${KEY_FILE} of the data folder they were made with to ${file}, or set THROUGHLINE_ENCRYPTION_KEY. If it is lost: put a new key there (openssl rand -base64 ${KEY_BYTES}), and enter the providers' secrets again.`,
      );
    const key = randomBytes(KEY_BYTES);
    await writeFile(file, `${key.toString("base64")}\n`, { mode: 0o600, flag: "wx" });
    await chmod(file, 0o600);
    const vault = vaultOf([key]);
    await recordKeyName(tx, vault, now);
    return vault;
  });
}

/** How many sealed secrets there are by the name of their key. */
export const sealedByKey = (sql: Sql): Promise<readonly { readonly keyName: string; readonly n: number }[]> =>
  sql.query(
    `select m[1] as "keyName", count(*)::int as n from (
       select config::text as text from providers union all select value from secrets union all select secret from webhooks) held,
       lateral regexp_matches(held.text, 'sealed\\.1\\.([0-9a-f]+)\\.', 'g') m group by 1 order by 1`,
  );
