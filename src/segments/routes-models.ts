/** HTTP of what rules are made with: the stage model, computed traits and bands. */
import { z } from "zod";
import type { Database } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { changeRfm, changeStages, createTrait, deleteTrait } from "./change.ts";
import {
  ComputedTraitList,
  ComputedTraitView,
  RfmAsk,
  RfmSuggestion,
  RfmView,
  StageCounts,
  StageStarters,
  StagesView,
} from "./document.ts";
import { countCustomers } from "./members.ts";
import { ComputedTraitDraft, RfmModel, type StageModel as Model, StageModel } from "./model.ts";
import { suggestRfm } from "./rfm.ts";
import { type SegmentDeps, bodyBy } from "./request.ts";
import { STAGE_STARTERS } from "./starters.ts";
import { readDefinitions, readRfm } from "./store.ts";
import { stagesView, traitViews } from "./view.ts";

const access = { access: "secret" } as const;
const MODEL = StageModel.meta({
  examples: [{
    backward: "allowed",
    stages: [
      { key: "visitor", name: "Visitor", description: "", rule: null },
      { key: "buyer", name: "Buyer", description: "", rule: { type: "did", event: "Order Completed" } },
    ],
  }],
}); // prettier-ignore
const TRAIT = ComputedTraitDraft.meta({
  examples: [{ name: "orders_90_days", description: "", event: "Order Completed", when: { from: { agoMs: 7_776_000_000 } }, measure: { of: "count" } }],
}); // prettier-ignore
const RFM = RfmModel.meta({
  examples: [{ event: "Order Completed", property: "total", recencyDays: [14, 30, 90, 180], frequency: [1, 2, 4, 8], money: [20, 50, 100, 300] }],
}); // prettier-ignore

/** Registers the routes; each needs a secret key or a session. */
export function modelRoutes(app: App, deps: SegmentDeps): void {
  stageRoutes(app, deps);
  traitRoutes(app, deps);
  rfmRoutes(app, deps);
}

function stageRoutes(app: App, { sql, clock, onVersion }: SegmentDeps): void {
  const tags = ["Stages"];
  app.get("/v1/stages", {
    config: access,
    schema: { operationId: "readStages", tags, summary: "The stages customers go through", response: { 200: StagesView } },
  }, async ({ workspace }) => stagesView(await readDefinitions(sql, workspace))); // prettier-ignore

  app.put("/v1/stages", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "changeStages", tags, summary: "Set the stages",
      description: "Everybody begins in the first; a customer stands in the last stage whose rule holds. `backward: never`: nobody goes back.",
      body: MODEL, response: { 200: StagesView },
    },
  }, async (request) => {
    await changeStages(sql, request.workspace, bodyBy(MODEL, request), clock());
    onVersion();
    return stagesView(await readDefinitions(sql, request.workspace));
  }); // prettier-ignore

  app.get("/v1/stages/starters", {
    config: access,
    schema: { operationId: "listStageStarters", tags, summary: "Stages to begin with, by kind of business", response: { 200: StageStarters } },
  }, async () => ({ starters: STAGE_STARTERS })); // prettier-ignore

  app.get("/v1/stages/counts", {
    config: access,
    schema: { operationId: "countStages", tags, summary: "How many customers stand in each stage; no stages while none are set, or none serve yet", response: { 200: StageCounts } },
  }, async ({ workspace }) => {
    const { stages } = await readDefinitions(sql, workspace);
    const model = stages?.serving?.body as Model | undefined;
    return model ? countsOf(sql, workspace, model, clock()) : { total: await countCustomers(sql, workspace), stages: [] };
  }); // prettier-ignore
}

/** Customers by stage; those of whom nothing is written down are where everybody begins. */
async function countsOf(
  sql: Database,
  workspace: WorkspaceId,
  model: Model,
  now: Instant,
): Promise<StageCounts> {
  const rows = await sql.query<{ stage: string; n: number; since: Instant }>(
    "select stage, count(*) as n, percentile_disc(0.5) within group (order by since_at) as since from customer_stages where workspace = $1 group by stage",
    [workspace],
  );
  const total = await countCustomers(sql, workspace);
  const further = model.stages
    .slice(1)
    .reduce((sum, { key }) => sum + (rows.find(({ stage }) => stage === key)?.n ?? 0), 0);
  return {
    total,
    stages: model.stages.map(({ key, name }, i) => {
      const row = rows.find(({ stage }) => stage === key);
      const customers = i === 0 ? Math.max(0, total - further) : (row?.n ?? 0);
      // Of those who have been there since the beginning it is not written down since when.
      const known = row && row.n === customers;
      return { key, name, customers, medianMs: known ? Math.max(0, now - row.since) : null };
    }),
  };
}

function traitRoutes(app: App, { sql, clock, onVersion }: SegmentDeps): void {
  const tags = ["Computed traits"];
  app.get("/v1/computed-traits", {
    config: access,
    schema: { operationId: "listComputedTraits", tags, summary: "Traits that are worked out from what customers do", response: { 200: ComputedTraitList } },
  }, async ({ workspace }) => ({ computedTraits: traitViews(await readDefinitions(sql, workspace)) })); // prettier-ignore

  app.post("/v1/computed-traits", {
    config: access,
    attachValidation: true,
    schema: { operationId: "createComputedTrait", tags, summary: "Make a computed trait", body: TRAIT, response: { 201: ComputedTraitView } },
  }, async (request, reply) => {
    const draft = bodyBy(TRAIT, request);
    await createTrait(sql, request.workspace, draft, clock());
    onVersion();
    const made = traitViews(await readDefinitions(sql, request.workspace)).find(({ name }) => name === draft.name)!;
    return reply.code(201).send(made);
  }); // prettier-ignore

  app.delete("/v1/computed-traits/:name", {
    config: access,
    schema: {
      operationId: "deleteComputedTrait", tags, summary: "Remove a computed trait; refused while a rule asks for it",
      params: z.object({ name: z.string().min(1).max(100) }), response: { 200: z.object({ name: z.string() }) },
    },
  }, async ({ workspace, params }) => {
    await deleteTrait(sql, workspace, params.name);
    onVersion();
    return { name: params.name };
  }); // prettier-ignore
}

function rfmRoutes(app: App, { sql, log, clock, onVersion }: SegmentDeps): void {
  const tags = ["Segments"];
  app.get("/v1/rfm", {
    config: access,
    schema: { operationId: "readRfm", tags, summary: "The bands of recency, frequency and money", response: { 200: RfmView } },
  }, async ({ workspace }) => ({ rfm: await readRfm(sql, workspace) })); // prettier-ignore

  app.put("/v1/rfm", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "changeRfm", tags, summary: "Set the bands", description: "Segments that ask for bands get a new version.",
      body: RFM, response: { 200: RfmView },
    },
  }, async (request) => {
    await changeRfm(sql, request.workspace, bodyBy(RFM, request), clock());
    onVersion();
    return { rfm: await readRfm(sql, request.workspace) };
  }); // prettier-ignore

  app.post("/v1/rfm/suggest", {
    config: access,
    schema: {
      operationId: "suggestRfm", tags, summary: "Bounds that cut those who bought into fifths, by what is in the event log now",
      body: RfmAsk, response: { 200: RfmSuggestion },
    },
  }, async ({ workspace, body }) => suggestRfm(log, workspace, body, clock())); // prettier-ignore
}
