/** What holds for every division of conversions, whatever people met. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type Chain,
  type ChainOptions,
  chainOf,
  reach,
  removalEffects,
  walksOf,
} from "../../src/attribution/chain.ts";
import { allCredits, creditsBy, totalsOf } from "../../src/attribution/credits.ts";
import { ATTRIBUTION_LIMITS, MODELS, OTHERS, type Credits, type Path } from "../../src/attribution/model.ts";
import { foldRare, pathsOf } from "../../src/attribution/paths.ts";
import { chainGame, observedCredits, shapleyExact, shapleySampled } from "../../src/attribution/shapley.ts";
import { HALF_LIFE_MS, aPath, someJourneys, somePaths } from "./paths.ts";

const creditsOf = (model: (typeof MODELS)[number], paths: readonly Path[]): Credits => {
  const said = creditsBy(model, paths, false);
  if (said.type !== "credits") throw new Error(said.type);
  return said.credits;
};
const sumOf = (credits: Credits, of: "conversions" | "value"): number =>
  [...credits.values()].reduce((sum, credit) => sum + credit[of], 0);
const made = (paths: readonly Path[], options: ChainOptions): Chain => {
  const walks = walksOf(paths, options);
  if (walks.type !== "walks") throw new Error(walks.type);
  return chainOf(walks, paths);
};
const conversionRatio = (paths: readonly Path[], order: number, repeats = false): number =>
  reach(made(paths, { order, repeats }), () => true).conversionRatio;

test.each(MODELS)("%s gives away every conversion and all its value, and nothing below zero", (model) => {
  fc.assert(
    fc.property(somePaths(), (paths) => {
      const credits = creditsOf(model, paths);
      const totals = totalsOf(paths);
      expect(sumOf(credits, "conversions")).toBeCloseTo(totals.conversions, 9);
      expect(sumOf(credits, "value")).toBeCloseTo(totals.value, 6);
      for (const credit of credits.values()) expect(credit.conversions).toBeGreaterThanOrEqual(-1e-12);
    }),
  );
});

test.each(MODELS)("%s gives a channel that nobody met before converting nothing", (model) => {
  fc.assert(
    fc.property(somePaths(), fc.integer({ min: 1, max: 20 }), (paths, nulls) => {
      const credits = creditsOf(model, [...paths, aPath("idle", { nulls })]);
      expect(credits.get("idle")?.conversions ?? 0).toBeCloseTo(0, 12);
    }),
  );
});

test("the chain converts as often as people did, at any order that remembers enough", () => {
  fc.assert(
    fc.property(somePaths(), (paths) => {
      // The start's first step divides people as counted; the ends of a chain of order 1 are those of all paths together.
      expect(conversionRatio(paths, 1)).toBeGreaterThan(0);
      const short = paths.filter(({ channels }) => channels.length <= 4);
      if (short.length > 0)
        expect(conversionRatio(short, 4, true)).toBeCloseTo(totalsOf(short).conversionRatio, 10);
    }),
  );
});

test("one more journey to nothing never raises the probability of a conversion", () => {
  fc.assert(
    fc.property(somePaths(), fc.integer({ min: 0, max: 50 }), (paths, pick) => {
      const path = paths[pick % paths.length]!;
      const more = paths.map((one) => (one === path ? { ...one, nulls: one.nulls + 1 } : one));
      // With the whole path remembered the chain is the people themselves.
      const short = (all: readonly Path[]) => all.filter(({ channels }) => channels.length <= 4);
      if (short(paths).length > 0)
        expect(conversionRatio(short(more), 4, true)).toBeLessThanOrEqual(
          conversionRatio(short(paths), 4, true) + 1e-12,
        );
      const idle = [...paths, aPath("idle", { nulls: 1 })];
      expect(conversionRatio(idle, 1)).toBeLessThanOrEqual(conversionRatio(paths, 1) + 1e-12);
    }),
  );
});

test("without a channel no more is reached than with it, and what is lost is its removal effect", () => {
  fc.assert(
    fc.property(somePaths(), fc.integer({ min: 1, max: 4 }), (paths, order) => {
      const chain = made(paths, { order, repeats: false });
      const all = reach(chain, () => true);
      const effects = removalEffects(chain);
      for (let channel = 0; channel < chain.channels.length; channel += 1) {
        const without = reach(chain, (one) => one !== channel);
        expect(without.conversionRatio).toBeLessThanOrEqual(all.conversionRatio + 1e-12);
        expect(without.value).toBeLessThanOrEqual(all.value + 1e-9);
        const { conversionRatio: lost, valueRatio } = effects.byChannel.get(chain.channels[channel]!)!;
        expect(lost).toBeCloseTo(1 - without.conversionRatio / all.conversionRatio, 10);
        expect(valueRatio).toBeCloseTo(1 - without.value / all.value, 9);
      }
      expect(reach(chain, () => false)).toEqual({ conversionRatio: 0, value: 0 });
    }),
  );
});

test("solving the chain gives what walking it does, step by step", () => {
  fc.assert(
    fc.property(somePaths(), fc.integer({ min: 1, max: 3 }), (paths, order) => {
      const chain = made(paths, { order, repeats: true });
      // The whole of everybody, moved on until nobody is left to speak of.
      let here = chain.last.map((_, state): number => (state === 0 ? 1 : 0));
      let won = 0;
      for (let step = 0; step < 5_000; step += 1) {
        const next = here.map(() => 0);
        for (const [state, share] of here.entries()) {
          won += share * chain.conversionRatio[state]!;
          for (const [to, ratio] of chain.to[state]!) next[to]! += share * ratio;
        }
        here = next;
      }
      expect(reach(chain, () => true).conversionRatio).toBeCloseTo(won, 9);
    }),
    { numRuns: 30 },
  );
});

test("the equal shares of the observed game are its Shapley values", () => {
  fc.assert(
    fc.property(somePaths(), (paths) => {
      const channels = [...new Set(paths.flatMap((path) => path.channels))];
      const worth = (coalition: number): number =>
        paths
          .filter((path) =>
            path.channels.every((channel) => (coalition & (1 << channels.indexOf(channel))) !== 0),
          )
          .reduce((sum, path) => sum + path.conversions, 0);
      const exact = shapleyExact(channels.length, worth);
      const credits = observedCredits(paths);
      for (const [i, channel] of channels.entries())
        expect(credits.get(channel)?.conversions ?? 0).toBeCloseTo(exact[i]!, 9);
    }),
  );
});

/** Any game of four: the worth of each coalition, of none 0. */
const aGame = fc
  .array(fc.integer({ min: -50, max: 50 }), { minLength: 16, maxLength: 16 })
  .map((worths) => [0, ...worths.slice(1)]);

test("Shapley values sum to the worth of all, are equal for equals, and nothing for a dummy", () => {
  fc.assert(
    fc.property(aGame, (worths) => {
      const values = shapleyExact(4, (coalition) => worths[coalition]!);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(worths[15]!, 9);
      // Players 0 and 1 are told apart no more.
      const swapped = (c: number): number => (c & ~3) | ((c & 1) << 1) | ((c & 2) >> 1);
      const equal = shapleyExact(4, (c) => worths[c]! + worths[swapped(c)]!);
      expect(equal[0]).toBeCloseTo(equal[1]!, 9);
      // Player 3 adds nothing to anybody.
      expect(shapleyExact(4, (c) => worths[c & 7]!)[3]).toBeCloseTo(0, 9);
    }),
  );
});

test("sampled Shapley values sum to the worth of all, and the same seed gives the same values", () => {
  fc.assert(
    fc.property(aGame, fc.string(), (worths, seed) => {
      const worth = (isIn: readonly boolean[]) =>
        worths[isIn.reduce((sum, one, i) => sum + (one ? 1 << i : 0), 0)]!;
      const sampled = shapleySampled(4, worth, seed, 50);
      expect(sampled.values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(worths[15]!, 9);
      expect(shapleySampled(4, worth, seed, 50)).toEqual(sampled);
    }),
  );
});

test("of more channels than twelve the sampled values are those that all coalitions give, within their errors", () => {
  // Twelve channels of which the answer is known, and a thirteenth that only leads to nothing.
  const paths = Array.from({ length: 12 }, (_, i) => aPath(`c${i} c${(i * 5 + 1) % 12}`, { conversions: i + 1, value: 10 * i, nulls: 30 - i }));
  const exact = made(paths, { order: 1, repeats: false });
  const sampled = made([...paths, aPath("idle", { nulls: 0, conversions: 0 })], { order: 1, repeats: false });
  expect(sampled.channels).toHaveLength(13);
  const [known, found] = [chainGame(exact, "x"), chainGame(sampled, "x", 400)];
  expect(known.standardErrors).toBeNull();
  for (const [channel, { conversions }] of known.credits) {
    const off = Math.abs(found.credits.get(channel)!.conversions - conversions);
    expect(off).toBeLessThan(5 * found.standardErrors!.get(channel)!.conversions + 1e-9);
  }
}); // prettier-ignore

test("rare channels become one and no journey is lost", () => {
  fc.assert(
    fc.property(somePaths(9), fc.integer({ min: 1, max: 9 }), (paths, channelsMax) => {
      const folded = foldRare(paths, channelsMax);
      const channels = new Set(folded.flatMap((path) => path.channels));
      expect(channels.size).toBeLessThanOrEqual(channelsMax);
      expect(totalsOf(folded)).toEqual({
        ...totalsOf(paths),
        value: expect.closeTo(totalsOf(paths).value, 6),
      });
      if (new Set(paths.flatMap((path) => path.channels)).size > channelsMax)
        expect(channels).toContain(OTHERS);
    }),
  );
});

test("paths hold every journey that met anybody, and no more than the newest touchpoints of one", () => {
  fc.assert(
    fc.property(someJourneys(), (journeys) => {
      const paths = pathsOf(journeys, HALF_LIFE_MS);
      expect(totalsOf(paths).journeys).toBe(journeys.length);
      expect(new Set(paths.map(({ channels }) => channels.join())).size).toBe(paths.length);
    }),
  );
  const touchpoints = Array.from({ length: 80 }, (_, i) => ({ channel: `c${i}`, ageMs: 80 - i }));
  const [path] = pathsOf([{ touchpoints, converted: true, value: 1 }], HALF_LIFE_MS);
  expect(path!.channels).toHaveLength(ATTRIBUTION_LIMITS.touchpointsMax);
  expect(path!.channels.at(-1)).toBe("c79");
});

test("an order with too many states is refused with a reason", () => {
  const paths = Array.from({ length: 4_000 }, (_, i) => aPath(`c${i % 30} c${Math.floor(i / 30) % 30} c${i % 29} c${i % 23}`, { conversions: 1 })); // prettier-ignore
  expect(creditsBy("markov_4", paths, true)).toEqual({
    type: "too_many_states",
    statesMax: ATTRIBUTION_LIMITS.statesMax,
  });
  expect(creditsBy("markov_1", paths, true).type).toBe("credits");
});

test("a credit's interval narrows with the root of how many came", () => {
  const at = (size: number) => {
    const paths = [aPath("ads email", { conversions: 20 * size, nulls: 80 * size, value: 400 * size }), aPath("email", { conversions: 30 * size, nulls: 50 * size, value: 900 * size })];
    const answer = allCredits(paths, ["markov_1", "linear"], { repeats: false }).get("markov_1")!;
    if (answer.type !== "credits" || !answer.spread) throw new Error("There is no spread.");
    return answer.spread.get("ads")!.conversions / answer.credits.get("ads")!.conversions;
  };
  const [few, many] = [at(1), at(100)];
  expect(few / many).toBeGreaterThan(7);
  expect(few / many).toBeLessThan(14);
}); // prettier-ignore
