/** A person and the catalogue, in the web app on the real server: a feed is added and read, items are found, an address is made and closed. */
import { once } from "node:events";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { aSite, type Site } from "./site.ts";

const FEED = "id,title,price,sale_price,availability,product_type\nboot-42,Trail boots,120.00 EUR,99.00 EUR,in_stock,Shoes > Boots\nwax-1,Leather wax,9.00 EUR,,out_of_stock,Care\nbad,Bad,dear,,in_stock,\n"; // prettier-ignore

describe.skipIf(!browserThere("keep the catalogue in the web app"))("the catalogue's tab", () => {
  let site: Site;
  let shop: Server;
  let feed: string;
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    shop = createServer((_, response) => void response.end(FEED)).listen(0, "127.0.0.1");
    await once(shop, "listening");
    feed = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/products.csv`;
  });
  afterAll(async () => {
    shop.close();
    await site.stop();
  });

  test("takes a feed's address, shows what came of it and what was refused, and finds what is sold out", async () => {
    const { page, complaints, close } = await site.open("/data/catalogue");
    await page.getByText("Nothing in the catalogue yet").waitFor();
    await page.getByRole("button", { name: "Add a feed" }).click();
    await page.getByRole("textbox", { name: "Address" }).fill(feed);
    await page.getByRole("button", { name: "Add the feed" }).click();
    await page.getByText("3 rows, 2 new, 0 changed, 0 no longer in it").waitFor();
    await page.getByText("1 row refused").click();
    await page.getByText("Line 4: The price cannot be read.").waitFor();
    await page.reload();
    const boots = page.getByRole("row", { name: /Trail boots/ });
    expect(await boots.innerText()).toMatch(/€99\.00[\s\S]*€120\.00[\s\S]*Not counted/);
    await page.getByText("Out of stock", { exact: true }).first().click();
    await page.getByRole("row", { name: /Leather wax/ }).waitFor();
    await boots.waitFor({ state: "detached" });
    expect(page.url()).toContain("only=out_of_stock");
    await page.goto(`${site.address}/data/catalogue?query=trail`);
    await boots.waitFor();
    expect(await page.getByRole("row", { name: /Leather wax/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await close();
  });

  test("makes an address whose secret is shown once, and closes it after asking", async () => {
    const { page, complaints, close } = await site.open("/data/catalogue");
    await page.getByRole("button", { name: "New address" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("Till");
    await page.getByRole("button", { name: "Make the address" }).click();
    await page.getByText(/whsec_/).waitFor();
    await page.getByRole("button", { name: "Done" }).click();
    await page.getByText("Signed requests").waitFor();
    expect(await page.getByText(/whsec_/).count()).toBe(0);
    await page.getByRole("button", { name: "Close Till" }).click();
    await page.getByRole("button", { name: "Close the address" }).click();
    await page.getByText("Nobody tells changes yet").waitFor();
    expect(complaints).toEqual([]);
    await close();
  });
});
