/** The gaps' screens in a real browser: against the bars, and from a gap to its remedy. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { GapDetail, GapList } from "../../src/gaps/model.ts";
import type { z } from "zod";
import { browserThere } from "../browser.ts";
import { sendBusiness } from "./map-world.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site, textThere } from "./site.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;
const LOOKS: readonly Look[] = [
  { width: 1280, scheme: "light" },
  { width: 390, scheme: "dark" },
  { width: 1280, scheme: "dark" },
  { width: 390, scheme: "light" },
];
const WITH_JOURNEY = "heard nothing afterwards";
const WITH_CONTENT = "wide fit";

describe.skipIf(!browserThere("the screens of gaps"))("the screens of gaps", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
  }, 120_000);
  afterAll(() => site.stop());

  const gaps = async () => (await site.api<z.infer<typeof GapList>>("/v1/gaps")).gaps;
  const idOf = async (title: string): Promise<number> => {
    const found = (await gaps()).find((gap) => gap.title.includes(title));
    if (!found) throw new Error(`No gap is called ${title}.`);
    return found.id;
  };

  async function look(screens: readonly (readonly [string, string])[], at: Look): Promise<void> {
    const { page, complaints, close } = await site.open("/customers", at);
    for (const [path, text] of screens) {
      await page.goto(site.address + path);
      await textThere(page, text);
      expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
      expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
      // A gap that is not there is a 404, which Chromium itself reports.
      const own = complaints.splice(0).filter((said) => !(path.endsWith("/99") && said.includes("404")));
      expect(own, `console on ${path}`).toEqual([]);
    }
    await close();
  }

  test.each(LOOKS.slice(0, 2))("teach while nobody has looked, at $width pixels in $scheme", async (at) => {
    await look([["/gaps", "Nobody has looked for gaps yet"], ["/gaps/99", "There is no gap"]], at);
  }, 120_000); // prettier-ignore

  test("looking now finds what is there and says what could not be looked for", async () => {
    await sendBusiness(site, 480);
    const { page, close } = await site.open("/gaps");
    await page.getByRole("button", { name: "Look for gaps now" }).click();
    await page.getByText("What was looked for").waitFor({ timeout: 60_000 });
    await textThere(page, WITH_CONTENT);
    await textThere(page, WITH_JOURNEY);
    expect(await page.getByRole("table", { name: "What was looked for" }).innerText()).toContain(
      "Broken promise",
    );
    await close();
  }, 240_000);

  test.each(LOOKS)("are accessible, quiet and fit at $width pixels in $scheme", async (at) => {
    const [journey, content] = [await idOf(WITH_JOURNEY), await idOf(WITH_CONTENT)];
    await look([["/gaps", WITH_JOURNEY], ["/gaps?state=dismissed", "No gap is in this state"], [`/gaps/${journey}`, "Make the journey draft"], [`/gaps/${content}`, "We are fixing it"]], at);
  }, 240_000); // prettier-ignore

  test("load at most 300 KB of scripts and styles when first opened", async () => {
    for (const path of ["/gaps", `/gaps/${await idOf(WITH_JOURNEY)}`]) {
      const { page, loadedBytes, close } = await site.open(path, { width: 390 });
      await textThere(page, WITH_JOURNEY);
      expect(await loadedBytes(), path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
      await close();
    }
  }, 120_000);

  test("who knows better changes what is assumed, and the value is worked out anew", async () => {
    const id = await idOf(WITH_JOURNEY);
    const { page, close } = await site.open(`/gaps/${id}`);
    await page.getByLabel("What one is worth").fill("1000");
    await page.getByLabel("Could be won back").fill("50");
    await page.getByRole("button", { name: "Work it out anew" }).click();
    await textThere(page, "Assumptions were changed by hand");
    const { value, assumptions } = await site.api<GapDetail>(`/v1/gaps/${id}`);
    expect(assumptions).toMatchObject({ valuePerPerson: 1000, recoverableRatio: 0.5 });
    if (value.type !== "known") throw new Error("The value is not known.");
    await textThere(page, Math.round(value.amount).toLocaleString("en"));
    await close();
  }, 120_000);

  test("a gap becomes a journey's draft, and leads to its design, replay and results", async () => {
    const id = await idOf(WITH_JOURNEY);
    const { page, close } = await site.open(`/gaps/${id}`);
    await page.getByLabel("Name").fill("Words after buying");
    await page.getByLabel("Where your business is on the web").fill("https://shop.example");
    await page.getByRole("button", { name: "Make the journey draft" }).click();
    await page.waitForURL(/\/journeys\/\d+/);
    await textThere(page, "Words after buying");
    await page.goto(`${site.address}/gaps/${id}`);
    await page.getByRole("link", { name: "Replay over the past" }).waitFor();
    await textThere(page, "Being fixed");
    await page.getByRole("link", { name: "Results" }).last().click();
    await page.waitForURL(/\/journeys\/\d+\/results/);
    await close();
  }, 180_000);

  test("a gap that is meant to be so is dismissed with a word why, and can be opened again", async () => {
    const id = await idOf(WITH_CONTENT);
    const { page, close } = await site.open(`/gaps/${id}`);
    await page.getByRole("button", { name: "Dismiss" }).click();
    await page.getByLabel("Why?").fill("We sell no wide boots.");
    await page.getByRole("dialog").getByRole("button", { name: "Dismissed" }).click();
    await textThere(page, "We sell no wide boots.");
    await page.getByRole("button", { name: "Open it again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Open" }).click();
    await page.getByRole("button", { name: "Dismiss" }).waitFor();
    expect((await site.api<GapDetail>(`/v1/gaps/${id}`)).state).toBe("open");
    await close();
  }, 120_000);
});
