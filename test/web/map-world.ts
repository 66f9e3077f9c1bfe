/** A small business for the screens of the map and of gaps: enough customers that something can be said, always the same ones. */
import type { Site } from "./site.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const BATCH = 400;

type Sent = { readonly [name: string]: unknown };
type Teller = (event: string, minutes: number, properties?: object, channel?: string) => Sent;

const teller =
  (userId: string, at: number): Teller =>
  (event, minutes, properties = {}, channel = "web") => ({
    type: "track", messageId: `${userId} ${event} ${minutes}`, userId, event, properties,
    timestamp: new Date(at + minutes * MINUTE_MS).toISOString(), context: { channel },
  }); // prettier-ignore

/** What a customer does: some search in vain, some leave their cart, some buy and hear nothing, some are written to. */
function storyOf(i: number, now: number): readonly Sent[] {
  const userId = `u${i}`;
  const at = now - (20 + (i % 60)) * DAY_MS;
  const tell = teller(userId, at);
  const page = { type: "page", messageId: `${userId} page`, userId, timestamp: new Date(at).toISOString(), properties: { path: "/boots", url: "https://shop.example/boots" }, context: { channel: "web" } };
  const search = i % 3 === 0 ? [tell("Products Searched", 1, { query: i % 2 === 0 ? "wide fit" : "trail boots", results: i % 2 === 0 ? 0 : 9 })] : [];
  const cart = i % 4 === 3 ? [] : [tell("Product Added", 2 + (i % 5), { product_id: "boots-42", price: 129 })];
  const asked = i % 10 === 1 ? [tell("Ticket Opened", 30, { topic: "delivery" }, "support")] : [];
  const bought = i % 4 === 0 ? [tell("Order Completed", 40 + (i % 9), { order_id: `o${i}`, total: 129, currency: "EUR" })] : [];
  const told = i % 40 === 0 ? [tell("Email Sent", 3 * 24 * 60, { subject: "Thank you" }, "email")] : [];
  return [page, ...search, ...cart, ...asked, ...bought, ...told];
} // prettier-ignore

/** Sends events in batches, as a server would, and waits until they are handled. */
export async function sendAll({ address, running }: Site, events: readonly Sent[]): Promise<void> {
  const headers = {
    authorization: `Basic ${btoa(`${running.first.writeKey}:`)}`,
    "content-type": "application/json",
    "user-agent": "analytics-node-next/latest",
  };
  for (let from = 0; from < events.length; from += BATCH) {
    const body = JSON.stringify({ batch: events.slice(from, from + BATCH) });
    const answer = await fetch(`${address}/v1/batch`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`Events were answered ${answer.status}: ${await answer.text()}`);
  }
  await running.drain();
}

/** Sends the doings of so many customers. */
export const sendBusiness = (site: Site, customers: number): Promise<void> =>
  sendAll(site, Array.from({ length: customers }, (_, i) => storyOf(i, Date.now())).flat());

/** Sends so many different moments, each reached from a few others. */
export function sendMoments(site: Site, moments: number): Promise<void> {
  const now = Date.now();
  const walkers = Array.from({ length: moments }, (_, i) => {
    const tell = teller(`walker ${i}`, now - (2 + (i % 30)) * DAY_MS);
    return [0, 1, 7, 60, 3, 11].map((step, k) => tell(`Moment ${(i + step * (k + 1)) % moments}`, k, {}, i % 3 === 0 ? "app" : "web"));
  }); // prettier-ignore
  return sendAll(site, walkers.flat());
}
