/** The exports over HTTP: streams of JSON lines that end when everything was sent or the reader goes away. */
import { Readable } from "node:stream";
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import { exportCustomers, exportEvents } from "./export.ts";

export type ExportDeps = { readonly sql: Sql; readonly log: EventLog };

const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Range = z.object({
  from: At.optional().describe("Only events that happened at this time or later"),
  to: At.optional().describe("Only events that happened before this time"),
});
const NDJSON = "application/x-ndjson; charset=utf-8";

/** Registers the routes of exports. */
export function exportRoutes(app: App, { sql, log }: ExportDeps): void {
  app.get("/v1/export/events", {
    config: { access: "secret" },
    schema: {
      operationId: "exportEvents", tags: ["Imports"], summary: "Every event in the event log, as lines of JSON (TimelineEvent with customerId)",
      description: "What is accepted but not in the log yet is not there; /readyz tells how much that is. The preset throughline-ndjson imports the file again.",
      querystring: Range, produces: ["application/x-ndjson"],
    },
  }, async ({ workspace, query }, reply) => {
    const range = { fromAt: query.from ?? null, toAt: query.to ?? null };
    return reply.header("content-type", NDJSON).send(await streamOf(exportEvents(sql, log, workspace, range)));
  }); // prettier-ignore

  app.get("/v1/export/customers", {
    config: { access: "secret" },
    schema: {
      operationId: "exportCustomers", tags: ["Imports"], summary: "Every customer, as lines of JSON (CustomerDocument)",
      produces: ["application/x-ndjson"],
    },
  }, async ({ workspace }, reply) => reply.header("content-type", NDJSON).send(await streamOf(exportCustomers(sql, workspace)))); // prettier-ignore
}

/** The pieces as a stream. The first is read before, so that a store that is away is an answer and not a broken one. */
async function streamOf(pieces: AsyncGenerator<string>): Promise<Readable> {
  const first = await pieces.next();
  return Readable.from(
    (async function* () {
      if (!first.done) yield first.value;
      yield* pieces;
    })(),
  );
}
