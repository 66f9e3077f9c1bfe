/**
 * The bytes of a collection request, read whatever its Content-Type says and undone whatever its Content-Encoding says,
 * never holding more than the limit: before decompression, and after it (a small body can decompress to gigabytes).
 */
import { isAscii, isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { LIMITS } from "./model.ts";

/** What was wrong with a body; `drained` is false when the sender was cut off in the middle. */
export type BodyFault = {
  readonly fault: "body_too_large" | "unknown_encoding" | "malformed";
  readonly message: string;
  readonly drained: boolean;
};
export type BodyBytes = Buffer | BodyFault;

/** A sender that is answered in the middle of its body often sees a broken connection, so this much more is read and thrown away. */
const DRAIN_BYTES_MAX = 8 * LIMITS.bodyBytesMax;
const LARGE = `The body is larger than ${LIMITS.bodyBytesMax} bytes.`;
const OPTIONS = { maxOutputLength: LIMITS.bodyBytesMax } as const;

export const isFault = (body: BodyBytes | string): body is BodyFault =>
  typeof body === "object" && "fault" in body;

/** Reads a request's body to its end, as it came. Rejects only when the connection breaks. */
export function readBody(payload: Readable): Promise<BodyBytes> {
  return new Promise((done, failed) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    payload.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= LIMITS.bodyBytesMax) return void chunks.push(chunk);
      chunks.length = 0;
      if (sizeBytes <= DRAIN_BYTES_MAX) return;
      payload.removeAllListeners("data");
      payload.pause();
      done({ fault: "body_too_large", message: LARGE, drained: false });
    });
    payload.on("end", () =>
      done(
        sizeBytes > LIMITS.bodyBytesMax
          ? { fault: "body_too_large", message: LARGE, drained: true }
          : chunks.length === 1
            ? chunks[0]!
            : Buffer.concat(chunks),
      ),
    );
    payload.on("error", failed);
    payload.on("close", () => {
      // Every request's body is closed in the end; a fault that nobody sees would cost its stack each time.
      if (!payload.readableEnded) failed(new Error("The connection closed before the body ended."));
    });
  });
}

const DECODERS: { readonly [encoding: string]: (bytes: Buffer) => Promise<Buffer> } = {
  __proto__: null as never,
  gzip: (bytes) => promisify<Buffer, object, Buffer>(gunzip)(bytes, OPTIONS),
  "x-gzip": (bytes) => promisify<Buffer, object, Buffer>(gunzip)(bytes, OPTIONS),
  // Deflate is zlib's format by the standard and often raw in the wild; the first nibble tells.
  deflate: (bytes) =>
    promisify<Buffer, object, Buffer>(((bytes[0] ?? 0) & 15) === 8 ? inflate : inflateRaw)(bytes, OPTIONS),
  br: (bytes) => promisify<Buffer, object, Buffer>(brotliDecompress)(bytes, OPTIONS),
};

/** The body as text: decompressed as its header says, and valid UTF-8. Never throws. */
export async function textOfBody(bytes: Buffer, headers: IncomingHttpHeaders): Promise<string | BodyFault> {
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  let plain = bytes;
  if (encoding !== "identity" && encoding !== "") {
    const decode = DECODERS[encoding];
    if (!decode)
      return {
        fault: "unknown_encoding",
        message: `Content-Encoding ${JSON.stringify(encoding.slice(0, 40))} is not known; use gzip, deflate, br or none.`,
        drained: true,
      };
    try {
      plain = await decode(bytes);
    } catch (cause) {
      const { code = "" } = cause as NodeJS.ErrnoException;
      if (code === "ERR_BUFFER_TOO_LARGE")
        return {
          fault: "body_too_large",
          message: `The body decompresses to more than ${LIMITS.bodyBytesMax} bytes.`,
          drained: true,
        };
      return {
        fault: "malformed",
        message: `The body is not valid ${encoding}, as its Content-Encoding says it is.`,
        drained: true,
      };
    }
  }
  if (isAscii(plain)) return plain.toString("latin1");
  if (!isUtf8(plain)) return { fault: "malformed", message: "The body is not valid UTF-8.", drained: true };
  return plain.toString("utf8");
}
