/**
 * The keys in force, in memory: every request is checked against this ring, not against the database.
 *
 * The whole set is small, so it is read at once and an unknown key costs no statement: a flood of wrong keys cannot
 * reach PostgreSQL. The ring is never older than `keysFreshMs`; past half of that it is read again beside the traffic.
 * A key that is not found may have been made a moment ago by another process, so a miss reads the ring again, at most
 * once in `MISS_MS` for all callers.
 */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { type Clock, type Instant, isoOf, type WorkspaceId } from "../values.ts";
import { ACCESS_LIMITS, type KeyCreated, type KeyDraft, type KeyView } from "./model.ts";
import { equalTexts, newKey, sha256 } from "./secrets.ts";
import { addKey, countLiveKeys, type KeyRow, liveKeys } from "./store.ts";

const MISS_MS = 250;
const KEY_CHARS_MAX = 200;

/** What a key lets in: its number, its workspace with its country, and its name for the audit. */
type KeyHolder = { readonly key: number; readonly workspace: WorkspaceId; readonly name: string; readonly country: string | undefined }; // prettier-ignore

/** The ring of keys. `find` is what the collection routes call: the holder of a write key. */
export interface KeyRing {
  /** Who holds this write key; null when no such key is in force. Throws `Failure("store_unavailable")`. */
  find(writeKey: string): Promise<KeyHolder | null>;
  /** Who holds this secret key. As `find`. */
  findSecret(secretKey: string): Promise<KeyHolder | null>;
  /** Reads the ring again before the next answer: this process changed a key. */
  changed(): void;
}

type Ring = {
  readonly readAt: Instant;
  readonly write: Map<string, KeyHolder>;
  readonly secret: Map<string, KeyHolder & { hash: string }>;
};

/** A ring on `sql`, empty until the first question. */
export function createKeyRing(sql: Sql, clock: Clock): KeyRing {
  let ring: Ring | null = null;
  let reading: Promise<Ring> | null = null;
  let stale = false;

  const read = (): Promise<Ring> => {
    reading ??= (async () => {
      const readAt = clock();
      stale = false;
      const next: Ring = { readAt, write: new Map(), secret: new Map() };
      for (const { id, workspace, name, value, hash, country } of await liveKeys(sql)) {
        const holder: KeyHolder = { key: id, workspace, name, country: country ?? undefined };
        if (value !== null) next.write.set(value, holder);
        else if (hash !== null) next.secret.set(hash, { ...holder, hash });
      }
      return (ring = next);
    })().finally(() => (reading = null));
    return reading;
  };
  const fresh = async (): Promise<Ring> => {
    // A reading under way when a key changed may have missed the change.
    while (stale) await (reading ?? read());
    const ageMs = ring ? clock() - ring.readAt : Infinity;
    if (!ring || ageMs >= ACCESS_LIMITS.keysFreshMs || ageMs < 0) return read();
    if (ageMs >= ACCESS_LIMITS.keysFreshMs / 2) read().catch(() => undefined);
    return ring;
  };
  const look = async (in_: (ring: Ring) => KeyHolder | undefined): Promise<KeyHolder | null> => {
    const now = await fresh();
    const found = in_(now);
    if (found || clock() - now.readAt < MISS_MS) return found ?? null;
    return in_(await read()) ?? null;
  };
  return {
    find: async (writeKey) =>
      writeKey.length > KEY_CHARS_MAX ? null : look((now) => now.write.get(writeKey)),
    findSecret: async (secretKey) => {
      if (secretKey.length > KEY_CHARS_MAX) return null;
      const hash = sha256(secretKey);
      return look((now) => {
        const found = now.secret.get(hash);
        return found && equalTexts(found.hash, hash) ? found : undefined;
      });
    },
    changed: () => void (stale = true),
  };
}

/** A key row as the API shows it. */
export const keyViewOf = (row: KeyRow): KeyView => ({
  id: row.id,
  kind: row.kind,
  name: row.name,
  value: row.value,
  hint: row.hint,
  createdAt: isoOf(row.created_at),
  revokedAt: row.revoked_at === null ? null : isoOf(row.revoked_at),
});

/**
 * Makes a key, or keeps `preset` as one. The answer holds the whole value; it cannot be read again for a secret key.
 * Throws `Failure("unprocessable")` beyond the limit of keys.
 */
export async function createKey(
  sql: Sql,
  workspace: WorkspaceId,
  draft: KeyDraft,
  now: Instant,
  preset?: string,
): Promise<KeyCreated> {
  if ((await countLiveKeys(sql, workspace)) >= ACCESS_LIMITS.keysPerWorkspace)
    throw new Failure(
      "unprocessable",
      `A workspace has at most ${ACCESS_LIMITS.keysPerWorkspace} keys in force. Revoke one that is not used.`,
    );
  const text = preset ?? newKey(draft.kind);
  const secret = draft.kind === "secret";
  const row = await addKey(sql, {
    workspace,
    ...draft,
    value: secret ? null : text,
    hash: secret ? sha256(text) : null,
    hint: text.slice(-4),
    created_at: now,
  });
  return { ...keyViewOf(row), value: text };
}
