/** HTTP of what a workspace lays down about its messages. */
import type { FastifyRequest } from "fastify";
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { App } from "../http/app.ts";
import { refuse } from "../segments/change.ts";
import { PolicyBody, PolicyChecked, PolicyDraft, PolicyView } from "./document.ts";
import type { Policy } from "./model.ts";
import { checkPolicy, policyWords } from "./policy.ts";
import { readPolicy, writePolicy } from "./store.ts";

export type PermissionDeps = { readonly sql: Sql };
const tags = ["Permission"];

/** Registers the routes. To look needs a secret key or a session; to lay down, a key or an owner's. */
export function permissionRoutes(app: App, { sql }: PermissionDeps): void {
  app.get("/v1/policy", {
    config: { access: "secret" },
    schema: {
      operationId: "readPolicy", tags, summary: "What is laid down about messages: consent, caps, quiet hours, windows, holds",
      response: { 200: PolicyView },
    },
  }, async ({ workspace }) => viewOf(await readPolicy(sql, workspace))); // prettier-ignore

  app.put("/v1/policy", {
    config: { access: "owner" },
    attachValidation: true,
    schema: {
      operationId: "putPolicy", tags, summary: "Lay down when messages may leave, from the next one on",
      description: "In place of what held before: what is absent has its default.",
      body: PolicyDraft, response: { 200: PolicyView },
    },
  }, async (request) => {
    const policy = policyIn(request);
    await writePolicy(sql, request.workspace, policy);
    return viewOf(policy);
  }); // prettier-ignore

  app.post("/v1/policy/check", {
    config: { access: "secret" },
    schema: {
      operationId: "checkPolicy", tags, summary: "Look at a policy: what is wrong with it and where, or what it says in words",
      body: PolicyBody, response: { 200: PolicyChecked },
    },
  }, async ({ body }) => {
    const checked = checkPolicy(body.policy);
    if (!checked.ok) return { ok: false, problems: [...checked.problems], words: null };
    return { ok: true, problems: [], words: [...policyWords(checked.policy)] };
  }); // prettier-ignore
}

const viewOf = (policy: Policy): PolicyView => ({ policy, words: [...policyWords(policy)] });

/** The policy of a request; a wrong one is refused with each place and what was expected there. */
function policyIn({ body, validationError }: FastifyRequest): Policy {
  if (validationError && (validationError.validationContext !== "body" || validationError instanceof Failure))
    throw validationError;
  const checked = checkPolicy(body);
  return checked.ok ? checked.policy : refuse(checked.problems, "");
}
