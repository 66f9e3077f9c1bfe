/** The browser SDK on bad days: the server away or busy, answers lost, pages that go at the worst moment. Nothing is lost, nothing doubled. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as LIMITS from "../../sdk/browser/limits.ts";
import type { Event } from "../../src/events/model.ts";
import { browserThere } from "../browser.ts";
import { runIn, type Site, standSite, type StoodSite, type Visit } from "./stage.ts";

const QUEUES = `Object.keys(localStorage).filter((name) => name.startsWith("throughline.queue."))`;
const COUNTS = `return throughline.counts()`;

describe.skipIf(!browserThere("the browser SDK on bad networks"))("the browser SDK", () => {
  let { door, gate, site, stop } = {} as StoodSite;

  beforeAll(async () => ({ door, gate, site, stop } = await standSite()));
  afterAll(() => stop?.());
  beforeEach(async () => {
    gate.fault = "none";
    await door.clear();
    gate.seen.length = 0;
  });
  afterEach(async () => {
    await site.leave();
    expect(site.complaints.splice(0)).toEqual([]);
  });
  const visit: Site["visit"] = (...args) => site.visit(...args);
  /** A page whose first page event has arrived. */
  const arrived = async (...args: Parameters<Site["visit"]>): Promise<Visit> => {
    const made = await visit(...args);
    await door.until(1);
    await made.until(`throughline.counts().waiting === 0`);
    return made;
  };
  const names = (events: readonly Event[]) => events.map(({ name }) => name);
  const idsIn = ({ body }: { readonly body: string }) => (JSON.parse(body) as { batch: { messageId: string }[] }).batch.map(({ messageId }) => messageId); // prettier-ignore

  test.each([["away", "away"], ["busy with 503", { status: 503 }], ["broken with 500", { status: 500 }]] as const)(
    "sends again what it could not send while the server was %s, under the same id",
    async (_what, fault) => {
      const { run, until } = await arrived("/boots");
      gate.fault = fault;
      const failed = gate.next();
      await run(`throughline.track("Product Added", { product_id: "p1" })`);
      const [id] = idsIn(await failed);
      const again = gate.next();
      expect(idsIn(await again)).toEqual([id]);
      gate.fault = "none";
      const events = await door.until(2);
      expect(names(events)).toEqual(["$page.viewed", "Product Added"]);
      expect(events[1]!.id).toBe(id);
      await until(`throughline.counts().waiting === 0`);
      expect(await run(`return ${QUEUES}`)).toEqual([]);
    },
  ); // prettier-ignore

  test("rests as long as a server asks for that has too much to do, also when the page goes meanwhile", async () => {
    const { run, page } = await visit("/boots", { clock: true });
    await page.clock.runFor(200);
    await door.until(1);
    gate.fault = { status: 429, retryAfterSeconds: 30 };
    const refused = gate.next();
    await run(`throughline.track("Product Added")`);
    await page.clock.runFor(200);
    await refused;
    gate.fault = "none";
    // The answer has reached the page when the next answer has.
    const other = `await fetch(${JSON.stringify(`${gate.url}/v1/m`)}, { method: "POST", body: "{}" })`;
    await run(other);
    await page.clock.runFor(29_000);
    await run(`dispatchEvent(new Event("pagehide")); dispatchEvent(new Event("online"));`);
    await page.clock.runFor(500);
    await run(other);
    expect(gate.seen.slice(2).map(({ path }) => path)).toEqual(["/v1/m", "/v1/m"]);
    await page.clock.runFor(2_000);
    expect(names(await door.until(2))).toEqual(["$page.viewed", "Product Added"]);
  });

  test("sends under the same id what the server took without its answer being heard", async () => {
    const { run } = await arrived("/boots");
    gate.fault = "answer_lost";
    const lost = gate.next();
    await run(`throughline.track("Order Completed", { order_id: "o1" })`);
    await lost;
    gate.fault = "none";
    const events = (await door.until(3)).slice(1);
    expect(names(events)).toEqual(["Order Completed", "Order Completed"]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(1);
    expect(new Set(events.map(({ happenedAt }) => Math.round(happenedAt / 10_000))).size).toBeLessThanOrEqual(
      2,
    );
  });

  test("keeps what it could not send through a reload, and the next page sends it", async () => {
    const { run, page, until } = await arrived("/boots");
    gate.fault = "away";
    const failed = gate.next();
    await run(`throughline.track("Product Added", { product_id: "p1" })`);
    const [id] = idsIn(await failed);
    gate.fault = "none";
    await page.reload();
    await until(`throughline.counts().waiting === 0 && ${QUEUES}.length === 0`);
    const once = new Map((await door.events()).map((event) => [event.id, event.name]));
    expect([...once.values()].toSorted()).toEqual(["$page.viewed", "$page.viewed", "Product Added"]);
    expect(once.get(id!)).toBe("Product Added");
  });

  test.each([
    ["left for another", `location.href = "about:blank"`],
    ["closed", null],
  ])("delivers what was told in the moment in which the page was %s", async (_what, going) => {
    const { run, page } = await arrived("/boots");
    const told = run(`throughline.track("Product Added", { product_id: "p1" }); ${going ?? ""}`).catch(
      () => null,
    );
    if (going === null) {
      await told;
      await page.close({ runBeforeUnload: true });
    } else await page.waitForURL("about:blank");
    expect(names(await door.until(2))).toEqual(["$page.viewed", "Product Added"]);
  });

  test("delivers it by a beacon in a browser whose requests end with their page", async () => {
    const { run, page } = await arrived("/boots", { before: `delete Request.prototype.keepalive;` });
    const going = `window.fetch = () => new Promise(() => undefined); throughline.track("Product Added", { product_id: "p1" }); location.href = "about:blank";`;
    await run(going).catch(() => null);
    await page.waitForURL("about:blank");
    expect(names(await door.until(2))).toContain("Product Added");
  });

  test("hands over no more than a browser delivers for a page that is gone, and the rest is sent by the next page", async () => {
    const { run, page, until } = await arrived("/boots");
    await run(`for (let n = 0; n < 10; n++) throughline.track("Large", { n, text: "x".repeat(20_000) }); location.href = "about:blank";`).catch(() => null); // prettier-ignore
    await page.waitForURL("about:blank");
    await door.until(3);
    for (const { body } of gate.seen) expect(Buffer.byteLength(body)).toBeLessThan(64 * 1024);
    expect((await door.events()).length).toBeLessThan(11);
    await page.goto(`${site.at()}/boots`);
    await until(`throughline.counts().waiting === 0`);
    const numbers = (await door.events()).flatMap(({ name, properties }) =>
      name === "Large" ? [properties!["n"]] : [],
    );
    expect([...new Set(numbers)].toSorted((a, b) => Number(a) - Number(b))).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  });

  test("keeps within bounds what is told offline, counts what it gave up, and sends the rest when the browser is back", async () => {
    const { run, context, until } = await arrived("/boots");
    await context.setOffline(true);
    await run(`for (let n = 0; n < 1_200; n++) throughline.track("Small", { n }); throughline.track("Too large", { text: "x".repeat(40_000) });`); // prettier-ignore
    expect(await run(COUNTS)).toEqual({ waiting: LIMITS.waitingMax, dropped: 200, tooLarge: 1, refused: 0 });
    expect(await run(`return localStorage.getItem(${QUEUES}[0]).length`)).toBeLessThan(LIMITS.waitingBytesMax + LIMITS.waitingMax); // prettier-ignore
    await context.setOffline(false);
    await until(`throughline.counts().waiting === 0`);
    const numbers = (await door.events()).flatMap(({ name, properties }) => (name === "Small" ? [Number(properties!["n"])] : [])); // prettier-ignore
    expect(new Set(numbers).size).toBe(LIMITS.waitingMax);
    expect(Math.min(...numbers)).toBe(200);
    for (const { body } of gate.seen)
      expect(idsIn({ body }).length).toBeLessThanOrEqual(LIMITS.batchEventsMax);
  });

  test("does not ask again what a server refuses for good, and counts it", async () => {
    const { run, until } = await arrived("/boots");
    gate.fault = { status: 401 };
    const refused = gate.next();
    await run(`throughline.track("Product Added")`);
    await refused;
    await until(`throughline.counts().refused === 1`);
    expect(await run(COUNTS)).toMatchObject({ waiting: 0, dropped: 0, refused: 1 });
    expect(await run(`return ${QUEUES}`)).toEqual([]);
  });

  test("loses nothing of two pages that are open side by side while the server is away", async () => {
    const { run, context, page, until } = await arrived("/boots");
    gate.fault = "away";
    await run(`throughline.track("First page")`);
    const other = await context.newPage();
    await other.goto(`${site.at()}/boots`);
    await runIn(other, `throughline.track("Second page")`);
    await run(`throughline.track("First again")`);
    await other.close();
    gate.fault = "none";
    await page.reload();
    await until(`throughline.counts().waiting === 0 && ${QUEUES}.length === 0`);
    const once = new Map((await door.events()).map(({ id, name }) => [id, name]));
    expect([...once.values()].toSorted()).toEqual(["$page.viewed", "$page.viewed", "$page.viewed", "First again", "First page", "Second page"]); // prettier-ignore
  });

  test("works on a browser that lets nothing be kept", async () => {
    const before = `Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } }); Object.defineProperty(Document.prototype, "cookie", { get() { throw new DOMException("denied", "SecurityError"); } });`;
    const { run } = await visit("/boots", { before });
    await run(`throughline.identify("u1"); throughline.track("Product Added");`);
    expect(names(await door.until(3))).toEqual(["$page.viewed", "$customer.identified", "Product Added"]);
  });

  test("begins anew when what it kept was broken by somebody else", async () => {
    const before = `localStorage.setItem("throughline", "{oops"); localStorage.setItem("throughline.queue.x", "[1,{\\"type\\":");`;
    const { run } = await visit("/boots", { before });
    await run(`throughline.track("Product Added")`);
    expect(names(await door.until(2))).toEqual(["$page.viewed", "Product Added"]);
  });
});
