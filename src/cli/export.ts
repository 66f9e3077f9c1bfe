/** `throughline export events|customers`: everything out of a running server as lines of JSON. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { defineCommand } from "citty";
import { Failure } from "../errors.ts";
import { clientOf, SERVER_FLAGS } from "./client.ts";
import { complain, failWith, grouped, refuseUnknown } from "./say.ts";

const FLAGS = {
  what: { type: "positional", description: "events or customers", required: true },
  out: {
    type: "string",
    description: "The file to write (packed when its name ends in .gz); default is standard output",
  },
  from: { type: "string", description: "Only events from this time on (ISO 8601)" },
  to: { type: "string", description: "Only events before this time (ISO 8601)" },
  ...SERVER_FLAGS,
} as const;

export const exportCommand = defineCommand({
  meta: { name: "export", description: "Export events or customers of a running server as lines of JSON." },
  args: FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, FLAGS);
      if (args.what !== "events" && args.what !== "customers")
        throw new Failure("bad_request", `Export events or customers, not "${args.what}".`);
      const client = await clientOf(args, process.env);
      const query = new URLSearchParams({
        ...(args.from !== undefined && { from: isoOf(args.from) }),
        ...(args.to !== undefined && { to: isoOf(args.to) }),
      });
      const stream = Readable.fromWeb(
        (await client.stream(`/v1/export/${args.what}?${query.toString()}`)) as Parameters<
          typeof Readable.fromWeb
        >[0],
      );
      const lines = await write(stream, args.out);
      if (args.out !== undefined) complain(`${grouped(lines)} ${args.what} written to ${args.out}`);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "EPIPE") return;
      failWith(cause);
    }
  },
});

function isoOf(text: string): string {
  const at = Date.parse(text);
  if (Number.isNaN(at))
    throw new Failure("bad_request", `"${text}" is no time. Write it as 2026-01-31 or 2026-01-31T12:00:00Z.`);
  return new Date(at).toISOString();
}

/** Writes to `out` under another name first, so that a file of that name is always a whole export. */
async function write(from: Readable, out: string | undefined): Promise<number> {
  let lines = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines += 1;
      done(null, chunk);
    },
  });
  if (out === undefined) {
    await pipeline(from, counter, process.stdout, { end: false });
    return lines;
  }
  const part = `${out}.part`;
  try {
    if (out.endsWith(".gz")) await pipeline(from, counter, createGzip(), createWriteStream(part));
    else await pipeline(from, counter, createWriteStream(part));
    await rename(part, out);
  } catch (cause) {
    await rm(part, { force: true });
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EACCES" || code === "ENOSPC")
      throw new Failure("configuration", `${out} cannot be written (${code}).`, { cause });
    throw new Failure("store_unavailable", "The export broke off; nothing was written. Try again.", {
      cause,
    });
  }
  return lines;
}
