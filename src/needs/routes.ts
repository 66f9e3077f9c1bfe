/** HTTP of likely needs: the models as they are kept, working them out now, and one customer's. */
import { z } from "zod";
import { atomsOfCustomer } from "../customers/read.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { CustomerId, type WorkspaceId, atomOf } from "../values.ts";
import { CustomerNeeds, NeedsAnswer, customerNeedsOf, needsTold } from "./document.ts";
import { type NeedsDeps, type NeedsOutcome, workOutOnce } from "./fit.ts";
import { readHours } from "./hours-store.ts";
import { NeedsAsked } from "./model.ts";
import { readKept, readTold } from "./store.ts";

/** Registers the routes; they need a secret key or a session. */
export function needsRoutes(app: App, deps: NeedsDeps): void {
  const tags = ["Journeys as they are"];
  // Whoever asks for the same while it is under way gets that one.
  const underWay = new Map<string, Promise<NeedsOutcome>>();
  const workedOut = (workspace: WorkspaceId, asked: NeedsAsked): Promise<NeedsOutcome> => {
    const key = JSON.stringify([workspace, asked]);
    const working = underWay.get(key) ?? workOutOnce(deps, workspace, asked, deps.clock()).finally(() => underWay.delete(key));
    underWay.set(key, working);
    return working;
  }; // prettier-ignore

  app.get("/v1/needs", {
    config: { access: "secret" },
    schema: { operationId: "readNeeds", tags, summary: "Which goals customers are likely to reach: the models, how good they are and what they rest on", response: { 200: NeedsAnswer } },
  }, async ({ workspace }) => needsTold(await readKept(deps.sql, workspace), 0)); // prettier-ignore

  app.post("/v1/needs/work-out", {
    config: { access: "secret" },
    schema: {
      operationId: "workOutNeeds", tags, summary: "Learn the goals anew, and tell customers what moved",
      description: "The goals stay those of the workspace until others are asked for. Absent: an order, and each further stage of the stage model.",
      body: NeedsAsked.meta({ examples: [{ goals: [{ key: "order", name: "An order", when: { type: "order" } }] }] }) as typeof NeedsAsked, response: { 200: NeedsAnswer },
    },
  }, async ({ workspace, body }) => {
    const began = performance.now();
    const outcome = await workedOut(workspace, body);
    if (outcome.type === "under_way") throw new Failure("too_many", "This workspace's needs are being worked out just now. Ask again in a moment.", { retryAfterSeconds: 5 });
    return needsTold(outcome.kept, Math.max(1, Math.round(performance.now() - began)));
  }); // prettier-ignore

  app.get("/v1/customers/:id/needs", {
    config: { access: "secret" },
    schema: {
      operationId: "readCustomerNeeds", tags: ["Customers"], summary: "What this customer is likely to do next, with reasons and how good the model is",
      params: z.object({ id: CustomerId }), response: { 200: CustomerNeeds },
    },
  }, async ({ workspace, params }) => {
    const atoms = await atomsOfCustomer(deps.sql, workspace, atomOf(params.id)!);
    if (atoms.length === 0) throw new Failure("not_found", `There is no customer ${params.id}.`);
    const ids = atoms.map(({ id }) => id);
    const [kept, told, hours] = await Promise.all([readKept(deps.sql, workspace), readTold(deps.sql, workspace, ids), readHours(deps.sql, workspace, ids)]);
    return customerNeedsOf(kept, told, hours);
  }); // prettier-ignore
}
