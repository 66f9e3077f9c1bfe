/** The desk in real Chromium, at the till's phone and at a desk, light and dark: typed, seen, written back, all by keyboard. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { DAY_MS, ago } from "../desk/stage.ts";
import { type Look, type Site, aSite, overflowOf, seriousOf, textThere } from "./site.ts";

describe.skipIf(!browserThere("the desk"))("the desk", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await site.put("/v1/desk/settings", { country: "DE" });
    await site.put("/v1/catalogue/items/boots-42", { name: "Trail boots", priceMinor: 9_900, currency: "EUR", stock: 2 }); // prettier-ignore
    const did = (event: string, atMs: number, properties: object) => site.send("track", { userId: "ann", event, timestamp: ago(atMs), properties }); // prettier-ignore
    await site.send("identify", { userId: "ann", timestamp: ago(9 * DAY_MS), traits: { name: "Ann Meier", email: "ann.meier@example.com", phone: "+49 171 1234567" } }); // prettier-ignore
    await did("Product Added", 2 * DAY_MS, { product_id: "boots-42", name: "Trail boots", price: 120, currency: "EUR", quantity: 1 }); // prettier-ignore
    await did("Question Asked", DAY_MS, { topic: "Which size fits wide feet?", sentiment: "negative" });
    await did("Promise Made", DAY_MS, { promise_id: "p-1", promise: "Call back about the size", due_at: ago(3_600_000), by: "Cem" }); // prettier-ignore
    for (const name of ["Annika Berg", "Annika Vogt"]) await site.send("identify", { userId: name, traits: { name } }); // prettier-ignore
  });
  afterAll(() => site.stop());

  const LOOKS = [
    { width: 390, scheme: "light" }, { width: 390, scheme: "dark" }, { width: 1280, scheme: "light" }, { width: 1280, scheme: "dark" },
  ] as const satisfies readonly Look[]; // prettier-ignore
  test.each(LOOKS)(
    "shows who it is, what is owed and what lies in the cart to whoever types the number, at %o",
    async (look) => {
      const { page, complaints, close } = await site.open("/desk", look);
      if (look.width === 390) await page.setViewportSize({ width: 360, height: 740 });
      await textThere(page, "Who is in front of you?");
      expect([await seriousOf(page), await overflowOf(page)]).toEqual([[], 0]);
      // The field has the focus: nobody has to click.
      await page.keyboard.type("0171 1234567");
      await page.keyboard.press("Enter");
      await textThere(page, "Overdue: Call back about the size");
      for (const text of ["Ann Meier", "Which size fits wide feet?", "Trail boots", /2 left/, /unhappy/]) await textThere(page, text); // prettier-ignore
      const [cart, name] = [page.getByText("2 left"), page.getByRole("heading", { name: "Ann Meier" })];
      const bottom = (await cart.boundingBox())!.y;
      expect([(await name.boundingBox())!.y > 0, bottom < (look.width === 390 ? 740 : 800)]).toEqual([true, true]); // prettier-ignore
      expect([await seriousOf(page), await overflowOf(page), complaints]).toEqual([[], 0, []]);
      expect(page.url()).toMatch(/\/desk\?customer=c\d+&found=phone$/);
      expect(page.url()).not.toContain("1234567");
      await close();
    },
  );

  test("lists those who fit, opens one by keyboard, and says so when nobody fits", async () => {
    const { page, complaints, close } = await site.open("/desk", { width: 390 });
    await textThere(page, "Who is in front of you?");
    await page.keyboard.type("annika");
    await page.keyboard.press("Enter");
    await textThere(page, "2 fit.");
    expect(await seriousOf(page)).toEqual([]);
    await page.getByRole("button", { name: /Annika Berg/ }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Annika Berg" }).waitFor();
    await textThere(page, /They have not bought anything yet/);
    await page.getByRole("searchbox").fill("nobody at all");
    await page.keyboard.press("Enter");
    await textThere(page, "Nobody found");
    expect(complaints).toEqual([]);
    await close();
  });

  test("takes a promise and a note, and a promise that was kept is owed no more", async () => {
    const { page, complaints, close } = await site.open("/desk", { width: 390 });
    await textThere(page, "Who is in front of you?");
    await page.keyboard.type("ann.meier@example.com");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Kept: Overdue: Call back about the size" }).click();
    await page.getByText("Overdue: Call back about the size").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Promise", exact: true }).click();
    await page.keyboard.type("Put the boots aside");
    await page.getByRole("button", { name: "Promise it" }).click();
    await textThere(page, /(Due|Promised): Put the boots aside/);
    await page.getByRole("button", { name: "Note", exact: true }).click();
    await page.keyboard.type("Comes on Saturday.");
    expect(await seriousOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Write the note" }).click();
    // As a note, and as the last moment.
    await textThere(page, /Ann Owner, /);
    await textThere(page, "Promised before");
    expect([await overflowOf(page), complaints]).toEqual([0, []]);
    await close();
  });

  test("is all there is for somebody with the role desk, and shows no whole address", async () => {
    const { sql } = site.running.stores;
    await sql.query("update members set role = 'desk'");
    const { page, complaints, close } = await site.open("/");
    await textThere(page, "Who is in front of you?");
    expect(await page.getByRole("navigation", { name: "Rooms" }).getByRole("link").allInnerTexts()).toEqual(["Desk"]); // prettier-ignore
    await page.keyboard.type("0171 1234567");
    await page.keyboard.press("Enter");
    await textThere(page, "a•••@example.com");
    expect(await page.locator("main").innerText()).not.toMatch(/ann\.meier@|1234567/);
    expect(complaints).toEqual([]);
    await close();
    await sql.query("update members set role = 'owner'");
  });

  test.each(LOOKS)("is laid down and audited by an owner, at %o", async (look) => {
    const { page, complaints, close } = await site.open("/desk/settings", look);
    await textThere(page, "No helpdesk shows it yet");
    await page.getByRole("combobox", { name: "Role of Ann Owner" }).waitFor();
    expect([await seriousOf(page), await overflowOf(page)]).toEqual([[], 0]);
    await page.goto(`${site.address}/desk/looks`);
    await textThere(page, "Opened");
    await textThere(page, "phone number");
    expect([await seriousOf(page), await overflowOf(page), complaints]).toEqual([[], 0, []]);
    await close();
  });

  test("lets a colleague in to the desk, and tells a panel's secret once", async () => {
    const { page, complaints, close } = await site.open("/desk/settings");
    await page.getByRole("button", { name: "Let somebody in" }).click();
    await page.getByRole("textbox", { name: "E-mail address" }).fill("cem@shop.example");
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("Cem");
    await page.getByLabel("First password").fill("a first sentence to change");
    expect(await seriousOf(page)).toEqual([]);
    await page.getByRole("button", { name: "Let them in" }).click();
    expect(await page.getByRole("combobox", { name: "Role of Cem" }).inputValue()).toBe("desk");
    await page.getByRole("button", { name: "New panel" }).click();
    await page.getByRole("textbox", { name: "Helpdesk" }).fill("Helpdesk");
    await page.getByRole("textbox", { name: "Origins" }).fill("https://shop.helpdesk.example/path");
    await page.getByRole("button", { name: "Add the panel" }).click();
    await textThere(page, /Only scheme, host and port/);
    await page.getByRole("textbox", { name: "Origins" }).fill("https://shop.helpdesk.example");
    await page.getByRole("button", { name: "Add the panel" }).click();
    await textThere(page, /^ps_/);
    await page.getByRole("button", { name: "Done" }).click();
    await textThere(page, "https://shop.helpdesk.example");
    expect([await page.getByText(/^ps_/).count(), complaints.filter((one) => !one.includes("400"))]).toEqual([0, []]); // prettier-ignore
    await close();
  });

  test("loads little beyond the frame every screen has", async () => {
    const { page, loadedBytes, close } = await site.open("/desk");
    await textThere(page, "Who is in front of you?");
    expect(await loadedBytes()).toBeLessThan(300_000);
    await close();
  });
});
