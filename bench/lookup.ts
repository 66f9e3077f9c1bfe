/** What a till waits for: customers looked up by what they say, and their story, among 100 thousand beside 1,000 events/s. */
import type { Sql } from "../src/db/postgres.ts";
import { customerOf } from "./bodies.ts";
import { fillCustomers, onFolder } from "./fill.ts";
import type { Held, Paced } from "./load.ts";
import { type Program, SECRET_KEY, WRITE_KEY, load, startProgram, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const CUSTOMERS = 100_000;
const SECONDS = 8;
/** So many tills and agents look at once; a story is opened after a look-up. */
const PER_SECOND = 50;
const EVENTS_PER_SECOND = 1_000;
/** Each first name is that of a thousand customers, each last name of a hundred. */
const [FIRST, LAST] = [100, 1_000];

/** Gives customers what people say of themselves: a name, a phone number, a loyalty code and an order. */
async function nameThem(sql: Sql): Promise<void> {
  await sql.query(`update customer_names set name = 'first' || (atom % ${FIRST}) || ' läst' || (atom % ${LAST}) || 'er'`);
  await sql.query(
    `insert into identifiers (key, workspace, kind, value, atom, created_at)
     select md5('1' || chr(1) || kind || chr(1) || value)::uuid, 1, kind, value, n + 1, 0
     from generate_series(0, ${CUSTOMERS - 1}) n, lateral (values ('phone', '+49171' || (1000000 + n)), ('loyalty_id', 'GOLD-' || n)) as t (kind, value) order by 1`,
  );
  await sql.query(`insert into order_numbers (workspace, code, atom) select 1, folded_code('R-2026/' || n), n + 1 from generate_series(0, ${CUSTOMERS - 1}) n order by 2`);
  for (const table of ["customer_names", "identifiers", "order_numbers"]) await sql.query(`vacuum (analyze) ${table}`);
} // prettier-ignore

/** What is read, for customers in no order. */
const READS: { readonly [what: string]: (customer: number) => string } = {
  "a phone number, an e-mail address, an order, a loyalty code": (n) => {
    const said = [`0171 ${1_000_000 + n}`, `user-${n}@example.com`, `R 2026 ${n}`, `gold-${n}`];
    return `/v1/customers/lookup?q=${encodeURIComponent(said[n % said.length]!)}`;
  },
  "the beginning of a first name": (n) => `/v1/customers/lookup?name=first${n % FIRST}`,
  "both names": (n) => `/v1/customers/lookup?name=${encodeURIComponent(`last${n % LAST} first${n % FIRST}`)}`,
  "the story": (n) => `/v1/customers/c${n + 1}/desk?found=phone`,
};

async function settle({ port }: Program): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/desk/settings`, {
    method: "PUT", headers: { authorization: `Bearer ${SECRET_KEY}`, "content-type": "application/json" }, body: JSON.stringify({ country: "DE" }),
  });
  if (!answer.ok) throw new Error(`The settings were answered ${answer.status}: ${await answer.text()}`);
} // prettier-ignore

export async function lookup(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, async (sql) => {
    await fillCustomers(sql, 0, CUSTOMERS);
    await nameThem(sql);
  });
  const program = await startProgram(folder);
  try {
    await settle(program);
    const paced: Paced = {
      type: "paced", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: CUSTOMERS, run: "w",
      seconds: 5, eventsPerSecond: EVENTS_PER_SECOND, readsPerSecond: 0, probesPerSecond: 0,
    }; // prettier-ignore
    await load<Held>(paced);
    const rows: Row[] = [];
    for (const [i, [what, pathOf]] of Object.entries(READS).entries()) {
      const reads = Array.from({ length: SECONDS * PER_SECOND }, (_, n) => pathOf(customerOf(n + 7, CUSTOMERS))); // prettier-ignore
      const before = await usage(program.pid);
      await load<Held>({ ...paced, run: `a${i}`, seconds: SECONDS, eventsPerSecond: 0, readsPerSecond: PER_SECOND, reads }); // prettier-ignore
      const { cpuSeconds } = await usage(program.pid);
      const held = await load<Held>({ ...paced, run: `r${i}`, seconds: SECONDS, readsPerSecond: PER_SECOND, reads }); // prettier-ignore
      const bad = Object.entries(held.statuses).filter(([status]) => status !== "200");
      const note = `${held.readMs.length} measured${bad.length > 0 ? `, not 200: ${JSON.stringify(bad)}` : ""}`;
      const row = (ratio: number, budget: Row["budget"]): Row => ({ what: `${what === "the story" ? "desk: the story" : `desk: by ${what}`} at ${PER_SECOND}/s beside ${EVENTS_PER_SECOND} events/s, p${ratio * 100}`, figure: quantile(held.readMs, ratio), unit: "ms", budget, scales: true, note }); // prettier-ignore
      const cpu: Row = { what: `CPU of ${what === "the story" ? what : `a look-up by ${what}`}`, figure: ((cpuSeconds - before.cpuSeconds) / reads.length) * 1e3, unit: "ms", budget: null, scales: true, note: "the program and its PostgreSQL" }; // prettier-ignore
      rows.push(row(0.5, null), row(0.99, atMost(what === "the story" ? 100 : 50)), cpu);
    }
    return rows;
  } finally {
    await program.stop();
  }
}
