/**
 * Imports over HTTP. Either one request with the file as its body, or, for large files and poor lines, `begin` and then
 * the content in as many requests as it takes, each going on where the last one broke off.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import type { WorkspaceId } from "../values.ts";
import { announce, cancel, type IntakeDeps, takeContent } from "./intake.ts";
import { Import, IMPORT_LIMITS, Mapping, RefusedRow } from "./model.ts";
import { refusedPath } from "./place.ts";
import { PRESETS } from "./presets.ts";
import { previewOf } from "./preview.ts";
import { type ImportRow, listImports, readImport, viewOf } from "./store.ts";

export type ImportDeps = IntakeDeps & {
  /** Whether IP addresses of visitors are kept (THROUGHLINE_STORE_IP). */
  readonly keepIp: boolean;
};

const Name = z
  .string()
  .min(1)
  .max(IMPORT_LIMITS.nameCharsMax)
  .describe("The file's name; message ids are made of it where the rows carry none");
const PresetName = z
  .string()
  .max(100)
  .describe("A preset's name; without it and a mapping the file is guessed");
const Id = z.object({ id: z.coerce.number().int().min(1) });
const ImportList = z.object({ imports: z.array(Import), nextCursor: z.string().nullable() });
const PresetList = z.object({
  presets: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      description: z.string(),
      format: z.enum(["csv", "ndjson"]),
    }),
  ),
});
const PreviewQuestion = z
  .object({
    name: Name,
    sample: z
      .string()
      .min(1)
      .max(IMPORT_LIMITS.previewBytesMax)
      .describe("The beginning of the file, as text"),
    preset: PresetName.optional(),
    mapping: Mapping.optional(),
  })
  .meta({ examples: [{ name: "customers.csv", sample: "email,first name\nada@example.com,Ada\n" }] });
const AnyJson = z.unknown();
const PreviewAnswer = z.object({
  preset: z.string().nullable(),
  mapping: Mapping.describe("What was used: change it and ask again"),
  header: z.array(z.string()).nullable(),
  rows: z.array(z.union([z.array(z.string()), z.record(z.string(), AnyJson)])),
  events: z.array(z.record(z.string(), AnyJson)).describe("As the door accepted them"),
  refused: z.array(RefusedRow),
});
/** The mapping as a query parameter is JSON text. */
const MappingText = z.string().max(12_000).transform((text, context): z.infer<typeof Mapping> => {
  const parsed = Mapping.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ code: "custom", message: issue.message, path: [...issue.path] });
  return z.NEVER;
}); // prettier-ignore

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Told as a mapping that does not fit its schema.
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** Registers the routes of imports. */
export function importRoutes(app: App, deps: ImportDeps): void {
  app.get("/v1/imports", {
    config: { access: "secret" },
    schema: { operationId: "listImports", summary: "Imports, newest first", tags: ["Imports"], querystring: z.object(pageQuery(200)), response: { 200: ImportList } },
  }, async ({ workspace, query }) => {
    const [before] = placeOf(query.cursor, ["number"]) ?? [null];
    const rows = await listImports(deps.sql, workspace, query.limit, before);
    return { imports: rows.map(viewOf), nextCursor: rows.length === query.limit ? cursorOf([rows.at(-1)!.id]) : null };
  }); // prettier-ignore

  app.get("/v1/imports/presets", {
    config: { access: "secret" },
    schema: { operationId: "listImportPresets", summary: "Ready mappings for files people have", tags: ["Imports"], response: { 200: PresetList } },
  }, async () => ({ presets: PRESETS.map(({ name, title, description, format }) => ({ name, title, description, format })) })); // prettier-ignore

  app.post("/v1/imports/preview", {
    config: { access: "secret" },
    bodyLimit: 4 * IMPORT_LIMITS.previewBytesMax,
    schema: { operationId: "previewImport", summary: "What the first rows of a file would become; nothing is imported", tags: ["Imports"], body: PreviewQuestion, response: { 200: PreviewAnswer } },
  }, async ({ workspace, body }) => {
    const importer = { workspace, key: 0, country: undefined, keepIp: deps.keepIp };
    const { rows, header, ...rest } = previewOf(body.sample, { name: body.name, preset: body.preset ?? null, mapping: body.mapping ?? null }, importer, deps.clock());
    return { ...rest, header: header && [...header], rows: rows.map((row) => row as string[] | { [key: string]: unknown }), events: [...rest.events], refused: [...rest.refused] };
  }); // prettier-ignore

  readingRoutes(app, deps);
  uploadRoutes(app, deps);
}

function readingRoutes(app: App, deps: ImportDeps): void {
  app.get("/v1/imports/:id", {
    config: { access: "secret" },
    schema: { operationId: "readImport", summary: "One import and how far it is", tags: ["Imports"], params: Id, response: { 200: Import } },
  }, async ({ workspace, params }) => viewOf(await importOf(deps.sql, workspace, params.id))); // prettier-ignore

  app.get("/v1/imports/:id/refused", {
    config: { access: "secret" },
    schema: { operationId: "readImportRefused", summary: "The rows that were refused, as lines of JSON with line and reason", tags: ["Imports"], params: Id, produces: ["application/x-ndjson"] },
  }, async ({ workspace, params }, reply) => {
    const row = await importOf(deps.sql, workspace, params.id);
    const path = refusedPath(deps.folder, row.id);
    const size = await stat(path).then((file) => file.size, () => null);
    if (size === null && row.rowsRefused + row.eventsRefused > 0) throw new Failure("not_found", "The refused rows of this import are kept at another server, or no longer.");
    // Only what the saved position says: a run under way may have written more.
    const end = row.state === "running" ? Math.min(size ?? 0, row.refusedBytes) : (size ?? 0);
    void reply.header("content-type", "application/x-ndjson; charset=utf-8");
    return end === 0 ? reply.send("") : reply.send(createReadStream(path, { end: end - 1 }));
  }); // prettier-ignore

  app.post("/v1/imports/:id/cancel", {
    config: { access: "secret" },
    schema: { operationId: "cancelImport", summary: "Ends an import; what it brought in by then stays", tags: ["Imports"], params: Id, response: { 200: Import } },
  }, async ({ workspace, params }) => viewOf(await cancel(deps, await importOf(deps.sql, workspace, params.id)))); // prettier-ignore

  app.post("/v1/imports/begin", {
    config: { access: "secret" },
    schema: {
      operationId: "beginImport",
      summary: "Begins an import whose content follows, or finds the one already begun with the same file and mapping",
      tags: ["Imports"],
      body: z.object({
        name: Name, preset: PresetName.optional(), mapping: Mapping.optional(),
        sizeBytes: z.int().min(1).max(IMPORT_LIMITS.fileBytesMax),
        sha256: z.string().regex(/^[0-9a-f]{64}$/).optional().describe("Of the file, in hexadecimal: the same file is then imported once"),
      }).meta({ examples: [{ name: "customers.csv", preset: "customers-csv", sizeBytes: 52_000 }] }),
      response: { 200: Import, 201: Import },
    },
  }, async ({ workspace, actor, body }, reply) => {
    const of = { name: body.name, preset: body.preset ?? null, mapping: body.mapping ?? null, sizeBytes: body.sizeBytes, sha256: body.sha256 ?? null };
    const { row, added } = await announce(deps, workspace, keyOf(actor), of);
    return reply.status(added ? 201 : 200).send(viewOf(row));
  }); // prettier-ignore
}

/** The routes whose body is the file itself, of whatever type: it is streamed to disk and never held in memory. */
function uploadRoutes(app: App, deps: ImportDeps): void {
  void app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, _payload, done) => done(null));

    scope.post("/v1/imports", {
      config: { access: "secret" },
      bodyLimit: IMPORT_LIMITS.fileBytesMax,
      schema: {
        operationId: "createImport",
        summary: "Imports the file in the body: CSV or lines of JSON, packed with gzip or not",
        tags: ["Imports"],
        consumes: ["text/csv", "application/x-ndjson", "application/gzip", "application/octet-stream"],
        querystring: z.object({ name: Name, preset: PresetName.optional(), mapping: MappingText.optional() }),
        response: { 201: Import },
      },
    }, async (request, reply) => {
      const { name, preset, mapping } = request.query;
      const lengthBytes = Number(request.headers["content-length"] ?? 0);
      refuseEmpty(request.headers);
      const of = { name, preset: preset ?? null, mapping: mapping ?? null, sizeBytes: lengthBytes > 0 ? lengthBytes : null, sha256: null };
      const { row } = await announce(deps, request.workspace, keyOf(request.actor), of);
      // One request is all there is: without a length announced, what broke off is not gone on with.
      return reply.status(201).send(viewOf(await takeContent(deps, row, request.raw, 0)));
    }); // prettier-ignore

    scope.put("/v1/imports/:id/content", {
      config: { access: "secret" },
      bodyLimit: IMPORT_LIMITS.fileBytesMax,
      schema: {
        operationId: "uploadImportContent",
        summary: "The file of an import, or its next part, beginning at the byte `offset` (receivedBytes of the import)",
        tags: ["Imports"],
        consumes: ["application/octet-stream", "text/csv", "application/x-ndjson", "application/gzip"],
        params: Id,
        querystring: z.object({ offset: z.coerce.number().int().min(0).default(0) }),
        response: { 200: Import },
      },
    }, async (request) => {
      const row = await importOf(deps.sql, request.workspace, request.params.id);
      return viewOf(await takeContent(deps, row, request.raw, request.query.offset));
    }); // prettier-ignore
  });
}

function refuseEmpty(headers: { readonly [name: string]: string | string[] | undefined }): void {
  if (
    headers["content-length"] === "0" ||
    (headers["content-length"] === undefined && headers["transfer-encoding"] === undefined)
  )
    throw new Failure("bad_request", "The body is the file to import, and it is empty.");
}

const keyOf = (actor: { readonly type: string; readonly id: number }): number =>
  actor.type === "key" ? actor.id : 0;

async function importOf(sql: Sql, workspace: WorkspaceId, id: number): Promise<ImportRow> {
  const row = await readImport(sql, workspace, id);
  if (!row) throw new Failure("not_found", `There is no import ${id}.`);
  return row;
}
