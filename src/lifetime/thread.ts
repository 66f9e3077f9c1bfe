/** The thread in which laws are fitted: see host.ts. Takes purchases as its data, answers once and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { type Purchases, workOut } from "./workout.ts";

parentPort!.postMessage(workOut(workerData as Purchases));
