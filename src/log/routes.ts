/** HTTP over the whole event log: which sources report, and when each was last heard. */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import { type Clock, isoOf } from "../values.ts";
import { nameRoutes } from "./names.ts";

const DAY_MS = 86_400_000;
/** Sources are looked for among what was received in this time. */
const LOOK_BACK_DAYS = 30;

const Sources = z.object({
  sources: z.array(
    z.object({
      key: z.number().describe("The write key's number"),
      keyName: z.string().nullable(),
      library: z.string().describe("The sender's library, or an empty text"),
      channels: z.array(z.string()),
      events24h: z.number(),
      events30d: z.number(),
      lastAt: z.iso.datetime().nullable(),
    }),
  ),
});

/** Registers `GET /v1/sources` and `GET /v1/events/names`. */
export function sourceRoutes(
  app: App,
  { sql, log, clock }: { readonly sql: Sql; readonly log: EventLog; readonly clock: Clock },
): void {
  nameRoutes(app, { log });
  app.get("/v1/sources", {
    config: { access: "secret" },
    schema: { operationId: "listSources", tags: ["Events"], summary: "Who sends events, and when each was last heard", response: { 200: Sources } },
  }, async ({ workspace }) => {
    const now = clock();
    const rows = await log.rows<{ key: number; library: string; channels: string[]; events24h: number; events30d: number; lastAt: number }>(
      `select key, JSONExtractString(context, 'library', 'name') as library, arraySort(groupUniqArray(10)(toString(channel))) as channels,
         countIf(receivedAt > ${now - DAY_MS}) as events24h, count() as events30d, max(receivedAt) as lastAt
       from events where workspace = ${workspace} and receivedAt > ${now - LOOK_BACK_DAYS * DAY_MS}
       group by key, library order by lastAt desc limit 200`,
    );
    const names = await sql.query<{ id: number; name: string }>("select id, name from keys where workspace = $1", [workspace]);
    return {
      sources: rows.map((row) => ({ ...row, keyName: names.find(({ id }) => id === row.key)?.name ?? null, lastAt: isoOf(row.lastAt) })),
    };
  }); // prettier-ignore
}
