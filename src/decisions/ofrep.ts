/**
 * HTTP of OFREP (open-feature/protocol): one flag, or all of a customer's at once with an ETag. The key stands where the
 * protocol puts it: X-API-Key or Bearer, a write key (the targeting key is a device's name) or a secret key (a userId).
 */
import { createHash } from "node:crypto";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import type { KeyHolder } from "../events/credentials.ts";
import { createKeyRate } from "../events/rate.ts";
import type { App } from "../http/app.ts";
import type { Ask } from "./ask.ts";
import type { Decision } from "./model.ts";
import { EvaluationBody, type FlagFailure, flagOf, questionOf } from "./ofrep-model.ts";
import type { DecisionDeps } from "./routes.ts";
import { type Sender, arrivalOf, senderOf, spend } from "./sender.ts";

export type OfrepDeps = Pick<DecisionDeps, "clock" | "newId" | "config" | "keys"> & {
  /** Who holds this secret key; null: nobody. */
  readonly findSecret: (key: string) => Promise<KeyHolder | null>;
};
const tags = ["Decisions"];
const BODY = EvaluationBody.meta({ examples: [{ context: { targetingKey: "5d0d2c1e-8f1b-4c6e-9d53-0c6b3f7a1c11" } }] }); // prettier-ignore
const Flag = z.record(z.string(), z.unknown());

/** Registers the routes. */
export function ofrepRoutes(app: App, deps: OfrepDeps, ask: Ask): void {
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    scope.addHook("onRequest", async (request, reply) => {
      void reply.header("access-control-expose-headers", "ETag, Retry-After");
      if (request.method !== "OPTIONS") request.sender = await senderBy(deps, request);
    });
    scope.setErrorHandler((error: FastifyError, request, reply) => answerError(error, request, reply));
    for (const path of ["/ofrep/v1/evaluate/flags", "/ofrep/v1/evaluate/flags/:key"])
      scope.options(path, { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore
    evaluateRoutes(scope, deps, ask);
  });
}

async function senderBy({ keys, findSecret }: OfrepDeps, { headers }: FastifyRequest): Promise<Sender> {
  const bearer = /^bearer +([\x21-\x7e]{1,300}) *$/i.exec(headers.authorization ?? "")?.[1];
  const key = headers["x-api-key"]?.toString() ?? bearer;
  const write = key === undefined ? null : await keys.find(key);
  if (write) return { workspace: write.workspace, key: write.key, country: write.country, trusted: false };
  const secret = key === undefined ? null : await findSecret(key);
  if (!secret) throw new Failure("unauthenticated", "Send a key that is in force as X-API-Key or Bearer.");
  return { workspace: secret.workspace, key: secret.key, country: undefined, trusted: true };
} // prettier-ignore

function evaluateRoutes(scope: App, deps: OfrepDeps, ask: Ask): void {
  const rate = createKeyRate(deps.config.THROUGHLINE_RATE_PER_KEY, deps.clock);
  const decisionsFor = async (request: FastifyRequest, given: z.infer<typeof EvaluationBody>, place: string | null): Promise<readonly Decision[]> => {
    const sender = senderOf(request);
    spend(rate, sender, 1);
    const { targetingKey, userToken, context } = questionOf(given.context ?? {});
    if (targetingKey === undefined) throw new TargetingKeyMissing("The context has no targetingKey.");
    const { trusted } = sender;
    const names = trusted || userToken !== undefined ? { userId: targetingKey, ...(trusted && { anonymousId: targetingKey }) } : { anonymousId: targetingKey };
    const question = { ...names, userToken: trusted ? undefined : userToken, places: place === null ? [] : [place], events: [], context, explain: false };
    return (await ask({ question, trusted, everyPlace: place === null, arrival: arrivalOf(request, [], context, deps) })).decisions;
  }; // prettier-ignore

  scope.post("/ofrep/v1/evaluate/flags/:key", {
    config: { access: "public" },
    schema: {
      operationId: "evaluateFlag", tags, summary: "A place as a flag, for OpenFeature's SDKs (OFREP)",
      description: "With a write key as X-API-Key or Bearer `context.targetingKey` is an anonymousId, with a secret key a userId.",
      params: z.object({ key: z.string().min(1).max(200) }), body: BODY, response: { 200: Flag },
    },
  }, async (request, reply) => {
    const [decision] = await decisionsFor(request, request.body, request.params.key);
    const flag = flagOf(decision!);
    if ("errorCode" in flag) void reply.code((flag.errorCode === "FLAG_NOT_FOUND" ? 404 : 500) as 200);
    return flag;
  }); // prettier-ignore

  scope.post("/ofrep/v1/evaluate/flags", {
    config: { access: "public" },
    schema: {
      operationId: "evaluateFlags", tags, summary: "All places as flags, for OpenFeature's SDKs (OFREP)",
      headers: z.object({ "if-none-match": z.string().max(1_000).optional() }), body: BODY,
      response: { 200: z.object({ flags: z.array(Flag) }) },
    },
  }, async (request, reply) => {
    const flags = (await decisionsFor(request, request.body, null)).map(flagOf);
    const etag = etagOf(flags);
    void reply.header("etag", etag);
    const asked = request.headers["if-none-match"]?.split(",").map((one) => one.trim().replace(/^W\//, ""));
    if (asked?.includes(etag)) return reply.code(304 as 200).send(undefined as never);
    return { flags };
  }); // prettier-ignore
}

/** The same for the same flags; a decision's token is another each time and says nothing of the flag. */
function etagOf(flags: readonly object[]): string {
  const text = JSON.stringify(flags, (name, value: unknown) => (name === "token" ? undefined : value));
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, 27)}"`;
}

class TargetingKeyMissing extends Error {}

function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const key = (request.params as { readonly key?: string } | undefined)?.key ?? "";
  const answer = (status: number, errorCode: FlagFailure["errorCode"], errorDetails: string) =>
    reply.code(status).send({ key, errorCode, errorDetails } satisfies FlagFailure);
  if (error instanceof TargetingKeyMissing) return answer(400, "TARGETING_KEY_MISSING", error.message);
  if (error instanceof Failure) {
    if (error.retryAfterSeconds !== undefined)
      void reply.header("retry-after", String(Math.ceil(error.retryAfterSeconds)));
    const isBad = error.code === "bad_request" || error.code === "unprocessable";
    return isBad ? answer(400, "INVALID_CONTEXT", error.message) : answer(error.status, "GENERAL", error.message); // prettier-ignore
  }
  if (error.validation) return answer(400, "PARSE_ERROR", error.message);
  request.log.error({ err: error }, "A flag could not be evaluated");
  return answer(500, "GENERAL", "A fault on our side.");
}
