/**
 * The collection routes: the door for every Segment-compatible SDK, unmodified.
 *
 * The answers follow what those SDKs do with them. 200 `{"success":true}` after everything is durable, also when some events
 * were refused (a 400 for one bad event makes SDKs throw the batch away, and one crashes its process); 400 only for a body
 * that is unreadable or too large (SDKs treat 413 alike, and Segment says 400); 401 for an unknown key; 429 with whole
 * seconds in Retry-After when it is too much, since SDKs honour it on no other status; 503 while a store is down.
 * All in Segment's shape, all readable from any origin.
 */
import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { Failure } from "../errors.ts";
import type { Clock } from "../values.ts";
import { type BodyBytes, type BodyFault, isFault, readBody, textOfBody } from "./body.ts";
import { allowAnyOrigin, preflight } from "./cors.ts";
import { holderOf, type KeyHolder, keyIn, type KeyPlace, type WriteKeys } from "./credentials.ts";
import { arrivalFor, type Envelope, envelopeOf } from "./envelope.ts";
import type { StepMeter } from "./meter.ts";
import { EventType, type Inbox } from "./model.ts";
import { PIXEL, pixelEvent } from "./pixel.ts";
import { createKeyRate, type KeyRate } from "./rate.ts";
import type { RefusedStore } from "./refused.ts";
import { sdkRoutes } from "./sdk-routes.ts";
import { takeIn } from "./take-in.ts";

export type CollectionDeps = {
  readonly inbox: Inbox;
  readonly keys: WriteKeys;
  readonly refused: RefusedStore;
  readonly meter: StepMeter;
  readonly clock: Clock;
  readonly config: Pick<Config, "THROUGHLINE_STORE_IP" | "THROUGHLINE_RATE_PER_KEY" | "THROUGHLINE_URL">;
  /** Makes ids for events that have none: unique, at most 100 characters. */
  readonly newId: () => string;
};

const SHORT: { readonly [letter: string]: EventType } = {
  __proto__: null as never,
  t: "track",
  i: "identify",
  p: "page",
  g: "group",
  s: "screen",
  a: "alias",
};
const HIDDEN = { config: { access: "public" }, schema: { hide: true } } as const;
type Way = { readonly type: EventType | null; readonly keys: readonly KeyPlace[] };

/** Registers all collection routes in a scope of their own, with their own body parser and error shape. */
export function collectionRoutes(app: FastifyInstance, deps: CollectionDeps): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // The type a sender names is ignored: browsers send JSON as text/plain, one SDK as a form.
    scope.addContentTypeParser("*", (_request: FastifyRequest, payload: IncomingMessage) =>
      readBody(payload),
    );
    scope.addHook("onRequest", (request, _reply, next) => {
      // A malformed Content-Type would be refused before any parser is asked.
      if (request.method === "POST") request.headers["content-type"] = "application/octet-stream";
      next();
    });
    scope.addHook("onRequest", allowAnyOrigin);
    scope.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply, deps));
    const door = createDoor(deps);
    for (const path of ["/v1/batch", "/v1/b", "/v1/import"])
      post(scope, path, door, { type: null, keys: ["basic", "header", "body", "query"] });
    post(scope, "/beacon/v1/batch", door, { type: null, keys: ["query", "basic", "body"] });
    for (const [letter, type] of Object.entries(SHORT))
      for (const path of [`/v1/${letter}`, `/v1/${type}`])
        post(scope, path, door, { type, keys: ["basic", "header", "body", "query"] });
    // Jitsu's SDK masks the key in its body, so only the header counts.
    for (const path of ["/api/s/:type", "/api/s/s2s/:type"])
      post(scope, path, door, { type: null, keys: ["header"] });
    scope.post("/v1/m", HIDDEN, (_request, reply) => reply.send({ success: true }));
    scope.options("/v1/m", HIDDEN, preflight);
    scope.get("/v1/pixel/:type", HIDDEN, door.pixel);
    sdkRoutes(scope, deps);
    done();
  });
}

type Door = ReturnType<typeof createDoor>;
function post(scope: FastifyInstance, path: string, door: Door, way: Way): void {
  scope.post(path, HIDDEN, (request, reply) => door.collect(request, reply, way));
  scope.options(path, HIDDEN, preflight);
}

/** One request whose body could be read. */
type Coming = {
  readonly request: FastifyRequest;
  readonly envelope: Envelope;
  readonly text: string;
  readonly type: EventType | null;
  readonly browser: boolean;
};

/** Takes in the events of a known key. Throws as `takeIn`, and `Failure("too_many")` when the key sends too fast. */
async function take(deps: CollectionDeps, rate: KeyRate, holder: KeyHolder, coming: Coming): Promise<void> {
  const { envelope, text, type, browser } = coming;
  const { headers, ip } = coming.request;
  const { THROUGHLINE_STORE_IP: keepIp, THROUGHLINE_RATE_PER_KEY: perSecond } = deps.config;
  const wait = rate.waitSeconds(holder.key, envelope.events.length);
  if (wait > 0) {
    deps.meter.count("authenticate", "too_fast");
    throw new Failure("too_many", `This key may send ${perSecond} events a second.`, {
      retryAfterSeconds: wait,
    });
  }
  deps.meter.count("authenticate", "passed");
  const by = { receivedAt: deps.clock(), newId: deps.newId, keepIp, ...holder };
  const arrival = arrivalFor(by, {
    text,
    type,
    sentAt: envelope.sentAt ?? headers["sentat"]?.toString(),
    context: envelope.context,
    gpc: headers["sec-gpc"] === "1",
    userAgent: browser ? (headers["user-agent"] ?? null) : null,
    ip: keepIp && browser ? ip : null,
  });
  await takeIn(envelope.events, arrival, deps);
}

function createDoor(deps: CollectionDeps) {
  const { config, meter, clock } = deps;
  const rate = createKeyRate(config.THROUGHLINE_RATE_PER_KEY, clock);

  async function collect(request: FastifyRequest, reply: FastifyReply, way: Way): Promise<FastifyReply> {
    const startedAt = performance.now();
    const body = (request.body ?? Buffer.alloc(0)) as BodyBytes;
    const text = isFault(body) ? body : await textOfBody(body, request.headers);
    if (isFault(text)) return refuseBody(reply, text, deps);
    const envelope = envelopeOf(text);
    if (typeof envelope === "string")
      return refuseBody(reply, { fault: "malformed", message: envelope, drained: true }, deps);
    const readAt = performance.now();
    meter.time("parse", (readAt - startedAt) / 1000);
    const holder = await holderOf(deps.keys, keyIn(request, envelope, way.keys));
    meter.time("authenticate", (performance.now() - readAt) / 1000);
    if (!holder) {
      meter.count("authenticate", "unknown_key");
      return reply
        .code(401)
        .send({ success: false, message: "The write key is missing or unknown.", code: "invalid_write_key" });
    }
    const type = way.type ?? typeIn(request);
    await take(deps, rate, holder, { request, envelope, text, type, browser: isBrowser(request) });
    return reply.send({ success: true });
  }

  /** Always the image, whatever happens: a broken picture helps nobody. What happened is counted. */
  async function pixel(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    void reply.header("content-type", "image/gif").header("cache-control", "no-store, max-age=0");
    const question = request.url.indexOf("?");
    const text = question < 0 ? null : pixelEvent(new URLSearchParams(request.url.slice(question + 1)));
    const envelope = text === null ? "" : envelopeOf(text);
    if (text === null || typeof envelope === "string") {
      meter.count("parse", "malformed");
      return reply.send(PIXEL);
    }
    try {
      const holder = await holderOf(deps.keys, envelope.writeKey ?? keyIn(request, envelope, ["basic"]));
      // Mail programs fetch pictures through proxies that look like bots: whose agent it is says nothing of the visitor.
      if (holder)
        await take(deps, rate, holder, { request, envelope, text, type: typeIn(request), browser: false });
      else meter.count("authenticate", "unknown_key");
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause;
      request.log.warn({ code: cause.code }, "A pixel's event could not be kept");
    }
    return reply.send(PIXEL);
  }
  return { collect, pixel };
}

/** Browsers send an Origin with each POST; servers (Node's fetch with its Sec-Fetch headers too) do not, and their agent is no visitor's. */
const isBrowser = ({ headers }: FastifyRequest): boolean => headers["origin"] !== undefined;

function typeIn(request: FastifyRequest): EventType | null {
  const { type } = request.params as { type?: string };
  return EventType.options.find((known) => known === type) ?? SHORT[type ?? ""] ?? null;
}

function refuseBody(
  reply: FastifyReply,
  { fault, message, drained }: BodyFault,
  { meter }: CollectionDeps,
): FastifyReply {
  meter.count("parse", fault);
  if (!drained) void reply.header("connection", "close");
  return reply.code(400).send({ success: false, message, code: fault });
}

function answerError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
  deps: CollectionDeps,
): FastifyReply {
  if (error instanceof Failure) {
    const wait =
      error.retryAfterSeconds ??
      (error.code === "too_many" || error.code === "store_unavailable" ? 1 : undefined);
    if (wait !== undefined) {
      const seconds = String(Math.max(1, Math.ceil(wait)));
      void reply.header("retry-after", seconds).header("x-ratelimit-reset", seconds);
    }
    const message =
      error.code === "store_unavailable" ? "The store cannot take events for now." : error.message;
    return reply.code(error.status).send({ success: false, message, code: error.code });
  }
  const status = error.statusCode ?? 500;
  if (status >= 500) {
    request.log.error({ err: error }, "A collection request failed");
    return reply.code(500).send({ success: false, message: "A fault on our side.", code: "internal" });
  }
  deps.meter.count("parse", "malformed");
  return reply.code(400).send({ success: false, message: "The request cannot be read.", code: "malformed" });
}
