/** The screen of lifetime value with a real fit: CDNOW's customers, moved in time so that their last purchases were yesterday. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LifetimeAnswer } from "../../src/lifetime/document.ts";
import { browserThere } from "../browser.ts";
import { LAST_DAY, readPurchases } from "../lifetime/cdnow.ts";
import { sendBatch } from "./results-world.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site } from "./site.ts";

const DAY_MS = 86_400_000;
const BATCH = 500;
const WAIT = { timeout: 90_000 } as const;

describe.skipIf(!browserThere("the screen of lifetime value"))("the screen of lifetime value", () => {
  let site: Site;
  let fitted: Extract<LifetimeAnswer["result"], { type: "fitted" }>;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    const moved = Math.floor(Date.now() / DAY_MS) - 1 - LAST_DAY;
    const events = (await readPurchases()).map(({ customer, day, dollars }, i) => ({
      type: "track", messageId: `p-${i}`, userId: `u-${customer}`, event: "Order Completed", timestamp: new Date((day + moved) * DAY_MS + i).toISOString(), properties: { total: dollars },
    }));
    for (let from = 0; from < events.length; from += BATCH) await sendBatch(site, events.slice(from, from + BATCH));
    await site.running.drain();
    const { result } = await site.post<LifetimeAnswer>("/v1/lifetime/fit", {});
    if (result.type !== "fitted") throw new Error(JSON.stringify(result));
    fitted = result;
  }, 240_000);
  afterAll(() => site.stop());

  const looks: Look[] = [{ width: 1280, scheme: "light" }, { width: 1280, scheme: "dark" }, { width: 390, scheme: "light" }, { width: 390, scheme: "dark" }];
  test.each(looks)("tells what was fitted, with its interval and its check, at $width pixels in $scheme", async (at) => {
    const { page, complaints, close } = await site.open("/results/lifetime", at);
    await page.getByText("Would it have foretold the last third?").waitFor(WAIT);
    const told = await page.locator("main").innerText();
    const rounded = (n: number) => Math.round(n).toLocaleString("en-US");
    expect(told).toContain(`${rounded(fitted.purchases.expected)} purchases expected of today’s customers in 52 weeks`);
    expect(told).toContain(rounded(fitted.purchases.interval.low));
    expect(told).toMatch(new RegExp(`Still active\\s+${rounded(fitted.active!.expected)} of 2,357 customers`));
    expect(told).toMatch(new RegExp(`A purchase is worth\\s+${fitted.each!.value.toFixed(2)}`));
    // Who had come back seven times or more is a group of its own, and each group has both numbers.
    expect(await page.getByRole("list", { name: "Expected and actual" }).getByRole("listitem").count()).toBe(fitted.check!.groups.length);
    expect(await seriousOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/lifetime-${at.width}-${at.scheme}.png`, fullPage: true });
    await close();
  }, 120_000);

  test("fits anew with another event, and says what is missing of it", async () => {
    const { page, complaints, close } = await site.open("/results/lifetime");
    await page.getByLabel("Event that is a purchase").fill("Never Sent");
    await page.getByRole("button", { name: "Fit now" }).click();
    await page.getByText("Only 0 customers with a purchase").waitFor(WAIT);
    expect(await page.locator("main").innerText()).not.toMatch(/purchases expected/);
    expect(complaints).toEqual([]);
    await close();
  }, 120_000);
}); // prettier-ignore
