/** HTTP of signing in: `/auth/...`, the web app's way in. These look at the cookie themselves, for it is what they give and take. */
import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../http/app.ts";
import type { SessionCookie } from "./cookie.ts";
import { refuseForeign, refuseWithoutToken } from "./foreign.ts";
import { SessionView, SetUp, SignIn } from "./model.ts";
import type { Session, Sessions, Started } from "./sessions.ts";

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

/** Registers `/auth/setup`, `/auth/sign-in`, `/auth/sign-out` and `/auth/session`. */
export function authRoutes(app: App, deps: AuthDeps): void {
  const { sessions, cookie, publicUrl } = deps;
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
  endRoute(app, deps, current);
}

function endRoute(
  app: App,
  { sessions, cookie, publicUrl }: AuthDeps,
  current: (request: FastifyRequest) => Promise<Session | null>,
): void {
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
