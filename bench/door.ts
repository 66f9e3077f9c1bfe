/**
 * How many events a second the door's steps take on one core: JSON.parse of a batch of 100, all steps, JSON.stringify of each
 * event. No HTTP, no store. Prints one line of JSON. Run: node --import tsx bench/door.ts [seconds]
 */
import { performance } from "node:perf_hooks";
import { admit } from "../src/events/steps.ts";
import { arrivalFor } from "../src/events/envelope.ts";
import type { WorkspaceId } from "../src/values.ts";

const BATCH = 100;
const secondsToRun = Number(process.argv[2] ?? 5);
const AGENT =
  "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
const id = (n: number) =>
  `${((n * 2_654_435_761) % 4_294_967_296).toString(16).padStart(8, "0")}-aaaa-4bbb-8ccc-${String(n).padStart(12, "0")}`;

/** Three of five from browsers, two from servers; about 600 bytes each. */
function eventOf(n: number): object {
  const at = new Date(1_795_281_917_193 + n * 37).toISOString();
  const page = {
    path: `/shoes/${n % 500}`,
    referrer: n % 3 ? "" : "https://www.google.com/",
    search: n % 4 ? "" : "?utm_source=nl&utm_medium=email&utm_campaign=spring",
    title: "Boots",
    url: `https://shop.example/shoes/${n % 500}`,
  };
  const browser = {
    page,
    userAgent: AGENT,
    locale: "en-US",
    library: { name: "analytics.js", version: "next-1.84.3" },
    timezone: "UTC",
  };
  const server = { library: { name: "@segment/analytics-node", version: "3.1.0" } };
  const base = { timestamp: at, integrations: {}, messageId: `node-next-${n}-${id(n)}` };
  switch (n % 5) {
    case 0:
      return { ...base, type: "page", properties: page, context: browser, anonymousId: id(n % 9_000) };
    case 1:
      return {
        ...base,
        type: "track",
        event: "Product Viewed",
        properties: {
          product_id: `p${n % 700}`,
          name: "Boots",
          price: 99.5,
          currency: "EUR",
          category: "Shoes",
        },
        context: browser,
        anonymousId: id(n % 9_000),
        userId: `u${n % 5_000}`,
      };
    case 2:
      return {
        ...base,
        type: "track",
        event: "Order Completed",
        properties: {
          order_id: `o${n}`,
          total: 120.5,
          currency: "EUR",
          products: [
            { product_id: "p1", price: 99.5, quantity: 1, name: "Boots" },
            { product_id: "p2", price: 10.5, quantity: 2, name: "Socks" },
          ],
        },
        context: server,
        userId: `u${n % 5_000}`,
      };
    case 3:
      return {
        ...base,
        type: "identify",
        traits: { email: `user${n % 5_000}@example.com`, firstName: "Ann", lastName: "Lee", plan: "gold" },
        context: server,
        userId: `u${n % 5_000}`,
      };
    default:
      return {
        ...base,
        type: "track",
        event: "Product Added",
        properties: { product_id: `p${n % 700}`, name: "Boots", price: 99.5, quantity: 1 },
        context: browser,
        anonymousId: id(n % 9_000),
      };
  }
}
const bodies = Array.from({ length: 200 }, (_, b) =>
  JSON.stringify({
    batch: Array.from({ length: BATCH }, (_, i) => eventOf(b * BATCH + i)),
    writeKey: "WK",
    sentAt: "2026-11-21T17:25:17.223Z",
  }),
);
const meter = { count: () => undefined, time: () => undefined };
const arrivalBase = {
  workspace: 1 as WorkspaceId,
  key: 1,
  receivedAt: 1_795_281_920_000,
  newId: () => "made",
};

type Ran = {
  readonly events: number;
  readonly seconds: number;
  readonly cpuMicros: number;
  readonly bytes: number;
};
/** `steps` false: only the reading and printing that any door would do, to compare with. */
function run(forMs: number, steps: boolean): Ran {
  const from = performance.now();
  const cpu = process.cpuUsage();
  let events = 0;
  let bytes = 0;
  for (let i = 0; performance.now() - from < forMs; i++) {
    const text = bodies[i % bodies.length]!;
    const body = JSON.parse(text) as { batch: object[]; sentAt: string };
    const arrival = arrivalFor(arrivalBase, { text, sentAt: body.sentAt });
    const taken: readonly object[] = steps
      ? admit(body.batch, arrival, meter, () => performance.now() / 1000).accepted
      : body.batch;
    for (const event of taken) bytes += JSON.stringify(event).length;
    events += taken.length;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { events, seconds: (performance.now() - from) / 1000, cpuMicros: user + system, bytes };
}
const perEvent = ({ cpuMicros, events }: Ran) => Number((cpuMicros / events).toFixed(2));

run(1_000, true);
const bare = run(secondsToRun * 500, false);
const whole = run(secondsToRun * 1_000, true);
console.log(
  JSON.stringify({
    bench: "door",
    eventsPerSecond: Math.round(whole.events / whole.seconds),
    cpuMicrosPerEvent: perEvent(whole),
    cpuMicrosOfJsonAlone: perEvent(bare),
    bytesInPerEvent: Math.round(bodies[0]!.length / BATCH),
    bytesOutPerEvent: Math.round(whole.bytes / whole.events),
    node: process.version,
  }),
);
