/** The API of stages, computed traits, bands and webhooks on the whole platform. */
import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ComputedTraitView, Why, WhyAnswer } from "../../src/segments/document.ts";
import {
  type Problem,
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

beforeAll(async () => {
  await start();
  await send([
    { user: "ann", event: "Order Completed", daysAgo: 3, properties: { total: 40 } },
    { user: "ann", event: "Order Completed", daysAgo: 40, properties: { total: 60 } },
    { user: "ben", event: "Order Completed", daysAgo: 2, properties: { total: 10 } },
    { user: "cem", event: "Product Viewed", daysAgo: 1 },
  ]);
});
afterAll(end);

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
