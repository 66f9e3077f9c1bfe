/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that changes something and is sent twice
 * is done once. The first answer is kept for 24 hours and given again; the same key with another request is refused;
 * a repeat while the first still runs is told to wait.
 *
 * Faults (5xx) and refusals that may pass (401, 403, 409, 429) are not kept: trying again is what the key is for. A
 * request whose process died is done again after `LEASE_MS`.
 */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Clock, Instant, WorkspaceId } from "../values.ts";
import type { App } from "./app.ts";

const KEPT_MS = 24 * 3_600_000;
const LEASE_MS = 120_000;
const ANSWER_CHARS_MAX = 1_000_000;
const NOT_KEPT = new Set([401, 403, 409, 429]);

/** What this request holds: the place its answer goes to. */
type Claim = { readonly workspace: WorkspaceId; readonly key: string };
type Kept = { readonly request_hash: string; readonly status: number | null; readonly answer: string | null };

declare module "fastify" {
  interface FastifyRequest {
    claim: Claim | null;
  }
}

/** Heeds the header on every route of `app` that changes something; after the guard, which tells whose key it is. */
export function heedIdempotencyKeys(app: App, sql: Sql, clock: Clock): void {
  app.decorateRequest("claim", null);
  app.addHook("preHandler", async (request, reply) => {
    const header = request.headers["idempotency-key"];
    if (header === undefined || request.method === "GET" || request.method === "HEAD" || !request.caller)
      return;
    const { workspace, actor } = request.caller;
    const claim = { workspace, key: `${actor.type} ${actor.id} ${keyOf(header)}` };
    const now = clock();
    const hash = hashOf(request);
    if (await claimed(sql, claim, hash, now)) {
      request.claim = claim;
      return;
    }
    const kept = await keptOf(sql, claim);
    return answerAgain(kept, hash, reply);
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const { claim } = request;
    if (!claim) return payload;
    request.claim = null;
    try {
      await settle(sql, claim, request, reply, payload, clock());
    } catch (cause) {
      // The work is done and is answered; only a repeat would not know of it, after the lease.
      request.log.warn({ err: cause }, "the answer to an Idempotency-Key could not be kept");
    }
    return payload;
  });
}

/** Forgets the keys whose time is over. */
export async function forgetKeys(sql: Sql, now: Instant): Promise<void> {
  await sql.query("delete from idempotency where expires_at <= $1", [now]);
}

/** A structured-field string ("..."), as the draft says, or the bare text most clients send. */
function keyOf(header: string | string[]): string {
  const text = String(header);
  const key =
    /^"([\x20\x21\x23-\x5b\x5d-\x7e]{1,255})"$/.exec(text)?.[1] ??
    /^([\x21\x23-\x7e]{1,255})$/.exec(text)?.[1];
  if (key === undefined)
    throw new Failure(
      "bad_request",
      "Idempotency-Key is a text of 1 to 255 visible characters, such as a UUID.",
    );
  return key;
}

/** The request's content. A file that the route reads by itself is known by its kind and length. */
function hashOf({ method, url, body, headers }: FastifyRequest): string {
  const unread = body === undefined || typeof (body as { pipe?: unknown } | null)?.pipe === "function";
  const content = unread
    ? `${headers["content-type"]} ${headers["content-length"]}`
    : Buffer.isBuffer(body)
      ? body
      : JSON.stringify(body);
  return createHash("sha256").update(`${method} ${url}\n`).update(content).digest("hex");
}

async function claimed(sql: Sql, { workspace, key }: Claim, hash: string, now: Instant): Promise<boolean> {
  const rows = await sql.query(
    `insert into idempotency (workspace, key, request_hash, expires_at) values ($1, $2, $3, $4)
     on conflict (workspace, key) do update set request_hash = excluded.request_hash, status = null, answer = null, expires_at = excluded.expires_at
     where idempotency.expires_at <= $5 returning key`,
    [workspace, key, hash, now + LEASE_MS, now],
  );
  return rows.length > 0;
}

async function keptOf(sql: Sql, { workspace, key }: Claim): Promise<Kept | null> {
  const rows = await sql.query<Kept>(
    "select request_hash, status, answer from idempotency where workspace = $1 and key = $2",
    [workspace, key],
  );
  return rows[0] ?? null;
}

function answerAgain(kept: Kept | null, hash: string, reply: FastifyReply): FastifyReply {
  if (kept && kept.request_hash !== hash)
    throw new Failure("unprocessable", "This Idempotency-Key was sent with another request. Use a new one.");
  if (!kept || kept.status === null)
    throw new Failure("conflict", "The first request with this Idempotency-Key is still running.", {
      retryAfterSeconds: 1,
    });
  if (kept.answer === null)
    throw new Failure(
      "conflict",
      "The first request with this Idempotency-Key was done. Its answer held a secret and is not kept.",
    );
  const [contentType, body] = JSON.parse(kept.answer) as [string | null, string];
  if (contentType !== null) reply.header("content-type", contentType);
  return reply
    .code(kept.status)
    .header("idempotency-replayed", "true")
    .serializer((text: unknown) => String(text))
    .send(body);
}

async function settle(
  sql: Sql,
  { workspace, key }: Claim,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  now: Instant,
): Promise<void> {
  const status = reply.statusCode;
  const body = payload === null || payload === undefined ? "" : typeof payload === "string" ? payload : null;
  if (status >= 500 || NOT_KEPT.has(status) || body === null || body.length > ANSWER_CHARS_MAX) {
    await sql.query("delete from idempotency where workspace = $1 and key = $2", [workspace, key]);
    return;
  }
  const secret = request.routeOptions.config.idempotency === "once" && status < 400;
  const answer = secret ? null : JSON.stringify([reply.getHeader("content-type") ?? null, body]);
  await sql.query(
    "update idempotency set status = $3, answer = $4, expires_at = $5 where workspace = $1 and key = $2",
    [workspace, key, status, answer, now + KEPT_MS],
  );
}
