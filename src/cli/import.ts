/** `throughline import FILE...`: files into a running server, with a bar, and what was refused in a file beside each. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { createGunzip } from "node:zlib";
import { defineCommand } from "citty";
import { z } from "zod";
import { Failure } from "../errors.ts";
import { type Import, IMPORT_LIMITS, Mapping, RefusedRow } from "../imports/model.ts";
import { PRESETS } from "../imports/presets.ts";
import { type Client, clientOf, SERVER_FLAGS } from "./client.ts";
import { createBar, failWith, grouped, refuseUnknown, say, spanOf, tableOf } from "./say.ts";
import { importFile, saveRefused } from "./upload.ts";

const Preview = z.object({
  preset: z.string().nullable(),
  mapping: Mapping,
  events: z.array(z.unknown()),
  refused: z.array(RefusedRow),
});

const FLAGS = {
  mapping: { type: "string", description: "A JSON file that says how rows become events (docs/import.md)" },
  preset: {
    type: "string",
    description: `A ready mapping: ${PRESETS.map(({ name }) => name).join(", ")}. Without either the file is guessed.`,
  },
  "dry-run": { type: "boolean", description: "Show what the first rows would become, and import nothing" },
  "print-mapping": {
    type: "boolean",
    description: "Print the mapping that would be used, and import nothing",
  },
  ...SERVER_FLAGS,
} as const;

export const importCommand = defineCommand({
  meta: {
    name: "import",
    description:
      "Import CSV or NDJSON files (packed with gzip or not) into a running server. Running it again goes on, or changes nothing.",
  },
  args: FLAGS,
  run: async ({ args, rawArgs }) => {
    try {
      refuseUnknown(rawArgs, FLAGS);
      if (args._.length === 0)
        throw new Failure("bad_request", "Name the files to import: throughline import FILE...");
      if (args.mapping !== undefined && args.preset !== undefined)
        throw new Failure("bad_request", "Give --mapping or --preset, not both.");
      const client = await clientOf(args, process.env);
      const asked = {
        preset: args.preset ?? null,
        mapping: args.mapping === undefined ? null : await mappingIn(args.mapping),
      };
      for (const path of args._) {
        if (args["dry-run"] || args["print-mapping"])
          await preview(client, path, asked, args["print-mapping"] === true);
        else if (!(await bring(client, path, asked))) process.exitCode = 1;
      }
    } catch (cause) {
      failWith(cause);
    }
  },
});

type Asked = { readonly preset: string | null; readonly mapping: Mapping | null };

/** A mapping file's mapping. Throws `Failure("unprocessable")` that names the field. */
async function mappingIn(path: string): Promise<Mapping> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new Failure("not_found", `The mapping ${path} cannot be read.`, { cause });
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Failure("unprocessable", `The mapping ${path} is no JSON: ${(cause as Error).message}.`, {
      cause,
    });
  }
  const parsed = Mapping.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new Failure(
    "unprocessable",
    `The mapping ${path} cannot be used: ${issue.path.join(".") || "it"}: ${issue.message}.`,
  );
}

/** Imports one file and says how it went; false when it did not end well. */
export async function bring(client: Client, path: string, asked: Asked): Promise<boolean> {
  const bar = createBar(basename(path), () => performance.now());
  const startedAt = performance.now();
  const { result, known } = await importFile(client, { path, ...asked }, (now, phase) => {
    if (phase === "uploading") bar.show(now.receivedBytes / now.sizeBytes, "uploading");
    else bar.show(now.doneBytes / now.sizeBytes, progressOf(now));
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const rows = `${grouped(result.rowsRead)} rows, ${grouped(result.eventsAccepted)} events`;
  if (known) bar.end(`already imported: ${rows}. Nothing was changed.`);
  else if (result.state === "done")
    bar.end(`${rows} in ${spanOf(seconds)} (${grouped(result.rowsRead / Math.max(seconds, 0.001))} rows/s)`);
  else bar.end(`${result.state}: ${result.detail ?? "no reason is known"} (${rows} until then)`);
  const refused = result.rowsRefused + result.eventsRefused;
  if (refused > 0) {
    await saveRefused(client, result.id, `${path}.refused.ndjson`);
    say(`${grouped(refused)} refused, with the reasons in ${path}.refused.ndjson`);
  }
  if (result.rowsSkipped > 0)
    say(`${grouped(result.rowsSkipped)} rows skipped: the mapping's conditions did not choose them.`);
  return result.state === "done";
}

function progressOf(now: Import): string {
  if (now.state === "waiting") return "waiting for the import before it";
  if (now.detail !== null) return now.detail;
  const rate = now.rowsPerSecond === null ? "" : `  ${grouped(now.rowsPerSecond)}/s`;
  const left = now.secondsLeft === null ? "" : `  ${spanOf(now.secondsLeft)} left`;
  return `${grouped(now.rowsRead)} rows${rate}${left}`;
}

async function preview(client: Client, path: string, asked: Asked, mappingOnly: boolean): Promise<void> {
  const body = {
    name: basename(path),
    sample: await beginningOf(path),
    ...(asked.preset !== null && { preset: asked.preset }),
    ...(asked.mapping && { mapping: asked.mapping }),
  };
  const seen = await client.json(Preview, "/v1/imports/preview", { method: "POST", body });
  if (mappingOnly) return say(JSON.stringify(seen.mapping, null, 2));
  say(
    `${path}: ${seen.preset === null ? "your mapping" : `preset ${seen.preset}`}. The first rows would become:`,
  );
  for (const event of seen.events) say(JSON.stringify(event));
  if (seen.refused.length > 0)
    say(
      `\nRefused:\n${tableOf(seen.refused.map(({ line, reason, detail }) => [`line ${line}`, reason, detail]))}`,
    );
  say("\nNothing was imported.");
}

/** The first part of a file as text, unpacked. */
async function beginningOf(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  const head = await firstBytes(path);
  const stream =
    head[0] === 0x1f && head[1] === 0x8b
      ? createReadStream(path).pipe(createGunzip())
      : createReadStream(path);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= IMPORT_LIMITS.previewBytesMax / 2) break;
  }
  stream.destroy();
  return Buffer.concat(chunks)
    .toString("utf8")
    .slice(0, IMPORT_LIMITS.previewBytesMax / 2);
}

async function firstBytes(path: string): Promise<Buffer> {
  try {
    for await (const chunk of createReadStream(path, { end: 1 }) as AsyncIterable<Buffer>) return chunk;
    return Buffer.alloc(0);
  } catch (cause) {
    throw new Failure("not_found", `${path} cannot be read.`, { cause });
  }
}
