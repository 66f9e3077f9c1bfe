/**
 * The text at a feed's address: asked for anew only where it was changed, within a time and a size, and at no address
 * that the machine itself must not be asked at (webhooks/post.ts; each redirect is looked at as well).
 */
import { type IncomingMessage, request as overHttp } from "node:http";
import { request as overHttps } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { guardedLookup, refusalOf } from "../webhooks/post.ts";
import { CATALOGUE_LIMITS, type FeedOutcome } from "./model.ts";

/** What is wrong with a feed, found on the way. */
export class FeedTrouble extends Error {
  override readonly name = "FeedTrouble";
  readonly outcome: Exclude<FeedOutcome, "taken" | "unchanged">;
  constructor(outcome: FeedTrouble["outcome"], message: string) {
    super(message);
    this.outcome = outcome;
  }
}

/** What the address said of itself when it was last read. */
export type Known = { readonly etag: string | null; readonly lastModified: string | null };
export type Opened =
  | { readonly type: "unchanged" }
  | { readonly type: "text"; readonly pieces: AsyncIterable<string>; readonly known: Known };

/** Asks for the text at `url`. Throws `FeedTrouble`. */
export async function openFeed(url: string, known: Known, signal: AbortSignal): Promise<Opened> {
  let at: URL = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const answer: IncomingMessage = await answerOf(at, known, signal);
    const { statusCode: status = 0, headers } = answer;
    if (status === 304) return ended(answer, { type: "unchanged" });
    if (status >= 300 && status < 400 && headers.location !== undefined) {
      if (redirects === CATALOGUE_LIMITS.redirects)
        return ended(answer, new FeedTrouble("bad_answer", "The address leads from one to the next without an end.")); // prettier-ignore
      at = nextOf(at, headers.location);
      answer.destroy();
      continue;
    }
    if (status !== 200)
      return ended(answer, new FeedTrouble("bad_answer", `The address answered ${status}.`));
    const { etag = null, "last-modified": lastModified = null } = headers;
    return { type: "text", pieces: textOf(answer), known: { etag, lastModified } };
  }
}

function ended(answer: IncomingMessage, what: Opened | FeedTrouble): Opened {
  answer.destroy();
  if (what instanceof FeedTrouble) throw what;
  return what;
}

function nextOf(at: URL, location: string): URL {
  if (!URL.canParse(location, at.href))
    throw new FeedTrouble("bad_answer", "The address leads to one that is none.");
  const next = new URL(location, at);
  if (!/^https?:$/.test(next.protocol))
    throw new FeedTrouble("refused_address", "The address leads away from the web.");
  return next;
}

function answerOf(url: URL, { etag, lastModified }: Known, signal: AbortSignal): Promise<IncomingMessage> {
  const refused = refusalOf(url);
  if (refused !== null) throw new FeedTrouble("refused_address", refused);
  const headers = {
    "user-agent": "Throughline",
    accept: "text/csv, application/x-ndjson, text/tab-separated-values, text/plain;q=0.9, */*;q=0.5",
    "accept-encoding": "gzip",
    ...(etag !== null && { "if-none-match": etag }),
    ...(lastModified !== null && { "if-modified-since": lastModified }),
  };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const request = (url.protocol === "https:" ? overHttps : overHttp)(
      url,
      { method: "GET", signal, lookup: guardedLookup, agent: false, headers },
      resolve,
    );
    request.on("error", reject);
    request.end();
  }).catch((cause: unknown) => {
    throw troubleOf(cause);
  });
}

/** The text piece by piece; unpacked, of bounded size, and UTF-8. */
async function* textOf(answer: IncomingMessage): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const packed = answer.headers["content-encoding"] === "gzip";
  let bytes = 0;
  try {
    for await (const piece of (packed ? unpacked(answer) : answer) as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > CATALOGUE_LIMITS.feedBytes)
        throw new FeedTrouble("too_large", `A feed may have ${CATALOGUE_LIMITS.feedBytes} bytes.`);
      yield decoder.decode(piece, { stream: true });
    }
    yield decoder.decode();
  } catch (cause) {
    throw troubleOf(cause);
  } finally {
    answer.destroy();
  }
}

function unpacked(answer: IncomingMessage): Readable {
  const gunzip = createGunzip();
  answer.on("error", (cause) => gunzip.destroy(cause));
  return answer.pipe(gunzip);
}

function troubleOf(cause: unknown): unknown {
  if (cause instanceof FeedTrouble) return cause;
  const { name = "", code = "", message = "" } = cause as { name?: string; code?: string; message?: string };
  if (name === "AbortError" || name === "TimeoutError" || code === "ABORT_ERR")
    return new FeedTrouble("too_slow", `It was not read whole within ${CATALOGUE_LIMITS.feedMs / 1000} seconds.`);
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return new FeedTrouble("not_readable", "The text is not UTF-8.");
  if (message === "This address may not be called.") return new FeedTrouble("refused_address", message);
  if (code.startsWith("Z_")) return new FeedTrouble("not_readable", "It says that it is packed with gzip, and is not.");
  // Names of the system's and of the parser of HTTP; anything else is a bug of ours.
  return /^(E[A-Z]+|HPE_\w+|ERR_(?:TLS|SSL|STREAM|HTTP)\w*|[A-Z]+_[A-Z_]+)$/.test(code) ? new FeedTrouble("unreachable", `Nothing can be read at this address (${code}).`) : cause;
} // prettier-ignore
