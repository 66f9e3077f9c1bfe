/** What takes long is worked out in a thread of its own: nobody else has to wait meanwhile. */
import { Worker as Thread } from "node:worker_threads";

/**
 * What the thread in `source` (a .ts file beside the caller) answers to `data`: one message, after which it ends. Throws what
 * the thread threw.
 */
export function answerAside<Answer>(source: URL, data: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const thread = openThread(source, data);
    let answer: { readonly given: Answer } | null = null;
    thread.once("message", (given: Answer) => (answer = { given }));
    thread.once("error", reject);
    thread.once("exit", (code) => {
      if (answer !== null) resolve(answer.given);
      else reject(new Error(`The thread ${source.pathname} ended with ${code} and no answer.`));
    });
  });
}

/** On the compiled file; in development and in tests on the source itself, which tsx reads. */
function openThread(source: URL, workerData: unknown): Thread {
  if (!import.meta.url.endsWith(".ts"))
    return new Thread(new URL(source.href.replace(/\.ts$/, ".js")), { workerData });
  const tsx = new URL("../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(source.href)})))`;
  return new Thread(code, { workerData, eval: true });
}
