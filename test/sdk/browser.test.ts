/**
 * Unmodified browser SDKs in real Chromium: the page is on localhost, the door on 127.0.0.1, so every request crosses origins.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { browserThere, newVisitor, openBrowser } from "../browser.ts";
import { type Door, openDoor } from "./door.ts";

/** Segment's stock snippet 5.2.0; only the host of the script is ours. */
const snippet = (url: string, writeKey: string) =>
  `!function(){var i="analytics",analytics=window[i]=window[i]||[];if(!analytics.initialize)if(analytics.invoked)window.console&&console.error&&console.error("Segment snippet included twice.");else{analytics.invoked=!0;analytics.methods=["trackSubmit","trackClick","trackLink","trackForm","pageview","identify","reset","group","track","ready","alias","debug","page","screen","once","off","on","addSourceMiddleware","addIntegrationMiddleware","setAnonymousId","addDestinationMiddleware","register"];analytics.factory=function(e){return function(){if(window[i].initialized)return window[i][e].apply(window[i],arguments);var n=Array.prototype.slice.call(arguments);if(["track","screen","alias","group","page","identify"].indexOf(e)>-1){var c=document.querySelector("link[rel='canonical']");n.push({__t:"bpc",c:c&&c.getAttribute("href")||void 0,p:location.pathname,u:location.href,s:location.search,t:document.title,r:document.referrer})}n.unshift(e);analytics.push(n);return analytics}};for(var n=0;n<analytics.methods.length;n++){var key=analytics.methods[n];analytics[key]=analytics.factory(key)}analytics.load=function(key,n){var t=document.createElement("script");t.type="text/javascript";t.async=!0;t.setAttribute("data-global-segment-analytics-key",i);t.src="${url}/analytics.js/v1/"+key+"/analytics.min.js";var r=document.getElementsByTagName("script")[0];r.parentNode.insertBefore(t,r);analytics._loadOptions=n};analytics._writeKey="${writeKey}";analytics.SNIPPET_VERSION="5.2.0";analytics.load("${writeKey}");analytics.page()}}();`;

async function bundleOfSdks(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL("./page.ts", import.meta.url)), formats: ["iife"], name: "Sdks" },
    },
  });
  const [{ output }] = (Array.isArray(built) ? built : [built]) as [{ output: { code: string }[] }];
  return output[0]!.code;
}

describe.skipIf(!browserThere("the browser SDKs"))("browser SDKs", () => {
  let door: Door;
  let browser: Browser;
  let site: Server;
  let home: string;
  const strangers: string[] = [];

  beforeAll(async () => {
    const [sdks] = await Promise.all([
      bundleOfSdks(),
      openDoor().then((opened) => (door = opened)),
      openBrowser().then((opened) => (browser = opened)),
    ]);
    site = createServer((request, response) => {
      if (request.url === "/sdks.js")
        return void response.setHeader("content-type", "text/javascript").end(sdks);
      const script = request.url?.startsWith("/snippet")
        ? `<script>${snippet(door.url, door.writeKey)}</script>`
        : '<script src="/sdks.js"></script>';
      response
        .setHeader("content-type", "text/html")
        .end(
          `<!doctype html><html><head><title>Boots</title><link rel="icon" href="data:,">${script}</head><body>Boots</body></html>`,
        );
    });
    await new Promise<void>((listening) => site.listen(0, "localhost", listening));
    home = `http://localhost:${(site.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((closed) => site?.close(closed) ?? closed(null));
    await door?.stop();
  });
  beforeEach(async () => {
    await door.clear();
    strangers.length = 0;
  });

  /** Opens a page as a new visitor, runs `script` in it, and hands over what came of at least `n` events. */
  async function visits(
    path: string,
    script: string,
    n: number,
    headers?: { [name: string]: string },
  ): Promise<readonly Event[]> {
    const visitor = await newVisitor(browser, headers ? { extraHTTPHeaders: headers } : {});
    try {
      const page = await visitor.newPage();
      page.on("request", (request) => {
        if (!/^(?:data|blob):|^http:\/\/(?:localhost|127\.0\.0\.1)[:/]/.test(request.url()))
          strangers.push(request.url());
      });
      await page.goto(home + path);
      await page.evaluate(`(async () => { ${script} })()`);
      const events = await door.until(n);
      expect(strangers).toEqual([]);
      expect(await door.refused()).toEqual([]);
      return events;
    } finally {
      await visitor.close();
    }
  }
  const told = (events: readonly Event[]) =>
    events
      .map(({ type, name, channel, touchpoint }) => `${type} ${name} ${channel} ${touchpoint}`)
      .toSorted();
  const kinds = (event: Event | undefined) => event?.identifiers.map(({ kind }) => kind);
  const byType = (events: readonly Event[], type: string) => events.find((event) => event.type === type);
  const pair = () => JSON.stringify({ writeKey: door.writeKey, cdnURL: door.url });

  test("@segment/analytics-next from npm, one request an event", async () => {
    const events = await visits(
      "/boots",
      `const analytics = Segment.load(${pair()});
       await analytics.page(); await analytics.track("Product Viewed", { product_id: "p1" }); await analytics.identify("u1", { email: "ann@example.com" }); await analytics.group("acme", { name: "Acme" });`,
      4,
    );
    expect(told(events)).toEqual([
      "group $account.joined web account", "identify $customer.identified web identify", "page $page.viewed direct /boots", "track Product Viewed web product",
    ]); // prettier-ignore
    expect(kinds(byType(events, "page"))).toEqual(["anonymous_id"]);
    expect(kinds(byType(events, "identify"))).toEqual(["user_id", "email", "anonymous_id"]);
    expect(byType(events, "track")).toMatchObject({
      properties: { product_id: "p1" },
      context: { browser: "Chrome", library: { name: "analytics.js" } },
    });
    const anonymous = new Set(events.map(({ identifiers }) => identifiers.at(-1)!.value));
    expect(anonymous.size).toBe(1);
  });

  test("@segment/analytics-next in batches, and what is unsent when the page goes", async () => {
    const settings = `{ integrations: { "Segment.io": { deliveryStrategy: { strategy: "batching", config: { size: 2, timeout: 60000 } } } } }`;
    // The page goes in a task of its own: one that goes while it is asked something never says that it was done.
    // The page goes only after the first batch was answered: a browser may drop a request of a page that is gone while it
    // still has to ask whether it may send it, and the answer to the first one holds for the second.
    const answered = `new Promise((done) => new PerformanceObserver((seen) => seen.getEntries().some(({ name, responseEnd }) => name.endsWith("/b") && responseEnd > 0) && done()).observe({ type: "resource", buffered: true }))`;
    const events = await visits(
      "/boots?utm_source=nl&utm_medium=email&utm_campaign=c1",
      `const analytics = Segment.load(${pair()}, ${settings}); const first = ${answered};
       await analytics.page(); await analytics.track("Product Viewed", { product_id: "p1" }); await first;
       await analytics.track("Product Added", { product_id: "p1" }); setTimeout(() => (location.href = "/elsewhere"));`,
      3,
    );
    expect(told(events)).toEqual([
      "page $page.viewed email /boots", "track Product Added web cart", "track Product Viewed web product",
    ]); // prettier-ignore
    expect(byType(events, "page")!.campaign).toEqual({ source: "nl", medium: "email", name: "c1" });
  });

  test("Segment's stock snippet, served from here", async () => {
    const events = await visits(
      "/snippet",
      `analytics.track("Signed Up", { plan: "pro" }); analytics.identify("u7", { email: "eve@example.com" });`,
      3,
    );
    expect(told(events)).toEqual([
      "identify $customer.identified web identify",
      "page $page.viewed direct /snippet",
      "track Signed Up web sign-up",
    ]);
    expect(kinds(byType(events, "identify"))).toEqual(["user_id", "email", "anonymous_id"]);
  });

  test("a browser that sends Global Privacy Control denies advertising", async () => {
    const events = await visits("/snippet", `analytics.track("Signed Up");`, 2, {
      "sec-gpc": "1",
    });
    for (const { consents } of events)
      expect(consents).toEqual([{ channel: "ads", purpose: "advertising", answer: "denied", source: "gpc" }]);
  });

  test.each([false, true])("@rudderstack/analytics-js, beacon %s", async (useBeacon) => {
    const events = await visits(
      "/boots?gclid=abc",
      `const analytics = new RudderAnalytics(); analytics.load("${door.writeKey}", "${door.url}", { configUrl: "${door.url}", useBeacon: ${useBeacon}, beaconQueueOptions: { flushQueueInterval: 200 }, plugins: ${useBeacon ? '["BeaconQueue", "StorageEncryption"]' : "undefined"} });
       analytics.page("Boots"); analytics.track("Product Added", { product_id: "p1" }); analytics.identify("u1", { email: "ann@example.com" });`,
      3,
    );
    expect(told(events)).toEqual([
      "identify $customer.identified web identify",
      "page $page.viewed paid_search /boots",
      "track Product Added web cart",
    ]);
    expect(kinds(byType(events, "page"))).toEqual(["anonymous_id"]);
    expect(byType(events, "identify")).toMatchObject({ traits: { email: "ann@example.com" } });
    expect(kinds(byType(events, "identify"))).toEqual(["user_id", "email", "anonymous_id"]);
  });

  test("@customerio/cdp-analytics-browser", async () => {
    const events = await visits(
      "/boots",
      `const analytics = CustomerIo.load(${pair()}); await analytics.page(); await analytics.track("Product Viewed", { product_id: "p1" }); await analytics.identify("u1", { email: "ann@example.com" });`,
      3,
    );
    expect(told(events)).toEqual([
      "identify $customer.identified web identify",
      "page $page.viewed direct /boots",
      "track Product Viewed web product",
    ]);
    expect(kinds(byType(events, "identify"))).toEqual(["user_id", "email", "anonymous_id"]);
  });
});
