/** Published results: a chain by hand (Bryl 2016), the package pychattr, and a Shapley game, to the last digit they tell. */
import { expect, test } from "vitest";
import {
  type Chain,
  chainCredits,
  chainOf,
  reach,
  removalEffects,
  walksOf,
} from "../../src/attribution/chain.ts";
import { creditsBy } from "../../src/attribution/credits.ts";
import type { Path } from "../../src/attribution/model.ts";
import { sharesOf } from "../../src/attribution/rules.ts";
import { shapleyExact, shapleySampled } from "../../src/attribution/shapley.ts";
import { aPath } from "./paths.ts";

const solved = (paths: readonly Path[], order = 1): Chain => {
  const walks = walksOf(paths, { order, repeats: false });
  if (walks.type !== "walks") throw new Error("The chain has too many states.");
  return chainOf(walks, paths);
};
const BRYL = [
  aPath("c1 c2 c3", { conversions: 1, value: 10 }),
  aPath("c1", { nulls: 1 }),
  aPath("c2 c3", { nulls: 1 }),
];

test("three channels and two journeys to nothing give the published probability, effects and credits", () => {
  const chain = solved(BRYL);
  const { all, byChannel } = removalEffects(chain);
  expect(all.conversionRatio).toBeCloseTo(1 / 3, 15);
  expect([...byChannel.values()].map((effect) => effect.conversionRatio)).toEqual([
    expect.closeTo(0.5, 15), expect.closeTo(1, 15), expect.closeTo(1, 15),
  ]); // prettier-ignore
  const credits = chainCredits(chain, { all, byChannel });
  for (const [channel, ratio] of [
    ["c1", 0.2],
    ["c2", 0.4],
    ["c3", 0.4],
  ] as const) {
    expect(credits.get(channel)!.conversions).toBeCloseTo(ratio, 14);
    expect(credits.get(channel)!.value).toBeCloseTo(10 * ratio, 13);
  }
});

test("a channel met again at once is one step, and the steps are those of pychattr", () => {
  const chain = solved(["A B A B B A", "A B B A A", "A A"].map((steps) => aPath(steps, { conversions: 1 })));
  const stateOf = (channel: string) => chain.last.indexOf(chain.channels.indexOf(channel));
  const [a, b] = [stateOf("A"), stateOf("B")];
  expect(chain.to[0]!.get(a)).toBe(1);
  expect(chain.to[a]!.get(b)).toBe(0.5);
  expect(chain.conversionRatio[a]).toBe(0.5);
  expect(chain.to[b]!.get(a)).toBe(1);
  const { byChannel } = removalEffects(chain);
  expect(byChannel.get("A")!.conversionRatio).toBe(1);
  expect(byChannel.get("B")!.conversionRatio).toBe(0.5);
});

const WORTH: { readonly [coalition: string]: number } = {
  "": 0,
  O: 7,
  F: 6,
  D: 4,
  OF: 15,
  OD: 7,
  FD: 9,
  OFD: 19,
};
const nameOf = (isIn: readonly boolean[]): string => ["O", "F", "D"].filter((_, i) => isIn[i]).join("");

test("the published game of three is divided as published", () => {
  const values = shapleyExact(
    3,
    (coalition) => WORTH[nameOf([0, 1, 2].map((i) => (coalition & (1 << i)) !== 0))]!,
  );
  expect(values.map((value) => value.toFixed(4))).toEqual(["7.6667", "8.1667", "3.1667"]);
});

test("sampled orders divide the same game as published, within what they say of themselves", () => {
  const { values, standardErrors } = shapleySampled(3, (isIn) => WORTH[nameOf(isIn)]!, "game", 4_000);
  for (const [i, exact] of [23 / 3, 49 / 6, 19 / 6].entries()) {
    expect(standardErrors[i]).toBeGreaterThan(0);
    expect(Math.abs(values[i]! - exact)).toBeLessThan(4 * standardErrors[i]!);
  }
  expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(19, 10);
});

test("the rules divide a path by its places", () => {
  const path = ["ads", "search", "email", "direct"];
  expect(sharesOf("first", path)).toEqual([1, 0, 0, 0]);
  expect(sharesOf("last", path)).toEqual([0, 0, 0, 1]);
  expect(sharesOf("last_non_direct", path)).toEqual([0, 0, 1, 0]);
  expect(sharesOf("last_non_direct", ["direct", "direct"])).toEqual([0, 1]);
  expect(sharesOf("linear", path)).toEqual([0.25, 0.25, 0.25, 0.25]);
  expect(sharesOf("position", path).map((share) => share.toFixed(2))).toEqual([
    "0.40",
    "0.10",
    "0.10",
    "0.40",
  ]);
  expect(sharesOf("position", ["ads", "email"])).toEqual([0.5, 0.5]);
});

test("two touchpoints met seven and no days before are worth one to two by time decay", () => {
  const paths = [aPath("ads email", { conversions: 1, value: 30 }, [7, 0])];
  const said = creditsBy("time_decay", paths, false);
  expect(said.type === "credits" && said.credits.get("ads")).toEqual({ conversions: expect.closeTo(1 / 3, 14), value: expect.closeTo(10, 13) });
}); // prettier-ignore

test("a channel's value follows what its journeys were worth, not how many converted", () => {
  const chain = solved([
    aPath("ads", { conversions: 9, value: 9 }),
    aPath("email", { conversions: 1, value: 991 }),
  ]);
  const credits = chainCredits(chain, removalEffects(chain));
  expect(credits.get("ads")!.conversions).toBeCloseTo(9, 12);
  expect(credits.get("email")!.value).toBeCloseTo(991, 10);
  expect(reach(chain, () => true).value).toBeCloseTo(100, 12);
});
