/** Places read by unmodified OpenFeature SDKs, on a server and in a browser, over the real HTTP. */
import { randomUUID } from "node:crypto";
import { OFREPProvider } from "@openfeature/ofrep-provider";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";
import { OpenFeature as Server } from "@openfeature/server-sdk";
import { type Provider, OpenFeature as Web } from "@openfeature/web-sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Desk, startDesk } from "./desk.ts";

let desk: Desk;
beforeAll(async () => {
  desk = await startDesk({ THROUGHLINE_DECIDE_MS: "10000" });
  const bought = { type: "did", event: "Order Completed" };
  await desk.place("banner", [
    { id: "buyers", priority: 90, rule: bought, content: { title: "Thank you" } },
    { id: "everybody", priority: 10, content: { title: "Hello" } },
  ]);
  await desk.place("checkout.express", [{ id: "on", rule: bought, content: { value: true } }], { default: { value: false } }); // prettier-ignore
  await desk.place("headline", [{ id: "plain", content: { value: "Boots" } }]);
  await desk.place("discount", [{ id: "tenth", content: { value: 0.1 } }]);
  await desk.place("nobody", [{ id: "never", rule: { type: "trait", name: "x", is: { op: "exists" } } }]);
  await desk.tell({ userId: "ann", event: "Order Completed", properties: { order_id: "1" } });
});
afterAll(async () => {
  await Server.clearProviders();
  await Web.clearProviders();
  await desk.end();
});

const evaluate = (path: string, body: unknown, headers: { readonly [name: string]: string } = { "x-api-key": desk.first.writeKey }) =>
  fetch(`${desk.address}/ofrep/v1/evaluate/flags${path}`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }); // prettier-ignore

describe("OpenFeature's server SDK", () => {
  test("reads places as flags of every type, for a customer by the userId", async () => {
    await Server.setProviderAndWait("server", new OFREPProvider({ baseUrl: desk.address, headers: [["Authorization", `Bearer ${desk.first.secretKey}`]] })); // prettier-ignore
    const client = Server.getClient("server");
    const ann = { targetingKey: "ann" };
    expect(await client.getObjectDetails("banner", {}, ann)).toMatchObject({ value: { title: "Thank you" }, variant: "buyers", reason: "TARGETING_MATCH", flagMetadata: { token: expect.any(String) } }); // prettier-ignore
    expect(await client.getObjectDetails("banner", {}, { targetingKey: "a stranger" })).toMatchObject({ value: { title: "Hello" }, variant: "everybody" }); // prettier-ignore
    expect(await client.getBooleanValue("checkout.express", false, ann)).toBe(true);
    expect(await client.getBooleanDetails("checkout.express", true, { targetingKey: "a stranger" })).toMatchObject({ value: false, reason: "DEFAULT", variant: "default" }); // prettier-ignore
    expect(await client.getStringValue("headline", "?", ann)).toBe("Boots");
    expect(await client.getNumberValue("discount", 0, ann)).toBe(0.1);
    // Nobody may be shown anything there: the code's own default holds.
    expect(await client.getStringValue("nobody", "as in the code", ann)).toBe("as in the code");
  });

  test("is told in the protocol's words what is wrong", async () => {
    await Server.setProviderAndWait("errors", new OFREPProvider({ baseUrl: desk.address, headers: [["X-API-Key", desk.first.secretKey]] })); // prettier-ignore
    const client = Server.getClient("errors");
    expect(await client.getBooleanDetails("no.such.place", true, { targetingKey: "ann" })).toMatchObject({ value: true, errorCode: "FLAG_NOT_FOUND" }); // prettier-ignore
    expect(await client.getBooleanDetails("banner", true, {})).toMatchObject({ value: true, errorCode: "TARGETING_KEY_MISSING" }); // prettier-ignore
    expect(await client.getBooleanDetails("banner", true, { targetingKey: "ann" })).toMatchObject({ value: true, errorCode: "TYPE_MISMATCH" }); // prettier-ignore
  });

  test("reports what came of a flag by the token in its metadata", async () => {
    await Server.setProviderAndWait("report", new OFREPProvider({ baseUrl: desk.address, headers: [["X-API-Key", desk.first.secretKey]] })); // prettier-ignore
    const { flagMetadata } = await Server.getClient("report").getObjectDetails("banner", {}, { targetingKey: "ann" }); // prettier-ignore
    expect((await desk.report(String(flagMetadata["token"]), "clicked")).status).toBe(202);
  });
});

describe("OpenFeature's web SDK", () => {
  test("reads all places at once with a write key, for a device", async () => {
    const provider = new OFREPWebProvider({ baseUrl: desk.address, pollInterval: 0, cacheMode: "disabled", headers: [["X-API-Key", desk.first.writeKey]] }); // prettier-ignore
    await Web.setContext("web", { targetingKey: randomUUID() });
    await Web.setProviderAndWait("web", provider as Provider);
    const client = Web.getClient("web");
    expect(client.getObjectDetails("banner", {})).toMatchObject({ value: { title: "Hello" }, variant: "everybody" }); // prettier-ignore
    expect(client.getBooleanValue("checkout.express", true)).toBe(false);
    expect(client.getStringValue("headline", "?")).toBe("Boots");
    expect(client.getStringValue("nobody", "as in the code")).toBe("as in the code");
  });
});

describe("the protocol", () => {
  test("answers 304 while all flags of a customer are what they were", async () => {
    const body = { context: { targetingKey: randomUUID() } };
    const first = await evaluate("", body);
    const etag = first.headers.get("etag")!;
    expect([first.status, etag]).toEqual([200, expect.stringMatching(/^"[\w-]{27}"$/)]);
    const { flags } = (await first.json()) as { flags: { key: string }[] };
    expect(flags.map(({ key }) => key).toSorted()).toEqual(["banner", "checkout.express", "discount", "headline", "nobody"]); // prettier-ignore
    const again = await evaluate("", body, {
      "x-api-key": desk.first.writeKey,
      "if-none-match": `W/${etag}`,
    });
    expect([again.status, await again.text()]).toEqual([304, ""]);
    await desk.tell({ anonymousId: body.context.targetingKey, event: "Order Completed", properties: { order_id: "2" } }); // prettier-ignore
    const changed = await evaluate("", body, { "x-api-key": desk.first.writeKey, "if-none-match": etag });
    expect(changed.status).toBe(200);
  });

  test("lets nobody read by a guessed name: with a write key the targeting key is a device's", async () => {
    const asDevice = await evaluate("/banner", { context: { targetingKey: "ann" } });
    expect(await asDevice.json()).toMatchObject({ variant: "everybody" });
    const forged = await evaluate("/banner", {
      context: { targetingKey: "ann", userToken: "ut1.9999999999.x" },
    });
    expect([forged.status, await forged.json()]).toEqual([403, expect.objectContaining({ errorCode: "GENERAL" })]); // prettier-ignore
    const signed = await evaluate("/banner", { context: { targetingKey: "ann", userToken: desk.userToken("user_id", "ann") } }); // prettier-ignore
    expect(await signed.json()).toMatchObject({ variant: "buyers" });
  });

  test("refuses who has no key, and what it cannot read", async () => {
    expect((await evaluate("/banner", { context: { targetingKey: "ann" } }, {})).status).toBe(401);
    const odd = await evaluate("/banner", { context: "ann" });
    expect([odd.status, await odd.json()]).toEqual([400, expect.objectContaining({ key: "banner", errorCode: "PARSE_ERROR" })]); // prettier-ignore
    const preflight = await fetch(`${desk.address}/ofrep/v1/evaluate/flags`, { method: "OPTIONS", headers: { "access-control-request-headers": "x-api-key" } }); // prettier-ignore
    expect([preflight.status, preflight.headers.get("access-control-allow-headers")]).toEqual([204, "x-api-key"]); // prettier-ignore
  });
});
