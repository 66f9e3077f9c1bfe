/** Every screen of journeys and messages against the bars: quiet, accessible, no sideways scroll, a light first load. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JourneyCounts, JourneyView } from "../../src/journeys/document.ts";
import { browserThere } from "../browser.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const MAIL = { name: "Cart reminder", content: { channel: "email", subject: "{{ customer.traits.firstName | default: 'Hello' }}, your boots", html: "<p>Still yours.</p>" } }; // prettier-ignore
const BUY = { type: "event", event: "Order Completed" };
/** A journey with every kind of step a person can put in. */
const EVERYTHING = {
  name: "Everything", entry: { type: "event", event: "Product Added", where: [{ property: "price", is: { op: "above", value: 1 } }] }, exits: [{ type: "event", event: "Never" }],
  goal: { when: BUY, withinMs: 86_400_000, value: "total" }, reentry: { type: "always" }, holdoutRatio: 0, start: "city",
  audience: { type: "trait", name: "email", is: { op: "exists" } },
  steps: {
    city: { type: "branch", paths: [{ name: "with an address", rule: { type: "trait", name: "email", is: { op: "exists" } }, next: "nudge" }], next: "chance" },
    nudge: { type: "message", channel: "email", template: 1, purpose: "transactional", next: "until", refused: "chance" },
    chance: { type: "split", paths: [{ key: "a", weight: 1, next: "best" }, { key: "none", weight: 1, holdout: true, next: null }] },
    best: { type: "decide", by: "priority", candidates: [{ key: "now", priority: 60, next: "until" }, { key: "later", next: "morning" }], next: "morning" },
    morning: { type: "wait_time", minute: 540, weekdays: [1, 2, 3], next: "born" },
    born: { type: "wait_date", trait: "born", next: "until" },
    until: { type: "wait_until", paths: [{ when: { type: "event", event: "Cart Viewed" }, next: "note" }], maxMs: 3_600_000, next: "call" },
    note: { type: "goal", name: "Came back", next: "hook" },
    hook: { type: "webhook", url: "https://example.com/hook", next: "list", failed: "out" },
    list: { type: "audience", audience: "Warm", change: "add", next: "mark" },
    mark: { type: "update", traits: { warm: true }, next: "again" },
    again: { type: "jump", to: "out" },
    call: { type: "task", name: "Call them", outcomes: [{ outcome: "reached", next: null }], next: "rest" },
    rest: { type: "wait", ms: 60_000, next: "out" },
    out: { type: "exit", reason: "Nothing more to say" },
  },
}; // prettier-ignore

describe.skipIf(!browserThere("the screens of journeys and messages"))(
  "the screens of journeys and messages",
  () => {
    let site: Site;
    let ann = "";
    let replayed = "";
    beforeAll(async () => {
      site = await aSite();
      await site.setUp();
      await tellStory(site);
      ann = (await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=ann")).id;
    });
    afterAll(() => site.stop());

    const empty: readonly (readonly [path: string, text: string])[] = [
      ["/journeys", "No journeys yet"],
      ["/messages", "Nothing was sent yet"],
      ["/messages/counts", "Nothing to count yet"],
      ["/messages/templates", "No templates yet"],
      ["/messages/templates/new", "Say here what helps them now"],
      ["/messages/providers", "Nothing leaves yet"],
    ];

    async function fill(): Promise<void> {
    await site.post("/v1/templates", MAIL);
    await site.post("/v1/journeys", { draft: EVERYTHING });
    await site.post("/v1/journeys/1/publish", {});
    await expect.poll(async () => (await site.api<JourneyView>("/v1/journeys/1")).version, { timeout: 30_000 }).toBe(1);
    await site.send("track", { userId: "ann", event: "Product Added", properties: { product_id: "boots-42", price: 129 } });
    await expect.poll(async () => (await site.api<JourneyCounts>("/v1/journeys/1/counts")).steps.find(({ step }) => step === "until")?.standing, { timeout: 30_000 }).toBe(1);
    const { rest: _, ...steps } = EVERYTHING.steps;
    await site.put("/v1/journeys/1", { draft: { ...EVERYTHING, steps: { ...steps, call: { ...steps.call, next: "out" } } } });
    await site.post("/v1/journeys", { draft: { name: "Unready", entry: { type: "batch" }, start: "a", steps: { a: { type: "message", channel: "sms", template: 99, next: null } } } });
    await site.post("/v1/providers", { channel: "webhook", driver: "webhook", name: "Our warehouse", config: {} });
    const begun = await site.post<{ id: string }>("/v1/replays", { journey: 1, from: new Date(Date.now() - 86_400_000).toISOString(), to: new Date().toISOString() });
    replayed = begun.id;
    await expect.poll(async () => (await site.api<{ state: string }>(`/v1/replays/${replayed}`)).state, { timeout: 30_000 }).toBe("done");
  } // prettier-ignore

    /** Each screen, and a text that stands on it once it has what it shows. */
    const full = (): readonly (readonly [path: string, text: string])[] => [
    ["/journeys", "Everything"],
    ["/journeys?query=nothing", "No journey like"],
    ["/journeys/1", "1 here now"],
    ["/journeys/1?step=%24entry", "Who may come in"],
    ["/journeys/1?step=%24settings", "What it is for"],
    ...["nudge", "chance", "best", "until", "call", "hook", "mark"].map((id) => [`/journeys/1?step=${id}`, "Take this step out"] as const),
    ["/journeys/1?view=json", "The journey as JSON"],
    [`/journeys/1/replay?id=${replayed}`, "did what lets them in"],
    ["/journeys/1/replay?on=one", "Step by step"],
    ["/journeys/1/results", "Does the journey work?"],
    ["/journeys/1/customers?step=until", "Waits for something to happen"],
    ["/journeys/1/versions", "Entered now"],
    ["/journeys/2", "1 problem"],
    ["/journeys/2/results", "Nothing is published yet"],
    ["/journeys/99", "There is no journey 99"],
    ["/messages", "your boots"],
    ["/messages/counts", "By day"],
    ["/messages/templates", "Cart reminder"],
    [`/messages/templates/1?customer=${ann}`, "Ann, your boots"],
    ["/messages/providers", "Our warehouse"],
    [`/customers/${ann}/messages`, "your boots"],
  ]; // prettier-ignore
    const looks: Look[] = [
      { width: 1280, scheme: "light" },
      { width: 1280, scheme: "dark" },
      { width: 390, scheme: "light" },
      { width: 390, scheme: "dark" },
    ];

    async function look(screens: readonly (readonly [string, string])[], at: Look): Promise<void> {
      const { page, complaints, close } = await site.open("/journeys", at);
      for (const [path, text] of screens) {
        await page.goto(site.address + path);
        await page.getByText(text).filter({ visible: true }).first().waitFor();
        // The drawing follows the list: what is looked at is the drawing.
        if (at.width === 1280 && /\/journeys\/1(?:\?step|$)/.test(path)) await page.locator(".react-flow__node").first().waitFor(); // prettier-ignore
        expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
        expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
        // A journey that is not there is a 404, which Chromium itself reports.
        const own = complaints.splice(0).filter((said) => !(path.endsWith("/99") && said.includes("404")));
        expect(own, `console on ${path}`).toEqual([]);
      }
      await close();
    }

    test.each([looks[0]!, looks[3]!])("are accessible, quiet and fit while there is nothing, at $width pixels in $scheme", async (at) => {
    await look(empty.filter(([path]) => !path.endsWith("/new")), at);
  }, 120_000); // prettier-ignore

    test("are filled", fill, 120_000);

    // Each width and each theme once: these screens are many.
    test.each([looks[0]!, looks[3]!])("are accessible, quiet and fit at $width pixels in $scheme", async (at) => {
    await look(full(), at);
  }, 300_000); // prettier-ignore

    test("load at most 300 KB of scripts and styles when first opened; a drawing follows its list", async () => {
      const first = full().filter(([path]) => !/[?&](?:step|view|on)=|99$|query=/.test(path));
      for (const [path, text] of first) {
        // On a phone there is no drawing: it is a chunk of its own that the list does not wait for.
        const { page, loadedBytes, close } = await site.open(path, { width: 390 });
        await page.getByText(text).filter({ visible: true }).first().waitFor();
        expect(await loadedBytes(), path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
        await close();
      }
    }, 180_000);
  },
);
