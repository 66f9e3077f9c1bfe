/**
 * HTTP of carts: a customer's by id for whoever holds a secret key, and a visitor's own for a page or an app, which has
 * a write key and proves whose cart it is as it does for the on-site inbox (messages/visitor.ts).
 */
import type { FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { linesOf } from "../customers/cart.ts";
import { atomsOfCustomer, findAtom } from "../customers/read.ts";
import { type CustomerAtom } from "../customers/store.ts";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import { allowAnyOrigin, preflight } from "../events/cors.ts";
import type { App } from "../http/app.ts";
import { IDENTIFIER_MAX, type IdentifierKind } from "../identity/model.ts";
import { knowledgeOf } from "../segments/facts.ts";
import { type AtomId, CustomerId, type WorkspaceId, atomOf } from "../values.ts";
import { CartView, cartViewOf } from "./cart.ts";
import { readItems } from "./store.ts";

/** The name a page gives for its visitor, with what it proves it by. */
export type VisitorAsked = { readonly kind: IdentifierKind; readonly value: string; readonly writeKey: string | undefined; readonly userToken: string | undefined }; // prettier-ignore
/** The visitor's workspace and atoms, none when nobody is known by the name. Throws `Failure` when it is not proven whose the name is. */
export type WhoseVisit = (request: FastifyRequest, asked: VisitorAsked) => Promise<{ readonly workspace: WorkspaceId; readonly atoms: readonly AtomId[] }>; // prettier-ignore
export type CartDeps = { readonly sql: Sql; readonly whose: WhoseVisit };

const tags = ["Catalogue"];
const Name = z.string().min(1).max(IDENTIFIER_MAX).optional();
const Asked = z.object({
  anonymousId: Name.describe("A device's own name: opens the cart while nothing but devices is known of its visitor"),
  userId: Name.describe("With a write key it needs the userToken that the business's server signed for it"),
  userToken: z.string().max(200).optional(),
  writeKey: z.string().max(300).optional().describe("A write key, if it is not sent as HTTP Basic"),
}); // prettier-ignore

/** Registers the routes. */
export function cartRoutes(app: App, { sql, whose }: CartDeps): void {
  app.get("/v1/customers/:id/cart", {
    config: { access: "secret" },
    schema: {
      operationId: "readCustomerCart", tags, summary: "What lies in a customer's cart, whichever device put it in",
      description: "With name, picture, price and stock as the catalogue has them now. How carts of several devices become one: docs/catalogue.md.",
      params: z.object({ id: CustomerId }), response: { 200: CartView },
    },
  }, async ({ workspace, params: { id } }) => {
    const atoms = await atomsOfCustomer(sql, workspace, atomOf(id)!);
    if (atoms.length === 0) throw new Failure("not_found", `There is no customer ${id} in this workspace.`);
    return cartOfAtoms(sql, workspace, atoms);
  }); // prettier-ignore

  void app.register(async (plain) => {
    const scope: App = plain.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onRequest", allowAnyOrigin);
    scope.options("/v1/cart", { config: { access: "public" }, schema: { hide: true } }, async (request, reply) => preflight(request, reply)); // prettier-ignore
    visitorRoute(scope, { sql, whose });
  });
}

function visitorRoute(scope: App, { sql, whose }: CartDeps): void {
  scope.get("/v1/cart", {
    config: { access: "sender" },
    schema: {
      operationId: "readCart", tags, summary: "A visitor's cart, for a page or an app",
      description: "With a write key: of the device (anonymousId), or of a userId with its userToken. With a secret key: of either. Whom nobody knows yet has an empty cart.",
      querystring: Asked, response: { 200: CartView },
    },
  }, async (request) => {
    const { anonymousId, userId, userToken, writeKey } = request.query;
    const kind = userId === undefined ? "anonymous_id" : "user_id";
    const value = userId ?? anonymousId ?? "";
    const found = isTrusted(request) ? await named(request.workspace, kind, value) : await whose(request, { kind, value, userToken, writeKey });
    if (value === "") throw new Failure("bad_request", "Say whose cart: send an anonymousId or a userId.");
    const atoms = found.atoms.length === 0 ? [] : await atomsOfCustomer(sql, found.workspace, found.atoms[0]!);
    return cartOfAtoms(sql, found.workspace, atoms);
  }); // prettier-ignore

  async function named(workspace: WorkspaceId, kind: IdentifierKind, value: string) {
    const atom = await findAtom(sql, workspace, kind, value);
    return { workspace, atoms: atom === null ? [] : [atom] };
  }
}

/** The guard has looked at a secret key already. */
const isTrusted = ({ headers }: FastifyRequest): boolean => /^bearer /i.test(headers.authorization ?? "");

async function cartOfAtoms(
  sql: Sql,
  workspace: WorkspaceId,
  atoms: readonly CustomerAtom[],
): Promise<CartView> {
  if (atoms.length === 0) return cartViewOf([], new Map(), null);
  const { cart } = knowledgeOf(atoms);
  const lines = linesOf(cart);
  const items = await readItems(sql, workspace, lines.map(({ product }) => product.id)); // prettier-ignore
  return cartViewOf(lines, items, cart.find((operation) => operation.do !== "join")?.at ?? null);
}
