/** Guards: quiet where nothing is worse however often one looks, and quick where something is. */
import { describe, expect, test } from "vitest";
import { judged } from "../../src/learning/guard.ts";
import { Guard, LEARNING_LIMITS } from "../../src/learning/model.ts";
import { SEED, randomOf } from "../random.ts";

const DISMISSED = Guard.parse({ type: "outcome", outcome: "dismissed" });
type Arms = { learned: { customers: number; did: number }; holdout: { customers: number; did: number } };

/** Looks after each fifty of `n` customers; after how many it was worse, or null. A tenth is held out. */
function stoppedAfter(guard: Guard, ratios: { learned: number; holdout: number }, n: number, random: () => number): number | null {
  const arms: Arms = { learned: { customers: 0, did: 0 }, holdout: { customers: 0, did: 0 } };
  for (let i = 1; i <= n; i += 1) {
    const arm = random() < 0.1 ? "holdout" : "learned";
    arms[arm].customers += 1;
    if (random() < ratios[arm]) arms[arm].did += 1;
    if (i % 50 === 0 && judged(guard, arms, 1).isWorse) return i;
  }
  return null;
} // prettier-ignore

describe("a guard", () => {
  test("that is looked at again and again stops a place of which nothing is worse no more often than it may", () => {
    const random = randomOf(SEED);
    const worlds = 200;
    const stops = Array.from({ length: worlds }, () => stoppedAfter(DISMISSED, { learned: 0.1, holdout: 0.1 }, 4_000, random)).filter((at) => at !== null).length; // prettier-ignore
    expect(stops / worlds).toBeLessThanOrEqual(LEARNING_LIMITS.alphaRatio);
  });

  test("stops when more customers put things away than under priority, also where nobody did there", () => {
    const random = randomOf(SEED);
    for (const holdout of [0, 0.05]) {
      const after = Array.from({ length: 20 }, () => stoppedAfter(DISMISSED, { learned: 0.35, holdout }, 20_000, random)); // prettier-ignore
      expect(after.every((at) => at !== null && at < 3_000)).toBe(true);
    }
  });

  test("knows which way is worse: fewer conversions, more of what nobody wants, fewer of what is wished for", () => {
    const much = { customers: 2_000, did: 800 };
    const little = { customers: 2_000, did: 100 };
    const worse = (guard: object, learned: typeof much, holdout: typeof much) => judged(Guard.parse(guard), { learned, holdout }, 1).isWorse; // prettier-ignore
    for (const outcome of ["converted", "clicked"]) expect([worse({ type: "outcome", outcome }, little, much), worse({ type: "outcome", outcome }, much, little)]).toEqual([true, false]); // prettier-ignore
    expect([worse({ type: "outcome", outcome: "dismissed" }, little, much), worse({ type: "outcome", outcome: "dismissed" }, much, little)]).toEqual([false, true]); // prettier-ignore
    for (const [way, bad] of [
      ["more", much],
      ["less", little],
    ] as const) {
      const good = bad === much ? little : much;
      const guard = { type: "event", event: "Unsubscribed", worse: way };
      expect([worse(guard, bad, good), worse(guard, good, bad)]).toEqual([true, false]);
    }
  });

  test("lets a difference be that it allows, and says in words what it counted", () => {
    const arms = { learned: { customers: 2_000, did: 400 }, holdout: { customers: 2_000, did: 200 } };
    const allowed = judged(
      Guard.parse({ type: "outcome", outcome: "dismissed", worseByRatio: 0.15 }),
      arms,
      1,
    );
    expect([judged(DISMISSED, arms, 1).isWorse, allowed.isWorse]).toEqual([true, false]);
    expect(judged(DISMISSED, arms, 1).words).toBe("$decision.dismissed: 400 of 2000 customers with learning, 200 of 2000 held out. It is worse, with 95% confidence however often it was looked at."); // prettier-ignore
    expect(allowed.words).toContain("Nothing speaks for it being worse by more than 15%.");
  });

  test("is stricter the more guards a place has", () => {
    const arms = { learned: { customers: 300, did: 60 }, holdout: { customers: 300, did: 30 } };
    const width = (guards: number) => {
      const [low, high] = judged(DISMISSED, arms, guards).arms.learned.interval;
      return high - low;
    };
    expect(width(5)).toBeGreaterThan(width(1) * 1.1);
  });

  test("says nothing before anybody's time is over", () => {
    const nobody = { customers: 0, did: 0 };
    expect(judged(DISMISSED, { learned: nobody, holdout: nobody }, 1)).toMatchObject({ isWorse: false, arms: { learned: { interval: [0, 1] } } }); // prettier-ignore
  });
});
