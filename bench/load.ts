/**
 * The process that makes load, apart from the one that is measured. Told what to do by its parent over IPC, answers
 * "ready" when the requests are made, begins at "go", and answers what it found.
 */
import { setTimeout as pause } from "node:timers/promises";
import { userTokenOf } from "../src/messages/inbox-token.ts";
import { batchOf, bodyOf, customerOf } from "./bodies.ts";
import { Connection, Connections, post, read } from "./wire.ts";

type Common = {
  readonly port: number;
  readonly writeKey: string;
  readonly secretKey: string;
  readonly customers: number;
  readonly run: string;
};
/** As fast as the server answers: `connections` at once, each with one request under way. */
export type Flood = Common & {
  readonly type: "flood";
  readonly events: number;
  readonly batch: number;
  readonly connections: number;
};
/** At a rate, whatever the server does: single events, reads of customers, and events whose customer is looked for until it is there. */
export type Paced = Common & {
  readonly type: "paced"; readonly seconds: number; readonly eventsPerSecond: number; readonly readsPerSecond: number; readonly probesPerSecond: number;
  /** What is read, in turn; absent: documents of customers. */
  readonly reads?: readonly string[];
  /** Questions of what to show, as pages of signed-in customers ask them; and how. */
  readonly decides?: Decides;
}; // prettier-ignore
export type Decides = {
  readonly perSecond: number;
  readonly places: readonly string[];
  /** Every so many-th question brings an event along; 0: none. */
  readonly eventEvery: number;
  /** What signs the tokens of customers. */
  readonly secret: string;
  /** New visitors a second, each asked for until an event of theirs changes the decision of the first place to this candidate. */
  readonly changesPerSecond: number;
  readonly changedTo: string;
};
export type Order = Flood | Paced;
export type Flooded = {
  readonly type: "flooded";
  readonly accepted: number;
  readonly seconds: number;
  readonly bytesPerEvent: number;
  readonly statuses: { readonly [status: string]: number };
};
export type Held = {
  readonly type: "held"; readonly visibleMs: readonly number[]; readonly readMs: readonly number[]; readonly eventMs: readonly number[];
  readonly statuses: { readonly [status: string]: number };
  readonly decideMs: readonly number[]; readonly alongMs: readonly number[]; readonly changedMs: readonly number[];
  /** Places answered with the default because something was slow or away. */
  readonly fallbacks: number;
}; // prettier-ignore
export type Report = Flooded | Held;

const LOOK_AGAIN_MS = 1;
/** A page does not ask every millisecond either; what is told is late by half of it. */
const ASK_AGAIN_MS = 5;
/** The first seconds of a run are not measured: this process compiles its own code in them and opens its connections. */
const RAMP_MS = 2_000;
/** A probe that is not seen by then ends the run with an error. */
const VISIBLE_MS_MAX = 10_000;

async function flood({ port, writeKey, customers, run, events, batch, connections }: Flood) {
  const at = Date.now() - 1000;
  const path = batch === 1 ? "/v1/track" : "/v1/batch";
  const requests: Buffer[] = [];
  for (let from = 0; from < events; from += batch)
    requests.push(
      batch === 1
        ? post(`/v1/${typeOf(from)}`, writeKey, JSON.stringify(bodyOf(from, run, customers, at)))
        : post(path, writeKey, batchOf(from, batch, run, customers, at)),
    );
  const sizeBytes = requests.reduce((sum, request) => sum + request.length, 0);
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(port)));
  await told("ready");
  const statuses: { [status: string]: number } = {};
  const began = performance.now();
  let accepted = 0;
  let next = 0;
  await Promise.all(
    open.map(async (connection) => {
      while (next < requests.length) {
        const { status } = await connection.ask(requests[next++]!);
        statuses[status] = (statuses[status] ?? 0) + 1;
        if (status === 200) accepted += batch;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const connection of open) connection.close();
  return {
    type: "flooded",
    accepted,
    seconds,
    bytesPerEvent: sizeBytes / events,
    statuses,
  } satisfies Flooded;
}

const TYPES = ["page", "track", "track", "identify", "track"] as const;
const typeOf = (n: number) => TYPES[n % 5]!;

async function hold({
  port,
  writeKey,
  secretKey,
  customers,
  run,
  seconds,
  eventsPerSecond,
  readsPerSecond,
  probesPerSecond,
  reads,
  decides,
}: Paced) {
  const at = Date.now() - 1000;
  const events = Array.from({ length: seconds * eventsPerSecond }, (_, n) =>
    post(`/v1/${typeOf(n)}`, writeKey, JSON.stringify(bodyOf(n, run, customers, at))),
  );
  const connections = new Connections(port);
  const statuses: { [status: string]: number } = {};
  const [eventMs, readMs, visibleMs]: [number[], number[], number[]] = [[], [], []];
  let from = Infinity;
  const note = (into: number[], began: number): boolean =>
    began >= from && into.push(performance.now() - began) > 0;
  const ask = async (request: Buffer, into: number[]) => {
    // Waiting for a free connection counts: a server that falls behind shows in the times.
    const began = performance.now();
    const { status } = await connections.ask(request);
    note(into, began);
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const probe = async (n: number) => {
    const userId = `probe-${run}-${n}`;
    const event = post("/v1/track", writeKey, JSON.stringify({ userId, event: "Probed", messageId: userId }));
    const look = read(`/v1/customers/lookup?kind=user_id&value=${userId}`, secretKey);
    const began = performance.now();
    const { status } = await connections.ask(event);
    if (status !== 200) throw new Error(`A probe was answered ${status}.`);
    while ((await connections.ask(look)).status !== 200) {
      if (performance.now() - began > VISIBLE_MS_MAX)
        throw new Error(`A probe was not visible within ${VISIBLE_MS_MAX} ms.`);
      await pause(LOOK_AGAIN_MS);
    }
    note(visibleMs, began);
  };
  const readOne = (n: number) =>
    ask(
      read(
        reads?.[n % reads.length] ??
          `/v1/customers/lookup?kind=user_id&value=user-${customerOf(n + 7, customers)}`,
        secretKey,
      ),
      readMs,
    );
  const asking = decides
    ? decidesOf({ port, writeKey, customers, run, seconds, decides, connections, note })
    : null;
  await told("ready");
  from = performance.now() + RAMP_MS;
  await Promise.all([
    asking?.begin(),
    atRate(eventsPerSecond, seconds, (n) => ask(events[n]!, eventMs)),
    atRate(readsPerSecond, seconds, readOne),
    atRate(probesPerSecond, seconds, probe),
  ]);
  connections.close();
  const none = { decideMs: [], alongMs: [], changedMs: [], fallbacks: 0 };
  return { type: "held", visibleMs, readMs, eventMs, statuses, ...(asking?.found() ?? none) } satisfies Held;
}

type Asking = Pick<Paced, "port" | "writeKey" | "customers" | "run" | "seconds"> & {
  readonly decides: Decides;
  readonly connections: Connections;
  /** Keeps how long something took that began then; whether it was measured. */
  readonly note: (into: number[], began: number) => boolean;
};
/** The questions of a run, made before it begins. */
function decidesOf({ writeKey, customers, run, seconds, decides, connections, note }: Asking) {
  const { perSecond, places, eventEvery, secret, changesPerSecond, changedTo } = decides;
  const endAt = Date.now() + 3_600_000;
  const hasEvent = (n: number) => eventEvery > 0 && n % eventEvery === 0;
  const requests = Array.from({ length: perSecond * seconds }, (_, n) => {
    const userId = `user-${customerOf(n + 13, customers)}`;
    const event = { type: "track", event: "Product Viewed", userId, messageId: `along-${run}-${n}`, properties: { product_id: `p${n % 700}` } };
    const question = { userId, userToken: userTokenOf(secret, "user_id", userId, endAt), places, ...(hasEvent(n) && { events: [event] }), context: { url: "https://shop.example/", locale: "en-US", timezone: "Europe/Berlin" } };
    return post("/v1/decide", writeKey, JSON.stringify(question));
  });
  const [decideMs, alongMs, changedMs]: [number[], number[], number[]] = [[], [], []];
  let fallbacks = 0;
  const ask = async (n: number) => {
    const began = performance.now();
    const { status, body } = await connections.ask(requests[n]!);
    const isMeasured = note(hasEvent(n) ? alongMs : decideMs, began);
    if (status !== 200) throw new Error(`A question was answered ${status}: ${body}`);
    if (isMeasured) fallbacks += body.split('"reason":"fallback"').length - 1;
  };
  const change = async (n: number) => {
    const anonymousId = `changed-${run}-${n}`;
    const event = post("/v1/track", writeKey, JSON.stringify({ anonymousId, event: "Order Completed", messageId: anonymousId, properties: { order_id: anonymousId, total: 500 } }));
    const question = post("/v1/decide", writeKey, JSON.stringify({ anonymousId, places: places.slice(0, 1) }));
    const began = performance.now();
    await connections.ask(event);
    // On a machine that cannot keep up the wait ends at the longest there is, which the figures then show.
    while (!(await connections.ask(question)).body.includes(`"id":"${changedTo}"`) && performance.now() - began < VISIBLE_MS_MAX)
      await pause(ASK_AGAIN_MS);
    note(changedMs, began);
  };
  return {
    begin: () => Promise.all([atRate(perSecond, seconds, ask), atRate(changesPerSecond, seconds, change)]),
    found: () => ({ decideMs, alongMs, changedMs, fallbacks }),
  };
} // prettier-ignore

/** Begins `work` at its times whether or not what was begun before has ended; resolves when all has. */
async function atRate(perSecond: number, seconds: number, work: (n: number) => Promise<void>): Promise<void> {
  const began = performance.now();
  const under: Promise<void>[] = [];
  for (let n = 0; n < perSecond * seconds;) {
    const due = Math.min(perSecond * seconds, ((performance.now() - began) / 1000) * perSecond);
    while (n < due) under.push(work(n++));
    await pause(1);
  }
  await Promise.all(under);
}

/** Says `word` to the parent and waits for its answer. */
const told = (word: string) =>
  new Promise((resolve) => {
    process.once("message", resolve);
    process.send!(word);
  });

const order = await new Promise<Order>((resolve) => process.once("message", resolve));
const report: Report = order.type === "flood" ? await flood(order) : await hold(order);
process.send!(report, () => process.disconnect());
