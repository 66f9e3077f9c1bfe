/**
 * A loop that works in rounds, rests between them and can be woken. Whatever takes due work out of the store (messages,
 * calls, webhooks, schedules, builds) differs in its round only.
 */
import { Nap } from "./nap.ts";

export type RoundsOptions = {
  /**
   * One round; resolves with how many ms to rest after it, where 0 means that the next one follows at once. A long round
   * asks `isStopping` on its way.
   */
  readonly round: (isStopping: () => boolean) => Promise<number>;
  readonly onFault: (cause: unknown) => void;
  /** How long to rest after a round that failed. */
  readonly faultMs: number;
};
export type Rounds = {
  /** Ends the rest; woken in the middle of a round, the next one follows it at once. */
  wake(): void;
  /** Lets the round under way be the last; resolves when it has ended. */
  stop(): Promise<void>;
};

/** Begins the first round now; they go on until `stop`. */
export function startRounds({ round, onFault, faultMs }: RoundsOptions): Rounds {
  const nap = new Nap();
  let woken = false;
  let stopping = false;
  const run = async () => {
    while (!stopping) {
      woken = false;
      let restMs = faultMs;
      try {
        restMs = await round(() => stopping);
      } catch (cause) {
        onFault(cause);
      }
      if (!woken && !stopping && restMs > 0) await nap.sleep(restMs);
    }
  };
  const done = run();
  return {
    wake: () => {
      woken = true;
      nap.wake();
    },
    stop: () => {
      stopping = true;
      nap.wake();
      return done;
    },
  };
}

/** What looks for one piece of due work at a time: after a rest, so that a start is not slowed down; whether there was some. */
export function restingFirst(once: () => Promise<boolean>, restMs: number): RoundsOptions["round"] {
  let isFirst = true;
  return async () => {
    if (!isFirst && (await once())) return 0;
    isFirst = false;
    return restMs;
  };
}
