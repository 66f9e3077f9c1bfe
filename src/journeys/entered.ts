/**
 * What an atom remembers of the journeys that were entered from it, and what its customer knows by all of them. Pure.
 *
 * Joins make two memories one. Where a journey is entered once (or once for each key), and one of those who are one now was
 * through it, the other's run is over too; a run given up so is marked, or it would be taken for one more way through.
 */
import type { Instant } from "../values.ts";
import { type Entered, NEVER_ENTERED, enteredOnce } from "./enter.ts";
import { JOURNEY_LIMITS, type JourneyDraft } from "./model.ts";

/** How often, when last, by which keys (the newest), and the keys of runs given up to another by a join. */
export type EnteredHere = readonly [
  n: number,
  at: Instant,
  keys?: readonly string[],
  joined?: readonly string[],
];
type Memory = { readonly [journey: string]: EnteredHere };

/** Earlier entries of a customer into a journey, by all atoms' memories. */
export function enteredBy(memories: readonly (Memory | undefined)[], journey: number): Entered {
  let all = NEVER_ENTERED;
  for (const memory of memories) {
    const [n, at, keys = []] = memory?.[journey] ?? [0, -Infinity];
    if (n > 0) all = { n: all.n + n, at: Math.max(all.at, at), keys: [...all.keys, ...keys] };
  }
  return all;
}

/** An atom's memory after one more entry. */
export function withEntry(memory: Memory | undefined, journey: number, key: string, now: Instant): Memory {
  const [n, at, keys = [], joined = []] = memory?.[journey] ?? [0, -Infinity];
  const after = enteredOnce({ n, at, keys }, key, now);
  return { ...memory, [journey]: shortOf(after, joined) };
}

/** An atom's memory after its run was given up to another one by a join. */
export function withJoined(memory: Memory | undefined, journey: number, key: string): Memory {
  const [n, at, keys = [], joined = []] = memory?.[journey] ?? [0, -Infinity];
  return { ...memory, [journey]: shortOf({ n, at, keys }, [key, ...joined].slice(0, JOURNEY_LIMITS.keysRemembered)) }; // prettier-ignore
}

const shortOf = ({ n, at, keys }: Entered, joined: readonly string[]): EnteredHere =>
  joined.length > 0 ? [n, at, keys, joined] : keys.length > 0 ? [n, at, keys] : [n, at];

/** Whether others, who are one with somebody in a run of this key now, were through it already, and the journey is entered once. */
export function wasThrough(others: readonly (Memory | undefined)[], journey: number, key: string, { reentry }: JourneyDraft): boolean {
  if (reentry.type !== "once" && reentry.type !== "key") return false;
  let times = 0;
  for (const memory of others) {
    const [n, , keys = [], joined = []] = memory?.[journey] ?? [0, -Infinity];
    times += reentry.type === "once" ? n : keys.filter((one) => one === key).length;
    times -= joined.filter((one) => one === key).length;
  }
  return times > 0;
} // prettier-ignore
