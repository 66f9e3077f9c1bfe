/** HTTP of what a workspace lays down about its messages, and of its stock. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { refuse } from "../segments/change.ts";
import { type Clock, isoOf } from "../values.ts";
import { PolicyBody, PolicyChecked, PolicyDraft, PolicyView, StockDraft, StockPage, StockQuery } from "./document.ts"; // prettier-ignore
import { PERMISSION_LIMITS, type Policy } from "./model.ts";
import { checkPolicy, policyWords } from "./policy.ts";
import { listStock, readPolicy, writePolicy, writeStock } from "./store.ts";

export type PermissionDeps = { readonly sql: Sql; readonly clock: Clock };
const tags = ["Permission"];

/** Registers the routes. To look and to tell stock needs a secret key or a session; to lay down, a key or an owner's. */
export function permissionRoutes(app: App, { sql, clock }: PermissionDeps): void {
  policyRoutes(app, sql);

  app.put("/v1/stock", {
    config: { access: "secret" },
    schema: {
      operationId: "putStock", tags, summary: "Tell how many pieces there are of products",
      description: "Others stay as they were. Where the policy says `out_of_stock`, messages about products of which none is left do not leave.",
      body: StockDraft, response: { 200: z.object({ products: z.int() }) },
    },
  }, async ({ workspace, body: { stock } }) => {
    const pieces = new Map(stock.map((one) => [one.product, one.pieces]));
    if (pieces.size < stock.length) refuse(twiceIn(stock), "stock");
    await writeStock(sql, workspace, pieces, clock());
    return { products: pieces.size };
  }); // prettier-ignore

  app.get("/v1/stock", {
    config: { access: "secret" },
    schema: {
      operationId: "listStock", tags, summary: "How many pieces there are, by product",
      querystring: z.object({ ...pageQuery(PERMISSION_LIMITS.stockMax, 100), product: StockQuery }), response: { 200: StockPage },
    },
  }, async ({ workspace, query: { limit, cursor, product } }) => {
    const after = placeOf(cursor, ["string"])?.[0] ?? "";
    const rows = await listStock(sql, workspace, { after, only: product ?? null, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return {
      stock: page.map((row) => ({ ...row, updatedAt: isoOf(row.updatedAt) })),
      nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.product]) : null,
    };
  }); // prettier-ignore
}

function policyRoutes(app: App, sql: Sql): void {
  app.get("/v1/policy", {
    config: { access: "secret" },
    schema: {
      operationId: "readPolicy", tags, summary: "What is laid down about messages: consent, caps, quiet hours, windows, holds",
      response: { 200: PolicyView },
    },
  }, async ({ workspace }) => viewOf(await readPolicy(sql, workspace))); // prettier-ignore

  app.put("/v1/policy", {
    config: { access: "owner" },
    attachValidation: true,
    schema: {
      operationId: "putPolicy", tags, summary: "Lay down when messages may leave, from the next one on",
      description: "In place of what held before: what is absent has its default.",
      body: PolicyDraft, response: { 200: PolicyView },
    },
  }, async (request) => {
    const policy = policyIn(request);
    await writePolicy(sql, request.workspace, policy);
    return viewOf(policy);
  }); // prettier-ignore

  app.post("/v1/policy/check", {
    config: { access: "secret" },
    schema: {
      operationId: "checkPolicy", tags, summary: "Look at a policy: what is wrong with it and where, or what it says in words",
      body: PolicyBody, response: { 200: PolicyChecked },
    },
  }, async ({ body }) => {
    const checked = checkPolicy(body.policy);
    if (!checked.ok) return { ok: false, problems: [...checked.problems], words: null };
    return { ok: true, problems: [], words: [...policyWords(checked.policy)] };
  }); // prettier-ignore
}

const viewOf = (policy: Policy): PolicyView => ({ policy, words: [...policyWords(policy)] });

/** The policy of a request; a wrong one is refused with each place and what was expected there. */
function policyIn({ body, validationError }: FastifyRequest): Policy {
  if (validationError && (validationError.validationContext !== "body" || validationError instanceof Failure))
    throw validationError;
  const checked = checkPolicy(body);
  return checked.ok ? checked.policy : refuse(checked.problems, "");
}

function twiceIn(stock: readonly { readonly product: string }[]) {
  const seen = new Set<string>();
  const places: { path: string; message: string }[] = [];
  for (const [i, { product }] of stock.entries()) {
    if (seen.has(product)) places.push({ path: `${i}/product`, message: `"${product}" is named twice.` });
    seen.add(product);
  }
  return places;
}
