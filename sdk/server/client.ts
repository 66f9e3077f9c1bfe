/**
 * The server SDK: every operation of the API by its method and path, typed by the server's own description; and events in
 * batches that are tried again until they are taken. It needs nothing but `fetch`, so it runs on Node 20 and wherever else
 * there is one.
 */
import type { Api } from "./api.ts";
import { createSender, type Events, type SenderCounts } from "./events.ts";

export type * from "./api.ts";
export type { Event, Events, SenderCounts } from "./events.ts";
export { userTokenOf } from "./token.ts";

export type ClientOptions = {
  /** Where the server is, as `https://journeys.example`. */
  readonly host: string;
  /** Sends events. */
  readonly writeKey?: string;
  /** Asks everything else. */
  readonly secretKey?: string;
  /** How long one try may take; 10 s when absent. */
  readonly timeoutMs?: number;
  /** Called with events that were given up, and why; they are counted in any case. */
  readonly onLost?: (events: readonly object[], why: "no_room" | "too_large" | "refused") => void;
};

type Takes<Name extends keyof Api> = Api[Name]["takes"];
/** The question may be left out where nothing in it is needed. */
type Args<Name extends keyof Api> = object extends Takes<Name> ? [takes?: Takes<Name>] : [takes: Takes<Name>];

type Asked = Api["POST /v1/decide"];
export type DecideQuestion = Asked["takes"]["body"];
type Answered = Asked["answers"]["decisions"][number];
/** What to show at a place. `choice` null: your default. */
export type Decision = Pick<Answered, "place" | "choice" | "token"> & {
  /** The server's reason, or why it gave none. */
  readonly reason: Answered["reason"] | "timeout" | "unreachable" | "refused";
};

export type Client = Events & {
  /**
   * Asks an operation. It is tried again when the server is busy or away, which is safe: what changes something carries an
   * Idempotency-Key. Throws `ApiFault` for an answer that is no success, and what `fetch` throws when none came.
   */
  readonly ask: <Name extends keyof Api>(
    operation: Name,
    ...takes: Args<Name>
  ) => Promise<Api[Name]["answers"]>;
  /** What to show; every place without a choice (your default) when the answer does not come in time. Never rejects. */
  readonly decide: (question: DecideQuestion, timeoutMs?: number) => Promise<readonly Decision[]>;
  /** Resolves when everything that waits was sent or given up. */
  readonly flush: () => Promise<void>;
  /** Sends what waits and takes no more events. */
  readonly close: () => Promise<void>;
  readonly counts: () => SenderCounts;
};

/** An answer of the API that is no success, with the problem it told (RFC 9457). */
export class ApiFault extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: unknown;
  constructor(status: number, problem: unknown) {
    const { detail, title, code } = (problem ?? {}) as {
      readonly detail?: string;
      readonly title?: string;
      readonly code?: string;
    };
    super(detail ?? title ?? `The server answered ${status}.`);
    this.name = "ApiFault";
    this.status = status;
    this.code = code ?? "unknown";
    this.problem = problem;
  }
}

const TRIES_MAX = 3;
const WAIT_SECONDS_MAX = 30;
const DECIDE_MS = 300;
type Question = {
  readonly path?: { readonly [name: string]: unknown };
  readonly query?: { readonly [name: string]: unknown };
  readonly body?: unknown;
  readonly contentType?: string;
};

/** A client; close it, so that no event is left behind. */
export function createClient(options: ClientOptions): Client {
  const host = options.host.replace(/\/+$/, "");
  const timeoutMs = options.timeoutMs ?? 10_000;
  const sender = createSender({ ...options, host, timeoutMs });

  async function ask(operation: string, question: Question = {}): Promise<unknown> {
    const [method = "GET", path = "/"] = operation.split(" ");
    const request: RequestInit = { method, headers: headersOf(options.secretKey, method, question) };
    if (question.body !== undefined)
      request.body = question.contentType ? (question.body as string) : JSON.stringify(question.body);
    const address = host + addressOf(path, question);
    for (let tries = 1; ; tries++) {
      const answer = await fetch(address, { ...request, signal: AbortSignal.timeout(timeoutMs) }).catch(
        (fault: unknown) => {
          if (tries === TRIES_MAX) throw fault;
          return null;
        },
      );
      const isBusy = answer === null || answer.status === 429 || answer.status === 503;
      if (!isBusy || tries === TRIES_MAX) return read(answer!);
      const askedSeconds = Number(answer?.headers.get("retry-after")) || 0;
      await new Promise((done) =>
        setTimeout(
          done,
          1_000 * Math.max(Math.min(askedSeconds, WAIT_SECONDS_MAX), 0.2 * 2 ** tries * (1 + Math.random())),
        ),
      );
    }
  }

  const decide: Client["decide"] = async (question, withinMs = DECIDE_MS) => {
    const fallback = (reason: Decision["reason"]): readonly Decision[] =>
      question.places.map((place) => ({ place, choice: null, reason, token: null }));
    try {
      const answer = await fetch(`${host}/v1/decide`, {
        method: "POST",
        headers: headersOf(options.secretKey, "GET", { body: question }),
        body: JSON.stringify(question),
        signal: AbortSignal.timeout(withinMs),
      });
      return answer.ok
        ? ((await answer.json()) as { readonly decisions: readonly Decision[] }).decisions
        : fallback("refused");
    } catch (fault) {
      // Whatever went wrong on the way, a page that asks what to show must be drawn.
      return fallback((fault as Error).name === "TimeoutError" ? "timeout" : "unreachable");
    }
  };

  return { ...sender, ask: ask as Client["ask"], decide };
}

function headersOf(
  secretKey: string | undefined,
  method: string,
  { body, contentType = "application/json" }: Question,
): { [name: string]: string } {
  return {
    ...(secretKey !== undefined && { authorization: `Bearer ${secretKey}` }),
    ...(body !== undefined && { "content-type": contentType }),
    ...(method !== "GET" && { "idempotency-key": crypto.randomUUID() }),
  };
}

/** The path with its parts put in, and the query behind it; a value that is not given is left out, a list stands once for each. */
function addressOf(path: string, { path: parts = {}, query = {} }: Question): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (one !== undefined && one !== null) asked.append(name, `${one as string | number | boolean}`);
  const full = path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(parts[name])));
  return asked.size > 0 ? `${full}?${asked.toString()}` : full;
}

async function read(answer: Response): Promise<unknown> {
  const text = await answer.text();
  const isJson = /\bjson\b/.test(answer.headers.get("content-type") ?? "");
  const value: unknown = isJson && text !== "" ? JSON.parse(text) : text === "" ? null : text;
  if (!answer.ok) throw new ApiFault(answer.status, value);
  return value;
}
