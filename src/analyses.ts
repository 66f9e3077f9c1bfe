/** The routes of all that is asked about journeys as they are: one place that mounts them, with what they share. */
import { momentRoutes } from "./analysis/routes.ts";
import type { AnalysisDeps } from "./analysis/request.ts";
import { Questions } from "./analysis/questions.ts";
import type { App } from "./http/app.ts";

/** Registers them. */
export function analysisRoutes(app: App, given: Omit<AnalysisDeps, "questions">): void {
  const deps = { ...given, questions: new Questions(given.clock) };
  momentRoutes(app, deps);
}
