/** Threads of our own: what takes long, or goes on all the time, is done in one, and nobody else has to wait meanwhile. */
import { Worker as Thread, type WorkerOptions } from "node:worker_threads";

/**
 * What the thread in `source` (a .ts file beside the caller) answers to `data`: one message, after which it ends. Throws what
 * the thread threw.
 */
export function answerAside<Answer>(source: URL, data: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const thread = openThread(source, { workerData: data });
    let answer: { readonly given: Answer } | null = null;
    thread.once("message", (given: Answer) => (answer = { given }));
    thread.once("error", reject);
    thread.once("exit", (code) => {
      if (answer !== null) resolve(answer.given);
      else reject(new Error(`The thread ${source.pathname} ended with ${code} and no answer.`));
    });
  });
}

/** A thread on the compiled file of `source`; in development and in tests on the source itself, which tsx reads. */
export function openThread(source: URL, options: WorkerOptions): Thread {
  if (!import.meta.url.endsWith(".ts"))
    return new Thread(new URL(source.href.replace(/\.ts$/, ".js")), options);
  const tsx = new URL("../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(source.href)})))`;
  return new Thread(code, { ...options, eval: true });
}
