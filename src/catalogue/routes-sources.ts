/** HTTP of where the catalogue comes from by itself: feeds that are read, and addresses at which a shop's server tells changes. */
import { randomBytes } from "node:crypto";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { type Vault, ownSecretOf } from "../vault.ts";
import { refusalOf } from "../webhooks/post.ts";
import { SECRET_BYTES, secretOf } from "../webhooks/sign.ts";
import { FeedBody, FeedView, HookView, feedView, hookView } from "./document-sources.ts";
import { addFeed, askFeed, listFeeds, removeFeed } from "./feed-store.ts";
import { hear } from "./hook.ts";
import { addHook, findHook, listHooks, noteHeard, removeHook, secretNameOf } from "./hook-store.ts";
import { CATALOGUE_LIMITS, HookDraft } from "./model.ts";

export type SourceDeps = { readonly sql: Sql; readonly vault: Vault; readonly clock: Clock; readonly publicUrl: string }; // prettier-ignore
const tags = ["Catalogue"];
const access = { access: "secret" } as const;
const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
const Id = z.object({ id: z.int() });

/** Registers the routes. */
export function sourceRoutesOfCatalogue(app: App, deps: SourceDeps): void {
  feedRoutes(app, deps);
  hookRoutes(app, deps);
  void app.register(async (plain) => hearRoute(plain.withTypeProvider<ZodTypeProvider>(), deps));
}

function feedRoutes(app: App, { sql, clock }: SourceDeps): void {
  app.get("/v1/catalogue/feeds", {
    config: access,
    schema: { operationId: "listFeeds", tags, summary: "Feeds, and what came of reading each", response: { 200: z.object({ feeds: z.array(FeedView) }) } },
  }, async ({ workspace }) => ({ feeds: (await listFeeds(sql, workspace)).map(feedView) })); // prettier-ignore

  app.post("/v1/catalogue/feeds", {
    config: access,
    schema: {
      operationId: "createFeed", tags, summary: "Have a product feed read again and again",
      description: "Column names of Google's product data specification: id, title, link, image_link, price, sale_price, availability, product_type, ... What is no longer in it becomes inactive and is never deleted.",
      body: FeedBody, response: { 201: Id },
    },
  }, async ({ workspace, body }, reply) => {
    const refused = refusalOf(new URL(body.url));
    if (refused !== null) throw new Failure("unprocessable", refused);
    const id = await addFeed(sql, workspace, body, clock());
    if (id === null) throw new Failure("unprocessable", `This address is read already, or there are ${CATALOGUE_LIMITS.feeds} feeds, which is as many as there may be.`);
    return reply.code(201).send({ id });
  }); // prettier-ignore

  app.post("/v1/catalogue/feeds/:id/read", {
    config: access,
    schema: { operationId: "readFeedNow", tags, summary: "Read a feed now, whole", params: Params, response: { 202: Id } },
  }, async ({ workspace, params: { id } }, reply) => {
    if (!(await askFeed(sql, workspace, id, clock()))) missing("feed", id);
    return reply.code(202).send({ id });
  }); // prettier-ignore

  app.delete("/v1/catalogue/feeds/:id", {
    config: access,
    schema: { operationId: "deleteFeed", tags, summary: "Read a feed no more; its items stay as they are", params: Params, response: { 200: Id } },
  }, async ({ workspace, params: { id } }) => {
    if (!(await removeFeed(sql, workspace, id))) missing("feed", id);
    return { id };
  }); // prettier-ignore
}

function hookRoutes(app: App, { sql, vault, clock, publicUrl }: SourceDeps): void {
  app.get("/v1/catalogue/hooks", {
    config: access,
    schema: { operationId: "listCatalogueHooks", tags, summary: "Addresses at which changes are told", response: { 200: z.object({ hooks: z.array(HookView) }) } },
  }, async ({ workspace }) => ({ hooks: (await listHooks(sql, workspace)).map((hook) => hookView(hook, publicUrl)) })); // prettier-ignore

  app.post("/v1/catalogue/hooks", {
    config: { ...access, idempotency: "once" },
    schema: {
      operationId: "createCatalogueHook", tags, summary: "Make an address at which a shop's server tells changes",
      description: "`standard`: signed as Standard Webhooks say, with the secret in this answer, which is shown once. `shopify`: signed by Shopify with the secret you hand over. See docs/catalogue.md.",
      body: HookDraft.meta({ examples: [{ name: "Shop", kind: "standard" }] }), response: { 201: z.object({ id: z.int(), url: z.string(), secret: z.string().nullable() }) },
    },
  }, async ({ workspace, body }, reply) => {
    const id = await addHook(sql, workspace, body, clock());
    if (id === null) throw new Failure("unprocessable", `A workspace has at most ${CATALOGUE_LIMITS.hooks} such addresses.`);
    const secret = await ownSecretOf(sql, vault, secretNameOf(id), () => body.secret ?? secretOf(randomBytes(SECRET_BYTES)), clock());
    return reply.code(201).send({ id, url: `${publicUrl}/hooks/catalogue/${id}`, secret: body.secret === undefined ? secret : null });
  }); // prettier-ignore

  app.delete("/v1/catalogue/hooks/:id", {
    config: access,
    schema: { operationId: "deleteCatalogueHook", tags, summary: "Close an address; what was told there stays", params: Params, response: { 200: Id } },
  }, async ({ workspace, params: { id } }) => {
    if (!(await removeHook(sql, workspace, id))) missing("address", id);
    return { id };
  }); // prettier-ignore
}

function hearRoute(scope: App, { sql, vault, clock }: SourceDeps): void {
  // What was signed are the very bytes.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: CATALOGUE_LIMITS.hookBytes }, (_request, body, done) => done(null, body)); // prettier-ignore
  scope.post("/hooks/catalogue/:id", {
    config: { access: "public" },
    schema: {
      operationId: "hearCatalogue", tags, summary: "A shop's server tells changes of products and stock",
      description: "The address of POST /v1/catalogue/hooks. Believed by its signature only.",
      params: Params, response: { 200: z.object({ items: z.int().describe("How many it changed") }) },
    },
  }, async ({ params: { id }, headers, body }) => {
    const hook = await findHook(sql, id);
    if (!hook) return deaf();
    const secret = await ownSecretOf(sql, vault, secretNameOf(id), () => secretOf(randomBytes(SECRET_BYTES)), clock());
    const heard = await hear(sql, hook, secret, { headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) }, clock());
    // Who proves nothing changes nothing, not even what is shown of the address.
    if (heard.type === "refused") throw new Failure("forbidden", heard.detail);
    await noteHeard(sql, id, heard, clock());
    if (heard.type === "unreadable") throw new Failure("unprocessable", heard.detail);
    return { items: heard.type === "taken" ? heard.items : 0 };
  }); // prettier-ignore
}

function missing(what: "feed" | "address", id: number): never {
  throw new Failure("not_found", `There is no ${what} ${id} in this workspace.`);
}
/** Whoever proves nothing does not learn which addresses there are. */
function deaf(): never {
  throw new Failure("forbidden", "The signature is not that of this address.");
}
