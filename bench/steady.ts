/** What people wait for while 1,000 single events a second come in: an event to show, a customer to be read. */
import { fillCustomers, onFolder } from "./fill.ts";
import type { Held, Paced } from "./load.ts";
import { SECRET_KEY, WRITE_KEY, load, startProgram, usage } from "./program.ts";
import { type Row, atMost, quantile } from "./table.ts";

const CUSTOMERS = 100_000;
const SECONDS = 20;

export async function steady(folder: string): Promise<readonly Row[]> {
  await onFolder(folder, (sql) => fillCustomers(sql, 0, CUSTOMERS));
  const program = await startProgram(folder);
  try {
    const paced: Paced = {
      type: "paced", port: program.port, writeKey: WRITE_KEY, secretKey: SECRET_KEY, customers: CUSTOMERS, run: "w",
      seconds: 5, eventsPerSecond: 1000, readsPerSecond: 100, probesPerSecond: 5,
    }; // prettier-ignore
    await load<Held>(paced);
    const before = await usage(program.pid);
    const seen = await load<Held>({
      ...paced,
      run: "v",
      seconds: SECONDS,
      readsPerSecond: 0,
      probesPerSecond: 20,
    });
    const { cpuSeconds } = await usage(program.pid);
    const reading = await load<Held>({
      ...paced,
      run: "r",
      seconds: SECONDS,
      readsPerSecond: 500,
      probesPerSecond: 0,
    });
    for (const { statuses } of [seen, reading])
      if (Object.keys(statuses).join() !== "200")
        throw new Error(`Not every request was answered 200: ${JSON.stringify(statuses)}`);
    const row = (what: string, values: readonly number[], ratio: number, budget: Row["budget"]): Row => ({
      what: `${what}, p${ratio * 100}`,
      figure: quantile(values, ratio),
      unit: "ms",
      budget,
      scales: true,
      note: `${values.length.toLocaleString("en-US")} measured`,
    });
    const visible = "event sent -> in the customer's document, at 1,000 events/s";
    const read = "customer read at 500/s beside 1,000 events/s";
    return [
      row(visible, seen.visibleMs, 0.5, atMost(15)),
      row(visible, seen.visibleMs, 0.99, atMost(100)),
      row(read, reading.readMs, 0.5, null),
      row(read, reading.readMs, 0.99, atMost(20)),
      {
        what: "CPU at 1,000 single events/s",
        figure: ((cpuSeconds - before.cpuSeconds) / SECONDS) * 100,
        unit: "% of a core",
        budget: null,
        scales: true,
        note: "the program and its PostgreSQL",
      },
      row("answer to an event, at 1,000 events/s", seen.eventMs, 0.99, null),
    ];
  } finally {
    await program.stop();
  }
}
