/**
 * The HTTP server: one Fastify with three parts that share nothing but ids, safety headers and the request log.
 *
 * - **collection** (role collector): Segment's routes in a scope of their own, with their own body parsers, errors and
 *   CORS. Registered by `collection`.
 * - **management** (role api): `/v1`, `/auth`, with keys or sessions, problems, rate limits and idempotency keys, and
 *   the OpenAPI document made from it. Each room registers its routes by `routes`.
 * - **operation** (always): `/healthz`, `/readyz`, `/metrics`.
 *
 * What is left is the web app (role api). `main.ts` uses it so:
 *
 *     const keys = createKeyRing(sql, clock);
 *     const app = createServer({
 *       config, sql, log, clock, lag, keys, metrics, logger, version, webDir,
 *       routes: (app) => { customerRoutes(app, ...); refusedRoutes(app, ...); importRoutes(app, ...) },
 *       collection: (app) => collectionRoutes(app, { keys, inbox, meter: metrics.meter, ... }),
 *     });
 *     await app.listen({ port: config.PORT, host: config.HOST });
 *     ...
 *     await app.close();   // answers what is under way, ends idle connections, cuts the rest after `DRAIN_MS`
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import cookie from "@fastify/cookie";
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Logger } from "pino";
import { cookieOf } from "../access/cookie.ts";
import { authRoutes } from "../access/entry.ts";
import type { KeyRing } from "../access/keys.ts";
import { memberRoutes } from "../access/routes-members.ts";
import { accessRoutes } from "../access/routes.ts";
import { createPasswords } from "../access/secrets.ts";
import { createSessions } from "../access/sessions.ts";
import { forgetEndedSessions } from "../access/store.ts";
import type { Config } from "../config.ts";
import type { EventLog } from "../db/clickhouse.ts";
import type { Panels } from "../desk/panels.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { createHealth, type Health } from "../telemetry/health.ts";
import type { Lag } from "../telemetry/lag.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { statsRoutes, telemetryRoutes } from "../telemetry/routes.ts";
import type { Clock } from "../values.ts";
import type { App } from "./app.ts";
import { sendProblem } from "./failure.ts";
import { guard } from "./guard.ts";
import { forgetKeys, heedIdempotencyKeys } from "./idempotency.ts";
import { readJson } from "./json.ts";
import { collectRoutes, documentOf } from "./openapi.ts";
import { apiPage, PAGE_CSS, problemPage } from "./pages.ts";
import { watchRequests } from "./requests.ts";
import { sdkScriptRoutes } from "./sdk.ts";
import { createWeb, framedPolicy, PAGE_POLICY } from "./web.ts";

export type ServerDeps = {
  readonly config: Config;
  readonly sql: Sql;
  /** Null in a process that has no event log open. */
  readonly log: Pick<EventLog, "rows"> | null;
  readonly clock: Clock;
  readonly lag: Lag;
  readonly keys: KeyRing;
  /** Panels in helpdesks, where they are served. */
  readonly panels?: Pick<Panels, "letIn" | "origins">;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly version: string;
  /** Where the built web app lies; beside it, in `sdk`, the built browser SDK. */
  readonly webDir: string;
  /** Registers every room's management routes; with the role api. */
  readonly routes: (app: App) => void | Promise<void>;
  /** Registers the collection routes; with the role collector. */
  readonly collection: (app: FastifyInstance) => void | Promise<void>;
};

/** Bytes of a management request's body; routes that take files say their own. */
const BODY_BYTES_MAX = 1024 * 1024;
/** A path's part: write keys have up to 128 characters. */
const PARAMETER_CHARS_MAX = 300;
const HEADERS_MS = 20_000;
/** A request may take this long to arrive: an upload over a slow line. */
const ARRIVAL_MS = 3_600_000;
/** Time requests under way are given when the process stops. */
const DRAIN_MS = 5_000;
const TIDY_MS = 600_000;
const API_WINDOW_SECONDS = 10;
/** No page, frame or script is made of what the API answers. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

/** The server, not yet listening. */
export function createServer(deps: ServerDeps): FastifyInstance {
  const { config, sql } = deps;
  const base = config.THROUGHLINE_URL?.replace(/\/+$/, "") ?? "";
  const health = createHealth(deps);
  deps.metrics.watch(sql, health);
  const app: FastifyInstance = fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "requestId" }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: ARRIVAL_MS,
    // A busy machine starts slowly; after ten seconds the default is to give the whole program up.
    pluginTimeout: 0,
    http: { headersTimeout: HEADERS_MS },
    forceCloseConnections: "idle",
    routerOptions: { maxParamLength: PARAMETER_CHARS_MAX },
    frameworkErrors: (error, request, reply) => void sendProblem(request, reply, error, base),
  }) as unknown as FastifyInstance;

  // What waits for nothing is said by `done`: each promise of a hook would be one more of every event.
  app.addHook("onRequest", (request, reply, done) => {
    reply
      .header("x-request-id", request.id)
      .header("x-content-type-options", "nosniff")
      .header("referrer-policy", "same-origin");
    if (base.startsWith("https:")) reply.header("strict-transport-security", "max-age=31536000");
    done();
  });
  app.setErrorHandler((error, request, reply) => sendProblem(request, reply, error, base));
  watchRequests(app, deps.metrics);
  stopCleanly(app, health);
  if (config.roles.includes("collector")) {
    void app.register(async (scope) => {
      scope.addHook("onRoute", (route) => {
        route.config = { ...route.config, collection: true };
      });
      await deps.collection(scope);
      sdkScriptRoutes(scope, { folder: join(deps.webDir, "..", "sdk"), clock: deps.clock, config });
    });
  }
  void app.register((scope) => management(scope, deps, health));
  serveTheRest(app, deps, base);
  return app;
}

async function management(scope: FastifyInstance, deps: ServerDeps, health: Health): Promise<void> {
  const { config, sql, clock, keys, metrics } = deps;
  const app: App = scope.withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler((route) => {
    const validate = validatorCompiler(route as Parameters<typeof validatorCompiler>[0]);
    return (value: unknown) => {
      try {
        return validate(value);
      } catch (cause) {
        // A rule nested so deep that looking at it leaves no stack.
        if (cause instanceof RangeError)
          return { error: new Failure("bad_request", "The body is nested too deep.") };
        throw cause;
      }
    };
  });
  app.setSerializerCompiler(serializerCompiler);
  app.addHook("onRequest", (_request, reply, done) => {
    reply
      .header("content-security-policy", API_POLICY)
      .header("x-frame-options", "DENY")
      .header("cross-origin-resource-policy", "same-origin");
    done();
  });
  readJson(app);
  await collectRoutes(scope, deps.version);
  await app.register(cookie);
  const passwords = createPasswords();
  const sessions = createSessions(sql, clock, passwords);
  const sessionCookie = cookieOf(config.THROUGHLINE_URL);
  const policy = {
    name: "default",
    quota: config.THROUGHLINE_API_RATE_PER_KEY * API_WINDOW_SECONDS,
    windowMs: API_WINDOW_SECONDS * 1000,
  };
  guard(app, {
    keys,
    sessions,
    cookie: sessionCookie,
    publicUrl: config.THROUGHLINE_URL,
    clock,
    panels: deps.panels ?? null,
    policy,
  });
  heedIdempotencyKeys(app, sql, clock);
  telemetryRoutes(app, { health, metrics, isKey: async (key) => (await keys.findSecret(key)) !== null });
  if (!config.roles.includes("api")) return;
  statsRoutes(app, sql);
  authRoutes(app, { sessions, cookie: sessionCookie, publicUrl: config.THROUGHLINE_URL });
  accessRoutes(app, { sql, clock, keys, sessions });
  memberRoutes(app, { sql, clock, passwords });
  pages(app, scope);
  // A room's own parsers and hooks stay its own.
  await app.register(async (rooms) => deps.routes(rooms.withTypeProvider<ZodTypeProvider>()));
  tidyUp(app, sql, clock);
}

function pages(app: App, scope: FastifyInstance): void {
  const options = { config: { access: "public" }, schema: { hide: true } } as const;
  let document: ReturnType<typeof documentOf> | null = null;
  const current = () => (document ??= documentOf(scope));
  app.get("/openapi.json", options, async (_request, reply) =>
    reply.header("cache-control", "no-cache").header("access-control-allow-origin", "*").send(current()),
  );
  const html = { "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY };
  app.get("/docs/api", options, async (_request, reply) => reply.headers(html).send(apiPage(current())));
  app.get("/docs/page.css", options, async (_request, reply) =>
    reply
      .headers({ "content-type": "text/css; charset=utf-8", "cache-control": "max-age=3600" })
      .send(PAGE_CSS),
  );
  app.get<{ Params: { code: string } }>("/problems/:code", options, async (request, reply) => {
    const page = problemPage(request.params.code);
    if (page === null) throw new Failure("not_found", "There is no such kind of problem.");
    return reply.headers(html).send(page);
  });
}

/** What no route takes: the web app's files and addresses, else a problem. */
function serveTheRest(
  app: FastifyInstance,
  { config, webDir, clock, panels }: ServerDeps,
  base: string,
): void {
  const web = config.roles.includes("api") ? createWeb(webDir, clock) : null;
  app.setNotFoundHandler(async (request, reply) => {
    const ours = /^\/(v1|auth|api|hooks|in-app|push)(\/|$|\?)/.test(request.url);
    if (!ours && web && (await web.serve(request, reply, await policyOf(request, panels)))) return reply;
    return sendProblem(
      request,
      reply,
      new Failure("not_found", "There is nothing at this address for this method."),
      base,
    );
  });
}

/** The panel's page may be framed by whom its token names; every other page by nobody. */
async function policyOf({ url }: FastifyRequest, panels: ServerDeps["panels"]): Promise<string> {
  const [path, query] = url.split("?", 2);
  const token = path === "/desk/panel" ? new URLSearchParams(query).get("token") : null;
  return panels && token !== null ? framedPolicy(await panels.origins(token)) : PAGE_POLICY;
}

/** Forgets, now and then, what has run out. */
function tidyUp(app: App, sql: Sql, clock: Clock): void {
  const tidy = async (): Promise<void> => {
    try {
      await forgetKeys(sql, clock());
      await forgetEndedSessions(sql, clock());
    } catch (cause) {
      app.log.warn({ err: cause }, "what has run out could not be deleted; tried again in ten minutes");
    }
  };
  const timer = setInterval(() => void tidy(), TIDY_MS);
  timer.unref();
  app.addHook("onClose", async () => clearInterval(timer));
}

/**
 * While closing: not ready; answers under way end their connection, which would else be kept for the next request; and
 * connections that do not end by themselves (live streams) are cut after a while.
 */
function stopCleanly(app: FastifyInstance, health: { stopping(): void }): void {
  let stopping = false;
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (stopping) reply.header("connection", "close");
    done(null, payload);
  });
  app.addHook("preClose", async () => {
    stopping = true;
    health.stopping();
    setTimeout(() => app.server.closeAllConnections(), DRAIN_MS).unref();
  });
}
