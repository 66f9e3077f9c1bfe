/** HTTP of the desk: who is it, what is their story, what is written back, and who looked. */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { CustomerDocument } from "../customers/document.ts";
import { atomsOfCustomer, findAtom, readCustomer } from "../customers/read.ts";
import { createAsk } from "../decisions/ask.ts";
import { Failure } from "../errors.ts";
import type { Actor, App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { forceReader } from "../segments/customer.ts";
import { CustomerId, type WorkspaceId, asBuilt, atomOf } from "../values.ts";
import {
  DESK,
  type DeskDeps,
  Params,
  mayMask,
  noCustomer,
  otherCustomer,
  ownCustomer,
  tags,
  whoOf,
} from "./asked.ts";
import { lookUp } from "./lookup.ts";
import {
  DESK_LIMITS,
  DeskSettings,
  DeskView,
  FoundBy,
  LookList,
  LookupAnswer,
  LookupQuery,
} from "./model.ts";
import { type StoryDeps, readStory } from "./read.ts";
import { panelRoutes } from "./routes-panels.ts";
import { writeRoutes } from "./routes-write.ts";
import { soughtOf } from "./sought.ts";
import { listLooks, noteLook, readDeskSettings, writeDeskSettings } from "./store.ts";

/** Registers the routes. */
export function deskRoutes(app: App, deps: DeskDeps): void {
  lookupRoute(app, deps);
  storyRoute(app, deps);
  writeRoutes(app, deps);
  looksRoute(app, deps);
  settingsRoutes(app, deps);
  panelRoutes(app, deps);
}

/** A till waits for it, and programs ask it for every contact: all of its statements are prepared. */
function lookupRoute(app: App, { clock, decide: { prepared: sql } }: DeskDeps): void {
  app.get("/v1/customers/lookup", {
    config: DESK,
    serializerCompiler: asBuilt,
    schema: {
      operationId: "lookupCustomer", tags: ["Customers"], summary: "The customers known by a phone number, e-mail address, order number, loyalty code or name",
      description: "Every look is written down. With `kind` and `value` it answers the whole document of the customer known by exactly that identifier.",
      querystring: LookupQuery, response: { 200: LookupAnswer },
    },
  }, async ({ workspace, query, actor }) => {
    const { kind, value, ...typed } = query;
    if (actor.type === "panel") throw otherCustomer();
    if (kind !== undefined && value !== undefined) return documentOf(workspace, actor, { kind, value });
    if (Object.values(typed).every((one) => one === undefined)) throw new Failure("bad_request", "Say by what to look: q, phone, email, order, loyalty or name; or kind and value.");
    const settings = await readDeskSettings(sql, workspace);
    const lookup = await lookUp(sql, workspace, soughtOf(typed, settings.country), mayMask(actor) && !settings.showsContact);
    const foundBy = [...new Set(lookup.customers.flatMap((one) => one.foundBy))];
    await noteLook(sql, { workspace, who: whoOf(actor), name: actor.name, what: "lookup", foundBy: foundBy.length > 0 ? foundBy : askedBy(typed), customers: lookup.customers.map(({ id }) => atomOf(id)!) }, clock());
    return lookup;
  }); // prettier-ignore

  async function documentOf(workspace: WorkspaceId, actor: Actor, { kind, value }: { readonly kind: NonNullable<LookupQuery["kind"]>; readonly value: string }): Promise<CustomerDocument> {
    if (mayMask(actor)) throw new Failure("forbidden", "Your role opens the desk: look up by q, phone, email, order, loyalty or name.");
    const atom = await findAtom(sql, workspace, kind, value);
    const customer = atom === null ? null : await readCustomer(sql, workspace, atom);
    // The value stays out of the message: problems are logged, and it is personal data.
    if (!customer) throw new Failure("not_found", `No customer is known by this ${kind}.`);
    if (actor.type === "user") await noteLook(sql, { workspace, who: whoOf(actor), name: actor.name, what: "lookup", foundBy: [], customers: [atomOf(customer.id)!] }, clock());
    return customer;
  } // prettier-ignore
}

/** By what somebody looked who found nobody. */
const askedBy = (typed: Partial<LookupQuery>): readonly FoundBy[] =>
  FoundBy.options.filter((one) => typed[one as keyof LookupQuery] !== undefined);

function storyRoute(app: App, deps: DeskDeps): void {
  const { sql, clock } = deps;
  const story: StoryDeps = {
    sql, log: deps.log, ask: createAsk({ ...deps.decide, budgetMs: DESK_LIMITS.decideMs }), force: forceReader(sql), newId: () => randomUUID(), onFault: deps.onFault,
  }; // prettier-ignore
  app.get("/v1/customers/:id/desk", {
    config: DESK,
    serializerCompiler: asBuilt,
    schema: {
      operationId: "readDesk", tags, summary: "The customer's story for whoever stands in front of them",
      description: "Who, stage, last moments, cart with live stock and price, purchases, open questions, promises, sentiment, what to do next and what not to say. Every look is written down.",
      params: Params, querystring: z.object({ found: FoundBy.default("link").describe("What they were found by, for those who read who looked") }), response: { 200: DeskView },
    },
  }, async ({ workspace, params, actor, query }) => {
    // Who may see every customer need not be asked about this one: the story says when there is none.
    const atom = actor.type === "panel" ? await ownCustomer(sql, workspace, actor, params.id) : atomOf(params.id)!;
    const read = await readStory(story, workspace, atom, mayMask(actor), clock());
    if (!read) throw noCustomer(params.id);
    await noteLook(sql, { workspace, who: whoOf(actor), name: actor.name, what: "opened", foundBy: [actor.type === "panel" ? "panel" : query.found], customers: [read.customer] }, clock());
    return read.story;
  }); // prettier-ignore
}

function looksRoute(app: App, { sql }: DeskDeps): void {
  app.get("/v1/desk/looks", {
    config: { access: "owner" },
    schema: {
      operationId: "listLooks", tags, summary: "Who looked at whom at the desk, and by what they found them; newest first",
      querystring: z.object({ ...pageQuery(DESK_LIMITS.looksPage, 50), customerId: CustomerId.optional() }), response: { 200: LookList },
    },
  }, async ({ workspace, query: { limit, cursor, customerId } }) => {
    const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
    const atoms = customerId === undefined ? null : (await atomsOfCustomer(sql, workspace, atomOf(customerId)!)).map(({ id }) => id);
    const looks = await listLooks(sql, workspace, { before, limit: limit + 1, customers: atoms });
    const page = looks.slice(0, limit);
    return { looks: [...page], nextCursor: looks.length > limit ? cursorOf([page.at(-1)!.id]) : null };
  }); // prettier-ignore
}

function settingsRoutes(app: App, { sql }: DeskDeps): void {
  app.get("/v1/desk/settings", {
    config: DESK,
    schema: { operationId: "readDeskSettings", tags, summary: "What is laid down for the desk", response: { 200: DeskSettings } },
  }, async ({ workspace }) => readDeskSettings(sql, workspace)); // prettier-ignore
  app.put("/v1/desk/settings", {
    config: { access: "owner" },
    schema: {
      operationId: "putDeskSettings", tags, summary: "Lay down the country of phone numbers, and whether the desk shows contact data whole",
      description: "The country holds for events that come in, too, a few seconds later.",
      body: DeskSettings, response: { 200: DeskSettings },
    },
  }, async ({ workspace, body }) => {
    await writeDeskSettings(sql, workspace, body);
    return readDeskSettings(sql, workspace);
  }); // prettier-ignore
}
