/** HTTP of segments: definitions, checks and previews, members and numbers. The other routes of the room are registered here too. */
import { Readable } from "node:stream";
import { z } from "zod";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { pageQuery } from "../paging.ts";
import { type AtomId, type WorkspaceId, isoOf } from "../values.ts";
import { changeSegment, checkRule, createSegment, deleteSegment, noSegment, refuse } from "./change.ts";
import {
  MemberPage,
  Overlap,
  RuleBody,
  RuleChecked,
  RulePreview,
  SegmentHistory,
  SegmentList,
  SegmentView,
  Starters,
} from "./document.ts";
import { OVERLAP_MAX, countCustomers, membersCsv, overlapOf, readMembers, summariesOf } from "./members.ts";
import { DAY_MS, HISTORY_MS_MAX, readHistory } from "./membership.ts";
import { SegmentDraft } from "./model.ts";
import { preview } from "./preview.ts";
import { type SegmentDeps, bodyBy } from "./request.ts";
import { customerSegmentRoutes } from "./routes-customer.ts";
import { modelRoutes } from "./routes-models.ts";
import { SEGMENT_STARTERS } from "./starters.ts";
import { contextOf, namesOf, readDefinitions } from "./store.ts";
import { segmentViews } from "./view.ts";
import { wordsOf } from "./words.ts";

const SAMPLE = 20;
const HISTORY_DEFAULT_MS = 30 * DAY_MS;
const Id = z.coerce.number().int().min(1).max(2_147_483_647);
const Params = z.object({ id: Id });
const At = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Ids = z
  .string()
  .regex(/^\d{1,10}(,\d{1,10})+$/, "Numbers of segments with commas between")
  .describe(`2 to ${OVERLAP_MAX} segments: 1,2,3`);
const IfMatch = z.object({
  "if-match": z.string().max(40).optional().describe("The ETag read: refused when the segment was changed since"),
}); // prettier-ignore
const DRAFT = SegmentDraft.meta({
  examples: [{
    name: "Loyal buyers", description: "",
    rule: { type: "did", event: "Order Completed", when: { from: { agoMs: 31_536_000_000 } }, is: { op: "at_least", value: 5 } },
  }],
}); // prettier-ignore

/** Registers the room's routes; each needs a secret key or a session. */
export function segmentRoutes(app: App, deps: SegmentDeps): void {
  definitionRoutes(app, deps);
  ruleRoutes(app, deps);
  memberRoutes(app, deps);
  modelRoutes(app, deps);
  customerSegmentRoutes(app, deps);
}

const access = { access: "secret" } as const;
const tags = ["Segments"];

function definitionRoutes(app: App, { sql, clock, onVersion }: SegmentDeps): void {
  const viewOf = async (workspace: WorkspaceId, id: number): Promise<SegmentView> =>
    segmentViews(await readDefinitions(sql, workspace), new Set([id]))[0] ?? noSegment(id);

  app.get("/v1/segments", {
    config: access,
    schema: { operationId: "listSegments", tags, summary: "Segments, by name", response: { 200: SegmentList } },
  }, async ({ workspace }) => ({ segments: segmentViews(await readDefinitions(sql, workspace)) })); // prettier-ignore

  app.post("/v1/segments", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "createSegment", tags, summary: "Make a segment",
      description: "It is built from history while events keep coming; `progress` tells how far it is, and it serves once it is whole.",
      body: DRAFT, response: { 201: SegmentView },
    },
  }, async (request, reply) => {
    const id = await createSegment(sql, request.workspace, bodyBy(DRAFT, request), clock());
    onVersion();
    const view = await viewOf(request.workspace, id);
    return reply.code(201).header("etag", `"${view.newestVersion}"`).header("location", `/v1/segments/${id}`).send(view);
  }); // prettier-ignore

  app.get("/v1/segments/:id", {
    config: access,
    schema: { operationId: "readSegment", tags, summary: "A segment", params: Params, response: { 200: SegmentView } },
  }, async ({ workspace, params }, reply) => {
    const view = await viewOf(workspace, params.id);
    return reply.header("etag", `"${view.newestVersion}"`).send(view);
  }); // prettier-ignore

  app.put("/v1/segments/:id", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "changeSegment", tags, summary: "Change a segment",
      description: "Another rule makes a new version, also of the segments that refer to this one; the old ones serve until the new ones are whole.",
      params: Params, headers: IfMatch, body: DRAFT, response: { 200: SegmentView },
    },
  }, async (request, reply) => {
    const draft = bodyBy(DRAFT, request);
    const { workspace, params: { id }, headers } = request;
    await changeSegment(sql, workspace, id, draft, clock(), expectedOf(headers["if-match"]));
    onVersion();
    const view = await viewOf(workspace, id);
    return reply.header("etag", `"${view.newestVersion}"`).send(view);
  }); // prettier-ignore

  app.delete("/v1/segments/:id", {
    config: access,
    schema: {
      operationId: "deleteSegment", tags, summary: "Remove a segment; refused while another refers to it",
      params: Params, response: { 200: z.object({ id: z.int() }) },
    },
  }, async ({ workspace, params }) => {
    await deleteSegment(sql, workspace, params.id);
    onVersion();
    return { id: params.id };
  }); // prettier-ignore
}

function expectedOf(header: string | undefined): number | null {
  if (header === undefined || header === "*") return null;
  const number = /^(?:W\/)?"?(\d{1,10})"?$/.exec(header.trim());
  if (!number)
    throw new Failure("bad_request", 'If-Match is none this API has given: send the ETag, e.g. "12".');
  return Number(number[1]);
}

function ruleRoutes(app: App, { sql, log, clock }: SegmentDeps): void {
  app.post("/v1/segments/check", {
    config: access,
    schema: {
      operationId: "checkRule", tags, summary: "Look at a rule: what is wrong with it and where, or what it says in words",
      body: RuleBody, response: { 200: RuleChecked },
    },
  }, async ({ workspace, body }) => {
    const all = await readDefinitions(sql, workspace);
    const checked = checkRule(body.rule, contextOf(all));
    if (!checked.ok) return { ok: false, problems: [...checked.problems], summary: null };
    return { ok: true, problems: [], summary: wordsOf(checked.rule, namesOf(all)) };
  }); // prettier-ignore

  app.post("/v1/segments/preview", {
    config: access,
    schema: {
      operationId: "previewRule", tags, summary: "Count who would be in by a rule, over the whole event log, with a sample",
      body: RuleBody, response: { 200: RulePreview },
    },
  }, async ({ workspace, body }) => {
    const checked = checkRule(body.rule, contextOf(await readDefinitions(sql, workspace)));
    if (!checked.ok) refuse(checked.problems, "rule");
    const begunAt = performance.now();
    const [found, total] = await Promise.all([
      preview(log, sql, workspace, checked.plan, clock(), SAMPLE),
      countCustomers(sql, workspace),
    ]);
    const sample = await summariesOf(sql, found.customers as readonly AtomId[]);
    return {
      count: found.count, total, sample: [...sample.values()], asOf: isoOf(found.asOfAt),
      tookMs: Math.round(performance.now() - begunAt),
    };
  }); // prettier-ignore

  app.get("/v1/segments/starters", {
    config: access,
    schema: { operationId: "listSegmentStarters", tags, summary: "Segments to begin with", response: { 200: Starters } },
  }, async () => ({ starters: SEGMENT_STARTERS })); // prettier-ignore
}

function memberRoutes(app: App, { sql, clock }: SegmentDeps): void {
  const segmentOf = async (workspace: WorkspaceId, id: number) =>
    (await readDefinitions(sql, workspace)).segments.get(id) ?? noSegment(id);
  const servingOf = async (workspace: WorkspaceId, id: number) => {
    const segment = await segmentOf(workspace, id);
    const { serving } = segment;
    if (!serving)
      throw new Failure("conflict", `Segment ${id} is still being built: nobody is known to be in yet.`, { retryAfterSeconds: 2 }); // prettier-ignore
    return { id, name: segment.name, version: serving.id, members: serving.members, asOf: serving.asOf };
  };

  app.get("/v1/segments/:id/members", {
    config: access,
    schema: {
      operationId: "listMembers", tags, summary: "Who is in, newest customers first",
      description: "409 while no version of the segment is whole.",
      params: Params, querystring: z.object(pageQuery(200, 50)), response: { 200: MemberPage },
    },
  }, async ({ workspace, params, query }) => {
    const { version, members: total, asOf } = await servingOf(workspace, params.id);
    return { ...(await readMembers(sql, version, query)), total, asOf: asOf === null ? null : isoOf(asOf) };
  }); // prettier-ignore

  app.get("/v1/segments/:id/members.csv", {
    config: access,
    schema: { operationId: "exportMembers", tags, summary: "Everybody who is in, as CSV", params: Params, produces: ["text/csv"] },
  }, async ({ workspace, params }, reply) => {
    const { version, id } = await servingOf(workspace, params.id);
    return reply.header("content-type", "text/csv; charset=utf-8").header("content-disposition", `attachment; filename="segment-${id}.csv"`)
      .send(Readable.from(membersCsv(sql, version)));
  }); // prettier-ignore

  app.get("/v1/segments/:id/history", {
    config: access,
    schema: {
      operationId: "readSegmentHistory", tags, summary: "How many were in over time: by the hour up to 14 days, else by the day", params: Params,
      querystring: z.object({ from: At.optional().describe("Default: 30 days before the end"), to: At.optional().describe("Default: now") }),
      response: { 200: SegmentHistory },
    },
  }, async ({ workspace, params, query }) => {
    await segmentOf(workspace, params.id);
    const toAt = Math.min(query.to ?? clock(), clock());
    const fromAt = query.from ?? toAt - HISTORY_DEFAULT_MS;
    if (fromAt >= toAt || toAt - fromAt > HISTORY_MS_MAX) throw new Failure("bad_request", "from is before to (and now), and at most two years before it.");
    return readHistory(sql, params.id, { fromAt, toAt });
  }); // prettier-ignore

  app.get("/v1/segments/overlap", {
    config: access,
    schema: {
      operationId: "readOverlap", tags, summary: "How segments overlap", querystring: z.object({ ids: Ids }), response: { 200: Overlap },
    },
  }, async ({ workspace, query }) => {
    const ids = [...new Set(query.ids.split(",").map(Number))];
    if (ids.length < 2 || ids.length > OVERLAP_MAX) throw new Failure("bad_request", `Name 2 to ${OVERLAP_MAX} different segments.`);
    const serving = [];
    for (const id of ids) serving.push(await servingOf(workspace, id));
    return overlapOf(sql, serving);
  }); // prettier-ignore
}
