/** HTTP of lifetime value: the fit as it is kept, and fitting now. */
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { WorkspaceId } from "../values.ts";
import { LifetimeAnswer, lifetimeTold } from "./document.ts";
import { type FitDeps, type FitOutcome, fitOnce } from "./fit.ts";
import { LifetimeAsked } from "./model.ts";
import { readFit } from "./store.ts";

/** Registers the routes; they need a secret key or a session. */
export function lifetimeRoutes(app: App, deps: FitDeps): void {
  const tags = ["Journeys as they are"];
  // Whoever asks for the same while it is under way gets that one.
  const underWay = new Map<string, Promise<FitOutcome>>();
  const fitted = (workspace: WorkspaceId, body: LifetimeAsked): Promise<FitOutcome> => {
    const key = JSON.stringify([workspace, body.event, body.value ?? null]);
    const fitting = underWay.get(key) ?? fitOnce(deps, workspace, body, deps.clock()).finally(() => underWay.delete(key));
    underWay.set(key, fitting);
    return fitting;
  }; // prettier-ignore

  app.get("/v1/lifetime", {
    config: { access: "secret" },
    schema: { operationId: "readLifetime", tags, summary: "What customers are expected to buy, as last fitted", response: { 200: LifetimeAnswer } },
  }, async ({ workspace }) => lifetimeTold(await readFit(deps.sql, workspace), 0)); // prettier-ignore

  app.post("/v1/lifetime/fit", {
    config: { access: "secret" },
    schema: {
      operationId: "fitLifetime", tags, summary: "Fit purchases anew, and tell customers what moved",
      body: LifetimeAsked.meta({ examples: [{ event: "Order Completed", value: "total" }] }) as typeof LifetimeAsked, response: { 200: LifetimeAnswer },
    },
  }, async ({ workspace, body }) => {
    const began = performance.now();
    const outcome = await fitted(workspace, body);
    if (outcome.type === "under_way") throw new Failure("too_many", "This workspace's purchases are being fitted just now. Ask again in a moment.", { retryAfterSeconds: 5 });
    return lifetimeTold(outcome.kept, Math.max(1, Math.round(performance.now() - began)));
  }); // prettier-ignore
}
