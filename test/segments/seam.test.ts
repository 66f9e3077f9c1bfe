/**
 * Nothing is counted twice or missed at the seam: segments of random rules are made, changed and made again while people
 * come, go and turn out to be one; in the end each has exactly the members that the whole log says.
 */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changeSegment } from "../../src/segments/change.ts";
import { planned } from "../../src/segments/force.ts";
import type { Rule } from "../../src/segments/model.ts";
import { membersSql } from "../../src/segments/sql.ts";
import { SEED } from "../random.ts";
import { type Said, WORKSPACE, anOwnWorld, eventOf } from "../world.ts";

const DAY_MS = 86_400_000;
const PEOPLE = 30;
const NAMES = ["A", "B", "C", "D"];
const CONTEXT = { language: 1, segments: {}, computed: {}, rfm: null, stages: [] };
let world: Awaited<ReturnType<typeof anOwnWorld>>;
beforeAll(async () => void (world = await anOwnWorld()));
afterAll(async () => {
  await world.close();
  expect(world.faults).toEqual([]);
});

const count = (event: string, least: number, days: number | null): Rule => ({
  type: "did", event, where: [], measure: { of: "count" }, is: { op: "at_least", value: least },
  ...(days !== null && { when: { from: { agoMs: days * DAY_MS } } }),
}); // prettier-ignore
const rules = (): readonly Rule[] => [
  count("A", 3, null),
  count("B", 2, 3),
  { type: "not", rule: count("C", 1, 2) },
  { type: "did", event: "D", where: [], measure: { of: "sum", property: "price" }, is: { op: "above", value: 50 }, when: { from: { agoMs: 4 * DAY_MS } } },
  { type: "without", event: "A", where: [], without: { event: "B", where: [] }, forMs: DAY_MS },
  { type: "sequence", steps: [{ event: "A", where: [] }, { event: "C", where: [], withinMs: DAY_MS }] },
  { type: "all", rules: [{ type: "trait", name: "plan", is: { op: "equals", value: "pro" } }, count("A", 1, 5)] },
  { type: "did", event: "B", where: [], measure: { of: "distinct", property: "price" }, is: { op: "at_least", value: 2 } },
]; // prettier-ignore

/** What one of the people does next. */
function happening(random: (below: number) => number): Said {
  const person = random(PEOPLE);
  const at = world.clock() - random(6 * DAY_MS);
  const known = { who: [`user_id s${person}`], at };
  const device = { who: [`anonymous_id d${random(PEOPLE)}`], at };
  const kind = random(20);
  if (kind === 0)
    return { ...known, who: [`user_id s${person}`, `anonymous_id d${person}`], name: "Signed In" };
  if (kind === 1)
    return { ...known, name: "$customer.identified", traits: { plan: random(2) ? "pro" : "free" } };
  const name = NAMES[random(NAMES.length)]!;
  return { ...(random(2) ? known : device), name, properties: { price: random(40) } };
}

async function sameAsTheLog(segments: ReadonlyMap<number, Rule>): Promise<void> {
  await world.handled();
  await world.built();
  await world.woken();
  await world.feed.drain();
  for (const [segment, rule] of segments) {
    // Between two looks at one instant nothing may turn: the clock that members were asked at is the one the log is.
    for (;;) {
      await world.woken();
      const now = world.clock();
      const members = await world.membersOf(segment);
      const { text, parameters } = membersSql({ workspace: WORKSPACE, root: planned(rule, CONTEXT).root, now, firstStage: null });
      const rows = await world.log.rows<{ customer: number }>(text, parameters);
      await world.woken();
      if ((await world.membersOf(segment)).join() !== members.join()) continue;
      expect(members, JSON.stringify(rule)).toEqual(rows.map(({ customer }) => customer).toSorted((a, b) => a - b).map((id) => `c${id}`));
      // The count that is shown is the number of members there are.
      const [counted] = await world.sql.query<{ members: number }>(
        "select members from versions where segment = $1 and state = 'live'",
        [segment],
      );
      expect(counted?.members, JSON.stringify(rule)).toBe(members.length);
      break;
    }
  }
} // prettier-ignore

test("segments made and changed under live load have exactly the members that the whole history gives", async () => {
  const bytes = fc.sample(fc.array(fc.nat({ max: 0x7fffffff }), { minLength: 20_000, maxLength: 20_000 }), {
    seed: SEED,
    numRuns: 1,
  })[0]!;
  let next = 0;
  const random = (below: number) => bytes[next++ % bytes.length]! % below;
  let stopped = false;
  const traffic = (async () => {
    while (!stopped) {
      await world.inbox.append(Array.from({ length: 1 + random(20) }, () => eventOf(happening(random))));
      if (random(10) === 0) await world.handled();
    }
  })();
  try {
    const segments = new Map<number, Rule>();
    for (const rule of rules()) segments.set(await world.segment(rule), rule);
    // Each gets another's rule while the traffic goes on.
    const turned = [...segments.keys()].map((id, i) => [id, rules()[(i + 3) % rules().length]!] as const);
    for (const [id, rule] of turned) {
      await changeSegment(
        world.sql,
        WORKSPACE,
        id,
        { name: `again ${id}`, description: "", rule },
        world.clock(),
      );
      segments.set(id, rule);
    }
    await world.built();
    stopped = true;
    await traffic;
    await sameAsTheLog(segments);
    await world.passes(2 * DAY_MS);
    await sameAsTheLog(segments);
  } catch (cause) {
    throw new Error(
      `With THROUGHLINE_SEED=${SEED}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  } finally {
    stopped = true;
    await traffic;
  }
}, 120_000);
