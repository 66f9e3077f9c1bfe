/**
 * One pair of boots, through everything a business has: the site, the app, a letter, the shop, the till, and after. Real
 * Chromium, real SMTP, the whole platform; only its clock is set ahead, from the evening to the next morning.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DeskView, Lookup } from "../../src/desk/model.ts";
import { browserThere } from "../browser.ts";
import type { Visit } from "../sdk-browser/stage.ts";
import { textThere } from "../web/site.ts";
import { msUntilHour, openShop, type Shop, textOf, until, ZONE } from "./shop.ts";

const DAY_MS = 86_400_000;
const BOOTS = { product_id: "boots", name: "Winter boots", price: 129, currency: "EUR", quantity: 1 };
const HERO = `<div data-throughline-place="home.top"><h2 data-throughline-text="title">Welcome</h2></div>`;

describe.skipIf(!browserThere("one pair of boots through everything"))("one pair of boots", () => {
  let shop: Shop;
  let [site, app] = [] as unknown as [Visit, Visit];
  let mei: string;
  const decided = (visit: Visit, place: string) =>
    visit.run<{ choice: { id: string; content: { cart?: { items: { product: { name: string } }[] } } } | null }>(`return (await throughline.decide(["${place}"], { timeoutMs: 20_000 }))[0]`); // prettier-ignore
  const mails = () => shop.mail.received.map(({ body }) => textOf(body));
  const audience = () => shop.ads.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
  /** What "Why did I get this?" at the foot of a mail says. */
  const whyOf = async (mail: string): Promise<string> => {
    const page = await shop.openPage(/Why did I get this\?: (\S+)/.exec(mail)![1]!);
    const text = await page.textContent("body");
    await page.context().close();
    return text!;
  };
  /** A sale of the boots, by mail and push, to her. */
  const promoted = async () => {
    const about = { products: ["boots"], else: "skip" };
    return { email: await shop.send(mei, sale.email, about), push: await shop.send(mei, sale.push, about) };
  };
  let sale: { readonly email: number; readonly push: number };

  beforeAll(async () => {
    shop = await openShop();
    await prepare(shop);
    sale = {
      email: await shop.template("Sale", { channel: "email", subject: "Winter boots, today only", html: "<p>Winter boots!</p>" }),
      push: await shop.template("Push", { channel: "web_push", title: "Your boots", body: "Still here" }),
    }; // prettier-ignore
  });
  afterAll(() => shop?.close());

  test("a visitor puts them in the cart on the site, asks about the size, and signs in", async () => {
    shop.site.pages.set("/boots", { body: HERO });
    site = await shop.site.visit("/boots", { timezoneId: ZONE });
    expect((await decided(site, "home.top")).choice?.id).toBe("boots");
    await site.run(`throughline.cart.add(${JSON.stringify(BOOTS)})`);
    await site.run(`throughline.track("Question Asked", { topic: "Do they fit wide feet?" })`);
    await site.run(`throughline.identify("mei", { firstName: "Mei", email: "mei@example.com", phone: "+81 90-1234-5678" }, { userToken: ${JSON.stringify(shop.userToken("mei"))} }); await throughline.flush()`); // prettier-ignore
    await shop.whole.drain();
    ({ id: mei } = await shop.ask<{ id: string }>("GET", "/v1/customers/lookup?kind=user_id&value=mei"));
    const { cart } = await shop.ask<{ cart: { items: { product: { id: string } }[] } }>("GET", `/v1/customers/${mei}`); // prettier-ignore
    expect(cart.items.map(({ product }) => product.id)).toEqual(["boots"]);
  });

  test("the app, on another device, shows them saved", async () => {
    app = await shop.site.visit("/app", { host: "app", timezoneId: ZONE });
    await app.run(`throughline.identify("mei", {}, { userToken: ${JSON.stringify(shop.userToken("mei"))} })`);
    const { choice } = await decided(app, "app.cart");
    expect(choice?.content.cart?.items.map(({ product }) => product.name)).toEqual(["Winter boots"]);
    await app.run(`throughline.track("Push Subscribed"); await throughline.flush()`);
    const asked = { writeKey: shop.whole.first.writeKey, channel: "web_push", address: shop.subscription(), kind: "user_id", value: "mei", userToken: shop.userToken("mei") }; // prettier-ignore
    const answer = await fetch(`${shop.whole.address}/push/addresses`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) }); // prettier-ignore
    expect(answer.status).toBe(200);
  });

  test("ad networks know that she may be shown them, and support promises to call her back", async () => {
    await until(audience, (types) => types.includes("segment.entered"));
    await shop.ask("POST", `/v1/customers/${mei}/promises`, { promise: "Call back about wide feet", dueAt: new Date(shop.now() + DAY_MS).toISOString() }); // prettier-ignore
    await shop.whole.drain();
    expect(mails()).toEqual([]);
  });

  test("next morning, by her clock, one letter comes: what she left, and what she wanted to know", async () => {
    const untilMs = msUntilHour(8, shop.now());
    shop.passes(untilMs - 60_000);
    await shop.tell({ type: "track", event: "Page Turned", anonymousId: "somebody else" });
    expect(mails()).toEqual([]);
    shop.passes(61_000);
    await until(mails, ({ length }) => length > 0);
    const [letter] = mails();
    expect(letter).toContain("To: mei@example.com");
    expect(letter).toContain("Your winter boots are still here");
    expect(letter).toContain("You asked: Do they fit wide feet?");
    expect(letter).toContain("They run small: with wide feet take one size up.");
  });

  test("her page says why it came", async () => {
    expect(await whyOf(mails()[0]!)).toMatch(/Saved cart/);
  });

  test("in the shop somebody types her phone number, and sees it all", async () => {
    const { customers } = await shop.ask<Lookup>(
      "GET",
      `/v1/customers/lookup?q=${encodeURIComponent("090-1234-5678")}`,
    );
    expect(customers.map(({ id }) => id)).toEqual([mei]);
    const story = await shop.ask<DeskView>("GET", `/v1/customers/${mei}/desk`);
    expect(story).toMatchObject({
      who: { name: "Mei", reach: expect.arrayContaining([{ kind: "phone", value: "+819012345678" }]) },
      cart: { items: [{ id: "boots", name: "Winter boots", priceMinor: 12_900, stock: 3 }] },
      questions: [{ about: "Do they fit wide feet?" }],
      promises: [{ promise: "Call back about wide feet" }],
    });
    const page = await shop.openDesk();
    await page.getByRole("searchbox").waitFor();
    await page.keyboard.type("090-1234-5678");
    await page.keyboard.press("Enter");
    for (const text of [
      "Mei",
      "Winter boots",
      "3 left",
      "Do they fit wide feet?",
      /Call back about wide feet/,
    ])
      await textThere(page, text);
    expect(story.moments.map(({ channel }) => channel)).toEqual(
      expect.arrayContaining(["web", "email", "store"]),
    );
  });

  test("until she has bought them, push and mail may speak of them", async () => {
    shop.passes(3 * 3_600_000);
    expect(Object.values(await promoted()).map(({ state }) => state)).toEqual(["sent", "sent"]);
    expect([shop.push.received.length, mails().length]).toEqual([1, 2]);
  });

  test("the till reports the sale: from then on nobody pushes the boots, and she is helped with them", async () => {
    await shop.tell({ type: "track", event: "Order Completed", userId: "mei", context: { channel: "store" }, properties: { order_id: "till-1", total: 129, currency: "EUR", products: [BOOTS] } }); // prettier-ignore
    // The site, on the very next question.
    expect((await decided(site, "home.top")).choice?.id).toBe("care");
    await until(
      () => site.page.textContent("h2").catch(() => null),
      () => true,
    );
    expect((await decided(app, "app.cart")).choice).toBeNull();
    // The ad network is told at once.
    await until(audience, (types) => types.at(-1) === "segment.left");
    // Mail and push are refused, and say why.
    expect(await promoted()).toMatchObject({ email: { state: "refused", reason: "bought_this" }, push: { state: "refused", reason: "bought_this" } }); // prettier-ignore
    // Instead help with using them comes, and nothing else.
    await until(mails, ({ length }) => length === 3);
    expect(mails()[2]).toContain("Wax them before the first snow");
    expect(await whyOf(mails()[2]!)).toMatch(/Help with what was bought/);
    expect(shop.push.received.length).toBe(1);
  });
});

async function prepare(shop: Shop): Promise<void> {
  const { ask } = shop;
  await ask("PUT", "/v1/catalogue/items/boots", { name: "Winter boots", priceMinor: 12_900, currency: "EUR", stock: 3, attributes: { size_advice: "They run small: with wide feet take one size up." } }); // prettier-ignore
  await ask("PUT", "/v1/policy", { zone: ZONE, holds: [{ type: "bought_this", withinMs: 30 * DAY_MS }] });
  await ask("PUT", "/v1/desk/settings", { country: "JP" });
  await ask("PUT", "/v1/preference-centre", { postalAddress: "1 High Street" });
  await ask("POST", "/v1/computed-traits", { name: "size_question", event: "Question Asked", measure: { of: "last", property: "topic" } }); // prettier-ignore
  const bought = { type: "did", event: "Order Completed" };
  const { id: segment } = await ask<{ id: number }>("POST", "/v1/segments", { name: "Boots in the cart", rule: { type: "all", rules: [{ type: "did", event: "Product Added", where: [{ property: "product_id", is: { op: "equals", value: "boots" } }] }, { type: "not", rule: bought }] } }); // prettier-ignore
  await ask("POST", "/v1/webhooks", { url: shop.ads.url, segment });
  await shop.place("home.top", [
    { id: "boots", kind: "offer", priority: 80, products: ["boots"], content: { title: "Winter boots" } },
    { id: "care", priority: 60, rule: bought, content: { title: "Care for your boots" } },
  ]);
  await shop.place("app.cart", [{ id: "cart", kind: "cart" }], "app");
  const letter = await shop.template("Saved cart", {
    channel: "email", subject: "Your {{ item.name | downcase }} are still here",
    html: `<p>{{ customer.traits.firstName }}, you left {{ item.name }}.</p>{% if customer.computed.size_question %}<p>You asked: {{ customer.computed.size_question }}</p><p>{{ item.attributes.size_advice }}</p>{% endif %}`,
  }); // prettier-ignore
  await shop.journey({
    name: "Saved cart", entry: { type: "event", event: "Product Added" }, exits: [{ type: "event", event: "Order Completed" }], start: "morning",
    steps: {
      morning: { type: "wait_time", minute: 480, next: "letter" },
      letter: { type: "message", channel: "email", template: letter, purpose: "marketing", products: ["product_id"], next: null },
    },
  }); // prettier-ignore
  const help = await shop.template("Care", { channel: "email", subject: "Your new boots", html: "<p>Wax them before the first snow.</p>" }); // prettier-ignore
  await shop.journey({
    name: "Help with what was bought", entry: { type: "event", event: "Order Completed" }, start: "help",
    steps: { help: { type: "message", channel: "email", template: help, purpose: "marketing", next: null } },
  }); // prettier-ignore
}
