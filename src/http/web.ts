/**
 * The built web app, from `dist/web`: its files, and `index.html` for every address of a screen.
 *
 * Only files found when the folder was read are served, from memory and compressed once, so no path can lead out of
 * it. Files under `assets/` carry a hash in their name and never change; the page itself is asked for each time.
 *
 * The content policy lets scripts come from this server alone, none inline. Styles may stand inline, because Mantine
 * writes style elements at run time, its dialogs by libraries that know no nonce; a style cannot run code.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../values.ts";

const compress = promisify(gzip);
const FILE_BYTES_MAX = 8 * 1024 * 1024;
const FILES_MAX = 2_000;
/** A folder that was built anew is read again at most this often. */
const LOOK_MS = 1_000;

const TYPES: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".json", ".svg", ".txt", ".webmanifest"]);

const UNFRAMED = "frame-ancestors 'none'";
/** What our own pages may load: this server's files, and nothing inline but styles. */
export const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  UNFRAMED,
].join("; ");
/** The same for a page that pages of these origins may frame; of none, none may. */
export const framedPolicy = (origins: readonly string[]): string =>
  origins.length === 0 ? PAGE_POLICY : PAGE_POLICY.replace(UNFRAMED, `frame-ancestors ${origins.join(" ")}`);

type File = {
  readonly body: Buffer;
  readonly packed: Buffer | null;
  readonly type: string;
  readonly tag: string;
  readonly forever: boolean;
};

export interface Web {
  /** Answers with the file or the page for this address; false when it is not the web app's. A page is answered under `policy`. */
  serve(request: FastifyRequest, reply: FastifyReply, policy?: string): Promise<boolean>;
}

/** The web app built in `folder`, which may come, change or be missing while we run. */
export function createWeb(folder: string, clock: Clock): Web {
  let files: ReadonlyMap<string, File> = new Map();
  let builtAt = -1;
  let lookedAt = -Infinity;
  const look = async (): Promise<void> => {
    const now = clock();
    if (now - lookedAt < LOOK_MS && now >= lookedAt) return;
    lookedAt = now;
    const page = await stat(join(folder, "index.html")).catch(() => null);
    if ((page?.mtimeMs ?? -1) === builtAt) return;
    files = page ? await filesIn(folder) : new Map();
    builtAt = page?.mtimeMs ?? -1;
  };
  return {
    serve: async (request, reply, policy = PAGE_POLICY) => {
      if (request.method !== "GET" && request.method !== "HEAD") return false;
      const path = request.url.split("?", 1)[0]!;
      await look();
      const file = files.get(path === "/" ? "/index.html" : path);
      if (file) return send(request, reply, file, policy);
      // A screen's address has no dot in its last part; a missing file must not be answered with a page.
      if (!request.headers.accept?.includes("text/html") || /\.[^/]*$/.test(path)) return false;
      const page = files.get("/index.html");
      if (page) return send(request, reply, page, policy);
      if (path !== "/") return false;
      reply
        .code(503)
        .header("content-security-policy", PAGE_POLICY)
        .header("content-type", TYPES[".html"]!)
        .send(MISSING);
      return true;
    },
  };
}

async function filesIn(folder: string): Promise<ReadonlyMap<string, File>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = new Map<string, File>();
  for (const entry of entries) {
    if (!entry.isFile() || found.size >= FILES_MAX) continue;
    const path = join(entry.parentPath, entry.name);
    const extension = extname(entry.name);
    const type = TYPES[extension];
    if (!type || (await stat(path)).size > FILE_BYTES_MAX) continue;
    const body = await readFile(path);
    const name = `/${relative(folder, path).split(sep).join("/")}`;
    found.set(name, {
      body,
      packed: COMPRESSED.has(extension) ? await compress(body, { level: 9 }) : null,
      type,
      tag: `W/"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`,
      forever: name.startsWith("/assets/"),
    });
  }
  return found;
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { body, packed, type, tag, forever }: File,
  policy: string,
): true {
  reply
    .header("content-type", type)
    .header("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache")
    .header("etag", tag)
    .header("vary", "accept-encoding");
  if (type.startsWith("text/html")) reply.header("content-security-policy", policy);
  // Who may frame a page is said anew each time: one that was kept would say what held before.
  if (policy !== PAGE_POLICY) reply.header("cache-control", "no-store");
  else if (request.headers["if-none-match"] === tag) {
    reply.code(304).send();
    return true;
  }
  const zipped = packed !== null && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (zipped) reply.header("content-encoding", "gzip");
  reply.code(200).send(zipped ? packed : body);
  return true;
}

const MISSING = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Throughline</title>
<h1>The screens are not built yet</h1>
<p>Run <code>npm run build</code> (or <code>npm start</code>, which builds when needed) and load this page again.</p>
<p>The API works already: see <a href="/docs/api">its page</a>.</p></html>
`;
