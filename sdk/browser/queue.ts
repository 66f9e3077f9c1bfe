/**
 * Events on their way to the server: gathered for a moment, kept until the server has answered, tried again with growing
 * waits, and handed to the browser when the page goes. Each carries its id on every try, and the server takes an id once:
 * so nothing is lost by caution and nothing doubled by it.
 */
import * as LIMITS from "./limits.ts";
import { adopt, queueName, write } from "./keep.ts";
import type { Counts } from "./model.ts";
import { post } from "./post.ts";
import { newId } from "./visitor.ts";
import { mayHelp, waitMs } from "./wait.ts";
import { createWaiting, type Item } from "./waiting.ts";

/** A batch as the server reads it. */
export const bodyOf = (events: readonly string[]): string =>
  `{"sentAt":"${new Date().toISOString()}","batch":[${events.join()}]}`;

/** The queue of one page. Nothing is kept or sent while `door()` is null; what waits then, waits in memory. */
export function createQueue(door: () => string | null) {
  const name = queueName(newId());
  const waiting = createWaiting();
  const flying = new Set<Item>();
  let refused = 0;
  let tries = 0;
  let restUntil = 0;
  /** The server itself said when to come back. */
  let isTold = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const keep = onceATurn(() => {
    const all = waiting.all();
    if (door()) write(name, all.length > 0 ? `[${all.join()}]` : null);
  });
  const wake = (afterMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(flush, Math.max(afterMs, restUntil - Date.now()));
  };
  async function send(isLeaving = false): Promise<void> {
    const to = door();
    const batch = waiting.next(flying);
    if (!to || batch.length === 0) return;
    for (const item of batch) flying.add(item);
    const events = batch.map(({ json }) => json);
    const answer = await post(to, bodyOf(events), isLeaving);
    for (const item of batch) flying.delete(item);
    if (answer && !mayHelp(answer.status)) {
      if (!answer.ok) refused += batch.length;
      tries = restUntil = 0;
      waiting.take(batch);
      keep();
    } else {
      const askedSeconds = Number(answer?.headers.get("retry-after"));
      isTold = askedSeconds > 0;
      restUntil = Date.now() + waitMs(tries++, askedSeconds, Math.random());
    }
    if (waiting.all().length > 0) wake(0);
  }
  const flush = async (): Promise<void> => {
    if (Date.now() < restUntil) wake(0);
    else if (flying.size === 0) await send();
  };
  watchPage(
    // What is sent now stays kept until it is answered: if it never is, the next page sends it again.
    () => void ((isTold && Date.now() < restUntil) || send(true)),
    () => {
      if (!isTold) restUntil = 0;
      wake(0);
    },
  );

  return {
    add: (event: object): void => {
      waiting.put(event);
      keep();
      wake(LIMITS.gatherMs);
    },
    /** Begins or goes on: takes over what earlier pages left, keeps and sends what waited. */
    open: (): void => {
      adopt(name, (events) => events.forEach(waiting.put));
      keep();
      wake(0);
    },
    /** Sends what waits now rather than in a moment. */
    flush,
    /** Gives up what waits: the visitor said no. */
    clear: waiting.clear,
    /** The newest that wait, oldest first: what a question to the server should know of. */
    newest: (count: number): readonly string[] => waiting.all().slice(-count),
    counts: (): Counts => ({ waiting: waiting.all().length, ...waiting.lost(), refused }),
  };
}

/** Calls `onLeave` when the page may be gone after this moment, and `onBack` when the browser is online again. */
function watchPage(onLeave: () => void, onBack: () => void): void {
  addEventListener("pagehide", onLeave);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") onLeave();
  });
  addEventListener("online", onBack);
}

/** Does the work once for all that asks for it in one turn of the page: the whole list is written each time. */
function onceATurn(work: () => void): () => void {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    queueMicrotask(() => {
      isDue = false;
      work();
    });
  };
}
