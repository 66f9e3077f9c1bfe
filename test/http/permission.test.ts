/** Policies and stock over HTTP, on the whole platform: what is laid down holds, what is wrong is told where. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicyView } from "../../src/permission/document.ts";
import { Policy } from "../../src/permission/model.ts";
import { readStock } from "../../src/catalogue/stock.ts";
import { readPolicy } from "../../src/permission/store.ts";
import { type Keys, startWholeOfTwo, type Whole } from "./whole.ts";

let [whole, first, other] = [] as unknown as [Whole, Keys, Keys];
beforeAll(async () => {
  ({ whole, first, other } = await startWholeOfTwo());
});
afterAll(() => whole.end());

type Wrong = { readonly code: string; readonly errors?: readonly { pointer: string; detail: string }[] };
const ask = <T>(method: string, path: string, body?: unknown, by = first) =>
  whole.answer<T>(by, method, path, body);

describe("the policy", () => {
  const caps = [{ name: "Two a day", most: 2, over: { calendar: "day" } }];

  test("has defaults before anybody lays one down", async () => {
    const { status, body } = await ask<PolicyView>("GET", "/v1/policy");
    expect([status, body.policy]).toEqual([200, Policy.parse({})]);
    expect(body.words).toContain("Nothing leaves from 21:00 to 08:00, where the customer lives.");
  });

  test("is laid down for its workspace alone, beside the workspace's other settings", async () => {
    const { sql } = whole.stores;
    await sql.query(`update workspaces set settings = settings || '{"kept": 1}' where id = $1`, [first.workspace]); // prettier-ignore
    const put = await ask<PolicyView>("PUT", "/v1/policy", { zone: "Europe/Berlin", caps });
    expect([put.status, put.body.policy.caps, put.body.policy.quietHours.length]).toEqual([200, caps, 1]);
    expect(put.body.words).toContain("Two a day: at most 2 messages a day where the customer lives.");
    expect((await ask<PolicyView>("GET", "/v1/policy")).body).toEqual(put.body);
    expect(await readPolicy(sql, first.workspace)).toEqual(put.body.policy);
    expect((await ask<PolicyView>("GET", "/v1/policy", undefined, other)).body.policy).toEqual(Policy.parse({})); // prettier-ignore
    const rows = await sql.query<{ kept: number }>("select settings->'kept' as kept from workspaces where id = $1", [first.workspace]); // prettier-ignore
    expect(rows[0]!.kept).toBe(1);
  });

  test("that is wrong is refused with each place, and the one before holds on", async () => {
    const before = (await ask<PolicyView>("GET", "/v1/policy")).body;
    const { status, body } = await ask<Wrong>("PUT", "/v1/policy", { zone: "Mars/Olympus", caps: [...caps, ...caps] }); // prettier-ignore
    expect([status, body.code]).toEqual([422, "unprocessable"]);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(["#/zone", "#/caps/1/name"]);
    const shape = await ask<Wrong>("PUT", "/v1/policy", { caps: [{ ...caps[0], most: 0 }], holds: [{ type: "moon" }] }); // prettier-ignore
    expect([shape.status, shape.body.errors?.map(({ pointer }) => pointer)]).toEqual([422, ["#/caps/0/most", "#/holds/0/type"]]); // prettier-ignore
    expect((await ask<PolicyView>("GET", "/v1/policy")).body).toEqual(before);
  });

  test("is looked at without being laid down", async () => {
    const before = (await ask<PolicyView>("GET", "/v1/policy")).body;
    const right = await ask("POST", "/v1/policy/check", { policy: { lookAheadMs: 0 } });
    expect(right.body).toMatchObject({ ok: true, problems: [], words: expect.arrayContaining(["Who lives where is not known is taken to live in UTC."]) }); // prettier-ignore
    const wrong = await ask("POST", "/v1/policy/check", { policy: { quietHours: [{ from: 0, to: 0 }] } });
    expect(wrong.body).toMatchObject({ ok: false, words: null });
    expect((wrong.body as { problems: { path: string }[] }).problems[0]?.path).toBe("quietHours");
    expect((await ask<Wrong>("POST", "/v1/policy/check", {})).body.errors?.[0]?.pointer).toBe("#/policy");
    expect((await ask<PolicyView>("GET", "/v1/policy")).body).toEqual(before);
  });

  test("is laid down by a secret key, not by a write key or nobody", async () => {
    const send = (headers: { [name: string]: string }) => fetch(`${whole.address}/v1/policy`, { method: "PUT", headers: { ...headers, "content-type": "application/json" }, body: "{}" }); // prettier-ignore
    expect((await send({})).status).toBe(401);
    expect((await send({ authorization: `Basic ${btoa(`${first.writeKey}:`)}` })).status).toBe(401);
  });
});

describe("stock", () => {
  type Page = { stock: { product: string; pieces: number; updatedAt: string }[]; nextCursor: string | null };
  const put = (stock: unknown, by?: Keys) => ask<Wrong & { products: number }>("PUT", "/v1/stock", { stock }, by); // prettier-ignore

  test("is told by product; what is not named stays as it was", async () => {
    expect((await put([{ product: "boot", pieces: 3 }, { product: "Schuh \u{1F45E}", pieces: 0 }])).body).toEqual({ products: 2 }); // prettier-ignore
    await put([{ product: "boot", pieces: 2 }]);
    const { body } = await ask<Page>("GET", "/v1/stock");
    expect(body.stock.map(({ product, pieces }) => [product, pieces])).toEqual([["Schuh \u{1F45E}", 0], ["boot", 2]]); // prettier-ignore
    expect(Date.parse(body.stock[0]!.updatedAt)).toBeGreaterThan(0);
    const only = await ask<Page>("GET", `/v1/stock?product=${encodeURIComponent("Schuh \u{1F45E}")}`);
    expect(only.body.stock.map(({ product }) => product)).toEqual(["Schuh \u{1F45E}"]);
    expect((await ask<Page>("GET", "/v1/stock?product=hat")).body.stock).toEqual([]);
  });

  test("belongs to its workspace", async () => {
    await put([{ product: "boot", pieces: 99 }], other);
    const { sql } = whole.stores;
    expect(await readStock(sql, first.workspace, ["boot", "hat", "boot", "a\0b"])).toEqual(new Map([["boot", 2]])); // prettier-ignore
    expect(await readStock(sql, other.workspace, ["boot"])).toEqual(new Map([["boot", 99]]));
    expect(await readStock(sql, other.workspace, [])).toEqual(new Map());
  });

  test("is paged, each product once", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({ product: `p-${String(i).padStart(4, "0")}`, pieces: i })); // prettier-ignore
    expect((await put(many, other)).body).toEqual({ products: 1000 });
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: { body: Page } = await ask<Page>("GET", `/v1/stock?limit=300&cursor=${cursor}`, undefined, other); // prettier-ignore
      seen.push(...body.stock.map(({ product }) => product));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(["boot", ...many.map(({ product }) => product)]);
  });

  test.each([
    ["twice", [{ product: "a", pieces: 1 }, { product: "a", pieces: 2 }], "#/stock/1/product"],
    ["less than nothing", [{ product: "a", pieces: -1 }], "#/stock/0/pieces"],
    ["half a piece", [{ product: "a", pieces: 0.5 }], "#/stock/0/pieces"],
    ["a name with a line break", [{ product: "a\nb", pieces: 1 }], "#/stock/0/product"],
    ["more than a thousand", Array.from({ length: 1001 }, (_, i) => ({ product: `${i}`, pieces: 1 })), "#/stock"],
  ])("is not told of %s", async (_, stock, pointer) => {
    const { status, body } = await put(stock);
    expect([400, 422]).toContain(status);
    expect(body.errors?.[0]?.pointer).toBe(pointer);
  }); // prettier-ignore
});
