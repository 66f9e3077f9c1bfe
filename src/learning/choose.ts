/**
 * Which eligible candidate a learning place shows, and the chance it had. Pure: chance comes in as a number.
 *
 * Thompson sampling (Thompson 1933, Biometrika 25) shows a candidate with the chance that it is the best one, as far as
 * is believed. Scores of candidates are independent normal numbers given the context, so that these chances are an
 * integral of one dimension. They are worked out first, the floor is put under them, and the candidate is drawn from
 * the list that results: so the chance that is told is the very one it was drawn with, and not an estimate of it
 * (Horvitz and Thompson 1952 need nothing else), however coarse the integral is.
 *
 * A share of customers is held out: priority decides for them. Whom is drawn by their name, once and for all, so over
 * customers the chance of a candidate is the mix of both, and that is the propensity which is told.
 */
import { LRUCache } from "lru-cache";
import { placeOf } from "../experiments/hash.ts";
import type { Instant } from "../values.ts";
import { priorVarianceOf } from "./believe.ts";
import { DIMENSIONS, ENCODING } from "./encode.ts";
import { type Arm, type Belief, LEARNING_LIMITS, type Learning, type Model } from "./model.ts";

/** A score that is believed to lie around `mean`. */
export type Score = { readonly mean: number; readonly variance: number };

/** Points of each candidate's belief between which chances are added up, in standard deviations: of many they lie between each other's. */
const POINTS = [-3.5, -2.2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.2, 3.5];
const POINTS_OF_MANY = [-2.5, -1.2, -0.4, 0.4, 1.2, 2.5];
const MANY = 5;
/** Who lies below all others by so many deviations of both has no chance that matters. */
const HOPELESS = 4.5;

/** P(Z <= z) of the standard normal distribution to 7.5e-8 (Abramowitz and Stegun 1964, 26.2.17), a hundred times as fast as the exact one. */
export function normalRatio(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = 0.3989422804014327 * Math.exp((-z * z) / 2) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))); // prettier-ignore
  return z < 0 ? tail : 1 - tail;
}

/** The chance of each score to be the highest, to about a hundredth; together they are 1. Variances are above 0. */
export function winningRatios(scores: readonly Score[]): readonly number[] {
  if (scores.length === 1) return [1];
  if (scores.length === 2) {
    const [a, b] = scores as readonly [Score, Score];
    const first = normalRatio((a.mean - b.mean) / Math.sqrt(a.variance + b.variance));
    return [first, 1 - first];
  }
  const deviations = scores.map(({ variance }) => Math.sqrt(variance));
  const sure = Math.max(...scores.map(({ mean }, i) => mean - HOPELESS * deviations[i]!));
  const rivals = scores.map((_, i) => i).filter((i) => scores[i]!.mean + HOPELESS * deviations[i]! >= sure);
  const spread = rivals.length > MANY ? POINTS_OF_MANY : POINTS;
  const points = rivals.flatMap((i) => spread.map((z) => scores[i]!.mean + z * deviations[i]!)).filter((x) => x >= sure);
  points.sort((a, b) => a - b);
  const wins = gathered(scores, deviations, rivals, points);
  const total = wins.reduce((sum, one) => sum + one, 0);
  return wins.map((one) => one / total);
} // prettier-ignore

/** Of each rival what its belief holds between two points, times the chance of all others to lie below them. */
function gathered(scores: readonly Score[], deviations: readonly number[], rivals: readonly number[], points: readonly number[]): number[] {
  const wins = scores.map(() => 0);
  const n = rivals.length;
  const [below, middle, left] = [new Float64Array(n), new Float64Array(n), new Float64Array(n + 1)];
  for (const x of [...points, Infinity]) {
    left[0] = 1;
    for (let k = 0; k < n; k += 1) {
      const i = rivals[k]!;
      const ratio = x === Infinity ? 1 : normalRatio((x - scores[i]!.mean) / deviations[i]!);
      middle[k] = (below[k]! + ratio) / 2;
      left[k + 1] = left[k]! * middle[k]!;
    }
    let right = 1;
    for (let k = n - 1; k >= 0; k -= 1) {
      const gained = 2 * (middle[k]! - below[k]!);
      wins[rivals[k]!]! += gained * left[k]! * right;
      right *= middle[k]!;
      below[k]! += gained;
    }
  }
  return wins;
} // prettier-ignore

/** A belief made ready to be asked: where each slot stands in it, or -1. */
type Ready = Belief & { readonly places: Int16Array };
/** What was learned, made ready; `isReady`: of enough. */
export type ReadyModel = Pick<Model, "reward" | "middle" | "scale" | "exposures" | "rewards"> & {
  readonly isReady: boolean;
  readonly beliefs: ReadonlyMap<string, Ready>;
  /** The chances worked out before: few contexts are many customers'. */
  readonly known: LRUCache<string, readonly number[]>;
};

/** Makes a model ready; null stays null, and what was learned in another way than today's is nothing. */
export function readyModelOf(model: Model | null, { reward }: Pick<Learning, "reward">): ReadyModel | null {
  if (model?.encoding !== ENCODING || model.reward !== reward) return null;
  const { middle, scale, exposures, rewards } = model;
  const beliefs = Object.entries(model.beliefs).map(([id, belief]): readonly [string, Ready] => {
    const places = new Int16Array(DIMENSIONS).fill(-1);
    for (const [at, slot] of belief.slots.entries()) places[slot] = at;
    return [id, { ...belief, places }];
  });
  const isReady = exposures >= LEARNING_LIMITS.exposuresMin && rewards >= LEARNING_LIMITS.rewardsMin;
  return { reward, middle, scale, exposures, rewards, isReady, beliefs: new Map(beliefs), known: new LRUCache({ max: LEARNING_LIMITS.contextsKept }) };
} // prettier-ignore

/** What is believed of a candidate in a context. */
export function scoreOf({ beliefs }: ReadyModel, candidate: string, slots: readonly number[]): Score {
  const belief = beliefs.get(candidate);
  let [mean, variance] = [0, 0];
  for (const [k, slot] of slots.entries()) {
    const i = belief ? belief.places[slot]! : -1;
    if (!belief || i < 0) {
      variance += priorVarianceOf(slot);
      continue;
    }
    mean += belief.mean[i]!;
    variance += belief.covariance[(i * (i + 1)) / 2 + i]!;
    for (let l = 0; l < k; l += 1) {
      const j = belief.places[slots[l]!]!;
      // Slots rise, and so do their places.
      if (j >= 0) variance += 2 * belief.covariance[(i * (i + 1)) / 2 + j]!;
    }
  }
  // Of digits that were cut, something below 0 might be left.
  return { mean, variance: Math.max(variance, 1e-12) };
}

/** What the chances of a place hang on. */
export type Chooser = Pick<Learning, "floorRatio" | "holdoutRatio"> & { readonly model: ReadyModel | null };

/**
 * The chance of each of `eligible` (in the order of priority) to be shown to a customer who comes: those held out and the
 * others together. Each is at least the floor, as far as there is room for it; together they are 1.
 */
export function chancesOf({ model, floorRatio, holdoutRatio }: Chooser, eligible: readonly string[], slots: readonly number[]): readonly number[] {
  const { floor, open } = roomOf(eligible.length, floorRatio, holdoutRatio);
  return sharesOf(model, eligible, slots).map((share, i) => floor + open * share + (i === 0 ? holdoutRatio : 0));
} // prettier-ignore

/** The chances of those who are not held out; what "learned" is when ways of choosing are evaluated. */
export function learnedChancesOf(chooser: Chooser, eligible: readonly string[], slots: readonly number[]): readonly number[] {
  const { floor, open } = roomOf(eligible.length, chooser.floorRatio, chooser.holdoutRatio);
  return sharesOf(chooser.model, eligible, slots).map((share) => (floor + open * share) / (1 - chooser.holdoutRatio));
} // prettier-ignore

/** Before enough is known everybody has the same chance: nothing is learned of what is not shown. */
function sharesOf(
  model: ReadyModel | null,
  eligible: readonly string[],
  slots: readonly number[],
): readonly number[] {
  if (!model?.isReady) return eligible.map(() => 1 / eligible.length);
  const key = `${slots.join()} ${eligible.join()}`;
  const before = model.known.get(key);
  if (before) return before;
  const shares = winningRatios(eligible.map((id) => scoreOf(model, id, slots)));
  model.known.set(key, shares);
  return shares;
}

function roomOf(n: number, floorRatio: number, holdoutRatio: number) {
  const floor = Math.min(floorRatio, (1 - holdoutRatio) / n);
  return { floor, open: Math.max(0, 1 - holdoutRatio - n * floor) };
}

const STICKY_MS = 3_600_000;
const PLACES = 10_000;
/**
 * A number in [0, 1) for whoever is called `who`: the same for an hour while all that chances hang on is the same, so that
 * what a visitor sees does not change with each page. Anything else draws anew: were a draw kept when somebody is no longer
 * eligible, what was shown before would tell it, and the chances would not be those of the draw.
 */
export function drawOf(who: string, place: string, { model }: Chooser, eligible: readonly string[], slots: readonly number[], now: Instant): number {
  const value = [who, place, Math.floor(now / STICKY_MS), model?.exposures ?? 0, model?.rewards ?? 0, slots.join(), eligible.join()].join(" ");
  return placeOf("draw", value) + placeOf("the rest of the draw", value) / PLACES;
} // prettier-ignore

/** Which one is shown: by its place among those eligible. */
export type Drawn = { readonly at: number; readonly arm: Arm; readonly propensityRatio: number };

/** Draws from `chances` (of `chancesOf`). `draw` lies in [0, 1): the same one draws the same. */
export function drawn(chances: readonly number[], holdoutRatio: number, heldOut: boolean, draw: number): Drawn {
  if (heldOut) return { at: 0, arm: "holdout", propensityRatio: Math.min(1, chances[0]!) };
  let left = draw * (1 - holdoutRatio);
  let at = 0;
  for (; at < chances.length - 1; at += 1) {
    left -= chances[at]! - (at === 0 ? holdoutRatio : 0);
    if (left < 0) break;
  }
  return { at, arm: "learned", propensityRatio: Math.min(1, chances[at]!) };
} // prettier-ignore
