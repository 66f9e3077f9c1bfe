/** HTTP of webhooks: who is told of entries and exits, what became of each delivery, and a try. */
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { type Clock, type WorkspaceId, isoOf } from "../values.ts";
import type { Vault } from "../vault.ts";
import { DeliveryPage, Tried, WEBHOOK_LIMITS, WebhookCreated, WebhookDraft, WebhookList } from "./model.ts";
import { tell } from "./send.ts";
import { SECRET_BYTES, secretOf } from "./sign.ts";
import {
  SECRET_ABOUT,
  addWebhook,
  listDeliveries,
  listWebhooks,
  readWebhook,
  removeWebhook,
} from "./store.ts";

export type WebhookDeps = { readonly sql: Sql; readonly vault: Vault; readonly clock: Clock };
const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });

/** Registers the routes; each needs a secret key or a session. */
export function webhookRoutes(app: App, { sql, vault, clock }: WebhookDeps): void {
  const access = { access: "secret" } as const;
  const found = async (workspace: WorkspaceId, id: number) =>
    (await readWebhook(sql, workspace, id)) ?? missing(id);

  app.get("/v1/webhooks", {
    config: access,
    schema: { operationId: "listWebhooks", tags: ["Webhooks"], summary: "Who is told of entries and exits", response: { 200: WebhookList } },
  }, async ({ workspace }) => ({ webhooks: await listWebhooks(sql, workspace) })); // prettier-ignore

  app.post("/v1/webhooks", {
    config: { ...access, idempotency: "once" },
    schema: {
      operationId: "createWebhook", tags: ["Webhooks"], summary: "Have an address told when a customer enters or leaves a segment",
      description: "Requests are signed as Standard Webhooks say (webhook-id, webhook-timestamp, webhook-signature); the secret is shown in this answer and never again.",
      body: WebhookDraft, response: { 201: WebhookCreated },
    },
  }, async ({ workspace, body }, reply) => {
    if ((await listWebhooks(sql, workspace)).length >= WEBHOOK_LIMITS.perWorkspace)
      throw new Failure("unprocessable", `A workspace has at most ${WEBHOOK_LIMITS.perWorkspace} webhooks.`);
    const secret = secretOf(randomBytes(SECRET_BYTES));
    const made = await addWebhook(sql, workspace, { ...body, secret: vault.seal(secret, SECRET_ABOUT) }, clock());
    if (!made) throw new Failure("unprocessable", `There is no segment ${body.segment} in this workspace.`);
    return reply.code(201).send({ ...made, secret });
  }); // prettier-ignore

  app.delete("/v1/webhooks/:id", {
    config: access,
    schema: {
      operationId: "deleteWebhook", tags: ["Webhooks"], summary: "Tell an address no more; what was still to be told is dropped",
      params: Params, response: { 200: z.object({ id: z.int() }) },
    },
  }, async ({ workspace, params }) => {
    if (!(await removeWebhook(sql, workspace, params.id))) missing(params.id);
    return { id: params.id };
  }); // prettier-ignore

  app.get("/v1/webhooks/:id/deliveries", {
    config: access,
    schema: {
      operationId: "listDeliveries", tags: ["Webhooks"], summary: "What was told, what waits and what was given up, newest first",
      params: Params, querystring: z.object(pageQuery(200, 50)), response: { 200: DeliveryPage },
    },
  }, async ({ workspace, params, query: { limit, cursor } }) => {
    await found(workspace, params.id);
    const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
    const rows = await listDeliveries(sql, params.id, before, limit + 1);
    const page = rows.slice(0, limit);
    return { deliveries: page, nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.id]) : null };
  }); // prettier-ignore

  app.post("/v1/webhooks/:id/test", {
    config: access,
    schema: {
      operationId: "testWebhook", tags: ["Webhooks"], summary: "Send a message of the type test now, once, and tell how it was answered",
      params: Params, response: { 200: Tried },
    },
  }, async ({ workspace, params }) => {
    const { url, secret } = await found(workspace, params.id);
    const begunAt = performance.now();
    const body = JSON.stringify({ type: "test", timestamp: isoOf(clock()), data: {} });
    const { status, detail } = await tell(vault, { url, secret, messageId: randomUUID(), body }, clock());
    const ok = status !== null && status >= 200 && status < 300;
    return { ok, status, detail, tookMs: Math.round(performance.now() - begunAt) };
  }); // prettier-ignore
}

function missing(id: number): never {
  throw new Failure("not_found", `There is no webhook ${id} in this workspace.`);
}
