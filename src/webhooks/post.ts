/**
 * One POST to an address a person entered: within a time, without following redirects, reading little of the answer.
 *
 * Addresses in private networks may be called: in a self-hosted installation that is where the receivers are. The
 * machine's own link-local addresses may not: cloud providers answer with credentials there.
 */
import { lookup } from "node:dns";
import { type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";

export type Answered = {
  /** Null: no answer. */
  readonly status: number | null;
  /** What went wrong, or the beginning of the answer. */
  readonly detail: string | null;
  readonly retryAfterSeconds: number | null;
};
type Post = {
  readonly url: string;
  readonly headers: { readonly [name: string]: string };
  readonly body: string;
  readonly timeoutMs: number;
  readonly detailCharsMax: number;
};

const NEVER = new BlockList();
NEVER.addSubnet("169.254.0.0", 16, "ipv4");
NEVER.addSubnet("fe80::", 10, "ipv6");
NEVER.addAddress("fd00:ec2::254", "ipv6");
const REFUSED = "This address may not be called.";

const isNever = (address: string): boolean => NEVER.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");

/** Looks a name up, and refuses it when any of its addresses may not be called. */
const guardedLookup: LookupFunction = (name, options, done) =>
  lookup(name, { ...options, all: true }, (cause, addresses) => {
    if (cause) return done(cause, "");
    const [first] = addresses;
    if (!first || addresses.some(({ address }) => isNever(address))) return done(new Error(REFUSED), "");
    return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
  });

/** Posts, and tells how it was answered. Never throws. */
export async function post(asked: Post): Promise<Answered> {
  const failed = (detail: string): Answered => ({ status: null, detail, retryAfterSeconds: null });
  try {
    const url = new URL(asked.url);
    // A literal address is not looked up.
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && isNever(host)) return failed(REFUSED);
    return await send(url, asked);
  } catch (cause) {
    return failed(sentenceOf(cause));
  }
}

function send(url: URL, { headers, body, timeoutMs, detailCharsMax }: Post): Promise<Answered> {
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? overHttps : overHttp)(
      url,
      {
        method: "POST",
        signal,
        lookup: guardedLookup,
        agent: false,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          "user-agent": "Throughline",
          ...headers,
        },
      },
      (answer) => {
        beginningOf(answer, detailCharsMax).then(
          (text) => resolve({ status: answer.statusCode ?? null, detail: text || null, retryAfterSeconds: retryAfterOf(answer) }), // prettier-ignore
          reject,
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

async function beginningOf(answer: IncomingMessage, charsMax: number): Promise<string> {
  answer.setEncoding("utf8");
  let text = "";
  for await (const piece of answer) {
    text += String(piece);
    if (text.length >= charsMax) break;
  }
  answer.destroy();
  // The state store holds no NUL.
  return text.slice(0, charsMax).replaceAll("\u0000", "").toWellFormed();
}

function retryAfterOf({ headers }: IncomingMessage): number | null {
  const seconds = Number(headers["retry-after"] ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
}

function sentenceOf(cause: unknown): string {
  const { name, code, message } = cause as { name?: string; code?: string; message?: string };
  if (name === "AbortError" || name === "TimeoutError") return "No answer in time.";
  return (code && CODES[code]) ?? message ?? "The address cannot be called.";
}

const CODES: { readonly [code: string]: string } = {
  ECONNREFUSED: "Nothing answers at this address.",
  ENOTFOUND: "There is no such host.",
  ECONNRESET: "The connection was cut.",
};
