/**
 * In-app messages on the whole platform: they come while the customer looks, stay until they are dismissed, and nobody
 * reads the inbox of somebody else.
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { inAppDriver } from "../../src/messages/drivers/in-app.ts";
import { userTokenOf } from "../../src/messages/inbox-token.ts";
import { MESSAGE_LIMITS } from "../../src/messages/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { type Whole, startWhole } from "../http/whole.ts";
import { outgoingOf } from "./counterparts.ts";

let whole: Whole;
let secret: string;
beforeAll(async () => {
  whole = await startWhole();
  const { made } = await whole.ask<{ made: { secret: string } }>(whole.first, "POST", "/v1/providers", {
    channel: "in_app",
    driver: "in_app",
    name: "Site",
    config: {},
  });
  secret = made.secret;
});
afterAll(() => whole.end());

/** Somebody is seen, under these names; the customer's id. */
const seen = async (names: { readonly userId?: string; readonly anonymousId?: string; readonly email?: string }): Promise<string> => {
  const { email, ...ids } = names;
  await fetch(`${whole.address}/v1/identify`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${whole.first.writeKey}:`)}`, "content-type": "application/json" },
    body: JSON.stringify({ ...ids, ...(email && { traits: { email } }), messageId: randomUUID() }),
  });
  await whole.drain();
  const [kind, value] = ids.userId === undefined ? ["anonymous_id", ids.anonymousId] : ["user_id", ids.userId];
  return (await whole.ask<{ id: string }>(whole.first, "GET", `/v1/customers/lookup?kind=${kind}&value=${value}`)).id;
}; // prettier-ignore
const send = (customer: string, title: string, more: { readonly id?: string; readonly place?: string } = {}) =>
  inAppDriver(whole.stores.sql, Date.now).send(
    outgoingOf(
      { channel: "in_app", title, body: "Your order is ready", url: "https://shop.example/o/1", place: more.place ?? "inbox" },
      { customer, to: customer, workspace: whole.first.workspace, ...(more.id !== undefined && { id: more.id }) },
    ),
  ); // prettier-ignore

type Who = { readonly [name: string]: string };
const query = (who: Who) => new URLSearchParams({ writeKey: whole.first.writeKey, ...who }).toString();
const tokenFor = (kind: string, value: string, lastsMs = 60_000) =>
  userTokenOf(secret, kind, value, Date.now() + lastsMs);
const signed = (userId: string): Who => ({ kind: "user_id", value: userId, userToken: tokenFor("user_id", userId) }); // prettier-ignore
const inbox = async (who: Who) => {
  const answer = await fetch(`${whole.address}/in-app/messages?${query(who)}`);
  const body = (await answer.json()) as { messages: { id: number; title: string; place: string; seenAt: string | null }[]; unseen: number; nextCursor: string | null }; // prettier-ignore
  return { status: answer.status, headers: answer.headers, ...body };
};
const titles = async (who: Who) => (await inbox(who)).messages.map(({ title }) => title);

describe("an in-app message", () => {
  test("lies in the customer's inbox, once however often it is handed over", async () => {
    const customer = await seen({ userId: "ann" });
    const first = await send(customer, "Ready", { id: "m-in-1" });
    expect(first).toEqual({ type: "sent", providerId: expect.any(String) });
    expect(await send(customer, "Ready", { id: "m-in-1" })).toEqual(first);
    expect(await inbox(signed("ann"))).toMatchObject({ status: 200, unseen: 1, messages: [{ title: "Ready", place: "inbox", seenAt: null }] }); // prettier-ignore
  });

  test("is seen and dismissed by its reader, which is told of once", async () => {
    const customer = await seen({ userId: "ben" });
    await send(customer, "One");
    await send(customer, "Two");
    const [two] = (await inbox(signed("ben"))).messages;
    const mark = (what: string) => fetch(`${whole.address}/in-app/messages/${two!.id}/${what}?${query(signed("ben"))}`, { method: "POST" }); // prettier-ignore
    expect((await mark("seen")).status).toBe(200);
    expect((await mark("seen")).status).toBe(200);
    expect(await inbox(signed("ben"))).toMatchObject({ unseen: 1, messages: [{ title: "Two", seenAt: expect.any(String) }, { title: "One" }] }); // prettier-ignore
    expect((await mark("dismissed")).status).toBe(200);
    expect(await titles(signed("ben"))).toEqual(["One"]);
  });

  test("is found by place, and by pages", async () => {
    const customer = await seen({ userId: "cat" });
    for (let n = 0; n < 5; n++) await send(customer, `N${n}`, { place: n % 2 === 0 ? "banner" : "inbox" });
    expect(await titles({ ...signed("cat"), place: "banner" })).toEqual(["N4", "N2", "N0"]);
    const page = await inbox({ ...signed("cat"), limit: "2" });
    expect(page.messages.map(({ title }) => title)).toEqual(["N4", "N3"]);
    expect(await titles({ ...signed("cat"), limit: "2", cursor: page.nextCursor! })).toEqual(["N2", "N1"]);
  });

  test("goes with the customer when two become one", async () => {
    const before = await seen({ anonymousId: "phone-of-dan" });
    await send(before, "Before");
    const after = await seen({ userId: "dan", anonymousId: "phone-of-dan" });
    await send(after, "After");
    expect(await titles(signed("dan"))).toEqual(["After", "Before"]);
  });

  test("of long ago makes room for new ones", async () => {
    const customer = await seen({ userId: "eve" });
    for (let n = 0; n <= MESSAGE_LIMITS.inboxMax; n++) await send(customer, `N${n}`);
    const rows = await whole.stores.sql.query<{ n: number }>("select count(*)::int as n from inbox_messages where body->>'title' in ('N0', 'N1', 'N200') and atom = $1", [Number(customer.slice(1))]); // prettier-ignore
    // The very first went.
    expect(rows).toEqual([{ n: 2 }]);
  });

  test("to nobody is given up", async () => {
    expect(await send("c999999", "Nobody")).toMatchObject({ type: "failed", reason: "bad_address" });
    const stranger = await whole.workspace("Stranger");
    const customer = await seen({ userId: "fay" });
    const driver = inAppDriver(whole.stores.sql, Date.now);
    const content = { channel: "in_app", title: "x", body: "x", url: null, place: "inbox" } as const;
    expect(await driver.send(outgoingOf(content, { customer, to: customer, workspace: stranger.workspace as WorkspaceId }))).toMatchObject({ type: "failed" }); // prettier-ignore
  });
});

describe("nobody reads the inbox of somebody else", () => {
  test("a name that can be guessed opens nothing without a token", async () => {
    await send(await seen({ userId: "gil", email: "gil@example.com" }), "Private");
    expect((await inbox({ kind: "user_id", value: "gil" })).status).toBe(403);
    expect((await inbox({ kind: "email", value: "gil@example.com" })).status).toBe(403);
    expect(await titles({ kind: "email", value: "gil@example.com", userToken: tokenFor("email", "gil@example.com") })).toEqual(["Private"]); // prettier-ignore
  });

  test("a token is good for its own name, its own kind and its own time", async () => {
    await seen({ userId: "hal" });
    const good = tokenFor("user_id", "hal");
    const tries: readonly Who[] = [
      { kind: "user_id", value: "gil", userToken: good },
      { kind: "external_id", value: "hal", userToken: good },
      { kind: "user_id", value: "hal", userToken: tokenFor("user_id", "hal", -1000) },
      { kind: "user_id", value: "hal", userToken: tokenFor("user_id", "hal", 365 * 86_400_000) },
      { kind: "user_id", value: "hal", userToken: userTokenOf("another secret", "user_id", "hal", Date.now() + 60_000) }, // prettier-ignore
      { kind: "user_id", value: "hal", userToken: `${good.slice(0, -1)}!` },
      { kind: "user_id", value: "hal", userToken: "" },
    ];
    for (const who of tries) expect([who, (await inbox(who)).status]).toEqual([who, 403]);
    expect((await inbox({ kind: "user_id", value: "hal", userToken: good })).status).toBe(200);
  });

  test("a device opens the inbox of a visitor without a name, and no longer when the customer has one", async () => {
    const device = { kind: "anonymous_id", value: "shared-tablet" };
    await send(await seen({ anonymousId: "shared-tablet" }), "Hello visitor");
    expect(await titles(device)).toEqual(["Hello visitor"]);
    await seen({ userId: "ida", anonymousId: "shared-tablet" });
    expect((await inbox(device)).status).toBe(403);
  });

  test("a message of another's inbox can be neither seen nor dismissed", async () => {
    await send(await seen({ userId: "jim" }), "Jim's");
    await seen({ userId: "kay" });
    const [jims] = (await inbox(signed("jim"))).messages;
    const answer = await fetch(`${whole.address}/in-app/messages/${jims!.id}/dismissed?${query(signed("kay"))}`, { method: "POST" }); // prettier-ignore
    expect(answer.status).toBe(404);
    expect(await titles(signed("jim"))).toEqual(["Jim's"]);
  });

  test("a write key of another workspace, a wrong one and none open nothing", async () => {
    const other = await whole.workspace("Other");
    // A key that was made beside the server is known to it a moment later.
    await vi.waitFor(async () => expect((await inbox({ ...signed("ann"), writeKey: other.writeKey })).status).toBe(404)); // prettier-ignore
    expect((await inbox({ ...signed("ann"), writeKey: "wk_wrong" })).status).toBe(401);
  });

  test("but every page may ask", async () => {
    const { headers } = await inbox(signed("ann"));
    expect(headers.get("access-control-allow-origin")).toBe("*");
    const asked = await fetch(`${whole.address}/in-app/messages/1/seen`, { method: "OPTIONS", headers: { "access-control-request-headers": "authorization" } }); // prettier-ignore
    expect([asked.status, asked.headers.get("access-control-allow-headers")]).toEqual([204, "authorization"]);
  });
});

describe("while the customer looks", () => {
  /** What comes over a stream. */
  const watching = async (who: Who, headers: { readonly [name: string]: string } = {}) => {
    const stop = new AbortController();
    const answer = await fetch(`${whole.address}/in-app/stream?${query(who)}`, { signal: stop.signal, headers }); // prettier-ignore
    const shown: { id: number; title: string }[] = [];
    const read = (async () => {
      let text = "";
      for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
        text += piece;
        const blocks = text.split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) {
          const data = /^data: (.+)$/m.exec(block)?.[1];
          if (data !== undefined) shown.push(JSON.parse(data) as { id: number; title: string });
        }
      }
    })().catch(() => undefined);
    return { answer, shown, end: () => (stop.abort(), read) };
  };

  test("messages come by themselves, each once, and only the customer's own", async () => {
    const [lea, max] = [await seen({ userId: "lea" }), await seen({ userId: "max" })];
    await send(lea, "Old");
    const watch = await watching(signed("lea"));
    expect([watch.answer.status, watch.answer.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "*",
    ]);
    await send(max, "For Max");
    await send(lea, "New 1");
    await send(lea, "New 2");
    await vi.waitFor(() => expect(watch.shown.map(({ title }) => title)).toEqual(["New 1", "New 2"]));
    await watch.end();
  });

  test("what came while the line was down is made up for", async () => {
    const nia = await seen({ userId: "nia" });
    await send(nia, "First");
    const [first] = (await inbox(signed("nia"))).messages;
    await send(nia, "Missed");
    const watch = await watching(signed("nia"), { "last-event-id": String(first!.id) });
    await vi.waitFor(() => expect(watch.shown.map(({ title }) => title)).toEqual(["Missed"]));
    await watch.end();
  });

  test("nobody watches without proof", async () => {
    const watch = await watching({ kind: "user_id", value: "lea" });
    expect(watch.answer.status).toBe(403);
    await watch.end();
  });
});
