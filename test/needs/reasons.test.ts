/** Why a chance is as it is: the few things seen that moved the odds most, each subject once, as sentences. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { featuresOf } from "../../src/needs/features.ts";
import { foretell } from "../../src/needs/learn.ts";
import type { Model, WorkedGoal } from "../../src/needs/model.ts";
import { movesOf, reasonsOf, wordsOf } from "../../src/needs/reasons.ts";
import { type Needs, hasMoved, needsOf, traitsOf } from "../../src/needs/tell.ts";

const features = featuresOf({
  events: ["Product Viewed"],
  channels: ["paid_search"],
  stages: ["new", "warm", "loyal"],
  orders: [],
  worths: [],
  currency: { main: null, events: 0, others: 0 },
  opened: [],
  solved: [],
});
const zeros = features.map(() => 0);
const place = (of: string, days?: number): number =>
  features.findIndex((one) => one.of === of && (days === undefined || ("days" in one && one.days === days)));
const with_ = (numbers: { readonly [place: number]: number }): readonly number[] => zeros.map((zero, j) => numbers[j] ?? zero); // prettier-ignore
const modelOf = (weights: readonly number[]): Model => ({
  features, weights, means: zeros, deviations: features.map(() => 1), intercept: -2, penalty: 1, slope: 1, shift: 0,
}); // prettier-ignore

test("what moved the odds most comes first, one reason for each thing, with its direction", () => {
  const [week, month, cart, quiet] = [place("did", 7), place("did", 30), place("open_cart"), place("quiet_days")] as [number, number, number, number]; // prettier-ignore
  const model = modelOf(with_({ [week]: 0.6, [month]: 0.3, [cart]: 1.8, [quiet]: -0.2 }));
  const x = with_({ [week]: 5, [month]: 9, [cart]: 1, [quiet]: 40 });
  expect(reasonsOf(model, x)).toEqual([
    { words: '"Product Viewed" 5 times in the last 7 days', direction: "more" },
    { words: "Something in the cart", direction: "more" },
    { words: "Last active 40 days ago", direction: "less" },
  ]);
  expect(reasonsOf(model, zeros)).toEqual([]);
});

test("reasons say no more than what the odds moved by: with the model's line they give the chance", () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 60 }), { minLength: features.length, maxLength: features.length });
  const weights = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: features.length, maxLength: features.length });
  fc.assert(
    fc.property(numbers, weights, (x, its) => {
      const model = { ...modelOf(its), slope: 0.8, shift: 0.1 };
      const moved = movesOf(model, x).reduce((sum, one) => sum + one, 0);
      expect(Math.log(1 / foretell(model, x) - 1)).toBeCloseTo(-(moved + model.shift + model.slope * model.intercept), 6);
      const reasons = reasonsOf(model, x);
      expect(reasons.length).toBeLessThanOrEqual(4);
      expect(new Set(reasons.map(({ words }) => words)).size).toBe(reasons.length);
    }),
  );
}); // prettier-ignore

test("every number can be said, of none as of many", () => {
  const said = features.flatMap((feature) => [0, 1, 2.4, 400].map((value) => wordsOf(feature, value)));
  for (const words of said) expect(words).toMatch(/^[A-Z0-9"]/);
  expect(said).toEqual(expect.arrayContaining(['Never "Product Viewed"', "Nothing by paid search in the last 90 days", 'In stage "warm"', "Spent nothing in the last 365 days", "Last active less than a day ago"])); // prettier-ignore
});

const goal = (key: string, when: object): WorkedGoal["goal"] =>
  ({ key, name: key, when, withinMs: 1 }) as never;
const shown = (key: string, when: object): WorkedGoal =>
  ({ goal: goal(key, when), worked: { type: "shown", model: modelOf(zeros) } }) as never;

test("nobody is told of a goal below the floor, nor of a stage they have reached", () => {
  const goals = [
    shown("order", { type: "order" }),
    shown("warm", { type: "stage", stage: "warm" }),
    { goal: goal("low", { type: "order" }), worked: { type: "below_floor", model: modelOf(zeros) } } as never,
  ];
  const stages = ["new", "warm", "loyal"];
  expect(Object.keys(needsOf(goals, stages, { stage: 0, x: zeros }))).toEqual(["order", "warm"]);
  expect(Object.keys(needsOf(goals, stages, { stage: 1, x: zeros }))).toEqual(["order"]);
});

const need = (chance: number): Needs[string] => ({ chance, reasons: [] });

test("traits name the likeliest goal, and take back what was told of another", () => {
  expect(traitsOf({ a: need(0.2), b: need(0.4) }, { c: need(0.1) })).toEqual({ likely_c: null, likely_a: 0.2, likely_b: 0.4, likely_next: "b" }); // prettier-ignore
  expect(traitsOf({}, { a: need(0.2) })).toEqual({ likely_a: null, likely_next: null });
});

test("a customer is told again when a chance moved by more than a twentieth, came or went, and not before", () => {
  const before = { a: need(0.4) };
  expect(hasMoved(before, undefined)).toBe(true);
  expect(hasMoved({}, undefined)).toBe(false);
  expect(hasMoved({ a: need(0.419) }, before)).toBe(false);
  expect(hasMoved({ a: need(0.421) }, before)).toBe(true);
  expect(hasMoved({ a: need(0.4), b: need(0.1) }, before)).toBe(true);
  expect(hasMoved({}, before)).toBe(true);
  expect(hasMoved({ a: need(0.0009) }, { a: need(0.0001) })).toBe(false);
});
