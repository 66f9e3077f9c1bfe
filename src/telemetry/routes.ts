/** HTTP of telemetry: probes for machines (`/healthz`, `/readyz`, `/metrics`) and `/v1/stats`. */
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { Health } from "./health.ts";
import { isLocal } from "./local.ts";
import type { Metrics } from "./metrics.ts";
import { Readiness, Stats } from "./model.ts";
import { readTallies } from "./tally.ts";

const TAGS = ["Operation"];
const Alive = z.object({ status: z.literal("ok") });
export type TelemetryDeps = {
  readonly health: Health;
  readonly metrics: Metrics;
  /** Whether this text is a secret key in force. */
  readonly isKey: (text: string) => Promise<boolean>;
};

/** Registers the probes and the metrics. */
export function telemetryRoutes(app: App, { health, metrics, isKey }: TelemetryDeps): void {
  app.get(
    "/healthz",
    {
      config: { access: "public" },
      schema: {
        operationId: "isAlive",
        summary: "Whether the process lives",
        tags: TAGS,
        response: { 200: Alive },
      },
    },
    async () => ({ status: "ok" as const }),
  );
  app.get(
    "/readyz",
    {
      config: { access: "public" },
      schema: {
        operationId: "isReady",
        summary: "Whether events can be taken now, and how far the work is behind",
        description:
          "503 when PostgreSQL cannot be reached or the process is stopping. A silent event log is shown, but collection goes on.",
        tags: TAGS,
        response: { 200: Readiness, 503: Readiness },
      },
    },
    async (_request, reply) => {
      const state = await health.read();
      return reply.code(state.ready ? 200 : 503).send(state);
    },
  );
  app.get(
    "/metrics",
    {
      config: { access: "public" },
      schema: {
        operationId: "readMetrics",
        summary: "Numbers for Prometheus",
        description:
          "From this machine and its private network without a key; from elsewhere, or through a proxy, with a secret key.",
        tags: TAGS,
        response: {
          200: {
            description: "Prometheus text format 0.0.4",
            content: { "text/plain": { schema: z.string() } },
          },
        },
      },
    },
    async (request, reply) => {
      const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
      if (!isLocal(request.ip, request.headers) && !(key && (await isKey(key))))
        throw new Failure(
          "unauthenticated",
          "Metrics are for this machine and its private network. Send a secret key from elsewhere.",
        );
      // The text is ready: the route's serializer would quote it as JSON.
      return reply
        .header("content-type", metrics.contentType)
        .serializer((text: unknown) => String(text))
        .send(await metrics.text());
    },
  );
}

/** Registers `/v1/stats`. */
export function statsRoutes(app: App, sql: Sql): void {
  app.get(
    "/v1/stats",
    {
      config: { access: "secret" },
      schema: {
        operationId: "readStats",
        summary: "What became of the workspace's events",
        tags: TAGS,
        response: { 200: Stats },
      },
    },
    async (request) => readTallies(sql, request.workspace),
  );
}
