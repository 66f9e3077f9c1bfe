/** Every statement on the table of imports. A run belongs to whoever holds its lease; a lost lease is told, never ignored. */
import { LOCKS } from "../db/locks.ts";
import type { Sql } from "../db/postgres.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { isoOf } from "../values.ts";
import type { Import, ImportState, Mapping } from "./model.ts";

/** An import as its row says. */
export type ImportRow = {
  readonly id: number;
  readonly workspace: WorkspaceId;
  readonly name: string;
  readonly state: ImportState;
  readonly preset: string | null;
  /** Null until the header of the file is known. */
  readonly mapping: Mapping | null;
  readonly place: string;
  readonly key: number;
  readonly sizeBytes: number;
  readonly receivedBytes: number;
  readonly doneBytes: number;
  readonly positionBytes: number;
  readonly positionLine: number;
  readonly refusedBytes: number;
  readonly rowsRead: number;
  readonly rowsRefused: number;
  readonly rowsSkipped: number;
  readonly eventsAccepted: number;
  readonly eventsRefused: number;
  readonly rowsPerSecond: number | null;
  readonly detail: string | null;
  readonly createdAt: Instant;
  readonly startedAt: Instant | null;
  readonly updatedAt: Instant;
};
/** How far a run has come; written as one. */
export type Progress = Pick<
  ImportRow,
  | "doneBytes" | "positionBytes" | "positionLine" | "refusedBytes" | "rowsRead" | "rowsRefused" | "rowsSkipped"
  | "eventsAccepted" | "eventsRefused" | "rowsPerSecond" | "detail"
>; // prettier-ignore

const COLUMNS = `id, workspace, name, state, preset, mapping, place, key, size_bytes as "sizeBytes", received_bytes as "receivedBytes",
  done_bytes as "doneBytes", position_bytes as "positionBytes", position_line as "positionLine", refused_bytes as "refusedBytes",
  rows_read as "rowsRead", rows_refused as "rowsRefused", rows_skipped as "rowsSkipped", events_accepted as "eventsAccepted",
  events_refused as "eventsRefused", rows_per_second as "rowsPerSecond", detail, created_at as "createdAt",
  started_at as "startedAt", updated_at as "updatedAt"`;

/** What the outside sees of an import. */
export function viewOf(row: ImportRow): Import {
  const rate = row.state === "running" ? row.rowsPerSecond : null;
  const rowsLeft =
    row.doneBytes > 0 ? ((row.sizeBytes - row.doneBytes) * row.rowsRead) / row.doneBytes : null;
  return {
    id: row.id, name: row.name, preset: row.preset, state: row.state, detail: row.detail,
    sizeBytes: row.sizeBytes, receivedBytes: row.receivedBytes, doneBytes: row.doneBytes,
    rowsRead: row.rowsRead, rowsRefused: row.rowsRefused, rowsSkipped: row.rowsSkipped,
    eventsAccepted: row.eventsAccepted, eventsRefused: row.eventsRefused, rowsPerSecond: rate === null ? null : Math.round(rate),
    secondsLeft: rate && rowsLeft !== null ? Math.ceil(rowsLeft / rate) : null,
    createdAt: isoOf(row.createdAt), startedAt: row.startedAt === null ? null : isoOf(row.startedAt), updatedAt: isoOf(row.updatedAt),
  }; // prettier-ignore
}

export type NewImport = {
  readonly workspace: WorkspaceId;
  readonly name: string;
  readonly preset: string | null;
  readonly mapping: Mapping | null;
  readonly checksum: string | null;
  readonly place: string;
  readonly key: number;
  readonly sizeBytes: number;
};

/** Adds an import that waits for its file; the one already there when the same checksum is under way or done. */
export async function addImport(
  sql: Sql,
  of: NewImport,
  now: Instant,
): Promise<{ readonly row: ImportRow; readonly added: boolean }> {
  const values = [
    of.workspace,
    of.name,
    of.preset,
    of.mapping === null ? "null" : JSON.stringify(of.mapping),
    of.checksum,
    of.place,
    of.key,
    of.sizeBytes,
    now,
  ];
  const [row] = await sql.query<ImportRow>(
    `insert into imports (workspace, name, state, preset, mapping, checksum, place, key, size_bytes, created_at, updated_at)
     values ($1, $2, 'uploading', $3, $4, $5, $6, $7, $8, $9, $9)
     on conflict (workspace, checksum) where state in ('uploading', 'waiting', 'running', 'done') do nothing
     returning ${COLUMNS}`,
    values,
  );
  if (row) return { row, added: true };
  const [known] = await sql.query<ImportRow>(
    `select ${COLUMNS} from imports where workspace = $1 and checksum = $2 and state in ('uploading', 'waiting', 'running', 'done')`,
    [of.workspace, of.checksum],
  );
  // The other import ended between the two statements: there is room for this one now.
  return known ? { row: known, added: false } : addImport(sql, of, now);
}

/** One import of the workspace, or null. */
export async function readImport(sql: Sql, workspace: WorkspaceId, id: number): Promise<ImportRow | null> {
  const [row] = await sql.query<ImportRow>(
    `select ${COLUMNS} from imports where workspace = $1 and id = $2`,
    [workspace, id],
  );
  return row ?? null;
}

/** The workspace's imports below `beforeId`, newest first. */
export async function listImports(
  sql: Sql,
  workspace: WorkspaceId,
  limit: number,
  beforeId: number | null,
): Promise<readonly ImportRow[]> {
  return sql.query<ImportRow>(
    `select ${COLUMNS} from imports where workspace = $1 and ($3::bigint is null or id < $3) order by id desc limit $2`,
    [workspace, limit, beforeId],
  );
}

/** How many imports of the workspace are not at their end. */
export async function openImports(sql: Sql, workspace: WorkspaceId): Promise<number> {
  const [row] = await sql.query<{ n: number }>(
    "select count(*) as n from imports where workspace = $1 and state in ('uploading', 'waiting', 'running')",
    [workspace],
  );
  return row?.n ?? 0;
}

/** Remembers how much of the file is safely on disk. */
export async function saveReceived(sql: Sql, id: number, receivedBytes: number, now: Instant): Promise<void> {
  await sql.query(
    "update imports set received_bytes = $2, updated_at = $3 where id = $1 and state = 'uploading'",
    [id, receivedBytes, now],
  );
}

/** The whole file is there and its mapping is known: it may run. Null when it was cancelled meanwhile. */
export async function makeReady(
  sql: Sql,
  id: number,
  sizeBytes: number,
  how: { readonly preset: string | null; readonly mapping: Mapping },
  now: Instant,
): Promise<ImportRow | null> {
  const [row] = await sql.query<ImportRow>(
    `update imports set state = 'waiting', size_bytes = $2, received_bytes = $2, mapping = $3, preset = $5, updated_at = $4
     where id = $1 and state = 'uploading' returning ${COLUMNS}`,
    [id, sizeBytes, JSON.stringify(how.mapping), now, how.preset],
  );
  return row ?? null;
}

/** Ends an import that is not at its end yet; answers its row, or null when it had ended already. */
export async function endImport(
  sql: Sql,
  id: number,
  state: "done" | "failed" | "cancelled",
  detail: string | null,
  now: Instant,
): Promise<ImportRow | null> {
  const [row] = await sql.query<ImportRow>(
    `update imports set state = $2, detail = $3, updated_at = $4, owner = null, lease_until = 0
     where id = $1 and state in ('uploading', 'waiting', 'running') returning ${COLUMNS}`,
    [id, state, detail, now],
  );
  return row ?? null;
}

/** Takes the oldest import at `place` that nobody runs, at most one of a workspace at a time. Null when there is none. */
export async function claimImport(
  sql: Sql,
  place: string,
  owner: string,
  now: Instant,
  leaseMs: number,
): Promise<ImportRow | null> {
  return sql.transaction(async (tx) => {
    // Two claims at once could both see a workspace idle.
    await tx.query(`select pg_advisory_xact_lock(${LOCKS.claimImport})`);
    const [row] = await tx.query<ImportRow>(
      `update imports set state = 'running', owner = $2, lease_until = $4, started_at = coalesce(started_at, $3), updated_at = $3
       where id = (
         select id from imports i where state in ('waiting', 'running') and place = $1 and lease_until not between $3 and $5
           and not exists (select from imports o where o.workspace = i.workspace and o.state = 'running' and o.lease_until between $3 and $5)
         order by id limit 1)
         -- Asked again of the row as it is once it is ours: it may have been cancelled since it was found.
         and state in ('waiting', 'running') and lease_until not between $3 and $5
       returning ${COLUMNS}`,
      // A lease of somebody whose clock is a little ahead is no stamp of a clock that was set back.
      [place, owner, now, now + leaseMs, now + 2 * leaseMs],
    );
    return row ?? null;
  });
}

/** Writes how far the run has come and renews its lease. False when it is no longer ours: cancelled, or taken over. */
export async function saveProgress(
  sql: Sql,
  id: number,
  owner: string,
  progress: Progress,
  now: Instant,
  leaseMs: number,
): Promise<boolean> {
  const rows = await sql.query<{ id: number }>(
    `update imports set done_bytes = $3, position_bytes = $4, position_line = $5, refused_bytes = $6, rows_read = $7, rows_refused = $8,
       rows_skipped = $9, events_accepted = $10, events_refused = $11, rows_per_second = $12, detail = $13, updated_at = $14, lease_until = $15
     where id = $1 and owner = $2 and state = 'running' returning id`,
    [
      id, owner, progress.doneBytes, progress.positionBytes, progress.positionLine, progress.refusedBytes, progress.rowsRead, progress.rowsRefused,
      progress.rowsSkipped, progress.eventsAccepted, progress.eventsRefused, progress.rowsPerSecond, progress.detail, now, now + leaseMs,
    ],
  ); // prettier-ignore
  return rows.length > 0;
}

/** Keeps a run ours while it has nothing to save, such as on its way to the place where it goes on. */
export async function renewLease(
  sql: Sql,
  id: number,
  owner: string,
  now: Instant,
  leaseMs: number,
): Promise<void> {
  await sql.query("update imports set lease_until = $3 where id = $1 and owner = $2 and state = 'running'", [
    id,
    owner,
    now + leaseMs,
  ]);
}

/** Gives a run back, so that another may go on with it at once. */
export async function releaseImport(sql: Sql, id: number, owner: string): Promise<void> {
  await sql.query("update imports set owner = null, lease_until = 0 where id = $1 and owner = $2", [
    id,
    owner,
  ]);
}

/** Cancels uploads at `place` that nobody has gone on with since `before`. Answers their ids. */
export async function cancelIdleUploads(
  sql: Sql,
  place: string,
  before: Instant,
  now: Instant,
): Promise<readonly number[]> {
  const rows = await sql.query<{ id: number }>(
    `update imports set state = 'cancelled', detail = 'Nobody went on with the upload.', updated_at = $3
     where place = $1 and state = 'uploading' and updated_at < $2 returning id`,
    [place, before, now],
  );
  return rows.map(({ id }) => id);
}

/** Imports at `place` that ended between two times: those whose refused rows are kept no longer. */
export async function endedBetween(
  sql: Sql,
  place: string,
  from: Instant,
  before: Instant,
): Promise<readonly number[]> {
  const rows = await sql.query<{ id: number }>(
    "select id from imports where place = $1 and state in ('done', 'failed', 'cancelled') and updated_at >= $2 and updated_at < $3",
    [place, from, before],
  );
  return rows.map(({ id }) => id);
}
