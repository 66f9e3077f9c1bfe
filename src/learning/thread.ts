/** The thread in which models are made and ways of choosing are evaluated (learn.ts): takes one task as its data, answers once and ends. */
import { parentPort, workerData } from "node:worker_threads";
import type { Task, TaskAnswer } from "./learn.ts";
import { modelOfKinds, workOut } from "./workout.ts";

const task = workerData as Task;
const answer: TaskAnswer = task.type === "learn" ? modelOfKinds(task.learning, task.kinds) : workOut(task.material); // prettier-ignore
parentPort!.postMessage(answer);
