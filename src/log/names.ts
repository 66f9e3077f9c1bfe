/**
 * The names this workspace uses: its events with their properties, and traits. For screens that suggest names to a person.
 * Properties and traits are looked for in the newest events only, so that the answer is quick however long the log is.
 */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { App } from "../http/app.ts";
import type { WorkspaceId } from "../values.ts";

const EVENTS_MAX = 500;
const KEYS_MAX = 200;
/** So many of the newest events are looked into. */
const NEWEST = 20_000;

const NamesSeen = z.object({
  events: z
    .array(
      z.object({
        name: z.string(),
        events: z.number(),
        properties: z.array(z.string()).describe("Those seen lately, by name"),
      }),
    )
    .describe("Most frequent first"),
  traits: z.array(z.string()).describe("Of customers, most frequent first"),
  accountTraits: z.array(z.string()),
});
export type NamesSeen = z.infer<typeof NamesSeen>;

/** Registers `GET /v1/events/names`. */
export function nameRoutes(app: App, { log }: { readonly log: EventLog }): void {
  app.get("/v1/events/names", {
    config: { access: "secret" },
    schema: { operationId: "listEventNames", tags: ["Events"], summary: "Names of events, their properties, and traits", response: { 200: NamesSeen } },
  }, async ({ workspace }) => namesSeen(log, workspace)); // prettier-ignore
}

async function namesSeen(log: EventLog, workspace: WorkspaceId): Promise<NamesSeen> {
  const newest = `(select name, type, properties, traits from events where workspace = ${workspace} order by receivedAt desc limit ${NEWEST})`;
  const [events, properties, traits] = await Promise.all([
    log.rows<{ name: string; events: number }>(
      `select name, toFloat64(count()) as events from events where workspace = ${workspace} group by name order by events desc, name limit ${EVENTS_MAX}`,
    ),
    log.rows<{ name: string; properties: string[] }>(
      `select name, arraySort(groupUniqArray(${KEYS_MAX})(arrayJoin(JSONExtractKeys(properties)))) as properties from ${newest} group by name`,
    ),
    log.rows<{ type: string; trait: string }>(
      `select type, arrayJoin(JSONExtractKeys(traits)) as trait from ${newest} where type in ('identify', 'group')
       group by type, trait order by count() desc, trait limit ${2 * KEYS_MAX}`,
    ),
  ]);
  const byName = new Map(properties.map((row) => [row.name, row.properties]));
  const traitsOf = (type: string) => traits.filter((row) => row.type === type).map(({ trait }) => trait);
  return {
    events: events.map((row) => ({ ...row, properties: byName.get(row.name) ?? [] })),
    traits: traitsOf("identify"),
    accountTraits: traitsOf("group"),
  };
}
