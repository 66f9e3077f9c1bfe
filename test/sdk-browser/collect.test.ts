/** The browser SDK collects: Segment's calls from real pages in real Chromium, after consent, to the real door. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { browserThere } from "../browser.ts";
import { scriptOf, type Site, standSite, type StoodSite } from "./stage.ts";

const told = (events: readonly Event[]) => events.map(({ type, name, touchpoint }) => `${type} ${name} ${touchpoint}`).toSorted(); // prettier-ignore
const kinds = (event: Event | undefined) => event?.identifiers.map(({ kind }) => kind);
const PRIVACY_CONTROL = `Object.defineProperty(Navigator.prototype, "globalPrivacyControl", { get: () => true })`;
const named = (events: readonly Event[], name: string) => events.find((event) => event.name === name);
const anonymousIn = ({ identifiers }: Event) =>
  identifiers.find(({ kind }) => kind === "anonymous_id")?.value;
/** Everything a page could have stored, as text. */
const STORED = `return JSON.stringify({ cookies: document.cookie, local: { ...localStorage }, session: { ...sessionStorage }, databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length })`;
const NOTHING = JSON.stringify({ cookies: "", local: {}, session: {}, databases: 0, caches: 0 });

describe.skipIf(!browserThere("the browser SDK's events"))("the browser SDK", () => {
  let { door, gate, site, stop } = {} as StoodSite;

  beforeAll(async () => ({ door, gate, site, stop } = await standSite()));
  afterAll(() => stop?.());
  beforeEach(async () => {
    site.pages.clear();
    gate.fault = "none";
    await door.clear();
    gate.seen.length = 0;
  });
  afterEach(async () => {
    await site.leave();
    expect(site.complaints.splice(0)).toEqual([]);
    expect((await door.refused()).map(({ detail }) => detail)).toEqual([]);
  });
  const visit: Site["visit"] = (...args) => site.visit(...args);
  const script = (more: string) => scriptOf(gate, door.writeKey, more);

  describe("on a page that lets no script but its own run and makes no markup of text", () => {
    test("tells Segment's calls to the door, in Segment's shapes, without asking leave first", async () => {
      const { run } = await visit("/boots?utm_source=nl&utm_medium=email&utm_campaign=c1");
      await run(
        `throughline.track("Product Viewed", { product_id: "p1" }); throughline.identify("u1", { email: "ann@example.com" }); throughline.group("acme", { name: "Acme" }); throughline.page("Care", "Boot care", { shelf: 3 });`,
      );
      const events = await door.until(5);
      expect(told(events)).toEqual([
        "group $account.joined account",
        "identify $customer.identified identify",
        "page $page.viewed /boots",
        "page $page.viewed /boots",
        "track Product Viewed product",
      ]);
      expect(named(events, "$page.viewed")!.campaign).toEqual({ source: "nl", medium: "email", name: "c1" });
      expect(events.find(({ properties }) => properties?.["shelf"] === 3)).toMatchObject({ properties: { name: "Boot care", category: "Care", path: "/boots" } }); // prettier-ignore
      expect(named(events, "Product Viewed")).toMatchObject({
        properties: { product_id: "p1" },
        context: { browser: "Chrome", library: { name: "throughline.js" }, locale: "en-US" },
      });
      expect(kinds(named(events, "$customer.identified"))).toEqual(["user_id", "email", "anonymous_id"]);
      expect(named(events, "$account.joined")).toMatchObject({ accountId: "acme", traits: { name: "Acme" } });
      expect(new Set(events.map(anonymousIn)).size).toBe(1);
      expect(gate.seen.map(({ method }) => method)).not.toContain("OPTIONS");
      expect(gate.seen.some(({ headers }) => headers.cookie)).toBe(false);
    });

    test("takes calls that were made before the script was there, in their order", async () => {
      site.pages.set("/early", {
        script: script('async data-page="false"'),
      });
      const { run } = await visit("/early", { before: `(window.throughline ||= []).push(["identify", "u2"], ["track", "Signed Up"], ["no such call"])` }); // prettier-ignore
      const events = await door.until(2);
      expect(events.map(({ name }) => name)).toEqual(["$customer.identified", "Signed Up"]);
      expect(kinds(events[1])).toEqual(["user_id", "anonymous_id"]);
      await run(`throughline.push(["track", "Signed In"])`);
      expect(told(await door.until(3))).toContain("track Signed In sign-in");
    });

    test("leaves the device's former person behind on sign-out, and when somebody else signs in", async () => {
      const { run } = await visit("/boots");
      await run(`throughline.identify("u1"); throughline.reset(); throughline.track("One"); throughline.identify("u2"); throughline.track("Two"); throughline.identify("u3"); throughline.track("Three"); throughline.alias("u4");`); // prettier-ignore
      const events = await door.until(8);
      const [page, one, two, three] = ["$page.viewed", "One", "Two", "Three"].map((name) =>
        named(events, name)!,
      );
      const signedIn = (userId: string) => events.find(({ type, identifiers }) => type === "identify" && identifiers.some(({ value }) => value === userId))!; // prettier-ignore
      expect([one, two, three].map(kinds)).toEqual([["anonymous_id"], ["user_id", "anonymous_id"], ["user_id", "anonymous_id"]]); // prettier-ignore
      expect(anonymousIn(signedIn("u1"))).toBe(anonymousIn(page!));
      expect(anonymousIn(one!)).not.toBe(anonymousIn(page!));
      expect(anonymousIn(signedIn("u2"))).toBe(anonymousIn(one!));
      expect(anonymousIn(signedIn("u3"))).not.toBe(anonymousIn(two!));
      expect(anonymousIn(three!)).toBe(anonymousIn(signedIn("u3")));
      expect(events.find(({ type }) => type === "alias")).toMatchObject({
        previous: { kind: "user_id", value: "u3" },
      });
    });

    test("tells of the cart by the names of Segment's e-commerce events", async () => {
      const { run } = await visit("/boots");
      await run(`throughline.cart.add({ product_id: "p1", price: 129, quantity: 1 }); throughline.cart.remove({ product_id: "p1" }); throughline.cart.clear();`); // prettier-ignore
      expect(told(await door.until(4))).toEqual(["page $page.viewed /boots", "track Cart Cleared cart", "track Product Added cart", "track Product Removed cart"]); // prettier-ignore
    });
  });

  describe("where consent is required", () => {
    const required = () => site.pages.set("/boots", { script: script('data-consent="required"') });

    test("stores and sends nothing before the answer, and everything after it", async () => {
      required();
      const { run, page, context } = await visit("/boots");
      await run(`throughline.track("Product Viewed", { product_id: "p1" }); throughline.identify("u1"); dispatchEvent(new Event("pagehide")); await throughline.flush();`); // prettier-ignore
      expect(await run(`return [throughline.visitor(), throughline.inbox(), (await throughline.decide(["home.top"]))[0].reason]`)).toEqual([null, null, "consent"]); // prettier-ignore
      await page.reload();
      await run(`throughline.track("Product Viewed", { product_id: "p2" });`);
      expect(await run(STORED)).toBe(NOTHING);
      expect(await context.cookies()).toEqual([]);
      expect(gate.seen).toEqual([]);
      await run(`throughline.consent({ analytics: true, advertising: false });`);
      const events = await door.until(3);
      expect(told(events)).toEqual([
        "page $page.viewed /boots",
        "track Product Viewed product",
        "track Segment Consent Preference Updated consent",
      ]);
      expect(named(events, "Product Viewed")!.properties).toEqual({ product_id: "p2" });
      expect(named(events, "Segment Consent Preference Updated")!.consents).toEqual([
        { channel: "all", purpose: "analytics", answer: "granted", source: "event" },
        { channel: "all", purpose: "advertising", answer: "denied", source: "event" },
      ]);
      // The answer is remembered, so the next page need not ask.
      await page.reload();
      expect((await door.untilDifferent(4)).at(-1)).toMatchObject({ name: "$page.viewed", consents: [{ purpose: "analytics" }, { purpose: "advertising" }] }); // prettier-ignore
    });

    test("forgets what waited when the answer is no, and says nothing", async () => {
      required();
      const { run } = await visit("/boots");
      await run(`throughline.track("Product Viewed"); throughline.consent({ analytics: false }); throughline.track("Product Added"); await throughline.flush();`); // prettier-ignore
      expect(await run(STORED)).toBe(NOTHING);
      expect(await run(`return throughline.counts().waiting`)).toBe(0);
      expect(gate.seen).toEqual([]);
    });

    test("takes an answer that was given before it knew that one is required", async () => {
      site.pages.set("/early", { script: script("").replace(/data-write-key="[^"]*"/, "") });
      const { run } = await visit("/early");
      const load = `throughline.load(${JSON.stringify({ writeKey: door.writeKey, host: gate.url, consent: "required" })})`;
      await run(`throughline.consent({ analytics: false }); throughline.track("One"); ${load}; throughline.track("Two"); await throughline.flush();`); // prettier-ignore
      expect(await run(STORED)).toBe(NOTHING);
      expect(gate.seen).toEqual([]);
      const { run: another } = await visit("/early");
      await another(`throughline.track("One"); throughline.consent({ analytics: true }); ${load};`);
      expect((await door.until(2)).map(({ name }) => name)).toEqual(["One", "Segment Consent Preference Updated"]); // prettier-ignore
    });

    test("forgets the visitor when a yes is taken back, and tells only that", async () => {
      required();
      const { run } = await visit("/boots");
      await run(`throughline.consent({ analytics: true, marketing: true });`);
      await door.until(2);
      await run(`throughline.track("Product Viewed"); throughline.consent({ analytics: false }); throughline.track("Product Added");`); // prettier-ignore
      const events = await door.until(3);
      expect(events[2]).toMatchObject({ name: "Segment Consent Preference Updated", consents: [{ purpose: "analytics", answer: "denied" }, { purpose: "marketing", answer: "granted" }] }); // prettier-ignore
      expect(anonymousIn(events[2]!)).toBe(anonymousIn(events[0]!));
      expect(await run(STORED)).toBe(NOTHING);
      await run(`await throughline.flush()`);
      expect(await door.events()).toHaveLength(3);
    });
  });

  test("remembers a denial where nobody is asked, so that the next page collects nothing either", async () => {
    const { run, page } = await visit("/boots");
    await door.until(1);
    await run(`throughline.consent({ analytics: false })`);
    await door.until(2);
    await page.reload();
    await run(`throughline.track("Product Viewed"); await throughline.flush();`);
    expect(await run(`return [JSON.stringify({ ...localStorage }), document.cookie]`)).toEqual([JSON.stringify({ throughline: `{"c":{"analytics":false}}` }), ""]); // prettier-ignore
    expect(await door.events()).toHaveLength(2);
  });

  test("tells nobody of a visitor who had said no before it began", async () => {
    site.pages.set("/early", { script: script("").replace(/data-write-key="[^"]*"/, "") });
    const { run } = await visit("/early");
    await run(`throughline.track("Product Viewed"); throughline.load(${JSON.stringify({ writeKey: door.writeKey, host: gate.url, consent: { analytics: false } })}); throughline.page(); await throughline.flush();`); // prettier-ignore
    expect(gate.seen).toEqual([]);
    expect(await run(`return JSON.stringify({ ...localStorage })`)).toBe(JSON.stringify({ throughline: `{"c":{"analytics":false}}` })); // prettier-ignore
  });

  test("takes Global Privacy Control as a no to advertising, whatever the banner says", async () => {
    const { run } = await visit("/boots", { before: PRIVACY_CONTROL }); // prettier-ignore
    await run(`throughline.consent({ analytics: true, advertising: true })`);
    const [page, answer] = await door.until(2);
    expect(page!.consents).toEqual([
      { channel: "ads", purpose: "advertising", answer: "denied", source: "gpc" },
    ]);
    expect(answer!.consents).toEqual([
      { channel: "ads", purpose: "advertising", answer: "denied", source: "gpc" },
      { channel: "all", purpose: "analytics", answer: "granted", source: "event" },
      { channel: "all", purpose: "advertising", answer: "denied", source: "event" },
    ]);
  });

  test("shares the visitor with analytics.js on one page, and writes nothing of its", async () => {
    const theirs = `<script src="${door.url}/analytics.js/v1/${door.writeKey}/analytics.min.js" data-global-segment-analytics-key="analytics"></script>`; // prettier-ignore
    site.pages.set("/both", { loose: true, script: script("") + theirs });
    const before = `window.analytics = window.analytics || []; analytics._writeKey = ${JSON.stringify(door.writeKey)};`;
    const { run, until } = await visit("/both", { before });
    await until(`typeof analytics.user === "function"`);
    // It makes its id with its first event.
    await run(`await analytics.track("Theirs"); throughline.track("Ours");`);
    const events = await door.until(4);
    const id = anonymousIn(named(events, "Theirs")!);
    expect(anonymousIn(named(events, "Ours")!)).toBe(id);
    // What came before analytics.js had made its id is joined to it.
    expect(events.find(({ type }) => type === "alias")).toMatchObject({ previous: { kind: "anonymous_id", value: anonymousIn(named(events, "$page.viewed")!) } }); // prettier-ignore
    const kept = `return [localStorage.getItem("ajs_anonymous_id"), document.cookie]`;
    const stored = await run(kept);
    await run(`throughline.reset(); throughline.identify("u9"); throughline.consent({ analytics: false });`);
    await gate.until(() => gate.seen.some(({ body }) => body.includes("Segment Consent")));
    expect(await run(kept)).toEqual(stored);
  });

  describe("a form", () => {
    const FORM = `<form method="post" action="/boots" data-throughline-form="Size advice"><input name="email" type="email" value="ann@example.com"><input name="size" value="42">
      <input name="password" type="password" value="hunter2"><input name="shown" autocomplete="current-password" value="hunter2"><input name="number" autocomplete="cc-number" value="4111111111111111">
      <input name="note" value="my card is 4111 1111 1111 1111"><input name="campaign" type="hidden" value="x"><textarea name="question">Wide feet?</textarea>
      <fieldset data-private><input name="diagnosis" value="private"></fieldset><input type="checkbox" name="news" checked><input type="radio" name="fit" value="tight"><input type="radio" name="fit" value="wide" checked>
      <select name="colour"><option>Brown</option></select><button name="go" value="1">Send</button></form>`; // prettier-ignore

    test("that asks for it is told of when it is submitted: never passwords, cards, hidden or private fields", async () => {
      site.pages.set("/advice", { body: FORM });
      const { page } = await visit("/advice");
      await page.click("button");
      const events = await door.untilDifferent(3);
      expect(named(events, "Form Submitted")).toMatchObject({ touchpoint: "form" });
      expect(named(events, "Form Submitted")!.properties).toEqual({ form: "Size advice", email: "ann@example.com", size: "42", question: "Wide feet?", news: true, fit: "wide", colour: "Brown" }); // prettier-ignore
      const sent = gate.seen.map(({ body }) => body).join();
      for (const secret of ["hunter2", "4111", "private", '"x"']) expect(sent).not.toContain(secret);
    });

    test("that does not is left alone", async () => {
      site.pages.set("/advice", { body: FORM.replace("data-throughline-form", "data-other") });
      const { page } = await visit("/advice");
      await page.click("button");
      expect(told(await door.untilDifferent(2))).toEqual([
        "page $page.viewed /advice",
        "page $page.viewed /boots",
      ]);
    });
  });

  test("tells addresses without what looks like a secret in their query", async () => {
    site.pages.set("/mail", { script: null, body: '<a id="go" href="/boots?reset_token=abc123&amp;shelf=3&amp;pay=4111111111111111#part">Reset</a>' }); // prettier-ignore
    const { page } = await visit("/mail");
    await page.click("#go");
    const [event] = await door.until(1);
    expect(event!.properties).toMatchObject({ url: `${site.at()}/boots?shelf=3`, search: "?shelf=3" });
    expect(gate.seen.map(({ body }) => body).join()).not.toMatch(/abc123|4111/);
  });

  describe("in a single-page app", () => {
    test("tells each new page with the one before it as where it came from, and not one the app told itself", async () => {
      const { run, page } = await visit("/boots");
      await run(`history.pushState({}, "", "/boots/42"); document.title = "Boot 42";`);
      await door.until(2);
      await run(`history.replaceState({}, "", "/boots/42#care"); history.pushState({}, "", "/cart"); throughline.page("Cart");`); // prettier-ignore
      await door.until(3);
      await page.goBack();
      const events = await door.until(4);
      const [, second, third, fourth] = events.map(({ properties }) => properties!);
      expect(events.map(({ properties }) => properties!["path"])).toEqual(["/boots", "/boots/42", "/cart", "/boots/42"]); // prettier-ignore
      expect(second).toMatchObject({ title: "Boot 42", referrer: `${site.at()}/boots` });
      expect(third).toMatchObject({ name: "Cart" });
      expect(fourth).toMatchObject({ referrer: `${site.at()}/cart` });
      expect(events.map(({ channel }) => channel)).toEqual(["direct", "web", "web", "web"]);
    });

    test("tells none of it where the page says so", async () => {
      site.pages.set("/boots", { script: script('data-routing="false"') });
      const { run } = await visit("/boots");
      await run(`history.pushState({}, "", "/cart"); await new Promise((done) => setTimeout(done)); throughline.track("End");`); // prettier-ignore
      expect((await door.until(2)).map(({ name }) => name)).toEqual(["$page.viewed", "End"]);
    });

    test("tells what was searched for, once an address", async () => {
      site.pages.set("/find", { script: script('data-search="q,query"') });
      const { run } = await visit("/find?query=wide+boots");
      await run(`throughline.page("Again"); history.pushState({}, "", "/find?q=%20socks"); `);
      const events = await door.until(5);
      const searches = events.filter(({ name }) => name === "Products Searched");
      expect(searches.map(({ properties }) => properties)).toEqual([
        { query: "wide boots" },
        { query: "socks" },
      ]);
      expect(searches[0]!.touchpoint).toBe("site-search");
    });
  });

  describe("between two sites of one business", () => {
    const hosts = () => [site.at("shop"), site.at("checkout")].map((url) => new URL(url).host).join();
    const linked = (path: string, to: string) => site.pages.set(path, { script: script(`data-handover="${hosts()}"`), body: `<a id="go" href="${to}">Pay</a>` }); // prettier-ignore

    test("hands the visitor over in a link, once, and takes the id out of the address bar", async () => {
      linked("/boots", `${site.at("checkout")}/pay?order=7`);
      linked("/pay", "/done");
      const { page, context } = await visit("/boots");
      await page.click("#go");
      const [shop, checkout] = await door.untilDifferent(2);
      expect(anonymousIn(checkout!)).toBe(anonymousIn(shop!));
      expect(await page.evaluate("location.href")).toBe(`${site.at("checkout")}/pay?order=7`);
      expect(checkout!.properties).toMatchObject({ url: `${site.at("checkout")}/pay?order=7` });
      expect((await context.cookies()).length).toBe(0);
    });

    test("hands nobody over who asks for privacy by Global Privacy Control", async () => {
      linked("/boots", `${site.at("checkout")}/pay?order=7`);
      linked("/pay", "/done");
      const { page } = await visit("/boots", { before: PRIVACY_CONTROL });
      const asked: string[] = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.click("#go");
      const [shop, checkout] = await door.untilDifferent(2);
      expect(anonymousIn(checkout!)).not.toBe(anonymousIn(shop!));
      expect(asked).toContain(`${site.at("checkout")}/pay?order=7`);
      expect(asked.join()).not.toContain("tl_id");
    });

    test("joins the two visitors where the other site knew one already", async () => {
      linked("/boots", `${site.at("checkout")}/pay`);
      linked("/pay", "/done");
      const { page } = await visit("/pay", { host: "checkout" });
      await door.until(1);
      await page.goto(`${site.at()}/boots`);
      await door.until(2);
      await page.click("#go");
      const events = await door.until(4);
      expect(anonymousIn(events[1]!)).not.toBe(anonymousIn(events[0]!));
      expect(events.find(({ type }) => type === "alias")).toMatchObject({
        identifiers: [{ kind: "anonymous_id", value: anonymousIn(events[0]!) }],
        previous: { kind: "anonymous_id", value: anonymousIn(events[1]!) },
      });
    });

    test.each([
      ["that is old", "checkout", 10 * 60_000],
      ["that was followed on a site of somebody else", "elsewhere", 0],
    ])("makes nobody somebody else by a link %s", async (_what, host, ageMs) => {
      linked("/pay", "/done");
      const stranger = "9d5f3c8a-0000-4000-8000-000000000001";
      const link = `${site.at("checkout")}/pay?tl_id=${stranger}.${(Date.now() - ageMs).toString(36)}`;
      site.pages.set("/mail", { script: null, body: `<a id="go" href="${link}">Pay</a>` });
      const { page } = await visit("/mail", { host: host === "checkout" ? "shop" : host });
      await page.click("#go");
      const [event] = await door.until(1);
      expect(anonymousIn(event!)).not.toBe(stranger);
      expect(await page.evaluate("location.href")).toBe(`${site.at("checkout")}/pay`);
    });
  });
});
