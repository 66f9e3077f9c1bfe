/** Gaps by the API: from being found to a journey's draft, edited assumptions, states with their history, and CSV. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { GapDetail, GapList, GapsFound } from "../../src/gaps/model.ts";
import type { z } from "zod";
import { type Keys, type Whole, startWhole } from "../http/whole.ts";

type List = z.infer<typeof GapList>;
type Found = z.infer<typeof GapsFound>;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
let whole: Whole;
let keys: Keys;
let other: Keys;
/** A minute ago, so that all events are old enough to be told, and new enough to be moved by. */
const TO = Date.now() - 60_000;
const scope = { from: new Date(TO - 56 * DAY_MS).toISOString(), to: new Date(TO).toISOString() };

beforeAll(async () => {
  whole = await startWhole();
  keys = whole.first;
  other = await whole.workspace("Other");
  await tell(keys, shop(200));
});
afterAll(() => whole.end());

/** A shop in which most of those who put something in the cart never order, and tickets wait too long. */
function shop(customers: number): readonly object[] {
  return Array.from({ length: customers }, (_, i) => {
    const at = (ms: number) => new Date(TO - 40 * DAY_MS + (i % 20) * DAY_MS + ms).toISOString();
    const of = (name: string, ms: number, properties: object) => ({ type: "track", userId: `u${i}`, event: name, messageId: `${name}-${i}`, timestamp: at(ms), properties }); // prettier-ignore
    return [
      of("Product Added", 0, { product_id: `p${i % 7}`, price: 40 }),
      ...(i % 20 === 0 ? [] : [of("Ticket Created", HOUR_MS, { topic: "Delivery", ticket_id: `t${i}` })]),
      ...(i % 2 === 0 ? [of("Ticket Replied", 50 * HOUR_MS, { ticket_id: `t${i}` })] : [of("Ticket Replied", 2 * HOUR_MS, { ticket_id: `t${i}` })]),
      // One in twenty orders within the week; others, who never had a cart, order as well.
      ...(i % 20 === 0 ? [of("Order Completed", DAY_MS, { order_id: `o${i}`, total: 50, currency: "EUR" })] : []),
    ];
  }).flat().concat(Array.from({ length: 30 }, (_, i) => ({ type: "track", userId: `b${i}`, event: "Order Completed", messageId: `b-${i}`, timestamp: new Date(TO - 30 * DAY_MS).toISOString(), properties: { order_id: `b${i}`, total: 50, currency: "EUR" } }))); // prettier-ignore
}
/** Customers who ask for the first time and hear within the hour. */
const answeredAtOnce = (customers: number): readonly object[] =>
  Array.from({ length: customers }, (_, i) => {
    const of = (event: string, ms: number) => ({ type: "track", userId: `new${i}`, event, messageId: `new ${event} ${i}`, timestamp: new Date(TO - 20 * DAY_MS + ms).toISOString(), properties: { topic: "Delivery", ticket_id: `n${i}` } });
    return [of("Ticket Created", 0), of("Ticket Replied", HOUR_MS / 2)];
  }).flat(); // prettier-ignore
async function tell({ writeKey }: Keys, batch: readonly object[]): Promise<void> {
  const answer = await fetch(`${whole.address}/v1/batch`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ writeKey, batch }) }); // prettier-ignore
  expect(answer.status).toBe(200);
  await answer.text();
  await whole.drain();
}
const search = (by = keys) => whole.ask<Found>(by, "POST", "/v1/gaps/search?fresh=true", { scope });
const list = (query = "", by = keys) => whole.ask<List>(by, "GET", `/v1/gaps${query}`);

test("a search finds the gaps there are, ranked and explained, and keeps them", async () => {
  const found = await search();
  expect(found.type).toBe("found");
  const [first] = found.gaps.filter(({ kind }) => kind === "drop_off");
  expect(first).toMatchObject({ subject: "cart to order in other", affected: { people: 190, of: 200 }, state: "open", normal: { against: "stated" }, journeyId: null }); // prettier-ignore
  // All who ordered spent 50 each: 190 people in the 49 days of which the week to order in is over, 90 days ahead, a tenth of them.
  expect(first!.value).toMatchObject({ type: "known", currency: "EUR", buyers: 40 });
  expect(first!.value.type === "known" && first!.value.amount).toBeCloseTo((190 * 90 * 0.1 * 50) / 49, 0);
  expect(first!.evidence).toHaveLength(20);
  expect(first!.evidence[0]!.moments[0]).toMatchObject({ event: "Product Added" });
  expect(first!.ranking.words).toContain("190 people");
  expect(found.gaps.map(({ ranking }) => ranking.place)).toEqual(found.gaps.map((_, i) => i + 1));
  expect(found.gaps.find(({ kind }) => kind === "slow_response")!.affected).toMatchObject({ people: 90, of: 190 }); // prettier-ignore
  expect(found.looked.find(({ kind }) => kind === "broken_promise")!.notLooked).toContain("Promise Made");
  const kept = await list();
  expect(kept.gaps.map(({ id }) => id)).toEqual(found.gaps.map(({ id }) => id));
  expect((await search()).gaps.map(({ id }) => id)).toEqual(kept.gaps.map(({ id }) => id));
});

test("edited assumptions change the value and the place, and stay", async () => {
  const before = (await list()).gaps;
  const last = before.at(-1)!;
  const path = `/v1/gaps/${last.id}`;
  const changed = await whole.ask<GapDetail>(keys, "PUT", path, { assumptions: { valuePerPerson: 10_000, recoverableRatio: 1 }, note: "They are our best." }); // prettier-ignore
  expect(changed).toMatchObject({ assumptionsEdited: true, ranking: { place: 1 }, value: { type: "known", buyers: 0 } }); // prettier-ignore
  expect(changed.history[0]).toMatchObject({ what: "assumptions", by: expect.any(String) as string });
  expect(changed.history[0]!.words).toContain("They are our best.");
  await search();
  expect((await list()).gaps[0]).toMatchObject({ id: last.id, assumptionsEdited: true });
});

test("a remedy is made as a journey's draft with people held out, and linked", async () => {
  const gap = (await list("?kind=drop_off")).gaps[0]!;
  const { gap: fixed, made } = await whole.ask<{ gap: GapDetail; made: { type: string; journeyId: number } }>(keys, "POST", `/v1/gaps/${gap.id}/remedy`, { site: "https://shop.example.com" }); // prettier-ignore
  expect(made.type).toBe("journey");
  expect(fixed).toMatchObject({ state: "being_fixed", journeyId: made.journeyId, proof: { type: "none" } });
  const journey = await whole.ask<{ state: string; draft: { name: string; holdoutRatio: number } }>(keys, "GET", `/v1/journeys/${made.journeyId}`); // prettier-ignore
  expect(journey).toMatchObject({ state: "draft", draft: { name: "Saved cart", holdoutRatio: 0.1 } });
  // What is being fixed is not begun again, and nothing is proven by a draft.
  expect((await whole.answer(keys, "POST", `/v1/gaps/${gap.id}/remedy`, {})).status).toBe(409);
  expect((await whole.answer(keys, "PUT", `/v1/gaps/${gap.id}`, { state: "proven" })).status).toBe(422);
  const replay = await whole.answer(keys, "POST", "/v1/replays", { journey: made.journeyId, ...scope });
  expect(replay.status).toBeLessThan(300);
  const published = await whole.answer(keys, "POST", `/v1/journeys/${made.journeyId}/publish`, { formerRuns: "pin" }); // prettier-ignore
  expect(published.status).toBe(202);
  const read = await whole.ask<GapDetail>(keys, "GET", `/v1/gaps/${gap.id}`);
  expect(read.proof).toMatchObject({ type: "journey", journeyId: made.journeyId, verdict: "too_few", lift: null }); // prettier-ignore
  expect(read.history.map(({ what }) => what)).toEqual(["remedy", "found"]);
});

test("a remedy that is a task is made for the customers who show the gap", async () => {
  const gap = (await list("?kind=slow_response")).gaps[0]!;
  const { made } = await whole.ask<{ made: { type: string; taskIds: string[] } }>(keys, "POST", `/v1/gaps/${gap.id}/remedy`, {}); // prettier-ignore
  expect([made.type, made.taskIds.length]).toEqual(["tasks", 20]);
  const { tasks } = await whole.ask<{ tasks: { customerId: string }[] }>(keys, "GET", "/v1/tasks?limit=50");
  expect(new Set(tasks.map(({ customerId }) => customerId))).toEqual(new Set(gap.evidence.map(({ customerId }) => customerId))); // prettier-ignore
});

test("a dismissed gap stays dismissed when it is found again, and can be opened", async () => {
  const gap = (await list("?kind=slow_response")).gaps[0]!;
  const path = `/v1/gaps/${gap.id}`;
  await whole.ask(keys, "PUT", path, { state: "dismissed", note: "Meant to be so." });
  await search();
  expect(await whole.ask(keys, "GET", path)).toMatchObject({ state: "dismissed" });
  expect((await whole.answer(keys, "PUT", path, { state: "being_fixed" })).status).toBe(422);
  expect(await whole.ask(keys, "PUT", path, { state: "open" })).toMatchObject({ state: "open" });
});

test("what is no gap any more by what happened before it was begun to be fixed is not proven by it, and says when it can be told", async () => {
  const gap = (await list("?kind=slow_response")).gaps[0]!;
  const path = `/v1/gaps/${gap.id}`;
  await whole.ask(keys, "PUT", path, { state: "being_fixed" });
  await tell(keys, answeredAtOnce(300));
  await search();
  const fixed = await whole.ask<GapDetail>(keys, "GET", path);
  expect(fixed.history.map(({ what }) => what)).toContain("not_found");
  expect(fixed.proof).toMatchObject({ type: "none", words: expect.stringContaining("It can be told from") as string }); // prettier-ignore
  expect((await whole.answer(keys, "PUT", path, { state: "proven" })).status).toBe(422);
});

test("with too little data nothing else is said, and another workspace sees none of it", async () => {
  expect(await search(other)).toMatchObject({ type: "too_little_data", found: 0, needed: 50, basis: { customers: 0 } }); // prettier-ignore
  expect(await list("", other)).toEqual({ gaps: [], lookedAt: null });
  const gap = (await list()).gaps[0]!;
  expect((await whole.answer(other, "GET", `/v1/gaps/${gap.id}`)).status).toBe(404);
});

test("gaps and questions are had as CSV", async () => {
  const { body: gaps } = await whole.answer<string>(keys, "GET", "/v1/gaps?format=csv");
  const lines = gaps.trim().split("\r\n");
  expect(lines[0]).toMatch(/^place,id,kind,subject,/);
  expect(lines).toHaveLength(1 + (await list()).gaps.length);
  const { body: questions } = await whole.answer<string>(keys, "POST", "/v1/questions?format=csv", { scope });
  expect(questions).toContain("support_topic,delivery,Delivery,490,490");
});

test("gaps are listed with their proofs however many journeys were made of them, and of a limit only its own are worked out", async () => {
  const { sql } = whole.stores;
  const { id, journeyId } = (await list("?kind=drop_off")).gaps[0]!;
  for (let i = 0; i < 60; i++) {
    const [journey] = await sql.query<{ id: number }>(
      "insert into journeys (workspace, name, state, draft, created_at, updated_at) select workspace, name || ' of many ' || $2, state, draft, created_at, updated_at from journeys where id = $1 returning id",
      [journeyId, String(i)],
    );
    const copied = (table: string) =>
      `insert into ${table} overriding system value select (jsonb_populate_record(t, $2::jsonb || jsonb_build_object('id', nextval(pg_get_serial_sequence('${table}', 'id'))))).* from ${table} t where id = $1`;
    const [version] = await sql.query<{ id: number }>("select id from versions where journey = $1", [journeyId]);
    await sql.query(copied("versions"), [version!.id, JSON.stringify({ journey: journey!.id })]);
    await sql.query(copied("gaps"), [id, JSON.stringify({ journey: journey!.id, subject: `one of many ${i}` })]);
  }
  const all = await whole.answer<List>(keys, "GET", "/v1/gaps?kind=drop_off");
  expect(all.status).toBe(200);
  expect(all.body.gaps.map(({ proof }) => proof.type)).toEqual(Array.from({ length: 61 }, () => "journey"));
  expect((await list("?kind=drop_off&limit=2")).gaps).toEqual(all.body.gaps.slice(0, 2));
}, 120_000); // prettier-ignore
