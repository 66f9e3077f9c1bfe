/**
 * The server's own pages: the API told for people (`/docs/api`), and one page a problem (`/problems/{code}`), which is
 * what a problem's `type` opens. Plain HTML from the same tables and schemas; no script. Pure.
 */
import { ERRORS, type ErrorCode } from "../errors.ts";
import type { Document } from "./openapi.ts";

/** Text as HTML. */
const escaped = (text: unknown): string =>
  (typeof text === "string" ? text : text === undefined || text === null ? "" : JSON.stringify(text)).replace(
    /[&<>"']/g,
    (sign) => `&#${sign.charCodeAt(0)};`,
  );
const page = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
  `<title>${escaped(title)} · Throughline</title><link rel="stylesheet" href="/docs/page.css"></head><body><main>${body}</main></body></html>\n`;

/** `/docs/page.css`. */
export const PAGE_CSS = `:root { color-scheme: light dark; --line: #8884; --quiet: light-dark(#555, #aaa); --accent: light-dark(#1658a8, #8ab8f5); }
body { font: 16px/1.55 system-ui, sans-serif; margin: 0; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 6rem; }
a { color: var(--accent); }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 .25rem; font-size: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .875rem; }
pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: .5rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
.method { display: inline-block; min-width: 4rem; font-weight: 700; color: var(--accent); }
.quiet { color: var(--quiet); }
.wide { overflow-x: auto; }
nav ul { columns: 16rem; padding: 0; list-style: none; }
`;

/** The page of one kind of problem; null for a code that is none of ours. */
export function problemPage(code: string): string | null {
  if (!Object.hasOwn(ERRORS, code)) return null;
  const { status, retry, title } = ERRORS[code as ErrorCode];
  const advice = retry
    ? "Trying again can help. Where the answer has a <code>Retry-After</code>, wait that many seconds."
    : "Sending the same request again will end the same way. <code>detail</code> says what to change, and <code>errors</code>, where present, points at the places.";
  const rows = Object.entries(ERRORS).map(
    ([name, error]) =>
      `<tr><td><a href="/problems/${name}"><code>${name}</code></a></td><td>${error.status}</td><td>${escaped(error.title)}</td></tr>`,
  );
  return page(
    title,
    `<p class="quiet"><a href="/docs/api">API</a> / problems</p><h1>${escaped(title)}</h1><p>Code <code>${code}</code>, HTTP status ${status}.</p><p>${advice}</p>` +
      `<p>A report should name the request's id: <code>instance</code>, also in the header <code>X-Request-Id</code>. The log has it too.</p>` +
      `<h2>All problems</h2><div class="wide"><table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>${rows.join("")}</table></div>`,
  );
}

type Operation = Document["paths"][string][string];
type Parameter = { name?: string; in?: string; required?: boolean; description?: string; $ref?: string };
type Media = { content?: { [type: string]: { schema?: unknown; example?: unknown } } };

/** `/docs/api`: the document, by theme, with an example for each operation that has one. */
export function apiPage(document: Document): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const tags = document["tags"] as readonly { name: string; description: string }[];
  const of = (tag: string) => all.filter(({ operation }) => operation.tags?.includes(tag));
  const index = tags.map(
    ({ name }) =>
      `<li><a href="#${anchor(name)}">${escaped(name)}</a> <span class="quiet">${of(name).length}</span></li>`,
  );
  const parts = tags.map(
    ({ name, description }) =>
      `<h2 id="${anchor(name)}">${escaped(name)}</h2><p>${escaped(description)}</p>` +
      of(name)
        .map(({ path, method, operation }) => operationPart(document, path, method, operation))
        .join(""),
  );
  const info = document["info"] as { title: string; description: string; version: string };
  return page(
    "API",
    `<h1>${escaped(info.title)} API</h1><p>${escaped(info.description)}</p><p>Version ${escaped(info.version)}. The same for machines: <a href="/openapi.json">openapi.json</a>. ` +
      `<a href="/problems/bad_request">What problems mean</a>.</p><nav aria-label="Themes"><ul>${index.join("")}</ul></nav>${parts.join("")}`,
  );
}

const anchor = (tag: string): string => tag.toLowerCase().replaceAll(/[^a-z]+/g, "-");

function operationPart(document: Document, path: string, method: string, operation: Operation): string {
  const parameters = (operation.parameters ?? []).map(
    (given) => resolved(document, given as Parameter) as Parameter,
  );
  const rows = parameters.map(
    ({ name, in: place, required, description }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(place)}${required ? ", required" : ""}</td><td>${escaped(description)}</td></tr>`,
  );
  const example = exampleOf(document, operation);
  return (
    `<h3 id="${escaped(operation["operationId"])}"><span class="method">${method.toUpperCase()}</span> <code>${escaped(path)}</code></h3>` +
    `<p>${escaped(operation["summary"])}. <span class="quiet">${escaped(operation["description"])}</span> ${escaped(callers(operation))}</p>` +
    (rows.length > 0 ? `<div class="wide"><table>${rows.join("")}</table></div>` : "") +
    (example === undefined ? "" : `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>`)
  );
}

function callers({ security }: Operation): string {
  const names = ((security ?? []) as readonly object[]).flatMap((one) => Object.keys(one));
  if (names.length === 0) return "No key.";
  return `With ${names.map((name) => ({ secretKey: "a secret key", session: "a session", writeKey: "a write key" })[name] ?? name).join(" or ")}.`;
}

function exampleOf(document: Document, operation: Operation): unknown {
  const media = Object.values((operation["requestBody"] as Media | undefined)?.content ?? {})[0];
  const schema = resolved(document, media?.schema) as { examples?: readonly unknown[] } | undefined;
  return media?.example ?? schema?.examples?.[0];
}

/** The node a local reference names, or the node itself. */
function resolved(document: Document, node: unknown): unknown {
  const reference = (node as { $ref?: string } | undefined)?.$ref;
  if (reference === undefined) return node;
  return reference
    .slice(2)
    .split("/")
    .reduce<unknown>((at, key) => (at as { [key: string]: unknown } | undefined)?.[key], document);
}
