/** HTTP of replays over the past and test runs on one customer. Nothing of either is stored or leaves. */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { ReplayJobs } from "./replay-jobs.ts";
import { askedReplay, askedTry } from "./replay-ask.ts";
import { ReplayAsk, ReplayView } from "./replay-model.ts";
import { caveatsOf } from "./replay-words.ts";
import { TryAsk, TryResult, tryJourney } from "./try.ts";

export type ReplayRouteDeps = {
  readonly sql: Database;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly onFault: (cause: unknown) => void;
};

const access = { access: "secret" } as const;
const tags = ["Journeys"];
const Params = z.object({ id: z.string().min(1).max(100) });
const DRAFT = {
  name: "Saved cart", entry: { type: "event", event: "Product Added" }, exits: [{ type: "event", event: "Order Completed" }], start: "rest",
  steps: { rest: { type: "wait", ms: 3_600_000, next: "nudge" }, nudge: { type: "message", channel: "email", template: 1, next: null } },
}; // prettier-ignore
const REPLAY = ReplayAsk.meta({ examples: [{ draft: DRAFT, from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" }] }); // prettier-ignore
const TRY = TryAsk.meta({
  examples: [{
    draft: DRAFT, traits: { email: "ann@example.com", timezone: "Europe/Berlin" }, at: "2026-11-02T10:00:00Z",
    steps: [{ do: "event", name: "Product Added", properties: { product_id: "boot-42" } }, { do: "wait", ms: 3_600_000 }],
  }],
}); // prettier-ignore

/** Registers the routes; each needs a secret key or a session. Replays under way end with the server. */
export function replayRoutes(app: App, { sql, log, clock, onFault }: ReplayRouteDeps): void {
  const jobs = new ReplayJobs({ sql, log, onFault, elapsedMs: () => performance.now() }, clock);
  app.addHook("onClose", () => jobs.stop());

  app.post("/v1/replays", {
    config: access,
    schema: {
      operationId: "replayJourney", tags, summary: "Run a draft over the past, without sending",
      description: "Who would have come in, what they would have got and when, what would have been refused, and what happened anyway. It runs beside other work: ask how far it is with the id in the answer.",
      body: REPLAY, response: { 202: ReplayView },
    },
  }, async ({ workspace, body }, reply) => {
    const view = jobs.start(await askedReplay(sql, workspace, body, clock()));
    return reply.code(202).header("location", `/v1/replays/${view.id}`).send(view);
  }); // prettier-ignore

  app.get("/v1/replays/:id", {
    config: access,
    schema: { operationId: "readReplay", tags, summary: "How far a replay is, and what came of it", params: Params, response: { 200: ReplayView } },
  }, async ({ workspace, params }) => jobs.view(workspace, params.id)); // prettier-ignore

  app.delete("/v1/replays/:id", {
    config: access,
    schema: { operationId: "cancelReplay", tags, summary: "Call a replay off", params: Params, response: { 200: ReplayView } },
  }, async ({ workspace, params }) => jobs.cancel(workspace, params.id)); // prettier-ignore

  app.post("/v1/journeys/try", {
    config: access,
    schema: {
      operationId: "tryJourney", tags, summary: "Try a draft on one customer, step by step, with a clock that is moved",
      description: "On a customer with all that is known of them, or on somebody invented. Each step answers what came of it, what would be sent and whether it may leave, and what the customer waits for then.",
      body: TRY, response: { 200: TryResult },
    },
  }, async ({ workspace, body }) => {
    const { play, customer } = await askedTry(sql, log, workspace, body, clock);
    return { steps: tryJourney(play, customer, body.steps), caveats: [...caveatsOf(play, 1)] };
  }); // prettier-ignore
}
