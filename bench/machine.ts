/** What each table begins with: the machine, and a figure that tells how fast it is just now. */
import { cpus, totalmem } from "node:os";
import { fold, nothing } from "../src/customers/fold.ts";
import type { Event } from "../src/events/model.ts";

/** An event as the inbox holds it, about 600 bytes, of customer number `n`. */
export function sampleEvent(n: number, id: string, at: number): Event {
  return {
    workspace: 1, id, type: "track", name: "Product Viewed", happenedAt: at, receivedAt: at, originalAt: at, sentAt: at,
    identifiers: [{ kind: "user_id", value: `user-${n}` }, { kind: "anonymous_id", value: `anonymous-${n}` }],
    channel: "web", touchpoint: "/products/boots",
    properties: { product_id: `p${n % 1000}`, name: "Walking boots", price: 89.5, currency: "EUR", category: "Shoes" },
    context: { library: { name: "analytics.js", version: "next-1.84.3" }, locale: "en-GB", timezone: "Europe/Berlin", page: { path: "/products/boots", title: "Walking boots" } },
    key: 1,
  } as unknown as Event; // prettier-ignore
}

/** JSON.parse and fold of the sample event, events/s over half a second: compare tables only by their ratio to this. */
export function calibration(): number {
  const line = JSON.stringify(sampleEvent(1, "m", 1_700_000_000_000));
  let known = nothing();
  const until = performance.now() + 500;
  let n = 0;
  for (; performance.now() < until; n++) {
    const event = JSON.parse(line) as Event;
    known = fold(known, { ...event, id: `m${n}`, happenedAt: event.happenedAt + n });
  }
  return n / 0.5;
}

export const machine = () =>
  `${cpus().length} x ${cpus()[0]?.model.trim() ?? "?"}, ${Math.round(totalmem() / 2 ** 30)} GB, Node ${process.version}`;
