/** What a shop's server tells, over HTTP on the whole platform: believed by its signature, dated, and about one workspace. */
import { createHmac } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ItemView } from "../../src/catalogue/document.ts";
import { readShopify } from "../../src/catalogue/hook-shopify.ts";
import { signedHeaders } from "../../src/webhooks/sign.ts";
import { type Keys, startWholeOfTwo, type Whole } from "../http/whole.ts";

let [whole, shop, other] = [] as unknown as [Whole, Keys, Keys];
beforeAll(async () => {
  ({ whole, first: shop, other } = await startWholeOfTwo());
});
afterAll(() => whole.end());

type Made = { readonly id: number; readonly url: string; readonly secret: string | null };
const make = (body: object) => whole.ask<Made>(shop, "POST", "/v1/catalogue/hooks", body);
const item = async (id: string, by = shop) => (await whole.answer<ItemView>(by, "GET", `/v1/catalogue/items/${id}`)).body; // prettier-ignore
const post = async ({ id }: Made, headers: { readonly [name: string]: string }, body: string) => {
  const answer = await fetch(`${whole.address}/hooks/catalogue/${id}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body }); // prettier-ignore
  return { status: answer.status, body: (await answer.json()) as { items?: number; detail?: string } };
};
const iso = (aheadMs = 0) => new Date(Date.now() + aheadMs).toISOString();

describe("a server of one's own", () => {
  let hook: Made;
  let n = 0;
  const tell = (body: object, special: { readonly secret?: string; readonly aheadMs?: number } = {}) => {
    const text = JSON.stringify(body);
    return post(hook, signedHeaders(special.secret ?? hook.secret!, `msg_${++n}`, Math.floor((Date.now() + (special.aheadMs ?? 0)) / 1000), text), text); // prettier-ignore
  };
  beforeAll(async () => {
    hook = await make({ name: "Till", kind: "standard" });
  });

  test("tells items, changes of stock and price, and what is no longer sold", async () => {
    expect(hook.secret).toMatch(/^whsec_/);
    expect(await tell({ type: "items.told", timestamp: iso(), data: { items: [{ id: "boot", name: "Boots", priceMinor: 12_000, currency: "EUR", stock: 3 }] } })).toEqual({ status: 200, body: { items: 1 } }); // prettier-ignore
    await tell({ type: "items.changed", timestamp: iso(), data: { changes: [{ id: "boot", stock: 1, priceMinor: 9_900 }] } }); // prettier-ignore
    expect(await item("boot")).toMatchObject({ name: "Boots", stock: 1, priceMinor: 9_900, isOffered: true });
    await tell({ type: "items.removed", timestamp: iso(), data: { ids: ["boot"] } });
    expect(await item("boot")).toMatchObject({ isOffered: false, stock: 1 });
    expect((await whole.answer(other, "GET", "/v1/catalogue/items/boot")).status).toBe(404);
    const { hooks } = await whole.ask<{ hooks: { id: number; heard: object }[] }>(shop, "GET", "/v1/catalogue/hooks"); // prettier-ignore
    expect(hooks.find(({ id }) => id === hook.id)).toMatchObject({ name: "Till", heard: { type: "taken", topic: "items.removed", items: 1 } }); // prettier-ignore
    expect(JSON.stringify(hooks)).not.toContain(hook.secret!);
  });

  test("is believed by its signature and about now only", async () => {
    const change = {
      type: "items.changed",
      timestamp: iso(),
      data: { changes: [{ id: "boot", stock: 50 }] },
    };
    expect((await tell(change, { secret: "whsec_d3Jvbmc=" })).status).toBe(403);
    expect((await tell(change, { aheadMs: -10 * 60_000 })).status).toBe(403);
    expect((await tell(change, { aheadMs: 10 * 60_000 })).status).toBe(403);
    expect((await post(hook, {}, JSON.stringify(change))).status).toBe(403);
    expect((await post({ ...hook, id: 999_999 }, {}, "{}")).status).toBe(403);
    expect((await item("boot")).stock).not.toBe(50);
  });

  test("is told what it said wrong, and one that comes late changes nothing back", async () => {
    expect(await tell({ type: "items.told", timestamp: iso(), data: { items: [{ id: "x", stock: -1 }] } })).toMatchObject({ status: 422, body: { detail: expect.stringContaining("data/items/0/stock") } }); // prettier-ignore
    expect((await tell({ type: "moon" })).status).toBe(422);
    expect((await post(hook, signedHeaders(hook.secret!, "m", Math.floor(Date.now() / 1000), "{"), "{")).status).toBe(422); // prettier-ignore
    await tell({ type: "items.changed", timestamp: iso(), data: { changes: [{ id: "cap", stock: 5 }] } });
    await tell({
      type: "items.changed",
      timestamp: iso(-60_000),
      data: { changes: [{ id: "cap", stock: 9 }] },
    });
    expect((await item("cap")).stock).toBe(5);
    // A clock that is ahead does not make its word the last for ever.
    await tell({
      type: "items.changed",
      timestamp: iso(3_600_000),
      data: { changes: [{ id: "cap", stock: 7 }] },
    });
    await tell({ type: "items.changed", timestamp: iso(), data: { changes: [{ id: "cap", stock: 6 }] } });
    expect((await item("cap")).stock).toBe(6);
  });
});

describe("Shopify", () => {
  const SECRET = "shpss_0123456789";
  // A time that stands: what comes before what must not hang on how fast the machine is.
  const base = Date.now() - 120_000;
  const at = (aheadMs = 0) => new Date(base + aheadMs).toISOString();
  let hook: Made;
  const tell = (topic: string, body: object, secret = SECRET) => {
    const text = JSON.stringify(body);
    return post(hook, { "x-shopify-topic": topic, "x-shopify-hmac-sha256": createHmac("sha256", secret).update(text).digest("base64") }, text); // prettier-ignore
  };
  /** As Shopify's documentation shows a product, in short. */
  const product = (special: object = {}, ...variants: object[]) => ({
    id: 7880321196742, title: "Trail boots", handle: "trail-boots", vendor: "Northway", product_type: "Boots", status: "active", updated_at: at(-5_000), image: { src: "https://cdn.example/boots.jpg" },
    variants: [{ id: 6426670414727, title: "42", price: "120.00", sku: "BOOT-42", compare_at_price: "150.00", inventory_item_id: 2718783465968, inventory_quantity: 5, inventory_management: "shopify", inventory_policy: "deny" }, { id: 7576504846442, title: "43", price: "120.00", sku: "", compare_at_price: null, inventory_item_id: 2718783465969, inventory_quantity: 0, inventory_management: null, inventory_policy: "deny" }, ...variants],
    ...special,
  }); // prettier-ignore
  const level = (available: number, aheadMs = 0, location = 24826418) => ({ inventory_item_id: 2718783465968, location_id: location, available, updated_at: at(aheadMs) }); // prettier-ignore
  beforeAll(async () => {
    hook = await make({ name: "Shop", kind: "shopify", secret: SECRET, config: { currency: "EUR", storeUrl: "https://shop.example" } }); // prettier-ignore
  });

  test("tells a product with its variants as items, priced in the shop's currency", async () => {
    expect(hook.secret).toBe(null);
    await whole.ask(shop, "PUT", "/v1/catalogue/items/BOOT-42", { consumable: true, usedUpDays: 30 });
    expect(await tell("products/update", product())).toEqual({ status: 200, body: { items: 2 } });
    expect(await item("BOOT-42")).toMatchObject({
      name: "Trail boots (42)", url: expect.stringContaining("https://shop.example/products/trail-boots?variant="), imageUrl: "https://cdn.example/boots.jpg", category: ["Boots"],
      priceMinor: 12_000, currency: "EUR", compareAtMinor: 15_000, stock: 5, consumable: true, usedUpDays: 30, attributes: { brand: "Northway" },
    }); // prettier-ignore
    expect((await tell("products/update", product({}, { id: "1" }), "wrong")).status).toBe(403);
  });

  test("tells stock by inventory item, the last word by its own time", async () => {
    expect((await tell("inventory_levels/update", level(2, -3_000))).body).toEqual({ items: 1 });
    expect((await item("BOOT-42")).stock).toBe(2);
    await tell("inventory_levels/update", level(4, -4_000));
    expect((await item("BOOT-42")).stock).toBe(2);
    // A product told before the level says an older stock.
    await tell("products/update", product({ title: "Trail boots II", updated_at: at(-3_500) }));
    expect(await item("BOOT-42")).toMatchObject({ name: "Trail boots II (42)", stock: 2 });
    await tell("inventory_levels/update", level(-1, -1_000));
    expect((await item("BOOT-42")).stock).toBe(0);
    expect((await tell("inventory_levels/update", { ...level(1), inventory_item_id: 1 })).body).toEqual({ items: 0 }); // prettier-ignore
  });

  test("takes a variant and a product off sale, and deletes nothing", async () => {
    const [first] = product().variants;
    await tell("products/update", product({ variants: [first], updated_at: at(-500) }));
    const [, second] = product().variants as { id: number }[];
    expect(await item(String(second!.id))).toMatchObject({ isOffered: false });
    expect(await item("BOOT-42")).toMatchObject({ isOffered: true });
    expect((await tell("products/delete", { id: 7880321196742 })).status).toBe(200);
    expect(await item("BOOT-42")).toMatchObject({ isOffered: false });
    expect(await tell("orders/create", { id: 1 })).toEqual({ status: 200, body: { items: 0 } });
    expect((await tell("products/update", { id: 1 })).status).toBe(422);
  });

  test("with stock in two places is what both hold, once both were told", async () => {
    hook = await make({ name: "Two places", kind: "shopify", secret: SECRET, config: { currency: "EUR", places: 2 } }); // prettier-ignore
    const socks = product({ id: 5, updated_at: at(-60_000), variants: [{ id: 6, sku: "SOCK", price: "9", inventory_item_id: 7, inventory_quantity: 8, inventory_management: "shopify" }] }); // prettier-ignore
    await tell("products/create", socks);
    await tell("inventory_levels/update", { ...level(0, -3_000, 1), inventory_item_id: 7 });
    expect((await item("SOCK")).stock).toBe(8);
    await tell("inventory_levels/update", { ...level(3, -2_000, 2), inventory_item_id: 7 });
    expect((await item("SOCK")).stock).toBe(3);
    await Promise.all([tell("inventory_levels/update", { ...level(1, -1_000, 1), inventory_item_id: 7 }), tell("inventory_levels/update", { ...level(1, -900, 2), inventory_item_id: 7 })]); // prettier-ignore
    expect((await item("SOCK")).stock).toBe(2);
  });

  test("numbers that are longer than a number of ours can be stay apart", async () => {
    const ids = ["788032119674292922", "788032119674292923"];
    for (const id of ids) {
      const text = JSON.stringify(product({ id: "ID", title: 'Say "12345678901234567890, 5', variants: [{ id: "ID", price: "1" }] })).replaceAll('"ID"', id); // prettier-ignore
      await post(hook, { "x-shopify-topic": "products/update", "x-shopify-hmac-sha256": createHmac("sha256", SECRET).update(text).digest("base64") }, text); // prettier-ignore
    }
    for (const id of ids) expect(await item(id)).toMatchObject({ id, name: 'Say "12345678901234567890, 5', isOffered: true }); // prettier-ignore
  });

  test("products can be one item each: the lowest price, and the stock of all sizes", () => {
    const told = readShopify("products/update", product({}, { id: 9, title: "44", price: "99.00", inventory_quantity: 3, inventory_management: "shopify" }), { currency: "EUR", idFrom: "product", places: 1 }, 0); // prettier-ignore
    expect(told).toMatchObject({ type: "product", items: [{ id: "7880321196742", name: "Trail boots", priceMinor: 9_900, stock: null }] }); // prettier-ignore
  });
});

test("an address is closed by whom it belongs to, and believes nobody from then on", async () => {
  const hook = await make({ name: "Gone", kind: "standard" });
  expect((await whole.answer(other, "DELETE", `/v1/catalogue/hooks/${hook.id}`)).status).toBe(404);
  await whole.ask(shop, "DELETE", `/v1/catalogue/hooks/${hook.id}`);
  const body = JSON.stringify({ type: "items.changed", timestamp: iso(), data: { changes: [{ id: "boot", stock: 50 }] } }); // prettier-ignore
  expect((await post(hook, signedHeaders(hook.secret!, "m", Math.floor(Date.now() / 1000), body), body)).status).toBe(403); // prettier-ignore
  const rows = await whole.stores.sql.query("select 1 as one from secrets where name = $1", [`catalogue hook ${hook.id}`]); // prettier-ignore
  expect(rows).toEqual([]);
});

test("feeds are made, read at once by the platform itself, and told with what came of it", async () => {
  const { id } = await whole.ask<{ id: number }>(shop, "POST", "/v1/catalogue/feeds", { url: "http://127.0.0.1:9/feed.csv" }); // prettier-ignore
  type Feeds = { feeds: { id: number; reading: { outcome: string; detail: string } | null }[] };
  for (;;) {
    const { feeds } = await whole.ask<Feeds>(shop, "GET", "/v1/catalogue/feeds");
    const reading = feeds.find((feed) => feed.id === id)!.reading;
    if (reading === null) continue;
    expect(reading).toMatchObject({
      outcome: "unreachable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
    break;
  }
  expect((await whole.answer(shop, "POST", `/v1/catalogue/feeds/${id}/read`)).status).toBe(202);
  expect((await whole.answer(other, "POST", `/v1/catalogue/feeds/${id}/read`)).status).toBe(404);
  expect((await whole.answer(shop, "POST", "/v1/catalogue/feeds", { url: "http://169.254.169.254/x" })).status).toBe(422); // prettier-ignore
  expect((await whole.answer(shop, "POST", "/v1/catalogue/feeds", { url: "file:///etc/passwd" })).status).toBe(400); // prettier-ignore
});
