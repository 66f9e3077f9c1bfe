/** The commands' way to a running server: its address, a secret key, and answers that are faults as sentences. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { z } from "zod";
import { ERRORS, type ErrorCode, Failure } from "../errors.ts";

export type Client = {
  readonly url: string;
  /** Asks for JSON; throws `Failure` with the problem's sentence. */
  json<T>(schema: z.ZodType<T>, path: string, request?: Request): Promise<T>;
  /** Asks for a stream of bytes. */
  stream(path: string): Promise<ReadableStream<Uint8Array>>;
};
type Request = {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  readonly upload?: Readable;
  /** The ETag of what was read before: refused where it was changed meanwhile. */
  readonly ifMatch?: string;
};

const Problem = z.object({ code: z.string(), detail: z.string() }).partial();
const KeyFile = z.object({ secretKey: z.string() });

/** The flags every command that talks to a server takes. */
export const SERVER_FLAGS = {
  url: { type: "string", description: "The server; default http://localhost:PORT (3000)" },
  "secret-key": {
    type: "string",
    description: "A secret key; default THROUGHLINE_SECRET_KEY, or keys.json in the data folder",
  },
  data: { type: "string", description: "The data folder whose keys.json holds the key; default ./data" },
} as const;
export type ServerFlags = {
  readonly url?: string | undefined;
  readonly "secret-key"?: string | undefined;
  readonly data?: string | undefined;
};

type Env = { readonly [name: string]: string | undefined };

/** A client by flags and environment. Throws `Failure("configuration")` when no key is to be found. */
export async function clientOf(flags: ServerFlags, env: Env): Promise<Client> {
  const url = (flags.url ?? env["THROUGHLINE_URL"] ?? `http://localhost:${env["PORT"] || 3000}`).replace(
    /\/+$/,
    "",
  );
  const folder = flags.data ?? (env["THROUGHLINE_DATA"] || "./data");
  const key = flags["secret-key"] ?? (env["THROUGHLINE_SECRET_KEY"] || (await keyInFolder(folder)));
  if (key === null)
    throw new Failure(
      "configuration",
      `There is no secret key: give --secret-key, set THROUGHLINE_SECRET_KEY, or name the data folder with --data (${join(folder, "keys.json")} is not there).`,
    );
  return createClient(url, key);
}

async function keyInFolder(folder: string): Promise<string | null> {
  const text = await readFile(join(folder, "keys.json"), "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return null;
    throw new Failure("configuration", `${join(folder, "keys.json")} cannot be read: ${cause.message}.`, {
      cause,
    });
  });
  return text === null ? null : KeyFile.parse(JSON.parse(text)).secretKey;
}

/** A client of the server at `url`. */
export function createClient(url: string, key: string): Client {
  const ask = async (path: string, request: Request = {}): Promise<Response> => {
    const { method = "GET", body, upload, ifMatch } = request;
    let answer: Response;
    try {
      answer = await fetch(url + path, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          ...(ifMatch !== undefined && { "if-match": ifMatch }),
          ...(body !== undefined && { "content-type": "application/json" }),
          ...(upload && { "content-type": "application/octet-stream" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // Streams are sent as they are read; fetch asks for `duplex` then.
        ...(upload && { body: upload as unknown as NonNullable<RequestInit["body"]>, duplex: "half" }),
      });
    } catch (cause) {
      throw new Failure(
        "store_unavailable",
        `No server answers at ${url}. Start one with: throughline start`,
        { cause },
      );
    }
    if (!answer.ok) throw await failureOf(answer, url);
    return answer;
  };
  return {
    url,
    json: async (schema, path, request) => schema.parse(await (await ask(path, request)).json()),
    stream: async (path) => (await ask(path)).body!,
  };
}

async function failureOf(answer: Response, url: string): Promise<Failure> {
  const text = await answer.text();
  const problem = text.startsWith("{") ? Problem.safeParse(JSON.parse(text)).data : undefined;
  const code =
    problem?.code !== undefined && problem.code in ERRORS ? (problem.code as ErrorCode) : "internal";
  const retryAfterSeconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
  const message =
    answer.status === 401
      ? `The server at ${url} does not know this secret key.`
      : (problem?.detail ?? `The server at ${url} answered ${answer.status}.`);
  return new Failure(code, message, Number.isFinite(retryAfterSeconds) ? { retryAfterSeconds } : {});
}
