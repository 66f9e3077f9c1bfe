/** The API of segments on the whole platform: definitions, checks, previews, members, reasons, histories. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SegmentView, WhyAnswer } from "../../src/segments/document.ts";
import {
  type Problem,
  DAY_MS,
  ask,
  bought,
  end,
  get,
  idOf,
  live,
  make,
  other,
  send,
  start,
  trait,
  until,
} from "./platform.ts";

beforeAll(start);
afterAll(end);

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
