/**
 * A quarter of a shop's history for the screens that tell of it: visits by several ways, carts, orders, forms and surveys
 * of a few hundred customers, the same each time. Sent through the door like any sender's.
 */
import type { Site } from "./site.ts";

const DAY_MS = 86_400_000;
const CUSTOMERS = 400;
/** A quarter and some days: as long as a law of buying wants to see. */
const DAYS = 100;
const BATCH = 500;
const WAYS = [
  { channel: "email", campaign: { source: "newsletter", medium: "email", name: "spring" } },
  { channel: "paid_search", campaign: { source: "google", medium: "cpc", name: "boots" } },
  { channel: "social", campaign: { source: "instagram", medium: "social", name: "story" } },
  { channel: "direct", campaign: undefined },
] as const;

/** Numbers below `n` that look drawn, and are the same each time. */
function drawn(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * n);
  };
}

type Sent = { readonly type: string; readonly at: number } & { readonly [field: string]: unknown };

/** What one customer did, between `from` and `to`. */
function lifeOf(who: number, from: number, to: number): readonly Sent[] {
  const draw = drawn(who * 7_919 + 17);
  const sent: Sent[] = [];
  const did = (at: number, event: string, properties: object, context: object = {}) =>
    sent.push({ type: "track", at, userId: `customer-${who}`, event, properties, context });
  let at = from + draw(60) * DAY_MS + draw(1000) * 60_000;
  sent.push({ type: "identify", at: at - 1000, userId: `customer-${who}`, traits: { name: `Customer ${who}`, email: `customer${who}@example.com` } });
  for (let visit = 0; visit < 8 && at < to; visit++) {
    const { channel, campaign } = WAYS[draw(WAYS.length)]!;
    const context = { channel, ...(campaign ? { campaign } : {}) };
    sent.push({ type: "page", at, userId: `customer-${who}`, properties: { path: "/boots", url: "https://shop.example/boots" }, context });
    did(at + 60_000, "Product Viewed", { product_id: "boots-42", name: "Trail boots" }, context);
    if (draw(10) < 6) did(at + 120_000, "Product Added", { product_id: "boots-42", name: "Trail boots" }, context);
    if (draw(10) < 4) did(at + 180_000, "Checkout Started", { product_id: "boots-42" }, context);
    if (draw(10) < 3) did(at + 240_000, "Order Completed", { order_id: `o-${who}-${visit}`, total: 40 + draw(160), currency: "EUR" }, context);
    if (draw(10) < 2) did(at + 300_000, "Form Submitted", { form: "question", topic: "delivery" }, context);
    if (draw(10) < 2) did(at + 360_000, "Survey Answered", { kind: "csat", score: 1 + draw(5) }, { channel: "email" });
    at += (1 + draw(14)) * DAY_MS + draw(600) * 60_000;
  }
  return sent.filter((one) => one.at < to);
} // prettier-ignore

/** Sends it all; the last event is of an hour ago. */
export async function tellQuarter(site: Site, now: number): Promise<void> {
  const all = Array.from({ length: CUSTOMERS }, (_, who) =>
    lifeOf(who, now - DAYS * DAY_MS, now - 3_600_000),
  ).flat();
  const events = all
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, ...event }, i) => ({
      ...event,
      messageId: `quarter-${i}`,
      timestamp: new Date(at).toISOString(),
    }));
  for (let i = 0; i < events.length; i += BATCH) await sendBatch(site, events.slice(i, i + BATCH));
  await site.running.drain();
}

/** A journey with customers held out and one experiment: it is published, entered, and its goal reached by more of those treated. */
const NUDGE = {
  name: "Nudge after asking", entry: { type: "event", event: "Help Asked" }, holdoutRatio: 0.4, start: "which",
  goal: { when: { type: "event", event: "Order Completed" }, value: "total" },
  steps: {
    which: { type: "split", paths: [{ key: "short", weight: 1, next: null }, { key: "long", weight: 1, next: "rest" }] },
    rest: { type: "wait", ms: 86_400_000, next: null },
  },
}; // prettier-ignore

/** Publishes it; it is entered once its version is in force. */
export async function publishNudge(site: Site): Promise<number> {
  const { id } = await site.post<{ id: number }>("/v1/journeys", { draft: NUDGE });
  await site.post(`/v1/journeys/${id}/publish`, {});
  return id;
}

/** Sends `customers` through it, now; a third of them order. */
export async function tellAskers(site: Site, customers: number): Promise<void> {
  const people = Array.from({ length: customers }, (_, who) => `asker-${who}`);
  const happened = (event: string, who: readonly string[], properties: object) =>
    sendBatch(site, who.map((userId) => ({ type: "track", userId, event, properties, messageId: `${event}-${userId}`, timestamp: new Date().toISOString() })));
  await happened("Help Asked", people, { topic: "size" });
  await site.running.drain();
  await happened("Order Completed", people.filter((_, i) => i % 3 === 0), { total: 80, currency: "EUR" });
  await site.running.drain();
} // prettier-ignore

/** Sends events as a server would. */
export async function sendBatch(site: Site, batch: readonly object[]): Promise<void> {
  const answer = await fetch(`${site.address}/v1/batch`, {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${site.running.first.writeKey}:`)}`,
      "content-type": "application/json",
      "user-agent": "analytics-node-next/latest",
    },
    body: JSON.stringify({ batch }),
  });
  if (!answer.ok) throw new Error(`A batch was answered ${answer.status}: ${await answer.text()}`);
}
