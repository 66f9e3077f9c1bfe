/**
 * What browser SDKs load before they can send: analytics.js itself, its lazy parts, and the settings that point it here.
 *
 * The files are those of @segment/analytics-next (MIT), as published. The first line of `analytics.min.js` is ours: it says
 * where the SDK came from, which the SDK finds out by itself only under https.
 */
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";

export type SdkFile = { readonly plain: Buffer; readonly gzipped: Buffer; readonly tag: string };

const PRELUDE = `!function(){var s=document.currentScript,k=document.querySelector("script[data-global-segment-analytics-key]"),n=k&&k.dataset.globalSegmentAnalyticsKey||"analytics",a=window[n]=window[n]||[];if(s&&s.src&&!a._cdn){var i=s.src.indexOf("/analytics.js/v1/");if(i>0)a._cdn=s.src.slice(0,i)}}();\n`;

export interface SdkFiles {
  /** The whole SDK for the snippet. */
  standalone(): Promise<SdkFile>;
  /** A lazy part by its file name, or null: only names that the package has are looked up, never paths. */
  part(name: string): Promise<SdkFile | null>;
}

/** Reads each file once, when it is first asked for. */
export function createSdkFiles(): SdkFiles {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve("@segment/analytics-next/package.json")),
    "dist",
    "umd",
  );
  const files = new Map<string, Promise<SdkFile>>();
  let names: Promise<ReadonlySet<string>> | undefined;
  const load = (name: string, before = ""): Promise<SdkFile> => {
    const known = files.get(name);
    if (known) return known;
    const file = readFile(join(folder, name)).then(async (bytes) => {
      const plain = Buffer.concat([Buffer.from(before), bytes]);
      return {
        plain,
        gzipped: await promisify<Buffer, Buffer>(gzip)(plain),
        tag: `"${plain.length.toString(36)}-${checksum(plain).toString(36)}"`,
      };
    });
    files.set(name, file);
    file.catch(() => files.delete(name));
    return file;
  };
  return {
    standalone: () => load("standalone.js", PRELUDE),
    part: async (name) => {
      names ??= readdir(folder).then((all) => new Set(all.filter((file) => file.endsWith(".js"))));
      return (await names).has(name) ? load(name) : null;
    },
  };
}

/** FNV-1a: enough to tell two releases of one file apart. */
function checksum(bytes: Buffer): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** Answers with the file, compressed where the caller can take it; 304 when the caller has it. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: SdkFile,
  maxAgeSeconds: number,
): FastifyReply {
  void reply
    .header("content-type", "text/javascript; charset=utf-8")
    .header("cache-control", `public, max-age=${maxAgeSeconds}${maxAgeSeconds > 86_400 ? ", immutable" : ""}`)
    .header("etag", file.tag)
    .header("cross-origin-resource-policy", "cross-origin")
    .header("vary", "Accept-Encoding");
  if (request.headers["if-none-match"] === file.tag) return reply.code(304).send();
  const compressed = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  if (compressed) void reply.header("content-encoding", "gzip");
  return reply.send(compressed ? file.gzipped : file.plain);
}

/** The settings that make analytics-next and Customer.io's browser SDK send here: every field is needed by one of them. */
export function settingsOf(writeKey: string, apiHost: string, protocol: "http" | "https") {
  return {
    integrations: {
      "Segment.io": {
        apiKey: writeKey,
        apiHost,
        protocol,
        unbundledIntegrations: [],
        addBundledMetadata: true,
        maybeBundledConfigIds: {},
      },
      "Customer.io Data Pipelines": { apiKey: writeKey, apiHost, protocol },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  };
}

/** The least RudderStack's browser SDK asks of its control plane. */
export function sourceConfigOf(writeKey: string, workspace: number, updatedAt: string) {
  const statsCollection = { errors: { enabled: false }, metrics: { enabled: false } };
  return {
    source: {
      id: writeKey, name: "Throughline", writeKey, config: { statsCollection }, enabled: true,
      workspaceId: String(workspace), destinations: [], connections: [],
    },
    updatedAt,
  }; // prettier-ignore
}
