/** HTTP of what came of a published journey. */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { readResults } from "./results.ts";
import { JourneyResults } from "./results-model.ts";
import { readJourney } from "./store.ts";

export type ResultsDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
};
const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** Registers `GET /v1/journeys/{id}/results`; it needs a secret key or a session. */
export function resultsRoutes(app: App, { sql, log, clock }: ResultsDeps): void {
  app.get("/v1/journeys/:id/results", {
    config: { access: "secret" },
    schema: {
      operationId: "readJourneyResults", tags: ["Journeys"], summary: "Whether a journey works: who reached the goal, against those held out",
      description: "By the event log, for those who came in within the period; the arms of each split as well. The verdicts may be looked at as often as one likes.",
      params: z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) }),
      querystring: z.object({
        version: z.coerce.number().int().min(1).optional().describe("By number; absent: the newest"),
        from: At.optional().describe("Absent: since it was published"),
        to: At.optional().describe("Itself not in the period; absent: now"),
      }),
      response: { 200: JourneyResults },
    },
  }, async ({ workspace, params, query }) => {
    await readJourney(sql, workspace, params.id);
    const { version = null, from = null, to = null } = query;
    return readResults(sql, log, { workspace, journey: params.id, version, from, to }, clock());
  }); // prettier-ignore
}
