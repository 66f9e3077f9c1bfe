/** HTTP of access: a workspace's keys, the workspaces themselves, and signing in. */
import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import type { Clock } from "../values.ts";
import type { SessionCookie } from "./cookie.ts";
import { createKey, keyViewOf, type KeyRing } from "./keys.ts";
import {
  ACCESS_LIMITS, KeyCreated, KeyDraft, KeyList, KeyView, SessionView, SetUp, SignIn, WorkspaceCreated, WorkspaceDraft, WorkspaceList,
} from "./model.ts"; // prettier-ignore
import { refuseForeign, refuseWithoutToken } from "./foreign.ts";
import type { Session, Sessions, Started } from "./sessions.ts";
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

export type AuthDeps = {
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly publicUrl: string | undefined;
};

const PUBLIC = { access: "public" } as const;
const authSchema = (operationId: string, summary: string, description: string) => ({
  operationId,
  summary,
  description,
  tags: ["Sign-in"],
  response: { 200: SessionView },
});

/** `/auth/...`: the web app's way in. These look at the cookie themselves, for it is what they give and take. */
export function authRoutes(app: App, { sessions, cookie, publicUrl }: AuthDeps): void {
  const begin = (reply: FastifyReply, { token, view }: Started): SessionView => {
    reply.setCookie(cookie.name, token, cookie.options);
    return view;
  };
  const current = async (request: FastifyRequest): Promise<Session | null> => {
    const token = request.cookies[cookie.name];
    return token ? sessions.find(token) : null;
  };

  app.get(
    "/auth/session",
    {
      config: PUBLIC,
      schema: authSchema(
        "readSession",
        "Who is signed in",
        "The person of the session cookie, their workspaces, and the CSRF token.",
      ),
    },
    async (request, reply) => {
      const session = await current(request);
      if (session?.extended) reply.setCookie(cookie.name, request.cookies[cookie.name]!, cookie.options);
      return sessions.view(session);
    },
  );
  app.post(
    "/auth/setup",
    {
      config: PUBLIC,
      schema: {
        ...authSchema("setUp", "Make the owner account", "Only while there is none. Signs in."),
        body: SetUp,
      },
    },
    async (request, reply) => {
      refuseForeign(request, publicUrl);
      return begin(reply, await sessions.setUp(request.body));
    },
  );
  app.post(
    "/auth/sign-in",
    {
      config: PUBLIC,
      schema: {
        ...authSchema(
          "signIn",
          "Sign in",
          "Begins a session. Five wrong attempts in 15 minutes close the door for a while.",
        ),
        body: SignIn,
      },
    },
    async (request, reply) => {
      refuseForeign(request, publicUrl);
      const before = await current(request);
      const started = await sessions.signIn(request.body, request.ip);
      if (before) await sessions.end(before);
      return begin(reply, started);
    },
  );
  app.post(
    "/auth/sign-out",
    {
      config: PUBLIC,
      schema: authSchema("signOut", "Sign out", "Ends the session; without one it changes nothing."),
    },
    async (request, reply) => {
      refuseForeign(request, publicUrl);
      const session = await current(request);
      if (session) {
        refuseWithoutToken(request, session);
        await sessions.end(session);
      }
      reply.clearCookie(cookie.name, { path: "/" });
      return sessions.view(null);
    },
  );
}
