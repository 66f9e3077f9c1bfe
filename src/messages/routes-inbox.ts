/**
 * HTTP of in-app inboxes, called by pages and apps with a write key: what lies there, as it comes, seen and dismissed.
 * Who may read an inbox: see `visitor.ts`. A device's own name opens one only while nothing but devices is known of its
 * customer: whoever uses the device next is another person.
 */
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Database } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import type { WriteKeys } from "../events/credentials.ts";
import type { Event } from "../events/model.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import type { Clock } from "../values.ts";
import { type About, happeningOf } from "./happenings.ts";
import { markInInbox, readInbox, unseenIn } from "./inbox-store.ts";
import { InboxPage, messageOf } from "./inbox-view.ts";
import { createStreams } from "./inbox.ts";
import { MESSAGE_LIMITS } from "./model.ts";
import { Who, visitorOf } from "./visitor.ts";
import type { Vault } from "../vault.ts";

export type InboxDeps = {
  readonly sql: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly keys: WriteKeys;
  /** Appends events of our own to the inbox of events. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
  readonly onFault: (cause: unknown) => void;
};

const Place = z.string().max(100).optional().describe("Only what is to be shown there");

/** Registers the routes. */
export function inboxRoutes(app: App, deps: InboxDeps): void {
  const { sql, clock } = deps;
  const streams = createStreams(sql, deps.onFault);
  app.addHook("preClose", () => streams.close());
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    for (const path of ["/in-app/messages", "/in-app/messages/:id/seen", "/in-app/messages/:id/dismissed"])
      scope.options(path, { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore
    readRoute(scope, deps);
    markRoutes(scope, deps);
    const tags = ["Messages"];
    scope.get("/in-app/stream", {
      config: { access: "public" },
      schema: { operationId: "watchInbox", tags, summary: "In-app messages as they come (server-sent events named message)", querystring: z.object({ ...Who, place: Place }) },
    }, async (request, reply) => {
      const { atoms } = await visitorOf(deps, request, request.query, "the_unnamed");
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
    scope.get("/in-app/messages", {
      config: { access: "public" },
      schema: {
        operationId: "readInbox", tags: ["Messages"], summary: "A customer's in-app messages, for a page or an app",
        description: "With a write key and the customer's identifier. Names that can be guessed need a userToken, which the business's own server signs (docs/providers.md).",
        querystring: z.object({ ...Who, place: Place, ...pageQuery(MESSAGE_LIMITS.inboxMax, 20) }), response: { 200: InboxPage },
      },
    }, async (request) => {
      const { place = null, limit, cursor } = request.query;
      const { atoms } = await visitorOf(deps, request, request.query, "the_unnamed");
      const before = placeOf(cursor, ["number"])?.[0] ?? Number.MAX_SAFE_INTEGER;
      const rows = await readInbox(on, { atoms, place, before, limit: limit + 1 });
      const page = rows.slice(0, limit);
      return { messages: page.map(messageOf), unseen: await unseenIn(on, atoms, place), nextCursor: rows.length > limit ? cursorOf([page.at(-1)!.id]) : null };
    }); // prettier-ignore
  }

  function markRoutes(scope: App, { tell }: InboxDeps): void {
    for (const what of ["seen", "dismissed"] as const) {
      scope.post(`/in-app/messages/:id/${what}`, {
        config: { access: "public" },
        schema: {
          operationId: what === "seen" ? "seeInboxMessage" : "dismissInboxMessage", tags: ["Messages"],
          summary: what === "seen" ? "Say that an in-app message was seen" : "Take an in-app message out of the inbox",
          params: z.object({ id: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER) }), querystring: z.object(Who),
          response: { 200: z.object({ id: z.int() }) },
        },
      }, async (request) => {
        const { id } = request.params;
        const { atoms } = await visitorOf(deps, request, request.query, "the_unnamed");
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
