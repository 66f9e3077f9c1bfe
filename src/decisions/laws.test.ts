/**
 * What holds for any place and any customer. Who is eligible is held against a slow reading of the same words, written
 * apart from the rule.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DAY_MS, HOUR_MS, NOON, customer, policy } from "../../test/permission.ts";
import type { Hold } from "../permission/model.ts";
import { NOBODY } from "../segments/force.ts";
import type { Facts } from "../segments/match.ts";
import { NO_CONTEXT } from "../segments/plan.ts";
import type { TrackState } from "../segments/track.ts";
import { type Decided, type Filled, decide } from "./decide.ts";
import type { Visit } from "./eligible.ts";
import { readyOf, shownEnoughRule } from "./force.ts";
import { Candidate, type WhyNot } from "./model.ts";

const runs = Number(process.env["THROUGHLINE_CASES"] ?? 1000);
const STAGES = ["new", "buyer"] as const;
const PRODUCTS = ["boots", "socks"] as const;
const FREQUENCY = { most: 2, withinMs: DAY_MS };

const someCandidate = fc.record({
  id: fc.constantFrom("a", "b", "c", "d", "e", "f"),
  kind: fc.constantFrom("content", "offer", "cart", "message", "step", "recommendation"),
  rule: fc.constantFrom(null, { type: "trait", name: "plan", is: { op: "equals", value: "gold" } }),
  stages: fc.subarray([...STAGES]),
  startsAt: fc.constantFrom(null, new Date(NOON - HOUR_MS).toISOString(), new Date(NOON).toISOString(), new Date(NOON + 1).toISOString()),
  endsAt: fc.constantFrom(null, new Date(NOON).toISOString(), new Date(NOON + DAY_MS).toISOString()),
  priority: fc.constantFrom(0, 50, 100),
  purpose: fc.constantFrom("marketing", "transactional", "advertising"),
  products: fc.subarray([...PRODUCTS]),
  frequency: fc.constantFrom(null, FREQUENCY),
  tags: fc.subarray(["sale", "news"]),
  inbox: fc.constantFrom(null, "banner"),
  recommend: fc.constantFrom(null, { by: "popular", count: 2 }),
}); // prettier-ignore
const somePlace = fc.record({
  ranking: fc.constantFrom("priority" as const, "rule" as const),
  candidates: fc.uniqueArray(someCandidate, { selector: ({ id }) => id, maxLength: 6 }).map((all) => all.map((one) => Candidate.parse({ name: one.id, ...one }))),
}); // prettier-ignore
const HOLDS: readonly Hold[] = [
  { type: "bought_this", withinMs: 7 * DAY_MS },
  { type: "open_case", opened: ["Complained"], closed: ["Solved"] },
];
/** A customer in the fewest words: what the slow reading is asked of. */
const someWorld = fc.record({
  plan: fc.constantFrom("gold", "free"),
  stage: fc.constantFrom(null, ...STAGES),
  shown: fc.integer({ min: 0, max: 4 }),
  denied: fc.boolean(),
  declined: fc.subarray(["sale", "news"]),
  bought: fc.subarray([...PRODUCTS]),
  complained: fc.boolean(),
  gone: fc.subarray([...PRODUCTS]),
  cart: fc.boolean(),
  found: fc.boolean(),
  message: fc.constantFrom(null, "banner", "inbox"),
  unfilled: fc.subarray(["a", "b", "c", "d", "e", "f"], { maxLength: 2 }),
});
type World = typeof someWorld extends fc.Arbitrary<infer W> ? W : never;

/** Each exposure an hour apart, the latest a minute ago. */
const exposures = (n: number) => Array.from({ length: n }, (_, i) => NOON - 60_000 - i * HOUR_MS);
function visitOf(world: World): Visit {
  const facts: Facts = {
    ...NOBODY,
    stage: world.stage,
    trait: (name) => (name === "plan" ? world.plan : undefined),
    track: () => exposures(world.shown).map((at) => [at, 0]) as unknown as TrackState,
  };
  return {
    shown: facts, known: facts, policy: policy({ holds: HOLDS, caps: [{ name: "one a day", most: 1, over: { ms: DAY_MS } }], quietHours: [{ from: 0, to: 0 }] }),
    recipient: customer({
      address: null, suppressed: "unsubscribed",
      contacts: [{ at: NOON - HOUR_MS, channel: "in_app", purpose: "marketing", tags: [] }],
      consents: world.denied ? { "web marketing": "denied" } : {},
      preferences: { declinedTopics: world.declined, pausedUntil: NOON + DAY_MS },
      orders: [{ at: NOON - HOUR_MS, products: world.bought, returnedAt: null }],
      last: world.complained ? { Complained: NOON - HOUR_MS } : {},
      stock: Object.fromEntries(world.gone.map((product) => [product, 0])),
    }),
    cart: { items: world.cart ? [{ product: { id: "boots" }, quantity: 1, addedAt: new Date(NOON).toISOString() }] : [], updatedAt: null },
    recommended: () => (world.found ? [{ id: "boots" }] : []),
    messages: world.message === null ? [] : [{ place: world.message, message: { title: "Hello" } }],
  };
} // prettier-ignore
const asked = ({ ranking, candidates }: { ranking: "priority" | "rule"; candidates: readonly Candidate[] }, world: World): Decided =>
  decide({ ranking, candidates: candidates.map((one) => readyOf(one, shownEnoughRule("place", one), NO_CONTEXT)) }, visitOf(world), filling(world), NOON); // prettier-ignore
const filling =
  (world: World) =>
  ({ id }: Candidate): Filled =>
    world.unfilled.includes(id as never)
      ? { type: "unfilled", detail: "There is no name." }
      : { type: "filled", content: { id } };

/** Whether there is nothing of the customer's that it could bring along. */
const hasNothing = ({ kind, inbox, recommend }: Candidate, { cart, found, message }: World): boolean =>
  (kind === "cart" && !cart) || (recommend !== null && !found) || (kind === "message" && (message === null || ![null, message].includes(inbox as null))); // prettier-ignore

/** The slow reading: everything that speaks against a candidate, in no order. */
function against(one: Candidate, world: World): readonly WhyNot[] {
  const { gone, bought, unfilled, declined } = world as { readonly [name in "gone" | "bought" | "unfilled" | "declined"]: readonly string[] };
  const seen = exposures(world.shown).filter((at) => at > NOON - FREQUENCY.withinMs).length;
  // A message of the inbox was permitted when it was put there; service is no advertising.
  const isSelling = one.kind !== "message" && one.purpose !== "transactional";
  const words: readonly (readonly [WhyNot, boolean])[] = [
    ["not_started", one.startsAt !== null && NOON < Date.parse(one.startsAt)],
    ["ended", one.endsAt !== null && NOON >= Date.parse(one.endsAt)],
    ["rule", one.rule !== null && world.plan !== "gold"],
    ["stage", one.stages.length > 0 && !one.stages.some((stage) => stage === world.stage)],
    ["empty", hasNothing(one, world)],
    ["out_of_stock", one.products.length > 0 && one.products.every((product) => gone.includes(product))],
    ["consent", isSelling && (world.denied || one.tags.some((tag) => declined.includes(tag)))],
    ["just_bought", isSelling && one.products.some((product) => bought.includes(product))],
    ["not_now", isSelling && world.complained],
    ["frequency", one.frequency !== null && seen >= one.frequency.most],
    ["unfilled", unfilled.includes(one.id)],
  ];
  return words.flatMap(([reason, speaks]) => (speaks ? [reason] : []));
} // prettier-ignore

const holds = (law: (place: Parameters<typeof asked>[0], world: World) => void) =>
  fc.assert(fc.property(somePlace, someWorld, (place, world) => law(place, world)), { numRuns: runs }); // prettier-ignore

describe("whatever a place holds and whoever comes", () => {
  test("only who is eligible is shown, and somebody is shown whenever somebody is eligible", () => {
    holds((place, world) => {
      const free = place.candidates.filter((one) => against(one, world).length === 0).map(({ id }) => id);
      const { chosen } = asked(place, world);
      if (free.length === 0) expect(chosen).toBeNull();
      else expect(free).toContain(chosen?.candidate.id);
    });
  });

  test("each one that is not shown has a reason, and the reason is true", () => {
    holds((place, world) => {
      const { chosen, others } = asked(place, world);
      const ids = [...others.map(({ id }) => id), ...(chosen ? [chosen.candidate.id] : [])];
      expect(ids.toSorted()).toEqual(place.candidates.map(({ id }) => id).toSorted());
      for (const { id, reason, detail } of others) {
        expect(detail).toMatch(/.\.$/);
        const real = against(
          place.candidates.find((one) => one.id === id)!,
          world,
        );
        // Who is outranked was not asked for content.
        if (reason === "outranked") expect(real.filter((one) => one !== "unfilled")).toEqual([]);
        else expect(real).toContain(reason);
      }
    });
  });

  test("a higher priority never loses to a lower one that is eligible too", () => {
    holds((place, world) => {
      if (place.ranking !== "priority") return;
      const { chosen } = asked(place, world);
      for (const one of place.candidates)
        if (against(one, world).length === 0)
          expect(one.priority).toBeLessThanOrEqual(chosen!.candidate.priority);
    });
  });

  test("by rule the first one listed that is eligible is shown", () => {
    holds((place, world) => {
      if (place.ranking !== "rule") return;
      const first = place.candidates.find((one) => against(one, world).length === 0);
      expect(asked(place, world).chosen?.candidate.id).toBe(first?.id);
    });
  });

  test("equal questions get equal answers, and by priority the order of the list never shows", () => {
    holds((place, world) => {
      expect(asked(place, world)).toEqual(asked(place, world));
      if (place.ranking !== "priority") return;
      const turned = asked({ ...place, candidates: place.candidates.toReversed() }, world);
      expect(turned.chosen).toEqual(asked(place, world).chosen);
    });
  });
});

test("what protects from being disturbed does not speak on a page the customer looks at", () => {
  // Capped, in a quiet time, paused and without an address: all of it is in every world above.
  const world = { plan: "free", stage: null, shown: 0, denied: false, declined: [], bought: [], complained: false, gone: [], cart: false, message: null, unfilled: [] } as unknown as World; // prettier-ignore
  const place = { ranking: "priority" as const, candidates: [Candidate.parse({ id: "a", name: "a", kind: "offer" })] }; // prettier-ignore
  expect(asked(place, world).chosen?.candidate.id).toBe("a");
});
