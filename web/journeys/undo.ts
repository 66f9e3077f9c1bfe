/** Undoing and doing again over whole drafts: a draft is small, so every state is kept as it was. Pure. */

/** Kept states; the oldest goes first. */
const STATES_MAX = 100;

/** A value with what it was before and, after undoing, what it was then. `tag` names the last change. */
export type History<T> = {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  readonly tag: string | null;
};

/** Nothing done yet. */
export const begun = <T>(present: T): History<T> => ({ past: [], present, future: [], tag: null });

/** `next` in place of the present. Changes in a row with the same tag (typing into one field) are one. */
export function done<T>(history: History<T>, next: T, tag: string | null): History<T> {
  if (next === history.present) return history;
  const same = tag !== null && tag === history.tag && history.past.length > 0;
  const past = same ? history.past : [...history.past, history.present].slice(-STATES_MAX);
  return { past, present: next, future: [], tag };
}

/** One change back; itself where there is none. */
export function undone<T>({ past, present, future, tag }: History<T>): History<T> {
  const before = past.at(-1);
  if (before === undefined) return { past, present, future, tag };
  return { past: past.slice(0, -1), present: before, future: [present, ...future], tag: null };
}

/** One undone change again; itself where there is none. */
export function redone<T>({ past, present, future, tag }: History<T>): History<T> {
  const [next, ...rest] = future;
  if (next === undefined) return { past, present, future, tag };
  return { past: [...past, present], present: next, future: rest, tag: null };
}
