/** The map's screens in a real browser: against the bars, and what a person does on them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { sendBusiness, sendMoments } from "./map-world.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site, textThere } from "./site.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const LOOKS: readonly Look[] = [
  { width: 1280, scheme: "light" },
  { width: 390, scheme: "dark" },
  { width: 1280, scheme: "dark" },
  { width: 390, scheme: "light" },
];
type Screens = readonly (readonly [path: string, text: string])[];
const EMPTY: Screens = [
  ["/map", "Nothing happened here yet"],
  ["/map/steps", "Nothing happened here yet"],
  ["/map/variants", "Nothing happened here yet"],
  ["/map/compare", "Too little data yet"],
  ["/map/compare?with=goal", "Choose what to compare with"],
  ["/map/helps", "What goes along with moving forward?"],
  ["/map/plan", "No journey is live yet"],
  ["/map/questions", "No questions were heard here"],
];
const CHOSEN = encodeURIComponent("moment,web%3A%20Product%20Added");
const FULL: Screens = [
  ["/map", "Shown:"],
  ["/map?as=list", "Ways between them"],
  [`/map?at=${CHOSEN}`, "Real timelines"],
  ["/map?by=goal&goal=Order%20Completed", "reached the goal"],
  ["/map/steps", "How cases begin"],
  ["/map/variants", "different way"],
  ["/map/compare?with=goal&until=Order%20Completed", "Where they differ"],
  ["/map/helps?toward=Order%20Completed&landmark=1&horizon=7", "Too little data yet"],
  ["/map/plan", "No journey is live yet"],
  ["/map/questions", "wide fit"],
];

describe.skipIf(!browserThere("the screens of the map"))("the screens of the map", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
  }, 120_000);
  afterAll(() => site.stop());

  async function look(screens: Screens, at: Look): Promise<void> {
    const { page, complaints, close } = await site.open("/customers", at);
    for (const [path, text] of screens) {
      await page.goto(site.address + path);
      await textThere(page, text);
      if (at.width === 1280 && /^\/map(?:\?(?!as)|$)/.test(path) && text !== EMPTY[0]![1])
        await page.locator("[data-moment]").first().waitFor();
      expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
      expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
      expect(complaints.splice(0), `console on ${path}`).toEqual([]);
    }
    await close();
  }

  test.each(LOOKS.slice(0, 2))("are accessible, quiet, fit and teach while there is nothing, at $width pixels in $scheme", async (at) => {
    await look(EMPTY, at);
  }, 180_000); // prettier-ignore

  test("are filled", () => sendBusiness(site, 240), 120_000);

  test.each(LOOKS)("are accessible, quiet and fit at $width pixels in $scheme", async (at) => {
    await look(FULL, at);
  }, 300_000); // prettier-ignore

  test("load at most 300 KB of scripts and styles when first opened", async () => {
    for (const [path, text] of FULL.filter(([one]) => !one.includes("at=") && !one.includes("by="))) {
      const { page, loadedBytes, close } = await site.open(path, { width: 390 });
      await textThere(page, text);
      expect(await loadedBytes(), path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
      await close();
    }
  }, 240_000);

  test("a moment opens to its people, who left, what they had searched for and real timelines, and leads to a customer", async () => {
    const { page, close } = await site.open("/map");
    await page.locator('[data-moment="web: Product Added"]').click();
    const panel = page.getByLabel("What is chosen");
    await panel.getByText("Real timelines").waitFor();
    // Three of four customers put something into their cart.
    expect(await panel.locator("dl").innerText()).toMatch(/People\s+180/);
    await panel.getByText("Who left").waitFor();
    await panel.getByRole("link").first().click();
    await page.waitForURL(/\/customers\//);
    await close();
  }, 120_000);

  test("the drawing is walked by keys, and its place in the map stands in the address", async () => {
    const { page, close } = await site.open("/map");
    await page.locator("[data-moment][tabindex='0']").focus();
    await page.keyboard.press("ArrowDown");
    await page.waitForURL(/at=/);
    const chosen = page.locator("[data-moment][aria-pressed='true']");
    await chosen.waitFor();
    expect(await page.evaluate("document.activeElement.getAttribute('aria-pressed')")).toBe("true");
    await page.keyboard.press("Escape");
    await expect.poll(() => page.url()).not.toContain("at=");
    await close();
  }, 120_000);

  test("a way opens from the list, and from it a journey's draft is begun", async () => {
    const { page, close } = await site.open("/map?as=list");
    await page.getByRole("button", { name: /Page \/boots → Product Added/ }).click();
    const panel = page.getByLabel("What is chosen");
    await panel.getByText("Of goings on").waitFor();
    await panel.getByRole("button", { name: "Draft a fix" }).click();
    await page.getByRole("dialog").getByRole("radio").first().waitFor();
    await page.getByRole("button", { name: "Make the draft" }).click();
    await page.waitForURL(/\/journeys\/1/);
    await close();
  }, 120_000);

  test("only cases that pass a moment are shown when asked, and said so", async () => {
    const { page, close } = await site.open(`/map?at=${CHOSEN}`);
    await page.getByRole("button", { name: "Only cases that pass here" }).click();
    await textThere(page, "Only cases that pass Product Added");
    await textThere(page, "180 people");
    await page.getByRole("button", { name: "Show all cases again" }).click();
    await textThere(page, "240 people");
    await close();
  }, 120_000);

  test("dragging a map of 500 moments changes where it lies, and draws nothing anew", async () => {
    await sendMoments(site, 520);
    const { page, close } = await site.open("/map?most=500&least=0&days=60");
    await page.locator("[data-moment]").nth(400).waitFor({ state: "attached", timeout: 60_000 });
    const layer = page.locator("[data-moving]");
    const before = await layer.getAttribute("style");
    // Whatever changes in the page while the hand moves, but where the layer lies and that it moves.
    await page.evaluate(`(() => {
      window.drawnAnew = 0;
      const layer = document.querySelector("[data-moving]");
      new MutationObserver((all) => {
        window.drawnAnew += all.filter(({ type, target, attributeName }) => !(type === "attributes" && target === layer && ["style", "data-moving"].includes(attributeName))).length;
      }).observe(layer.parentElement, { attributes: true, childList: true, characterData: true, subtree: true });
    })()`);
    const box = (await layer.locator("xpath=..").boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.down();
    for (let i = 0; i < 60; i += 1) await page.mouse.move(box.x + box.width / 2 + 4 * i, box.y + box.height / 2 + 2 * i);
    await page.mouse.up();
    expect(await layer.getAttribute("style")).not.toBe(before);
    expect(await page.evaluate("window.drawnAnew")).toBe(0);
    // A drag is no press: nothing was chosen by it.
    expect(page.url()).not.toContain("at=");
    await close();
  }, 180_000); // prettier-ignore
});
