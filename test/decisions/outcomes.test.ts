/** What came of decisions: events, once, which rules and frequencies hear of. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOwnDoing } from "../../src/events/model.ts";
import { NOT_OWN } from "../../src/segments/sql-rows.ts";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
});
afterAll(() => desk.end());

type Moment = { readonly name: string; readonly properties: { readonly [name: string]: unknown } };
const momentsOf = async (device: string): Promise<readonly Moment[]> => {
  await desk.drain();
  const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${device}`); // prettier-ignore
  return (await desk.ask<{ events: readonly Moment[] }>(desk.first, "GET", `/v1/customers/${id}/timeline`)).events; // prettier-ignore
};

describe("an outcome", () => {
  test("is an event of the customer's, told once however often it is reported, with all that learning needs", async () => {
    const { version } = await desk.place("spot", [{ id: "boots", kind: "offer" }]);
    const device = randomUUID();
    const { token } = await desk.shown({ anonymousId: device, places: ["spot"] });
    for (const outcome of ["exposed", "exposed", "clicked", "exposed"])
      expect((await desk.report(token!, outcome)).status).toBe(202);
    expect((await desk.report(token!, "converted", { valueMinor: 12_900, currency: "EUR" })).status).toBe(
      202,
    );
    const told = await momentsOf(device);
    expect(told.map(({ name }) => name).toSorted()).toEqual(["$decision.clicked", "$decision.converted", "$decision.exposed"]); // prettier-ignore
    expect(told.find(({ name }) => name === "$decision.converted")!.properties).toMatchObject({
      place: "spot", candidate: "boots", version, ranking: "priority", propensity: 1, valueMinor: 12_900, currency: "EUR", decision: expect.stringMatching(/^[0-9a-f]{24}$/),
    }); // prettier-ignore
  });

  test("counts as the customer's activity, but for being shown something", async () => {
    await desk.place("active", [{ id: "one" }]);
    const device = randomUUID();
    const { token } = await desk.shown({ anonymousId: device, places: ["active"] });
    await desk.report(token!, "exposed");
    await momentsOf(device);
    const read = async () => {
      const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${device}`); // prettier-ignore
      return desk.ask<{ events: number; counts: object }>(desk.first, "GET", `/v1/customers/${id}`);
    };
    expect(await read()).toMatchObject({ events: 0, counts: { "$decision.exposed": { n: 1 } } });
    await desk.report(token!, "dismissed");
    await desk.drain();
    expect(await read()).toMatchObject({ events: 1 });
  });

  test("is refused with a token that is forged, changed or of no decision", async () => {
    await desk.place("forged", [{ id: "one" }]);
    const { token } = await desk.shown({ anonymousId: randomUUID(), places: ["forged"] });
    const bytes = Buffer.from(token!, "base64url");
    const changed = bytes.map((byte, i) => (i === 20 ? byte ^ 1 : byte));
    for (const wrong of ["x", Buffer.from(changed).toString("base64url"), bytes.subarray(0, -1).toString("base64url"), "A".repeat(2000)]) // prettier-ignore
      expect([wrong.slice(0, 20), (await desk.report(wrong, "exposed")).status]).toEqual([wrong.slice(0, 20), 422]); // prettier-ignore
    expect((await desk.report(token!, "bought")).status).toBe(400);
  });

  test("is told by a token that holds nothing of the customer in clear", async () => {
    await desk.place("clear", [{ id: "one" }]);
    const userId = "somebody-with-a-long-name";
    const { token } = (await desk.decide({ userId, places: ["clear"] })).body.decisions[0]!;
    const text = Buffer.from(token!, "base64url").toString("latin1");
    for (const word of [userId, "clear", "one", "user_id"]) expect(text).not.toContain(word);
  });
});

test("a candidate is shown as often as its frequency allows, and again when the time is over", async () => {
  await desk.place("often", [
    { id: "rare", priority: 90, frequency: { most: 2, withinMs: 3_600_000 } },
    { id: "else", priority: 10 },
  ]);
  const device = randomUUID();
  const see = async (): Promise<string | undefined> => {
    const { choice, token } = await desk.shown({ anonymousId: device, places: ["often"] });
    await desk.report(token!, "exposed");
    await desk.drain();
    return choice?.id;
  };
  expect([await see(), await see(), await see()]).toEqual(["rare", "rare", "else"]);
  const explained = await desk.decide({ anonymousId: device, places: ["often"], explain: true });
  expect(explained.body.decisions[0]!.others).toEqual([{ id: "rare", reason: "frequency", detail: expect.stringContaining("2") }]); // prettier-ignore
  // Another visitor has seen none.
  expect((await desk.shown({ anonymousId: randomUUID(), places: ["often"] })).choice?.id).toBe("rare");
  // What was seen before the place said how often still counts: it is read from history.
  await desk.place("often", [{ id: "else", priority: 10, frequency: { most: 1, withinMs: 3_600_000 } }]);
  expect((await desk.shown({ anonymousId: device, places: ["often"] })).choice).toBeNull();
});

test("what is our own doing is the same in memory and in the event log's SQL", async () => {
  const names = [
    "$decision.exposed", "$decision.clicked", "$decision.converted", "$decision.dismissed", "$decision.exposed.x", "x$decision.exposed", "decision.exposed",
    "$message.sent", "$message.opened", "$message.clicked", "$message.replied", "$message.clicked2", "$segment.entered", "$segments.entered", "$task.done", "Order Completed", "$page.viewed",
  ]; // prettier-ignore
  const rows = await desk.stores.log!.rows<{ name: string; own: number }>(
    `select name, toUInt8(not (${NOT_OWN})) as own from (select arrayJoin([${names.map((name) => `'${name}'`).join(", ")}]) as name)`,
  );
  expect(new Map(rows.map(({ name, own }) => [name, own === 1]))).toEqual(new Map(names.map((name) => [name, isOwnDoing(name)]))); // prettier-ignore
});
