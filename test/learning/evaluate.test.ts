/** What another way of choosing would have given, held to a world in which that is known. */
import { describe, expect, test } from "vitest";
import { learnedChancesOf, readyModelOf } from "../../src/learning/choose.ts";
import { slotsOf } from "../../src/learning/encode.ts";
import { evaluated } from "../../src/learning/evaluate.ts";
import type { Learning } from "../../src/learning/model.ts";
import { type WorkedOut, modelOfKinds, workOut } from "../../src/learning/workout.ts";
import { SEED, randomOf } from "../random.ts";
import { CANDIDATES, type Worth, clicks, contextOf, deviationOf, kindsOf, learningOf, meanOf, simulate } from "./world.ts"; // prettier-ignore

const WORLDS = 150;
const N = 1_000;
const ESTIMATORS = ["ips", "snips", "dr"] as const;

/** What a way gives in truth in the simulated world: a fifth of the customers is not eligible for the first candidate. */
function truthOf(worth: Worth, choose: (eligible: readonly string[]) => string): number {
  const random = randomOf(99);
  return meanOf(Array.from({ length: 60_000 }, () => {
    const context = contextOf(random);
    return worth(choose(random() < 0.2 ? CANDIDATES.slice(1) : CANDIDATES), context);
  }));
} // prettier-ignore
const only = (candidate: string) => (eligible: readonly string[]) =>
  eligible.includes(candidate) ? candidate : eligible[0]!;
const TRUTHS: { readonly [way: string]: (worth: Worth) => number } = {
  uniform: (worth) => truthOf((_, context) => meanOf(CANDIDATES.map((one) => worth(one, context))), () => "any") * 0.8 + truthOf((_, context) => meanOf(CANDIDATES.slice(1).map((one) => worth(one, context))), () => "any") * 0.2,
  priority: (worth) => truthOf(worth, only("boots")),
  care: (worth) => truthOf(worth, only("care")),
  club: (worth) => truthOf(worth, only("club")),
}; // prettier-ignore

const workedOut = (seed: number, worth: Worth, learning: Learning): WorkedOut => {
  const { exposures } = simulate(randomOf(seed), N, 250, worth, learning);
  return workOut({ learning, candidates: CANDIDATES, kinds: kindsOf(exposures), exposures })!;
};
const wayOf = ({ ways }: WorkedOut, name: string) =>
  ways.find((way) => (way.type === "only" ? way.candidate : way.type) === name)!.evaluated!;

describe.each([
  ["clicks", clicks, {}],
  ["values", (candidate: string, context: Parameters<Worth>[1]) => 100 * clicks(candidate, context) + 20, { reward: "value", currency: "EUR" }],
] as const)("over many worlds with %s, while the place itself learns", (name, worth, more) => {
  const learning = learningOf({ floorRatio: 0.05, holdoutRatio: 0.2, ...more });
  const worlds = Array.from({ length: WORLDS }, (_, i) => workedOut(SEED + i, worth, learning));

  test.each(Object.keys(TRUTHS))("the estimates of %s are right on average, and their intervals hold the truth as often as they say", (way) => {
    const truth = TRUTHS[way]!(worth);
    const told: string[] = [];
    for (const estimator of ESTIMATORS) {
      const all = worlds.map((world) => wayOf(world, way)[estimator]);
      const values = all.map(({ value }) => value);
      const error = deviationOf(values) / Math.sqrt(WORLDS);
      const held = all.filter(({ interval: [low, high] }) => low <= truth && truth <= high).length / WORLDS;
      told.push(`${estimator} ${meanOf(values).toFixed(4)} (sd ${deviationOf(values).toFixed(4)}, ${(100 * held).toFixed(0)}% held)`);
      // So many standard errors are no luck of a seed; a bias of the size of half an interval would show.
      expect(Math.abs(meanOf(values) - truth), `${estimator}: ${meanOf(values)} in place of ${truth}`).toBeLessThan(4.5 * error + 0.002 * truth);
      expect(held).toBeGreaterThan(0.86);
    }
    process.stdout.write(`${name}, ${way}: truth ${truth.toFixed(4)}; ${told.join("; ")}\n`);
  });

  test("the doubly robust estimate and SNIPS are no more spread than IPS, taken over all ways", () => {
    const spreadOf = (way: string, estimator: (typeof ESTIMATORS)[number]) => deviationOf(worlds.map((world) => wayOf(world, way)[estimator].value));
    const beside = (estimator: (typeof ESTIMATORS)[number]) => meanOf(Object.keys(TRUTHS).map((way) => spreadOf(way, estimator) / spreadOf(way, "ips")));
    expect([beside("snips") <= 1, beside("dr") <= 1]).toEqual([true, true]);
  });
}); // prettier-ignore

test("what was learned is judged by customers it was not learned from: not above what it gives in truth", () => {
  const learning = learningOf({ floorRatio: 0.05, holdoutRatio: 0.2 });
  const off = Array.from({ length: 16 }, (_, i) => {
    const { exposures } = simulate(randomOf(SEED + 1000 + i), N, 250, clicks, learning);
    const kinds = kindsOf(exposures);
    const told = wayOf(workOut({ learning, candidates: CANDIDATES, kinds, exposures })!, "learned").dr.value;
    const model = readyModelOf(modelOfKinds(learning, kinds), learning);
    const random = randomOf(7);
    const truth = meanOf(Array.from({ length: 2_000 }, () => {
      const context = contextOf(random);
      const eligible = random() < 0.2 ? CANDIDATES.slice(1) : CANDIDATES;
      const chances = learnedChancesOf({ ...learning, model }, eligible, slotsOf(context));
      return chances.reduce((sum, chance, at) => sum + chance * clicks(eligible[at]!, context), 0);
    }));
    return told - truth;
  }); // prettier-ignore
  expect(meanOf(off)).toBeLessThan((3 * deviationOf(off)) / 4);
  expect(Math.abs(meanOf(off))).toBeLessThan(0.03);
});

describe("an estimate", () => {
  const one = { reward: 1, foretold: 0.5, foretoldOfWay: 0.5 };
  test("carries a warning while few exposures resemble the way, and none when many do", () => {
    const weighed = (many: number) => Array.from({ length: 1000 }, (_, customer) => ({ ...one, customer, weight: customer < many ? 1 : 0 })); // prettier-ignore
    expect(evaluated(weighed(20), 0.05)).toMatchObject({ effective: 20, warning: expect.stringContaining("count as 20") }); // prettier-ignore
    expect(evaluated(weighed(500), 0.05)).toMatchObject({ effective: 500, warning: null });
  });

  test("is none where nothing that was shown resembles the way, and of one customer", () => {
    expect(evaluated([{ ...one, customer: 1, weight: 0 }, { ...one, customer: 2, weight: 0 }], 0.05)).toBeNull();
    expect(evaluated([{ ...one, customer: 1, weight: 1 }, { ...one, customer: 1, weight: 1 }], 0.05)).toBeNull();
    expect(evaluated([], 0.05)).toBeNull();
  }); // prettier-ignore

  test("takes customers for the sample: a hundred exposures of each make it no surer", () => {
    const width = (repeats: number) => {
      const weighed = Array.from({ length: 50 * repeats }, (_, i) => ({ ...one, customer: i % 50, reward: i % 50 < 20 ? 1 : 0, weight: 1, foretold: 0, foretoldOfWay: 0 })); // prettier-ignore
      const { interval } = evaluated(weighed, 0.05)!.ips;
      return interval[1] - interval[0];
    };
    expect(width(100)).toBeCloseTo(width(1), 6);
  });

  test("of SNIPS never leaves the rewards that were seen", () => {
    const random = randomOf(SEED);
    for (let i = 0; i < 200; i += 1) {
      const weighed = Array.from({ length: 20 }, (_, customer) => ({ ...one, customer, reward: random(), weight: 1 / random() })); // prettier-ignore
      const { value } = evaluated(weighed, 0.05)!.snips;
      const rewards = weighed.map(({ reward }) => reward);
      expect(value).toBeGreaterThanOrEqual(Math.min(...rewards) - 1e-12);
      expect(value).toBeLessThanOrEqual(Math.max(...rewards) + 1e-12);
    }
  });
});

test("nothing is told of too few exposures, nor of those that could not be the same today", () => {
  const learning = learningOf();
  const { exposures } = simulate(randomOf(SEED), 199, 0, clicks, learning);
  expect(workOut({ learning, candidates: CANDIDATES, kinds: kindsOf(exposures), exposures })).toBeNull();
  const more = simulate(randomOf(SEED), 1000, 0, clicks, learning).exposures;
  const without = workOut({ learning, candidates: ["care", "club"], kinds: kindsOf(more), exposures: more });
  const left = more.filter(({ eligible }) => !eligible.includes("boots")).length;
  expect([without?.exposures ?? null, left >= 200 ? left : null]).toEqual([left >= 200 ? left : null, left >= 200 ? left : null]); // prettier-ignore
});
