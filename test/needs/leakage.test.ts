/** Nothing that happened after a cut-off can be seen in what is learnt from: whatever is altered, shuffled or planted there. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EventLog } from "../../src/db/clickhouse.ts";
import { featuresOf } from "../../src/needs/features.ts";
import { cutOffsOf } from "../../src/needs/fit.ts";
import { learn } from "../../src/needs/learn.ts";
import { type CutOff, NeedGoal, type Vocabulary } from "../../src/needs/model.ts";
import { readCases, readCutOff } from "../../src/needs/store.ts";
import type { WorkspaceId } from "../../src/values.ts";
import { SEED, randomOf } from "../random.ts";
import { aLog } from "../stores.ts";
import { DAY_MS, END_AT, type Happened, insert, shopOf } from "./world.ts";

const CUSTOMERS = 900;
const MONTH_MS = 30 * DAY_MS;
const PLANTED = "Confirmation Read";
const vocabulary: Vocabulary = {
  events: ["Product Viewed", "Order Completed", "$page.viewed", "Ticket Created", PLANTED],
  channels: ["web", "search", "support"],
  stages: ["new", "warm", "loyal"],
  orders: ["Order Completed"],
  worths: ["total"],
  currency: { main: null, events: 0, others: 0 },
  opened: ["Ticket Created"],
  solved: ["Ticket Solved"],
};
const goals = [NeedGoal.parse({ key: "order", name: "An order", when: { type: "order" } })];
const features = featuresOf(vocabulary);
const shop = shopOf(CUSTOMERS, 1);
const cutOffs = cutOffsOf(0, END_AT, MONTH_MS);
let log: EventLog;
let drop: () => Promise<void>;
let worlds = 0;

beforeAll(async () => {
  ({ log, drop } = await aLog());
});
afterAll(() => drop());

async function worldOf(events: readonly Happened[]): Promise<WorkspaceId> {
  const workspace = ++worlds as WorkspaceId;
  await insert(log, workspace, events, `world ${workspace}`);
  return workspace;
}
const casesAt = async (workspace: WorkspaceId, at: number): Promise<string> =>
  JSON.stringify(await readCases({ log, workspace }, vocabulary, at));
async function learntOf(workspace: WorkspaceId) {
  const read: CutOff[] = [];
  for (const at of cutOffs) read.push(await readCutOff({ log, workspace }, vocabulary, goals, at));
  const worked = learn({ goals, features, stages: vocabulary.stages, cutOffs: read }, 0);
  if (worked.type !== "shown" && worked.type !== "below_floor") throw new Error(JSON.stringify(worked));
  return { read, ...worked };
}

test("whatever happens after a cut-off, shuffled, altered, left out or added, features stay the same byte by byte", async () => {
  const at = cutOffs[2]!;
  const before = shop.filter((event) => event.at < at);
  const plain = await casesAt(await worldOf(shop), at);
  expect(plain.length).toBeGreaterThan(50_000);
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      const random = randomOf(seed ^ SEED);
      const names = [...vocabulary.events, "Cart Cleared", "Product Added", "Ticket Solved", "$stage.changed", "$message.sent"];
      const anything = (): Happened => ({
        customer: 1 + Math.floor(random() * CUSTOMERS * 1.2), name: names[Math.floor(random() * names.length)]!, at: at + Math.floor(random() * random() * 90 * DAY_MS),
        channel: ["web", "store", "support"][Math.floor(random() * 3)]!, properties: { total: random() * 1e6, stage: "loyal" },
      });
      const after = Array.from({ length: 5_000 }, anything);
      expect((await casesAt(await worldOf([...before, ...after]), at)) === plain).toBe(true);
    }),
    { numRuns: 4 },
  );
}, 240_000); // prettier-ignore

test("an event at the very cut-off is what came after it: a feature of none, and a goal reached", async () => {
  const at = cutOffs[2]!;
  const workspace = await worldOf([
    { customer: 1, name: "Product Viewed", at: at - 1 },
    { customer: 1, name: "Order Completed", at, properties: { total: 9 } },
    { customer: 2, name: "Order Completed", at: at - 1, properties: { total: 9 } },
    { customer: 2, name: "Order Completed", at: at + goals[0]!.withinMs, properties: { total: 9 } },
  ]);
  const { x, reached } = await readCutOff({ log, workspace }, vocabulary, goals, at);
  const orders = features.findIndex((one) => one.of === "did" && one.event === "Order Completed" && one.days === 7);
  expect([x[orders], x[features.length + orders]]).toEqual([0, 1]);
  expect([...reached[0]!]).toEqual([1, 0]);
}); // prettier-ignore

test("an event planted after each cut-off that copies who reaches the goal foresees nothing", async () => {
  const plain = await learntOf(await worldOf(shop));
  // Whoever will order in a cut-off's month reads the confirmation of it an instant after the cut-off.
  const planted = cutOffs.flatMap((at) => {
    const buyers = new Set(shop.filter((event) => event.name === "Order Completed" && event.at >= at && event.at < at + MONTH_MS).map(({ customer }) => customer));
    return [...buyers].map((customer): Happened => ({ customer, name: PLANTED, at: at + 1 }));
  });
  expect(planted.length).toBeGreaterThan(500);
  const copied = await learntOf(await worldOf([...shop, ...planted]));
  expect(copied.quality.auc).toBeLessThan(plain.quality.auc + 0.03);
  // The same event before the cut-off would tell it all: the test can fail.
  const early = await learntOf(await worldOf([...shop, ...planted.map((event) => ({ ...event, at: event.at - 2 }))]));
  expect(early.quality.auc).toBeGreaterThan(0.97);
}, 120_000); // prettier-ignore

test("of goals that are reached by lot, the interval of the area under the curve holds one half", async () => {
  const { read } = await learntOf(await worldOf(shop));
  const random = randomOf(4_711);
  let held = 0;
  const rounds = 20;
  for (let round = 0; round < rounds; round++) {
    const drawn = read.map((one) => ({ ...one, reached: [one.reached[0]!.map(() => (random() < 0.3 ? 1 : 0))] })); // prettier-ignore
    const worked = learn({ goals, features, stages: vocabulary.stages, cutOffs: drawn }, 0);
    if (worked.type === "shown") throw new Error("Lots were foreseen.");
    if (worked.type !== "below_floor") throw new Error(JSON.stringify(worked));
    const { low, high } = worked.quality.aucInterval;
    held += low <= 0.5 && 0.5 <= high ? 1 : 0;
  }
  // Nineteen of twenty on the average; fewer than sixteen come by chance once in four hundred times.
  expect(held).toBeGreaterThanOrEqual(16);
}, 120_000);
