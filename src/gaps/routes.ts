/** HTTP of gaps: looking for them, what is kept of them, their state and assumptions, and making their remedy. */
import { z } from "zod";
import { type AnalysisDeps, AnswerQuery, type Table, sendCsv } from "../analysis/request.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { isoOf } from "../values.ts";
import { searchAndKeep } from "./keep.ts";
import { makeRemedy } from "./make.ts";
import { GapChange, GapDetail, GapList, GapSearch, type GapView, GapsAnswer, GapsQuery, RemedyAsked, RemedyMade } from "./model.ts"; // prettier-ignore
import { mayBecome } from "./state.ts";
import { note, readGap, readLookedAt, writeAssumptions, writeState } from "./store.ts";
import { proofOf, viewFound, viewGap, viewGaps } from "./view.ts";

export type GapDeps = AnalysisDeps & {
  /** Says that there is a segment to build. */
  readonly onVersion?: () => void;
};
const access = { access: "secret" } as const;
const tags = ["Journeys as they are"];
const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });

/** Registers them; each needs a secret key or a session. */
export function gapRoutes(app: App, deps: GapDeps): void {
  const { sql, clock } = deps;
  searching(app, deps);

  app.get("/v1/gaps", {
    config: access,
    schema: { operationId: "listGaps", tags, summary: "Gaps that were found, ranked", querystring: GapsQuery, response: { 200: GapList } },
  }, async ({ workspace, query: { state = null, kind = null, limit, format } }, reply) => {
    const gaps = await viewGaps(deps, workspace, { state, kind, limit }, clock());
    if (format === "csv") return sendCsv(reply, "gaps", tableOf(gaps));
    const lookedAt = await readLookedAt(sql, workspace);
    return { gaps: [...gaps], lookedAt: lookedAt === null ? null : isoOf(lookedAt) };
  }); // prettier-ignore

  app.get("/v1/gaps/:id", {
    config: access,
    schema: { operationId: "readGap", tags, summary: "A gap with its history, from being found to being proven", params: Params, response: { 200: GapDetail } },
  }, ({ workspace, params }) => viewGap(deps, workspace, params.id, clock())); // prettier-ignore

  app.put("/v1/gaps/:id", {
    config: access,
    schema: {
      operationId: "changeGap", tags, summary: "Change a gap's state or what its value assumes",
      description: "`proven` is only taken when something proves it: its journey's results are better, or its ratio fell. What is not given stays as it is.",
      params: Params, body: GapChange, response: { 200: GapDetail },
    },
  }, async ({ workspace, params, body, actor }) => {
    const now = clock();
    const gap = await readGap(sql, workspace, params.id);
    const state = body.state ?? gap.state;
    const allowed = mayBecome(gap.state, state, await proofOf(deps, workspace, gap, now));
    if (allowed.type === "refused") throw new Failure("unprocessable", allowed.why);
    await sql.transaction(async (tx) => {
      const said = (words: string): string => (body.note === "" ? words : `${words} ${body.note}`);
      if (state !== gap.state) {
        await writeState(tx, gap, state, now);
        await note(tx, workspace, gap.id, { by: actor.name, what: "state", state, words: said(`From ${gap.state.replace("_", " ")} to ${state.replace("_", " ")}.`) }, now);
      }
      if (body.assumptions === undefined) return;
      await writeAssumptions(tx, gap.id, { ...gap.assumptions, ...body.assumptions });
      await note(tx, workspace, gap.id, { by: actor.name, what: "assumptions", state, words: said(`Laid down: ${Object.entries(body.assumptions).map(([name, value]) => `${name} ${value ?? "as by the orders"}`).join(", ")}.`) }, now);
    });
    return viewGap(deps, workspace, gap.id, now);
  }); // prettier-ignore

  app.post("/v1/gaps/:id/remedy", {
    config: access,
    schema: {
      operationId: "makeGapRemedy", tags, summary: "Make a gap's drafted remedy",
      description: "A journey is made as a draft with people held out, to be replayed and published as any other; tasks are made for the customers who show the gap; what is content or data is noted as begun. Nothing is sent.",
      params: Params, body: RemedyAsked, response: { 201: RemedyMade },
    },
  }, async ({ workspace, params, body, actor }, reply) => {
    const gap = await readGap(sql, workspace, params.id);
    if (gap.state === "dismissed") throw new Failure("conflict", "This gap was dismissed: open it first.");
    if (gap.state === "being_fixed") throw new Failure("conflict", gap.journey === null ? "This gap is being fixed already." : `This gap is being fixed already, by journey ${gap.journey}.`);
    const made = await makeRemedy(sql, workspace, gap, body, actor.name, clock());
    deps.onVersion?.();
    return reply.code(201).send({ gap: await viewGap(deps, workspace, gap.id, clock()), made });
  }); // prettier-ignore
}

function searching(app: App, deps: GapDeps): void {
  app.post("/v1/gaps/search", {
    config: access,
    schema: {
      operationId: "searchGaps", tags, summary: "Look for gaps in a part of history, and keep those that are found",
      description: "Nothing is raised below a floor of people, nor unless the ratio is beyond what is normal with the corrected certainty. A gap that was found before keeps its state.",
      body: GapSearch, querystring: AnswerQuery, response: { 200: GapsAnswer },
    },
  }, async ({ workspace, body, query }, reply) => {
    const now = deps.clock();
    const { answer, basis, found } = await searchAndKeep(deps, workspace, body, query.fresh, now);
    if (answer.type === "too_little_data") return query.format === "csv" ? sendCsv(reply, "gaps", tableOf([])) : { ...answer, basis };
    const gaps = await viewFound(deps, workspace, found, now);
    if (query.format === "csv") return sendCsv(reply, "gaps", tableOf(gaps));
    return { type: "found" as const, gaps: [...gaps], looked: [...answer.looked], basis };
  }); // prettier-ignore
}

const tableOf = (gaps: readonly GapView[]): Table => ({
  header: ["place", "id", "kind", "subject", "title", "state", "people", "of", "ratio", "ratio_low", "ratio_high", "normal", "against", "value", "value_low", "value_high", "currency", "score", "p_value", "remedy", "journey"],
  rows: gaps.map(({ ranking, id, kind, subject, title, state, affected: { people, of, ratio, interval }, normal, value, confidence, remedy, journeyId }) => {
    const known = value.type === "known" ? value : null;
    return [ranking.place, id, kind, subject, title, state, people, of, ratio, interval.low, interval.high, normal.ratio, normal.against, known?.amount ?? null, known?.interval.low ?? null, known?.interval.high ?? null, known?.currency ?? null, ranking.score, confidence.pValue, remedy.type, journeyId];
  }),
}); // prettier-ignore
