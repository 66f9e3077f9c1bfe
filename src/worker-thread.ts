/** The worker's side of its thread: see worker-host.ts. Everything it needs comes as `workerData`, everything else by messages. */
import { parentPort, workerData } from "node:worker_threads";
import { openPostgres } from "./db/postgres.ts";
import { threadGivesWay } from "./priority.ts";
import { loggedOf } from "./telemetry/log.ts";
import type { FromWorker, ToWorker, WorkerData } from "./worker-host.ts";
import { clockAhead } from "./values.ts";
import { startWorker } from "./worker.ts";

const port = parentPort!;
const { url, isEmbedded, owner, ahead } = workerData as WorkerData;
const say = (message: FromWorker) => port.postMessage(message);

threadGivesWay();
const sql = openPostgres(url, 6, isEmbedded ? "background" : "bulk");
const worker = startWorker({
  sql,
  owner,
  clock: clockAhead(Date.now, ahead),
  onFault: (cause) => say({ type: "fault", fault: loggedOf(cause) }),
  onCommit: (batch, logBatch) => say({ type: "committed", logBatch, lines: logBatch ? batch.logLines : [] }),
});
port.on("message", (message: ToWorker) => {
  if (message === "wake") return worker.wake();
  void worker
    .stop()
    .then(() => sql.close())
    .then(() => port.close());
});
