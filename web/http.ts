/**
 * The one way this app speaks to its server: same origin, session cookie, CSRF token, chosen workspace, and every failure
 * as a `Problem` whose sentence can be shown to a person (RFC 9457).
 */

/** One field of a request the server could not use. */
export type FieldProblem = { readonly pointer?: string; readonly detail: string };

/** What went wrong with a request: `status` 0 means the server could not be reached at all. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly title: string;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  constructor(
    status: number,
    title: string,
    detail: string,
    code = "",
    fields: readonly FieldProblem[] = [],
  ) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.code = code;
    this.fields = fields;
  }
  /** Whether the same request may succeed a little later. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What each request carries besides its own content; read afresh for each one. */
export type Credentials = {
  readonly csrf: string | null;
  readonly workspaceId: number | null;
  /** Sent in place of a cookie: the pass of a panel in another site's frame. */
  readonly bearer?: string;
};

/** The problem of an unreachable server, in words. */
const unreachable = (): Problem =>
  new Problem(
    0,
    "The server cannot be reached",
    "Check that Throughline is running and that this device is online.",
  );

type ProblemBody = { title?: string; detail?: string; code?: string; errors?: FieldProblem[] };

/** The problem an answer's status and text tell; an answer that is no problem document gets a sentence of its own. */
export function problemOf(status: number, text: string): Problem {
  let body: ProblemBody = {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null) body = parsed;
  } catch {
    body = {};
  }
  const title = body.title ?? (status >= 500 ? "The server had a fault" : "The request was not accepted");
  const detail = body.detail ?? `The server answered ${status}. Try again in a moment.`;
  return new Problem(status, title, detail, body.code ?? "", Array.isArray(body.errors) ? body.errors : []);
}

/** The headers of a request by `method`: the workspace always, the CSRF token where something changes. */
export function headersOf(
  method: string,
  { csrf, workspaceId, bearer }: Credentials,
): Record<string, string> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (workspaceId !== null) headers["x-workspace"] = String(workspaceId);
  if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
  if (csrf !== null && method !== "GET") headers["x-csrf-token"] = csrf;
  return headers;
}

/** A request: where to, with what, and (rarely) which failing status still brings a useful answer. */
export type Ask = {
  readonly method?: "GET" | "POST" | "DELETE" | "PATCH" | "PUT";
  readonly body?: unknown;
  /** The body as it is, in place of `body` as JSON. */
  readonly content?: Blob;
  readonly query?: { readonly [name: string]: string | number | null | undefined };
  readonly signal?: AbortSignal | undefined;
  readonly answersAt?: readonly number[];
  /** The version that was read: refused (409) when somebody has changed the thing since. */
  readonly ifMatch?: number | undefined;
};

/** `path` with the query's present values. Empty texts count as absent. */
export function addressOf(path: string, query: Ask["query"] = {}): string {
  const pairs = Object.entries(query).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? path : `${path}?${text}`;
}

/** The address of a download: a link cannot send headers, so the workspace stands in the query. */
export const downloadOf = (path: string, { workspaceId }: Credentials): string =>
  addressOf(path, { workspace: workspaceId });

/** Sends requests; `onSignedOut` hears of every 401, so that the app can ask to sign in again. */
export type Client = {
  readonly json: <T>(path: string, ask?: Ask) => Promise<T>;
  /** The raw answer, for streams and downloads. Failing statuses throw. */
  readonly raw: (path: string, ask?: Ask) => Promise<Response>;
  readonly credentials: () => Credentials;
  readonly onSignedOut: () => void;
};

/** A client over `fetch`. */
export function createClient(credentials: () => Credentials, onSignedOut: () => void): Client {
  const raw = async (path: string, ask: Ask = {}): Promise<Response> => {
    const method = ask.method ?? "GET";
    const headers = headersOf(method, credentials());
    if (ask.body !== undefined) headers["content-type"] = "application/json";
    if (ask.content !== undefined) headers["content-type"] = "application/octet-stream";
    if (ask.ifMatch !== undefined) headers["if-match"] = `"${ask.ifMatch}"`;
    const init: RequestInit = { method, headers, credentials: "same-origin", signal: ask.signal ?? null };
    if (ask.body !== undefined) init.body = JSON.stringify(ask.body);
    if (ask.content !== undefined) init.body = ask.content;
    const answer = await fetch(addressOf(path, ask.query), init).catch((fault: unknown) => {
      if (fault instanceof DOMException && fault.name === "AbortError") throw fault;
      throw unreachable();
    });
    if (answer.ok || ask.answersAt?.includes(answer.status)) return answer;
    const problem = problemOf(answer.status, await answer.text().catch(() => ""));
    if (answer.status === 401 && !path.startsWith("/auth/")) onSignedOut();
    throw problem;
  };
  const json = async <T>(path: string, ask: Ask = {}): Promise<T> => {
    const answer = await raw(path, ask);
    const text = await answer.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };
  return { json, raw, credentials, onSignedOut };
}
