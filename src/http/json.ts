/**
 * Bodies of management requests: JSON in UTF-8, nothing else. Bytes that are no UTF-8 are refused rather than replaced,
 * an absent body is no fault of its own (the route's schema says what it needs), and keys that would reach a prototype
 * are refused.
 */
import type { FastifyInstance } from "fastify";
import { Failure } from "../errors.ts";

/** Reads bodies as described, on `app` and below. */
export function readJson(
  app: Pick<FastifyInstance, "addContentTypeParser" | "getDefaultJsonParser" | "removeAllContentTypeParsers">,
): void {
  const parse = app.getDefaultJsonParser("error", "error");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch (cause) {
      done(new Failure("bad_request", "The body is not UTF-8.", { cause }));
      return;
    }
    if (text.trim() === "") {
      done(null, undefined);
      return;
    }
    void parse(request, text, (error, value) =>
      error
        ? done(new Failure("bad_request", `The body is not JSON: ${error.message}.`, { cause: error }))
        : isBroken(text, value)
          ? done(
              new Failure(
                "bad_request",
                "The body has half a character: a surrogate without its other half.",
              ),
            )
          : done(null, value),
    );
  });
}

/** Whether a text in it has half of a character, which the stores do not take. Only an escape can write one. */
function isBroken(text: string, value: unknown): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false;
  // What is whole is written as it is, and a backslash as two.
  return /(?<!\\)(?:\\\\)*\\ud[89a-f][0-9a-f]{2}/.test(JSON.stringify(value));
}
