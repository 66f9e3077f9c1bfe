/** The catalogue over HTTP, on the whole platform: what is told stands, a repeat changes nothing, what is wrong is told where. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ItemView } from "../../src/catalogue/document.ts";
import { readStock } from "../../src/catalogue/stock.ts";
import { changeItems, writeItems } from "../../src/catalogue/store.ts";
import { NamedDraft } from "../../src/catalogue/model.ts";
import { type Keys, startWholeOfTwo, type Whole } from "../http/whole.ts";

let [whole, first, other] = [] as unknown as [Whole, Keys, Keys];
beforeAll(async () => {
  ({ whole, first, other } = await startWholeOfTwo());
});
afterAll(() => whole.end());

type Wrong = { readonly code: string; readonly errors?: readonly { pointer: string; detail: string }[] };
const ask = <T>(method: string, path: string, body?: unknown, by = first) =>
  whole.answer<T & Wrong>(by, method, path, body);
const item = async (id: string, by?: Keys) =>
  (await ask<ItemView>("GET", `/v1/catalogue/items/${encodeURIComponent(id)}`, undefined, by)).body;
const BOOTS = { name: "Trail boots", url: "https://shop.example/boots", category: ["Shoes", "Boots"], priceMinor: 12_000, currency: "EUR", stock: 3, attributes: { brand: "Northway", waterproof: true } }; // prettier-ignore

describe("an item", () => {
  test("is told whole, read back, told anew and taken out, whatever signs its id has", async () => {
    const id = "boot/42 ü%";
    const path = `/v1/catalogue/items/${encodeURIComponent(id)}`;
    const put = await ask<ItemView>("PUT", path, BOOTS);
    expect([put.status, put.body]).toMatchObject([200, { ...BOOTS, id, isOffered: true, imageUrl: null, feed: null, goneAt: null, consumable: false }]); // prettier-ignore
    expect(await item(id)).toEqual(put.body);
    await ask("PUT", path, { name: "Boots" });
    expect(await item(id)).toMatchObject({ name: "Boots", priceMinor: null, stock: null, attributes: {} });
    expect((await ask("DELETE", path)).status).toBe(200);
    expect((await ask("DELETE", path)).status).toBe(404);
    expect((await ask("GET", path)).status).toBe(404);
  });

  test("belongs to its workspace", async () => {
    await ask("PUT", "/v1/catalogue/items/theirs", { ...BOOTS, name: "Theirs" }, other);
    await ask("PUT", "/v1/catalogue/items/theirs", { ...BOOTS, name: "Ours" });
    expect([(await item("theirs")).name, (await item("theirs", other)).name]).toEqual(["Ours", "Theirs"]);
    await ask("DELETE", "/v1/catalogue/items/theirs");
    expect((await item("theirs", other)).name).toBe("Theirs");
  });

  test.each([
    ["a price without a currency", { priceMinor: 1 }, "#/currency"],
    ["a price below nothing", { priceMinor: -1, currency: "EUR" }, "#/priceMinor"],
    ["half a cent", { priceMinor: 0.5, currency: "EUR" }, "#/priceMinor"],
    ["an address that is no web address", { url: "javascript:alert(1)" }, "#/url"],
    ["too many attributes", { attributes: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`a${i}`, i])) }, "#/attributes"],
    ["an attribute the store cannot hold", { attributes: { a: "\0" } }, "#/attributes/a"],
    ["a field nobody knows", { prize: 1 }, "#"],
  ])("is not told with %s", async (_, body, pointer) => {
    const { status, body: answer } = await ask("PUT", "/v1/catalogue/items/wrong", body);
    expect([400, 422]).toContain(status);
    expect(answer.errors?.[0]?.pointer.startsWith(pointer)).toBe(true);
    expect((await ask("GET", "/v1/catalogue/items/wrong")).status).toBe(404);
  }); // prettier-ignore
});

describe("many items", () => {
  const many = Array.from({ length: 1_000 }, (_, i) => ({ id: `m-${String(i).padStart(4, "0")}`, name: `Thing ${i}`, priceMinor: i, currency: "EUR", ...(i % 2 && { stock: 0 }) })); // prettier-ignore
  test("are told at once; the same told again changes nothing, and what differs is what changes", async () => {
    expect((await ask("POST", "/v1/catalogue/items", { items: many }, other)).body).toEqual({ made: 1_000, changed: 0, same: 0 }); // prettier-ignore
    const before = (await item("m-0001", other)).updatedAt;
    expect((await ask("POST", "/v1/catalogue/items", { items: many }, other)).body).toEqual({ made: 0, changed: 0, same: 1_000 }); // prettier-ignore
    expect((await item("m-0001", other)).updatedAt).toBe(before);
    const some = many.map((one, i) => (i < 3 ? { ...one, name: "Renamed" } : one));
    expect((await ask("POST", "/v1/catalogue/items", { items: some }, other)).body).toEqual({ made: 0, changed: 3, same: 997 }); // prettier-ignore
  });

  test("are told as lines of JSON as well", async () => {
    const send = (body: string) => fetch(`${whole.address}/v1/catalogue/items`, { method: "POST", headers: { authorization: `Bearer ${first.secretKey}`, "content-type": "application/x-ndjson" }, body }); // prettier-ignore
    const sent = await send('{"id": "l-1", "name": "One"}\n\n{"id": "l-2", "name": "Two", "stock": 5}\n');
    expect(await sent.json()).toEqual({ made: 2, changed: 0, same: 0 });
    expect((await item("l-2")).stock).toBe(5);
    const bad = await send('{"id": "l-3", "name": "Three"}\n{"id": "l-4", ');
    expect([bad.status, ((await bad.json()) as { detail: string }).detail]).toEqual([400, "Line 2 is not JSON."]); // prettier-ignore
    const wrong = await send('{"id": "l-3", "name": "Three"}\n{"id": "l-4", "name": 7}');
    expect(((await wrong.json()) as Wrong).errors?.[0]?.pointer).toBe("#/items/1/name");
    expect((await ask("GET", "/v1/catalogue/items/l-3")).status).toBe(404);
  });

  test("are found by the beginning of an id or a part of a name, and paged, each once", async () => {
    type Page = { items: ItemView[]; nextCursor: string | null };
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { body }: { body: Page } = await ask<Page>("GET", `/v1/catalogue/items?query=M-&limit=300&cursor=${cursor}`, undefined, other); // prettier-ignore
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(many.map(({ id }) => id));
    const found = async (query: string) => (await ask<Page>("GET", `/v1/catalogue/items?${query}`, undefined, other)).body.items.map(({ id }) => id); // prettier-ignore
    expect(await found("query=hing%20999")).toEqual(["m-0999"]);
    expect(await found("query=%25")).toEqual([]);
    expect(await found("only=out_of_stock&limit=2")).toEqual(["m-0001", "m-0003"]);
    expect((await ask("GET", "/v1/catalogue", undefined, other)).body).toEqual({ items: 1_001, offered: 1_001, outOfStock: 500 }); // prettier-ignore
  });

  test.each([
    ["more than a thousand", { items: Array.from({ length: 1_001 }, (_, i) => ({ id: `x${i}` })) }, "#/items"],
    ["one twice", { items: [{ id: "x" }, { id: "y" }, { id: "x" }] }, "#/items/2/id"],
    ["one that is wrong", { items: [{ id: "x" }, { id: "y", stock: -1 }] }, "#/items/1/stock"],
  ])("are none when there is %s", async (_, body, pointer) => {
    const { status, body: answer } = await ask("POST", "/v1/catalogue/items", body);
    expect([400, 422]).toContain(status);
    expect(answer.errors?.[0]?.pointer).toBe(pointer);
    expect((await ask("GET", "/v1/catalogue/items/x")).status).toBe(404);
  }); // prettier-ignore
});

test("a catalogue has at most a million items; what stands can still be changed", async () => {
  const full = await whole.workspace("Full");
  await whole.stores.sql.query("insert into catalogue_items (workspace, id, created_at, updated_at) select $1, 'f-' || n, 0, 0 from generate_series(1, 999999) n", [full.workspace]); // prettier-ignore
  const made = await ask("POST", "/v1/catalogue/items", { items: [{ id: "one" }, { id: "too-many" }] }, full);
  expect([made.status, made.body.code]).toEqual([422, "unprocessable"]);
  expect((await ask("PUT", "/v1/catalogue/items/one", {}, full)).status).toBe(200);
  expect((await ask("PUT", "/v1/stock", { stock: [{ product: "two", pieces: 1 }] }, full)).status).toBe(422);
  expect((await ask("PUT", "/v1/stock", { stock: [{ product: "f-1", pieces: 1 }] }, full)).status).toBe(200);
  expect((await ask("GET", "/v1/catalogue", undefined, full)).body).toMatchObject({ items: 1_000_000 });
  expect((await ask("GET", "/v1/catalogue/items?query=f-99999&limit=2", undefined, full)).body).toMatchObject({ items: [{ id: "f-99999" }, { id: "f-999990" }] }); // prettier-ignore
}, 120_000);

describe("a change of price and stock", () => {
  const change = (...changes: object[]) => ask<{ items: number }>("POST", "/v1/catalogue/stock", { changes });
  test("leaves everything else of an item, and what it does not name", async () => {
    await ask("PUT", "/v1/catalogue/items/boot", BOOTS);
    expect((await change({ id: "boot", stock: 0 })).body).toEqual({ items: 1 });
    expect(await item("boot")).toMatchObject({ ...BOOTS, stock: 0 });
    await change({ id: "boot", priceMinor: 9_900, compareAtMinor: 12_000 });
    expect(await item("boot")).toMatchObject({ ...BOOTS, stock: 0, priceMinor: 9_900, compareAtMinor: 12_000 }); // prettier-ignore
    await change({ id: "boot", compareAtMinor: null, stock: null });
    expect(await item("boot")).toMatchObject({ priceMinor: 9_900, compareAtMinor: null, stock: null });
  });

  test("makes an item nobody told of, and is refused whole where a price has no currency", async () => {
    await change({ id: "unheard", stock: 4 });
    expect(await item("unheard")).toMatchObject({ name: null, stock: 4, isOffered: true });
    const { status, body } = await change({ id: "boot", stock: 77 }, { id: "unheard", priceMinor: 5 });
    expect([status, body.errors?.[0]?.pointer]).toEqual([422, "#/changes/1/currency"]);
    expect((await item("boot")).stock).not.toBe(77);
    expect((await change({ id: "unheard", priceMinor: 5, currency: "EUR" })).status).toBe(200);
    expect((await change({ id: "boot" })).status).toBe(400);
  });

  test("is what permission asks; what is not offered any more counts as none left", async () => {
    const { sql } = whole.stores;
    const stock = () => readStock(sql, first.workspace, ["boot", "unheard", "nobody", "a\0b", "l-1"]);
    await ask("PUT", "/v1/stock", { stock: [{ product: "boot", pieces: 2 }] });
    expect(await stock()).toEqual(new Map([["boot", 2], ["unheard", 4]])); // prettier-ignore
    await ask("PUT", "/v1/catalogue/items/boot", { ...BOOTS, active: false });
    expect((await stock()).get("boot")).toBe(0);
  });

  test("that is older than the last word on the stock does not change it back", async () => {
    const { sql } = whole.stores;
    const now = Date.now();
    await changeItems(sql, first.workspace, [{ id: "late", stock: 5, at: now }], now);
    await changeItems(sql, first.workspace, [{ id: "late", stock: 9, at: now - 1 }], now);
    expect((await item("late")).stock).toBe(5);
    const told = (name: string) => [NamedDraft.parse({ id: "late", name })];
    await writeItems(sql, first.workspace, told("New"), { at: now, isPartial: false }, now);
    expect(await writeItems(sql, first.workspace, told("Old"), { at: now - 1, isPartial: false }, now)).toEqual({ made: 0, changed: 0, same: 1 }); // prettier-ignore
    expect((await item("late")).name).toBe("New");
  });

  test("of many requests about the same items at once is made by each, and none waits for ever", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `c-${i}`);
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => change(...(n % 2 ? ids : ids.toReversed()).map((id) => ({ id, stock: n })))), // prettier-ignore
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
