/** HTTP of questions and barriers. */
import { type AnalysisDeps, AnswerQuery, type Table, askingOf, sendCsv } from "../analysis/request.ts";
import type { App } from "../http/app.ts";
import { findQuestions } from "./ask.ts";
import { type QuestionGroup, QuestionsAnswer, QuestionsAsked } from "./model.ts";

/** Registers `POST /v1/questions`; it needs a secret key or a session. */
export function questionRoutes(app: App, { sql, log, clock, questions }: AnalysisDeps): void {
  app.post("/v1/questions", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "listQuestions", tags: ["Journeys as they are"], summary: "What customers asked, searched for, objected to and could not fill in, by stage",
      body: QuestionsAsked, querystring: AnswerQuery, response: { 200: QuestionsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const { answer, basis } = await questions.ask(workspace, ["questions", body], askingOf(query, reply), () => findQuestions(sql, log, workspace, body, clock()));
    if (query.format === "csv") return sendCsv(reply, "questions", tableOf(answer.type === "found" ? answer.groups : []));
    return { ...answer, basis };
  }); // prettier-ignore
}

const tableOf = (groups: readonly QuestionGroup[]): Table => ({
  header: ["kind", "key", "label", "people", "events", "share", "share_low", "share_high", "without_answer", "people_before", "direction", "sentiment", "score", "stages"],
  rows: groups.map((one) => [
    one.kind, one.key, one.label, one.people, one.events, one.shareRatio, one.share.low, one.share.high, one.withoutAnswer, one.trend.peopleBefore, one.trend.direction,
    one.sentiment?.mean ?? null, one.score?.mean ?? null, one.stages.map(({ stage, people }) => `${stage ?? "not known"}: ${people}`).join("; "),
  ]),
}); // prettier-ignore
