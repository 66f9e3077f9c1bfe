/** What is likely next on a customer's page, and the best time in the form of a message step, in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CustomerNeeds, NeedsAnswer } from "../../src/needs/document.ts";
import type { JourneyView } from "../../src/journeys/document.ts";
import { browserThere } from "../browser.ts";
import { sendBatch } from "../web/results-world.ts";
import { type Look, type Site, aSite, overflowOf, seriousOf } from "../web/site.ts";
import { sentOf, shopOf } from "./world.ts";

const BATCH = 1_000;
const WAIT = { timeout: 60_000 } as const;

describe.skipIf(!browserThere("the screens of likely needs"))("the screens of likely needs", () => {
  let site: Site;
  let id: string;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    const events = sentOf(shopOf(700, 1));
    for (let from = 0; from < events.length; from += BATCH) await sendBatch(site, events.slice(from, from + BATCH));
    await site.running.drain();
    const { goals } = await site.post<NeedsAnswer>("/v1/needs/work-out", { goals: [{ key: "order", name: "An order", when: { type: "order" } }] });
    expect(goals.map(({ state }) => state)).toEqual(["shown"]);
    await site.running.drain();
    ({ id } = await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=u-1"));
  }, 300_000);
  afterAll(() => site.stop());

  const looks: Look[] = [{ width: 1280, scheme: "light" }, { width: 390, scheme: "dark" }];
  test.each(looks)("a customer's page says how likely, why and how well that is known, at $width pixels in $scheme", async (at) => {
    const told = await site.api<CustomerNeeds>(`/v1/customers/${id}/needs`);
    const { page, complaints, close } = await site.open(at.width === 390 ? `/customers/${id}/about` : `/customers/${id}`, at);
    const card = page.getByRole("region", { name: "Likely next" });
    await card.waitFor(WAIT);
    const text = await card.innerText();
    const [need] = told.needs;
    expect(text).toContain("An order");
    expect(text).toContain(`${Number((100 * need!.chance).toPrecision(2))} %`);
    for (const { words } of need!.reasons) expect(text).toContain(words);
    expect(text).toContain(`AUC ${need!.quality.auc.toFixed(2)}`);
    expect(text).toContain(told.detail);
    expect(text).toContain(`${String(told.hours!.weekdayHour).padStart(2, "0")}:00 on weekdays`);
    expect(await seriousOf(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    expect(complaints).toEqual([]);
    if (process.env["SHOTS"]) await page.screenshot({ path: `${process.env["SHOTS"]}/needs-${at.width}.png`, fullPage: true });
    await close();
  }, 120_000);

  test("a message step is set to the customer's best time, and the card of the step says so", async () => {
    const draft = { name: "Nudge", entry: { type: "event", event: "Product Added" }, start: "say", steps: { say: { type: "message", channel: "in_app", template: 1, next: null } } };
    const { id: journey } = await site.post<JourneyView>("/v1/journeys", { draft });
    const { page, complaints, close } = await site.open(`/journeys/${journey}?step=say`);
    const step = page.locator(`[data-card="say"]`);
    await step.waitFor(WAIT);
    await step.click();
    await page.getByLabel("At the customer's best time").check();
    await page.getByLabel("Within the next, how many").fill("2");
    await page.getByText("at their best time within 2 days").first().waitFor();
    await page.getByRole("button", { name: "Save draft" }).click();
    await expect.poll(async () => (await site.api<JourneyView>(`/v1/journeys/${journey}`)).draft.steps["say"], WAIT).toMatchObject({ bestTimeMs: 2 * 86_400_000 });
    expect(complaints).toEqual([]);
    await close();
  }, 120_000);
}); // prettier-ignore
