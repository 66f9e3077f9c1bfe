/**
 * HTTP of what providers tell us later: their callbacks, each proven by its signature, and mail that came back, handed in
 * by the mail server's pipe with a secret key. A report that cannot be written down is answered 5xx, and comes again.
 */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Event } from "../events/model.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import type { Vault } from "../vault.ts";
import { applyAndTell, takeMail } from "./bounces.ts";
import { DRIVER_LIMITS } from "./drivers/model.ts";
import { challengeOf, createHearing, type FetchText } from "./hear.ts";
import { type ProviderRow, readProvider } from "./provider-store.ts";

export type ReportDeps = {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly publicUrl: string | undefined;
  /** Appends events of our own to the inbox. */
  readonly tell: (events: readonly Event[]) => Promise<void>;
  /** Where Amazon's certificates come from. */
  readonly fetchText?: FetchText;
};

const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
const HookParams = Params.extend({ source: z.string().max(50) });
const Taken = z.object({
  reports: z.int().describe("What the mail tells of messages of ours"),
  told: z.int().describe("How much of it was news"),
});
/** Twilio reads an answer as instructions what to reply; none. */
const TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>';

/** Registers the routes. */
export function reportRoutes(app: App, deps: ReportDeps): void {
  const { clock } = deps;
  const hearing = createHearing(deps.fetchText);
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    // What was signed are the very bytes.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      "*",
      { parseAs: "buffer", bodyLimit: DRIVER_LIMITS.hookBytesMax },
      (_request, body, done) => done(null, body),
    );
    callbackRoutes(scope, deps, async (provider, source, request, reply) => {
      const heard = await hearing.hear(provider, source, givenBy(request, deps.publicUrl), clock());
      if (heard.type === "unknown") return deaf();
      if (heard.type === "refused") throw new Failure("forbidden", heard.detail);
      if (heard.reports.length > 0) await applyAndTell(deps, provider, heard.reports);
      return source === "twilio" ? reply.type("text/xml; charset=utf-8").send(TWIML) : reply.send({ taken: heard.reports.length }); // prettier-ignore
    });
    bounceRoute(scope, deps);
  });
}

type Answer = (provider: ProviderRow, source: string, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>; // prettier-ignore

function callbackRoutes(scope: App, { sql, vault }: ReportDeps, answer: Answer): void {
  const config = { access: "public" } as const;
  const tags = ["Providers"];
  scope.post("/hooks/providers/:id/:source", {
    config,
    schema: {
      operationId: "hearProvider", tags, summary: "A provider's callback: what became of messages, and what people answer",
      description: "The address a provider shows as callbackUrl. Bodies are those of the service (twilio, whatsapp, sendgrid, ses, postmark, mailgun, resend) and are believed by its signature only.",
      params: HookParams,
    },
  }, async (request, reply) => {
    const { id, source } = request.params;
    return answer((await readProvider(sql, vault, null, id)) ?? deaf(), source, request, reply);
  }); // prettier-ignore

  scope.get("/hooks/providers/:id/whatsapp", {
    config,
    schema: { operationId: "confirmProvider", tags, summary: "Meta asks whether this address is ours", params: Params },
  }, async (request, reply) => {
    const provider = (await readProvider(sql, vault, null, request.params.id)) ?? deaf();
    const challenge = challengeOf(provider, request.query as { [name: string]: unknown });
    if (challenge === null) throw new Failure("forbidden", "The verify token is not the one of this provider.");
    return reply.type("text/plain; charset=utf-8").send(challenge);
  }); // prettier-ignore
}

function bounceRoute(scope: App, deps: ReportDeps): void {
  scope.post("/v1/providers/:id/bounces", {
    config: { access: "secret" },
    schema: {
      operationId: "takeBounce", tags: ["Providers"], summary: "Hand in one mail that came back",
      description: "The mail as it is (message/rfc822): a delivery status notification (RFC 3464) or a complaint (RFC 5965). What is neither, or is about no message of this provider, changes nothing.",
      params: Params, consumes: ["message/rfc822"], response: { 200: Taken },
    },
  }, async ({ workspace, params, body }) => {
    const provider = (await readProvider(deps.sql, deps.vault, workspace, params.id)) ?? missing(params.id);
    return Buffer.isBuffer(body) ? takeMail(deps, provider, body) : { reports: 0, told: 0 };
  }); // prettier-ignore
}

function givenBy(request: FastifyRequest, publicUrl: string | undefined) {
  const base = publicUrl?.replace(/\/+$/, "") ?? `${request.protocol}://${request.host}`;
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  return { url: `${base}${request.raw.url ?? ""}`, headers: request.headers, body };
}

function missing(id: number): never {
  throw new Failure("not_found", `There is no provider ${id} in this workspace.`);
}

/** Whoever proves nothing does not learn which providers there are. */
function deaf(): never {
  throw new Failure("forbidden", "No provider here hears that service.");
}
