/** Webhooks: signed, told once to each who asked, tried again later, never twice at once; against real receivers. */
import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Database } from "../../src/db/postgres.ts";
import { type WorkspaceId } from "../../src/values.ts";
import { WEBHOOK_LIMITS } from "../../src/webhooks/model.ts";
import { post } from "../../src/webhooks/post.ts";
import { type Sender, outcomeOf, startWebhooks } from "../../src/webhooks/send.ts";
import { signedHeaders } from "../../src/webhooks/sign.ts";
import {
  type Happening,
  addWebhook,
  claimDeliveries,
  enqueue,
  listDeliveries,
  listWebhooks,
} from "../../src/webhooks/store.ts";
import { aDatabase } from "../stores.ts";
import { VAULT } from "../vault.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
let sql: Database;
let drop: () => Promise<void>;
let workspace: WorkspaceId;
let segment: number;
let now: number;
const clock = () => now;
const senders: Sender[] = [];
const faults: unknown[] = [];

beforeAll(async () => ({ sql, drop } = await aDatabase()));
afterAll(() => drop());
beforeEach(async () => {
  now = Date.UTC(2026, 10, 21, 12);
  const [made] = await sql.query<{ id: WorkspaceId }>("insert into workspaces (name, created_at) values ('w', 0) returning id"); // prettier-ignore
  workspace = made!.id;
  segment = await aSegment("Loyal");
});
afterEach(async () => {
  for (const sender of senders.splice(0)) await sender.stop();
  await sql.query("delete from webhooks");
  expect(faults.splice(0)).toEqual([]);
});

async function aSegment(name: string): Promise<number> {
  const [row] = await sql.query<{ id: number }>("insert into segments (workspace, name, created_at, updated_at) values ($1, $2, 0, 0) returning id", [workspace, name]); // prettier-ignore
  return row!.id;
}
const start = (): Sender => {
  const sender = startWebhooks({
    sql,
    vault: VAULT,
    clock,
    random: () => 0,
    onFault: (cause) => faults.push(cause),
  });
  senders.push(sender);
  return sender;
};

type Received = { readonly headers: IncomingHttpHeaders; readonly body: string; readonly path: string };
type Receiver = { readonly url: string; readonly received: Received[]; readonly most: { together: number } };
const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

/** A receiver that answers with `status` (by how often it was called); `most`: requests under way at once. */
async function aReceiver(
  answer: (n: number) => { readonly status: number; readonly headers?: { [name: string]: string } },
): Promise<Receiver> {
  const received: Received[] = [];
  const most = { together: 0 };
  let together = 0;
  const server = createServer((request, response) => {
    most.together = Math.max(most.together, ++together);
    let body = "";
    request.on("data", (piece) => (body += String(piece)));
    request.on("end", () => {
      received.push({ headers: request.headers, body, path: request.url ?? "" });
      const { status, headers } = answer(received.length);
      setImmediate(() => {
        together--;
        response.writeHead(status, headers).end(`answered ${status}`);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received, most };
}

const hook = async (url: string, of: number | null = null): Promise<number> =>
  (await addWebhook(sql, workspace, { url, segment: of, secret: SECRET }, now))!.id;
const entered = (messageId: string, of = segment): Happening => ({
  workspace, segment: of, type: "segment.entered", messageId, at: now, data: { customerId: "c12", segment: { id: of, name: "Loyal" } },
}); // prettier-ignore
const deliveries = (id: number) => listDeliveries(sql, id, Number.MAX_SAFE_INTEGER, 100);
async function until<T>(asked: () => Promise<T> | T, found: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await asked();
    if (found(value)) return value;
    await pause(5);
  }
}
const stateOf = (id: number, state: string) =>
  until(() => deliveries(id), (rows) => rows.length > 0 && rows.every((row) => row.state === state)); // prettier-ignore
/** The first delivery, once it waits for this instant with an answer. */
const dueAgain = async (id: number, dueAt: string) =>
  (
    await until(
      () => deliveries(id),
      ([row]) => row!.dueAt === dueAt && row!.detail !== null,
    )
  )[0]!;

test("signs as the standard's own example", () => {
  expect(
    signedHeaders(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, '{"test": 2432232314}'),
  ).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

describe("telling", () => {
  test("goes to whoever asked for the segment or for all, signed over what is sent", async () => {
    const [all, one, other] = [await aReceiver(() => ({ status: 204 })), await aReceiver(() => ({ status: 200 })), await aReceiver(() => ({ status: 200 }))]; // prettier-ignore
    const ids = [await hook(all.url), await hook(one.url, segment), await hook(other.url, await aSegment("Other"))]; // prettier-ignore
    start();
    // A notification wakes the sender: nobody calls wake here.
    expect(await sql.transaction((tx) => enqueue(tx, [entered("m-1")], now))).toBe(2);
    await Promise.all([stateOf(ids[0]!, "delivered"), stateOf(ids[1]!, "delivered")]);
    expect([all.received.length, one.received.length, other.received.length]).toEqual([1, 1, 0]);
    const { headers, body } = all.received[0]!;
    expect(JSON.parse(body)).toEqual({ type: "segment.entered", timestamp: "2026-11-21T12:00:00.000Z", data: { customerId: "c12", segment: { id: segment, name: "Loyal" } } }); // prettier-ignore
    const key = Buffer.from(SECRET.slice("whsec_".length), "base64");
    const signature = createHmac("sha256", key)
      .update(`m-1.${now / 1000}.${body}`)
      .digest("base64");
    expect(headers).toMatchObject({ "content-type": "application/json", "webhook-id": "m-1", "webhook-timestamp": String(now / 1000), "webhook-signature": `v1,${signature}` }); // prettier-ignore
  });

  test("does not happen for what was rolled back, nor for another workspace", async () => {
    const receiver = await aReceiver(() => ({ status: 200 }));
    const id = await hook(receiver.url);
    start();
    await sql.transaction(async (tx) => {
      await enqueue(tx, [entered("gone")], now);
      throw new Error("undone");
    }).catch(() => undefined); // prettier-ignore
    const elsewhere = { ...entered("else"), workspace: (workspace + 1) as WorkspaceId };
    expect(await sql.transaction((tx) => enqueue(tx, [elsewhere], now))).toBe(0);
    await sql.transaction((tx) => enqueue(tx, [entered("kept")], now));
    await stateOf(id, "delivered");
    expect(receiver.received.map(({ headers }) => headers["webhook-id"])).toEqual(["kept"]);
  });

  test("is tried again at its time with the same id and a new signature, until it is taken", async () => {
    const receiver = await aReceiver((n) => ({ status: n < 3 ? 500 : 200 }));
    const id = await hook(receiver.url);
    const sender = start();
    await sql.transaction((tx) => enqueue(tx, [entered("m-2")], now));
    const first = await dueAgain(id, "2026-11-21T12:00:05.000Z");
    expect(first).toMatchObject({ state: "waiting", attempts: 1, status: 500, detail: "answered 500" });
    now += 5_000;
    sender.wake();
    expect((await dueAgain(id, "2026-11-21T12:05:05.000Z")).attempts).toBe(2);
    now += 300_000;
    sender.wake();
    await stateOf(id, "delivered");
    const headers = receiver.received.map((one) => one.headers);
    expect(new Set(headers.map((one) => one["webhook-id"]))).toEqual(new Set(["m-2"]));
    expect(headers.map((one) => Number(one["webhook-timestamp"]) - Date.UTC(2026, 10, 21, 12) / 1000)).toEqual([0, 5, 305]); // prettier-ignore
  });

  test("by two senders at once reaches each receiver once, at most four requests at a time", async () => {
    const receiver = await aReceiver(() => ({ status: 200 }));
    const id = await hook(receiver.url);
    const happenings = Array.from({ length: 80 }, (_, i) => entered(`m-${i}`));
    await sql.transaction((tx) => enqueue(tx, happenings, now));
    start();
    start();
    await stateOf(id, "delivered");
    const ids = receiver.received.map(({ headers }) => String(headers["webhook-id"]));
    expect(ids.toSorted()).toEqual(happenings.map(({ messageId }) => messageId).toSorted());
    // Four of each sender.
    expect(receiver.most.together).toBeLessThanOrEqual(2 * WEBHOOK_LIMITS.perAddress);
  });

  test("goes on when a sender died in the middle: the claim runs out", async () => {
    const receiver = await aReceiver(() => ({ status: 200 }));
    const id = await hook(receiver.url);
    await sql.transaction((tx) => enqueue(tx, [entered("m-3")], now));
    const asked = {
      max: 10,
      perWebhook: 4,
      busy: new Map<number, number>(),
      claimMs: WEBHOOK_LIMITS.claimMs,
    };
    expect(await claimDeliveries(sql, { ...asked, now })).toHaveLength(1);
    expect(await claimDeliveries(sql, { ...asked, now: now + WEBHOOK_LIMITS.claimMs - 1 })).toHaveLength(0);
    now += WEBHOOK_LIMITS.claimMs;
    start();
    const [row] = await stateOf(id, "delivered");
    expect(row?.attempts).toBe(2);
  });

  test("one webhook that is busy leaves room for the others", async () => {
    const [busy, free] = [await hook("http://127.0.0.1:9/"), await hook("http://127.0.0.1:9/b")];
    await sql.transaction((tx) =>
      enqueue(
        tx,
        Array.from({ length: 20 }, (_, i) => entered(`m-${i}`)),
        now,
      ),
    );
    const claimed = await claimDeliveries(sql, { now, max: 32, perWebhook: 4, busy: new Map([[busy, 3]]), claimMs: 1000 }); // prettier-ignore
    const of = (id: number) => claimed.filter(({ webhook }) => webhook === id).length;
    expect([of(busy), of(free)]).toEqual([1, 4]);
  });

  test("ends where the address is gone: it is told no more", async () => {
    const receiver = await aReceiver(() => ({ status: 410 }));
    const id = await hook(receiver.url);
    start();
    await sql.transaction((tx) => enqueue(tx, [entered("m-4")], now));
    await stateOf(id, "given_up");
    const [view] = await until(() => listWebhooks(sql, workspace), ([one]) => one!.disabledAt !== null); // prettier-ignore
    expect(view).toMatchObject({ disabledAt: "2026-11-21T12:00:00.000Z", waiting: 0 });
    expect(await sql.transaction((tx) => enqueue(tx, [entered("m-5")], now))).toBe(0);
  });

  test("does not follow a redirect", async () => {
    const target = await aReceiver(() => ({ status: 200 }));
    const receiver = await aReceiver(() => ({ status: 302, headers: { location: target.url } }));
    const id = await hook(receiver.url);
    start();
    await sql.transaction((tx) => enqueue(tx, [entered("m-6")], now));
    const row = await dueAgain(id, "2026-11-21T12:00:05.000Z");
    expect([row.state, row.status, row.detail, target.received.length]).toEqual(["waiting", 302, "It redirects, which is not followed.", 0]); // prettier-ignore
  });
});

describe("an answer", () => {
  const told = (status: number | null, retryAfterSeconds: number | null = null) => ({ status, detail: null, retryAfterSeconds }); // prettier-ignore

  test("of 2xx alone is success; the last failure gives it up", () => {
    expect(outcomeOf(told(204), 1, 0, 0).end).toBe("delivered");
    expect(outcomeOf(told(301), 1, 0, 0).end).toBe("again");
    expect(outcomeOf(told(404), 1, 0, 0).end).toBe("again");
    const waits = Array.from({ length: 7 }, (_, i) => outcomeOf(told(null), i + 1, 0, 0)).map((one) => (one.end === "again" ? one.dueAt : one.end)); // prettier-ignore
    expect(waits).toEqual([5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, "given_up"]);
  });

  test("that says when to come again is heeded, up to a day", () => {
    expect(outcomeOf(told(503, 60), 1, 0, 0)).toMatchObject({ end: "again", dueAt: 60_000 });
    expect(outcomeOf(told(429, 1e9), 1, 0, 0)).toMatchObject({ dueAt: 86_400_000 });
    expect(outcomeOf(told(503, 1), 1, 0, 1)).toMatchObject({ dueAt: 5_500 });
  });

  test("that does not come, and an address that is no receiver, are sentences", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    servers.push(silent);
    const asked = { headers: {}, body: "{}", timeoutMs: 50, detailCharsMax: 100 };
    const at = (url: string) => post({ ...asked, url });
    expect(await at(`http://127.0.0.1:${(silent.address() as AddressInfo).port}/`)).toEqual({ status: null, detail: "No answer in time.", retryAfterSeconds: null }); // prettier-ignore
    silent.closeAllConnections();
    for (const url of [
      "http://169.254.169.254/latest/meta-data",
      "http://[fe80::1]/",
      "http://[fd00:ec2::254]/",
      "http://[::ffff:169.254.169.254]/",
    ])
      // prettier-ignore
      expect([url, (await at(url)).detail]).toEqual([url, "This address may not be called."]);
  });
});
