/**
 * A viewer over every route of the platform: whatever changes something is refused, and what may be asked although it is
 * posted writes nothing. A route that is added is covered, or fails here.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Document } from "../../src/http/openapi.ts";
import { type Whole, startWhole } from "./whole.ts";

let whole: Whole;
let document: Document;
let headers: { readonly [name: string]: string };
beforeAll(async () => {
  whole = await startWhole({ THROUGHLINE_API_RATE_PER_KEY: "1000000" });
  document = await whole.document();
  const { origin } = new URL(whole.address);
  const made = await fetch(`${whole.address}/auth/setup`, {
    method: "POST", headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ email: "ann@example.com", name: "Ann", password: "a long sentence is best", workspaceName: "Boots" }),
  });
  const { csrf } = (await made.json()) as { csrf: string };
  const cookie = made.headers.getSetCookie().map((one) => one.split(";")[0]!).join("; ");
  headers = { cookie, origin, "x-csrf-token": csrf, "content-type": "application/json" };
  await whole.stores.sql.query("update members set role = 'viewer'");
}); // prettier-ignore
afterAll(() => whole.end());

type Operation = { readonly operationId: string; readonly security?: readonly object[] };
type Posted = { readonly method: string; readonly path: string; readonly operation: Operation };
/** All that is no GET, but what needs no session at all: signing in, and what senders and customers' own pages use. */
const changing = (): readonly Posted[] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) => {
      const one = { method: method.toUpperCase(), path, operation: operation as unknown as Operation };
      return method !== "get" && path.startsWith("/v1/") ? [one] : [];
    }),
  );
const asked = ({ method, path }: Posted, body: unknown): Promise<Response> =>
  fetch(whole.address + path.replaceAll(/\{[^}]*\}/g, "1"), { method, headers, body: JSON.stringify(body) });

/** What a viewer may post. */
const QUESTIONS = [
  "compareMaps", "divideConversions", "drawMap", "listMoments", "listQuestions", "listVariants", "lookIntoMap", "measureMetrics",
  "readConformance", "readDurations", "readFunnel", "readRetention", "readWhatHelps",
] as const; // prettier-ignore

test("a viewer may post the questions about journeys, and nothing else", async () => {
  const allowed: string[] = [];
  for (const one of changing()) {
    const answer = await asked(one, {});
    const { detail = "" } = (await answer.json().catch(() => ({}))) as { detail?: string };
    // What senders and customers post asks for no session: a viewer is nobody there.
    if (answer.status === 403)
      expect([one.operation.operationId, detail]).toEqual([one.operation.operationId, expect.stringMatching(/viewer|Only an owner/)]); // prettier-ignore
    else if (!isForSenders(one)) allowed.push(one.operation.operationId);
  }
  expect(allowed.toSorted()).toEqual([...QUESTIONS]);
});
/** The collection routes have keys of their own, which a session is not. */
const isForSenders = ({ operation }: Posted): boolean =>
  JSON.stringify(operation.security ?? []).match(/write/i) !== null || operation.security?.length === 0;

const scope = { from: "2026-10-01T00:00:00Z", to: "2026-11-01T00:00:00Z" };
const [view, order] = [{ event: "Product Viewed" }, { event: "Order Completed" }];
const BODIES: { readonly [operation in (typeof QUESTIONS)[number]]: object } = {
  compareMaps: { scope, against: { by: "goal", goal: "Order Completed" } }, divideConversions: { scope, conversion: order }, drawMap: { scope },
  listMoments: { scope }, listQuestions: { scope }, listVariants: { scope }, lookIntoMap: { scope, of: { type: "moment", moment: "x" } },
  measureMetrics: { scope }, readConformance: { scope, journey: 1 }, readDurations: { scope }, readFunnel: { scope, steps: [view, order] }, readRetention: { scope },
  readWhatHelps: { scope, goal: { type: "event", event: "Order Completed" } },
}; // prettier-ignore
/** What a running platform writes by itself: leases of lanes, and the ends of sessions in use. */
const BY_ITSELF = /^(sessions|lanes|workers|alert_looks|gap_looks)$/;

test("each of these questions is answered to a viewer, and leaves every table as it was", async () => {
  const { sql } = whole.stores;
  const tables = (await sql.query<{ name: string }>("select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1")).map(({ name }) => name).filter((name) => !BY_ITSELF.test(name)); // prettier-ignore
  expect(tables.length).toBeGreaterThan(30);
  const written = async () => {
    const found: { [table: string]: unknown } = {};
    for (const name of tables)
      found[name] = (await sql.query(`select count(*) as rows, md5(string_agg(t::text, '|' order by t::text)) as of from "${name}" t`))[0]; // prettier-ignore
    return found;
  };
  await whole.drain();
  const before = await written();
  for (const one of changing().filter(({ operation }) =>
    QUESTIONS.includes(operation.operationId as never),
  )) {
    const { operationId } = one.operation;
    const answer = await asked(one, BODIES[operationId as (typeof QUESTIONS)[number]]);
    const text = await answer.text();
    // A journey or a moment that is not there is not found, which is an answer.
    expect([operationId, answer.status === 404 ? 200 : answer.status, text]).toEqual([
      operationId,
      200,
      text,
    ]);
  }
  expect(await written()).toEqual(before);
});
