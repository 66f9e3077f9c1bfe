/** HTTP of the map: the map itself, its variants, what is behind a part of it, and how long cases take. */
import { type AnalysisDeps, AnswerQuery, askingOf, sendCsv } from "../analysis/request.ts";
import type { TooLittle } from "../analysis/model.ts";
import { readGrouping } from "../analysis/store.ts";
import type { App } from "../http/app.ts";
import { asked, wholeMap } from "./discover.ts";
import { durationsOf } from "./durations.ts";
import { DurationsAnswer, DurationsQuery, DurationsRequest, MapAnswer, MapRequest, PartQuery, PathAnswer, PathRequest, VariantsAnswer, VariantsRequest } from "./model.ts"; // prettier-ignore
import { judgedRoutes } from "./judged-routes.ts";
import { pathOf } from "./path.ts";
import { shown, wholeOf } from "./show.ts";
import { edgesTable, nodesTable, pathTable, variantsTable, durationsTable } from "./tables.ts";
import { variantsOf } from "./variants.ts";
import { METHODS, notesOf } from "./words.ts";

/** What a question about cases needs to find. */
const NO_CASES: TooLittle = {
  type: "too_little_data",
  detail: "No case lies in this scope.",
  found: 0,
  needed: 1,
};
const tags = ["Journeys as they are"];
/** Registers the routes; they need a secret key or a session. */
export function mapRoutes(app: App, deps: AnalysisDeps): void {
  drawRoute(app, deps);
  variantsRoute(app, deps);
  pathRoute(app, deps);
  durationsRoute(app, deps);
  judgedRoutes(app, deps);
}

function drawRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "drawMap", tags, summary: "How customers really move: moments, and what directly follows what",
      body: MapRequest, querystring: PartQuery, response: { 200: MapAnswer },
    },
  }, async ({ workspace, body: { show, ...question }, query }, reply) => {
    const grouping = question.grouping ?? (await readGrouping(deps.sql, workspace));
    const focus = show.focus ?? null;
    // What is shown is chosen of the whole, so that hiding and showing again asks the log nothing.
    const { answer: map, basis } = await deps.questions.ask(workspace, ["map", question, grouping, focus], askingOf(query, reply), async () => {
      const ready = await asked(deps, workspace, question, grouping);
      const whole = await wholeMap(deps.log, ready, focus);
      const { events, people } = wholeOf(whole);
      return { answer: whole, asOfAt: ready.scoped.asOfAt, events, customers: people, method: METHODS.map };
    });
    const answer = wholeOf(map).cases === 0 ? null : shown(map, show, notesOf(question, map));
    if (query.format === "csv") return sendCsv(reply, `map-${query.part}`, query.part === "nodes" ? nodesTable(answer) : edgesTable(answer));
    return { answer: answer ?? NO_CASES, basis };
  });
} // prettier-ignore

function variantsRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/variants", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "listVariants", tags, summary: "The different ways that cases go, the most frequent first",
      body: VariantsRequest, querystring: AnswerQuery, response: { 200: VariantsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer, basis } = await deps.questions.ask(workspace, ["variants", body, grouping], askingOf(query, reply), async () => {
      const ready = await asked(deps, workspace, body, grouping);
      const variants = await variantsOf(deps.log, ready, body);
      return { answer: variants && { ...variants, notes: [...notesOf(body, null)] }, asOfAt: ready.scoped.asOfAt, events: ready.events, customers: variants?.totals.people ?? 0, method: METHODS.variants };
    });
    return query.format === "csv" ? sendCsv(reply, "variants", variantsTable(answer)) : { answer: answer ?? NO_CASES, basis };
  });
} // prettier-ignore

function pathRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/path", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "lookIntoMap", tags, summary: "Who is behind a moment, an edge, a variant or a drop-off",
      body: PathRequest, querystring: AnswerQuery, response: { 200: PathAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer, basis } = await deps.questions.ask(workspace, ["path", body, grouping], askingOf(query, reply), async () => {
      const ready = await asked(deps, workspace, body, grouping);
      const path = await pathOf(deps, ready, body);
      return { answer: path, asOfAt: ready.scoped.asOfAt, events: ready.events, customers: path?.people ?? 0, method: METHODS.path };
    });
    return query.format === "csv" ? sendCsv(reply, "path", pathTable(answer)) : { answer: answer ?? { ...NO_CASES, detail: "No case of this scope has it." }, basis };
  });
} // prettier-ignore

function durationsRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/durations", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "readDurations", tags, summary: "How long cases take, and how much of it is work",
      body: DurationsRequest, querystring: DurationsQuery, response: { 200: DurationsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer, basis } = await deps.questions.ask(workspace, ["durations", body, grouping], askingOf(query, reply), async () => {
      const ready = await asked(deps, workspace, body, grouping);
      const found = await durationsOf(deps.log, ready, body);
      return { answer: found && found.durations, asOfAt: ready.scoped.asOfAt, events: ready.events, customers: found?.people ?? 0, method: METHODS.durations };
    });
    return query.format === "csv" ? sendCsv(reply, `durations-${query.part}`, durationsTable(answer, query.part)) : { answer: answer ?? NO_CASES, basis };
  });
} // prettier-ignore
