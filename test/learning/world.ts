/** A world in which it is known what each candidate is worth to whom, so that what is learned and told of it can be held to the truth. */
import { type Shown, modelOf } from "../../src/learning/believe.ts";
import { type Chooser, chancesOf, drawn, readyModelOf } from "../../src/learning/choose.ts";
import { slotsOf } from "../../src/learning/encode.ts";
import { Learning, type LearningContext } from "../../src/learning/model.ts";
import type { Exposure, Kind } from "../../src/learning/workout.ts";

export type Random = () => number;
/** The chance of a click, or the mean of a value. */
export type Worth = (candidate: string, context: LearningContext) => number;

export const CANDIDATES = ["boots", "care", "club"] as const;
const DEVICES = ["phone", "desktop"] as const;
const CHANNELS = ["search", "email", null] as const;

/** A learning place with the defaults but for what is given. */
export const learningOf = (more: object = {}): Learning => Learning.parse({ reward: "clicked", withinMs: 60_000, ...more }); // prettier-ignore

const oneOf = <T>(all: readonly T[], random: Random): T => all[Math.floor(random() * all.length)]!;
export const contextOf = (random: Random): LearningContext => ({
  stage: oneOf(["visitor", "buyer"], random), device: oneOf(DEVICES, random), channel: oneOf(CHANNELS, random), known: oneOf(["named", "new"], random),
  hour: Math.floor(random() * 24), segments: random() < 0.3 ? [7] : [],
}); // prettier-ignore

/** Boots are for new customers on phones, care is for buyers; the club is liked a little by everybody. */
export const clicks: Worth = (candidate, { stage, device, known }) => {
  if (candidate === "boots") return device === "phone" && known === "new" ? 0.35 : 0.06;
  if (candidate === "care") return stage === "buyer" ? 0.3 : 0.05;
  return 0.14;
};
/** A deviate of the standard normal distribution (Box and Muller 1958). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export type Run = { readonly exposures: readonly Exposure[]; readonly regret: readonly number[] };
/**
 * Shows `n` customers one candidate each and learns anew after each `every` of them (0: never). Priority is the order of the
 * candidates; a few customers may see fewer of them.
 */
export function simulate(random: Random, n: number, every: number, worth: Worth, learning: Learning): Run {
  const exposures: Exposure[] = [];
  const regret: number[] = [];
  const shown = new Map<string, Shown & { n: number; rewarded: number; sum: number; sumOfSquares: number }>();
  let chooser: Chooser = { ...learning, model: null };
  for (let i = 0; i < n; i += 1) {
    if (every > 0 && i > 0 && i % every === 0)
      chooser = {
        ...learning,
        model: readyModelOf(modelOf(learning.reward, [...shown.values()]), learning),
      };
    const context = contextOf(random);
    const slots = slotsOf(context);
    const eligible = random() < 0.2 ? CANDIDATES.slice(1) : CANDIDATES;
    const chances = chancesOf(chooser, eligible, slots);
    const heldOut = random() < learning.holdoutRatio;
    const { at, propensityRatio } = drawn(chances, learning.holdoutRatio, heldOut, random());
    const candidate = eligible[at]!;
    const mean = worth(candidate, context);
    const reward = learning.reward === "value" ? Math.max(0, mean + normal(random) * 10) : random() < mean ? 1 : 0; // prettier-ignore
    exposures.push({ customer: i, half: (i % 2) as 0 | 1, candidate, propensity: propensityRatio, reward, context, eligible }); // prettier-ignore
    if (!heldOut) regret.push(Math.max(...eligible.map((one) => worth(one, context))) - mean);
    const key = `${candidate} ${slots.join()}`;
    const held = shown.get(key) ?? { candidate, slots, n: 0, rewarded: 0, sum: 0, sumOfSquares: 0 };
    held.n += 1;
    held.rewarded += reward > 0 ? 1 : 0;
    held.sum += reward;
    held.sumOfSquares += reward * reward;
    shown.set(key, held);
  }
  return { exposures, regret };
}

/** The exposures as kinds, as the event log adds them up. */
export const kindsOf = (exposures: readonly Exposure[]): readonly Kind[] =>
  exposures.map(({ candidate, context, half, reward }) => ({ candidate, context, half, n: 1, rewarded: reward > 0 ? 1 : 0, sum: reward, sumOfSquares: reward * reward })); // prettier-ignore

export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;
export const deviationOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
};
