/**
 * One request to a provider, and how far it came: answered, never begun, or lost on the way. The difference between
 * the last two decides whether a message may be sent again.
 */
import { Agent as HttpAgent, type IncomingMessage, request as overHttp } from "node:http";
import { Agent as HttpsAgent, request as overHttps } from "node:https";
import type { LookupFunction } from "node:net";
import type { z } from "zod";
import { guardedLookup, refusalOf } from "../../webhooks/post.ts";
import type { Delivery } from "../model.ts";
import { DRIVER_LIMITS, detailOf } from "./model.ts";

export type Answer =
  | { readonly type: "answered"; readonly status: number; readonly text: string; readonly headers: IncomingMessage["headers"]; readonly retryAfterMs: number | null }
  /** No connection came about, so nothing has left. */
  | { readonly type: "unreached"; readonly detail: string }
  /** It may have been taken: there was a connection, and no whole answer. */
  | { readonly type: "lost"; readonly detail: string }; // prettier-ignore

export type Call = {
  readonly url: string;
  readonly method?: "POST" | "GET";
  readonly headers: { readonly [name: string]: string };
  readonly body: string | Buffer;
  readonly timeoutMs: number;
};

export type Caller = {
  /** Never throws. */
  call(asked: Call): Promise<Answer>;
  /** Ends connections that are kept for the next call; those in use end with their answer. */
  close(): void;
};

/** A free connection is let go before servers usually end theirs (5 s), so that no request meets a closing one. */
const FREE_MS = 3_000;

/** A caller with connections of its own. `lookup` refuses names that may not be called. */
export function createCaller(lookup: LookupFunction = guardedLookup, mayCall = refusalOf): Caller {
  const options = { keepAlive: true, maxSockets: 64, maxFreeSockets: 8, timeout: FREE_MS } as const;
  const agents = { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };
  return {
    call: (asked) => {
      let url: URL;
      try {
        url = new URL(asked.url);
      } catch {
        return Promise.resolve({ type: "unreached", detail: "The address is no URL." });
      }
      const refused = mayCall(url);
      if (refused !== null) return Promise.resolve({ type: "unreached", detail: refused });
      return send(url, asked, lookup, agents);
    },
    close: () => {
      // Busy sockets are left to their answers: destroying the agent would cut them.
      for (const agent of Object.values(agents))
        for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
    },
  }; // prettier-ignore
}

function send(
  url: URL,
  { method = "POST", headers, body, timeoutMs }: Call,
  lookup: LookupFunction,
  agents: { readonly "http:": HttpAgent; readonly "https:": HttpsAgent },
): Promise<Answer> {
  return new Promise((resolve) => {
    let connected = false;
    let slow: NodeJS.Timeout | undefined;
    const settle = (answer: Answer) => {
      clearTimeout(whole);
      clearTimeout(slow);
      resolve(answer);
    };
    const secure = url.protocol === "https:";
    const request = (secure ? overHttps : overHttp)(
      url,
      {
        method, lookup, agent: agents[secure ? "https:" : "http:"],
        headers: { "content-length": Buffer.byteLength(body), "user-agent": "Throughline", ...headers },
      },
      (answer) => {
        readAll(answer).then(
          (text) => settle({ type: "answered", status: answer.statusCode ?? 0, text, headers: answer.headers, retryAfterMs: retryAfterOf(answer.headers["retry-after"], answer.headers.date) }),
          (cause: unknown) => settle({ type: "lost", detail: wordsOf(cause) }),
        );
      },
    ); // prettier-ignore
    const give = (words: string) => request.destroy(Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    const whole = setTimeout(() => give("No answer in time."), timeoutMs);
    request.on("socket", (socket) => {
      if (!socket.connecting) return void (connected = true);
      slow = setTimeout(() => give("No connection in time."), Math.min(timeoutMs, DRIVER_LIMITS.connectMs));
      // With TLS nothing of the request leaves before the handshake is done.
      socket.once(secure ? "secureConnect" : "connect", () => {
        connected = true;
        clearTimeout(slow);
      });
    });
    request.on("error", (cause) =>
      settle({ type: connected ? "lost" : "unreached", detail: wordsOf(cause) }),
    );
    request.end(body);
  });
}

async function readAll(answer: IncomingMessage): Promise<string> {
  answer.setEncoding("utf8");
  let text = "";
  // Read to its end, so that the connection can be used again, but kept only in part.
  for await (const piece of answer) if (text.length < DRIVER_LIMITS.answerCharsMax) text += String(piece);
  return text.slice(0, DRIVER_LIMITS.answerCharsMax);
}

/** `Retry-After` in seconds or as a date (against the answer's own clock); null when there is none to go by. */
export function retryAfterOf(header: string | undefined, dateHeader: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = Number(header);
  if (header.trim() !== "" && Number.isFinite(seconds)) return bounded(seconds * 1000);
  const [until, sentAt] = [Date.parse(header), Date.parse(dateHeader ?? "")];
  return Number.isNaN(until) || Number.isNaN(sentAt) ? null : bounded(until - sentAt);
}
const bounded = (ms: number): number => Math.min(DRIVER_LIMITS.retryAfterMsMax, Math.max(0, Math.round(ms)));

const wordsOf = (cause: unknown): string => {
  const { code, message } = cause as { code?: string; message?: string };
  return detailOf(message || code || "The connection failed.");
};

/**
 * What an answer means where it says nothing of the message itself: null when it is the driver's to read (2xx, and 4xx
 * about this message). `repeatable`: the provider sends a message once however often it is handed over, so that a lost
 * answer is no doubt.
 */
function troubleOf(answer: Answer, repeatable: boolean): Delivery | null {
  if (answer.type === "unreached") return trouble(answer.detail, DRIVER_LIMITS.troubleMs);
  if (answer.type === "answered") return troubleBy(answer, repeatable);
  return repeatable
    ? { type: "retry", afterMs: null, provider: false, detail: answer.detail }
    : { type: "unknown", detail: answer.detail };
}

function troubleBy(answer: Extract<Answer, { type: "answered" }>, repeatable: boolean): Delivery | null {
  const { status, retryAfterMs } = answer;
  const detail = wordsIn(answer);
  // A gateway that lost its own server does not know what became of the request.
  if ((status === 502 || status === 504) && !repeatable) return { type: "unknown", detail };
  if (status === 408 || status === 429 || status >= 500)
    return trouble(detail, retryAfterMs ?? DRIVER_LIMITS.troubleMs);
  // Refused as a whole; and redirects are not followed: the address is configured wrong.
  if (status === 401 || status === 403 || (status >= 300 && status < 400))
    return trouble(detail, retryAfterMs ?? DRIVER_LIMITS.restMs);
  return null;
}

/** Something with the provider itself: it rests. */
export const trouble = (detail: string, afterMs: number): Delivery => ({
  type: "retry",
  afterMs,
  provider: true,
  detail,
});

/** What becomes of a message that was not taken, where its answer says nothing else. */
export const refusedBy = (answer: Answer, repeatable: boolean): Delivery =>
  troubleOf(answer, repeatable) ?? {
    type: "failed",
    reason: answer.type === "answered" && answer.status === 413 ? "too_large" : "rejected",
    suppress: null,
    detail: wordsIn(answer),
  };

/** Whether the provider took it. */
export const isTaken = (answer: Answer): boolean =>
  answer.type === "answered" && answer.status >= 200 && answer.status < 300;

/** What a JSON answer says by this schema; null when it says something else. */
export function saidIn<T>(schema: z.ZodType<T>, answer: Answer): T | null {
  if (answer.type !== "answered") return null;
  try {
    return schema.safeParse(JSON.parse(answer.text)).data ?? null;
  } catch {
    return null;
  }
}

/** An answer in words, for the detail of a message. */
export const wordsIn = (answer: Answer): string =>
  answer.type === "answered" ? detailOf(`${answer.status} ${answer.text}`) : answer.detail;
