/** Unmodified server SDKs at the real door: what they send arrives once, with the right ids, types, names and channel. */
import { jitsuAnalytics } from "@jitsu/js";
import { Analytics as Segment } from "@segment/analytics-node";
import { Analytics as CustomerIo } from "@customerio/cdp-analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Event } from "../../src/events/model.ts";
import { type Door, openDoor } from "./door.ts";

let door: Door;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(() => door?.stop());
beforeEach(() => door.clear());

const tell = (event: Event) =>
  `${event.type} ${event.name} ${event.channel} ${event.identifiers.map(({ kind, value }) => `${kind}=${value}`).join(" ")}`;
const told = (events: readonly Event[]) => events.map(tell).toSorted();

const SENT = {
  identify: { userId: "u1", traits: { email: "Ann@Example.com", plan: "gold" } },
  order: {
    userId: "u1",
    event: "Order Completed",
    properties: { order_id: "o1", total: 10, currency: "EUR" },
  },
  visit: { anonymousId: "an1", name: "Home", properties: { plan: 1 } },
  group: { userId: "u1", groupId: "acme", traits: { name: "Acme" } },
  alias: { userId: "u1", previousId: "old1" },
};
const EXPECTED = [
  "alias $identity.aliased server user_id=u1",
  "group $account.joined server user_id=u1",
  "identify $customer.identified server user_id=u1 email=ann@example.com",
  "page $page.viewed server anonymous_id=an1",
  "screen $screen.viewed app anonymous_id=an1",
  "track Order Completed server user_id=u1",
];
function expectAll(events: readonly Event[]): void {
  expect(told(events)).toEqual(EXPECTED);
  const by = (type: string) => events.find((event) => event.type === type)!;
  expect(by("track")).toMatchObject({ properties: SENT.order.properties, touchpoint: "order" });
  expect(by("identify").traits).toMatchObject({ plan: "gold" });
  expect(by("group")).toMatchObject({ accountId: "acme", traits: { name: "Acme" } });
  expect(by("alias").previous).toEqual({ kind: "user_id", value: "old1" });
  expect(by("page")).toMatchObject({ touchpoint: "Home", properties: { plan: 1, name: "Home" } });
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  for (const event of events) expect(Math.abs(event.happenedAt - event.receivedAt)).toBeLessThan(60_000);
}

describe("@segment/analytics-node", () => {
  test("all six calls", async () => {
    const analytics = new Segment({ writeKey: door.writeKey, host: door.url, flushAt: 3 });
    sendAll(analytics);
    await analytics.closeAndFlush();
    expectAll(await door.until(6));
  });
  test("waits as it is told by a 429, and then its events are there once", async () => {
    let busy = true;
    const crowded = await openDoor({ waiting: () => (busy ? 2_000_000 : 0) });
    const analytics = new Segment({ writeKey: crowded.writeKey, host: crowded.url, flushAt: 1 });
    analytics.track(SENT.order);
    const flushed = analytics.closeAndFlush();
    while (crowded.counted("limit", "passed") === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await crowded.events()).toEqual([]);
    busy = false;
    await flushed;
    expect(told(await crowded.until(1))).toEqual(["track Order Completed server user_id=u1"]);
    await crowded.stop();
  });
});

type SixCalls = {
  identify(given: typeof SENT.identify): unknown;
  track(given: typeof SENT.order): unknown;
  page(given: typeof SENT.visit): unknown;
  screen(given: typeof SENT.visit): unknown;
  group(given: typeof SENT.group): unknown;
  alias(given: typeof SENT.alias): unknown;
};
function sendAll(analytics: SixCalls): void {
  analytics.identify(SENT.identify);
  analytics.track(SENT.order);
  analytics.page(SENT.visit);
  analytics.screen(SENT.visit);
  analytics.group(SENT.group);
  analytics.alias(SENT.alias);
}

test("@customerio/cdp-analytics-node: a body without key and time of sending", async () => {
  const analytics = new CustomerIo({ writeKey: door.writeKey, host: door.url });
  sendAll(analytics);
  await analytics.closeAndFlush();
  const events = await door.until(6);
  expectAll(events);
  expect(events.every(({ sentAt }) => sentAt === null)).toBe(true);
});

test.each([true, false])("@rudderstack/rudder-sdk-node, gzip %s", async (gzip) => {
  const analytics = new RudderAnalytics(door.writeKey, { dataPlaneUrl: door.url, gzip, flushInterval: 10 });
  sendAll(analytics as unknown as SixCalls);
  const events = await door.until(6);
  expectAll(events);
  expect(events.every(({ originalAt }) => originalAt !== null)).toBe(true);
});

test.each([false, true])("@jitsu/js, server to server %s", async (s2s) => {
  const analytics = jitsuAnalytics({
    host: door.url,
    writeKey: `${door.writeKey}:secret`,
    fetch,
    s2s,
    debug: false,
  });
  await analytics.identify("u1", { email: "Ann@Example.com" });
  await analytics.track("Order Completed", { order_id: "o1" });
  await analytics.group("acme", { name: "Acme" });
  const events = await door.until(3);
  expect(told(events)).toEqual([
    expect.stringMatching(/^group \$account.joined web user_id=u1/),
    expect.stringMatching(/^identify \$customer.identified web user_id=u1 email=ann@example.com/),
    expect.stringMatching(/^track Order Completed web user_id=u1/),
  ]);
});
