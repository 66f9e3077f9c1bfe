/**
 * A made-up shop whose customers buy by a rule that is known: the more they looked in the two weeks before, and the readier
 * they are by nature, the likelier they order soon. By a seed, so that it is the same each time.
 */
import type { EventLog } from "../../src/db/clickhouse.ts";
import { randomOf } from "../random.ts";

export const DAY_MS = 86_400_000;
/** The beginning of the shop's history: midnight, UTC. */
export const BEGIN_AT = Date.UTC(2026, 0, 1);
const WEEKS = 34;
export const END_AT = BEGIN_AT + WEEKS * 7 * DAY_MS;

export type Happened = {
  readonly customer: number;
  readonly name: string;
  readonly at: number;
  readonly channel?: string;
  readonly properties?: object;
};

/** All that happens in a shop of so many customers, week by week. `readiness`: how much looking leads to orders; 0: by chance alone. */
export function shopOf(customers: number, readiness: number, seed = 7): readonly Happened[] {
  const random = randomOf(seed);
  const events: Happened[] = [];
  for (let customer = 1; customer <= customers; customer++) {
    const nature = random() * random();
    let warmth = 0;
    for (let week = Math.floor(random() * 6); week < WEEKS; week++) {
      const weekAt = BEGIN_AT + week * 7 * DAY_MS;
      const at = (): number => weekAt + Math.floor(random() * 7 * DAY_MS);
      // Interest comes and goes over weeks.
      warmth = 0.7 * warmth + (random() < nature ? 1 : 0);
      const views = Math.floor(random() * (1 + 3 * warmth));
      for (let view = 0; view < views; view++)
        events.push({ customer, name: "Product Viewed", at: at(), properties: { product_id: `p${Math.floor(random() * 50)}` } });
      // Visits are in the evening, by UTC's clock.
      if (random() < 0.3) events.push({ customer, name: "$page.viewed", at: weekAt + Math.floor(random() * 7) * DAY_MS + Math.floor((18 + random() * 4) * 3_600_000), channel: "search" });
      if (random() < 0.02) events.push({ customer, name: "Ticket Created", at: at(), channel: "support" });
      const chance = readiness === 0 ? 0.06 : Math.min(0.9, 0.01 + readiness * 0.12 * warmth);
      if (random() < chance) events.push({ customer, name: "Order Completed", at: at(), channel: "web", properties: { total: 20 + Math.floor(random() * 80), order_id: `o${events.length}` } });
    }
  }
  return events;
} // prettier-ignore

/** The shop as any sender would tell it, its last day yesterday. */
export function sentOf(events: readonly Happened[]): readonly object[] {
  const moved = Math.floor(Date.now() / DAY_MS) * DAY_MS - END_AT;
  return events.map(({ customer, name, at, properties }, i) => ({
    type: name === "$page.viewed" ? "page" : "track", messageId: `n-${i}`, userId: `u-${customer}`, timestamp: new Date(at + moved).toISOString(),
    ...(name === "$page.viewed" ? { context: { page: { url: "https://shop.example/" } } } : { event: name, properties }),
  }));
} // prettier-ignore

/** Puts events into the log as they would lie there. */
export async function insert(log: EventLog, workspace: number, events: readonly Happened[], token: string): Promise<void> {
  const lines = events.map(({ customer, name, at, channel = "web", properties = {} }, i) =>
    JSON.stringify({
      atom: customer, workspace, id: `${token} ${i}`, type: name === "$page.viewed" ? "page" : "track", name, happenedAt: at, receivedAt: at, channel, touchpoint: "/",
      key: 1, identifiers: [], properties,
    }),
  );
  for (let from = 0; from < lines.length; from += 50_000) await log.insert("events", lines.slice(from, from + 50_000).join("\n"), `${token} ${from}`);
} // prettier-ignore
