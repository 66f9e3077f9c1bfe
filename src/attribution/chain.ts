/**
 * Paths as an absorbing Markov chain (Anderl, Becker, von Wangenheim and Schumann 2016, International Journal of Research in
 * Marketing 33): a state is what was met last (the last `order` touchpoints), and each path ends in a conversion or in nothing.
 *
 * Two things are asked of it. What is reached from the start where only some channels are there: whoever would step on another goes
 * away (`reach`). And what is lost without each channel (`removalEffects`). Both are solved exactly by Gaussian elimination. Rows
 * of the system are 1 on the diagonal less ratios that sum to at most 1, so no pivot need be searched; in `reach` each pivot is the sum
 * of what leaves a state (Grassmann, Taksar and Heyman 1985, Operations Research 33), so nothing is even subtracted. Only
 * states that somebody was in exist.
 */
import { ATTRIBUTION_LIMITS, type Credit, type Credits, type Path } from "./model.ts";

export type ChainOptions = {
  /** How many of the last touchpoints matter for what comes next: 1 to 4. */
  readonly order: number;
  /** Whether a channel met again at once is a step; else repeats in a row are one. */
  readonly repeats: boolean;
};
/** A chain of too many states is refused: the answer would take long and rest on a few people a state. */
export type TooManyStates = { readonly type: "too_many_states"; readonly statesMax: number };

/** Which states each path leads through; what is counted on them may change. State 0 is the start. */
export type Walks = {
  readonly type: "walks";
  readonly channels: readonly string[];
  /** By state: the channel (by its place in `channels`) met last; -1 at the start. */
  readonly last: readonly number[];
  /** By path: its states, without the start. */
  readonly walks: readonly (readonly number[])[];
};

/** How often each path was walked; by its place. */
export type Walked = { readonly conversions: number; readonly value: number; readonly nulls: number };

/** The chain, by state. Of each state the ratios of `to`, `conversionRatio` and `nullRatio` sum to 1. */
export type Chain = {
  readonly channels: readonly string[];
  readonly last: readonly number[];
  readonly to: readonly ReadonlyMap<number, number>[];
  readonly conversionRatio: readonly number[];
  /** The mean value with which a stay in this state ends, with 0 for those that go on or away. */
  readonly valueRatio: readonly number[];
  readonly nullRatio: readonly number[];
  readonly conversions: number;
  readonly value: number;
};

/** What a chain answers: the probability of a conversion from the start, and the expected value. */
export type Reached = { readonly conversionRatio: number; readonly value: number };

/** Names the states of all paths. */
export function walksOf(paths: readonly Path[], { order, repeats }: ChainOptions): Walks | TooManyStates {
  const { statesMax } = ATTRIBUTION_LIMITS;
  const channels = [...new Set(paths.flatMap((path) => path.channels))].toSorted();
  const placeOf = new Map(channels.map((channel, i) => [channel, i]));
  const states = new Map<string, number>();
  const last = [-1];
  const walks: number[][] = [];
  for (const path of paths) {
    const met = path.channels.map((channel) => placeOf.get(channel)!);
    const steps = repeats ? met : met.filter((channel, i) => channel !== met[i - 1]);
    const walk: number[] = [];
    for (const [i, channel] of steps.entries()) {
      const key = steps.slice(Math.max(0, i + 1 - order), i + 1).join();
      let state = states.get(key);
      if (state === undefined) {
        state = last.length;
        if (state > statesMax) return { type: "too_many_states", statesMax };
        states.set(key, state);
        last.push(channel);
      }
      walk.push(state);
    }
    walks.push(walk);
  }
  return { type: "walks", channels, last, walks };
}

/** Counts the steps of all paths. */
export function chainOf({ channels, last, walks }: Walks, walked: readonly Walked[]): Chain {
  const zeros = (): number[] => last.map(() => 0);
  const [won, worth, lost, all] = [zeros(), zeros(), zeros(), zeros()];
  const counts = last.map(() => new Map<number, number>());
  for (const [i, walk] of walks.entries()) {
    const { conversions, value, nulls } = walked[i]!;
    const times = conversions + nulls;
    if (times === 0) continue;
    let state = 0;
    for (const next of walk) {
      const steps = counts[state]!;
      steps.set(next, (steps.get(next) ?? 0) + times);
      all[state]! += times;
      state = next;
    }
    won[state]! += conversions;
    worth[state]! += value;
    lost[state]! += nulls;
    all[state]! += times;
  }
  const ratios = (sums: readonly number[]): readonly number[] =>
    sums.map((sum, state) => (all[state]! > 0 ? sum / all[state]! : 0));
  const total = (sums: readonly number[]): number => sums.reduce((sum, one) => sum + one, 0);
  return {
    channels, last,
    to: counts.map((steps, state) => new Map([...steps].map(([next, count]) => [next, count / all[state]!]))),
    conversionRatio: ratios(won), valueRatio: ratios(worth), nullRatio: ratios(lost), conversions: total(won), value: total(worth),
  };
} // prettier-ignore

/** What is reached from the start where only channels for which `keeps` is true are there. Costs the cube of the states. */
export function reach(chain: Chain, keeps: (channel: number) => boolean): Reached {
  const kept = chain.last.flatMap((channel, state) => (channel < 0 || keeps(channel) ? [state] : []));
  const place = new Int32Array(chain.last.length).fill(-1);
  for (const [at, state] of kept.entries()) place[state] = at;
  const n = kept.length;
  const steps = new Float64Array(n * n);
  const [won, worth, lost] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (const [at, state] of kept.entries()) {
    won[at] = chain.conversionRatio[state]!;
    worth[at] = chain.valueRatio[state]!;
    lost[at] = chain.nullRatio[state]!;
    for (const [next, ratio] of chain.to[state]!)
      if (place[next]! >= 0) steps[at * n + place[next]!] = ratio;
      else lost[at]! += ratio;
  }
  for (let gone = n - 1; gone > 0; gone -= 1) {
    let leaves = won[gone]! + lost[gone]!;
    for (let next = 0; next < gone; next += 1) leaves += steps[gone * n + next]!;
    // Nobody was ever here.
    if (leaves === 0) continue;
    for (let before = 0; before < gone; before += 1) {
      const part = steps[before * n + gone]! / leaves;
      if (part === 0) continue;
      won[before]! += part * won[gone]!;
      worth[before]! += part * worth[gone]!;
      lost[before]! += part * lost[gone]!;
      for (let next = 0; next < gone; next += 1) steps[before * n + next]! += part * steps[gone * n + next]!;
    }
  }
  // Nothing leads back to the start: what leaves it is settled, and sums to 1 but for rounding.
  const leaves = won[0]! + lost[0]!;
  return leaves > 0 ? { conversionRatio: won[0]! / leaves, value: worth[0]! / leaves } : { conversionRatio: 0, value: 0 };
} // prettier-ignore

/** What the chain loses without each channel, as a ratio of what it has with all. */
export type RemovalEffects = {
  readonly all: Reached;
  readonly byChannel: ReadonlyMap<string, { readonly conversionRatio: number; readonly valueRatio: number }>;
};

/**
 * The removal effect of every channel: 1 is a channel without which nobody converts. What is lost without a channel is what
 * is reached through it: by where its states are met first (from the expected visits), and what is reached from there.
 * The inverse of the system gives both for all channels at once, so the cost is that of one solution, not one a channel.
 */
export function removalEffects(chain: Chain): RemovalEffects {
  const n = chain.last.length;
  const visits = visitsOf(chain);
  const from = (ratios: readonly number[], state: number): number => {
    let sum = 0;
    for (let next = 0; next < n; next += 1) sum += visits[state * n + next]! * ratios[next]!;
    return sum;
  };
  const won = chain.last.map((_, state) => from(chain.conversionRatio, state));
  const worth = chain.last.map((_, state) => from(chain.valueRatio, state));
  const byChannel = chain.channels.map((channel, place) => {
    const states = chain.last.flatMap((last, state) => (last === place ? [state] : []));
    const met = firstMet(visits, n, states);
    const through = (reached: readonly number[]): number =>
      reached[0]! > 0 ? Math.min(1, Math.max(0, states.reduce((sum, state, i) => sum + met[i]! * reached[state]!, 0) / reached[0]!)) : 0;
    return [channel, { conversionRatio: through(won), valueRatio: through(worth) }] as const;
  });
  return { all: { conversionRatio: won[0]!, value: worth[0]! }, byChannel: new Map(byChannel) };
} // prettier-ignore

/** How often each state (column) is visited from each (row): the inverse of 1 less the steps, by Gauss and Jordan in place. */
function visitsOf({ last, to }: Chain): Float64Array {
  const n = last.length;
  const system = new Float64Array(n * n);
  for (let state = 0; state < n; state += 1) {
    system[state * n + state] = 1;
    for (const [next, ratio] of to[state]!) system[state * n + next]! -= ratio;
  }
  for (let pivot = 0; pivot < n; pivot += 1) {
    const row = system.subarray(pivot * n, pivot * n + n);
    const scale = 1 / row[pivot]!;
    row[pivot] = 1;
    for (let i = 0; i < n; i += 1) row[i]! *= scale;
    for (let other = 0; other < n; other += 1) {
      if (other === pivot) continue;
      const changed = system.subarray(other * n, other * n + n);
      const part = changed[pivot]!;
      if (part === 0) continue;
      changed[pivot] = 0;
      for (let i = 0; i < n; i += 1) changed[i]! -= part * row[i]!;
    }
  }
  return system;
}

/** The probabilities that each of `states` is the first of them that is met from the start. */
function firstMet(visits: Float64Array, n: number, states: readonly number[]): readonly number[] {
  // Visits to a state are those after each first meeting: start's = first x within. Transposed, to be solved for `first`.
  const rows = states.map((to) => [...states.map((from) => visits[from * n + to]!), visits[to]!]);
  const size = states.length;
  for (let pivot = 0; pivot < size; pivot += 1) {
    let best = pivot;
    for (let row = pivot + 1; row < size; row += 1)
      if (Math.abs(rows[row]![pivot]!) > Math.abs(rows[best]![pivot]!)) best = row;
    [rows[pivot], rows[best]] = [rows[best]!, rows[pivot]!];
    const head = rows[pivot]!;
    for (let row = pivot + 1; row < size; row += 1) {
      const changed = rows[row]!;
      const part = changed[pivot]! / head[pivot]!;
      if (part !== 0) for (let i = pivot; i <= size; i += 1) changed[i]! -= part * head[i]!;
    }
  }
  const first = states.map(() => 0);
  for (let row = size - 1; row >= 0; row -= 1) {
    let sum = rows[row]![size]!;
    for (let i = row + 1; i < size; i += 1) sum -= rows[row]![i]! * first[i]!;
    first[row] = sum / rows[row]![row]!;
  }
  return first;
}

/** Conversions and value divided in proportion to the removal effects. */
export function chainCredits(chain: Chain, { byChannel }: RemovalEffects): Credits {
  const effects = [...byChannel.values()];
  const ofConversions = effects.reduce((sum, { conversionRatio }) => sum + conversionRatio, 0);
  const ofValue = effects.reduce((sum, { valueRatio }) => sum + valueRatio, 0);
  const credit = ({ conversionRatio, valueRatio }: (typeof effects)[number]): Credit => ({
    conversions: ofConversions > 0 ? (chain.conversions * conversionRatio) / ofConversions : 0,
    value: ofValue > 0 ? (chain.value * valueRatio) / ofValue : 0,
  });
  return new Map([...byChannel].map(([channel, effect]) => [channel, credit(effect)]));
}
