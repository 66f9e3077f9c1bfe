/** HTTP of saved views, digests and alerts. */
import { z } from "zod";
import type { AnalysisDeps } from "../analysis/request.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { pageQuery } from "../paging.ts";
import type { WorkspaceId } from "../values.ts";
import {
  Alert,
  AlertList,
  AlertSeen,
  Digest,
  DigestDraft,
  DigestList,
  View,
  ViewDraft,
  ViewList,
} from "./model.ts";
import { addDigest, addView, changeDigest, changeView, checkDigest, listAlerts, listDigests, listViews, markAlert, readView, removeView } from "./store.ts"; // prettier-ignore

const Id = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
const Done = z.object({ removed: z.boolean() });
type Deps = Pick<AnalysisDeps, "sql" | "clock">;
const SECRET = { access: "secret" } as const;

/** Registers the routes; they need a secret key or a session. */
export function digestRoutes(app: App, deps: Deps): void {
  viewRoutes(app, deps);
  mailRoutes(app, deps);
  alertRoutes(app, deps);
}

function viewRoutes(app: App, { sql, clock }: Deps): void {
  const tags = ["Journeys as they are"];
  app.get("/v1/views", { config: SECRET, schema: { operationId: "listViews", tags, summary: "Questions that are kept", response: { 200: ViewList } } },
    async ({ workspace }) => ({ views: await listViews(sql, workspace) }));
  app.post("/v1/views", { config: SECRET, schema: { operationId: "addView", tags, summary: "Keep a question", body: ViewDraft, response: { 201: View } } },
    async ({ workspace, actor, body }, reply) => reply.code(201).send(await readView(sql, workspace, await addView(sql, workspace, body, actor.name, clock()))));
  app.get("/v1/views/:id", { config: SECRET, schema: { operationId: "readView", tags, summary: "A question that is kept", params: Id, response: { 200: View } } },
    ({ workspace, params }) => readView(sql, workspace, params.id));
  app.put("/v1/views/:id", { config: SECRET, schema: { operationId: "changeView", tags, summary: "Change a question that is kept", params: Id, body: ViewDraft, response: { 200: View } } },
    async ({ workspace, params, body }) => {
      await changeView(sql, workspace, params.id, body, clock());
      return readView(sql, workspace, params.id);
    });
  app.delete("/v1/views/:id", { config: SECRET, schema: { operationId: "removeView", tags, summary: "Remove a question that is kept", params: Id, response: { 200: Done } } },
    async ({ workspace, params }) => {
      await removeView(sql, workspace, params.id);
      return { removed: true };
    });
} // prettier-ignore

function mailRoutes(app: App, { sql, clock }: Deps): void {
  const tags = ["Journeys as they are"];
  const read = async (workspace: WorkspaceId, id: number) => {
    const found = (await listDigests(sql, workspace, clock())).find((one) => one.id === id);
    if (!found) throw new Failure("not_found", `There is no digest ${id}.`);
    return found;
  };
  app.get("/v1/digests", { config: SECRET, schema: { operationId: "listDigests", tags, summary: "Digests that come by mail", response: { 200: DigestList } } },
    async ({ workspace }) => ({ digests: await listDigests(sql, workspace, clock()) }));
  app.post("/v1/digests", { config: SECRET, schema: { operationId: "addDigest", tags, summary: "Have views brought by mail", body: DigestDraft, response: { 201: Digest } } },
    async ({ workspace, body }, reply) => {
      await checkDigest(sql, workspace, body);
      return reply.code(201).send(await read(workspace, await addDigest(sql, workspace, body, clock())));
    });
  app.get("/v1/digests/:id", { config: SECRET, schema: { operationId: "readDigest", tags, summary: "A digest", params: Id, response: { 200: Digest } } },
    ({ workspace, params }) => read(workspace, params.id));
  app.put("/v1/digests/:id", { config: SECRET, schema: { operationId: "changeDigest", tags, summary: "Change a digest", params: Id, body: DigestDraft, response: { 200: Digest } } },
    async ({ workspace, params, body }) => {
      await read(workspace, params.id);
      await checkDigest(sql, workspace, body);
      await changeDigest(sql, workspace, params.id, body, clock());
      return read(workspace, params.id);
    });
  app.delete("/v1/digests/:id", { config: SECRET, schema: { operationId: "removeDigest", tags, summary: "Remove a digest", params: Id, response: { 200: Done } } },
    async ({ workspace, params }) => {
      await changeDigest(sql, workspace, params.id, null, clock());
      return { removed: true };
    });
} // prettier-ignore

function alertRoutes(app: App, { sql, clock }: Deps): void {
  const tags = ["Journeys as they are"];
  app.get("/v1/alerts", {
    config: SECRET,
    schema: {
      operationId: "listAlerts", tags, summary: "What changed, the newest first",
      querystring: z.object({ ...pageQuery(100), state: z.enum(["open", "all"]).default("open").describe("open: nobody has seen it") }), response: { 200: AlertList },
    },
  }, ({ workspace, query }) => listAlerts(sql, workspace, { open: query.state === "open", limit: query.limit, cursor: query.cursor }));
  app.put("/v1/alerts/:id", {
    config: SECRET,
    schema: { operationId: "markAlert", tags, summary: "Say whether an alert was seen", params: Id, body: AlertSeen.meta({ examples: [{ seen: true }] }), response: { 200: Alert } },
  }, ({ workspace, actor, params, body }) => markAlert(sql, workspace, params.id, body.seen ? actor.name : null, clock()));
} // prettier-ignore
