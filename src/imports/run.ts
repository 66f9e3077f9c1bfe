/**
 * The runner: claims an import, reads its file, and hands the events to the inbox as fast as that takes them.
 *
 * A run's position is saved after its events are durable. So a run that dies is taken over once its lease runs out and
 * goes on a little before the place where it died; what it sends again has the same message ids and is dropped as seen.
 * The file of refused rows is cut back to what the saved position says, so that it, too, tells each row once.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { StepMeter } from "../events/meter.ts";
import type { Event, Inbox } from "../events/model.ts";
import type { Clock } from "../values.ts";
import { createGrouper, type Group } from "./group.ts";
import { compile, type RowMapper } from "./mapping.ts";
import { IMPORT_LIMITS } from "./model.ts";
import { dataPath, refusedPath } from "./place.ts";
import { hashOf, prepare, type Prepared } from "./prepare.ts";
import { type Piece, readHead, readRows } from "./read.ts";
import {
  cancelIdleUploads,
  claimImport,
  endedBetween,
  endImport,
  type ImportRow,
  type Progress,
  releaseImport,
  renewLease,
  saveProgress,
} from "./store.ts";

export type RunnerDeps = {
  readonly sql: Sql;
  readonly inbox: Inbox;
  readonly meter: StepMeter;
  readonly clock: Clock;
  /** A clock that only runs forward, in seconds. */
  readonly seconds: () => number;
  /** The folder of the imports' files and its name (place.ts). */
  readonly folder: string;
  readonly place: string;
  readonly keepIp: boolean;
  /** Hears of faults that end or delay a run. */
  readonly log: (message: string, cause: unknown) => void;
};
export type Runner = {
  /** Looks for work now. */
  wake(): void;
  /** Stops after the batches in hand; what is left goes on at the next start. */
  stop(): Promise<void>;
};

const LEASE_MS = 15_000;
const SAVE_SECONDS = 0.5;
const POLL_MS = 5_000;
const TIDY_MS = 3_600_000;
const UPLOAD_IDLE_MS = 24 * 3_600_000;
const REFUSED_KEPT_MS = 30 * 24 * 3_600_000;
/** Imports of different workspaces that run at once in one process. */
const AT_ONCE = 2;
/** Groups handled without a pause: about 5 ms, so that requests in the same process are not held up. */
const GROUPS_AT_ONCE = 500;
/** Why a run ends before its file does. */
type Ended = "stopped" | "lost";

/** Starts the runner. */
export function createRunner(deps: RunnerDeps): Runner {
  const stopping = new AbortController();
  let sleep = new AbortController();
  const loops = Array.from({ length: AT_ONCE }, async () => {
    while (!stopping.signal.aborted) {
      const worked = await runNext(deps, stopping.signal).catch((cause: unknown) => {
        deps.log("imports cannot be looked for", cause);
        return false;
      });
      if (!worked)
        await pause(POLL_MS, undefined, { signal: sleep.signal, ref: false }).catch(() => undefined);
    }
  });
  const tidying = setInterval(
    () => void tidy(deps).catch((cause: unknown) => deps.log("old imports cannot be tidied", cause)),
    TIDY_MS,
  ).unref();
  const wake = () => {
    sleep.abort();
    sleep = new AbortController();
  };
  return {
    wake,
    stop: async () => {
      stopping.abort();
      clearInterval(tidying);
      wake();
      await Promise.all(loops);
    },
  };
}

/** Ends uploads that were given up, and deletes the files that are kept no longer. */
export async function tidy(deps: Pick<RunnerDeps, "sql" | "clock" | "folder" | "place">): Promise<void> {
  const now = deps.clock();
  const idle = await cancelIdleUploads(deps.sql, deps.place, now - UPLOAD_IDLE_MS, now);
  for (const id of idle) await rm(dataPath(deps.folder, id), { force: true });
  // Two days' worth each time, so that a server that was off for a day misses none.
  const old = await endedBetween(
    deps.sql,
    deps.place,
    now - REFUSED_KEPT_MS - 48 * TIDY_MS,
    now - REFUSED_KEPT_MS,
  );
  for (const id of old) await rm(refusedPath(deps.folder, id), { force: true });
}

/** Runs one import to its end, or as far as it goes; false when there is none to run. */
export async function runNext(deps: RunnerDeps, signal: AbortSignal): Promise<boolean> {
  const owner = randomUUID();
  const row = await claimImport(deps.sql, deps.place, owner, deps.clock(), LEASE_MS);
  if (!row) return false;
  try {
    const ended = await run(deps, row, owner, signal);
    if (ended === "stopped") await releaseImport(deps.sql, row.id, owner);
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "store_unavailable") {
      // The lease runs out by itself; somebody goes on when the store is back.
      deps.log(`import ${row.id} is interrupted`, cause);
      await pause(1000, undefined, { signal, ref: false }).catch(() => undefined);
      return true;
    }
    const expected = cause instanceof Failure;
    if (!expected) deps.log(`import ${row.id} failed`, cause);
    await endImport(
      deps.sql,
      row.id,
      "failed",
      expected ? cause.message : "A fault on our side ended this import; the log says which.",
      deps.clock(),
    );
    await rm(dataPath(deps.folder, row.id), { force: true });
  }
  return true;
}

type Run = {
  readonly deps: RunnerDeps;
  readonly row: ImportRow;
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly refusedFile: FileHandle;
  progress: Progress;
  savedAt: number;
  savedRows: number;
};

async function run(
  deps: RunnerDeps,
  row: ImportRow,
  owner: string,
  signal: AbortSignal,
): Promise<Ended | "done"> {
  const refusedFile = await open(refusedPath(deps.folder, row.id), "a");
  // A fault here shows at the next save: then the run is no longer ours, or the store is away.
  const renew = () =>
    renewLease(deps.sql, row.id, owner, deps.clock(), LEASE_MS).catch((cause: unknown) =>
      deps.log(`the lease of import ${row.id} cannot be renewed`, cause),
    );
  const heartbeat = setInterval(() => void renew(), LEASE_MS / 3).unref();
  try {
    await refusedFile.truncate(row.refusedBytes);
    const of: Run = {
      deps,
      row,
      owner,
      signal,
      refusedFile,
      progress: progressOf(row),
      savedAt: deps.seconds(),
      savedRows: row.rowsRead,
    };
    const ended = await readAll(of);
    if (ended === "stopped") await save(of, of.progress);
    if (ended !== "done") return ended;
    if (!(await save(of, { ...of.progress, doneBytes: row.sizeBytes, detail: null }))) return "lost";
    await endImport(deps.sql, row.id, "done", null, deps.clock());
  } finally {
    clearInterval(heartbeat);
    await refusedFile.close();
  }
  await rm(dataPath(deps.folder, row.id), { force: true });
  return "done";
}

function progressOf(row: ImportRow): Progress {
  const {
    doneBytes,
    positionBytes,
    positionLine,
    refusedBytes,
    rowsRead,
    rowsRefused,
    rowsSkipped,
    eventsAccepted,
    eventsRefused,
    rowsPerSecond,
  } = row;
  return {
    doneBytes,
    positionBytes,
    positionLine,
    refusedBytes,
    rowsRead,
    rowsRefused,
    rowsSkipped,
    eventsAccepted,
    eventsRefused,
    rowsPerSecond,
    detail: null,
  };
}

async function readAll(of: Run): Promise<Ended | "done"> {
  const { deps, row } = of;
  const path = dataPath(deps.folder, row.id);
  const mapping = row.mapping!;
  const head = await readHead(path, mapping);
  const compiled = compile(mapping, head.header, hashOf);
  if (compiled.type === "missing")
    throw new Failure("unprocessable", `The file has no column ${compiled.columns.join(", ")}.`);
  const sender = createSender(of, compiled.mapper);
  const from =
    row.positionBytes > head.start.bytes ? { bytes: row.positionBytes, line: row.positionLine } : head.start;
  try {
    for await (const piece of readRows(path, mapping, head, from)) {
      const ended = await sender.take(piece);
      if (ended) return ended;
    }
  } catch (cause) {
    if (!(cause instanceof Failure) || cause.code !== "unprocessable") throw cause;
    // The group at a break may lack rows, so it is left out; what came before it counts.
    await sender.flush();
    await save(of, of.progress);
    throw cause;
  }
  return (await sender.finish()) ?? "done";
}

type Sender = {
  /** Groups the rows and sends what is enough for a batch. */
  take(piece: Piece): Promise<Ended | null>;
  /** Sends the groups that are whole, and waits until they are durable. */
  flush(): Promise<Ended | null>;
  /** As `flush`, with the group still open. */
  finish(): Promise<Ended | null>;
};

/** One batch is on its way to the inbox while the next is made. */
function createSender(of: Run, mapper: RowMapper): Sender {
  const { deps, row } = of;
  const grouper = createGrouper(mapper.keyOf);
  const importer = { workspace: row.workspace, key: row.key, country: undefined, keepIp: deps.keepIp };
  let groups: Group[] = [];
  let fileBytes = 0;
  let sent: Promise<Ended | null> = Promise.resolve(null);
  const send = async (): Promise<Ended | null> => {
    const batch = groups;
    groups = [];
    const made = prepare(batch, row.name, mapper, importer, deps.clock(), deps.meter, deps.seconds);
    const before = await sent;
    if (before) return before;
    sent = commit(of, made, batch.at(-1)!, fileBytes);
    // Its fault is thrown where it is awaited: before the next batch, or at the end.
    sent.catch(() => undefined);
    return null;
  };
  const flush = async () => (groups.length > 0 ? await send() : null) ?? (await sent);
  return {
    take: async (piece) => {
      fileBytes = piece.fileBytes;
      for (const fileRow of piece.rows) {
        const group = grouper.add(fileRow);
        if (group) groups.push(group);
        if (groups.length < GROUPS_AT_ONCE) continue;
        const ended = of.signal.aborted ? "stopped" : await send();
        if (ended) return (await sent) ?? ended;
      }
      return null;
    },
    flush,
    finish: () => {
      const open = grouper.finish();
      if (open) groups.push(open);
      return flush();
    },
  };
}

/** Makes a batch durable, then remembers that it is. */
async function commit(of: Run, made: Prepared, last: Group, fileBytes: number): Promise<Ended | null> {
  const ended = await append(of, made.events);
  if (ended) return ended;
  const before = of.progress;
  const refusedBytes = before.refusedBytes + (await writeRefused(of, made));
  of.progress = {
    doneBytes: Math.min(fileBytes, of.row.sizeBytes),
    positionBytes: last.end.bytes,
    positionLine: last.end.line,
    refusedBytes,
    rowsRead: before.rowsRead + made.rowsRead,
    rowsRefused: before.rowsRefused + made.rowsRefused,
    rowsSkipped: before.rowsSkipped + made.rowsSkipped,
    eventsAccepted: before.eventsAccepted + made.events.length,
    eventsRefused: before.eventsRefused + made.eventsRefused,
    rowsPerSecond: before.rowsPerSecond,
    detail: null,
  };
  if (of.deps.seconds() - of.savedAt < SAVE_SECONDS) return null;
  return (await save(of, of.progress)) ? null : "lost";
}

/** Appends to the inbox; waits while it is full or cannot be reached, and says so in the import's detail. */
async function append(of: Run, events: readonly Event[]): Promise<Ended | null> {
  for (;;) {
    try {
      await of.deps.inbox.append(events);
      return null;
    } catch (cause) {
      if (!(cause instanceof Failure) || (cause.code !== "too_many" && cause.code !== "store_unavailable"))
        throw cause;
      if (of.signal.aborted) return "stopped";
      if (!(await save(of, { ...of.progress, detail: cause.message }))) return "lost";
      await pause((cause.retryAfterSeconds ?? 1) * 1000, undefined, { signal: of.signal, ref: false }).catch(
        () => undefined,
      );
    }
  }
}

async function writeRefused(of: Run, made: Prepared): Promise<number> {
  if (made.refused.length === 0 || of.progress.refusedBytes >= IMPORT_LIMITS.refusedBytesMax) return 0;
  const lines = Buffer.from(made.refused.map((row) => `${JSON.stringify(row)}\n`).join(""));
  await of.refusedFile.writeFile(lines);
  return lines.length;
}

async function save(of: Run, progress: Progress): Promise<boolean> {
  const { deps, row, owner } = of;
  const now = deps.seconds();
  const tookSeconds = now - of.savedAt;
  const rate =
    tookSeconds >= SAVE_SECONDS / 2
      ? (progress.rowsRead - of.savedRows) / tookSeconds
      : progress.rowsPerSecond;
  // The refused rows must be on disk before the position says that they are.
  if (progress.refusedBytes > row.refusedBytes) await of.refusedFile.datasync();
  // Half of the former rate: one slow second does not make the time left jump.
  const smooth =
    rate === null || progress.rowsPerSecond === null ? rate : (rate + progress.rowsPerSecond) / 2;
  of.progress = { ...progress, rowsPerSecond: smooth };
  of.savedAt = now;
  of.savedRows = progress.rowsRead;
  return saveProgress(deps.sql, row.id, owner, of.progress, deps.clock(), LEASE_MS);
}
