/**
 * Every model over the same paths, side by side, each credit with the interval in which it would lie had other customers of the
 * same kind come by: the paths are resampled (Poisson bootstrap; Chamandy et al. 2012), every model is asked again, and the
 * spread of its answers gives a normal interval. The draws are named by a seed, so the same paths give the same intervals.
 */
import { normalQuantile } from "../experiments/distributions.ts";
import { drawsOf } from "../journeys/chance.ts";
import {
  type Chain,
  type TooManyStates,
  type Walked,
  type Walks,
  chainCredits,
  chainOf,
  removalEffects,
  walksOf,
} from "./chain.ts";
import {
  ATTRIBUTION_LIMITS,
  type Credit,
  type Credits,
  type Model,
  type Path,
  RULES,
  type RuleName,
} from "./model.ts";
import { ruleCredits } from "./rules.ts";
import { chainGame, observedCredits } from "./shapley.ts";

/** How sure the intervals are. */
export const LEVEL_RATIO = 0.95;
const SEED = "attribution";

/** What one model says: credits by channel, or why there are none. */
export type Answer =
  | {
      readonly type: "credits";
      readonly credits: Credits;
      /** Of the sampled orders alone; null where the model is exact. */
      readonly standardErrors: Credits | null;
      /** The standard deviation of each credit over the resamples; null where there were too many steps to resample. */
      readonly spread: Credits | null;
    }
  | TooManyStates;

export type CreditsOptions = {
  /** Whether a channel met again at once is a step of the chain. */
  readonly repeats: boolean;
  readonly resamples?: number;
};

/** Sums over all paths. */
export type Totals = {
  readonly journeys: number;
  readonly conversions: number;
  readonly value: number;
  readonly conversionRatio: number;
};

/** How often paths ended in a conversion, and what that was worth. */
export function totalsOf(paths: readonly Path[]): Totals {
  const sum = (of: (path: Path) => number): number => paths.reduce((total, path) => total + of(path), 0);
  const conversions = sum((path) => path.conversions);
  const journeys = conversions + sum((path) => path.nulls);
  return { journeys, conversions, value: sum((path) => path.value), conversionRatio: journeys > 0 ? conversions / journeys : 0 };
} // prettier-ignore

const isRule = (model: Model): model is RuleName => (RULES as readonly string[]).includes(model);
const isChained = (model: Model): boolean => model === "shapley_chain" || model.startsWith("markov_");
const orderOf = (model: Model): number =>
  model === "shapley_chain" ? 1 : Number(model.slice("markov_".length));
type Said = Omit<Extract<Answer, { type: "credits" }>, "spread">;

/** What one model says of these paths. */
export function creditsBy(model: Model, paths: readonly Path[], repeats: boolean): Said | TooManyStates {
  if (isRule(model)) return { type: "credits", credits: ruleCredits(paths, model), standardErrors: null };
  if (model === "shapley") return { type: "credits", credits: observedCredits(paths), standardErrors: null };
  const walks = walksOf(paths, { order: orderOf(model), repeats });
  return walks.type === "walks" ? chained(model, chainOf(walks, paths)) : walks;
}

function chained(model: Model, chain: Chain, orders?: number): Said {
  return model === "shapley_chain"
    ? { type: "credits", ...chainGame(chain, SEED, orders) }
    : { type: "credits", credits: chainCredits(chain, removalEffects(chain)), standardErrors: null };
}

/** All models asked for, with their spreads. */
export function allCredits(paths: readonly Path[], models: readonly Model[], options: CreditsOptions): ReadonlyMap<Model, Answer> {
  const answers = models.map((model): readonly [Model, Answer] => {
    const said = creditsBy(model, paths, options.repeats);
    if (said.type !== "credits") return [model, said];
    const spread = isChained(model) ? resampledSpread(model, paths, options) : countedSpread(model, paths);
    return [model, { ...said, spread }];
  });
  return new Map(answers);
} // prettier-ignore

/**
 * The spread of a rule's credits, where nothing need be drawn: each journey comes a Poisson number of times, so the variance of a
 * sum of shares is the sum of their squares.
 */
function countedSpread(model: Model, paths: readonly Path[]): Credits {
  const variances = new Map<string, Credit>();
  for (const path of paths) {
    if (path.conversions === 0) continue;
    const credits = isRule(model) ? ruleCredits([path], model) : observedCredits([path]);
    for (const [channel, { conversions }] of credits) {
      const share = (conversions / path.conversions) ** 2;
      const before = variances.get(channel);
      variances.set(channel, {
        conversions: (before?.conversions ?? 0) + share * path.conversions,
        value: (before?.value ?? 0) + share * path.squares,
      });
    }
  }
  return new Map([...variances].map(([channel, { conversions, value }]) => [channel, { conversions: Math.sqrt(conversions), value: Math.sqrt(value) }]));
} // prettier-ignore

/** A resample's spread is wanted, not its digits: few orders do. */
const RESAMPLED_ORDERS = 10;

/** About how many additions one answer of a chain takes, `steps` being those of all paths. */
function costOf(model: Model, { channels, last }: Walks, steps: number): number {
  if (model !== "shapley_chain") return 20 * steps + last.length ** 3;
  const coalitions = channels.length <= ATTRIBUTION_LIMITS.shapleyExactMax ? 2 ** channels.length : 2 * RESAMPLED_ORDERS * channels.length; // prettier-ignore
  return 20 * steps + coalitions * last.length ** 2 * 4;
}

/** The spread of a chain's credits: it is made again of resampled journeys and asked again. Null where that would take too long. */
function resampledSpread(model: Model, paths: readonly Path[], { repeats, resamples = ATTRIBUTION_LIMITS.resamples }: CreditsOptions): Credits | null {
  const walks = walksOf(paths, { order: orderOf(model), repeats });
  if (walks.type !== "walks") return null;
  const steps = paths.reduce((sum, { channels }) => sum + channels.length, 1);
  const rounds = Math.min(resamples, Math.floor(ATTRIBUTION_LIMITS.resampledCostMax / costOf(model, walks, steps)));
  if (rounds < ATTRIBUTION_LIMITS.resamplesMin) return null;
  const sums = new Map<string, [n: number, nn: number, v: number, vv: number]>();
  for (let round = 0; round < rounds; round += 1) {
    const { credits } = chained(model, chainOf(walks, resampled(paths, `${SEED} ${round}`)), RESAMPLED_ORDERS);
    for (const [channel, { conversions, value }] of credits) {
      const [n, nn, v, vv] = sums.get(channel) ?? [0, 0, 0, 0];
      sums.set(channel, [n + conversions, nn + conversions ** 2, v + value, vv + value ** 2]);
    }
  }
  const deviation = (sum: number, squares: number): number => Math.sqrt(Math.max(0, squares - sum ** 2 / rounds) / (rounds - 1));
  return new Map([...sums].map(([channel, [n, nn, v, vv]]) => [channel, { conversions: deviation(n, nn), value: deviation(v, vv) }]));
} // prettier-ignore

/** The paths as if each journey had come a Poisson number of times; values are redrawn by their own variance. */
function resampled(paths: readonly Path[], seed: string): readonly Walked[] {
  const draw = drawsOf(seed);
  return paths.map((path, i) => {
    const at = 6 * i;
    const conversions = poisson(path.conversions, draw(at), draw(at + 1));
    const nulls = poisson(path.nulls, draw(at + 2), draw(at + 3));
    if (conversions === 0) return { conversions, nulls, value: 0 };
    const mean = path.value / path.conversions;
    const variance = Math.max(0, path.squares / path.conversions - mean ** 2);
    const off = variance > 0 ? Math.sqrt(variance * conversions) * normalOf(draw(at + 4), draw(at + 5)) : 0;
    return { conversions, nulls, value: Math.max(0, conversions * mean + off) };
  });
}

/** A standard normal number of two uniform ones (Box and Muller 1958). */
const normalOf = (uniform: number, other: number): number =>
  Math.sqrt(-2 * Math.log(uniform)) * Math.cos(2 * Math.PI * other);

/** A Poisson number of mean `mean` by up to two uniform numbers: by inversion where it is small, else by the normal law. */
function poisson(mean: number, uniform: number, other: number): number {
  if (mean <= 0) return 0;
  if (mean < 30) {
    let term = Math.exp(-mean);
    let below = term;
    let n = 0;
    while (uniform > below && n < 1_000) {
      n += 1;
      term *= mean / n;
      below += term;
    }
    return n;
  }
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normalOf(uniform, other)));
}

/** The interval of a credit, never below 0. */
export function intervalOf(credit: number, deviation: number): { readonly low: number; readonly high: number; readonly level: number } {
  const half = normalQuantile((1 + LEVEL_RATIO) / 2) * deviation;
  return { low: Math.max(0, credit - half), high: credit + half, level: LEVEL_RATIO };
} // prettier-ignore
