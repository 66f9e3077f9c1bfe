/**
 * A shop with everything that stands around it, all of it real: the whole platform with its web app and a clock that a
 * story can set ahead, its site in Chromium with the browser SDK, a mail server, a push service, an ad network that is
 * told who is in an audience, and a till.
 */
import { createECDH, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { userTokenOf } from "../../src/messages/inbox-token.ts";
import { newVisitor, openBrowser } from "../browser.ts";
import { startWhole, type Whole } from "../http/whole.ts";
import { aReceiver } from "../journeys/receiver.ts";
import { aMailCounterpart, anHttpCounterpart } from "../messages/counterparts.ts";
import { buildSdk, openGate, openSite } from "../sdk-browser/stage.ts";
import { buildWeb } from "../web/site.ts";

export const ZONE = "Asia/Tokyo";
const HOUR_MS = 3_600_000;
const OWNER = { name: "Ann Owner", email: "ann@shop.example", password: "a long sentence is best", workspaceName: "Boots & Co" }; // prettier-ignore

/** How long until the next time the clocks in Tokyo, nine hours ahead of UTC the whole year, stand at `hour`. */
export function msUntilHour(hour: number, now: number): number {
  const dayMs = 24 * HOUR_MS;
  return (hour * HOUR_MS - ((now + 9 * HOUR_MS) % dayMs) + dayMs) % dayMs;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Opens it all, in the evening; some 10 s. */
export async function openShop() {
  const ahead = new SharedArrayBuffer(8);
  const aheadMs = new Float64Array(ahead);
  aheadMs[0] = msUntilHour(20, Date.now());
  const port = await freePort();
  const [mail, push, ads, browser] = await Promise.all([
    aMailCounterpart(),
    anHttpCounterpart({ takes: (_, n) => ({ status: 201, headers: { location: `https://push.example/${n}` } }), busy: GONE, bad_address: GONE, doubts_us: GONE, too_large: GONE }),
    aReceiver(() => ({ status: 204 })),
    openBrowser(),
  ]); // prettier-ignore
  // As `npm run build` leaves them, side by side.
  const built = await mkdtemp(join(tmpdir(), "throughline-scene-"));
  const webDir = join(built, "web");
  await Promise.all([buildWeb(webDir), buildSdk(join(built, "sdk"))]);
  const whole = await startWhole({ PORT: String(port), THROUGHLINE_URL: `http://127.0.0.1:${port}`, THROUGHLINE_DECIDE_MS: "10000" }, { ahead, webDir }); // prettier-ignore
  const gate = await openGate(whole.address);
  const site = await openSite(browser, gate, whole.first.writeKey);
  const provider = (channel: string, driver: string, config: object) =>
    whole.ask<{ made: { secret: string } }>(whole.first, "POST", "/v1/providers", { channel, driver, name: driver, config }); // prettier-ignore
  const { made } = await provider("in_app", "in_app", {});
  await provider("email", "smtp", { host: "127.0.0.1", port: mail.port, security: "none", from: "Boots & Co <hello@shop.example>" }); // prettier-ignore
  await provider("web_push", "vapid", { subject: "mailto:ops@shop.example", endpoints: "any" });
  return {
    whole, mail, push, ads, site, gate,
    now: () => Date.now() + aheadMs[0]!,
    /** Time passes, for the whole platform. */
    passes: (ms: number) => void (aheadMs[0]! += ms),
    userToken: (userId: string) => userTokenOf(made.secret, "user_id", userId, Date.now() + 30 * 24 * HOUR_MS),
    /** What a browser that agreed to push gives its page, at our push service. */
    subscription: () => {
      const keys = createECDH("prime256v1");
      keys.generateKeys();
      return JSON.stringify({ endpoint: `${push.url}/push/1`, keys: { p256dh: keys.getPublicKey("base64url"), auth: Buffer.alloc(16, 7).toString("base64url") } });
    },
    ...staffOf(whole, browser),
    close: async () => {
      await browser.close();
      await site.stop();
      await gate.stop();
      await whole.end();
      await Promise.all([mail.close(), push.close(), ads.close()]);
      await rm(built, { recursive: true, force: true });
    },
  }; // prettier-ignore
}
export type Shop = Awaited<ReturnType<typeof openShop>>;
const GONE = () => ({ status: 410 });

/** What those who work there do. */
function staffOf(whole: Whole, browser: Browser) {
  const ask = <T>(method: string, path: string, body?: unknown) => whole.ask<T>(whole.first, method, path, body);
  return {
    ask,
    /** The events of a server of the shop's: the till, the telephone. */
    tell: async (...batch: readonly object[]) => {
      const answer = await fetch(`${whole.address}/v1/batch`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Basic ${btoa(`${whole.first.writeKey}:`)}` },
        body: JSON.stringify({ batch: batch.map((event) => ({ messageId: randomUUID(), ...event })) }),
      });
      if (!answer.ok) throw new Error(`The events were answered ${answer.status}: ${await answer.text()}`);
      await answer.text();
      await whole.drain();
    },
    /** Lays a place down, and waits until it serves. */
    place: async (key: string, candidates: readonly object[], kind = "web") => {
      await ask("PUT", `/v1/places/${key}`, { name: key, kind, candidates: candidates.map((one) => ({ name: (one as { id: string }).id, kind: "content", ...one })) });
      await until(() => ask<{ state: string }>("GET", `/v1/places/${key}`), ({ state }) => state === "live");
    },
    /** Publishes a journey, and waits until customers can enter it. */
    journey: async (draft: object): Promise<number> => {
      const { id } = await ask<{ id: number }>("POST", "/v1/journeys", { draft: { holdoutRatio: 0, ...draft } });
      await ask("POST", `/v1/journeys/${id}/publish`, {});
      await until(() => ask<{ state: string }>("GET", `/v1/journeys/${id}`), ({ state }) => state === "live");
      return id;
    },
    template: async (name: string, content: object): Promise<number> => (await ask<{ id: number }>("POST", "/v1/templates", { name, content })).id,
    /** Sends one message by the API; how it ended. */
    send: async (customerId: string, template: number, more: object): Promise<{ state: string; reason: string | null }> => {
      const { id } = await ask<{ id: string }>("POST", "/v1/messages", { customerId, template, ...more });
      return until(() => ask<{ state: string; reason: string | null }>("GET", `/v1/messages/${id}`), ({ state }) => state !== "due" && state !== "sending");
    },
    /** The desk on a telephone, signed in as the owner. */
    openDesk: async () => {
      const context = await newVisitor(browser, { viewport: { width: 390, height: 844 } });
      const answer = await context.request.post(`${whole.address}/auth/setup`, { data: OWNER, headers: { origin: whole.address } });
      if (!answer.ok()) throw new Error(`Setting up was answered ${answer.status()}: ${await answer.text()}`);
      const page = await context.newPage();
      await page.goto(`${whole.address}/desk`);
      return page;
    },
    /** A page of ours as the customer opens it, from a link in a mail. */
    openPage: async (url: string) => {
      const page = await (await newVisitor(browser)).newPage();
      await page.goto(url);
      return page;
    },
  };
} // prettier-ignore

/** Waits until what is asked is as it should be. */
export async function until<T>(asked: () => Promise<T> | T, isSo: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + 40_000;
  for (;;) {
    const value = await asked();
    if (isSo(value)) return value;
    if (Date.now() > deadline) throw new Error(`It never was so; at last ${JSON.stringify(value)}.`);
    await pause(30);
  }
}

/** A mail's text, as a reader shows it. */
export function textOf(body: string): string {
  const bytes = body.replaceAll(/=\r?\n/g, "").replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))); // prettier-ignore
  return Buffer.from(bytes, "latin1").toString();
}
