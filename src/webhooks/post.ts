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
/** Networks that are nobody's in public: where an address was told by somebody unknown, these are not called either. */
const PRIVATE = new BlockList();
for (const [net, prefix] of [["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["172.16.0.0", 12], ["192.0.0.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["224.0.0.0", 3]] as const)
  PRIVATE.addSubnet(net, prefix, "ipv4"); // prettier-ignore
for (const [net, prefix] of [["::", 127], ["fc00::", 7], ["ff00::", 8], ["64:ff9b::", 96], ["2002::", 16]] as const)
  PRIVATE.addSubnet(net, prefix, "ipv6"); // prettier-ignore
const REFUSED = "This address may not be called.";

const familyOf = (address: string) => (isIP(address) === 6 ? "ipv6" : "ipv4");
const isNever = (address: string): boolean => NEVER.check(address, familyOf(address));
const isPrivate = (address: string): boolean => isNever(address) || PRIVATE.check(address, familyOf(address));

/** Looks names up, and refuses those of which any address is refused. */
const lookupBut =
  (isRefused: (address: string) => boolean): LookupFunction =>
  (name, options, done) =>
    lookup(name, { ...options, all: true }, (cause, addresses) => {
      if (cause) return done(cause, "");
      const [first] = addresses;
      if (!first || addresses.some(({ address }) => isRefused(address))) return done(new Error(REFUSED), "");
      return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
    });
// A literal address is not looked up.
const literalBut =
  (isRefused: (address: string) => boolean) =>
  ({ hostname }: URL): string | null => {
    const host = hostname.replace(/^\[|\]$/g, "");
    return isIP(host) !== 0 && isRefused(host) ? REFUSED : null;
  };
/** The look-up for addresses the operator entered: private networks may be called, link-local addresses may not. */
export const guardedLookup = lookupBut(isNever);
/** Why an address the operator entered may not be called as it stands; null: it may, if its look-up lets it. */
export const refusalOf = literalBut(isNever);
/** The look-up for addresses that anybody may have told: the public internet only. */
export const publicLookup = lookupBut(isPrivate);
/** As `refusalOf`, for addresses that anybody may have told. */
export const publicRefusalOf = literalBut(isPrivate);

/** Posts, and tells how it was answered. Never throws. */
export async function post(asked: Post): Promise<Answered> {
  const failed = (detail: string): Answered => ({ status: null, detail, retryAfterSeconds: null });
  try {
    const url = new URL(asked.url);
    const refused = refusalOf(url);
    return refused === null ? await send(url, asked) : failed(refused);
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
