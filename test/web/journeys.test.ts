/** People at work with journeys and messages, on the real server: designing, publishing, replaying, writing, looking why. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { JourneyCounts, JourneyView } from "../../src/journeys/document.ts";
import { browserThere } from "../browser.ts";
import { aSite, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

const TEMPLATE = { name: "Boots by mail", content: { channel: "email", subject: "Your boots", html: "<p>Hello</p>" } }; // prettier-ignore

describe.skipIf(!browserThere("journeys in the web app"))("a person who works with journeys", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await tellStory(site);
  });
  afterAll(() => site.stop());
  const journey = (id: number) => site.api<JourneyView>(`/v1/journeys/${id}`);
  const card = (page: Page, id: string) => page.locator(`[data-card="${id}"]`);

  test("is taught while there are none, and begins with a starter whose letters lead to their shop", async () => {
    const { page, complaints, close } = await site.open("/journeys");
    await page.getByRole("heading", { name: "No journeys yet" }).waitFor();
    await page.getByRole("button", { name: "Begin with this: Saved cart" }).click();
    await page.getByRole("textbox", { name: /Where your business is/ }).fill("https://boots.example");
    await page.getByRole("button", { name: "Make the draft" }).click();
    await page.waitForURL(/\/journeys\/1$/);
    await page.locator(".react-flow__node").first().waitFor();
    expect((await journey(1)).state).toBe("draft");
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  test("designs one by keyboard: a plus, a word, Enter; undoes and does again; saves; and is told of a faster colleague", async () => {
    await site.post("/v1/templates", TEMPLATE);
    const { page, complaints, close } = await site.open("/journeys");
    await page.getByRole("button", { name: "New journey", exact: true }).click();
    const name = page.getByRole("textbox", { name: /What is it called/ });
    await name.fill("My first");
    await name.press("Enter");
    await page.waitForURL(/\/journeys\/2$/);
    // Until the drawing is loaded a list stands in its place, with buttons of the same names.
    const drawing = page.getByRole("group", { name: "The journey, drawn" });
    await drawing.locator(".react-flow__node").first().waitFor();
    // A card that the browser measures anew keeps its lines.
    const plus = drawing.getByRole("button", { name: "Put a step in at the beginning" });
    await plus.waitFor();
    await page.evaluate(`new Promise((measured) => {
      const card = document.querySelector(".react-flow__node");
      new ResizeObserver((_, watch) => (watch.disconnect(), requestAnimationFrame(() => requestAnimationFrame(measured)))).observe(card);
      card.style.width = "300.5px";
    })`);
    await plus.press("Enter");
    const found = page.getByRole("textbox", { name: "Find a step" });
    await found.fill("for a while");
    await found.press("Enter");
    await card(page, "wait_1").waitFor();
    await page.getByRole("textbox", { name: "How long, how many" }).or(page.getByRole("spinbutton", { name: "How long, how many" })).fill("3");
    await card(page, "wait_1").getByText("For 3 days").waitFor();
    await card(page, "wait_1").press("Control+z");
    await card(page, "wait_1").getByText("For 1 day").waitFor();
    await card(page, "wait_1").press("Control+z");
    await card(page, "wait_1").waitFor({ state: "detached" });
    await page.keyboard.press("Control+Shift+z");
    await page.keyboard.press("Control+Shift+z");
    await card(page, "wait_1").getByText("For 3 days").waitFor();
    await page.keyboard.press("Control+s");
    await page.getByRole("button", { name: "Saved", exact: true }).waitFor();
    expect((await journey(2)).draft.steps["wait_1"]).toMatchObject({ type: "wait", ms: 3 * 86_400_000, next: "exit_1" });

    const { draft } = await journey(2);
    await site.put("/v1/journeys/2", { draft: { ...draft, description: "Theirs" } });
    await card(page, "wait_1").press("Delete");
    await card(page, "wait_1").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Save draft" }).click();
    await page.getByText("was changed meanwhile").first().waitFor();
    await page.getByRole("button", { name: "Take theirs, drop mine" }).click();
    await card(page, "wait_1").waitFor();
    expect(complaints.filter((said) => !said.includes("409"))).toEqual([]);
    await close();
  }, 90_000); // prettier-ignore

  test("sees what is wrong at the step and in a list that leads there, sets it right, and publishes", async () => {
    await site.post("/v1/journeys", { draft: { name: "Nudge", entry: { type: "event", event: "Product Added" }, reentry: { type: "always" }, holdoutRatio: 0, start: "say", steps: { say: { type: "message", channel: "email", template: 99, purpose: "transactional", next: "hear" }, hear: { type: "wait_until", paths: [{ when: { type: "event", event: "Cart Viewed" }, next: null }], maxMs: 86_400_000, next: null } } } });
    const { page, complaints, close } = await site.open("/journeys/3");
    await card(page, "say").getByText("1 problem").waitFor();
    expect(await page.getByRole("button", { name: "Publish" }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "1 problem", exact: true }).click();
    await page.getByRole("button", { name: /There is no template 99/ }).click();
    await page.getByRole("textbox", { name: "Template" }).or(page.getByRole("combobox", { name: "Template" })).first().click();
    await page.getByRole("option", { name: "Boots by mail" }).click();
    await page.getByText("Nothing is wrong").waitFor();
    await page.getByRole("button", { name: "Save and publish" }).click();
    await page.getByText("It goes live").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await expect.poll(async () => (await journey(3)).version, { timeout: 30_000 }).toBe(1);
    await site.send("track", { userId: "ann", event: "Product Added", properties: {} });
    await expect.poll(async () => (await site.api<JourneyCounts>("/v1/journeys/3/counts")).entered, { timeout: 30_000 }).toBe(1);
    // Live: nobody has to load the page again.
    await card(page, "hear").getByText("1 here now").waitFor({ timeout: 20_000 });
    await card(page, "hear").click();
    await page.getByRole("link", { name: "Who they are" }).click();
    await page.getByText("Waits for something to happen").waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 120_000); // prettier-ignore

  test("is shown who is affected before a change is published, and what becomes of them", async () => {
    const { draft } = await journey(3);
    const { hear: _, ...steps } = draft.steps;
    await site.put("/v1/journeys/3", { draft: { ...draft, steps: { ...steps, say: { ...steps["say"], next: null } } } }); // prettier-ignore
    const { page, complaints, close } = await site.open("/journeys/3");
    await page.getByRole("button", { name: "Publish" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("What becomes of the 1 customer in it now").waitFor();
    await dialog.getByText("Gone", { exact: true }).waitFor();
    await dialog.getByRole("radio", { name: "Move them on" }).click();
    await dialog.getByText("0 go on at the same step of the new version; 1 are taken out").waitFor();
    await dialog.getByRole("button", { name: "Not yet" }).click();
    expect((await journey(3)).versions).toHaveLength(1);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  test("replays a draft over the past and tries it on one customer, step by step", async () => {
    const { page, complaints, close } = await site.open("/journeys/3/replay");
    await page.getByRole("toolbar", { name: "Replay" }).getByRole("button", { name: "Replay" }).click();
    await page.getByText("did what lets them in").waitFor({ timeout: 30_000 });
    await card(page, "say").getByText("came here").waitFor();
    await page.getByText("On one customer").click();
    await page.getByRole("button", { name: "Let it happen" }).click();
    await page.getByText("Comes in.").waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 90_000);

  test("writes a template with a customer's eyes, is told the line of a mistake, and finds a message with its receipt", async () => {
    const ann = (await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=ann")).id;
    const { page, complaints, close } = await site.open(`/messages/templates/new?channel=sms&customer=${ann}`); // prettier-ignore
    await page.getByRole("textbox", { name: "Name", exact: false }).first().fill("A text");
    await page.getByRole("textbox", { name: "Text" }).fill("Hello {{ customer.traits.firstName }},\nlook: {{ broken");
    await page.getByRole("button", { name: /^Line 2/ }).waitFor();
    await page.getByRole("textbox", { name: "Text" }).fill("Hello {{ customer.traits.firstName }}!");
    await page.getByText("Hello Ann!").waitFor();
    await page.getByRole("button", { name: "Create the template" }).click();
    await page.waitForURL(/\/messages\/templates\/\d+/);
    await page.goto(`${site.address}/messages`);
    await page.getByRole("button", { name: "Your boots" }).first().click();
    await page.getByText("Why: the receipt").click();
    await page.getByText("Why, in plain words").waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 90_000); // prettier-ignore

  test("sets a provider up, and sees the secret that was made exactly once", async () => {
    const { page, complaints, close } = await site.open("/messages/providers");
    await page.getByRole("button", { name: "Set up a provider" }).click();
    await page.getByRole("combobox", { name: "By" }).selectOption("webhook");
    await page.getByRole("textbox", { name: "Name" }).fill("Our warehouse");
    await page.getByRole("button", { name: "Set it up" }).click();
    await page.getByText(/^whsec_/).waitFor();
    await page.getByRole("button", { name: "I have put them away" }).click();
    await page.getByRole("button", { name: "Try Our warehouse" }).waitFor();
    expect(await page.getByText(/whsec_/).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  test("puts a step in on a phone, in the list", async () => {
    const { page, complaints, close } = await site.open("/journeys/2", { width: 390 });
    await page.getByRole("button", { name: "Put a step in at the beginning" }).click();
    await page.getByRole("button", { name: /^Task for a person/ }).click();
    await page.getByRole("textbox", { name: "What is to be done" }).fill("Call them");
    await page.getByRole("button", { name: "Close the panel" }).click();
    await card(page, "task_1").getByText("“Call them”").waitFor();
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);

  test("changes a journey as JSON, and asks before it is stopped", async () => {
    const { page, complaints, close } = await site.open("/journeys/3?view=json");
    const text = page.getByRole("textbox", { name: "The journey as JSON" });
    await text.fill("{ this is not JSON");
    await page.getByRole("button", { name: "Save this JSON" }).click();
    await page.getByText("This is not JSON", { exact: true }).waitFor();
    const { draft } = await journey(3);
    await text.fill(JSON.stringify({ ...draft, name: "Nudge once" }));
    await page.getByRole("button", { name: "Save this JSON" }).click();
    await page.getByRole("heading", { name: "Nudge once" }).waitFor();
    await page.getByRole("button", { name: "More for Nudge once" }).click();
    await page.getByRole("menuitem", { name: "Stop" }).click();
    await page.getByRole("button", { name: "Stop the journey" }).click();
    await expect.poll(async () => (await journey(3)).state, { timeout: 30_000 }).toBe("stopped");
    expect(complaints).toEqual([]);
    await close();
  }, 60_000);
});
