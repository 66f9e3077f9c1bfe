/**
 * Chance that is the same whenever it is asked: uniform numbers named by a text. Pure; holds no state.
 *
 * The text is hashed by FNV-1a (32 bits, http://www.isthe.com/chongo/tech/comp/fnv), each number mixed from that and its
 * place by the finaliser of MurmurHash3 (Austin Appleby, public domain). Good enough to choose by; no secret may hang on it.
 */

/** The `i`-th number in (0, 1) of the sequence named `seed`; a step of 2 to the -32. */
export const drawsOf = (seed: string): ((i: number) => number) => {
  const begin = fnv(seed);
  return (i) => (mixed((begin + Math.imul(i + 1, 0x9e3779b9)) | 0) + 0.5) / 2 ** 32;
};

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function mixed(value: number): number {
  let h = value ^ (value >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
