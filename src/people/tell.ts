/**
 * Tells runs what people did with their tasks. A task is ended in the store first and told after; what a crash or a full
 * inbox kept from being told is told by the next look, of this process or another.
 */
import type { Sql } from "../db/postgres.ts";
import type { Event } from "../events/model.ts";
import type { Clock } from "../values.ts";
import { TASK_LIMITS } from "./model.ts";
import { eventOfTask, markTasksTold, readUntoldTasks } from "./store.ts";

export type TaskTeller = {
  /** Tells what there is; resolves when it was tried. */
  tell(): Promise<void>;
  stop(): Promise<void>;
};
type TellDeps = {
  readonly sql: Sql;
  readonly clock: Clock;
  /** Makes events of our own durable; the same may be told again. */
  readonly append: (events: readonly Event[]) => Promise<void>;
  readonly onFault: (cause: unknown) => void;
};
const LOOK_MS = 30_000;

/** Looks now and every half minute. */
export function startTaskTeller({ sql, clock, append, onFault }: TellDeps): TaskTeller {
  const tellAll = async (): Promise<void> => {
    for (;;) {
      const untold = await readUntoldTasks(sql);
      for (const workspace of new Set(untold.map((one) => one.workspace)))
        await append(untold.filter((one) => one.workspace === workspace).map(eventOfTask));
      if (untold.length > 0) await markTasksTold(sql, untold.map(({ id }) => id), clock()); // prettier-ignore
      if (untold.length < TASK_LIMITS.tellMax) return;
    }
  };
  let telling: Promise<void> = Promise.resolve();
  const tell = () => (telling = telling.then(tellAll).catch(onFault));
  const timer = setInterval(() => void tell(), LOOK_MS);
  timer.unref();
  void tell();
  return {
    tell,
    stop: async () => {
      clearInterval(timer);
      await telling;
    },
  };
}
