import { describe, expect, test } from "vitest";
import { isOurs, type Sender } from "./origin.ts";

const own: Sender = {
  origin: "http://shop.test:3000",
  fetchSite: undefined,
  host: "shop.test:3000",
  publicUrl: undefined,
};

describe("a request that changes something", () => {
  test.each<[string, Partial<Sender>, boolean]>([
    ["comes from our page", {}, true],
    ["comes from our page by another spelling of the host", { host: "SHOP.test:3000" }, true],
    ["comes from another site", { origin: "https://evil.test" }, false],
    ["comes from another port of the same host", { origin: "http://shop.test:4000" }, false],
    ["comes from a page without an origin", { origin: "null" }, false],
    ["has an origin that is none", { origin: "evil" }, false],
    [
      "comes by the public address through a proxy",
      { origin: "https://cx.shop.test", publicUrl: "https://cx.shop.test/", host: "10.0.0.3:3000" },
      true,
    ],
    [
      "comes by http where the public address is https",
      { origin: "http://cx.shop.test", publicUrl: "https://cx.shop.test", host: "10.0.0.3:3000" },
      false,
    ],
    ["comes from no browser", { origin: undefined }, true],
    ["comes from a browser that says cross-site", { origin: undefined, fetchSite: "cross-site" }, false],
    ["comes from a browser that says same-site", { origin: undefined, fetchSite: "same-site" }, false],
    ["comes from a browser that says same-origin", { origin: undefined, fetchSite: "same-origin" }, true],
  ])("%s", (_title, given, expected) => {
    expect(isOurs({ ...own, ...given })).toBe(expected);
  });
});
