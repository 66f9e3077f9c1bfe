/**
 * Journeys through the kills: every order starts a run that sends its receipt, baskets ask for an offer under a cap, and
 * the mail server takes what it gets, refuses it for now, or hangs up after having read it. At the end what was asked for
 * is compared with what the mail server has.
 */
import { startEmbedded } from "../../src/db/embedded.ts";
import { type Database, openPostgres } from "../../src/db/postgres.ts";
import { readStranded } from "../../src/journeys/store.ts";
import { type Counterpart, type Mood, aMailCounterpart } from "../messages/counterparts.ts";
import { WRITE_KEY, ask } from "./platform.ts";

/** Many who buy, because a run that waits for a dead sender's claim stays for minutes, and one customer has room for 25. */
const BUYERS = 1_000;
/** Few who fill baskets, so that the cap is felt. */
const FANS = 20;
const OFFERS_A_DAY = 2;
const DAY_MS = 86_400_000;

export type JourneyChaos = {
  readonly mail: Counterpart;
  /** Orders that were answered 200. */
  readonly orders: Set<string>;
  /** Number of the journey by its name, once it serves. */
  readonly journeys: Map<string, number>;
};

/** A mail server that refuses one mail in twenty for now, and hangs up on as many after having read them. */
export async function aJourneyChaos(random: () => number): Promise<JourneyChaos> {
  const mail = await aMailCounterpart();
  const moods: readonly Mood[] = ["busy", "hangs_up"];
  Object.defineProperty(mail, "mood", {
    configurable: true,
    get: (): Mood => (random() < 0.1 ? moods[Math.floor(random() * 2)]! : "takes"),
  });
  return { mail, orders: new Set(), journeys: new Map() };
}

const message = (template: number, purpose: string) => ({ type: "message", channel: "email", template, purpose, else: "skip", next: null }); // prettier-ignore
const drafts = (template: number) => [
  {
    name: "Receipts", holdoutRatio: 0, entry: { type: "event", event: "Order Placed" }, reentry: { type: "key", property: "order_id" }, start: "receipt",
    steps: { receipt: message(template, "transactional") },
  },
  {
    name: "Offers", holdoutRatio: 0, entry: { type: "event", event: "Basket Filled" }, reentry: { type: "always" }, start: "offer",
    steps: { offer: message(template, "marketing") },
  },
]; // prettier-ignore

/** Sets up policy, provider, template and journeys by the API, and waits until the journeys serve. Before the first kill. */
export async function setUpJourneys(base: string, { mail, journeys }: JourneyChaos): Promise<void> {
  await ask(base, "PUT", "/v1/policy", {
    quietHours: [],
    caps: [{ name: "Offers", most: OFFERS_A_DAY, over: { ms: DAY_MS } }],
  });
  const config = { host: "127.0.0.1", port: mail.port, security: "none", from: "Shop <shop@example.com>" };
  await ask(base, "POST", "/v1/providers", { channel: "email", driver: "smtp", name: "Mail", config });
  const content = { channel: "email", subject: "Hello", html: "<p>Hello</p>" };
  const template = await ask<{ id: number }>(base, "POST", "/v1/templates", { name: "Letter", content });
  for (const draft of drafts(template.id)) {
    const { id } = await ask<{ id: number }>(base, "POST", "/v1/journeys", { draft });
    await ask(base, "POST", `/v1/journeys/${id}/publish`, {});
    for (;;) {
      const { journeys: all } = await ask<{ journeys: readonly { id: number; version: number | null }[] }>(base, "GET", "/v1/journeys"); // prettier-ignore
      if (all.find((one) => one.id === id)?.version) break;
      await pause(20);
    }
    journeys.set(draft.name, id);
  }
}

/** Publishes a journey again; those in it stay or are moved. What dies on the way is no fault. */
export async function publishAgain(
  base: string,
  { journeys }: JourneyChaos,
  random: () => number,
): Promise<void> {
  const id = [...journeys.values()][Math.floor(random() * journeys.size)]!;
  const formerRuns = random() < 0.5 ? "pin" : "migrate";
  await ask(base, "POST", `/v1/journeys/${id}/publish`, { formerRuns }).catch(() => undefined);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Posts orders and baskets, some twice, until told to stop; notes the orders that were answered 200. */
export async function sendOrders(
  base: string,
  name: string,
  random: () => number,
  load: { readonly on: boolean },
  { orders }: JourneyChaos,
): Promise<void> {
  for (let n = 0; load.on; n++) {
    const batch = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, i) =>
      doingOf(`${name}-${n}-${i}`, random),
    ).flat();
    for (let times = random() < 0.2 ? 2 : 1; times > 0 && load.on; times--) {
      const status = await fetch(`${base}/v1/batch`, { method: "POST", body: JSON.stringify({ writeKey: WRITE_KEY, batch }) }).then((answer) => answer.status, () => 0); // prettier-ignore
      if (status === 200)
        for (const { properties } of batch)
          if (properties?.order_id !== undefined) orders.add(properties.order_id);
    }
    await pause(2);
  }
}

type Doing = {
  readonly messageId: string;
  readonly userId: string;
  readonly type: string;
  readonly event?: string;
  readonly traits?: { readonly email: string };
  readonly properties?: { readonly order_id?: string };
};
/** What somebody does now; who they are goes before. */
function doingOf(messageId: string, random: () => number): readonly Doing[] {
  const buys = random() < 0.7;
  const userId = buys ? `buyer-${Math.floor(random() * BUYERS)}` : `fan-${Math.floor(random() * FANS)}`;
  return [
    { messageId: `${messageId}-who`, userId, type: "identify", traits: { email: `${userId}@x.example` } },
    buys
      ? { messageId, userId, type: "track", event: "Order Placed", properties: { order_id: messageId } }
      : { messageId, userId, type: "track", event: "Basket Filled", properties: {} },
  ];
}

/** The store of a platform that was stopped, for as long as `work` takes. */
export async function withStore<T>(folder: string, work: (sql: Database) => Promise<T>): Promise<T> {
  const server = await startEmbedded({ dataDir: folder });
  const sql = openPostgres(server.url, 4, "bulk");
  try {
    return await work(sql);
  } finally {
    await sql.close();
    await server.stop();
  }
}

/**
 * Moves on by hours for all that waits: dead senders' claims, and attempts that are to come later. The clock of a
 * program of its own cannot be moved, so what it is compared with is; and mail is taken from now on.
 */
export async function hoursPass(folder: string, { mail }: JourneyChaos): Promise<void> {
  Object.defineProperty(mail, "mood", { configurable: true, value: "takes", writable: true });
  await withStore(folder, async (sql) => {
    await sql.query("update messages set due_at = 0 where state = 'due'");
    await sql.query("update messages set claimed_until = 0 where state = 'sending'");
  });
}

/** Waits until no message is due or on its way. */
export async function untilSent(base: string): Promise<void> {
  for (;;) {
    const left = await Promise.all(["due", "sending"].map((state) => ask<{ messages: readonly unknown[] }>(base, "GET", `/v1/messages?state=${state}&limit=1`))); // prettier-ignore
    if (left.every(({ messages }) => messages.length === 0)) return;
    await pause(50);
  }
}

type Sent = {
  readonly id: string;
  readonly key: string;
  readonly state: string;
  readonly purpose: string;
  readonly customer: number;
  readonly told: boolean;
};
/** Everything that is not as it must be, in words. */
export const wrongJourneys = (folder: string, chaos: JourneyChaos): Promise<readonly string[]> =>
  withStore(folder, async (sql) => {
    const wrong: string[] = [];
    const receipts = chaos.journeys.get("Receipts");
    const runs = await sql.query<{ key: string; n: number; messages: number }>(
      "select r.key, count(*)::int as n, (count(m.id))::int as messages from runs r left join messages m on m.run = r.id where r.journey = $1 group by 1",
      [receipts],
    );
    const byKey = new Map(runs.map((row) => [row.key, row]));
    for (const order of chaos.orders) if (!byKey.has(order)) wrong.push(`order ${order} has no run`);
    for (const { key, n, messages } of runs)
      if (n !== 1 || messages !== 1) wrong.push(`order ${key} has ${n} runs with ${messages} messages`);
    const sent = await sql.query<Sent>(
      `select m.id, coalesce(r.key, '') as key, m.state, m.purpose, a.customer, m.told_at is not null as told
       from messages m join atoms a on a.id = m.atom left join runs r on r.id = m.run`,
    );
    wrong.push(...wrongMails(sent, arrivalsOf(chaos.mail)));
    const [running] = await sql.query<{ n: number }>("select count(*)::int as n from runs where state = 'running'"); // prettier-ignore
    if (running!.n > 0) wrong.push(`${running!.n} runs wait for nothing any more`);
    for (const { id } of await readStranded(sql, Date.now(), 0)) wrong.push(`run ${id} is stranded`);
    return wrong;
  });

/** How often each message's mail arrived whole, taken or not. */
function arrivalsOf({ received }: Counterpart): ReadonlyMap<string, number> {
  const arrivals = new Map<string, number>();
  for (const { body } of received) {
    const id = /^Message-ID: <([^@>]+)@/im.exec(body)?.[1] ?? "none";
    arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
  }
  return arrivals;
}

function wrongMails(sent: readonly Sent[], arrivals: ReadonlyMap<string, number>): readonly string[] {
  const wrong: string[] = [];
  const offers = new Map<number, number>();
  const known = new Set(sent.map(({ id }) => id));
  for (const id of arrivals.keys()) if (!known.has(id)) wrong.push(`a mail ${id} of no message arrived`);
  for (const { id, key, state, purpose, customer, told } of sent) {
    const n = arrivals.get(id) ?? 0;
    const may: { readonly [state: string]: boolean } = { sent: n > 0, unknown: true, refused: n === 0, cancelled: n === 0, failed: n === 0 }; // prettier-ignore
    if (!may[state]) wrong.push(`${id} is ${state} and arrived ${n} times`);
    if (!told) wrong.push(`${id}: nobody was told that it is ${state}`);
    if (purpose === "transactional" && n === 0) wrong.push(`the receipt of ${key} is ${state}`);
    if (purpose === "transactional") continue;
    if (n > 1) wrong.push(`the offer ${id} arrived ${n} times`);
    offers.set(customer, (offers.get(customer) ?? 0) + n);
  }
  for (const [customer, n] of offers) if (n > OFFERS_A_DAY) wrong.push(`customer ${customer} got ${n} offers`); // prettier-ignore
  return wrong;
}
