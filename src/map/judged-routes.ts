/** HTTP of what judges the map: two parts of history side by side, what goes with moving forward, plans over what is done. */
import type { TooLittle } from "../analysis/model.ts";
import { type AnalysisDeps, AnswerQuery, askingOf, sendCsv } from "../analysis/request.ts";
import { readGrouping } from "../analysis/store.ts";
import type { App } from "../http/app.ts";
import { compared, sidesOf } from "./compare.ts";
import { conformanceOf } from "./conformance.ts";
import { everybodyOf, followed, helpsOf } from "./helps.ts";
import { CompareAnswer, CompareRequest, ConformanceAnswer, ConformanceQuery, ConformanceRequest, HelpsAnswer, HelpsRequest } from "./judged-model.ts"; // prettier-ignore
import { MAP_LIMITS, PartQuery } from "./model.ts";
import { wholeOf } from "./show.ts";
import { comparedEdgesTable, comparedNodesTable, conformanceTable, helpsTable } from "./tables.ts";
import { METHODS } from "./words.ts";

const tags = ["Journeys as they are"];

/** Registers the routes; they need a secret key or a session. */
export function judgedRoutes(app: App, deps: AnalysisDeps): void {
  compareRoute(app, deps);
  helpsRoute(app, deps);
  conformanceRoute(app, deps);
}

function compareRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/compare", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "compareMaps", tags, summary: "Two periods, segments, or who reached a goal and who did not, side by side",
      body: CompareRequest, querystring: PartQuery, response: { 200: CompareAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer: sides, basis } = await deps.questions.ask(workspace, ["compare", body, grouping], askingOf(query, reply), async () => {
      const found = await sidesOf(deps, workspace, body, grouping);
      const [a, b] = [wholeOf(found.a), wholeOf(found.b)];
      return { answer: found, asOfAt: found.asOfAt, events: a.events + b.events, customers: a.people + b.people, method: METHODS.compare };
    });
    const answer = compared(sides);
    if (query.format === "csv") return sendCsv(reply, `compare-${query.part}`, query.part === "nodes" ? comparedNodesTable(answer) : comparedEdgesTable(answer));
    if (answer === null) {
      const found = Math.min(wholeOf(sides.a).people, wholeOf(sides.b).people);
      return { answer: { type: "too_little_data", detail: "On the smaller side are too few people to be compared.", found, needed: MAP_LIMITS.comparedLeast } satisfies TooLittle, basis };
    }
    return { answer, basis };
  });
} // prettier-ignore

function helpsRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/helps", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "readWhatHelps", tags, summary: "Moments that go with reaching a goal more, or less, often",
      body: HelpsRequest, querystring: AnswerQuery, response: { 200: HelpsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer: found, basis } = await deps.questions.ask(workspace, ["helps", body, grouping], askingOf(query, reply), async () => {
      const people = await followed(deps, workspace, body, grouping);
      return { answer: people, asOfAt: people.asOfAt, events: people.events, customers: everybodyOf(people).n + people.reachedBefore + people.tooShort + people.alreadyThere, method: METHODS.helps };
    });
    const answer = helpsOf(found, grouping.channels === "apart");
    return query.format === "csv" ? sendCsv(reply, "helps", helpsTable(answer)) : { answer: answer ?? tooFewOf(everybodyOf(found)), basis };
  });
} // prettier-ignore

function tooFewOf({ hits, n }: { readonly hits: number; readonly n: number }): TooLittle {
  if (n < MAP_LIMITS.followedLeast)
    return { type: "too_little_data", detail: "Too few customers could be followed from the landmark to the horizon.", found: n, needed: MAP_LIMITS.followedLeast }; // prettier-ignore
  const [who, found] = hits < n - hits ? ["reached the goal", hits] : ["did not reach the goal", n - hits];
  return {
    type: "too_little_data",
    detail: `Of the customers who were followed too few ${who}.`,
    found,
    needed: MAP_LIMITS.reachedLeast,
  };
}

function conformanceRoute(app: App, deps: AnalysisDeps): void {
  app.post("/v1/map/conformance", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "readConformance", tags, summary: "A published journey over what people really do",
      body: ConformanceRequest, querystring: ConformanceQuery, response: { 200: ConformanceAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const grouping = body.grouping ?? (await readGrouping(deps.sql, workspace));
    const { answer, basis } = await deps.questions.ask(workspace, ["conformance", body, grouping], askingOf(query, reply), async () => {
      const { conformance, ...rest } = await conformanceOf(deps, workspace, body, grouping);
      return { answer: conformance, ...rest, method: METHODS.conformance };
    });
    if (query.format === "csv") return sendCsv(reply, `conformance-${query.part}`, conformanceTable(answer, query.part));
    return { answer: answer ?? ({ type: "too_little_data", detail: "Nobody came into this version in the period.", found: 0, needed: MAP_LIMITS.runsLeast } satisfies TooLittle), basis };
  });
} // prettier-ignore
