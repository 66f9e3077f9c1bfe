/** HTTP of templates: their versions, what they look like for a customer, and a test that is really sent. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure, type WrongPlace } from "../errors.ts";
import type { Actor, App } from "../http/app.ts";
import { forceReader } from "../segments/customer.ts";
import { problemsBy } from "../segments/check.ts";
import { type AtomId, type Clock, type WorkspaceId, atomOf, isoOf } from "../values.ts";
import { TemplateDraft } from "./model.ts";
import { type Prepared, type TemplateProblem, prepareTemplate, renderMessage } from "./render.ts";
import type { RunContext } from "./render-data.ts";
import { readTemplateData } from "./render-read.ts";
import { testLinksOf } from "./tokens.ts";
import { addTemplate, changeTemplate, createTemplates, listTemplates, listVersions, noTemplate, readTemplate, removeTemplate } from "./templates.ts"; // prettier-ignore
import {
  DraftPreview, Preview, PreviewQuery, TemplateBody, TemplateList, TemplateView, TestDraft, TestSent, VersionList, isTooMuch, previewOf, templateViewOf,
} from "./templates-document.ts"; // prettier-ignore

/** A message to try a template with, to an address a person gave. */
export type TestMessage = {
  readonly workspace: WorkspaceId;
  readonly template: number;
  readonly number: number;
  readonly to: string;
  readonly atom: AtomId | null;
  readonly context: RunContext;
};
export type TemplateDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** The address this server is reached by, without a stroke at its end. */
  readonly base: string;
  /** What uses a template and must keep it, in words: "the journey Saved cart". */
  readonly usesOf: (workspace: WorkspaceId, template: number) => Promise<readonly string[]>;
  /** Puts a test into the outbox; its message id. */
  readonly sendTest: (test: TestMessage) => Promise<string>;
};

const access = { access: "secret" } as const;
const tags = ["Templates"];
const Id = z.coerce.number().int().min(1).max(2_147_483_647);
const Params = z.object({ id: Id });
const IfMatch = z.object({ "if-match": z.string().max(40).optional().describe("The ETag read: refused when the template was changed since") }); // prettier-ignore

/** Registers the routes; each needs a secret key or a session. */
export function templateRoutes(app: App, deps: TemplateDeps): void {
  readingRoutes(app, deps);
  changingRoutes(app, deps);
  previewRoutes(app, deps);
}

function readingRoutes(app: App, { sql }: TemplateDeps): void {
  app.get("/v1/templates", {
    config: access,
    schema: { operationId: "listTemplates", tags, summary: "Templates, by name", response: { 200: TemplateList } },
  }, async ({ workspace }) => ({
    templates: (await listTemplates(sql, workspace)).map(({ id, newest, draft, createdAt, updatedAt }) => ({
      id, newest, name: draft.name, description: draft.description, channel: draft.content.channel, createdAt: isoOf(createdAt), updatedAt: isoOf(updatedAt),
    })),
  })); // prettier-ignore

  app.get("/v1/templates/:id", {
    config: access,
    schema: {
      operationId: "readTemplate", tags, summary: "A template, by its newest version or another", params: Params,
      querystring: z.object({ number: Id.optional().describe("A version; default: the newest") }), response: { 200: TemplateView },
    },
  }, async ({ workspace, params: { id }, query: { number } }, reply) => {
    const view = await viewOf(sql, workspace, id, number ?? null);
    return reply.header("etag", `"${view.newest}"`).send(view);
  }); // prettier-ignore

  app.get("/v1/templates/:id/versions", {
    config: access,
    schema: { operationId: "listTemplateVersions", tags, summary: "A template's versions, newest first", params: Params, response: { 200: VersionList } },
  }, async ({ workspace, params: { id } }) => {
    if (!(await readTemplate(sql, workspace, id))) noTemplate(id);
    return { versions: (await listVersions(sql, id)).map((version) => ({ ...version, createdAt: isoOf(version.createdAt) })) };
  }); // prettier-ignore
}

async function viewOf(
  sql: Sql,
  workspace: WorkspaceId,
  id: number,
  number: number | null,
): Promise<TemplateView> {
  const stored = (await readTemplate(sql, workspace, id, number)) ?? noTemplate(id);
  const preparation = await prepareTemplate(stored.draft);
  return templateViewOf(stored, preparation.type === "prepared" ? preparation.template.fields : []);
}

function changingRoutes(app: App, { sql, clock, usesOf }: TemplateDeps): void {
  app.post("/v1/templates", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "createTemplate", tags, summary: "Make a template",
      description: "What is wrong in its Liquid or MJML is told with line and column, all at once.",
      body: TemplateBody, response: { 201: TemplateView },
    },
  }, async (request, reply) => {
    const draft = draftIn(request);
    refuseWrong(await problemsOf(draft));
    const id = await addTemplate(sql, request.workspace, draft, nameOf(request.actor), clock());
    return reply.code(201).header("etag", '"1"').header("location", `/v1/templates/${id}`).send(await viewOf(sql, request.workspace, id, null));
  }); // prettier-ignore

  app.put("/v1/templates/:id", {
    config: access,
    attachValidation: true,
    schema: {
      operationId: "changeTemplate", tags, summary: "Change a template",
      description: "Makes a new version, which is sent from now on, also by journeys that run. The versions before stay readable.",
      params: Params, headers: IfMatch, body: TemplateBody, response: { 200: TemplateView },
    },
  }, async (request, reply) => {
    const draft = draftIn(request);
    const { workspace, params: { id }, headers, actor } = request;
    refuseWrong(await problemsOf(draft));
    const number = await changeTemplate(sql, workspace, id, draft, nameOf(actor), clock(), expectedOf(headers["if-match"]));
    return reply.header("etag", `"${number}"`).send(await viewOf(sql, workspace, id, null));
  }); // prettier-ignore

  app.delete("/v1/templates/:id", {
    config: access,
    schema: {
      operationId: "deleteTemplate", tags, summary: "Remove a template; refused while something sends it", params: Params,
      response: { 200: z.object({ id: z.int() }) },
    },
  }, async ({ workspace, params: { id } }) => {
    if (!(await readTemplate(sql, workspace, id))) noTemplate(id);
    const uses = await usesOf(workspace, id);
    if (uses.length > 0) throw new Failure("conflict", `Template ${id} is used by ${uses.slice(0, 5).join(", ")}${uses.length > 5 ? ` and ${uses.length - 5} more` : ""}.`);
    await removeTemplate(sql, workspace, id);
    return { id };
  }); // prettier-ignore
}

function previewRoutes(app: App, deps: TemplateDeps): void {
  const { sql, sendTest } = deps;
  const templates = createTemplates(sql);
  const preview = previewer(deps);

  app.post("/v1/templates/preview", {
    config: access,
    schema: {
      operationId: "previewTemplateDraft", tags, summary: "Look at a template that is not saved: the message, or what is wrong and where",
      body: DraftPreview, response: { 200: Preview },
    },
  }, async ({ workspace, body: { template, customerId, context } }) => {
    const parsed = TemplateDraft.safeParse(template);
    if (!parsed.success) return wrong(problemsBy(TemplateDraft, template).map((one) => ({ ...one, line: null, column: null })));
    const preparation = await prepareTemplate(parsed.data);
    if (preparation.type === "wrong") return wrong(preparation.problems.map((one) => ({ ...one, path: `content/${one.path}` })));
    return preview(workspace, preparation.template, customerId, context);
  }); // prettier-ignore

  app.post("/v1/templates/:id/preview", {
    config: access,
    schema: {
      operationId: "previewTemplate", tags, summary: "What a customer would get by a template",
      params: Params, querystring: z.object({ number: Id.optional() }), body: PreviewQuery, response: { 200: Preview },
    },
  }, async ({ workspace, params: { id }, query: { number }, body: { customerId, context } }) => {
    const ready = (await templates.ready(workspace, id, number ?? null)) ?? noTemplate(id);
    if ("problems" in ready) return wrong(ready.problems.map((one) => ({ ...one, path: `content/${one.path}` })));
    return preview(workspace, ready.template, customerId, context);
  }); // prettier-ignore

  app.post("/v1/templates/:id/test", {
    config: { ...access, idempotency: "replay" },
    schema: {
      operationId: "testTemplate", tags, summary: "Send a template to an address, as a test",
      description: "It goes by the workspace's own provider, marked as a test, and asks no permission: the address is given by you.",
      params: Params, body: TestDraft, response: { 202: TestSent },
    },
  }, async ({ workspace, params: { id }, body: { to, customerId, context } }, reply) => {
    const ready = (await templates.ready(workspace, id)) ?? noTemplate(id);
    if ("problems" in ready) refuseWrong(ready.problems);
    else {
      refuseTooMuch(context);
      const atom = customerId === undefined ? null : atomOf(customerId);
      const messageId = await sendTest({ workspace, template: id, number: ready.number, to, atom, context: context as RunContext });
      return reply.code(202).send({ messageId });
    }
  }); // prettier-ignore
}

/** Renders for a customer, or for a made-up one; nothing is kept, tracked or told. */
function previewer({ sql, clock, base }: TemplateDeps) {
  const force = forceReader(sql);
  const links = testLinksOf(base);
  return async (workspace: WorkspaceId, template: Prepared, customerId: string | undefined, context: object): Promise<Preview> => {
    refuseTooMuch(context);
    const atom = customerId === undefined ? null : atomOf(customerId);
    const read = await readTemplateData(sql, force, { workspace, atom, context: context as RunContext, links, now: clock() });
    if (!read) throw new Failure("not_found", `There is no customer ${customerId ?? ""}.`);
    const foot = { links, workspace: read.from, transactional: false };
    return previewOf(renderMessage(template, read.data, { manner: read.manner, foot, track: null, openPixel: null }), template.fields);
  };
} // prettier-ignore

const wrong = (problems: readonly TemplateProblem[]): Preview => ({ ok: false, content: null, fields: [], sms: null, reason: null, problems: [...problems] }); // prettier-ignore

function refuseTooMuch(context: object): void {
  if (isTooMuch(context)) throw new Failure("too_large", "context is larger than a message can carry.");
}

function draftIn({ body, validationError }: FastifyRequest): TemplateDraft {
  if (!validationError) return body as TemplateDraft;
  if (validationError.validationContext !== "body" || validationError instanceof Failure)
    throw validationError;
  const places = problemsBy(TemplateDraft, body).map(({ path, message }) => placeOf(path, message));
  if (places.length === 0) throw validationError;
  refuse(places);
}
async function problemsOf(draft: TemplateDraft): Promise<readonly TemplateProblem[]> {
  const preparation = await prepareTemplate(draft);
  return preparation.type === "wrong" ? preparation.problems : [];
}
function refuseWrong(problems: readonly TemplateProblem[]): void {
  if (problems.length === 0) return;
  refuse(problems.map(({ path, message, line, column }) => placeOf(`content/${path}`, line === null ? message : `Line ${line}${column === null ? "" : `, column ${column}`}: ${message}`))); // prettier-ignore
}
function refuse(places: readonly WrongPlace[]): never {
  throw new Failure("unprocessable", `${places[0]!.pointer.slice(2)}: ${places[0]!.detail}`, { places });
}
const placeOf = (path: string, detail: string): WrongPlace => ({ pointer: `#/${path.replace(/\/$/, "").replaceAll("~", "~0")}`, detail }); // prettier-ignore

const nameOf = (actor: Actor): string => actor.name;
function expectedOf(header: string | undefined): number | null {
  if (header === undefined || header === "*") return null;
  const number = /^(?:W\/)?"?(\d{1,10})"?$/.exec(header.trim());
  if (!number)
    throw new Failure("bad_request", 'If-Match is none this API has given: send the ETag, e.g. "2".');
  return Number(number[1]);
}
