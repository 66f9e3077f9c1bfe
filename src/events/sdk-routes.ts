/**
 * What browser SDKs fetch before they send: settings, RudderStack's source configuration, analytics.js and its parts.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Config } from "../config.ts";
import { type Clock, isoOf } from "../values.ts";
import { preflight } from "./cors.ts";
import { basicUser, holderOf, type WriteKeys } from "./credentials.ts";
import { createSdkFiles, sendFile, settingsOf, sourceConfigOf } from "./sdk-files.ts";

const PUBLIC = { config: { access: "public" }, schema: { hide: true } } as const;
const SDK_FILE_SECONDS = 300;
const YEAR_SECONDS = 31_536_000;

export type SdkDeps = {
  readonly keys: WriteKeys;
  readonly clock: Clock;
  readonly config: Pick<Config, "THROUGHLINE_URL">;
};

/** Registers them; CORS headers come from the scope they are in. */
export function sdkRoutes(scope: FastifyInstance, { keys, clock, config }: SdkDeps): void {
  const files = createSdkFiles();
  const get = (
    path: string,
    answer: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>,
  ) => {
    scope.get(path, PUBLIC, answer);
    scope.options(path, PUBLIC, preflight);
  };
  const unknown = (reply: FastifyReply, status: number) =>
    reply
      .code(status)
      .header("cache-control", "no-store")
      .send({ success: false, message: "The write key is missing or unknown.", code: "invalid_write_key" });

  get("/v1/projects/:writeKey/settings", async (request, reply) => {
    const { writeKey } = request.params as { writeKey: string };
    if (!(await holderOf(keys, writeKey))) return unknown(reply, 404);
    const { protocol, host } = addressOf(request, config.THROUGHLINE_URL);
    return reply
      .header("cache-control", "public, max-age=60")
      .header("vary", "Host")
      .send(settingsOf(writeKey, `${host}/v1`, protocol));
  });
  for (const path of ["/sourceConfig/", "/sourceConfig"])
    get(path, async (request, reply) => {
      const { writeKey: inQuery } = request.query as { writeKey?: string | string[] };
      const writeKey =
        basicUser(request.headers.authorization) || (typeof inQuery === "string" ? inQuery : undefined);
      const holder = await holderOf(keys, writeKey);
      if (!holder || writeKey === undefined) return unknown(reply, 401);
      return reply
        .header("cache-control", "no-store")
        .send(sourceConfigOf(writeKey, holder.workspace, isoOf(clock())));
    });
  for (const file of ["analytics.min.js", "analytics.js"])
    get(`/analytics.js/v1/:writeKey/${file}`, async (request, reply) =>
      sendFile(request, reply, await files.standalone(), SDK_FILE_SECONDS),
    );
  get("/analytics-next/bundles/:file", async (request, reply) => {
    const file = await files.part((request.params as { file: string }).file);
    if (!file) return reply.code(404).send({ success: false, message: "No such file.", code: "not_found" });
    return sendFile(request, reply, file, YEAR_SECONDS);
  });
}

/** The address the caller knows this server by: the configured one, or the one in the request. */
function addressOf(
  request: FastifyRequest,
  configured: string | undefined,
): { protocol: "http" | "https"; host: string } {
  if (configured !== undefined) {
    const url = new URL(configured);
    return {
      protocol: url.protocol === "https:" ? "https" : "http",
      host: `${url.host}${url.pathname.replace(/\/$/, "")}`,
    };
  }
  const host = request.host;
  return {
    protocol: request.protocol === "https" ? "https" : "http",
    host: /^[\w.\-:[\]]{1,260}$/.test(host) ? host : "localhost",
  };
}
