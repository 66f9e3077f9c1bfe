/** The API of segments on the whole platform: definitions, checks, previews, members, reasons, histories, stages, traits, bands. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ComputedTraitView, SegmentView, Why, WhyAnswer } from "../../src/segments/document.ts";
import { type Keys, startWhole, type Whole } from "../http/whole.ts";

const DAY_MS = 86_400_000;
let whole: Whole;
let keys: Keys;
let other: Keys;
beforeAll(async () => {
  whole = await startWhole();
  // Before any request: keys made behind the server's back are known to it within seconds only.
  other = await whole.workspace("Other");
  keys = whole.first;
});
afterAll(() => whole.end());

type Answer<T> = { readonly status: number; readonly body: T; readonly headers: Headers };
type Problem = { readonly code: string; readonly detail: string; readonly errors?: readonly { pointer: string; detail: string }[] }; // prettier-ignore

async function ask<T>(
  method: string,
  path: string,
  body?: unknown,
  headers: { [name: string]: string } = {},
  by: Keys = keys,
): Promise<Answer<T>> {
  const answer = await fetch(whole.address + path, {
    method,
    headers: { authorization: `Bearer ${by.secretKey}`, ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  }); // prettier-ignore
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.includes("json");
  return { status: answer.status, body: (json ? JSON.parse(text) : text) as T, headers: answer.headers };
}
const get = <T>(path: string) => ask<T>("GET", path);

type Sent = { readonly user: string; readonly event?: string; readonly daysAgo?: number; readonly properties?: object; readonly traits?: object }; // prettier-ignore
async function send(events: readonly Sent[], by: Keys = keys): Promise<void> {
  const batch = events.map(({ user, event, daysAgo = 0, properties, traits }) => ({
    type: event === undefined ? "identify" : "track", userId: user, timestamp: new Date(Date.now() - daysAgo * DAY_MS - 1000).toISOString(),
    ...(event !== undefined && { event, properties }), ...(traits && { traits }),
  })); // prettier-ignore
  const answer = await fetch(`${whole.address}/v1/batch`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${by.writeKey}:`)}` },
    body: JSON.stringify({ batch }),
  });
  expect(answer.status).toBe(200);
  await answer.text();
  await whole.drain();
}

/** Asks until `found` says that it is there. */
async function until<T>(asked: () => Promise<T>, found: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await asked();
    if (found(value)) return value;
    await pause(20);
  }
}
const live = (id: number): Promise<SegmentView> =>
  until(async () => (await get<SegmentView>(`/v1/segments/${id}`)).body, ({ state }) => state !== "building"); // prettier-ignore
const idOf = async (user: string): Promise<string> =>
  (await get<{ id: string }>(`/v1/customers/lookup?kind=user_id&value=${user}`)).body.id;
const bought = (atLeast = 1, days?: number) => ({
  type: "did", event: "Order Completed", is: { op: "at_least", value: atLeast },
  ...(days !== undefined && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore
const trait = (name: string, value: string) => ({ type: "trait", name, is: { op: "equals", value } });
const make = (name: string, rule: unknown) =>
  ask<SegmentView>("POST", "/v1/segments", { name, description: `About ${name}`, rule });

describe("definitions", () => {
  let buyers: SegmentView;
  beforeAll(async () => {
    await send([
      { user: "ann", traits: { name: "Ann Archer", email: "ann@example.com", plan: "pro" } },
      { user: "ann", event: "Order Completed", daysAgo: 3, properties: { total: 40 } },
      { user: "ann", event: "Order Completed", daysAgo: 40, properties: { total: 60 } },
      { user: "ben", event: "Order Completed", daysAgo: 2, properties: { total: 10 } },
      { user: "cem", event: "Product Viewed", daysAgo: 1 },
    ]);
    buyers = (await make("Buyers", bought())).body;
  });

  test("a new segment is built from history and tells how far it is; then it serves", async () => {
    expect(buyers).toMatchObject({ name: "Buyers", description: "About Buyers", summary: "did Order Completed", uses: [], usedBy: [] }); // prettier-ignore
    expect(buyers.state === "building" ? buyers.progress?.version : buyers.version).toBe(
      buyers.newestVersion,
    );
    expect(await live(buyers.id)).toMatchObject({ state: "live", members: 2, version: buyers.newestVersion, progress: null, problem: null }); // prettier-ignore
  });

  test("names are taken once, whatever the case", async () => {
    const answer = await ask<Problem>("POST", "/v1/segments", { name: "BUYERS", rule: bought() });
    expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
    expect(answer.body.detail).toContain(`(${buyers.id})`);
  });

  test("a wrong rule is refused with each place in it and what was expected", async () => {
    const rule = { type: "all", rules: [{ type: "trait", name: "plan", is: { op: "like", value: 1 } }, { type: "did", event: 5 }] }; // prettier-ignore
    const { status, body } = await ask<Problem>("POST", "/v1/segments", { name: "Wrong", rule });
    expect(status).toBe(422);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(["#/rule/rules/0/is/op", "#/rule/rules/1/event"]); // prettier-ignore
    expect(body.errors?.[0]?.detail).toContain("equals, not_equals");
    const meaning = await ask<Problem>("POST", "/v1/segments", { name: "Wrong", rule: { type: "not", rule: { type: "segment", id: 999_999 } } }); // prettier-ignore
    expect(meaning.body.errors).toMatchObject([{ pointer: "#/rule/rule/id", detail: "There is no segment 999999." }]); // prettier-ignore
    const nameless = await ask<Problem>("POST", "/v1/segments", { rule: bought() });
    expect(nameless.body.errors?.[0]?.pointer).toBe("#/name");
  });

  test("a rule can be looked at without making anything", async () => {
    const good = await ask("POST", "/v1/segments/check", { rule: { type: "all", rules: [bought(2, 30), trait("plan", "pro")] } }); // prettier-ignore
    expect(good.body).toEqual({ ok: true, problems: [], summary: 'did Order Completed at least 2 times in the last 30 days and plan is "pro"' }); // prettier-ignore
    const bad = await ask("POST", "/v1/segments/check", { rule: { type: "computed", name: "nothing", is: { op: "exists" } } }); // prettier-ignore
    expect(bad.body).toMatchObject({ ok: false, problems: [{ path: "name" }], summary: null });
    expect(await ask("POST", "/v1/segments/check", { rule: 7 })).toMatchObject({ status: 200, body: { ok: false } }); // prettier-ignore
  });

  test("a preview counts over the event log, with a sample and the number of all", async () => {
    const { body } = await ask<{ count: number; total: number; sample: { name: string }[] }>("POST", "/v1/segments/preview", { rule: bought(1, 30) }); // prettier-ignore
    expect([body.count, body.total, body.sample.length]).toEqual([2, 3, 2]);
    expect(body.sample.map(({ name }) => name)).toContain("Ann Archer");
    expect((await ask("POST", "/v1/segments/preview", { rule: {} })).status).toBe(422);
  });

  test("who refers to a segment gets a new version with it, through others as well, and keeps it from being deleted", async () => {
    const middle = (await make("Middle", { type: "not", rule: { type: "segment", id: buyers.id } })).body;
    const outer = (await make("Outer", { type: "all", rules: [{ type: "segment", id: middle.id }, trait("plan", "pro")] })).body; // prettier-ignore
    await Promise.all([live(middle.id), live(outer.id)]);
    const refused = await ask<Problem>("DELETE", `/v1/segments/${buyers.id}`);
    expect([refused.status, refused.body.code]).toEqual([409, "conflict"]);
    expect(refused.body.detail).toContain(`segment "Middle" (${middle.id})`);
    const circle = await ask<Problem>("PUT", `/v1/segments/${buyers.id}`, { name: "Buyers", rule: { type: "any", rules: [bought(), { type: "segment", id: outer.id }] } }); // prettier-ignore
    expect([circle.status, circle.body.errors?.[0]?.pointer]).toEqual([422, "#/rule/rules/1/id"]);

    const changed = await ask<SegmentView>("PUT", `/v1/segments/${buyers.id}`, { name: "Buyers", description: "", rule: bought(2) }); // prettier-ignore
    expect(changed.body.newestVersion).toBeGreaterThan(buyers.newestVersion);
    expect(changed.body.usedBy).toEqual([{ id: middle.id, name: "Middle" }]);
    const [after, middleAfter, outerAfter] = [await live(buyers.id), await live(middle.id), await live(outer.id)]; // prettier-ignore
    expect(middleAfter.newestVersion).toBeGreaterThan(middle.newestVersion);
    expect(outerAfter.newestVersion).toBeGreaterThan(outer.newestVersion);
    // Buyers: ann alone bought twice. Not buyers: ben and cem. With plan pro of those: nobody.
    expect([after.members, middleAfter.members, outerAfter.members]).toEqual([1, 2, 0]);

    for (const { id } of [outer, middle])
      expect((await ask("DELETE", `/v1/segments/${id}`)).status).toBe(200);
    expect((await get(`/v1/segments/${middle.id}`)).status).toBe(404);
  });

  test("another name alone makes no new version; a change of what somebody else changed is refused", async () => {
    const before = await live(buyers.id);
    const etag = (await get(`/v1/segments/${buyers.id}`)).headers.get("etag")!;
    const renamed = await ask<SegmentView>("PUT", `/v1/segments/${buyers.id}`, { name: "Those who buy", rule: before.rule }, { "if-match": etag }); // prettier-ignore
    expect([renamed.status, renamed.body.name, renamed.body.newestVersion]).toEqual([200, "Those who buy", before.newestVersion]); // prettier-ignore
    const stale = await ask<Problem>("PUT", `/v1/segments/${buyers.id}`, { name: "X", rule: bought(3) }, { "if-match": '"1"' }); // prettier-ignore
    expect([stale.status, stale.body.code]).toEqual([before.newestVersion === 1 ? 200 : 409, "conflict"]);
  });

  test("changed again while it is built, it ends as it was told last", async () => {
    const { id } = (await make("Restless", bought(1))).body;
    for (const atLeast of [2, 3, 2, 1, 2]) await ask("PUT", `/v1/segments/${id}`, { name: "Restless", rule: bought(atLeast) }); // prettier-ignore
    const { rule, members, version, newestVersion } = await live(id);
    expect([(rule as { is: unknown }).is, members, version]).toEqual([{ op: "at_least", value: 2 }, 1, newestVersion]); // prettier-ignore
  });

  test("another workspace has none of it", async () => {
    expect((await ask("GET", "/v1/segments", undefined, {}, other)).body).toEqual({ segments: [] });
    for (const path of ["", "/members", "/history", "/members.csv"])
      expect([path, (await ask("GET", `/v1/segments/${buyers.id}${path}`, undefined, {}, other)).status]).toEqual([path, 404]); // prettier-ignore
    expect((await ask("DELETE", `/v1/segments/${buyers.id}`, undefined, {}, other)).status).toBe(404);
  });
});

describe("members and reasons", () => {
  let club: SegmentView;
  let gold: SegmentView;
  beforeAll(async () => {
    await send([
      ...["m1", "m2", "m3"].map((user) => ({ user, traits: { name: `"${user}", said =she`, tier: "gold" } })),
      ...["m1", "m2"].map((user) => ({ user, event: "Joined Club", daysAgo: 5 })),
      { user: "m4", event: "Joined Club", daysAgo: 20 },
    ]);
    [club, gold] = [
      (await make("Club", { type: "did", event: "Joined Club", when: { from: { agoMs: 10 * DAY_MS } } }))
        .body,
      (await make("Gold", trait("tier", "gold"))).body,
    ];
    await Promise.all([live(club.id), live(gold.id)]);
  });

  test("are paged without gaps, newest customers first", async () => {
    type Page = { members: { id: string; sinceAt: string }[]; total: number; nextCursor: string | null };
    const first = (await get<Page>(`/v1/segments/${gold.id}/members?limit=2`)).body;
    const second = (await get<Page>(`/v1/segments/${gold.id}/members?limit=2&cursor=${first.nextCursor}`)).body; // prettier-ignore
    expect([first.total, first.members.length, second.members.length, second.nextCursor]).toEqual([3, 2, 1, null]); // prettier-ignore
    const ids = [...first.members, ...second.members].map(({ id }) => id);
    expect(ids.toSorted()).toEqual((await Promise.all(["m1", "m2", "m3"].map(idOf))).toSorted());
  });

  test("come as CSV, with nothing a spreadsheet would run", async () => {
    const { body, headers } = await get<string>(`/v1/segments/${gold.id}/members.csv`);
    expect(headers.get("content-type")).toContain("text/csv");
    const lines = body.trimEnd().split("\r\n");
    expect(lines[0]).toBe("customer_id,name,email,phone,user_id,external_id,since_at,first_seen_at,last_seen_at"); // prettier-ignore
    expect(lines).toHaveLength(4);
    expect(body).toContain(`${await idOf("m1")},"""m1"", said =she",,,m1,`);
  });

  test("overlap is counted in pairs, jointly, and by region", async () => {
    const { body } = await get(`/v1/segments/overlap?ids=${club.id},${gold.id}`);
    expect(body).toMatchObject({
      segments: [{ id: club.id, members: 2 }, { id: gold.id, members: 3 }],
      pairs: [{ a: club.id, b: gold.id, both: 2 }], all: 2, any: 3,
      regions: [{ ids: [gold.id], customers: 1 }, { ids: [club.id, gold.id], customers: 2 }],
    }); // prettier-ignore
    expect((await get(`/v1/segments/overlap?ids=${club.id},${club.id}`)).status).toBe(400);
  });

  test("why in: each condition in words, what it was asked of, and when time will turn it", async () => {
    const { body } = await get<WhyAnswer>(`/v1/customers/${await idOf("m1")}/segments/${club.id}`);
    expect(body).toMatchObject({ matches: true, segment: { id: club.id, name: "Club" } });
    expect(body.sinceAt).not.toBeNull();
    const { why } = body;
    expect([why.words, why.value, why.found, why.matches]).toEqual(["did Joined Club in the last 10 days", 1, "once", true]); // prettier-ignore
    const inDays = (Date.parse(why.changesAt!) - Date.now()) / DAY_MS;
    expect(inDays).toBeGreaterThan(4.9);
    expect(inDays).toBeLessThan(5);
  });

  test("why not in, and what a customer is in", async () => {
    const m4 = await idOf("m4");
    const { body } = await get<WhyAnswer>(`/v1/customers/${m4}/segments/${club.id}`);
    expect([body.matches, body.sinceAt, body.why.found, body.changesAt]).toEqual([
      false,
      null,
      "never",
      null,
    ]);
    const m1 = (await get<{ segments: { name: string }[] }>(`/v1/customers/${await idOf("m1")}/segments`)).body; // prettier-ignore
    expect(m1.segments.map(({ name }) => name)).toEqual(["Club", "Gold"]);
    expect((await get(`/v1/customers/c999999999/segments`)).status).toBe(404);
  });

  test("an entry and an exit are told with the event and the condition that turned", async () => {
    const ours = async () =>
      (await get<{ entries: { what: string; segment: { id: number } | null; by: string; because: { words: string } | null }[] }>(
        `/v1/customers/${await idOf("m3")}/segments/history`,
      )).body.entries.filter(({ segment }) => segment?.id === club.id || segment?.id === gold.id); // prettier-ignore
    await send([{ user: "m3", event: "Joined Club" }]);
    await send([{ user: "m3", traits: { tier: "none" } }]);
    const entries = await until(ours, ({ length }) => length >= 2);
    expect(entries).toMatchObject([
      { what: "left", segment: { id: gold.id, name: "Gold" }, by: "event", because: { words: 'tier is "gold"' } },
      { what: "entered", segment: { id: club.id, name: "Club" }, by: "event", because: { words: "did Joined Club in the last 10 days" } },
    ]); // prettier-ignore
    type History = { step: string; points: { members: number | null; entered: number; left: number }[] };
    const history = (await get<History>(`/v1/segments/${club.id}/history?from=${new Date(Date.now() - 3 * 3_600_000).toISOString()}`)).body; // prettier-ignore
    expect(history.step).toBe("hour");
    expect(history.points.at(-1)?.members).toBe(3);
    expect(history.points.reduce((sum, { entered }) => sum + entered, 0)).toBe(1);
  });
});

describe("stages, computed traits and bands", () => {
  test("starters are right rules, and make segments", async () => {
    await ask("PUT", "/v1/rfm", { event: "Order Completed", property: "total", recencyDays: [14, 30, 90, 180], frequency: [1, 2, 4, 8], money: [20, 50, 100, 300] }); // prettier-ignore
    const { starters } = (await get<{ starters: { key: string; rule: unknown }[] }>("/v1/segments/starters")).body; // prettier-ignore
    expect(starters.length).toBeGreaterThanOrEqual(8);
    for (const { key, rule } of starters)
      expect([key, (await ask<{ problems: unknown }>("POST", "/v1/segments/check", { rule })).body.problems]).toEqual([key, []]); // prettier-ignore
  });

  test("a stage model puts everybody in a stage; counts add up", async () => {
    expect((await get<{ model: null }>("/v1/stages")).body.model).toBeNull();
    const { starters } = (await get<{ starters: { key: string; model: unknown }[] }>("/v1/stages/starters")).body; // prettier-ignore
    expect(starters.map(({ key }) => key)).toEqual(["ecommerce", "b2b", "local_service", "professional_service"]); // prettier-ignore
    for (const { key, model } of starters)
      expect([key, (await ask("PUT", "/v1/stages", model)).status]).toEqual([key, 200]);
    await ask("PUT", "/v1/stages", starters[0]!.model);
    await until(async () => (await get<{ state: string }>("/v1/stages")).body.state, (state) => state === "live"); // prettier-ignore
    type Counts = { total: number; stages: { key: string; customers: number }[] };
    const { total, stages } = (await get<Counts>("/v1/stages/counts")).body;
    expect(stages.reduce((sum, { customers }) => sum + customers, 0)).toBe(total);
    expect(stages.find(({ key }) => key === "repeat_buyer")?.customers).toBe(1);
    const ann = (await get<{ stage: { key: string } }>(`/v1/customers/${await idOf("ann")}/segments`)).body;
    expect(ann.stage.key).toBe("repeat_buyer");
  });

  test("a stage model must make sense, and a stage that is asked for cannot go", async () => {
    const stage = (key: string, rule: unknown) => ({ key, name: key, rule });
    const wrong = await ask<Problem>("PUT", "/v1/stages", { stages: [stage("a", bought()), stage("a", { type: "stage", in: ["a"] })] }); // prettier-ignore
    expect(wrong.body.errors?.map(({ pointer }) => pointer)).toEqual(["#/stages/0/rule", "#/stages/1/key", "#/stages/1/rule"]); // prettier-ignore
    const asks = (await make("Loyal ones", { type: "stage", in: ["loyal"] })).body;
    const gone = await ask<Problem>("PUT", "/v1/stages", { stages: [stage("one", null)] });
    expect([gone.status, gone.body.detail]).toEqual([409, expect.stringContaining(`(${asks.id})`)]);
  });

  test("a computed trait is known of history, used in rules, and not deleted while it is", async () => {
    const draft = { name: "spent", event: "Order Completed", measure: { of: "sum", property: "total" } };
    const made = await ask<ComputedTraitView>("POST", "/v1/computed-traits", draft);
    expect([made.status, made.body.words]).toEqual([201, "the sum of total over Order Completed"]);
    const list = async () => (await get<{ computedTraits: ComputedTraitView[] }>("/v1/computed-traits")).body.computedTraits; // prettier-ignore
    await until(list, (traits) => traits.every(({ state }) => state === "live"));
    const ann = (await get<{ computed: unknown }>(`/v1/customers/${await idOf("ann")}/segments`)).body;
    expect(ann.computed).toMatchObject([{ name: "spent", value: 100 }]);
    const big = await live((await make("Big", { type: "computed", name: "spent", is: { op: "at_least", value: 100 } })).body.id); // prettier-ignore
    expect(big.members).toBe(1);
    expect((await list())[0]?.usedBy).toEqual([{ id: big.id, name: "Big" }]);
    expect((await ask<Problem>("DELETE", "/v1/computed-traits/spent")).status).toBe(409);
    await ask("DELETE", `/v1/segments/${big.id}`);
    expect((await ask("DELETE", "/v1/computed-traits/spent")).status).toBe(200);
    expect(await list()).toEqual([]);
    expect((await ask("POST", "/v1/computed-traits", { ...draft, name: "Not A Name" })).status).toBe(422);
  });

  test("bands are suggested from the log, must rise, and renew what asks for them", async () => {
    const band = await live((await make("Spenders", { type: "rfm", money: [4, 5] })).body.id);
    expect(band.members).toBe(0);
    const why = (await get<WhyAnswer>(`/v1/customers/${await idOf("ann")}/segments/${band.id}`)).body.why;
    const leaves = (one: Why): readonly Why[] => (one.rules.length === 0 ? [one] : one.rules.flatMap(leaves));
    expect(leaves(why).map(({ words, value, matches }) => [words, value, matches])).toContainEqual(["the sum of total over Order Completed is more than 100", 100, false]); // prettier-ignore
    type Suggested = { rfm: { money: number[]; frequency: number[] }; customers: number };
    const suggested = (await ask<Suggested>("POST", "/v1/rfm/suggest", { event: "Order Completed", property: "total" })).body; // prettier-ignore
    expect(suggested.customers).toBe(2);
    // Fifths between 10 and 100, and between 1 and 2, which are made to rise.
    expect(suggested.rfm.money).toEqual([28, 46, 64, 82]);
    expect(suggested.rfm.frequency).toEqual([1, 2, 3, 4]);
    expect((await ask<Problem>("PUT", "/v1/rfm", { ...suggested.rfm, money: [5, 4, 6, 7] })).body.errors?.[0]?.pointer).toBe("#/money"); // prettier-ignore
    expect((await ask("PUT", "/v1/rfm", suggested.rfm)).status).toBe(200);
    const after = await until(() => live(band.id), ({ version }) => version !== band.version); // prettier-ignore
    expect(after.members).toBe(1);
  });
});

describe("webhooks", () => {
  test("are made with a secret that is shown once, tried, listed with their deliveries, and removed", async () => {
    const received: { headers: { [name: string]: unknown }; body: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = "";
      request.on("data", (piece) => (body += String(piece)));
      request.on("end", () => {
        received.push({ headers: request.headers, body });
        response.end("thanks");
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const wanted = (await make("Told of", trait("told", "yes"))).body;
    await live(wanted.id);
    type Made = { id: number; secret: string };
    const { status, body: made } = await ask<Made>("POST", "/v1/webhooks", { url, segment: wanted.id });
    expect([status, /^whsec_[A-Za-z0-9+/]{43}=$/.test(made.secret)]).toEqual([201, true]);
    expect((await get<{ webhooks: object[] }>("/v1/webhooks")).body.webhooks).toMatchObject([
      { id: made.id, url, waiting: 0 },
    ]);
    expect(JSON.stringify((await get("/v1/webhooks")).body)).not.toContain(made.secret);

    const tried = await ask("POST", `/v1/webhooks/${made.id}/test`);
    expect(tried.body).toMatchObject({ ok: true, status: 200, detail: "thanks" });
    const { headers, body } = received[0]!;
    const key = Buffer.from(made.secret.slice("whsec_".length), "base64");
    const signed = createHmac("sha256", key)
      .update(`${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${body}`)
      .digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signed}`);

    await send([{ user: "told", traits: { told: "yes" } }]);
    type Deliveries = { deliveries: { type: string; state: string }[] };
    const delivered = await until(
      async () => (await get<Deliveries>(`/v1/webhooks/${made.id}/deliveries`)).body.deliveries,
      (rows) => rows.some(({ state }) => state === "delivered"),
    );
    expect(delivered).toMatchObject([{ type: "segment.entered", attempts: 1, status: 200, dueAt: null }]);
    expect(JSON.parse(received[1]!.body)).toMatchObject({
      type: "segment.entered",
      data: { customerId: await idOf("told"), segment: { id: wanted.id, name: "Told of" } },
    });

    for (const [method, path] of [
      ["GET", "/deliveries"],
      ["POST", "/test"],
      ["DELETE", ""],
    ] as const)
      expect([
        path,
        (await ask(method, `/v1/webhooks/${made.id}${path}`, undefined, {}, other)).status,
      ]).toEqual([path, 404]);
    expect((await ask("POST", "/v1/webhooks", { url, segment: wanted.id }, {}, other)).status).toBe(422);
    expect((await ask("POST", "/v1/webhooks", { url: "ftp://example.com/" })).status).toBe(400);
    expect((await ask("DELETE", `/v1/webhooks/${made.id}`)).status).toBe(200);
    expect((await get(`/v1/webhooks/${made.id}/deliveries`)).status).toBe(404);
    receiver.close();
  });
});
