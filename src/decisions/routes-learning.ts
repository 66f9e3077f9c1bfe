/** HTTP of places that learn: how learning stands, and what other ways of choosing would have given. */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { LearningAnswer, learningTold } from "../learning/document.ts";
import { evaluate } from "../learning/learn.ts";
import { type LearningPlace, readKept, readPlace } from "../learning/store.ts";
import type { WorkedOut } from "../learning/workout.ts";
import type { Clock } from "../values.ts";
import { PlaceKey } from "./model.ts";

type LearningDeps = { readonly sql: Sql; readonly log: EventLog; readonly clock: Clock };

/** Registers the route; it needs a secret key or a session, as places do. */
export function learningRoutes(app: App, { sql, log, clock }: LearningDeps): void {
  // Whoever asks for the same while it is worked out gets that one.
  const underWay = new Map<string, Promise<WorkedOut | null>>();
  const worked = (place: LearningPlace): Promise<WorkedOut | null> => {
    const key = `${place.workspace} ${place.key}`;
    const working =
      underWay.get(key) ?? evaluate({ log }, place, clock()).finally(() => underWay.delete(key));
    underWay.set(key, working);
    return working;
  };
  app.get("/v1/places/:key/learning", {
    config: { access: "secret" },
    schema: {
      operationId: "readLearning", tags: ["Decisions"], summary: "How a place learns, its guards, and what other ways of choosing would have given",
      description: "The evaluation weighs what was shown by the chance it had (docs/learning.md). With too few exposures it tells nothing but that.",
      params: z.object({ key: PlaceKey }), response: { 200: LearningAnswer },
    },
  }, async ({ workspace, params: { key } }) => {
    const place = await readPlace(sql, workspace, key);
    if (!place) throw new Failure("not_found", `No place ${key} of this workspace serves with learning laid down.`);
    return learningTold(place, await readKept(sql, workspace, key, place.number), await worked(place));
  }); // prettier-ignore
}
