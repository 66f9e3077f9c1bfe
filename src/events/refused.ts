/**
 * Refused events: kept with the reason and as they came, listed, and tried again after a fix. Nothing is dropped silently.
 *
 * The table is bounded: beyond REFUSED_MAX rows of a workspace the oldest go, and are counted as `pruned`.
 */
import { type Sql, SEPARATOR } from "../db/postgres.ts";
import { addTallies } from "../telemetry/tally.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import type { RefusalReason, Refused } from "./model.ts";
import { cleanText } from "./text.ts";

/** Rows kept per workspace. */
const REFUSED_MAX = 1_000_000;
/** After this many new rows of a workspace the bound is looked after. */
const PRUNE_EVERY = 10_000;

/** One refused event and where it came from. */
type RefusedEntry = Refused & {
  readonly workspace: WorkspaceId;
  readonly key: number | null;
  readonly refusedAt: Instant;
};
/** A kept refused event. */
export type RefusedRow = {
  readonly id: number;
  readonly key: number | null;
  readonly reason: RefusalReason;
  readonly detail: string;
  readonly messageId: string | null;
  readonly body: string;
  readonly refusedAt: Instant;
  readonly replayedAt: Instant | null;
};
type RefusedFilter = {
  readonly reason?: RefusalReason | undefined;
  readonly waiting?: boolean | undefined;
};

export interface RefusedStore {
  /** Keeps them, durable once it resolves, and counts them by reason. */
  append(entries: readonly RefusedEntry[]): Promise<void>;
  /** Newest first, at most `limit`, those before the row `beforeId` where it is given. */
  list(
    workspace: WorkspaceId,
    filter: RefusedFilter,
    limit: number,
    beforeId?: number,
  ): Promise<readonly RefusedRow[]>;
  read(workspace: WorkspaceId, id: number): Promise<RefusedRow | null>;
  /** Marks them as having become events, and counts them; those already marked stay as they are. */
  markReplayed(workspace: WorkspaceId, ids: readonly number[], at: Instant): Promise<void>;
  /** Writes down why they were refused again. */
  refuseAgain(
    workspace: WorkspaceId,
    again: readonly { readonly id: number; readonly reason: RefusalReason; readonly detail: string }[],
  ): Promise<void>;
  /** Deletes the oldest beyond `max`, and counts them; resolves to how many. */
  prune(workspace: WorkspaceId, max?: number): Promise<number>;
}

const COLUMNS = `id, key, reason, detail, message_id as "messageId", body, refused_at as "refusedAt", replayed_at as "replayedAt"`;

/** The store on `sql`; in a transaction of the caller's when `sql` is one. */
export function createRefusedStore(sql: Sql): RefusedStore {
  const sincePruned = new Map<WorkspaceId, number>();
  const store: RefusedStore = {
    async append(entries) {
      if (entries.length === 0) return;
      await sql.transaction((tx) => insert(tx, entries));
      for (const { workspace } of entries) sincePruned.set(workspace, (sincePruned.get(workspace) ?? 0) + 1);
      for (const [workspace, n] of sincePruned) {
        if (n < PRUNE_EVERY) continue;
        sincePruned.set(workspace, 0);
        await store.prune(workspace);
      }
    },
    list: (workspace, { reason, waiting }, limit, beforeId) =>
      sql.query<RefusedRow>(
        `select ${COLUMNS} from refused
         where workspace = $1 and id < $2 and ($3::text is null or reason = $3) and ($4::boolean is null or (replayed_at is null) = $4)
         order by id desc limit $5`,
        [workspace, beforeId ?? Number.MAX_SAFE_INTEGER, reason ?? null, waiting ?? null, limit],
      ),
    read: async (workspace, id) =>
      (
        await sql.query<RefusedRow>(`select ${COLUMNS} from refused where workspace = $1 and id = $2`, [
          workspace,
          id,
        ])
      )[0] ?? null,
    markReplayed: (workspace, ids, at) =>
      sql.transaction(async (tx) => {
        const marked = await tx.query(
          `update refused set replayed_at = $3
           where workspace = $1 and replayed_at is null and id in (select x::bigint from unnest(string_to_array($2, ',')) as t (x)) returning id`,
          [workspace, ids.join(","), at],
        );
        await addTallies(tx, [{ workspace, name: "replayed", n: marked.length }]);
      }),
    refuseAgain: async (workspace, again) => {
      if (again.length === 0) return;
      await sql.query(
        `update refused set reason = t.reason, detail = t.detail
         from unnest(string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1))) as t (id, reason, detail)
         where workspace = $1 and refused.id = t.id::bigint and replayed_at is null`,
        [
          workspace,
          again.map(({ id }) => id).join(SEPARATOR),
          again.map(({ reason }) => reason).join(SEPARATOR),
          again.map(({ detail }) => cleanText(detail)).join(SEPARATOR),
        ],
      );
    },
    prune: (workspace, max = REFUSED_MAX) =>
      sql.transaction(async (tx) => {
        const gone = await tx.query(
          `delete from refused where workspace = $1 and id <= (
             select id from refused where workspace = $1 order by id desc offset $2 limit 1) returning id`,
          [workspace, max],
        );
        await addTallies(tx, [{ workspace, name: "pruned", n: gone.length }]);
        return gone.length;
      }),
  };
  return store;
}

async function insert(tx: Sql, entries: readonly RefusedEntry[]): Promise<void> {
  const column = (of: (entry: RefusedEntry) => string | number) => entries.map(of).join(SEPARATOR);
  await tx.query(
    `insert into refused (workspace, key, reason, detail, message_id, body, refused_at)
     select workspace::int, nullif(key, '')::int, reason, detail, nullif(message_id, ''), body, refused_at::bigint
     from unnest(string_to_array($1, chr(1)), string_to_array($2, chr(1)), string_to_array($3, chr(1)), string_to_array($4, chr(1)),
       string_to_array($5, chr(1)), string_to_array($6, chr(1)), string_to_array($7, chr(1)))
       as t (workspace, key, reason, detail, message_id, body, refused_at)`,
    [
      column(({ workspace }) => workspace),
      column(({ key }) => key ?? ""),
      column(({ reason }) => reason),
      column(({ detail }) => cleanText(detail)),
      column(({ messageId }) => (messageId === null ? "" : cleanText(messageId))),
      column(({ body }) => cleanText(body)),
      column(({ refusedAt }) => refusedAt),
    ],
  );
  await addTallies(
    tx,
    entries.map(({ workspace, reason }) => ({ workspace, name: "refused" as const, reason, n: 1 })),
  );
}
