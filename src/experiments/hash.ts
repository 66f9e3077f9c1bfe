/**
 * Hashing of a customer into a place between 0 and 1, as GrowthBook's SDKs do it, so that an assignment made here can be
 * checked there. Its published cases are in test/fixtures/growthbook.
 *
 * FNV-1a in 32 bits (Fowler, Noll, Vo) over the UTF-16 units of the text. Version 1 has 1,000 places and is kept for
 * namespaces; version 2 hashes twice, which undoes the likeness of similar seeds, and has 10,000 places.
 */

/** From the first, up to but without the second. */
export type Range = readonly [from: number, to: number];
/** A share of all customers that experiments of one name divide among themselves. */
export type Namespace = readonly [name: string, from: number, to: number];

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  return hash >>> 0;
}

/** The place of `value` under `seed` in [0, 1), or null for a version that does not exist. Never throws. */
export function hashOf(seed: string, value: string, version: number): number | null {
  if (version === 2) return placeOf(seed, value);
  if (version === 1) return (fnv1a(value + seed) % 1000) / 1000;
  return null;
}

/** The place of `value` under `seed` by version 2, which new experiments use: a multiple of 1/10,000. */
export const placeOf = (seed: string, value: string): number =>
  (fnv1a(`${fnv1a(seed + value)}`) % 10_000) / 10_000;

/** `n` equal shares; none for 0 and below. */
export const equalWeights = (n: number): readonly number[] =>
  n <= 0 ? [] : Array.from({ length: n }, () => 1 / n);

/**
 * The range of places of each of `variations`: it begins where the weights before it end, and `coverage` of it is used,
 * so that raising the coverage moves nobody. Coverage is cut to [0, 1]; weights that are missing, of another number or
 * not adding up to 1 (by a hundredth) are replaced by equal ones.
 */
export function bucketRanges(
  variations: number,
  coverage: number | undefined,
  weights: readonly number[] | undefined,
): readonly Range[] {
  const used = Math.min(1, Math.max(0, coverage ?? 1));
  const total = (weights ?? []).reduce((sum, weight) => sum + weight, 0);
  const fits = weights?.length === variations && total >= 0.99 && total <= 1.01;
  let from = 0;
  return (fits ? weights : equalWeights(variations)).map((weight): Range => {
    const start = from;
    from += weight;
    return [start, start + used * weight];
  });
}

/** Whether a place lies in a range: its beginning does, its end does not. */
export const inRange = (n: number, [from, to]: Range): boolean => n >= from && n < to;

/** The number of the first range that holds the place `n`, or -1. */
export const chooseVariation = (n: number, ranges: readonly Range[]): number =>
  ranges.findIndex((range) => inRange(n, range));

/** Whether a customer is of the share that an experiment has of a namespace. */
export const inNamespace = (value: string, [name, from, to]: Namespace): boolean =>
  inRange((fnv1a(`${value}__${name}`) % 1000) / 1000, [from, to]);
