/** HTTP for customers: list and search, document, timeline, identities, undo and redo of a join. */
import { z } from "zod";
import type { EventLog } from "../db/clickhouse.ts";
import type { Database } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { Channel } from "../events/model.ts";
import type { App } from "../http/app.ts";
import type { Identifier } from "../identity/model.ts";
import { type LoggedEvent, momentsOf, moreOf } from "../log/read.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { type AtomId, type Clock, CustomerId, type WorkspaceId, asBuilt, atomOf, isoOf } from "../values.ts";
import {
  CustomerDocument,
  CustomerList,
  Identities,
  Timeline,
  type TimelineEvent,
  Unmerged,
} from "./document.ts";
import { atomsOfCustomer, listCustomers, readCustomer, readIdentities } from "./read.ts";
import { relink, unmerge } from "./unmerge.ts";
import { objectIn } from "./view.ts";

export type CustomerDeps = { readonly sql: Database; readonly log: EventLog; readonly clock: Clock };
const Params = z.object({ id: CustomerId });
const LinkChoice = z.object({ linkId: z.int().min(1) }).meta({ examples: [{ linkId: 12 }] });

/** Registers the routes; each needs a secret key or a session. */
export function customerRoutes(app: App, { sql, log, clock }: CustomerDeps): void {
  const access = { access: "secret" } as const;
  app.get("/v1/customers", {
    config: access,
    schema: {
      operationId: "listCustomers", tags: ["Customers"], summary: "Customers, newest first, or those found by a search",
      querystring: z.object({ query: z.string().max(200).default("").describe("The beginning of an identifier or of a name"), ...pageQuery(100, 25) }),
      response: { 200: CustomerList },
    },
  }, async ({ workspace, query }) => listCustomers(sql, workspace, query)); // prettier-ignore

  app.get("/v1/customers/:id", {
    config: access,
    serializerCompiler: asBuilt,
    schema: { operationId: "readCustomer", tags: ["Customers"], summary: "Everything known of a customer now", params: Params, response: { 200: CustomerDocument } },
  }, async ({ workspace, params }) => {
    return (await readCustomer(sql, workspace, atomIn(params.id))) ?? missing(params.id);
  }); // prettier-ignore

  app.get("/v1/customers/:id/timeline", {
    config: access,
    serializerCompiler: asBuilt,
    schema: {
      operationId: "readTimeline", tags: ["Customers"], summary: "What happened, over all channels, newest first", params: Params,
      querystring: z.object({ ...pageQuery(500, 50), channel: Channel.optional() }), response: { 200: Timeline },
    },
  }, async ({ workspace, params, query }) => timelineOf(sql, log, workspace, params.id, query)); // prettier-ignore

  app.get("/v1/customers/:id/identities", {
    config: access,
    schema: { operationId: "readIdentities", tags: ["Customers"], summary: "How a customer came to be one", params: Params, response: { 200: Identities } },
  }, async ({ workspace, params }) => (await readIdentities(sql, workspace, atomIn(params.id))) ?? missing(params.id)); // prettier-ignore

  app.post("/v1/customers/:id/unmerge", {
    config: access,
    schema: { operationId: "unmergeCustomer", tags: ["Customers"], summary: "Undo a join", params: Params, body: LinkChoice, response: { 200: Unmerged } },
  }, async ({ workspace, params, body, actor }) => ({
    customers: [...(await unmerge(sql, workspace, atomIn(params.id), body.linkId, actor.name, clock()))],
  })); // prettier-ignore

  app.post("/v1/customers/:id/relink", {
    config: access,
    schema: {
      operationId: "relinkCustomer", tags: ["Customers"], summary: "Put an undone join in force again", params: Params, body: LinkChoice,
      response: { 200: z.object({ customerId: CustomerId }) },
    },
  }, async ({ workspace, params, body }) => ({ customerId: await relink(sql, workspace, atomIn(params.id), body.linkId, clock()) })); // prettier-ignore
}

type TimelineQuery = {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly channel?: Channel | undefined;
};
async function timelineOf(
  sql: Database,
  log: EventLog,
  workspace: WorkspaceId,
  id: string,
  { limit, cursor, channel }: TimelineQuery,
): Promise<Timeline> {
  const atoms = await atomsOfCustomer(sql, workspace, atomIn(id));
  if (atoms.length === 0) return missing(id);
  const events = await momentsOf(sql, log, {
    workspace, atoms: atoms.map((atom) => atom.id), limit: limit + 1, after: placeOf(cursor, ["number", "string"]), channel: channel ?? null,
  }); // prettier-ignore
  const page = events.slice(0, limit);
  const last = page.at(-1);
  return {
    events: page.map(timelineEventOf),
    nextCursor: events.length > limit && last ? cursorOf([last.happenedAt, last.id]) : null,
  };
}

/** A logged event as the timeline and the export answer it. */
export function timelineEventOf(event: LoggedEvent): TimelineEvent {
  return {
    messageId: event.id, type: event.type, name: event.name, happenedAt: isoOf(event.happenedAt), receivedAt: isoOf(event.receivedAt),
    channel: event.channel, touchpoint: event.touchpoint, identifiers: JSON.parse(event.identifiers) as Identifier[],
    properties: objectIn(event.properties), traits: objectIn(event.traits), more: moreOf(event),
  }; // prettier-ignore
}

const atomIn = (id: string): AtomId => atomOf(id)!;
function missing(id: string): never {
  throw new Failure("not_found", `There is no customer ${id} in this workspace.`);
}
