/**
 * The worker in a thread of its own, so that neither waits for the other: a batch being decided does not hold up a
 * request, and a burst of requests does not stand between a batch's statements. What a batch has to log comes back
 * here, because chDB is one engine a process and lives on this side.
 */
import { Worker as Thread, type WorkerOptions } from "node:worker_threads";
import type { Logged } from "./telemetry/log.ts";
import type { LogBatch } from "./pipeline.ts";
import type { Worker } from "./worker.ts";

export type WorkerData = {
  readonly url: string;
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
  const thread = openThread({ workerData, resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
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

/** The thread on the compiled file; in development and in tests on the source itself, which tsx reads. */
function openThread(options: WorkerOptions): Thread {
  if (!import.meta.url.endsWith(".ts"))
    return new Thread(new URL("./worker-thread.js", import.meta.url), options);
  const tsx = new URL("../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
  const source = new URL("./worker-thread.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(source)})))`;
  return new Thread(code, { ...options, eval: true });
}
