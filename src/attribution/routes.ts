/** HTTP of attribution: which channels were met before conversions, divided by every model side by side. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { type AnalysisDeps, AnswerQuery, askingOf, sendCsv } from "../analysis/request.ts";
import { scopeFor } from "../analysis/scope.ts";
import type { App } from "../http/app.ts";
import { type Currency, currencyWords } from "../metrics/currency.ts";
import { answerOf, attributionTable } from "./answer.ts";
import { AttributionAnswer, AttributionAsked, MODEL_WORDS } from "./model.ts";
import { readPaths } from "./store.ts";

const EXAMPLE = {
  scope: { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" },
  conversion: { event: "Order Completed", value: "total" },
  models: ["last", "linear", "markov_1"],
};

/** How the answer was worked out, in words. */
function methodOf({ lookbackDays, halfLifeDays, models, repeats, conversion }: AttributionAsked, currency: Currency): string {
  const said = models.map((model) => `${model}: ${MODEL_WORDS[model]}`).join(" ");
  return `What customers met between two conversions, at most ${lookbackDays} days back, is one journey; those that led to nothing count too (half-life ${halfLifeDays} days; ${repeats ? "repeats of a channel are steps" : "repeats of a channel in a row are one"}). ${said} Intervals: of rules by the Poisson law of counts, of chains by resampled journeys. Credits say what was met before a conversion, not what caused it.${conversion.value === undefined ? "" : `${currencyWords(currency)} Refunds are not subtracted.`}`;
} // prettier-ignore

/** Registers the route; it needs a secret key or a session. */
export function attributionRoutes(app: App, { sql, log, clock, questions }: AnalysisDeps): void {
  app.post("/v1/attribution", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "divideConversions", tags: ["Journeys as they are"],
      summary: "Which channels were met before conversions, by every model side by side",
      body: AttributionAsked.meta({ examples: [EXAMPLE] }) as typeof AttributionAsked, querystring: AnswerQuery, response: { 200: AttributionAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const { answer, basis } = await questions.ask(workspace, ["attribution", body], askingOf(query, reply), async () => {
      const scoped = await scopeFor(sql, log, workspace, body.scope, clock());
      const read = await readPaths(log, scoped, body);
      const result = await answerOf(read, body, () => nextTurn());
      return { answer: result, asOfAt: scoped.asOfAt, events: read.events, customers: read.customers, method: methodOf(body, read.currency) };
    });
    if (query.format === "csv") return sendCsv(reply, "attribution", attributionTable(answer));
    return { result: answer, basis };
  }); // prettier-ignore
}
