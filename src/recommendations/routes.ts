/** HTTP of recommendations: of a customer, of a product, of all; how lists are worked out, and working them out now. */
import { z } from "zod";
import { ItemId } from "../catalogue/model.ts";
import { readItems } from "../catalogue/store.ts";
import { atomsOfCustomer } from "../customers/read.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { readPolicy } from "../permission/store.ts";
import { knowledgeOf } from "../segments/facts.ts";
import { CustomerId, type WorkspaceId, atomOf } from "../values.ts";
import { Recommendations, StandingView, basisView, recommendedItems, standingView } from "./document.ts";
import { type Person, type Recommend, RecommendQuery, Settings } from "./model.ts";
import { personOf } from "./person.ts";
import { recommended } from "./read.ts";
import { type RefreshDeps, refresh } from "./refresh.ts";
import { readLists, readStanding, writeSettings } from "./store.ts";

const access = { access: "secret" } as const;
const tags = ["Catalogue"];
const NOBODY: Person = { viewed: [], cart: [], bought: [], inCart: new Set(), boughtAt: new Map() };

/** Registers the routes; they need a secret key or a session. */
export function recommendationRoutes(app: App, deps: RefreshDeps): void {
  standingRoutes(app, deps);
  const { sql, clock } = deps;
  const answer = async (workspace: WorkspaceId, asked: Recommend, person: Person) => {
    const [policy, { basis }] = [await readPolicy(sql, workspace), await readStanding(sql, workspace)];
    const shown = await recommended(sql, [asked], { workspace, person, policy, now: clock() });
    return { by: asked.by, items: recommendedItems(shown.get(asked)!), basis: basisView(basis) };
  };

  app.get("/v1/customers/:id/recommendations", {
    config: access,
    schema: {
      operationId: "readCustomerRecommendations", tags, summary: "What a customer may want to see now",
      description: "Never out of stock, never what lies in the cart, never what was just bought unless it is consumable: docs/recommendations.md.",
      params: z.object({ id: CustomerId }), querystring: RecommendQuery, response: { 200: Recommendations },
    },
  }, async ({ workspace, params: { id }, query }) => {
    const atoms = await atomsOfCustomer(sql, workspace, atomOf(id)!);
    if (atoms.length === 0) throw new Failure("not_found", `There is no customer ${id} in this workspace.`);
    const known = knowledgeOf(atoms);
    return answer(workspace, query, personOf(known, known));
  }); // prettier-ignore

  app.get("/v1/recommendations/products/:product", {
    config: access,
    schema: {
      operationId: "readProductRecommendations", tags, summary: "What goes with a product, or is bought next after it",
      params: z.object({ product: ItemId }), querystring: ProductQuery, response: { 200: Recommendations },
    },
  }, async ({ workspace, params: { product }, query }) => {
    const person = { ...NOBODY, cart: [product], bought: [product] };
    const answered = await answer(workspace, query, person);
    if (answered.items.length === 0 && !(await isKnown(workspace, product))) throw new Failure("not_found", `Nothing is known of a product "${product}" in this workspace.`);
    return answered;
  }); // prettier-ignore

  app.get("/v1/recommendations/popular", {
    config: access,
    schema: {
      operationId: "readPopularProducts", tags, summary: "What is popular with all customers, in a category, in a segment or in a stage",
      querystring: PopularQuery, response: { 200: Recommendations },
    },
  }, ({ workspace, query }) => answer(workspace, { ...query, by: "popular" }, NOBODY)); // prettier-ignore

  const isKnown = async (workspace: WorkspaceId, product: string): Promise<boolean> => {
    const names = (["basket", "window", "next"] as const).map((kind) => ({ kind, key: product }));
    const [items, { lists }] = [await readItems(sql, workspace, [product]), await readLists(sql, workspace, names)]; // prettier-ignore
    return items.size > 0 || lists.size > 0;
  };
}

const { count, of, segment, stage } = RecommendQuery.shape;
const ProductQuery = z.object({ by: z.enum(["together", "next"]).default("together"), of, count });
const PopularQuery = z
  .object({ of, segment, stage, count })
  .refine((asked) => asked.segment === undefined || asked.stage === undefined, "Name a segment or a stage");

function standingRoutes(app: App, deps: RefreshDeps): void {
  const { sql } = deps;
  app.get("/v1/recommendations", {
    config: access,
    schema: { operationId: "readRecommendations", tags, summary: "How lists of recommendations are worked out, and on how much they rest", response: { 200: StandingView } },
  }, async ({ workspace }) => standingView(await readStanding(sql, workspace))); // prettier-ignore

  app.put("/v1/recommendations", {
    config: access,
    schema: {
      operationId: "changeRecommendations", tags, summary: "Change how lists are worked out, from the next time on",
      body: Settings.meta({ examples: [{ halfLifeDays: 30, customersMin: 5 } as Settings] }), response: { 200: StandingView },
    },
  }, async ({ workspace, body }) => {
    await writeSettings(sql, workspace, body);
    return standingView(await readStanding(sql, workspace));
  }); // prettier-ignore

  // Whoever asks for the same while it is under way gets that one.
  const underWay = new Map<WorkspaceId, Promise<unknown>>();
  app.post("/v1/recommendations/refresh", {
    config: access,
    schema: { operationId: "refreshRecommendations", tags, summary: "Work the lists out now; otherwise it is done every few hours", response: { 200: StandingView } },
  }, async ({ workspace }) => {
    const refreshing = underWay.get(workspace) ?? refresh(deps, workspace).finally(() => underWay.delete(workspace));
    underWay.set(workspace, refreshing);
    await refreshing;
    return standingView(await readStanding(sql, workspace));
  }); // prettier-ignore
}
