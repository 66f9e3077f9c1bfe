/**
 * Replays on their way: each runs in this process beside everything else, is asked how far it is, and can be called off.
 * They are kept in memory: what a replay answers can be had again at any time by replaying.
 */
import { randomUUID } from "node:crypto";
import { Failure } from "../errors.ts";
import { type Clock, type Instant, type WorkspaceId, isoOf } from "../values.ts";
import { type ReplayDeps, replay } from "./replay.ts";
import { REPLAY_LIMITS, type ReplayResult, type ReplayView } from "./replay-model.ts";
import type { Play } from "./replay-plan.ts";

type Job = {
  readonly id: string;
  readonly workspace: WorkspaceId;
  readonly startedAt: Instant;
  state: ReplayView["state"];
  doneRatio: number;
  problem: string | null;
  result: ReplayResult | null;
  done: Promise<void>;
};

/** The replays of this process. */
export class ReplayJobs {
  readonly #deps: ReplayDeps;
  readonly #clock: Clock;
  readonly #jobs = new Map<string, Job>();

  constructor(deps: ReplayDeps, clock: Clock) {
    this.#deps = deps;
    this.#clock = clock;
  }

  /** Starts one. Throws `Failure("too_many")` where enough of the workspace's run. */
  start(play: Play): ReplayView {
    const now = this.#clock();
    const own = [...this.#jobs.values()].filter(({ workspace }) => workspace === play.workspace);
    if (own.filter(({ state }) => state === "running").length >= REPLAY_LIMITS.running)
      throw new Failure("too_many", `${REPLAY_LIMITS.running} replays run already. Wait for one, or cancel it.`, { retryAfterSeconds: 5 });
    this.#forget(now);
    const job: Job = {
      id: randomUUID(), workspace: play.workspace, startedAt: now, state: "running", doneRatio: 0, problem: null, result: null, done: Promise.resolve(),
    };
    this.#jobs.set(job.id, job);
    job.done = this.#run(job, play);
    return viewOf(job);
  } // prettier-ignore

  /** How far one is. Throws `Failure("not_found")`. */
  view(workspace: WorkspaceId, id: string): ReplayView {
    return viewOf(this.#jobOf(workspace, id));
  }

  /** Calls one off; one that is over is forgotten by nobody and stays as it is. */
  async cancel(workspace: WorkspaceId, id: string): Promise<ReplayView> {
    const job = this.#jobOf(workspace, id);
    if (job.state === "running") job.state = "cancelled";
    await job.done;
    return viewOf(job);
  }

  /** Calls all off, and waits until none asks the stores any more. */
  async stop(): Promise<void> {
    for (const job of this.#jobs.values()) if (job.state === "running") job.state = "cancelled";
    await Promise.all([...this.#jobs.values()].map(({ done }) => done));
  }

  #jobOf(workspace: WorkspaceId, id: string): Job {
    const job = this.#jobs.get(id);
    if (!job || job.workspace !== workspace) throw new Failure("not_found", `There is no replay ${id}.`);
    return job;
  }

  async #run(job: Job, play: Play): Promise<void> {
    try {
      const result = await replay(this.#deps, play, {
        onProgress: (doneRatio) => (job.doneRatio = doneRatio),
        isCancelled: () => job.state === "cancelled",
      });
      if (result === null) return;
      job.result = result;
      job.doneRatio = 1;
      job.state = "done";
    } catch (cause) {
      job.state = "failed";
      job.problem =
        cause instanceof Failure ? cause.message : "It could not be replayed. Try again; the log has more.";
      if (!(cause instanceof Failure)) this.#deps.onFault(cause);
    }
  }

  #forget(now: Instant): void {
    for (const { id, state, startedAt } of this.#jobs.values())
      if (
        state !== "running" &&
        (now - startedAt > REPLAY_LIMITS.keptMs || this.#jobs.size >= REPLAY_LIMITS.kept)
      )
        this.#jobs.delete(id);
  }
}

const viewOf = ({ id, state, doneRatio, startedAt, problem, result }: Job): ReplayView => ({
  id,
  state,
  doneRatio,
  startedAt: isoOf(startedAt),
  problem,
  result,
});
