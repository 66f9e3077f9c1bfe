/**
 * Asking the log about journeys without harm to anybody else: few questions at a time, the same question only once, and
 * an answer of a moment ago again. How old an answer may be grows with what it cost.
 */
import { LRUCache } from "lru-cache";
import { Failure } from "../errors.ts";
import { type Clock, type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { ANALYSIS_LIMITS, type Basis } from "./model.ts";

/** What a question found: the answer, and what it rests on. */
export type Found<T> = {
  readonly answer: T;
  readonly asOfAt: Instant;
  readonly events: number;
  readonly customers: number;
  readonly method: string;
};
export type Answered<T> = { readonly answer: T; readonly basis: Basis };

type Kept = { readonly answered: Answered<unknown>; readonly until: Instant };
const KEPT_LEAST_MS = 30_000;
const KEPT_MOST_MS = 15 * 60_000;
/** An answer that took a second is good for a minute. */
const KEPT_PER_MS = 60;

export class Questions {
  readonly #clock: Clock;
  readonly #kept = new LRUCache<string, Kept>({ max: ANALYSIS_LIMITS.keptMax });
  readonly #underWay = new Map<string, Promise<Answered<unknown>>>();
  readonly #waiting: (() => void)[] = [];
  #working = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The answer to `question` (anything that JSON can say, the question's name first), worked out by `work` unless it is
   * known. `fresh`: not from before. Throws `Failure("too_many")` when too many wait already.
   */
  async ask<T>(workspace: WorkspaceId, question: readonly unknown[], fresh: boolean, work: () => Promise<Found<T>>): Promise<Answered<T>> {
    const key = `${workspace} ${JSON.stringify(question)}`;
    const kept = this.#kept.get(key);
    if (kept && !fresh && this.#clock() < kept.until) {
      const { answer, basis } = kept.answered as Answered<T>;
      return { answer, basis: { ...basis, reused: true } };
    }
    const underWay = this.#underWay.get(key);
    if (underWay) return underWay as Promise<Answered<T>>;
    const answering = this.#inTurn(() => this.#work(key, work)).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, answering);
    return answering;
  } // prettier-ignore

  async #work<T>(key: string, work: () => Promise<Found<T>>): Promise<Answered<T>> {
    const began = performance.now();
    const { answer, asOfAt, events, customers, method } = await work();
    const tookMs = Math.round(performance.now() - began);
    const answered = {
      answer,
      basis: { asOf: isoOf(asOfAt), events, customers, method, tookMs, reused: false },
    };
    const keepMs = Math.min(KEPT_MOST_MS, Math.max(KEPT_LEAST_MS, tookMs * KEPT_PER_MS));
    this.#kept.set(key, { answered, until: this.#clock() + keepMs });
    return answered;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= ANALYSIS_LIMITS.atOnce) {
      if (this.#waiting.length >= ANALYSIS_LIMITS.waitingMax)
        throw new Failure("too_many", "Many questions are being worked out already. Try again in a moment.", {
          retryAfterSeconds: 5,
        });
      await new Promise<void>((resume) => this.#waiting.push(resume));
    } else this.#working++;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working--;
    }
  }
}
