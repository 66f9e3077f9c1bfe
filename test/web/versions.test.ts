/** Older versions of a journey: each can be looked at as it was, with what has changed since, and taken up again. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { JourneyView, VersionView } from "../../src/journeys/document.ts";
import { browserThere } from "../browser.ts";
import { type Look, aSite, overflowOf, seriousOf, type Site } from "./site.ts";

const FIRST = {
  name: "Nudge", entry: { type: "event", event: "Product Added" }, reentry: { type: "always" }, holdoutRatio: 0, start: "hear",
  steps: {
    hear: { type: "wait_until", paths: [{ when: { type: "event", event: "Cart Viewed" }, next: null }], maxMs: 86_400_000, next: "thank" },
    thank: { type: "update", traits: { thanked: true }, next: null },
  },
}; // prettier-ignore
const SECOND = { ...FIRST, start: "rest", steps: { rest: { type: "wait", ms: 7_200_000, next: "hear" }, hear: { ...FIRST.steps.hear, next: null } } }; // prettier-ignore

describe.skipIf(!browserThere("versions in the web app"))("a person who looks at an older version", () => {
  let site: Site;
  const journey = () => site.api<JourneyView>("/v1/journeys/1");
  const published = async (number: number): Promise<void> => {
    await site.post("/v1/journeys/1/publish", {});
    await vi.waitUntil(async () => (await journey()).version === number, { timeout: 30_000 });
  };
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await site.post("/v1/journeys", { draft: FIRST });
    await published(1);
    await site.send("track", { userId: "ann", event: "Product Added", properties: {} });
    await site.put("/v1/journeys/1", { draft: SECOND });
    await published(2);
    await site.put("/v1/journeys/1", { draft: { ...SECOND, priority: 80 } });
  }, 180_000);
  afterAll(() => site.stop());
  const card = (page: Page, id: string) => page.locator(`[data-card="${id}"]`);

  test("is told over the API what a version was, and how the draft or another version differs from it", async () => {
    const first = await site.api<VersionView>("/v1/journeys/1/versions/1");
    expect(first).toMatchObject({ number: 1, state: "replaced", against: "draft", draft: { start: "hear" } });
    expect(first.changes.map(({ path, change }) => `${change} ${path}`).toSorted()).toEqual([
      "added steps/rest", "changed priority", "changed start", "changed steps/hear", "removed steps/thank",
    ]); // prettier-ignore
    const second = await site.api<VersionView>("/v1/journeys/1/versions/2?against=1");
    expect(second).toMatchObject({ number: 2, against: 1 });
    expect(second.changes.map(({ path, change }) => `${change} ${path}`).toSorted()).toEqual([
      "added steps/thank", "changed start", "changed steps/hear", "removed steps/rest",
    ]); // prettier-ignore
    expect(await site.api("/v1/journeys/1/versions/9")).toMatchObject({ status: 404 });
  });

  const looks: Look[] = (["light", "dark"] as const).flatMap((scheme) => ([1280, 390] as const).map((width) => ({ width, scheme }))); // prettier-ignore
  test.each(looks)("finds it accessible, quiet and fitting at $width pixels in $scheme", async (at) => {
    const { page, complaints, close } = await site.open("/journeys/1/versions?version=1", at);
    await page.getByText("What the draft changes").waitFor();
    if (at.width === 1280) await page.locator(".react-flow__edge").first().waitFor({ state: "attached" });
    const folder = process.env["SHOTS"];
    if (folder) await page.screenshot({ path: `${folder}/version-${at.width}-${at.scheme}.png`, fullPage: true }); // prettier-ignore
    expect(await seriousOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000); // prettier-ignore

  test("sees it drawn with those who are still in it, cannot change it, compares it, and takes it into the draft", async () => {
    const { page, complaints, close } = await site.open("/journeys/1/versions");
    await page.getByRole("link", { name: "Look at version 1" }).click();
    const drawing = page.getByRole("group", { name: "The journey, drawn" });
    await drawing.locator(".react-flow__edge").first().waitFor({ state: "attached" });
    await drawing.getByText("after 1 day").waitFor();
    await card(page, "thank").waitFor();
    expect(await card(page, "rest").count()).toBe(0);
    await card(page, "hear").getByText("1 here now").waitFor();
    expect(await page.getByRole("button", { name: /Put a step in/ }).count()).toBe(0);
    await card(page, "thank").press("Delete");
    await card(page, "thank").waitFor();
    const about = page.getByRole("complementary", { name: "About this version" });
    await about.getByText("What the draft changes").waitFor();
    await about.getByText("Priority").waitFor();
    await about.getByText("Gone").waitFor();
    await card(page, "thank").click();
    await about.getByText("thanked = true").last().waitFor();
    await page.getByRole("combobox", { name: "Compare with" }).selectOption("2");
    await about.getByText("What version 2 has otherwise").waitFor();
    await expect.poll(() => about.getByText("Priority").count()).toBe(0);
    await page.getByRole("button", { name: "Take it into the draft" }).click();
    await page.waitForURL(/\/journeys\/1$/);
    await card(page, "thank").waitFor();
    expect((await journey()).draft.start).toBe("rest");
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByRole("button", { name: "Saved", exact: true }).waitFor();
    expect((await journey()).draft.start).toBe("hear");
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);
});
