/**
 * Questions that share a read. What is asked hundreds of times a second, each time of somebody else, costs most by its
 * being asked: a statement for four customers takes a quarter of the CPU of four statements for one (bench/README.md).
 */

import { Failure } from "./errors.ts";

export type GatherOptions = {
  /** How long after a read began the next may: who asks meanwhile shares it. The first question of a pause does not wait. */
  readonly apartMs: number;
  /** Questions of one read, and reads under way at once. */
  readonly most: number;
  readonly underWay: number;
  /** A read that takes longer no longer keeps others from beginning: its connection may be dead. */
  readonly stuckMs: number;
  /** Questions that may wait for a read; one more fails. */
  readonly waitingMost: number;
};

/**
 * One question at a time by way of `read`, which reads what many need and tells how each is answered from it. Who shares
 * a read that fails fails with it; an answer that cannot be made is the asker's own failure.
 */
export function gathered<Question, Answer>(
  read: (questions: readonly Question[]) => Promise<(question: Question) => Answer>,
  { apartMs, most, underWay, stuckMs, waitingMost }: GatherOptions,
): (question: Question) => Promise<Answer> {
  type Waiting = { readonly question: Question; readonly done: (answer: Answer) => void; readonly failed: (cause: unknown) => void };
  let waiting: Waiting[] = [];
  let reading = 0;
  let nextAt = 0;
  let isPlanned = false;

  function plan(): void {
    if (isPlanned || waiting.length === 0 || reading >= underWay) return;
    isPlanned = true;
    const leftMs = nextAt - performance.now();
    // Even who comes after a pause lets those join who arrived in the same moment.
    if (leftMs <= 0) setImmediate(begin);
    else setTimeout(begin, leftMs);
  }

  function begin(): void {
    isPlanned = false;
    const group = waiting.splice(0, most);
    nextAt = performance.now() + apartMs;
    reading++;
    let isCounted = true;
    const settle = () => {
      if (isCounted) reading--;
      isCounted = false;
      plan();
    };
    const stuck = setTimeout(settle, stuckMs);
    void answer(group).finally(() => {
      clearTimeout(stuck);
      settle();
    });
    plan();
  }

  async function answer(group: readonly Waiting[]): Promise<void> {
    let answerOf: (question: Question) => Answer;
    try {
      answerOf = await read(group.map(({ question }) => question));
    } catch (cause) {
      for (const { failed } of group) failed(cause);
      return;
    }
    for (const { question, done, failed } of group)
      try {
        done(answerOf(question));
      } catch (cause) {
        failed(cause);
      }
  }

  return (question) =>
    new Promise((done, failed) => {
      if (waiting.length >= waitingMost)
        return failed(new Failure("store_unavailable", "More is asked than can be read.", { retryAfterSeconds: 1 }));
      waiting.push({ question, done, failed });
      plan();
    });
} // prettier-ignore
