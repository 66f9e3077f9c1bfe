/**
 * From people's journeys to paths: equal rows of channels are one path with its counts, which is all that the rules and the
 * chain need to know. Ten million events give a few thousand paths.
 *
 * The age of a touchpoint matters to one rule only (time decay), so its shares are worked out for each journey and added up
 * by place in the path. `store.ts` does the same in SQL; `test/attribution/store.test.ts` holds the two to each other.
 */
import { ATTRIBUTION_LIMITS, type Journey, OTHERS, type Path } from "./model.ts";

/**
 * The shares of touchpoints of these ages (milliseconds before the conversion): each half-life halves the weight. Sums to 1;
 * empty for none. The youngest touchpoint has weight 1 before the shares are made, so that no age underflows them all.
 */
export function decayShares(agesMs: readonly number[], halfLifeMs: number): readonly number[] {
  const youngest = agesMs.reduce((least, age) => Math.min(least, age), Infinity);
  const weights = agesMs.map((age) => 2 ** ((youngest - age) / halfLifeMs));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Journeys joined to paths; journeys without a touchpoint are left out, of long ones the newest touchpoints are kept. */
export function pathsOf(journeys: readonly Journey[], halfLifeMs: number): readonly Path[] {
  const paths = new Map<string, Path>();
  for (const { touchpoints, converted, value } of journeys) {
    const kept = touchpoints.slice(-ATTRIBUTION_LIMITS.touchpointsMax);
    if (kept.length === 0) continue;
    const channels = kept.map(({ channel }) => channel);
    const shares = converted ? decayShares(kept.map(({ ageMs }) => ageMs), halfLifeMs) : kept.map(() => 0); // prettier-ignore
    const worth = converted ? value : 0;
    const one: Path = {
      channels,
      conversions: converted ? 1 : 0,
      value: worth,
      squares: worth * worth,
      nulls: converted ? 0 : 1,
      decayed: { conversions: shares, value: shares.map((share) => share * worth) },
    };
    const key = JSON.stringify(channels);
    const before = paths.get(key);
    paths.set(key, before ? joined(before, one) : one);
  }
  return [...paths.values()];
}

const added = (a: readonly number[], b: readonly number[]): readonly number[] => a.map((x, i) => x + b[i]!);

/** Two counts of one path as one. */
const joined = (a: Path, b: Path): Path => ({
  channels: a.channels,
  conversions: a.conversions + b.conversions,
  value: a.value + b.value,
  squares: a.squares + b.squares,
  nulls: a.nulls + b.nulls,
  decayed: {
    conversions: added(a.decayed.conversions, b.decayed.conversions),
    value: added(a.decayed.value, b.decayed.value),
  },
});

/**
 * The paths with at most `channelsMax` channels: those met least often (of equal ones the later in the alphabet) become one,
 * `OTHERS`. A tail of campaigns that nobody met twice says nothing and would cost a state each.
 */
export function foldRare(
  paths: readonly Path[],
  channelsMax: number = ATTRIBUTION_LIMITS.channelsMax,
): readonly Path[] {
  const met = new Map<string, number>();
  for (const { channels, conversions, nulls } of paths)
    for (const channel of channels) met.set(channel, (met.get(channel) ?? 0) + conversions + nulls);
  if (met.size <= channelsMax) return paths;
  const ranked = [...met].toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const kept = new Set(ranked.slice(0, channelsMax - 1).map(([channel]) => channel));
  const folded = new Map<string, Path>();
  for (const path of paths) {
    const channels = path.channels.map((channel) => (kept.has(channel) ? channel : OTHERS));
    const key = JSON.stringify(channels);
    const before = folded.get(key);
    folded.set(key, before ? joined(before, { ...path, channels }) : { ...path, channels });
  }
  return [...folded.values()];
}
