/** HTTP of providers: how a workspace sends, a try, and mail that came back (handed in by the mail server's pipe). */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { MessageChannel } from "../permission/model.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import type { Vault } from "../vault.ts";
import { DRIVER_LIMITS } from "./drivers/model.ts";
import { type Delivery, type Outgoing, ProviderDraft, type Rendered } from "./model.ts";
import {
  addProvider,
  changeProvider,
  listProviders,
  readProvider,
  removeProvider,
} from "./provider-store.ts";
import { type DriverDeps, ProviderView, completed, openDriver, viewOf } from "./providers.ts";

export type ProviderDeps = DriverDeps & {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
};
const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
const ProviderList = z.object({ providers: z.array(ProviderView) });
const ProviderCreated = ProviderView.extend({
  made: z.record(z.string(), z.string()).describe("Secrets that were made here; shown only now"),
});
const TryDraft = z
  .strictObject({ to: z.string().min(1).max(4_000).describe("An address as the channel has them; for in-app messages a customer") })
  .meta({ examples: [{ to: "ann@example.com" }] }); // prettier-ignore
const Tried = z.object({
  outcome: z.enum(["sent", "retry", "failed", "unknown"]),
  providerId: z.string().nullable(),
  detail: z.string().nullable(),
  tookMs: z.number(),
});

/** Registers the routes. Looking needs a secret key or a session; changing is for owners. */
export function providerRoutes(app: App, deps: ProviderDeps): void {
  const { sql, vault, clock, publicUrl } = deps;
  const [look, change] = [{ access: "secret" }, { access: "owner" }] as const;
  const tags = ["Providers"];
  const found = async (workspace: WorkspaceId, id: number) =>
    (await readProvider(sql, vault, workspace, id)) ?? missing(id);

  app.get("/v1/providers", {
    config: look,
    schema: { operationId: "listProviders", tags, summary: "How this workspace sends, by channel", response: { 200: ProviderList } },
  }, async ({ workspace }) => ({ providers: (await listProviders(sql, vault, workspace)).map((row) => viewOf(row, publicUrl, clock())) })); // prettier-ignore

  app.post("/v1/providers", {
    config: { ...change, idempotency: "once" },
    schema: {
      operationId: "createProvider", tags, summary: "Set up a way to send",
      description: "Secrets are taken in and never shown again, except those that are made here: they are in this answer. What each driver's config holds is in docs/providers.md.",
      body: ProviderDraft, response: { 201: ProviderCreated },
    },
  }, async ({ workspace, body }, reply) => {
    const { config, made } = completed(body, null);
    const row = await addProvider(sql, vault, workspace, { ...body, config, perSecond: body.perSecond ?? null }, DRIVER_LIMITS.providersPerWorkspace, clock());
    if (!row) throw new Failure("unprocessable", `A workspace has at most ${DRIVER_LIMITS.providersPerWorkspace} providers.`);
    return reply.code(201).send({ ...viewOf(row, publicUrl, clock()), made });
  }); // prettier-ignore

  app.put("/v1/providers/:id", {
    config: { ...change, idempotency: "once" },
    schema: {
      operationId: "changeProvider", tags, summary: "Change a provider; a secret that is left away stays, null removes it",
      params: Params, body: ProviderDraft, response: { 200: ProviderCreated },
    },
  }, async ({ workspace, params, body }) => {
    const before = await found(workspace, params.id);
    if (before.driver !== body.driver || before.channel !== body.channel)
      throw new Failure("unprocessable", "A provider keeps its channel and its driver. Make another one.");
    const { config, made } = completed(body, before.config);
    const row = await changeProvider(sql, vault, workspace, params.id, { driver: body.driver, name: body.name, config, perSecond: body.perSecond ?? null }, clock());
    return { ...viewOf(row ?? missing(params.id), publicUrl, clock()), made };
  }); // prettier-ignore

  app.delete("/v1/providers/:id", {
    config: change,
    schema: { operationId: "deleteProvider", tags, summary: "Send by this provider no more", params: Params, response: { 200: z.object({ id: z.int() }) } },
  }, async ({ workspace, params }) => {
    if (!(await removeProvider(sql, workspace, params.id))) missing(params.id);
    return { id: params.id };
  }); // prettier-ignore

  app.post("/v1/providers/:id/test", {
    config: change,
    schema: {
      operationId: "testProvider", tags, summary: "Send one message to an address now, and tell how it was answered",
      description: "It asks nobody's permission and is in no customer's history: for your own address.",
      params: Params, body: TryDraft, response: { 200: Tried },
    },
  }, async ({ workspace, params, body }) => {
    const provider = await found(workspace, params.id);
    // A driver of its own: it tries the configuration as it is stored, from the first connection on.
    const driver = openDriver(provider, deps);
    const begunAt = performance.now();
    try {
      return { ...told(await driver.send(trial(workspace, provider.channel, body.to))), tookMs: Math.round(performance.now() - begunAt) };
    } finally {
      await driver.close();
    }
  }); // prettier-ignore
}

function told(delivery: Delivery) {
  const { type: outcome } = delivery;
  return delivery.type === "sent"
    ? { outcome, providerId: delivery.providerId, detail: null }
    : { outcome, providerId: null, detail: delivery.detail };
}

const TITLE = "A test from Throughline";
const TEXT = "This message tries how Throughline sends. Nothing is to be done.";
const TRIALS: { readonly [channel in MessageChannel]: (to: string) => Rendered } = {
  email: () => ({
    channel: "email",
    subject: TITLE,
    html: `<p>${TEXT}</p>`,
    text: TEXT,
    from: null,
    replyTo: null,
  }),
  sms: () => ({ channel: "sms", text: `${TITLE}.` }),
  // The template that every new WhatsApp account has.
  whatsapp: () => ({ channel: "whatsapp", name: "hello_world", language: "en_US", values: [], text: null }),
  web_push: () => ({ channel: "web_push", title: TITLE, body: TEXT, url: null, icon: null }),
  mobile_push: () => ({ channel: "mobile_push", title: TITLE, body: TEXT, data: {} }),
  in_app: () => ({ channel: "in_app", title: TITLE, body: TEXT, url: null, place: "inbox" }),
  webhook: (to) => ({ channel: "webhook", url: to, body: JSON.stringify({ type: "test", data: {} }) }),
};

const trial = (workspace: WorkspaceId, channel: MessageChannel, to: string): Outgoing => ({
  id: `test-${randomUUID()}`, workspace, customer: to, to, purpose: "transactional", content: TRIALS[channel](to), unsubscribe: null,
}); // prettier-ignore

function missing(id: number): never {
  throw new Failure("not_found", `There is no provider ${id} in this workspace.`);
}
