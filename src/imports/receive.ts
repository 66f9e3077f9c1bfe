/**
 * An uploaded file on its way to the disk: bounded, durable once answered, and continued where it broke off.
 */
import { open, statfs } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Failure } from "../errors.ts";
import { IMPORT_LIMITS } from "./model.ts";

/** Bytes an upload must leave free: the stores live on the same disk more often than not. */
const FREE_BYTES_MIN = 256 * 1024 * 1024;

/** What was received: all the sender had, or what came before the connection broke. */
export type Received = { readonly bytes: number; readonly whole: boolean };

/**
 * Writes `from` into the file at `path` from `offset` on; the result's bytes (offset included) are on disk. Throws
 * `Failure("too_large")` beyond `bytesMax`, `Failure("store_unavailable")` when the disk is full.
 */
export async function receive(
  from: Readable,
  path: string,
  offset: number,
  bytesMax: number,
): Promise<Received> {
  const file = await open(path, offset === 0 ? "w" : "r+");
  let at = offset;
  let whole = true;
  try {
    await file.truncate(offset);
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (at + chunk.length > bytesMax)
          throw new Failure(
            "too_large",
            `The file is larger than the ${bytesMax} bytes announced or allowed.`,
          );
        await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
      }
    } catch (cause) {
      if (cause instanceof Failure) throw cause;
      const { code } = cause as NodeJS.ErrnoException;
      if (code === "ENOSPC" || code === "EDQUOT") throw diskFull(cause);
      // The sender went away; what it sent stays, and it can go on from there.
      if (code !== "ECONNRESET" && code !== "ERR_STREAM_PREMATURE_CLOSE" && !from.destroyed) throw cause;
      whole = false;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes: at, whole };
}

/** Throws unless `sizeBytes` more fit in `folder` with room to spare. */
export async function refuseWithoutRoom(folder: string, sizeBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < sizeBytes + FREE_BYTES_MIN) throw diskFull(null);
}

const diskFull = (cause: unknown): Failure =>
  new Failure("store_unavailable", "The disk is too full for this file.", { cause, retryAfterSeconds: 60 });

/** Throws `Failure("too_large")` for a size no import may have. */
export function refuseTooLarge(sizeBytes: number): void {
  if (sizeBytes > IMPORT_LIMITS.fileBytesMax)
    throw new Failure(
      "too_large",
      `A file may have ${IMPORT_LIMITS.fileBytesMax} bytes; this one has ${sizeBytes}.`,
    );
}
