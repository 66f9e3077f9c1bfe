/** HTTP of decisions: places as they are laid down; what to show now; what came of it. */
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Config } from "../config.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import type { WriteKeys } from "../events/credentials.ts";
import { createKeyRate } from "../events/rate.ts";
import type { App } from "../http/app.ts";
import { Identifier } from "../identity/model.ts";
import { type Ask, type AskDeps, createAsk } from "./ask.ts";
import { deletePlace, noPlace, putPlace } from "./change.ts";
import { PlaceList, PlaceView } from "./document.ts";
import { Answered, DECISION_LIMITS, OutcomeReport, PlaceDraft, PlaceKey, Question } from "./model.ts";
import { type OfrepDeps, ofrepRoutes } from "./ofrep.ts";
import { outcomeEventOf } from "./outcome.ts";
import { arrivalOf, knowSenders, readBeacons, senderOf, spend } from "./sender.ts";
import { readPlaces } from "./store.ts";
import { readDecisionToken } from "./token.ts";
import { asBuilt } from "../values.ts";

export type DecisionDeps = AskDeps & {
  readonly sql: Sql;
  readonly keys: WriteKeys;
  readonly newId: () => string;
  readonly findSecret: OfrepDeps["findSecret"];
  readonly config: Pick<Config, "THROUGHLINE_STORE_IP" | "THROUGHLINE_RATE_PER_KEY">;
  /** Says that there is a version to build. */
  readonly onVersion: () => void;
};
const tags = ["Decisions"];
const Params = z.object({ key: PlaceKey });
const EXAMPLE_PLACE = { name: "Top of the start page", kind: "web", candidates: [{ id: "boots", name: "Boots of the season", kind: "offer", content: { title: "For {{ customer.name }}" }, priority: 70 }] }; // prettier-ignore

/** Registers the routes. */
export function decisionRoutes(app: App, deps: DecisionDeps): void {
  placeRoutes(app, deps);
  const ask = createAsk(deps);
  app.decorateRequest("sender", null);
  ofrepRoutes(app, deps, ask);
  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    knowSenders(scope, deps.keys);
    readBeacons(scope);
    for (const path of ["/v1/decide", "/v1/decide/batch", "/v1/decide/outcomes"])
      scope.options(path, { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore
    askRoutes(scope, deps, ask);
    outcomeRoute(scope, deps);
  });
}

function placeRoutes(app: App, { sql, clock, onVersion }: DecisionDeps): void {
  const access = { access: "secret" } as const;
  app.get("/v1/places", {
    config: access,
    schema: { operationId: "listPlaces", tags, summary: "Places with their candidates, by key", response: { 200: PlaceList } },
  }, async ({ workspace }) => ({ places: [...(await readPlaces(sql, workspace, null))] })); // prettier-ignore

  app.get("/v1/places/:key", {
    config: access,
    schema: { operationId: "readPlace", tags, summary: "A place with its candidates", params: Params, response: { 200: PlaceView } },
  }, async ({ workspace, params: { key } }) => {
    const [place] = await readPlaces(sql, workspace, key);
    if (!place) throw noPlace(key);
    return place;
  }); // prettier-ignore

  app.put("/v1/places/:key", {
    config: access,
    schema: {
      operationId: "putPlace", tags, summary: "Lay a place down, in place of what was there",
      description: "It serves as soon as its rules know history (`state`); until then the version before serves.",
      params: Params, body: PlaceDraft.meta({ examples: [EXAMPLE_PLACE] }), response: { 200: PlaceView },
    },
  }, async ({ workspace, params: { key }, body, actor }) => {
    await putPlace(sql, workspace, key, body, actor.type === "user" ? actor.name : "API", clock());
    onVersion();
    const [place] = await readPlaces(sql, workspace, key);
    return place!;
  }); // prettier-ignore

  app.delete("/v1/places/:key", {
    config: access,
    schema: { operationId: "deletePlace", tags, summary: "Take a place away", params: Params, response: { 200: z.object({ key: PlaceKey }) } },
  }, async ({ workspace, params: { key } }) => {
    await deletePlace(sql, workspace, key);
    return { key };
  }); // prettier-ignore
}

const Trusted = Question.extend({ identifier: Identifier.optional().describe("With a secret key: any name of the customer, in place of the ids") }); // prettier-ignore
const EXAMPLE = { anonymousId: "5d0d2c1e-8f1b-4c6e-9d53-0c6b3f7a1c11", places: ["home.top"], context: { url: "https://shop.example/" } }; // prettier-ignore

function askRoutes(scope: App, deps: DecisionDeps, ask: Ask): void {
  const rate = createKeyRate(deps.config.THROUGHLINE_RATE_PER_KEY, deps.clock);
  scope.post("/v1/decide", {
    config: { access: "sender" },
    schema: {
      operationId: "decide", tags, summary: "What to show a customer now, at one or more places",
      description: "With a write key the caller is a visitor: an anonymousId, or a userId with the userToken that the business's server signed. Events sent along count in this very answer. What is slow or away is answered with `fallback`, never with an error.",
      body: Trusted.meta({ examples: [EXAMPLE] }), response: { 200: Answered },
    },
    serializerCompiler: asBuilt,
  }, async (request) => {
    const { body } = request;
    const sender = senderOf(request);
    spend(rate, sender, 1 + body.events.length);
    return ask({ question: body, trusted: sender.trusted, arrival: arrivalOf(request, body.events, body.context, deps) });
  }); // prettier-ignore

  scope.post("/v1/decide/batch", {
    config: { access: "sender" },
    schema: {
      operationId: "decideMany", tags, summary: "What to show each of many customers (secret key)",
      body: z.strictObject({ questions: z.array(Trusted).min(1).max(DECISION_LIMITS.batch) }).meta({ examples: [{ questions: [EXAMPLE] }] }),
      response: { 200: z.object({ answers: z.array(Answered) }) },
    },
    serializerCompiler: asBuilt,
  }, async (request) => {
    const { trusted } = senderOf(request);
    if (!trusted) throw new Failure("forbidden", "Many customers at once are decided for with a secret key.");
    // One after the other: a batch is no page that waits, and must not take the place of those that do.
    const answers = [];
    for (const question of request.body.questions)
      answers.push(await ask({ question, trusted, arrival: arrivalOf(request, question.events, question.context, deps) }));
    return { answers };
  }); // prettier-ignore
}
function outcomeRoute(scope: App, { inbox, key, clock, config }: DecisionDeps): void {
  const rate = createKeyRate(config.THROUGHLINE_RATE_PER_KEY, clock);
  scope.post("/v1/decide/outcomes", {
    config: { access: "sender" },
    schema: {
      operationId: "reportOutcome", tags, summary: "Report what came of a decision: it was seen, clicked, led to something, or was put away",
      description: "Reported twice it counts once. It becomes an event: $decision.exposed, $decision.clicked, $decision.converted, $decision.dismissed.",
      body: OutcomeReport.meta({ examples: [{ token: "AXJ0...", outcome: "exposed" }] }), response: { 202: z.object({ decision: z.string() }) },
    },
  }, async (request, reply) => {
    const { token, ...report } = request.body;
    const sender = senderOf(request);
    spend(rate, sender, 1);
    const told = readDecisionToken(key, token);
    if (told?.workspace !== sender.workspace) throw new Failure("unprocessable", "The token is of no decision of this workspace.");
    const now = clock();
    if (now - told.at > DECISION_LIMITS.outcomeMs) throw new Failure("unprocessable", "The decision was too long ago for an outcome of it to count.");
    await inbox.append([outcomeEventOf(told, report, now)]);
    return reply.code(202).send({ decision: told.id });
  }); // prettier-ignore
}
