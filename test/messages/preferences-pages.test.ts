/** The pages customers see, in a real browser: accessible, without a script, at phone size, in the light and in the dark. */
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ReceiptFacts } from "../../src/messages/receipt.ts";
import { browserThere, newVisitor, openBrowser } from "../browser.ts";
import { type Desk, type Made, aDesk } from "./desk.ts";

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

describe.skipIf(!browserThere("the pages customers see"))("the pages customers see", () => {
  let desk: Desk;
  let browser: Browser;
  let address = "";
  let made: Made;
  beforeAll(async () => {
    desk = await aDesk();
    browser = await openBrowser();
    address = await desk.app.listen({ port: 0, host: "127.0.0.1" });
    await desk.api("POST", "/v1/templates", {
      name: "Mail",
      content: { channel: "email", subject: "s", html: "x" },
    });
    await desk.api("POST", "/v1/templates", { name: "Text", content: { channel: "sms", text: "x" } });
    await desk.api("PUT", "/v1/preference-centre", {
      topics: [{ tag: "running", name: "Running", description: "Shoes, routes and a very long description that has to find room on a narrow screen as well" }, { tag: "hiking", name: "Hiking" }],
      purposes: [{ purpose: "marketing", name: "Offers", description: "Now and then" }, { purpose: "newsletter", name: "Newsletter" }],
    }); // prettier-ignore
    await desk.world.says({
      who: ["user_id ann", "email ann@example.com", "phone +436601234567"],
      name: "Signed Up",
    });
    const receipt = ReceiptFacts.parse({
      whyPerson: "You left something in your cart.", whyNow: { type: "event", name: "Product Added", at: Date.UTC(2026, 4, 3) },
      journey: { id: 1, name: "Saved cart", version: 2, step: "reminder" }, consent: { channel: "email", purpose: "marketing", answer: "granted", source: "event", at: Date.UTC(2026, 0, 1) },
      data: ["customer.traits.firstName"], alternatives: [{ what: "Welcome", lostBecause: "it is worth less" }, { what: "Review", lostBecause: "too early" }, { what: "Sale", lostBecause: "enough this week" }],
      checks: [{ rule: "consent", result: "passed" }],
    }); // prettier-ignore
    made = await desk.message(await desk.atomBy("user_id ann"), { address: "ann@example.com", receipt, content: { subject: "Your cart" } }); // prettier-ignore
  });
  afterAll(async () => {
    await browser.close();
    await desk.stop();
  });

  const LOOKS = [
    { width: 1280, scheme: "light" }, { width: 1280, scheme: "dark" }, { width: 390, scheme: "light" }, { width: 390, scheme: "dark" },
  ] as const; // prettier-ignore
  const look = async ({
    width,
    scheme,
  }: (typeof LOOKS)[number]): Promise<{ page: Page; complaints: string[]; close: () => Promise<void> }> => {
    // With its own content policy in force a page would let no checking script in; that policy is tested elsewhere.
    const context = await newVisitor(browser, { viewport: { width, height: 844 }, colorScheme: scheme, bypassCSP: true }); // prettier-ignore
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    page.on("pageerror", (error) => complaints.push(String(error)));
    return { page, complaints, close: () => context.close() };
  };
  const violationsOf = async (page: Page): Promise<string[]> => {
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<{ violations: Violation[] }>("axe.run(document)");
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join(" | ")}`,
    );
  };

  test.each(LOOKS)("are without a fault at $width pixels in $scheme", async (wanted) => {
    const { page, complaints, close } = await look(wanted);
    for (const [path, heading] of [[made.preferences, "Your preferences"], [made.receipt, "Why did you get this message?"], [made.unsubscribe, "Unsubscribe?"], ["/r/nonsense", "This link does not work"]] as const) {
      await page.goto(address + path);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(heading);
      expect(await violationsOf(page), path).toEqual([]);
      expect(await page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth"), path).toBeLessThanOrEqual(0);
      const dark = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(dark === "rgb(22, 24, 27)").toBe(wanted.scheme === "dark");
    }
    expect(complaints.filter((line) => !line.includes("404"))).toEqual([]);
    await close();
  }, 60_000); // prettier-ignore

  test("work without a script, by keyboard alone, and with their content policy in force", async () => {
    const context = await newVisitor(browser, {
      viewport: { width: 390, height: 844 },
      javaScriptEnabled: false,
    });
    const page = await context.newPage();
    await page.goto(address + made.preferences);
    // A policy that kept the page's own style out would leave it in the browser's own look.
    expect(await page.evaluate<string>("getComputedStyle(document.querySelector('button')).fontWeight")).toBe(
      "700",
    );
    const offers = page.getByRole("group", { name: "Email" }).getByRole("checkbox", { name: /Offers/ });
    expect(await offers.isChecked()).toBe(true);
    await offers.focus();
    await page.keyboard.press("Space");
    await page.getByRole("radio", { name: "My own:" }).focus();
    await page.keyboard.press("Space");
    await page.getByLabel("No messages from").fill("21:00");
    await page.getByLabel("until", { exact: true }).fill("06:30");
    await page.getByRole("checkbox", { name: /Running/ }).uncheck();
    await page.getByRole("button", { name: "Save my choices" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    expect(await page.getByRole("status").locator("li").allTextContents()).toEqual(["Email, Offers: off", "Running: off", "Quiet hours: from 21:00 until 06:30"]); // prettier-ignore
    expect(await offers.isChecked()).toBe(false);
    // Seen again by the same link it is as it was left.
    await page.goto(address + made.preferences);
    expect(await offers.isChecked()).toBe(false);
    expect(await page.getByLabel("No messages from").inputValue()).toBe("21:00");
    await page.getByRole("radio", { name: "Until this date:" }).check();
    await page.getByRole("button", { name: "Save my choices" }).click();
    await page.getByRole("alert").getByText("Choose the date").waitFor();
    await context.close();
  }, 60_000);

  test("lead from the receipt to unsubscribing, which the page asks before it does it", async () => {
    const { page, close } = await look(LOOKS[2]);
    await page.goto(address + made.receipt);
    await page.getByRole("link", { name: "Unsubscribe from these messages" }).click();
    expect(await desk.suppressions()).not.toContainEqual(expect.objectContaining({ purpose: "newsletter" }));
    await page.getByRole("button", { name: "Unsubscribe" }).click();
    await page.getByRole("heading", { name: "You are unsubscribed" }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    expect(await desk.suppressions()).toContainEqual({ channel: "email", address: "ann@example.com", purpose: "marketing", reason: "unsubscribed" }); // prettier-ignore
    await page.getByRole("link", { name: "Your preferences" }).click();
    await page.getByRole("button", { name: "Unsubscribe from everything" }).click();
    await page.getByRole("status").waitFor();
    expect(await page.locator("input[name=on]:checked").count()).toBe(0);
    await close();
  }, 60_000);
});
