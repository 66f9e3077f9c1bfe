/**
 * Asking the log about journeys without harm to anybody else: few questions at a time, the same question only once, and
 * an answer of a moment ago again. How old an answer may be grows with what it cost. A question whose askers have all
 * gone before its turn is not worked out, and no workspace takes all the places of those that wait.
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
/** How a question is asked. */
export type Asking = {
  /** Not answered from before. */
  readonly fresh: boolean;
  /** Aborted when the asker waits no longer; absent: the asker waits to the end. */
  readonly gone?: AbortSignal;
};

/** A question that is worked out or waits for it, and how many wait for its answer. */
type Pending = {
  readonly key: string;
  readonly answering: Promise<Answered<unknown>>;
  readonly turn: Turn;
  askers: number;
};
/** A place among those that wait; null when it does not wait (any more). */
type Turn = {
  readonly workspace: WorkspaceId;
  waits: { readonly give: () => void; readonly drop: (why: Failure) => void } | null;
};
type Kept = { readonly answered: Answered<unknown>; readonly until: Instant };
const KEPT_LEAST_MS = 30_000;
const KEPT_MOST_MS = 15 * 60_000;
/** An answer that took a second is good for a minute. */
const KEPT_PER_MS = 60;

/** A text that is another whenever what a workspace defined is another: an answer of other definitions answers no question. */
export type DefinedBy = (workspace: WorkspaceId) => Promise<string>;

export class Questions {
  readonly #clock: Clock;
  readonly #definedBy: DefinedBy | undefined;
  readonly #kept = new LRUCache<string, Kept>({
    max: ANALYSIS_LIMITS.keptMax,
    maxSize: ANALYSIS_LIMITS.keptBytesMax,
    sizeCalculation: ({ answered }) => JSON.stringify(answered).length,
  });
  readonly #underWay = new Map<string, Pending>();
  readonly #waiting: Turn[] = [];
  #working = 0;

  /** Without `definedBy` the answers are those of one state of the workspace's definitions. */
  constructor(clock: Clock, definedBy?: DefinedBy) {
    this.#clock = clock;
    this.#definedBy = definedBy;
  }

  /**
   * The answer to `question` (anything that JSON can say, the question's name first), worked out by `work` unless it is
   * known. Throws `Failure("too_many")` when too many wait already, of all or of this workspace, and when every asker has gone.
   */
  async ask<T>(workspace: WorkspaceId, question: readonly unknown[], { fresh, gone }: Asking, work: () => Promise<Found<T>>): Promise<Answered<T>> {
    const defined = this.#definedBy === undefined ? "" : await this.#definedBy(workspace);
    const key = `${workspace} ${defined} ${JSON.stringify(question)}`;
    const kept = this.#kept.get(key);
    if (kept && !fresh && this.#clock() < kept.until) {
      const { answer, basis } = kept.answered as Answered<T>;
      return { answer, basis: { ...basis, reused: true } };
    }
    const pending = this.#underWay.get(key) ?? this.#begin(workspace, key, work);
    this.#joins(pending, gone);
    return pending.answering as Promise<Answered<T>>;
  } // prettier-ignore

  #begin<T>(workspace: WorkspaceId, key: string, work: () => Promise<Found<T>>): Pending {
    const turn: Turn = { workspace, waits: null };
    const answering = this.#inTurn(turn, () => this.#work(key, work)).finally(() => this.#ends(pending));
    const pending: Pending = { key, answering, turn, askers: 0 };
    this.#underWay.set(key, pending);
    return pending;
  }

  #ends(pending: Pending): void {
    if (this.#underWay.get(pending.key) === pending) this.#underWay.delete(pending.key);
  }

  #joins(pending: Pending, gone: AbortSignal | undefined): void {
    pending.askers++;
    const leaves = () => {
      pending.askers--;
      const { waits } = pending.turn;
      if (pending.askers > 0 || !waits) return;
      this.#waiting.splice(this.#waiting.indexOf(pending.turn), 1);
      // At once: who asks the same now must not join what was given up.
      this.#ends(pending);
      pending.turn.waits = null;
      waits.drop(new Failure("too_many", "Nobody waits for this answer any more."));
    };
    if (gone?.aborted) leaves();
    else gone?.addEventListener("abort", leaves, { once: true });
  }

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

  async #inTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    if (this.#working < ANALYSIS_LIMITS.atOnce) this.#working++;
    else await this.#itsTurn(turn);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) giveTo(next);
      else this.#working--;
    }
  }

  async #itsTurn(turn: Turn): Promise<void> {
    const ofIt = this.#waiting.filter(({ workspace }) => workspace === turn.workspace).length;
    if (this.#waiting.length >= ANALYSIS_LIMITS.waitingMax || ofIt >= ANALYSIS_LIMITS.waitingOfOneMax)
      throw new Failure("too_many", "Many questions are being worked out already. Try again in a moment.", {
        retryAfterSeconds: 5,
      });
    await new Promise<void>((give, drop) => {
      turn.waits = { give, drop };
      this.#waiting.push(turn);
    });
  }
}

function giveTo(turn: Turn): void {
  const { waits } = turn;
  turn.waits = null;
  waits?.give();
}
