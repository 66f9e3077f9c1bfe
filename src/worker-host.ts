/**
 * The worker in a thread of its own, so that neither waits for the other: a batch being decided does not hold up a
 * request, and a burst of requests does not stand between a batch's statements. What a batch has to log comes back
 * here, because chDB is one engine a process and lives on this side.
 */
import { openThread } from "./aside.ts";
import type { Logged } from "./telemetry/log.ts";
import type { LogBatch } from "./pipeline.ts";
import type { Worker } from "./worker.ts";

export type WorkerData = {
  readonly url: string;
  /** Whether the database runs on this machine, as part of us. */
  readonly isEmbedded: boolean;
  readonly owner: string;
  /** As `clockAhead` takes it. */
  readonly ahead: SharedArrayBuffer | undefined;
};
export type ToWorker = "wake" | "stop";
export type FromWorker =
  | { readonly type: "committed"; readonly logBatch: LogBatch | null; readonly lines: readonly string[] }
  | { readonly type: "fault"; readonly fault: Logged };

export type HostOptions = WorkerData & {
  readonly onCommit: (logBatch: LogBatch | null, lines: readonly string[]) => void;
  readonly onFault: (fault: Logged) => void;
};

const YOUNG_MB = 64;

/** Starts the thread. A bug that ends it ends the process: without its worker it would only pretend to work. */
export function startWorkerThread({ onCommit, onFault, ...workerData }: HostOptions): Worker {
  const thread = openThread(new URL("./worker-thread.ts", import.meta.url), {
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  thread.on("message", (message: FromWorker) => {
    if (message.type === "committed") onCommit(message.logBatch, message.lines);
    else onFault(message.fault);
  });
  thread.on("error", (cause) => {
    throw cause;
  });
  const say = (message: ToWorker) => thread.postMessage(message);
  return {
    wake: () => say("wake"),
    stop: () =>
      new Promise((resolve) => {
        thread.once("exit", () => resolve());
        say("stop");
      }),
  };
}
