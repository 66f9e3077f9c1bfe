/** Push on the whole platform: a browser subscribes, is sent a message that it alone can open, and is let go when it is gone. */
import { createECDH, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { userTokenOf } from "../../src/messages/inbox-token.ts";
import { type OutboxMessage, settle } from "../../src/messages/outbox.ts";
import { suppress } from "../../src/messages/reports.ts";
import { type Whole, startWhole } from "../http/whole.ts";

let whole: Whole;
let secret: string;
let publicKey: string;
beforeAll(async () => {
  whole = await startWhole();
  const make = (draft: object) => whole.ask<{ made: { secret: string }; config: { publicKey: string } }>(whole.first, "POST", "/v1/providers", draft);
  secret = (await make({ channel: "in_app", driver: "in_app", name: "Site", config: {} })).made.secret;
  publicKey = (await make({ channel: "web_push", driver: "vapid", name: "Push", config: { subject: "mailto:ops@shop.example" } })).config.publicKey;
}); // prettier-ignore
afterAll(() => whole.end());

/** As a page asks, without a secret key. */
const asked = (method: string, path: string, body?: object) =>
  fetch(`${whole.address}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
const seen = async (names: { readonly userId?: string; readonly anonymousId?: string }): Promise<void> => {
  const body = { ...names, messageId: randomUUID(), writeKey: whole.first.writeKey };
  await asked("POST", "/v1/identify", body);
  await whole.drain();
};
const aSubscription = () => {
  const browser = createECDH("prime256v1");
  browser.generateKeys();
  return JSON.stringify({ endpoint: `https://push.example/${randomUUID()}`, keys: { p256dh: browser.getPublicKey("base64url"), auth: Buffer.alloc(16, 1).toString("base64url") } }); // prettier-ignore
};
const tell = async (who: object, address: string, path = "/push/addresses", channel = "web_push") =>
  (await asked("POST", path, { writeKey: whole.first.writeKey, channel, address, ...who })).status;
const kept = () =>
  whole.stores.sql.query<{ address: string; retired: boolean }>("select address, retired_at is not null as retired from push_addresses order by told_at, address"); // prettier-ignore

test("a page gets the key to subscribe with", async () => {
  const answer = await asked("GET", `/push/key?writeKey=${whole.first.writeKey}`);
  expect([answer.status, await answer.json()]).toEqual([200, { publicKey }]);
  expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  expect((await asked("GET", "/push/key?writeKey=wk_wrong")).status).toBe(401);
});

test("a browser that subscribed is kept once, and by whoever told it last", async () => {
  await seen({ anonymousId: "browser-1" });
  const address = aSubscription();
  const device = { kind: "anonymous_id", value: "browser-1" };
  expect([await tell(device, address), await tell(device, address)]).toEqual([200, 200]);
  expect(await kept()).toEqual([{ address, retired: false }]);
  await seen({ userId: "ann" });
  const ann = { kind: "user_id", value: "ann", userToken: userTokenOf(secret, "user_id", "ann", Date.now() + 60_000) }; // prettier-ignore
  expect(await tell(ann, address)).toBe(200);
  const [row] = await whole.stores.sql.query<{ atom: number }>("select atom from push_addresses where address = $1", [address]); // prettier-ignore
  const found = await whole.ask<{ id: string }>(whole.first, "GET", "/v1/customers/lookup?kind=user_id&value=ann"); // prettier-ignore
  expect(`c${row!.atom}`).toBe(found.id);
  // The browser that had it can end it no more.
  await tell(device, address, "/push/addresses/end");
  expect(await kept()).toEqual([{ address, retired: false }]);
  await tell(ann, address, "/push/addresses/end");
  expect(await kept()).toEqual([{ address, retired: true }]);
});

test("nobody has somebody else's messages sent to an own browser", async () => {
  await seen({ userId: "victim" });
  expect(await tell({ kind: "user_id", value: "victim" }, aSubscription())).toBe(403);
  expect(await tell({ kind: "user_id", value: "victim", userToken: userTokenOf("guess", "user_id", "victim", Date.now() + 60_000) }, aSubscription())).toBe(403); // prettier-ignore
});

test("what is no subscription, and who is not known yet, are told so", async () => {
  expect(await tell({ kind: "anonymous_id", value: "browser-1" }, "not JSON")).toBe(422);
  expect(await tell({ kind: "anonymous_id", value: "nobody-yet" }, aSubscription())).toBe(422);
});

test("a browser that was gone and subscribes anew is sent messages again", async () => {
  await seen({ anonymousId: "browser-2" });
  const [address, device] = [aSubscription(), { kind: "anonymous_id", value: "browser-2" }];
  await tell(device, address);
  await suppress(whole.stores.sql, { workspace: whole.first.workspace, channel: "web_push", address, purpose: "", reason: "invalid", message: null, detail: "410", at: Date.now() }, Date.now()); // prettier-ignore
  expect(await kept()).toContainEqual({ address, retired: true });
  await tell(device, address);
  expect(await kept()).toContainEqual({ address, retired: false });
  expect(await whole.stores.sql.query("select 1 as one from suppressions where address = $1", [address])).toEqual([]); // prettier-ignore
});

test("a browser that a push service no longer knows is found out by sending, and another one of the customer's serves", async () => {
  await seen({ anonymousId: "browser-3" });
  const device = { kind: "anonymous_id", value: "browser-3" };
  const [old, other] = [aSubscription(), aSubscription()];
  await tell(device, other);
  await tell(device, old);
  const { sql } = whole.stores;
  const [row] = await sql.query<{ atom: number }>("select atom from push_addresses where address = $1", [old]); // prettier-ignore
  await sql.query(
    `insert into messages (id, workspace, atom, channel, template, purpose, asked, state, due_at, created_at, expires_at, attempts)
     values ('m-push', $1, $2, 'web_push', 1, 'marketing', '{}', 'sending', 0, 0, $3, 1)`,
    [whole.first.workspace, row!.atom, Date.now() + 60_000],
  );
  const message = { id: "m-push", atom: row!.atom, attempts: 1 } as unknown as OutboxMessage;
  await settle(sql, { workspace: whole.first.workspace, channel: "web_push" }, [{
    message, state: "failed", dueAt: Date.now(), reason: "bad_address", detail: "410", provider: null, providerId: null, templateNo: null, content: null,
    receipt: null, uncounted: false, suppress: { address: old, reason: "invalid" },
  }], Date.now());
  expect(await kept()).toContainEqual({ address: old, retired: true });
  expect(await kept()).toContainEqual({ address: other, retired: false });
}); // prettier-ignore
