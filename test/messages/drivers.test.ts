/**
 * The contract of every driver, each against a server that listens: what "sent", "try again", "never again" and "nobody
 * knows" mean is the same for mail, text messages, WhatsApp, push and webhooks.
 */
import { createECDH, randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/postgres.ts";
import { CONFIGS, type DriverName } from "../../src/messages/drivers/model.ts";
import { vapidKeysOf } from "../../src/messages/drivers/push-encryption.ts";
import { createDrivers, localProviderOf, openDriver } from "../../src/messages/providers.ts";
import type { Driver, Outgoing, Rendered } from "../../src/messages/model.ts";
import type { ProviderRow } from "../../src/messages/provider-store.ts";
import type { MessageChannel } from "../../src/permission/model.ts";
import type { JsonObject, WorkspaceId } from "../../src/values.ts";
import { aDatabase } from "../stores.ts";
import {
  type Counterpart,
  type Protocol,
  aKey,
  aMailCounterpart,
  anHttpCounterpart,
  outgoingOf,
} from "./counterparts.ts";

/** Long enough for a busy machine; where the other side says nothing it is waited for the shorter one. */
const TIMEOUT_MS = 20_000;
const SILENCE_MS = 2_000;
const { privateKey } = aKey();
const VAPID = vapidKeysOf(randomBytes(32));
const browser = createECDH("prime256v1");
browser.generateKeys();

const PROTOCOLS: { readonly [name: string]: Protocol } = {
  twilio: {
    takes: (_body, n) => ({ status: 201, json: { sid: `SM${String(n).padStart(32, "0")}`, status: "queued" } }),
    busy: () => ({ status: 429, headers: { "retry-after": "120" }, json: { code: 20429, message: "Too Many Requests", status: 429 } }),
    bad_address: () => ({ status: 400, json: { code: 21211, message: "Invalid 'To' Phone Number", status: 400 } }),
    doubts_us: () => ({ status: 401, json: { code: 20003, message: "Authenticate", status: 401 } }),
    too_large: () => ({ status: 400, json: { code: 21617, message: "The concatenated message body exceeds the 1600 character limit", status: 400 } }),
  },
  whatsapp_cloud: {
    takes: (body, n) => ({ status: 200, json: { messaging_product: "whatsapp", contacts: [{ input: "1", wa_id: "1" }], messages: [{ id: `wamid.${n}` }], x: body.length } }),
    busy: () => ({ status: 429, headers: { "retry-after": "120" }, json: { error: { code: 130429, message: "Rate limit hit" } } }),
    bad_address: () => ({ status: 400, json: { error: { code: 131026, message: "Message undeliverable", error_data: { details: "Not on WhatsApp" } } } }),
    doubts_us: () => ({ status: 401, json: { error: { code: 190, message: "Access token has expired" } } }),
    too_large: () => ({ status: 400, json: { error: { code: 132005, message: "Translated text too long" } } }),
  },
  vapid: {
    takes: (_body, n) => ({ status: 201, headers: { location: `https://push.example/m/${n}` } }),
    busy: () => ({ status: 429, headers: { "retry-after": "120" } }),
    bad_address: () => ({ status: 410 }),
    doubts_us: () => ({ status: 403 }),
    too_large: () => ({ status: 413 }),
  },
  fcm: {
    beside: (path) => (path === "/token" ? { status: 200, json: { access_token: "ya29.test", expires_in: 3599, token_type: "Bearer" } } : null),
    takes: (_body, n) => ({ status: 200, json: { name: `projects/shop/messages/${n}` } }),
    busy: () => ({ status: 503, headers: { "retry-after": "120" }, json: { error: { code: 503, status: "UNAVAILABLE", message: "Try later" } } }),
    bad_address: () => ({ status: 404, json: { error: { code: 404, status: "NOT_FOUND", message: "Requested entity was not found.", details: [{ "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", errorCode: "UNREGISTERED" }] } } }),
    doubts_us: () => ({ status: 401, json: { error: { code: 401, status: "UNAUTHENTICATED", message: "Invalid credentials" } } }),
    too_large: () => ({ status: 413 }),
  },
  webhook: {
    takes: () => ({ status: 204 }),
    busy: () => ({ status: 503, headers: { "retry-after": "120" } }),
    bad_address: () => ({ status: 410 }),
    doubts_us: () => ({ status: 401 }),
    too_large: () => ({ status: 413 }),
  },
}; // prettier-ignore

type Case = {
  readonly driver: DriverName;
  readonly channel: MessageChannel;
  open(): Promise<Counterpart>;
  config(counterpart: Counterpart): object;
  readonly to: (counterpart: Counterpart) => string;
  readonly content: (text: string) => Rendered;
  /** Whether the text stands in what was received, however it is written there. */
  readonly holds: (received: { readonly body: string }, text: string) => boolean;
  /** One address's trouble is the provider's. */
  readonly wholeProvider: { readonly busy: boolean; readonly doubt: boolean };
  readonly busyMs: number | null;
  /** A second hand-over of the same id is no second message. */
  readonly repeatable: boolean;
};
const baseUrl = ({ url }: Counterpart) => ({ baseUrl: url, timeoutMs: TIMEOUT_MS });
const decodedMail = (body: string) => body.replaceAll(/=\r\n/g, "").replaceAll(/(?:=[0-9A-F]{2})+/g, (coded) => Buffer.from(coded.replaceAll("=", ""), "hex").toString()); // prettier-ignore

const CASES: readonly Case[] = [
  {
    driver: "smtp", channel: "email", open: aMailCounterpart, to: () => "ann@example.com", repeatable: false, busyMs: null,
    config: ({ port }) => ({ host: "127.0.0.1", port, security: "none", from: "Shop <shop@shop.example>", timeoutMs: TIMEOUT_MS }),
    content: (text) => ({ channel: "email", subject: text, html: `<p>${text}</p>`, text, from: null, replyTo: null }),
    holds: ({ body }, text) => decodedMail(body).includes(text) || body.includes(Buffer.from(text).toString("base64").slice(0, 40)),
    wholeProvider: { busy: false, doubt: true },
  },
  {
    driver: "twilio", channel: "sms", open: () => anHttpCounterpart(PROTOCOLS["twilio"]!), to: () => "+41791234567", repeatable: false, busyMs: 120_000,
    config: (counterpart) => ({ accountSid: "AC1", authToken: "t", from: "+15005550006", ...baseUrl(counterpart) }),
    content: (text) => ({ channel: "sms", text }),
    holds: ({ body }, text) => new URLSearchParams(body).get("Body") === text,
    wholeProvider: { busy: true, doubt: true },
  },
  {
    driver: "whatsapp_cloud", channel: "whatsapp", open: () => anHttpCounterpart(PROTOCOLS["whatsapp_cloud"]!), to: () => "+41791234567", repeatable: false, busyMs: 120_000,
    config: (counterpart) => ({ phoneNumberId: "123", accessToken: "t", appSecret: "s", verifyToken: "v", ...baseUrl(counterpart) }),
    content: (text) => ({ channel: "whatsapp", name: null, language: "en", values: [], text }),
    holds: ({ body }, text) => JSON.parse(body).text.body === text,
    wholeProvider: { busy: true, doubt: true },
  },
  {
    driver: "vapid", channel: "web_push", open: () => anHttpCounterpart(PROTOCOLS["vapid"]!), repeatable: false, busyMs: 120_000,
    to: ({ url }) => JSON.stringify({ endpoint: `${url}/push/1`, keys: { p256dh: browser.getPublicKey("base64url"), auth: Buffer.alloc(16, 7).toString("base64url") } }),
    config: () => ({ ...VAPID, subject: "mailto:ops@shop.example", endpoints: "any", timeoutMs: TIMEOUT_MS }),
    content: (text) => ({ channel: "web_push", title: text, body: text, url: null, icon: null }),
    // Sealed: that it can be opened by the browser alone is shown by RFC 8291's own example.
    holds: ({ body }, text) => !body.includes(text),
    wholeProvider: { busy: false, doubt: true },
  },
  {
    driver: "fcm", channel: "mobile_push", open: () => anHttpCounterpart(PROTOCOLS["fcm"]!), to: () => "device-token", repeatable: false, busyMs: 120_000,
    config: (counterpart) => ({ projectId: "shop", clientEmail: "s@shop.iam.gserviceaccount.com", privateKey, tokenUrl: `${counterpart.url}/token`, ...baseUrl(counterpart) }),
    content: (text) => ({ channel: "mobile_push", title: text, body: text, data: {} }),
    holds: ({ body }, text) => JSON.parse(body).message.notification.body === text,
    wholeProvider: { busy: true, doubt: true },
  },
  {
    driver: "webhook", channel: "webhook", open: () => anHttpCounterpart(PROTOCOLS["webhook"]!), to: ({ url }) => `${url}/hook`, repeatable: true, busyMs: 120_000,
    config: () => ({ secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", timeoutMs: TIMEOUT_MS }),
    content: (text) => ({ channel: "webhook", url: "", body: JSON.stringify({ text }) }),
    holds: ({ body }, text) => JSON.parse(body).text === text,
    wholeProvider: { busy: false, doubt: false },
  },
]; // prettier-ignore

let sql: Database;
let drop: () => Promise<void>;
beforeAll(async () => ({ sql, drop } = await aDatabase()));
afterAll(() => drop());
const providerOf = (driver: DriverName, channel: MessageChannel, config: object): ProviderRow => ({
  ...localProviderOf(1 as WorkspaceId, channel), id: 7, driver, config: CONFIGS[driver].parse(config) as JsonObject,
}); // prettier-ignore

describe.each(CASES)("the driver $driver", (one) => {
  let counterpart: Counterpart;
  let driver: Driver;
  const messageOf = (text = "Your boots are on their way", more: Partial<Outgoing> = {}) =>
    outgoingOf(one.content(text), { to: one.to(counterpart), ...more });
  const opened = (more: object = {}): Driver =>
    openDriver(providerOf(one.driver, one.channel, { ...one.config(counterpart), ...more }), { sql, clock: Date.now, publicUrl: undefined }); // prettier-ignore
  beforeEach(async () => {
    counterpart = await one.open();
    driver = opened();
  });
  afterEach(async () => {
    await driver.close();
    await counterpart.close();
  });

  test("hands a message over once, and is told under which name it was taken", async () => {
    const delivery = await driver.send(messageOf());
    expect(delivery).toEqual({ type: "sent", providerId: expect.stringMatching(/.+/) });
    expect(counterpart.received).toHaveLength(1);
    expect(one.holds(counterpart.received[0]!, "Your boots are on their way")).toBe(true);
  });

  test("hands over many at once, each under a name of its own", async () => {
    const sent = await Promise.all(
      Array.from({ length: 20 }, (_, n) => driver.send(messageOf(`Message ${n}`))),
    );
    const names = sent.map((delivery) => (delivery.type === "sent" ? delivery.providerId : delivery.detail));
    expect(new Set(names).size).toBe(20);
    expect(counterpart.received).toHaveLength(20);
  });

  test("keeps letters of all scripts as they are", async () => {
    const text = "Grüße, 你好, привет, مرحبا, 👟🏔️";
    expect((await driver.send(messageOf(text))).type).toBe("sent");
    expect(one.holds(counterpart.received[0]!, text)).toBe(true);
  });

  test("is told to come back later, and when", async () => {
    counterpart.mood = "busy";
    expect(await driver.send(messageOf())).toMatchObject({ type: "retry", afterMs: one.busyMs, provider: one.wholeProvider.busy });
    counterpart.mood = "takes";
    expect((await driver.send(messageOf())).type).toBe("sent");
  }); // prettier-ignore

  test("gives up an address that is none, and says that it gets nothing any more", async () => {
    counterpart.mood = "bad_address";
    expect(await driver.send(messageOf())).toMatchObject({
      type: "failed",
      reason: "bad_address",
      suppress: expect.stringMatching(/bounced|invalid/),
    });
  });

  test("does not blame the address when the provider doubts us", async () => {
    counterpart.mood = "doubts_us";
    const delivery = await driver.send(messageOf());
    expect(delivery).toMatchObject({
      type: "retry",
      provider: one.wholeProvider.doubt,
      afterMs: 15 * 60_000,
    });
  });

  test("gives up a message that is too large, without a word against the address", async () => {
    counterpart.mood = "too_large";
    expect(await driver.send(messageOf())).toMatchObject({
      type: "failed",
      reason: "too_large",
      suppress: null,
    });
  });

  test.each(["silent", "hangs_up"] as const)("does not claim to know when the other side has read all and is %s", async (mood) => {
    counterpart.mood = mood;
    await driver.close();
    driver = opened({ timeoutMs: SILENCE_MS });
    const delivery = await driver.send(messageOf());
    expect(counterpart.received).toHaveLength(1);
    expect(delivery.type).toBe(one.repeatable ? "retry" : "unknown");
  }); // prettier-ignore

  test("knows that nothing was sent when nobody answers at the address", async () => {
    await counterpart.close();
    const delivery = await driver.send(messageOf());
    // A push subscription and a webhook are addresses of their own; the others stand for the whole provider.
    const own = one.driver === "vapid" || one.driver === "webhook";
    expect(delivery).toMatchObject({ type: "retry", provider: !own });
    counterpart = await one.open();
  });

  test("finishes what it was given before it closes, and leaves no connection behind", async () => {
    const sending = driver.send(messageOf());
    await driver.close();
    expect((await sending).type).toBe("sent");
    await driver.close();
    await expect.poll(() => counterpart.connections(), { timeout: 10_000 }).toBe(0);
  });
});

describe("drivers that stay with their providers", () => {
  test("keeps one open while its provider stays as it is, and opens another when it was changed", async () => {
    const drivers = createDrivers({ sql, clock: Date.now, publicUrl: undefined });
    const provider = localProviderOf(1 as WorkspaceId, "sms");
    const first = drivers.of(provider);
    expect(drivers.of({ ...provider })).toBe(first);
    expect(drivers.of({ ...provider, updatedAt: 1 })).not.toBe(first);
    await drivers.close();
  });

  test("lets a provider rest whose configuration cannot be used, and says what is wrong", async () => {
    const broken = {
      ...localProviderOf(1 as WorkspaceId, "email"),
      driver: "smtp" as const,
      config: { host: "mail" },
    };
    const driver = openDriver(broken, { sql, clock: Date.now, publicUrl: undefined });
    const delivery = await driver.send(outgoingOf({ channel: "sms", text: "x" }));
    expect(delivery).toMatchObject({
      type: "retry",
      provider: true,
      detail: expect.stringContaining("from"),
    });
  });

  test("the local outbox takes everything and sends nothing", async () => {
    const driver = openDriver(localProviderOf(1 as WorkspaceId, "sms"), { sql, clock: Date.now, publicUrl: undefined }); // prettier-ignore
    const message = outgoingOf({ channel: "sms", text: "Hello" }, { id: "m1" });
    expect(await driver.send(message)).toEqual({ type: "sent", providerId: "local-m1" });
  });
});
