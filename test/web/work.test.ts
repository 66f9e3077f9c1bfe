/** People at work in the web app, on the real server: first run, signing in, customers, undo, import, refused, keys. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { aSite, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

/** Presses Tab until what has the focus is called `name`; fails after as many stops as a page could sensibly have. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let stop = 0; stop < 60; stop += 1) {
    await page.keyboard.press("Tab");
    const focused = await page.evaluate<string>(
      "(() => { const e = document.activeElement; return e.getAttribute('aria-label') ?? (e.labels?.[0]?.textContent || e.textContent) ?? ''; })()",
    );
    if (name.test(focused)) return;
  }
  throw new Error(`Tab never reached ${String(name)}.`);
}

describe.skipIf(!browserThere("work in the web app"))("a person at work", () => {
  let site: Site;
  beforeAll(async () => {
    site = await aSite();
  });
  afterAll(() => site.stop());
  const annId = async () =>
    (await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=ann")).id;

  test("creates the owner by keyboard alone and sees the first event arrive", async () => {
    const { page, complaints, close } = await site.open("/", { signedIn: false });
    await page.getByRole("heading", { name: "Create the owner" }).waitFor();
    await page.keyboard.type(site.owner.name);
    await tabTo(page, /^Email/);
    await page.keyboard.type(site.owner.email);
    await tabTo(page, /^Password/);
    await page.keyboard.type(site.owner.password);
    await tabTo(page, /^Business/);
    await page.keyboard.type(site.owner.workspaceName);
    await page.keyboard.press("Enter");
    await page.getByText("Waiting for the next event").waitFor();
    // The line on the screen is ready to run: it has this server's address and the workspace's key.
    const line = `${site.address}/v1/track -u ${site.running.first.writeKey!}:`;
    await page.getByRole("region", { name: "curl line" }).filter({ hasText: line }).waitFor();
    await page.getByText("Listening.").waitFor();
    await tellStory(site);
    await page.getByText("Your boots are waiting").waitFor();
    await page.getByText("Refused: Nobody named").waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("signs in by keyboard alone, is told when the password is wrong, and signs out", async () => {
    const { page, close } = await site.open("/customers?query=ann", { signedIn: false });
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.keyboard.type(site.owner.email);
    await tabTo(page, /^Password/);
    await page.keyboard.type("not the password");
    await page.keyboard.press("Enter");
    expect(await page.getByRole("alert").innerText()).toMatch(/password/i);
    await page.getByRole("textbox", { name: "Password" }).focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(site.owner.password);
    await page.keyboard.press("Enter");
    // The address was kept: the search one wanted to see.
    await page.getByRole("link", { name: "Ann Becker" }).waitFor();
    expect(page.url()).toContain("query=ann");
    await page.getByRole("button", { name: /Signed in as/ }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await close();
  });

  test("whose session ends signs in again and is back where they were", async () => {
    const { page, close } = await site.open(`/customers/${await annId()}`);
    await page.getByRole("heading", { name: "Ann Becker" }).waitFor();
    await page.context().clearCookies();
    await page.getByRole("link", { name: "Identities" }).click();
    await page.getByText("Your session has ended").waitFor();
    await page.getByRole("textbox", { name: "Email" }).fill(site.owner.email);
    await page.getByRole("textbox", { name: "Password" }).fill(site.owner.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("Why they are one").waitFor();
    await close();
  });

  test("searches, opens a customer and narrows the story to one channel, all of it in the address", async () => {
    const { page, complaints, close } = await site.open("/customers");
    await page.getByRole("link", { name: "Bo Lindqvist" }).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("ann@ex");
    await page.getByRole("link", { name: "Bo Lindqvist" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "Ann Becker" }).click();
    await page.getByText("Order Completed").waitFor();
    expect(await page.locator("dd", { hasText: "€129.00" }).count()).toBe(1);
    await page.getByText("Email", { exact: true }).first().click();
    await page.getByText("Order Completed").waitFor({ state: "detached" });
    expect(page.url()).toContain("channel=email");
    await page.getByRole("button", { name: /Email Opened/ }).click();
    await page.getByText('"subject": "Your boots are waiting"').waitFor();
    expect(complaints).toEqual([]);
    await close();
  });

  test("undoes a join by keyboard alone, sees two customers, and redoes it", async () => {
    const { page, complaints, close } = await site.open(`/customers/${await annId()}/identities`);
    await page.getByText("One event carried both").waitFor();
    await tabTo(page, /^Undo: One event carried both/);
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Undo this join?" }).waitFor();
    await tabTo(page, /^Undo the join$/);
    await page.keyboard.press("Enter");
    await page.getByText("Now two customers").waitFor();
    const apart = await site.api<{ identifiers: { value: string }[] }>(
      "/v1/customers/lookup?kind=user_id&value=ann",
    );
    expect(apart.identifiers.map(({ value }) => value)).not.toContain("browser-1");
    await tabTo(page, /^Redo the join$/);
    await page.keyboard.press("Enter");
    await page.getByText("Joined again").waitFor();
    const joined = await site.api<{ identifiers: { value: string }[] }>(
      "/v1/customers/lookup?kind=user_id&value=ann",
    );
    expect(joined.identifiers.map(({ value }) => value)).toContain("browser-1");
    expect(complaints).toEqual([]);
    await close();
  });

  test("mends a refused event and replays it", async () => {
    const { page, complaints, close } = await site.open("/data/refused?reason=missing_name");
    await page.getByRole("button", { name: /^Open/ }).click();
    const body = page.getByRole("textbox", { name: "The event" });
    const event = JSON.parse(await body.inputValue()) as object;
    await page.getByRole("button", { name: "Replay as it is" }).click();
    await page.getByText("Refused again: No event name").waitFor();
    await body.fill(JSON.stringify({ ...event, event: "Fitting Booked" }));
    await page.getByRole("button", { name: "Replay the mended event" }).click();
    await page.getByText("Nothing of that kind").waitFor();
    await site.running.drain();
    const { events } = await site.api<{ events: { name: string }[] }>(
      `/v1/customers/${await annId()}/timeline`,
    );
    expect(events.map(({ name }) => name)).toContain("Fitting Booked");
    expect(complaints).toEqual([]);
    await close();
  });

  test("imports a file after seeing what becomes of it, and takes the refused rows along", async () => {
    const folder = await mkdtemp(join(tmpdir(), "throughline-file-"));
    const path = join(folder, "visits.csv");
    await writeFile(
      path,
      "mail,visited on,spent\ncy@example.com,2026-03-01,12.50\nnobody,2026-03-02,7\ndi@example.com,2026-03-03,30\n",
    );
    const { page, complaints, close } = await site.open("/data/import");
    await page.getByLabel(/Drop a file here/).setInputFiles(path);
    await page.getByRole("heading", { name: "visits.csv" }).waitFor();
    await page.getByRole("switch", { name: "Choose what each column means" }).check();
    await page.getByRole("radio", { name: "Something a customer did" }).check();
    await page.getByRole("textbox", { name: "Event name" }).fill("Shop Visited");
    for (const [column, meaning] of [["mail", "Email"], ["visited on", "When it happened"], ["spent", "Property of the event"]] as const) {
      await page.getByRole("combobox", { name: `Meaning of ${column}` }).click();
      await page.getByRole("option", { name: meaning, exact: true }).click();
    } // prettier-ignore
    await page.getByText('"spent": 12.5').waitFor();
    await page.getByRole("button", { name: "Import visits.csv" }).click();
    await page.getByText(/3 rows read, 2 events accepted, 1 refused/).waitFor();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Refused rows" }).click();
    expect((await download).suggestedFilename()).toBe("visits.csv.refused.ndjson");
    await site.running.drain();
    const cy = await site.api<{ firstSeenAt: string; counts: object }>(
      "/v1/customers/lookup?kind=email&value=cy@example.com",
    );
    expect(cy).toMatchObject({
      firstSeenAt: "2026-03-01T00:00:00.000Z",
      counts: { "Shop Visited": { n: 1 } },
    });
    expect(complaints).toEqual([]);
    await close();
    await rm(folder, { recursive: true, force: true });
  });

  test("makes a secret key that is shown once, uses it, and revokes it", async () => {
    const { page, complaints, close } = await site.open("/data/sources");
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Till");
    await page.getByRole("radio", { name: "Secret key" }).check();
    await page.getByRole("button", { name: "Create key" }).click();
    const key = (await page.getByRole("region", { name: "the new key" }).innerText()).trim();
    const status = () =>
      fetch(`${site.address}/v1/stats`, { headers: { authorization: `Bearer ${key}` } }).then(
        (answer) => answer.status,
      );
    expect(await status()).toBe(200);
    await page.getByRole("button", { name: "Done" }).click();
    expect(await page.getByText(key).count()).toBe(0);
    await page.getByRole("button", { name: "Revoke Till" }).click();
    await page.getByRole("button", { name: "Revoke the key" }).click();
    await page.getByText(/^Revoked/).waitFor();
    expect(await status()).toBe(401);
    expect(complaints).toEqual([]);
    await close();
  });

  test("pastes the website snippet as it stands, and the visit arrives", async () => {
    const { page, close } = await site.open("/data/sources?with=website");
    const snippet = await page.getByRole("region", { name: "Website code" }).innerText();
    // A real server of another origin: Chromium lets no public page reach this machine.
    const html = `<!doctype html><html><head><title>Winter boots</title>${snippet}</head><body></body></html>`;
    const shopServer = createServer((_, answer) =>
      answer.writeHead(200, { "content-type": "text/html" }).end(html),
    ).listen(0, "127.0.0.1");
    await once(shopServer, "listening");
    const { port } = shopServer.address() as AddressInfo;
    await page.goto(`${site.address}/data/live`);
    await page.getByText("Listening.").waitFor();
    const shop = await page.context().newPage();
    await shop.goto(`http://127.0.0.1:${port}/winter`);
    await page.getByText("Winter boots").waitFor();
    await close();
    shopServer.closeAllConnections();
    shopServer.close();
  });

  test("is told in a sentence when the server cannot be reached, and goes on by a button", async () => {
    const { page, close } = await site.open("/data/import");
    await page.getByText("Import", { exact: true }).first().waitFor();
    await page.route("**/v1/customers?**", (route) => route.abort());
    await page.getByRole("link", { name: "Customers" }).click();
    await page.getByText("The server cannot be reached").waitFor();
    await page.unroute("**/v1/customers?**");
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByRole("link", { name: "Ann Becker" }).waitFor();
    await close();
  });

  test("sees that something is coming while the line is slow", async () => {
    const { page, close } = await site.open("/data/import");
    let answer = () => undefined as void;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route("**/v1/customers?**", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole("link", { name: "Customers" }).click();
    await page.getByRole("status", { name: "Loading" }).waitFor();
    answer();
    await page.getByRole("link", { name: "Ann Becker" }).waitFor();
    await close();
  });

  test("finds the keyboard's help, and skips to the screen", async () => {
    const { page, close } = await site.open("/customers");
    await page.getByRole("link", { name: "Ann Becker" }).waitFor();
    await page.keyboard.press("Tab");
    expect(await page.evaluate<string>("document.activeElement.textContent")).toBe("Skip to the screen");
    await page.keyboard.press("Enter");
    expect(await page.evaluate<string>("document.activeElement.id")).toBe("screen");
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("d");
    await page.getByRole("heading", { name: "Data" }).waitFor();
    await close();
  });
});
