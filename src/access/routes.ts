/** HTTP of access: a workspace's keys, and the workspaces themselves. */
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import { createKey, keyViewOf, type KeyRing } from "./keys.ts";
import {
  ACCESS_LIMITS, KeyCreated, KeyDraft, KeyList, KeyView, WorkspaceCreated, WorkspaceDraft, WorkspaceList,
} from "./model.ts"; // prettier-ignore
import type { Sessions } from "./sessions.ts";
import { addMember, addWorkspace, alone, countWorkspaces, keysOf, revokeKey, workspaceBy } from "./store.ts";

export type AccessDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly sessions: Sessions;
};

/** `/v1/keys` and `/v1/workspaces`. */
export function accessRoutes(app: App, { sql, clock, keys, sessions }: AccessDeps): void {
  app.get(
    "/v1/keys",
    {
      config: { access: "secret" },
      schema: {
        operationId: "listKeys",
        summary: "The workspace's keys",
        tags: ["Keys"],
        response: { 200: KeyList },
      },
    },
    async (request) => ({ keys: (await keysOf(sql, request.workspace)).map(keyViewOf) }),
  );
  app.post(
    "/v1/keys",
    {
      config: { access: "owner", idempotency: "once" },
      schema: {
        operationId: "createKey",
        summary: "Make a key",
        description: "A secret key is shown in this answer and never again.",
        tags: ["Keys"],
        body: KeyDraft,
        response: { 201: KeyCreated },
      },
    },
    async (request, reply) => {
      const created = await createKey(sql, request.workspace, request.body, clock());
      keys.changed();
      return reply.code(201).send(created);
    },
  );
  app.delete(
    "/v1/keys/:id",
    {
      config: { access: "owner" },
      schema: {
        operationId: "revokeKey",
        summary: "Revoke a key",
        description: `It stops working at once here and within ${ACCESS_LIMITS.keysFreshMs / 1000} seconds in other processes. It cannot be undone.`,
        tags: ["Keys"],
        params: z.object({ id: z.coerce.number().int().min(1).max(2_147_483_647) }),
        response: { 200: KeyView },
      },
    },
    async (request) => {
      const revoked = await revokeKey(sql, request.workspace, request.params.id, clock());
      if (!revoked) throw new Failure("not_found", `This workspace has no key ${request.params.id}.`);
      keys.changed();
      return keyViewOf(revoked);
    },
  );
  workspaceRoutes(app, { sql, clock, keys, sessions });
}

function workspaceRoutes(app: App, { sql, clock, keys, sessions }: AccessDeps): void {
  app.get(
    "/v1/workspaces",
    {
      config: { access: "secret" },
      schema: {
        operationId: "listWorkspaces",
        summary: "The workspaces you may act in",
        tags: ["Workspaces"],
        response: { 200: WorkspaceList },
      },
    },
    async ({ actor, workspace }) => {
      if (actor.type === "user") return { workspaces: [...(await sessions.workspacesOf(actor.id))] };
      const own = await workspaceBy(sql, workspace);
      return { workspaces: own ? [{ ...own, role: "owner" as const }] : [] };
    },
  );
  app.post(
    "/v1/workspaces",
    {
      config: { access: "owner", idempotency: "once" },
      schema: {
        operationId: "createWorkspace",
        summary: "Make a workspace",
        description:
          "For a signed-in owner, who becomes the new workspace's owner. A workspace shares nothing with another.",
        tags: ["Workspaces"],
        body: WorkspaceDraft,
        response: { 201: WorkspaceCreated },
      },
    },
    async ({ actor, body }, reply) => {
      if (actor.type === "key")
        throw new Failure(
          "forbidden",
          "A secret key belongs to one workspace. Sign in as an owner to make another.",
        );
      const created = await alone(sql, async (tx) => {
        if ((await countWorkspaces(tx)) >= ACCESS_LIMITS.workspaces)
          throw new Failure(
            "unprocessable",
            `An installation has at most ${ACCESS_LIMITS.workspaces} workspaces.`,
          );
        const id = await addWorkspace(tx, body.name, clock());
        await addMember(tx, id, actor.id, "owner");
        const write = await createKey(tx, id, { kind: "write", name: "First key" }, clock());
        const secret = await createKey(tx, id, { kind: "secret", name: "First key" }, clock());
        return {
          id,
          name: body.name,
          role: "owner" as const,
          writeKey: write.value,
          secretKey: secret.value,
        };
      });
      keys.changed();
      return reply.code(201).send(created);
    },
  );
}
