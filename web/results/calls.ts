/** Every endpoint of attribution, lifetime value, metrics, funnels, retention, saved views, digests and alerts this app uses. Types only, like the rest of the API. */
import type { z } from "zod";
import type { AttributionAnswer, AttributionAsked } from "../../src/attribution/model.ts";
import type {
  AlertList,
  Digest,
  DigestDraft,
  DigestList,
  View,
  ViewDraft,
  ViewList,
} from "../../src/digest/model.ts";
import type { LifetimeAnswer } from "../../src/lifetime/document.ts";
import type { LifetimeAsked } from "../../src/lifetime/model.ts";
import type {
  FunnelAnswer,
  FunnelAsked,
  MetricCatalogue,
  MetricsAnswer,
  MetricsAsked,
  OwnNames,
  RetentionAnswer,
  RetentionAsked,
} from "../../src/metrics/model.ts";
import type { Client } from "../http.ts";

/** A funnel, retention and metrics as a request asks for them. */
export type FunnelBody = z.input<typeof FunnelAsked>;
export type RetentionBody = z.input<typeof RetentionAsked>;
export type MetricsBody = z.input<typeof MetricsAsked>;
/** Attribution as a request asks for it. */
export type AttributionBody = z.input<typeof AttributionAsked>;
/** What a purchase is, as fitting is asked for. */
export type LifetimeBody = z.input<typeof LifetimeAsked>;
/** A view and a digest as they are written. */
export type ViewBody = z.input<typeof ViewDraft>;
export type DigestBody = z.input<typeof DigestDraft>;

/** The calls. */
export function resultCalls({ json, raw }: Client) {
  const ask = <Answer>(path: string, body: unknown, signal?: AbortSignal) =>
    json<Answer>(path, { method: "POST", body, signal });
  return {
    /** The same question, answered as a file. */
    answerCsv: async (path: string, body: unknown): Promise<Blob> =>
      (await raw(path, { method: "POST", body, query: { format: "csv" } })).blob(),

    metricCatalogue: (signal?: AbortSignal) => json<MetricCatalogue>("/v1/metrics", { signal }),
    keepNames: (body: OwnNames) => json<OwnNames>("/v1/metrics/names", { method: "PUT", body }),
    metrics: (body: MetricsBody, signal?: AbortSignal) => ask<MetricsAnswer>("/v1/metrics", body, signal),
    funnel: (body: FunnelBody, signal?: AbortSignal) => ask<FunnelAnswer>("/v1/funnels", body, signal),
    retention: (body: RetentionBody, signal?: AbortSignal) =>
      ask<RetentionAnswer>("/v1/retention", body, signal),

    attribution: (body: AttributionBody, signal?: AbortSignal) =>
      ask<AttributionAnswer>("/v1/attribution", body, signal),

    lifetime: (signal?: AbortSignal) => json<LifetimeAnswer>("/v1/lifetime", { signal }),
    fitLifetime: (body: LifetimeBody) => ask<LifetimeAnswer>("/v1/lifetime/fit", body),

    alerts: (query: { limit?: number; cursor?: string; state?: "open" | "all" }, signal?: AbortSignal) =>
      json<z.infer<typeof AlertList>>("/v1/alerts", { query, signal }),
    setAlertSeen: (id: number, seen: boolean) =>
      json<unknown>(`/v1/alerts/${id}`, { method: "PUT", body: { seen } }),

    views: (signal?: AbortSignal) => json<z.infer<typeof ViewList>>("/v1/views", { signal }),
    createView: (body: ViewBody) => json<View>("/v1/views", { method: "POST", body }),
    changeView: (id: number, body: ViewBody) => json<View>(`/v1/views/${id}`, { method: "PUT", body }),
    deleteView: (id: number) => json<unknown>(`/v1/views/${id}`, { method: "DELETE" }),

    digests: (signal?: AbortSignal) => json<z.infer<typeof DigestList>>("/v1/digests", { signal }),
    createDigest: (body: DigestBody) => json<Digest>("/v1/digests", { method: "POST", body }),
    changeDigest: (id: number, body: DigestBody) =>
      json<Digest>(`/v1/digests/${id}`, { method: "PUT", body }),
    deleteDigest: (id: number) => json<unknown>(`/v1/digests/${id}`, { method: "DELETE" }),
  };
}
