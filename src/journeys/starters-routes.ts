/** HTTP of starting journeys, and of the secret that journeys sign their webhooks with. */
import { z } from "zod";
import { MessageChannel } from "../permission/model.ts";
import type { Sql } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import { TemplateDraft } from "../messages/model.ts";
import { SegmentDraft } from "../segments/model.ts";
import type { Clock } from "../values.ts";
import type { Vault } from "../vault.ts";
import { callSecretOf } from "./calls.ts";
import { nextOccurrences, cronProblem, OCCURRENCES_MAX } from "./cron.ts";
import { JourneyView } from "./document.ts";
import { JourneyDraft } from "./model.ts";
import { EXAMPLE_SITE, JOURNEY_STARTERS, exampleDraft, makeStarter, starterOf } from "./starters.ts";
import { viewJourney } from "./view.ts";

export type StarterDeps = {
  readonly sql: Sql;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Says that there is a segment to build. */
  readonly onVersion: () => void;
};
const access = { access: "secret" } as const;
const tags = ["Journeys"];

const StarterView = z.object({
  key: z.string(),
  name: z.string(),
  description: z.string(),
  events: z.array(z.string()).describe("The events it goes by; rename them to yours"),
  advice: z.string(),
  segments: z.array(z.object({ key: z.string(), draft: SegmentDraft })),
  templates: z.array(z.object({ key: z.string(), channel: MessageChannel, draft: TemplateDraft })),
  draft: JourneyDraft.describe("Its templates and segments numbered as they stand here"),
});
const StarterList = z.object({ starters: z.array(StarterView) });
const StarterBody = z
  .strictObject({
    key: z.string().min(1).max(50),
    site: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .regex(/^[^\s"'<>{}\\]+$/, "An address without quotes, brackets and blanks")
      .default(EXAMPLE_SITE)
      .describe(
        "Where your business is on the web: the buttons of the letters lead there. Left out, an example's address stands in them, to be replaced before anything is published",
      ),
  })
  .meta({ examples: [{ key: "welcome", site: "https://www.example.com" }] });
const TimesQuery = z.object({
  cron: z.string().min(1).max(100).describe("Five fields: minute, hour, day of the month, month, day of the week"),
  n: z.coerce.number().int().min(1).max(OCCURRENCES_MAX).default(5),
}); // prettier-ignore
const Times = z.object({
  problem: z.string().nullable().describe("What is wrong with the expression; null: nothing"),
  zone: z.string(),
  times: z.array(z.iso.datetime()),
});

/** Registers the routes; each needs a secret key or a session, the secret an owner's. */
export function starterRoutes(app: App, { sql, vault, clock, onVersion }: StarterDeps): void {
  app.get("/v1/journeys/starters", {
    config: access,
    schema: { operationId: "listJourneyStarters", tags, summary: "Journeys to begin with", response: { 200: StarterList } },
  }, async () => ({
    starters: JOURNEY_STARTERS.map((one) => ({
      key: one.key, name: one.name, description: one.description, events: [...one.events], advice: one.advice, segments: [...one.segments], draft: exampleDraft(one),
      templates: one.templates(EXAMPLE_SITE).map(({ key, draft }) => ({ key, channel: draft.content.channel, draft })),
    })),
  })); // prettier-ignore

  app.post("/v1/journeys/starters", {
    config: access,
    schema: {
      operationId: "makeJourneyStarter", tags, summary: "Make a starting journey: its templates, its segments and a draft",
      description: "Nothing is published. Templates and segments that are there by name are used as they stand.",
      body: StarterBody, response: { 201: JourneyView },
    },
  }, async ({ workspace, body, actor }, reply) => {
    const id = await makeStarter(sql, workspace, starterOf(body.key), { site: body.site, by: actor.name }, clock());
    onVersion();
    return reply.code(201).header("location", `/v1/journeys/${id}`).send(await viewJourney(sql, workspace, id, clock()));
  }); // prettier-ignore

  app.get("/v1/journeys/times", {
    config: access,
    schema: { operationId: "readScheduledTimes", tags, summary: "When a cron expression comes next, in the workspace's zone", querystring: TimesQuery, response: { 200: Times } },
  }, async ({ workspace, query: { cron, n } }) => {
    const [row] = await sql.query<{ zone: string }>("select coalesce(settings->'policy'->>'zone', 'UTC') as zone from workspaces where id = $1", [workspace]);
    const zone = row!.zone;
    const problem = cronProblem(cron);
    return { problem, zone, times: problem === null ? nextOccurrences(cron, zone, n, clock()).map((at) => new Date(at).toISOString()) : [] };
  }); // prettier-ignore

  app.get("/v1/journeys/signing-secret", {
    config: { access: "owner" },
    schema: {
      operationId: "readJourneySecret", tags, summary: "The secret that journeys sign their webhooks with",
      description: "Requests are signed as Standard Webhooks say (webhook-id, webhook-timestamp, webhook-signature).",
      response: { 200: z.object({ secret: z.string() }) },
    },
  }, async ({ workspace }) => ({ secret: await callSecretOf(sql, vault, workspace, clock()) })); // prettier-ignore
}
