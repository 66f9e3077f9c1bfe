/**
 * The OpenAPI 3.1 document, made from the routes' own schemas, so that it cannot say what the server does not do.
 *
 * A route tells its operation, parameters, body and good answers; what is the same everywhere (who may call, problems,
 * rate limits, idempotency, the workspace) is added here. Schemas that have a name below stand once, under
 * `components`.
 */
import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from "fastify-type-provider-zod";
import { z } from "zod";
import { KeyCreated, KeyView, SessionView, WorkspaceView } from "../access/model.ts";
import {
  CustomerDocument,
  CustomerSummary,
  Identities,
  IdentifierView,
  TimelineEvent,
} from "../customers/document.ts";
import { Readiness, Stats } from "../telemetry/model.ts";
import type { RouteAccess } from "./app.ts";
import { COLLECTION_PATHS } from "./collection-doc.ts";
import { Problem, PROBLEM_TYPE } from "./failure.ts";

const NAMED = {
  CustomerDocument, CustomerSummary, Identities, IdentifierView, KeyCreated, KeyView, Problem, Readiness, SessionView, Stats,
  TimelineEvent, WorkspaceView,
} as const; // prettier-ignore

const TAGS = [
  { name: "Collection", description: "Events in, in Segment's shapes: with a write key." },
  { name: "Customers", description: "Who they are, what is known, and how they came to be one." },
  { name: "Events", description: "What happened, as it arrives; and what was refused, with the reason." },
  {
    name: "Segments",
    description: "Which customers: by rules that are asked with every event, and as time passes.",
  },
  { name: "Stages", description: "The stages customers go through." },
  { name: "Computed traits", description: "Traits worked out from what customers do." },
  {
    name: "Permission",
    description: "When messages may leave: consent, caps, quiet hours, holds.",
  },
  { name: "Catalogue", description: "What is sold: items with price and stock; what lies in carts." },
  { name: "Decisions", description: "What to show a customer now, by place; and what came of it." },
  { name: "Journeys", description: "Designed plans over time: drafts, publishing, who is where in them." },
  { name: "Tasks", description: "What journeys and colleagues ask of people for customers." },
  {
    name: "Desk",
    description:
      "The customer in front of one: who they are, what to do next, what not to say; and who looked.",
  },
  {
    name: "Messages",
    description: "The outbox: what was sent, what waits, what was refused, each with its reason.",
  },
  { name: "Templates", description: "What messages say, with versions and previews." },
  { name: "Preferences", description: "What customers can choose from, and what they chose." },
  { name: "Providers", description: "How messages leave, by channel." },
  { name: "Webhooks", description: "Addresses that are told of entries and exits, with signed requests." },
  { name: "Imports", description: "Files in, everything out." },
  { name: "Keys", description: "Write keys send events; secret keys may do everything in their workspace." },
  { name: "Workspaces", description: "Separate businesses in one installation." },
  { name: "Sign-in", description: "The web app's sessions." },
  { name: "Operation", description: "For those who run it." },
  {
    name: "Journeys as they are",
    description:
      "What customers really do: moments, the map, and what follows from it, read from the event log.",
  },
] as const;

/** Schemas and what OpenAPI puts around them, of the shape of JSON. */
type Node = { [key: string]: unknown };
type Operation = Node & {
  parameters?: unknown[];
  responses: { [status: string]: Node };
  "x-access"?: RouteAccess;
  "x-consumes"?: readonly string[];
  tags?: string[];
};
export type Document = Node & {
  paths: { [path: string]: { [method: string]: Operation } };
  components: { [kind: string]: Node };
};

/** Registers the collector of routes; before the routes. */
export async function collectRoutes(app: FastifyInstance, version: string): Promise<void> {
  // zod keeps what is said of a schema (its description, its examples) in one registry; a name is one thing more.
  for (const [id, schema] of Object.entries(NAMED))
    z.globalRegistry.add(schema, { ...z.globalRegistry.get(schema), id });
  const transform = createJsonSchemaTransform({ skipList: [] });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Throughline",
        version,
        summary: "One customer. One journey. Every channel.",
        description:
          "Everything the product does, as HTTP. Faults are problems (RFC 9457); lists are paged by `cursor`; times are ISO 8601 in UTC.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "This server" }],
      tags: [...TAGS],
      components: {
        securitySchemes: {
          secretKey: { type: "http", scheme: "bearer", description: "A secret key of the workspace" },
          session: {
            type: "apiKey",
            in: "cookie",
            name: "throughline",
            description: "The web app's session; unsafe requests also send X-CSRF-Token",
          },
          writeKey: {
            type: "http",
            scheme: "basic",
            description: "A write key as the user name, no password",
          },
        },
      },
    },
    transform: (given) => {
      const { route, schema, url } = given;
      const { access = "secret", collection } = route.config ?? {};
      if (collection || !schema) return { schema: { hide: true }, url };
      const told = transform({
        ...given,
        schema: { ...schema, "x-access": access, "x-consumes": schema.consumes } as typeof schema,
      });
      giveExamplesBack(schema.body, told.schema.body);
      return told;
    },
    transformObject: createJsonSchemaTransformObject({}),
  });
}

/** zod takes the examples from a body in which a text is read as something else (a time); ours are of what is sent. */
function giveExamplesBack(body: unknown, told: unknown): void {
  if (!(body instanceof z.ZodType) || typeof told !== "object" || told === null || "$ref" in told) return;
  const examples = z.globalRegistry.get(body)?.["examples"];
  if (examples !== undefined) Object.assign(told, { examples });
}

/** The document of a server that is ready. */
export function documentOf(app: FastifyInstance): Document {
  const document = structuredClone(app.swagger()) as unknown as Document;
  for (const methods of Object.values(document.paths))
    for (const [method, operation] of Object.entries(methods)) complete(method, operation);
  for (const [path, methods] of Object.entries(COLLECTION_PATHS))
    document.paths[path] = {
      ...document.paths[path],
      ...(structuredClone(methods) as unknown as Document["paths"][string]),
    };
  document.components["parameters"] = PARAMETERS;
  document.components["responses"] = RESPONSES;
  document.components["headers"] = HEADERS;
  dropUnused(document);
  const used = new Set(
    Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ tags }) => tags ?? []),
    ),
  );
  return { ...document, tags: TAGS.filter(({ name }) => used.has(name)) };
}

/** Leaves out the schemas nothing refers to: the collector makes each for asking and for answering. */
function dropUnused(document: Document): void {
  const schemas = document.components["schemas"] ?? {};
  const refersTo = (node: unknown) =>
    new Set(JSON.stringify(node).match(/(?<=#\/components\/schemas\/)\w+/g));
  const { schemas: _, ...others } = document.components;
  const used = refersTo([document.paths, others]);
  for (const name of used) for (const next of refersTo(schemas[name] ?? {})) used.add(next);
  document.components["schemas"] = Object.fromEntries(
    Object.entries(schemas).filter(([name]) => used.has(name)),
  );
}

const ref = (kind: string, name: string): Node => ({ $ref: `#/components/${kind}/${name}` });
const DONE: { readonly [status: string]: string } = {
  200: "Done",
  201: "Made",
  202: "Begun",
  204: "Done, nothing to tell",
  503: "Not now",
};

/** Adds to one operation what is the same for all of its kind. */
function complete(method: string, operation: Operation): void {
  const access = operation["x-access"] ?? "secret";
  delete operation["x-access"];
  const files = operation["x-consumes"];
  delete operation["x-consumes"];
  // A file is read as it comes, so no schema of a body says that there is one.
  if (files && !operation["requestBody"])
    operation["requestBody"] = {
      required: true,
      content: Object.fromEntries(
        files.map((type) => [type, { schema: { type: "string", format: "binary" } }]),
      ),
    };
  const unsafe = method !== "get" && method !== "head";
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response["description"] === "Default Response")
      response["description"] = DONE[status] ?? "The answer";
    if (access !== "public" && status < "3")
      response["headers"] = {
        RateLimit: ref("headers", "RateLimit"),
        "RateLimit-Policy": ref("headers", "RateLimitPolicy"),
      };
  }
  operation.responses["4XX"] = ref("responses", "Problem");
  operation.responses["5XX"] = ref("responses", "Fault");
  if (access === "public") {
    operation["security"] = [];
    return;
  }
  if (access === "sender") {
    operation["security"] = [{ writeKey: [] }, { secretKey: [] }];
    return;
  }
  operation["security"] = access === "user" ? [{ session: [] }] : [{ secretKey: [] }, { session: [] }];
  operation.parameters = [...(operation.parameters ?? []), ref("parameters", "Workspace")];
  if (unsafe) operation.parameters.push(ref("parameters", "IdempotencyKey"), ref("parameters", "CsrfToken"));
}

const header = (name: string, description: string, schema: Node, example: unknown): Node => ({
  name,
  in: "header",
  required: false,
  description,
  schema,
  example,
});
const PARAMETERS: Node = {
  Workspace: header(
    "X-Workspace",
    "For people in several workspaces: which one. Theirs first made when absent.",
    { type: "integer" },
    1,
  ),
  IdempotencyKey: header(
    "Idempotency-Key",
    "Sent again with the same request within 24 hours, it is done once and answered the same. With another request: 422. While the first runs: 409.",
    { type: "string", minLength: 1, maxLength: 257 },
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
  ),
  CsrfToken: header(
    "X-CSRF-Token",
    "With a session: `csrf` of GET /auth/session. Not with a key.",
    { type: "string" },
    "9QdJ1sVwqT3m",
  ),
};
const HEADERS: Node = {
  RateLimit: {
    description: "What is left (r) and the seconds until all is back (t)",
    schema: { type: "string" },
    example: '"default";r=9999;t=1',
  },
  RateLimitPolicy: {
    description: "How much is allowed (q) in how many seconds (w)",
    schema: { type: "string" },
    example: '"default";q=10000;w=10',
  },
};
const problem = (description: string, example: Problem): Node => ({
  description,
  headers: {
    "Retry-After": {
      description: "Whole seconds to wait, where trying again can help",
      schema: { type: "integer" },
    },
  },
  content: { [PROBLEM_TYPE]: { schema: ref("schemas", "Problem"), example } },
});
const INSTANCE = "urn:uuid:0b8e7f4c-6c1f-4d7b-9a53-2f1f0f3f7c11";
const RESPONSES: Node = {
  Problem: problem("The request cannot be done; `code` and `detail` say why.", {
    type: "/problems/bad_request",
    title: "The request cannot be read",
    status: 400,
    detail: "limit (query): Too big: expected number to be <=100.",
    instance: INSTANCE,
    code: "bad_request",
    errors: [{ pointer: "#/limit", detail: "Too big: expected number to be <=100", in: "query" }],
  }),
  Fault: problem("A fault on our side, or a store that cannot be reached for now.", {
    type: "/problems/store_unavailable",
    title: "A store cannot be reached for now",
    status: 503,
    detail: "PostgreSQL cannot serve for now.",
    instance: INSTANCE,
    code: "store_unavailable",
  }),
};
