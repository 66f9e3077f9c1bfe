/** What pages show by the browser SDK, on the whole platform: decisions without flicker, the on-site inbox, the cart; and that an event counts once. */
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inAppDriver } from "../../src/messages/drivers/in-app.ts";
import { browserThere, openBrowser } from "../browser.ts";
import { type Desk, startDesk } from "../decisions/desk.ts";
import { outgoingOf } from "../messages/counterparts.ts";
import { buildSdk, type Gate, openGate, openSite, scriptOf, type Site, type Visit } from "./stage.ts";

const HERO = `<div data-throughline-place="home.top"><h2 data-throughline-text="title">Our boots</h2>
  <a id="more" data-throughline-text="label" data-throughline-attr="href:link title:hint onclick:code" href="/all">All</a>
  <img data-throughline-attr="src:image alt:title" src="/plain.png" alt="Boots"></div>`; // prettier-ignore
const TEXT = `return document.querySelector("h2").textContent`;
/** Writes down each look of the place, as often as the browser draws. */
const WATCHED = `window.looks = []; const look = () => { const place = document.querySelector("[data-throughline-place] h2"); if (place) { const now = getComputedStyle(place).visibility + " " + place.textContent; if (looks.at(-1) !== now) looks.push(now); } requestAnimationFrame(look); }; look();`;
const SHOWN = `requestAnimationFrame(() => 0), new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`;

type Timeline = {
  readonly events: readonly {
    readonly name: string;
    readonly properties?: { readonly [name: string]: unknown };
  }[];
};

describe.skipIf(!browserThere("what pages show by the browser SDK"))("a page", () => {
  let desk: Desk;
  let browser: Browser;
  let gate: Gate;
  let site: Site;

  beforeAll(async () => {
    [desk, browser] = await Promise.all([startDesk({ THROUGHLINE_DECIDE_MS: "10000" }), openBrowser()]);
    await buildSdk(join(desk.dataDir, "sdk"));
    gate = await openGate(desk.address);
    site = await openSite(browser, gate, desk.first.writeKey);
    const candidates = [
      {
        id: "boots",
        priority: 60,
        content: { title: "<b>Winter</b> boots", label: "See", link: "https://shop.example/boots", hint: "Warm", image: "/boots.png", code: "alert(1)" },
      },
      {
        id: "saved",
        priority: 90,
        content: { title: "Still yours", link: "javascript:alert(1)", image: "data:text/html,x" },
        rule: { type: "did", event: "Product Added" },
      },
    ]; // prettier-ignore
    await desk.place("home.top", candidates);
    await desk.place("home.side", []);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.stop();
    await gate?.stop();
    await desk?.end();
  });
  beforeEach(() => {
    site.pages.clear();
    gate.release();
    gate.seen.length = 0;
  });
  afterEach(async () => {
    await site.leave();
    expect(site.complaints.splice(0)).toEqual([]);
  });
  const visit = async (path: string, body = HERO, host = "shop"): Promise<Visit> => {
    site.pages.set(path, { body, script: scriptOf(gate, desk.first.writeKey) });
    return site.visit(path, { host });
  };
  const timelineOf = async ({ run }: Visit): Promise<Timeline["events"]> => {
    const value = await run<string>(`await throughline.flush(); return throughline.visitor().anonymousId`);
    await desk.drain();
    const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${value}`); // prettier-ignore
    return (await desk.ask<Timeline>(desk.first, "GET", `/v1/customers/${id}/timeline`)).events;
  };
  /** What pages of this host reported: reports of pages before may still be on their way. */
  const outcomesOf = (host: string) => gate.seen.filter(({ path, headers }) => path.startsWith("/v1/decide/outcomes") && headers.origin === site.at(host)).map(({ body }) => (JSON.parse(body) as { outcome: string }).outcome); // prettier-ignore

  describe("that asks what to show", () => {
    test("shows what was chosen as text and harmless attributes, and nothing else before it", async () => {
      const made = await visit("/home");
      const { run } = made;
      await run(`${WATCHED}`);
      gate.fault = "held";
      const decided = run(`${`const decided = await throughline.decide(["home.top"], { timeoutMs: 20_000 })`}; await ${SHOWN}; return decided[0]`); // prettier-ignore
      await made.until(`looks.at(-1).startsWith("hidden")`);
      gate.release();
      expect(await decided).toMatchObject({ place: "home.top", choice: { id: "boots", kind: "content" }, reason: "priority" }); // prettier-ignore
      await made.until(`looks.at(-1) === "visible <b>Winter</b> boots"`);
      expect(await run(`return looks`)).toEqual(["visible Our boots", "hidden Our boots", "visible <b>Winter</b> boots"]); // prettier-ignore
      expect(await run(`return document.querySelector("h2").children.length`)).toBe(0);
      expect(await run(`const { href, title, textContent, onclick } = document.querySelector("#more"); return [href, title, textContent, onclick]`)).toEqual(["https://shop.example/boots", "Warm", "See", null]); // prettier-ignore
      expect(await run(`const { src, alt } = document.querySelector("img"); return [src, alt]`)).toEqual([`${site.at()}/boots.png`, "<b>Winter</b> boots"]); // prettier-ignore
    });

    test("never shows what it is about to replace when it asks before it is drawn", async () => {
      site.pages.set("/early", { body: HERO, script: scriptOf(gate, desk.first.writeKey) });
      const made = await site.visit("/early", { before: `${WATCHED} (window.throughline ||= []).push(["decide", ["home.top"], { timeoutMs: 20_000 }]);` }); // prettier-ignore
      await made.until(`window.looks.at(-1) === "visible <b>Winter</b> boots"`);
      expect(await made.run(`return looks`)).not.toContain("visible Our boots");
    });

    test("is answered in the light of what was told a moment before, and follows no address that runs a script", async () => {
      const { run } = await visit("/home");
      expect(await run(`throughline.cart.add({ product_id: "p1", price: 129 }); return (await throughline.decide(["home.top"], { timeoutMs: 20_000 }))[0].choice.id`)).toBe("saved"); // prettier-ignore
      expect(await run(TEXT)).toBe("Still yours");
      expect(await run(`return [document.querySelector("#more").getAttribute("href"), document.querySelector("img").getAttribute("src")]`)).toEqual(["/all", "/plain.png"]); // prettier-ignore
    });

    test("tells that it was seen only once it is on the screen, and each outcome once", async () => {
      const made = await visit("/home", `<p id="tall">Boots</p>${HERO}`, "seen");
      const { run, page } = made;
      await run(`document.querySelector("#tall").style.height = "5000px"; const [decision] = await throughline.decide(["home.top"], { timeoutMs: 20_000 }); window.decision = decision; await ${SHOWN};`); // prettier-ignore
      expect(outcomesOf("seen")).toEqual([]);
      await run(
        `document.querySelector("h2").scrollIntoView(); document.querySelector("#more").removeAttribute("href");`,
      );
      await gate.until(() => outcomesOf("seen").length === 1);
      await page.click("#more");
      await page.click("#more");
      await gate.until(() => outcomesOf("seen").length === 2);
      await run(`window.decision.report("converted", { valueMinor: 12_900, currency: "EUR" })`);
      await gate.until(() => outcomesOf("seen").length === 3);
      expect(outcomesOf("seen")).toEqual(["exposed", "clicked", "converted"]);
      const names = (await timelineOf(made)).map(({ name }) => name);
      for (const name of ["$decision.exposed", "$decision.clicked", "$decision.converted"])
        expect(names.filter((one) => one === name)).toEqual([name]);
    });

    test("keeps its own content when the answer is late, and does not change it afterwards", async () => {
      const { run } = await visit("/home");
      await run(WATCHED);
      gate.fault = "held";
      expect(await run(`return (await throughline.decide(["home.top"], { timeoutMs: 50 }))[0]`)).toMatchObject({ choice: null, reason: "timeout" }); // prettier-ignore
      gate.release();
      await run(`await throughline.flush(); await ${SHOWN}`);
      expect(((await run(`return looks`)) as string[]).at(-1)).toBe("visible Our boots");
      expect(await run(`return document.adoptedStyleSheets.length`)).toBe(0);
    });

    test("keeps its own content when the server is away or refuses, and when nothing is chosen", async () => {
      const { run } = await visit("/home");
      const reason = `const [{ choice, reason }] = await throughline.decide(["home.side"], { timeoutMs: 20_000 }); return [choice, reason]`;
      expect(await run(reason)).toEqual([null, "default"]);
      gate.fault = "away";
      expect(await run(reason)).toEqual([null, "unreachable"]);
      gate.fault = { status: 403 };
      expect(await run(reason)).toEqual([null, "refused"]);
      expect(await run(TEXT)).toBe("Our boots");
    });
  });

  describe("with the on-site inbox", () => {
    const send = async ({ run }: Visit, title: string): Promise<void> => {
      const value = await run<string>(`await throughline.flush(); return throughline.visitor().anonymousId`);
      await desk.drain();
      const { id } = await desk.ask<{ id: string }>(desk.first, "GET", `/v1/customers/lookup?kind=anonymous_id&value=${value}`); // prettier-ignore
      const content = {
        channel: "in_app",
        title,
        body: "Your order is ready",
        url: null,
        place: "inbox",
      } as const;
      await inAppDriver(desk.stores.sql, Date.now).send(outgoingOf(content, { customer: id, to: id, workspace: desk.first.workspace })); // prettier-ignore
    };
    const OPEN = `window.inbox = throughline.inbox({ onChange: (inbox) => (window.titles = inbox.messages().map(({ title }) => title).join()), onFault: (status) => (window.fault = status) })`;

    test("shows what lies there and what comes, and tells what was seen and put away", async () => {
      const made = await visit("/home");
      const { run, until, page } = made;
      await send(made, "First");
      await run(OPEN);
      await until(`window.titles === "First"`);
      await send(made, "Second");
      await until(`window.titles === "Second,First"`);
      expect(await run(`return inbox.unseen()`)).toBe(2);
      expect(await run(`const [second, first] = inbox.messages(); return [await inbox.seen(second.id), await inbox.seen(second.id), await inbox.dismiss(first.id), await inbox.seen(1e9)]`)).toEqual([true, true, true, false]); // prettier-ignore
      expect(await run(`return [window.titles, inbox.unseen()]`)).toEqual(["Second", 0]);
      await run(`inbox.close()`);
      await page.reload();
      await run(OPEN);
      await until(`window.titles === "Second" && inbox.unseen() === 0`);
    });

    test("asks nothing more once consent is taken back", async () => {
      const { run, until } = await visit("/home", HERO, "back");
      await run(`const [decision] = await throughline.decide(["home.top"], { timeoutMs: 20_000 }); window.decision = decision; window.opened = 0; window.inbox = throughline.inbox({ onChange: () => opened++ });`); // prettier-ignore
      await until(`window.opened === 1`);
      await gate.until(() => outcomesOf("back").length === 1);
      // The stream is told of when it ends.
      const asked = () => gate.seen.filter(({ path, headers }) => headers.origin === site.at("back") && !path.includes("/stream")); // prettier-ignore
      await run(`throughline.consent({ analytics: false });`);
      await gate.until(() => asked().some(({ body }) => body.includes("Consent")));
      const before = asked().length;
      expect(await run(`decision.report("dismissed"); return [await inbox.seen(1), throughline.inbox(), await throughline.cart.read(), (await throughline.decide(["home.top"]))[0].reason]`)).toEqual([false, null, null, "consent"]); // prettier-ignore
      expect(asked()).toHaveLength(before);
    });

    test("opens a named customer's with the proof of the business's server only", async () => {
      const made = await visit("/home");
      const { run, until } = made;
      await send(made, "Private");
      await run(`throughline.identify("ann"); await throughline.flush();`);
      await desk.drain();
      await run(OPEN);
      await until(`window.fault === 403`);
      const userToken = desk.userToken("user_id", "ann");
      await run(`throughline.identify("ann", {}, { userToken: ${JSON.stringify(userToken)} }); ${OPEN}`);
      await until(`window.titles === "Private"`);
      await run(`throughline.reset(); window.titles = ""; ${OPEN}`);
      await until(`window.titles === "" && inbox.messages().length === 0`);
    });
  });

  test("reads the visitor's cart as it lies on the server", async () => {
    const made = await visit("/home");
    await made.run(`throughline.cart.add({ product_id: "p7", name: "Wool socks", price: 12, currency: "EUR", quantity: 2 }); await throughline.flush();`); // prettier-ignore
    await timelineOf(made);
    expect(JSON.stringify(await made.run(`return throughline.cart.read()`))).toContain("p7");
  });

  test("counts an event once, however often it had to be sent", async () => {
    const made = await visit("/home");
    await timelineOf(made);
    gate.fault = "answer_lost";
    const lost = gate.next();
    await made.run(`throughline.track("Order Completed", { order_id: "o1", total: 10 })`);
    await lost;
    const again = gate.next();
    await again;
    gate.fault = "none";
    await made.page.reload();
    await made.until(`throughline.counts().waiting === 0`);
    expect((await timelineOf(made)).filter(({ name }) => name === "Order Completed")).toHaveLength(1);
  });
});
