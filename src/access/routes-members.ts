/** HTTP of members: who works in a workspace, and as what. */
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { changeMember, letIn, membersOf } from "./members.ts";
import { MemberChange, MemberDraft, MemberView } from "./model.ts";
import type { Passwords } from "./secrets.ts";

/** `/v1/members`. */
export function memberRoutes(app: App, { sql, clock, passwords }: { readonly sql: Sql; readonly clock: Clock; readonly passwords: Passwords }): void {
  const config = { access: "owner" } as const;
  const tags = ["Workspaces"];
  const params = z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) });
  app.get("/v1/members", {
    config, schema: { operationId: "listWorkspaceMembers", tags, summary: "Who works in the workspace, and as what", response: { 200: z.object({ members: z.array(MemberView) }) } },
  }, async ({ workspace }) => ({ members: [...(await membersOf(sql, workspace))] }));

  app.post("/v1/members", {
    config,
    schema: {
      operationId: "addMember", tags, summary: "Let somebody into the workspace",
      description: "Who has no account yet gets one with the password given, which they are told by you. The role `desk` opens the desk and nothing else.",
      body: MemberDraft, response: { 201: MemberView },
    },
  }, async ({ workspace, body }, reply) => reply.code(201).send(await letIn(sql, passwords, workspace, body, clock())));

  app.put("/v1/members/:id", {
    config, schema: { operationId: "changeMember", tags, summary: "Give a member another role", params, body: MemberChange, response: { 200: MemberView } },
  }, async ({ workspace, params: { id }, body: { role } }) => changeMember(sql, workspace, id, role));

  app.delete("/v1/members/:id", {
    config, schema: { operationId: "removeMember", tags, summary: "Take a member out of the workspace", params, response: { 200: MemberView } },
  }, async ({ workspace, params: { id } }) => changeMember(sql, workspace, id, null));
} // prettier-ignore
