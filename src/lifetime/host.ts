/** Fits laws in a thread of its own: with a million customers it takes seconds, in which nobody else should have to wait. */
import { Worker as Thread } from "node:worker_threads";
import type { Purchases, Worked } from "./workout.ts";

/** What `workOut` says. Throws what the thread threw. */
export function workOutAside(purchases: Purchases): Promise<Worked> {
  return new Promise((resolve, reject) => {
    const thread = openThread(purchases);
    let worked: Worked | null = null;
    thread.once("message", (message: Worked) => (worked = message));
    thread.once("error", reject);
    thread.once("exit", (code) => {
      if (worked !== null) resolve(worked);
      else reject(new Error(`The thread that fits ended with ${code} and no answer.`));
    });
  });
}

/** On the compiled file; in development and in tests on the source itself, which tsx reads. */
function openThread(workerData: Purchases): Thread {
  if (!import.meta.url.endsWith(".ts")) return new Thread(new URL("./thread.js", import.meta.url), { workerData });
  const tsx = new URL("../../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
  const source = new URL("./thread.ts", import.meta.url).href;
  const code = `import(${JSON.stringify(tsx)}).then(({ register }) => (register(), import(${JSON.stringify(source)})))`;
  return new Thread(code, { workerData, eval: true });
} // prettier-ignore
