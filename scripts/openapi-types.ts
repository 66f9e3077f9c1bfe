/**
 * The API's OpenAPI document as TypeScript: one type that holds, for each operation, what it takes and what it answers.
 * Pure. It knows the parts of JSON Schema that our own document uses; anything else becomes `unknown`, never a wrong type.
 */

type Node = { readonly [key: string]: unknown };
type Parameter = {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: unknown;
  readonly $ref?: string;
};
type Operation = {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly required?: boolean;
    readonly content?: { readonly [type: string]: { readonly schema?: unknown } };
  };
  readonly responses: {
    readonly [status: string]: {
      readonly content?: { readonly [type: string]: { readonly schema?: unknown } };
    };
  };
};
type Document = {
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: { readonly schemas?: { readonly [name: string]: unknown } };
};

const HEAD = `/**
 * What the API takes and answers, by operation. Made from the server's OpenAPI document by scripts/sdk-types.ts: change
 * the server's schemas and run it again, not this file.
 */
`;
const DEPTH_MAX = 30;

/** The text of the generated file. */
export function typesOf(given: unknown): string {
  const document = given as Document;
  const lines = [HEAD, "/** Every operation, by its method and path. */", "export type Api = {"];
  for (const [path, methods] of Object.entries(document.paths).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    for (const [method, operation] of Object.entries(methods)) {
      const words = operation.summary === undefined ? "" : `/** ${commentOf(operation.summary)} */ `;
      lines.push(
        `  ${words}${JSON.stringify(`${method.toUpperCase()} ${path}`)}: ${operationOf(operation)};`,
      );
    }
  lines.push("};", "");
  const schemas = Object.entries(document.components.schemas ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, schema] of schemas) lines.push(`export type ${nameOf(name)} = ${typeOf(schema)};`);
  return `${lines.join("\n")}\n`;
}

const commentOf = (text: string): string => text.replaceAll("*/", "* /").replace(/\s+/g, " ");
const nameOf = (name: string): string => name.replace(/\W/g, "_");
const keyOf = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

function operationOf({ parameters = [], requestBody, responses }: Operation): string {
  const fields: string[] = [];
  for (const [place, name] of [
    ["path", "path"],
    ["query", "query"],
  ] as const) {
    const own = parameters.filter((parameter) => parameter.in === place);
    if (own.length === 0) continue;
    const isNeeded = own.some(({ required }) => required);
    const inner = own.map(
      (parameter) => `${keyOf(parameter.name)}${parameter.required ? "" : "?"}: ${typeOf(parameter.schema)}`,
    );
    fields.push(`${name}${isNeeded ? "" : "?"}: { ${inner.join("; ")} }`);
  }
  const bodies = Object.entries(requestBody?.content ?? {});
  const json = bodies.find(([type]) => type === "application/json");
  const mark = requestBody?.required ? "" : "?";
  if (json) fields.push(`body${mark}: ${typeOf(json[1].schema)}`);
  else if (bodies.length > 0) {
    // A file: which of the types it has is the caller's to say.
    fields.push(
      `body${mark}: string | Uint8Array`,
      `contentType: ${unionOf(bodies.map(([type]) => JSON.stringify(type)))}`,
    );
  }
  return `{ takes: ${fields.length > 0 ? `{ ${fields.join("; ")} }` : "object"}; answers: ${answerOf(responses)} }`;
}

/** The union of what is answered when all is well. */
function answerOf(responses: Operation["responses"]): string {
  const kinds = new Set<string>();
  for (const [status, { content }] of Object.entries(responses)) {
    if (!status.startsWith("2")) continue;
    if (content === undefined) kinds.add("null");
    else
      for (const [type, { schema }] of Object.entries(content))
        kinds.add(/\bjson$/.test(type) ? typeOf(schema) : "string");
  }
  return kinds.size === 0 ? "unknown" : [...kinds].join(" | ");
}

/** A schema as a type. */
export function typeOf(schema: unknown, depth = 0): string {
  if (typeof schema !== "object" || schema === null || depth > DEPTH_MAX) return "unknown";
  const node = schema as Node;
  if (typeof node["$ref"] === "string") return nameOf(node["$ref"].split("/").at(-1)!);
  if ("const" in node) return JSON.stringify(node["const"]);
  if (Array.isArray(node["enum"])) return unionOf(node["enum"].map((value) => JSON.stringify(value)));
  for (const key of ["anyOf", "oneOf"]) {
    const parts = node[key];
    if (Array.isArray(parts)) return unionOf(parts.map((part) => typeOf(part, depth + 1)));
  }
  if (Array.isArray(node["allOf"]))
    return node["allOf"].map((part) => `(${typeOf(part, depth + 1)})`).join(" & ");
  const { type } = node;
  if (Array.isArray(type)) return unionOf(type.map((one) => typeOf({ ...node, type: one }, depth + 1)));
  return type === "object"
    ? objectOf(node, depth)
    : type === "array"
      ? arrayOf(node, depth)
      : (PLAIN[String(type)] ?? "unknown");
}
const PLAIN: { readonly [type: string]: string } = {
  string: "string",
  integer: "number",
  number: "number",
  boolean: "boolean",
  null: "null",
};

const unionOf = (parts: readonly string[]): string => {
  const each = [...new Set(parts)];
  return each.length === 0 ? "never" : each.length === 1 ? each[0]! : `(${each.join(" | ")})`;
};

function arrayOf(node: Node, depth: number): string {
  const first = node["prefixItems"];
  if (!Array.isArray(first)) return `(${typeOf(node["items"], depth + 1)})[]`;
  const rest = typeof node["items"] === "object" ? [`...(${typeOf(node["items"], depth + 1)})[]`] : [];
  return `[${[...first.map((part) => typeOf(part, depth + 1)), ...rest].join(", ")}]`;
}

function objectOf(node: Node, depth: number): string {
  const properties = Object.entries((node["properties"] ?? {}) as Node);
  const needed = new Set((node["required"] ?? []) as readonly string[]);
  const more = node["additionalProperties"];
  const named = properties.map(
    ([name, inner]) => `${keyOf(name)}${needed.has(name) ? "" : "?"}: ${typeOf(inner, depth + 1)}`,
  );
  if (named.length === 0)
    return `{ [name: string]: ${more === undefined || more === true ? "unknown" : typeOf(more, depth + 1)} }`;
  // Beside named properties an index of anything else must allow them too.
  if (typeof more === "object" || more === true) named.push("[name: string]: unknown");
  return `{ ${named.join("; ")} }`;
}
