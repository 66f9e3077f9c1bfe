/** A page never waits: what is slow or away gives its default, with 200, and no event is lost by it. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openPostgres } from "../../src/db/postgres.ts";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "1500" });
  await desk.place("calm", [{ id: "one" }], { default: { title: "The business's own" } });
});
afterAll(() => desk.end());

/** How often questions ended in this way, by the metrics an operator reads. */
const counted = async (outcome: string): Promise<number> => {
  const text = await (await fetch(`${desk.address}/metrics`, { headers: { authorization: `Bearer ${desk.first.secretKey}` } })).text(); // prettier-ignore
  return Number(new RegExp(`step_outcomes_total\\{step="decide",outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1] ?? 0); // prettier-ignore
};
const FALLBACK = { place: "calm", choice: null, reason: "fallback", version: null, token: null };

test("while a store is slow the page is told to show its default, and it is counted", async () => {
  const [before, url] = [await counted("slow"), desk.stores.sql.url];
  const holder = openPostgres(url, 1);
  const device = randomUUID();
  const event = { type: "track", event: "Waited", anonymousId: device, messageId: randomUUID() };
  let free = (): void => undefined;
  const freed = new Promise<void>((resolve) => (free = resolve));
  const holding = holder.transaction(async (tx) => {
    await tx.query("lock table identifiers in access exclusive mode");
    const { status, body } = await desk.visit({ anonymousId: device, places: ["calm", "calm"], events: [event] }); // prettier-ignore
    expect([status, body.decisions]).toEqual([200, [FALLBACK, FALLBACK]]);
    // All flags at once cannot be named when nothing can be read: the SDK keeps what it has.
    const flags = await fetch(`${desk.address}/ofrep/v1/evaluate/flags`, { method: "POST", headers: { "content-type": "application/json", "x-api-key": desk.first.writeKey }, body: JSON.stringify({ context: { targetingKey: device } }) }); // prettier-ignore
    expect(flags.status).toBe(503);
    free();
  });
  await freed;
  await holding;
  await holder.close();
  expect(await counted("slow")).toBe(before + 2);
  // What came along was taken all the same, once.
  await desk.drain();
  const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${device}`); // prettier-ignore
  expect(await desk.ask(desk.first, "GET", `/v1/customers/${id}`)).toMatchObject({ counts: { Waited: { n: 1 } } }); // prettier-ignore
  expect(await desk.shown({ anonymousId: device, places: ["calm"] })).toMatchObject({ reason: "priority" });
});

test("while a store is away the page is told to show its default, and that its events are to be sent again", async () => {
  const { sql } = desk.stores;
  const name = /\/([^/?]+)\?/.exec(sql.url)![1]!;
  const server = openPostgres(sql.url.replace(`/${name}?`, "/postgres?"), 1);
  const before = await counted("away");
  const device = randomUUID();
  const event = { type: "track", event: "Came", anonymousId: device, messageId: randomUUID() };
  const ask = () => desk.visit({ anonymousId: device, places: ["calm"], events: [event] });
  await server.query(`alter database ${name} allow_connections false`);
  try {
    await server.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = $1", [name]);
    const { status, body } = await ask();
    expect([status, body.decisions, body.events]).toEqual([200, [FALLBACK], null]);
  } finally {
    await server.query(`alter database ${name} allow_connections true`);
    await server.close();
  }
  expect((await counted("away")) + (await counted("slow"))).toBeGreaterThan(before);
  // Sent again under the same messageId, as the answer asks.
  for (;;) {
    const { body } = await ask();
    if (body.events !== null) break;
  }
  await desk.drain();
  const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${device}`); // prettier-ignore
  expect(await desk.ask(desk.first, "GET", `/v1/customers/${id}`)).toMatchObject({ counts: { Came: { n: 1 } } }); // prettier-ignore
});
