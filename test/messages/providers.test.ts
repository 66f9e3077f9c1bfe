/** Providers over HTTP: secrets go in and never come out, a change keeps what it leaves away, and a try sends once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { vapidKeysOf } from "../../src/messages/drivers/push-encryption.ts";
import { addWorkspace } from "../../src/access/store.ts";
import { createKey } from "../../src/access/keys.ts";
import { providerRoutes } from "../../src/messages/routes-providers.ts";
import type { Sql } from "../../src/db/postgres.ts";
import { type Platform, startPlatform } from "../http/platform.ts";
import { aKey, aMailCounterpart } from "./counterparts.ts";
import { readProvider } from "../../src/messages/provider-store.ts";
import { VAULT } from "../vault.ts";

let platform: Platform;
/** Of another workspace. */
let foreignKey: string;
const sql: Sql = {
  query: (text, values) => platform.sql.query(text, values),
  transaction: (work) => platform.sql.transaction(work),
};
beforeAll(async () => {
  platform = await startPlatform({
    routes: (app) =>
      providerRoutes(app, { sql, vault: VAULT, clock: Date.now, publicUrl: "https://t.shop.example/" }),
  });
  // Before any request: keys made behind the server's back are known to it within seconds only.
  const other = await addWorkspace(platform.sql, "Other", Date.now());
  foreignKey = (await createKey(platform.sql, other, { kind: "secret", name: "k" }, Date.now())).value;
});
afterAll(() => platform.stop());

type View = { readonly id: number; readonly config: { readonly [key: string]: unknown }; readonly secrets: object; readonly made: { readonly [name: string]: string }; readonly callbackUrl: string | null; readonly detail: string }; // prettier-ignore
const ask = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object, key = platform.first.secretKey!) => {
  const answer = await platform.app.inject({ method, url: path, headers: { authorization: `Bearer ${key}` }, ...(body && { payload: body }) });
  return { status: answer.statusCode, text: answer.body, body: answer.json<View>() };
}; // prettier-ignore
const stored = async (id: number) => (await readProvider(platform.sql, VAULT, null, id))!.config;
const twilio = { channel: "sms", driver: "twilio", name: "Texts", config: { accountSid: "AC1", authToken: "top-secret-1", from: "+15005550006" } }; // prettier-ignore

describe("a provider's secrets", () => {
  test("are set, and shown to nobody", async () => {
    const made = await ask("POST", "/v1/providers", twilio);
    expect(made).toMatchObject({ status: 201, body: { secrets: { authToken: true, apiKeySecret: false }, config: { accountSid: "AC1" }, callbackUrl: `https://t.shop.example/hooks/providers/${made.body.id}/twilio` } }); // prettier-ignore
    const listed = await ask("GET", "/v1/providers");
    for (const { text } of [made, listed]) expect(text).not.toContain("top-secret-1");
    expect(await stored(made.body.id)).toMatchObject({ authToken: "top-secret-1" });
  });

  test("stay when a change leaves them away, change when it names them, and go when it says null", async () => {
    const { id } = (await ask("POST", "/v1/providers", twilio)).body;
    const put = (config: object) => ask("PUT", `/v1/providers/${id}`, { ...twilio, config });
    expect((await put({ accountSid: "AC2", from: "+15005550006" })).status).toBe(200);
    expect(await stored(id)).toMatchObject({ accountSid: "AC2", authToken: "top-secret-1" });
    await put({ accountSid: "AC2", from: "+15005550006", authToken: "next" });
    expect(await stored(id)).toMatchObject({ authToken: "next" });
    expect(await put({ accountSid: "AC2", from: "+15005550006", authToken: null })).toMatchObject({ status: 422, body: { detail: expect.stringContaining("authToken") } }); // prettier-ignore
    expect(await stored(id)).toMatchObject({ authToken: "next" });
  });

  test("that stand deeper stay too, but not for another service's callbacks", async () => {
    const mail = (reports: object, more: object = {}) => ({ channel: "email", driver: "smtp", name: "Mail", config: { host: "mx", from: "a@b.example", reports, ...more } }); // prettier-ignore
    const dkim = { domain: "b.example", selector: "s", privateKey: aKey().privateKey };
    const { id, made } = (await ask("POST", "/v1/providers", mail({ from: "mailgun", signingKey: "k-1" }, { dkim, bounces: { domain: "b.b.example" } }))).body; // prettier-ignore
    expect(made).toEqual({});
    await ask("PUT", `/v1/providers/${id}`, mail({ from: "mailgun" }, { dkim: { domain: "b.example", selector: "s2" }, bounces: { domain: "b.b.example" } })); // prettier-ignore
    const kept = await stored(id);
    expect(kept).toMatchObject({ reports: { signingKey: "k-1" }, dkim: { selector: "s2", privateKey: dkim.privateKey }, bounces: { secret: expect.stringMatching(/.{20}/) } }); // prettier-ignore
    expect((await ask("PUT", `/v1/providers/${id}`, mail({ from: "postmark", user: "u" }))).status).toBe(422);
  });

  test("are made where nobody has to bring them, and shown that once", async () => {
    const hook = await ask("POST", "/v1/providers", { channel: "webhook", driver: "webhook", name: "CRM", config: {} }); // prettier-ignore
    expect(hook.body.made["secret"]).toMatch(/^whsec_/);
    const push = (await ask("POST", "/v1/providers", { channel: "web_push", driver: "vapid", name: "Push", config: { subject: "mailto:a@b.example" } })).body; // prettier-ignore
    const config = (await stored(push.id)) as { publicKey: string; privateKey: string };
    expect(push.config["publicKey"]).toBe(config.publicKey);
    expect(vapidKeysOf(Buffer.from(config.privateKey, "base64url")).publicKey).toBe(config.publicKey);
    // Another pair would end every subscription.
    await ask("PUT", `/v1/providers/${push.id}`, { channel: "web_push", driver: "vapid", name: "Push", config: { subject: "mailto:c@b.example" } }); // prettier-ignore
    const { publicKey, privateKey } = config;
    expect(await stored(push.id)).toMatchObject({ publicKey, privateKey, subject: "mailto:c@b.example" });
  });
});

describe("a provider", () => {
  test.each([
    ["a driver of another channel", { ...twilio, channel: "email" }, "does not serve"],
    ["a place that is wrong", { ...twilio, config: { ...twilio.config, baseUrl: "ftp://x" } }, "baseUrl"],
    ["a place that is not known", { ...twilio, config: { ...twilio.config, colour: "red" } }, "colour"],
    ["a secret that is missing", { ...twilio, config: { accountSid: "AC1", from: "+1" } }, "authToken"],
    ["a key that is not the other's", { channel: "web_push", driver: "vapid", name: "P", config: { subject: "mailto:a@b.example", publicKey: "B".repeat(87), privateKey: "A".repeat(43) } }, "privateKey"],
  ])("is not made with %s, which is told", async (_what, draft, words) => {
    const answer = await ask("POST", "/v1/providers", draft);
    expect(answer).toMatchObject({ status: 422 });
    expect(answer.text).toContain(words);
  }); // prettier-ignore

  test("is one workspace's own", async () => {
    const { id } = (await ask("POST", "/v1/providers", twilio)).body;
    expect((await ask("PUT", `/v1/providers/${id}`, twilio, foreignKey)).status).toBe(404);
    expect((await ask("POST", `/v1/providers/${id}/test`, { to: "+1" }, foreignKey)).status).toBe(404);
    expect((await ask("DELETE", `/v1/providers/${id}`, undefined, foreignKey)).status).toBe(404);
    expect((await ask("GET", "/v1/providers", undefined, foreignKey)).body).toEqual({ providers: [] });
    expect((await ask("DELETE", `/v1/providers/${id}`)).status).toBe(200);
    expect((await ask("DELETE", `/v1/providers/${id}`)).status).toBe(404);
  });

  test("that rests begins anew when it is changed", async () => {
    const { id } = (await ask("POST", "/v1/providers", twilio)).body;
    await platform.sql.query("update providers set rests_until = $2, problem = 'No' where id = $1", [id, Date.now() + 60_000]); // prettier-ignore
    const listed = await ask("GET", "/v1/providers");
    expect(listed.text).toContain('"problem":"No"');
    expect((await ask("PUT", `/v1/providers/${id}`, twilio)).body).toMatchObject({ restsUntil: null, problem: null }); // prettier-ignore
  });

  test("is tried with one message to one's own address, and says how it went", async () => {
    const server = await aMailCounterpart();
    const draft = { channel: "email", driver: "smtp", name: "Mail", config: { host: "127.0.0.1", port: server.port, security: "none", from: "shop@shop.example", timeoutMs: 20_000 } }; // prettier-ignore
    const { id } = (await ask("POST", "/v1/providers", draft)).body;
    expect((await ask("POST", `/v1/providers/${id}/test`, { to: "me@shop.example" })).body).toMatchObject({ outcome: "sent", providerId: expect.any(String) }); // prettier-ignore
    expect(server.received.map(({ headers }) => headers["to"])).toEqual(["me@shop.example"]);
    server.mood = "bad_address";
    expect((await ask("POST", `/v1/providers/${id}/test`, { to: "gone@shop.example" })).body).toMatchObject({ outcome: "failed", detail: expect.stringContaining("5.1.1") }); // prettier-ignore
    await expect.poll(() => server.connections(), { timeout: 10_000 }).toBe(0);
    await server.close();
  });
});
