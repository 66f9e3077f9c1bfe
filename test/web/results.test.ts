/** People at work with results, on the real server: a funnel built and shared, a view kept, renamed and deleted, a digest, numbers with what they rest on. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ViewList, DigestList } from "../../src/digest/model.ts";
import type { z } from "zod";
import { browserThere } from "../browser.ts";
import { tellQuarter } from "./results-world.ts";
import type { MetricCatalogue } from "../../src/metrics/model.ts";
import { aSite, seriousOf, type Site } from "./site.ts";

const WAIT = { timeout: 60_000 } as const;

describe.skipIf(!browserThere("results in the web app"))("a person who looks at results", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    const { starters } = await site.api<{ starters: { model: object }[] }>("/v1/stages/starters");
    await site.put("/v1/stages", starters[0]!.model);
    await tellQuarter(site, Date.now());
  }, 240_000);
  afterAll(() => site.stop());

  test("opens the app at the overview, and sees a moment the instant it happens", async () => {
    const { page, complaints, close } = await site.open("/");
    await page.waitForURL(/\/overview$/);
    await page.getByText("Moments show here as they arrive").waitFor(WAIT);
    await page.locator('[data-open="true"]').first().waitFor({ ...WAIT, state: "attached" });
    await site.send("track", { userId: "customer-1", event: "Wish Listed", properties: { name: "Trail boots" } });
    await page.getByRole("link", { name: "Wish Listed" }).waitFor(WAIT);
    const band = page.getByRole("list", { name: "The stages of the journey" });
    await band.getByText("Repeat buyer").waitFor(WAIT);
    await page.getByRole("button", { name: "Table" }).first().click();
    await page.getByRole("table", { name: "The journey by stage" }).waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 180_000);

  test("builds a funnel whose address can be shared, and takes its numbers as a file that says the same", async () => {
    const { page, complaints, close } = await site.open("/results/funnel");
    await page.getByRole("button", { name: /^Begin with/ }).click();
    await page.getByText("How far they get").waitFor(WAIT);
    await page.getByRole("combobox", { name: "Broken down" }).selectOption("channel");
    await page.getByRole("table", { name: "Groups of the funnel" }).waitFor(WAIT);
    const began = await page.getByRole("listitem").filter({ hasText: "Product Viewed" }).last().innerText();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "CSV of Funnel" }).first().click()]);
    const [, first] = (await readFile(await download.path(), "utf8")).split("\r\n");
    const [, step, people] = first!.split(",");
    expect(step).toBe("Product Viewed");
    expect(began.replaceAll(",", "")).toContain(people);
    const address = page.url();
    const other = await site.open(address.slice(site.address.length));
    await other.page.getByRole("table", { name: "Groups of the funnel" }).waitFor(WAIT);
    await other.close();
    expect(complaints).toEqual([]);
    await close();
  }, 180_000);

  test("keeps which events count for the whole workspace: by its kind of business, and by other names", async () => {
    const { page, complaints, close } = await site.open("/results/metrics");
    await page.getByRole("button", { name: "Which events count" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kind of business").selectOption("b2b");
    await dialog.getByLabel("An order", { exact: true }).fill("Contract Signed, Retainer Agreed");
    await dialog.getByLabel("Keep these for the whole workspace").check();
    expect(await seriousOf(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Use these" }).click();
    await dialog.waitFor({ ...WAIT, state: "detached" });
    expect((await site.api<MetricCatalogue>("/v1/metrics")).own).toEqual({ business: "b2b", names: { order: ["Contract Signed", "Retainer Agreed"] } });
    // What is the workspace's own need not stand in the address, and whoever opens the dialog finds it there.
    expect(page.url()).not.toContain("b2b");
    await page.getByRole("button", { name: "Which events count" }).click();
    expect(await dialog.getByLabel("An order", { exact: true }).inputValue()).toBe("Contract Signed, Retainer Agreed");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await site.put("/v1/metrics/names", { business: "ecommerce" });
    expect(complaints).toEqual([]);
    await close();
  }, 180_000);

  test("is told what a number rests on: how sure, how many, by which method", async () => {
    const { page, close } = await site.open("/results/channels");
    await page.getByRole("button", { name: "What this rests on: Credit by channel" }).click({ timeout: 90_000 });
    const note = page.getByRole("dialog");
    for (const said of ["Method", "Looked at", "Sample", "Journeys that end in a conversion"]) await note.getByText(said, { exact: true }).waitFor();
    expect(await page.locator("main").innerText()).not.toMatch(/\beffect\b|\bcauses\b/);
    await close();
  }, 180_000);

  test("keeps a view, opens it again as it was, renames and deletes it", async () => {
    const { page, complaints, close } = await site.open("/results/retention?days=28");
    await page.getByRole("combobox", { name: "Cohorts by" }).selectOption("day");
    await page.getByRole("button", { name: "Save view" }).click();
    const name = page.getByRole("textbox", { name: "What is it called?" });
    await name.fill("Daily return");
    await name.press("Enter");
    await page.getByText("The view is saved").waitFor(WAIT);
    const { views } = await site.api<z.infer<typeof ViewList>>("/v1/views");
    expect(views).toMatchObject([{ name: "Daily return", path: "/v1/retention", lastDays: 28, body: { every: "day" } }]);
    await page.goto(`${site.address}/results/views`);
    await page.getByRole("link", { name: "Daily return" }).click();
    await page.waitForURL(/\/results\/retention\?.*days=(%22)?28/);
    expect(await page.getByRole("combobox", { name: "Cohorts by" }).inputValue()).toBe("day");
    await page.goBack();
    await page.getByRole("button", { name: "Rename Daily return" }).click();
    await page.getByRole("textbox", { name: "What is it called?" }).fill("Return by day");
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await page.getByRole("link", { name: "Return by day" }).waitFor();

    await page.getByRole("button", { name: "New digest" }).click();
    await page.getByRole("textbox", { name: "To whom" }).fill(site.owner.email);
    await page.getByRole("button", { name: "Make the digest" }).click();
    await page.getByText("Mondays at 08:00").waitFor(WAIT);
    expect((await site.api<z.infer<typeof DigestList>>("/v1/digests")).digests).toMatchObject([{ to: [site.owner.email], every: "week", views: [views[0]!.id] }]);
    await page.getByRole("button", { name: "Delete Every Monday" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("Nothing goes out yet").waitFor(WAIT);
    await page.getByRole("button", { name: "Delete Return by day" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByText("No saved views yet").waitFor(WAIT);
    expect(complaints).toEqual([]);
    await close();
  }, 180_000);

  test("is told in a sentence when a question cannot be asked, and the screen stays", async () => {
    const ask = encodeURIComponent(JSON.stringify({ steps: [{ event: "a", where: [{ property: "p", is: { op: "nonsense" } }] }, { event: "b" }] }));
    const { page, close } = await site.open(`/results/funnel?ask=${ask}`);
    await page.getByRole("alert").waitFor(WAIT);
    await page.getByRole("button", { name: "Begin anew" }).click();
    await page.getByText("Where do they stop?").waitFor();
    await close();
  }, 120_000);
}); // prettier-ignore
