/**
 * One file into a running server, with everything that can break on the way: a line that drops, a server that restarts,
 * a command that is ended and run again. The server keeps what it has; the same file is found by its SHA-256.
 */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Failure } from "../errors.ts";
import { Import, type Mapping } from "../imports/model.ts";
import type { Client } from "./client.ts";

export type Upload = {
  readonly path: string;
  readonly preset: string | null;
  readonly mapping: Mapping | null;
};
/** Told as it goes: the phase, and how much of it is done. */
export type Watch = (of: Import, phase: "uploading" | "importing") => void;

const ATTEMPTS_MAX = 8;
const POLL_MS = 250;

/** Uploads and imports; resolves when the import has ended. `known`: the server had this very import already. */
export async function importFile(
  client: Client,
  of: Upload,
  watch: Watch,
): Promise<{ readonly result: Import; readonly known: boolean }> {
  const file = await stat(of.path).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(
      "not_found",
      `${of.path} cannot be read: ${cause.code === "ENOENT" ? "there is no such file" : cause.message}.`,
      { cause },
    );
  });
  if (!file.isFile()) throw new Failure("unprocessable", `${of.path} is no file.`);
  if (file.size === 0) throw new Failure("unprocessable", `${of.path} is empty.`);
  const begun = await client.json(Import, "/v1/imports/begin", {
    method: "POST",
    body: {
      name: basename(of.path), sizeBytes: file.size, sha256: await sha256Of(of.path),
      ...(of.preset !== null && { preset: of.preset }), ...(of.mapping !== null && { mapping: of.mapping }),
    },
  }); // prettier-ignore
  const known = begun.state !== "uploading";
  const sent = known ? begun : await sendContent(client, begun, of.path, watch);
  return { result: await untilEnded(client, sent, watch), known: begun.state === "done" };
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 }) as AsyncIterable<Buffer>)
    hash.update(chunk);
  return hash.digest("hex");
}

async function sendContent(client: Client, begun: Import, path: string, watch: Watch): Promise<Import> {
  let current = begun;
  for (let attempt = 1; current.state === "uploading"; attempt++) {
    try {
      const offset = current.receivedBytes;
      const told = { ...current };
      const counted = Readable.from(
        (async function* () {
          for await (const chunk of createReadStream(path, {
            start: offset,
            highWaterMark: 256 * 1024,
          }) as AsyncIterable<Buffer>) {
            yield chunk;
            told.receivedBytes += chunk.length;
            watch(told, "uploading");
          }
        })(),
      );
      current = await client.json(Import, `/v1/imports/${begun.id}/content?offset=${offset}`, {
        method: "PUT",
        upload: counted,
      });
    } catch (cause) {
      const again =
        cause instanceof Failure &&
        ["store_unavailable", "conflict", "too_many", "internal"].includes(cause.code);
      if (!again || attempt >= ATTEMPTS_MAX) throw cause;
      await pause((cause.retryAfterSeconds ?? Math.min(2 ** attempt, 20)) * 1000);
      // Where to go on: the server knows what is safely there.
      current = await client.json(Import, `/v1/imports/${begun.id}`).catch(() => current);
    }
  }
  return current;
}

async function untilEnded(client: Client, from: Import, watch: Watch): Promise<Import> {
  let current = from;
  for (let failures = 0; current.state === "waiting" || current.state === "running";) {
    watch(current, "importing");
    await pause(POLL_MS);
    try {
      current = await client.json(Import, `/v1/imports/${from.id}`);
      failures = 0;
    } catch (cause) {
      // A restart of the server takes seconds, and the import goes on after it.
      if (!(cause instanceof Failure) || ++failures > 120) throw cause;
    }
  }
  return current;
}

/** Writes the rows the server refused to `path`. */
export async function saveRefused(client: Client, id: number, path: string): Promise<void> {
  const stream = await client.stream(`/v1/imports/${id}/refused`);
  await pipeline(Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(path));
}
