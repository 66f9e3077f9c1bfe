/** People at work in the room of segments, on the real server: building by keyboard, counting, saving, asking why. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SegmentView } from "../../src/segments/document.ts";
import { browserThere } from "../browser.ts";
import { aSite, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

/** Presses Tab until what has the focus is called `name`; fails after as many stops as a page could sensibly have. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let stop = 0; stop < 60; stop += 1) {
    const focused = await page.evaluate<string>(
      "(() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? (e.labels?.[0]?.textContent || e.textContent) ?? ''; })()",
    );
    if (name.test(focused)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reached ${String(name)}.`);
}

describe.skipIf(!browserThere("segments in the web app"))("a person who works with segments", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await tellStory(site);
  });
  afterAll(() => site.stop());
  const idOf = async (userId: string) =>
    (await site.api<{ id: string }>(`/v1/customers/lookup?kind=user_id&value=${userId}`)).id;
  const segmentNamed = async (name: string) => {
    const { segments } = await site.api<{ segments: SegmentView[] }>("/v1/segments");
    return segments.find((one) => one.name === name);
  };
  const countIs = (page: Page, words: string) => page.locator("[data-count]", { hasText: words }).waitFor();

  test("is taught while there are none, and adds a starter by one click", async () => {
    const { page, complaints, close } = await site.open("/segments");
    await page.getByRole("heading", { name: "No segments yet" }).waitFor();
    await page.getByRole("button", { name: "Add Returning customers" }).click();
    await page.getByRole("link", { name: "Returning customers" }).waitFor();
    // Nobody bought twice; until that is known no number is shown.
    await page.getByRole("cell", { name: "0", exact: true }).waitFor();
    await page.getByRole("searchbox", { name: "Search segments" }).fill("no such");
    await page.getByText("No segment like").waitFor();
    expect(page.url()).toContain("query=no");
    expect(complaints).toEqual([]);
    await close();
  });

  test("builds a segment by keyboard alone, sees the count while building, and its members once saved", async () => {
    const { page, complaints, close } = await site.open("/segments/new");
    await page.getByRole("heading", { name: "New segment" }).waitFor();
    await tabTo(page, /^Name/);
    await page.keyboard.type("Boots buyers");
    await tabTo(page, /^Add the first condition$/);
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: /^Did something/ }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    // The focus is in the condition that was just added.
    await page.locator("select:focus[aria-label='Did or did not']").waitFor();
    await tabTo(page, /^Event$/);
    await page.keyboard.type("Order C");
    await page.getByRole("option", { name: "Order Completed" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await countIs(page, "1 of 2 customers");
    await tabTo(page, /^Times$/);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("2");
    await countIs(page, "0 of 2 customers");
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("1");
    await countIs(page, "1 of 2 customers");
    await page.getByText("did Order Completed.").waitFor();
    await tabTo(page, /^Create the segment$/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Boots buyers" }).waitFor();
    await page.getByRole("link", { name: "Ann Becker", exact: true }).waitFor();
    expect(await page.getByRole("link", { name: "Bo Lindqvist", exact: true }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test("is told what is missing at its place, and where the focus has to go", async () => {
    const { page, complaints, close } = await site.open("/segments/new");
    await page.getByRole("textbox", { name: "Name" }).fill("Unfinished");
    await page.getByRole("button", { name: "Add the first condition" }).click();
    await page.getByRole("menuitem", { name: /^A trait such/ }).click();
    // The traits that were seen are offered at once.
    await page.getByRole("option", { name: "firstName" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Add condition" }).click();
    await page.getByRole("menuitem", { name: /^Did something/ }).click();
    const second = page.getByRole("group", { name: /^Condition 2/ });
    expect(await second.getByText("Choose an event.").count()).toBe(0);
    await page.getByRole("button", { name: "Create the segment" }).click();
    await second.getByText("Choose an event.").waitFor();
    await page.locator("input:focus[aria-label='Trait'][aria-invalid='true']").waitFor();
    // What only the server knows stands at its place too.
    await page.getByRole("button", { name: "Remove condition 1" }).click();
    const only = page.getByRole("group", { name: /^Condition 1/ });
    await only.getByRole("combobox", { name: "Event" }).fill("Email Opened");
    await only.getByRole("combobox", { name: "When" }).selectOption("between_ago");
    await only.getByRole("spinbutton", { name: "From, how many" }).fill("10");
    await only.getByText("The window ends before it begins.").waitFor();
    await only.getByRole("spinbutton", { name: "To, how many" }).fill("5");
    await only.getByText("The window ends before it begins.").waitFor({ state: "hidden" });
    await countIs(page, "0 of 2 customers");
    expect(complaints).toEqual([]);
    await close();
  });

  test("is asked before a draft is left behind", async () => {
    const { page, close } = await site.open("/segments/new");
    await page.getByRole("textbox", { name: "Name" }).fill("Half");
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("dialog", { name: "Leave without saving?" }).waitFor();
    await page.getByRole("button", { name: "Keep as it is" }).click();
    await page.getByRole("link", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Leave", exact: true }).click();
    await page.getByRole("heading", { name: "Segments" }).waitFor();
    await close();
  });

  test("pastes a rule as JSON: a wrong one is refused with its place, a right one is drawn", async () => {
    const { page, complaints, close } = await site.open("/segments/new?view=json");
    const text = page.getByRole("textbox", { name: "The rule as JSON" });
    await text.fill("{nonsense");
    await page.getByRole("button", { name: "Use this rule" }).click();
    await page.getByText("This is not JSON").waitFor();
    await text.fill(JSON.stringify({ type: "all", rules: [{ type: "trait", name: "email", is: { op: "at_least" } }] }));
    await page.getByRole("button", { name: "Use this rule" }).click();
    await page.getByText("rules/0/is/value").waitFor();
    await text.fill(JSON.stringify({ type: "trait", name: "email", is: { op: "contains", value: "@example.com" } }));
    await page.getByRole("button", { name: "Use this rule" }).click();
    await page.getByRole("group", { name: /email contains/ }).waitFor();
    await countIs(page, "2 of 2 customers");
    expect(complaints).toEqual([]);
    await close();
  }); // prettier-ignore

  test("types on while a count is under way: the old one is cancelled, only the newest is shown", async () => {
    const { page, close } = await site.open("/segments/new");
    let first = true;
    let release = () => undefined as void;
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route("**/v1/segments/preview", async (route) => {
      if (first) {
        first = false;
        await held;
        // The page has cancelled it by now; there is nobody to answer.
        await route.abort().catch(() => undefined);
      } else await route.continue();
    });
    const cancelled = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/preview"));
    await page.getByRole("button", { name: "Add the first condition" }).click();
    await page.getByRole("menuitem", { name: /^A trait such/ }).click();
    await page.getByRole("combobox", { name: "Trait" }).fill("firstName");
    const asked = page.waitForRequest("**/v1/segments/preview");
    await page.getByRole("textbox", { name: "Value" }).fill("An");
    await asked;
    await page.getByText("counting …").first().waitFor();
    await page.getByRole("textbox", { name: "Value" }).fill("Ann");
    await countIs(page, "1 of 2 customers");
    expect((await cancelled).failure()?.errorText).toContain("ABORTED");
    release();
    await close();
  });

  test("changes the rule: the members follow, and what refers to it is named", async () => {
    const { page, complaints, close } = await site.open("/segments");
    await page.getByRole("link", { name: "Boots buyers" }).click();
    await page.getByRole("link", { name: "Change" }).click();
    await page.getByRole("button", { name: "Add condition" }).click();
    await page.getByRole("menuitem", { name: /^A group of conditions/ }).click();
    const group = page.getByRole("region", { name: "Group 2" });
    await group.getByRole("combobox", { name: "Trait" }).fill("email");
    await group.getByRole("combobox", { name: "Test" }).selectOption("exists");
    await page.getByRole("combobox", { name: "Conditions: how many have to hold" }).selectOption("any");
    await countIs(page, "2 of 2 customers");
    await page.getByRole("button", { name: "Save the changes" }).click();
    await page.getByRole("link", { name: "Bo Lindqvist", exact: true }).waitFor();
    await page.getByRole("link", { name: "Rule", exact: true }).click();
    await page.getByText("email is known").waitFor();
    await expect.poll(async () => (await segmentNamed("Boots buyers"))?.members, { timeout: 30_000 }).toBe(2);
    expect(complaints).toEqual([]);
    await close();
  });

  test("sees why somebody is not in, and that an event brings them in", async () => {
    const rule = {
      type: "did",
      event: "Fitting Booked",
      is: { op: "at_least", value: 1 },
      when: { from: { agoMs: 3_600_000 } },
    };
    await site.post("/v1/segments", { name: "Fitting soon", rule });
    const { page, complaints, close } = await site.open("/segments");
    await page.getByRole("link", { name: "Fitting soon" }).click();
    await page.getByText("Nobody is in now").waitFor();
    await page.getByRole("link", { name: "Why in or not" }).first().click();
    await page.getByRole("combobox", { name: "Customer" }).fill("bo@ex");
    await page.getByRole("option", { name: "Bo Lindqvist" }).click();
    await page.getByText("Bo Lindqvist is not in Fitting soon").waitFor();
    await page.getByText("did Fitting Booked in the last 1 hour").waitFor();
    expect(page.url()).toContain(`customer=${await idOf("bo")}`);
    await site.send("track", { userId: "bo", event: "Fitting Booked", properties: {} });
    await page.reload();
    await page.getByText("Bo Lindqvist is in Fitting soon").waitFor();
    // The window runs out by itself: it says when.
    await page.getByText("changes by itself on").first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("finds the entry in the customer's story, the segment with why, and the stage once there is a model", async () => {
    const { page, complaints, close } = await site.open("/segments/stages");
    await page.getByRole("link", { name: /^Begin with this: Online/ }).click();
    await page.getByRole("textbox", { name: "Name of stage 1" }).fill("Passer-by");
    await page.getByRole("button", { name: "Change the rule of Buyer", exact: true }).click();
    await page.getByText("1 of 2 fit this now.").waitFor();
    await page.getByRole("button", { name: "Save the stages" }).click();
    await page.getByRole("heading", { name: "Customers by stage" }).waitFor();
    await page.getByText("Passer-by").waitFor();
    await page.goto(`${site.address}/customers/${await idOf("bo")}/segments`);
    await page.getByRole("button", { name: "Why in Fitting soon" }).click();
    await page.getByText("Bo Lindqvist is in Fitting soon").waitFor();
    await page.getByRole("listitem").filter({ hasText: "Entered Fitting soon" }).waitFor();
    await page.locator("dd", { hasText: "Known" }).waitFor();
    await page.getByRole("link", { name: "Timeline" }).click();
    await page.getByText("Entered a segment").first().waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("makes a computed trait, sees its value on the customer, uses it, and is kept from deleting it while used", async () => {
    const { page, close } = await site.open("/segments/traits?new=yes");
    await page.getByRole("textbox", { name: "Name" }).fill("spent");
    const what = page.getByRole("group", { name: "What it measures" });
    await what.getByRole("combobox", { name: "Measured by" }).selectOption("sum");
    await what.getByRole("combobox", { name: "Measured property" }).fill("total");
    await what.getByRole("combobox", { name: "Event", exact: true }).fill("Order Completed");
    await page.getByRole("button", { name: "Make the trait" }).click();
    await page.getByText("exact", { exact: true }).waitFor();
    await page.goto(`${site.address}/customers/${await idOf("ann")}/segments`);
    await page.locator("dd", { hasText: "129" }).last().waitFor();
    await site.post("/v1/segments", { name: "Spenders", rule: { type: "computed", name: "spent", is: { op: "above", value: 100 } } }); // prettier-ignore
    await page.goto(`${site.address}/segments/traits`);
    await page.getByRole("button", { name: "Delete spent" }).click();
    await page.getByRole("button", { name: "Delete the trait" }).click();
    await page.getByRole("alert").getByText("Spenders").waitFor();
    await close();
  });

  test("compares segments, all of it in the address, and deletes one after being asked", async () => {
    const [boots, soon] = [await segmentNamed("Boots buyers"), await segmentNamed("Fitting soon")];
    const { page, complaints, close } = await site.open(`/segments/${boots!.id}/overlap?with=${soon!.id}`);
    await page.getByText("1 of 2, 50 %").waitFor();
    await page.goto(`${site.address}/segments/${soon!.id}/history`);
    await page.getByRole("button", { name: "Show as a table" }).click();
    await page.getByRole("table", { name: "History" }).waitFor();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog", { name: "Delete Fitting soon?" }).waitFor();
    await page.getByRole("button", { name: "Delete the segment" }).click();
    await page.getByRole("heading", { name: "Segments" }).waitFor();
    expect(await segmentNamed("Fitting soon")).toBeUndefined();
    expect(complaints).toEqual([]);
    await close();
  });
});
