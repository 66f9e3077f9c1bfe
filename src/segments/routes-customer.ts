/** HTTP of one customer and the rules: what they are in, why or why not, and how that went. */
import { z } from "zod";
import { atomsOfCustomer } from "../customers/read.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { pageQuery } from "../paging.ts";
import { type AtomId, CustomerId, atomOf } from "../values.ts";
import { noSegment } from "./change.ts";
import { forceReader, readCustomerSegments, readWhy } from "./customer.ts";
import { CustomerSegments, MembershipHistory, WhyAnswer } from "./document.ts";
import { readCustomerHistory } from "./membership.ts";
import type { SegmentDeps } from "./request.ts";
import { namesOf, readDefinitions } from "./store.ts";

const access = { access: "secret" } as const;
const tags = ["Segments"];
const Params = z.object({ id: CustomerId });

/** Registers the routes; each needs a secret key or a session. */
export function customerSegmentRoutes(app: App, { sql, log, clock }: SegmentDeps): void {
  const force = forceReader(sql);

  app.get("/v1/customers/:id/segments", {
    config: access,
    schema: {
      operationId: "readCustomerSegments", tags, summary: "A customer's segments, stage and computed traits now",
      params: Params, response: { 200: CustomerSegments },
    },
  }, async ({ workspace, params }) =>
    (await readCustomerSegments(sql, await force(), workspace, atomIn(params.id), clock())) ?? missing(params.id)); // prettier-ignore

  app.get("/v1/customers/:id/segments/:segment", {
    config: access,
    schema: {
      operationId: "readWhy", tags, summary: "Why a customer is in a segment, or why not: each condition with its value and when time changes it",
      description: "409 while no version of the segment is whole.",
      params: Params.extend({ segment: z.coerce.number().int().min(1).max(2_147_483_647) }), response: { 200: WhyAnswer },
    },
  }, async ({ workspace, params }) => {
    const all = await readDefinitions(sql, workspace);
    const segment = all.segments.get(params.segment) ?? noSegment(params.segment);
    const answer = await readWhy(sql, await force(), { workspace, atom: atomIn(params.id), segment, all }, clock());
    return answer ?? missing(params.id);
  }); // prettier-ignore

  app.get("/v1/customers/:id/segments/history", {
    config: access,
    schema: {
      operationId: "readMembershipHistory", tags, summary: "When a customer entered and left segments and changed stage, and why; newest first",
      params: Params, querystring: z.object(pageQuery(200, 50)), response: { 200: MembershipHistory },
    },
  }, async ({ workspace, params, query }) => {
    const atoms = await atomsOfCustomer(sql, workspace, atomIn(params.id));
    if (atoms.length === 0) return missing(params.id);
    const names = namesOf(await readDefinitions(sql, workspace));
    return readCustomerHistory(sql, log, { workspace, atoms: atoms.map(({ id }) => id), ...query }, names);
  }); // prettier-ignore
}

const atomIn = (id: string): AtomId => atomOf(id)!;
function missing(id: string): never {
  throw new Failure("not_found", `There is no customer ${id} in this workspace.`);
}
