/**
 * Two workers and two senders on one world, and nothing in order: events twice and late, people who turn out to be one and
 * are parted again, a mail server that refuses and hangs up, a clock that jumps. Afterwards every promise is counted again
 * from what the mail server got and from what is stored. THROUGHLINE_CASES asks for more rounds, THROUGHLINE_SEED repeats one.
 */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { addProvider } from "../../src/messages/provider-store.ts";
import { readStranded } from "../../src/journeys/store.ts";
import { openSending } from "../../src/sending.ts";
import { startWorker } from "../../src/worker.ts";
import { SEED, randomOf } from "../random.ts";
import { type Mood, aMailCounterpart } from "../messages/counterparts.ts";
import { mailIdsIn } from "../messages/sending-story.ts";
import { type Said, WORKSPACE, eventOf } from "../world.ts";
import { DAY_MS, HOUR_MS, type JourneyWorld, MINUTE_MS, aJourneyWorld, onEvent, wait } from "./story.ts";
import { VAULT } from "../vault.ts";

const ROUNDS = Number(process.env["THROUGHLINE_CASES"] ?? 12);
const PEOPLE = ["ann", "ben", "cem", "dan", "eve", "fay"];
/** These two are parted from their devices again: who was one and is two has two counts. */
const PARTED = ["eve", "fay"];
const NOW = Date.UTC(2026, 5, 3, 8);
const CAP = { most: 2, ms: 6 * HOUR_MS };

type Race = {
  readonly world: JourneyWorld;
  readonly mail: Awaited<ReturnType<typeof aMailCounterpart>>;
  readonly random: () => number;
  readonly orders: Set<string>;
  /** Who said no, and the messages that had been let out by then. */
  readonly denied: Map<string, ReadonlySet<string>>;
  settle(): Promise<void>;
  close(): Promise<void>;
};

async function aRace(): Promise<Race> {
  const world = await aJourneyWorld(() => NOW);
  const random = randomOf(SEED);
  const mail = await aMailCounterpart();
  const { sql, clock } = world;
  const onFault = (cause: unknown) => world.faults.push(cause);
  const worker = startWorker({ sql, clock, owner: randomUUID(), onFault, onCommit: (batch, logBatch) => logBatch && world.feed.offer(logBatch, batch.logLines) }); // prettier-ignore
  const sending = await openSending({ sql, vault: VAULT, clock, inbox: world.inbox, base: "https://go.example", publicUrl: undefined, random, onFault }); // prettier-ignore
  const sender = await sending.start();
  await addProvider(sql, VAULT, WORKSPACE, { channel: "email", driver: "smtp", name: "Mail", config: { host: "127.0.0.1", port: mail.port, security: "none", from: "Shop <shop@example.com>" }, perSecond: null }, 10, clock()); // prettier-ignore
  const moods: readonly Mood[] = ["busy", "hangs_up", "hangs_up_early"];
  Object.defineProperty(mail, "mood", { get: (): Mood => (random() < 0.12 ? moods[Math.floor(random() * 3)]! : "takes") }); // prettier-ignore
  await world.policy({
    quietHours: [{ from: 22 * 60, to: 6 * 60 }],
    caps: [{ name: "Few", most: CAP.most, over: { ms: CAP.ms } }],
  });
  await makeJourneys(world);
  return {
    world, mail, random, orders: new Set(), denied: new Map(),
    settle: async () => {
      worker.wake();
      sender.wake();
      await world.sent();
    },
    close: async () => {
      await sender.stop();
      await sending.close();
      await worker.stop();
      await world.close();
      await mail.close();
    },
  }; // prettier-ignore
}

async function makeJourneys(world: JourneyWorld): Promise<void> {
  const message = (next: string | null, more: object = {}) => ({ type: "message", channel: "email", template: world.template, next, expiresMs: 12 * HOUR_MS, ...more }); // prettier-ignore
  const bought = await world.segment({ type: "did", event: "Bought", where: [], measure: { of: "count" }, is: { op: "at_least", value: 2 } }); // prettier-ignore
  await world.journey({
    entry: onEvent("Added"), exits: [onEvent("Bought")], reentry: { type: "always" }, start: "rest",
    steps: { rest: wait(20 * MINUTE_MS, "nudge"), nudge: message("more"), more: wait(HOUR_MS, "again"), again: message(null, { else: "skip" }) },
  }); // prettier-ignore
  await world.journey({
    entry: onEvent("Ordered"), reentry: { type: "key", property: "order_id" }, start: "bill", priority: 80,
    steps: { bill: message("rest", { purpose: "transactional" }), rest: wait(2 * HOUR_MS, "review"), review: message(null) },
  }); // prettier-ignore
  await world.journey({
    entry: { type: "segment", id: bought, on: "entered" }, start: "until",
    steps: { until: { type: "wait_until", maxMs: 3 * HOUR_MS, next: "thanks", paths: [{ when: onEvent("Added"), next: "thanks" }] }, thanks: message(null) },
  }); // prettier-ignore
}

/** One thing that happens to somebody, as it arrives: mostly once, sometimes late or twice. */
async function happens({ world, random, orders }: Race, n: number): Promise<void> {
  const person = PEOPLE[Math.floor(random() * PEOPLE.length)]!;
  const device = `anonymous_id ${person}-${Math.floor(random() * 3)}`;
  const names = ["Added", "Added", "Bought", "Ordered", "$customer.identified"];
  const name = names[Math.floor(random() * names.length)]!;
  const order = `${SEED}-${n}`;
  if (name === "Ordered") orders.add(order);
  const who = name === "$customer.identified" || random() < 0.3 ? [`user_id ${person}`, device] : random() < 0.4 ? [device] : [`user_id ${person}`, `email ${person}@example.com`]; // prettier-ignore
  const at = world.clock() - (random() < 0.3 ? Math.floor(random() * HOUR_MS) : 0);
  const said: Said = { who, name, at, ...(name === "Ordered" && { properties: { order_id: order } }) };
  const event = eventOf(said);
  const times = random() < 0.25 ? 2 : 1;
  await Promise.all(Array.from({ length: times }, () => world.inbox.append([event])));
}

async function partSomebody({ world, random }: Race): Promise<void> {
  const person = PARTED[Math.floor(random() * PARTED.length)]!;
  const identities = await world.identities(`user_id ${person}`);
  const links = identities?.links.filter(({ undoneAt }) => undoneAt === null) ?? [];
  const link = links[Math.floor(random() * links.length)];
  if (!identities || !link) return;
  // Somebody else may be writing this customer just now, which is said and asks to be tried again.
  await world.unmerge(identities.customerId, link.id).catch((cause: unknown) => {
    if ((cause as { code?: string }).code !== "conflict") throw cause;
  });
}

/** Says no or yes again, and notes what had been let out when the no was known. */
async function answers({ world, random, denied }: Race): Promise<void> {
  const person = PEOPLE[Math.floor(random() * PEOPLE.length)]!;
  const answer = denied.has(person) ? "granted" : "denied";
  if (answer === "granted") denied.delete(person);
  const consents = [{ channel: "email", purpose: "marketing", answer, source: "api" }];
  await world.inbox.append([eventOf({ who: [`user_id ${person}`], name: "Answered", at: world.clock(), consents } as never)]); // prettier-ignore
  await world.handled();
  if (answer === "denied") denied.set(person, new Set((await offersTo(world, person)).map(({ message }) => message))); // prettier-ignore
}

/** What was let out to somebody that may be declined, oldest first. */
const offersTo = async (world: JourneyWorld, person: string) =>
  world.sql.query<{ message: string; at: number }>(
    `select c.message, c.at from contacts c join atoms a on a.id = c.atom
     where c.purpose <> 'transactional' and a.customer = (select b.customer from atoms b where b.identifiers like $1 order by b.id limit 1) order by c.at`,
    [`%["user_id","${person}"%`],
  ); // prettier-ignore

async function checkAll({ world, mail, denied }: Race): Promise<void> {
  const { sql, clock } = world;
  const twins = await sql.query(`select r.journey, r.key, a.customer from runs r join atoms a on a.id = r.atom where r.state = 'running'
    and not exists (select 1 from wakes w where w.customer = a.customer and w.due_at <= $1) group by 1, 2, 3 having count(*) > 1`, [clock()]); // prettier-ignore
  expect(twins, "one run of a customer in a journey at a time").toEqual([]);
  expect(await readStranded(sql, clock(), 0), "everybody waits for something").toEqual([]);
  const again = await sql.query("select run, step from messages group by 1, 2 having count(*) > 1");
  expect(again, "a run asks for a message once").toEqual([]);
  for (const person of PEOPLE) {
    const offers = await offersTo(world, person);
    const before = denied.get(person);
    if (before) expect(offers.filter(({ message }) => !before.has(message)), `${person} said no`).toEqual([]); // prettier-ignore
    if (PARTED.includes(person)) continue;
    for (const { at } of offers)
      expect(offers.filter((one) => one.at >= at && one.at < at + CAP.ms).length, `${person}'s cap`).toBeLessThanOrEqual(CAP.most); // prettier-ignore
  }
  const rows = await sql.query<{ id: string; state: string; purpose: string }>("select id, state, purpose from messages"); // prettier-ignore
  const mails = mailIdsIn(mail);
  for (const { id, state, purpose } of rows) {
    const n = mails.filter((one) => one === id).length;
    if (state === "sent") expect(n, `${id} is sent`).toBeGreaterThan(0);
    if (state === "refused" || state === "cancelled") expect(purpose === "transactional" ? 0 : n, `${id} is ${state}`).toBe(0); // prettier-ignore
    if (purpose !== "transactional") expect(n, `${id} arrived`).toBeLessThanOrEqual(1);
  }
}

/** What is only so at the end: every run is over, every entry counted, every message settled and told. */
async function checkEnd({ world, orders }: Race): Promise<void> {
  const { sql } = world;
  const [counted] = await sql.query<{ n: number }>("select coalesce(sum(n), 0)::int as n from step_hours where step = '$entry' and path = 'entered'"); // prettier-ignore
  const [runs] = await sql.query<{ n: number; running: number }>("select count(*)::int as n, (count(*) filter (where state = 'running'))::int as running from runs"); // prettier-ignore
  expect([runs!.n, runs!.running]).toEqual([counted!.n, 0]);
  const open = await sql.query("select id, state from messages where settled_at is null or told_at is null");
  expect(open).toEqual([]);
  const bills = await sql.query<{ key: string; n: number }>("select key, count(*)::int as n from runs where key <> '' group by 1"); // prettier-ignore
  expect(bills.map(({ key }) => key).toSorted()).toEqual([...orders].toSorted());
  expect(bills.filter(({ n }) => n > 1)).toEqual([]);
}

test(`two workers and two senders keep every promise, whatever comes (seed ${SEED})`, { timeout: 60_000 + ROUNDS * 5_000 }, async () => {
  const race = await aRace();
  try {
    await live(race);
    await checkAll(race);
    await checkEnd(race);
    expect(race.world.faults).toEqual([]);
  } finally {
    await race.close();
  }
}); // prettier-ignore

async function live(race: Race): Promise<void> {
  const { world, random } = race;
  for (const person of PEOPLE) await world.inbox.append([eventOf({ who: [`user_id ${person}`, `email ${person}@example.com`], at: world.clock() })]); // prettier-ignore
  let n = 0;
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(Array.from({ length: 8 }, () => happens(race, n++)));
    if (random() < 0.3) await answers(race);
    if (random() < 0.3) await partSomebody(race);
    if (random() < 0.6) await race.settle();
    const hops = [1_000, 10_000, 10 * MINUTE_MS, 25 * MINUTE_MS, 2 * HOUR_MS];
    await world.passes(hops[Math.floor(random() * hops.length)]!);
    if (round % 4 === 3) {
      await race.settle();
      await checkAll(race);
    }
  }
  // Until everybody is through: nothing waits for longer.
  for (let half = 0; half < 8; half++) await world.passes(DAY_MS / 2);
  await race.settle();
  // A mail server that hung up is left alone for a while: what it was to get is still there.
  const open = async () => (await world.sql.query("select 1 as one from messages where state = 'due' limit 1")).length > 0; // prettier-ignore
  for (let hours = 0; hours < 100 && (await open()); hours++) await world.passes(HOUR_MS);
}
