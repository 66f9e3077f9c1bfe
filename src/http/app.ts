/**
 * The types a room needs to register HTTP routes, and nothing else: a room's `routes.ts` imports from here by type.
 *
 *     export function customerRoutes(app: App, deps: CustomerDeps): void {
 *       app.get("/v1/customers/:id", {
 *         config: { access: "secret" },
 *         schema: { operationId: "readCustomer", summary: "A customer", params: ..., response: { 200: CustomerDocument } },
 *       }, async (request) => customerOf(deps.sql, request.workspace, request.params.id));
 *     }
 *
 * Schemas are zod; the server turns them into checks, serialisers and the OpenAPI document. Only answers below 400 need
 * a response schema: throw a `Failure` and the server answers the RFC 9457 problem, which the document already lists.
 */
import type {} from "@fastify/swagger";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { AtomId, WorkspaceId } from "../values.ts";

/** The server as a room sees it: Fastify with schemas in zod. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/**
 * Who may call a route. A route that says nothing is `secret`.
 *
 * - `public`: anybody; `request.workspace` and `request.actor` must not be read (reading them throws).
 * - `secret`: a secret key of the workspace, or a signed-in member of it (a viewer only GET and HEAD, and what `reads`).
 * - `owner`: a secret key of the workspace, or a signed-in owner of it.
 * - `user`: a signed-in user, whatever the role; no key.
 * - `desk`: as `secret`, and whoever works at the desk: members of that role, and agents by a helpdesk's panel.
 * - `sender`: a secret key of the workspace, or a write key, which the room looks at itself: `request.caller` is null then.
 *   Never a session: such routes are asked from any page.
 */
export type RouteAccess = "public" | "secret" | "owner" | "user" | "desk" | "sender";

/** What a member may do in a workspace. `desk`: the routes of the desk and nothing else. */
type Role = "owner" | "editor" | "viewer" | "desk";

/** Who calls, for audit. `name` is the key's or the person's name; of a panel its helpdesk's agent, who sees one customer. */
export type Actor =
  | { readonly type: "key"; readonly id: number; readonly name: string }
  | { readonly type: "user"; readonly id: number; readonly name: string; readonly role: Role }
  | { readonly type: "panel"; readonly id: number; readonly name: string; readonly customer: AtomId };

declare module "fastify" {
  interface FastifyContextConfig {
    access?: RouteAccess;
    /** A question that is posted because it is long: it changes nothing, so a viewer may ask it too. */
    reads?: true;
    /** `once`: the answer holds a secret, so a repeat of the Idempotency-Key is told that it was done, not the answer. */
    idempotency?: "replay" | "once";
    /** Set on the collection routes by the server: they have their own keys, shapes and description. */
    collection?: boolean;
  }
  interface FastifyRequest {
    /** The workspace the caller acts in. Throws on a public route. */
    readonly workspace: WorkspaceId;
    /** The caller. Throws on a public route. */
    readonly actor: Actor;
  }
}
