/** The thread in which goals are learnt: see aside.ts. Takes a lesson as its data, answers once and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { learnAll } from "./learn.ts";
import type { Lesson } from "./model.ts";

parentPort!.postMessage(learnAll(workerData as Lesson));
