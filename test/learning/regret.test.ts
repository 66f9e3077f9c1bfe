/** Learning pays in a world where it matters who somebody is, and costs what the floor says where nothing can be learned. */
import { expect, test } from "vitest";
import { SEED, randomOf } from "../random.ts";
import { type Worth, clicks, learningOf, meanOf, simulate } from "./world.ts";

const N = 6_000;
const WORLDS = 5;

test("what is missed is far less than with chance alone, and ever less", () => {
  const learning = learningOf({ floorRatio: 0.02, holdoutRatio: 0.05 });
  const regretOf = (every: number) => Array.from({ length: WORLDS }, (_, i) => simulate(randomOf(SEED + i), N, every, clicks, learning).regret); // prettier-ignore
  const [learned, uniform] = [regretOf(200), regretOf(0)];
  const total = (runs: readonly (readonly number[])[]) => meanOf(runs.map(meanOf));
  const last = (runs: readonly (readonly number[])[]) => total(runs.map((one) => one.slice(-N / 4)));
  expect(total(learned)).toBeLessThan(total(uniform) * 0.6);
  expect(last(learned)).toBeLessThan(last(uniform) * 0.4);
  process.stdout.write(`regret per exposure: learned ${total(learned).toFixed(4)} (last quarter ${last(learned).toFixed(4)}), uniform ${total(uniform).toFixed(4)}\n`); // prettier-ignore
});

test("the same candidate for everybody misses more than learning who it is for", () => {
  const learning = learningOf({ floorRatio: 0.02, holdoutRatio: 0.05 });
  const { exposures } = simulate(randomOf(SEED), N, 200, clicks, learning);
  const late = exposures.slice(-N / 2);
  const chosenFor = (who: (one: (typeof late)[number]) => boolean, candidate: string) => {
    const own = late.filter((one) => who(one) && one.eligible.includes("boots"));
    return own.filter((one) => one.candidate === candidate).length / own.length;
  };
  const isBoots = ({ context }: (typeof late)[number]) => context.device === "phone" && context.known === "new" && context.stage === "visitor"; // prettier-ignore
  expect(chosenFor(isBoots, "boots")).toBeGreaterThan(0.7);
  expect(chosenFor(({ context }) => context.stage === "buyer" && !isBoots({ context } as never) && context.device === "desktop", "care")).toBeGreaterThan(0.7); // prettier-ignore
});

test("a value is learned as a click is", () => {
  const worth: Worth = (candidate, context) => 100 * clicks(candidate, context);
  const learning = learningOf({ reward: "value", currency: "EUR", holdoutRatio: 0.05 });
  const [learned, uniform] = [200, 0].map((every) => meanOf(simulate(randomOf(SEED), N, every, worth, learning).regret)); // prettier-ignore
  expect(learned!).toBeLessThan(uniform! * 0.6);
});
