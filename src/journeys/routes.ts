/** HTTP of journeys: drafts, publishing, blast radius, counts, runs. */
import { z } from "zod";
import type { Database } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { cursorOf, pageQuery, placeOf } from "../paging.ts";
import { problemsBy } from "../segments/check.ts";
import { atomsOfCustomer } from "../customers/read.ts";
import { type Clock, CustomerId, type Instant, type JsonObject, type WorkspaceId, atomOf } from "../values.ts"; // prettier-ignore
import { changeDraft, changeGlobalHoldout, changeState, createJourney, draftOf, enqueue, enqueueSegment, problemsOf, publish, readJourneyContext, removeJourney } from "./change.ts"; // prettier-ignore
import { BlastRadius, DraftBody, DraftChecked, EnterBody, Entering, GlobalHoldout, JourneyCounts, JourneyList, JourneyView, PublishBody, RunList, StateBody, VersionView } from "./document.ts"; // prettier-ignore
import { JourneyDraft } from "./model.ts";
import { readGlobalHoldout, readJourney, readRuns, readRunsOf } from "./store.ts";
import { blastRadius, journeyCounts, listJourneys, runView, viewJourney, viewVersion } from "./view.ts";

export type JourneyDeps = {
  readonly sql: Database;
  readonly clock: Clock;
  /** Says that there is a version to build. */
  readonly onVersion: () => void;
  /** Says that somebody is to enter a journey. */
  readonly onEntry: () => void;
};
const access = { access: "secret" } as const;
const tags = ["Journeys"];
const Params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
const DAY_MS = 86_400_000;

/** Registers the routes; each needs a secret key or a session. */
export function journeyRoutes(app: App, deps: JourneyDeps): void {
  draftRoutes(app, deps);
  publishRoutes(app, deps);
  runRoutes(app, deps);
}

function draftRoutes(app: App, { sql, clock }: JourneyDeps): void {
  app.get("/v1/journeys", {
    config: access,
    schema: { operationId: "listJourneys", tags, summary: "Journeys, by name", response: { 200: JourneyList } },
  }, async ({ workspace }) => ({ journeys: [...(await listJourneys(sql, workspace, clock()))] })); // prettier-ignore

  app.post("/v1/journeys", {
    config: access,
    schema: {
      operationId: "createJourney", tags, summary: "Make a journey, as a draft",
      description: "A draft may refer to what is not there yet; `problems` says what keeps it from being published. Nobody enters before that.",
      body: DraftBody, response: { 201: JourneyView },
    },
  }, async ({ workspace, body }, reply) => {
    const id = await createJourney(sql, workspace, draftOf(body.draft), clock());
    return reply.code(201).header("location", `/v1/journeys/${id}`).send(await viewJourney(sql, workspace, id, clock()));
  }); // prettier-ignore

  app.post("/v1/journeys/check", {
    config: access,
    schema: { operationId: "checkJourney", tags, summary: "Look at a draft: what is wrong with it, and where", body: DraftBody, response: { 200: DraftChecked } },
  }, async ({ workspace, body }) => {
    const shape = problemsBy(JourneyDraft, body.draft);
    const problems = shape.length > 0 ? shape : problemsOf(JourneyDraft.parse(body.draft), await readJourneyContext(sql, workspace));
    return { ok: problems.length === 0, problems: [...problems] };
  }); // prettier-ignore

  app.get("/v1/journeys/holdout", {
    config: access,
    schema: { operationId: "readGlobalHoldout", tags, summary: "The share of customers kept out of all journeys", response: { 200: GlobalHoldout } },
  }, async ({ workspace }) => ({ ratio: await readGlobalHoldout(sql, workspace) })); // prettier-ignore

  app.put("/v1/journeys/holdout", {
    config: access,
    schema: {
      operationId: "changeGlobalHoldout", tags, summary: "Set the share of customers kept out of all journeys",
      description: "Who is kept out is the same at every entry; a greater share keeps those who were out. Whoever is in a journey already goes on.",
      body: GlobalHoldout, response: { 200: GlobalHoldout },
    },
  }, async ({ workspace, body: { ratio } }) => {
    await changeGlobalHoldout(sql, workspace, ratio);
    return { ratio };
  }); // prettier-ignore

  app.get("/v1/journeys/:id", {
    config: access,
    schema: { operationId: "readJourney", tags, summary: "A journey: its draft, what is wrong with it, its versions", params: Params, response: { 200: JourneyView } },
  }, async ({ workspace, params }, reply) => {
    const view = await viewJourney(sql, workspace, params.id, clock());
    return reply.header("etag", `"${view.draftNo}"`).send(view);
  }); // prettier-ignore

  app.put("/v1/journeys/:id", {
    config: access,
    schema: {
      operationId: "changeJourney", tags, summary: "Change the draft; what is published stays as it is",
      params: Params, headers: z.object({ "if-match": z.string().optional().describe("The ETag of the draft that was read") }), body: DraftBody, response: { 200: JourneyView },
    },
  }, async ({ workspace, params, headers, body }, reply) => {
    const match = headers["if-match"];
    const expected = match === undefined || match === "*" ? null : Number(/^(?:W\/)?"?(\d{1,9})"?$/.exec(match.trim())?.[1] ?? Number.NaN);
    if (Number.isNaN(expected)) throw new Failure("bad_request", 'If-Match is none this API has given: send the ETag, e.g. "12".');
    await changeDraft(sql, workspace, params.id, draftOf(body.draft), clock(), expected);
    const view = await viewJourney(sql, workspace, params.id, clock());
    return reply.header("etag", `"${view.draftNo}"`).send(view);
  }); // prettier-ignore

  app.delete("/v1/journeys/:id", {
    config: access,
    schema: { operationId: "deleteJourney", tags, summary: "Remove a journey; refused while somebody is in it", params: Params, response: { 200: z.object({ id: z.int() }) } },
  }, async ({ workspace, params }) => {
    await removeJourney(sql, workspace, params.id);
    return { id: params.id };
  }); // prettier-ignore
}

function publishRoutes(app: App, { sql, clock, onVersion, onEntry }: JourneyDeps): void {
  app.get("/v1/journeys/:id/blast-radius", {
    config: access,
    schema: { operationId: "readBlastRadius", tags, summary: "Who would be affected by publishing the draft now", params: Params, response: { 200: BlastRadius } },
  }, async ({ workspace, params }) => blastRadius(sql, workspace, params.id, clock())); // prettier-ignore

  app.get("/v1/journeys/:id/versions/:number", {
    config: access,
    schema: {
      operationId: "readJourneyVersion", tags, summary: "A published version as it was, and what has changed since",
      params: Params.extend({ number: z.coerce.number().int().min(1).max(2_147_483_647) }),
      querystring: z.object({ against: z.coerce.number().int().min(1).optional().describe("Another version by number; absent: the draft") }),
      response: { 200: VersionView },
    },
  }, async ({ workspace, params: { id, number }, query }) => viewVersion(sql, workspace, id, { number, against: query.against ?? null })); // prettier-ignore

  app.post("/v1/journeys/:id/publish", {
    config: access,
    schema: {
      operationId: "publishJourney", tags, summary: "Publish the draft",
      description: "Customers enter the new version as soon as its rules know history; until then the version before is entered. `formerRuns` says what becomes of those who are in it.",
      params: Params, body: PublishBody, response: { 202: JourneyView },
    },
  }, async ({ workspace, params, body, actor }, reply) => {
    const by = actor.type === "user" ? actor.name : "API";
    await publish(sql, workspace, params.id, { formerRuns: body.formerRuns, by, expected: body.draftNo ?? null }, clock());
    onVersion();
    return reply.code(202).send(await viewJourney(sql, workspace, params.id, clock()));
  }); // prettier-ignore

  app.put("/v1/journeys/:id/state", {
    config: access,
    schema: {
      operationId: "changeJourneyState", tags, summary: "Pause, resume or stop a journey",
      description: "paused: nobody enters, those in it go on. stopped: those in it are taken out, and what was not sent yet is cancelled.",
      params: Params, body: StateBody, response: { 200: JourneyView },
    },
  }, async ({ workspace, params, body }) => {
    await changeState(sql, workspace, params.id, body.state, clock());
    onEntry();
    return viewJourney(sql, workspace, params.id, clock());
  }); // prettier-ignore
}

function runRoutes(app: App, { sql, clock, onEntry }: JourneyDeps): void {
  app.get("/v1/journeys/:id/counts", {
    config: access,
    schema: {
      operationId: "countJourney", tags, summary: "Who stands where in a version, and how many went which way",
      params: Params,
      querystring: z.object({ version: z.coerce.number().int().min(1).optional().describe("By number; absent: the one that is entered"), days: z.coerce.number().int().min(1).max(3_660).default(3_660) }),
      response: { 200: JourneyCounts },
    },
  }, async ({ workspace, params, query }) => {
    const counts = await journeyCounts(sql, workspace, params.id, { version: query.version ?? null, since: Math.max(0, clock() - query.days * DAY_MS) }, clock());
    if (!counts) throw new Failure("not_found", `Journey ${params.id} has no such published version.`);
    return counts;
  }); // prettier-ignore

  app.get("/v1/journeys/:id/runs", {
    config: access,
    schema: {
      operationId: "listJourneyRuns", tags, summary: "Customers in a journey, who came last first",
      params: Params,
      querystring: z.object({ step: z.string().max(50).optional(), state: z.string().max(20).optional(), ...pageQuery(200, 50) }),
      response: { 200: RunList },
    },
  }, async ({ workspace, params, query }) => {
    await readJourney(sql, workspace, params.id);
    const [before] = placeOf(query.cursor, ["number"]) ?? [null];
    const rows = await readRuns(sql, workspace, params.id, { step: query.step ?? null, state: query.state ?? null, limit: query.limit, before });
    const last = rows.at(-1);
    return {
      runs: rows.map((row) => runView(row)),
      nextCursor: rows.length === query.limit && last ? cursorOf([last.enteredAt]) : null,
    };
  }); // prettier-ignore

  app.post("/v1/journeys/:id/runs", {
    config: access,
    schema: {
      operationId: "enterJourney", tags, summary: "Let a customer, or all members of a segment, enter",
      description: "They are asked to enter within a moment; audience, re-entry and holdout of the journey hold as for everybody.",
      params: Params, body: EnterBody, response: { 202: Entering },
    },
  }, async ({ workspace, params, body }, reply) => {
    const queued = await enter(workspace, params.id, body, clock());
    onEntry();
    return reply.code(202).send({ queued });
  }); // prettier-ignore

  async function enter(workspace: WorkspaceId, id: number, body: z.infer<typeof EnterBody>, now: Instant) {
    if ("segment" in body) return enqueueSegment(sql, workspace, id, body.segment, now);
    const [atom] = await atomsOfCustomer(sql, workspace, atomOf(body.customerId)!);
    if (!atom) throw new Failure("not_found", `There is no customer ${body.customerId}.`);
    await enqueue(sql, workspace, id, atom.customer, body.key, body.context as JsonObject, now);
    return 1;
  }

  app.get("/v1/customers/:id/journeys", {
    config: access,
    schema: { operationId: "listCustomerRuns", tags: ["Customers"], summary: "The journeys a customer is or was in, newest first", params: z.object({ id: CustomerId }), response: { 200: RunList } },
  }, async ({ workspace, params }) => {
    const atoms = await atomsOfCustomer(sql, workspace, atomOf(params.id)!);
    if (atoms.length === 0) throw new Failure("not_found", `There is no customer ${params.id}.`);
    const rows = await readRunsOf(sql, workspace, atoms.map(({ id }) => id), 100);
    return { runs: rows.map((row) => runView(row)), nextCursor: null };
  }); // prettier-ignore
}
