/** Every screen against the bars: no console error, nothing axe calls serious, no sideways scroll, a light first load. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { browserThere } from "../browser.ts";
import { aSite, type Look, overflowOf, seriousOf, type Site } from "./site.ts";
import { tellStory } from "./story.ts";

const FIRST_LOAD_BYTES_MAX = 300 * 1024;

describe.skipIf(!browserThere("the web app's screens"))("the screens", () => {
  let site: Site;
  let ann = "";
  beforeAll(async () => {
    site = await aSite();
    await site.setUp();
    await tellStory(site);
    await site.post("/v1/catalogue/items", {
      items: [
        { id: "boot-42", name: "Trail boots, high", url: "https://shop.example/boots", category: ["Shoes", "Boots"], priceMinor: 9_900, compareAtMinor: 12_000, currency: "EUR", stock: 3 },
        { id: "wax-1", name: "Leather wax", priceMinor: 900, currency: "EUR", stock: 0 },
        { id: "a-very-long-id-of-an-item-that-no-longer-is-sold-anywhere", active: false },
      ],
    }); // prettier-ignore
    await site.post("/v1/catalogue/feeds", { url: "http://127.0.0.1:9/products-of-the-whole-shop.csv" });
    await site.post("/v1/catalogue/hooks", { name: "Till", kind: "standard" });
    ann = (await site.api<{ id: string }>("/v1/customers/lookup?kind=user_id&value=ann")).id;
  });
  afterAll(() => site.stop());

  /** Each screen, a text that stands on it once it has what it shows, and whether its first load is weighed. */
  const screens = (): readonly (readonly [path: string, text: string, weighed?: boolean])[] => [
    ["/customers", "Ann Becker", true],
    ["/customers?query=nobody-at-all", "Nobody found"],
    [`/customers/${ann}`, "Your boots are waiting", true],
    [`/customers/${ann}?channel=email`, "Your boots are waiting"],
    [`/customers/${ann}/about`, "Trail boots"],
    [`/customers/${ann}/identities`, "Why they are one", true],
    ["/customers/c999", "There is no customer c999"],
    ["/data/live", "Waiting for the next event", true],
    ["/data/sources", "Connect a touchpoint", true],
    ["/data/import", "Nothing imported yet", true],
    ["/data/refused", "Nobody named", true],
    ["/data/catalogue", "Trail boots, high", true],
    ["/data/catalogue?query=nothing-like-it", "Nothing of that kind"],
    ["/no/such/screen", "There is no such screen"],
  ];
  const looks: Look[] = [
    { width: 1280, scheme: "light" },
    { width: 1280, scheme: "dark" },
    { width: 390, scheme: "light" },
    { width: 390, scheme: "dark" },
  ];

  test.each(looks)(
    "are accessible, quiet and fit at $width pixels in $scheme",
    async (look) => {
      const { page, complaints, close } = await site.open("/customers", look);
      for (const [path, text] of screens()) {
        await page.goto(site.address + path);
        await page.getByText(text).first().waitFor();
        const scheme = await page.evaluate<string>("document.documentElement.dataset.mantineColorScheme");
        expect(scheme, path).toBe(look.scheme);
        expect(await seriousOf(page), `axe on ${path}`).toEqual([]);
        expect(await overflowOf(page), `sideways scroll on ${path}`).toBeLessThanOrEqual(0);
        // A customer that is not there is a 404, which Chromium itself reports.
        const own = complaints.splice(0).filter((said) => !(path.endsWith("c999") && said.includes("404")));
        expect(own, `console on ${path}`).toEqual([]);
      }
      await close();
    },
    180_000,
  );

  test.each(looks)(
    "of signing in are accessible, quiet and fit at $width pixels in $scheme",
    async (look) => {
      const { page, complaints, close } = await site.open("/customers", { ...look, signedIn: false });
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      expect(await seriousOf(page)).toEqual([]);
      expect(await overflowOf(page)).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
      await close();
    },
  );

  test("load at most 300 KB of scripts and styles when first opened", async () => {
    for (const [path, text] of screens().filter(([, , weighed]) => weighed)) {
      const { page, loadedBytes, close } = await site.open(path);
      await page.getByText(text).first().waitFor();
      const bytes = await loadedBytes();
      expect(bytes, path).toBeGreaterThan(50_000);
      expect(bytes, path).toBeLessThanOrEqual(FIRST_LOAD_BYTES_MAX);
      await close();
    }
  });
});
