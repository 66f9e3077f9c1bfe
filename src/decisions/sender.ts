/**
 * Who asks from a page, an app or a server: a write key says which business and nothing of who is asking, a secret key
 * may name anybody. Looked at before a body is, and never by a cookie, because any page may ask.
 */
import type { FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { Failure } from "../errors.ts";
import { type WriteKeys, basicUser, holderOf } from "../events/credentials.ts";
import type { Arrival } from "../events/draft.ts";
import { arrivalFor } from "../events/envelope.ts";
import type { KeyRate } from "../events/rate.ts";
import type { App } from "../http/app.ts";
import type { Clock, Json, JsonObject, WorkspaceId } from "../values.ts";

/** Who asks. `trusted`: by a secret key. */
export type Sender = { readonly workspace: WorkspaceId; readonly key: number; readonly country: string | undefined; readonly trusted: boolean }; // prettier-ignore

declare module "fastify" {
  interface FastifyRequest {
    sender: Sender | null;
  }
}

/** Finds the sender of each request of `scope` (which has `request.sender`) before anything else of it is read. Throws `Failure("unauthenticated")`. */
export function knowSenders(scope: App, keys: WriteKeys): void {
  scope.addHook("onRequest", async (request) => {
    if (request.method === "OPTIONS") return;
    // The guard has looked at a secret key already.
    if (/^bearer /i.test(request.headers.authorization ?? "")) {
      request.sender = {
        workspace: request.workspace,
        key: request.actor.id,
        country: undefined,
        trusted: true,
      };
      return;
    }
    const holder = await holderOf(keys, keyOf(request));
    if (!holder) throw new Failure("unauthenticated", "Send a write key or a secret key that is in force.");
    request.sender = {
      workspace: holder.workspace,
      key: holder.key,
      country: holder.country,
      trusted: false,
    };
  });
}

function keyOf({ headers, query }: FastifyRequest): string | undefined {
  const { writeKey } = query as { readonly writeKey?: unknown };
  return basicUser(headers.authorization) ?? headers["x-write-key"]?.toString() ?? (typeof writeKey === "string" ? writeKey : undefined); // prettier-ignore
}

/** The sender of a request in a scope that knows them. */
export function senderOf({ sender }: FastifyRequest): Sender {
  if (!sender) throw new Error("A route outside of the senders' scope asked for its sender.");
  return sender;
}

/** Takes `n` from what the sender's write key may ask in a second. Throws `Failure("too_many")`. */
export function spend(rate: KeyRate, { key, trusted }: Sender, n: number): void {
  const wait = trusted ? 0 : rate.waitSeconds(key, n);
  if (wait > 0)
    throw new Failure("too_many", "This key asks for more than it may in a second.", {
      retryAfterSeconds: wait,
    });
}

/** What events along share with the request they came in. */
export function arrivalOf(
  request: FastifyRequest,
  events: readonly Json[],
  context: { readonly url?: string | undefined; readonly locale?: string | undefined; readonly timezone?: string | undefined },
  { clock, newId, config }: { readonly clock: Clock; readonly newId: () => string; readonly config: Pick<Config, "THROUGHLINE_STORE_IP"> },
): Arrival {
  const { headers, ip } = request;
  const { workspace, key, country } = senderOf(request);
  const browser = headers["origin"] !== undefined;
  const { url, locale, timezone } = context;
  const shared: JsonObject = { ...(url !== undefined && { page: { url } }), ...(locale !== undefined && { locale }), ...(timezone !== undefined && { timezone }) };
  const { THROUGHLINE_STORE_IP: keepIp } = config;
  return arrivalFor(
    { workspace, key, receivedAt: clock(), newId, country, keepIp },
    {
      text: events.length > 0 ? JSON.stringify(events) : "", context: shared, gpc: headers["sec-gpc"] === "1",
      userAgent: browser ? (headers["user-agent"] ?? null) : null, ip: keepIp && browser ? ip : null,
    },
  );
} // prettier-ignore

/** A body sent without a content type of its own (`navigator.sendBeacon`) is read as JSON too. */
export function readBeacons(scope: App): void {
  scope.addContentTypeParser(
    "text/plain",
    { parseAs: "string" },
    scope.getDefaultJsonParser("error", "error"),
  );
}
