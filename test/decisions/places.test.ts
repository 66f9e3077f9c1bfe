/** Places as they are laid down: what is wrong is said, versions follow what rules refer to, history counts. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PlaceView } from "../../src/decisions/document.ts";
import { DECISION_LIMITS } from "../../src/decisions/model.ts";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
});
afterAll(() => desk.end());

type Problem = { readonly detail: string; readonly errors: readonly { pointer: string; detail: string }[] };
const put = (key: string, body: object) => desk.answer<Problem & PlaceView>(desk.first, "PUT", `/v1/places/${key}`, body); // prettier-ignore
const one = (more: object) => ({ name: "A place", candidates: [{ id: "a", name: "A", kind: "content", ...more }] }); // prettier-ignore
const idAt = async (key: string, device: string) => (await desk.shown({ anonymousId: device, places: [key] })).choice?.id; // prettier-ignore
/** Waits until the newest version of a place serves. */
const served = async (key: string, after: number): Promise<PlaceView> => {
  for (;;) {
    const place = await desk.ask<PlaceView>(desk.first, "GET", `/v1/places/${key}`);
    if (place.state === "live" && place.version! > after) return place;
  }
};

describe("a place that is wrong", () => {
  const PAST = { startsAt: "2026-01-02T00:00:00Z", endsAt: "2026-01-01T00:00:00Z" };
  test.each([
    ["a rule that refers to nothing", one({ rule: { type: "segment", id: 99 } }), "#/candidates/0/rule/id"],
    ["a stage that there is none of", one({ stages: ["nowhere"] }), "#/candidates/0/stages"],
    ["an end before the start", one(PAST), "#/candidates/0/endsAt"],
    ["Liquid that cannot be read", one({ content: { title: "{% if %}" } }), "#/candidates/0/content"],
    ["one id twice", { name: "A place", candidates: [{ id: "a", name: "A", kind: "step" }, { id: "a", name: "B", kind: "step" }] }, "#/candidates/1/id"],
    ["a ranking by learning that does not say what from", { name: "A place", ranking: "learning" }, "#/learning"],
    ["a value to learn from in no currency", { ...one({}), learning: { reward: "value", withinMs: 60_000 } }, "#/learning/currency"],
    ["a floor that there is no room for", { ...one({}), learning: { reward: "clicked", withinMs: 60_000, floorRatio: 0.5, holdoutRatio: 0.5 }, candidates: ["a", "b"].map((id) => ({ id, name: id, kind: "step" })) }, "#/learning/floorRatio"],
    ["more candidates than are learned of", { name: "A place", ranking: "learning", learning: { reward: "clicked", withinMs: 60_000, floorRatio: 0.01 }, candidates: Array.from({ length: 21 }, (_, i) => ({ id: `c${i}`, name: "C", kind: "step" })) }, "#/candidates"],
  ])("is refused for %s, with the place where it is wrong", async (_, body, pointer) => {
    const { status, body: problem } = await put("wrong", body);
    expect([status, problem.errors?.map((found) => found.pointer)[0]]).toEqual([422, expect.stringContaining(pointer)]);
    expect((await desk.answer(desk.first, "GET", "/v1/places/wrong")).status).toBe(404);
  }); // prettier-ignore

  test("is refused for its shape and its size", async () => {
    for (const body of [
      one({ kind: "song" }),
      one({ priority: 101 }),
      one({ unknown: true }),
      one({ content: { text: "x".repeat(DECISION_LIMITS.contentBytes) } }),
      { name: "A place", candidates: Array.from({ length: DECISION_LIMITS.candidates + 1 }, (_, i) => ({ id: `c${i}`, name: "C", kind: "step" })) },
    ])
      expect([JSON.stringify(body).slice(0, 60), (await put("wrong", body)).status]).toEqual([expect.any(String), 400]); // prettier-ignore
    expect((await put("Not a key!", one({}))).status).toBe(400);
  }); // prettier-ignore
});

describe("a place", () => {
  test("has versions, each decision names its own, and it can be taken away", async () => {
    const first = await desk.place("versions", [{ id: "a" }]);
    const second = await desk.place("versions", [{ id: "b" }]);
    expect([first.number, second.number, second.version! > first.version!]).toEqual([1, 2, true]);
    const device = randomUUID();
    expect(await desk.shown({ anonymousId: device, places: ["versions"] })).toMatchObject({ version: second.version, choice: { id: "b" } }); // prettier-ignore
    const { places } = await desk.ask<{ places: PlaceView[] }>(desk.first, "GET", "/v1/places");
    expect(places.filter(({ key }) => key === "versions")).toMatchObject([{ number: 2, state: "live", changedBy: "API" }]); // prettier-ignore
    expect((await desk.answer(desk.first, "DELETE", "/v1/places/versions")).status).toBe(200);
    expect(await desk.shown({ anonymousId: device, places: ["versions"] })).toMatchObject({ choice: null, reason: "not_served" }); // prettier-ignore
    expect((await desk.answer(desk.first, "DELETE", "/v1/places/versions")).status).toBe(404);
  });

  test("knows what happened before it was laid down", async () => {
    const device = randomUUID();
    for (let n = 0; n < 3; n++)
      await desk.tell({ anonymousId: device, event: "Guide Read", properties: { topic: "care" } });
    const rule = { type: "did", event: "Guide Read", where: [{ property: "topic", is: { op: "equals", value: "care" } }], is: { op: "at_least", value: 3 } }; // prettier-ignore
    await desk.place("history", [{ id: "reader", rule, priority: 90 }, { id: "else" }]);
    expect([await idAt("history", device), await idAt("history", randomUUID())]).toEqual(["reader", "else"]);
  });

  test("goes by the segments and stages it refers to, which cannot be taken from under it", async () => {
    const trait = (value: string) => ({ type: "trait", name: "plan", is: { op: "equals", value } });
    const { id } = await desk.ask<{ id: number }>(desk.first, "POST", "/v1/segments", { name: "Gold", rule: trait("gold") }); // prettier-ignore
    await desk.ask(desk.first, "PUT", "/v1/stages", { stages: [{ key: "visitor", name: "Visitor", rule: null }, { key: "buyer", name: "Buyer", rule: { type: "did", event: "Order Completed" } }] }); // prettier-ignore
    const laid = await desk.place("refers", [
      { id: "gold", priority: 90, rule: { type: "segment", id } },
      { id: "buyer", priority: 80, stages: ["buyer"] },
      { id: "else", priority: 10 },
    ]);
    const [gold, silver, buyer] = [randomUUID(), randomUUID(), randomUUID()];
    await desk.tell(
      { type: "identify", anonymousId: gold, traits: { plan: "gold" } },
      { type: "identify", anonymousId: silver, traits: { plan: "silver" } },
      { anonymousId: buyer, event: "Order Completed", properties: { order_id: "1" } },
    );
    const all = async () => Promise.all([gold, silver, buyer].map((device) => idAt("refers", device)));
    expect(await all()).toEqual(["gold", "else", "buyer"]);
    const gone = await desk.answer<Problem>(desk.first, "DELETE", `/v1/segments/${id}`);
    expect([gone.status, gone.body.detail]).toEqual([409, expect.stringContaining('the place "refers"')]);
    const noStage = await desk.answer<Problem>(desk.first, "PUT", "/v1/stages", { stages: [{ key: "visitor", name: "Visitor", rule: null }] }); // prettier-ignore
    expect([noStage.status, noStage.body.detail]).toEqual([409, expect.stringContaining('The place "refers"')]); // prettier-ignore
    await desk.ask(desk.first, "PUT", `/v1/segments/${id}`, { name: "Gold", rule: trait("silver") });
    expect((await served("refers", laid.version!)).number).toBe(laid.number);
    expect(await all()).toEqual(["else", "gold", "buyer"]);
  });
});
