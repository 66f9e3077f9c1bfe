/** What pages wait for: decisions for signed-in customers at 500 questions/s beside 1,000 events/s. */
import { setTimeout as pause } from "node:timers/promises";
import { fillCustomers, onFolder } from "./fill.ts";
import type { Decides, Held, Paced } from "./load.ts";
import { type Program, SECRET_KEY, WRITE_KEY, load, startProgram, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const CUSTOMERS = 100_000;
const SECONDS = 20;
const PER_SECOND = 500;
const DAY_MS = 86_400_000;

const ask = async ({ port }: Program, method: string, path: string, body?: object): Promise<unknown> => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method, headers: { authorization: `Bearer ${SECRET_KEY}`, ...(body && { "content-type": "application/json" }) }, ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}; // prettier-ignore

const did = (event: string, atLeast: number, days: number) => ({ type: "did", event, is: { op: "at_least", value: atLeast }, when: { from: { agoMs: days * DAY_MS } } }); // prettier-ignore
/** Eight candidates, as a shop would have them at one place. */
const candidates = [
  { id: "buyers", kind: "offer", priority: 95, rule: { type: "did", event: "Order Completed", measure: { of: "sum", property: "total" }, is: { op: "at_least", value: 400 } }, content: { title: "Thank you" } },
  { id: "gold", kind: "offer", priority: 90, rule: { type: "trait", name: "plan", is: { op: "equals", value: "platinum" } } },
  { id: "looker", kind: "offer", priority: 85, rule: { type: "all", rules: [did("Product Viewed", 3, 7), { type: "not", rule: did("Order Completed", 1, 30) }] }, products: ["p1", "p2"] },
  { id: "left", kind: "cart", priority: 80, rule: { type: "without", event: "Product Added", without: { event: "Order Completed" }, forMs: 3_600_000 }, frequency: { most: 3, withinMs: DAY_MS } },
  { id: "boots", kind: "recommendation", priority: 70, products: ["p3"], tags: ["sale"], frequency: { most: 5, withinMs: 7 * DAY_MS } },
  { id: "message", kind: "message", priority: 65 },
  { id: "hello", kind: "content", priority: 40, rule: did("$page.viewed", 1, 30), content: { title: "Good to see you, {{ customer.name }}", link: "{{ page.url }}" } },
  { id: "everybody", kind: "content", priority: 10, content: { title: "Boots of the season" } },
]; // prettier-ignore

/** Lays three places down and waits until they serve; what signs the tokens of customers. */
async function prepare(program: Program): Promise<string> {
  const { made } = (await ask(program, "POST", "/v1/providers", { channel: "in_app", driver: "in_app", name: "Site", config: {} })) as { made: { secret: string } }; // prettier-ignore
  await ask(program, "PUT", "/v1/policy", { holds: [{ type: "bought_this", withinMs: 7 * DAY_MS }] });
  await ask(program, "PUT", "/v1/stock", { stock: [{ product: "p1", pieces: 0 }, { product: "p2", pieces: 0 }, { product: "p3", pieces: 7 }] }); // prettier-ignore
  for (const key of PLACES)
    await ask(program, "PUT", `/v1/places/${key}`, { name: key, candidates: candidates.map((one) => ({ name: one.id, ...one })) });
  for (;;) {
    const { places } = (await ask(program, "GET", "/v1/places")) as { places: { state: string }[] };
    if (places.every(({ state }) => state === "live")) return made.secret;
    await pause(50);
  }
} // prettier-ignore
const PLACES = ["home.top", "home.side", "cart"];

export async function decide(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, CUSTOMERS));
  const program = await startProgram(folder);
  try {
    const secret = await prepare(program);
    const asked: Decides = { perSecond: PER_SECOND, places: PLACES, eventEvery: 10, secret, changesPerSecond: 5, changedTo: "buyers" }; // prettier-ignore
    const paced: Paced = {
      type: "paced", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: CUSTOMERS, run: "w",
      seconds: 5, eventsPerSecond: 1000, readsPerSecond: 0, probesPerSecond: 0, decides: asked,
    }; // prettier-ignore
    await load<Held>(paced);
    const before = await usage(program.pid);
    const alone = await load<Held>({ ...paced, run: "a", seconds: SECONDS, eventsPerSecond: 0, decides: { ...asked, eventEvery: 0, changesPerSecond: 0 } }); // prettier-ignore
    const { cpuSeconds } = await usage(program.pid);
    const beside = await load<Held>({ ...paced, run: "b", seconds: SECONDS });
    const row = (what: string, values: readonly number[], ratio: number, budget: Row["budget"], note = ""): Row => ({
      what: `${what}, p${ratio * 100}`, figure: quantile(values, ratio), unit: "ms", budget, scales: true, note: `${values.length.toLocaleString("en-US")} measured${note}`,
    }); // prettier-ignore
    const share = (held: Held): string =>
      `, ${((100 * held.fallbacks) / ((held.decideMs.length + held.alongMs.length) * PLACES.length)).toFixed(2)}% of places answered with the default`;
    const at = `decision for 3 places at ${PER_SECOND}/s`;
    return [
      row(at, alone.decideMs, 0.5, null, share(alone)),
      row(at, alone.decideMs, 0.99, null),
      {
        what: "CPU of a decision", figure: ((cpuSeconds - before.cpuSeconds) / (SECONDS * PER_SECOND)) * 1e6, unit: "us", budget: null, scales: true,
        note: "the program and its PostgreSQL, 3 places with 8 candidates",
      },
      row(`${at} beside 1,000 events/s`, beside.decideMs, 0.5, null, share(beside)),
      row(`${at} beside 1,000 events/s`, beside.decideMs, 0.99, atMost(20)),
      row("the same with an event along", beside.alongMs, 0.5, null),
      row("the same with an event along", beside.alongMs, 0.99, null),
      row("event sent -> decision changed, at 1,000 events/s", beside.changedMs, 0.5, null),
      row("event sent -> decision changed, at 1,000 events/s", beside.changedMs, 0.99, atMost(100)),
    ]; // prettier-ignore
  } finally {
    await program.stop();
  }
}
