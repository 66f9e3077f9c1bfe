/**
 * Who calls, and may they: the one place where a management request gets its workspace and its actor.
 *
 * A caller is a secret key (`Authorization: Bearer sk_...`) or the session cookie of the web app. A key is never
 * combined with a cookie, so a wrong key is an answer and not a fall-back. Sessions that change something send the CSRF
 * token and come from our own pages.
 */
import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { type Bucket, limitHeader, type Policy, policyHeader, take } from "../access/bucket.ts";
import type { SessionCookie } from "../access/cookie.ts";
import { refuseForeign, refuseWithoutToken } from "../access/foreign.ts";
import type { KeyRing } from "../access/keys.ts";
import type { Session, Sessions } from "../access/sessions.ts";
import type { Panels } from "../desk/panels.ts";
import { isPanelPass } from "../desk/signed.ts";
import { Failure } from "../errors.ts";
import type { Clock, WorkspaceId } from "../values.ts";
import type { Actor, App, RouteAccess } from "./app.ts";

type Caller = { readonly workspace: WorkspaceId; readonly actor: Actor };
export type GuardDeps = {
  readonly keys: KeyRing;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly publicUrl: string | undefined;
  readonly clock: Clock;
  /** Lets in agents by a helpdesk's panel; null where none is served. */
  readonly panels: Pick<Panels, "letIn"> | null;
  /** How much one key or person may ask for. */
  readonly policy: Policy;
};

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const CALLERS_MAX = 10_000;

/** Puts the guard before every route of `app`. */
export function guard(app: App, deps: GuardDeps): void {
  const buckets = new LRUCache<string, Bucket>({ max: CALLERS_MAX });
  app.decorateRequest("caller", null);
  app.addHook("onRoute", ({ config, method, url }) => {
    if (config?.reads && method !== "POST")
      throw new Error(`${String(method)} ${url} says that it only reads.`);
  });
  app.decorateRequest("workspace", { getter: ownWorkspace });
  app.decorateRequest("actor", { getter: ownActor });
  app.addHook("onRequest", async (request, reply) => {
    // What is answered here is for this caller alone.
    reply.header("cache-control", "no-store");
    const { access = "secret", reads = false } = request.routeOptions.config;
    if (access === "public" || (access === "sender" && !isBearer(request))) return;
    const caller = await callerOf(request, reply, deps);
    request.caller = caller;
    refuseUnless(access, caller.actor, reads || SAFE.has(request.method));
    spend(buckets, deps, caller.actor, reply);
  });
}

// Fastify calls a getter with the request as `this`.
function ownWorkspace(this: FastifyRequest): WorkspaceId {
  if (!this.caller) throw new Error("A public route read request.workspace.");
  return this.caller.workspace;
}
function ownActor(this: FastifyRequest): Actor {
  if (!this.caller) throw new Error("A public route read request.actor.");
  return this.caller.actor;
}

async function callerOf(request: FastifyRequest, reply: FastifyReply, deps: GuardDeps): Promise<Caller> {
  const { authorization } = request.headers;
  const pass = /^Bearer +(\S+) *$/i.exec(authorization ?? "")?.[1] ?? "";
  if (deps.panels && isPanelPass(pass)) return callerByPanel(pass, deps.panels);
  if (authorization !== undefined) return callerByKey(authorization, chosenWorkspace(request), deps.keys);
  const token = request.cookies[deps.cookie.name];
  const session = token ? await deps.sessions.find(token) : null;
  if (!session)
    throw new Failure(
      "unauthenticated",
      token
        ? "The session has ended. Sign in again."
        : "Send a secret key as Authorization: Bearer, or sign in.",
    );
  if (session.extended) reply.setCookie(deps.cookie.name, token!, deps.cookie.options);
  if (!SAFE.has(request.method)) {
    refuseForeign(request, deps.publicUrl);
    refuseWithoutToken(request, session);
  }
  return callerBySession(session, chosenWorkspace(request), deps.sessions);
}

async function callerByKey(authorization: string, chosen: number | null, keys: KeyRing): Promise<Caller> {
  const text = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization)?.[1];
  if (text === undefined)
    throw new Failure("unauthenticated", "Authorization must be: Bearer and a secret key.");
  const holder = await keys.findSecret(text);
  if (!holder) {
    const write = await keys.find(text);
    throw new Failure(
      "unauthenticated",
      write
        ? "That is a write key, which may only send events. Send a secret key."
        : "No such secret key is in force.",
    );
  }
  if (chosen !== null && chosen !== holder.workspace)
    throw new Failure("forbidden", `The key is not one of workspace ${chosen}.`);
  return { workspace: holder.workspace, actor: { type: "key", id: holder.key, name: holder.name } };
}

async function callerByPanel(text: string, panels: Pick<Panels, "letIn">): Promise<Caller> {
  const pass = await panels.letIn(text);
  if (!pass) throw new Failure("unauthenticated", "The panel's time is over. Open the conversation again.");
  const { workspace, panel, agent, customer } = pass;
  return { workspace, actor: { type: "panel", id: panel, name: agent, customer } };
}

async function callerBySession(
  { user }: Session,
  chosen: number | null,
  sessions: Sessions,
): Promise<Caller> {
  const workspaces = await sessions.workspacesOf(user.id);
  const workspace = chosen === null ? workspaces[0] : workspaces.find(({ id }) => id === chosen);
  if (!workspace)
    throw new Failure(
      "forbidden",
      chosen === null ? "You belong to no workspace." : `You do not belong to workspace ${chosen}.`,
    );
  return {
    workspace: workspace.id,
    actor: { type: "user", id: user.id, name: user.name, role: workspace.role },
  };
}

/** `X-Workspace`, or `?workspace=` where a browser cannot send headers (server-sent events, downloads). */
function chosenWorkspace(request: FastifyRequest): number | null {
  const asked =
    request.headers["x-workspace"] ??
    (SAFE.has(request.method) ? (request.query as { workspace?: unknown }).workspace : undefined);
  if (asked === undefined) return null;
  if (typeof asked !== "string" || !/^[1-9][0-9]{0,9}$/.test(asked))
    throw new Failure("bad_request", "X-Workspace is the number of a workspace.");
  return Number(asked);
}

const isBearer = ({ headers }: FastifyRequest): boolean => /^bearer /i.test(headers.authorization ?? "");

function refuseUnless(access: Exclude<RouteAccess, "public">, actor: Actor, reads: boolean): void {
  if (access === "user" && actor.type !== "user")
    throw new Failure("forbidden", "This is for signed-in people; a key cannot do it.");
  if (actor.type === "panel" && access !== "desk")
    throw new Failure("forbidden", "A panel shows its customer and nothing else.");
  if (actor.type !== "user") return;
  if (actor.role === "desk" && access !== "desk" && access !== "user")
    throw new Failure("forbidden", "Your role opens the desk and nothing else.");
  if (access === "owner" && actor.role !== "owner")
    throw new Failure("forbidden", "Only an owner of the workspace may do this.");
  if ((access === "secret" || access === "desk") && actor.role === "viewer" && !reads)
    throw new Failure("forbidden", "A viewer may look, but change nothing.");
}

function spend(
  buckets: LRUCache<string, Bucket>,
  { policy, clock }: GuardDeps,
  actor: Actor,
  reply: FastifyReply,
): void {
  const name = `${actor.type} ${actor.id}`;
  const taken = take(policy, buckets.get(name), clock());
  buckets.set(name, taken.bucket);
  reply.header("ratelimit-policy", policyHeader(policy)).header("ratelimit", limitHeader(policy, taken));
  if (!taken.taken)
    throw new Failure(
      "too_many",
      `More than ${policy.quota} requests in ${policy.windowMs / 1000} seconds.`,
      { retryAfterSeconds: Math.ceil(taken.nextInMs / 1000) },
    );
}
