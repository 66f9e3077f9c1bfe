/** HTTP of funnels, retention and journey metrics. */
import type { z } from "zod";
import type { Basis } from "../analysis/model.ts";
import type { Answered, Asking } from "../analysis/questions.ts";
import { type AnalysisDeps, AnswerQuery, askingOf, sendCsv } from "../analysis/request.ts";
import type { App } from "../http/app.ts";
import type { WorkspaceId } from "../values.ts";
import { readFunnel } from "./funnel.ts";
import { BUSINESS_NAMES, DEFINITIONS } from "./catalogue.ts";
import { readMetrics } from "./metrics.ts";
import {
  FunnelAnswer,
  FunnelAsked,
  MetricCatalogue,
  MetricsAnswer,
  MetricsAsked,
  OwnNames,
  RetentionAnswer,
  RetentionAsked,
} from "./model.ts";
import { readRetention } from "./retention.ts";
import { readOwnNames, writeOwnNames } from "./store.ts";
import { funnelTable, metricsTable, retentionTable } from "./tables.ts";

type Without<T extends { basis: Basis }> = Omit<T, "basis">;

/** Questions of this room, asked through the same queue whoever asks. */
function metricQuestions({ sql, log, clock, questions }: AnalysisDeps) {
  const deps = (workspace: WorkspaceId) => ({ sql, log, workspace, now: clock() });
  return {
    funnel: (workspace: WorkspaceId, asked: FunnelAsked, asking: Asking): Promise<Answered<Without<FunnelAnswer>>> =>
      questions.ask(workspace, ["funnel", asked], asking, () => readFunnel(deps(workspace), asked)),
    retention: (workspace: WorkspaceId, asked: RetentionAsked, asking: Asking): Promise<Answered<Without<RetentionAnswer>>> =>
      questions.ask(workspace, ["retention", asked], asking, () => readRetention(deps(workspace), asked)),
    metrics: (workspace: WorkspaceId, asked: MetricsAsked, asking: Asking): Promise<Answered<Without<MetricsAnswer>>> =>
      questions.ask(workspace, ["metrics", asked], asking, () => readMetrics(deps(workspace), asked)),
  };
} // prettier-ignore

const EXAMPLE_SCOPE = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" };
/** A body with an example for the API's document. */
const withExample = <T extends z.ZodType>(schema: T, example: object): T => schema.meta({ examples: [example] }) as T; // prettier-ignore

/** Registers the routes; they need a secret key or a session. */
export function metricRoutes(app: App, deps: AnalysisDeps): void {
  const tags = ["Journeys as they are"];
  const ask = metricQuestions(deps);

  app.post("/v1/funnels", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "readFunnel", tags, summary: "How many took each step, of those who took the ones before",
      body: withExample(FunnelAsked, { scope: EXAMPLE_SCOPE, steps: [{ event: "Product Viewed" }, { event: "Product Added" }, { event: "Order Completed" }] }),
      querystring: AnswerQuery, response: { 200: FunnelAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const { answer, basis } = await ask.funnel(workspace, body, askingOf(query, reply));
    return query.format === "csv" ? sendCsv(reply, "funnel", funnelTable(answer)) : { ...answer, basis };
  }); // prettier-ignore

  app.post("/v1/retention", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "readRetention", tags, summary: "Who came back, by when they began",
      body: withExample(RetentionAsked, { scope: EXAMPLE_SCOPE, first: { event: "Order Completed" }, returned: { event: "Order Completed" }, every: "week" }),
      querystring: AnswerQuery, response: { 200: RetentionAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const { answer, basis } = await ask.retention(workspace, body, askingOf(query, reply));
    return query.format === "csv" ? sendCsv(reply, "retention", retentionTable(answer)) : { ...answer, basis };
  }); // prettier-ignore

  app.get("/v1/metrics", {
    config: { access: "secret" },
    schema: { operationId: "listMetrics", tags, summary: "The metrics there are, what each means, and the events it reads", response: { 200: MetricCatalogue } },
  }, async ({ workspace }) => ({ metrics: [...DEFINITIONS], names: { ...BUSINESS_NAMES }, own: await readOwnNames(deps.sql, workspace) })); // prettier-ignore

  app.put("/v1/metrics/names", {
    config: { access: "secret" },
    schema: {
      operationId: "changeMetricNames", tags, summary: "Keep which events mean what in this workspace: metrics, digests and the daily look go by it",
      body: withExample(OwnNames, { business: "b2b", names: { order: ["Contract Signed"] } }), response: { 200: OwnNames },
    },
  }, async ({ workspace, body }) => {
    await writeOwnNames(deps.sql, workspace, body);
    return body;
  }); // prettier-ignore

  app.post("/v1/metrics", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "measureMetrics", tags, summary: "Values of metrics, with intervals, series and what changed",
      body: withExample(MetricsAsked, { scope: EXAMPLE_SCOPE, metrics: ["recognition", "continuity"], every: "day" }),
      querystring: AnswerQuery, response: { 200: MetricsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const { answer, basis } = await ask.metrics(workspace, body, askingOf(query, reply));
    return query.format === "csv" ? sendCsv(reply, "metrics", metricsTable(answer)) : { ...answer, basis };
  }); // prettier-ignore
}
