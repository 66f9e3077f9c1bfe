/** Whatever customers bought: what is told of them are numbers, or it is said that no law fits. */
import { expect, test } from "vitest";
import { LifetimeAnswer, lifetimeTold } from "../../src/lifetime/document.ts";
import { LifetimeAsked } from "../../src/lifetime/model.ts";
import { oftenOf, sureOf, toldOf } from "../../src/lifetime/tell.ts";
import { type Purchases, frequencyOf, workOut } from "../../src/lifetime/workout.ts";
import { randomOf } from "../random.ts";

/** A few hundred customers who go away after each purchase with one chance, all the same: at the edge of what the laws know. */
function someShop(random: () => number): Purchases {
  const [customers, span, back, gapMax] = [210 + Math.floor(random() * 200), 110, 0.05 + random() * 0.6, 2 + random() * 30]; // prettier-ignore
  const middle = Math.floor((span * 2) / 3);
  const shop = { histories: [], spending: [], held: [], heldWeeks: span / 21 } as { -readonly [name in keyof Purchases]: Purchases[name] extends readonly (infer One)[] ? One[] : Purchases[name] }; // prettier-ignore
  for (let n = 0; n < customers; n++) {
    const first = Math.floor(random() * span * 0.8);
    const days = [first];
    for (let day = first; random() < back;) {
      day += 1 + Math.floor(random() * gapMax);
      if (day >= span) break;
      days.push(day);
    }
    const seen = (until: number) => {
      const its = days.filter((day) => day <= until);
      return {
        repeats: its.length - 1,
        recencyDays: its.at(-1)! - first,
        ageDays: until - first,
        customers: 1,
      };
    };
    shop.histories.push(seen(span));
    if (first <= middle) shop.held.push({ ...seen(middle), later: days.filter((day) => day > middle).length }); // prettier-ignore
    if (days.length > 1) shop.spending.push({ repeats: days.length - 1, meanSpent: 40 + random() * 160, customers: 1 }); // prettier-ignore
  }
  return shop;
}

test("whatever was bought, a fit tells numbers only, of all and of each", { timeout: 120_000 }, () => {
  const random = randomOf(20_261_122);
  const came: string[] = [];
  for (let shop = 0; shop < 20; shop++) {
    const purchases = someShop(random);
    const worked = workOut(purchases);
    came.push(worked.type);
    const told = lifetimeTold({ asked: LifetimeAsked.parse({}), fittedAt: 0, result: { worked, events: 1, endDay: 1, told: 0 } }, 1); // prettier-ignore
    expect(LifetimeAnswer.safeParse(told).error?.issues).toBeUndefined();
    if (worked.type !== "fitted") continue;
    for (const history of purchases.histories) {
      const { alive, purchases: expected, worth } = toldOf(frequencyOf(worked), worked.gammaGamma, { ...history, customer: 1, meanSpent: 50 }); // prettier-ignore
      expect([alive, expected, worth ?? 0].every((one) => one >= 0 && one < Infinity)).toBe(true);
      const sure = sureOf(oftenOf(frequencyOf(worked), history), worked.gammaGamma, {
        ...history,
        meanSpent: 50,
      });
      for (const sum of [sure.alive, sure.purchases, sure.worth])
        if (sum) expect(0 <= sum.low && sum.low <= sum.value && sum.value <= sum.high && sum.high < Infinity).toBe(true); // prettier-ignore
    }
  }
  expect(came).toEqual(expect.arrayContaining(["fitted", "not_fitted"]));
});
