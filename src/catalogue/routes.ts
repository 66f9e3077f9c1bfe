/** HTTP of items: one by one, many at once, and changes of price and stock alone. What is told holds from the answer on. */
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { refuse } from "../segments/change.ts";
import { type Clock, isoOf } from "../values.ts";
import { CatalogueCounts, ChangesBody, ItemBody, ItemPage, ItemView, ItemsBody, StockDraft, StockPage, StockQuery, Written, viewOf } from "./document.ts"; // prettier-ignore
import { CATALOGUE_LIMITS, ItemId } from "./model.ts";
import { listStock, writeStock } from "./stock.ts";
import { changeItems, countItems, listItems, readItems, removeItem, writeItems } from "./store.ts";

export type CatalogueDeps = { readonly sql: Sql; readonly clock: Clock };
const tags = ["Catalogue"];
const Params = z.object({ id: ItemId });
const access = { access: "secret" } as const;

/** Registers the routes; each needs a secret key or a session. */
export function catalogueRoutes(app: App, deps: CatalogueDeps): void {
  listRoutes(app, deps);
  itemRoutes(app, deps);
  stockRoutes(app, deps);
  void app.register(async (plain) => manyRoutes(plain.withTypeProvider<ZodTypeProvider>(), deps));
}

function listRoutes(app: App, { sql }: CatalogueDeps): void {
  app.get("/v1/catalogue", {
    config: access,
    schema: { operationId: "readCatalogue", tags, summary: "How many items there are", response: { 200: CatalogueCounts } },
  }, async ({ workspace }) => countItems(sql, workspace)); // prettier-ignore

  app.get("/v1/catalogue/items", {
    config: access,
    schema: {
      operationId: "listItems", tags, summary: "Items by id, or those found by a search",
      querystring: z.object({
        query: z.string().max(200).regex(/^[^\0]*$/).default("").describe("The beginning of an id, or a part of a name"),
        only: z.enum(["all", "offered", "inactive", "out_of_stock"]).default("all"),
        feed: z.coerce.number().int().min(1).max(2_147_483_647).optional().describe("Only what this feed told"),
        ...pageQuery(CATALOGUE_LIMITS.perRequest, 50),
      }),
      response: { 200: ItemPage },
    },
  }, async ({ workspace, query: { query, only, feed = null, limit, cursor } }) => {
    const after = placeOf(cursor, ["string"])?.[0] ?? "";
    const rows = await listItems(sql, workspace, { query: query.trim(), only, feed, after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    return { items: page.map(viewOf), nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.id]) : null };
  }); // prettier-ignore
}

function itemRoutes(app: App, { sql, clock }: CatalogueDeps): void {
  app.get("/v1/catalogue/items/:id", {
    config: access,
    schema: { operationId: "readItem", tags, summary: "An item as it stands", params: Params, response: { 200: ItemView } },
  }, async ({ workspace, params: { id } }) => {
    const item = (await readItems(sql, workspace, [id])).get(id);
    return item ? viewOf(item) : missing(id);
  }); // prettier-ignore

  app.delete("/v1/catalogue/items/:id", {
    config: access,
    schema: {
      operationId: "deleteItem", tags, summary: "Take an item out of the catalogue",
      description: "What is only no longer sold is better told with `active: false`: messages about it then do not leave.",
      params: Params, response: { 200: z.object({ id: z.string() }) },
    },
  }, async ({ workspace, params: { id } }) => {
    if (!(await removeItem(sql, workspace, id))) missing(id);
    return { id };
  }); // prettier-ignore

  app.put("/v1/catalogue/items/:id", {
    config: access,
    schema: {
      operationId: "putItem", tags, summary: "Tell an item whole",
      description: "Makes it, or puts it in place of what was told before: what is absent is not known from then on. To change price or stock alone: POST /v1/catalogue/stock.",
      params: Params, body: ItemBody, response: { 200: ItemView },
    },
  }, async ({ workspace, params: { id }, body }) => {
    await writeItems(sql, workspace, [{ id, ...body }], null, clock());
    const item = (await readItems(sql, workspace, [id])).get(id);
    return item ? viewOf(item) : missing(id);
  }); // prettier-ignore
}

/** The routes that take many: as JSON, or the items as lines of JSON. */
function manyRoutes(app: App, { sql, clock }: CatalogueDeps): void {
  app.addContentTypeParser("application/x-ndjson", { parseAs: "string" }, async (_request: unknown, body: string) => ({ items: linesOf(body) })); // prettier-ignore
  app.post("/v1/catalogue/items", {
    config: access,
    bodyLimit: CATALOGUE_LIMITS.requestBytes,
    schema: {
      operationId: "putItems", tags, summary: "Tell many items whole",
      description: "Up to 1,000, as JSON or as lines of JSON (application/x-ndjson, one item a line). All or none: a wrong one is refused with its place. The same sent again changes nothing.",
      body: ItemsBody, response: { 200: Written },
    },
  }, async ({ workspace, body: { items } }) => {
    refuseTwice(items, ({ id }) => id, "items", "id");
    return writeItems(sql, workspace, items, null, clock());
  }); // prettier-ignore
}

function linesOf(body: string): readonly unknown[] {
  const lines = body.split("\n");
  return lines.flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (cause) {
      throw new Failure("bad_request", `Line ${i + 1} is not JSON.`, { cause });
    }
  });
}

function stockRoutes(app: App, { sql, clock }: CatalogueDeps): void {
  app.post("/v1/catalogue/stock", {
    config: access,
    bodyLimit: CATALOGUE_LIMITS.requestBytes,
    schema: {
      operationId: "changeItems", tags, summary: "Change price and stock of items, and nothing else of them",
      description: "Up to 1,000; what is absent stays. It holds for every decision and every message from the answer on, those that wait to leave among them.",
      body: ChangesBody, response: { 200: z.object({ items: z.int() }) },
    },
  }, async ({ workspace, body: { changes } }) => {
    refuseTwice(changes, ({ id }) => id, "changes", "id");
    const { withoutCurrency } = await changeItems(sql, workspace, changes, clock());
    const without = new Set(withoutCurrency);
    if (without.size > 0) refuse(changes.flatMap(({ id }, i) => (without.has(id) ? [{ path: `${i}/currency`, message: `No currency of "${id}" is known.` }] : [])), "changes");
    return { items: changes.length };
  }); // prettier-ignore

  app.put("/v1/stock", {
    config: access,
    schema: {
      operationId: "putStock", tags, summary: "Tell how many pieces there are of products",
      description: "Others stay as they were. Where the policy says `out_of_stock`, messages about products of which none is left do not leave.",
      body: StockDraft, response: { 200: z.object({ products: z.int() }) },
    },
  }, async ({ workspace, body: { stock } }) => {
    refuseTwice(stock, ({ product }) => product, "stock", "product");
    const pieces = new Map(stock.map((one) => [one.product, one.pieces]));
    await writeStock(sql, workspace, pieces, clock());
    return { products: pieces.size };
  }); // prettier-ignore

  app.get("/v1/stock", {
    config: access,
    schema: {
      operationId: "listStock", tags, summary: "How many pieces there are, by product",
      querystring: z.object({ ...pageQuery(CATALOGUE_LIMITS.perRequest, 100), product: StockQuery }), response: { 200: StockPage },
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

/** Refuses what names something twice, with each place. */
function refuseTwice<T>(list: readonly T[], nameOf: (one: T) => string, base: string, field: string): void {
  const seen = new Set<string>();
  const places: { path: string; message: string }[] = [];
  for (const [i, one] of list.entries()) {
    const name = nameOf(one);
    if (seen.has(name)) places.push({ path: `${i}/${field}`, message: `"${name}" is named twice.` });
    seen.add(name);
  }
  if (places.length > 0) refuse(places, base);
}

function missing(id: string): never {
  throw new Failure("not_found", `There is no item "${id}" in this workspace.`);
}
