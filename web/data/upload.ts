/** A file on its way to the server: its beginning for the preview, then all of it in parts that can be gone on with. */
import type { Import } from "../../src/imports/model.ts";
import type { Api, Reading } from "../api.ts";
import { Problem } from "../http.ts";

const SAMPLE_BYTES = 192 * 1024;
const PART_BYTES = 8 * 1024 * 1024;
/** Waits before another try of a part that did not arrive. */
const PATIENCE_MS = [1000, 3000, 8000, 15_000] as const;

/** The first text of a stream, at most about `bytesMax` bytes of it; the rest is not read. */
async function headOf(stream: ReadableStream<BufferSource>, bytesMax: number): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length >= bytesMax) {
      await reader.cancel();
      return text.slice(0, bytesMax);
    }
  }
}

/** The file's beginning as text, unpacked when it is gzip (told by its first two bytes). */
export async function sampleOf(file: Blob): Promise<string> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  const packed = first === 0x1f && second === 0x8b;
  if (!packed) return headOf(file.slice(0, SAMPLE_BYTES).stream(), SAMPLE_BYTES);
  return headOf(file.stream().pipeThrough(new DecompressionStream("gzip")), SAMPLE_BYTES);
}

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sends the part from `offset`; after a broken line it asks how far the server got and goes on there. */
async function sendPart(api: Api, id: number, file: Blob, offset: number): Promise<Import> {
  for (let tries = 0; ; tries += 1) {
    const from = tries === 0 ? offset : (await api.import(id)).receivedBytes;
    try {
      return await api.sendContent(id, from, file.slice(from, from + PART_BYTES));
    } catch (fault) {
      if (!(fault instanceof Problem) || !fault.passing || tries >= PATIENCE_MS.length) throw fault;
      await rest(PATIENCE_MS[tries]!);
    }
  }
}

/** Uploads the file and starts its import. `onProgress` is told the part sent, from 0 to 1. */
export async function upload(
  api: Api,
  file: File,
  reading: Reading,
  onProgress: (ratio: number) => void,
): Promise<Import> {
  let item = await api.beginImport({ name: file.name, sizeBytes: file.size, ...reading });
  while (item.state === "uploading" && item.receivedBytes < file.size) {
    item = await sendPart(api, item.id, file, item.receivedBytes);
    onProgress(file.size === 0 ? 1 : item.receivedBytes / file.size);
  }
  return item;
}
