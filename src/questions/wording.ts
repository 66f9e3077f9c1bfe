/**
 * Wordings made one where they say the same: without case, punctuation, blanks and the words of courtesy around them, in the
 * singular, whatever the order of the words. Plain rules for English and close kin, made to err on the side of telling
 * apart. Pure.
 */

/** Words that change nothing in what is asked. */
const EMPTY = new Set("a an the my your our is are do does did i you we it of for to in on at with and or please hi hello what how when where can could would".split(" ")); // prettier-ignore
const KEY_CHARS_MAX = 200;

/** The singular of a plural, plain ones only: `sizes`, `deliveries`, `boxes`; `shipping` and `bus` stay. */
export function singularOf(word: string): string {
  if (word.length <= 3 || !word.endsWith("s") || /(?:ss|us|is|ous|news|series|species)$/.test(word))
    return word;
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  return /(?:sh|ch|x|ss|zz)es$/.test(word) ? word.slice(0, -2) : word.slice(0, -1);
}

/** What wordings that count as one have in common; empty where nothing is said. The same for its own result. */
export function keyOf(wording: string): string {
  const words = wording
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/['\u2019]/gu, "")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map(singularOf);
  const telling = words.filter((word) => !EMPTY.has(word));
  // A question of empty words only ("how to") is still one.
  const kept = telling.length === 0 ? words : telling;
  return [...new Set(kept)].toSorted().join(" ").slice(0, KEY_CHARS_MAX).trim();
} // prettier-ignore

/** A wording and how often it came. */
export type Wording = { readonly text: string; readonly events: number; readonly hash: string };
export type WordingGroup = {
  readonly key: string;
  /** The most frequent wording. */
  readonly label: string;
  readonly spellings: readonly string[];
  readonly hashes: readonly string[];
};

/** Wordings put together by their key, the most frequent group first; what says nothing is left out. */
export function groupWordings(wordings: readonly Wording[], spellingsShown: number): readonly WordingGroup[] {
  const groups = new Map<string, Wording[]>();
  for (const wording of wordings) {
    const key = keyOf(wording.text);
    if (key !== "") groups.set(key, [...(groups.get(key) ?? []), wording]);
  }
  const events = (all: readonly Wording[]): number => all.reduce((sum, one) => sum + one.events, 0);
  return [...groups]
    .toSorted(([a, ofA], [b, ofB]) => events(ofB) - events(ofA) || (a < b ? -1 : 1))
    .map(([key, all]) => {
      const sorted = all.toSorted((a, b) => b.events - a.events || (a.text < b.text ? -1 : 1));
      return {
        key,
        label: sorted[0]!.text,
        spellings: sorted.slice(1, 1 + spellingsShown).map(({ text }) => text),
        hashes: sorted.map(({ hash }) => hash),
      };
    });
}
