/** The Overview and every screen of results against the bars: quiet, accessible, no sideways scroll, a light first load. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { publishNudge, tellAskers, tellQuarter } from "./results-world.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const WAIT = { timeout: 90_000 } as const;
const FUNNEL = { steps: [{ event: "Product Viewed" }, { event: "Product Added" }, { event: "Order Completed" }], breakdown: { by: "channel" } }; // prettier-ignore
const asked = (ask: object): string => encodeURIComponent(JSON.stringify(ask));

describe.skipIf(!browserThere("the overview and the screens of results"))("the overview and the screens of results", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
  }, 120_000);
  afterAll(() => site.stop());

  const looks: Look[] = [
    { width: 1280, scheme: "light" },
    { width: 1280, scheme: "dark" },
    { width: 390, scheme: "light" },
    { width: 390, scheme: "dark" },
  ];
  type Shown = readonly [path: string, text: string];

  async function look(screens: readonly Shown[], at: Look): Promise<void> {
    const { page, complaints, close } = await site.open("/customers", at);
    for (const [path, text] of screens) {
      await page.goto(site.address + path);
      await page.getByText(text).filter({ visible: true }).first().waitFor(WAIT);
      expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
      expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
      expect(complaints.splice(0), `console on ${path}`).toEqual([]);
    }
    await close();
  }

  const nothing: readonly Shown[] = [["/overview", "Nothing has happened yet"], ["/results", "No journey is live yet"]];
  test.each(looks)("say what will stand there while nothing has happened, at $width pixels in $scheme", async (at) => {
    await look(nothing, at);
  }, 180_000);

  const little: readonly Shown[] = [
    ["/overview", "Choose the stages of your journey"],
    ["/overview", "Nobody has looked yet"],
    ["/results/channels", "Too little data yet"],
    ["/results/funnel", "Where do they stop?"],
    [`/results/funnel?ask=${asked(FUNNEL)}`, "Too little data yet"],
    ["/results/retention", "Too little data yet"],
    ["/results/metrics", "Too few yet"],
    ["/results/metrics?metric=conversion", "Too little data yet"],
    ["/results/lifetime", "Fitted once a day"],
    ["/results/views", "No saved views yet"],
  ];
  test("say that there is too little of a first few events, and show no number made of them", async () => {
    await tellStory(site);
    await look(little, looks[0]!);
    const { page, close } = await site.open("/results/metrics?metric=conversion");
    await page.getByText("Too little data yet").waitFor(WAIT);
    expect(await page.locator("main").innerText()).not.toMatch(/\d %/);
    await close();
  }, 300_000);

  test("are filled by a quarter of a shop's history", async () => {
    const { starters } = await site.api<{ starters: { model: object }[] }>("/v1/stages/starters");
    await site.put("/v1/stages", starters[0]!.model);
    await tellQuarter(site, Date.now());
    const journey = await publishNudge(site);
    await expect.poll(async () => (await site.api<{ version: number | null }>(`/v1/journeys/${journey}`)).version, { timeout: 60_000 }).toBe(1);
    await tellAskers(site, 150);
    await expect.poll(async () => (await site.api<{ state: string }>("/v1/stages")).state, { timeout: 60_000 }).toBe("live");
    const { id } = await site.post<{ id: number }>("/v1/views", { name: "Recognition, four weeks", path: "/v1/metrics", body: { metrics: ["recognition"] }, lastDays: 28 });
    await site.post("/v1/lifetime/fit", {});
    await site.post("/v1/digests", { name: "Monday morning", to: [site.owner.email], views: [id] });
  }, 240_000);

  const full: readonly Shown[] = [
    ["/overview", "Repeat buyer"],
    ["/results", "Nudge after asking"],
    ["/results/channels", "All to the first touchpoint."],
    [`/results/funnel?ask=${asked(FUNNEL)}`, "By group"],
    ["/results/retention", "by the clock of"],
    ["/results/metrics", "Recognition"],
    ["/results/metrics?metric=conversion", "a year."],
    ["/results/lifetime", "Fitted once a day"],
    ["/results/views", "Monday morning"],
  ];
  // Each width and each theme once: the empty ones above are looked at in all four.
  test.each([looks[0]!, looks[3]!])("are accessible, quiet and fit at $width pixels in $scheme", async (at) => {
    await look(full, at);
  }, 400_000);

  test("load at most 300 KB of scripts and styles when first opened", async () => {
    for (const [path, text] of full) {
      const { page, loadedBytes, close } = await site.open(path);
      await page.getByText(text).filter({ visible: true }).first().waitFor(WAIT);
      expect(await loadedBytes(), path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
      await close();
    }
  }, 240_000);
}); // prettier-ignore
