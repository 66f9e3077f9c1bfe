/**
 * The log: one line of JSON a happening, on standard output, and never personal data.
 *
 * No bodies, addresses, query strings or headers are written; requests are known by their route's pattern. Errors keep
 * their kind, code, message and stack, with what looks like an e-mail address or a telephone number taken out, because
 * a database's message may quote a value. The fields in which PostgreSQL quotes rows (`detail`, `where`) are left out.
 */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from "pino";
import type { Config } from "../config.ts";

const TEXT_CHARS_MAX = 4_000;
const CAUSES_MAX = 3;

/** The text without what could name a person: e-mail addresses, and seven digits or more in a row. */
export function scrub(text: string): string {
  return text
    .slice(0, TEXT_CHARS_MAX)
    .replace(/[^\s@"'(=,:<]{1,64}@[^\s@"'),;>]{1,255}/g, "[e-mail]")
    .replace(/\+?\d(?:[ .\-()]?\d){6,}/g, "[number]");
}

export type Logged = {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: Logged;
};

/** An error as the log keeps it. Never throws. */
export function loggedOf(error: unknown, depth = 0): Logged {
  if (!(error instanceof Error))
    return { name: "Thrown", message: scrub(typeof error === "string" ? error : typeof error) };
  const { code } = error as { code?: unknown };
  return {
    name: error.name,
    ...(typeof code === "string" && { code }),
    message: scrub(error.message),
    ...(error.stack !== undefined && { stack: stackOf(error) }),
    ...(error.cause !== undefined && depth < CAUSES_MAX && { cause: loggedOf(error.cause, depth + 1) }),
  };
}

// The stack begins with the message; its places hold file names and line numbers, which are not scrubbed.
function stackOf({ stack = "" }: Error): string {
  return stack
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 30)
    .join("\n");
}

/** The log of this process from `level` on; `stream` is for tests. */
export function createLog(level: Config["THROUGHLINE_LOG"], stream?: DestinationStream): Logger {
  const options = {
    level,
    base: {},
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: {
      err: (error: unknown) => loggedOf(error),
      error: (error: unknown) => loggedOf(error),
      req: () => undefined,
      res: () => undefined,
    },
  };
  return stream ? pino(options, stream) : pino(options);
}
