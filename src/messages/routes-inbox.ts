/**
 * HTTP of in-app inboxes, called by pages and apps with a write key: what lies there, as it comes, seen and dismissed.
 *
 * Who may read an inbox: whoever shows a token the business signed for the customer's name (`inbox-token.ts`). Without
 * one, a device's own name opens an inbox only while nothing but devices is known of its customer; a name that can be
 * guessed opens none, unless the workspace says that it trusts its callers.
 */
import type { FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { atomsOfCustomer, findAtom } from "../customers/read.ts";
import type { Database } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import { type WriteKeys, basicUser } from "../events/credentials.ts";
import type { Event } from "../events/model.ts";
import type { App } from "../http/app.ts";
import { IDENTIFIER_MAX, IdentifierKind, KIND_RULES } from "../identity/model.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import type { AtomId, Clock, WorkspaceId } from "../values.ts";
import { type About, happeningOf } from "./happenings.ts";
import { isUserToken } from "./inbox-token.ts";
import { markInInbox, readInbox, unseenIn } from "./inbox-store.ts";
import { InboxPage, messageOf } from "./inbox-view.ts";
import { createStreams } from "./inbox.ts";
import { MESSAGE_LIMITS } from "./model.ts";
import { listProviders } from "./provider-store.ts";
import { configOf } from "./providers.ts";

export type InboxDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  readonly keys: WriteKeys;
  /** Appends events of our own to the inbox of events. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly onFault: (cause: unknown) => void;
};

/** Who asks. In the query, because a browser's EventSource sends no headers of one's own. */
const Who = {
  writeKey: z.string().max(300).optional().describe("A write key, if it is not sent as HTTP Basic"),
  kind: IdentifierKind.describe("By which kind of identifier the customer is named"),
  value: z.string().min(1).max(IDENTIFIER_MAX),
  userToken: z.string().max(200).optional().describe("Signed by the business's server for this identifier"),
};
const Place = z.string().max(100).optional().describe("Only what is to be shown there");
type Asker = z.infer<z.ZodObject<typeof Who>>;

/** Registers the routes. */
export function inboxRoutes(app: App, deps: InboxDeps): void {
  const { sql, clock } = deps;
  const streams = createStreams(sql, deps.onFault);
  app.addHook("preClose", () => streams.close());
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    for (const path of ["/v1/inbox", "/v1/inbox/:id/seen", "/v1/inbox/:id/dismissed"])
      scope.options(path, { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore
    readRoute(scope, deps);
    markRoutes(scope, deps);
    const tags = ["Messages"];
    scope.get("/v1/inbox/stream", {
      config: { access: "public" },
      schema: { operationId: "watchInbox", tags, summary: "In-app messages as they come (server-sent events named message)", querystring: z.object({ ...Who, place: Place }) },
    }, async (request, reply) => {
      const atoms = await atomsFor(deps, request, request.query);
      const last = Number(request.headers["last-event-id"] ?? Number.NaN);
      const known = (await readInbox(sql, { atoms, place: null, before: Number.MAX_SAFE_INTEGER, limit: MESSAGE_LIMITS.inboxMax })).map(({ id }) => id);
      reply.hijack();
      const response = reply.raw;
      // Headers set by hooks are lost with hijacking.
      response.writeHead(200, { ...(reply.getHeaders() as { [name: string]: string }), "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" });
      const opened = await streams.open(response, atoms, request.query.place ?? null, Number.isNaN(last) ? known : known.filter((id) => id <= last));
      if (!opened) response.end("retry: 30000\n\n");
      return reply;
    }); // prettier-ignore
  });

  function readRoute(scope: App, { sql: on }: InboxDeps): void {
    scope.get("/v1/inbox", {
      config: { access: "public" },
      schema: {
        operationId: "readInbox", tags: ["Messages"], summary: "A customer's in-app messages, for a page or an app",
        description: "With a write key and the customer's identifier. Names that can be guessed need a userToken, which the business's own server signs (docs/providers.md).",
        querystring: z.object({ ...Who, place: Place, ...pageQuery(MESSAGE_LIMITS.inboxMax, 20) }), response: { 200: InboxPage },
      },
    }, async (request) => {
      const { place = null, limit, cursor } = request.query;
      const atoms = await atomsFor(deps, request, request.query);
      const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
      const rows = await readInbox(on, { atoms, place, before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { messages: page.map(messageOf), unseen: await unseenIn(on, atoms, place), nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.id]) : null };
    }); // prettier-ignore
  }

  function markRoutes(scope: App, { tell }: InboxDeps): void {
    for (const what of ["seen", "dismissed"] as const) {
      scope.post(`/v1/inbox/:id/${what}`, {
        config: { access: "public" },
        schema: {
          operationId: what === "seen" ? "seeInboxMessage" : "dismissInboxMessage", tags: ["Messages"],
          summary: what === "seen" ? "Say that an in-app message was seen" : "Take an in-app message out of the inbox",
          params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }), querystring: z.object(Who),
          response: { 200: z.object({ id: z.int() }) },
        },
      }, async (request) => {
        const { id } = request.params;
        const atoms = await atomsFor(deps, request, request.query);
        await sql.transaction(async (tx) => {
          const now = clock();
          const { found, message } = await markInInbox(tx, atoms, id, what, now);
          if (!found) throw new Failure("not_found", `There is no message ${id} in this inbox.`);
          const [about] = message === null ? [] : await tx.query<About>("select id, workspace, atom, journey, version, step, template, channel, purpose from messages where id = $1", [message]);
          // Before the commit: told twice it is one event, and not told it would be none.
          if (about) await tell([happeningOf(about, what === "seen" ? "opened" : "dismissed", now)]);
        });
        return { id };
      }); // prettier-ignore
    }
  }
}

/** The atoms whose inbox the caller may see; none when nobody is known by the name. Throws when it is not proven whose it is. */
async function atomsFor({ sql, clock, keys }: InboxDeps, request: FastifyRequest, asked: Asker): Promise<readonly AtomId[]> {
  const writeKey = basicUser(request.headers.authorization) ?? asked.writeKey;
  const holder = writeKey === undefined ? null : await keys.find(writeKey);
  if (!holder) throw new Failure("unauthenticated", "Send a write key that is in force.");
  const config = await configFor(sql, holder.workspace);
  if (!config) throw new Failure("not_found", "This workspace has no provider for in-app messages.");
  const { kind, value, userToken } = asked;
  const proven = userToken !== undefined && config.secret !== undefined && isUserToken(config.secret, kind, value, userToken, clock());
  if (userToken !== undefined && !proven) throw new Failure("forbidden", "The userToken is not one of this customer's, or its time is over.");
  const free = proven || config.proof === "trusted";
  if (!free && !DEVICES.has(kind)) throw new Failure("forbidden", `A ${kind} can be guessed: send a userToken with it.`);
  const atom = await findAtom(sql, holder.workspace, kind, value);
  const atoms = atom === null ? [] : await atomsOfCustomer(sql, holder.workspace, atom);
  if (!free && atoms.some(({ identifiers }) => identifiers.some(([held]) => KIND_RULES[held].person)))
    throw new Failure("forbidden", "This device's customer is known by name by now: send a userToken.");
  return atoms.map(({ id }) => id);
} // prettier-ignore
/** Names that a page or an app made up at random and tells nobody else. */
const DEVICES: ReadonlySet<string> = new Set(["anonymous_id", "device_id"]);

async function configFor(sql: Database, workspace: WorkspaceId) {
  const provider = (await listProviders(sql, workspace)).find(({ driver }) => driver === "in_app");
  return provider ? configOf(provider, "in_app") : null;
}
