/**
 * Cross-origin answers of the door: any page may send, because a write key is public and no cookie is ever read here.
 */
import type { FastifyReply, FastifyRequest } from "fastify";

/** Two hours: Chromium keeps no preflight longer. */
const PREFLIGHT_SECONDS = "7200";
const ASKED_CHARS_MAX = 1_000;

/** Lets any page read the answer. On every answer, errors too: an SDK that cannot read a 429 does not wait. */
export function allowAnyOrigin(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply
    .header("access-control-allow-origin", "*")
    .header("access-control-expose-headers", "Retry-After, X-RateLimit-Reset")
    .header("cross-origin-resource-policy", "cross-origin");
  done();
}

/**
 * The answer to a preflight. The headers asked for are reflected, not listed: SDKs keep adding new ones, and `*` does not
 * stand for Authorization (Fetch standard).
 */
export function preflight(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const asked = request.headers["access-control-request-headers"];
  if (asked !== undefined && asked.length <= ASKED_CHARS_MAX && /^[\w\-, ]*$/.test(asked))
    void reply.header("access-control-allow-headers", asked);
  if (request.headers["access-control-request-private-network"] === "true")
    void reply.header("access-control-allow-private-network", "true");
  return reply
    .header("access-control-allow-methods", "GET, POST, OPTIONS")
    .header("access-control-max-age", PREFLIGHT_SECONDS)
    .header("vary", "Access-Control-Request-Headers")
    .code(204)
    .send();
}
