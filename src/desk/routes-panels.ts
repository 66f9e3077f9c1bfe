/** HTTP of panels: which helpdesks may frame one, and how a framed one is opened. */
import { z } from "zod";
import { Failure } from "../errors.ts";
import { createKeyRate } from "../events/rate.ts";
import type { App } from "../http/app.ts";
import { DESK_LIMITS, PanelDraft, PanelMade, PanelOpen, PanelOpened, PanelView } from "./model.ts";
import { addPanel, listPanels, panelViewOf, removePanel } from "./panels.ts";
import { type DeskDeps, tags } from "./asked.ts";

/** Registers the routes. */
export function panelRoutes(app: App, { sql, vault, clock, panels }: DeskDeps): void {
  const owner = { access: "owner" } as const;
  app.get("/v1/desk/panels", {
    config: owner,
    schema: { operationId: "listPanels", tags, summary: "Helpdesks that may frame the panel", response: { 200: z.object({ panels: z.array(PanelView) }) } },
  }, async ({ workspace }) => ({ panels: (await listPanels(sql, workspace)).map(panelViewOf) })); // prettier-ignore

  app.post("/v1/desk/panels", {
    config: { ...owner, idempotency: "once" },
    schema: {
      operationId: "addPanel", tags, summary: "Let a helpdesk frame the panel",
      description: "Its secret is shown in this answer and never again: the helpdesk signs with it who its agent and its customer are.",
      body: PanelDraft, response: { 201: PanelMade },
    },
  }, async ({ workspace, body }, reply) => reply.code(201).send(await addPanel(sql, vault, workspace, body, clock()))); // prettier-ignore

  app.delete("/v1/desk/panels/:id", {
    config: owner,
    schema: {
      operationId: "removePanel", tags, summary: "Take a helpdesk's panel away",
      description: "What is open is closed with the next question, and what it signs opens nothing more.",
      params: z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) }), response: { 200: z.object({ id: z.int() }) },
    },
  }, async ({ workspace, params: { id } }) => {
    if (!(await removePanel(sql, workspace, id))) throw new Failure("not_found", `This workspace has no panel ${id}.`);
    return { id };
  }); // prettier-ignore

  const rate = createKeyRate(DESK_LIMITS.panelOpensPerSecond, clock);
  app.post("/desk/panel/open", {
    config: { access: "public" },
    schema: {
      operationId: "openPanel", tags, summary: "Open a framed panel with what the helpdesk signed",
      description: "The signed request is good for minutes, and once. What it opens shows one customer to one agent for half an hour.",
      body: PanelOpen, response: { 200: PanelOpened },
    },
  }, async ({ body }) => {
    const wait = rate.waitSeconds(0, 1);
    if (wait > 0) throw new Failure("too_many", "Many panels are opened at this moment.", { retryAfterSeconds: wait });
    const { pass: _, ...opened } = await panels.open(body.token);
    return opened;
  }); // prettier-ignore
}
