/** Results of a journey: the one statement against the same thing worked out by hand, on logs made by chance. */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { type ArmRow, compared, readArms } from "../../src/journeys/results.ts";
import { Goal } from "../../src/journeys/model.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { aLog } from "../stores.ts";

const HOUR_MS = 3_600_000;
const FROM = 1_790_000_000_000;
const TO = FROM + 100 * HOUR_MS;
const [JOURNEY, VERSION] = [7, 70];

type Line = { readonly atom: number; readonly at: number; readonly id: string; readonly name: string; readonly key: number; readonly properties: { readonly [name: string]: unknown } }; // prettier-ignore
let log: EventLog;
let drop: () => Promise<void>;
let inserts = 0;
beforeAll(async () => {
  ({ log, drop } = await aLog());
});
afterAll(() => drop());
/** Each log is a workspace of its own. */
let workspace = 0 as WorkspaceId;
const anew = () => (workspace = (workspace + 1) as WorkspaceId);
beforeEach(() => void anew());

async function write(lines: readonly Line[], joins: readonly (readonly [atom: number, customer: number])[] = []): Promise<void> {
  const texts = lines.map(({ atom, at, id, name, key, properties }) =>
    JSON.stringify({ epoch: 1, atom, workspace, id, type: "track", name, happenedAt: at, receivedAt: at, identifiers: [], channel: "web", touchpoint: "/", properties, key }));
  if (texts.length > 0) await log.insert("events", texts.join("\n"), `e${++inserts}`);
  const mapped = joins.map(([atom, customer]) => JSON.stringify({ workspace, atom, customer, version: 1 }));
  if (mapped.length > 0) await log.insert("customersOfAtoms", mapped.join("\n"), `m${++inserts}`);
} // prettier-ignore

const of = { journey: JOURNEY, version: VERSION };
const query = (goal: object | null) => ({ workspace, ...of, goal: goal === null ? null : Goal.parse(goal), from: FROM, to: TO }); // prettier-ignore

const worthOf = (line: Line | undefined): number => {
  const worth = line?.properties["total"];
  return typeof worth === "number" ? worth : 0;
};

/** The same by hand: run after run, and the first time each reached the goal. */
function byHand(lines: readonly Line[], joins: readonly (readonly [number, number])[], goal: Goal, step: string | null): readonly ArmRow[] {
  const customerOf = new Map(joins);
  const customer = ({ atom }: Line) => customerOf.get(atom) ?? atom;
  const told = lines.filter(({ key, properties }) => key === 0 && properties["journey"] === JOURNEY && properties["version"] === VERSION);
  const people = new Map<string, { runs: number; hits: number; value: number }>();
  for (const entry of told) {
    if ((entry.name !== "$journey.entered" && entry.name !== "$journey.held_out") || entry.at < FROM || entry.at >= TO) continue;
    const run = entry.properties["run"];
    const split = told.find((one) => one.name === "$journey.split" && one.properties["step"] === step && one.properties["run"] === run && customer(one) === customer(entry));
    const arm = step === null ? entry.name.slice("$journey.".length) : (split?.properties["arm"] as string | undefined);
    if (arm === undefined) continue;
    const because = entry.properties["because"] as { messageId: string };
    const reached = lines
      .filter((one) => one.name === "Order Completed" && Number(one.properties["n"]) >= 2 && customer(one) === customer(entry))
      .filter(({ at, id }) => at >= entry.at && at <= entry.at + goal.withinMs && id !== because.messageId)
      .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))[0];
    const name = `${arm} ${customer(entry)}`;
    const held = people.get(name) ?? { runs: 0, hits: 0, value: 0 };
    people.set(name, { runs: held.runs + 1, hits: held.hits + (reached ? 1 : 0), value: held.value + worthOf(reached) });
  }
  const arms = new Map<string, ArmRow>();
  for (const [name, { runs, hits, value }] of people) {
    const arm = name.split(" ")[0]!;
    const held = arms.get(arm) ?? { arm, customers: 0, runs: 0, converted: 0, convertedRuns: 0, value: 0, squares: 0 };
    arms.set(arm, {
      arm, customers: held.customers + 1, runs: held.runs + runs, converted: held.converted + (hits > 0 ? 1 : 0), convertedRuns: held.convertedRuns + hits,
      value: held.value + value, squares: held.squares + value * value,
    });
  }
  return [...arms.values()].toSorted((a, b) => (a.arm < b.arm ? -1 : 1));
} // prettier-ignore

const at = fc.integer({ min: -5, max: 130 }).map((hours) => FROM + hours * HOUR_MS);
const atom = fc.integer({ min: 1, max: 8 });
const entry = fc.record({ atom, at, heldOut: fc.boolean(), arm: fc.constantFrom("a", "b", null), version: fc.constantFrom(VERSION, VERSION, VERSION, 71), ours: fc.constantFrom(true, true, true, false), because: fc.nat({ max: 30 }) }); // prettier-ignore
const order = fc.record({ atom, at, n: fc.integer({ min: 1, max: 3 }), total: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.constant("much")) }); // prettier-ignore
const history = fc.record({
  entries: fc.array(entry, { maxLength: 25 }),
  orders: fc.array(order, { maxLength: 30 }),
  joins: fc.constantFrom([], [[5, 2], [6, 2], [8, 7]] as const),
}); // prettier-ignore

describe("results of a journey", () => {
  test("are those that are worked out by hand, for any log", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async ({ entries, orders, joins }) => {
        anew();
        const lines: Line[] = orders.map((one, i) => ({ atom: one.atom, at: one.at, id: `o${i}`, name: "Order Completed", key: 1, properties: { n: one.n, total: one.total } }));
        for (const [i, one] of entries.entries()) {
          const told = { journey: JOURNEY, version: one.version, run: `r${i}` };
          const key = one.ours ? 0 : 1;
          lines.push({ atom: one.atom, at: one.at, id: `e${i}`, key, name: one.heldOut ? "$journey.held_out" : "$journey.entered", properties: { ...told, because: { type: "event", messageId: `o${one.because}` } } });
          if (one.arm !== null && !one.heldOut)
            lines.push({ atom: one.atom, at: one.at + 1, id: `s${i}`, key, name: "$journey.split", properties: { ...told, step: "which", arm: one.arm, holdout: false } });
        }
        await write(lines, joins);
        const goal = { when: { type: "event", event: "Order Completed", where: [{ property: "n", is: { op: "at_least", value: 2 } }] }, withinMs: 12 * HOUR_MS, value: "total" };
        for (const step of [null, "which"])
          expect(await readArms(log, query(goal), step)).toEqual(byHand(lines, joins, Goal.parse(goal), step));
      }),
      { numRuns: 15 },
    );
  }); // prettier-ignore

  test("the goal may be a segment, and without a goal nobody converts", async () => {
    const entered = { atom: 1, at: FROM, id: "e", key: 0, name: "$journey.entered", properties: { ...of, run: "r", because: {} } }; // prettier-ignore
    await write([
      entered,
      { atom: 1, at: FROM + 5, id: "x", key: 0, name: "$segment.entered", properties: { segment: 4 } },
      { atom: 1, at: FROM + 6, id: "y", key: 0, name: "$segment.entered", properties: { segment: 5 } },
    ]);
    const segment = (id: number) => readArms(log, query({ when: { type: "segment", id, on: "entered" }, withinMs: HOUR_MS }), null); // prettier-ignore
    expect((await segment(4))[0]).toMatchObject({ arm: "entered", customers: 1, converted: 1 });
    expect((await segment(9))[0]).toMatchObject({ arm: "entered", customers: 1, converted: 0 });
    expect((await readArms(log, query(null), null))[0]).toMatchObject({ customers: 1, converted: 0 });
  });

  test("the order that lets somebody in is not counted as reached by the journey", async () => {
    await write([
      { atom: 1, at: FROM, id: "o1", key: 1, name: "Order Completed", properties: {} },
      {
        atom: 1,
        at: FROM,
        id: "e",
        key: 0,
        name: "$journey.entered",
        properties: { ...of, run: "r", because: { messageId: "o1" } },
      },
    ]);
    const goal = { when: { type: "event", event: "Order Completed" }, withinMs: HOUR_MS };
    expect((await readArms(log, query(goal), null))[0]).toMatchObject({ customers: 1, converted: 0 });
    await write([{ atom: 1, at: FROM + 1, id: "o2", key: 1, name: "Order Completed", properties: {} }]);
    expect((await readArms(log, query(goal), null))[0]).toMatchObject({ customers: 1, converted: 1 });
  });

  test("the verdict compares those who came in with those held out, by the shares that were planned", () => {
    const row = (arm: string, customers: number, converted: number): ArmRow => ({ arm, customers, runs: customers, converted, convertedRuns: converted, value: 0, squares: 0 }); // prettier-ignore
    const arms = [
      { key: "held_out", weight: 0.1, holdout: true },
      { key: "entered", weight: 0.9, holdout: false },
    ];
    const good = compared(arms, [row("held_out", 1000, 100), row("entered", 9000, 1350)]);
    expect(good.verdicts).toHaveLength(1);
    expect(good.verdicts[0]).toMatchObject({ verdict: "better", baseline: "held_out", other: "entered" });
    expect(good.verdicts[0]!.words).toMatch(/^The journey is better than the holdout: 15\.0 % converted/);
    const skewed = compared(arms, [row("held_out", 3000, 300), row("entered", 7000, 1050)]);
    expect(skewed.verdicts[0]).toMatchObject({ verdict: "sample_ratio_mismatch" });
    // Without a holdout there is nothing to compare with.
    const alone = [
      { key: "held_out", weight: 0, holdout: true },
      { key: "entered", weight: 1, holdout: false },
    ];
    expect(compared(alone, [row("entered", 500, 50)]).verdicts).toEqual([]);
  });
});
