/** The routes of all that is asked about journeys as they are: one place that mounts them, with what they share. */
import { boundedLog } from "./analysis/bound.ts";
import { momentRoutes } from "./analysis/routes.ts";
import { Questions } from "./analysis/questions.ts";
import { readDefined } from "./analysis/store.ts";
import { attributionRoutes } from "./attribution/routes.ts";
import { type GapDeps, gapRoutes } from "./gaps/routes.ts";
import { digestRoutes } from "./digest/routes.ts";
import type { App } from "./http/app.ts";
import { mapRoutes } from "./map/routes.ts";
import { metricRoutes } from "./metrics/routes.ts";
import { questionRoutes } from "./questions/routes.ts";

/** Registers them. */
export function analysisRoutes(app: App, given: Omit<GapDeps, "questions">): void {
  const deps = {
    ...given,
    log: boundedLog(given.log),
    questions: new Questions(given.clock, (workspace) => readDefined(given.sql, workspace)),
  };
  momentRoutes(app, deps);
  mapRoutes(app, deps);
  gapRoutes(app, deps);
  questionRoutes(app, deps);
  metricRoutes(app, deps);
  digestRoutes(app, deps);
  attributionRoutes(app, deps);
}
