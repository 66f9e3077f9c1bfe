/**
 * The built browser SDK, for pages of any origin: `/sdk/throughline.js`, and at `/sdk` what a page needs to name one build of
 * it for good: the address with its version, and the hash that browsers check it by.
 *
 * With a known version the answer never changes and is kept for a year; builds before the newest are still given out where
 * the folder has them, since pages go on naming them. Without one it is the newest, asked for again after five minutes.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { Failure } from "../errors.ts";
import { allowAnyOrigin } from "../events/cors.ts";
import { type SdkFile, sendFile } from "../events/sdk-files.ts";
import type { Clock } from "../values.ts";

export type SdkDeps = {
  /** Where `scripts/sdk.js` put it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly config: Pick<Config, "THROUGHLINE_URL">;
};
type Build = SdkFile & { readonly version: string; readonly integrity: string };
type Builds = { readonly newest: Build; readonly byVersion: ReadonlyMap<string, Build> };

const PATH = "/sdk/throughline.js";
const NEWEST = "throughline.js";
const EARLIER = /^throughline\.[0-9a-f]{16}\.js$/;
const BUILDS_MAX = 50;
const FILE_BYTES_MAX = 1_000_000;
/** A folder that was built anew is read again at most this often. */
const LOOK_MS = 1_000;
const NEWEST_SECONDS = 300;
const YEAR_SECONDS = 31_536_000;

/** Registers both routes. */
export function sdkScriptRoutes(app: FastifyInstance, { folder, clock, config }: SdkDeps): void {
  const options = { config: { access: "public" }, schema: { hide: true } } as const;
  const builds = createBuilds(folder, clock);
  void app.register(async (scope) => {
    scope.addHook("onRequest", allowAnyOrigin);
    scope.get("/sdk", options, async (request, reply) => {
      const { version, integrity, plain, gzipped } = (await builds()).newest;
      return reply
        .header("cache-control", `public, max-age=${NEWEST_SECONDS}`)
        .header("vary", "Host")
        .send({
          url: `${addressOf(request, config.THROUGHLINE_URL)}${PATH}?v=${version}`,
          integrity,
          version,
          bytes: plain.length,
          gzippedBytes: gzipped.length,
        });
    });
    scope.get(PATH, options, async (request, reply): Promise<FastifyReply> => {
      const { newest, byVersion } = await builds();
      const named = byVersion.get(String((request.query as { v?: unknown }).v));
      return sendFile(request, reply, named ?? newest, named ? YEAR_SECONDS : NEWEST_SECONDS);
    });
  });
}

/** Reads the folder when it is first asked for, and again when there was a build. Throws `Failure` while there is none. */
function createBuilds(folder: string, clock: Clock): () => Promise<Builds> {
  let known: Builds | null = null;
  let builtAt = -1;
  let lookedAt = -Infinity;
  return async () => {
    const now = clock();
    if (known === null || now - lookedAt >= LOOK_MS || now < lookedAt) {
      const found = await stat(join(folder, NEWEST)).catch(() => null);
      if (!found) throw new Failure("not_found", "The browser SDK is not built yet. Run npm run build.");
      if (found.mtimeMs !== builtAt) known = await readBuilds(folder);
      builtAt = found.mtimeMs;
      lookedAt = now;
    }
    return known!;
  };
}

async function readBuilds(folder: string): Promise<Builds> {
  const newest = await readBuild(join(folder, NEWEST));
  const byVersion = new Map([[newest.version, newest]]);
  for (const name of (await readdir(folder)).filter((file) => EARLIER.test(file)).slice(0, BUILDS_MAX)) {
    const build = await readBuild(join(folder, name));
    byVersion.set(build.version, build);
  }
  return { newest, byVersion };
}

async function readBuild(path: string): Promise<Build> {
  if ((await stat(path)).size > FILE_BYTES_MAX)
    throw new Error(`${path} is too large for a build of the SDK.`);
  const plain = await readFile(path);
  // The version is told by what the file is, so that no name can give out one build for another.
  const version = createHash("sha256").update(plain).digest("hex").slice(0, 16);
  return {
    plain,
    gzipped: await promisify<Buffer, { level: number }, Buffer>(gzip)(plain, { level: 9 }),
    tag: `"${version}"`,
    version,
    integrity: `sha384-${createHash("sha384").update(plain).digest("base64")}`,
  };
}

/** The address pages reach this server by: the configured one, or the one in the request. */
function addressOf({ protocol, host }: FastifyRequest, configured: string | undefined): string {
  if (configured !== undefined) return configured.replace(/\/+$/, "");
  return `${protocol}://${/^[\w.\-:[\]]{1,260}$/.test(host) ? host : "localhost"}`;
}
