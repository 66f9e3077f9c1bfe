/** Every screen of the room of segments against the bars: quiet, accessible, no sideways scroll, a light first load. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SegmentView } from "../../src/segments/document.ts";
import { browserThere } from "../browser.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const DAY_MS = 86_400_000;
const did = (event: string) => ({ type: "did", event, where: [{ property: "total", is: { op: "between", from: 1, to: 500 } }], is: { op: "at_least", value: 1 }, when: { from: { agoMs: 30 * DAY_MS } } }); // prettier-ignore
/** One rule with every kind of condition a person can build. */
const EVERYTHING = {
  type: "any",
  rules: [
    did("Order Completed"),
    { type: "did", event: "Order Completed", measure: { of: "sum", property: "total" }, is: { op: "above", value: 100 }, when: { from: { at: Date.UTC(2026, 0, 1) } } },
    { type: "did", event: "Email Opened", is: { op: "equals", value: 0 } },
    { type: "sequence", steps: [{ event: "Product Added" }, { event: "Order Completed", withinMs: DAY_MS }] },
    { type: "without", event: "Product Added", without: { event: "Order Completed" }, forMs: DAY_MS },
    { type: "not", rule: { type: "any", rules: [{ type: "trait", name: "city", is: { op: "in", values: ["Berlin", "Wien"] } }, { type: "trait", name: "born", is: { op: "before", at: Date.UTC(1990, 0, 1) } }] } },
    { type: "account", rule: { type: "all", rules: [{ type: "consent", channel: "email", purpose: "marketing", is: "granted" }] } },
    { type: "not", rule: { type: "channel", preferred: ["web", "store"] } },
    { type: "not", rule: { type: "segment", id: 1 } },
    { type: "stage", in: ["buyer"] },
    { type: "computed", name: "orders", is: { op: "at_least", value: 1 } },
    { type: "rfm", recency: [4, 5], money: [5] },
  ],
}; // prettier-ignore

describe.skipIf(!browserThere("the screens of segments"))("the screens of segments", () => {
  let site: Site;
  let ann = "";
  let empty: [path: string, text: string][] = [];
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await tellStory(site);
    ann = (await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=ann")).id;
    empty = [
      ["/segments", "No segments yet"],
      ["/segments/stages", "Begin with this"],
      ["/segments/traits", "No computed traits yet"],
      ["/segments/new", "Add the first condition"],
    ];
  });
  afterAll(() => site.stop());

  async function fill(): Promise<void> {
    await site.post("/v1/segments", { name: "Boots buyers", rule: did("Order Completed") });
    const { starters } = await site.api<{ starters: { model: object }[] }>("/v1/stages/starters");
    await site.put("/v1/stages", starters[0]!.model);
    await site.post("/v1/computed-traits", { name: "orders", event: "Order Completed", measure: { of: "count" } }); // prettier-ignore
    await site.put("/v1/rfm", { recencyDays: [30, 60, 90, 120], frequency: [1, 2, 3, 4], money: [10, 20, 30, 40] }); // prettier-ignore
    await site.post("/v1/segments", { name: "Everything", rule: EVERYTHING });
    await expect
      .poll(async () => (await site.api<{ segments: SegmentView[] }>("/v1/segments")).segments.map(({ state }) => state), { timeout: 30_000 })
      .toEqual(["live", "live"]);
  } // prettier-ignore

  /** Each screen, and a text that stands on it once it has what it shows. */
  const full = (): readonly (readonly [path: string, text: string])[] => [
    ["/segments", "Boots buyers"],
    ["/segments?query=nothing", "No segment like"],
    ["/segments/2/edit", "of 2 customers"],
    ["/segments/2/edit?view=json", "The rule as JSON"],
    ["/segments/1", "Ann Becker"],
    ["/segments/2/rule", "In is whom at least one of these fits"],
    ["/segments/1/history", "came in and"],
    ["/segments/1/overlap", "Choose up to four others"],
    ["/segments/1/overlap?with=2", "In exactly these"],
    ["/segments/2/why", "Choose a customer"],
    [`/segments/2/why?customer=${ann}`, "Ann Becker is in Everything"],
    ["/segments/99", "There is no segment 99"],
    ["/segments/stages", "Customers by stage"],
    ["/segments/stages?edit=model", "Everybody begins here."],
    ["/segments/traits", "the number of Order Completed"],
    ["/segments/traits?new=yes", "New computed trait"],
    [`/customers/${ann}/segments`, "In these segments"],
    [`/customers/${ann}`, "Why, and history"],
  ];
  const looks: Look[] = [
    { width: 1280, scheme: "light" },
    { width: 1280, scheme: "dark" },
    { width: 390, scheme: "light" },
    { width: 390, scheme: "dark" },
  ];

  async function look(screens: readonly (readonly [string, string])[], at: Look): Promise<void> {
    const { page, complaints, close } = await site.open("/segments", at);
    for (const [path, text] of screens) {
      await page.goto(site.address + path);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
      expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
      // A segment that is not there is a 404, which Chromium itself reports.
      const own = complaints.splice(0).filter((said) => !(path.endsWith("/99") && said.includes("404")));
      expect(own, `console on ${path}`).toEqual([]);
    }
    await close();
  }

  test.each(looks)("are accessible, quiet and fit while there is nothing, at $width pixels in $scheme", async (at) => {
    await look(empty, at);
  }, 120_000); // prettier-ignore

  test("are filled", fill, 60_000);

  // Each width and each theme once: eighteen screens are many, and the empty ones above are looked at in all four.
  test.each([looks[0]!, looks[3]!])("are accessible, quiet and fit at $width pixels in $scheme", async (at) => {
    const screens = full().filter(([path]) => at.width === 1280 || path !== `/customers/${ann}`);
    await look(screens, at);
  }, 180_000); // prettier-ignore

  test("load at most 300 KB of scripts and styles when first opened", async () => {
    for (const [path, text] of full()) {
      const { page, loadedBytes, close } = await site.open(path);
      await page.getByText(text).filter({ visible: true }).first().waitFor();
      expect(await loadedBytes(), path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
      await close();
    }
  }, 120_000);
});
