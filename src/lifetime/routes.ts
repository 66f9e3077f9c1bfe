/** HTTP of lifetime value: the fit as it is kept, and fitting now. */
import type { App } from "../http/app.ts";
import type { WorkspaceId } from "../values.ts";
import { LifetimeAnswer, lifetimeTold } from "./document.ts";
import { type FitDeps, fitWorkspace } from "./fit.ts";
import { LifetimeAsked } from "./model.ts";
import { type KeptFit, readFit } from "./store.ts";

/** Registers the routes; they need a secret key or a session. */
export function lifetimeRoutes(app: App, deps: FitDeps): void {
  const tags = ["Journeys as they are"];
  // Whoever asks while a fit is under way gets that one.
  const underWay = new Map<WorkspaceId, Promise<KeptFit>>();

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
    const fitting = underWay.get(workspace) ?? fitWorkspace(deps, workspace, body).finally(() => underWay.delete(workspace));
    underWay.set(workspace, fitting);
    const kept = await fitting;
    return lifetimeTold(kept, Math.max(1, Math.round(performance.now() - began)));
  }); // prettier-ignore
}
