/** How many events a second the worker handles from a full inbox, at growing numbers of customers. */
import { fillCustomers, fillInbox, onFolder } from "./fill.ts";
import { cpuNote, startProgram, untilStats, usage } from "./program.ts";
import { type Row, atLeast } from "./table.ts";

const EVENTS = 150_000;
/** The first part warms the program up and is not counted. */
const SKIPPED = 40_000;
const SIZES = [10_000, 100_000, 1_000_000];
const FULL_SIZE = 5_000_000;

/** One row for each number of customers; the folder grows from one to the next. */
export async function work(folder: string, full: boolean): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let customers = 0;
  let before = 0;
  for (const size of full ? [...SIZES, FULL_SIZE] : SIZES) {
    await onFolder(folder, async (sql) => {
      await fillCustomers(sql, customers, size);
      await fillInbox(sql, EVENTS, size);
    });
    customers = size;
    const program = await startProgram(folder);
    try {
      const from = await untilStats(program, ({ processed }) => processed >= before + SKIPPED);
      const spent = await usage(program.pid);
      const processed = await untilStats(program, (stats) => stats.processed >= before + EVENTS);
      const logged = await untilStats(program, (stats) => stats.logged >= before + EVENTS);
      const note = cpuNote(spent, await usage(program.pid), before + EVENTS - from.stats.processed);
      const over = (to: typeof from, name: "processed" | "logged") =>
        (before + EVENTS - from.stats[name]) / ((to.atMs - from.atMs) / 1000);
      const at = `at ${size.toLocaleString("en-US")} customers`;
      rows.push(
        {
          what: `processed from a full inbox, ${at}`,
          figure: over(processed, "processed"),
          unit: "events/s",
          budget: atLeast(20_000),
          scales: true,
        },
        {
          what: `logged from a full inbox, ${at}`,
          figure: over(logged, "logged"),
          unit: "events/s",
          budget: atLeast(20_000),
          scales: true,
          note,
        },
      );
      before += EVENTS;
    } finally {
      await program.stop();
    }
  }
  return rows;
}
