/**
 * Shapley's division of what a coalition is worth among its players (Shapley 1953): each gets what it adds, averaged over all
 * orders in which the players could have come. It is the only division that gives all away, treats equals equally, gives nothing
 * to whoever adds nothing, and adds over games.
 *
 * Two games are played on paths. *Observed*: a coalition is worth the conversions of those who met no other channel (Zhao,
 * Mahboobi and Bagheri 2018, arXiv 1804.05327). Its values are equal shares of the channels of each path, so they are exact for
 * any number of channels; paths that led to nothing have no say. *Chain*: a coalition is worth what the chain of `chain.ts`
 * reaches with its channels alone, so paths that led to nothing count. Exact up to 12 channels, beyond by sampled orders with
 * a standard error.
 */
import { drawsOf } from "../journeys/chance.ts";
import { type Chain, type Reached, reach } from "./chain.ts";
import { ATTRIBUTION_LIMITS, type Credit, type Credits, type Path } from "./model.ts";

/** What the players at the set bits of `coalition` reach together; of none it must be 0. */
export type Worth = (coalition: number) => number;

/** The values of `players` <= 12, exactly. Asks for the worth of each coalition once. Throws RangeError for more players. */
export function shapleyExact(players: number, worth: Worth): readonly number[] {
  if (players > ATTRIBUTION_LIMITS.shapleyExactMax)
    throw new RangeError(`${players} players are too many for all coalitions.`);
  const worths = Float64Array.from({ length: 2 ** players }, (_, coalition) => worth(coalition));
  const weights = orderWeights(players);
  return Array.from({ length: players }, (_, player) => {
    const bit = 1 << player;
    let value = 0;
    for (let coalition = 0; coalition < worths.length; coalition += 1)
      if ((coalition & bit) === 0)
        value += weights[sizeOf(coalition)]! * (worths[coalition | bit]! - worths[coalition]!);
    return value;
  });
}

/** By size of those who came before: the share of orders in which just they did: s! (n - s - 1)! / n!. */
function orderWeights(players: number): readonly number[] {
  const weights = [1 / players];
  for (let size = 1; size < players; size += 1) weights.push((weights[size - 1]! * size) / (players - size));
  return weights;
}

function sizeOf(coalition: number): number {
  let size = 0;
  for (let rest = coalition; rest !== 0; rest &= rest - 1) size += 1;
  return size;
}

export type Sampled = { readonly values: readonly number[]; readonly standardErrors: readonly number[] };

/**
 * The values of any number of players, from `orders` drawn by `seed`. Each is drawn with its reverse, whose errors lie the
 * other way (antithetic; Mitchell et al. 2022, JMLR 23). Values sum to the worth of all exactly; the standard errors are those of the pairs' mean.
 */
export function shapleySampled(
  players: number,
  worth: (isIn: readonly boolean[]) => number,
  seed: string,
  orders: number = ATTRIBUTION_LIMITS.shapleyOrders,
): Sampled {
  const draw = drawsOf(seed);
  const pairs = Math.max(2, Math.floor(orders / 2));
  const sums = Array.from({ length: players }, () => 0);
  const squares = Array.from({ length: players }, () => 0);
  let drawn = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = Array.from({ length: players }, (_, player) => player);
    for (let i = players - 1; i > 0; i -= 1) {
      const j = Math.floor(draw(drawn++) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const ahead = addedBy(order, worth);
    const back = addedBy(order.toReversed(), worth);
    for (let player = 0; player < players; player += 1) {
      const mean = (ahead[player]! + back[player]!) / 2;
      sums[player]! += mean;
      squares[player]! += mean * mean;
    }
  }
  const values = sums.map((sum) => sum / pairs);
  return {
    values,
    standardErrors: values.map((mean, i) => Math.sqrt(Math.max(0, squares[i]! / pairs - mean * mean) / (pairs - 1))),
  }; // prettier-ignore
}

/** What each player adds when they come in this order. */
function addedBy(order: readonly number[], worth: (isIn: readonly boolean[]) => number): readonly number[] {
  const isIn = order.map(() => false);
  const added = order.map(() => 0);
  let before = 0;
  for (const player of order) {
    isIn[player] = true;
    const now = worth(isIn);
    added[player] = now - before;
    before = now;
  }
  return added;
}

/** The values of the observed game: of each path's conversions, an equal share to each of its channels. */
export function observedCredits(paths: readonly Path[]): Credits {
  const credits = new Map<string, Credit>();
  for (const { channels, conversions, value } of paths) {
    if (conversions === 0) continue;
    const players = new Set(channels);
    for (const channel of players) {
      const before = credits.get(channel);
      credits.set(channel, {
        conversions: (before?.conversions ?? 0) + conversions / players.size,
        value: (before?.value ?? 0) + value / players.size,
      });
    }
  }
  return credits;
}

/** The values of the chain's game as credits. `standardErrors`: of the sampling alone; null where nothing was sampled. */
export type ChainGame = { readonly credits: Credits; readonly standardErrors: Credits | null };

/** The values of the chain's game, scaled so that they sum to the conversions and to the value of all paths. */
export function chainGame(chain: Chain, seed: string, orders: number = ATTRIBUTION_LIMITS.shapleyOrders): ChainGame {
  const { channels } = chain;
  const all = reach(chain, () => true);
  const scale = (share: number, whole: number, total: number): number => (whole > 0 ? (total * share) / whole : 0);
  const credits = (conversions: readonly number[], values: readonly number[]): Credits =>
    new Map(channels.map((channel, i) => [channel, {
      conversions: scale(conversions[i]!, all.conversionRatio, chain.conversions),
      value: scale(values[i]!, all.value, chain.value),
    }]));
  if (channels.length <= ATTRIBUTION_LIMITS.shapleyExactMax) {
    const found = Array.from({ length: 2 ** channels.length }, (_, coalition): Reached => reach(chain, (one) => (coalition & (1 << one)) !== 0));
    const valuesOf = (of: (reached: Reached) => number) => shapleyExact(channels.length, (coalition) => of(found[coalition]!));
    return { credits: credits(valuesOf((one) => one.conversionRatio), valuesOf((one) => one.value)), standardErrors: null };
  }
  // Both games meet the same coalitions, for the orders drawn are the same: each is solved once.
  const known = new Map<string, Reached>();
  const solved = (isIn: readonly boolean[]): Reached => {
    const key = isIn.map((one) => (one ? "1" : "0")).join("");
    const before = known.get(key);
    if (before) return before;
    const found = reach(chain, (channel) => isIn[channel]!);
    known.set(key, found);
    return found;
  };
  const conversions = shapleySampled(channels.length, (isIn) => solved(isIn).conversionRatio, seed, orders);
  const values = shapleySampled(channels.length, (isIn) => solved(isIn).value, seed, orders);
  return { credits: credits(conversions.values, values.values), standardErrors: credits(conversions.standardErrors, values.standardErrors) };
} // prettier-ignore
