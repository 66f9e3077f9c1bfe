/** The loop that reads feeds when they are due, one after the other, however many processes there are. */
import type { Database } from "../db/postgres.ts";
import { type Rounds, startRounds } from "../rounds.ts";
import type { Clock } from "../values.ts";
import { readFeed } from "./feed.ts";
import { FEEDS_CHANNEL, claimFeed, nextFeedDue, releaseFeed, settleFeed } from "./feed-store.ts";
import { CATALOGUE_LIMITS } from "./model.ts";

export type FeedLoopDeps = { readonly sql: Database; readonly clock: Clock; readonly onFault: (cause: unknown) => void }; // prettier-ignore
const IDLE_MS = 60_000;
const FAULT_MS = 10_000;

/** Starts the loop. */
export function startFeeds({ sql, clock, onFault }: FeedLoopDeps): Rounds {
  const stopped = new AbortController();
  const rounds = startRounds({
    faultMs: FAULT_MS,
    onFault,
    round: async (isStopping) => {
      const feed = isStopping() ? null : await claimFeed(sql, clock());
      if (!feed) {
        const dueAt = await nextFeedDue(sql);
        return dueAt === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1_000, dueAt - clock()));
      }
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(CATALOGUE_LIMITS.feedMs)]);
      const { reading, known } = await readFeed(sql, clock, feed, signal);
      if (stopped.signal.aborted) await releaseFeed(sql, feed);
      else await settleFeed(sql, feed, reading, known);
      return 0;
    },
  });
  const listening = sql.listen(FEEDS_CHANNEL, () => rounds.wake());
  return {
    wake: () => rounds.wake(),
    stop: async () => {
      const ended = rounds.stop();
      // A reading under way is broken off, and begun again by whoever comes next.
      stopped.abort();
      await (await listening).stop();
      await ended;
    },
  };
}
