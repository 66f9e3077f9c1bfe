/** HTTP of moments: what happened in a scope, and how the workspace wants events grouped. */
import { z } from "zod";
import type { App } from "../http/app.ts";
import { momentsIn } from "./cases.ts";
import { Basis, Moment, MomentGrouping, Scope } from "./model.ts";
import { type AnalysisDeps, AnswerQuery, askingOf, sendCsv } from "./request.ts";
import { scopeFor } from "./scope.ts";
import { readGrouping, writeGrouping } from "./store.ts";

const Found = z.object({ moments: z.array(Moment), basis: Basis });
const Asked = z
  .strictObject({ scope: Scope })
  .meta({ examples: [{ scope: { from: "2026-01-01T00:00:00Z", to: "2026-04-01T00:00:00Z" } }] });
const Changed = MomentGrouping.meta({
  examples: [{ rules: [{ touchpoint: "/help*", as: "Help read" }], pages: "by_path", channels: "apart" }],
});
const METHOD =
  "Events counted by channel and name; pages by path without ids, unless the workspace's grouping says otherwise.";

/** Registers the routes of moments; they need a secret key or a session. */
export function momentRoutes(app: App, { sql, log, clock, questions }: AnalysisDeps): void {
  const tags = ["Journeys as they are"];

  app.post("/v1/moments", {
    config: { access: "secret", reads: true },
    schema: {
      operationId: "listMoments", tags, summary: "What happened in a scope, as moments: the most frequent first",
      body: Asked, querystring: AnswerQuery, response: { 200: Found },
    },
  }, async ({ workspace, body: { scope }, query }, reply) => {
    const grouping = await readGrouping(sql, workspace);
    const { answer, basis } = await questions.ask(workspace, ["moments", scope, grouping], askingOf(query, reply), async () => {
      const scoped = await scopeFor(sql, log, workspace, scope, clock());
      const [{ moments }, [counted]] = await Promise.all([
        momentsIn(log, scoped, grouping),
        log.rows<{ events: number; customers: number }>(`select count() as events, uniqExact(customer) as customers from (${scoped.rows("")})`, scoped.parameters.values),
      ]);
      return { answer: moments, asOfAt: scoped.asOfAt, ...counted!, method: METHOD };
    });
    if (query.format === "csv")
      return sendCsv(reply, "moments", { header: ["moment", "channel", "name", "events"], rows: answer.map(({ key, channel, name, events }) => [key, channel, name, events]) });
    return { moments: [...answer], basis };
  }); // prettier-ignore

  app.get("/v1/moments/grouping", {
    config: { access: "secret" },
    schema: { operationId: "readMomentGrouping", tags, summary: "How events are grouped into moments", response: { 200: MomentGrouping } },
  }, ({ workspace }) => readGrouping(sql, workspace)); // prettier-ignore

  app.put("/v1/moments/grouping", {
    config: { access: "secret" },
    schema: {
      operationId: "changeMomentGrouping", tags, summary: "Change how events are grouped into moments",
      body: Changed, response: { 200: MomentGrouping },
    },
  }, async ({ workspace, body }) => {
    await writeGrouping(sql, workspace, body);
    return body;
  }); // prettier-ignore
}
