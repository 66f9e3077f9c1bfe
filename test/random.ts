/** Where tests have their chance from: one seed for a run, and numbers that it repeats. */

/**
 * The seed of this run's laws and worlds, which a failure prints. Under CI always the same, so that a red run tells of a
 * change and not of luck; anywhere else drawn anew, or THROUGHLINE_SEED.
 */
export const SEED = Number(
  process.env["THROUGHLINE_SEED"] ?? (process.env["CI"] ? 552_036_797 : Math.floor(Math.random() * 1e9)),
);

/** Random numbers that a printed seed repeats (mulberry32, Tommy Ettinger 2017, public domain). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
