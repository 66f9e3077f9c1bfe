/** Holdouts and splits: sticky, fair and independent of each other. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arm, heldOut, sharesOf } from "./assign.ts";
import type { WeightedArm } from "./assign.ts";
import { placeOf } from "./hash.ts";

const IDS = Array.from({ length: 20_000 }, (_, i) => `c${i + 1}`);
/** Seven standard deviations of a binomial share: hashes are fixed, so this is checked once and for all for these ids. */
const boundOf = (n: number, ratio: number): number => 7 * Math.sqrt((ratio * (1 - ratio)) / n) + 1 / 10_000;
const shareOf = (ids: readonly string[], is: (id: string) => boolean): number =>
  ids.filter(is).length / ids.length;
const ratios = fc.double({ min: 0, max: 1, noNaN: true });
const weightLists = fc.array(fc.record({ key: fc.string(), weight: fc.integer({ min: 0, max: 1000 }) }), {
  minLength: 1,
  maxLength: 20,
});

describe("holdout", () => {
  test("holds out the share asked for, whatever the seed", () => {
    fc.assert(
      fc.property(fc.string(), ratios, (seed, ratio) => {
        const stepped = Math.ceil(ratio * 10_000) / 10_000;
        const share = shareOf(IDS, (id) => heldOut(seed, id, ratio));
        expect(Math.abs(share - stepped)).toBeLessThan(boundOf(IDS.length, stepped));
      }),
      { numRuns: 40 },
    );
  });

  test("never lets a held-out customer back in when it is raised", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), ratios, ratios, (seed, id, a, b) => {
        if (heldOut(seed, id, Math.min(a, b))) expect(heldOut(seed, id, Math.max(a, b))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("holds nobody out at 0, everybody at 1, and nobody by a ratio that is no number", () => {
    expect(IDS.some((id) => heldOut("j1", id, 0))).toBe(false);
    expect(IDS.every((id) => heldOut("j1", id, 1))).toBe(true);
    expect(IDS.some((id) => heldOut("j1", id, Number.NaN))).toBe(false);
  });

  test("says nothing about the arm of the same seed, nor about the holdout of another journey", () => {
    const weights = [
      { key: "a", weight: 1 },
      { key: "b", weight: 1 },
    ];
    for (const seed of ["j1", "welcome", "saved-cart-2"]) {
      const reached = IDS.filter((id) => !heldOut(seed, id, 0.3));
      expect(Math.abs(shareOf(reached, (id) => arm(seed, id, weights) === "a") - 0.5)).toBeLessThan(
        boundOf(reached.length, 0.5),
      );
      const out = IDS.filter((id) => heldOut(seed, id, 0.3));
      expect(Math.abs(shareOf(out, (id) => heldOut(`${seed}x`, id, 0.3)) - 0.3)).toBeLessThan(
        boundOf(out.length, 0.3),
      );
    }
  });
});

test("assignments are the same after every release", () => {
  const ids = IDS.slice(0, 200);
  expect(ids.filter((id) => heldOut("journey/welcome", id, 0.05)).join()).toBe(
    "c16,c18,c40,c53,c63,c105,c122,c136,c163,c164,c176",
  );
  const weights = [{ key: "a", weight: 50 }, { key: "b", weight: 30 }, { key: "c", weight: 20 }]; // prettier-ignore
  expect(ids.slice(0, 20).map((id) => arm("welcome/split", id, weights)).join("")).toBe("caaaabbccbcbcabaaaab"); // prettier-ignore
});

describe("split", () => {
  test("gives a customer the same arm each time, and always one of the list", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), weightLists, (seed, id, weights) => {
        const first = arm(seed, id, weights);
        expect(arm(seed, id, weights)).toBe(first);
        expect(weights.map(({ key }) => key)).toContain(first);
      }),
    );
  });

  test("gives each arm its share within binomial bounds", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 6 }),
        (seed, list) => {
          const weights = list.map((weight, i): WeightedArm => ({ key: `arm ${i}`, weight }));
          const shares = sharesOf(list);
          weights.forEach(({ key }, i) => {
            const share = shareOf(IDS, (id) => arm(seed, id, weights) === key);
            expect(Math.abs(share - shares[i]!)).toBeLessThan(boundOf(IDS.length, shares[i]!));
          });
        },
      ),
      { numRuns: 20 },
    );
  });

  test("hands out places in the order of the list, so that equal weights in other units move nobody", () => {
    fc.assert(
      fc.property(fc.string(), weightLists, (seed, weights) => {
        const named = weights.map((one, i) => ({ ...one, key: `${i}` }));
        const inOrder = IDS.slice(0, 500).toSorted((a, b) => placeOf(seed, a) - placeOf(seed, b));
        const got = inOrder.map((id) => Number(arm(seed, id, named)));
        expect(got).toEqual(got.toSorted((a, b) => a - b));
        const doubled = named.map((one) => ({ ...one, weight: one.weight * 2 }));
        expect(inOrder.map((id) => Number(arm(seed, id, doubled)))).toEqual(got);
      }),
    );
  });

  test("gives nobody an arm without weight, unless no arm has any", () => {
    const weights = [
      { key: "none", weight: 0 },
      { key: "all", weight: 3 },
      { key: "broken", weight: Number.NaN },
      { key: "below", weight: -1 },
    ];
    expect(IDS.every((id) => arm("s", id, weights) === "all")).toBe(true);
    const even = weights.map(({ key }) => ({ key, weight: 0 }));
    expect(new Set(IDS.map((id) => arm("s", id, even))).size).toBe(4);
  });

  test("takes weights of any size and refuses an empty or an endless list", () => {
    expect(sharesOf([1e308, 1e308])).toEqual([0.5, 0.5]);
    expect(() => arm("s", "c1", [])).toThrow(RangeError);
    expect(() =>
      arm(
        "s",
        "c1",
        Array.from({ length: 21 }, (_, i) => ({ key: `${i}`, weight: 1 })),
      ),
    ).toThrow(RangeError);
  });
});
