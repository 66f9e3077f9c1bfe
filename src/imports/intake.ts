/**
 * An import from its announcement to the moment it may run: where the file is taken in, looked at and fitted.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Clock, Json, WorkspaceId } from "../values.ts";
import { fitMapping, formatOfName, presetOf } from "./fit.ts";
import { IMPORT_LIMITS, type Mapping } from "./model.ts";
import { dataPath } from "./place.ts";
import { readHead, readRows, type Writing } from "./read.ts";
import { receive, refuseTooLarge, refuseWithoutRoom } from "./receive.ts";
import {
  addImport,
  endImport,
  type ImportRow,
  makeReady,
  openImports,
  readImport,
  saveReceived,
} from "./store.ts";

export type IntakeDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly folder: string;
  readonly place: string;
  /** The imports whose content is coming in at this moment; two senders of one file would tear it. */
  readonly receiving: Set<number>;
  /** Called when an import may run. */
  readonly onReady: () => void;
};
export type Announced = {
  readonly name: string;
  readonly preset: string | null;
  readonly mapping: Mapping | null;
  /** Null when only the end of the upload will tell. */
  readonly sizeBytes: number | null;
  /** SHA-256 of the file in hexadecimal, when the sender knows it. */
  readonly sha256: string | null;
};

/** Begins an import, or finds the one already begun with the same file, name and mapping. */
export async function announce(
  deps: IntakeDeps,
  workspace: WorkspaceId,
  key: number,
  of: Announced,
): Promise<{ row: ImportRow; added: boolean }> {
  if (of.preset !== null) presetOf(of.preset);
  refuseTooLarge(of.sizeBytes ?? 0);
  await refuseWithoutRoom(deps.folder, of.sizeBytes ?? 0);
  if ((await openImports(deps.sql, workspace)) >= IMPORT_LIMITS.waitingMax)
    throw new Failure("too_many", `${IMPORT_LIMITS.waitingMax} imports wait already. Cancel some, or wait.`, {
      retryAfterSeconds: 30,
    });
  const how = createHash("sha256")
    .update(JSON.stringify([of.name, of.preset, of.mapping]))
    .digest("hex")
    .slice(0, 32);
  const checksum = of.sha256 === null ? null : `${of.sha256} ${how}`;
  const values = {
    workspace,
    name: of.name,
    preset: of.preset,
    mapping: of.mapping,
    checksum,
    place: deps.place,
    key,
    sizeBytes: of.sizeBytes ?? 0,
  };
  return addImport(deps.sql, values, deps.clock());
}

/**
 * Takes the content of `row` from `offset` on. The import may run when the file is whole: all announced bytes, or the
 * end of the stream where none were announced. Throws `Failure("unprocessable")`, and ends the import, when the file
 * cannot be read or does not fit.
 */
export async function takeContent(
  deps: IntakeDeps,
  row: ImportRow,
  from: Readable,
  offset: number,
): Promise<ImportRow> {
  if (deps.receiving.has(row.id))
    throw new Failure("conflict", `Another request is sending the file of import ${row.id}.`);
  deps.receiving.add(row.id);
  try {
    // Read again: another request may just have ended the upload.
    const now = await readImport(deps.sql, row.workspace, row.id);
    if (!now) throw new Failure("not_found", `There is no import ${row.id}.`);
    return await takeMore(deps, now, from, offset);
  } finally {
    deps.receiving.delete(row.id);
  }
}

async function takeMore(
  deps: IntakeDeps,
  row: ImportRow,
  from: Readable,
  offset: number,
): Promise<ImportRow> {
  if (row.state !== "uploading")
    throw new Failure(
      "conflict",
      `The file of import ${row.id} is here already; the import is ${row.state}.`,
    );
  if (row.place !== deps.place)
    throw new Failure("conflict", `The upload of import ${row.id} began at another server. Go on there.`);
  if (offset !== row.receivedBytes)
    throw new Failure(
      "conflict",
      `The next byte of import ${row.id} is ${row.receivedBytes}, not ${offset}.`,
    );
  const announced = row.sizeBytes > 0;
  const path = dataPath(deps.folder, row.id);
  const received = await receive(
    from,
    path,
    offset,
    announced ? row.sizeBytes : IMPORT_LIMITS.fileBytesMax,
  ).catch(async (cause: unknown) => {
    // What is on disk can be gone on from; only a file that must not be is ended.
    if (cause instanceof Failure && cause.code === "too_large")
      await endWith(deps, row, "failed", cause.message);
    throw cause;
  });
  await saveReceived(deps.sql, row.id, received.bytes, deps.clock());
  const whole = announced ? received.bytes === row.sizeBytes : received.whole;
  if (!whole) {
    if (!announced) await endWith(deps, row, "cancelled", "The upload broke off.");
    return (await readImport(deps.sql, row.workspace, row.id)) ?? row;
  }
  return makeRunnable(deps, row, received.bytes);
}

async function makeRunnable(deps: IntakeDeps, row: ImportRow, sizeBytes: number): Promise<ImportRow> {
  try {
    const how = await fitFile(dataPath(deps.folder, row.id), row);
    const ready = await makeReady(deps.sql, row.id, sizeBytes, how, deps.clock());
    if (!ready) throw new Failure("conflict", `Import ${row.id} was cancelled while its file came in.`);
    deps.onReady();
    return ready;
  } catch (cause) {
    if (cause instanceof Failure && cause.code === "unprocessable")
      await endWith(deps, row, "failed", cause.message);
    throw cause;
  }
}

async function endWith(
  deps: IntakeDeps,
  row: ImportRow,
  state: "failed" | "cancelled",
  detail: string,
): Promise<void> {
  await endImport(deps.sql, row.id, state, detail, deps.clock());
  await rm(dataPath(deps.folder, row.id), { force: true });
}

async function fitFile(
  path: string,
  asked: { readonly name: string; readonly preset: string | null; readonly mapping: Mapping | null },
) {
  const writing: Writing = asked.mapping ?? {
    format: (asked.preset ? presetOf(asked.preset).format : null) ?? formatOfName(asked.name) ?? "csv",
    delimiter: undefined,
    encoding: "utf-8",
  };
  const head = await readHead(path, writing);
  let first: Json | null = null;
  if (writing.format === "ndjson" && !asked.mapping && !asked.preset)
    for await (const piece of readRows(path, writing, head, head.start)) {
      const row = piece.rows[0];
      first = row?.type === "row" ? (row.row as Json) : null;
      break;
    }
  return fitMapping(asked, head.header, first);
}

/** Cancels an import; what it already brought in stays. Throws `Failure("conflict")` when it has ended. */
export async function cancel(deps: IntakeDeps, row: ImportRow): Promise<ImportRow> {
  const ended = await endImport(
    deps.sql,
    row.id,
    "cancelled",
    "Cancelled. What was imported by then stays.",
    deps.clock(),
  );
  if (!ended) throw new Failure("conflict", `Import ${row.id} has ended already.`);
  await rm(dataPath(deps.folder, row.id), { force: true });
  return ended;
}
