/**
 * Two workspaces on one platform: whatever route of the OpenAPI document is asked with the key of one, with ids of the
 * other, nothing of the other is seen and nothing of it changes. A route that is added is covered, or fails here.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Keys, startWhole, type Whole } from "./whole.ts";

let whole: Whole;
let alpha: Keys;
let bravo: Keys;
/** Ids of things of the second workspace, by the path they stand in. */
let ids: { readonly [prefix: string]: string };

const asked = async (keys: Keys, path: string, options: { method?: string; body?: unknown } = {}) => {
  const json =
    options.body === undefined
      ? {}
      : { body: JSON.stringify(options.body), headers: { "content-type": "application/json" } };
  const headers = { ...json.headers, authorization: `Bearer ${keys.secretKey}` };
  return fetch(`${whole.address}${path}`, { ...options, ...json, headers } as RequestInit);
};
const send = async ({ writeKey }: Keys, batch: readonly object[]) => {
  const answer = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ writeKey, batch }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
};
const events = (mark: string) => [
  {
    type: "identify",
    messageId: "m-1",
    userId: "same-user",
    anonymousId: `${mark}-device`,
    traits: { email: "same@example.com", name: mark },
  },
  { type: "identify", messageId: "m-2", userId: "same-user", anonymousId: `${mark}-tablet` },
  { type: "track", messageId: "m-3", userId: "same-user", event: `${mark} bought`, properties: { mark } },
  { type: "track", messageId: `${mark}-bad`, properties: { mark } },
];
const QUERIES: { readonly [path: string]: string } = {
  "/v1/customers/lookup": "?kind=user_id&value=same-user",
  "/v1/customers": "?query=same",
  "/v1/cart": "?userId=same-user",
  "/v1/customers/{id}/recommendations": "?by=popular",
  "/v1/journeys/times": "?cron=0%209%20*%20*%201",
};

/** Routes that make a thing under the name in the path. */
const BY_NAME: readonly string[] = ["put /v1/places/{key}", "put /v1/catalogue/items/{id}"];
/** The one route that takes ids in its query. */
const OVERLAP = "/v1/segments/overlap";

beforeAll(async () => {
  whole = await startWhole();
  [alpha, bravo] = [whole.first, await whole.workspace("bravo")];
  await send(alpha, events("alpha"));
  await send(bravo, events("bravo"));
  await whole.drain();
  const read = async (path: string) => (await asked(bravo, path)).json() as Promise<never>;
  const customer = (await read("/v1/customers/lookup?kind=user_id&value=same-user")) as { id: string };
  const refused = (await read("/v1/refused")) as { refused: { id: number }[] };
  const keys = (await read("/v1/keys")) as { keys: { id: number }[] };
  const begun = await fetch(`${whole.address}/v1/imports?name=bravo.csv&preset=customers-csv`, {
    method: "POST",
    headers: { authorization: `Bearer ${bravo.secretKey}`, "content-type": "text/csv" },
    body: "email,name\nbravo@example.com,bravo\n",
  });
  const imported = (await begun.json()) as { id: number };
  expect([begun.ok, imported.id > 0]).toEqual([true, true]);
  await vi.waitFor(
    async () => expect(await read(`/v1/imports/${imported.id}`)).toMatchObject({ state: "done" }),
    { timeout: 30_000 },
  );
  await whole.drain();
  const make = async (path: string, body: unknown) => {
    const answer = await asked(bravo, path, { method: "POST", body });
    expect([path, answer.status]).toEqual([path, 201]);
    return (await answer.json()) as { id: number };
  };
  const rule = { type: "trait", name: "bravo", is: { op: "exists" } };
  const segment = await make("/v1/segments", { name: "bravo", rule });
  const webhook = await make("/v1/webhooks", { url: "http://127.0.0.1:9/bravo", segment: segment.id });
  const provider = await make("/v1/providers", {
    channel: "sms",
    driver: "local",
    name: "bravo",
    config: {},
  });
  const template = await make("/v1/templates", { name: "bravo", content: { channel: "sms", text: "bravo" } });
  // One that left long ago: sending one would be an event more than those counted here.
  await whole.stores.sql.query(
    `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at, content)
     select 'message-of-b', workspace, 1, 'sms', id, 'marketing', '{}', 'sent', 0, 0, 0, '{"text": "bravo"}' from templates where id = $1`,
    [template.id],
  );
  await make("/v1/computed-traits", { name: "of_b", event: "bravo", measure: { of: "count" } });
  const journey = await make("/v1/journeys", { draft: { name: "bravo", entry: { type: "api" }, start: "rest", steps: { rest: { type: "wait", ms: 60_000, next: null } } } }); // prettier-ignore
  expect((await asked(bravo, `/v1/journeys/${journey.id}/publish`, { method: "POST", body: {} })).status).toBe(202); // prettier-ignore
  const replay = (await (
    await asked(bravo, "/v1/replays", {
      method: "POST", body: { journey: journey.id, from: new Date(Date.now() - 60_000).toISOString(), to: new Date().toISOString() },
    })
  ).json()) as { id: string }; // prettier-ignore
  const [gap] = await whole.stores.sql.query<{ id: number }>(
    `insert into gaps (workspace, kind, subject, part, measured, scope, basis, found_at, seen_at, looked_at) values ($1, 'drop_off', 'bravo', 'another part', $2, '{}', '{}', 0, 0, 0) returning id`,
    [bravo.workspace, JSON.stringify({ gap: {}, orders: null, periodMs: 1 })],
  );
  const task = await make("/v1/tasks", { customerId: customer.id, title: "bravo" });
  const view = await make("/v1/views", {
    name: "bravo",
    path: "/v1/metrics",
    body: { metrics: ["revenue"] },
  });
  const { sql } = whole.stores;
  const [digest] = await sql.query<{ id: number }>("insert into digests (workspace, draft, created_at, updated_at) values ($1, $2, 0, 0) returning id", [bravo.workspace, JSON.stringify({ name: "bravo", to: ["bravo@example.com"], every: "week", weekday: 1, hour: 8, views: [view.id], alerts: true, on: false })]); // prettier-ignore
  const [alert] = await sql.query<{ id: number }>("insert into alerts (workspace, metric, name, words, direction, since_at, before_value, after_value, p_value, found_at) values ($1, 'revenue', 'bravo', 'bravo', 'up', 0, 1, 2, 0, 0) returning id", [bravo.workspace]); // prettier-ignore
  expect(
    (await asked(bravo, "/v1/places/place-of-b", { method: "PUT", body: { name: "bravo" } })).status,
  ).toBe(200);
  expect(
    (await asked(bravo, "/v1/catalogue/items/item-of-b", { method: "PUT", body: { name: "bravo" } })).status,
  ).toBe(200);
  const feed = await make("/v1/catalogue/feeds", { url: "http://127.0.0.1:9/bravo.csv" });
  const hook = await make("/v1/catalogue/hooks", { name: "bravo", kind: "standard" });
  const member = await make("/v1/members", {
    email: "bravo@example.com",
    name: "bravo",
    role: "desk",
    password: "a long sentence is best",
  });
  const panel = await make("/v1/desk/panels", { name: "bravo", origins: ["https://bravo.example"] });
  ids = {
    "/v1/catalogue/items/": "item-of-b",
    "/v1/recommendations/products/": "item-of-b",
    "/v1/catalogue/feeds/": String(feed.id),
    "/v1/catalogue/hooks/": String(hook.id),
    "/v1/desk/panels/": String(panel.id),
    "/v1/members/": String(member.id),
    "/v1/places/": "place-of-b",
    "/v1/views/": String(view.id),
    "/v1/digests/": String(digest!.id),
    "/v1/alerts/": String(alert!.id),
    "/v1/journeys/": String(journey.id),
    "/v1/journeys/{id}/versions/": "1",
    "/v1/replays/": replay.id,
    "/v1/tasks/": String(task.id),
    "/v1/gaps/": String(gap!.id),
    "/v1/segments/": String(segment.id),
    "/v1/customers/{id}/segments/": String(segment.id),
    "/v1/webhooks/": String(webhook.id),
    "/v1/providers/": String(provider.id),
    "/v1/templates/": String(template.id),
    "/v1/messages/": "message-of-b",
    "/v1/computed-traits/": "of_b",
    "/v1/customers/": customer.id,
    "/v1/refused/": String(refused.refused[0]!.id),
    "/v1/keys/": String(keys.keys[0]!.id),
    "/v1/imports/": String(imported.id),
  };
});
afterAll(() => whole.end());

/** Every operation on /v1 with the second workspace's ids in its path. */
async function operations(): Promise<
  readonly { name: string; method: string; path: string; foreign: boolean; example: unknown }[]
> {
  const { paths } = await whole.document();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => path.startsWith("/v1/") && !operation.tags?.includes("Collection"))
      .map(([method, operation]) => {
        const foreign = path.includes("{") || path === OVERLAP;
        const filled = path.replaceAll(/\{\w+\}/g, (_, at: number) => {
          const id = ids[path.slice(0, at)];
          // A new route with an id in its path: make a thing of its kind for bravo above.
          if (id === undefined) throw new Error(`${path} has an id of a kind this test does not know.`);
          return id;
        });
        const query = path === OVERLAP ? `?ids=${ids["/v1/segments/"]},2147483647` : (QUERIES[path] ?? "");
        const media = Object.values(
          (operation["requestBody"] as { content?: { [type: string]: { example?: unknown } } } | undefined)
            ?.content ?? {},
        )[0];
        return {
          name: `${method} ${path}`,
          method: method.toUpperCase(),
          path: filled + query,
          foreign,
          example: media?.example,
        };
      }),
  );
}

const stateOf = async () => {
  const { sql } = whole.stores;
  const tables = [
    "keys",
    "refused",
    "imports",
    "identifiers",
    "links",
    "atoms",
    "segments",
    "webhooks",
    "providers",
    "versions",
    "catalogue_items",
    "catalogue_hooks",
    "desk_panels",
    "members",
    "recommendations",
    "recommendation_lists",
  ];
  return Promise.all(
    tables.map((table) =>
      sql.query(`select * from ${table} where workspace = $1 order by 1`, [bravo.workspace]),
    ),
  );
};

describe("a workspace", () => {
  test("has customers, events and refused events of its own, under the same names", async () => {
    for (const [keys, mark, other, n] of [
      [alpha, "alpha", "bravo", 3],
      [bravo, "bravo", "alpha", 4],
    ] as const) {
      const seen = await Promise.all(
        [
          "/v1/customers/lookup?kind=email&value=same@example.com",
          "/v1/customers?query=same",
          "/v1/export/events",
          "/v1/export/customers",
          "/v1/refused",
        ].map(async (path) => (await asked(keys, path)).text()),
      );
      for (const body of seen) {
        expect(body).toContain(mark);
        expect(body).not.toContain(other);
      }
      expect(await (await asked(keys, "/v1/stats")).json()).toMatchObject({
        accepted: n,
        processed: n,
        logged: n,
        duplicates: 0,
        refused: { missing_name: 1 },
      });
    }
  });

  test("shows nothing of itself to another's key, by any route", async () => {
    const reads = (await operations()).filter(
      ({ method, path }) => method === "GET" && path !== "/v1/events/live",
    );
    expect(reads.length).toBeGreaterThan(12);
    for (const { name, path, foreign } of reads) {
      const answer = await asked(alpha, path);
      const body = await answer.text();
      expect([name, body.includes("bravo") || body.includes(bravo.writeKey)]).toEqual([name, false]);
      if (foreign) expect([name, answer.status]).toEqual([name, 404]);
      else expect([name, answer.ok]).toEqual([name, true]);
    }
  });

  test("is changed by no other's key, by any route", async () => {
    const before = await stateOf();
    // What makes a thing of one's own comes last, so that nothing else can meet it.
    const changes = (await operations())
      .filter(({ method, foreign }) => method !== "GET" && foreign)
      .toSorted((a, b) => Number(BY_NAME.includes(a.name)) - Number(BY_NAME.includes(b.name)));
    expect(changes.length).toBeGreaterThan(4);
    for (const { name, method, path, example } of changes) {
      const answer = await asked(alpha, path, {
        method,
        ...(method === "DELETE" ? {} : { body: example ?? {} }),
      });
      const body = await answer.text();
      // What is named by its maker can be made in one's own workspace under the same name.
      const made = BY_NAME.includes(name) && answer.status === 200;
      expect([name, made || (answer.status >= 400 && answer.status < 500), body.includes("bravo")]).toEqual([
        name,
        true,
        false,
      ]);
    }
    expect(await stateOf()).toEqual(before);
  });

  test("is told of its own events as they arrive, not of another's", async () => {
    const stop = new AbortController();
    const live = await fetch(`${whole.address}/v1/events/live`, {
      headers: { authorization: `Bearer ${alpha.secretKey}` },
      signal: stop.signal,
    });
    expect(live.status).toBe(200);
    const reader = live.body!.pipeThrough(new TextDecoderStream()).getReader();
    await send(bravo, [{ type: "track", userId: "x", event: "bravo live" }]);
    await send(alpha, [{ type: "track", userId: "x", event: "alpha live" }]);
    let seen = "";
    while (!seen.includes("alpha live")) seen += (await reader.read()).value ?? "";
    stop.abort();
    expect(seen).not.toContain("bravo");
  });
});
