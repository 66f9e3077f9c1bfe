/**
 * Faults as answers: RFC 9457 problems, each of the table in errors.ts, with a `type` that can be opened.
 *
 * A problem says what was wrong in a sentence and where (`errors`, with JSON Pointers into the body or the query). A
 * fault of ours says nothing about its cause to the outside; its request id leads to the line in the log.
 */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { z } from "zod";
import { type ErrorCode, ERRORS, Failure } from "../errors.ts";

/** The media type of RFC 9457. */
export const PROBLEM_TYPE = "application/problem+json";
const ERRORS_MAX = 20;
const DETAIL_CHARS_MAX = 1_000;

/** One place that is wrong. */
const Wrong = z.object({
  pointer: z.string().describe("A JSON Pointer (RFC 6901) as a fragment, e.g. #/email"),
  detail: z.string(),
  in: z.enum(["body", "query", "path", "header"]),
});
/** RFC 9457, with our code, and the places that are wrong. */
export const Problem = z
  .object({
    type: z.string().describe("Where this kind of problem is explained"),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().describe("What happened, in a sentence"),
    instance: z.string().describe("urn:uuid: and the request id, as in the log"),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    errors: z.array(Wrong).optional(),
  })
  .meta({ description: "A problem (RFC 9457)" });
export type Problem = z.infer<typeof Problem>;

/** SQLSTATEs of text PostgreSQL cannot hold: the caller's NUL character, not our fault. */
const UNSTORABLE = new Set(["22021", "22P05"]);
/** SQLSTATEs of two transactions that met: PostgreSQL undid this one so that the other could end. */
const COLLIDED = new Set(["40001", "40P01"]);
/** What Fastify's own refusals are in our table; the rest of them are `bad_request`. */
const CODES: { readonly [status: number]: ErrorCode } = {
  404: "not_found",
  413: "too_large",
  415: "unsupported_media_type",
};
const PLACES = { body: "body", querystring: "query", params: "path", headers: "header" } as const;

type Fault = { readonly failure: Failure; readonly errors?: readonly z.infer<typeof Wrong>[] };

/** Whatever was thrown, as a `Failure` of the table. What is not known is `internal`. Never throws. */
function failureOf(cause: unknown): Fault {
  if (cause instanceof Failure) return told(cause);
  const error = (cause ?? {}) as Partial<FastifyError>;
  if (hasZodFastifySchemaValidationErrors(error)) return invalid(error);
  if (error.code && UNSTORABLE.has(error.code))
    return {
      failure: new Failure("bad_request", "A text holds a NUL character, which cannot be stored.", { cause }),
    };
  if (error.code && COLLIDED.has(error.code))
    return {
      failure: new Failure("conflict", "Another request changed the same just now. Try again.", {
        cause,
        retryAfterSeconds: 1,
      }),
    };
  const status = error.statusCode ?? 500;
  if (!error.code?.startsWith("FST_") || status >= 500) {
    return {
      failure: new Failure(
        "internal",
        "Something went wrong on our side. It is in the log under this request's id.",
        { cause },
      ),
    };
  }
  const code = CODES[status] ?? "bad_request";
  return { failure: new Failure(code, sentence(error.message ?? ERRORS[code].title), { cause }) };
}

/** A fault of ours with the places it names. */
function told(failure: Failure): Fault {
  const errors = failure.places?.slice(0, ERRORS_MAX).map(({ pointer, detail }) => ({
    pointer,
    detail: detail.slice(0, DETAIL_CHARS_MAX),
    in: "body" as const,
  }));
  return { failure, ...(errors && { errors }) };
}

function invalid(
  error: Partial<FastifyError> & {
    validation: readonly { instancePath: string; message?: string | undefined }[];
  },
): Fault {
  const place = PLACES[(error.validationContext as keyof typeof PLACES | undefined) ?? "body"];
  const errors = error.validation.slice(0, ERRORS_MAX).map(({ instancePath, message = "is wrong" }) => ({
    pointer: `#${instancePath === "/" ? "" : instancePath}`,
    detail: message.slice(0, DETAIL_CHARS_MAX),
    in: place,
  }));
  const first = errors[0]!;
  const where = first.pointer === "#" ? place : `${first.pointer.slice(2)} (${place})`;
  return { failure: new Failure("bad_request", `${where}: ${first.detail}.`, { cause: error }), errors };
}

const sentence = (text: string): string =>
  (/[.!?]$/.test(text) ? text : `${text}.`).slice(0, DETAIL_CHARS_MAX);

/** The problem a caller reads. `base` is the public address, or empty for a relative `type`. */
function problemOf({ failure, errors }: Fault, requestId: string, base: string): Problem {
  return {
    type: `${base}/problems/${failure.code}`,
    title: ERRORS[failure.code].title,
    status: failure.status,
    detail: failure.message.slice(0, DETAIL_CHARS_MAX),
    instance: `urn:uuid:${requestId}`,
    code: failure.code,
    ...(errors && { errors: [...errors] }),
  };
}

/** Answers with the problem, and writes faults of ours into the log. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  cause: unknown,
  base: string,
): FastifyReply {
  const fault = failureOf(cause);
  const { failure } = fault;
  if (failure.status >= 500)
    request.log.error({ err: failure.cause ?? failure, code: failure.code }, "fault");
  if (failure.retryAfterSeconds !== undefined)
    reply.header("retry-after", String(Math.max(1, Math.ceil(failure.retryAfterSeconds))));
  if (failure.code === "unauthenticated") reply.header("www-authenticate", 'Bearer realm="throughline"');
  // A serializer set for the route's own answer does not fit a problem.
  return reply
    .code(failure.status)
    .header("content-type", PROBLEM_TYPE)
    .serializer((body: unknown) => String(body))
    .send(JSON.stringify(problemOf(fault, request.id, base)));
}
